/* SPDX-License-Identifier: MIT */
/* circle.c - the largest gap between points on a circle, without sorting them. */
#include "circle.h"

#include <stdbool.h>
#include <string.h>

void circle_open(struct circle *circle, void *scratch, uint32_t points, int64_t period_ns)
{
	*circle = (struct circle){ .buckets = scratch, .period_ns = period_ns };
	circle->inverse = (uint64_t)(((unsigned __int128)points << 64) / (uint64_t)period_ns) + 1;
	circle->count =
		(uint32_t)(((unsigned __int128)(uint64_t)(period_ns - 1) * circle->inverse) >> 64) +
		1;
	memset(circle->buckets, 0, circle->count * sizeof(*circle->buckets));
}

/* The middle of a gap, in (0, period]: what lies at 0 is there again a period later. */
static int64_t gap_middle_ns(struct circle_gap gap, int64_t period_ns)
{
	int64_t middle_ns = gap.start_ns + gap.length_ns / 2;

	return middle_ns > period_ns ? middle_ns - period_ns : middle_ns;
}

static bool gap_better(struct circle_gap gap, struct circle_gap best, int64_t period_ns,
		       enum circle_tie tie)
{
	if (gap.length_ns != best.length_ns)
		return gap.length_ns > best.length_ns;
	if (tie == CIRCLE_LOWEST_INDEX)
		return gap.lowest < best.lowest;
	return gap_middle_ns(gap, period_ns) < gap_middle_ns(best, period_ns);
}

static struct circle_gap gap_make(uint64_t before, int64_t after_ns)
{
	const int64_t start_ns = (int64_t)(before >> 16);

	return (struct circle_gap){ .start_ns = start_ns,
				    .length_ns = after_ns - start_ns,
				    .lowest = (uint16_t)~before };
}

/*
 * Whether a bucket is empty is hard to predict, so no branch asks for it: its first is before everything, its last no later
 * than what was there already. That a gap is as large as the largest yet is rare.
 */
struct circle_gap circle_largest(const struct circle *circle, enum circle_tie tie)
{
	const struct circle_bucket *bucket = circle->buckets, *end = bucket + circle->count;
	struct circle_gap best = { 0 }, gap;
	int64_t first_ns, least = 1; /* a difference of keys below which no gap is better */
	uint64_t before;

	while (!bucket->first)
		bucket++;
	first_ns = (int64_t)(~bucket->first >> 16);
	before = bucket->last;
	while (++bucket < end) {
		const int64_t first = (int64_t)~bucket->first;

		if (__builtin_expect(first - (int64_t)before >= least, 0)) {
			gap = gap_make(before, first >> 16);
			best = gap_better(gap, best, circle->period_ns, tie) ? gap : best;
			least = (best.length_ns << 16) - UINT16_MAX;
		}
		before = bucket->last > before ? bucket->last : before;
	}
	gap = gap_make(before, first_ns + circle->period_ns);
	return gap_better(gap, best, circle->period_ns, tie) ? gap : best;
}
