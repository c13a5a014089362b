/* SPDX-License-Identifier: MIT */
/* traits.c - ways to tune a goal's row. */
#include "traits.h"

#include <string.h>

#define PPM 1000000u
/* However much faster: who would wait for longer than this leaves turns out instead. */
#define CAP_MOST_PPM 500000u

const struct trait traits[] = {
	{ .name = "stability",
	  .text = "moves half as far a cycle, and is content sooner",
	  .cap_percent = 50,
	  .missing_percent = 150 },
	{ .name = "speed",
	  .text = "moves three times as far a cycle",
	  .cap_percent = 300,
	  .missing_percent = 100 },
	{ .name = "efficiency",
	  .text = "energy-aware first; three quarters of the energy must be left",
	  .cap_percent = 100,
	  .missing_percent = 100,
	  .first = STRATEGY_ENERGY_AWARE,
	  .energy_least = 75 },
	{ .name = "throughput",
	  .text = "a delay costs turns: a fifth of the delay, and is content sooner",
	  .cap_percent = 20,
	  .missing_percent = 200 },
	{ .name = "resilience",
	  .text = "twice the delay, and adaptive as one more strategy to fall back on",
	  .cap_percent = 200,
	  .missing_percent = 100,
	  .last = STRATEGY_ADAPTIVE },
	{ .name = "precision",
	  .text = "a tenth of the tolerance",
	  .cap_percent = 100,
	  .missing_percent = 10 },
	{ .name = NULL },
};

const struct trait *trait_find(const char *name)
{
	for (const struct trait *trait = traits; trait->name; trait++)
		if (strcmp(trait->name, name) == 0)
			return trait;
	return NULL;
}

static uint32_t target_of(const struct trait *trait, uint32_t target_ppm)
{
	return target_ppm ? PPM - (PPM - target_ppm) / 100 * trait->missing_percent : 0;
}

static void strategies_of(const struct trait *trait, const struct goal *goal, struct goal *tuned)
{
	unsigned used = 0;

	memset(tuned->strategy, 0, sizeof(tuned->strategy));
	if (trait->first)
		tuned->strategy[used++] = trait->first;
	for (unsigned i = 0; i < GOAL_STRATEGIES && goal->strategy[i] && used < GOAL_STRATEGIES;
	     i++)
		if (goal->strategy[i] != trait->first && goal->strategy[i] != trait->last)
			tuned->strategy[used++] = goal->strategy[i];
	if (trait->last)
		tuned->strategy[used < GOAL_STRATEGIES ? used : GOAL_STRATEGIES - 1] = trait->last;
}

struct goal trait_goal(const struct trait *trait, const struct goal *goal)
{
	struct goal tuned = *goal;

	if (!trait)
		return tuned;
	tuned.cap_ppm = goal->cap_ppm * trait->cap_percent / 100;
	if (tuned.cap_ppm > CAP_MOST_PPM)
		tuned.cap_ppm = goal->cap_ppm > CAP_MOST_PPM ? goal->cap_ppm : CAP_MOST_PPM;
	tuned.target_ppm = target_of(trait, goal->target_ppm);
	tuned.together_ppm = target_of(trait, goal->together_ppm);
	if (trait->energy_least > tuned.energy_least)
		tuned.energy_least = trait->energy_least;
	strategies_of(trait, goal, &tuned);
	return tuned;
}
