/* SPDX-License-Identifier: MIT */
/*
 * test_simulate_tables.c - the simulator shows what doc/algorithms.md says, within a cycle or a tenth of a peak.
 *
 * Each line that is printed is a row of a table there.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulate_fixture.h"

#define SEEDS 20
#define EVEN .01
#define TOGETHER 1e-7
#define NEVER 9999

/* Even to better than 1 %, or met to better than 1e-7 of a turn. */
static bool is_there(const struct simulation *simulation)
{
	const struct judged judged = judge_make(simulation);

	if (simulation->plan.goal.rule == DECIDE_SYNC)
		return judged.extent < TOGETHER;
	return fmax(judged.most - 1, 1 - judged.least) < EVEN;
}

/* Cycles from now until that is so, and still is two cycles later. */
static double cycles_to_pattern(struct simulation *simulation, uint32_t most)
{
	uint32_t since = 0;
	struct gauge gauge = { 0 };

	for (uint32_t cycle = 1; cycle <= most + 2; cycle++) {
		simulation_cycle(simulation, &gauge);
		if (!is_there(simulation))
			since = 0;
		else if (!since)
			since = cycle;
		if (since && cycle >= since + 2)
			return since;
	}
	return NEVER;
}

static void run_cycles(struct simulation *simulation, uint32_t cycles)
{
	struct gauge gauge = { 0 };

	while (cycles--)
		simulation_cycle(simulation, &gauge);
}

struct summary {
	double median, worst;
};

static struct summary summary_of(double *values, unsigned count)
{
	return (struct summary){ median_of(values, count), worst_of(values, count) };
}

static void open_plan(struct simulation *simulation, const struct simulation_plan *plan)
{
	char why[200];

	assert_true(simulation_open(simulation, plan, why, sizeof(why)));
}

/* Cycles from the start, over seeds. */
static struct summary cycles_of(struct simulation_plan plan, unsigned seeds, uint32_t most)
{
	double cycles[SEEDS];

	for (unsigned seed = 0; seed < seeds; seed++) {
		struct simulation simulation;

		plan.seed = seed + 1;
		open_plan(&simulation, &plan);
		cycles[seed] = cycles_to_pattern(&simulation, most);
		simulation_close(&simulation);
	}
	return summary_of(cycles, seeds);
}

static struct simulation_plan plan_capped(const char *goal, uint32_t agents, uint32_t cap_ppm)
{
	struct simulation_plan plan = plan_make(goal, agents, 1, 1);

	plan.cap_given = true;
	plan.cap_ppm = cap_ppm;
	return plan;
}

static void spread_takes_the_cycles_of_the_table(void **state)
{
	static const struct {
		uint32_t agents, cap_ppm;
		unsigned seeds;
		bool identical;
		double median, worst;
	} rows[] = {
		{ 16, 1000000, SEEDS, false, 1, 1 },  { 64, 1000000, SEEDS, false, 1, 1 },
		{ 256, 1000000, SEEDS, false, 1, 1 }, { 1024, 1000000, 2, false, 1, 1 },
		{ 16, 100000, SEEDS, false, 3, 5 },   { 64, 100000, SEEDS, false, 2, 3 },
		{ 256, 100000, SEEDS, false, 1, 1 },  { 1024, 100000, 2, false, 1, 1 },
		{ 64, 1000000, 2, true, 1, 1 },       { 64, 100000, 2, true, 10, 10 },
		{ 1024, 100000, 1, true, 10, 10 },    { 1024, 1000000, 1, true, 1, 1 },
		{ 10000, 1000000, 1, false, 1, 1 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct simulation_plan plan =
			plan_capped("spread", rows[i].agents, rows[i].cap_ppm);
		struct summary cycles;

		plan.start = rows[i].identical ? SIMULATION_IDENTICAL : SIMULATION_RANDOM;
		cycles = cycles_of(plan, rows[i].seeds, 20);
		print_message("spread, N = %u, cap %g, %s start: %g/%g cycles (table %g/%g)\n",
			      rows[i].agents, rows[i].cap_ppm / 1e6,
			      rows[i].identical ? "identical" : "random", cycles.median,
			      cycles.worst, rows[i].median, rows[i].worst);
		assert_true(fabs(cycles.median - rows[i].median) <= 1);
		assert_true(cycles.worst <= rows[i].worst + 1);
		if (rows[i].cap_ppm == 1000000)
			assert_true(cycles.worst == 1);
	}
}

static void joining_one_after_another_is_even_from_the_second_cycle(void **state)
{
	static const uint32_t sizes[] = { 8, 12, 48, 64, 100 };

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct simulation_plan plan = plan_capped("spread", sizes[i], 100000);
		struct summary cycles;

		plan.start = SIMULATION_JOIN;
		cycles = cycles_of(plan, 1, 9);
		print_message("joining one after another, N = %u: %g cycles\n", sizes[i],
			      cycles.worst);
		assert_true(cycles.worst <= 2);
	}
}

