/* SPDX-License-Identifier: MIT */
/* test_barrier_deaths.c - the dead, the stopped and liars at the barrier: who blocks whom, and for how long. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "barrier_life.h"
#include "sweep_trace.h"

/* ---- death and stops --------------------------------------------------------------------- */

struct other {
	_Atomic int entered, go;
};

/* Takes part, and comes no more. */
static void stay_away(void *context)
{
	struct other *other = context;
	struct entrain_agent *agent = join();

	enter(agent);
	other->entered = 1;
	while (!other->go)
		life_pause();
	passes(agent);
	entrain_leave(agent);
}

/* One who is in the round that `agent` passes then. */
static pid_t start_other(struct other *other, struct entrain_agent *agent)
{
	pid_t pid;

	other->entered = other->go = 0;
	pid = life_fork(stay_away, other);
	life_until(other->entered);
	if (agent)
		passes(agent);
	return pid;
}

static void the_dead_block_nobody(void **state)
{
	struct other *other = life_shared(sizeof(*other));
	struct entrain_agent *agent;

	(void)state;
	life_create(8, LIFE_S);
	agent = join();
	passes(agent);
	for (int i = 0; i < 10; i++) {
		pid_t first = start_other(other, NULL), second;

		second = start_other(other, agent);

		assert_int_equal(wait_ns(agent, LIFE_MS), ENTRAIN_TIMEOUT);
		/* One is a zombie, the other gone. */
		kill(first, SIGKILL);
		swarm_child_kill(second);
		passes(agent);
		swarm_child_kill(first);
		assert_int_equal(life_occupied(), 1);
	}
	finish(&agent, 1);
}

static void the_stopped_block_until_the_deadline(void **state)
{
	struct other *other = life_shared(sizeof(*other));
	struct entrain_agent *agent;
	pid_t pid;

	(void)state;
	life_create(8, LIFE_S);
	agent = join();
	passes(agent);
	pid = start_other(other, agent);
	life_stop(pid);
	assert_int_equal(wait_ns(agent, 5 * SOON_NS), ENTRAIN_TIMEOUT);
	assert_int_equal(life_occupied(), 2);
	kill(pid, SIGCONT);
	other->go = 1;
	passes(agent);
	life_ended_well(pid);
	finish(&agent, 1);
}

static void who_cannot_be_proven_dead_blocks_until_the_deadline(void **state)
{
	struct other *other = life_shared(sizeof(*other));
	struct entrain_agent *agent;
	shm_tagged *space;
	uint64_t word;
	pid_t pid;

	(void)state;
	life_create(8, LIFE_S);
	agent = join();
	passes(agent);
	pid = start_other(other, agent);
	/* As if it lived in another pid namespace. */
	space = &life_slots()[1].fact[FACT_PID_SPACE];
	word = *space;
	*space = word ^ 1;
	swarm_child_kill(pid);
	assert_int_equal(wait_ns(agent, 5 * SOON_NS), ENTRAIN_TIMEOUT);
	assert_int_equal(life_occupied(), 2);
	*space = word;
	passes(agent);
	finish(&agent, 1);
}

/* One that died while it was entering holds nobody up, nor does one that stopped there let others pass it by. */
static void who_dies_while_entering_is_freed(void **state)
{
	struct other *other = life_shared(sizeof(*other));
	struct entrain_agent *agents[2];
	shm_tagged *word;
	pid_t pid;

	(void)state;
	life_create(8, LIFE_S);
	agents[0] = join();
	agents[1] = join();
	passes(agents[0]);
	pid = start_other(other, agents[0]);
	word = &life_slots()[2].barrier;
	*word = *word | BARRIER_ENTERING;
	assert_int_equal(wait_ns(agents[0], SOON_NS), ENTRAIN_TIMEOUT);
	assert_int_equal(wait_ns(agents[1], SOON_NS), ENTRAIN_TIMEOUT);
	assert_int_equal(round_of(agents[1]), 0); /* not entered: nothing stands */
	swarm_child_kill(pid);
	assert_int_equal(entrain_barrier_wait(agents[1], entrain_now_ns() + 5 * SOON_NS),
			 ENTRAIN_TIMEOUT);
	assert_int_equal(round_of(agents[1]), round_of(agents[0]) + 1);
	assert_int_equal(life_occupied(), 2);
	passes(agents[0]);
	passes(agents[0]);
	passes(agents[1]);
	finish(agents, 2);
}

/* ---- a liar in the segment --------------------------------------------------------------- */

