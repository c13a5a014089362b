/* SPDX-License-Identifier: MIT */
/* history.h - what hosts did and when, action by action, and how many were at it at once. */
#ifndef CLI_GAIN_HISTORY_H
#define CLI_GAIN_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "picture.h"

struct history_action {
	int64_t begin_ns, end_ns;
	unsigned
		met; /* most that were in progress during it, with itself; filled by history_measure() */
};

struct history_host {
	struct entrain_agent_info seen; /* as it was last seen */
	struct history_action *actions;
	size_t count, space;
	uint64_t turns_first; /* its count in its first action here */
	uint64_t lost;        /* turns that it counted, and nobody saw */
	int acting;           /* the last of them is still in progress */
	unsigned met;         /* most that were in progress during any of its actions */
};

/* { 0 } is an empty one. */
struct history {
	struct history_host *hosts;
	unsigned count, space;
	int64_t from_ns, to_ns; /* first and last look */
};

/*
 * Take in what a picture shows that was not known. Each slot says when its agent's last action began and, once it is over, how long
 * it took, exactly; so pictures twice in an interval between two actions miss nothing, and the agent's count of turns
 * tells what was missed.
 */
void history_look(struct history *history, const struct picture *picture);

/* Add one action, of host `index`. */
void history_add(struct history *history, unsigned index, int64_t begin_ns, int64_t end_ns);

/* What in the end nobody knows the end of is left out. */
void history_close(struct history *history);
void history_free(struct history *history);

/* How many actions were in progress at once: in all; and of consecutive stretches of `period_ns` in the one in the middle, and in the
 * mean of them. 0: there are no stretches. */
struct history_overlap {
	unsigned most, typical;
	double mean;
};

/* Measure it, and of each action and host what they met. */
struct history_overlap history_measure(struct history *history, int64_t period_ns);

#endif
