/* SPDX-License-Identifier: MIT */
/* runs.c - independent runs, over all cores; each is the same whichever thread does it. */
#include "runs.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "../memory.h"
#include "../message.h"
#include "steal.h"

/* ---- what came out -------------------------------------------------------------------- */

/* Cycles from `from` until the goal was reached for good: it is converged in every cycle until `until` from then on. */
static uint32_t cycles_to_target(const struct run *run, uint32_t from, uint32_t until)
{
	uint32_t since = RUN_NEVER;

	for (uint32_t cycle = from; cycle <= until; cycle++) {
		/* Right after a change what was reached before it does not count. */
		if (run->cycles[cycle].reached)
			since = since == RUN_NEVER ? cycle : since;
		else if (!run->cycles[cycle].converged)
			since = RUN_NEVER;
	}
	return since;
}

/* Of the agents that count, as many as had been at some cycle. */
static uint32_t scattered_by(const struct run *run, struct simulation_change change)
{
	uint32_t most = 0;

	for (uint32_t cycle = change.cycle + 1; cycle <= run->plan.cycles; cycle++)
		if (run->cycles[cycle].scattered > most)
			most = run->cycles[cycle].scattered;
	return most;
}

static void change_add(struct run *run, const char *what, struct simulation_change change,
		       uint32_t agents)
{
	unsigned at = run->changes;

	if (!change.share_ppm || change.cycle >= run->plan.cycles)
		return;
	for (; at > 0 && run->change[at - 1].cycle > change.cycle; at--)
		run->change[at] = run->change[at - 1];
	run->change[at] = (struct run_change){
		.what = what, .share_ppm = change.share_ppm, .cycle = change.cycle, .agents = agents
	};
	run->changes++;
}

void run_judge(struct run *run)
{
	const uint32_t last = run->plan.cycles;

	run->changes = 0;
	change_add(run, "crash", run->plan.crash, run->crashed);
	change_add(run, "join", run->plan.join, run->joined);
	change_add(run, "disrupt", run->plan.disrupt, scattered_by(run, run->plan.disrupt));
	run->converged_at = cycles_to_target(run, 0, run->changes ? run->change[0].cycle : last);
	for (unsigned i = 0; i < run->changes; i++) {
		struct run_change *change = &run->change[i];
		const uint32_t until = i + 1 < run->changes ? run->change[i + 1].cycle : last;

		change->cycles = cycles_to_target(run, change->cycle + 1, until);
		if (change->cycles != RUN_NEVER)
			change->cycles -= change->cycle;
	}
	run->energy_least = 100;
	run->switches = 0;
	for (uint32_t cycle = 0; cycle <= last; cycle++) {
		run->energy_least = fmin(run->energy_least, run->cycles[cycle].energy);
		run->switches += run->cycles[cycle].switches;
	}
}

/* ---- one run -------------------------------------------------------------------------- */

struct crew {
	struct steal steal;
	struct run *runs;
	const struct runs_progress *progress;
	double all;            /* of work, in agents looked at */
	_Atomic uint64_t done; /* in 1000 of those; relaxed: for display only */
	_Atomic bool failed;   /* relaxed: read again after joining */
};

static double work_of(const struct simulation_plan *plan)
{
	return (double)plan->agents * plan->agents / 1000 + 1;
}

static void run_do(struct run *run, struct crew *crew, bool tells)
{
	struct simulation simulation;

	run->cycles = memory_resize(NULL, run->plan.cycles + 1, sizeof(*run->cycles));
	if (!simulation_open(&simulation, &run->plan, run->why, sizeof(run->why))) {
		atomic_store_explicit(&crew->failed, true, memory_order_relaxed);
		return;
	}
	run->cycles[0] = (struct gauge){ 0 };
	gauge_fill(&run->cycles[0], &simulation);
	for (uint32_t cycle = 1; cycle <= run->plan.cycles; cycle++) {
		uint64_t done;

		run->cycles[cycle] = run->cycles[cycle - 1];
		simulation_cycle(&simulation, &run->cycles[cycle]);
		done = atomic_fetch_add_explicit(&crew->done, (uint64_t)work_of(&run->plan),
						 memory_order_relaxed);
		if (tells && crew->progress)
			crew->progress->told(crew->progress->context, (double)done / crew->all);
	}
	if (simulation.workload)
		workload_read(simulation.workload, simulation.now_ns, &run->load);
	run->crashed = simulation.crashed;
	run->joined = simulation.joined;
	simulation_close(&simulation);
	run_judge(run);
}

/* ---- all of them ---------------------------------------------------------------------- */

struct hand {
	struct crew *crew;
	unsigned number;
	pthread_t thread;
};

static void *hand_work(void *argument)
{
	struct hand *hand = argument;
	uint32_t task;

	while (steal_take(&hand->crew->steal, hand->number, &task))
		run_do(&hand->crew->runs[task], hand->crew, hand->number == 0);
	return NULL;
}

bool runs_do(struct run *runs, uint32_t count, unsigned threads,
	     const struct runs_progress *progress)
{
	struct crew crew = { .runs = runs, .progress = progress };
	struct hand *hands;

	if (threads > count)
		threads = count;
	for (uint32_t i = 0; i < count; i++)
		crew.all += work_of(&runs[i].plan) * runs[i].plan.cycles;
	hands = memory_resize(NULL, threads, sizeof(*hands));
	steal_open(&crew.steal, count, threads);
	for (unsigned i = 0; i < threads; i++) {
		hands[i] = (struct hand){ .crew = &crew, .number = i };
		if (i && pthread_create(&hands[i].thread, NULL, hand_work, &hands[i]))
			exit(message_failure(STATUS_REFUSED, "simulate --threads", "fewer threads",
					     "thread %u could not be started", i + 1));
	}
	hand_work(&hands[0]);
	for (unsigned i = 1; i < threads; i++)
		pthread_join(hands[i].thread, NULL);
	steal_close(&crew.steal);
	free(hands);
	return !atomic_load_explicit(&crew.failed, memory_order_relaxed);
}

void runs_free(struct run *runs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		free(runs[i].cycles);
}
