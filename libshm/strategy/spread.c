/* SPDX-License-Identifier: MIT */
/*
 * spread.c - SPREAD: everybody gets the time of its own action plus an equal share of the idle time.
 *
 * An agent waits by the one-sided Kolmogorov-Smirnov distance between the turns ahead of it and the
 * wanted gaps. No gap is then larger than wanted, the gaps sum to one turn, so each is as wanted.
 */
#include "circle.h"
#include "level.h"
#include "order.h"
#include "rules.h"

/* As a rule all do the same thing: then all action times count as their mean. */
static bool work_is_level(const struct step *step, const struct level *level)
{
	return step->measured == 0 ||
	       (step->work_least_ns >= level->least_ns && step->work_most_ns <= level->most_ns);
}

/* Sum of the action times as they count. */
static uint64_t work_sum(const struct step *step, const struct level *level)
{
	uint64_t sum_ns = (uint64_t)level_work(level, step->work_ns);

	if (work_is_level(step, level))
		return (uint64_t)level->mean_ns * step->counted;
	for (const struct peer *peer = step->peers; peer < step->peers + step->count; peer++)
		if (!peer->flags)
			sum_ns += (uint64_t)level_work(level, peer->work_ns);
	return sum_ns;
}

/* Inline, so that `equal` is a constant in each of its two uses. */
static inline struct order order_all(const struct step *step, struct order order,
				     const struct level level, bool equal)
{
	for (const struct peer *peer = step->peers; peer < step->peers + step->count; peer++)
		if (!peer->flags)
			order_add(&order, step_offset_ns(step, peer),
				  equal ? level.mean_ns : level_work(&level, peer->work_ns),
				  peer->index);
	return order;
}

/*
 * No gap is larger than wanted by more than V; where V is next to nothing that is all that need be known, and saves
 * looking at each.
 */
static uint32_t evenness_ppm(const struct step *step, const struct order *order,
			     const struct level *level, int64_t lag_ns)
{
	const uint64_t least_ns = (uint64_t)order->share >> order->shift;

	if ((uint64_t)lag_ns * 50 <= least_ns)
		return (uint32_t)(1000000 - (uint64_t)lag_ns * 1000000 / (least_ns + 1));
	return order_evenness_ppm(order, level_work(level, step->work_ns),
				  work_is_level(step, level));
}

struct wish spread_wish(const struct step *step)
{
	const struct step own = *step; /* local copies: nothing that is stored can alias them */
	const struct level level =
		level_make(own.work_all_ns, own.measured, own.counted, own.longest_ns);
	const bool equal = work_is_level(&own, &level);
	struct order order;
	int64_t hi_ns, lo_ns;

	order_open(&order, own.scratch, own.count, own.counted, own.longest_ns,
		   work_sum(&own, &level), equal ? level.mean_ns : own.work_least_ns, own.reach_ns,
		   own.index_most);
	order = equal ? order_all(&own, order, level, true) : order_all(&own, order, level, false);
	order_distance(&order, level_work(&level, own.work_ns), &hi_ns, &lo_ns);
	return (struct wish){ .wait_ns = hi_ns,
			      .lag_ns = hi_ns + lo_ns,
			      .value_ppm = evenness_ppm(&own, &order, &level, hi_ns + lo_ns) };
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
