/* SPDX-License-Identifier: MIT */
/* Forking the processes of a run, watching them, and seeing them off. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bystander.h"
#include "instant.h"

#define TICK_NS (INSTANT_SECOND_NS / 10)
#define READY_WAIT_NS (60 * INSTANT_SECOND_NS)
#define LEAVE_WAIT_NS (60 * INSTANT_SECOND_NS)

/* A byte from each child when it is ready, and the start instant to each. */
struct handshake {
	int ready[2];
	int gate[2];
};

void run_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGHUP);
	sigaddset(signals, SIGCHLD);
}

static int interrupts(int signal_number)
{
	return signal_number == SIGINT || signal_number == SIGTERM || signal_number == SIGHUP;
}

int run_interruption(void)
{
	const struct timespec none = { 0 };
	sigset_t signals;
	int came;

	run_signals(&signals);
	sigdelset(&signals, SIGCHLD);
	came = sigtimedwait(&signals, NULL, &none);
	return came > 0 ? came : 0;
}

__attribute__((format(printf, 2, 3))) static int fail(struct run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(run->failed, sizeof(run->failed), format, arguments);
	va_end(arguments);
	return -1;
}

static int handshake_open(struct run *run, struct handshake *handshake)
{
	if (pipe2(handshake->ready, O_CLOEXEC))
		return fail(run, "pipe: %s", strerror(errno));
	if (pipe2(handshake->gate, O_CLOEXEC) == 0)
		return 0;
	close(handshake->ready[0]);
	close(handshake->ready[1]);
	return fail(run, "pipe: %s", strerror(errno));
}

static void handshake_close(struct handshake *handshake)
{
	close(handshake->ready[0]);
	close(handshake->gate[0]);
	close(handshake->gate[1]);
}

/* In a child: keep only the two ends that are its own, so that the parent's death is seen as
 * EOF. */
static void handshake_keep_own(struct handshake *handshake)
{
	close(handshake->ready[0]);
	close(handshake->gate[1]);
}

static pid_t fork_worker(struct run *run, struct handshake *handshake, unsigned index)
{
	const struct run_plan *plan = run->plan;
	pid_t parent = getpid(), pid = fork();
	struct worker worker = {
		.pace = plan->pace,
		.load = plan->load,
		.log = &run->log->worker[index],
		.index = index,
		.workers = plan->workers,
		.epoch_ns = run->log->start_ns, /* 0 while the first start together */
		.period_ns = plan->period_ns,
		.seed = plan->seed,
		.swarm = plan->swarm,
	};

	if (pid)
		return pid;
	handshake_keep_own(handshake);
	_exit(worker_main(&worker, parent, handshake->ready[1], handshake->gate[0]));
}

static pid_t fork_bystander(struct run *run, struct handshake *handshake)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	handshake_keep_own(handshake);
	_exit(bystander_main(&run->log->bystander, run->plan->load->directory, parent,
			     handshake->ready[1], handshake->gate[0]));
}

/* Why worker `index` gave up, or how it ended. */
static int worker_failed(struct run *run, unsigned index, int status)
{
	const struct worker_log *log = &run->log->worker[index];
	int error = atomic_load_explicit(&log->error, memory_order_acquire);

	if (error && log->detail[0])
		return fail(run, "worker %u: %.160s", index, log->detail);
	if (error)
		return fail(run, "worker %u: %s: %s", index, log->failed, strerror(error));
	if (WIFSIGNALED(status))
		return fail(run, "worker %u was killed by signal %d", index, WTERMSIG(status));
	return fail(run, "worker %u ended by itself", index);
}

static int bystander_failed(struct run *run, int status)
{
	const struct bystander_log *log = &run->log->bystander;
	int error = atomic_load_explicit(&log->error, memory_order_acquire);

	if (error)
		return fail(run, "bystander: %s: %s", log->failed, strerror(error));
	if (WIFSIGNALED(status))
		return fail(run, "the bystander was killed by signal %d", WTERMSIG(status));
	return fail(run, "the bystander ended by itself");
}

