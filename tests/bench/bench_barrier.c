/* SPDX-License-Identifier: MIT */
/*
 * bench_barrier.c - what a round of the barrier costs, beside a pthread_barrier that processes share.
 *
 * Rounds with nothing between them, so all that is measured is waiting and waking. The pthread barrier knows its number of
 * participants beforehand and stands still for ever when one of them dies; ours costs what it takes to do neither. Each cell is
 * the best of several runs, the two taken in turns.
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "entrain.h"

#define MOST 64
#define SECOND_NS INT64_C(1000000000)
#define DEADLINE_NS (60 * SECOND_NS)

struct shared {
	pthread_barrier_t start, rounds;
	int64_t took_ns[MOST];
};

struct run {
	struct shared *shared;
	char dir[64];
	unsigned processes, rounds;
};

static void fail(const char *what)
{
	perror(what);
	_exit(1);
}

static void work_pthread(const struct run *run)
{
	for (unsigned i = 0; i < run->rounds; i++)
		pthread_barrier_wait(&run->shared->rounds);
}

static void work_entrain(const struct run *run, struct entrain_agent *agent)
{
	int64_t deadline_ns = entrain_now_ns() + DEADLINE_NS;

	for (unsigned i = 0; i < run->rounds; i++)
		if (entrain_barrier_wait(agent, deadline_ns))
			fail("bench_barrier: a round took too long");
}

static void work(const struct run *run, unsigned number, int ours, pid_t parent)
{
	struct entrain_agent *agent = NULL;
	int64_t began_ns;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	if (ours) {
		agent = entrain_join("bench", NULL, NULL);
		/* All take part before the first round that counts: the deadline has passed, the round stands. */
		if (!agent || entrain_barrier_wait(agent, 0) > ENTRAIN_TIMEOUT)
			fail("bench_barrier: join");
	}
	pthread_barrier_wait(&run->shared->start);
	began_ns = entrain_now_ns();
	if (ours)
		work_entrain(run, agent);
	else
		work_pthread(run);
	run->shared->took_ns[number] = entrain_now_ns() - began_ns;
	entrain_leave(agent);
	_exit(0);
}

/* Rounds a second; 0: it failed. */
static double run_once(const struct run *run, int ours)
{
	pthread_barrierattr_t attributes;
	pid_t parent = getpid(), children[MOST];
	int64_t longest_ns = 1;
	int status, failed = 0;

	pthread_barrierattr_init(&attributes);
	pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&run->shared->start, &attributes, run->processes);
	pthread_barrier_init(&run->shared->rounds, &attributes, run->processes);
	for (unsigned i = 0; i < run->processes; i++) {
		children[i] = fork();
		if (children[i] < 0)
			fail("fork");
		if (children[i] == 0)
			work(run, i, ours, parent);
	}
	for (unsigned i = 0; i < run->processes; i++) {
		failed |= waitpid(children[i], &status, 0) != children[i] || status != 0;
		if (run->shared->took_ns[i] > longest_ns)
			longest_ns = run->shared->took_ns[i];
	}
	return failed ? 0 : (double)run->rounds * 1e9 / (double)longest_ns;
}

static int compare(struct run *run, unsigned runs)
{
	double best[2] = { 0 };

	for (unsigned i = 0; i < runs; i++)
		for (int ours = 0; ours < 2; ours++) {
			double rate = run_once(run, ours);

			if (rate == 0)
				return -1;
			if (rate > best[ours])
				best[ours] = rate;
		}
	printf("| %9u | %20.0f | %20.0f | %5.2f |\n", run->processes, best[1], best[0],
	       best[1] / best[0]);
	return 0;
}

int main(void)
{
	static const unsigned processes[] = { 2, 8, 64 }, rounds[] = { 20000, 5000, 500 };
	const char *text = getenv("BENCH_RUNS");
	unsigned runs = text && atoi(text) > 0 ? (unsigned)atoi(text) + 2 : 5;
	struct run run = { .dir = "/dev/shm/entrain-bench.XXXXXX" };
	struct entrain_settings settings;
	int failed = 0;

	run.shared = mmap(NULL, sizeof(*run.shared), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run.shared == MAP_FAILED || !mkdtemp(run.dir) || setenv("ENTRAIN_DIR", run.dir, 1))
		fail("bench_barrier");
	entrain_settings_init(&settings);
	settings.capacity = MOST;
	failed = entrain_create(NULL, "bench", &settings, NULL);
	printf("Best of %u runs, %ld processors.\n\n", runs, sysconf(_SC_NPROCESSORS_ONLN));
	printf("| processes | entrain (rounds/s)   | pthread (rounds/s)   | ratio |\n");
	printf("| --------: | -------------------: | -------------------: | ----: |\n");
	for (unsigned i = 0; i < 3 && !failed; i++) {
		run.processes = processes[i];
		run.rounds = rounds[i];
		fflush(NULL);
		failed = compare(&run, runs);
	}
	entrain_remove(NULL, "bench", 0, NULL);
	rmdir(run.dir);
	return failed ? 1 : 0;
}
