/* SPDX-License-Identifier: MIT */
/* adaptive.c - adaptive: one of the other strategies, by how far the pattern is, the energy left and the progress made. */
#include "strategy.h"

/* Below this part of a full account it saves. */
#define ADAPTIVE_SAVES_PPM 500000u
/* Turns without progress after which it tries what is expensive. */
#define ADAPTIVE_PATIENCE 3
/* Nearer to the pattern than this part of a cycle's room small steps do. */
#define ADAPTIVE_NEAR_PART 4

static enum strategy adaptive_choice(const struct step *step, const struct wish *pattern)
{
	if (step->energy_ppm < ADAPTIVE_SAVES_PPM)
		return STRATEGY_ENERGY_AWARE;
	if (step->stalled >= ADAPTIVE_PATIENCE)
		return STRATEGY_PULSE_COUPLING;
	if (pattern->lag_ns <= step_room_ns(step) / ADAPTIVE_NEAR_PART)
		return STRATEGY_PHASE_NUDGE;
	return step->rule == DECIDE_SYNC ? STRATEGY_SYNC : STRATEGY_SPLAY;
}

struct wish adaptive_wish(const struct step *step, struct wish pattern)
{
	return strategy_wish_by(adaptive_choice(step, &pattern), step, pattern);
}
