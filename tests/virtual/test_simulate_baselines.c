/* SPDX-License-Identifier: MIT */
/*
 * test_simulate_baselines.c - what the simulator shows of the rules that SPREAD is compared with is what doc/algorithms.md says.
 *
 * The figures there are medians of twenty draws. Where such a median is itself a matter of luck (two of twenty differ by
 * as much as a fifth), twenty medians are taken here, and the figure has to be one that could have been among them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simulate_tables.h"

#define GROUPS 20

/* Medians of SEEDS seeds each. */
struct medians {
	double least, most, mean;
};

static struct medians peak_medians(struct simulation_plan plan, unsigned groups)
{
	struct medians medians = { .least = INFINITY };

	for (unsigned group = 0; group < groups; group++) {
		double median;

		plan.seed = group * SEEDS + 1;
		median = peak_median(plan, 2, 1);
		medians.least = fmin(medians.least, median);
		medians.most = fmax(medians.most, median);
		medians.mean += median / groups;
	}
	return medians;
}

/* Drawn by chance, and within a tenth of the mean of what chance gives, or one. */
static void assert_drawn(struct medians medians, double figure)
{
	assert_true(figure >= medians.least && figure <= medians.most);
	assert_true(fabs(figure - medians.mean) <= fmax(1, figure / 10));
}

static void random_offsets_meet_as_often_as_chance_has_it(void **state)
{
	static const double gaps[] = { .5, .9, 1, 2, 4, 8 }, table[] = { 3.5, 4, 4, 6, 9, 13 };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct simulation_plan plan = plan_capped("spread", 64, 100000);
		struct medians peaks;

		plan.control = control_find("random-offset");
		plan.duty_ppm = (uint32_t)(gaps[i] * 1e6);
		peaks = peak_medians(plan, GROUPS);
		print_message("random offset, N = 64, actions of %g gaps: peak %g .. %g, %.2f in "
			      "the mean (table %g)\n",
			      gaps[i], peaks.least, peaks.most, peaks.mean, table[i]);
		assert_drawn(peaks, table[i]);
	}
}

/* Forked together: what each sleep is longer adds up, and has scattered them over a third of the period after fifteen. */
static void jitter_scatters_slowly(void **state)
{
	static const double gaps[] = { .5, .9, 1, 2, 4, 8 }, table[] = { 6.5, 9, 9, 13, 20, 31 };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct simulation_plan plan = plan_capped("spread", 64, 100000);
		double peak;

		plan.control = control_find("jitter");
		plan.start = SIMULATION_IDENTICAL;
		plan.duty_ppm = (uint32_t)(gaps[i] * 1e6);
		peak = peak_median(plan, 14, 16);
		print_message("jitter, N = 64, actions of %g gaps: peak of cycles 15 to 30 %g "
			      "(table %g)\n",
			      gaps[i], peak, table[i]);
		assert_true(fabs(peak - table[i]) <= table[i] / 10);
	}
}

/* The first cycle, in which all still act as they were forked, is not counted. */
static void jitter_on_a_clock_scatters_nobody(void **state)
{
	static const double gaps[] = { .5, .9, 1, 2 }, table[] = { 13, 18, 20, 31 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct simulation_plan plan = plan_capped("spread", 64, 100000);
		double peak;

		plan.control = control_find("clock-jitter");
		plan.start = SIMULATION_IDENTICAL;
		plan.duty_ppm = (uint32_t)(gaps[i] * 1e6);
		peak = peak_median(plan, 1, 50);
		print_message("jitter on a clock, N = 64, actions of %g gaps: peak %g (table %g)\n",
			      gaps[i], peak, table[i]);
		assert_true(fabs(peak - table[i]) <= table[i] / 10);
	}
}

static void unequal_actions_overlap_as_in_the_table(void **state)
{
	static const double sums[] = { .5, .9, 1, 2, 4, 8 };
	static const double random[] = { 4, 5, 5, 8, 11, 16 }, equal[] = { 3, 4, 4, 6, 8, 13 };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct simulation_plan plan = plan_capped("spread", 256, 100000);
		struct medians offset, fixed;

		plan.lognormal = true;
		plan.duty_ppm = (uint32_t)(sums[i] * 1e6);
		plan.control = control_find("random-offset");
		offset = peak_medians(plan, GROUPS / 2);
		plan.control = control_find("static");
		fixed = peak_medians(plan, GROUPS / 2);
		print_message("log-normal actions, N = 256, sum %g: random offset %g .. %g (table "
			      "%g), equal gaps %g .. %g (table %g)\n",
			      sums[i], offset.least, offset.most, random[i], fixed.least,
			      fixed.most, equal[i]);
		assert_drawn(offset, random[i]);
		assert_drawn(fixed, equal[i]);
	}
}

/* The worst of SEEDS. They are even to begin with, which DESYNC by itself would take hundreds of cycles for. */
static double desync_after_crash(struct simulation_plan plan, uint64_t first, uint32_t share_ppm)
{
	double cycles[SEEDS];

	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct simulation simulation;

		plan.seed = first + seed;
		open_plan(&simulation, &plan);
		run_cycles(&simulation, 3);
		simulation.plan.control = control_find("desync");
		run_cycles(&simulation, 3);
		simulation_crash(&simulation, share_ppm);
		cycles[seed] = cycles_to_pattern(&simulation, .1, 400);
		simulation_close(&simulation);
	}
	return summary_of(cycles, SEEDS).worst;
}

