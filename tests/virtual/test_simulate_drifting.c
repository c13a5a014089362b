/* SPDX-License-Identifier: MIT */
/*
 * test_simulate_drifting.c - hosts that come whenever they like: how many meet at the door is what doc/algorithms.md says.
 *
 * Each action is checked against a reckoning of its own, from when the hosts come and how long they take.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simulate_tables.h"

#define AGENTS 64u
#define SETTLE 10
#define CYCLES 50
#define P SIMULATION_PERIOD_NS

static struct simulation_plan plan_drifting(double gaps, const char *control)
{
	struct simulation_plan plan = plan_capped("spread", AGENTS, 100000);

	plan.kind = ENTRAIN_DRIFTING;
	plan.spread_ppm = 50000;
	plan.duty_ppm = (uint32_t)(gaps * 1e6);
	plan.control = control_find(control);
	return plan;
}

/* ---- a reckoning that owes the simulator nothing but the hosts ----------------------------------- */

struct turn {
	int64_t came_ns, begin_ns, end_ns, work_ns;
	uint32_t slot;
};

/* NOTHING: all act as they come. STUDY: min(max(now, tail + work), now + cap), and that is the tail. OURS: the library's. */
enum rule { NOTHING, STUDY, OURS };

static int64_t later(int64_t one_ns, int64_t other_ns)
{
	return one_ns > other_ns ? one_ns : other_ns;
}

static int by_coming(const void *one, const void *other)
{
	const struct turn *left = one, *right = other;

	return (left->came_ns > right->came_ns) - (left->came_ns < right->came_ns);
}

/* All turns of so many periods, in the order in which they come; the caller frees them. */
static struct turn *turns_reckon(const struct simulation *simulation, enum rule rule,
				 unsigned *count)
{
	struct turn *turns = calloc(AGENTS * 2 * (SETTLE + CYCLES), sizeof(*turns));
	int64_t word_ns = 0;

	*count = 0;
	for (uint32_t slot = 0; slot < AGENTS; slot++) {
		const struct simulated *agent = &simulation->agents[slot];

		for (int64_t at_ns = agent->first_ns;
		     at_ns < simulation->start_ns + (SETTLE + CYCLES) * P;
		     at_ns += agent->period_ns)
			turns[(*count)++] = (struct turn){ at_ns, 0, 0, agent->work_ns, slot };
	}
	qsort(turns, *count, sizeof(*turns), by_coming);
	for (unsigned i = 0; i < *count; i++) {
		struct turn *turn = &turns[i];
		const int64_t cap_ns = P / 10;

		turn->begin_ns = turn->came_ns;
		if (rule == STUDY) {
			turn->begin_ns = later(turn->came_ns, word_ns + turn->work_ns);
			if (turn->begin_ns > turn->came_ns + cap_ns)
				turn->begin_ns = turn->came_ns + cap_ns;
			word_ns = turn->begin_ns;
		} else if (rule == OURS && word_ns <= turn->came_ns + cap_ns) {
			turn->begin_ns = later(turn->came_ns, word_ns);
			word_ns = turn->begin_ns + turn->work_ns;
		}
		turn->end_ns = turn->begin_ns + turn->work_ns;
	}
	return turns;
}

/* Mean over the periods after the first few of the most that were at it at once; and how long the mean turn waited. */
static double peaks_reckon(const struct simulation *simulation, const struct turn *turns,
			   unsigned count, double *delay)
{
	unsigned peaks[SETTLE + CYCLES + 2] = { 0 };
	unsigned from = 0;
	double sum = 0;

	*delay = 0;
	for (unsigned i = 0; i < count; i++) {
		const int64_t period = (turns[i].begin_ns - simulation->start_ns) / P;
		unsigned at_once = 0;

		/* They are in the order of their coming, and nobody is at it a period later. */
		while (from < i && turns[from].came_ns <= turns[i].begin_ns - 2 * P)
			from++;
		for (unsigned j = from; j < count && turns[j].came_ns <= turns[i].begin_ns; j++)
			at_once += turns[j].begin_ns <= turns[i].begin_ns &&
				   turns[j].end_ns > turns[i].begin_ns;
		peaks[period] = at_once > peaks[period] ? at_once : peaks[period];
		*delay += (double)(turns[i].begin_ns - turns[i].came_ns) / (double)P / count;
	}
	for (unsigned period = SETTLE; period < SETTLE + CYCLES; period++)
		sum += peaks[period];
	return sum / CYCLES;
}