static void sync_takes_the_cycles_of_its_bound(void **state)
{
	static const uint32_t sizes[] = { 16, 64, 256 };
	static const double medians[] = { 9, 10, 10 }, worsts[] = { 10, 10, 11 };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct simulation_plan plan =
			plan_capped(i < 3 ? "batch" : "reach-consensus", sizes[i % 3], 100000);
		double cycles[SEEDS];
		struct summary summary;

		for (unsigned seed = 0; seed < SEEDS; seed++) {
			struct simulation simulation;
			double bound;

			plan.seed = seed + 1;
			open_plan(&simulation, &plan);
			bound = ceil(judge_make(&simulation).extent / .1);
			cycles[seed] = cycles_to_pattern(&simulation, 30);
			simulation_close(&simulation);
			assert_true(cycles[seed] >= bound - 1);
			assert_true(cycles[seed] <= bound + 2);
		}
		summary = summary_of(cycles, SEEDS);
		print_message("sync, m = %u, N = %u, cap .1: %g/%g cycles (table %g/%g)\n",
			      plan.goal.clusters, sizes[i % 3], summary.median, summary.worst,
			      medians[i % 3], worsts[i % 3]);
		if (i < 3) {
			assert_true(fabs(summary.median - medians[i]) <= 1);
			assert_true(summary.worst <= worsts[i] + 1);
		}
	}
}

/* Settle, kill a part, count. */
static struct summary crash_of(struct simulation_plan plan, uint32_t share_ppm, uint32_t settle,
			       uint32_t most)
{
	double cycles[SEEDS];

	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct simulation simulation;

		plan.seed = seed + 1;
		open_plan(&simulation, &plan);
		run_cycles(&simulation, settle);
		simulation_crash(&simulation, share_ppm);
		cycles[seed] = cycles_to_pattern(&simulation, most);
		simulation_close(&simulation);
	}
	return summary_of(cycles, SEEDS);
}

static void crashes_heal_as_soon_as_the_table_says(void **state)
{
	static const uint32_t shares_ppm[] = { 100000, 300000, 500000 };
	static const double medians[] = { 2, 2, 3 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct simulation_plan plan = plan_capped("spread", 64, 100000);
		struct summary own = crash_of(plan, shares_ppm[i], 5, 12), fixed, desync;

		plan.control = control_find("static");
		fixed = crash_of(plan, shares_ppm[i], 5, 12);
		plan.control = control_find("desync");
		plan.start = SIMULATION_RANDOM;
		desync = crash_of(plan, shares_ppm[i], 5, 40);
		print_message("crash of %g %%, N = 64: %g/%g cycles (table %g), static %g, desync "
			      "more than %g\n",
			      shares_ppm[i] / 1e4, own.median, own.worst, medians[i], fixed.median,
			      fmin(desync.median, 40));
		assert_true(fabs(own.median - medians[i]) <= 1);
		assert_true(own.worst <= medians[i] + 2);
		assert_true(fixed.median == NEVER);
		assert_true(desync.median == NEVER);
	}
}

