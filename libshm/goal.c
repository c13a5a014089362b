/* SPDX-License-Identifier: MIT */
/* goal.c - the goals as data, and the words of the public enums. */
#include "goal.h"
#include <string.h>

/*
 * Two goals that are the same row with another number say so: recover-from-failure is distribute-load with a larger cap, and
 * minimize-latency is minimize-api-calls with the largest.
 */
static const struct goal goals[] = {
	{ .id = ENTRAIN_MINIMIZE_API_CALLS,
	  .name = "minimize-api-calls",
	  .alias = "batch",
	  .metric = METRIC_COHERENCE,
	  .target_ppm = 950000,
	  .cap_ppm = 100000,
	  .rule = DECIDE_SYNC,
	  .clusters = 1,
	  .strategy = { STRATEGY_SYNC, STRATEGY_PULSE_COUPLING, STRATEGY_PHASE_NUDGE } },
	{ .id = ENTRAIN_DISTRIBUTE_LOAD,
	  .name = "distribute-load",
	  .alias = "spread",
	  .metric = METRIC_EVENNESS,
	  .target_ppm = 900000,
	  .cap_ppm = 100000,
	  .rule = DECIDE_SPREAD,
	  .clusters = 1,
	  .strategy = { STRATEGY_SPLAY, STRATEGY_PULSE_COUPLING, STRATEGY_PHASE_NUDGE } },
	{ .id = ENTRAIN_REACH_CONSENSUS,
	  .name = "reach-consensus",
	  .metric = METRIC_ORDER,
	  .target_ppm = 950000,
	  .cap_ppm = 100000,
	  .rule = DECIDE_SYNC,
	  .clusters = 2,
	  .strategy = { STRATEGY_SYNC, STRATEGY_PULSE_COUPLING, STRATEGY_PHASE_NUDGE } },
	{ .id = ENTRAIN_MINIMIZE_LATENCY,
	  .name = "minimize-latency",
	  .metric = METRIC_COHERENCE,
	  .target_ppm = 950000,
	  .cap_ppm = 500000,
	  .rule = DECIDE_SYNC,
	  .clusters = 1,
	  .strategy = { STRATEGY_SYNC, STRATEGY_PULSE_COUPLING } },
	{ .id = ENTRAIN_SAVE_ENERGY,
	  .name = "save-energy",
	  .metric = METRIC_EVENNESS,
	  .target_ppm = 800000,
	  .cap_ppm = 100000,
	  .rule = DECIDE_SPREAD,
	  .clusters = 1,
	  .strategy = { STRATEGY_ENERGY_AWARE, STRATEGY_SPLAY },
	  .energy_least = 50 },
	{ .id = ENTRAIN_MAINTAIN_RHYTHM,
	  .name = "maintain-rhythm",
	  .metric = METRIC_RHYTHM,
	  .target_ppm = 980000,
	  .cap_ppm = 100000,
	  .rule = DECIDE_SPREAD,
	  .clusters = 1,
	  .strategy = { STRATEGY_FREQUENCY_LOCK, STRATEGY_PHASE_NUDGE } },
	{ .id = ENTRAIN_RECOVER_FROM_FAILURE,
	  .name = "recover-from-failure",
	  .metric = METRIC_EVENNESS,
	  .target_ppm = 900000,
	  .cap_ppm = 250000,
	  .rule = DECIDE_SPREAD,
	  .clusters = 1,
	  .strategy = { STRATEGY_SPLAY, STRATEGY_PULSE_COUPLING } },
	{ .id = ENTRAIN_ADAPT_TO_TRAFFIC,
	  .name = "adapt-to-traffic",
	  .metric = METRIC_LOAD,
	  .target_ppm = 900000,
	  .together_ppm = 950000,
	  .cap_ppm = 100000,
	  .rule = DECIDE_ADAPT,
	  .clusters = 1,
	  .strategy = { STRATEGY_SPLAY, STRATEGY_ADAPTIVE } },
};

const struct goal *goal_row(int goal)
{
	return goal >= 1 && goal < ENTRAIN_GOAL_COUNT ? &goals[goal - 1] : NULL;
}

const struct goal *goal_find(const char *name)
{
	for (int i = 1; i < ENTRAIN_GOAL_COUNT; i++) {
		const struct goal *goal = goal_row(i);

		if (strcmp(name, goal->name) == 0 ||
		    (goal->alias && strcmp(name, goal->alias) == 0))
			return goal;
	}
	return NULL;
}

uint32_t goal_target_ppm(const struct goal *goal, enum decide_rule pattern, uint32_t set_ppm)
{
	if (set_ppm)
		return set_ppm;
	return goal->metric == METRIC_LOAD && pattern == DECIDE_SYNC ? goal->together_ppm
								     : goal->target_ppm;
}

static const char *word_of(const char *const *words, int count, int value)
{
	return value >= 0 && value < count && words[value] ? words[value] : "?";
}

#define WORD(words, value) word_of(words, (int)(sizeof(words) / sizeof((words)[0])), value)

const char *entrain_kind_name(int kind)
{
	static const char *const words[] = { NULL, "taken", "relative", "grid", "drifting" };

	return WORD(words, kind);
}

const char *entrain_mode_name(int mode)
{
	static const char *const words[] = { NULL, "act", "observe", "off" };

	return WORD(words, mode);
}

const char *entrain_state_name(int state)
{
	static const char *const words[] = { "idle", "acting", "stale", "dead" };

	return WORD(words, state);
}

const char *entrain_strategy_name(int strategy)
{
	const struct strategy_row *row = strategy_find((uint32_t)strategy);

	if (strategy == STRATEGY_NONE || strategy == STRATEGY_OWN)
		return strategy == STRATEGY_OWN ? "own" : "none";
	return row ? row->name : "?";
}

const char *entrain_metric_name(int goal)
{
	static const char *const words[] = { "evenness", "coherence", "order", "rhythm", "load" };
	const struct goal *row = goal_row(goal);

	return row ? WORD(words, (int)row->metric) : "?";
}

const char *entrain_goal_name(int goal)
{
	const struct goal *row = goal_row(goal);

	return row ? row->name : "?";
}