/* Writes into every word of the barrier that is not ours, and into what all have in common. */
static void lie(void *context)
{
	struct other *other = context;
	struct entrain_agent *agent = join();
	struct shm_agents *agents = life_agents();
	unsigned seed = 1;

	enter(agent);
	other->entered = 1;
	while (!other->go) {
		uint64_t value = (uint64_t)rand_r(&seed) << 31 | (uint64_t)rand_r(&seed);

		if (rand_r(&seed) % 4 == 0)
			value = SHM_VALUE_MAX - (unsigned)rand_r(&seed) % 2;
		atomic_store(&agent->owner.slot->barrier, tagged_make(agent->owner.version, value));
		if (rand_r(&seed) % 8 == 0)
			atomic_store(&life_slots()[(unsigned)rand_r(&seed) % 8].barrier,
				     (uint64_t)rand_r(&seed) << 40 | value);
		atomic_store(&barrier_of(agents)->high, (uint32_t)rand_r(&seed) * 3);
		if (rand_r(&seed) % 64 == 0)
			atomic_fetch_add(&barrier_of(agents)->bell, 1);
	}
	entrain_leave(agent);
}

static void *keep_passing(void *context)
{
	struct entrain_agent *agent = context;
	int64_t end_ns = entrain_now_ns() + LIFE_S;
	uintptr_t wrong = 0;

	while (entrain_now_ns() < end_ns) {
		int64_t deadline_ns = entrain_now_ns() + SOON_NS;
		int code = entrain_barrier_wait(agent, deadline_ns);

		/* Fenced when its own word changes under its hands all the time. */
		wrong += !(code == 0 || code == ENTRAIN_TIMEOUT || code == ENTRAIN_NO_SWARM);
		wrong += entrain_now_ns() > deadline_ns + LIFE_S;
		if (code == ENTRAIN_NO_SWARM)
			wrong += entrain_rejoin(agent, NULL) != 0;
	}
	return (void *)wrong;
}

static void a_liar_hangs_nobody_beyond_the_deadline(void **state)
{
	struct other *other = life_shared(sizeof(*other));
	struct entrain_agent *agents[3];
	pthread_t threads[3];
	pid_t pid;

	(void)state;
	life_create(8, LIFE_S);
	enter_all(agents, 3);
	other->entered = other->go = 0;
	pid = life_fork(lie, other);
	life_until(other->entered);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, keep_passing, agents[i]), 0);
	for (int i = 0; i < 3; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_ptr_equal(wrong, 0);
	}
	other->go = 1;
	life_ended_well(pid);
	/* Afterwards, once they have all gone and come again, it is as before. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(entrain_barrier_leave(agents[i]), 0);
	for (int i = 0; i < 3; i++)
		enter(agents[i]);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, wait_once, agents[i]), 0);
	for (int i = 0; i < 3; i++) {
		void *code;

		pthread_join(threads[i], &code);
		assert_ptr_equal(code, 0);
	}
	finish(agents, 3);
}

/* What is absurd holds nobody up, and no newcomer begins there. */
static void absurd_rounds_are_left_out(void **state)
{
	static const uint64_t absurd[] = { BARRIER_ENTERING - 1, BARRIER_ROUND_MAX,
					   BARRIER_ROUND_MAX + 1, UINT64_C(1) << 40, 5000 };
	struct other *other = life_shared(sizeof(*other));
	struct entrain_agent *agents[3];
	shm_tagged *word;
	pid_t pid;

	(void)state;
	life_create(8, LIFE_S);
	for (int i = 0; i < 3; i++)
		agents[i] = join();
	for (int round = 0; round < 100; round++)
		passes(agents[0]);
	assert_int_equal(entrain_barrier_wait(agents[1], 0), ENTRAIN_TIMEOUT);
	passes(agents[0]);
	passes(agents[1]);
	pid = start_other(other, NULL);
	word = &life_slots()[3].barrier;
	for (unsigned i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
		*word = (*word & ~SHM_VALUE_MAX) | absurd[i];
		assert_int_equal(entrain_barrier_wait(agents[2], 0), ENTRAIN_TIMEOUT);
		assert_int_equal(round_of(agents[2]), round_of(agents[0]) + 1);
		assert_int_equal(entrain_barrier_leave(agents[2]), 0);
		assert_int_equal(wait_ns(agents[0], LIFE_MS), ENTRAIN_TIMEOUT);
		assert_int_equal(entrain_barrier_wait(agents[1], 0), 0);
		assert_int_equal(entrain_barrier_wait(agents[0], 0), 0);
	}
	swarm_child_kill(pid);
	/* Nobody waited for it, so nobody has looked it up. */
	life_reap(&(uint32_t){ 0 }, &(uint32_t){ 0 });
	finish(agents, 3);
}

/* ---- killed and refused at each system call ----------------------------------------------- */

enum { PASS, MISS, LEAVE, WAYS, ENTER = WAYS };

static struct outcome {
	int way;
	_Atomic int ended, code, errno_after;
} * outcome;

/* Between the edges: two calls that pass; one that enters, and waits for the test's own agent in vain; or leaving. */
static int run_traced(void *context)
{
	struct entrain_agent *agent = join();

	(void)context;
	if (outcome->way == PASS || outcome->way == LEAVE)
		enter(agent);
	errno = AN_ERRNO;
	SWEEP_EDGE();
	if (outcome->way == PASS)
		outcome->code =
			wait_ns(agent, LIFE_PATIENCE_NS) || wait_ns(agent, LIFE_PATIENCE_NS);
	else if (outcome->way == MISS)
		outcome->code = wait_ns(agent, SOON_NS);
	else if (outcome->way == ENTER)
		outcome->code = entrain_barrier_wait(agent, 0);
	else
		outcome->code = entrain_barrier_leave(agent);
	SWEEP_EDGE();
	outcome->errno_after = errno;
	outcome->ended = 1;
	entrain_leave(agent);
	return 0;
}

