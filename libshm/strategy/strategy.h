/* SPDX-License-Identifier: MIT */
/*
 * strategy.h - how an agent moves towards the pattern: one row a strategy, one pure function a file.
 *
 * The pattern (spread.c, sync.c, neighbours.c) says what is wanted and how far everybody is from it; a strategy says how
 * much of that this agent does now, and at what price. To add one: a file with its function, a number here, a row in
 * strategy.c.
 */
#ifndef ENTRAIN_STRATEGY_H
#define ENTRAIN_STRATEGY_H

#include "rules.h"

/* The numbers that slots publish; 6 bits. */
enum strategy {
	STRATEGY_NONE,
	STRATEGY_SPLAY, /* the whole wish of a pattern that is apart */
	STRATEGY_SYNC,  /* the same of one that is together */
	STRATEGY_PHASE_NUDGE,
	STRATEGY_FREQUENCY_LOCK,
	STRATEGY_PULSE_COUPLING,
	STRATEGY_ENERGY_AWARE,
	STRATEGY_ADAPTIVE,
	STRATEGY_COUNT,
	STRATEGY_OWN = 63 /* an application's: decide_parameters.own */
};

/* The most that an application's may cost: nobody has more than a tenth of that. */
#define STRATEGY_PRICE_MOST 1000u

struct strategy_row {
	const char *name;
	uint32_t price; /* units of energy for a whole turn moved */
	/* From the step and what its pattern wants to what is done: wait_ns; lag_ns and whole, which say how it is to be
	 * cut where there is too little room; price. The rest of the wish is the pattern's. */
	struct wish (*wish)(const struct step *step, struct wish pattern);
};

/* NULL for a number that has no row. */
const struct strategy_row *strategy_find(uint32_t strategy);

/* The wish of the strategy that step->strategy names, with its price. */
struct wish strategy_wish(const struct step *step, struct wish pattern);
/* The same of a given one. */
struct wish strategy_wish_by(uint32_t strategy, const struct step *step, struct wish pattern);

/* The strategies, a file each. `pattern` has the strategy's price already. The scratch is theirs. */
struct wish phase_nudge_wish(const struct step *step, struct wish pattern);
struct wish frequency_lock_wish(const struct step *step, struct wish pattern);
struct wish pulse_coupling_wish(const struct step *step, struct wish pattern);
struct wish energy_aware_wish(const struct step *step, struct wish pattern);
struct wish adaptive_wish(const struct step *step, struct wish pattern);
struct wish own_wish(const struct step *step, struct wish pattern);

#endif
