/* SPDX-License-Identifier: MIT */
/*
 * test_virtual_sync.c - SYNC in closed loop reaches the figures of doc/algorithms.md.
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
#define SEEDS 20
#define TOGETHER 1e-7

/* Cycles until all turns are together, and stay so; 99 if never. */
static uint32_t cycles_to_meet(struct sim *sim, uint32_t clusters)
{
	for (uint32_t cycle = 1; cycle < 40; cycle++) {
		sim_run_cycles(sim, 1);
		if (sim_extent(sim, clusters) > TOGETHER)
			continue;
		sim_run_cycles(sim, 3);
		return sim_extent(sim, clusters) > TOGETHER ? 99 : cycle;
	}
	return 99;
}

static void all_meet_within_one_cycle_of_the_bound(void **state)
{
	static const uint32_t sizes[] = { 16, 64, 256 };
	static const double medians[] = { 9, 10, 10 };

	(void)state;
	for (unsigned row = 0; row < 9; row++) {
		const uint32_t agents = sizes[row % 3], clusters = 1 + row / 3;
		double cycles[SEEDS];
		struct sim_summary summary;

		for (unsigned seed = 0; seed < SEEDS; seed++) {
			struct sim sim;
			double bound;

			sim_open(&sim, agents, DECIDE_SYNC, P, .1, seed + 1);
			sim.parameters.clusters = clusters;
			sim_add_many(&sim, agents, false, 0);
			bound = ceil(sim_extent(&sim, clusters) / .1);
			cycles[seed] = cycles_to_meet(&sim, clusters);
			sim_close(&sim);
			/* Who was about to act first sees the others before they have moved. */
			assert_true(cycles[seed] >= bound);
			assert_true(cycles[seed] <= bound + 1 + (clusters > 1));
		}
		summary = sim_summary(cycles, SEEDS);
		print_message("sync, m = %u, N = %u, cap .1: %g/%g cycles\n", clusters, agents,
			      summary.median, summary.worst);
		if (clusters == 1)
			assert_true(summary.median <= medians[row % 3]);
	}
}

static void groups_part_after_an_identical_start(void **state)
{
	(void)state;
	for (uint32_t clusters = 1; clusters <= 4; clusters++) {
		/* The last group has 1 - 1/m of a turn to go, a tenth of one a cycle. */
		const uint32_t bound = clusters == 1 ? 1 : (uint32_t)ceil((1 - 1. / clusters) / .1);
		struct sim sim;
		uint32_t cycles;

		sim_open(&sim, 60, DECIDE_SYNC, P, .1, clusters);
		sim.parameters.clusters = clusters;
		sim_add_many(&sim, 60, true, 0);
		cycles = cycles_to_meet(&sim, clusters);
		sim_close(&sim);
		print_message("sync, m = %u, identical start: %u cycles\n", clusters, cycles);
		assert_in_range(cycles, 1, bound + 1);
	}
}

static void who_joins_is_with_them_at_once(void **state)
{
	struct sim sim;

	(void)state;
	sim_open(&sim, 40, DECIDE_SYNC, P, .1, 7);
	sim_add_many(&sim, 30, false, 0);
	assert_in_range(cycles_to_meet(&sim, 1), 1, 12);
	for (unsigned agent = 0; agent < 10; agent++)
		sim_join(&sim, sim.now_ns + 1 + agent * P / 7, P, 0);
	sim_run_until(&sim, sim.now_ns + 2 * P);
	assert_true(sim_extent(&sim, 1) < TOGETHER);
	sim_close(&sim);
}

static void the_dead_keep_nobody_waiting(void **state)
{
	struct sim sim;
	double period;

	(void)state;
	sim_open(&sim, 64, DECIDE_SYNC, P, .1, 8);
	sim_add_many(&sim, 64, false, 0);
	sim_run_cycles(&sim, 12);
	sim_kill_part(&sim, .5);
	sim_run_cycles(&sim, 2);
	period = sim_mean_period(&sim, 20);
	assert_true(sim_extent(&sim, 1) < TOGETHER);
	assert_true(fabs(period - 1) < 1e-9);
	sim_close(&sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_meet_within_one_cycle_of_the_bound),
		cmocka_unit_test(groups_part_after_an_identical_start),
		cmocka_unit_test(who_joins_is_with_them_at_once),
		cmocka_unit_test(the_dead_keep_nobody_waiting),
	};

	return cmocka_run_group_tests_name("virtual sync", tests, NULL, NULL);
}