/* Look after every child. One that is gone is a failure; the bystander may end once all is done. */
static int check_children(struct run *run)
{
	int status;

	for (unsigned i = 0; i < run->started; i++) {
		if (run->pids[i] && waitpid(run->pids[i], &status, WNOHANG) == run->pids[i]) {
			run->pids[i] = 0;
			return worker_failed(run, i, status);
		}
	}
	if (run->bystander && waitpid(run->bystander, &status, WNOHANG) == run->bystander) {
		run->bystander = 0;
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			return bystander_failed(run, status);
	}
	return 0;
}

int run_until(struct run *run, int64_t instant_ns, const struct run_progress *progress)
{
	sigset_t signals;

	run_signals(&signals);
	for (;;) {
		int64_t now_ns = instant_now_ns();
		int64_t rest_ns = instant_ns - now_ns;
		struct timespec rest = instant_timespec(rest_ns < TICK_NS ? rest_ns : TICK_NS);
		int came;

		if (progress && progress->tick)
			progress->tick(run, now_ns, progress->context);
		if (now_ns >= instant_ns)
			return check_children(run);
		came = sigtimedwait(&signals, NULL, &rest);
		if (interrupts(came)) {
			run->interrupted = came;
			return -1;
		}
		if (came == SIGCHLD && check_children(run))
			return -1;
	}
}

/* Wait for `count` bytes, one from each child that is ready. */
static int await_ready(struct run *run, int ready, unsigned count)
{
	int64_t deadline_ns = instant_now_ns() + READY_WAIT_NS;
	unsigned here = 0;

	while (here < count) {
		struct pollfd poll_ready = { .fd = ready, .events = POLLIN };
		char bytes[256];
		ssize_t got;

		run->interrupted = run_interruption();
		if (run->interrupted)
			return -1;
		if (instant_now_ns() > deadline_ns)
			return fail(run, "%u of %u processes were not ready within %d s",
				    count - here, count, (int)(READY_WAIT_NS / INSTANT_SECOND_NS));
		if (poll(&poll_ready, 1, 50) <= 0) {
			/* Who died before it was ready never will be. */
			if (check_children(run))
				return -1;
			continue;
		}
		got = read(ready, bytes, sizeof(bytes));
		if (got <= 0)
			return check_children(run) ? -1 : fail(run, "the processes are gone");
		here += (unsigned)got;
	}
	return 0;
}

/* Fork workers up to `until` (and the bystander), wait for them, and let them start all at once. */
static int launch(struct run *run, unsigned until, int with_bystander, int64_t *start_ns)
{
	unsigned from = run->started, count = until - from + (with_bystander ? 1 : 0);
	struct handshake handshake;
	int result = -1;

	if (handshake_open(run, &handshake))
		return -1;
	if (with_bystander)
		run->bystander = fork_bystander(run, &handshake);
	for (; run->started < until && run->bystander >= 0; run->started++) {
		pid_t pid = fork_worker(run, &handshake, run->started);

		if (pid < 0)
			break;
		run->pids[run->started] = pid;
	}
	close(handshake.ready[1]);
	if (run->started < until) {
		if (run->bystander < 0)
			run->bystander = 0;
		fail(run, "fork: %s", strerror(errno));
		goto out;
	}
	if (await_ready(run, handshake.ready[0], count))
		goto out;
	/* Enough for everybody to read it and fall asleep. */
	*start_ns = instant_now_ns() + 50 * INSTANT_MS_NS + count * INSTANT_MS_NS / 2;
	for (unsigned i = from; i < until; i++)
		run->log->worker[i].born_ns = *start_ns;
	for (unsigned i = 0; i < count; i++) {
		if (write(handshake.gate[1], start_ns, sizeof(*start_ns)) != sizeof(*start_ns)) {
			fail(run, "write: %s", strerror(errno));
			goto out;
		}
	}
	result = 0;
out:
	handshake_close(&handshake);
	return result;
}

