/* SPDX-License-Identifier: MIT */
/* gaps.c - the gaps between places on the circle, in multiples of the wanted ones. */
#include "gaps.h"
#include <float.h>
#include <math.h>
#include <string.h>
#include "items.h"

/* Sorting takes most of the words; the last of each place is for its part. */
_Static_assert(ITEMS_WORDS + 1 == MEASURE_WORDS, "the words are for sorting");

static struct place *load_place(const struct load *load, uint32_t i)
{
	return (struct place *)((char *)load->places + i * load->stride);
}

/* The gap that it wants: its own action, as far as all of them fit into the period, and an equal share of the idle time. */
static inline float wanted_gap(const struct load *load, float level_ns)
{
	const float wanted = level_ns * load->wanted_of_ns + load->wanted_share;

	/* Never 0, for it is divided by. */
	return wanted < FLT_MIN ? FLT_MIN : wanted;
}

/*
 * The turns of those who count, as items. Phases run towards the turn, so the turns lie in their opposite order. Of unlike
 * actions each bears what it counts as; returns their sum. Inline, for `alike` is a constant in each use.
 */
__attribute__((always_inline)) static inline uint64_t turns_fill(const struct load *load,
								 bool alike)
{
	const struct load all = *load; /* a local copy: nothing that is stored can alias it */
	struct item_ranges *ranges = all.ranges;
	uint64_t *item = all.scratch, sum_ns = 0;

	item_ranges_open(ranges, all.counted);
	for (uint32_t i = 0; i < all.count; i++) {
		const struct place *place = load_place(&all, i);
		const uint32_t angle = -phasor_angle_near(&all.period, place->since_ns);
		int64_t counts_ns = 0;

		if (place->work_ns < 0)
			continue;
		if (!alike)
			counts_ns = level_work(&all.level, place->work_ns);
		sum_ns += (uint64_t)counts_ns;
		*item = item_make(angle, (float)counts_ns);
		ranges->counts[*item++ >> ranges->shift]++;
	}
	return sum_ns;
}

void load_fill(struct load *load, const struct tally *tally, int64_t period_ns)
{
	const int64_t longest_ns = tally->counted ? tally->longest_ns : period_ns;
	const uint32_t known = tally->counted - tally->unknown;
	uint64_t level_ns;

	load->counted = tally->counted;
	load->parts = (float *)(load->scratch + (size_t)load->count * ITEMS_WORDS);
	load->period = phasor_period_make(longest_ns);
	load->level = level_make(tally->work_ns, known, load->counted, longest_ns);
	load->alike = known == 0 || ((int64_t)(tally->work_least + 1) >= load->level.least_ns &&
				     tally->work_most_ns <= load->level.most_ns);
	if (load->alike)
		level_ns = (uint64_t)load->level.mean_ns * load->counted;
	else
		level_ns = turns_fill(load, false);
	load->work_all = (double)level_ns / (double)longest_ns;
	load->wanted_of_ns = (float)(GAPS_TURN / (double)longest_ns / fmax(1, load->work_all));
	load->wanted_share =
		load->counted ? (float)(fmax(0, 1 - load->work_all) * GAPS_TURN / load->counted)
			      : 0;
	load->wanted_alike = wanted_gap(load, (float)load->level.mean_ns);
}

static struct gaps gaps_alike(const uint64_t *items, uint32_t count, double wanted)
{
	uint64_t there = (items[0] >> 32) + (UINT64_C(1) << 32), least = UINT64_MAX, most = 0;

	for (uint32_t i = count; i-- > 0;) {
		uint64_t here = items[i] >> 32, gap = there - here;

		least = gap < least ? gap : least;
		most = gap > most ? gap : most;
		there = here;
	}
	return (struct gaps){ (double)least / wanted, (double)most / wanted };
}

static struct gaps gaps_of_each(const uint64_t *items, uint32_t count)
{
	uint64_t there = (items[0] >> 32) + (UINT64_C(1) << 32);
	float least = INFINITY, most = 0;

	for (uint32_t i = count; i-- > 0;) {
		const uint64_t here = items[i] >> 32;
		const float gap = (float)(int64_t)(there - here) * item_part(items[i]);

		least = gap < least ? gap : least;
		most = gap > most ? gap : most;
		there = here;
	}
	return (struct gaps){ (double)least, (double)most };
}

/* Now that the sum of all is known: the items bear parts instead. */
static void parts_set(const struct load *load)
{
	const struct load all = *load; /* a local copy: nothing that is stored can alias it */

	for (uint32_t i = 0; i < all.counted; i++) {
		const uint64_t item = all.scratch[i];

		all.parts[i] = 1 / wanted_gap(&all, item_part(item));
		all.scratch[i] = item_make((uint32_t)(item >> 32), all.parts[i]);
	}
}

static struct gaps gaps_between(const struct load *load)
{
	const uint64_t *sorted = items_order(load->scratch, load->counted, load->ranges);

	return load->alike ? gaps_alike(sorted, load->counted, (double)load->wanted_alike)
			   : gaps_of_each(sorted, load->counted);
}

