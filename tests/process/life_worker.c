/* SPDX-License-Identifier: MIT */
/* life_worker.c - workers that log their turns in memory shared with the test; see life.h. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "life.h"

static struct entrain_agent *agent_to_cancel;

static void on_end(int signal)
{
	(void)signal;
	entrain_cancel(agent_to_cancel);
}

static void act(int64_t action_ns)
{
	struct timespec pause = { action_ns / LIFE_S, action_ns % LIFE_S };

	if (action_ns > 0)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

static void say_joined(struct life_worker *worker, const struct entrain_agent *agent)
{
	enum entrain_code why;
	int joined = entrain_joined(agent, &why);

	worker->why = (int)why;
	worker->slot = (int)agent->index;
	worker->joined = joined;
}

static void sleep_until(int64_t instant_ns)
{
	struct timespec instant = { instant_ns / LIFE_S, instant_ns % LIFE_S };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &instant, NULL) == EINTR)
		;
}

static void work(void *context)
{
	struct life_worker *worker = context;
	struct sigaction action = { .sa_handler = on_end };
	struct entrain_agent *agent;

	sleep_until(worker->join_ns);
	agent = entrain_join(LIFE_SWARM, NULL, NULL);
	life_check(agent != NULL);
	agent_to_cancel = agent;
	sigaction(SIGTERM, &action, NULL);
	say_joined(worker, agent);
	while (!worker->stop) {
		uint64_t turn = worker->turns;

		if (entrain_wait(agent))
			continue;
		atomic_store_explicit(&worker->turn_ns[turn % LIFE_TURNS],
				      entrain_next_turn_ns(agent), memory_order_relaxed);
		atomic_store_explicit(&worker->began_ns[turn % LIFE_TURNS], entrain_now_ns(),
				      memory_order_relaxed);
		life_check(entrain_begin(agent) == 0);
		worker->turns = turn + 1;
		act(worker->action_ns);
		life_check(entrain_end(agent) == 0);
		say_joined(worker, agent);
	}
	entrain_leave(agent);
}

struct life_worker *life_workers(unsigned count)
{
	return life_shared(count * sizeof(struct life_worker));
}

void life_work_all(struct life_worker *workers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int64_t action_ns = workers[i].action_ns, join_ns = workers[i].join_ns;

		memset(&workers[i], 0, sizeof(workers[i]));
		workers[i].action_ns = action_ns;
		workers[i].join_ns = join_ns;
		workers[i].pid = life_fork(work, &workers[i]);
	}
	for (unsigned i = 0; i < count; i++)
		life_until(workers[i].joined);
}

void life_work(struct life_worker *worker)
{
	life_work_all(worker, 1);
}

void life_end_all(struct life_worker *workers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		workers[i].stop = 1;
		kill(workers[i].pid, SIGTERM);
	}
	for (unsigned i = 0; i < count; i++)
		life_ended_well(workers[i].pid);
}

void life_end(struct life_worker *worker)
{
	life_end_all(worker, 1);
}

double life_evenness(int64_t *instants, unsigned count, int64_t period_ns)
{
	int64_t most_ns = 0;

	for (unsigned i = 0; i < count; i++) {
		int64_t instant_ns = instants[i] % period_ns;
		unsigned at = i;

		for (; at > 0 && instants[at - 1] > instant_ns; at--)
			instants[at] = instants[at - 1];
		instants[at] = instant_ns;
	}
	for (unsigned i = 0; i < count; i++) {
		int64_t next_ns = i + 1 < count ? instants[i + 1] : instants[0] + period_ns;

		if (next_ns - instants[i] > most_ns)
			most_ns = next_ns - instants[i];
	}
	return most_ns ? (double)period_ns / (double)most_ns / count : 0;
}

double life_evenness_of(struct life_worker *workers, unsigned count, int64_t period_ns, bool began)
{
	int64_t instants[256], now_ns = entrain_now_ns();
	unsigned used = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct life_worker *worker = &workers[i];
		uint64_t turns = worker->turns;
		unsigned last = (unsigned)((turns - 1) % LIFE_TURNS);

		if (worker->stop)
			continue;
		if (!turns || worker->began_ns[last] < now_ns - 2 * period_ns)
			return 0;
		instants[used++] = began ? worker->began_ns[last] : worker->turn_ns[last];
	}
	return used ? life_evenness(instants, used, period_ns) : 0;
}