struct found {
	double simulated, delay, reckoned[3], delays[3];
};

/* One run, and what the reckonings make of its hosts. */
static void found_add(const struct simulation_plan *plan, struct found *found)
{
	struct simulation simulation;
	struct gauge gauge = { 0 };

	open_plan(&simulation, plan);
	for (int rule = NOTHING; rule <= OURS; rule++) {
		double delay;
		unsigned count;
		struct turn *turns = turns_reckon(&simulation, (enum rule)rule, &count);

		found->reckoned[rule] += peaks_reckon(&simulation, turns, count, &delay) / SEEDS;
		found->delays[rule] += delay / SEEDS;
		free(turns);
	}
	run_cycles(&simulation, SETTLE);
	for (int cycle = 0; cycle < CYCLES; cycle++) {
		simulation_cycle(&simulation, &gauge);
		found->simulated += (double)gauge.peak_overlap / CYCLES / SEEDS;
		found->delay += gauge.delay / CYCLES / SEEDS;
	}
	simulation_close(&simulation);
}

static struct found found_of(struct simulation_plan plan)
{
	struct found found = { 0 };

	for (unsigned seed = 0; seed < SEEDS; seed++) {
		plan.seed = seed + 1;
		found_add(&plan, &found);
	}
	return found;
}

/* ---- the table ------------------------------------------------------------------------------------ */

static void as_many_meet_as_the_table_says(void **state)
{
	static const double gaps[] = { .5, .9, 1, 2 }, nothing[] = { 3.6, 4.5, 4.7, 6.4 },
			    study[] = { 1, 1.4, 2.6, 6.3 }, door[] = { 1, 1.4, 2.4, 6 },
			    delays[] = { 0, .03, .04, .04 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		const struct found found = found_of(plan_drifting(gaps[i], "spread")),
				   alone = found_of(plan_drifting(gaps[i], "none")),
				   jitter = found_of(plan_drifting(gaps[i], "clock-jitter"));

		print_message("N = 64, periods +-5 %%, cap .1, actions of %g gaps: door %.2f "
			      "(reckoned %.2f), delay %.3f; nothing %.2f (reckoned %.2f), jitter "
			      "%.2f; as studied %.2f, delay %.3f\n",
			      gaps[i], found.simulated, found.reckoned[OURS], found.delay,
			      alone.simulated, found.reckoned[NOTHING], jitter.simulated,
			      found.reckoned[STUDY], found.delays[STUDY]);
		assert_true(fabs(found.simulated - door[i]) < .15);
		assert_true(fabs(found.simulated - found.reckoned[OURS]) < .1);
		assert_true(fabs(found.delay - delays[i]) < .008);
		assert_true(fabs(found.delay - found.delays[OURS]) < .003);
		assert_true(fabs(alone.simulated - nothing[i]) < .2);
		assert_true(fabs(alone.simulated - found.reckoned[NOTHING]) < .1);
		assert_true(alone.delay == 0);
		assert_true(fabs(jitter.simulated - nothing[i]) < .25);
		assert_true(fabs(found.reckoned[STUDY] - study[i]) < .15);
	}
}

