/* SPDX-License-Identifier: MIT */
/*
 * test_barrier_threads.c - the barrier with agents as threads of one process on one mapping: what ThreadSanitizer can see of it.
 *
 * What is done before a round is seen by all after it, without any other synchronisation: plain variables say so.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "life.h"

#define STAYING 4
#define COMING 3
#define ROUNDS_LEAST 200
#define RUN_NS LIFE_S

/* Asserts of cmocka are for the thread that runs the test: here a failure is counted. */
static _Atomic unsigned failures, comings;
static _Atomic int over;
static uint64_t
	done_in[STAYING]; /* plain: the round that each of those who stay is about to reach */
static struct entrain_agent *staying[STAYING];
static pthread_barrier_t start;

#define expect(expression) expected((expression), #expression, __LINE__)

static void expected(bool right, const char *expression, int line)
{
	failures += !right;
	if (!right)
		dprintf(STDERR_FILENO, "line %d: not so: %s\n", line, expression);
}

static int pass(struct entrain_agent *agent)
{
	return entrain_barrier_wait(agent, entrain_now_ns() + LIFE_PATIENCE_NS);
}

/* Two rounds a cycle: all write, then all read. */
static void *stay(void *context)
{
	unsigned self = (unsigned)(uintptr_t)context;
	struct entrain_agent *agent = staying[self];

	expect(entrain_barrier_wait(agent, 0) <= ENTRAIN_TIMEOUT);
	pthread_barrier_wait(&start);
	expect(pass(agent) == 0);
	pthread_barrier_wait(&start);
	for (uint64_t cycle = 1; !failures; cycle++) {
		bool last = self == 0 && over && cycle > ROUNDS_LEAST;

		done_in[self] = last ? UINT64_MAX : cycle;
		expect(pass(agent) == 0);
		for (unsigned i = 0; i < STAYING; i++)
			expect(done_in[i] == cycle || (i == 0 && done_in[0] == UINT64_MAX));
		last = done_in[0] == UINT64_MAX;
		expect(pass(agent) == 0);
		if (last)
			break;
	}
	entrain_barrier_leave(agent);
	return NULL;
}

static void *come_and_go(void *context)
{
	while (!over && !failures) {
		struct entrain_agent *agent = entrain_join(LIFE_SWARM, NULL, NULL);

		expect(agent != NULL);
		for (int i = 0; i < 5; i++)
			expect(pass(agent) == 0);
		if (comings++ % 2)
			expect(entrain_barrier_leave(agent) == 0);
		entrain_leave(agent);
	}
	return context;
}

static void what_was_done_before_a_round_is_seen_after_it(void **state)
{
	pthread_t threads[STAYING + COMING];
	int64_t end_ns = entrain_now_ns() + RUN_NS;
	unsigned count = 0;

	(void)state;
	life_create(2 * (STAYING + COMING), LIFE_S);
	pthread_barrier_init(&start, NULL, STAYING);
	for (unsigned i = 0; i < STAYING; i++) {
		staying[i] = entrain_join(LIFE_SWARM, NULL, NULL);
		life_check(staying[i] != NULL);
	}
	for (uintptr_t i = 0; i < STAYING; i++)
		life_check(pthread_create(&threads[count++], NULL, stay, (void *)i) == 0);
	for (unsigned i = 0; i < COMING; i++)
		life_check(pthread_create(&threads[count++], NULL, come_and_go, NULL) == 0);
	life_until((entrain_now_ns() > end_ns && comings > 20) || failures);
	over = 1;
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	print_message("%u came and went, %d cycles\n", comings, (int)done_in[1]);
	assert_int_equal(failures, 0);
	assert_true(done_in[1] > ROUNDS_LEAST);
	for (unsigned i = 0; i < STAYING; i++)
		entrain_leave(staying[i]);
	pthread_barrier_destroy(&start);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_done_before_a_round_is_seen_after_it,
						life_setup, life_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
