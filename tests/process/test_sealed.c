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

/* Nobody looks the dead up, and still they do not keep a full swarm to themselves; who was only idle comes again. */
static void a_slot_silent_for_a_minute_is_taken_where_all_are_taken(void **state)
{
	struct entrain_agent *idle, *second;
	const int64_t now_ns = entrain_now_ns();
	struct slot_turn turn = { .period_ns = PERIOD_NS, .work_ns = 1 };

	(void)state;
	create(ENTRAIN_RELATIVE, 1);
	idle = join();
	second = join();
	assert_int_equal(entrain_claim(idle), 0);
	turn.next_ns = now_ns - 59 * LIFE_S;
	turn.cur_ns = turn.next_ns - PERIOD_NS;
	assert_true(slot_publish(&idle->owner, &turn));
	assert_int_equal(entrain_claim(second), ENTRAIN_FULL);
	turn.next_ns = now_ns - 61 * LIFE_S;
	turn.cur_ns = turn.next_ns - PERIOD_NS;
	assert_true(slot_publish(&idle->owner, &turn));
	second->claim_again_ns = 0;
	assert_int_equal(entrain_claim(second), 0);
	assert_true(entrain_joined(second, NULL));
	assert_false(entrain_joined(idle, NULL));
	assert_int_equal(entrain_claim(idle), ENTRAIN_FULL);
	entrain_leave(second);
	idle->claim_again_ns = 0;
	assert_int_equal(entrain_claim(idle), 0);
	assert_true(entrain_joined(idle, NULL));
	entrain_leave(idle);
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
	assert_int_equal(entrain_claim(agent), ENTRAIN_NO_SWARM);
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

/* ---- actions of several calls --------------------------------------------------------------------- */

static void sleep_ms(int64_t ms)
{
	const struct timespec pause = { .tv_nsec = ms * 1000000 };

	life_check(nanosleep(&pause, NULL) == 0);
}

/* Three calls, with pauses between: an action. What the first end planned and counted is as if it had not been. */
static void act_in_parts(struct entrain_agent *agent)
{
	assert_int_equal(entrain_begin(agent), 0);
	for (int part = 0; part < 3; part++) {
		assert_int_equal(entrain_resume(agent), 0); /* nothing, before the first end */
		sleep_ms(5);
		assert_int_equal(entrain_end(agent), 0);
		sleep_ms(2);
	}
}

static void an_action_goes_on_until_its_last_part_is_over(void **state)
{
	const uint32_t kinds[] = { ENTRAIN_TAKEN, ENTRAIN_RELATIVE, ENTRAIN_GRID };

	(void)state;
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct entrain_agent *agent;
		const struct shm_slot *slot;
		uint64_t version;
		int64_t planned_ns;

		create(kinds[i], 8);
		agent = join();
		slot = &life_slots()[0];
		assert_int_equal(entrain_resume(agent), 0);
		assert_int_equal(entrain_claim(agent), 0);
		assert_int_equal(entrain_resume(agent), 0); /* nothing to go on with */
		assert_int_equal(agent->began_ns, 0);
		for (int turn = 0; turn < 4; turn++)
			act_in_parts(agent);
		version = atomic_load(&slot->version);
		assert_int_equal(slot_fact(slot, version, FACT_TURNS) & UINT32_MAX, 4);
		assert_int_equal(agent->actions, 4);
		assert_true(pair_low_ns(slot_fact(slot, version, FACT_ACTION)) >= 19 * LIFE_MS);
		assert_true(pair_high_ns(slot_fact(slot, version, FACT_ACTION)) >= 19 * LIFE_MS);
		assert_true(agent->work_ns >= 19 * LIFE_MS);
		assert_int_equal(atomic_load(&slot->acting) & 1, 0);
		if (kinds[i] != ENTRAIN_RELATIVE) {
			entrain_leave(agent);
			life_remove();
			continue;
		}
		/* planned from its last end: it sleeps a period from there; and paid for once */
		planned_ns = entrain_next_turn_ns(agent) - agent->last_begin_ns;
		assert_true(planned_ns >= PERIOD_NS + 19 * LIFE_MS);
		assert_true(planned_ns <= PERIOD_NS + CAP_NS + 200 * LIFE_MS);
		assert_true(agent->delay_total_ns <= 4 * CAP_NS);
		assert_int_equal(agent->steer.spent + agent->steer.energy - agent->steer.recovered,
				 100 * 512);
		entrain_leave(agent);
		life_remove();
	}
}

