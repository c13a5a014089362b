/* SPDX-License-Identifier: MIT */
/*
 * test_decide_rules.c - each single rule of a decision holds, at its last good value and one beyond it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decide_scene.h"

/* Me at turn NOW and one other, half a period later, in a swarm without lateness. */
static struct scene pair(enum decide_rule rule)
{
	struct scene scene = {
		.self = { .index = 1, .turn_ns = NOW, .period_ns = P },
		.parameters = { .rule = rule,
				.period_ns = P,
				.band_ppm = 100000,
				.cap_ns = P / 10,
				.now_ns = NOW },
		.count = 1,
	};

	scene.peers[0] =
		(struct peer){ .cur_ns = NOW - P / 2, .next_ns = NOW + P / 2, .period_ns = P };
	return scene;
}

static void assert_counts(struct scene scene, uint32_t counted, uint32_t implausible,
			  uint32_t off_beat, uint32_t overdue)
{
	struct decision decision = decided(&scene);

	assert_int_equal(decision.counted, counted);
	assert_int_equal(decision.implausible, implausible);
	assert_int_equal(decision.off_beat, off_beat);
	assert_int_equal(decision.overdue, overdue);
	assert_int_equal(scene.peers[0].flags, (implausible ? PEER_IMPLAUSIBLE : 0) |
						       (off_beat ? PEER_OFF_BEAT : 0) |
						       (overdue ? PEER_OVERDUE : 0));
	assert_int_equal(decision.suspect, overdue ? scene.peers[0].index : DECIDE_NOBODY);
}

/* `field` at its last good value and one beyond it. */
#define ASSERT_LIMIT(field, good, bad, implausible, off_beat, overdue) \
	do { \
		struct scene scene = pair(DECIDE_SPREAD); \
		scene.field = (good); \
		assert_counts(scene, 2, 0, 0, 0); \
		scene.field = (bad); \
		assert_counts(scene, 1, implausible, off_beat, overdue); \
	} while (0)

static void each_rule_of_plausibility_holds(void **state)
{
	const int64_t slack_ns = P / DECIDE_SLACK_PART;
	/* The longest period in the band may be delayed by the same part. */
	const int64_t far_ns = NOW + P + P / 10 * 11 / 10 + slack_ns;

	(void)state;
	ASSERT_LIMIT(peers[0].period_ns, P, 0, 1, 0, 0);
	ASSERT_LIMIT(peers[0].period_ns, P, -P, 1, 0, 0);
	ASSERT_LIMIT(peers[0].period_ns, P, DECIDE_PERIOD_MAX_NS + 1, 1, 0, 0);
	ASSERT_LIMIT(peers[0].period_ns, P * 11 / 10, P * 11 / 10 + 1, 0, 1, 0);
	ASSERT_LIMIT(peers[0].period_ns, P * 10 / 11, P * 10 / 11 - 1, 0, 1, 0);
	ASSERT_LIMIT(peers[0].work_ns, P, P + 1, 1, 0, 0);
	ASSERT_LIMIT(peers[0].work_ns, 0, -1, 1, 0, 0);
	ASSERT_LIMIT(peers[0].cur_ns, NOW + slack_ns, NOW + slack_ns + 1, 1, 0, 0);
	ASSERT_LIMIT(peers[0].cur_ns, INT64_MIN, NOW + P / 2, 1, 0, 0);
	ASSERT_LIMIT(peers[0].next_ns, NOW + 1, NOW - P / 2, 1, 0, 0);
	ASSERT_LIMIT(peers[0].next_ns, far_ns, far_ns + 1, 1, 0, 0);
	ASSERT_LIMIT(peers[0].next_ns, NOW - slack_ns, NOW - slack_ns - 1, 0, 0, 1);
}

static void grace_is_the_action_or_four_times_the_lateness(void **state)
{
	const int64_t slack_ns = P / DECIDE_SLACK_PART;
	struct scene scene = pair(DECIDE_SPREAD);

	(void)state;
	scene.peers[0].work_ns = P / 5;
	scene.peers[0].next_ns = NOW - P / 5 - slack_ns;
	assert_counts(scene, 2, 0, 0, 0);
	scene.peers[0].next_ns--;
	assert_counts(scene, 1, 0, 0, 1);
	scene.parameters.lateness_ns = P / 16;
	assert_counts(scene, 2, 0, 0, 0);
	scene.peers[0].next_ns = NOW - P / 4 - slack_ns - 1;
	assert_counts(scene, 1, 0, 0, 1);
	/* Never whole periods, however late I am. */
	scene.parameters.lateness_ns = 10 * P;
	scene.peers[0].cur_ns = NOW - 3 * P;
	scene.peers[0].next_ns = NOW - P / 2 - slack_ns;
	assert_counts(scene, 2, 0, 0, 0);
	scene.peers[0].next_ns--;
	assert_counts(scene, 1, 0, 0, 1);
}