static void joins_of_a_quarter_heal(void **state)
{
	static const uint32_t caps_ppm[] = { 1000000, 100000 };
	static const double medians[] = { 1, 2 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct simulation_plan plan = plan_capped("spread", 64, caps_ppm[i]);
		double cycles[SEEDS];
		struct summary summary;

		for (unsigned seed = 0; seed < SEEDS; seed++) {
			struct simulation simulation;

			plan.seed = seed + 1;
			open_plan(&simulation, &plan);
			run_cycles(&simulation, 5);
			simulation_join(&simulation, 250000);
			cycles[seed] = cycles_to_pattern(&simulation, 12);
			assert_int_equal(simulation_alive(&simulation), 80);
			simulation_close(&simulation);
		}
		summary = summary_of(cycles, SEEDS);
		print_message("joins of 25 %%, N = 64, cap %g: %g/%g cycles (table %g)\n",
			      caps_ppm[i] / 1e6, summary.median, summary.worst, medians[i]);
		assert_true(summary.worst <= medians[i] + 1);
	}
}

/* The most at once in a settled cycle. */
static double peak_of(struct simulation_plan plan, uint32_t settle)
{
	struct simulation simulation;
	struct gauge gauge = { 0 };
	double peak = 0;

	open_plan(&simulation, &plan);
	run_cycles(&simulation, settle);
	for (int cycle = 0; cycle < 3; cycle++) {
		simulation_cycle(&simulation, &gauge);
		peak = fmax(peak, gauge.peak_overlap);
	}
	simulation_close(&simulation);
	return peak;
}

static double peak_median(struct simulation_plan plan, uint32_t settle)
{
	double peaks[SEEDS];

	for (unsigned seed = 0; seed < SEEDS; seed++) {
		plan.seed = seed + 1;
		peaks[seed] = peak_of(plan, settle);
	}
	return median_of(peaks, SEEDS);
}

/* Of a rule that is only compared with: a draw more or less. */
static void assert_near(double value, double wanted)
{
	assert_true(fabs(value - wanted) <= fmax(1, wanted / 10));
}

static void steady_peaks_are_those_of_the_table(void **state)
{
	static const double gaps[] = { .5, .9, 1, 2, 4, 8 };
	static const double spread[] = { 1, 1, 1, 2, 4, 8 }, random[] = { 3.5, 4, 4, 6, 9, 13 };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct simulation_plan plan = plan_capped("spread", 64, 100000);
		double own, offset, fixed, none;

		plan.duty_ppm = (uint32_t)(gaps[i] * 1e6);
		own = peak_median(plan, 8);
		plan.control = control_find("random-offset");
		offset = peak_median(plan, 2);
		plan.control = control_find("static");
		fixed = peak_median(plan, 2);
		plan.control = control_find("none");
		plan.start = SIMULATION_IDENTICAL;
		none = peak_of(plan, 2);
		print_message(
			"peak, N = 64, actions of %g gaps: spread %g, static %g, random offset "
			"%g (table %g), none %g\n",
			gaps[i], own, fixed, offset, random[i], none);
		assert_true(own == spread[i]);
		assert_true(fixed == spread[i]);
		assert_near(offset, random[i]);
		assert_true(none == 64);
	}
}

/* "256 256 10 5 4 3 2 2 2 2 2 1": the first action, undelayed, is not shown twice here. */
static void the_peak_falls_cycle_by_cycle(void **state)
{
	static const uint32_t limits[] = { 256, 10, 5, 4, 3, 2, 2, 2, 2, 2, 1 };
	struct simulation_plan plan = plan_capped("spread", 256, 100000);
	struct simulation simulation;
	struct gauge gauge = { 0 };

	(void)state;
	plan.start = SIMULATION_IDENTICAL;
	plan.duty_ppm = 1000000;
	open_plan(&simulation, &plan);
	print_message("peak cycle by cycle, N = 256:");
	for (unsigned cycle = 0; cycle < 11; cycle++) {
		simulation_cycle(&simulation, &gauge);
		print_message(" %u", gauge.peak_overlap);
		assert_true(gauge.peak_overlap <= limits[cycle] + 1);
	}
	print_message("\n");
	assert_int_equal(gauge.peak_overlap, 1);
	simulation_close(&simulation);
}

