/* SPDX-License-Identifier: MIT */
/*
 * sync.c - SYNC: all meet, or m groups meet, at the agent that would otherwise have to wait for longest.
 *
 * Everybody waits for the agent before the largest gap on the circle; groups are laid on top of one
 * another first.
 */
#include "clusters.h"
#include "order.h"
#include "phasor.h"

/* Within this part of the period, of one group of m, R_m need not be summed up: it is above .99. */
#define ORDER_NEAR_PART 25

static void circle_fill(const struct step *step, struct circle *circle, bool with_me)
{
	const struct clusters clusters = clusters_of(step);

	circle_open(circle, step->scratch, step->counted - !with_me, step->longest_ns);
	if (with_me)
		circle_add(circle, 0, step->index);
	for (uint32_t number = 0; number < step->count; number++) {
		const struct peer *peer = step->peers + number;

		if (!peer->flags)
			circle_add(circle, cluster_offset_ns(step, clusters, peer), peer->index);
	}
}

/* R_m of the planned turns, m being the number of groups: of which group an agent is makes no difference to it. */
uint32_t sync_order_ppm(const struct step *step)
{
	const struct phasor_period period = phasor_period_make(step->longest_ns);
	const uint32_t clusters = step->clusters ? step->clusters : 1;
	int64_t re = PHASOR_ONE, im = 0;
	uint64_t order;

	for (const struct peer *peer = step->peers; peer < step->peers + step->count; peer++)
		if (!peer->flags) {
			int64_t offset_ns = peer->next_ns - step->turn_ns;
			struct phasor phasor =
				phasor_of(phasor_angle(&period, offset_ns) * clusters);

			re += phasor.re;
			im += phasor.im;
		}
	re /= step->counted;
	im /= step->counted;
	order = (phasor_root((uint64_t)(re * re) + (uint64_t)(im * im)) * UINT64_C(1000000) +
		 PHASOR_ONE / 2) >>
		30;
	return order < 1000000 ? (uint32_t)order : 1000000;
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
	struct circle_gap gap;
	int64_t extent_ns, near_ns;

	circle_fill(step, &circle, true);
	gap = circle_largest(&circle, CIRCLE_LOWEST_INDEX);
	extent_ns = step->longest_ns - gap.length_ns;
	near_ns = step->longest_ns / ORDER_NEAR_PART / ((int64_t)step->clusters + 1);
	/* Unlike those who spread, all wait for the same one: nobody is better off for waiting in proportion. */
	return (struct wish){ .wait_ns = gap.start_ns,
			      .lag_ns = extent_ns,
			      .value_ppm = extent_ns <= near_ns ? order_near_ppm(step, extent_ns)
								: sync_order_ppm(step),
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
