/* SPDX-License-Identifier: MIT */
/*
 * test_threads.c - agents as threads of one process on one mapping: what ThreadSanitizer can see of the protocol that
 * processes follow elsewhere.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "life.h"

#define PERIOD_NS (5 * LIFE_MS)
#define SLOTS 8
#define STAYING 4
#define COMING 6
#define RUN_NS (3 * LIFE_S / 2)

static _Atomic int over;
static _Atomic unsigned owner[SLOTS], two_owners, joins, turns, looks, cancels, rounds;
static struct entrain_agent *_Atomic canceled;

/* Asserts of cmocka are for the thread that runs the test: here a failure is counted. */
static _Atomic unsigned failures;

#define expect(expression) expected((expression), #expression, __LINE__)

static void expected(bool right, const char *expression, int line)
{
	failures += !right;
	if (!right)
		dprintf(STDERR_FILENO, "line %d: not so: %s\n", line, expression);
}

static void own(const struct entrain_agent *agent)
{
	unsigned nobody = 0;

	if (!atomic_compare_exchange_strong(&owner[agent->index], &nobody, 1))
		two_owners++;
}

static void disown(const struct entrain_agent *agent)
{
	unsigned somebody = 1;

	if (!atomic_compare_exchange_strong(&owner[agent->index], &somebody, 0))
		two_owners++;
}

static void turn(struct entrain_agent *agent)
{
	struct entrain_measure measure = ENTRAIN_MEASURE;

	expect(entrain_begin(agent) == 0);
	expect(entrain_label(agent, turns++ % 2 ? "tick" : "tock") == 0);
	expect(entrain_end(agent) == 0);
	expect(entrain_measure(agent, &measure) == 0);
	expect(measure.evenness >= 0 && measure.evenness <= 1);
	expect(entrain_joined(agent, NULL));
	if (turns % 8 == 0)
		expect(entrain_quiesce(agent) == 0);
}

/* A round of the barrier, as far as it is passed soon. */
static void meet(struct entrain_agent *agent)
{
	int code = entrain_barrier_wait(agent, entrain_now_ns() + LIFE_MS);

	expect(code == 0 || code == ENTRAIN_TIMEOUT || code == ENTRAIN_CANCELED);
	rounds += code == 0;
	if (turns % 3 == 0)
		expect(entrain_barrier_leave(agent) == 0);
}

/* One of those that stay can be cancelled by another thread. */
static void *stay(void *context)
{
	struct entrain_agent *agent = context;

	while (!over) {
		int result = entrain_wait(agent);

		expect(result == 0 || (result == ENTRAIN_CANCELED && agent == canceled));
		if (result == 0)
			turn(agent);
		meet(agent);
	}
	return NULL;
}

static void *come_and_go(void *context)
{
	while (!over) {
		struct entrain_error error = { .code = ENTRAIN_OK };
		struct entrain_agent *agent = entrain_join(LIFE_SWARM, NULL, &error);

		if (!agent) {
			if (error.code != ENTRAIN_FULL)
				dprintf(STDERR_FILENO, "%s %s: %s\n", error.what, error.object,
					error.why);
			expect(error.code == ENTRAIN_FULL);
			continue;
		}
		own(agent);
		for (int i = 0; i < 3; i++)
			turn(agent);
		meet(agent);
		expect(entrain_rejoin(agent, NULL) == 0);
		disown(agent);
		entrain_leave(agent);
		joins++;
	}
	return context;
}

static void *cancel(void *context)
{
	while (!over) {
		entrain_cancel(canceled);
		cancels++;
		life_pause();
	}
	return context;
}

/* An administrator: looks, reaps, switches, disrupts, changes the topology. */
static void *administer(void *context)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);
	static const char *const topologies[] = { "ring:2", "star", "full" };
	struct entrain_status status = ENTRAIN_STATUS;
	static struct entrain_event events[64];
	uint32_t released, unproven;
	unsigned count;

	while (!over) {
		expect(entrain_status(swarm, &status, NULL, 0, NULL) == 0);
		expect(entrain_reap(swarm, &released, &unproven, NULL) == 0);
		expect(released == 0 && unproven == 0);
		status.settings.mode = looks++ % 4 ? ENTRAIN_ACT : ENTRAIN_OFF;
		status.settings.goal = 1 + looks % (ENTRAIN_GOAL_COUNT - 1);
		expect(entrain_set(swarm, &status.settings, NULL) == 0);
		expect(entrain_disrupt(swarm, 300000, looks, NULL, NULL) == 0);
		expect(entrain_resize(swarm, 0, topologies[looks % 3], NULL) == 0);
		expect(entrain_events(swarm, events, 64, &count, NULL) == 0);
		life_pause();
	}
	entrain_close(swarm);
	return context;
}

static void run(unsigned staying)
{
	pthread_t threads[STAYING + COMING + 2];
	struct entrain_agent *agents[STAYING];
	int64_t end_ns = entrain_now_ns() + RUN_NS;
	unsigned count = 0;

	life_create(SLOTS, PERIOD_NS);
	over = 0;
	failures = two_owners = joins = turns = looks = cancels = rounds = 0;
	for (unsigned i = 0; i < SLOTS; i++)
		owner[i] = 0;
	for (unsigned i = 0; i < staying; i++) {
		agents[i] = entrain_join(LIFE_SWARM, NULL, NULL);
		life_check(agents[i] != NULL);
		own(agents[i]);
		canceled = agents[i];
	}
	for (unsigned i = 0; i < staying; i++)
		life_check(pthread_create(&threads[count++], NULL, stay, agents[i]) == 0);
	for (unsigned i = 0; i < COMING; i++)
		life_check(pthread_create(&threads[count++], NULL, come_and_go, NULL) == 0);
	life_check(pthread_create(&threads[count++], NULL, administer, NULL) == 0);
	if (staying)
		life_check(pthread_create(&threads[count++], NULL, cancel, NULL) == 0);
	life_until(entrain_now_ns() > end_ns && joins > 50 && looks > 20);
	over = 1;
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	print_message("%u joins, %u turns, %u cancels, %u rounds, %u looks\n", joins, turns,
		      cancels, rounds, looks);
	assert_int_equal(failures, 0);
	assert_int_equal(two_owners, 0);
	assert_true(rounds > 0);
	for (unsigned i = 0; i < staying; i++)
		entrain_leave(agents[i]);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

static void threads_stay_come_and_go_on_one_mapping(void **state)
{
	(void)state;
	run(STAYING);
}

static void the_mapping_comes_and_goes_with_its_agents(void **state)
{
	(void)state;
	run(0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(threads_stay_come_and_go_on_one_mapping),
		TEST(the_mapping_comes_and_goes_with_its_agents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
