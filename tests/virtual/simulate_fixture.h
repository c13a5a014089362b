/* SPDX-License-Identifier: MIT */
/* simulate_fixture.h - what the tests of the simulator share: a plan to begin with, and a judge that owes it nothing. */
#ifndef ENTRAIN_TEST_SIMULATE_FIXTURE_H
#define ENTRAIN_TEST_SIMULATE_FIXTURE_H

#include "controls.h"
#include "gauge.h"
#include "runs.h"
#include "simulation.h"

/* All see all, taken hosts, random start, equal actions that fill half of the period. */
struct simulation_plan plan_make(const char *goal, uint32_t agents, uint32_t cycles, uint64_t seed);

/* The measures by floating point and sorting, from the agents alone. */
struct judged {
	double evenness, least, most, order[4], rhythm;
	double extent; /* smallest arc that holds all turns, groups laid on top of each other */
};
struct judged judge_make(const struct simulation *simulation);

/* Median and worst of `count` values, which are sorted. */
double median_of(double *values, unsigned count);
double worst_of(const double *values, unsigned count);

#endif
