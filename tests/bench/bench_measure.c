/* SPDX-License-Identifier: MIT */
/*
 * bench_measure.c - what it costs an agent to measure its swarm from inside: R1 to R4 alone, and everything with gaps and evenness.
 *
 * One agent and N - 1 slots of this process, in a real segment; each has acted, so that the actual evenness is measured too.
 * The angles of each pattern are known, and what is measured is checked against them. Warm; least and median of batches. What
 * is allocated is what malloc() and its kind handed out and what the address space grew by, over all calls.
 */
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "agent.h"
#include "clock.h"

#define PERIOD_NS INT64_C(1000000000)
#define BATCHES 60
#define REPEATS 20

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

/* The swarm that there is; removed at the end, whichever it is. */
static char swarm[64];

static void fail(const char *why)
{
	fprintf(stderr, "bench_measure: %s\n", why);
	entrain_remove(NULL, swarm, 0, NULL);
	exit(1);
}

/* Bytes of address space of this process. */
static size_t space_size(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file || fscanf(file, "%lu", &pages) != 1)
		fail("/proc/self/statm cannot be read");
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

struct pattern {
	const char *name;
	double width;    /* of the part of the circle that they lie on, in turns */
	double order;    /* R1 of it; below 0: not known */
	bool random;     /* random places, else in even steps */
	uint32_t unlike; /* how many different actions there are */
	uint32_t paces;  /* how many different periods */
};

static const struct pattern patterns[] = {
	{ "even", 1, 0, false, 1, 1 },
	{ "random", 1, -1, true, 1, 1 },
	{ "random, unlike actions", 1, -1, true, 97, 1 },
	{ "random, unlike periods", 1, -1, true, 1, 1999 },
	{ "half a turn", .5, .636620, false, 1, 1 },
	{ "together within 1/10000", 1e-4, 1, true, 1, 1 },
	{ "together, unlike actions", 1e-4, 1, true, 97, 1 },
};

static void others_publish(struct slot_owner *owners, uint32_t agents,
			   const struct pattern *pattern)
{
	for (uint32_t i = 1; i < agents; i++) {
		double place =
			pattern->random ? (double)random() / 2147483648.0 : (double)i / agents;
		int64_t period_ns = PERIOD_NS + (int64_t)(i % pattern->paces) * 7919;
		int64_t ahead_ns = (int64_t)(place * pattern->width * (double)period_ns);
		int64_t next_ns = virtual_ns + ahead_ns + period_ns / 100;
		const struct slot_turn turn = {
			.cur_ns = next_ns - period_ns,
			.next_ns = next_ns,
			.period_ns = period_ns,
			.work_ns = PERIOD_NS / 4 / agents * (1 + i % pattern->unlike),
			.topology = 1 << 16,
		};
		struct slot_owner *owner = &owners[i - 1];

		if (!slot_publish(owner, &turn) ||
		    !slot_set_acting(owner, next_ns - period_ns - period_ns / 50, false) ||
		    !slot_set_fact(owner, FACT_TURNS, 7) ||
		    !slot_set_fact(owner, FACT_OVERLAP, overlap_make(1, 0)))
			fail("a slot was lost");
	}
}

static void row_print(const char *what, double *values)
{
	qsort(values, BATCHES, sizeof(*values), by_value);
	printf("  %-26s %10.0f %10.0f\n", what, values[0], values[BATCHES / 2]);
}

/* Both must agree, see everybody, and see the pattern. */
static void answers_check(const struct entrain_measure *measure, const double order[4],
			  uint32_t agents, const struct pattern *pattern)
{
	if (measure->agents_alive != agents)
		fail("not everybody is alive");
	if (measure->evenness_actual <= 0)
		fail("not everybody has acted");
	for (int m = 0; m < 4; m++)
		if (fabs(measure->order_parameters[m] - order[m]) > 2e-6)
			fail("the two do not agree");
	/* This agent itself lies anywhere. */
	if (pattern->order >= 0 && fabs(order[0] - pattern->order) > 2.1 / agents)
		fail("R1 is not that of the pattern");
}

static void pattern_run(struct entrain_agent *agent, struct slot_owner *owners, uint32_t agents,
			const struct pattern *pattern)
{
	struct entrain_measure measure = ENTRAIN_MEASURE;
	double coherence[BATCHES], whole[BATCHES], order[4] = { 0 };
	size_t heap, space;

	virtual_ns = entrain_next_turn_ns(agent);
	entrain_begin(agent);
	virtual_ns += PERIOD_NS / 4 / agents;
	entrain_end(agent);
	others_publish(owners, agents, pattern);
	entrain_measure(agent, &measure); /* scratch is touched at the first call */
	space = space_size();
	heap = mallinfo2().uordblks;
	for (int batch = -3; batch < BATCHES; batch++) {
		double start = real_ns(), middle;

		for (int i = 0; i < REPEATS; i++)
			entrain_coherence(agent, order);
		middle = real_ns();
		for (int i = 0; i < REPEATS; i++)
			entrain_measure(agent, &measure);
		if (batch < 0)
			continue;
		whole[batch] = (real_ns() - middle) / REPEATS;
		coherence[batch] = (middle - start) / REPEATS;
	}
	heap = mallinfo2().uordblks - heap;
	space = space_size() - space;
	answers_check(&measure, order, agents, pattern);
	printf(" %s: %zu bytes allocated\n", pattern->name, heap + space);
	row_print("R1..R4 alone", coherence);
	row_print("with gaps and evenness", whole);
}

static void run(uint32_t agents)
{
	struct entrain_settings settings;
	struct entrain_error error;
	struct entrain_agent *agent;
	struct slot_owner *owners = calloc(agents, sizeof(*owners));

	snprintf(swarm, sizeof(swarm), "bench-measure-%d", (int)getpid());
	entrain_settings_init(&settings);
	settings.capacity = agents;
	settings.period_ns = PERIOD_NS;
	if (!owners || entrain_create(NULL, swarm, &settings, &error))
		fail(error.why);
	agent = entrain_join(swarm, NULL, &error);
	if (!agent)
		fail(error.why);
	for (uint32_t i = 0; i < agents - 1; i++)
		if (roster_claim(&agent->roster, process_identity(), virtual_ns, false,
				 &owners[i]) < 0)
			fail("no slot could be claimed");
	printf("%u agents (ns: least, median of %d batches)\n", agents, BATCHES);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		pattern_run(agent, owners, agents, &patterns[i]);
	entrain_leave(agent);
	entrain_remove(NULL, swarm, 0, NULL);
	free(owners);
}

int main(void)
{
	static const uint32_t sizes[] = { 64, 2000, 10000 };

	virtual_ns = PERIOD_NS * 1000;
	clock_source = virtual_clock;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		run(sizes[i]);
	return 0;
}