/* `agent`, who takes part, is where the victim will be after two calls, or stays where it is. */
static pid_t victim_start(struct entrain_agent *agent)
{
	pid_t pid;

	outcome->ended = 0;
	pid = sweep_start(run_traced, NULL);
	assert_int_not_equal(pid, 0);
	if (outcome->way == PASS) {
		passes(agent);
		assert_int_equal(entrain_barrier_wait(agent, 0), ENTRAIN_TIMEOUT);
	}
	return pid;
}

static unsigned kill_each(struct entrain_agent *agent)
{
	enum sweep_call call = SWEEP_RETURNED;
	unsigned which;

	for (which = 0; which < 200 && call == SWEEP_RETURNED; which++) {
		pid_t pid = victim_start(agent);

		call = sweep_run_to_call(pid, which, 0, NULL);
		assert_int_not_equal(call, SWEEP_LOST);
		swarm_child_kill(pid);
		passes(agent);
		passes(agent);
		assert_in_range(life_occupied(), 1, 2); /* dead before it took part: a reaper's */
		life_reap(&(uint32_t){ 0 }, &(uint32_t){ 0 });
	}
	assert_int_equal(call, SWEEP_NO_CALL);
	return which - 1;
}

static unsigned refuse_each(struct entrain_agent *agent, int os_error)
{
	enum sweep_call call = SWEEP_RETURNED;
	unsigned which;

	for (which = 0; which < 200 && call == SWEEP_RETURNED; which++) {
		pid_t pid = victim_start(agent);

		call = sweep_run_to_call(pid, which, os_error, NULL);
		assert_int_not_equal(call, SWEEP_LOST);
		if (call == SWEEP_RETURNED)
			assert_int_equal(sweep_run_to_call(pid, 100000, 0, NULL), SWEEP_NO_CALL);
		sweep_let_go(pid);
		life_ended_well(pid);
		assert_true(outcome->ended);
		assert_int_equal(outcome->code, outcome->way == MISS ? ENTRAIN_TIMEOUT : 0);
		assert_int_equal(outcome->errno_after, AN_ERRNO);
		passes(agent);
	}
	return which - 1;
}

static void killed_or_refused_at_each_call(void **state)
{
	static const int errors[] = { ENOSYS, EPERM, EINTR, EMFILE };
	struct entrain_agent *agent;
	unsigned killed = 0, refused = 0;

	(void)state;
	if (!SWEEP_WORKS)
		skip();
	life_create(4, LIFE_S);
	outcome = life_shared(sizeof(*outcome));
	agent = join();
	passes(agent);
	for (outcome->way = 0; outcome->way < WAYS; outcome->way++) {
		killed += kill_each(agent);
		for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
			refused += refuse_each(agent, errors[i]);
	}
	print_message("killed after %u system calls, refused %u\n", killed, refused);
	assert_true(killed > 5);
	finish(&agent, 1);
}

#define POINTS_SHORT 60

/* A newcomer's whole call, an instruction at a time. */
static void killed_at_each_instruction_of_entering(void **state)
{
	bool all = getenv("ENTRAIN_SWEEP") && strcmp(getenv("ENTRAIN_SWEEP"), "full") == 0;
	struct entrain_agent *agent;
	struct sweep_path path;
	size_t step, points = 0;
	pid_t pid;

	(void)state;
	if (!SWEEP_WORKS)
		skip();
	life_create(4, LIFE_S);
	outcome = life_shared(sizeof(*outcome));
	agent = join();
	passes(agent);
	outcome->way = ENTER;
	pid = victim_start(agent);
	assert_true(sweep_record(pid, &path));
	sweep_let_go(pid);
	life_ended_well(pid);
	step = all ? 1 : path.count / POINTS_SHORT + 1;
	for (size_t point = 0; point < path.count; point += step, points++) {
		pid = victim_start(agent);
		sweep_run_to(pid, &path, point);
		swarm_child_kill(pid);
		passes(agent);
		passes(agent);
		life_reap(&(uint32_t){ 0 }, &(uint32_t){ 0 });
		assert_int_equal(life_occupied(), 1);
	}
	print_message("killed at %zu of %zu instructions\n", points, path.count);
	assert_true(points > POINTS_SHORT / 3);
	sweep_path_free(&path);
	finish(&agent, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_dead_block_nobody),
		TEST(the_stopped_block_until_the_deadline),
		TEST(who_cannot_be_proven_dead_blocks_until_the_deadline),
		TEST(who_dies_while_entering_is_freed),
		TEST(a_liar_hangs_nobody_beyond_the_deadline),
		TEST(absurd_rounds_are_left_out),
		TEST(killed_or_refused_at_each_call),
		TEST(killed_at_each_instruction_of_entering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