static void unequal_actions_overlap_as_little_as_the_table_says(void **state)
{
	static const double sums[] = { .5, .9, .9999, 2, 4, 8 };
	static const double own[] = { 1, 1, 1, 5, 10, 16 }, random[] = { 4, 5, 5, 8, 11, 16 };
	static const double varied[] = { 2, 3, 3 };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct simulation_plan plan = plan_capped("spread", 256, 100000);
		double peak, offset;

		plan.lognormal = true;
		plan.duty_ppm = (uint32_t)(sums[i] * 1e6);
		peak = peak_of(plan, 14);
		plan.control = control_find("random-offset");
		offset = peak_median(plan, 2);
		print_message(
			"log-normal actions, N = 256, sum %g: peak %g, random offset %g (table "
			"%g)\n",
			sums[i], peak, offset, random[i]);
		assert_true(peak <= own[i] + 1);
		assert_true(i > 2 || peak == own[i]);
		assert_near(offset, random[i]);
		if (i > 2)
			continue;
		plan.control = control_find("spread");
		plan.vary_ppm = 300000;
		plan.agents = 64;
		assert_true(peak_of(plan, 14) <= varied[i]);
	}
}

static void other_rules_take_as_long_as_the_table_says(void **state)
{
	static const struct {
		const char *control, *goal;
		uint32_t agents, seeds, most;
		double median;
		bool identical;
	} rows[] = {
		{ "desync", "spread", 16, SEEDS, 80, 34, false },
		{ "desync", "spread", 64, SEEDS, 900, 362, false },
		{ "balance", "spread", 16, SEEDS, 30, 3, false },
		{ "balance", "spread", 64, SEEDS, 30, 5, false },
		{ "balance", "spread", 256, SEEDS, 40, 7, false },
		{ "balance", "spread", 1024, 5, 60, 14.5, false },
		{ "balance", "spread", 64, 1, 60, 12, true },
		{ "balance", "spread", 1024, 1, 90, 49, true },
		{ "desync", "spread", 64, 1, 900, 676, true },
		{ "kuramoto", "spread", 16, 5, 200, NEVER, false },
		{ "kuramoto", "spread", 64, 5, 200, NEVER, false },
		{ "none", "spread", 16, 2, 50, NEVER, false },
		{ "jitter", "spread", 16, 2, 50, NEVER, false },
		{ "flock", "spread", 16, 2, 50, NEVER, false },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct simulation_plan plan = plan_make(rows[i].goal, rows[i].agents, 1, 1);
		struct summary cycles;

		plan.control = control_find(rows[i].control);
		if (rows[i].identical)
			plan.start = SIMULATION_IDENTICAL;
		cycles = cycles_of(plan, rows[i].seeds, rows[i].most);
		print_message("%s, N = %u%s: %g/%g cycles (table %g; %d: never)\n", rows[i].control,
			      rows[i].agents, rows[i].identical ? ", identical start" : "",
			      cycles.median, cycles.worst, rows[i].median, NEVER);
		assert_true(fabs(cycles.median - rows[i].median) <= fmax(1, rows[i].median / 10));
	}
}

/* The first cycle, in which all still act as they were forked, is not counted. */
static void jitter_on_a_grid_collides_as_the_table_says(void **state)
{
	static const double gaps[] = { .5, .9, 1, 2 }, peaks[] = { 13, 18, 20, 31 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct simulation_plan plan = plan_capped("spread", 64, 100000);
		double worst[SEEDS];

		plan.control = control_find("jitter");
		plan.start = SIMULATION_IDENTICAL;
		plan.duty_ppm = (uint32_t)(gaps[i] * 1e6);
		for (unsigned seed = 0; seed < SEEDS; seed++) {
			struct simulation simulation;
			struct gauge gauge = { 0 };

			plan.seed = seed + 1;
			worst[seed] = 0;
			open_plan(&simulation, &plan);
			run_cycles(&simulation, 1);
			for (int cycle = 0; cycle < 50; cycle++) {
				simulation_cycle(&simulation, &gauge);
				worst[seed] = fmax(worst[seed], gauge.peak_overlap);
			}
			simulation_close(&simulation);
		}
		print_message("jitter on a grid, N = 64, actions of %g gaps: peak %g (table %g)\n",
			      gaps[i], median_of(worst, SEEDS), peaks[i]);
		assert_near(median_of(worst, SEEDS), peaks[i]);
	}
}

