/* SPDX-License-Identifier: MIT */
/* Is a process covered by the preload plugin, and what does the plugin say there? */
#ifndef CLI_COVERAGE_H
#define CLI_COVERAGE_H

#include "report.h"

/* Why a rule that has joined holds nobody, by its swarm's goal and kind. */
enum coverage_idle {
	IDLE_NOT,         /* it does, or it is not known */
	IDLE_APART,       /* it waits for the common turn, in a swarm that has none */
	IDLE_AT_DOOR,     /* the same, where nobody has a turn before he comes */
	IDLE_ALL_AT_ONCE, /* it queues, in a swarm whose goal is to be together */
};

struct coverage {
	unsigned pid;
	char exe[256];
	int loaded;           /* 1: the plugin is mapped */
	int told;             /* 1: `report` and `counts` are read, and make sense */
	int covered;          /* 1: and there are rules for it */
	char why[320];        /* why not covered; "" if it is */
	unsigned synchronous; /* descriptors with O_DSYNC or O_SYNC */
	unsigned rings;       /* descriptors of io_uring */
	enum coverage_idle idle[PRELOAD_RULES];
	struct preload_report report;
	struct preload_counts counts;
};

/* Look at process `pid`. Everything read there is checked. Returns 0, or an errno: it cannot be looked at. */
int coverage_read(unsigned pid, struct coverage *coverage);

/* The command `check PID`, for one of them: digits, as typed. Returns an exit status. */
int coverage_check(const char *pid, int json);

#endif
