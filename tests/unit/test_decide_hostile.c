/* SPDX-License-Identifier: MIT */
/*
 * test_decide_hostile.c - no decision breaks its promises, whatever is read, and in whatever order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decide_draw.h"
#include "strategy/strategy.h"

#define CASES 24000

static void assert_same(const struct decision *one, const struct decision *other)
{
	assert_int_equal(one->cur_ns, other->cur_ns);
	assert_int_equal(one->next_ns, other->next_ns);
	assert_int_equal(one->delay_ns, other->delay_ns);
	assert_int_equal(one->move_ns, other->move_ns);
	assert_int_equal(one->lag_ns, other->lag_ns);
	assert_int_equal(one->value_ppm, other->value_ppm);
	assert_int_equal(one->way_ns, other->way_ns);
	assert_int_equal(one->counted, other->counted);
	assert_int_equal(one->overdue, other->overdue);
	assert_int_equal(one->implausible, other->implausible);
	assert_int_equal(one->off_beat, other->off_beat);
	assert_int_equal(one->missed, other->missed);
	assert_int_equal(one->suspect, other->suspect);
}

static void order_of_peers_does_not_matter(void **state)
{
	static struct scene scene, shuffled;

	(void)state;
	random_state = 15;
	for (unsigned number = 0; number < 2000; number++) {
		struct decision decision, again;

		scene_draw(&scene, (enum decide_rule)draw(3), 60);
		scene.parameters.joining = chance(20);
		shuffled = scene;
		for (uint32_t peer = 0; peer < scene.count; peer++)
			shuffled.peers[peer] = scene.peers[scene.count - 1 - peer];
		decision = decided(&scene);
		again = decided(&shuffled);
		assert_same(&decision, &again);
	}
}

static int64_t hostile_ns(const struct scene *scene)
{
	const int64_t now_ns = scene->parameters.now_ns, period_ns = scene->parameters.period_ns;
	const int64_t values_ns[] = {
		INT64_MIN,
		INT64_MAX,
		0,
		-1,
		1,
		now_ns,
		now_ns + 1,
		now_ns - 1,
		now_ns + period_ns,
		now_ns - period_ns,
		now_ns + period_ns * 11 / 10,
		period_ns,
		period_ns * 11 / 10,
		DECIDE_PERIOD_MAX_NS,
		DECIDE_PERIOD_MAX_NS + 1,
		(int64_t)draw(UINT64_MAX),
		INT64_MIN + (int64_t)draw(3),
		INT64_MAX - (int64_t)draw(3),
		now_ns + (int64_t)draw((uint64_t)period_ns),
		now_ns - (int64_t)draw((uint64_t)period_ns),
		INT64_C(1) << draw(63),
		-(INT64_C(1) << draw(63)),
	};

	return values_ns[draw(sizeof(values_ns) / sizeof(*values_ns))];
}

static void hostile_peers_break_no_promise(void **state)
{
	static struct scene scene;

	(void)state;
	random_state = 16;
	for (unsigned number = 0; number < CASES; number++) {
		static const int64_t nows_ns[] = { 0, 1, NOW, INT64_C(1) << 61, INT64_C(1) << 62 };
		static const uint32_t bands_ppm[] = { 0, 1, 100000, 1000000, UINT32_MAX };
		static const int64_t huge_ns[] = { INT64_C(1) << 47, 100000, 5000000000 };
		struct decision decision;
		int64_t shift_ns;

		scene_draw(&scene, (enum decide_rule)draw(4), chance(90) ? 8 : 100);
		if (chance(20))
			scene.parameters.period_ns = scene.self.period_ns = huge_ns[draw(3)];
		if (chance(20))
			scene.parameters.cap_ns = huge_ns[draw(3)];
		if (chance(20))
			scene.parameters.lateness_ns = huge_ns[draw(3)];
		shift_ns = nows_ns[draw(5)] - scene.parameters.now_ns;
		scene.parameters.now_ns += shift_ns;
		scene.self.turn_ns =
			chance(70) ? scene.self.turn_ns + shift_ns : hostile_ns(&scene);
		scene.parameters.band_ppm = bands_ppm[draw(5)];
		scene.parameters.host = (enum decide_host)draw(2);
		scene.parameters.joining = chance(30);
		scene.parameters.cap_most_ns = chance(30) ? hostile_ns(&scene) : 0;
		scene.parameters.clusters = chance(80) ? (uint32_t)draw(5) : UINT32_MAX;
		scene.parameters.graph = chance(30);
		scene.parameters.metric = (enum decide_metric)draw(3);
		scene.parameters.strategy = (uint32_t)draw(STRATEGY_COUNT);
		for (uint32_t peer = 0; peer < scene.count; peer++) {
			/* A few fields at a time: what is all rubbish is soon left out. */
			scene.peers[peer].cur_ns += chance(80) ? shift_ns : hostile_ns(&scene) / 2;
			scene.peers[peer].next_ns += chance(80) ? shift_ns : hostile_ns(&scene) / 2;
			if (chance(10))
				scene.peers[peer].cur_ns = hostile_ns(&scene);
			if (chance(10))
				scene.peers[peer].next_ns = hostile_ns(&scene);
			if (chance(10))
				scene.peers[peer].period_ns = hostile_ns(&scene);
			if (chance(10))
				scene.peers[peer].work_ns = hostile_ns(&scene);
			if (chance(10))
				scene.peers[peer].delay_ns = hostile_ns(&scene);
			scene.peers[peer].flags = (uint32_t)draw(UINT32_MAX);
		}
		decision = decided(&scene);
		assert_promises(&scene, &decision);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_peers_does_not_matter),
		cmocka_unit_test(hostile_peers_break_no_promise),
	};

	return cmocka_run_group_tests_name("decide hostile", tests, NULL, NULL);
}
