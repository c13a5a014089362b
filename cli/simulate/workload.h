/* SPDX-License-Identifier: MIT */
/* workload.h - requests that arrive at the agents, and what becomes of them at their turns. */
#ifndef CLI_SIMULATE_WORKLOAD_H
#define CLI_SIMULATE_WORKLOAD_H

#include <stdint.h>

struct simulation_plan;
struct workload;

/*
 * How requests arrive at one agent: `together` of them at each t_n, with t_(n+1) = t_n + gap. The gap is P x gap_percent
 * / 100, or exponential with that mean.
 */
struct pattern {
	const char *name, *text;
	uint32_t gap_percent;
	uint32_t together;
	int exponential;
	const struct pattern *const *mix; /* agent i follows mix[i % 4] */
};

/* Ends with a row without name. */
extern const struct pattern patterns[];
const struct pattern *pattern_find(const char *name);

/* Turns that meet within this part of a period share one call. */
#define WORKLOAD_WINDOW_PERCENT 2

/* All of it counted in the run. Waits and times are in ns, from the arrival of each request. */
struct workload_result {
	uint64_t tasks;   /* requests that were taken up at turns */
	uint64_t batches; /* turns that had any */
	uint64_t calls;   /* that turns which met shared: what a common batch needs */
	int64_t call_wait_sum_ns,
		call_wait_max_ns; /* until the call leaves, at the end of its window */
	/* One server for all, first come first served, one request at a time; busy for the duty. */
	int64_t service_ns;                             /* of one request */
	int64_t served_wait_sum_ns, served_wait_max_ns; /* until it was served */
	int64_t queue_sum_ns;  /* of all requests' times at the server: / time = mean queue */
	uint64_t queue_most;   /* requests at the server at once */
	uint32_t overlap_most; /* agents with requests there at once */
	int64_t elapsed_ns;
};

struct workload *workload_make(const struct simulation_plan *plan, int64_t start_ns);
/* NULL is nothing. */
void workload_free(struct workload *workload);

/* An agent is there from now on: requests arrive at it. */
void workload_begin(struct workload *workload, uint32_t slot, int64_t now_ns);

/* An agent takes its turn: what has arrived until now is taken up. */
void workload_turn(struct workload *workload, uint32_t slot, int64_t now_ns);

void workload_read(const struct workload *workload, int64_t now_ns, struct workload_result *result);

#endif
