/* SPDX-License-Identifier: MIT */
/*
 * order.c - distances to an even spread: what needs the order of the offsets, in O(N).
 */
#include "order.h"

#include <string.h>

#include "circle.h"

typedef unsigned __int128 uint128;

/* The narrowest buckets that there are: this part of the mean gap. Narrower ones would take longer than sorting. */
#define BUCKETS_PARTS 4u

/* Two turns of the narrowest. */
static size_t bucket_space(uint32_t space)
{
	return (size_t)space * 2 * BUCKETS_PARTS + 8;
}

size_t order_scratch_size(uint32_t space)
{
	_Static_assert(sizeof(struct order_entry) + ORDER_SPARE <= sizeof(struct order_bucket) * 8,
		       "entries and what sorting them takes must fit where the buckets do");
	_Static_assert(sizeof(struct circle_bucket) + sizeof(int64_t) <=
			       sizeof(struct order_bucket),
		       "so must a circle and the offsets on it");
	return bucket_space(space) * sizeof(struct order_bucket);
}

static void buckets_clear(struct order_bucket *buckets, uint32_t count)
{
	for (uint32_t number = 0; number < count; number++)
		buckets[number] = (struct order_bucket){ .first = INT64_MAX };
}

/* As fine a tick as leaves sums of a few reaches within 62 bits. */
static uint32_t tick_shift(int64_t reach_ns)
{
	uint32_t bits = 64 - (uint32_t)__builtin_clzll((uint64_t)reach_ns | 1);
	uint32_t room = bits < 61 ? 61 - bits : 0;

	return room < 16 ? room : 16;
}

void order_open(struct order *order, void *scratch, uint32_t space, uint32_t counted,
		int64_t period_ns, uint64_t work_all_ns, int64_t work_least_ns, int64_t reach_ns,
		uint32_t index_max)
{
	uint64_t period = (uint64_t)period_ns, last = UINT64_MAX, width = 0;

	*order = (struct order){ .buckets = scratch,
				 .entries = scratch,
				 .spare = (struct order_entry *)scratch + space,
				 .shift = tick_shift(reach_ns),
				 .reach_ns = reach_ns,
				 .period_ns = period_ns };
	if (work_all_ns <= period) {
		uint64_t idle = (period - work_all_ns) << order->shift;

		order->share = (int64_t)(idle / counted);
		/* No gap is narrower than this. */
		width = ((uint64_t)work_least_ns << order->shift) + (uint64_t)order->share;
	} else {
		order->scale = (uint64_t)(((uint128)period << 62) / work_all_ns);
	}
	if (width >> order->shift > 1) {
		order->inverse = (uint64_t)(((uint128)1 << (64 + order->shift)) / width) + 1;
		last = (uint64_t)(((uint128)(uint64_t)reach_ns * order->inverse) >> 64);
	}
	order->sorted = (uint128)width * counted * BUCKETS_PARTS < (uint128)period
									   << order->shift ||
			last >= bucket_space(space) || reach_ns >= INT64_C(1) << 48 ||
			index_max >= ORDER_INDEX_END;
	if (!order->sorted) {
		order->used = (uint32_t)last + 1;
		buckets_clear(order->buckets, order->used);
	}
}

static bool entry_before(const struct order_entry *a, const struct order_entry *b)
{
	return a->offset_ns < b->offset_ns || (a->offset_ns == b->offset_ns && a->index < b->index);
}

static void entry_sink(struct order_entry *entries, uint32_t root, uint32_t count)
{
	struct order_entry sinking = entries[root];

	for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && entry_before(&entries[child], &entries[child + 1]))
			child++;
		if (!entry_before(&sinking, &entries[child]))
			break;
		entries[root] = entries[child];
	}
	entries[root] = sinking;
}

/* Few entries by insertion, which also passes over many in order; else by a heap, whose worst case is bounded. */
static void entries_sort(struct order_entry *entries, uint32_t count)
{
	const uint32_t few = 24;

	for (uint32_t done = 1; done < count; done++) {
		struct order_entry entry = entries[done];
		uint32_t place = done;

		if (!entry_before(&entry, &entries[done - 1]))
			continue;
		if (count > few)
			goto heap;
		for (; place > 0 && entry_before(&entry, &entries[place - 1]); place--)
			entries[place] = entries[place - 1];
		entries[place] = entry;
	}
	return;
heap:
	for (uint32_t root = count / 2; root-- > 0;)
		entry_sink(entries, root, count);
	for (uint32_t left = count; left-- > 1;) {
		struct order_entry largest = entries[0];

		entries[0] = entries[left];
		entries[left] = largest;
		entry_sink(entries, 0, left);
	}
}

struct order_entry *order_sort(struct order_entry *entries, uint32_t count, int64_t reach_ns,
			       void *spare)
{
	struct order_entry *sorted = spare;
	uint32_t *ends = (uint32_t *)(sorted + count), start = 0;
	uint64_t inverse = (uint64_t)(((uint128)count << 64) / ((uint64_t)reach_ns + 1));

	if (count < 2)
		return entries;
	/* The largest offset makes less than `count`; very narrow reaches make one bucket. */
	if ((uint64_t)reach_ns < count)
		inverse = 0;
	memset(ends, 0, (size_t)count * sizeof(*ends));
	for (uint32_t entry = 0; entry < count; entry++) {
		uint64_t offset_ns = (uint64_t)entries[entry].offset_ns;

		entries[entry].bucket = (uint32_t)(((uint128)offset_ns * inverse) >> 64);
		ends[entries[entry].bucket]++;
	}
	for (uint32_t bucket = 0; bucket < count; bucket++) {
		uint32_t filled = ends[bucket];

		ends[bucket] = start;
		start += filled;
	}
	for (uint32_t entry = 0; entry < count; entry++)
		sorted[ends[entries[entry].bucket]++] = entries[entry];
	start = 0;
	for (uint32_t bucket = 0; bucket < count; bucket++) {
		entries_sort(sorted + start, ends[bucket] - start);
		start = ends[bucket];
	}
	return sorted;
}

