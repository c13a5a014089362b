/* SPDX-License-Identifier: MIT */
/* The memory that a run's processes log into, shared by being mapped before the fork. */
#include "log.h"

#include <sys/mman.h>

struct run_log *log_make(unsigned workers, uint32_t actions, uint32_t operations,
			 int64_t interval_ns)
{
	size_t size = sizeof(struct run_log) + workers * sizeof(struct worker_log) +
		      (size_t)workers * actions * sizeof(struct action) +
		      operations * sizeof(int64_t);
	/* Populated now: a page fault in the middle of a measurement would be measured. */
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (map == MAP_FAILED)
		return NULL;

	struct run_log *log = map;
	struct action *action;

	log->map = map;
	log->map_size = size;
	log->workers = workers;
	log->worker = (struct worker_log *)(log + 1);
	action = (struct action *)(log->worker + workers);
	for (unsigned i = 0; i < workers; i++) {
		log->worker[i].gone_ns = INT64_MAX;
		log->worker[i].capacity = actions;
		log->worker[i].action = action + (size_t)i * actions;
	}
	log->bystander.interval_ns = interval_ns;
	log->bystander.capacity = operations;
	log->bystander.latency_ns = (int64_t *)(action + (size_t)workers * actions);
	return log;
}

void log_free(struct run_log *log)
{
	if (log)
		munmap(log->map, log->map_size);
}

int log_begin(struct worker_log *log, int64_t due_ns, int64_t now_ns)
{
	uint32_t count = atomic_load_explicit(&log->count, memory_order_relaxed);

	if (count == log->capacity)
		return -1;
	log->action[count] = (struct action){ .due_ns = due_ns, .begin_ns = now_ns };
	/* The parent shows progress from it; whoever is killed in its action has begun it
	 * all the same. */
	atomic_store_explicit(&log->count, count + 1, memory_order_release);
	return 0;
}

void log_end(struct worker_log *log, int64_t now_ns)
{
	uint32_t count = atomic_load_explicit(&log->count, memory_order_relaxed);

	log->action[count - 1].end_ns = now_ns;
}
