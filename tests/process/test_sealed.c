/* SPDX-License-Identifier: MIT */
/* test_sealed.c - a sealed agent: no slot until it is asked for, a child's own, and how long it holds whoever comes by himself. */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "clock.h"
#include "life.h"

#define PERIOD_NS LIFE_S
#define CAP_NS (LIFE_S / 10)

static struct entrain_agent *join(void)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_agent *agent;

	options.flags = ENTRAIN_SEALED;
	agent = entrain_join(LIFE_SWARM, &options, NULL);
	life_check(agent);
	return agent;
}

static void create(uint32_t kind, uint32_t capacity)
{
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.period_ns = PERIOD_NS;
	settings.kind = kind;
	settings.capacity = capacity;
	life_create_with(&settings);
}

static void it_takes_a_slot_when_it_is_asked_to(void **state)
{
	enum entrain_code why = ENTRAIN_OK;
	struct entrain_agent *agent, *other;

	(void)state;
	create(ENTRAIN_RELATIVE, 8);
	agent = join();
	assert_int_equal(life_occupied(), 0);
	assert_false(entrain_joined(agent, &why));
	assert_int_equal(why, ENTRAIN_NOT_READY);
	assert_int_equal(entrain_claim(agent), 0);
	assert_true(entrain_joined(agent, NULL));
	assert_int_equal(life_occupied(), 1);
	assert_int_equal(entrain_claim(agent), 0);
	assert_int_equal(life_occupied(), 1);
	other = entrain_join(LIFE_SWARM, NULL, NULL);
	assert_int_equal(entrain_claim(other), ENTRAIN_USAGE);
	entrain_leave(other);
	entrain_leave(agent);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* ---- children -------------------------------------------------------------------------------- */

static void child_claims(void *context)
{
	struct entrain_agent *agent = context;

	life_check(entrain_begin(agent) == ENTRAIN_FORKED);
	life_check(entrain_hold_ns(agent, 5) == 5);
	life_check(entrain_claim(agent) == 0);
	life_check(life_pid_of(agent->index) == (uint32_t)getpid());
	life_check(life_occupied() == 2);
	life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
}

static void a_child_has_a_slot_of_its_own(void **state)
{
	struct entrain_agent *agent;
	uint32_t released = 0, unproven = 0;

	(void)state;
	create(ENTRAIN_RELATIVE, 8);
	agent = join();
	assert_int_equal(entrain_claim(agent), 0);
	life_ended_well(life_fork(child_claims, agent));
	assert_int_equal(life_occupied(), 2);
	/* nobody knows when it started, and its death is proven all the same */
	life_reap(&released, &unproven);
	assert_int_equal(released, 1);
	assert_true(entrain_joined(agent, NULL));
	entrain_leave(agent);
	life_remove();
}

static void a_child_of_a_raw_clone_stays_out(void **state)
{
	struct entrain_agent *agent;
	pid_t pid;

	(void)state;
	if (LIFE_THREAD_SANITIZED)
		skip();
	create(ENTRAIN_RELATIVE, 8);
	agent = join();
	assert_int_equal(entrain_claim(agent), 0);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0)
		_exit(entrain_claim(agent) != ENTRAIN_FORKED);
	life_ended_well(pid);
	assert_int_equal(life_occupied(), 1);
	entrain_leave(agent);
	life_remove();
}

/* ---- no slot to be had ------------------------------------------------------------------------- */

static void a_full_swarm_is_tried_again_a_period_later(void **state)
{
	struct entrain_agent *first, *second;
	int64_t failed_ns;

	(void)state;
	create(ENTRAIN_RELATIVE, 1);
	first = join();
	second = join();
	assert_int_equal(entrain_claim(first), 0);
	failed_ns = entrain_now_ns();
	assert_int_equal(entrain_claim(second), ENTRAIN_FULL);
	assert_int_equal(entrain_claim(second), ENTRAIN_NOT_READY);
	entrain_leave(first);
	life_until(entrain_claim(second) == 0);
	assert_true(entrain_now_ns() - failed_ns >= PERIOD_NS);
	entrain_leave(second);
	life_remove();
}

static void a_removed_swarm_holds_nobody(void **state)
{
	struct entrain_agent *agent, *late;
	int64_t now_ns;

	(void)state;
	create(ENTRAIN_RELATIVE, 8);
	agent = join();
	late = join();
	assert_int_equal(entrain_claim(agent), 0);
	life_remove();
	now_ns = entrain_now_ns();
	agent->turn_ns = now_ns + CAP_NS / 2;
	assert_true(entrain_hold_ns(agent, now_ns) == now_ns);
	assert_int_equal(entrain_claim(late), ENTRAIN_NO_SWARM);
	entrain_leave(agent);
	entrain_leave(late);
}

/* ---- holds -------------------------------------------------------------------------------------- */

