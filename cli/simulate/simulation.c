/* SPDX-License-Identifier: MIT */
/* simulation.c - a swarm on a virtual clock, whose agents run the library's own object files. */
#include "simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../memory.h"
#include "controls.h"
#include "draw.h"
#include "gauge.h"
#include "rounds.h"
#include "step.h"
#include "workload.h"

#define PPM 1000000
/* Who joins at one moment does so within this part of a period. */
#define JOIN_PART 1000
/* Far enough from 0 for everything that lies before the start. */
#define START_PERIODS 1000

uint32_t simulation_alive(const struct simulation *simulation)
{
	uint32_t alive = 0;

	for (uint32_t slot = 0; slot < simulation->slots; slot++)
		alive += simulation->agents[slot].state == SIMULATED_ALIVE;
	return alive;
}

/* A share of the agents, rounded, but of some never none. */
static uint32_t part_of(uint32_t agents, uint32_t share_ppm)
{
	const uint32_t part = (uint32_t)(((uint64_t)agents * share_ppm + PPM / 2) / PPM);

	return part || !share_ppm || !agents ? part : 1;
}

/* ---- agents --------------------------------------------------------------------------- */

static void slots_reserve(struct simulation *simulation, uint32_t slots)
{
	size_t size;

	if (slots <= simulation->slot_space)
		return;
	simulation->agents = memory_resize(simulation->agents, slots, sizeof(*simulation->agents));
	memset(simulation->agents + simulation->slot_space, 0,
	       (slots - simulation->slot_space) * sizeof(*simulation->agents));
	simulation->peers = memory_resize(simulation->peers, slots, sizeof(*simulation->peers));
	simulation->view = memory_resize(simulation->view, slots, sizeof(*simulation->view));
	simulation->words =
		memory_resize(simulation->words, 2 * (size_t)slots, sizeof(*simulation->words));
	free(simulation->scratch);
	size = (decide_scratch_size(slots) + 63) / 64 * 64;
	simulation->scratch = aligned_alloc(64, size);
	if (!simulation->scratch)
		simulation->scratch = memory_resize(NULL, SIZE_MAX, 1); /* says so and ends */
	simulation->slot_space = slots;
}

static uint32_t slot_find(struct simulation *simulation)
{
	for (uint32_t slot = 0; slot < simulation->slots; slot++)
		if (simulation->agents[slot].state == SIMULATED_FREE)
			return slot;
	return simulation->slots++;
}

/* Each takes an equal part of the duty, or a log-normal one; the sum is the same. */
static int64_t work_of(const struct simulation *simulation, uint32_t slot)
{
	const struct simulation_plan *plan = &simulation->plan;
	__int128 all_ns = (__int128)SIMULATION_PERIOD_NS * plan->duty_ppm / PPM, own_ns;

	if (simulation_host(simulation, slot))
		return simulation_host(simulation, slot)->work_ns;

	own_ns = all_ns / plan->agents;
	if (plan->lognormal)
		own_ns = all_ns * draw_lognormal(draw(plan->seed, DRAW_WORK, slot, 0)) /
			 simulation->lognormal_sum;
	return own_ns < SIMULATION_PERIOD_NS ? (int64_t)own_ns : SIMULATION_PERIOD_NS;
}

static uint32_t agent_add(struct simulation *simulation)
{
	const struct simulation_plan *plan = &simulation->plan;
	const uint32_t slot = slot_find(simulation);
	struct simulated *agent = &simulation->agents[slot];
	const uint32_t stamp = agent->stamp, turns = agent->turns;
	int64_t most_ns = SIMULATION_PERIOD_NS / PPM * plan->spread_ppm;

	memset(agent, 0, sizeof(*agent));
	agent->stamp = stamp;
	agent->turns = turns; /* no number is drawn twice for a slot */
	agent->first_cycle = simulation->cycle;
	agent->period_ns = SIMULATION_PERIOD_NS +
			   draw_around(draw(plan->seed, DRAW_PERIOD, slot, turns), most_ns);
	/* One that drifts comes as often as it likes: its period says nothing but how long it may be held. */
	if (simulation_host(simulation, slot) && plan->kind != ENTRAIN_DRIFTING)
		agent->period_ns = simulation_host(simulation, slot)->period_ns;
	agent->work_ns = work_of(simulation, slot);
	if (agent->work_ns > agent->period_ns)
		agent->work_ns = agent->period_ns;
	steer_open(&agent->steer, simulation->disruption);
	return slot;
}

