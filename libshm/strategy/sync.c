/* SPDX-License-Identifier: MIT */
/*
 * sync.c - SYNC: all meet, or m groups meet, at the agent that would otherwise have to wait for longest.
 *
 * Everybody waits for the agent before the largest gap on the circle; groups are laid on top of one
 * another first, by turning group g back by g/m.
 */
#include "order.h"
#include "rules.h"

struct clusters {
	uint32_t count;
	uint64_t part; /* of the period, 2^-16 ns */
};

static struct clusters clusters_of(const struct step *step)
{
	uint32_t count = step->clusters ? step->clusters : 1;

	return (struct clusters){ count, ((uint64_t)step->longest_ns << 16) / count };
}

static int64_t cluster_shift_ns(struct clusters clusters, uint32_t index)
{
	return (int64_t)((index % clusters.count * clusters.part) >> 16);
}

static int64_t folded_ns(int64_t offset_ns, int64_t period_ns)
{
	if (offset_ns >= 2 * period_ns || offset_ns < -period_ns)
		offset_ns %= period_ns;
	if (offset_ns < 0)
		return offset_ns + period_ns;
	return offset_ns >= period_ns ? offset_ns - period_ns : offset_ns;
}

static void circle_fill(const struct step *step, struct circle *circle, bool with_me)
{
	const int64_t period_ns = step->longest_ns;
	const struct clusters clusters = clusters_of(step);
	const int64_t own_ns = cluster_shift_ns(clusters, step->index);

	circle_open(circle, step->scratch, step->counted - !with_me, period_ns);
	if (with_me)
		circle_add(circle, 0, step->index);
	for (uint32_t number = 0; number < step->count; number++) {
		const struct peer *peer = step->peers + number;
		int64_t shift_ns;

		if (peer->flags)
			continue;
		shift_ns = cluster_shift_ns(clusters, peer->index) - own_ns;
		circle_add(circle, folded_ns(step_offset_ns(step, peer) - shift_ns, period_ns),
			   peer->index);
	}
}

/* Without the lowest index as tie-break, equal gaps would send every agent after another pile for ever. */
struct wish sync_wish(const struct step *step)
{
	struct circle circle;
	struct circle_gap gap;

	circle_fill(step, &circle, true);
	gap = circle_largest(&circle, CIRCLE_LOWEST_INDEX);
	return (struct wish){ .wait_ns = gap.start_ns, .lag_ns = step->longest_ns - gap.length_ns };
}

/* Who joins goes where the others are going to meet. */
int64_t sync_place(const struct step *step)
{
	struct circle circle;
	int64_t place_ns;

	circle_fill(step, &circle, false);
	place_ns = circle_largest(&circle, CIRCLE_LOWEST_INDEX).start_ns % step->period_ns;
	return place_ns ? place_ns : step->period_ns;
}
