/* SPDX-License-Identifier: MIT */
/* A worker for the tests of the tool: joins a swarm, acts at each turn, leaves at SIGTERM. */
#include <entrain.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static struct entrain_agent *agent;
static volatile sig_atomic_t ended;

static void on_end(int signal)
{
	(void)signal;
	ended = 1;
	entrain_cancel(agent);
}

static void act(long action_ms)
{
	const struct timespec pause = { action_ms / 1000, action_ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

/* cli_agent SWARM NAME LABEL ACTION_MS: prints "joined" once it has a slot. */
int main(int count, char **arguments)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct sigaction action = { .sa_handler = on_end };
	struct entrain_error error = { .code = ENTRAIN_OK };

	if (count != 5)
		return 2;
	/* nothing is left behind when the test is killed */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	options.name = arguments[2];
	options.label = arguments[3];
	agent = entrain_join(arguments[1], &options, &error);
	if (!agent) {
		fprintf(stderr, "%s %s: %s\n", error.what, error.object, error.why);
		return entrain_code_status(error.code);
	}
	sigaction(SIGTERM, &action, NULL);
	puts("joined");
	fflush(stdout);
	while (!ended) {
		if (entrain_wait(agent))
			continue;
		entrain_begin(agent);
		act(atol(arguments[4]));
		entrain_end(agent);
	}
	entrain_leave(agent);
	return 0;
}