static void others_may_have_a_larger_cap(void **state)
{
	struct scene scene = pair(DECIDE_SPREAD);

	(void)state;
	scene.peers[0].next_ns = NOW + P + P / 2;
	assert_counts(scene, 1, 1, 0, 0);
	scene.parameters.cap_most_ns = P / 2;
	assert_counts(scene, 2, 0, 0, 0);
	scene.peers[0].next_ns += P / DECIDE_SLACK_PART + 1;
	assert_counts(scene, 1, 1, 0, 0);
}

static void a_grids_delay_lies_within_its_period(void **state)
{
	static const int64_t delays_ns[] = { 0, P, -1, P + 1 };

	(void)state;
	for (unsigned delay = 0; delay < 4; delay++) {
		struct scene scene = pair(DECIDE_GRID);

		scene.peers[0].delay_ns = delays_ns[delay];
		assert_counts(scene, delay < 2 ? 2 : 1, delay >= 2, 0, 0);
	}
}

static void off_beat_and_silent_is_suspected_too(void **state)
{
	struct scene scene = pair(DECIDE_SPREAD);
	struct decision decision;

	(void)state;
	scene.peers[0].period_ns = 2 * P;
	scene.peers[0].cur_ns = NOW - 4 * P;
	scene.peers[0].next_ns = NOW - 2 * P;
	decision = decided(&scene);
	assert_int_equal(decision.off_beat, 1);
	assert_int_equal(decision.overdue, 0);
	assert_int_equal(decision.suspect, 0);
}

static void every_silent_agent_is_suspected_in_turn(void **state)
{
	struct scene scene = pair(DECIDE_SPREAD);
	unsigned suspected[4] = { 0 };

	(void)state;
	scene.count = 4;
	for (uint32_t peer = 0; peer < 4; peer++)
		scene.peers[peer] = (struct peer){ .cur_ns = NOW - 3 * P,
						   .next_ns = NOW - 2 * P,
						   .period_ns = P,
						   .index = 2 + peer };
	for (unsigned turn = 0; turn < 100; turn++) {
		struct decision decision;

		scene.parameters.now_ns = scene.self.turn_ns = NOW + turn * P;
		decision = decided(&scene);
		assert_int_equal(decision.overdue, 4);
		assert_in_range(decision.suspect, 2, 5);
		suspected[decision.suspect - 2]++;
	}
	for (unsigned peer = 0; peer < 4; peer++)
		assert_in_range(suspected[peer], 10, 50);
}

static void alone_it_keeps_its_period(void **state)
{
	static const enum decide_rule rules[] = { DECIDE_SPREAD, DECIDE_SYNC, DECIDE_GRID };

	(void)state;
	for (unsigned rule = 0; rule < 3; rule++) {
		struct scene scene = pair(rules[rule]);
		struct decision decision;

		scene.count = 0;
		scene.parameters.now_ns += P / 5;
		decision = decided(&scene);
		assert_int_equal(decision.cur_ns, NOW);
		assert_int_equal(decision.next_ns, NOW + P);
		assert_int_equal(decision.delay_ns, 0);
		assert_int_equal(decision.lag_ns, 0);
		assert_int_equal(decision.missed, 0);
		/* A relative host sleeps its period from now on. */
		scene.parameters.host = DECIDE_RELATIVE;
		decision = decided(&scene);
		assert_int_equal(decision.next_ns,
				 NOW + P + (rules[rule] == DECIDE_GRID ? 0 : P / 5));
		/* Its first turn is a period after it joins; a grid's is the next arrival. */
		scene.parameters.host = DECIDE_TAKEN;
		scene.parameters.joining = true;
		decision = decided(&scene);
		assert_int_equal(decision.next_ns,
				 NOW + P + (rules[rule] == DECIDE_GRID ? 0 : P / 5));
	}
}

