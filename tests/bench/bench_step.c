/* SPDX-License-Identifier: MIT */
/*
 * bench_step.c - what an agent's turn costs: the whole of entrain_begin(), entrain_end() and entrain_measure(), in a real segment
 * with N agents alive in it, at a capacity of N and of 65,536, and where each sees only its neighbours on a ring.
 *
 * The N - 1 others are slots of this process, published once a turn of ours with instants that spread them evenly, as the
 * clock that is injected goes on: so the step reads what it reads in life. Warm; least and median of batches.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "agent.h"
#include "clock.h"

#define PERIOD_NS INT64_C(1000000000)
#define BATCHES 30

static int64_t virtual_ns;

static int64_t virtual_clock(void)
{
	return virtual_ns;
}

static double real_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

static void others_publish(struct slot_owner *owners, uint32_t count, uint32_t of)
{
	for (uint32_t i = 0; i < count; i++) {
		int64_t next_ns = virtual_ns + (int64_t)(i + 1) * PERIOD_NS / of;
		const struct slot_turn turn = { .cur_ns = next_ns - PERIOD_NS,
						.next_ns = next_ns,
						.period_ns = PERIOD_NS,
						.work_ns = PERIOD_NS / 2 / of,
						.topology = 1 << 16 };

		if (!slot_publish(&owners[i], &turn)) {
			fprintf(stderr, "bench_step: a slot was lost\n");
			exit(1);
		}
	}
}

struct sample {
	double begin[BATCHES], end[BATCHES], measure[BATCHES];
};

static void sample_take(struct entrain_agent *agent, struct slot_owner *owners, uint32_t agents,
			struct sample *sample)
{
	struct entrain_measure measure = ENTRAIN_MEASURE;
	int repeats = agents > 2000 ? 4 : 20;

	for (int batch = -3; batch < BATCHES; batch++) {
		double begin = 0, end = 0, measured = 0;

		for (int i = 0; i < repeats; i++) {
			double start;

			virtual_ns = entrain_next_turn_ns(agent);
			others_publish(owners, agents - 1, agents);
			start = real_ns();
			entrain_begin(agent);
			begin += real_ns() - start;
			virtual_ns += PERIOD_NS / 2 / agents;
			start = real_ns();
			entrain_end(agent);
			end += real_ns() - start;
			start = real_ns();
			entrain_measure(agent, &measure);
			measured += real_ns() - start;
		}
		if (batch < 0)
			continue;
		sample->begin[batch] = begin / repeats;
		sample->end[batch] = end / repeats;
		sample->measure[batch] = measured / repeats;
	}
	if (measure.agents_alive != agents)
		fprintf(stderr, "bench_step: %u agents alive instead of %u\n", measure.agents_alive,
			agents);
}

static void row_print(const char *what, double *values)
{
	qsort(values, BATCHES, sizeof(*values), by_value);
	printf("  %-18s %10.0f %10.0f\n", what, values[0], values[BATCHES / 2]);
}

static void run(uint32_t agents, uint32_t capacity, const char *topology)
{
	struct entrain_settings settings;
	struct entrain_error error;
	struct entrain_agent *agent;
	struct slot_owner *owners = calloc(agents, sizeof(*owners));
	struct sample sample;
	char name[64];

	snprintf(name, sizeof(name), "bench-step-%d", (int)getpid());
	entrain_settings_init(&settings);
	settings.capacity = capacity;
	settings.period_ns = PERIOD_NS;
	strcpy(settings.topology, topology);
	if (!owners || entrain_create(NULL, name, &settings, &error)) {
		fprintf(stderr, "bench_step: %s: %s\n", error.object, error.why);
		exit(1);
	}
	agent = entrain_join(name, NULL, &error);
	for (uint32_t i = 0; agent && i < agents - 1; i++)
		if (roster_claim(&agent->roster, process_identity(), virtual_ns, false,
				 &owners[i]) < 0)
			exit(1);
	printf("%u agents, capacity %u, %s (ns: least, median of %d batches)\n", agents, capacity,
	       topology, BATCHES);
	if (agent) {
		sample_take(agent, owners, agents, &sample);
		row_print("entrain_begin", sample.begin);
		row_print("entrain_end", sample.end);
		row_print("entrain_measure", sample.measure);
	}
	entrain_leave(agent);
	entrain_remove(NULL, name, 0, NULL);
	free(owners);
}

int main(void)
{
	static const uint32_t sizes[] = { 64, 1024, 2000, 10000 };

	virtual_ns = PERIOD_NS * 1000;
	clock_source = virtual_clock;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		run(sizes[i], sizes[i], "full");
		run(sizes[i], ENTRAIN_CAPACITY_MAX, "full");
		run(sizes[i], sizes[i], "ring:4");
	}
	return 0;
}