static int64_t first_offset_ns(const struct simulation *simulation, uint32_t slot)
{
	const struct simulation_plan *plan = &simulation->plan;

	if (simulation_host(simulation, slot))
		return simulation_host(simulation, slot)->first_ns;
	if (plan->control->first_ns)
		return plan->control->first_ns(simulation, slot);
	if (plan->start == SIMULATION_IDENTICAL)
		return 0;
	return (int64_t)draw_below(draw(plan->seed, DRAW_START, slot, 0), SIMULATION_PERIOD_NS);
}

/* Who is there from the start has a slot that says when its first turn is. */
static void agent_begin(struct simulation *simulation, uint32_t slot)
{
	struct simulated *agent = &simulation->agents[slot];
	struct decision first = { 0 };

	agent->state = SIMULATED_ALIVE;
	agent->place = simulation->peer_count++;
	simulation->peers[agent->place] = (struct peer){ .index = slot };
	first.next_ns = simulation->start_ns + 1 + first_offset_ns(simulation, slot);
	first.cur_ns = first.next_ns - agent->period_ns;
	agent->first_ns = first.next_ns;
	step_publish(simulation, slot, &first, simulation->now_ns);
	agent->before = simulation->peers[agent->place];
	if (simulation->workload)
		workload_begin(simulation->workload, slot, simulation->start_ns);
	if (!simulation->plan.synchronous)
		step_schedule(simulation, slot, step_wake_ns(simulation, slot), STEP_TURN);
}

static void agents_join(struct simulation *simulation, uint32_t count)
{
	char ignored[8];

	slots_reserve(simulation, simulation->slots + count);
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t slot = agent_add(simulation);
		struct simulated *agent = &simulation->agents[slot];
		int64_t at_ns =
			simulation->now_ns + 1 + SIMULATION_PERIOD_NS / JOIN_PART * i / count;

		agent->state = SIMULATED_JOINING;
		agent->first_ns = at_ns;
		step_schedule(simulation, slot, at_ns, STEP_JOIN);
	}
	/* As an administrator would: a new topology for all slots. Who joins in the meantime sees all. */
	graph_free(&simulation->graph);
	graph_make(&simulation->graph, &simulation->plan.topology, simulation->slots,
		   simulation->plan.seed, ignored, sizeof(ignored));
}

/* ---- changes -------------------------------------------------------------------------- */

void simulation_join(struct simulation *simulation, uint32_t share_ppm)
{
	uint32_t count = part_of(simulation_alive(simulation), share_ppm);

	if (simulation->slots + count > SIMULATION_AGENTS_MAX)
		count = SIMULATION_AGENTS_MAX - simulation->slots;
	simulation->joined = count;
	if (count)
		agents_join(simulation, count);
}

void simulation_crash(struct simulation *simulation, uint32_t share_ppm)
{
	const uint32_t alive = simulation_alive(simulation);
	uint32_t doomed = part_of(alive, share_ppm);

	if (doomed && doomed >= alive)
		doomed = alive - 1;
	simulation->crashed = doomed;
	for (uint64_t number = 0; doomed; number++) {
		uint64_t bits = draw(simulation->plan.seed, DRAW_CRASH, simulation->cycle, number);
		struct simulated *agent = &simulation->agents[draw_below(bits, simulation->slots)];

		if (agent->state != SIMULATED_ALIVE)
			continue;
		agent->state = SIMULATED_DEAD;
		simulation->behind -= agent->due;
		agent->due = false;
		doomed--;
	}
}

/* The word that an administrator's request is in control: number, share in 1/65536, seed. */
void simulation_disrupt(struct simulation *simulation, uint32_t share_ppm)
{
	const uint64_t number = ((simulation->disruption >> 48) + 1) & 0xffff;
	const uint64_t part = ((uint64_t)share_ppm << 16) / PPM,
		       share = part || !share_ppm ? part : 1;
	const uint64_t seed =
		draw(simulation->plan.seed, DRAW_DISRUPT, simulation->cycle, number) >> 33;

	simulation->disruption = (number ? number : 1) << 48 | share << 31 | seed;
}

