/* SPDX-License-Identifier: MIT */
/* runs.h - independent runs, over all cores; each is the same whichever thread does it. */
#ifndef CLI_SIMULATE_RUNS_H
#define CLI_SIMULATE_RUNS_H

#include "gauge.h"
#include "simulation.h"
#include "workload.h"

#define RUN_CHANGES 3
#define RUN_NEVER UINT32_MAX

/* What was to happen, and how many cycles later the goal was reached again, for good: until the next change. */
struct run_change {
	const char *what;
	uint32_t share_ppm, cycle;
	uint32_t agents; /* that were killed, joined or scattered */
	uint32_t cycles; /* or RUN_NEVER */
};

struct run {
	struct simulation_plan plan;
	struct gauge *cycles; /* plan.cycles + 1; the first is the start */
	uint32_t
		converged_at; /* cycles from the start until the goal was reached for good, or RUN_NEVER */
	struct run_change change[RUN_CHANGES]; /* in time order */
	unsigned changes;
	/* agents, by the changes */
	uint32_t crashed, joined;
	double energy_least; /* of the means of all cycles */
	uint32_t switches;
	struct workload_result load;
	char why[200]; /* why it could not be done; "" if it was */
};

/* Called at times by one of the threads with what part of all work is done. */
struct runs_progress {
	void (*told)(void *context, double part);
	void *context;
};

/* Do them all on so many threads. Returns false if one could not be done: its `why` says so. */
bool runs_do(struct run *runs, uint32_t count, unsigned threads,
	     const struct runs_progress *progress);
void runs_free(struct run *runs, uint32_t count);

/* From run->cycles: when the goal was reached, and after each change again. */
void run_judge(struct run *run);

#endif
