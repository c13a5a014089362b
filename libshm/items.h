/* SPDX-License-Identifier: MIT */
/*
 * items.h - places on the circle in the order of their angles.
 *
 * They are put into a table of more cells than items, in order: as a rule where the angle says, else further on, among those that
 * were there before. Where too many meet they are sorted by digits.
 */
#ifndef ENTRAIN_ITEMS_H
#define ENTRAIN_ITEMS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* So many cells further on, for each item, all of them may be put before sorting is quicker. */
#define ITEMS_MOVES 4
#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)
#define DIGITS_SHIFT (64 - 2 * DIGIT_BITS)

/* A place on the circle: binary angle (2^32 = one turn) above the part that a unit of it is of the gap wanted after it: a float,
 * which is precise enough for what is shown. */
static inline uint64_t item_make(uint32_t angle, float part)
{
	uint32_t bits;

	memcpy(&bits, &part, sizeof(bits));
	return (uint64_t)angle << 32 | bits;
}

static inline float item_part(uint64_t item)
{
	const uint32_t bits = (uint32_t)item;
	float part;

	memcpy(&part, &bits, sizeof(part));
	return part;
}

/* How many items have each value of a digit; then where they begin. 65,536 of them wrap to 0, which does no harm: they begin
 * at 0, and no other value has any. */
struct digit {
	uint16_t starts[DIGITS];
};

static inline uint32_t digit_of(uint64_t item, int shift)
{
	return item >> shift & (DIGITS - 1);
}

/* Order by the digit at `shift`, stably. Returns where they are then: in `to`, or where they were if all have the same. */
static inline uint64_t *items_distribute(struct digit *digit, uint64_t *from, uint64_t *to,
					 uint32_t count, int shift)
{
	uint16_t start = 0;

	if (digit->starts[digit_of(from[0], shift)] == (uint16_t)count)
		return from;
	for (uint32_t value = 0; value < DIGITS; value++) {
		uint16_t share = digit->starts[value];

		digit->starts[value] = start;
		start = (uint16_t)(start + share);
	}
	for (uint32_t i = 0; i < count; i++)
		to[digit->starts[digit_of(from[i], shift)]++] = from[i];
	return to;
}

static inline uint64_t *items_by_digit(uint64_t *items, uint64_t *spare, uint32_t count, int shift)
{
	struct digit digit = { 0 };

	for (uint32_t i = 0; i < count; i++)
		digit.starts[digit_of(items[i], shift)]++;
	return items_distribute(&digit, items, spare, count, shift);
}

/* Sort by angle, in three digits, the lowest of which overlaps the next. Returns where they are then. */
static inline uint64_t *items_sort(uint64_t *items, uint64_t *spare, uint32_t count)
{
	uint64_t *sorted = items;

	for (int shift = 32; shift < 64; shift += shift == 32 ? DIGITS_SHIFT - 32 : DIGIT_BITS)
		sorted = items_by_digit(sorted, sorted == items ? spare : items, count, shift);
	return sorted;
}

/* Cells of the table, for each item. */
#define ITEMS_CELLS 2
/* Words for each item: itself, its cells, and one for those that find the last cells taken; what sorting takes is less. */
#define ITEMS_WORDS (2 + ITEMS_CELLS)
#define CELL_EMPTY UINT64_MAX

/* Returns how many cells further on all who had to were put. An item is no CELL_EMPTY: its lower half is a float. */
static inline uint32_t cell_put(uint64_t *home, uint64_t item)
{
	uint64_t *cell = home;

	while (*cell < (item | UINT32_MAX))
		cell++;
	do {
		uint64_t there = *cell;

		*cell++ = item;
		item = there;
	} while (__builtin_expect(item != CELL_EMPTY, 0));
	return (uint32_t)(cell - home) - 1;
}

/*
 * As many cells for each part of the circle as it has items; of those within a part the angle decides, and where far more are in a
 * part than in others, from the first of them to the last.
 */
#define ITEMS_PARTS 256u
/* Parts of less than so many items on the average are not worth it. */
#define ITEMS_PART_LEAST 4
#define ITEMS_CROWD 4

