/* SPDX-License-Identifier: MIT */
/*
 * lap.h - the others in the order in which they act from this agent's turn on, each with the gap that it wants.
 *
 * For strategies that need the order itself; patterns do without (order.h).
 */
#ifndef ENTRAIN_LAP_H
#define ENTRAIN_LAP_H

#include "level.h"
#include "order.h"
#include "rules.h"

struct lap {
	struct order_entry *entries; /* in order; work_ns as it counts */
	uint32_t count;
	int64_t work_ns;  /* own, as it counts */
	int64_t share_ns; /* of the idle time, each; negative: actions fill more than the period */
	uint64_t work_all_ns;
	int64_t period_ns;
};

/* How much time its action is given, and its share of the idle time. */
static inline int64_t lap_gap_ns(const struct lap *lap, int64_t work_ns)
{
	if (lap->share_ns < 0)
		return (int64_t)((unsigned __int128)(uint64_t)work_ns * (uint64_t)lap->period_ns /
				 lap->work_all_ns);
	return work_ns + lap->share_ns;
}

static inline struct lap lap_make(const struct step *step)
{
	const struct level level =
		level_make(step->work_all_ns, step->measured, step->counted, step->longest_ns);
	struct order_entry *entries = step->scratch;
	struct lap lap = { .work_ns = level_work(&level, step->work_ns),
			   .period_ns = step->longest_ns };

	lap.work_all_ns = (uint64_t)lap.work_ns;
	for (const struct peer *peer = step->peers; peer < step->peers + step->count; peer++) {
		int64_t work_ns;

		if (peer->flags)
			continue;
		work_ns = level_work(&level, peer->work_ns);
		lap.work_all_ns += (uint64_t)work_ns;
		entries[lap.count++] =
			(struct order_entry){ .offset_ns = step_offset_ns(step, peer),
					      .work_ns = work_ns,
					      .index = peer->index };
	}
	lap.share_ns =
		lap.work_all_ns > (uint64_t)lap.period_ns
			? -1
			: (int64_t)((uint64_t)lap.period_ns - lap.work_all_ns) / step->counted;
	lap.entries = order_sort(entries, lap.count, step->reach_ns, entries + step->count);
	return lap;
}

#endif
