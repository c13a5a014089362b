/* SPDX-License-Identifier: MIT */
/* workload.c - requests that arrive at the agents, and what becomes of them at their turns. */
#include "workload.h"

#include <stdlib.h>
#include <string.h>

#include "../memory.h"
#include "draw.h"
#include "simulation.h"

#define MIX 4
#define PPM 1000000

enum { STEADY, HIGH_FREQUENCY, BURST, SPARSE, MIXED };

static const struct pattern *const mix[MIX] = { &patterns[STEADY], &patterns[HIGH_FREQUENCY],
						&patterns[BURST], &patterns[SPARSE] };

const struct pattern patterns[] = {
	[STEADY] = { .name = "steady", .text = "one every P/4", .gap_percent = 25, .together = 1 },
	[HIGH_FREQUENCY] = { .name = "high-frequency",
			     .text = "one at a time, gaps exponential, mean P/20",
			     .gap_percent = 5,
			     .together = 1,
			     .exponential = 1 },
	[BURST] = { .name = "burst",
		    .text = "ten at once, gaps exponential, mean 2P",
		    .gap_percent = 200,
		    .together = 10,
		    .exponential = 1 },
	[SPARSE] = { .name = "sparse",
		     .text = "one at a time, gaps exponential, mean 4P",
		     .gap_percent = 400,
		     .together = 1,
		     .exponential = 1 },
	[MIXED] = { .name = "mixed",
		    .text = "a quarter of the agents each: steady, high-frequency, burst, sparse",
		    .mix = mix },
	{ .name = NULL },
};

const struct pattern *pattern_find(const char *name)
{
	for (const struct pattern *pattern = patterns; pattern->name; pattern++)
		if (strcmp(pattern->name, name) == 0)
			return pattern;
	return NULL;
}

/* The stream of requests of one agent: which ones come next. */
struct stream {
	int64_t next_ns;
	uint64_t number;
};

struct workload {
	const struct pattern *pattern;
	uint64_t seed;
	int64_t start_ns;
	struct stream *streams; /* by slot */
	uint32_t space;
	int64_t window_ns, call_ns; /* when the window of the last call opened; -1: none yet */
	int64_t free_ns;            /* when the server has nothing more to do */
	int64_t *ends;              /* of the batches at the server, oldest first, a ring */
	uint32_t ends_first, ends_count, ends_space;
	struct workload_result result;
};

static const struct pattern *pattern_of(const struct workload *workload, uint32_t slot)
{
	const struct pattern *pattern = workload->pattern;

	return pattern->mix ? pattern->mix[slot % MIX] : pattern;
}

static int64_t gap_mean_ns(const struct pattern *pattern)
{
	return SIMULATION_PERIOD_NS / 100 * pattern->gap_percent;
}

static void stream_advance(struct workload *workload, uint32_t slot)
{
	const struct pattern *pattern = pattern_of(workload, slot);
	struct stream *stream = &workload->streams[slot];
	uint64_t bits = draw(workload->seed, DRAW_REQUEST, slot, ++stream->number);

	stream->next_ns += pattern->exponential ? draw_exponential(bits, gap_mean_ns(pattern))
						: gap_mean_ns(pattern);
}

void workload_begin(struct workload *workload, uint32_t slot, int64_t now_ns)
{
	const struct pattern *pattern = pattern_of(workload, slot);
	struct stream *stream;
	uint64_t bits;

	if (slot >= workload->space) {
		uint32_t space = slot + slot / 2 + 64;

		workload->streams =
			memory_resize(workload->streams, space, sizeof(*workload->streams));
		memset(workload->streams + workload->space, 0,
		       (space - workload->space) * sizeof(*workload->streams));
		workload->space = space;
	}
	stream = &workload->streams[slot];
	bits = draw(workload->seed, DRAW_REQUEST, slot, ++stream->number);
	stream->next_ns =
		now_ns + (pattern->exponential
				  ? draw_exponential(bits, gap_mean_ns(pattern))
				  : (int64_t)draw_below(bits, (uint64_t)gap_mean_ns(pattern)));
}

/* Requests of all agents in a period: what the server is laid out for. */
static int64_t service_ns(const struct simulation_plan *plan)
{
	__int128 requests_ppm = 0;

	for (uint32_t slot = 0; slot < plan->agents; slot++) {
		const struct pattern *pattern = plan->pattern;

		pattern = pattern->mix ? pattern->mix[slot % MIX] : pattern;
		requests_ppm += (__int128)PPM * 100 * pattern->together / pattern->gap_percent;
	}
	return (int64_t)((__int128)SIMULATION_PERIOD_NS * plan->duty_ppm / requests_ppm);
}

struct workload *workload_make(const struct simulation_plan *plan, int64_t start_ns)
{
	struct workload *workload = memory_resize(NULL, 1, sizeof(*workload));