/* The study gave the worst of twenty: DESYNC's medians are about half of that. */
static void crashes_leave_others_uneven_for_long(void **state)
{
	static const uint32_t shares_ppm[] = { 100000, 300000, 500000 };
	static const double table[] = { 50, 82, 46 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct simulation_plan plan = plan_capped("spread", 64, 100000);
		double least = INFINITY, most = 0;
		struct summary fixed;

		plan.control = control_find("static");
		fixed = crash_of(plan, shares_ppm[i], 5, .1, 12);
		plan = plan_capped("spread", 64, 1000000);
		for (unsigned group = 0; group < 4; group++) {
			double worst = desync_after_crash(plan, group * SEEDS + 1, shares_ppm[i]);

			least = fmin(least, worst);
			most = fmax(most, worst);
		}
		print_message("crash of %g %%, N = 64: static %g; desync, to within 10 %%: the "
			      "worst of 20 %g .. %g (table %g)\n",
			      shares_ppm[i] / 1e4, fixed.median, least, most, table[i]);
		assert_true(fixed.median == NEVER);
		assert_true(table[i] >= least * .9 && table[i] <= most * 1.1);
	}
}

/* All within a thousandth of a turn; who moves freely needs no bound. */
static void kuramoto_brings_together_as_fast_as_in_the_table(void **state)
{
	static const struct {
		uint32_t agents;
		double median, worst;
	} rows[] = { { 16, 8, 18 }, { 256, 14, 21 } };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct simulation_plan plan = plan_make("batch", rows[i].agents, 1, 1);
		double cycles[SEEDS];
		struct summary summary;

		plan.control = control_find("kuramoto");
		for (unsigned seed = 0; seed < SEEDS; seed++) {
			struct simulation simulation;

			plan.seed = seed + 1;
			open_plan(&simulation, &plan);
			cycles[seed] = cycles_to_pattern(&simulation, .001, 60);
			simulation_close(&simulation);
		}
		summary = summary_of(cycles, SEEDS);
		print_message("together by kuramoto, N = %u: %g/%g cycles (table %g/%g)\n",
			      rows[i].agents, summary.median, summary.worst, rows[i].median,
			      rows[i].worst);
		assert_cycles_near(summary.median, rows[i].median);
		assert_true(summary.worst <= rows[i].worst + 1);
	}
}

static void other_rules_take_as_long_as_the_table_says(void **state)
{
	static const struct {
		const char *control;
		uint32_t agents, seeds, most;
		double median;
		bool identical;
	} rows[] = {
		{ "desync", 16, SEEDS, 80, 34, false },
		{ "desync", 64, SEEDS, 900, 362, false },
		{ "desync", 256, 3, 9000, 4609, false },
		{ "desync", 1024, 1, 2000, NEVER, false },
		{ "balance", 16, SEEDS, 30, 3, false },
		{ "balance", 64, SEEDS, 30, 5, false },
		{ "balance", 256, SEEDS, 40, 7, false },
		{ "balance", 1024, 5, 60, 14.5, false },
		{ "balance", 64, 1, 60, 12, true },
		{ "balance", 1024, 1, 90, 49, true },
		{ "desync", 64, 1, 900, 676, true },
		{ "desync", 1024, 1, 2000, NEVER, true },
		{ "kuramoto", 16, 5, 200, NEVER, false },
		{ "kuramoto", 64, 5, 200, NEVER, false },
		{ "kuramoto", 256, 1, 100, NEVER, false },
		{ "clock-jitter", 16, 2, 50, NEVER, false },
		{ "none", 16, 2, 50, NEVER, false },
		{ "jitter", 16, 2, 50, NEVER, false },
		{ "flock", 16, 2, 50, NEVER, false },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct simulation_plan plan = plan_make("spread", rows[i].agents, 1, 1);
		struct summary cycles;

		plan.control = control_find(rows[i].control);
		if (rows[i].identical)
			plan.start = SIMULATION_IDENTICAL;
		cycles = cycles_of(plan, rows[i].seeds, rows[i].most);
		print_message("%s, N = %u%s: %g/%g cycles (table %g; %d: never)\n", rows[i].control,
			      rows[i].agents, rows[i].identical ? ", identical start" : "",
			      cycles.median, cycles.worst, rows[i].median, NEVER);
		assert_cycles_near(cycles.median, rows[i].median);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_offsets_meet_as_often_as_chance_has_it),
		cmocka_unit_test(jitter_scatters_slowly),
		cmocka_unit_test(jitter_on_a_clock_scatters_nobody),
		cmocka_unit_test(unequal_actions_overlap_as_in_the_table),
		cmocka_unit_test(crashes_leave_others_uneven_for_long),
		cmocka_unit_test(kuramoto_brings_together_as_fast_as_in_the_table),
		cmocka_unit_test(other_rules_take_as_long_as_the_table_says),
	};

	return cmocka_run_group_tests_name("simulate baselines", tests, NULL, NULL);
}
