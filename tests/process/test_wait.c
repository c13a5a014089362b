/* SPDX-License-Identifier: MIT */
/* test_wait.c - what ends a wait: the turn, a deadline, a cancel from anywhere; and what does not. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "life.h"

#define AN_ERRNO 4711
#define FAR_NS (3600 * LIFE_S)

static struct entrain_agent *join(void)
{
	struct entrain_agent *agent = entrain_join(LIFE_SWARM, NULL, NULL);

	life_check(agent && entrain_joined(agent, NULL));
	return agent;
}

static void act(struct entrain_agent *agent)
{
	life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
}

static void end(struct entrain_agent *agent)
{
	entrain_leave(agent);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* ---- the deadline ------------------------------------------------------------------------ */

static void a_deadline_ends_the_wait_and_the_turn_stands(void **state)
{
	struct entrain_agent *agent;
	int64_t turn_ns, deadline_ns;

	(void)state;
	life_create(4, 400 * LIFE_MS);
	agent = join();
	assert_int_equal(entrain_wait(agent), 0);
	act(agent);
	turn_ns = entrain_next_turn_ns(agent);
	errno = AN_ERRNO;
	for (int i = 1; i <= 4; i++) {
		deadline_ns = turn_ns - 400 * LIFE_MS + i * 10 * LIFE_MS;
		if (entrain_now_ns() > turn_ns - 300 * LIFE_MS)
			break; /* the machine slept */
		assert_int_equal(entrain_wait_until(agent, deadline_ns), ENTRAIN_TIMEOUT);
		assert_true(entrain_now_ns() >= deadline_ns);
		assert_int_equal(entrain_next_turn_ns(agent), turn_ns);
	}
	assert_int_equal(entrain_wait_until(agent, turn_ns + FAR_NS), 0);
	assert_true(entrain_now_ns() >= turn_ns);
	/* Its turn it is, whatever the deadline. */
	assert_int_equal(entrain_wait_until(agent, 0), 0);
	assert_int_equal(errno, AN_ERRNO);
	end(agent);
}

static void no_handle_is_a_usage_error(void **state)
{
	struct entrain_measure measure = ENTRAIN_MEASURE;

	(void)state;
	errno = AN_ERRNO;
	assert_int_equal(entrain_wait(NULL), ENTRAIN_USAGE);
	assert_int_equal(entrain_wait_until(NULL, 0), ENTRAIN_USAGE);
	assert_int_equal(entrain_begin(NULL), ENTRAIN_USAGE);
	assert_int_equal(entrain_end(NULL), ENTRAIN_USAGE);
	assert_int_equal(entrain_label(NULL, "x"), ENTRAIN_USAGE);
	assert_int_equal(entrain_rejoin(NULL, NULL), ENTRAIN_USAGE);
	assert_int_equal(entrain_measure(NULL, &measure), ENTRAIN_USAGE);
	assert_int_equal(entrain_joined(NULL, NULL), 0);
	assert_int_equal(entrain_due(NULL), 0);
	assert_true(entrain_next_turn_ns(NULL) == INT64_MAX);
	assert_true(entrain_wake_ns(NULL) == INT64_MAX);
	assert_true(entrain_phase(NULL) < 0);
	entrain_cancel(NULL);
	entrain_leave(NULL);
	assert_int_equal(errno, AN_ERRNO);
	assert_int_equal(entrain_timerfd(NULL), -1);
}

/* ---- cancelling -------------------------------------------------------------------------- */

/* Long enough that only a cancel ends a wait. */
static struct entrain_agent *join_long(void)
{
	life_create(4, FAR_NS);
	return join();
}

/* Each race is a ping and a pong: lost wakeups show as a test that stands still. A busy machine takes its time for
 * them, so after a while fewer are enough. */
#define RACES 10000
#define RACES_LEAST 300
#define RACES_NS (4 * LIFE_S)

struct race {
	struct entrain_agent *agent;
	_Atomic unsigned round, canceled, last;
};

static void *cancel_each_round(void *context)
{
	struct race *race = context;
	unsigned seed = 7;

	for (unsigned round = 1; round <= race->last; round++) {
		while (race->round < round)
			sched_yield();
		for (volatile int spin = rand_r(&seed) % 300; spin > 0; spin--)
			;
		entrain_cancel(race->agent);
		if (round % 8 == 0) /* a burst is one cancel, or a second that ends the next wait */
			entrain_cancel(race->agent);
		race->canceled = round;
	}
	return NULL;
}

