/* SPDX-License-Identifier: MIT */
/*
 * bench_decide.c - how long one decision takes, warm.
 *
 *	bench_decide [MILLISECONDS]	time for each line, 300 by default
 *
 * Prints the median and the least of batches: on a shared machine the least is what the code takes, and the
 * median what the machine leaves of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "strategy/decide.h"

#define PERIOD_NS INT64_C(5000000000)
#define BATCHES_MAX 4096

struct swarm {
	struct peer *peers;
	void *scratch;
	uint32_t agents;
	int64_t work_ns;
	int64_t now_ns;
};

static int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Where the turns of the agents are, in slots that say nothing of their phase. */
enum where {
	EVEN, /* a little out of place */
	CLOCK, /* all arrive at one instant, read a little differently, and are delayed by the schedule */
	ANYWHERE /* and delayed by anything up to the cap */
};

static int64_t place_ns(enum where where, uint32_t agents, uint64_t place, uint64_t random)
{
	if (where == EVEN)
		return (int64_t)(place * PERIOD_NS / agents) + (int64_t)(random % 1000000) / agents;
	return where == CLOCK ? (int64_t)(random % 2000) - 1000 : (int64_t)(random % PERIOD_NS);
}

static int swarm_open(struct swarm *swarm, enum where where, uint32_t agents, int64_t work_all_ns)
{
	uint64_t random = 88172645463325252u;
	size_t scratch = (decide_scratch_size(agents) + 63) / 64 * 64;

	swarm->agents = agents;
	swarm->work_ns = work_all_ns / agents;
	swarm->now_ns = 1000 * PERIOD_NS;
	swarm->peers = calloc(agents, sizeof(*swarm->peers));
	swarm->scratch = aligned_alloc(64, scratch);
	if (!swarm->peers || !swarm->scratch)
		return -1;
	for (uint32_t index = 0; index < agents; index++) {
		struct peer *peer = swarm->peers + index;
		uint64_t place = index * UINT64_C(7919) % agents;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		peer->next_ns = swarm->now_ns + place_ns(where, agents, place, random);
		if (where == CLOCK)
			peer->delay_ns = (int64_t)(place * (PERIOD_NS / 10) / agents);
		else if (where == ANYWHERE)
			peer->delay_ns = (int64_t)(random >> 20) % (PERIOD_NS / 10);
		peer->cur_ns = peer->next_ns - PERIOD_NS;
		peer->next_ns += peer->delay_ns;
		peer->period_ns = PERIOD_NS;
		peer->work_ns = swarm->work_ns;
		peer->index = index;
	}
	return 0;
}

static void swarm_close(struct swarm *swarm)
{
	free(swarm->peers);
	free(swarm->scratch);
}

/* Time of one decision, as the mean of a batch; the last agent of the array is the one that decides. */
static double batch_ns(struct swarm *swarm, uint32_t rounds, struct decide_parameters *parameters)
{
	const struct peer *own = swarm->peers + swarm->agents - 1;
	struct decide_self self = { .index = own->index,
				    .turn_ns = swarm->now_ns,
				    .period_ns = PERIOD_NS,
				    .work_ns = swarm->work_ns };
	struct decision decision;
	int64_t begin_ns = clock_ns();

	for (uint32_t round = 0; round < rounds; round++) {
		decide(&self, swarm->peers, swarm->agents - 1, parameters, swarm->scratch,
		       &decision);
		__asm__ volatile("" : : "r"(&decision) : "memory");
	}
	if (decision.counted != swarm->agents)
		fprintf(stderr, "bench_decide: %u of %u agents counted\n", decision.counted,
			swarm->agents);
	return (double)(clock_ns() - begin_ns) / rounds;
}

static int ascending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

struct line {
	const char *name;
	enum decide_rule rule;
	uint32_t clusters;
	enum where where;
	int64_t duty_percent;
};

static const struct line lines[] = {
	{ "spread, duty 50 %", DECIDE_SPREAD, 1, EVEN, 50 },
	{ "spread, equal gaps", DECIDE_SPREAD, 1, EVEN, 0 },
	{ "spread, duty 95 %", DECIDE_SPREAD, 1, EVEN, 95 },
	{ "spread, anywhere", DECIDE_SPREAD, 1, ANYWHERE, 50 },
	{ "sync", DECIDE_SYNC, 1, EVEN, 50 },
	{ "sync, anywhere", DECIDE_SYNC, 1, ANYWHERE, 50 },
	{ "sync, nearly there", DECIDE_SYNC, 1, CLOCK, 50 },
	{ "sync, two groups", DECIDE_SYNC, 2, EVEN, 50 },
	{ "grid", DECIDE_GRID, 1, EVEN, 50 },
	{ "grid, one clock", DECIDE_GRID, 1, CLOCK, 50 },
	{ "grid, anywhere", DECIDE_GRID, 1, ANYWHERE, 50 },
};

static int bench(const struct line *line, uint32_t agents, double milliseconds)
{
	static double batches[BATCHES_MAX];
	struct swarm swarm = { 0 };
	struct decide_parameters parameters = { .rule = line->rule,
						.metric = line->rule == DECIDE_SYNC
								  ? DECIDE_ORDER
								  : DECIDE_EVENNESS,
						.clusters = line->clusters,
						.period_ns = PERIOD_NS,
						.band_ppm = 100000,
						.cap_ns = PERIOD_NS / 10 };
	uint32_t rounds = agents < 1000 ? 200000 / agents : 20;
	int64_t end_ns;
	unsigned count = 0;

	if (swarm_open(&swarm, line->where, agents, PERIOD_NS / 100 * line->duty_percent)) {
		swarm_close(&swarm);
		return -1;
	}
	parameters.now_ns = swarm.now_ns;
	batch_ns(&swarm, rounds, &parameters);
	end_ns = clock_ns() + (int64_t)(milliseconds * 1e6);
	do
		batches[count++] = batch_ns(&swarm, rounds, &parameters);
	while (count < BATCHES_MAX && clock_ns() < end_ns);
	qsort(batches, count, sizeof(*batches), ascending);
	printf("%-22s %6u agents  median %9.0f ns  least %9.0f ns\n", line->name, agents,
	       batches[count / 2], batches[0]);
	swarm_close(&swarm);
	return 0;
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = { 64, 1024, 10000 };
	double milliseconds = argc > 1 ? atof(argv[1]) : 300;
	int failed = 0;

	for (unsigned line = 0; line < sizeof(lines) / sizeof(*lines); line++)
		for (unsigned size = 0; size < 3; size++)
			failed |= bench(&lines[line], sizes[size], milliseconds);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
