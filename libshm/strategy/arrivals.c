/* SPDX-License-Identifier: MIT */
/*
 * arrivals.c - when a clock makes the others arrive after me, in order, and when they plan to act.
 *
 * They are put into a table of twice as many cells as agents, in the order of their offsets: as a rule where their offset says,
 * else further on, among those that were there before. Where too many meet they are sorted.
 */
#include "arrivals.h"

#include <string.h>

#include "order.h"

/* Arrivals that follow each other within such a part of a period, or within so many ns, are the same. */
#define TIE_PART 32768
#define TIE_LEAST_NS 2000

/* So many cells further on, for each agent, all of them may be put before sorting is quicker. */
#define MOVES_MOST 8

#define CELL_EMPTY UINT64_MAX

/* How far apart two arrivals may be and still be the same: more than clocks are misread by, less than a gap. */
static int64_t tie_most_ns(const struct step *step)
{
	const int64_t gap_ns = step->longest_ns / step->counted;
	int64_t tie_ns = step->longest_ns / TIE_PART;

	if (tie_ns < TIE_LEAST_NS)
		tie_ns = TIE_LEAST_NS;
	return tie_ns < gap_ns / 8 ? tie_ns : gap_ns / 8;
}

static inline int64_t arrival_offset_ns(const struct step *step, const struct peer *peer)
{
	return turned_ns(peer->next_ns - peer->delay_ns - step->arrival_ns, step->longest_ns);
}

struct table {
	uint64_t *cells, *end;
	uint64_t inverse; /* of a cell's width, 2^-64 per ns */
};

/* `cells` for the offsets, and as many more as there are agents: whoever finds the last one taken goes on behind it. */
static struct table table_make(const struct step *step, uint64_t *cells)
{
	const uint64_t period_ns = (uint64_t)step->longest_ns;
	uint64_t count = (uint64_t)step->counted * 2;

	if (count >= period_ns)
		count = step->counted;
	memset(cells, 0xff, (count + step->counted) * sizeof(*cells));
	return (struct table){ .cells = cells,
			       .end = cells + count + step->counted,
			       .inverse =
				       (uint64_t)(((unsigned __int128)count << 64) / period_ns) };
}

/* Returns how many cells further on all who had to were put. */
static inline uint32_t table_put(const struct table *table, uint64_t key)
{
	uint64_t *cell =
		table->cells + (uint64_t)(((unsigned __int128)(key >> 1) * table->inverse) >> 64);
	uint64_t *home = cell;

	while (*cell < key)
		cell++;
	do {
		uint64_t there = *cell;

		*cell++ = key;
		key = there;
	} while (__builtin_expect(key != CELL_EMPTY, 0));
	return (uint32_t)(cell - home) - 1;
}

/* The offsets that would not fit are sorted: all but those that were found to be mine. */
static void keys_sort(const struct step *step, struct arrivals *arrivals, void *rest)
{
	struct order_entry *entries = rest, *sorted;

	arrivals->used = 0;
	for (const struct peer *peer = step->peers; peer < step->peers + step->count; peer++) {
		int64_t offset_ns;

		if (peer->flags)
			continue;
		offset_ns = arrival_offset_ns(step, peer);
		if (arrivals->planned &&
		    (offset_ns <= arrivals->low_ns || offset_ns >= arrivals->high_ns))
			continue;
		entries[arrivals->used++] =
			(struct order_entry){ .offset_ns = offset_ns, .index = peer->index };
	}
	sorted = order_sort(entries, arrivals->used, step->longest_ns, entries + step->count);
	for (uint32_t number = 0; number < arrivals->used; number++)
		arrivals->keys[number] = (uint64_t)sorted[number].offset_ns << 1 |
					 (sorted[number].index > step->index);
}

/* The cells that are filled, in order, moved together. */
static void keys_gather(uint64_t *keys, uint32_t used)
{
	const uint64_t *cell = keys;

	for (uint32_t number = 0; number < used; cell++) {
		keys[number] = *cell;
		number += *cell != CELL_EMPTY;
	}
}

/* Those whose arrival is mine at once. */
static inline void mine_add(struct arrivals *arrivals, int64_t offset_ns, uint32_t after)
{
	arrivals->after += after;
	arrivals->before += !after;
	if (offset_ns <= arrivals->tie_ns)
		arrivals->low_ns = offset_ns > arrivals->low_ns ? offset_ns : arrivals->low_ns;
	else
		arrivals->high_ns = offset_ns < arrivals->high_ns ? offset_ns : arrivals->high_ns;
}

/* Inline, so that `planned` is a constant in each use. `moves`: 0, or too many, and not all are in the table. */
__attribute__((always_inline)) static inline struct arrivals
arrivals_fill(const struct step *step, struct arrivals arrivals, const struct table table,
	      bool planned, uint32_t *moves)
{
	const struct step own = *step; /* local copies: nothing that is stored can alias them */
	const int64_t period_ns = own.longest_ns, mine_ns = period_ns - arrivals.tie_ns;
	const uint32_t moves_most = own.counted * MOVES_MOST;
	uint32_t moved = 0;

	for (const struct peer *peer = own.peers; peer < own.peers + own.count; peer++) {
		const uint32_t after = peer->index > own.index;
		int64_t offset_ns, next_ns;

		if (peer->flags)
			continue;
		offset_ns = arrival_offset_ns(&own, peer);
		if (planned) {
			next_ns = offset_ns + peer->delay_ns;
			next_ns -= next_ns >= period_ns ? period_ns : 0;
			circle_add(&arrivals.circle, next_ns, peer->index);
			if (offset_ns <= arrivals.tie_ns || offset_ns >= mine_ns) {
				mine_add(&arrivals, offset_ns, after);
				continue;
			}
		}
		arrivals.used++;
		if (__builtin_expect(moved <= moves_most, 1))
			moved += table_put(&table, (uint64_t)offset_ns << 1 | after);
	}
	*moves = moved <= moves_most ? 0 : moved;
	return arrivals;
}

struct arrivals arrivals_make(const struct step *step, void **rest)
{
	struct arrivals arrivals = { .tie_ns = tie_most_ns(step),
				     .high_ns = step->longest_ns,
				     .planned = step->delayed };
	struct table table;
	uint32_t moves;

	arrivals.keys = step->scratch;
	if (step->delayed) {
		circle_open(&arrivals.circle, step->scratch, step->counted, step->longest_ns);
		arrivals.keys = (uint64_t *)(arrivals.circle.buckets + arrivals.circle.count);
	}
	table = table_make(step, arrivals.keys);
	*rest = table.end;
	arrivals = step->delayed ? arrivals_fill(step, arrivals, table, true, &moves)
				 : arrivals_fill(step, arrivals, table, false, &moves);
	if (moves)
		keys_sort(step, &arrivals, *rest);
	else
		keys_gather(arrivals.keys, arrivals.used);
	return arrivals;
}
