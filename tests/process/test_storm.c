/* SPDX-License-Identifier: MIT */
/* test_storm.c - joins, leaves and deaths by the thousand: never two owners of a slot, never a slot lost. */
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "clock.h"
#include "life.h"
#include "mark.h"

#define PERIOD_NS (20 * LIFE_MS)
#define STORM_SLOTS 16
#define STORM_PROCESSES 32
#define STORM_NS (2 * LIFE_S)

/* Who holds which slot, kept by the processes themselves. */
struct storm {
	_Atomic uint32_t owner[STORM_SLOTS];
	_Atomic unsigned joins, full, two_owners;
	_Atomic int end;
};

static bool long_run(void)
{
	return getenv("ENTRAIN_LONG") != NULL;
}

/* The slot says what its owner wrote into it, and nobody else. */
static void check_marks(struct entrain_agent *agent)
{
	const struct shm_slot *slot = &agent->roster.slots[agent->index];
	char label[13], read_back[13];
	uint64_t words[2], version;

	snprintf(label, sizeof(label), "%d", (int)getpid());
	life_check(entrain_label(agent, label) == 0);
	life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
	version = atomic_load_explicit(&slot->version, memory_order_acquire);
	for (unsigned i = 0; i < 2; i++)
		words[i] = slot_fact(slot, version, FACT_LABEL1 + i);
	fact_to_text(words, 2, read_back);
	life_check(version_pid(version) == (uint32_t)getpid());
	life_check(strcmp(label, read_back) == 0);
	life_check(entrain_joined(agent, NULL));
}

/* Widens the windows between the accesses of a join. */
static void yield_at_times(const char *function, int line)
{
	static unsigned seed;

	(void)function;
	(void)line;
	if (rand_r(&seed) % 32 == 0)
		sched_yield();
}

static void storm_in(void *context)
{
	struct storm *storm = context;
	const uint32_t pid = (uint32_t)getpid();

	mark_hook = yield_at_times;
	while (!storm->end) {
		struct entrain_error error = { .code = ENTRAIN_OK };
		struct entrain_agent *agent = entrain_join(LIFE_SWARM, NULL, &error);
		uint32_t expected = 0;

		if (!agent) {
			life_check(error.code == ENTRAIN_FULL);
			storm->full++;
			continue;
		}
		if (!atomic_compare_exchange_strong(&storm->owner[agent->index], &expected, pid))
			storm->two_owners++;
		check_marks(agent);
		if (pid % 2)
			life_pause(); /* meanwhile the swarm is full */
		check_marks(agent);
		expected = pid;
		if (!atomic_compare_exchange_strong(&storm->owner[agent->index], &expected, 0))
			storm->two_owners++;
		entrain_leave(agent);
		storm->joins++;
	}
}

/* Every slot can be had, by whoever comes, and no more than there are. */
static void check_capacity(unsigned capacity)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_agent *agents[256];

	for (unsigned i = 0; i < capacity; i++) {
		agents[i] = entrain_join(LIFE_SWARM, NULL, &error);
		life_check(agents[i] != NULL);
	}
	assert_int_equal(life_occupied(), capacity);
	assert_null(entrain_join(LIFE_SWARM, NULL, &error));
	assert_int_equal(error.code, ENTRAIN_FULL);
	for (unsigned i = 0; i < capacity; i++)
		entrain_leave(agents[i]);
	assert_int_equal(life_occupied(), 0);
	/* The hint heals with the use of each slot. */
	for (unsigned i = 0; i < SHM_BITMAP_WORDS; i++)
		assert_int_equal(life_agents()->occupied[i], 0);
}

static void a_slot_never_has_two_owners(void **state)
{
	struct storm *storm = life_shared(sizeof(*storm));
	int64_t end_ns = entrain_now_ns() + STORM_NS * (long_run() ? 10 : 1);
	pid_t pids[STORM_PROCESSES];

	(void)state;
	life_create(STORM_SLOTS, PERIOD_NS);
	for (unsigned i = 0; i < STORM_PROCESSES; i++)
		pids[i] = life_fork(storm_in, storm);
	life_until(entrain_now_ns() > end_ns && storm->joins > 500);
	storm->end = 1;
	for (unsigned i = 0; i < STORM_PROCESSES; i++)
		life_ended_well(pids[i]);
	print_message("%u joins, %u times full\n", storm->joins, storm->full);
	assert_int_equal(storm->two_owners, 0);
	assert_true(storm->full > 100);
	assert_int_equal(life_occupied(), 0);
	check_capacity(STORM_SLOTS);
	life_remove();
}

/* ---- killed joiners ------------------------------------------------------------------------ */

#define KILLED_SLOTS 64
#define KILLED_AT_ONCE 4

/* Marks that a join passes, and some turns after it. */
#define MOMENTS 120

static int moment_left;

static void die_here(const char *function, int line)
{
	(void)function;
	(void)line;
	if (moment_left-- == 0)
		raise(SIGKILL);
}

static void join_and_die(void *context)
{
	struct entrain_agent *agent;

	moment_left = *(const int *)context;
	mark_hook = die_here;
	agent = entrain_join(LIFE_SWARM, NULL, NULL);
	mark_hook = NULL;
	life_check(agent != NULL);
	for (; moment_left > 0; moment_left--)
		life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
	raise(SIGKILL);
}