static int64_t wanted_gap(const struct order *order, int64_t work_ns)
{
	if (order->scale)
		return (int64_t)(((uint128)(uint64_t)work_ns * order->scale) >>
				 (62 - order->shift));
	return (work_ns << order->shift) + order->share;
}

/* The last gap ends at this agent's next turn. */
static void order_excess_end(struct order *order, int64_t due)
{
	int64_t end = order->period_ns << order->shift;

	if (end - due > order->excess)
		order->excess = end - due;
}

static void distance_sorted(struct order *order, int64_t before, int64_t *hi, int64_t *lo)
{
	struct order_entry *entry =
		order_sort(order->entries, order->used, order->reach_ns, order->spare);
	struct order_entry *end = entry + order->used;
	int64_t behind = 0;

	order->in_order = entry;
	for (; entry < end; entry++) {
		int64_t ahead = (entry->offset_ns << order->shift) - before;

		*hi = ahead > *hi ? ahead : *hi;
		*lo = -ahead > *lo ? -ahead : *lo;
		order->excess = ahead - behind > order->excess ? ahead - behind : order->excess;
		behind = ahead;
		before += wanted_gap(order, entry->work_ns);
	}
	order_excess_end(order, before + behind);
}

/*
 * Along one bucket the wanted gaps grow by more than the offsets do: so the first is the furthest ahead,
 * and the last the furthest behind, and no gap in it is larger than wanted. Whether a bucket is empty is hard to predict:
 * no branch asks for it.
 */
static void distance_buckets(struct order *order, int64_t before, int64_t *hi, int64_t *lo)
{
	const struct order_bucket *bucket = order->buckets, *end = bucket + order->used;
	const uint32_t shift = order->shift;
	int64_t most = 0, least = 0, excess = 0, due = before;

	for (; bucket < end; bucket++) {
		int64_t filled = -(int64_t)(bucket->gaps != 0);
		int64_t first = bucket->first & filled;
		int64_t end_of_last =
			((int64_t)(bucket->last_key >> 16) << shift) + bucket->last_gap;
		int64_t behind = end_of_last - (before + bucket->gaps);

		most = first - before > most ? first - before : most;
		excess = first - due > excess ? first - due : excess;
		due = filled ? end_of_last : due;
		before += bucket->gaps;
		behind &= filled;
		least = behind < least ? behind : least;
	}
	*hi = most;
	*lo = -least;
	order->excess = excess;
	order_excess_end(order, due);
}

void order_distance(struct order *order, int64_t work_ns, int64_t *hi_ns, int64_t *lo_ns)
{
	int64_t before = wanted_gap(order, work_ns), hi = 0, lo = 0;

	if (order->sorted)
		distance_sorted(order, before, &hi, &lo);
	else
		distance_buckets(order, before, &hi, &lo);
	*hi_ns = hi >> order->shift;
	*lo_ns = (lo + (INT64_C(1) << order->shift) - 1) >> order->shift;
}

/* Walks along the turns and keeps the largest gap relative to the wanted one before it, as a fraction of two numbers. */
struct evenness {
	int64_t here, wanted; /* ticks: the turn before, and the gap wanted after it */
	int64_t end;
	uint128 gap, of; /* the largest so far: gap / of */
};

static inline void evenness_pass(struct evenness *evenness, int64_t first, int64_t last,
				 int64_t wanted)
{
	int64_t gap = (first < evenness->end ? first : evenness->end) - evenness->here;

	if (gap > 0 &&
	    (uint128)(uint64_t)gap * evenness->of > evenness->gap * (uint64_t)evenness->wanted) {
		evenness->gap = (uint64_t)gap;
		evenness->of = (uint64_t)evenness->wanted;
	}
	evenness->here = last;
	evenness->wanted = wanted;
}

static void evenness_walk(struct evenness *evenness, const struct order *order)
{
	const uint32_t shift = order->shift;

	if (order->sorted) {
		const struct order_entry *entry = order->in_order, *end = entry + order->used;

		for (; entry < end; entry++)
			evenness_pass(evenness, entry->offset_ns << shift,
				      entry->offset_ns << shift, wanted_gap(order, entry->work_ns));
		return;
	}
	for (uint32_t number = 0; number < order->used; number++) {
		const struct order_bucket *bucket = order->buckets + number;

		if (bucket->gaps)
			evenness_pass(evenness, bucket->first,
				      (int64_t)(bucket->last_key >> 16) << shift, bucket->last_gap);
	}
}

uint32_t order_evenness_ppm(const struct order *order, int64_t work_ns, bool equal)
{
	struct evenness evenness = { .wanted = wanted_gap(order, work_ns),
				     .of = 1,
				     .end = order->period_ns << order->shift };

	if (equal && order->reach_ns <= order->period_ns) {
		evenness.of = (uint64_t)evenness.wanted;
		evenness.gap = evenness.of + (uint64_t)order->excess;
	} else {
		evenness_walk(&evenness, order);
		evenness_pass(&evenness, evenness.end, evenness.end, 1);
	}
	if (evenness.gap <= evenness.of)
		return 1000000;
	/* 43 bits of both are more than enough, and spare a slow division. */
	while (evenness.gap >> 43) {
		evenness.gap >>= 8;
		evenness.of >>= 8;
	}
	return (uint32_t)((uint64_t)evenness.of * 1000000 / (uint64_t)evenness.gap);
}
