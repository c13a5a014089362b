/* SPDX-License-Identifier: MIT */
/* state.h - what the constructor finds out and lays down, for good: rules, agents, the pages. */
#ifndef PRELOAD_STATE_H
#define PRELOAD_STATE_H

#include <entrain.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "report.h"
#include "rhythm.h"

/* A rule's affairs in one process: in a page that the kernel empties in a child. */
struct gate {
	_Atomic uint64_t holder; /* the thread that has the agent; 0: nobody */
	_Atomic int64_t since_ns;
	_Atomic int64_t burst_ns;           /* when the present burst arrived */
	_Atomic int64_t held_until_ns;      /* somebody is being held, and looks again by then */
	bool begun;                         /* the present burst's action has begun */
	bool open;                          /* ... and a part of it is in progress */
	int64_t acted_from_ns, acted_to_ns; /* that action, as far as it has come */
	uint32_t calls;                     /* that matched, up to 2 */
	uint32_t carried;  /* holds in a row that were not taken as its kind takes them */
	int64_t hold_ns;   /* how long the last burst was held */
	int64_t free_ns;   /* pace: sleeps that followed no hold, the shortest of the last */
	int64_t offset_ns; /* grid: as the agent was told */
	struct rhythm rhythm;
};

struct live {
	struct preload_counts counts;
	struct gate gate[PRELOAD_RULES];
};

/* Written by the constructor only, before any call is armed. */
extern struct state {
	_Atomic uint32_t armed; /* bits 1 << enum entrain_call; 0: off */
	bool asks_threads;      /* a rule has a glob on the thread's name */
	unsigned rules;
	struct entrain_rule rule[PRELOAD_RULES];
	bool watches[PRELOAD_RULES];                /* it holds nothing, in any mode */
	struct entrain_agent *agent[PRELOAD_RULES]; /* sealed; NULL: it is only counted */
	int64_t period_ns[PRELOAD_RULES];           /* of its swarm, as it was then */
	bool drifts[PRELOAD_RULES];                 /* its swarm is of kind drifting, for good */
	struct live *live;
} state;

extern struct preload_report preload_report;

#endif