/* Half of them die at a mark; the others when the test gets to it, between any two instructions. */
static void joiners_die(unsigned count)
{
	unsigned seed = 1;

	for (unsigned done = 0; done < count; done += KILLED_AT_ONCE) {
		pid_t pids[KILLED_AT_ONCE];

		for (unsigned i = 0; i < KILLED_AT_ONCE; i++) {
			int moment = i % 2 ? rand_r(&seed) % MOMENTS : 1 << 20;

			pids[i] = life_fork(join_and_die, &moment);
		}
		for (volatile int spin = rand_r(&seed) % 200000; spin > 0; spin--)
			;
		for (unsigned i = 0; i < KILLED_AT_ONCE; i++) {
			int status;

			if (i % 2 == 0)
				kill(pids[i], SIGKILL);
			status = life_ended(pids[i]);
			life_check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		}
	}
}

static void killed_joiners_lose_no_slot(void **state)
{
	unsigned count = long_run() ? 10000 : 2000, seen;
	struct stat control[2], agents[2];
	uint32_t released, unproven;

	(void)state;
	life_create(KILLED_SLOTS, PERIOD_NS);
	life_stat("control", &control[0]);
	life_stat("agents", &agents[0]);
	joiners_die(count);
	seen = life_occupied();
	life_reap(&released, &unproven);
	print_message("%u joiners killed, %u slots left behind\n", count, seen);
	assert_int_equal(unproven, 0);
	assert_int_equal(life_occupied(), 0);
	life_stat("control", &control[1]);
	life_stat("agents", &agents[1]);
	assert_int_equal(control[0].st_ino, control[1].st_ino);
	assert_int_equal(agents[0].st_ino, agents[1].st_ino);
	assert_int_equal(agents[0].st_size, agents[1].st_size);
	assert_int_equal(swarm_fixture_files(), 2);
	check_capacity(KILLED_SLOTS);
	life_remove();
}

static unsigned published(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < KILLED_SLOTS; i++) {
		uint64_t version =
			atomic_load_explicit(&life_slots()[i].version, memory_order_acquire);

		count += version_pid(version) && version_sequence(version);
	}
	return count;
}

/* With nobody to reap: a running agent frees what was an agent, and a join that finds no slot frees mere claims. */
static void killed_joiners_lose_no_slot_without_reap(void **state)
{
	struct life_worker *worker = life_workers(1);
	struct entrain_agent *agents[KILLED_SLOTS - 1];

	(void)state;
	life_create(KILLED_SLOTS, PERIOD_NS);
	life_work(worker);
	joiners_die(60);
	life_until(published() == 1);
	assert_int_equal(life_pid_of((unsigned)worker->slot), worker->pid);
	for (unsigned i = 0; i < KILLED_SLOTS - 1; i++) {
		agents[i] = entrain_join(LIFE_SWARM, NULL, NULL);
		life_check(agents[i] != NULL);
	}
	for (unsigned i = 0; i < KILLED_SLOTS - 1; i++)
		entrain_leave(agents[i]);
	assert_int_equal(life_occupied(), 1);
	assert_int_equal(life_pid_of((unsigned)worker->slot), worker->pid);
	life_end(worker);
	check_capacity(KILLED_SLOTS);
	life_remove();
}

/* ---- reaped while joining ------------------------------------------------------------------ */

#define UNDATED_MARKS 6

static int reap_at;
static int64_t reap_shift_ns;
static int64_t (*clock_before)(void);

static int64_t clock_shifted(void)
{
	return clock_before() + reap_shift_ns;
}

/* An administrator whose clock reading is older or newer than that of the claim. */
static void reap_here(const char *function, int line)
{
	uint32_t released, unproven;

	(void)function;
	(void)line;
	if (reap_at-- != 0)
		return;
	mark_hook = NULL;
	clock_before = clock_source;
	clock_source = clock_shifted;
	life_reap(&released, &unproven);
	clock_source = clock_before;
	/* A claim that says nothing of its age is looked at twice, a second apart: who stands still there for so long, as we do
	 * here, is given up and claims again. */
	assert_true(released <= 1);
	assert_int_equal(unproven, 0);
}

static void a_reap_in_the_middle_of_a_join_does_not_spoil_it(void **state)
{
	static const int64_t shifts_ns[] = { -LIFE_MS, 0, LIFE_MS };

	(void)state;
	life_create(4, PERIOD_NS);
	for (unsigned shift = 0; shift < 3; shift++)
		/* The first marks come before the claim says its age, and cost the reaper a second each: once is enough. */
		for (int at = shift ? UNDATED_MARKS : 0;; at++) {
			struct entrain_error error = { .code = ENTRAIN_OK };
			struct entrain_agent *agent;
			bool done;

			reap_at = at;
			reap_shift_ns = shifts_ns[shift];
			mark_hook = reap_here;
			agent = entrain_join(LIFE_SWARM, NULL, &error);
			done = mark_hook != NULL;
			mark_hook = NULL;
			if (!agent)
				fail_msg("reaped at mark %d, clock read %d ms later: %s", at,
					 (int)(shifts_ns[shift] / LIFE_MS), error.why);
			assert_true(entrain_joined(agent, NULL));
			entrain_leave(agent);
			assert_int_equal(life_occupied(), 0);
			if (done)
				break;
		}
	life_remove();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_slot_never_has_two_owners),
		TEST(killed_joiners_lose_no_slot),
		TEST(killed_joiners_lose_no_slot_without_reap),
		TEST(a_reap_in_the_middle_of_a_join_does_not_spoil_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