struct gaps gaps_of_turns(const struct load *load)
{
	if (load->alike) {
		memset(load->parts, 0, load->counted * sizeof(*load->parts));
		turns_fill(load, true);
	} else
		parts_set(load);
	return gaps_between(load);
}

struct gaps gaps_actual(const struct load *load)
{
	struct item_ranges *ranges = load->ranges;
	uint32_t used = 0;

	item_ranges_open(ranges, load->counted);
	for (uint32_t i = 0; i < load->count; i++) {
		const struct place *place = load_place(load, i);
		const uint32_t angle = -phasor_angle_near(&load->period, place->ago_ns);

		if (place->work_ns < 0)
			continue;
		load->scratch[used] = item_make(angle, load->alike ? 0 : load->parts[used]);
		ranges->counts[load->scratch[used++] >> ranges->shift]++;
	}
	return gaps_between(load);
}

/* For each place, at most: a part takes one and a half of ITEMS_WORDS. */
#define PARTS_MOST 2.5

/*
 * What counts of the places on each part of the circle: the item of the last, and the angle of the first, inverted, so that 0 is
 * none and more is earlier; the lowest bit is always set.
 */
struct parts {
	uint64_t *last;
	uint32_t *first;
	uint32_t count;
};

/* A walk along the parts: the last place so far, whose item it is. Whether a part is empty is hard to predict: no branch asks. */
struct walk {
	int64_t here;
	uint64_t item;
};

/* Goes on to the end of a part; returns the gap to the first place in it, 0 for an empty one. */
static inline int64_t walk_on(struct walk *walk, const struct parts *parts, uint32_t number)
{
	const uint32_t first = parts->first[number];
	const uint64_t last = parts->last[number];
	const int64_t gap = (int64_t)(uint32_t)~first - walk->here;

	walk->here = first ? (int64_t)(last >> 32) : walk->here;
	walk->item = first ? last : walk->item;
	return first ? gap : 0;
}

/* Where it begins: a turn before the last place of all. */
static struct walk walk_begin(const struct parts *parts)
{
	uint32_t number = parts->count - 1;

	while (!parts->first[number] && number > 0)
		number--;
	return (struct walk){ (int64_t)(parts->last[number] >> 32) - (INT64_C(1) << 32),
			      parts->last[number] };
}

/* The largest gap from the last place of one part to the first of another, in multiples of the wanted one. */
static double parts_largest(const struct parts *parts)
{
	struct walk walk = walk_begin(parts);
	float most = 0;

	for (uint32_t number = 0; number < parts->count; number++) {
		const float part = item_part(walk.item);
		const float gap = (float)walk_on(&walk, parts, number) * part;

		most = gap > most ? gap : most;
	}
	return (double)most;
}

/* The same where all wanted gaps are equal. */
static double parts_widest(const struct parts *parts, double wanted)
{
	struct walk walk = walk_begin(parts);
	int64_t most = 0;

	for (uint32_t number = 0; number < parts->count; number++) {
		const int64_t gap = walk_on(&walk, parts, number);

		most = gap > most ? gap : most;
	}
	return (double)most / wanted;
}

static void parts_fill(const struct load *load, const struct parts parts)
{
	const struct load all = *load; /* a local copy: nothing that is stored can alias it */
	const float *own = all.parts;

	memset(parts.last, 0, parts.count * (sizeof(*parts.last) + sizeof(*parts.first)));
	for (uint32_t i = 0; i < all.count; i++) {
		const struct place *place = load_place(&all, i);
		const uint32_t angle = -phasor_angle_near(&all.period, place->ago_ns);
		const uint32_t number = (uint32_t)((uint64_t)angle * parts.count >> 32);
		uint64_t *last = &parts.last[number], item;
		uint32_t *first = &parts.first[number];

		if (place->work_ns < 0)
			continue;
		item = item_make(angle, *own++);
		*first = (~angle | 1) > *first ? ~angle | 1 : *first;
		/* Of equal ones the last that comes. */
		*last = (item | UINT32_MAX) > *last ? item : *last;
	}
}

/* Parts as narrow as the least wanted gap, so that no gap within one is larger than wanted; if that takes too many, some more than
 * there are places. */
static uint32_t part_count(const struct load *load, float wanted_least)
{
	const double enough = GAPS_TURN / (double)wanted_least + 1;

	if (load->alike)
		return load->counted;
	return enough <= load->counted * PARTS_MOST ? (uint32_t)enough
						    : load->counted / 3 * 4 + load->counted % 3;
}

/*
 * The largest gap between the beginnings of actions, without sorting: a gap within a part is not wider than the part. 0: a gap
 * within a part may be larger than those between parts.
 */
double gap_largest_actual(const struct load *load, int64_t work_least_ns)
{
	const float wanted_least = wanted_gap(load, (float)level_work(&load->level, work_least_ns));
	const uint32_t count = part_count(load, wanted_least);
	const struct parts parts = { load->scratch, (uint32_t *)(load->scratch + count), count };
	double most;

	parts_fill(load, parts);
	if (load->alike)
		return parts_widest(&parts, (double)load->wanted_alike);
	most = parts_largest(&parts);
	return most * count * (double)wanted_least < GAPS_TURN ? 0 : most;
}
