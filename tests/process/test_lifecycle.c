/* SPDX-License-Identifier: MIT */
/* test_lifecycle.c - exec, exit, SIGKILL, SIGSTOP, a full swarm: whose slot it is then, in real processes. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "clock.h"
#include "life.h"
#include "mark.h"

#define PERIOD_NS (50 * LIFE_MS)
/* Nobody is overdue, so that no agent frees what another is to free. */
#define LONG_NS (3600 * LIFE_S)

static struct entrain_agent *join_in(const char *dir)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_agent *agent;

	options.dir = dir;
	agent = entrain_join(LIFE_SWARM, &options, NULL);
	life_check(agent && entrain_joined(agent, NULL));
	return agent;
}

static struct entrain_agent *join(void)
{
	return join_in(NULL);
}

static bool own(const struct entrain_agent *agent)
{
	return entrain_joined(agent, NULL) && life_pid_of(agent->index) == (uint32_t)getpid();
}

/* ---- exec -------------------------------------------------------------------------------- */

static void join_twice_and_exec(void *context)
{
	char *const arguments[] = { context, NULL };
	char program[] = "/proc/self/exe";

	life_check(join()->index == 1 && join()->index == 2);
	execv(program, arguments);
	life_check(!"execv");
}

/* The image after: the slots 1 and 2 are those of the one before, slot 0 is the test's. */
static int after_exec(void)
{
	struct entrain_agent *first, *second;

	life_check(life_pid_of(1) == (uint32_t)getpid() && life_pid_of(2) == (uint32_t)getpid());
	first = join();
	life_check(first->index == 1 && life_occupied() == 2);
	second = join();
	life_check(second->index == 2 && own(first) && own(second));
	life_check(life_pid_of(0) == (uint32_t)getppid());
	entrain_leave(first);
	life_check(life_occupied() == 2 && own(second));
	entrain_leave(second);
	life_check(life_occupied() == 1);
	return 0;
}

