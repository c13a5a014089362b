/* SPDX-License-Identifier: MIT */
/* simulate_tables.h - figures over seeds, as the tables of doc/algorithms.md have them. */
#ifndef ENTRAIN_TEST_SIMULATE_TABLES_H
#define ENTRAIN_TEST_SIMULATE_TABLES_H

#include "simulate_fixture.h"

#define SEEDS 20
#define NEVER 9999

struct summary {
	double median, worst;
};

/* Sorts `values`. */
struct summary summary_of(double *values, unsigned count);

/* A plan whose agents are delayed by so much at most. */
struct simulation_plan plan_capped(const char *goal, uint32_t agents, uint32_t cap_ppm);

/* Begin a run; the test fails if it cannot be. */
void open_plan(struct simulation *simulation, const struct simulation_plan *plan);
void run_cycles(struct simulation *simulation, uint32_t cycles);

/*
 * Cycles from now until gaps are even to better than `even` of the wanted ones (goals that meet: all within `even` of a turn),
 * and still are two cycles later; NEVER within `most`.
 */
double cycles_to_pattern(struct simulation *simulation, double even, uint32_t most);

/* The same from the start, to 1 % (to 1e-7 of a turn), over `seeds` seeds, at most SEEDS. */
struct summary cycles_of(struct simulation_plan plan, unsigned seeds, uint32_t most);

/* The same of SEEDS seeds from the plan's on, after that share was killed in a swarm that had settled for so many cycles. */
struct summary crash_of(struct simulation_plan plan, uint32_t share_ppm, uint32_t settle,
			double even, uint32_t most);

/* The most actions at once in any of `cycles` cycles after the first `settle`. */
double peak_of(struct simulation_plan plan, uint32_t settle, uint32_t cycles);
/* Median of that over SEEDS seeds, from the plan's on. */
double peak_median(struct simulation_plan plan, uint32_t settle, uint32_t cycles);

/* Within a tenth, or one. NEVER is like nothing else. */
void assert_cycles_near(double cycles, double wanted);

#endif
