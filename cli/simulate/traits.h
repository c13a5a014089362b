/* SPDX-License-Identifier: MIT */
/* traits.h - ways to tune a goal's row. */
#ifndef CLI_SIMULATE_TRAITS_H
#define CLI_SIMULATE_TRAITS_H

#include "../../libshm/goal.h"

struct trait {
	const char *name, *text;
	uint32_t cap_percent;     /* of the row's cap */
	uint32_t missing_percent; /* of what the row's target leaves to 1 */
	uint32_t first;           /* enum strategy tried first; STRATEGY_NONE: the row's */
	uint32_t last;            /* one more to fall back on; STRATEGY_NONE: none */
	uint32_t energy_least;    /* mean energy that belongs to the goal, if more than the row's */
};

/* Ends with a row without name. */
extern const struct trait traits[];
const struct trait *trait_find(const char *name);

/* A copy of the row, tuned; trait NULL: as it is. */
struct goal trait_goal(const struct trait *trait, const struct goal *goal);

#endif
