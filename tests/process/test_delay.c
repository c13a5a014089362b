/* SPDX-License-Identifier: MIT */
/* test_delay.c - how a turn that is delayed is waited for, and what an agent that is not delayed costs. */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>
#include "life.h"

#define AN_ERRNO 4711

static struct entrain_agent *join_with(const struct entrain_options *options)
{
	struct entrain_agent *agent = entrain_join(LIFE_SWARM, options, NULL);

	life_check(agent && entrain_joined(agent, NULL));
	return agent;
}

static struct entrain_agent *join(void)
{
	return join_with(NULL);
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

/* ---- delays ------------------------------------------------------------------------------ */

#define DELAY_PERIOD_NS (400 * LIFE_MS)

/* Two agents whose turns are to be far apart; the first one of `pair` comes too early and is delayed by a second. */
static void join_delayed(struct entrain_agent *pair[2])
{
	struct entrain_settings settings;
	struct entrain_options options = ENTRAIN_OPTIONS;

	entrain_settings_init(&settings);
	settings.capacity = 8;
	settings.period_ns = DELAY_PERIOD_NS;
	settings.max_delay_ppm = 1000000;
	life_create_with(&settings);
	options.kind = ENTRAIN_TAKEN;
	pair[0] = join_with(&options);
	pair[1] = join_with(&options);
}

/* Both act at once: of the two, one is to be delayed by nearly half a period. Returns that one. */
static struct entrain_agent *act_together(struct entrain_agent *pair[2])
{
	act(pair[0]);
	act(pair[1]);
	return pair[0]->delay_ns > pair[1]->delay_ns ? pair[0] : pair[1];
}

static void end_pair(struct entrain_agent *pair[2])
{
	entrain_leave(pair[0]);
	entrain_leave(pair[1]);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* That one, delayed by a good part of the period. Where the machine stands still between the two they are apart, so: some tries. */
static struct entrain_agent *begin_delayed(struct entrain_agent *pair[2])
{
	for (int tries = 0; tries < 5; tries++) {
		struct entrain_agent *delayed;

		join_delayed(pair);
		delayed = act_together(pair);
		if (delayed->delay_ns > 120 * LIFE_MS)
			return delayed;
		end_pair(pair);
	}
	fail_msg("nobody is delayed");
	return NULL;
}

static void switch_off_later(void *context)
{
	_Atomic int64_t *switch_ns = context;

	while (entrain_now_ns() < *switch_ns)
		life_pause();
	life_mode(ENTRAIN_OFF);
	*switch_ns = entrain_now_ns();
}

static int wait_by_timerfd(struct entrain_agent *agent)
{
	struct pollfd readable = { .fd = entrain_timerfd(agent), .events = POLLIN };

	for (;;) {
		life_check(poll(&readable, 1, 10000) == 1);
		if (entrain_due(agent))
			return 0;
	}
}

static int wait_by_own_timer(struct entrain_agent *agent)
{
	while (!entrain_due(agent)) {
		const int64_t wake_ns = entrain_wake_ns(agent);
		const struct timespec wake = { .tv_sec = wake_ns / LIFE_S,
					       .tv_nsec = wake_ns % LIFE_S };

		life_check(wake_ns <= entrain_next_turn_ns(agent));
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL);
	}
	return 0;
}

/* In the middle of a delay the swarm is switched off. Returns how long after that the wait ended. */
static int64_t off_latency_ns(int (*wait_some)(struct entrain_agent *agent))
{
	_Atomic int64_t *switch_ns = life_shared(sizeof(*switch_ns));
	struct entrain_agent *pair[2], *delayed;
	int64_t undelayed_ns, latency_ns;
	pid_t pid;

	delayed = begin_delayed(pair);
	undelayed_ns = delayed->turn_ns - delayed->delay_ns;
	*switch_ns = undelayed_ns + 20 * LIFE_MS;
	pid = life_fork(switch_off_later, switch_ns);
	life_check(wait_some(delayed) == 0);
	latency_ns = entrain_now_ns();
	life_ended_well(pid);
	latency_ns -= *switch_ns;
	end_pair(pair);
	return latency_ns;
}

/* Within 100 ms, on a machine that schedules: the best of some tries. */
static void off_ends_a_delay(int (*wait_some)(struct entrain_agent *agent))
{
	int64_t least_ns = INT64_MAX;

	for (int tries = 0; tries < 5 && least_ns > 100 * LIFE_MS; tries++) {
		int64_t latency_ns = off_latency_ns(wait_some);

		least_ns = latency_ns < least_ns ? latency_ns : least_ns;
	}
	print_message("off after %.0f ms\n", (double)least_ns / LIFE_MS);
	assert_true(least_ns <= 100 * LIFE_MS);
}

static void off_ends_the_delay_of_a_wait(void **state)
{
	(void)state;
	off_ends_a_delay(entrain_wait);
}

static void off_ends_the_delay_of_a_timerfd(void **state)
{
	(void)state;
	off_ends_a_delay(wait_by_timerfd);
}

static void off_ends_the_delay_of_a_hosts_own_timer(void **state)
{
	(void)state;
	off_ends_a_delay(wait_by_own_timer);
}

static void a_delay_is_waited_for(void **state)
{
	struct entrain_agent *pair[2], *delayed;
	int64_t undelayed_ns, turn_ns;

	(void)state;
	delayed = begin_delayed(pair);
	turn_ns = entrain_next_turn_ns(delayed);
	undelayed_ns = turn_ns - delayed->delay_ns;
	assert_true(entrain_wait_until(delayed, undelayed_ns + 10 * LIFE_MS) == ENTRAIN_TIMEOUT ||
		    entrain_now_ns() >= turn_ns);
	assert_int_equal(entrain_wait(delayed), 0);
	assert_true(entrain_now_ns() >= turn_ns);
	end_pair(pair);
}

static void observing_and_off_delay_nothing(void **state)
{
	static const uint32_t modes[] = { ENTRAIN_OBSERVE, ENTRAIN_OFF };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct entrain_agent *pair[2];

		join_delayed(pair);
		life_mode(modes[i]);
		for (int turns = 0; turns < 3; turns++) {
			const int64_t planned_ns[2] = { entrain_next_turn_ns(pair[0]),
							entrain_next_turn_ns(pair[1]) };
			const int64_t before_ns = instant_grained(entrain_now_ns());

			assert_int_equal(act_together(pair)->delay_ns, 0);
			/* A period after they acted; where the machine stood still so that it had come, after the turn. */
			for (int a = 0; a < 2; a++)
				assert_in_range(entrain_next_turn_ns(pair[a]),
						DELAY_PERIOD_NS + (planned_ns[a] < before_ns
									   ? planned_ns[a]
									   : before_ns),
						entrain_now_ns() + DELAY_PERIOD_NS);
		}
		end_pair(pair);
	}
}