static void few_unequal_actions_do_not_overlap_at_all(void **state)
{
	static const uint32_t sums_ppm[] = { 60000, 500000, 900000, 999900 };

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct simulation_plan plan = plan_capped("spread", i % 2 ? 64 : 8, 100000);
		double peak;

		plan.lognormal = true;
		plan.duty_ppm = sums_ppm[i / 2];
		peak = peak_median(plan, 14);
		print_message("log-normal actions, N = %u, sum %g: peak %g (table 1)\n",
			      plan.agents, plan.duty_ppm / 1e6, peak);
		assert_true(peak == 1);
	}
}

/* Median of the worst agent's distance to the nearest that it sees, after 12 and after 60 cycles. */
static void among_neighbours_the_worst_is_as_far_apart_as_in_the_table(void **state)
{
	static const struct {
		const char *topology;
		double table, early, late; /* at least */
	} rows[] = { { "ring:4", 1.22, .99, 1.22 * .9 },
		     { "small-world:8:0.1", 1.14, 1, 1.14 * .9 } };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct simulation_plan plan = plan_make("spread", 64, 1, 1);
		double early[SEEDS], late[SEEDS];
		char why[200];

		assert_true(graph_parse(rows[i].topology, &plan.topology, why, sizeof(why)));
		for (unsigned seed = 0; seed < SEEDS; seed++) {
			struct simulation simulation;
			struct gauge gauge = { 0 };

			plan.seed = seed + 1;
			open_plan(&simulation, &plan);
			for (int cycle = 0; cycle < 60; cycle++) {
				simulation_cycle(&simulation, &gauge);
				if (cycle == 11)
					early[seed] = gauge.nearest;
			}
			late[seed] = gauge.nearest;
			simulation_close(&simulation);
		}
		print_message("%s, N = 64: nearest neighbour %.2f of even after 12 cycles, %.2f "
			      "after 60 (table %g)\n",
			      rows[i].topology, median_of(early, SEEDS), median_of(late, SEEDS),
			      rows[i].table);
		assert_true(median_of(early, SEEDS) >= rows[i].early);
		assert_true(median_of(late, SEEDS) >= rows[i].late);
	}
}

/* Local rules do not lower the global peak. */
static void leaves_of_a_star_act_together(void **state)
{
	struct simulation_plan plan = plan_make("spread", 64, 1, 1);
	char why[200];

	(void)state;
	assert_true(graph_parse("star", &plan.topology, why, sizeof(why)));
	plan.start = SIMULATION_IDENTICAL;
	assert_true(peak_of(plan, 20) == 63);
}

/* With m > 1 it never would without the rule for ties. */
static void groups_form_from_an_identical_start(void **state)
{
	(void)state;
	for (uint32_t groups = 1; groups <= 4; groups++) {
		struct simulation_plan plan = plan_capped("reach-consensus", 64, 100000);
		struct summary cycles;

		plan.start = SIMULATION_IDENTICAL;
		plan.goal.clusters = groups;
		cycles = cycles_of(plan, 1, 30);
		print_message("identical start, m = %u: %g cycles\n", groups, cycles.worst);
		assert_true(cycles.worst <= 11);
	}
}

/* Mean period of a cycle over the last 40 of 60, in periods. */
static double pace_of(const struct simulation_plan *plan, double *evenness)
{
	struct simulation simulation;
	struct gauge gauge = { 0 };
	int64_t from_ns;

	open_plan(&simulation, plan);
	run_cycles(&simulation, 20);
	from_ns = simulation.now_ns;
	for (int cycle = 0; cycle < 40; cycle++)
		simulation_cycle(&simulation, &gauge);
	*evenness = gauge.evenness;
	from_ns = simulation.now_ns - from_ns;
	simulation_close(&simulation);
	return (double)from_ns / 40 / (double)SIMULATION_PERIOD_NS;
}

