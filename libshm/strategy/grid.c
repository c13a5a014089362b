/* SPDX-License-Identifier: MIT */
/*
 * grid.c - GRID: keep as large a gap as the cap allows between turns that a clock makes arrive together.
 *
 * A delay does not carry over, it is paid at each cycle: so everybody works out the same schedule from the
 * arrivals, and its own place in it.
 */
#include "order.h"
#include "rules.h"

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

static struct order_entry *arrivals_sort(const struct step *step)
{
	struct order_entry *entries = step->scratch;
	uint32_t used = 0;

	for (uint32_t number = 0; number < step->count; number++) {
		const struct peer *peer = step->peers + number;
		int64_t offset_ns;

		if (peer->flags)
			continue;
		offset_ns = (peer->next_ns - peer->delay_ns - step->arrival_ns) % step->longest_ns;
		if (offset_ns < 0 || (offset_ns == 0 && peer->index < step->index))
			offset_ns += step->longest_ns;
		entries[used++] =
			(struct order_entry){ .offset_ns = offset_ns, .index = peer->index };
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
