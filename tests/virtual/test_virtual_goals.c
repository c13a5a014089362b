/* SPDX-License-Identifier: MIT */
/*
 * test_virtual_goals.c - each goal reaches its own target, keeps it, and comes back to it, with agents that steer for themselves.
 *
 * Whether it is reached is measured without the agents' help. Each line that is printed is a row of a table in
 * doc/algorithms.md.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim.h"

#define P INT64_C(5000000000)
#define SEEDS 5
/* Cycles that a goal has to stay reached. */
#define KEPT 3
#define NEVER 999
/* Less than the slower of two strategies takes alone. */
#define HALVES_MOST 40

static const uint32_t sizes[] = { 20, 50, 200 };

/* A run, and what is measured in it. */
struct run {
	struct sim sim;
	double duty;
	double worst_off; /* of all intervals since it was set to 0: off by this from one period */
	uint32_t ahead;   /* strategy that half of the agents are kept at */
	bool first_half;  /* which half */
	uint32_t missed[ENTRAIN_REASON_BEST + 1]; /* goals that were told missed, by reason */
};

static void watch_turn(struct sim *sim)
{
	struct run *run = sim->watching;
	const struct steer *steer = &sim->agent[sim->last_agent].steer;
	double off = fabs((double)(sim->last.next_ns - sim->last.cur_ns) / P - 1);

	run->worst_off = fmax(run->worst_off, off);
	for (uint32_t number = 0; number < steer->notes; number++)
		if (steer->note[number].kind == ENTRAIN_EVENT_MISSED_GOAL)
			run->missed[steer->note[number].value >> 24]++;
}

static void run_open(struct run *run, enum entrain_goal goal, uint32_t agents, bool identical,
		     double duty, uint64_t seed)
{
	*run = (struct run){ .duty = duty };
	sim_open_goal(&run->sim, 2 * agents, goal, P, seed);
	run->sim.watch = watch_turn;
	run->sim.watching = run;
	sim_add_many(&run->sim, agents, identical, (int64_t)(duty * P / agents));
}

/* The goal's own metric over the last cycle, measured from outside. */
static double run_value(const struct run *run)
{
	const struct goal *goal = run->sim.request.goal;

	if (goal->metric == METRIC_RHYTHM)
		return 1 - run->worst_off;
	if (goal->rule == DECIDE_SYNC || (goal->rule == DECIDE_ADAPT && run->duty < .2))
		return sim_order(&run->sim, goal->clusters);
	return sim_gaps(&run->sim, true).evenness;
}

static double run_target(const struct run *run)
{
	enum decide_rule pattern = run->duty < .2 ? DECIDE_SYNC : DECIDE_SPREAD;

	return goal_target_ppm(run->sim.request.goal, pattern, 0) * 1e-6;
}

/* Cycles until the target is reached, stays so, and all agents have seen it; NEVER if not within `most`. */
static double cycles_to_goal(struct run *run, uint32_t most)
{
	uint32_t since = 0;

	for (uint32_t cycle = 1; cycle <= most + KEPT; cycle++) {
		run->worst_off = 0;
		sim_run_cycles(&run->sim, 1);
		if (run_value(run) < run_target(run))
			since = 0;
		else if (!since)
			since = cycle;
		if (since && cycle >= since + KEPT &&
		    sim_reached(&run->sim) == sim_alive(&run->sim))
			return since;
	}
	return NEVER;
}

static double mean_energy(const struct sim *sim)
{
	double energy = 0;

	for (uint32_t index = 0; index < sim->agents; index++)
		energy += sim->agent[index].steer.energy / 512.;
	return energy / sim->agents;
}

static uint32_t notes(const struct sim *sim, uint32_t kind)
{
	uint32_t count = 0;

	for (uint32_t index = 0; index < sim->agents; index++)
		count += sim->agent[index].notes[kind];
	return count;
}

/* The bounds: of a start from anywhere, ceil(V/c) or ceil((1-G)/c) and one or two for who had acted already. */
static double cycles_most(const struct goal *goal)
{
	double rule = goal->metric == METRIC_RHYTHM ? 1 : ceil(1e6 / goal->cap_ppm);

	return rule + 2;
}

static void assert_account(const struct sim *sim)
{
	for (uint32_t index = 0; index < sim->agents; index++) {
		const struct steer *steer = &sim->agent[index].steer;

		assert_int_equal(steer->spent + steer->energy - steer->recovered, 51200);
	}
}