static void very_late_turns_begin_anew(void **state)
{
	struct scene scene = pair(DECIDE_SPREAD);
	struct decision decision;

	(void)state;
	scene.count = 0;
	scene.parameters.now_ns = NOW + P / 2;
	decision = decided(&scene);
	assert_int_equal(decision.cur_ns, NOW);
	assert_int_equal(decision.next_ns, NOW + P);
	scene.parameters.now_ns = NOW + P / 2 + 1;
	decision = decided(&scene);
	assert_int_equal(decision.cur_ns, NOW + P / 2 + 1);
	assert_int_equal(decision.next_ns, NOW + P / 2 + 1 + P);
	assert_int_equal(decision.missed, 0);
	scene.parameters.now_ns = NOW + 3 * P + P / 4;
	decision = decided(&scene);
	assert_int_equal(decision.cur_ns, scene.parameters.now_ns);
	assert_int_equal(decision.missed, 3);
	/* What comes from a clock keeps its phase. */
	scene.parameters.rule = DECIDE_GRID;
	scene.self.delay_ns = P / 20;
	decision = decided(&scene);
	assert_int_equal(decision.next_ns, NOW - P / 20 + 4 * P);
	assert_int_equal(decision.missed, 3);
}

static void early_turns_count_from_now(void **state)
{
	struct scene scene = pair(DECIDE_SPREAD);
	struct decision decision;

	(void)state;
	scene.count = 0;
	scene.self.turn_ns = NOW + P / DECIDE_SLACK_PART;
	decision = decided(&scene);
	assert_int_equal(decision.cur_ns, scene.self.turn_ns);
	scene.self.turn_ns++;
	decision = decided(&scene);
	assert_int_equal(decision.cur_ns, NOW);
	assert_int_equal(decision.next_ns, NOW + P);
}

/* Who goes before its turn is in the cycle in which it arrived, or by its clock is about to, whatever it was granted. */
static void who_did_not_wait_on_a_grid_is_not_a_cycle_behind(void **state)
{
	static const int64_t aheads_ns[] = { -P / 2, -1, 0, 1, P / DECIDE_SLACK_PART };

	(void)state;
	for (unsigned ahead = 0; ahead < 5; ahead++) {
		struct scene scene = pair(DECIDE_GRID);
		struct decision decision;

		scene.count = 0;
		scene.self.delay_ns = P * 2 / 3;
		scene.self.turn_ns = NOW + aheads_ns[ahead] + scene.self.delay_ns;
		decision = decided(&scene);
		assert_int_equal(decision.cur_ns, NOW);
		assert_int_equal(decision.next_ns, NOW + aheads_ns[ahead] + P);
		assert_int_equal(decision.missed, 0);
	}
}

static void ties_are_broken_by_index(void **state)
{
	struct scene scene = pair(DECIDE_SPREAD);
	struct decision decision;

	(void)state;
	/* Both at NOW; the other, of the lower index, goes first: it is a period ahead of me, I wait. */
	scene.parameters.cap_ns = P;
	scene.peers[0].cur_ns = NOW - P;
	scene.peers[0].next_ns = NOW;
	decision = decided(&scene);
	assert_near(decision.next_ns, NOW + P + P / 2, 1);
	/* Of the higher index, it is behind me, and waits itself. */
	scene.peers[0].index = 2;
	decision = decided(&scene);
	assert_int_equal(decision.next_ns, NOW + P);
	/* Whether it has been at its turn makes no difference. */
	scene.peers[0].cur_ns = NOW;
	scene.peers[0].next_ns = NOW + P + P / 2;
	decision = decided(&scene);
	assert_int_equal(decision.next_ns, NOW + P);
}

static void no_room_means_no_lock(void **state)
{
	struct scene scene = pair(DECIDE_SPREAD);
	struct decision decision;

	(void)state;
	scene.peers[0].period_ns = P + P / 20;
	scene.parameters.cap_ns = P / 20;
	decision = decided(&scene);
	assert_int_equal(decision.counted, 2);
	assert_int_equal(decision.next_ns, NOW + P);
	/* With some, it keeps the slower one's pace. */
	scene.parameters.cap_ns = P / 20 + 1;
	decision = decided(&scene);
	assert_int_equal(decision.next_ns, NOW + P + P / 20);
	assert_int_equal(decision.delay_ns, P / 20);
}

static void off_beat_agents_are_not_coordinated(void **state)
{
	struct scene scene = pair(DECIDE_SPREAD);
	struct decision decision;

	(void)state;
	scene.peers[0].next_ns = NOW;
	scene.self.period_ns = 2 * P;
	decision = decided(&scene);
	assert_int_equal(decision.counted, 1);
	assert_int_equal(decision.next_ns, NOW + 2 * P);
	assert_int_equal(decision.delay_ns, 0);
}

