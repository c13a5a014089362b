/* SPDX-License-Identifier: MIT */
/*
 * level.h - which action times count as equal: small differences are noise, and noise should move nobody.
 *
 * Whoever has not measured its action yet (0) counts as taking the mean of those who have, or the first agents to
 * measure theirs would push the others about. Whoever is within a tenth of a gap of the mean takes the mean; where the
 * period is nearly full, only as far as leaves room for what it really takes: half of its share of the idle time.
 */
#ifndef ENTRAIN_LEVEL_H
#define ENTRAIN_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

#define LEVEL_GAP_PART 10

struct level {
	int64_t mean_ns;           /* of those who measured; 0 if nobody has */
	int64_t least_ns, most_ns; /* what lies between counts as the mean */
};

/* `sum_ns` of the action times of `measured` agents, of `counted` in all that share `period_ns`. */
static inline struct level level_make(uint64_t sum_ns, uint32_t measured, uint32_t counted,
				      int64_t period_ns)
{
	struct level level = { 0 };
	uint64_t all_ns;
	int64_t near_ns, share_ns = 0;

	if (measured == 0)
		return level;
	level.mean_ns = (int64_t)(sum_ns / measured);
	all_ns = sum_ns + (uint64_t)level.mean_ns * (counted - measured);
	if (all_ns < (uint64_t)period_ns)
		share_ns = (int64_t)((uint64_t)period_ns - all_ns) / counted;
	near_ns = period_ns / counted / LEVEL_GAP_PART;
	if (near_ns > share_ns / 2)
		near_ns = share_ns / 2;
	level.least_ns = level.mean_ns - near_ns;
	level.most_ns = level.mean_ns + near_ns;
	return level;
}

/* Who is near the mean is hard to predict, so no branch asks for it. */
static inline int64_t level_work(const struct level *level, int64_t work_ns)
{
	const uint64_t width_ns = (uint64_t)(level->most_ns - level->least_ns);
	const bool near = (uint64_t)work_ns - (uint64_t)level->least_ns <= width_ns;

	return (near | (work_ns == 0)) ? level->mean_ns : work_ns;
}

#endif