static void goal_row_is_reached(enum entrain_goal goal, uint32_t agents, bool identical,
				double duty)
{
	double start[SEEDS], third[SEEDS], half[SEEDS], least = 100;
	struct sim_summary a, b, c;

	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct run run;

		run_open(&run, goal, agents, identical, duty, seed + 1);
		start[seed] = cycles_to_goal(&run, 40);
		sim_run_cycles(&run.sim, 10);
		sim_disrupt(&run.sim, .3);
		third[seed] = cycles_to_goal(&run, 40);
		least = fmin(least, mean_energy(&run.sim));
		sim_run_cycles(&run.sim, 10);
		sim_disrupt(&run.sim, .5);
		half[seed] = cycles_to_goal(&run, 40);
		least = fmin(least, mean_energy(&run.sim));
		/* Kept for good, by the first strategy. */
		run.worst_off = 0;
		sim_run_cycles(&run.sim, 20);
		assert_true(run_value(&run) >= run_target(&run));
		assert_int_equal(sim_reached(&run.sim), agents);
		assert_int_equal(notes(&run.sim, ENTRAIN_EVENT_STRATEGY), 0);
		assert_account(&run.sim);
		sim_close(&run.sim);
	}
	a = sim_summary(start, SEEDS);
	b = sim_summary(third, SEEDS);
	c = sim_summary(half, SEEDS);
	print_message("%s, duty %g, N = %u, %s: %g/%g, 30 %%: %g/%g, 50 %%: %g/%g cycles; mean "
		      "energy %.0f\n",
		      goal_row((int)goal)->name, duty, agents, identical ? "identical" : "random",
		      a.median, a.worst, b.median, b.worst, c.median, c.worst, least);
	assert_true(a.worst <= cycles_most(goal_row((int)goal)));
	assert_true(b.worst <= cycles_most(goal_row((int)goal)));
	assert_true(c.worst <= cycles_most(goal_row((int)goal)));
	assert_true(least >= 50);
}

static void every_goal_reaches_its_target_and_again(void **state)
{
	(void)state;
	for (int goal = 1; goal < ENTRAIN_GOAL_COUNT; goal++)
		for (unsigned row = 0; row < 6; row++) {
			const bool adapts = goal == ENTRAIN_ADAPT_TO_TRAFFIC;

			goal_row_is_reached((enum entrain_goal)goal, sizes[row / 2], row % 2,
					    adapts ? .1 : .3);
			if (adapts)
				goal_row_is_reached((enum entrain_goal)goal, sizes[row / 2],
						    row % 2, .5);
		}
}

/* ---- kept as long as there are agents ------------------------------------------------------ */

/* What happens to a swarm that had reached its goal, and why agents say that they miss it after that. */
static uint32_t upheaval(struct run *run, unsigned number)
{
	const uint32_t agents = sim_alive(&run->sim);

	switch (number % 3) {
	case 0:
		sim_disrupt(&run->sim, .5);
		return ENTRAIN_REASON_DISRUPTED;
	case 1:
		sim_kill_part(&run->sim, .3);
		return ENTRAIN_REASON_LEFT;
	default:
		for (uint32_t joiner = 0; joiner < agents / 4; joiner++)
			sim_join(&run->sim, run->sim.now_ns + 1 + joiner, P,
				 (int64_t)(run->duty * P / agents));
		return ENTRAIN_REASON_JOINED;
	}
}

static void a_goal_dips_for_no_cause_but_what_is_told(void **state)
{
	(void)state;
	for (int goal = 1; goal < ENTRAIN_GOAL_COUNT; goal++) {
		uint32_t dips = 0, reason = 0;
		struct run run;

		run_open(&run, (enum entrain_goal)goal, 50, false,
			 goal == ENTRAIN_ADAPT_TO_TRAFFIC ? .1 : .3, (uint64_t)goal);
		run.sim.late_mean_ns = .05 * P / 50;
		run.sim.work_jitter = .3;
		assert_true(cycles_to_goal(&run, 40) <= cycles_most(goal_row(goal)));
		for (unsigned cycle = 0; cycle < 360; cycle++) {
			const bool settling =
				cycle >= 60 && cycle % 60 <= cycles_most(goal_row(goal));
			double value;

			if (cycle && cycle % 60 == 0)
				reason = upheaval(&run, cycle / 60 - 1);
			run.worst_off = 0;
			memset(run.missed, 0, sizeof(run.missed));
			sim_run_cycles(&run.sim, 1);
			value = run_value(&run);
			dips += value < run_target(&run);
			if (!settling && value < run_target(&run))
				fail_msg("%s: %.3f in cycle %u", goal_row(goal)->name, value,
					 cycle);
			for (uint32_t told = 0; told <= ENTRAIN_REASON_BEST; told++)
				if (run.missed[told] && (!settling || told != reason))
					fail_msg("%s: missed by %u for reason %u in cycle %u",
						 goal_row(goal)->name, run.missed[told], told,
						 cycle);
		}
		print_message("%s: below target in %u of 360 cycles, after 5 upheavals\n",
			      goal_row(goal)->name, dips);
		assert_account(&run.sim);
		sim_close(&run.sim);
	}
}

