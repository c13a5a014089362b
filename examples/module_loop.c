/* SPDX-License-Identifier: MIT */
/*
 * The skeleton of a module for a daemon with event loops, and such a daemon around it: a master and three workers, each of which
 * buffers what it did and writes it out by a timer of its loop, or, with the module, at its turn.
 */
#include <entrain.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- what the daemon has: a loop with timers, a buffer ----------------------------------------- */

#define MS INT64_C(1000000)

struct timer {
	int64_t at_ns; /* 0: not set */
	void (*fired)(struct timer *timer);
};

static void buffer_flush(const char *why);

/* ---- the module: what to write for a daemon of one's own, and nothing else ------------------ */

static struct {
	const char *swarm;
	struct entrain_settings settings;
	struct entrain_agent *agent; /* NULL: the daemon goes on by its own timer */
	int complained;              /* of not being in the swarm: once is enough */
	struct timer timer;
} module;

/* The configuration is read: check it, and touch nothing shared. 0, or why not. */
static const char *module_configure(const char *swarm, const char *period, int64_t flush_ns)
{
	static struct entrain_error error;

	module.swarm = swarm;
	entrain_settings_init(&module.settings);
	if (entrain_settings_set(&module.settings, "period", period, 0, &error) ||
	    entrain_settings_check(&module.settings, &error))
		return error.why;
	/* else the daemon's own timer comes first now and then */
	if (module.settings.period_ns + entrain_settings_max_delay_ns(&module.settings) + 20 * MS >
	    flush_ns)
		return "(1 + max delay) x period + 20 ms do not fit into the daemon's own interval";
	return NULL;
}

static void module_complain(const struct entrain_error *error)
{
	fprintf(stderr, "module_loop: %s %s: %s\n", error->what, error->object, error->why);
}

/* The master, before it forks: the swarm is there, and belongs to the workers' group (settings.gid). A failure stops nothing. */
static void module_master_ready(void)
{
	struct entrain_error error;
	int code = entrain_create(NULL, module.swarm, &module.settings, &error);

	if (code && code != ENTRAIN_EXISTS)
		module_complain(&error);
}

static void module_join(void)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_error error;

	options.name = "module";
	options.probe = 1;            /* it may be here because another one died */
	options.ready_timeout_ns = 1; /* a loop waits for nothing */
	module.agent = entrain_join(module.swarm, &options, &error);
	if (!module.agent && !module.complained)
		module_complain(&error);
	module.complained = !module.agent;
}

/* In modes observe and off the operator wants the daemon's own interval to do the work. */
static int module_acts(void)
{
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	return entrain_swarm_settings(module.agent, &settings) == 0 && settings.mode == ENTRAIN_ACT;
}

/* In the loop of a worker. A timer that fires early does no harm, so one of whole milliseconds will do. */
static void module_timer_fired(struct timer *timer)
{
	if (!module.agent) {
		module_join(); /* asked again a period later */
	} else if (entrain_due(module.agent)) {
		if (module_acts()) {
			entrain_begin(module.agent); /* looks at the others, plans the next turn */
			buffer_flush("turn");
			entrain_end(module.agent);
		} else {
			entrain_pass(module.agent);
		}
	}
	timer->at_ns = module.agent ? entrain_wake_ns(module.agent)
				    : entrain_now_ns() + module.settings.period_ns;
}

/* In each worker, once it is what it will be (user, root, namespaces); not in helpers. */
static void module_worker_start(void)
{
	module.timer.fired = module_timer_fired;
	module_timer_fired(&module.timer);
}

/* A worker ends in order. One that does not is noticed by the others. */
static void module_worker_end(void)
{
	entrain_leave(module.agent);
	module.agent = NULL;
}

/* ---- the daemon ------------------------------------------------------------------------------ */

#define WORKERS 3
#define PERIOD "300ms" /* as it would stand in a configuration */
#define FLUSH_NS (400 * MS)
#define WORK_NS (10 * MS)

static struct timer work, flush;
static unsigned long lines, turns, turns_wanted;
static volatile sig_atomic_t ending;

static void on_signal(int number)
{
	(void)number;
	ending = 1;
}

static void buffer_flush(const char *why)
{
	if (lines) {
		printf("worker %ld: %s %lu at %.3f ms, %lu lines\n", (long)getpid(), why, turns + 1,
		       (double)entrain_now_ns() / 1e6, lines);
		fflush(stdout);
		turns++;
	}
	lines = 0;
	flush.at_ns = 0;
}

static void flush_fired(struct timer *timer)
{
	(void)timer;
	buffer_flush("interval");
}

static void work_fired(struct timer *timer)
{
	lines++;
	if (!flush.at_ns)
		flush.at_ns = entrain_now_ns() + FLUSH_NS; /* with the first line in the buffer */
	timer->at_ns += WORK_NS;
}

static void loop(void)
{
	struct timer *const timers[] = { &work, &flush, &module.timer };

	while (!ending && turns < turns_wanted) {
		struct timer *next = &work;
		struct timespec until;

		for (int i = 1; i < 3; i++)
			if (timers[i]->at_ns && timers[i]->at_ns < next->at_ns)
				next = timers[i];
		until.tv_sec = next->at_ns / (1000 * MS);
		until.tv_nsec = next->at_ns % (1000 * MS);
		if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0)
			next->fired(next);
	}
}

static pid_t worker_start(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	work = (struct timer){ entrain_now_ns() + WORK_NS, work_fired };
	flush.fired = flush_fired;
	module_worker_start();
	loop();
	buffer_flush("end");
	module_worker_end();
	_exit(0);
}

/* module_loop SWARM TURNS: each worker ends after so many; one that is killed is replaced. Makes the swarm if it is not there. */
int main(int count, char **arguments)
{
	struct sigaction action = { .sa_handler = on_signal };
	const char *wrong;
	pid_t pids[WORKERS];
	int alive = WORKERS, status;

	turns_wanted = count == 3 ? strtoul(arguments[2], NULL, 10) : 0;
	if (turns_wanted == 0)
		return fprintf(stderr, "usage: module_loop SWARM TURNS\n"), 2;
	wrong = module_configure(arguments[1], PERIOD, FLUSH_NS);
	if (wrong)
		return fprintf(stderr, "module_loop: %s: %s\n", PERIOD, wrong), 2;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	module_master_ready();
	for (int i = 0; i < WORKERS; i++)
		pids[i] = worker_start();
	while (alive > 0 && !ending) {
		pid_t gone = wait(&status);

		for (int i = 0; gone > 0 && i < WORKERS; i++)
			if (pids[i] == gone && WIFSIGNALED(status))
				pids[i] = worker_start();
			else if (pids[i] == gone)
				alive--;
	}
	for (int i = 0; ending && i < WORKERS; i++)
		kill(pids[i], SIGTERM);
	while (wait(&status) > 0)
		;
	return 0;
}