/* What the study's rule books is the time of who comes, before it: where actions are unlike, that is another one than is needed. */
static void unlike_actions_do_not_meet(void **state)
{
	struct simulation_plan plan = plan_drifting(.5, "spread");
	struct found found;

	(void)state;
	plan.lognormal = true;
	found = found_of(plan);
	print_message("the same, log-normal actions, sum .5: door %.2f (reckoned %.2f), nothing "
		      "%.2f, as studied %.2f\n",
		      found.simulated, found.reckoned[OURS], found.reckoned[NOTHING],
		      found.reckoned[STUDY]);
	assert_true(fabs(found.simulated - found.reckoned[OURS]) < .1);
	assert_true(found.simulated < 1.3);
	assert_true(found.reckoned[STUDY] > found.simulated + 1);
}

/* Action by action: when it began is when the reckoning has it. */
static void each_acts_when_it_is_reckoned_to(void **state)
{
	struct simulation_plan plan = plan_drifting(.9, "spread");
	int64_t seen_ns[AGENTS] = { 0 };
	struct simulation simulation;
	unsigned count, matched = 0;
	struct turn *turns;

	(void)state;
	plan.lognormal = true;
	open_plan(&simulation, &plan);
	turns = turns_reckon(&simulation, OURS, &count);
	while (simulation.now_ns < simulation.start_ns + (SETTLE + CYCLES - 1) * P) {
		if (simulation_until(&simulation, simulation.queue.items[0].at_ns))
			run_cycles(&simulation, 1);
		for (uint32_t slot = 0; slot < AGENTS; slot++) {
			const struct simulated *agent = &simulation.agents[slot];
			unsigned i = 0;

			if (!agent->began_ns || agent->began_ns == seen_ns[slot])
				continue;
			seen_ns[slot] = agent->began_ns;
			while (i < count &&
			       (turns[i].slot != slot || turns[i].begin_ns != agent->began_ns))
				i++;
			assert_true(i < count);
			assert_int_equal(agent->delay_ns, turns[i].begin_ns - turns[i].came_ns);
			matched++;
		}
	}
	assert_true(matched > AGENTS * (CYCLES - 2));
	free(turns);
	simulation_close(&simulation);
}

/* ---- what else is promised ------------------------------------------------------------------------- */

static void assert_arrivals_unmoved(const struct simulation *simulation)
{
	for (uint32_t slot = 0; slot < simulation->slots; slot++) {
		const struct simulated *agent = &simulation->agents[slot];
		const struct peer *peer = &simulation->peers[agent->place];

		if (agent->state == SIMULATED_ALIVE)
			assert_int_equal((peer->next_ns - agent->first_ns) % agent->period_ns, 0);
	}
}

/* A hold is paid once: the next arrival is where it would have been, whatever lies in the way. */
static void holds_move_no_arrival(void **state)
{
	static const double gaps[] = { .5, 2, 20, 120 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct simulation_plan plan = plan_drifting(gaps[i], "spread");
		struct simulation simulation;
		struct gauge gauge = { 0 };

		plan.lateness_ppm = 100000;
		/* Whatever its period is, nobody is off the beat. */
		plan.spread_ppm = i % 2 ? 400000 : 50000;
		plan.crash = (struct simulation_change){ 300000, 5 };
		plan.join = (struct simulation_change){ 250000, 8 };
		plan.disrupt = (struct simulation_change){ 500000, 12 };
		open_plan(&simulation, &plan);
		while (simulation.cycle < 20) {
			simulation_cycle(&simulation, &gauge);
			assert_arrivals_unmoved(&simulation);
			assert_true(gauge.delay <= .1);
			assert_true(gauge.energy == 100);
			assert_int_equal(gauge.off_beat, 0);
		}
		/* Seen by all, obeyed by none: there is no pattern to be scattered from. */
		assert_int_equal(gauge.obeyed, gauge.agents);
		assert_int_equal(gauge.scattered, 0);
		/* The dead were found, and their slots given to who joined, or freed. */
		assert_int_equal(gauge.agents, 56);
		assert_int_equal(simulation.peer_count, gauge.agents);
		simulation_close(&simulation);
	}
}