static void the_image_after_exec_releases_the_slots_of_the_one_before(void **state)
{
	char again[] = "--after-exec";
	struct entrain_agent *agent;

	(void)state;
	life_create(8, PERIOD_NS);
	agent = join();
	life_ended_well(life_fork(join_twice_and_exec, again));
	assert_true(own(agent));
	entrain_leave(agent);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

static void handles_by_two_spellings_of_the_path_keep_their_slots(void **state)
{
	struct entrain_agent *first, *second;
	char dir[300];

	(void)state;
	life_create(8, PERIOD_NS);
	first = join();
	snprintf(dir, sizeof(dir), "%s/.", swarm_fixture_dir());
	second = join_in(dir);
	assert_int_not_equal(first->index, second->index);
	assert_true(own(first) && own(second));
	entrain_leave(first);
	entrain_leave(second);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* ---- the end ----------------------------------------------------------------------------- */

static void by_exit(void)
{
	exit(0);
}

static void by_return_code(void)
{
	_exit(0);
}

static void by_kill(void)
{
	raise(SIGKILL);
}

static void by_term(void)
{
	raise(SIGTERM);
}

static void (*const ends[])(void) = { by_exit, by_return_code, by_kill, by_term };
#define ENDS (sizeof(ends) / sizeof(ends[0]))

static void join_and_end(void *context)
{
	void (*const *end)(void) = context;
	struct entrain_agent *agent = join();

	life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
	if (*end == by_exit)
		fclose(stdout); /* what the test has not printed yet is the test's */
	(*end)();
}

/* A child that joined and ended in this way, not waited for: a zombie. */
static pid_t zombie(unsigned how)
{
	void (*end)(void) = ends[how];
	pid_t pid = life_fork(join_and_end, &end);
	siginfo_t info;

	life_check(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	life_check(info.si_code != CLD_EXITED || info.si_status == 0);
	return pid;
}

static void turn(struct entrain_agent *agent)
{
	life_check(entrain_wait(agent) == 0);
	life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
}

static void a_running_agent_frees_the_slots_of_those_that_ended(void **state)
{
	struct entrain_agent *agent;

	(void)state;
	life_create(16, PERIOD_NS);
	agent = join();
	for (unsigned i = 0; i < 2 * ENDS; i++) {
		pid_t pid = zombie(i % ENDS);

		assert_int_equal(life_pid_of(1), pid);
		if (i >= ENDS)
			life_ended(pid);
		for (int turns = 0; life_pid_of(1) && turns < 200; turns++)
			turn(agent);
		assert_int_equal(life_pid_of(1), 0);
		if (i < ENDS)
			life_ended(pid);
		assert_true(own(agent));
	}
	entrain_leave(agent);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* Slots whose owners are dead and whose words do not say when a turn is overdue. */
static void an_absurd_turn(struct entrain_agent *agent)
{
	const struct slot_turn turn = { .cur_ns = entrain_now_ns() + 500 * PERIOD_NS,
					.next_ns = entrain_now_ns() + 501 * PERIOD_NS,
					.period_ns = PERIOD_NS };

	life_check(slot_publish(&agent->owner, &turn));
}

static void words_of_another(struct entrain_agent *agent)
{
	struct shm_slot *slot = agent->owner.slot;

	for (int c = 0; c < 2; c++)
		atomic_fetch_xor(&slot->copy[c].word[COPY_NEXT], UINT64_C(1) << 60);
}

static void an_old_claim(struct entrain_agent *agent)
{
	struct shm_slot *slot = agent->owner.slot;
	struct slot_owner owner;

	slot_release(&agent->owner);
	life_check(slot_claim(&owner, slot, (uint32_t)getpid(), entrain_now_ns() - 2 * LIFE_S));
}

static void (*const spoilings[])(struct entrain_agent *agent) = { an_absurd_turn, words_of_another,
								  an_old_claim };

static void join_spoil_and_die(void *context)
{
	void (*const *spoil)(struct entrain_agent * agent) = context;

	(*spoil)(join());
	raise(SIGKILL);
}

static void a_running_agent_frees_the_slots_of_the_dead_that_cannot_be_read(void **state)
{
	struct entrain_agent *agent;

	(void)state;
	life_create(16, PERIOD_NS);
	agent = join();
	for (unsigned i = 0; i < sizeof(spoilings) / sizeof(spoilings[0]); i++) {
		void (*spoil)(struct entrain_agent * spoiler) = spoilings[i];
		pid_t pid = life_fork(join_spoil_and_die, &spoil);

		life_ended(pid);
		assert_int_equal(life_pid_of(1), pid);
		for (int turns = 0; life_pid_of(1) && turns < 200; turns++)
			turn(agent);
		assert_int_equal(life_pid_of(1), 0);
	}
	entrain_leave(agent);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

static void reap_frees_the_slots_of_those_that_ended(void **state)
{
	uint32_t released = 0, unproven = 0;
	pid_t pids[ENDS];

	(void)state;
	life_create(16, LONG_NS);
	for (unsigned i = 0; i < ENDS; i++)
		pids[i] = zombie(i);
	assert_int_equal(life_occupied(), ENDS);
	life_ended(pids[0]);
	life_reap(&released, &unproven);
	assert_int_equal(released, ENDS);
	assert_int_equal(unproven, 0);
	assert_int_equal(life_occupied(), 0);
	for (unsigned i = 1; i < ENDS; i++)
		life_ended(pids[i]);
	life_remove();
}

static void a_join_frees_the_slots_of_the_dead_in_a_full_swarm(void **state)
{
	struct entrain_agent *agent;

	(void)state;
	life_create(2, LONG_NS);
	life_ended(zombie(1));
	life_ended(zombie(2));
	assert_int_equal(life_occupied(), 2);
	agent = join();
	assert_int_equal(life_occupied(), 1);
	entrain_leave(agent);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* Who replaces them does not find their gaps: with them alive it would have come into the middle of one. */
static void a_join_that_probes_frees_the_slots_of_the_dead(void **state)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_agent *first, *agent;
	int64_t apart_ns;

	(void)state;
	life_create(16, LONG_NS);
	first = join();
	for (unsigned i = 0; i < ENDS; i++)
		life_ended(zombie(i));
	assert_int_equal(life_occupied(), ENDS + 1);
	agent = join();
	assert_int_equal(life_occupied(), ENDS + 2);
	entrain_leave(agent);
	options.probe = 1;
	agent = entrain_join(LIFE_SWARM, &options, NULL);
	assert_non_null(agent);
	assert_int_equal(life_occupied(), 2);
	apart_ns = llabs(entrain_next_turn_ns(agent) - entrain_next_turn_ns(first));
	assert_in_range(apart_ns, LONG_NS / 2 - LONG_NS / 50, LONG_NS / 2 + LONG_NS / 50);
	entrain_leave(agent);
	entrain_leave(first);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

static void join_in_a_full_swarm_says_so(void **state)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_agent *first, *second;

	(void)state;
	life_create(2, PERIOD_NS);
	first = join();
	second = join();
	errno = 4711;
	assert_null(entrain_join(LIFE_SWARM, NULL, &error));
	assert_int_equal(errno, 4711);
	assert_int_equal(error.code, ENTRAIN_FULL);
	assert_string_equal(error.what, "join swarm");
	assert_string_equal(error.object, LIFE_SWARM);
	assert_non_null(strstr(error.why, "2 slots"));
	assert_non_null(strstr(entrain_code_hint(error.code), "entrainctl reap"));
	assert_true(own(first) && own(second));
	entrain_leave(second);
	second = join();
	assert_int_equal(second->index, 1);
	entrain_leave(first);
	entrain_leave(second);
	life_remove();
}

/* ---- stopped ----------------------------------------------------------------------------- */

static bool picture_is(uint32_t alive, uint32_t stale)
{
	struct entrain_status status;

	life_status(&status);
	return status.measure.agents_alive == alive && status.measure.agents_stale == stale &&
	       status.measure.agents_dead == 0 && status.measure.evenness >= .9;
}

static void a_stopped_agent_keeps_its_slot_and_goes_on(void **state)
{
	struct life_worker *workers = life_workers(4), *stopped = &workers[1];
	uint32_t released, unproven;
	uint64_t turns;
	int slot;

	(void)state;
	life_create(8, PERIOD_NS);
	life_work_all(workers, 4);
	life_until(picture_is(4, 0));
	slot = stopped->slot;
	life_stop(stopped->pid);
	turns = stopped->turns;
	life_until(picture_is(3, 1));
	/* The others look it up again and again, and an administrator may too. */
	for (int i = 0; i < 10; i++) {
		uint64_t seen = workers[0].turns;

		life_reap(&released, &unproven);
		assert_int_equal(released, 0);
		assert_int_equal(unproven, 0);
		assert_int_equal(life_pid_of((unsigned)slot), stopped->pid);
		life_until(workers[0].turns > seen);
	}
	assert_int_equal(stopped->turns, turns);
	life_check(kill(stopped->pid, SIGCONT) == 0);
	life_until(stopped->turns > turns + 3);
	life_until(picture_is(4, 0));
	assert_int_equal(stopped->slot, slot);
	assert_int_equal(life_pid_of((unsigned)slot), stopped->pid);
	life_end_all(workers, 4);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

static int64_t (*real_clock)(void);

static int64_t clock_ahead(void)
{
	return real_clock() + 100 * LIFE_S;
}

struct successor {
	_Atomic int slot, ready, end;
};

static void join_later(void *context)
{
	struct successor *successor = context;
	struct entrain_agent *agent;

	real_clock = clock_source;
	clock_source = clock_ahead;
	agent = join();
	successor->slot = (int)agent->index;
	successor->ready = 1;
	while (!successor->end)
		life_pause();
	life_check(own(agent));
	entrain_leave(agent);
}

static void the_longest_silent_slot_of_a_full_swarm_is_taken(void **state)
{
	struct life_worker *workers = life_workers(2), *stopped = &workers[0], *other = &workers[1];
	struct successor *successor = life_shared(sizeof(*successor));
	struct shm_slot before;
	uint64_t turns;
	pid_t pid;

	(void)state;
	life_create(2, PERIOD_NS);
	life_work(stopped);
	life_work(other);
	life_stop(stopped->pid);
	turns = other->turns;
	life_until(other->turns > turns + 3);
	assert_null(entrain_join(LIFE_SWARM, NULL, NULL)); /* not silent for long enough */
	pid = life_fork(join_later, successor);
	life_until(successor->ready);
	assert_int_equal(successor->slot, stopped->slot);
	assert_int_equal(life_pid_of(0), pid);
	assert_int_equal(life_pid_of(1), other->pid);
	memcpy(&before, &life_slots()[0], sizeof(before));
	/* Continued, it is fenced, says why it is alone, and keeps its period. */
	life_check(kill(stopped->pid, SIGCONT) == 0);
	life_until(!stopped->joined && stopped->why == ENTRAIN_FULL);
	turns = stopped->turns;
	life_until(stopped->turns > turns + 5);
	assert_memory_equal(&before, &life_slots()[0], sizeof(before));
	assert_false(stopped->joined);
	/* As soon as there is room it joins again. */
	life_end(other);
	life_until(stopped->joined);
	assert_int_equal(stopped->slot, 1);
	assert_memory_equal(&before, &life_slots()[0], sizeof(before));
	successor->end = 1;
	life_ended_well(pid);
	life_end(stopped);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* ---- stopped anywhere, and fenced ---------------------------------------------------------- */

#define STOPS 150

struct hurried {
	_Atomic int slot, end;
	_Atomic unsigned turns, lost;
};

static void hurry(void *context)
{
	struct hurried *hurried = context;
	struct entrain_agent *agent = join();

	hurried->slot = (int)agent->index;
	while (!hurried->end) {
		life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
		hurried->turns++;
		if (entrain_joined(agent, NULL))
			continue;
		/* It has lost its slot: some more turns, as a host would take them, then back. */
		for (int i = 0; i < 5; i++)
			life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
		hurried->slot = -1;
		hurried->lost++;
		life_check(entrain_rejoin(agent, NULL) == 0);
		hurried->slot = (int)agent->index;
	}
	entrain_leave(agent);
}

static void slot_take(struct slot_owner *owner, struct shm_slot *slot)
{
	const int64_t now_ns = entrain_now_ns();
	const struct slot_turn turn = { .cur_ns = now_ns,
					.next_ns = now_ns + PERIOD_NS,
					.period_ns = PERIOD_NS };

	life_check(slot_free(slot, atomic_load_explicit(&slot->version, memory_order_acquire)));
	life_check(slot_claim(owner, slot, (uint32_t)getpid(), now_ns));
	life_check(slot_publish(owner, &turn));
}

static void an_owner_stopped_anywhere_never_writes_into_its_successors_slot(void **state)
{
	struct hurried *hurried = life_shared(sizeof(*hurried));
	unsigned seed = 1;
	pid_t pid;

	(void)state;
	life_create(4, PERIOD_NS);
	hurried->slot = -1;
	pid = life_fork(hurry, hurried);
	for (unsigned i = 0; i < STOPS; i++) {
		unsigned turns, lost;
		struct shm_slot before, *slot;
		struct slot_owner owner;

		life_until(hurried->slot >= 0);
		turns = hurried->turns;
		while (hurried->turns == turns)
			;
		for (volatile int spin = rand_r(&seed) % 4000; spin > 0; spin--)
			;
		life_stop(pid);
		slot = &life_slots()[hurried->slot];
		lost = hurried->lost;
		slot_take(&owner, slot);
		memcpy(&before, slot, sizeof(before));
		life_check(kill(pid, SIGCONT) == 0);
		life_until(hurried->lost > lost);
		assert_memory_equal(&before, slot, sizeof(before));
		life_until(hurried->slot >= 0);
		assert_memory_equal(&before, slot, sizeof(before));
		slot_release(&owner);
	}
	hurried->end = 1;
	life_ended_well(pid);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* ---- a swarm that goes while it is opened -------------------------------------------------- */

/* Control has been read, the agents object not yet. */
static void remove_then(const char *function, int line)
{
	(void)line;
	if (strcmp(function, "open_once") != 0)
		return;
	mark_hook = NULL;
	life_check(entrain_remove(NULL, LIFE_SWARM, 0, NULL) == 0);
}

/* Control of one swarm has been read, and then the agents object is the next one's. */
static void remake_then(const char *function, int line)
{
	remove_then(function, line);
	if (!mark_hook)
		life_create(4, PERIOD_NS);
}

static void who_comes_back_while_the_swarm_is_remade_is_not_told_that_it_is_unsound(void **state)
{
	static void (*const meanwhile[])(const char *, int) = { remove_then, remake_then };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct entrain_agent *agent;
		enum entrain_code why;

		life_create(4, PERIOD_NS);
		agent = join();
		turn(agent);
		entrain_remove(NULL, LIFE_SWARM, 0, NULL);
		life_create(4, PERIOD_NS);
		mark_hook = meanwhile[i];
		entrain_due(agent);
		assert_null(mark_hook);
		assert_false(entrain_joined(agent, &why));
		assert_int_equal(why, ENTRAIN_NOT_READY);
		/* and back it comes */
		if (i == 0)
			life_create(4, PERIOD_NS);
		turn(agent);
		entrain_due(agent);
		assert_true(own(agent));
		entrain_leave(agent);
		life_remove();
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		TEST(the_image_after_exec_releases_the_slots_of_the_one_before),
		TEST(handles_by_two_spellings_of_the_path_keep_their_slots),
		TEST(a_running_agent_frees_the_slots_of_those_that_ended),
		TEST(a_running_agent_frees_the_slots_of_the_dead_that_cannot_be_read),
		TEST(reap_frees_the_slots_of_those_that_ended),
		TEST(a_join_frees_the_slots_of_the_dead_in_a_full_swarm),
		TEST(a_join_that_probes_frees_the_slots_of_the_dead),
		TEST(join_in_a_full_swarm_says_so),
		TEST(a_stopped_agent_keeps_its_slot_and_goes_on),
		TEST(the_longest_silent_slot_of_a_full_swarm_is_taken),
		TEST(an_owner_stopped_anywhere_never_writes_into_its_successors_slot),
		TEST(who_comes_back_while_the_swarm_is_remade_is_not_told_that_it_is_unsound),
	};

	if (count > 0 && strcmp(arguments[0], "--after-exec") == 0)
		return after_exec();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
