/* SPDX-License-Identifier: MIT */
/*
 * sync.c - SYNC: all meet, or m groups meet, at the agent that would otherwise have to wait for longest.
 *
 * Everybody waits for the agent before the largest gap on the circle; groups are laid on top of one
 * another first.
 */
#include "circle.h"
#include "clusters.h"
#include "phasor.h"

/* Within this part of the period, of one group of m, R_m need not be summed up: it is above .99. */
#define ORDER_NEAR_PART 25

/* Has its present turn come after mine, in the virtual order? Then that one is to meet me, not its next. */
static inline bool acts_after(const struct step *step, const struct peer *peer)
{
	if (__builtin_expect(peer->cur_ns < step->turn_ns, 1))
		return false;
	return peer->cur_ns > step->turn_ns || peer->index > step->index;
}

/* Up to so many groups the places of all are known beforehand. */
#define GROUPS_FEW 16

/*
 * Put the others on the circle. `nexts` is filled with their next turns, from mine. Inline, so that `groups` is a constant in each
 * use: of one none need be turned back, of some by what `backs_ns` says.
 */
enum groups { GROUPS_ONE, GROUPS_SOME, GROUPS_MANY };
__attribute__((always_inline)) static inline void
others_fill(const struct step *step, const struct circle circle, enum groups groups, int64_t *nexts)
{
	const struct step own = *step; /* a local copy: nothing that is stored can alias it */
	const struct clusters clusters = clusters_of(step);
	const int64_t period_ns = own.longest_ns;
	const int64_t shift_ns = cluster_shift_ns(clusters, own.index);
	int64_t backs_ns[GROUPS_FEW];

	for (uint32_t group = 0; groups == GROUPS_SOME && group < clusters.count; group++)
		backs_ns[group] =
			turned_ns(shift_ns - cluster_shift_ns(clusters, group), period_ns) -
			period_ns;
	for (const struct peer *peer = own.peers; peer < own.peers + own.count; peer++) {
		int64_t place_ns;

		if (peer->flags)
			continue;
		place_ns = peer->next_ns - own.turn_ns;
		*nexts++ = place_ns;
		if (acts_after(&own, peer))
			place_ns = peer->cur_ns - own.turn_ns;
		if (groups == GROUPS_SOME)
			place_ns += backs_ns[cluster_group(clusters, peer->index)];
		else if (groups == GROUPS_MANY)
			place_ns += shift_ns - cluster_shift_ns(clusters, peer->index);
		circle_add(&circle, turned_ns(place_ns, period_ns), peer->index);
	}
}

/* The circle of all turns, groups on top of one another. Returns where the next turns of the others are, counted - 1 of them. */
static const int64_t *circle_fill(const struct step *step, struct circle *circle, bool with_me)
{
	int64_t *nexts;

	circle_open(circle, step->scratch, step->counted - !with_me, step->longest_ns);
	if (with_me)
		circle_add(circle, 0, step->index);
	nexts = (int64_t *)(circle->buckets + circle->count);
	if (step->clusters <= 1)
		others_fill(step, *circle, GROUPS_ONE, nexts);
	else if (step->clusters <= GROUPS_FEW)
		others_fill(step, *circle, GROUPS_SOME, nexts);
	else
		others_fill(step, *circle, GROUPS_MANY, nexts);
	return nexts;
}

/* R_m of me and of those who have their next turns there; of which group an agent is makes no difference to it. */
static uint32_t order_ppm(const struct step *step, const int64_t *nexts)
{
	const uint32_t clusters = step->clusters ? step->clusters : 1;

	return phasor_places_ppm(nexts, step->counted - 1, step->longest_ns, clusters);
}

uint32_t sync_order_ppm(const struct step *step)
{
	struct circle circle;

	return order_ppm(step, circle_fill(step, &circle, true));
}

/* The same while all are within `extent_ns` of one another, next to together: 1 - (pi m extent)^2 / 2 is a bound, pi^2 < 10. */
static uint32_t order_near_ppm(const struct step *step, int64_t extent_ns)
{
	uint64_t extent_ppm = (uint64_t)part_ns(extent_ns, 1000000, (uint64_t)step->longest_ns);

	extent_ppm *= step->clusters ? step->clusters : 1;
	return (uint32_t)(1000000 - extent_ppm * extent_ppm * 5 / 1000000);
}

/* Without the lowest index as tie-break, equal gaps would send every agent after another pile for ever. */
struct wish sync_wish(const struct step *step)
{
	struct circle circle;
	const int64_t *nexts = circle_fill(step, &circle, true);
	const struct circle_gap gap = circle_largest(&circle, CIRCLE_LOWEST_INDEX);
	const int64_t extent_ns = step->longest_ns - gap.length_ns;
	const int64_t near_ns = step->longest_ns / ORDER_NEAR_PART / ((int64_t)step->clusters + 1);

	/* Unlike those who spread, all wait for the same one: nobody is better off for waiting in proportion. */
	return (struct wish){ .wait_ns = gap.start_ns,
			      .lag_ns = extent_ns,
			      .value_ppm = extent_ns <= near_ns ? order_near_ppm(step, extent_ns)
								: order_ppm(step, nexts),
			      .whole = true };
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
