/* SPDX-License-Identifier: MIT */
/*
 * circle.h - the largest gap between points on a circle, without sorting them.
 *
 * Buckets are narrower than the mean gap, which the largest is not: so of each only the first and the last point count.
 */
#ifndef ENTRAIN_CIRCLE_H
#define ENTRAIN_CIRCLE_H

#include <stdint.h>

/* A point is a key: its offset << 16, below that its index, inverted, so that of a pile the lowest index is the last. */
struct circle_bucket {
	uint64_t last;
	uint64_t first; /* the key inverted, so that 0 is empty and more is earlier */
};

struct circle {
	struct circle_bucket *buckets;
	uint32_t count;
	uint64_t inverse; /* of a bucket's width, 2^-64 per ns */
	int64_t period_ns;
};

struct circle_gap {
	int64_t start_ns, length_ns;
	uint32_t lowest; /* least index of the pile at its start */
};

/* Begin a circle of `points` < period_ns points; period_ns <= 2^47. */
void circle_open(struct circle *circle, void *scratch, uint32_t points, int64_t period_ns);

/* Add a point, 0 <= offset_ns < period. Of the index the low 16 bits count, all that a slot's has. */
static inline void circle_add(const struct circle *circle, int64_t offset_ns, uint32_t index)
{
	const uint64_t key = (uint64_t)offset_ns << 16 | (uint16_t)~index;
	struct circle_bucket *bucket =
		circle->buckets +
		(uint64_t)(((unsigned __int128)(uint64_t)offset_ns * circle->inverse) >> 64);

	bucket->last = key > bucket->last ? key : bucket->last;
	bucket->first = ~key > bucket->first ? ~key : bucket->first;
}

enum circle_tie { CIRCLE_SOONEST_MIDDLE, CIRCLE_LOWEST_INDEX };
/* The largest gap; the circle holds at least one point. */
struct circle_gap circle_largest(const struct circle *circle, enum circle_tie tie);

#endif
