/* SPDX-License-Identifier: MIT */
/* strategy.c - the table of strategies. */
#include "strategy.h"

/* Splay and sync are the patterns themselves: all that they wish for. */
static struct wish whole_wish(const struct step *step, struct wish pattern)
{
	(void)step;
	return pattern;
}

static const struct strategy_row rows[STRATEGY_COUNT] = {
	[STRATEGY_SPLAY] = { "splay", 40, whole_wish },
	[STRATEGY_SYNC] = { "sync", 40, whole_wish },
	[STRATEGY_PHASE_NUDGE] = { "phase-nudge", 20, phase_nudge_wish },
	[STRATEGY_FREQUENCY_LOCK] = { "frequency-lock", 40, frequency_lock_wish },
	[STRATEGY_PULSE_COUPLING] = { "pulse-coupling", 120, pulse_coupling_wish },
	[STRATEGY_ENERGY_AWARE] = { "energy-aware", 20, energy_aware_wish },
	[STRATEGY_ADAPTIVE] = { "adaptive", 40, adaptive_wish },
};

/* Its name and price are the application's. */
static const struct strategy_row own_row = { "own", 40, own_wish };

const struct strategy_row *strategy_find(uint32_t strategy)
{
	return strategy < STRATEGY_COUNT && rows[strategy].name ? &rows[strategy] : NULL;
}

struct wish strategy_wish_by(uint32_t strategy, const struct step *step, struct wish pattern)
{
	const struct strategy_row *row = strategy_find(strategy);

	if (strategy == STRATEGY_OWN)
		row = &own_row;
	if (!row)
		row = &rows[STRATEGY_SPLAY];
	pattern.price = row->price;
	return row->wish(step, pattern);
}

struct wish strategy_wish(const struct step *step, struct wish pattern)
{
	return strategy_wish_by(step->strategy, step, pattern);
}
