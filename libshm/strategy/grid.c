/* SPDX-License-Identifier: MIT */
/*
 * grid.c - GRID: keep as large a gap as the cap allows between turns that a clock makes arrive together.
 *
 * A delay does not carry over, it is paid at each cycle: so everybody works out the same schedule from the arrivals, and its
 * own place in it: T_k = max(x_k, T_(k-1) + gap), round and round the circle.
 */
#include "arrivals.h"

/* An arrival, the `rank`th after mine; of several that are the same the first and the last are enough. */
struct place {
	int64_t at_ns, rank;
};

/*
 * With a gap g the turn k is the latest of x_j + (k - j) g over all j at or before it: so k waits for the largest z_j = x_j - j g
 * of these, less its own, and the largest gap that the cap allows is the least of (cap + x_k - x_j) / (k - j).
 */
struct schedule {
	const struct place *places; /* in order; the first is mine */
	uint32_t used;
	int64_t counted, period_ns, cap_ns;
	int64_t gap_ns;
	int64_t wait_ns; /* my own */
};

static inline int64_t place_z(const struct place *place, int64_t gap_ns)
{
	return place->at_ns - place->rank * gap_ns;
}

/* How much later the same place is a period later, by z: at least 0, for as many gaps fit into a period. */
static int64_t schedule_round(const struct schedule *schedule)
{
	return schedule->period_ns - schedule->counted * schedule->gap_ns;
}

/* The same place a period earlier. */
static struct place place_before(const struct schedule *schedule, struct place place)
{
	return (struct place){ place.at_ns - schedule->period_ns, place.rank - schedule->counted };
}

/* The largest gap with which the one place would wait for no longer than the cap, if it has to wait for the other. */
static int64_t gap_between(const struct schedule *schedule, struct place from, struct place to)
{
	return (schedule->cap_ns + to.at_ns - from.at_ns) / (to.rank - from.rank);
}

/*
 * One lap, begun with what is left of the lap before. If nobody waits for longer than the cap this is the schedule; else the gap is
 * made as small as who waits for longest needs it, and no smaller. `latest` has the largest z.
 */
static bool schedule_walk(struct schedule *schedule, struct place latest)
{
	const int64_t gap_ns = schedule->gap_ns;
	struct place from = place_before(schedule, latest);
	struct place worst_from = from, worst = schedule->places[0];
	int64_t most = place_z(&from, gap_ns), wait_ns;

	if (most < 0) {
		most = 0;
		worst_from = from = worst;
	}
	wait_ns = schedule->wait_ns = most;
	for (const struct place *place = schedule->places;
	     place < schedule->places + schedule->used; place++) {
		int64_t z = place_z(place, gap_ns);

		if (z > most) {
			most = z;
			from = *place;
		}
		if (most - z > wait_ns) {
			wait_ns = most - z;
			worst = *place;
			worst_from = from;
		}
	}
	if (wait_ns <= schedule->cap_ns)
		return true;
	schedule->gap_ns = gap_between(schedule, worst_from, worst);
	return false;
}

/*
 * As a rule nobody needs to wait for longer than the cap, whoever comes first; to see that takes a glance. Nor does it take more where
 * the two that are furthest from each other are too far already.
 */
static bool schedule_fits(struct schedule *schedule)
{
	const int64_t gap_ns = schedule->gap_ns, round = schedule_round(schedule);
	const struct place *latest = schedule->places, *lowest = latest;
	int64_t most = 0, least = 0;
	struct place from;

	for (const struct place *place = schedule->places;
	     place < schedule->places + schedule->used; place++) {
		int64_t z = place_z(place, gap_ns);

		latest = z > most ? place : latest;
		most = z > most ? z : most;
		lowest = z < least ? place : lowest;
		least = z < least ? z : least;
	}
	schedule->wait_ns = most > round ? most - round : 0;
	if (most - least <= schedule->cap_ns)
		return true;
	from = latest < lowest ? *latest : place_before(schedule, *latest);
	if (place_z(&from, gap_ns) - least <= schedule->cap_ns)
		return schedule_walk(schedule, *latest);
	schedule->gap_ns = gap_between(schedule, from, *lowest);
	return false;
}

/*
 * Ties by following: whoever arrives within a tie of the one before is the same arrival, wherever the phase lies. (Steps
 * of the phase would do, but for a phase that lies on the edge of one: there each agent sees another schedule.) Mine are
 * those just after me, and those just before me round the circle; among the same the index settles who comes first.
 */