int run_start(struct run *run, const struct run_plan *plan)
{
	unsigned workers = plan->workers + plan->joiners;
	/* One a cycle, and room for a pace that runs ahead. */
	uint32_t actions = plan->actions ? plan->actions
					 : (uint32_t)(plan->duration_ns / plan->period_ns) * 2 + 16;
	uint32_t operations = (uint32_t)(plan->duration_ns / BYSTANDER_INTERVAL_NS);

	*run = (struct run){ .plan = plan };
	run->pids = calloc(workers, sizeof(*run->pids));
	run->log = log_make(workers, actions, operations, BYSTANDER_INTERVAL_NS);
	if (!run->pids || !run->log)
		return fail(run, "no memory for the log: %s", strerror(errno));
	/* Not born yet. */
	for (unsigned i = 0; i < workers; i++)
		run->log->worker[i].born_ns = INT64_MAX;
	run->log->period_ns = plan->period_ns;
	if (launch(run, plan->workers, 1, &run->log->start_ns))
		return -1;
	run->log->stop_ns = run->log->start_ns + plan->duration_ns;
	return 0;
}

int run_kill(struct run *run, unsigned index)
{
	int status;

	if (check_children(run))
		return -1;
	kill(run->pids[index], SIGKILL);
	run->log->worker[index].gone_ns = instant_now_ns();
	waitpid(run->pids[index], &status, 0);
	run->pids[index] = 0;
	return 0;
}

int run_join(struct run *run, unsigned count)
{
	int64_t start_ns;

	return launch(run, run->started + count, 0, &start_ns);
}

/* Wait until one more child is gone, or the deadline. Returns 0 when there is something to
 * look at. */
static int await_child(struct run *run, int64_t deadline_ns)
{
	sigset_t signals;
	struct timespec rest = instant_timespec(TICK_NS);
	int came;

	run_signals(&signals);
	came = sigtimedwait(&signals, NULL, &rest);
	if (interrupts(came)) {
		run->interrupted = came;
		return -1;
	}
	return instant_now_ns() < deadline_ns ? 0 : fail(run, "a process does not stop");
}

/* All were alive until now: let them go, each must leave with status 0. */
static int see_off(struct run *run)
{
	int64_t deadline_ns = instant_now_ns() + LEAVE_WAIT_NS;
	unsigned left = 0;

	for (unsigned i = 0; i < run->started; i++) {
		if (run->pids[i]) {
			kill(run->pids[i], SIGTERM);
			left++;
		}
	}
	while (left || run->bystander) {
		int status;

		for (unsigned i = 0; i < run->started; i++) {
			if (!run->pids[i] || waitpid(run->pids[i], &status, WNOHANG) <= 0)
				continue;
			run->pids[i] = 0;
			left--;
			if (!WIFEXITED(status) || WEXITSTATUS(status))
				return worker_failed(run, i, status);
		}
		if (run->bystander && waitpid(run->bystander, &status, WNOHANG) > 0) {
			run->bystander = 0;
			if (!WIFEXITED(status) || WEXITSTATUS(status))
				return bystander_failed(run, status);
		}
		if ((left || run->bystander) && await_child(run, deadline_ns))
			return -1;
	}
	return 0;
}

int run_finish(struct run *run, const struct run_progress *progress)
{
	if (run_until(run, run->log->stop_ns, progress) || see_off(run))
		return -1;
	if (run->log->bystander.count < run->log->bystander.capacity)
		return fail(run, "the bystander has not done all that was due");
	return 0;
}

void run_end(struct run *run)
{
	for (unsigned i = 0; i < run->started; i++)
		if (run->pids[i])
			kill(run->pids[i], SIGKILL);
	if (run->bystander)
		kill(run->bystander, SIGKILL);
	for (unsigned i = 0; i < run->started; i++)
		if (run->pids[i])
			waitpid(run->pids[i], NULL, 0);
	if (run->bystander)
		waitpid(run->bystander, NULL, 0);
	free(run->pids);
	run->pids = NULL;
	run->started = 0;
	run->bystander = 0;
}
