/* SPDX-License-Identifier: MIT */
/*
 * grid.c - GRID: keep as large a gap as the cap allows between turns that a clock makes arrive together.
 *
 * A delay does not carry over, it is paid at each cycle: so everybody works out the same schedule from the
 * arrivals, and its own place in it.
 */
#include "order.h"
#include "rules.h"

/* Arrivals within one such part of a period are the same. */
#define TIE_PART 8192

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

/*
 * Arrivals of one clock differ by what it takes to read it. Their phases are told apart in steps only, the same ones for
 * everybody who looks, so that all see the same ties, and the index settles them.
 */
static int64_t arrival_step_ns(const struct step *step, int64_t arrival_ns)
{
	const int64_t tie_ns = step->longest_ns / TIE_PART;
	int64_t phase_ns = arrival_ns % step->longest_ns;

	if (phase_ns < 0)
		phase_ns += step->longest_ns;
	return phase_ns / tie_ns * tie_ns;
}

static int64_t arrival_offset_ns(const struct step *step, const struct peer *peer)
{
	int64_t offset_ns = arrival_step_ns(step, peer->next_ns - peer->delay_ns) -
			    arrival_step_ns(step, step->arrival_ns);

	if (offset_ns < 0 || (offset_ns == 0 && peer->index < step->index))
		offset_ns += step->longest_ns;
	return offset_ns;
}

static struct order_entry *arrivals_sort(const struct step *step)
{
	struct order_entry *entries = step->scratch;
	uint32_t used = 0;

	for (uint32_t number = 0; number < step->count; number++) {
		const struct peer *peer = step->peers + number;

		if (peer->flags)
			continue;
		entries[used++] = (struct order_entry){ .offset_ns = arrival_offset_ns(step, peer),
							.index = peer->index };
	}
	return order_sort(entries, used, step->longest_ns, entries + used);
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
	return (struct wish){ .wait_ns = wait_ns, .lag_ns = even_ns - gap_ns };
}
