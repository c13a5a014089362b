/* SPDX-License-Identifier: MIT */
/* test_barrier.c - what lets a round of the barrier pass, how newcomers come in, and what ends the wait. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "barrier_life.h"
#include "mark.h"

/* ---- rounds ------------------------------------------------------------------------------ */

static void alone_every_round_passes(void **state)
{
	struct entrain_agent *agent;

	(void)state;
	life_create(4, LIFE_S);
	agent = join();
	for (uint64_t round = 1; round <= 1000; round++) {
		assert_int_equal(entrain_barrier_wait(agent, 0), 0);
		assert_int_equal(round_of(agent), round);
	}
	finish(&agent, 1);
}

static void a_round_that_timed_out_stands(void **state)
{
	struct entrain_agent *agents[2];

	(void)state;
	life_create(4, LIFE_S);
	agents[0] = join();
	agents[1] = join();
	enter(agents[0]);
	enter(agents[1]);
	assert_int_equal(round_of(agents[1]), 2);
	passes(agents[0]);
	passes(agents[1]);
	errno = AN_ERRNO;
	for (int i = 0; i < 5; i++) {
		int64_t deadline_ns = entrain_now_ns() + i * 7 * LIFE_MS;

		assert_int_equal(entrain_barrier_wait(agents[0], deadline_ns), ENTRAIN_TIMEOUT);
		assert_true(entrain_now_ns() >= deadline_ns);
		assert_int_equal(round_of(agents[0]), 3);
	}
	assert_int_equal(errno, AN_ERRNO);
	passes(agents[1]);
	passes(agents[0]);
	assert_int_equal(round_of(agents[0]), 3);
	finish(agents, 2);
}

static void newcomers_take_part_in_the_round_that_comes_next(void **state)
{
	struct entrain_agent *agents[4];

	(void)state;
	life_create(4, LIFE_S);
	for (int i = 0; i < 4; i++)
		agents[i] = join();
	for (int round = 0; round < 10; round++)
		assert_int_equal(entrain_barrier_wait(agents[3], 0), 0);
	/* All have passed round 10. */
	assert_int_equal(entrain_barrier_wait(agents[0], 0), ENTRAIN_TIMEOUT);
	assert_int_equal(round_of(agents[0]), 11);
	/* One waits in 11, the other has not come yet. */
	assert_int_equal(entrain_barrier_wait(agents[1], 0), ENTRAIN_TIMEOUT);
	assert_int_equal(round_of(agents[1]), 11);
	passes(agents[3]);
	for (int i = 0; i < 2; i++)
		passes(agents[i]);
	assert_int_equal(entrain_barrier_wait(agents[3], 0), ENTRAIN_TIMEOUT);
	finish(agents, 4);
}

/* The others have taken no turn since, and know of the new slot from the barrier alone. */
static void who_comes_into_a_slot_of_a_grown_swarm_is_waited_for(void **state)
{
	struct entrain_swarm *swarm;
	struct entrain_agent *agents[3];

	(void)state;
	life_create(2, LIFE_S);
	enter_all(agents, 2);
	swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);
	assert_int_equal(entrain_resize(swarm, 3, NULL, NULL), 0);
	entrain_close(swarm);
	agents[2] = join();
	assert_int_equal(agents[2]->index, 2);
	enter(agents[2]);
	enter(agents[0]);
	passes(agents[1]);
	passes(agents[0]);
	passes(agents[2]);
	for (int round = 0; round < 3; round++) {
		enter(agents[0]);
		assert_int_equal(wait_ns(agents[1], LIFE_MS), ENTRAIN_TIMEOUT);
		for (int i = 2; i >= 0; i--)
			passes(agents[i]);
		assert_int_equal(round_of(agents[0]), round_of(agents[2]));
	}
	finish(agents, 3);
}

static void who_leaves_is_waited_for_no_longer(void **state)
{
	struct entrain_agent *agents[3];
	pthread_t thread;
	void *code;

	(void)state;
	life_create(4, LIFE_S);
	enter_all(agents, 3);
	for (int way = 0; way < 2; way++) {
		assert_int_equal(wait_ns(agents[0], LIFE_MS), ENTRAIN_TIMEOUT);
		assert_int_equal(pthread_create(&thread, NULL, wait_once, agents[0]), 0);
		if (way == 0) {
			assert_int_equal(entrain_barrier_leave(agents[1]), 0);
			assert_int_equal(entrain_barrier_leave(agents[1]), 0);
			passes(agents[2]);
		} else {
			entrain_leave(agents[2]);
		}
		pthread_join(thread, &code);
		assert_ptr_equal(code, 0);
	}
	/* It comes back as a newcomer. */
	assert_int_equal(entrain_barrier_wait(agents[1], 0), ENTRAIN_TIMEOUT);
	assert_int_equal(round_of(agents[1]), round_of(agents[0]) + 1);
	finish(agents, 2);
}

/* ---- while one is entering ---------------------------------------------------------------- */

