/* SPDX-License-Identifier: MIT */
/* The life of a worker process, from the fork to its last action. */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "instant.h"

int worker_fail(struct worker *worker, const char *call, int error)
{
	worker->log->failed = call;
	atomic_store_explicit(&worker->log->error, error, memory_order_release);
	return -1;
}

int worker_act(struct worker *worker, int64_t due_ns)
{
	int64_t now_ns = instant_now_ns();
	int error;

	if (log_begin(worker->log, due_ns ? due_ns : now_ns, now_ns))
		return worker_fail(worker, "log", ENOSPC);
	error = load_act(worker->load, worker->file);
	log_end(worker->log, instant_now_ns());
	return error ? worker_fail(worker, worker->load->failed, error) : 0;
}

double worker_random(const struct worker *worker, uint64_t turn)
{
	/* splitmix64, so that neighbouring seeds and indexes give unrelated numbers. */
	uint64_t mixed = worker->seed + (worker->index + 1) * UINT64_C(0x9e3779b97f4a7c15) +
			 turn * UINT64_C(0xd1b54a32d192ed03);

	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	mixed ^= mixed >> 31;
	return (double)(mixed >> 11) / (double)(UINT64_C(1) << 53);
}

int worker_follow_grid(struct worker *worker, int64_t first_ns)
{
	int64_t due_ns = first_ns;

	while (instant_sleep_until(due_ns) == 0) {
		int64_t now_ns;

		if (worker_act(worker, due_ns))
			return -1;
		due_ns += worker->period_ns;
		now_ns = instant_now_ns();
		if (due_ns < now_ns)
			due_ns += (now_ns - due_ns + worker->period_ns - 1) / worker->period_ns *
				  worker->period_ns;
	}
	return 0;
}

int worker_main(struct worker *worker, pid_t parent, int ready, int gate)
{
	int64_t start_ns;

	/* Nobody may be left behind writing, whatever happens to the parent. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		return 1;
	/* The kernel rounds sleeps up by 50 us otherwise. */
	prctl(PR_SET_TIMERSLACK, 1ul);
	worker->file = load_open(worker->load, worker->index);
	if (worker->file < 0) {
		worker_fail(worker, worker->load->failed, errno);
		return 1;
	}
	if (write(ready, "", 1) != 1 || read(gate, &start_ns, sizeof(start_ns)) != sizeof(start_ns))
		return 1;
	worker->start_ns = start_ns;
	if (!worker->epoch_ns)
		worker->epoch_ns = start_ns;
	if (instant_sleep_until(start_ns))
		return 0;
	return worker->pace->live(worker) ? 1 : 0;
}
