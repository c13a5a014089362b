/* SPDX-License-Identifier: MIT */
/*
 * grid.c - GRID: keep as large a gap as the cap allows between turns that a clock makes arrive together.
 *
 * A delay does not carry over, it is paid at each cycle: so everybody works out the same schedule from the
 * arrivals, and its own place in it.
 */
#include <string.h>
#include "order.h"
#include "rules.h"

/* Arrivals that follow each other within such a part of a period, or within so many ns, are the same. */
#define TIE_PART 32768
#define TIE_LEAST_NS 2000

/*
 * T_k = max(x_k, T_(k-1) + gap) in two laps, which makes it independent of where on the circle one
 * starts. Returns the wait of the first in the second lap, or -1 if anybody's exceeds the cap.
 */
static int64_t lap_twice(const struct step *step, const struct order_entry *sorted, int64_t gap_ns)
{
	const uint32_t others = step->counted - 1;
	int64_t turn_ns = 0, first_ns = 0;

	for (uint32_t lap = 0; lap < 2; lap++) {
		const int64_t lap_ns = lap ? step->longest_ns : 0;

		if (lap) {
			turn_ns = turn_ns + gap_ns > lap_ns ? turn_ns + gap_ns : lap_ns;
			first_ns = turn_ns - lap_ns;
			if (first_ns > step->cap_ns)
				return -1;
		}
		for (uint32_t other = 0; other < others; other++) {
			int64_t arrival_ns = sorted[other].offset_ns + lap_ns;

			turn_ns = turn_ns + gap_ns > arrival_ns ? turn_ns + gap_ns : arrival_ns;
			if (turn_ns - arrival_ns > step->cap_ns)
				return -1;
		}
	}
	return first_ns;
}

/* Arrivals of one clock differ by what it takes to read it: those that follow each other within a tie are the same. */
static int64_t arrival_offset_ns(const struct step *step, const struct peer *peer)
{
	int64_t offset_ns = (peer->next_ns - peer->delay_ns - step->arrival_ns) % step->longest_ns;

	return offset_ns < 0 ? offset_ns + step->longest_ns : offset_ns;
}

/* How far apart two arrivals may be and still be the same: more than clocks are misread by, less than a gap. */
static int64_t tie_most_ns(const struct step *step, uint32_t used)
{
	const int64_t gap_ns = step->longest_ns / (used + 1);
	int64_t tie_ns = step->longest_ns / TIE_PART;

	if (tie_ns < TIE_LEAST_NS)
		tie_ns = TIE_LEAST_NS;
	return tie_ns < gap_ns / 8 ? tie_ns : gap_ns / 8;
}

/*
 * Ties by following: whoever arrives within a tie of the one before is the same arrival, wherever the phase lies. (Steps
 * of the phase would do, but for a phase that lies on the edge of one: there each agent sees another schedule.) Mine are
 * those just after me, and those just before me round the circle; among the same the index settles who comes first.
 */
static void ties_join(const struct step *step, struct order_entry *sorted, uint32_t used)
{
	const int64_t period_ns = step->longest_ns, tie_ns = tie_most_ns(step, used);
	uint32_t first = 0, end = used;
	int64_t last_ns = 0;

	for (; first < used && sorted[first].offset_ns - last_ns <= tie_ns; first++) {
		last_ns = sorted[first].offset_ns;
		sorted[first].offset_ns = sorted[first].index < step->index ? period_ns : 0;
	}
	for (last_ns = period_ns; end > first && last_ns - sorted[end - 1].offset_ns <= tie_ns;
	     end--) {
		last_ns = sorted[end - 1].offset_ns;
		sorted[end - 1].offset_ns = sorted[end - 1].index < step->index ? period_ns : 0;
	}
	while (first < end) {
		const int64_t start_ns = sorted[first].offset_ns;

		for (last_ns = start_ns; first < end && sorted[first].offset_ns - last_ns <= tie_ns;
		     first++) {
			last_ns = sorted[first].offset_ns;
			sorted[first].offset_ns = start_ns;
		}
	}
}

static struct order_entry *arrivals_sort(const struct step *step)
{
	struct order_entry *entries = step->scratch, *sorted;
	uint32_t used = 0;

	for (uint32_t number = 0; number < step->count; number++) {
		const struct peer *peer = step->peers + number;

		if (peer->flags)
			continue;
		entries[used++] = (struct order_entry){ .offset_ns = arrival_offset_ns(step, peer),
							.index = peer->index };
	}
	sorted = order_sort(entries, used, step->longest_ns, entries + used);
	ties_join(step, sorted, used);
	if (sorted != entries)
		memmove(entries, sorted, used * sizeof(*entries));
	return order_sort(entries, used, step->longest_ns, entries + used);
}

/* Of the turns as they are planned, this one to be after `wait_ns`. No better than the cap allows. */
static uint32_t evenness_ppm(const struct step *step, int64_t wait_ns)
{
	const int64_t period_ns = step->longest_ns;
	struct circle circle;
	uint64_t most_ns;

	circle_open(&circle, step->scratch, step->counted, period_ns);
	circle_add(&circle, wait_ns % period_ns, step->index);
	for (uint32_t number = 0; number < step->count; number++) {
		const struct peer *peer = step->peers + number;

		if (!peer->flags)
			circle_add(&circle,
				   (arrival_offset_ns(step, peer) + peer->delay_ns) % period_ns,
				   peer->index);
	}
	most_ns =
		(uint64_t)circle_largest(&circle, CIRCLE_SOONEST_MIDDLE).length_ns * step->counted;
	return most_ns > (uint64_t)period_ns ? (uint32_t)part_ns(period_ns, 1000000, most_ns)
					     : 1000000;
}

struct wish grid_wish(const struct step *step)
{
	const struct order_entry *sorted = arrivals_sort(step);
	int64_t wide_ns = step->longest_ns / step->counted, gap_ns = 0, wait_ns = 0;
	const int64_t even_ns = wide_ns;

	/* gap_ns is possible, wide_ns + 1 is not. */
	while (gap_ns < wide_ns) {
		int64_t middle_ns = wide_ns - (wide_ns - gap_ns) / 2;
		int64_t wait = lap_twice(step, sorted, middle_ns);

		if (wait >= 0) {
			gap_ns = middle_ns;
			wait_ns = wait;
		} else {
			wide_ns = middle_ns - 1;
		}
	}
	return (struct wish){ .wait_ns = wait_ns,
			      .lag_ns = even_ns - gap_ns,
			      .value_ppm = evenness_ppm(step, wait_ns) };
}