/* Half of the agents are kept at another strategy of their goal. */
static void keep_half_ahead(struct sim *sim)
{
	struct run *run = sim->watching;

	for (uint32_t index = 0; index < sim->agents; index++)
		sim->agent[index].steer.at =
			(index < sim->agents / 2) == run->first_half ? run->ahead : 0;
}

static void halves_do_not_fight(void **state)
{
	(void)state;
	for (int goal = 1; goal < ENTRAIN_GOAL_COUNT; goal++)
		for (uint32_t ahead = 1; ahead < GOAL_STRATEGIES && goal_row(goal)->strategy[ahead];
		     ahead++) {
			double worst = 0, worst_again = 0;

			for (unsigned order = 0; order < 2 * SEEDS; order++) {
				struct run run;

				run_open(&run, (enum entrain_goal)goal, 50, order % 4 > 1, .3,
					 order + 1);
				run.ahead = ahead;
				run.first_half = order % 2;
				run.sim.meddle = keep_half_ahead;
				worst = fmax(worst, cycles_to_goal(&run, 200));
				sim_disrupt(&run.sim, .5);
				worst_again = fmax(worst_again, cycles_to_goal(&run, 200));
				assert_account(&run.sim);
				sim_close(&run.sim);
			}
			print_message("%s, half by %s, half by %s: %g, 50 %% disrupted: %g cycles "
				      "at most\n",
				      goal_row(goal)->name,
				      entrain_strategy_name((int)goal_row(goal)->strategy[0]),
				      entrain_strategy_name((int)goal_row(goal)->strategy[ahead]),
				      worst, worst_again);
			assert_true(worst <= HALVES_MOST);
			assert_true(worst_again <= HALVES_MOST);
		}
}

/* All agents are kept at one strategy. */
static void keep_at_first(struct sim *sim)
{
	for (uint32_t index = 0; index < sim->agents; index++)
		sim->agent[index].steer.at = 0;
}

static double alone(uint32_t strategy, enum entrain_goal goal, bool identical)
{
	double worst = 0;

	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct run run;

		run_open(&run, goal, 50, identical, .3, seed + 1);
		run.sim.request.own_strategy = strategy;
		run.sim.meddle = keep_at_first;
		worst = fmax(worst, cycles_to_goal(&run, 400));
		sim_close(&run.sim);
	}
	return worst;
}

/* None is there only to be given up. */
static void each_strategy_gets_there_alone(void **state)
{
	static const struct {
		uint32_t strategy;
		double apart, apart_identical, together, groups; /* cycles at most */
	} rows[] = {
		{ STRATEGY_SPLAY, 3, 11, 11, 11 },
		{ STRATEGY_PULSE_COUPLING, 5, 14, 50, 32 },
		{ STRATEGY_PHASE_NUDGE, 8, 17, 26, 34 },
		{ STRATEGY_FREQUENCY_LOCK, 20, 110, 90, 95 },
		{ STRATEGY_ENERGY_AWARE, 3, 11, 11, 11 },
		{ STRATEGY_ADAPTIVE, 6, 11, 11, 11 },
	};

	(void)state;
	for (unsigned row = 0; row < sizeof(rows) / sizeof(*rows); row++) {
		const uint32_t strategy = rows[row].strategy;
		double apart = alone(strategy, ENTRAIN_DISTRIBUTE_LOAD, false);
		double identical = alone(strategy, ENTRAIN_DISTRIBUTE_LOAD, true);
		double together = alone(strategy, ENTRAIN_MINIMIZE_API_CALLS, false);
		double groups = alone(strategy, ENTRAIN_REACH_CONSENSUS, false);

		print_message("%s alone, N = 50: apart %g, from an identical start %g, together "
			      "%g, two groups %g cycles at most\n",
			      entrain_strategy_name((int)strategy), apart, identical, together,
			      groups);
		assert_true(apart <= rows[row].apart);
		assert_true(identical <= rows[row].apart_identical);
		assert_true(together <= rows[row].together);
		assert_true(groups <= rows[row].groups);
	}
}

/* What each agent's action takes from now on. */
static void load_set(struct run *run, double duty)
{
	run->duty = duty;
	for (uint32_t index = 0; index < run->sim.agents; index++)
		run->sim.agent[index].work_ns = (int64_t)(duty * P / run->sim.agents);
}

