/* SPDX-License-Identifier: MIT */
/* simulate_tables.c - figures over seeds, as the tables of doc/algorithms.md have them. */
#include "simulate_tables.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define EVEN .01
#define TOGETHER 1e-7

struct summary summary_of(double *values, unsigned count)
{
	return (struct summary){ median_of(values, count), worst_of(values, count) };
}

struct simulation_plan plan_capped(const char *goal, uint32_t agents, uint32_t cap_ppm)
{
	struct simulation_plan plan = plan_make(goal, agents, 1, 1);

	plan.cap_given = true;
	plan.cap_ppm = cap_ppm;
	return plan;
}

void open_plan(struct simulation *simulation, const struct simulation_plan *plan)
{
	char why[200];

	assert_true(simulation_open(simulation, plan, why, sizeof(why)));
}

void run_cycles(struct simulation *simulation, uint32_t cycles)
{
	struct gauge gauge = { 0 };

	while (cycles--)
		simulation_cycle(simulation, &gauge);
}

static bool is_there(const struct simulation *simulation, double even)
{
	const struct judged judged = judge_make(simulation);

	if (simulation->plan.goal.rule == DECIDE_SYNC)
		return judged.extent < even;
	return fmax(judged.most - 1, 1 - judged.least) < even;
}

double cycles_to_pattern(struct simulation *simulation, double even, uint32_t most)
{
	uint32_t since = 0;
	struct gauge gauge = { 0 };

	for (uint32_t cycle = 1; cycle <= most + 2; cycle++) {
		simulation_cycle(simulation, &gauge);
		if (!is_there(simulation, even))
			since = 0;
		else if (!since)
			since = cycle;
		if (since && cycle >= since + 2)
			return since;
	}
	return NEVER;
}

struct summary cycles_of(struct simulation_plan plan, unsigned seeds, uint32_t most)
{
	const double even = plan.goal.rule == DECIDE_SYNC ? TOGETHER : EVEN;
	double cycles[SEEDS];

	assert_true(seeds <= SEEDS);
	for (unsigned seed = 0; seed < seeds; seed++) {
		struct simulation simulation;

		plan.seed = seed + 1;
		open_plan(&simulation, &plan);
		cycles[seed] = cycles_to_pattern(&simulation, even, most);
		simulation_close(&simulation);
	}
	return summary_of(cycles, seeds);
}

struct summary crash_of(struct simulation_plan plan, uint32_t share_ppm, uint32_t settle,
			double even, uint32_t most)
{
	const uint64_t first = plan.seed;
	double cycles[SEEDS];

	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct simulation simulation;

		plan.seed = first + seed;
		open_plan(&simulation, &plan);
		run_cycles(&simulation, settle);
		simulation_crash(&simulation, share_ppm);
		cycles[seed] = cycles_to_pattern(&simulation, even, most);
		simulation_close(&simulation);
	}
	return summary_of(cycles, SEEDS);
}

double peak_of(struct simulation_plan plan, uint32_t settle, uint32_t cycles)
{
	struct simulation simulation;
	struct gauge gauge = { 0 };
	double peak = 0;

	open_plan(&simulation, &plan);
	run_cycles(&simulation, settle);
	while (cycles--) {
		simulation_cycle(&simulation, &gauge);
		peak = fmax(peak, gauge.peak_overlap);
	}
	simulation_close(&simulation);
	return peak;
}

double peak_median(struct simulation_plan plan, uint32_t settle, uint32_t cycles)
{
	const uint64_t first = plan.seed;
	double peaks[SEEDS];

	for (unsigned seed = 0; seed < SEEDS; seed++) {
		plan.seed = first + seed;
		peaks[seed] = peak_of(plan, settle, cycles);
	}
	return median_of(peaks, SEEDS);
}

void assert_cycles_near(double cycles, double wanted)
{
	assert_true(fabs(cycles - wanted) <= fmax(1, wanted / 10));
}
