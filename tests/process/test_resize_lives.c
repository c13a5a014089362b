/* SPDX-License-Identifier: MIT */
/* test_resize_lives.c - resizes beside agents that stop, sleep, fork, die, join or can open nothing any more, and two administrators. */
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include "clock.h"
#include "resize_life.h"

/* ---- agents in their lives ----------------------------------------------------------------- */

static void a_stopped_agent_follows_when_it_goes_on(void **state)
{
	struct life_worker *workers = life_workers(3);
	struct entrain_status status;

	(void)state;
	create(8, PERIOD_NS, "ring:2");
	life_work_all(workers, 3);
	life_until(all_follow(3));
	life_stop(workers[1].pid);
	for (int i = 0; i < 5; i++)
		resize(0, i % 2 ? "ring:4" : "star");
	life_until(all_follow(2));
	picture(&status);
	for (int i = 0; i < 3; i++)
		assert_int_equal(infos[i].behind, infos[i].pid == (uint32_t)workers[1].pid);
	assert_few_files();
	kill(workers[1].pid, SIGCONT);
	life_until(all_follow(3));
	life_end_all(workers, 3);
	life_remove();
}

static int64_t asleep_ns;
static int64_t (*awake_clock)(void);

static int64_t later_clock(void)
{
	return awake_clock() + asleep_ns;
}

static void act(struct entrain_agent *agent)
{
	life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
}

/* What it has mapped is removed long since, and so are its successors but for the last two. */
static void who_sleeps_for_minutes_follows_at_its_next_turn(void **state)
{
	struct entrain_agent *sleeper, *other;
	struct entrain_status status;

	(void)state;
	create(8, PERIOD_NS, "ring:2");
	life_check((sleeper = entrain_join(LIFE_SWARM, NULL, NULL)) != NULL);
	life_check((other = entrain_join(LIFE_SWARM, NULL, NULL)) != NULL);
	act(sleeper);
	act(other);
	awake_clock = clock_source;
	clock_source = later_clock;
	for (unsigned i = 0; i < 5; i++) {
		asleep_ns += 120 * LIFE_S;
		resize(16 + i, i % 2 ? "ring:4" : "star");
		act(other);
		picture(&status);
		assert_int_equal(status.measure.agents_stale, 1);
		assert_int_equal(status.acknowledged, 1);
		assert_int_equal(infos[sleeper->index].behind, 1);
	}
	assert_few_files();
	act(sleeper);
	assert_int_equal(sleeper->generation, 6);
	assert_int_equal(sleeper->roster.capacity, 20);
	assert_int_equal(view_failed(&sleeper->mapping->view), 0);
	assert_true(all_follow(2));
	assert_int_equal(entrain_quiesce(sleeper), 0);
	entrain_leave(sleeper);
	entrain_leave(other);
	life_remove();
}

/* A worker who takes a way to open files from itself once it has joined. */
struct confined {
	void (*confine)(void);
	_Atomic int inside, turns, stop;
};

static void live_confined(void *context)
{
	struct confined *confined = context;
	struct entrain_agent *agent = entrain_join(LIFE_SWARM, NULL, NULL);

	life_check(agent != NULL);
	confined->confine();
	confined->inside = 1;
	while (!confined->stop) {
		life_check(entrain_wait(agent) == 0);
		act(agent);
		confined->turns++;
	}
	entrain_leave(agent);
}

static void empty_dir(char path[512])
{
	snprintf(path, 512, "%s/empty", getenv("ENTRAIN_DIR"));
}

static void confine_to_empty_dir(void)
{
	char empty[512];

	empty_dir(empty);
	life_check(chroot(empty) == 0 && chdir("/") == 0);
}

static void confine_to_no_descriptor(void)
{
	const struct rlimit none = { 0, 0 };

	life_check(setrlimit(RLIMIT_NOFILE, &none) == 0);
}

static void check_follows_full(void (*confine)(void))
{
	struct confined *confined = life_shared(sizeof(*confined));
	struct life_worker *worker = life_workers(1);
	struct entrain_status status;
	pid_t pid;

	create(8, PERIOD_NS, "ring:2");
	confined->confine = confine;
	pid = life_fork(live_confined, confined);
	life_until(confined->inside && confined->turns > 0);
	life_work(worker);
	/* what it mapped before it goes on using */
	life_until(all_follow(2));
	/* growing needs nothing opened */
	resize(16, NULL);
	resize(0, "ring:4");
	life_until(all_follow(1));
	life_until(({
		picture(&status);
		status.cannot_follow == 1;
	}));
	assert_int_equal(status.agents, 2);
	assert_int_equal(infos[0].cannot_follow, 1);
	assert_int_equal(infos[0].behind, 0);
	assert_int_equal(infos[0].neighbours, 15);
	assert_int_equal(infos[1].cannot_follow, 0);
	/* full it can follow */
	resize(0, "full");
	life_until(all_follow(2));
	confined->stop = 1;
	life_ended_well(pid);
	life_end(worker);
}

static void who_sees_no_file_follows_full_and_says_so(void **state)
{
	char empty[512];

	(void)state;
	if (geteuid() != 0)
		skip();
	empty_dir(empty);
	life_check(mkdir(empty, 0700) == 0);
	check_follows_full(confine_to_empty_dir);
	life_check(rmdir(empty) == 0);
	life_remove();
}

static void who_has_no_descriptor_left_follows_full_and_says_so(void **state)
{
	(void)state;
	check_follows_full(confine_to_no_descriptor);
	life_remove();
}