static void no_cancel_of_another_thread_is_lost(void **state)
{
	static struct race race; /* outlives a failure, as the thread does */
	int64_t enough_ns = entrain_now_ns() + RACES_NS;
	unsigned seed = 3;
	pthread_t thread;

	(void)state;
	race.agent = join_long();
	race.last = RACES;
	assert_int_equal(pthread_create(&thread, NULL, cancel_each_round, &race), 0);
	for (unsigned round = 1; round <= race.last; round++) {
		int64_t deadline_ns = entrain_now_ns() + LIFE_PATIENCE_NS;

		if (round >= RACES_LEAST && entrain_now_ns() > enough_ns)
			race.last = round;
		race.round = round;
		for (volatile int spin = rand_r(&seed) % 300; spin > 0; spin--)
			;
		assert_int_equal(entrain_wait_until(race.agent, deadline_ns), ENTRAIN_CANCELED);
		while (race.canceled < round)
			sched_yield();
		/* What is left of a burst does not belong to the next round. */
		assert_in_range(entrain_wait_until(race.agent, 0), ENTRAIN_CANCELED,
				ENTRAIN_TIMEOUT);
	}
	pthread_join(thread, NULL);
	print_message("%u races\n", race.last);
	assert_int_equal(entrain_wait_until(race.agent, 0), ENTRAIN_TIMEOUT);
	end(race.agent);
}

static struct entrain_agent *signalled;
static _Atomic unsigned signals;

static void cancel_in_handler(int signal)
{
	int saved = errno;

	(void)signal;
	errno = AN_ERRNO;
	entrain_cancel(signalled);
	life_check(errno == AN_ERRNO);
	errno = saved;
	signals++;
}

static void only_count(int signal)
{
	(void)signal;
	signals++;
}

static void handle(int signal, void (*handler)(int signal))
{
	struct sigaction action = { .sa_handler = handler };

	life_check(sigaction(signal, &action, NULL) == 0);
}

/* SIGUSR2 after `first_ns`, then each `interval_ns`; the alarm is the watchdog's. */
static void timer_set(timer_t timer, int64_t interval_ns, int64_t first_ns)
{
	const struct itimerspec spec = { .it_value.tv_nsec = first_ns,
					 .it_interval.tv_nsec = interval_ns };

	life_check(timer_settime(timer, 0, &spec, NULL) == 0);
}

static timer_t timer_make(void (*handler)(int signal))
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	timer_t timer;

	handle(SIGUSR2, handler);
	life_check(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	return timer;
}

static void timer_end(timer_t timer)
{
	timer_delete(timer);
	handle(SIGUSR2, SIG_IGN);
}

static void no_cancel_of_a_signal_handler_is_lost(void **state)
{
	unsigned seed = 5;
	timer_t timer;

	(void)state;
	if (LIFE_THREAD_SANITIZED)
		skip(); /* it delivers a signal at the next call that it knows, and not to sem_clockwait() */
	signalled = join_long();
	handle(SIGUSR1, cancel_in_handler);
	timer = timer_make(cancel_in_handler);
	/* Before the wait. */
	for (int i = 0; i < 1000; i++) {
		raise(SIGUSR1);
		assert_int_equal(entrain_wait(signalled), ENTRAIN_CANCELED);
		assert_int_equal(entrain_wait_until(signalled, 0), ENTRAIN_TIMEOUT);
	}
	/* Before, during and after its beginning. */
	for (int i = 0; i < 2000; i++) {
		timer_set(timer, 0, 1000 * (1 + rand_r(&seed) % 100));
		assert_int_equal(entrain_wait(signalled), ENTRAIN_CANCELED);
	}
	assert_int_equal(entrain_wait_until(signalled, 0), ENTRAIN_TIMEOUT);
	timer_end(timer);
	handle(SIGUSR1, SIG_DFL);
	end(signalled);
}

static void handled_signals_do_not_end_the_wait(void **state)
{
	struct entrain_agent *agent;
	int64_t turn_ns;
	timer_t timer;

	(void)state;
	if (LIFE_THREAD_SANITIZED)
		skip(); /* it delivers a signal at the next call that it knows, and not to sem_clockwait() */
	life_create(4, 100 * LIFE_MS);
	agent = join();
	signals = 0;
	timer = timer_make(only_count);
	timer_set(timer, LIFE_MS, LIFE_MS);
	for (int i = 0; i < 3; i++) {
		turn_ns = entrain_next_turn_ns(agent);
		errno = AN_ERRNO;
		assert_int_equal(entrain_wait(agent), 0);
		assert_int_equal(errno, AN_ERRNO);
		assert_true(entrain_now_ns() >= turn_ns);
		act(agent);
	}
	timer_end(timer);
	assert_true(signals > 10);
	end(agent);
}

static void *wait_for_ever(void *context)
{
	struct race *race = context;

	race->round = 1;
	entrain_wait(race->agent);
	return context;
}

