/* SPDX-License-Identifier: MIT */
/* Pauses between two looks at a swarm, up to a deadline or until interrupted. */
#include "pause.h"

#include <entrain.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#define LEAST_NS INT64_C(10000000)
#define MOST_NS INT64_C(250000000)
#define NS_PER_S INT64_C(1000000000)

static volatile sig_atomic_t ended;
static sigset_t while_pausing;

int64_t pause_between_ns(int64_t period_ns)
{
	int64_t pause_ns = period_ns / 10;

	return pause_ns < LEAST_NS ? LEAST_NS : pause_ns > MOST_NS ? MOST_NS : pause_ns;
}

int64_t pause_deadline_ns(int64_t timeout_ns)
{
	int64_t deadline_ns;

	if (__builtin_add_overflow(entrain_now_ns(), timeout_ns, &deadline_ns))
		return INT64_MAX;
	return deadline_ns;
}

int pause_until(int64_t pause_ns, int64_t deadline_ns)
{
	int64_t now_ns = entrain_now_ns(), end_ns = now_ns + pause_ns;
	struct timespec end;

	if (now_ns >= deadline_ns)
		return 0;
	if (end_ns > deadline_ns)
		end_ns = deadline_ns;
	end.tv_sec = end_ns / NS_PER_S;
	end.tv_nsec = end_ns % NS_PER_S;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
		;
	return 1;
}

static void on_end(int signal_number)
{
	(void)signal_number;
	ended = 1;
}

void pause_signals_take(void)
{
	const struct sigaction action = { .sa_handler = on_end };
	const int numbers[] = { SIGINT, SIGTERM };
	sigset_t taken;

	sigemptyset(&taken);
	for (int i = 0; i < 2; i++) {
		struct sigaction before;

		sigaddset(&taken, numbers[i]);
		sigaction(numbers[i], NULL, &before);
		if (before.sa_handler != SIG_IGN) /* whoever started us wants it so */
			sigaction(numbers[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &taken, &while_pausing);
	sigdelset(&while_pausing, SIGINT);
	sigdelset(&while_pausing, SIGTERM);
}

int pause_watched(int64_t pause_ns)
{
	const struct timespec pause = { pause_ns / NS_PER_S, pause_ns % NS_PER_S };
	struct pollfd output = { .fd = fileno(stdout) };

	if (fflush(stdout) || ferror(stdout))
		return 0;
	return ppoll(&output, 1, &pause, &while_pausing) == 0 && !ended;
}
