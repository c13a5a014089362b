/* SPDX-License-Identifier: MIT */
/* own.c - a strategy of the application's: shows it what this agent sees, and takes no more from it than can be. */
#include "entrain.h"
#include "order.h"
#include "strategy.h"

_Static_assert(sizeof(struct entrain_neighbour) <= sizeof(struct order_bucket),
	       "what it is shown fits into the scratch");

static uint32_t neighbours_show(const struct step *step, struct entrain_neighbour *others)
{
	uint32_t used = 0;

	for (const struct peer *peer = step->peers; peer < step->peers + step->count; peer++)
		if (!peer->flags)
			others[used++] =
				(struct entrain_neighbour){ .offset_ns = step_offset_ns(step, peer),
							    .period_ns = peer->period_ns,
							    .work_ns = peer->work_ns,
							    .slot = peer->index };
	return used;
}

struct wish own_wish(const struct step *step, struct wish pattern)
{
	const struct entrain_strategy *own = step->own;
	const int64_t room_ns = step_room_ns(step);
	struct entrain_view view = {
		.size = sizeof(view),
		.goal = step->goal,
		.slot = step->index,
		.spreads = step->rule != DECIDE_SYNC,
		.clusters = step->rule == DECIDE_SYNC && step->clusters ? step->clusters : 1,
		.period_ns = step->longest_ns,
		.own_period_ns = step->period_ns,
		.work_ns = step->work_ns,
		.most_ns = room_ns > 0 ? room_ns : 0,
		.pattern_ns = pattern.wait_ns,
		.lag_ns = pattern.lag_ns,
		.energy_ppm = step->energy_ppm,
	};
	int64_t delay_ns;

	if (!own || !own->delay_ns)
		return pattern;
	view.count = neighbours_show(step, step->scratch);
	view.others = step->scratch;
	delay_ns = own->delay_ns(&view, own->context);
	pattern.wait_ns = delay_ns < 0 ? 0 : delay_ns > view.most_ns ? view.most_ns : delay_ns;
	pattern.price = own->price < STRATEGY_PRICE_MOST ? own->price : STRATEGY_PRICE_MOST;
	pattern.whole = true;
	return pattern;
}
