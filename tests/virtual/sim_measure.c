/* SPDX-License-Identifier: MIT */
/*
 * sim_measure.c - how even, how far together, how much at once: measured without the library's help.
 */
#include "sim.h"

#include <math.h>
#include <stdlib.h>

uint32_t sim_alive(const struct sim *sim)
{
	uint32_t alive = 0;

	for (uint32_t index = 0; index < sim->agents; index++)
		alive += sim->agent[index].alive && sim->agent[index].acts;
	return alive;
}

int64_t sim_longest_ns(const struct sim *sim)
{
	int64_t longest_ns = 0;

	for (uint32_t index = 0; index < sim->agents; index++)
		if (sim->agent[index].alive && sim->agent[index].acts &&
		    sim->agent[index].period_ns > longest_ns)
			longest_ns = sim->agent[index].period_ns;
	return longest_ns;
}

struct place {
	double at; /* turns */
	double work;
};

static int place_compare(const void *a, const void *b)
{
	double left = ((const struct place *)a)->at, right = ((const struct place *)b)->at;

	return (left > right) - (left < right);
}

static double in_turns(const struct sim *sim, int64_t at_ns)
{
	int64_t period_ns = sim_longest_ns(sim);
	int64_t offset_ns = (at_ns - sim->parameters.period_ns) % period_ns;

	return (double)(offset_ns < 0 ? offset_ns + period_ns : offset_ns) / (double)period_ns;
}

/* Actions within a tenth of a gap of the mean count as the mean, as far as half of a share of the idle time allows. */
static double work_level(struct place *places, uint32_t count, double all)
{
	double mean = all / count, near = fmax(0, fmin(.1 / count, (1 - all) / count / 2)), sum = 0;

	for (uint32_t place = 0; place < count; place++) {
		if (fabs(places[place].work - mean) <= near)
			places[place].work = mean;
		sum += places[place].work;
	}
	return sum;
}

static struct sim_gaps gaps(const struct sim *sim, bool own_work, bool actual)
{
	struct place *places = sim_allocate(sim->agents + 1, sizeof(*places));
	struct sim_gaps gaps = { .least = 1e9 };
	double period = (double)sim_longest_ns(sim), work_all = 0;
	uint32_t count = 0;

	for (uint32_t index = 0; index < sim->agents; index++) {
		const struct sim_agent *agent = sim->agent + index;

		if (!agent->alive || !agent->acts)
			continue;
		places[count].at =
			in_turns(sim, actual ? agent->began_ns : sim->slots[index].next_ns);
		places[count].work = own_work ? (double)agent->work_ns / period : 0;
		work_all += places[count++].work;
	}
	work_all = work_level(places, count, work_all);
	qsort(places, count, sizeof(*places), place_compare);
	places[count] = places[0];
	places[count].at += 1;
	for (uint32_t place = 0; place < count; place++) {
		double gap = places[place + 1].at - places[place].at;
		double wanted = work_all > 1 ? places[place].work / work_all
					     : places[place].work + (1 - work_all) / count;

		gap /= wanted;
		gaps.least = fmin(gaps.least, gap);
		gaps.most = fmax(gaps.most, gap);
		gaps.error = fmax(gaps.error, fabs(gap - 1));
	}
	gaps.evenness = 1 / gaps.most;
	free(places);
	return gaps;
}

struct sim_gaps sim_gaps(const struct sim *sim, bool own_work)
{
	return gaps(sim, own_work, false);
}

struct sim_gaps sim_gaps_actual(const struct sim *sim, bool own_work)
{
	return gaps(sim, own_work, true);
}

double sim_distance(const struct sim *sim, double *delay)
{
	struct place *places = sim_allocate(sim->agents, sizeof(*places));
	double most = -1e9, least = 1e9, sum = 0;
	uint32_t count = 0;

	for (uint32_t index = 0; index < sim->agents; index++)
		if (sim->agent[index].alive && sim->agent[index].acts)
			places[count++].at = in_turns(sim, sim->slots[index].next_ns);
	qsort(places, count, sizeof(*places), place_compare);
	for (uint32_t rank = 0; rank < count; rank++) {
		double ahead = places[rank].at - (double)rank / count;

		most = fmax(most, ahead);
		least = fmin(least, ahead);
		sum += ahead;
	}
	if (delay)
		*delay = most - sum / count;
	free(places);
	return most - least;
}

double sim_order(const struct sim *sim, uint32_t m)
{
	double re = 0, im = 0;

	for (uint32_t index = 0; index < sim->agents; index++) {
		double angle = 2 * M_PI * m * in_turns(sim, sim->slots[index].next_ns);

		if (!sim->agent[index].alive || !sim->agent[index].acts)
			continue;
		re += cos(angle);
		im += sin(angle);
	}
	return hypot(re, im) / sim_alive(sim);
}

double sim_extent(const struct sim *sim, uint32_t clusters)
{
	struct place *places = sim_allocate(sim->agents + 1, sizeof(*places));
	uint32_t count = 0;
	double largest = 0;

	for (uint32_t index = 0; index < sim->agents; index++) {
		double at = in_turns(sim, sim->slots[index].next_ns) -
			    (double)(index % clusters) / clusters;

		if (sim->agent[index].alive && sim->agent[index].acts)
			places[count++].at = at < 0 ? at + 1 : at;
	}
	qsort(places, count, sizeof(*places), place_compare);
	places[count] = places[0];
	places[count].at += 1;
	for (uint32_t place = 0; place < count; place++)
		largest = fmax(largest, places[place + 1].at - places[place].at);
	free(places);
	return 1 - largest;
}

struct edge {
	int64_t at_ns;
	int32_t change;
};

/* At the same instant what ends goes before what begins. */
static int edge_compare(const void *a, const void *b)
{
	const struct edge *left = a, *right = b;

	if (left->at_ns != right->at_ns)
		return left->at_ns < right->at_ns ? -1 : 1;
	return (left->change > right->change) - (left->change < right->change);
}

uint32_t sim_peak(const struct sim *sim, int64_t from_ns, int64_t until_ns)
{
	struct edge *edges = sim_allocate(2 * sim->actions_count + 1, sizeof(*edges));
	size_t count = 0;
	int32_t level = 0, peak = 0;

	for (size_t number = 0; number < sim->actions_count; number++) {
		const struct sim_action *action = sim->actions + number;

		if (action->end_ns <= from_ns || action->begin_ns >= until_ns ||
		    action->begin_ns == action->end_ns)
			continue;
		edges[count++] = (struct edge){ action->begin_ns, 1 };
		edges[count++] = (struct edge){ action->end_ns, -1 };
	}
	qsort(edges, count, sizeof(*edges), edge_compare);
	for (size_t edge = 0; edge < count; edge++) {
		level += edges[edge].change;
		if (level > peak && edges[edge].at_ns < until_ns)
			peak = level; /* an action that overlaps the beginning counts with its own peak */
	}
	free(edges);
	return (uint32_t)peak;
}

static int ascending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

struct sim_summary sim_summary(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), ascending);
	return (struct sim_summary){ .median = values[count / 2], .worst = values[count - 1] };
}