static uint32_t together(const struct sim *sim)
{
	uint32_t count = 0;

	for (uint32_t index = 0; index < sim->agents; index++)
		count += sim->agent[index].steer.pattern == DECIDE_SYNC;
	return count;
}

static void the_load_is_followed_without_swinging(void **state)
{
	static const struct {
		double duty;
		bool together;
		uint32_t changes; /* of each agent, in all so far */
	} steps[] = { { .1, true, 1 },  { .3, true, 1 },   { .5, false, 2 },
		      { .3, false, 2 }, { .1, true, 3 },   { .19, true, 3 },
		      { .39, true, 3 }, { .42, false, 4 }, { .21, false, 4 } };

	(void)state;
	for (unsigned size = 0; size < 3; size++) {
		struct run run;

		run_open(&run, ENTRAIN_ADAPT_TO_TRAFFIC, sizes[size], false, .1, size + 1);
		for (unsigned step = 0; step < 9; step++) {
			load_set(&run, steps[step].duty);
			sim_run_cycles(&run.sim, 16);
			assert_int_equal(together(&run.sim),
					 steps[step].together ? sizes[size] : 0);
			assert_int_equal(notes(&run.sim, ENTRAIN_EVENT_PATTERN),
					 steps[step].changes * sizes[size]);
			if (steps[step].together)
				assert_true(sim_order(&run.sim, 1) >= .95);
			else
				assert_true(sim_gaps(&run.sim, true).evenness >= .9);
			assert_int_equal(sim_reached(&run.sim), sizes[size]);
		}
		sim_close(&run.sim);
	}
}

/* A load that hovers about the limit: each agent's action takes what it takes. */
static void a_load_at_the_limit_turns_nobody_back_and_forth(void **state)
{
	struct run run;

	(void)state;
	run_open(&run, ENTRAIN_ADAPT_TO_TRAFFIC, 50, false, .1, 1);
	sim_run_cycles(&run.sim, 10);
	for (unsigned cycle = 0; cycle < 200; cycle++) {
		for (uint32_t index = 0; index < 50; index++)
			run.sim.agent[index].work_ns =
				(int64_t)(P / 50 * (.3 + .2 * sim_uniform(&run.sim)));
		sim_run_cycles(&run.sim, 1);
	}
	/* Together for the quiet start; then once apart, and a few that saw a little more or less than others did. */
	print_message("load .4 +- .1 an action: %.2f changes of pattern an agent\n",
		      notes(&run.sim, ENTRAIN_EVENT_PATTERN) / 50.);
	assert_true(notes(&run.sim, ENTRAIN_EVENT_PATTERN) <= 50 * 4);
	sim_close(&run.sim);
}

/* Everything at once but disruptions and joins: the slowest leads, and each period is as long as it is to 2 %. */
static void every_period_stays_within_two_percent(void **state)
{
	(void)state;
	for (unsigned size = 0; size < 3; size++)
		for (unsigned identical = 0; identical < 2; identical++) {
			const struct goal *goal = goal_row(ENTRAIN_MAINTAIN_RHYTHM);
			struct run run;
			double even;

			run_open(&run, ENTRAIN_MAINTAIN_RHYTHM, sizes[size], identical, .3,
				 size + 1);
			sim_run_cycles(&run.sim, 120);
			even = sim_gaps(&run.sim, true).evenness;
			print_message("maintain-rhythm, N = %u, %s: off by %.4f at most, evenness "
				      "%.2f after 120 cycles\n",
				      sizes[size], identical ? "identical" : "random",
				      run.worst_off, even);
			assert_true(run.worst_off <= 1 - goal->target_ppm * 1e-6);
			assert_true(even >= .9);
			sim_kill_part(&run.sim, .3);
			run.worst_off = 0;
			sim_run_cycles(&run.sim, 60);
			assert_true(run.worst_off <= 1 - goal->target_ppm * 1e-6);
			sim_close(&run.sim);
		}
}

/*
 * On relative hosts each lateness moves the whole swarm, so the target may be out of reach: who went on to other
 * strategies for that would only make it worse.
 */