static void waits_are_shared_out_not_clipped(void **state)
{
	struct scene scene = pair(DECIDE_SPREAD);
	int64_t waits_ns[8];

	(void)state;
	/* Eight together: the k-th wants k/8 of a turn, V is 7/8, the cap 1/10. */
	scene.count = 7;
	for (uint32_t own = 0; own < 8; own++) {
		struct decision decision;

		scene.self.index = own;
		for (uint32_t peer = 0; peer < 7; peer++)
			scene.peers[peer] = (struct peer){ .cur_ns = NOW - P,
							   .next_ns = NOW,
							   .period_ns = P,
							   .index = peer + (peer >= own) };
		decision = decided(&scene);
		waits_ns[own] = decision.delay_ns;
		assert_near(decision.lag_ns, P / 8 * 7, 2);
	}
	for (uint32_t own = 0; own < 8; own++)
		assert_near(waits_ns[own], own * (P / 10) / 7, 1);
}

static void small_lags_are_left_alone_on_relative_hosts(void **state)
{
	struct scene scene = pair(DECIDE_SPREAD);
	struct decision decision;

	(void)state;
	scene.peers[0].cur_ns += P / 20;
	scene.peers[0].next_ns += P / 20;
	decision = decided(&scene);
	assert_int_equal(decision.delay_ns, P / 20);
	scene.parameters.host = DECIDE_RELATIVE;
	decision = decided(&scene);
	assert_int_equal(decision.delay_ns, P / 20);
	scene.parameters.lateness_ns = P / 100;
	decision = decided(&scene);
	assert_int_equal(decision.delay_ns, P / 20 - 2 * (P / 100));
	scene.parameters.lateness_ns = P / 40;
	decision = decided(&scene);
	assert_int_equal(decision.delay_ns, 0);
	/* It is what the rule adds that is left alone, not the common period. */
	assert_int_equal(decision.lag_ns, P / 20);
}

static void equal_piles_are_told_apart_by_the_lowest_index(void **state)
{
	struct scene scene = pair(DECIDE_SYNC);
	struct decision decision;

	(void)state;
	/* Two piles half a turn apart. I am 1: the pile of 0 stays, I go there; I am 0: I stay. */
	scene.parameters.cap_ns = P;
	decision = decided(&scene);
	assert_int_equal(decision.next_ns, NOW + P + P / 2);
	assert_int_equal(decision.lag_ns, P / 2);
	scene.self.index = 0;
	scene.peers[0].index = 1;
	decision = decided(&scene);
	assert_int_equal(decision.next_ns, NOW + P);
	/* As two groups they are where they should be. */
	scene.parameters.clusters = 2;
	decision = decided(&scene);
	assert_int_equal(decision.next_ns, NOW + P);
	assert_int_equal(decision.lag_ns, 0);
}

static void who_joins_a_batch_joins_the_batch(void **state)
{
	struct scene scene = pair(DECIDE_SYNC);
	struct decision decision;

	(void)state;
	scene.parameters.joining = true;
	scene.count = 3;
	for (uint32_t peer = 0; peer < 3; peer++)
		scene.peers[peer] = (struct peer){ .cur_ns = NOW - P + P / 3 + peer,
						   .next_ns = NOW + P / 3 + peer,
						   .period_ns = P,
						   .index = 2 + 2 * peer };
	decision = decided(&scene);
	assert_int_equal(decision.next_ns, NOW + P / 3 + 2);
	assert_int_equal(decision.cur_ns, decision.next_ns - P);
	/* The other group's place is half a turn from there. */
	scene.parameters.clusters = 2;
	decision = decided(&scene);
	assert_int_equal(decision.next_ns, NOW + P / 3 + 2 + P / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_of_plausibility_holds),
		cmocka_unit_test(grace_is_the_action_or_four_times_the_lateness),
		cmocka_unit_test(others_may_have_a_larger_cap),
		cmocka_unit_test(a_grids_delay_lies_within_its_period),
		cmocka_unit_test(off_beat_and_silent_is_suspected_too),
		cmocka_unit_test(every_silent_agent_is_suspected_in_turn),
		cmocka_unit_test(alone_it_keeps_its_period),
		cmocka_unit_test(very_late_turns_begin_anew),
		cmocka_unit_test(early_turns_count_from_now),
		cmocka_unit_test(who_did_not_wait_on_a_grid_is_not_a_cycle_behind),
		cmocka_unit_test(ties_are_broken_by_index),
		cmocka_unit_test(no_room_means_no_lock),
		cmocka_unit_test(off_beat_agents_are_not_coordinated),
		cmocka_unit_test(waits_are_shared_out_not_clipped),
		cmocka_unit_test(small_lags_are_left_alone_on_relative_hosts),
		cmocka_unit_test(equal_piles_are_told_apart_by_the_lowest_index),
		cmocka_unit_test(who_joins_a_batch_joins_the_batch),
	};

	return cmocka_run_group_tests_name("decide rules", tests, NULL, NULL);
}
