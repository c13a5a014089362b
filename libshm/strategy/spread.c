/* SPDX-License-Identifier: MIT */
/*
 * spread.c - SPREAD: everybody gets the time of its own action plus an equal share of the idle time.
 *
 * An agent waits by the one-sided Kolmogorov-Smirnov distance between the turns ahead of it and the
 * wanted gaps. No gap is then larger than wanted, the gaps sum to one turn, so each is as wanted.
 */
#include "order.h"
#include "rules.h"

struct wish spread_wish(const struct step *step)
{
	const struct step own = *step; /* local copies: nothing that is stored can alias them */
	struct order opened, order;
	int64_t hi_ns, lo_ns;

	order_open(&opened, own.scratch, own.count, own.counted, own.longest_ns, own.work_all_ns,
		   own.reach_ns, own.index_most);
	order = opened;
	for (const struct peer *peer = own.peers; peer < own.peers + own.count; peer++) {
		if (!peer->flags)
			order_add(&order, step_offset_ns(&own, peer), peer->work_ns, peer->index);
	}
	opened = order;
	order_distance(&opened, own.work_ns, &hi_ns, &lo_ns);
	return (struct wish){ .wait_ns = hi_ns, .lag_ns = hi_ns + lo_ns };
}

/* Middle of the largest gap among the others' next turns; of equal ones the soonest. */
int64_t spread_place(const struct step *step)
{
	const int64_t period_ns = step->period_ns;
	struct circle circle;
	struct circle_gap gap;
	int64_t place_ns;

	circle_open(&circle, step->scratch, step->counted - 1, period_ns);
	for (uint32_t number = 0; number < step->count; number++) {
		const struct peer *peer = step->peers + number;
		int64_t offset_ns;

		if (peer->flags)
			continue;
		offset_ns = (peer->next_ns - step->now_ns) % period_ns;
		circle_add(&circle, offset_ns < 0 ? offset_ns + period_ns : offset_ns, peer->index);
	}
	gap = circle_largest(&circle, CIRCLE_SOONEST_MIDDLE);
	place_ns = (gap.start_ns + gap.length_ns / 2) % period_ns;
	return place_ns ? place_ns : period_ns;
}