static void lateness_is_no_reason_to_change_strategy(void **state)
{
	(void)state;
	for (unsigned size = 0; size < 2; size++) {
		double even[100];
		struct sim_summary summary;
		struct run run;

		run_open(&run, ENTRAIN_DISTRIBUTE_LOAD, sizes[size], false, .3, size + 1);
		run.sim.parameters.host = DECIDE_RELATIVE;
		run.sim.late_mean_ns = .05 * P / sizes[size];
		sim_run_cycles(&run.sim, 20);
		for (unsigned cycle = 0; cycle < 100; cycle++) {
			sim_run_cycles(&run.sim, 1);
			even[cycle] = sim_gaps(&run.sim, true).evenness;
		}
		summary = sim_summary(even, 100);
		print_message("relative, N = %u, late by 5 %% of a gap: evenness %.2f, %u changes "
			      "of strategy\n",
			      sizes[size], summary.median, notes(&run.sim, ENTRAIN_EVENT_STRATEGY));
		assert_true(summary.median >= .75);
		assert_true(notes(&run.sim, ENTRAIN_EVENT_STRATEGY) <= sizes[size] / 10);
		sim_close(&run.sim);
	}
}

/* Disrupted again and again, as much as it can stand: it moves less, and keeps half of its energy. */
static void energy_is_saved(void **state)
{
	static const enum entrain_goal goals[] = { ENTRAIN_SAVE_ENERGY,
						   ENTRAIN_RECOVER_FROM_FAILURE };
	double least[2] = { 100, 100 };

	(void)state;
	for (unsigned row = 0; row < 2; row++) {
		struct run run;

		run_open(&run, goals[row], 50, true, .3, 3);
		for (unsigned cycle = 0; cycle < 200; cycle++) {
			if (cycle % 3 == 0)
				sim_disrupt(&run.sim, .5);
			sim_run_cycles(&run.sim, 1);
			least[row] = fmin(least[row], mean_energy(&run.sim));
		}
		assert_account(&run.sim);
		sim_close(&run.sim);
	}
	print_message("half scattered each third cycle: mean energy at least %.0f "
		      "(recover-from-failure %.0f)\n",
		      least[0], least[1]);
	assert_true(least[0] >= 50);
	assert_true(least[0] > least[1]);
}

/* With nothing left to begin with: what comes in each cycle pays for a cycle's room at splay's price. */
static void what_comes_in_is_enough(void **state)
{
	struct run run;
	uint32_t turns = 0;
	double cycles;

	(void)state;
	run_open(&run, ENTRAIN_DISTRIBUTE_LOAD, 50, true, .3, 4);
	for (uint32_t index = 0; index < 50; index++) {
		run.sim.agent[index].steer.spent = 51200;
		run.sim.agent[index].steer.energy = 0;
	}
	cycles = cycles_to_goal(&run, 60);
	for (uint32_t index = 0; index < 50; index++)
		turns += run.sim.agent[index].turns;
	print_message("identical start without energy: %g cycles\n", cycles);
	assert_true(cycles <= cycles_most(run.sim.request.goal));
	/* All delays together are less than a turn each: no turn is lost. */
	assert_true(turns >= 50 * (uint32_t)(cycles + KEPT - 1));
	assert_account(&run.sim);
	sim_close(&run.sim);
}

/* Nothing is left over from one turn to the next. */
static void take_all(struct sim *sim)
{
	for (uint32_t index = 0; index < sim->agents; index++) {
		struct steer *steer = &sim->agent[index].steer;

		steer->spent += steer->energy;
		steer->energy = 0;
	}
}

static void without_energy_they_move_by_what_comes_in(void **state)
{
	struct run run;

	(void)state;
	run_open(&run, ENTRAIN_MINIMIZE_LATENCY, 50, false, .1, 5);
	run.sim.meddle = take_all;
	sim_run_cycles(&run.sim, 20);
	/* What a turn and its delay bring in, 5 units, pays for an eighth of a turn, a bit more for who was late. */
	assert_true(run.worst_off <= .15);
	assert_true(notes(&run.sim, ENTRAIN_EVENT_EXHAUSTED) >= 30);
	assert_account(&run.sim);
	sim_close(&run.sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_goal_reaches_its_target_and_again),
		cmocka_unit_test(a_goal_dips_for_no_cause_but_what_is_told),
		cmocka_unit_test(each_strategy_gets_there_alone),
		cmocka_unit_test(halves_do_not_fight),
		cmocka_unit_test(the_load_is_followed_without_swinging),
		cmocka_unit_test(a_load_at_the_limit_turns_nobody_back_and_forth),
		cmocka_unit_test(every_period_stays_within_two_percent),
		cmocka_unit_test(lateness_is_no_reason_to_change_strategy),
		cmocka_unit_test(energy_is_saved),
		cmocka_unit_test(what_comes_in_is_enough),
		cmocka_unit_test(without_energy_they_move_by_what_comes_in),
	};

	return cmocka_run_group_tests_name("virtual goals", tests, NULL, NULL);
}
