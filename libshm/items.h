/* SPDX-License-Identifier: MIT */
/* items.h - places on the circle in the order of their angles, sorted without a comparison where it can be. */
#ifndef ENTRAIN_ITEMS_H
#define ENTRAIN_ITEMS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Few items are sorted by insertion. */
#define ITEMS_FEW 64
/* So many moves an item may be left to insertion after the digits that nearly always suffice. */
#define ITEMS_MOVES 4
#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)
#define DIGITS_SHIFT (64 - 2 * DIGIT_BITS)

/* A place on the circle: binary angle (2^32 = one turn) above the gap that is wanted after it, in the same units: a float, which
 * is precise enough for a quotient that is shown. */
static inline uint64_t item_make(uint32_t angle, float wanted)
{
	uint32_t bits;

	memcpy(&bits, &wanted, sizeof(bits));
	return (uint64_t)angle << 32 | bits;
}

static inline float item_wanted(uint64_t item)
{
	const uint32_t bits = (uint32_t)item;
	float wanted;

	memcpy(&wanted, &bits, sizeof(wanted));
	return wanted;
}

/* False: it would take more than so many moves; then they are partly sorted. */
static inline bool items_insert(uint64_t *items, uint32_t count, uint32_t moves)
{
	for (uint32_t i = 1; i < count; i++) {
		uint64_t item = items[i];
		uint32_t at = i;

		for (; at > 0 && items[at - 1] >> 32 > item >> 32; at--) {
			if (moves-- == 0)
				break;
			items[at] = items[at - 1];
		}
		items[at] = item;
		if (moves == UINT32_MAX)
			return false;
	}
	return true;
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

/*
 * Sort by angle; equal ones stay in the order in which they come. `spare` has room for as many. Returns where they are then. The
 * upper two of three digits, counted before, leave next to nothing to insertion, unless many are within 2^-22 turns.
 */
static inline uint64_t *items_sort(struct digit digits[2], uint64_t *items, uint64_t *spare,
				   uint32_t count)
{
	uint64_t *sorted = items;

	if (count < ITEMS_FEW) {
		items_insert(items, count, UINT32_MAX - 1);
		return items;
	}
	for (int i = 0; i < 2; i++)
		sorted = items_distribute(&digits[i], sorted, sorted == items ? spare : items,
					  count, DIGITS_SHIFT + i * DIGIT_BITS);
	if (items_insert(sorted, count, count * ITEMS_MOVES))
		return sorted;
	/* All three, the lowest overlapping the next. */
	for (int shift = 32; shift < 64; shift += shift == 32 ? DIGITS_SHIFT - 32 : DIGIT_BITS) {
		memset(&digits[0], 0, sizeof(digits[0]));
		for (uint32_t i = 0; i < count; i++)
			digits[0].starts[digit_of(sorted[i], shift)]++;
		sorted = items_distribute(&digits[0], sorted, sorted == items ? spare : items,
					  count, shift);
	}
	return sorted;
}

#endif
