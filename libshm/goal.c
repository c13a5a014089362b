/* SPDX-License-Identifier: MIT */
/* goal.c - the goals as data, and the words of the public enums. */
#include "goal.h"
#include <string.h>

static const struct goal goals[] = {
	{ ENTRAIN_MINIMIZE_API_CALLS, "minimize-api-calls", "batch", METRIC_COHERENCE, 950000,
	  100000, DECIDE_SYNC, STRATEGY_SYNC, 1, true },
	{ ENTRAIN_DISTRIBUTE_LOAD, "distribute-load", "spread", METRIC_EVENNESS, 900000, 100000,
	  DECIDE_SPREAD, STRATEGY_SPLAY, 1, true },
	{ ENTRAIN_REACH_CONSENSUS, "reach-consensus", NULL, METRIC_ORDER, 950000, 100000,
	  DECIDE_SYNC, STRATEGY_SYNC, 2, true },
	/* The same row as minimize-api-calls with the largest cap. */
	{ ENTRAIN_MINIMIZE_LATENCY, "minimize-latency", NULL, METRIC_COHERENCE, 950000, 500000,
	  DECIDE_SYNC, STRATEGY_SYNC, 1, true },
	{ ENTRAIN_SAVE_ENERGY, "save-energy", NULL, METRIC_EVENNESS, 800000, 100000, DECIDE_SPREAD,
	  STRATEGY_SPLAY, 1, false },
	{ ENTRAIN_MAINTAIN_RHYTHM, "maintain-rhythm", NULL, METRIC_EVENNESS, 980000, 100000,
	  DECIDE_SPREAD, STRATEGY_SPLAY, 1, false },
	/* The same row as distribute-load with a larger cap: even again soonest. */
	{ ENTRAIN_RECOVER_FROM_FAILURE, "recover-from-failure", NULL, METRIC_EVENNESS, 900000,
	  250000, DECIDE_SPREAD, STRATEGY_SPLAY, 1, true },
	{ ENTRAIN_ADAPT_TO_TRAFFIC, "adapt-to-traffic", NULL, METRIC_EVENNESS, 900000, 100000,
	  DECIDE_SPREAD, STRATEGY_SPLAY, 1, false },
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
	static const char *const words[] = { "none", "splay", "sync" };

	return WORD(words, strategy);
}

const char *entrain_metric_name(int goal)
{
	static const char *const words[] = { "evenness", "coherence", "order" };
	const struct goal *row = goal_row(goal);

	return row ? WORD(words, (int)row->metric) : "?";
}

const char *entrain_goal_name(int goal)
{
	const struct goal *row = goal_row(goal);

	return row ? row->name : "?";
}
