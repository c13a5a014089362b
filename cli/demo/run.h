/* SPDX-License-Identifier: MIT */
/*
 * One run: worker processes at one pace and a bystander, from the fork until they are gone.
 *
 * The caller blocks RUN_SIGNALS before run_start() and keeps them blocked; the functions here
 * look at them and return when one of those that interrupt has come.
 */
#ifndef DEMO_RUN_H
#define DEMO_RUN_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "load.h"
#include "log.h"
#include "worker.h"

/* Everything to block: what interrupts, and what says that a child is gone. */
void run_signals(sigset_t *signals);

struct run_plan {
	const struct pace *pace;
	struct load *load;
	unsigned workers; /* that start together */
	unsigned joiners; /* that may be added later */
	int64_t period_ns;
	int64_t duration_ns;
	uint32_t actions; /* room in the log of a worker; 0: as the period needs */
	uint64_t seed;
	const char *swarm; /* name, for paces that use one; it exists already */
};

struct run {
	const struct run_plan *plan;
	struct run_log *log;
	pid_t *pids; /* of the workers; 0: not there */
	pid_t bystander;
	unsigned started; /* workers so far */
	int interrupted;  /* the signal that did; 0: none */
	char failed[256]; /* what went wrong, in words */
};

/* Called about ten times a second while a run lasts; NULL: not wanted. */
struct run_progress {
	void (*tick)(const struct run *run, int64_t now_ns, void *context);
	void *context;
};

/*
 * Each returns 0, or -1 with run->interrupted or run->failed set: then only run_end() may follow.
 *
 * run_start   forks all, waits until they are ready, and fixes the common start.
 * run_until   lets them run; a worker that ends by itself is a failure.
 * run_kill    kills worker `index` with SIGKILL, as a crash does.
 * run_join    forks `count` more workers, which start as soon as they are ready.
 * run_finish  asks all to stop after the stop, and checks that every one was alive until then and
 *             left in peace, and that the bystander has done all that was due.
 */
int run_start(struct run *run, const struct run_plan *plan);
int run_until(struct run *run, int64_t instant_ns, const struct run_progress *progress);
int run_kill(struct run *run, unsigned index);
int run_join(struct run *run, unsigned count);
int run_finish(struct run *run, const struct run_progress *progress);

/* Kill what is left and free everything but run->log, which is the caller's. */
void run_end(struct run *run);

/* Has a signal come that interrupts? Returns its number or 0. */
int run_interruption(void);

#endif
