/* SPDX-License-Identifier: MIT */
/* simulate_fixture.c - what the tests of the simulator share: a plan to begin with, and a judge that owes it nothing. */
#include "simulate_fixture.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

struct simulation_plan plan_make(const char *goal, uint32_t agents, uint32_t cycles, uint64_t seed)
{
	struct simulation_plan plan = { .agents = agents,
					.cycles = cycles,
					.seed = seed,
					.goal = *goal_find(goal),
					.kind = ENTRAIN_TAKEN,
					.duty_ppm = 500000,
					.control = control_find("spread"),
					.threads = 1 };

	plan.topology.kind = TOPOLOGY_FULL;
	return plan;
}

struct place {
	double at, folded, work;
};

static int by_place(const void *one, const void *other)
{
	double left = ((const struct place *)one)->at, right = ((const struct place *)other)->at;

	return (left > right) - (left < right);
}

static int by_folded(const void *one, const void *other)
{
	double left = ((const struct place *)one)->folded;
	double right = ((const struct place *)other)->folded;

	return (left > right) - (left < right);
}

/* Actions that differ from the mean by less than a tenth of a gap count as the mean, as far as idle time allows. */
static double work_level(struct place *places, unsigned count)
{
	double mean = 0, near, sum = 0;

	for (unsigned i = 0; i < count; i++)
		mean += places[i].work / count;
	near = fmax(0, fmin(.1 / count, (1 - mean * count) / count / 2));
	for (unsigned i = 0; i < count; i++) {
		if (fabs(places[i].work - mean) <= near)
			places[i].work = mean;
		sum += places[i].work;
	}
	return sum;
}

static void judge_gaps(struct judged *judged, struct place *places, unsigned count)
{
	double all = work_level(places, count), largest = 0;

	qsort(places, count, sizeof(*places), by_place);
	judged->least = INFINITY;
	for (unsigned i = 0; i < count; i++) {
		double there = i + 1 < count ? places[i + 1].at : places[0].at + 1;
		double wanted = all > 1 ? places[i].work / all : places[i].work + (1 - all) / count;
		double gap = (there - places[i].at) / wanted;

		judged->least = fmin(judged->least, gap);
		judged->most = fmax(judged->most, gap);
	}
	judged->evenness = fmin(1, 1 / judged->most);
	qsort(places, count, sizeof(*places), by_folded);
	for (unsigned i = 0; i < count; i++) {
		double there = i + 1 < count ? places[i + 1].folded : places[0].folded + 1;

		largest = fmax(largest, there - places[i].folded);
	}
	judged->extent = 1 - largest;
}

struct judged judge_make(const struct simulation *simulation)
{
	struct judged judged = { .rhythm = 1 };
	struct place *places = calloc(simulation->slots + 1, sizeof(*places));
	const double groups = simulation->plan.goal.clusters;
	double complex sum[4] = { 0 };
	double period = 0;
	unsigned count = 0;

	for (uint32_t slot = 0; slot < simulation->slots; slot++)
		if (simulation->agents[slot].state == SIMULATED_ALIVE)
			period = fmax(period, (double)simulation->agents[slot].period_ns);
	for (uint32_t slot = 0; slot < simulation->slots; slot++) {
		const struct simulated *agent = &simulation->agents[slot];
		double at;

		if (agent->state != SIMULATED_ALIVE)
			continue;
		/* From the start on, so that a double holds every ns. */
		at = fmod((double)(agent->turn_ns - simulation->start_ns), period) / period;
		places[count].at = at;
		at -= fmod(slot, groups) / groups;
		places[count].folded = at < 0 ? at + 1 : at;
		places[count++].work = (double)agent->work_ns / period;
		for (int m = 0; m < 4; m++)
			sum[m] += cexp(2 * M_PI * (m + 1) * I * places[count - 1].at);
		judged.rhythm =
			fmin(judged.rhythm,
			     1 - fabs((double)(agent->turn_ns - agent->cur_ns) - period) / period);
	}
	for (int m = 0; m < 4; m++)
		judged.order[m] = cabs(sum[m]) / count;
	judge_gaps(&judged, places, count);
	free(places);
	return judged;
}

static int ascending(const void *one, const void *other)
{
	double left = *(const double *)one, right = *(const double *)other;

	return (left > right) - (left < right);
}

double median_of(double *values, unsigned count)
{
	qsort(values, count, sizeof(*values), ascending);
	return (values[count / 2] + values[(count - 1) / 2]) / 2;
}

double worst_of(const double *values, unsigned count)
{
	double worst = values[0];

	for (unsigned i = 1; i < count; i++)
		worst = fmax(worst, values[i]);
	return worst;
}
