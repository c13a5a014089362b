/* SPDX-License-Identifier: MIT */
/* Jitter, static slots and a lock file, to compare with. */
#include "bench_paces.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "instant.h"

#define JITTER 0.1

/* The first instant of the grid first + k x period that has not passed. */
static int64_t next_on_grid(int64_t first_ns, int64_t period_ns, int64_t now_ns)
{
	if (first_ns >= now_ns)
		return first_ns;
	return first_ns + (now_ns - first_ns + period_ns - 1) / period_ns * period_ns;
}

static int live_jitter(struct worker *worker)
{
	int64_t due_ns = worker->start_ns;

	for (uint64_t turn = 0;; turn++) {
		double late_ns = worker_random(worker, turn) * JITTER * (double)worker->period_ns;

		if (instant_sleep_until(due_ns + (int64_t)late_ns))
			return 0;
		if (worker_act(worker, due_ns))
			return -1;
		due_ns = next_on_grid(due_ns + worker->period_ns, worker->period_ns,
				      instant_now_ns());
	}
}

static int live_static(struct worker *worker)
{
	int64_t slot = worker->index % worker->workers;
	int64_t first_ns = worker->epoch_ns + worker->period_ns * slot / worker->workers;

	return worker_follow_grid(worker,
				  next_on_grid(first_ns, worker->period_ns, worker->start_ns));
}

static int live_flock(struct worker *worker)
{
	/* Opened here and not before the fork: a lock belongs to the open file, so all would
	 * hold it. */
	int lock = openat(worker->load->directory, "lock", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int64_t due_ns = worker->start_ns;

	if (lock < 0)
		return worker_fail(worker, "open", errno);
	while (instant_sleep_until(due_ns) == 0) {
		if (flock(lock, LOCK_EX))
			return worker_fail(worker, "flock", errno);
		if (worker_act(worker, due_ns))
			return -1;
		flock(lock, LOCK_UN);
		due_ns = next_on_grid(due_ns + worker->period_ns, worker->period_ns,
				      instant_now_ns());
	}
	return 0;
}

const struct pace pace_jitter = { "jitter", live_jitter };
const struct pace pace_static = { "static", live_static };
const struct pace pace_flock = { "flock", live_flock };