	*workload = (struct workload){ .pattern = plan->pattern,
				       .seed = plan->seed,
				       .start_ns = start_ns,
				       .window_ns =
					       SIMULATION_PERIOD_NS / 100 * WORKLOAD_WINDOW_PERCENT,
				       .call_ns = -1,
				       .free_ns = start_ns };
	workload->result.service_ns = service_ns(plan);
	return workload;
}

void workload_free(struct workload *workload)
{
	if (!workload)
		return;
	free(workload->streams);
	free(workload->ends);
	free(workload);
}

/* ---- the call that is shared ---------------------------------------------------------- */

/* When the call leaves that this turn's requests go into. */
static int64_t call_join(struct workload *workload, int64_t now_ns)
{
	if (workload->call_ns < 0 || now_ns > workload->call_ns + workload->window_ns) {
		workload->call_ns = now_ns;
		workload->result.calls++;
	}
	return workload->call_ns + workload->window_ns;
}

/* ---- the server that is shared -------------------------------------------------------- */

static void ends_push(struct workload *workload, int64_t end_ns)
{
	if (workload->ends_count == workload->ends_space) {
		const uint32_t old = workload->ends_space;
		uint32_t wrapped = workload->ends_first;

		workload->ends_space = old ? 2 * old : 64;
		workload->ends =
			memory_resize(workload->ends, workload->ends_space, sizeof(int64_t));
		/* What had wrapped around goes behind the rest. */
		memcpy(workload->ends + old, workload->ends, wrapped * sizeof(int64_t));
	}
	workload->ends[(workload->ends_first + workload->ends_count++) % workload->ends_space] =
		end_ns;
}

static void ends_drop(struct workload *workload, int64_t now_ns)
{
	while (workload->ends_count && workload->ends[workload->ends_first] <= now_ns) {
		workload->ends_first = (workload->ends_first + 1) % workload->ends_space;
		workload->ends_count--;
	}
}

/* Put so many requests into the queue; returns when the first of them is begun. */
static int64_t server_take(struct workload *workload, int64_t now_ns, uint64_t requests)
{
	struct workload_result *result = &workload->result;
	const int64_t begin_ns = workload->free_ns > now_ns ? workload->free_ns : now_ns;
	uint64_t queued = requests;

	if (result->service_ns)
		queued += (uint64_t)((begin_ns - now_ns + result->service_ns - 1) /
				     result->service_ns);
	if (queued > result->queue_most)
		result->queue_most = queued;
	ends_drop(workload, now_ns);
	workload->free_ns = begin_ns + (int64_t)requests * result->service_ns;
	ends_push(workload, workload->free_ns);
	if (workload->ends_count > result->overlap_most)
		result->overlap_most = workload->ends_count;
	return begin_ns;
}

/* ---- a turn --------------------------------------------------------------------------- */

static void wait_count(int64_t *sum_ns, int64_t *max_ns, int64_t wait_ns, uint32_t requests)
{
	*sum_ns += wait_ns * requests;
	*max_ns = wait_ns > *max_ns ? wait_ns : *max_ns;
}

static uint64_t requests_waiting(struct workload *workload, uint32_t slot, int64_t now_ns)
{
	struct stream saved = workload->streams[slot];
	uint64_t requests = 0;

	while (workload->streams[slot].next_ns <= now_ns) {
		requests += pattern_of(workload, slot)->together;
		stream_advance(workload, slot);
	}
	workload->streams[slot] = saved;
	return requests;
}

void workload_turn(struct workload *workload, uint32_t slot, int64_t now_ns)
{
	struct workload_result *result = &workload->result;
	const uint32_t together = pattern_of(workload, slot)->together;
	uint64_t requests = requests_waiting(workload, slot, now_ns);
	int64_t leaves_ns, served_ns;

	if (!requests)
		return;
	result->batches++;
	result->tasks += requests;
	leaves_ns = call_join(workload, now_ns);
	served_ns = server_take(workload, now_ns, requests);
	for (struct stream *stream = &workload->streams[slot]; stream->next_ns <= now_ns;
	     stream_advance(workload, slot)) {
		wait_count(&result->call_wait_sum_ns, &result->call_wait_max_ns,
			   leaves_ns - stream->next_ns, together);
		for (uint32_t i = 0; i < together; i++) {
			served_ns += result->service_ns;
			wait_count(&result->served_wait_sum_ns, &result->served_wait_max_ns,
				   served_ns - stream->next_ns, 1);
			result->queue_sum_ns += served_ns - now_ns;
		}
	}
}

void workload_read(const struct workload *workload, int64_t now_ns, struct workload_result *result)
{
	*result = workload->result;
	result->elapsed_ns = now_ns - workload->start_ns;
}