static struct entrain_agent *inside, *entering, *another; /* in slots 1, 2, 0 */
static unsigned marks;
static int mark_codes[4];

static void enter_here(void (*hook)(const char *function, int line), int64_t patience_ns)
{
	marks = 0;
	mark_hook = hook;
	assert_int_equal(wait_ns(entering, patience_ns), ENTRAIN_TIMEOUT);
	mark_hook = NULL;
}

static void entering_begin(void)
{
	life_create(4, LIFE_S);
	another = join();
	inside = join();
	entering = join();
	for (int round = 0; round < 20; round++)
		passes(inside);
}

static void entering_end(void)
{
	struct entrain_agent *agents[] = { another, inside, entering };

	finish(agents, 3);
}

static void try_rounds(const char *function, int line)
{
	(void)function;
	(void)line;
	if (marks < 2) {
		mark_codes[2 * marks] = entrain_barrier_wait(inside, 0);
		mark_codes[2 * marks + 1] = entrain_barrier_wait(inside, 0);
	}
	marks++;
}

static void nobody_passes_a_round_while_one_is_entering(void **state)
{
	(void)state;
	entering_begin();
	enter_here(try_rounds, 0);
	assert_int_equal(marks, 2);
	for (int i = 0; i < 4; i++)
		assert_int_equal(mark_codes[i], ENTRAIN_TIMEOUT);
	assert_int_equal(round_of(inside), 21);
	assert_int_equal(round_of(entering), 22);
	passes(inside);
	passes(inside);
	passes(entering);
	entering_end();
}

/* The last one inside leaves when the newcomer has read its round; another that finds nobody would begin at 1. */
static void leave_and_come(const char *function, int line)
{
	(void)function;
	(void)line;
	if (marks++ != 1)
		return;
	entrain_barrier_leave(inside);
	mark_hook = NULL;
	mark_codes[0] = entrain_barrier_wait(another, entrain_now_ns() + LIFE_MS);
	mark_codes[1] = (int)round_of(another);
}

static void newcomers_enter_one_at_a_time(void **state)
{
	(void)state;
	entering_begin();
	marks = 0;
	mark_hook = leave_and_come;
	passes(entering);
	assert_int_equal(mark_codes[0], ENTRAIN_TIMEOUT);
	assert_int_equal(mark_codes[1], 0);
	assert_int_equal(round_of(entering), 21);
	enter(another);
	assert_int_equal(round_of(another), 22);
	entering_end();
}

/* Somebody in the slot above is entering too, and takes for ever. */
static void let_another_enter(const char *function, int line)
{
	(void)function;
	(void)line;
	if (marks++ == 0)
		life_slots()[3].barrier |= BARRIER_ENTERING;
}

static void who_gives_up_entering_holds_nobody_up(void **state)
{
	struct entrain_agent *above;

	(void)state;
	entering_begin();
	above = join();
	enter(above); /* its slot is looked at from now on */
	entrain_barrier_leave(above);
	enter_here(let_another_enter, 3 * SOON_NS);
	assert_int_equal(marks, 1);
	assert_int_equal(tagged_value(life_slots()[2].barrier), 0);
	entrain_leave(above);
	passes(inside);
	entering_end();
}

/* A lower slot goes first. */
static void let_lower_enter(const char *function, int line)
{
	(void)function;
	(void)line;
	if (marks++ == 0)
		life_slots()[0].barrier |= BARRIER_ENTERING;
}

static void a_newcomer_steps_back_for_a_lower_slot(void **state)
{
	(void)state;
	entering_begin();
	enter_here(let_lower_enter, SOON_NS);
	assert_int_equal(marks, 1);
	assert_int_equal(tagged_value(life_slots()[2].barrier), 0);
	entering_end();
}

/* Without it they would go on all the same, 10 ms later. */
static void who_lets_others_go_on_rings(void **state)
{
	struct entrain_agent *agents[3];
	_Atomic uint32_t *bell;
	uint32_t before;

	(void)state;
	life_create(4, LIFE_S);
	bell = &barrier_of(life_agents())->bell;
	enter_all(agents, 2);
	before = *bell;
	assert_int_equal(entrain_barrier_wait(agents[0], 0), ENTRAIN_TIMEOUT);
	assert_int_equal(*bell, before);
	passes(agents[1]);
	assert_int_not_equal(*bell, before);
	before = *bell;
	passes(agents[0]); /* it has been told */
	agents[2] = join();
	assert_int_equal(entrain_barrier_wait(agents[2], 0), ENTRAIN_TIMEOUT);
	assert_int_not_equal(*bell, before);
	before = *bell;
	entrain_barrier_leave(agents[2]);
	assert_int_not_equal(*bell, before);
	finish(agents, 3);
}

/* ---- calls that cannot wait ---------------------------------------------------------------- */