static uint32_t places_make(const struct step *step, struct arrivals *arrivals,
			    struct place *places)
{
	const int64_t tie_ns = arrivals->tie_ns, period_ns = step->longest_ns;
	const uint64_t *key = arrivals->keys, *end = key + arrivals->used;
	int64_t rank, last_ns = arrivals->low_ns, start_ns = 0;
	struct place *place = places;

	for (; key < end && key_offset_ns(*key) - last_ns <= tie_ns; key++) {
		last_ns = key_offset_ns(*key);
		arrivals->after += key_after(*key);
		arrivals->before += !key_after(*key);
	}
	for (last_ns = arrivals->high_ns; end > key && last_ns - key_offset_ns(end[-1]) <= tie_ns;
	     end--) {
		last_ns = key_offset_ns(end[-1]);
		arrivals->after += key_after(end[-1]);
		arrivals->before += !key_after(end[-1]);
	}
	*place++ = (struct place){ 0, 0 };
	*place = (struct place){ 0, arrivals->after };
	place += arrivals->after > 0;
	last_ns = -tie_ns - 1;
	for (rank = arrivals->after + 1; key < end; key++) {
		int64_t offset_ns = key_offset_ns(*key);

		start_ns = offset_ns - last_ns <= tie_ns ? start_ns : offset_ns;
		last_ns = offset_ns;
		*place++ = (struct place){ start_ns, rank++ };
	}
	if (arrivals->before) {
		*place++ = (struct place){ period_ns, rank };
		*place++ = (struct place){ period_ns, step->counted - 1 };
	}
	return (uint32_t)(place - places);
}

/* Largest gap between planned turns, mine among them, where nobody else is delayed: they are where they arrive. */
static int64_t largest_gap_ns(const struct step *step, const struct arrivals *arrivals,
			      int64_t wait_ns)
{
	const int64_t first_ns = key_offset_ns(arrivals->keys[0]);
	const int64_t mine_ns = wait_ns < first_ns ? wait_ns + step->longest_ns : wait_ns;
	int64_t before_ns = first_ns, most_ns = 0;

	for (uint32_t number = 1; number <= arrivals->used; number++) {
		int64_t here_ns = number < arrivals->used ? key_offset_ns(arrivals->keys[number])
							  : first_ns + step->longest_ns;
		/* Mine lies between the two, or is either. */
		int64_t between_ns = mine_ns < here_ns ? mine_ns : here_ns;

		between_ns = between_ns > before_ns ? between_ns : before_ns;
		most_ns = between_ns - before_ns > most_ns ? between_ns - before_ns : most_ns;
		most_ns = here_ns - between_ns > most_ns ? here_ns - between_ns : most_ns;
		before_ns = here_ns;
	}
	return most_ns;
}

/* Of the turns as they are planned, this one to be after `wait_ns`. No better than the cap allows. */
static uint32_t evenness_ppm(const struct step *step, struct arrivals *arrivals, int64_t wait_ns)
{
	const int64_t period_ns = step->longest_ns;
	uint64_t most_ns;

	wait_ns %= period_ns;
	if (arrivals->planned) {
		circle_add(&arrivals->circle, wait_ns, step->index);
		most_ns =
			(uint64_t)circle_largest(&arrivals->circle, CIRCLE_LOWEST_INDEX).length_ns;
	} else {
		most_ns = (uint64_t)largest_gap_ns(step, arrivals, wait_ns);
	}
	most_ns *= step->counted;
	return most_ns > (uint64_t)period_ns ? (uint32_t)part_ns(period_ns, 1000000, most_ns)
					     : 1000000;
}

struct wish grid_wish(const struct step *step)
{
	const int64_t even_ns = step->longest_ns / step->counted;
	void *rest;
	struct arrivals arrivals = arrivals_make(step, &rest);
	struct schedule schedule = { .places = rest,
				     .used = places_make(step, &arrivals, rest),
				     .counted = step->counted,
				     .period_ns = step->longest_ns,
				     .cap_ns = step->cap_ns,
				     .gap_ns = even_ns };

	/* Each gap that does not fit names a smaller one that none larger than it does: after few the largest is found. */
	while (!schedule_fits(&schedule))
		continue;
	return (struct wish){ .wait_ns = schedule.wait_ns,
			      .lag_ns = even_ns - schedule.gap_ns,
			      .value_ppm = evenness_ppm(step, &arrivals, schedule.wait_ns) };
}
