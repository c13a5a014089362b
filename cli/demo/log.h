/* SPDX-License-Identifier: MIT */
/*
 * What the processes of a run write down: one private log each, in memory that the parent maps
 * before it forks. It is the demo's own and has nothing to do with the library's segment, so
 * that what is reckoned from it says something about the library.
 */
#ifndef DEMO_LOG_H
#define DEMO_LOG_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* One action: when its worker's own clock called for it, and when it really began and ended. */
struct action {
	int64_t due_ns;
	int64_t begin_ns;
	int64_t end_ns; /* 0 while it lasts */
};

/* Written by one worker; born_ns and gone_ns by the parent. */
struct worker_log {
	int64_t born_ns; /* part of the run from here on ... */
	int64_t gone_ns; /* ... until it was killed; INT64_MAX: it was not */
	_Atomic uint32_t count;
	uint32_t capacity;
	_Atomic int error;     /* errno of what made it give up, with the call in failed */
	const char *failed;    /* a string constant, the same in parent and child */
	char detail[160];      /* more, in words; "" if the errno says it all */
	struct action *action; /* of capacity entries */
};

/* Written by the bystander: how long after it was due each operation was done. */
struct bystander_log {
	int64_t interval_ns;
	_Atomic uint32_t count;
	uint32_t capacity;
	_Atomic int error;
	const char *failed;
	int64_t *latency_ns; /* operation k was due at start_ns + k x interval_ns */
};

struct run_log {
	int64_t start_ns; /* the common start */
	int64_t stop_ns;  /* what begins later does not count */
	int64_t period_ns;
	unsigned workers;
	struct worker_log *worker;
	struct bystander_log bystander;
	void *map; /* all of it */
	size_t map_size;
};

/*
 * Map a log for `workers` workers of up to `actions` actions each and a bystander with `operations`
 * operations `interval_ns` apart. Times are set when the run starts. Returns NULL with errno.
 */
struct run_log *log_make(unsigned workers, uint32_t actions, uint32_t operations,
			 int64_t interval_ns);
void log_free(struct run_log *log);

/* By the worker itself. Returns 0, or -1 if the log is full. */
int log_begin(struct worker_log *log, int64_t due_ns, int64_t now_ns);
void log_end(struct worker_log *log, int64_t now_ns);

#endif