static void child_of_agent(void *context)
{
	struct entrain_agent *agent = context;

	life_check(entrain_quiesce(agent) == ENTRAIN_FORKED);
	life_check(entrain_rejoin(agent, NULL) == 0);
	for (int i = 0; i < 3; i++) {
		life_check(resize_code(0, i % 2 ? "ring:2" : "ring:4", NULL) == 0);
		life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
		life_check(agent->generation ==
			   SHM_TOPOLOGY_GENERATION(agent->mapping->segment.settings->topology));
		life_check(entrain_quiesce(agent) == 0 && !agent->mapping->view.retired);
	}
	entrain_leave(agent);
}

static void children_follow_on_their_own(void **state)
{
	struct entrain_agent *agent;

	(void)state;
	create(8, PERIOD_NS, "ring:2");
	life_check((agent = entrain_join(LIFE_SWARM, NULL, NULL)) != NULL);
	for (int i = 0; i < 3; i++) {
		life_ended_well(life_fork(child_of_agent, agent));
		life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
		assert_true(all_follow(1));
		assert_int_equal(entrain_quiesce(agent), 0);
	}
	entrain_leave(agent);
	assert_sound();
	life_remove();
}

/* Two administrators at it for a while, one of them dies now and then; agents come and go. */
static void administer(void *context)
{
	static const char *const topologies[] = { "ring:2", "star", "small-world:4:0.3", "full" };
	_Atomic int *stop = context;
	struct entrain_swarm *swarm = admin_open();

	for (unsigned i = (unsigned)getpid(); !*stop; i++) {
		int code = entrain_resize(swarm, 0, topologies[i % 4], NULL);

		life_check(code == 0 || code == ENTRAIN_NOT_READY);
	}
	entrain_close(swarm);
}

static void two_administrators_leave_a_sound_swarm(void **state)
{
	_Atomic int *stop = life_shared(sizeof(*stop));
	struct life_worker *workers = life_workers(4);
	int64_t end_ns = entrain_now_ns() + LIFE_S;
	struct entrain_status status;
	pid_t one, other;

	(void)state;
	create(8, PERIOD_NS / 10, "ring:2");
	life_work_all(workers, 4);
	one = life_fork(administer, stop);
	while (entrain_now_ns() < end_ns) {
		other = life_fork(administer, stop);
		life_pause();
		life_pause();
		life_pause();
		swarm_child_kill(other);
		picture(&status);
	}
	*stop = 1;
	life_ended_well(one);
	resize(0, "ring:2");
	life_until(all_follow(4));
	assert_sound();
	assert_few_files();
	picture(&status);
	assert_true(status.topology_generation > 50);
	for (int i = 0; i < 4; i++)
		assert_true(workers[i].turns > 10);
	life_end_all(workers, 4);
	life_remove();
}

#define STORM_AGENTS 6
#define STORM_CAPACITY 256

/* Grows by a few slots each time as well. */
static void administer_and_grow(void *context)
{
	static const char *const topologies[] = { "ring:2", "full", "small-world:4:0.3", "star" };
	_Atomic int *stop = context;
	struct entrain_swarm *swarm = admin_open();
	uint32_t capacity = 2 * STORM_AGENTS;

	for (unsigned i = 0; !*stop; i++) {
		capacity += capacity < STORM_CAPACITY;
		life_check(entrain_resize(swarm, capacity, topologies[i % 4], NULL) == 0);
	}
	entrain_close(swarm);
}

/* Killed and replaced, one after the other, at any point of their turns. */
static unsigned kill_and_replace(struct life_worker *workers, int64_t end_ns)
{
	unsigned seed = (unsigned)getpid(), kills = 0;

	while (entrain_now_ns() < end_ns) {
		struct life_worker *worker = &workers[(unsigned)rand_r(&seed) % STORM_AGENTS];

		for (unsigned i = (unsigned)rand_r(&seed) % 10; i > 0; i--)
			life_pause();
		swarm_child_kill(worker->pid);
		life_work(worker);
		kills++;
	}
	return kills;
}

static void agents_come_and_die_in_a_storm_of_resizes(void **state)
{
	_Atomic int *stop = life_shared(sizeof(*stop));
	struct life_worker *workers = life_workers(STORM_AGENTS);
	struct entrain_status status;
	uint32_t released;
	unsigned kills;
	pid_t admin;

	(void)state;
	create(2 * STORM_AGENTS, PERIOD_NS / 20, "ring:2");
	life_work_all(workers, STORM_AGENTS);
	admin = life_fork(administer_and_grow, stop);
	kills = kill_and_replace(workers, entrain_now_ns() + LIFE_S);
	*stop = 1;
	life_ended_well(admin);
	resize(STORM_CAPACITY, "ring:4");
	life_until(all_follow(STORM_AGENTS));
	life_reap(&released, NULL);
	picture(&status);
	print_message("%u killed, %u resizes\n", kills, (unsigned)status.topology_generation);
	assert_true(kills > 10 && status.topology_generation > 50);
	assert_int_equal(status.agents, STORM_AGENTS);
	assert_int_equal(status.capacity, STORM_CAPACITY);
	assert_int_equal(life_occupied(), STORM_AGENTS);
	assert_sound();
	assert_few_files();
	life_end_all(workers, STORM_AGENTS);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stopped_agent_follows_when_it_goes_on),
		TEST(who_sleeps_for_minutes_follows_at_its_next_turn),
		TEST(who_sees_no_file_follows_full_and_says_so),
		TEST(who_has_no_descriptor_left_follows_full_and_says_so),
		TEST(children_follow_on_their_own),
		TEST(two_administrators_leave_a_sound_swarm),
		TEST(agents_come_and_die_in_a_storm_of_resizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
