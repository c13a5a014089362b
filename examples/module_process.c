/* SPDX-License-Identifier: MIT */
/*
 * The skeleton of a module for a daemon with a process per connection, and such a daemon around it: each line of its input is served
 * by a child of its own, and a process without connections writes out what they did, at its turns.
 */
#include <entrain.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the module: what to write for a daemon of one's own, and nothing else ------------------ */

static struct {
	const char *swarm;
	struct entrain_settings settings;
	struct entrain_agent *agent; /* NULL: the daemon goes on by its own timer */
} module;

/* The master, while it reads its configuration. Nothing is mapped yet, so no child inherits anything. */
static void module_configure(const char *swarm, int64_t period_ns)
{
	module.swarm = swarm;
	entrain_settings_init(&module.settings);
	module.settings.period_ns = period_ns;
}

/* The process that acts, when it starts; the children that serve connections never come here. */
static void module_enter(void)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_error error;

	options.flags = ENTRAIN_CREATE; /* our configuration spells the swarm out */
	options.settings = &module.settings;
	options.name = "module";
	module.agent = entrain_join(module.swarm, &options, &error);
	if (!module.agent) /* said once; a daemon does not end for this */
		fprintf(stderr, "module_process: %s: %s: %s\n", error.what, error.object,
			error.why);
}

/* How long its loop may sleep. */
static int module_timeout_ms(int own_ms)
{
	int64_t left_ns;

	if (!module.agent)
		return own_ms;
	left_ns = entrain_wake_ns(module.agent) - entrain_now_ns();
	return left_ns <= 0 ? 0 : (int)(left_ns / 1000000 + 1);
}

/* Is it our turn? Asked whenever the loop comes round. */
static int module_due(void)
{
	return !module.agent || entrain_due(module.agent);
}

static void module_leave(void)
{
	entrain_leave(module.agent);
	module.agent = NULL;
}

/* ---- the daemon ------------------------------------------------------------------------------ */

#define PERIOD_MS 300

static _Atomic unsigned long *served; /* shared with the children */
static volatile sig_atomic_t ending;

static void on_signal(int number)
{
	(void)number;
	ending = 1;
}

/* Ends at SIGTERM, or after so many turns. */
static void write_out(unsigned long turns)
{
	unsigned long written = 0;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	module_enter();
	for (unsigned long turn = 0; turn < turns && !ending;) {
		unsigned long now;

		poll(NULL, 0, module_timeout_ms(PERIOD_MS));
		if (ending || !module_due())
			continue;
		now = atomic_load(served);
		if (module.agent && now == written) {
			entrain_pass(
				module.agent); /* nothing to do: the turn is taken all the same */
			turn++;
			continue;
		}
		entrain_begin(module.agent);
		printf("module_process: turn %lu at %.3f ms, %lu served\n", ++turn,
		       (double)entrain_now_ns() / 1e6, now - written);
		fflush(stdout);
		written = now;
		entrain_end(module.agent);
	}
	module_leave();
	_exit(0);
}

static pid_t start(unsigned long turns)
{
	pid_t pid = fork();

	if (pid == 0)
		write_out(turns);
	return pid;
}

/* Each line is a connection. False: no more will come. */
static int take_connections(void)
{
	char lines[4096];
	ssize_t got = read(STDIN_FILENO, lines, sizeof(lines));

	for (ssize_t i = 0; i < got; i++)
		if (lines[i] == '\n' && fork() == 0) {
			atomic_fetch_add(served, 1);
			_exit(0);
		}
	return got > 0;
}

/* Reap the children; one that writes out and dies is started again. Returns its pid, or 0 once it has ended by itself. */
static pid_t look_after(pid_t writer, unsigned long turns)
{
	int status;
	pid_t gone;

	while ((gone = waitpid(-1, &status, WNOHANG)) > 0)
		if (gone == writer)
			writer = status && !ending ? start(turns) : 0;
	return writer;
}

/* module_process SWARM TURNS; makes the swarm if it is not there. */
int main(int count, char **arguments)
{
	unsigned long turns = count == 3 ? strtoul(arguments[2], NULL, 10) : 0;
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	pid_t writer;

	if (turns == 0)
		return fprintf(stderr, "usage: module_process SWARM TURNS\n"), 2;
	served = mmap(NULL, sizeof(*served), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (served == MAP_FAILED)
		return perror("module_process"), 5;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	module_configure(arguments[1], PERIOD_MS * INT64_C(1000000));
	writer = start(turns);
	while (writer > 0) {
		if (poll(&input, 1, 100) > 0 && !take_connections())
			input.fd = -1; /* and go on until the last turn */
		if (ending)
			kill(writer, SIGTERM);
		writer = look_after(writer, turns);
	}
	return writer < 0 ? 5 : 0;
}
