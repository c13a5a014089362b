/* SPDX-License-Identifier: MIT */
/* Workers as a swarm: the five lines that a program needs. */
#include "pace.h"

#include <errno.h>
#include <entrain.h>
#include <signal.h>
#include <stdio.h>

static struct entrain_agent *agent;

static void stop(int signal_number)
{
	(void)signal_number;
	entrain_cancel(agent);
}

/* Let SIGTERM through from here on: it ends the wait. */
static void listen_for_stop(void)
{
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };
	sigset_t signals;

	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

static void ignore_stop(void)
{
	signal(SIGTERM, SIG_IGN);
}

static int live_swarm(struct worker *worker)
{
	struct entrain_error error = { 0 };
	int64_t due_ns = 0;
	int result = 0;

	agent = entrain_join(worker->swarm, NULL, &error);
	if (!agent) {
		snprintf(worker->log->detail, sizeof(worker->log->detail), "%.40s: %.110s",
			 error.what, error.why);
		return worker_fail(worker, "entrain_join",
				   error.os_error ? error.os_error : EPROTO);
	}
	listen_for_stop();
	while (entrain_wait(agent) == 0) {
		entrain_begin(agent);
		/* Its own clock would have called a period after its last action. */
		result = worker_act(worker, due_ns);
		entrain_end(agent);
		if (result)
			break;
		due_ns = worker->log->action[worker->log->count - 1].begin_ns + worker->period_ns;
	}
	ignore_stop();
	entrain_leave(agent);
	return result;
}

const struct pace pace_swarm = { "swarm", live_swarm };
