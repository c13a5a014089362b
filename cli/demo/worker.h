/* SPDX-License-Identifier: MIT */
/* A worker: a forked process that acts when its pace says so, and writes down when it did. */
#ifndef DEMO_WORKER_H
#define DEMO_WORKER_H

#include <stdint.h>
#include <sys/types.h>

#include "load.h"
#include "log.h"

struct worker;

/* How workers come to their instants. */
struct pace {
	const char *name;
	/* Act period after period until asked to stop by SIGTERM, which is blocked. Returns
	 * 0, or -1 after worker_fail(). */
	int (*live)(struct worker *worker);
};

struct worker {
	const struct pace *pace;
	struct load *load;
	struct worker_log *log;
	unsigned index;
	unsigned workers; /* how many started together */
	int64_t start_ns; /* when this one starts */
	int64_t epoch_ns; /* when the run started: earlier for one that joins later */
	int64_t period_ns;
	uint64_t seed;     /* of the run */
	const char *swarm; /* name; NULL: none */
	int file;
};

/* What a child does: get ready, say so by a byte into `ready`, read the start from `gate`,
 * live. Returns the exit status. Dies with `parent`. */
int worker_main(struct worker *worker, pid_t parent, int ready, int gate);

/* Do one action, due at `due_ns` by the worker's own clock (0: right now). Returns 0, or -1
 * after worker_fail(). */
int worker_act(struct worker *worker, int64_t due_ns);

/* Note why this worker gives up. Returns -1. */
int worker_fail(struct worker *worker, const char *call, int error);

/* A number in [0, 1) that belongs to this worker, the `turn`th one. */
double worker_random(const struct worker *worker, uint64_t turn);

/* Act at first_ns and every period from then on, leaving out what has passed. Returns as live(). */
int worker_follow_grid(struct worker *worker, int64_t first_ns);

#endif