static void unequal_periods_keep_the_slowest_ones_pace(void **state)
{
	struct simulation_plan plan = plan_capped("spread", 64, 110000);
	double evenness, pace;

	(void)state;
	plan.spread_ppm = 50000;
	pace = pace_of(&plan, &evenness);
	print_message("periods +-5 %%, cap .11: mean period %.3f, evenness %.2f\n", pace, evenness);
	/* The slowest of 64 draws is close to the edge. */
	assert_true(fabs(pace - 1.049) < .002);
	assert_true(evenness > .99);
}

static void lateness_slows_taken_hosts_not_at_all(void **state)
{
	static const uint32_t late_ppm[] = { 60000, 190000, 640000 };
	static const double relative_most[] = { 1.0025, 1.008, 1.02 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct simulation_plan plan = plan_capped("spread", 64, 100000);
		double evenness, taken, relative, ignored;

		plan.lateness_ppm = late_ppm[i];
		plan.duty_ppm = 0;
		taken = pace_of(&plan, &evenness);
		plan.kind = ENTRAIN_RELATIVE;
		relative = pace_of(&plan, &ignored);
		print_message(
			"lateness %g %% of a gap: taken %.4f (evenness %.2f), relative %.4f\n",
			late_ppm[i] / 1e4, taken, evenness, relative);
		/* The last cycle ends when the last agent wakes. */
		assert_true(fabs(taken - 1) < .003);
		assert_true(evenness > .97);
		assert_true(relative <= relative_most[i] + .003);
		assert_true(relative > taken);
	}
}

static void stale_reads_do_no_harm(void **state)
{
	struct simulation_plan plan = plan_capped("spread", 256, 1000000);
	struct summary cycles;

	(void)state;
	plan.stale_ppm = 100000;
	cycles = cycles_of(plan, 5, 10);
	print_message("reads up to .1 P old, N = 256, no cap: %g/%g cycles\n", cycles.median,
		      cycles.worst);
	assert_true(cycles.worst <= 2);
}

static void grids_stay_close_to_their_limit(void **state)
{
	static const double gaps[] = { .5, .9, 1, 2 }, peaks[] = { 5, 9, 10, 20 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct simulation_plan plan = plan_capped("spread", 64, 100000);
		double peak;

		plan.kind = ENTRAIN_GRID;
		plan.start = SIMULATION_IDENTICAL;
		plan.duty_ppm = (uint32_t)(gaps[i] * 1e6);
		peak = peak_of(plan, 4);
		print_message("grid, N = 64, cap .1, actions of %g gaps: peak %g (table %g)\n",
			      gaps[i], peak, peaks[i]);
		assert_true(fabs(peak - peaks[i]) <= fmax(1, peaks[i] / 10));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spread_takes_the_cycles_of_the_table),
		cmocka_unit_test(joining_one_after_another_is_even_from_the_second_cycle),
		cmocka_unit_test(sync_takes_the_cycles_of_its_bound),
		cmocka_unit_test(crashes_heal_as_soon_as_the_table_says),
		cmocka_unit_test(joins_of_a_quarter_heal),
		cmocka_unit_test(steady_peaks_are_those_of_the_table),
		cmocka_unit_test(the_peak_falls_cycle_by_cycle),
		cmocka_unit_test(unequal_actions_overlap_as_little_as_the_table_says),
		cmocka_unit_test(jitter_on_a_grid_collides_as_the_table_says),
		cmocka_unit_test(few_unequal_actions_do_not_overlap_at_all),
		cmocka_unit_test(among_neighbours_the_worst_is_as_far_apart_as_in_the_table),
		cmocka_unit_test(leaves_of_a_star_act_together),
		cmocka_unit_test(groups_form_from_an_identical_start),
		cmocka_unit_test(other_rules_take_as_long_as_the_table_says),
		cmocka_unit_test(unequal_periods_keep_the_slowest_ones_pace),
		cmocka_unit_test(lateness_slows_taken_hosts_not_at_all),
		cmocka_unit_test(stale_reads_do_no_harm),
		cmocka_unit_test(grids_stay_close_to_their_limit),
	};

	return cmocka_run_group_tests_name("simulate tables", tests, NULL, NULL);
}
