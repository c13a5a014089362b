/* SPDX-License-Identifier: MIT */
/* turns.c - what the pictures of doc/goals.md are drawn from: all actions of a simulated swarm, and its metric by cycles. */
#include <stdio.h>
#include <string.h>
#include "../../cli/simulate/controls.h"
#include "../../cli/simulate/gauge.h"
#include "../../cli/simulate/simulation.h"

#define AGENTS 16
#define CYCLES 27
#define EVENT_CYCLE 12
#define SEED 3
/* Beginnings are looked for so many times a period: more often than an agent may act. */
#define LOOKS 50

enum event { SCATTER, CRASH, LOAD };

/* What happens to a swarm with this goal in the middle of its picture. */
struct scene {
	const char *goal;
	enum event event;
	uint32_t spread_ppm;
	uint32_t duty_ppm, duty_later_ppm; /* of all actions, one after the other */
};

static const struct scene scenes[] = {
	{ .goal = "minimize-api-calls", .duty_ppm = 100000 },
	{ .goal = "distribute-load", .duty_ppm = 300000 },
	{ .goal = "reach-consensus", .duty_ppm = 100000 },
	{ .goal = "minimize-latency", .duty_ppm = 100000 },
	{ .goal = "save-energy", .duty_ppm = 300000 },
	{ .goal = "maintain-rhythm", .duty_ppm = 300000, .spread_ppm = 30000 },
	{ .goal = "recover-from-failure", .event = CRASH, .duty_ppm = 300000 },
	{ .goal = "adapt-to-traffic", .event = LOAD, .duty_ppm = 100000, .duty_later_ppm = 600000 },
};

static int64_t longest_ns(const struct simulation *simulation)
{
	int64_t longest = 0;

	for (uint32_t slot = 0; slot < simulation->slots; slot++)
		if (simulation->agents[slot].period_ns > longest)
			longest = simulation->agents[slot].period_ns;
	return longest;
}

static void load_set(struct simulation *simulation, uint32_t duty_ppm)
{
	for (uint32_t slot = 0; slot < simulation->slots; slot++)
		simulation->agents[slot].work_ns =
			SIMULATION_PERIOD_NS / AGENTS * duty_ppm / 1000000;
}

/* To the end of the cycle; each beginning of an action on the way is a line: agent, when, how long, in common periods. */
static void cycle_tell(struct simulation *simulation, double period_ns)
{
	const uint32_t cycle = simulation->cycle;
	int64_t seen_ns[AGENTS];
	bool over;

	do {
		for (uint32_t slot = 0; slot < AGENTS; slot++)
			seen_ns[slot] = simulation->agents[slot].began_ns;
		over = simulation_until(simulation,
					simulation->now_ns + SIMULATION_PERIOD_NS / LOOKS);
		for (uint32_t slot = 0; slot < AGENTS; slot++) {
			const struct simulated *agent = &simulation->agents[slot];

			if (agent->began_ns != seen_ns[slot])
				printf("action %u %.5f %.5f %u\n", slot,
				       (double)(agent->began_ns - simulation->start_ns) / period_ns,
				       (double)(agent->end_ns - agent->began_ns) / period_ns,
				       cycle);
		}
	} while (!over);
}

static int scene_tell(const struct scene *scene)
{
	struct simulation_plan plan = { .agents = AGENTS,
					.cycles = CYCLES,
					.seed = SEED,
					.goal = *goal_find(scene->goal),
					.kind = ENTRAIN_TAKEN,
					.spread_ppm = scene->spread_ppm,
					.duty_ppm = scene->duty_ppm,
					.control = control_find("spread"),
					.threads = 1 };
	struct simulation simulation;
	struct gauge gauge = { 0 };
	double period_ns;
	char why[160];

	plan.topology.kind = TOPOLOGY_FULL;
	if (scene->event != LOAD)
		*(scene->event == CRASH ? &plan.crash : &plan.disrupt) =
			(struct simulation_change){ 500000, EVENT_CYCLE };
	if (!simulation_open(&simulation, &plan, why, sizeof(why)))
		return fprintf(stderr, "%s\n", why), 1;
	period_ns = (double)longest_ns(&simulation);
	while (simulation.cycle < CYCLES) {
		if (scene->event == LOAD && simulation.cycle == EVENT_CYCLE)
			load_set(&simulation, scene->duty_later_ppm);
		cycle_tell(&simulation, period_ns);
		simulation_cycle(&simulation, &gauge);
		printf("cycle %u %.4f %.4f %.4f %.2f %u\n", gauge.cycle,
		       (double)gauge.at_ns / period_ns, gauge.value, gauge.target, gauge.energy,
		       gauge.reached);
	}
	simulation_close(&simulation);
	return 0;
}

/* turns GOAL */
int main(int count, char **arguments)
{
	for (size_t i = 0; count == 2 && i < sizeof(scenes) / sizeof(*scenes); i++)
		if (strcmp(scenes[i].goal, arguments[1]) == 0)
			return scene_tell(&scenes[i]);
	fprintf(stderr, "usage: turns GOAL\n");
	return 2;
}
