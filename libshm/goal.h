/* SPDX-License-Identifier: MIT */
/* goal.h - the goals as data: a row each. */
#ifndef ENTRAIN_GOAL_H
#define ENTRAIN_GOAL_H

#include <stdbool.h>
#include <stdint.h>
#include "entrain.h"
#include "strategy/decide.h"

enum metric { METRIC_EVENNESS, METRIC_COHERENCE, METRIC_ORDER };

/* Strategies by the numbers that slots publish. */
enum strategy {
	STRATEGY_NONE,
	STRATEGY_SPLAY,
	STRATEGY_SYNC,
};

struct goal {
	uint32_t id; /* enum entrain_goal */
	const char *name, *alias;
	enum metric metric;
	uint32_t target_ppm; /* default target in the metric */
	uint32_t cap_ppm;    /* default cap on delay, of a period */
	enum decide_rule rule;
	enum strategy strategy;
	uint32_t clusters; /* of SYNC, and m of R_m */
	bool available;
};

/* The row of a goal, NULL for a value that is none. */
const struct goal *goal_row(int goal);

/* By name or alias; NULL if there is none. */
const struct goal *goal_find(const char *name);

#endif