/* ---- the timerfd ------------------------------------------------------------------------- */

static void the_timerfd_is_readable_at_each_turn(void **state)
{
	struct entrain_agent *agent;
	struct pollfd readable = { .events = POLLIN };

	(void)state;
	life_create(4, 50 * LIFE_MS);
	agent = join();
	errno = AN_ERRNO;
	readable.fd = entrain_timerfd(agent);
	assert_true(readable.fd >= 0);
	assert_int_equal(entrain_timerfd(agent), readable.fd);
	for (int i = 0; i < 5; i++) {
		int64_t turn_ns = entrain_next_turn_ns(agent);
		bool early = poll(&readable, 1, 0) == 0;

		/* Not before its turn, and then until somebody asks. */
		assert_true(early || entrain_now_ns() >= turn_ns);
		if (early && entrain_now_ns() < turn_ns - 5 * LIFE_MS)
			assert_int_equal(entrain_due(agent), 0);
		assert_int_equal(poll(&readable, 1, 10000), 1);
		assert_true(entrain_now_ns() >= turn_ns);
		assert_int_equal(entrain_due(agent), 1);
		act(agent);
		assert_true(entrain_next_turn_ns(agent) > turn_ns);
		assert_int_equal(errno, AN_ERRNO);
	}
	end(agent);
}

/* ---- at rest ----------------------------------------------------------------------------- */

#define REST_TURNS 40

struct rest {
	_Atomic long switches;
};

static void rest_some_turns(void *context)
{
	struct rest *rest = context;
	struct entrain_agent *agent = join();
	struct rusage before, after;

	for (int turns = 0; turns < 5; turns++) {
		life_check(entrain_wait(agent) == 0);
		act(agent);
	}
	getrusage(RUSAGE_THREAD, &before);
	for (int turns = 0; turns < REST_TURNS; turns++) {
		life_check(entrain_wait(agent) == 0);
		act(agent);
	}
	getrusage(RUSAGE_THREAD, &after);
	rest->switches = after.ru_nvcsw - before.ru_nvcsw;
	/* The others are still at it. */
	for (int turns = 0; turns < 3; turns++) {
		life_check(entrain_wait(agent) == 0);
		act(agent);
	}
	entrain_leave(agent);
}

