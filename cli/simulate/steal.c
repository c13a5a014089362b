/* SPDX-License-Identifier: MIT */
/* steal.c - sharing out a fixed number of tasks among threads, each of which helps the others when it has none left. */
#include "steal.h"

#include <stdlib.h>

#include "../message.h"

void steal_open(struct steal *steal, uint32_t tasks, unsigned threads)
{
	steal->threads = threads;
	steal->parts = aligned_alloc(64, threads * sizeof(*steal->parts));
	if (!steal->parts)
		exit(message_failure(STATUS_REFUSED, "memory", NULL, "there is none left"));
	for (unsigned i = 0; i < threads; i++) {
		uint64_t first = (uint64_t)tasks * i / threads;
		uint64_t end = (uint64_t)tasks * (i + 1) / threads;

		atomic_init(&steal->parts[i].range, end << 32 | first);
	}
}

void steal_close(struct steal *steal)
{
	free(steal->parts);
}

/*
 * Take one task out of a part, from its end or its beginning. Relaxed: the word carries nothing but itself. What a task
 * reads was written before the threads were started, and what it writes is read after they were joined; starting and
 * joining order both.
 */
static bool part_take(struct steal_part *part, bool own, uint32_t *task)
{
	uint64_t range = atomic_load_explicit(&part->range, memory_order_relaxed), left;

	do {
		const uint32_t first = (uint32_t)range, end = (uint32_t)(range >> 32);

		if (first == end)
			return false;
		*task = own ? end - 1 : first;
		left = own ? (uint64_t)(end - 1) << 32 | first : (uint64_t)end << 32 | (first + 1);
	} while (!atomic_compare_exchange_weak_explicit(
		&part->range, &range, left, memory_order_relaxed, memory_order_relaxed));
	return true;
}

/* No task is ever put back, so whoever found all parts empty once is done. */
bool steal_take(struct steal *steal, unsigned thread, uint32_t *task)
{
	for (unsigned i = 0; i < steal->threads; i++)
		if (part_take(&steal->parts[(thread + i) % steal->threads], i == 0, task))
			return true;
	return false;
}