static void what_was_found_of_a_host_is_shown(void **state)
{
	struct entrain_agent_info info;
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_swarm *swarm;
	struct entrain_agent *agent;
	const struct {
		int64_t interval_ns, spread_ns;
	} found[] = { { 1, 0 }, { 1000123456, 7654321 }, { 86400 * LIFE_S, 3600 * LIFE_S } };

	(void)state;
	create(ENTRAIN_RELATIVE, 8);
	agent = join();
	assert_int_equal(entrain_set_rhythm(agent, ENTRAIN_GRID, 1, 1),
			 0); /* no slot to say it in */
	assert_int_equal(entrain_claim(agent), 0);
	swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	assert_non_null(swarm);
	assert_int_equal(entrain_status(swarm, &status, &info, 1, NULL), 0);
	assert_int_equal(info.rhythm, 0);
	assert_int_equal(info.interval_ns, 0);
	assert_int_equal(info.watches, 0);
	for (unsigned i = 0; i < sizeof(found) / sizeof(*found); i++) {
		assert_int_equal(entrain_set_rhythm(agent, ENTRAIN_GRID, found[i].interval_ns,
						    found[i].spread_ns),
				 0);
		assert_int_equal(entrain_status(swarm, &status, &info, 1, NULL), 0);
		assert_int_equal(info.rhythm, ENTRAIN_GRID);
		assert_true(info.interval_ns <= found[i].interval_ns &&
			    info.interval_ns >= found[i].interval_ns / 1000000 * 999999);
		assert_true(info.spread_ns <= found[i].spread_ns &&
			    info.spread_ns >= found[i].spread_ns / 10000 * 9999);
	}
	assert_int_equal(entrain_set_rhythm(agent, 9, 1, 1), ENTRAIN_USAGE);
	assert_int_equal(entrain_set_rhythm(agent, ENTRAIN_GRID, -1, 1), ENTRAIN_USAGE);
	entrain_close(swarm);
	entrain_leave(agent);
	life_remove();
}

/* Who is told to watch is never held, and expected when it comes by itself. */
static void who_watches_is_held_in_no_mode(void **state)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_agent_info info;
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_swarm *swarm;
	struct entrain_agent *agent;

	(void)state;
	create(ENTRAIN_TAKEN, 8);
	options.flags = ENTRAIN_SEALED | ENTRAIN_WATCH;
	agent = entrain_join(LIFE_SWARM, &options, NULL);
	assert_non_null(agent);
	assert_int_equal(entrain_claim(agent), 0);
	assert_true(held_ns(agent, 20 * LIFE_MS) == 0);
	entrain_begin(agent);
	entrain_end(agent);
	assert_true(agent->delay_ns <= 1);
	swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	assert_int_equal(entrain_status(swarm, &status, &info, 1, NULL), 0);
	assert_true(info.watches && info.observes);
	assert_int_equal(info.overlap, 1);
	entrain_close(swarm);
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
		SEALED_TEST(a_slot_silent_for_a_minute_is_taken_where_all_are_taken),
		SEALED_TEST(a_removed_swarm_holds_nobody),
		SEALED_TEST(a_hold_ends_at_the_turn_and_at_the_cap),
		SEALED_TEST(a_grid_host_keeps_its_place_whichever_cycle_it_comes_in),
		SEALED_TEST(a_turn_that_was_not_waited_for_is_over),
		SEALED_TEST(an_action_goes_on_until_its_last_part_is_over),
		SEALED_TEST(what_was_found_of_a_host_is_shown),
		SEALED_TEST(who_watches_is_held_in_no_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