static void a_thread_that_waits_can_be_canceled(void **state)
{
	struct entrain_agent *other;
	struct race race;

	(void)state;
	if (LIFE_ADDRESS_SANITIZED)
		skip();
	race.agent = join_long();
	for (int i = 0; i < 100; i++) {
		pthread_t thread;
		void *result;

		race.round = 0;
		assert_int_equal(pthread_create(&thread, NULL, wait_for_ever, &race), 0);
		if (i % 2)
			life_until(race.round == 1);
		assert_int_equal(pthread_cancel(thread), 0);
		assert_int_equal(pthread_join(thread, &result), 0);
		assert_ptr_equal(result, PTHREAD_CANCELED);
		/* The lock of the process is free, the handle as good as ever. */
		other = join();
		entrain_leave(other);
		assert_int_equal(entrain_wait_until(race.agent, 0), ENTRAIN_TIMEOUT);
	}
	act(race.agent);
	end(race.agent);
}

/* ---- what is no cancellation point ---------------------------------------------------------- */

struct doomed {
	void *(*act)(struct doomed *doomed);
	struct entrain_agent *agent;
	bool over;
};

static void *cancel_and_act(void *context)
{
	struct doomed *doomed = context;

	pthread_cancel(pthread_self());
	return doomed->act(doomed);
}

/* The thread that acts is to be cancelled, and is so after that. */
static void act_doomed(struct doomed *doomed)
{
	pthread_t thread;
	void *result;

	doomed->over = false;
	life_check(pthread_create(&thread, NULL, cancel_and_act, doomed) == 0);
	life_check(pthread_join(thread, &result) == 0);
	life_check(result == PTHREAD_CANCELED && doomed->over);
}

static void *join_doomed(struct doomed *doomed)
{
	doomed->agent = entrain_join(LIFE_SWARM, NULL, NULL);
	doomed->over = true;
	pthread_testcancel();
	return NULL;
}

/* In a process that does not know itself yet: that reads /proc, with the lock that every join takes. */
static void join_as_first(void *context)
{
	struct doomed doomed = { .act = join_doomed };

	(void)context;
	act_doomed(&doomed);
	life_check(doomed.agent && entrain_joined(doomed.agent, NULL));
	entrain_leave(doomed.agent);
	entrain_leave(join());
}

static void a_thread_that_joins_cannot_be_canceled(void **state)
{
	char file[] = "/tmp/entrain-test-wait.XXXXXX";
	int fd = mkstemp(file);

	(void)state;
	if (LIFE_ADDRESS_SANITIZED)
		skip();
	life_create(4, 100 * LIFE_MS);
	life_ended_well(life_fork(join_as_first, NULL));
	/* And where the configuration says where the swarm is. */
	assert_true(dprintf(fd, "[swarm %s]\ndir = %s\n", LIFE_SWARM, swarm_fixture_dir()) > 0);
	setenv("ENTRAIN_CONFIG", file, 1);
	unsetenv("ENTRAIN_DIR");
	life_ended_well(life_fork(join_as_first, NULL));
	setenv("ENTRAIN_DIR", swarm_fixture_dir(), 1);
	unsetenv("ENTRAIN_CONFIG");
	close(fd);
	unlink(file);
	life_remove();
}

static void wait_and_die(void *context)
{
	struct entrain_agent *agent = join();

	(void)context;
	life_check(entrain_wait(agent) == 0);
	act(agent);
}

static void *turn_doomed(struct doomed *doomed)
{
	act(doomed->agent);
	entrain_due(doomed->agent);
	doomed->over = true;
	pthread_testcancel();
	return NULL;
}

static void topology_publish(const char *topology)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);

	life_check(swarm && entrain_resize(swarm, 0, topology, NULL) == 0);
	entrain_close(swarm);
}

static void a_turn_is_no_cancellation_point(void **state)
{
	struct doomed doomed = { .act = turn_doomed };
	struct entrain_status status = ENTRAIN_STATUS;

	(void)state;
	if (LIFE_ADDRESS_SANITIZED)
		skip();
	life_create(4, 100 * LIFE_MS);
	doomed.agent = join();
	assert_true(entrain_timerfd(doomed.agent) >= 0);
	for (unsigned i = 0; i < 2; i++) {
		topology_publish(i ? "full" : "ring:2"); /* which the turn maps */
		act_doomed(&doomed);
		life_status(&status);
		assert_int_equal(status.acknowledged, 1);
	}
	/* And who is looked up there, since its turn is overdue. */
	life_ended_well(life_fork(wait_and_die, NULL));
	assert_int_equal(life_occupied(), 2);
	for (unsigned i = 0; i < 20 && life_occupied() == 2; i++) {
		assert_int_equal(entrain_wait(doomed.agent), 0);
		act_doomed(&doomed);
	}
	end(doomed.agent);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_deadline_ends_the_wait_and_the_turn_stands),
		TEST(no_handle_is_a_usage_error),
		TEST(no_cancel_of_another_thread_is_lost),
		TEST(no_cancel_of_a_signal_handler_is_lost),
		TEST(handled_signals_do_not_end_the_wait),
		TEST(a_thread_that_waits_can_be_canceled),
		TEST(a_thread_that_joins_cannot_be_canceled),
		TEST(a_turn_is_no_cancellation_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