static void an_agent_at_rest_wakes_for_its_turns_only(void **state)
{
	struct rest *rests = life_shared(4 * sizeof(*rests));
	pid_t pids[4];

	(void)state;
	life_create(8, 40 * LIFE_MS);
	for (unsigned i = 0; i < 4; i++)
		pids[i] = life_fork(rest_some_turns, &rests[i]);
	for (unsigned i = 0; i < 4; i++)
		life_ended_well(pids[i]);
	for (unsigned i = 0; i < 4; i++) {
		print_message("%ld voluntary switches in %d turns\n", rests[i].switches,
			      REST_TURNS);
		/* A page that is being moved, a lock of the kernel: not every one is ours. */
		assert_in_range(rests[i].switches, 1, REST_TURNS + REST_TURNS / 10);
	}
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* ---- a period that was set by mistake -------------------------------------------------------- */

struct sleeper {
	bool by_timerfd;
	_Atomic int stop;
	_Atomic int64_t turn_ns; /* the next, as planned */
	_Atomic uint64_t turns;
};

static void period_set(int64_t period_ns)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);
	struct entrain_status status = ENTRAIN_STATUS;

	life_check(swarm && entrain_status(swarm, &status, NULL, 0, NULL) == 0);
	status.settings.period_ns = period_ns;
	life_check(entrain_set(swarm, &status.settings, NULL) == 0);
	entrain_close(swarm);
}

/* As wait_by_timerfd(), but sooner or later it is told to stop. */
static bool sleep_until_turn(struct entrain_agent *agent, struct sleeper *sleeper)
{
	struct pollfd readable = { .events = POLLIN };

	while (!sleeper->stop) {
		readable.fd = entrain_timerfd(agent);
		if (!sleeper->by_timerfd) {
			if (entrain_wait_until(agent, entrain_now_ns() + 15 * LIFE_S) == 0)
				return true;
		} else if (poll(&readable, 1, 15000) == 1 && entrain_due(agent)) {
			return true;
		}
	}
	return false;
}

static void sleep_and_act(void *context)
{
	struct sleeper *sleeper = context;
	struct entrain_agent *agent = join();

	while (sleep_until_turn(agent, sleeper)) {
		act(agent);
		sleeper->turn_ns = entrain_next_turn_ns(agent);
		sleeper->turns++;
	}
	entrain_leave(agent);
}

#define SLEEPERS 4

static bool all_turned(const struct sleeper *sleepers, uint64_t turns)
{
	for (unsigned i = 0; i < SLEEPERS; i++)
		if (sleepers[i].turns < turns)
			return false;
	return true;
}

static bool all_planned(const struct sleeper *sleepers, int64_t from_ns)
{
	for (unsigned i = 0; i < SLEEPERS; i++)
		if (sleepers[i].turn_ns < from_ns)
			return false;
	return true;
}

/* All plan a day ahead, then the period is put back. Half of them wait, half poll a timerfd. */
static void nobody_sleeps_through_a_period_that_is_put_back(void **state)
{
	struct sleeper *sleepers = life_shared(SLEEPERS * sizeof(*sleepers));
	pid_t pids[SLEEPERS];
	int64_t back_ns;

	(void)state;
	life_create(8, 100 * LIFE_MS);
	for (unsigned i = 0; i < SLEEPERS; i++) {
		sleepers[i].by_timerfd = i % 2;
		pids[i] = life_fork(sleep_and_act, &sleepers[i]);
	}
	life_until(all_turned(sleepers, 3));
	period_set(86400 * LIFE_S);
	life_until(all_planned(sleepers, entrain_now_ns() + 3600 * LIFE_S));
	period_set(100 * LIFE_MS);
	back_ns = entrain_now_ns();
	for (unsigned i = 0; i < SLEEPERS; i++)
		sleepers[i].turns = 0;
	life_until(all_turned(sleepers, 3));
	print_message("the period was put back: all act again after %.1f s\n",
		      (double)(entrain_now_ns() - back_ns) / LIFE_S);
	for (unsigned i = 0; i < SLEEPERS; i++)
		sleepers[i].stop = 1;
	for (unsigned i = 0; i < SLEEPERS; i++)
		life_ended_well(pids[i]);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_delay_is_waited_for),
		TEST(off_ends_the_delay_of_a_wait),
		TEST(off_ends_the_delay_of_a_timerfd),
		TEST(off_ends_the_delay_of_a_hosts_own_timer),
		TEST(observing_and_off_delay_nothing),
		TEST(the_timerfd_is_readable_at_each_turn),
		TEST(nobody_sleeps_through_a_period_that_is_put_back),
		TEST(an_agent_at_rest_wakes_for_its_turns_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
