/* SPDX-License-Identifier: MIT */
/* A host of several threads: one handle a thread, and a signal that ends them all. */
#include <entrain.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 4

static struct worker {
	struct entrain_agent *agent;
	pthread_t thread;
	int number;
	unsigned long turns;
} workers[THREADS];

/* On whichever thread it comes. Before a wait it ends that wait: none is missed. */
static void on_signal(int number)
{
	(void)number;
	for (int i = 0; i < THREADS; i++)
		entrain_cancel(workers[i].agent);
}

static void *work(void *context)
{
	struct worker *worker = context;

	for (unsigned long turn = 1; turn <= worker->turns; turn++) {
		if (entrain_wait(worker->agent)) /* ENTRAIN_CANCELED */
			break;
		entrain_begin(worker->agent);
		printf("thread %d: turn %lu at %.3f ms\n", worker->number, turn,
		       (double)entrain_now_ns() / 1e6);
		fflush(stdout);
		entrain_end(worker->agent);
	}
	return NULL;
}

static int complain(const struct entrain_error *error)
{
	fprintf(stderr, "%s: %s: %s\n", error->what, error->object, error->why);
	return entrain_code_status(error->code);
}

/* threads SWARM TURNS; makes the swarm if it is not there, and then removes it too. */
int main(int count, char **arguments)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct sigaction action = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
	struct entrain_settings settings;
	struct entrain_error error;
	unsigned long turns = count == 3 ? strtoul(arguments[2], NULL, 10) : 0;
	int created, status = 0;

	if (turns == 0)
		return fprintf(stderr, "usage: threads SWARM TURNS\n"), 2;
	/* entrain_join() with ENTRAIN_CREATE is shorter, but does not say who made the swarm. */
	entrain_settings_init(&settings);
	settings.period_ns = INT64_C(300000000);
	created = entrain_create(NULL, arguments[1], &settings, &error) == 0;
	if (!created && error.code != ENTRAIN_EXISTS)
		return complain(&error);
	options.name = "threads";
	for (int i = 0; i < THREADS && status == 0; i++) {
		workers[i] = (struct worker){ .number = i + 1, .turns = turns };
		workers[i].agent = entrain_join(arguments[1], &options, &error);
		if (!workers[i].agent)
			status = complain(&error);
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	/* From here on each handle is its thread's, until that has ended. */
	for (int i = 0; i < THREADS && status == 0; i++)
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	for (int i = 0; i < THREADS && status == 0; i++)
		pthread_join(workers[i].thread, NULL);
	sigaction(SIGTERM, &ignore, NULL); /* the handles that the handler uses go away */
	sigaction(SIGINT, &ignore, NULL);
	for (int i = 0; i < THREADS; i++)
		entrain_leave(workers[i].agent);
	if (created && entrain_remove(NULL, arguments[1], 1, &error))
		status = complain(&error);
	return status;
}
