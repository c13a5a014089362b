/* SPDX-License-Identifier: MIT */
/* controls.h - what may run instead of the goal, to compare with. */
#ifndef CLI_SIMULATE_CONTROLS_H
#define CLI_SIMULATE_CONTROLS_H

#include "simulation.h"

/* What a rule decides from, at an agent's turn. */
struct control_view {
	const struct simulation *simulation;
	uint32_t slot;
	int64_t now_ns;           /* that it acts */
	int64_t turn_ns;          /* that it was to act */
	const struct peer *peers; /* that it sees; its own slot may be among them */
	uint32_t count;
};

/* A rule. All functions may be NULL. */
struct control {
	const char *name, *text;
	/* The next turn; NULL: the goal decides, which is the product. */
	int64_t (*next_ns)(const struct control_view *view);
	/* Offset of the first turn, in [0, period); NULL: as --start has it. */
	int64_t (*first_ns)(const struct simulation *simulation, uint32_t slot);
	/* The agent in `slot` is taking its turn now: change others' turns. Not in phase-locked rounds. */
	void (*heard)(struct simulation *simulation, uint32_t slot);
	bool alone; /* where others are plays no part in when it comes: so it may be of hosts that drift */
	bool serial; /* one action at a time, in the order in which they came */
};

/* Ends with a row without name; the first is the default. */
extern const struct control controls[];

/* NULL if there is none of that name. */
const struct control *control_find(const char *name);

/* The first turn of an agent that joins: where the rule puts it, else at once. */
int64_t control_join_ns(const struct control_view *view);

#endif
