/* SPDX-License-Identifier: MIT */
/* gaps.h - the gaps between places on the circle, in multiples of the wanted ones: floating point, for display. */
#ifndef ENTRAIN_GAPS_H
#define ENTRAIN_GAPS_H

#include "measure.h"
#include "strategy/level.h"

/* One turn in units of a binary angle. */
#define GAPS_TURN 4294967296.0

struct item_ranges;

/* The places, and what their agents share: the period of the slowest, and the time that their actions take. */
struct load {
	struct place *places;
	size_t stride;
	uint32_t count, counted;
	uint64_t *scratch; /* as for measure_close() */
	struct item_ranges *ranges;
	float *parts; /* of each who counts: what a unit of an angle is of the gap wanted after it, where not all are equal */
	bool alike;   /* all actions count as the mean: so all wanted gaps are equal */
	struct phasor_period period;
	struct level level;
	double work_all; /* in periods */
	/* the gap wanted after an agent, in units of an angle: of each ns of its action, and its share of the idle time */
	float wanted_of_ns, wanted_share;
	float wanted_alike;
};

/* From its first five members; where actions differ, it puts the turns into the scratch on the way. */
void load_fill(struct load *load, const struct tally *tally, int64_t period_ns);

/* Gaps between circularly consecutive items, in multiples of the wanted ones. */
struct gaps {
	double least, most;
};

/* Between the turns, once, after load_fill(). */
struct gaps gaps_of_turns(const struct load *load);

/* After that: between where the actions last began. */
struct gaps gaps_actual(const struct load *load);

/* The same, the largest alone, of actions the shortest of which takes so long. 0: not to be told without sorting. */
double gap_largest_actual(const struct load *load, int64_t work_least_ns);

#endif
