/* SPDX-License-Identifier: MIT */
/*
 * cost_agent.c - begins and ends turns between two marks, for test_costs.sh to look at under strace.
 *
 * cost_agent SWARM AGENTS TURNS [DEAD_MS]: as many agents of one process, turns in a row. The marks are writes to a
 * closed descriptor. Counts what the library allocates in between (the link wraps malloc and its kin), and prints
 * "allocations N". With DEAD_MS another agent has died before, so long ago.
 */
#include <entrain.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define AGENTS_MAX 64

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);

static unsigned allocations;

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	allocations++;
	return __real_realloc(memory, size);
}

void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	allocations++;
	return __real_mmap(address, size, protection, flags, fd, offset);
}

static void mark(const char *text)
{
	if (write(-1, text, strlen(text)) >= 0)
		abort();
}

/* An agent that joins and dies, and then time passes. */
static void death_await(const char *swarm, int64_t silent_ms)
{
	int64_t until_ns;
	pid_t pid = fork();

	if (pid == 0)
		_exit(entrain_join(swarm, NULL, NULL) ? 0 : 1);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		abort();
	until_ns = entrain_now_ns() + silent_ms * 1000000;
	while (entrain_now_ns() < until_ns)
		;
}

static void turns_take(struct entrain_agent *const *agents, unsigned count, long turns)
{
	struct entrain_measure measure = ENTRAIN_MEASURE;

	for (long turn = 0; turn < turns; turn++)
		for (unsigned i = 0; i < count; i++) {
			if (entrain_begin(agents[i]) || entrain_end(agents[i]) ||
			    entrain_measure(agents[i], &measure) ||
			    entrain_next_turn_ns(agents[i]) == INT64_MAX ||
			    !entrain_joined(agents[i], NULL))
				abort();
		}
}

int main(int count, char **arguments)
{
	struct entrain_agent *agents[AGENTS_MAX];
	struct entrain_error error = { .code = ENTRAIN_OK };
	unsigned wanted, before;

	if (count < 4 || count > 5 || (wanted = (unsigned)atoi(arguments[2])) > AGENTS_MAX)
		return 2;
	for (unsigned i = 0; i < wanted; i++) {
		agents[i] = entrain_join(arguments[1], NULL, &error);
		if (!agents[i]) {
			fprintf(stderr, "%s %s: %s\n", error.what, error.object, error.why);
			return entrain_code_status(error.code);
		}
	}
	if (allocations == 0) {
		fprintf(stderr, "the link does not wrap malloc\n");
		return 2;
	}
	if (count == 5)
		death_await(arguments[1], atol(arguments[4]));
	before = allocations;
	mark("turns begin");
	turns_take(agents, wanted, atol(arguments[3]));
	mark("turns end");
	printf("allocations %u\n", allocations - before);
	for (unsigned i = 0; i < wanted; i++)
		entrain_leave(agents[i]);
	return 0;
}
