/* SPDX-License-Identifier: MIT */
/*
 * pulse_coupling.c - pulse-coupling: jump at each pulse that is seen, as fireflies do (Mirollo and Strogatz 1990).
 *
 * Theirs jump ahead, the more the closer they are to firing; who can only wait jumps back, the more the sooner a pulse follows
 * its own. Together: each pulse pulls by a part of what is left of the circle, and swallows who is within reach. By what the
 * least pulled agent is pulled nobody need move: it changes no distance.
 * Apart: a pulse inhibits, for as long as the gap that its agent wants.
 */
#include "clusters.h"
#include "lap.h"
#include "strategy.h"

/* Together: all the pulses of a cycle, were they next to me, would pull by a cycle's room, or by this part of a turn. */
#define PULSE_PART 4

/*
 * Of all agents, me among them, the longest mean distance to the pulses of the others: that agent is pulled the least. With
 * `number` others and me before it, a mean is that of mine, shifted by its place, and a turn for each of those.
 */
static int64_t mean_longest_ns(const struct order_entry *sorted, uint32_t used, int64_t period_ns)
{
	__int128 sum_ns = 0, longest_ns;

	for (uint32_t number = 0; number < used; number++)
		sum_ns += sorted[number].offset_ns;
	longest_ns = sum_ns;
	for (uint32_t number = 0; number < used; number++) {
		__int128 own_ns = sum_ns - (__int128)sorted[number].offset_ns * (used + 1) +
				  (__int128)period_ns * (number + 1);

		longest_ns = own_ns > longest_ns ? own_ns : longest_ns;
	}
	return (int64_t)(longest_ns / used);
}

static struct wish pulse_together(const struct step *step, struct wish wish)
{
	const struct clusters clusters = clusters_of(step);
	struct order_entry *entries = step->scratch;
	const int64_t period_ns = step->longest_ns;
	int64_t strength_ns = step_room_ns(step), moved_ns = 0, least_ns;
	uint32_t used = 0;

	for (const struct peer *peer = step->peers; peer < step->peers + step->count; peer++)
		if (!peer->flags)
			entries[used++] = (struct order_entry){ .offset_ns = cluster_offset_ns(
									step, clusters, peer),
								.index = peer->index };
	entries = order_sort(entries, used, period_ns, entries + step->count);
	strength_ns = strength_ns < period_ns / PULSE_PART ? strength_ns : period_ns / PULSE_PART;
	strength_ns = strength_ns > 0 ? strength_ns : 0;
	for (uint32_t number = 0; number < used; number++) {
		int64_t after_ns = entries[number].offset_ns - moved_ns;
		int64_t pull_ns;

		if (after_ns <= 0)
			continue;
		pull_ns =
			part_ns(period_ns - after_ns, (uint64_t)strength_ns, (uint64_t)period_ns) /
			used;
		moved_ns += pull_ns < after_ns ? pull_ns : after_ns;
	}
	least_ns = period_ns - mean_longest_ns(entries, used, period_ns);
	least_ns = least_ns > 0 ? part_ns(least_ns, (uint64_t)strength_ns, (uint64_t)period_ns) : 0;
	wish.wait_ns = moved_ns > least_ns ? moved_ns - least_ns : 0;
	return wish;
}

static struct wish pulse_apart(const struct step *step, struct wish wish)
{
	const struct lap lap = lap_make(step);
	/* Who acts before me, in the virtual order: also where it has its next turn already, a period further. */
	const struct order_entry *before = lap.entries + lap.count - 1;
	int64_t jump_ns = before->offset_ns + lap_gap_ns(&lap, before->work_ns) - lap.period_ns -
			  step_deadband_ns(step);

	wish.wait_ns = jump_ns > 0 ? jump_ns : 0;
	wish.whole = true;
	return wish;
}

struct wish pulse_coupling_wish(const struct step *step, struct wish pattern)
{
	if (step->rule == DECIDE_SYNC)
		return pulse_together(step, pattern);
	return step->graph ? pattern : pulse_apart(step, pattern);
}