const char *simulation_stays(const struct simulation_plan *plan)
{
	if (plan->kind == ENTRAIN_DRIFTING)
		return "who queues at a door has no place to be scattered from";
	if (plan->kind == ENTRAIN_GRID)
		return "on a grid nobody scatters: its instants are its clock's";
	return NULL;
}

void simulation_set_goal(struct simulation *simulation, const struct goal *goal)
{
	simulation->plan.goal = *goal;
	simulation->plan.target_ppm = 0;
}

static bool is_due(const struct simulation *simulation, struct simulation_change change)
{
	return change.share_ppm && change.cycle == simulation->cycle;
}

static void changes_make(struct simulation *simulation)
{
	const struct simulation_plan *plan = &simulation->plan;

	if (is_due(simulation, plan->crash))
		simulation_crash(simulation, plan->crash.share_ppm);
	if (is_due(simulation, plan->join))
		simulation_join(simulation, plan->join.share_ppm);
	if (is_due(simulation, plan->disrupt))
		simulation_disrupt(simulation, plan->disrupt.share_ppm);
}

/* ---- cycles --------------------------------------------------------------------------- */

static void cycle_begin(struct simulation *simulation)
{
	simulation->delay_sum_ns = 0;
	simulation->decisions = simulation->missed = simulation->switches = 0;
	simulation->behind = 0;
	for (uint32_t slot = 0; slot < simulation->slots; slot++) {
		struct simulated *agent = &simulation->agents[slot];

		/* Who joins has its first turn in this cycle if all goes well, but nobody waits for it. */
		agent->due = agent->state == SIMULATED_ALIVE;
		simulation->behind += agent->due;
	}
}

bool simulation_until(struct simulation *simulation, int64_t until_ns)
{
	while (simulation->behind && simulation->queue.count) {
		if (simulation->queue.items[0].at_ns > until_ns) {
			simulation->now_ns = until_ns;
			return false;
		}
		step_event(simulation);
	}
	return true;
}

void simulation_cycle(struct simulation *simulation, struct gauge *gauge)
{
	if (simulation->plan.synchronous)
		rounds_run(simulation);
	else
		simulation_until(simulation, INT64_MAX);
	simulation->cycle++;
	gauge_fill(gauge, simulation);
	changes_make(simulation);
	cycle_begin(simulation);
}

bool simulation_open(struct simulation *simulation, const struct simulation_plan *plan, char *why,
		     size_t why_size)
{
	*simulation = (struct simulation){ .plan = *plan,
					   .fired = UINT32_MAX,
					   .fired_before = UINT32_MAX };
	simulation->start_ns = simulation->now_ns = START_PERIODS * SIMULATION_PERIOD_NS;
	if (!graph_make(&simulation->graph, &plan->topology, plan->agents, plan->seed, why,
			why_size))
		return false;
	slots_reserve(simulation, plan->agents);
	simulation->lognormal_sum = 1;
	for (uint32_t slot = 0; slot < plan->agents; slot++)
		simulation->lognormal_sum += draw_lognormal(draw(plan->seed, DRAW_WORK, slot, 0));
	if (plan->pattern)
		simulation->workload = workload_make(plan, simulation->start_ns);
	if (plan->start == SIMULATION_JOIN) {
		agents_join(simulation, plan->agents);
		/* Until all are there nothing is measured. */
		while (simulation->queue.count && simulation_alive(simulation) < plan->agents)
			step_event(simulation);
	} else {
		for (uint32_t i = 0; i < plan->agents; i++)
			agent_begin(simulation, agent_add(simulation));
	}
	if (plan->synchronous)
		simulation->rounds = rounds_make(plan->threads);
	changes_make(simulation);
	cycle_begin(simulation);
	return true;
}

void simulation_close(struct simulation *simulation)
{
	rounds_free(simulation->rounds);
	workload_free(simulation->workload);
	overlap_free(&simulation->overlap);
	queue_free(&simulation->queue);
	graph_free(&simulation->graph);
	free(simulation->agents);
	free(simulation->peers);
	free(simulation->view);
	free(simulation->words);
	free(simulation->scratch);
	*simulation = (struct simulation){ 0 };
}
