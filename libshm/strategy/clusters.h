/* SPDX-License-Identifier: MIT */
/* clusters.h - m groups laid on top of one another, by turning group g back by g/m. */
#ifndef ENTRAIN_CLUSTERS_H
#define ENTRAIN_CLUSTERS_H

#include "rules.h"

struct clusters {
	uint32_t count;
	uint32_t quick_end; /* indexes below this are divided by a multiplication */
	uint64_t inverse;   /* of count, 2^-32 */
	uint64_t part;      /* of the period, 2^-16 ns */
};

static inline struct clusters clusters_of(const struct step *step)
{
	const uint32_t count = step->clusters ? step->clusters : 1, end = 65536;

	return (struct clusters){ .count = count,
				  .quick_end = count < end ? end : 0,
				  .inverse = (UINT64_C(1) << 32) / count + 1,
				  .part = ((uint64_t)step->longest_ns << 16) / count };
}

static inline uint32_t cluster_group(struct clusters clusters, uint32_t index)
{
	if (__builtin_expect(index >= clusters.quick_end, 0))
		return index % clusters.count;
	return index - (uint32_t)(index * clusters.inverse >> 32) * clusters.count;
}

static inline int64_t cluster_shift_ns(struct clusters clusters, uint32_t index)
{
	return (int64_t)((cluster_group(clusters, index) * clusters.part) >> 16);
}

static inline int64_t folded_ns(int64_t offset_ns, int64_t period_ns)
{
	if (offset_ns >= 2 * period_ns || offset_ns < -period_ns)
		offset_ns %= period_ns;
	if (offset_ns < 0)
		return offset_ns + period_ns;
	return offset_ns >= period_ns ? offset_ns - period_ns : offset_ns;
}

/* The offset of a peer on the circle where all groups lie on top of one another and this agent is at 0. */
static inline int64_t cluster_offset_ns(const struct step *step, struct clusters clusters,
					const struct peer *peer)
{
	int64_t shift_ns =
		cluster_shift_ns(clusters, peer->index) - cluster_shift_ns(clusters, step->index);

	return folded_ns(step_offset_ns(step, peer) - shift_ns, step->longest_ns);
}

#endif
