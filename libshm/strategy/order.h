/* SPDX-License-Identifier: MIT */
/*
 * order.h - what the order of many offsets says, without sorting them.
 *
 * Offsets and actions are in ns. Sums of wanted gaps are in ticks of 2^-shift ns, so that N shares of the
 * idle time make up the whole of it.
 */
#ifndef ENTRAIN_ORDER_H
#define ENTRAIN_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All that counts of the offsets in one bucket that is narrower than the least wanted gap. */
struct order_bucket {
	int64_t first;     /* offset, ticks */
	uint64_t last_key; /* last offset << 16 | index: the higher index comes later */
	int64_t gaps;      /* sum of the wanted gaps, ticks; 0: empty */
	int64_t last_gap;  /* wanted gap of the last, ticks */
};

struct order_entry {
	int64_t offset_ns;
	int64_t work_ns;
	uint32_t index;
	uint32_t bucket; /* while being sorted */
};

struct order {
	struct order_bucket *buckets;
	struct order_entry *entries; /* filled instead of the buckets where `sorted` */
	void *spare;
	bool sorted;
	uint32_t used;    /* entries or buckets */
	uint32_t shift;   /* a tick is 2^-shift ns */
	uint64_t inverse; /* of a bucket's width, 2^-64 per ns */
	int64_t share;    /* what each gets of the idle time, ticks */
	uint64_t scale;   /* actions fill more than the period: a gap is work x scale, 2^-62 */
	int64_t reach_ns;
	int64_t period_ns;
	struct order_entry *in_order; /* where the entries are once they were sorted */
	int64_t excess; /* after order_distance(): by how much the largest gap is larger than wanted, ticks */
};

/* Least index that a key has no room for: then entries are sorted. */
#define ORDER_INDEX_END 65536u

/* Bytes for `space` other agents: for an order, a circle, or entries and what sorting them takes. */
size_t order_scratch_size(uint32_t space);

/*
 * Begin: `counted` agents (this one among them) share a period; `work_all_ns` is the sum of their actions, work_least_ns the shortest;
 * no offset exceeds reach_ns >= period_ns; scratch is for `space` entries.
 */
void order_open(struct order *order, void *scratch, uint32_t space, uint32_t counted,
		int64_t period_ns, uint64_t work_all_ns, int64_t work_least_ns, int64_t reach_ns,
		uint32_t index_max);

/* Add one other agent, 0 <= offset_ns <= reach_ns. */
static inline void order_add(struct order *order, int64_t offset_ns, int64_t work_ns,
			     uint32_t index)
{
	struct order_bucket *bucket;
	uint64_t key;
	int64_t gap, first;

	if (order->sorted) {
		order->entries[order->used++] = (struct order_entry){ .offset_ns = offset_ns,
								      .work_ns = work_ns,
								      .index = index };
		return;
	}
	bucket = order->buckets +
		 (uint64_t)(((unsigned __int128)(uint64_t)offset_ns * order->inverse) >> 64);
	key = (uint64_t)offset_ns << 16 | index;
	gap = (work_ns << order->shift) + order->share;
	first = offset_ns << order->shift;
	bucket->first = first < bucket->first ? first : bucket->first;
	bucket->last_gap = key >= bucket->last_key ? gap : bucket->last_gap;
	bucket->last_key = key >= bucket->last_key ? key : bucket->last_key;
	bucket->gaps += gap;
}

/*
 * How far the others are ahead of (hi) and behind (lo) the even spread that begins with this agent, whose
 * action takes work_ns: the two one-sided Kolmogorov-Smirnov distances. In ns, hi rounded down, lo up.
 */
void order_distance(struct order *order, int64_t work_ns, int64_t *hi_ns, int64_t *lo_ns);

/*
 * After order_distance(): evenness of the turns, 1 / the largest gap as a multiple of the wanted one, in millionths. What is in
 * transit, beyond the period, fills no gap yet. `equal`: all want the same gap; then it costs next to nothing.
 */
uint32_t order_evenness_ppm(const struct order *order, int64_t work_ns, bool equal);

/* Sort by (offset, index); `spare` has room for ORDER_SPARE bytes an entry. Returns where they are then. */
struct order_entry *order_sort(struct order_entry *entries, uint32_t count, int64_t reach_ns,
			       void *spare);
#define ORDER_SPARE (sizeof(struct order_entry) + 2 * sizeof(uint32_t))

#endif