static void goals_that_bring_together_hold_nobody(void **state)
{
	static const char *const goals[] = { "minimize-api-calls", "minimize-latency",
					     "reach-consensus" };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct simulation_plan plan = plan_drifting(2, "spread");
		struct simulation simulation;
		struct gauge gauge = { 0 };

		plan.goal = *goal_find(goals[i]);
		open_plan(&simulation, &plan);
		while (simulation.cycle < 10) {
			simulation_cycle(&simulation, &gauge);
			assert_true(gauge.delay == 0);
		}
		simulation_close(&simulation);
	}
}

/* What the door says may be anything: it is over with the next caller or, where it is just possible, two periods later. */
static void a_lie_at_the_door_heals(void **state)
{
	static const int64_t lies[] = { INT64_MIN, -1, 0, P, INT64_MAX };

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		struct simulation_plan plan = plan_drifting(.5, "spread");
		struct simulation simulation;
		struct gauge gauge = { 0 };
		double peaks = 0;

		open_plan(&simulation, &plan);
		run_cycles(&simulation, 5);
		simulation.door_ns = i < 5 ? lies[i] : simulation.now_ns + (i - 4) * P;
		if (i >= 5)
			run_cycles(&simulation, i - 4);
		for (int cycle = 0; cycle < 10; cycle++) {
			simulation_cycle(&simulation, &gauge);
			assert_true(gauge.delay <= .1);
			peaks += gauge.peak_overlap / 10.;
		}
		print_message("after lie %u: peak %.2f\n", i, peaks);
		assert_true(peaks <= 1.5);
		simulation_close(&simulation);
	}
}

/* Hosts as they were seen: a rest after each action, with what it was held for on top or without; or a clock of its own. */
static void observed_hosts_come_as_they_were_seen(void **state)
{
	static const int64_t work_ns[] = { P / 20 }, rest_ns[] = { P / 2 }, late_ns[] = { P / 100 };

	(void)state;
	for (int carries = 0; carries < 2; carries++) {
		struct simulation_plan plan = plan_drifting(.5, "spread");
		struct simulation_host hosts[3] = { 0 };
		struct simulation simulation;

		for (unsigned i = 0; i < 3; i++) {
			hosts[i].work_ns = work_ns[0];
			hosts[i].works_ns = work_ns;
			hosts[i].strays_ns = i < 2 ? rest_ns : late_ns;
			hosts[i].works = hosts[i].strays = 1;
			hosts[i].rests = i < 2;
			hosts[i].carries = carries;
		}
		hosts[2].period_ns = 3 * P;
		hosts[2].first_ns = P / 4;
		plan.agents = 3;
		plan.spread_ppm = 0;
		plan.hosts = hosts;
		open_plan(&simulation, &plan);
		/* The first two come together at first, and one waits for the other; the second time where that moved nothing. */
		while (simulation_until(&simulation, simulation.start_ns + 1 + P / 2 + P / 4 * 3))
			run_cycles(&simulation, 1);
		assert_int_equal(simulation.agents[0].delay_ns + simulation.agents[1].delay_ns,
				 carries ? 0 : P / 20);
		run_cycles(&simulation, 2);
		assert_int_equal((simulation.agents[2].began_ns - simulation.start_ns - 1 - P / 4 -
				  P / 100) %
					 (3 * P),
				 simulation.agents[2].delay_ns);
		simulation_close(&simulation);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_meet_as_the_table_says),
		cmocka_unit_test(unlike_actions_do_not_meet),
		cmocka_unit_test(each_acts_when_it_is_reckoned_to),
		cmocka_unit_test(holds_move_no_arrival),
		cmocka_unit_test(goals_that_bring_together_hold_nobody),
		cmocka_unit_test(a_lie_at_the_door_heals),
		cmocka_unit_test(observed_hosts_come_as_they_were_seen),
	};

	return cmocka_run_group_tests_name("simulate drifting", tests, NULL, NULL);
}
