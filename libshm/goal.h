/* SPDX-License-Identifier: MIT */
/* goal.h - the goals as data: a row each. */
#ifndef ENTRAIN_GOAL_H
#define ENTRAIN_GOAL_H

#include <stdbool.h>
#include <stdint.h>
#include "entrain.h"
#include "strategy/decide.h"
#include "strategy/strategy.h"

/* What a goal is judged by. METRIC_LOAD: coherence while the swarm is together, evenness while it is apart. */
enum metric { METRIC_EVENNESS, METRIC_COHERENCE, METRIC_ORDER, METRIC_RHYTHM, METRIC_LOAD };

#define GOAL_STRATEGIES 3

struct goal {
	uint32_t id; /* enum entrain_goal */
	const char *name, *alias;
	enum metric metric;
	uint32_t target_ppm;   /* default target in the metric */
	uint32_t together_ppm; /* METRIC_LOAD: target while together */
	uint32_t cap_ppm;      /* default cap on delay, of a period */
	enum decide_rule rule;
	uint32_t clusters; /* of SYNC, and m of R_m */
	uint32_t strategy
		[GOAL_STRATEGIES]; /* in the order in which they are tried; STRATEGY_NONE ends */
	uint32_t energy_least;     /* mean units that belong to the goal */
};

/* The row of a goal, NULL for a value that is none. */
const struct goal *goal_row(int goal);

/* By name or alias; NULL if there is none. */
const struct goal *goal_find(const char *name);

/* The target while the swarm follows `pattern`; `set_ppm`: an administrator's, 0: none. */
uint32_t goal_target_ppm(const struct goal *goal, enum decide_rule pattern, uint32_t set_ppm);

#endif