static void calls_that_cannot_wait_say_so(void **state)
{
	struct entrain_agent *agent;
	pid_t pid;

	(void)state;
	life_create(4, LIFE_S);
	errno = AN_ERRNO;
	assert_int_equal(entrain_barrier_wait(NULL, 0), ENTRAIN_USAGE);
	assert_int_equal(entrain_barrier_leave(NULL), ENTRAIN_USAGE);
	agent = join();
	passes(agent);
	assert_int_equal(errno, AN_ERRNO);
	pid = fork();
	if (pid == 0) {
		life_check(entrain_barrier_wait(agent, 0) == ENTRAIN_FORKED);
		life_check(entrain_barrier_leave(agent) == ENTRAIN_FORKED);
		life_check(entrain_rejoin(agent, NULL) == 0);
		life_check(entrain_barrier_wait(agent, 0) == ENTRAIN_TIMEOUT);
		life_check(round_of(agent) == 2);
		entrain_leave(agent);
		_exit(0);
	}
	life_ended_well(pid);
	passes(agent);
	/* Its slot is taken from it. */
	assert_true(slot_free(&life_slots()[agent->index], agent->owner.version));
	assert_int_equal(wait_ns(agent, LIFE_PATIENCE_NS), ENTRAIN_NO_SWARM);
	assert_int_equal(entrain_barrier_leave(agent), 0);
	assert_int_equal(entrain_rejoin(agent, NULL), 0);
	passes(agent);
	/* The swarm is removed. */
	assert_int_equal(entrain_remove(NULL, LIFE_SWARM, 0, NULL), 0);
	assert_int_equal(wait_ns(agent, LIFE_PATIENCE_NS), ENTRAIN_NO_SWARM);
	entrain_leave(agent);
}

/* ---- cancelling -------------------------------------------------------------------------- */

static void *cancel_it(void *context)
{
	life_pause();
	entrain_cancel(context);
	return NULL;
}

static struct entrain_agent *signalled;

static void cancel_in_handler(int signal)
{
	(void)signal;
	entrain_cancel(signalled);
}

static void a_cancel_ends_the_wait_and_the_round_stands(void **state)
{
	struct entrain_agent *agents[2];
	struct sigaction action = { .sa_handler = cancel_in_handler };
	pthread_t thread;

	(void)state;
	life_create(4, LIFE_S);
	enter_all(agents, 2);
	signalled = agents[0];
	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < 20; i++) {
		if (i % 2)
			raise(SIGUSR1);
		else
			assert_int_equal(pthread_create(&thread, NULL, cancel_it, agents[0]), 0);
		assert_int_equal(wait_ns(agents[0], LIFE_PATIENCE_NS), ENTRAIN_CANCELED);
		if (i % 2 == 0)
			pthread_join(thread, NULL);
	}
	assert_int_equal(round_of(agents[0]), 3);
	/* Whoever is called off does not hold the others up, and its round is not lost. */
	entrain_cancel(agents[1]);
	assert_int_equal(wait_ns(agents[1], LIFE_PATIENCE_NS), ENTRAIN_CANCELED);
	passes(agents[0]);
	passes(agents[1]);
	assert_int_equal(round_of(agents[1]), 3);
	signal(SIGUSR1, SIG_DFL);
	finish(agents, 2);
}

static void *wait_for_ever(void *context)
{
	entrain_barrier_wait(context, INT64_MAX);
	return NULL;
}

static void a_thread_that_waits_can_be_canceled(void **state)
{
	struct entrain_agent *agents[2];

	(void)state;
	if (LIFE_ADDRESS_SANITIZED)
		skip();
	life_create(4, LIFE_S);
	enter_all(agents, 2);
	for (int i = 0; i < 10; i++) {
		pthread_t thread;
		void *result;

		/* Waiting in a round, then for one who is entering. */
		if (i == 5) {
			assert_int_equal(entrain_barrier_leave(agents[0]), 0);
			life_slots()[1].barrier |= BARRIER_ENTERING;
		}
		assert_int_equal(pthread_create(&thread, NULL, wait_for_ever, agents[0]), 0);
		if (i % 2)
			life_pause();
		assert_int_equal(pthread_cancel(thread), 0);
		assert_int_equal(pthread_join(thread, &result), 0);
		assert_ptr_equal(result, PTHREAD_CANCELED);
	}
	finish(agents, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(alone_every_round_passes),
		TEST(a_round_that_timed_out_stands),
		TEST(newcomers_take_part_in_the_round_that_comes_next),
		TEST(who_comes_into_a_slot_of_a_grown_swarm_is_waited_for),
		TEST(who_leaves_is_waited_for_no_longer),
		TEST(nobody_passes_a_round_while_one_is_entering),
		TEST(newcomers_enter_one_at_a_time),
		TEST(who_gives_up_entering_holds_nobody_up),
		TEST(a_newcomer_steps_back_for_a_lower_slot),
		TEST(who_lets_others_go_on_rings),
		TEST(calls_that_cannot_wait_say_so),
		TEST(a_cancel_ends_the_wait_and_the_round_stands),
		TEST(a_thread_that_waits_can_be_canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