/* Until when is it held that arrives now, `ahead_ns` before its turn? After now, in ns; 0: not at all. */
static int64_t held_ns(struct entrain_agent *agent, int64_t ahead_ns)
{
	int64_t arrived_ns = entrain_now_ns(), until_ns;

	agent->turn_ns = arrived_ns + ahead_ns;
	until_ns = entrain_hold_ns(agent, arrived_ns);
	life_check(until_ns >= arrived_ns);
	return until_ns - arrived_ns;
}

static void a_hold_ends_at_the_turn_and_at_the_cap(void **state)
{
	struct entrain_agent *agent;
	int64_t arrived_ns;

	(void)state;
	create(ENTRAIN_RELATIVE, 8);
	agent = join();
	assert_int_equal(entrain_claim(agent), 0);
	assert_true(held_ns(agent, 20 * LIFE_MS) == 20 * LIFE_MS);
	assert_true(held_ns(agent, 0) == 0 && held_ns(agent, -20 * LIFE_MS) == 0);
	/* looks again within 50 ms, which may be a little late here */
	assert_true(held_ns(agent, CAP_NS) >= 50 * LIFE_MS && held_ns(agent, CAP_NS) <= CAP_NS);
	/* a turn that is beyond reach is none, but for who is a little early: then the cap is what is granted */
	assert_true(held_ns(agent, CAP_NS + PERIOD_NS / 10) == 0);
	arrived_ns = entrain_now_ns() - CAP_NS + 10 * LIFE_MS;
	agent->turn_ns = arrived_ns + CAP_NS + PERIOD_NS / 50;
	assert_true(entrain_hold_ns(agent, arrived_ns) == arrived_ns + CAP_NS);
	for (uint32_t mode = ENTRAIN_OBSERVE; mode <= ENTRAIN_OFF; mode++) {
		life_mode(mode);
		assert_true(held_ns(agent, 20 * LIFE_MS) == 0);
	}
	entrain_leave(agent);
	life_remove();
}

static void a_grid_host_keeps_its_place_whichever_cycle_it_comes_in(void **state)
{
	struct entrain_agent *agent;

	(void)state;
	create(ENTRAIN_GRID, 8);
	agent = join();
	assert_int_equal(entrain_claim(agent), 0);
	agent->delay_ns = 20 * LIFE_MS;
	for (int64_t cycle = -2; cycle <= 2; cycle++)
		assert_true(held_ns(agent, cycle * PERIOD_NS + 20 * LIFE_MS) == 20 * LIFE_MS);
	/* it has missed its turn by so much, or comes when nothing is planned */
	assert_true(held_ns(agent, -5 * LIFE_MS) == 0);
	assert_true(held_ns(agent, PERIOD_NS / 2) == 0);
	entrain_leave(agent);
	life_remove();
}

/* Who goes before its turn, since it may not be held for so long, is not a cycle behind from then on. */
static void a_turn_that_was_not_waited_for_is_over(void **state)
{
	struct entrain_agent *agent;
	int64_t arrived_ns, usual_ns, wall_ns;

	(void)state;
	create(ENTRAIN_GRID, 8);
	agent = join();
	assert_int_equal(entrain_claim(agent), 0);
	for (int cycle = 0; cycle < 3; cycle++) {
		arrived_ns = entrain_now_ns();
		/* it is a little earlier than it usually is */
		usual_ns = arrived_ns + 20 * LIFE_MS;
		wall_ns = clock_wall_ns() - clock_now_ns() + usual_ns;
		assert_int_equal(entrain_set_offset(agent, wall_ns % PERIOD_NS), 0);
		agent->delay_ns = PERIOD_NS * 9 / 10;
		agent->turn_ns = usual_ns - cycle * PERIOD_NS + agent->delay_ns;
		entrain_hold_ns(agent, arrived_ns);
		assert_int_equal(entrain_begin(agent), 0);
		assert_int_equal(entrain_end(agent), 0);
		assert_true(entrain_next_turn_ns(agent) > arrived_ns + PERIOD_NS / 2);
		assert_true(entrain_next_turn_ns(agent) <= arrived_ns + 2 * PERIOD_NS);
	}
	entrain_leave(agent);
	life_remove();
}

int main(void)
{
#define SEALED_TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)
	const struct CMUnitTest tests[] = {
		SEALED_TEST(it_takes_a_slot_when_it_is_asked_to),
		SEALED_TEST(a_child_has_a_slot_of_its_own),
		SEALED_TEST(a_child_of_a_raw_clone_stays_out),
		SEALED_TEST(a_full_swarm_is_tried_again_a_period_later),
		SEALED_TEST(a_removed_swarm_holds_nobody),
		SEALED_TEST(a_hold_ends_at_the_turn_and_at_the_cap),
		SEALED_TEST(a_grid_host_keeps_its_place_whichever_cycle_it_comes_in),
		SEALED_TEST(a_turn_that_was_not_waited_for_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