struct item_range {
	uint32_t cell, least;
	uint64_t scale; /* cells for each unit of an angle, 2^-32 */
};

struct item_ranges {
	uint32_t number, shift; /* of an item: what is above says in which part it is */
	uint32_t counts[ITEMS_PARTS];
	struct item_range part[ITEMS_PARTS];
};

/* From the first item of each part to its last. */
static inline void item_ranges_bound(struct item_ranges *ranges, const uint64_t *items,
				     uint32_t count)
{
	uint32_t most[ITEMS_PARTS] = { 0 }, low = UINT32_MAX, high = 0;
	uint64_t here = items[0] >> ranges->shift;

	for (uint32_t i = 0; i < ranges->number; i++)
		ranges->part[i].least = UINT32_MAX;
	/* Most are in the part of the one before: what is known of that one stays in registers. */
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t angle = (uint32_t)(items[i] >> 32);
		const uint64_t at = items[i] >> ranges->shift;

		if (__builtin_expect(at != here, 0)) {
			ranges->part[here].least = low;
			most[here] = high;
			here = at;
			low = ranges->part[here].least;
			high = most[here];
		}
		low = angle < low ? angle : low;
		high = angle > high ? angle : high;
	}
	ranges->part[here].least = low;
	most[here] = high;
	for (uint32_t i = 0; i < ranges->number; i++)
		if (ranges->counts[i])
			ranges->part[i].scale = ((uint64_t)ranges->counts[i] * ITEMS_CELLS << 32) /
						((uint64_t)(most[i] - ranges->part[i].least) + 1);
}

/* Begin to count up to `count` items. */
static inline void item_ranges_open(struct item_ranges *ranges, uint32_t count)
{
	uint32_t number = ITEMS_PARTS;

	/* Of one part too much would be shifted. */
	while (number > 2 && number * ITEMS_PART_LEAST > count)
		number /= 2;
	ranges->number = number;
	ranges->shift = 64 - (uint32_t)__builtin_ctz(number);
	memset(ranges->counts, 0, number * sizeof(*ranges->counts));
}

/* All were counted: where each part has its cells. */
static inline void item_ranges_close(struct item_ranges *ranges, const uint64_t *items,
				     uint32_t count)
{
	uint32_t cell = 0, most = 0;

	for (uint32_t i = 0; i < ranges->number; i++) {
		const uint32_t here = ranges->counts[i];

		ranges->part[i] = (struct item_range){
			.cell = cell,
			.least = (uint32_t)((uint64_t)i << (ranges->shift - 32)),
			.scale = (uint64_t)here * ITEMS_CELLS << (64 - ranges->shift),
		};
		cell += here * ITEMS_CELLS;
		most = here > most ? here : most;
	}
	if (most > (count / ranges->number + 1) * ITEMS_CROWD)
		item_ranges_bound(ranges, items, count);
}

/* False: too many meet. The items stay. */
static inline bool items_spread(const uint64_t *items, uint32_t count,
				const struct item_ranges *ranges, uint64_t *cells)
{
	uint32_t moves = 0;

	memset(cells, 0xff, (size_t)count * (ITEMS_CELLS + 1) * sizeof(*cells));
	for (uint32_t i = 0; i < count && moves <= count * ITEMS_MOVES; i++) {
		const struct item_range *part = &ranges->part[items[i] >> ranges->shift];
		const uint64_t ahead = (uint32_t)(items[i] >> 32) - part->least;

		moves += cell_put(cells + part->cell + (ahead * part->scale >> 32), items[i]);
	}
	return moves <= count * ITEMS_MOVES;
}

/* Sort `count` items by angle; equal ones stay in the order in which they come. They lie in ITEMS_WORDS * count words, and were
 * counted in the ranges. */
static inline uint64_t *items_order(uint64_t *items, uint32_t count, struct item_ranges *ranges)
{
	const uint64_t *cell = items + count;

	item_ranges_close(ranges, items, count);
	if (!items_spread(items, count, ranges, items + count))
		return items_sort(items, items + count, count);
	for (uint32_t i = 0; i < count; cell++) {
		items[i] = *cell;
		i += *cell != CELL_EMPTY;
	}
	return items;
}

#endif
