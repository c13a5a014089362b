/* SPDX-License-Identifier: MIT */
/* A master that forks workers and restarts dead ones; each flushes its log at its own turn. */
#include <entrain.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 4
#define REQUEST_NS INT64_C(20000000)

static struct entrain_agent *agent; /* the master's; each child makes its copy its own */
static volatile sig_atomic_t ending;

static void on_signal(int number)
{
	ending |= number != SIGCHLD;
	entrain_cancel(agent); /* may be called here; ends the wait, or else the next one */
}

static int complain(const struct entrain_error *error)
{
	fprintf(stderr, "%s: %s: %s\n", error->what, error->object, error->why);
	return entrain_code_status(error->code);
}

/* Serves a request now and then. What it logs stays in stdout's buffer until the turn. */
static void work(int number, unsigned long turns)
{
	struct entrain_error error;
	int64_t request_ns = entrain_now_ns();

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* The inherited handle holds the master's slot. Without one of its own the worker keeps
	 * the period alone, and tries again at its turns: nothing to end a server for. */
	if (entrain_rejoin(agent, &error))
		complain(&error);
	entrain_label(agent, "worker");
	for (unsigned long turn = 0; turn < turns && !ending;) {
		int code = entrain_wait_until(agent, request_ns);

		if (code == ENTRAIN_TIMEOUT) {
			printf("worker %d: a request\n", number);
			request_ns += REQUEST_NS;
		} else if (code == 0) {
			entrain_begin(agent);
			printf("worker %d: turn %lu at %.3f ms\n", number, ++turn,
			       (double)entrain_now_ns() / 1e6);
			fflush(stdout);
			entrain_end(agent);
		}
	}
	entrain_leave(agent);
	fflush(stdout);
	_exit(0);
}

static pid_t start(int number, unsigned long turns)
{
	pid_t pid = fork();

	if (pid == 0)
		work(number, turns);
	printf("worker %d: pid %d\n", number, (int)pid);
	fflush(stdout); /* now: what is in the buffer at a fork is written twice */
	return pid;
}

/* Starts what was killed once more; returns how many are at work. */
static int look_after(pid_t *pids, unsigned long turns)
{
	int status, alive = 0;

	for (int i = 0; i < WORKERS; i++) {
		if (pids[i] > 0 && ending)
			kill(pids[i], SIGTERM);
		if (pids[i] > 0 && waitpid(pids[i], &status, WNOHANG) == pids[i])
			pids[i] = status && !ending ? start(i + 1, turns) : 0;
		alive += pids[i] > 0;
	}
	return alive;
}

/* prefork_server SWARM TURNS; makes the swarm if it is not there, and then removes it too. */
int main(int count, char **arguments)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_measure measure = ENTRAIN_MEASURE;
	struct entrain_settings settings;
	struct entrain_error error;
	unsigned long turns = count == 3 ? strtoul(arguments[2], NULL, 10) : 0, turn = 0;
	pid_t pids[WORKERS];
	int created;

	if (turns == 0)
		return fprintf(stderr, "usage: prefork_server SWARM TURNS\n"), 2;
	entrain_settings_init(&settings);
	settings.period_ns = INT64_C(300000000);
	created = entrain_create(NULL, arguments[1], &settings, &error) == 0;
	if (!created && error.code != ENTRAIN_EXISTS)
		return complain(&error);
	options.name = "prefork";
	options.label = "master";
	agent = entrain_join(arguments[1], &options, &error);
	if (!agent)
		return complain(&error);
	signal(SIGCHLD, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	for (int i = 0; i < WORKERS; i++)
		pids[i] = start(i + 1, turns);
	while (look_after(pids, turns) > 0) {
		if (entrain_wait(agent)) /* cancelled by a signal: see who it is */
			continue;
		entrain_begin(agent); /* the master has a job of its own too: to say how it goes */
		if (entrain_measure(agent, &measure) == 0)
			printf("master: turn %lu at %.3f ms, evenness %.2f\n", ++turn,
			       (double)entrain_now_ns() / 1e6, measure.evenness);
		fflush(stdout);
		entrain_end(agent);
	}
	signal(SIGTERM, SIG_IGN); /* the handle that the handler uses goes away */
	signal(SIGINT, SIG_IGN);
	entrain_leave(agent);
	return created && entrain_remove(NULL, arguments[1], 1, &error) ? complain(&error) : 0;
}
