/* SPDX-License-Identifier: MIT */
/*
 * test_decide_values.c - what a decision says of the pattern is what its definition gives, worked out one by one.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decide_draw.h"

#define CASES 6000
#define PI 3.14159265358979323846264338327950288L

/* Over those that the decision counted. */
static int64_t longest_period(const struct scene *scene)
{
	int64_t longest_ns = scene->self.period_ns;

	for (uint32_t number = 0; number < scene->count; number++)
		if (!scene->peers[number].flags && scene->peers[number].period_ns > longest_ns)
			longest_ns = scene->peers[number].period_ns;
	return longest_ns;
}

/* Of the others' next turns, and of one at turn_ns. */
static long double order_parameter(const struct scene *scene, int64_t turn_ns, uint32_t m)
{
	const int64_t period_ns = longest_period(scene);
	long double re = 1, im = 0, count = 1;

	for (uint32_t number = 0; number < scene->count; number++) {
		long double turns = (long double)(scene->peers[number].next_ns - turn_ns) /
				    (long double)period_ns;

		if (scene->peers[number].flags)
			continue;
		re += cosl(2 * PI * m * turns);
		im += sinl(2 * PI * m * turns);
		count++;
	}
	return hypotl(re, im) / count;
}

static void assert_order(uint32_t value_ppm, long double order)
{
	if (fabsl(value_ppm - order * 1e6L) > 1)
		fail_msg("R %u ppm is not %.9Lf", value_ppm, order);
}

/* All within a sixtieth of a period, and as far apart as they were a period before. */
static void meeting_draw(struct scene *scene)
{
	for (uint32_t number = 0; number < scene->count; number++) {
		struct peer *peer = &scene->peers[number];

		peer->next_ns = scene->parameters.now_ns + 1 +
				(int64_t)draw((uint64_t)scene->self.period_ns / 60);
		peer->cur_ns = peer->next_ns - scene->self.period_ns;
	}
	scene->self.turn_ns = scene->parameters.now_ns;
}

static void together_is_judged_by_the_order_parameter(void **state)
{
	static struct scene scene;
	unsigned near = 0;

	(void)state;
	random_state = 21;
	for (unsigned number = 0; number < CASES; number++) {
		struct decision decision;
		int64_t period_ns;
		uint32_t m;
		long double order, extent;
		bool meeting;

		scene_draw(&scene, DECIDE_SYNC, AGENTS_MOST);
		meeting = chance(20);
		if (meeting)
			meeting_draw(&scene);
		decision = decided(&scene);
		if (decision.counted == 1)
			continue;
		m = scene.parameters.clusters ? scene.parameters.clusters : 1;
		period_ns = longest_period(&scene);
		order = order_parameter(&scene, decision.cur_ns, m);
		extent = (long double)decision.lag_ns / (long double)period_ns * m;
		if (decision.lag_ns > period_ns / 25 / ((int64_t)scene.parameters.clusters + 1)) {
			assert_order(decision.value_ppm, order);
			continue;
		}
		/* As good as together: a bound is enough. */
		near++;
		if (meeting)
			assert_true(decision.value_ppm <= order * 1e6L + 2);
		assert_true(decision.value_ppm >= 1e6L * (1 - 5 * extent * extent) - 3);
	}
	assert_in_range(near, CASES / 50, CASES);
}

static int64_t arrival_of(const struct scene *scene, const struct decision *decision)
{
	return decision->next_ns - decision->delay_ns - scene->self.period_ns;
}

static void on_a_grid_together_is_judged_by_the_arrivals(void **state)
{
	static struct scene scene;

	(void)state;
	random_state = 22;
	for (unsigned number = 0; number < CASES; number++) {
		struct decision decision;

		scene_draw(&scene, DECIDE_GRID, AGENTS_MOST);
		scene.parameters.pattern = DECIDE_SYNC;
		decision = decided(&scene);
		assert_int_equal(decision.delay_ns, 0);
		if (decision.counted > 1)
			assert_order(decision.value_ppm,
				     order_parameter(&scene, arrival_of(&scene, &decision),
						     scene.parameters.clusters
							     ? scene.parameters.clusters
							     : 1));
	}
}

static int by_instant(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

static void on_a_grid_apart_is_judged_by_the_planned_turns(void **state)
{
	static struct scene scene;

	(void)state;
	random_state = 23;
	for (unsigned number = 0; number < CASES; number++) {
		int64_t turns_ns[AGENTS_MOST + 2], period_ns, most_ns = 0;
		uint32_t used = 0, expected = 1000000;
		struct decision decision;

		scene_draw(&scene, DECIDE_GRID, number % 8 ? 40 : AGENTS_MOST);
		arrivals_draw(&scene);
		decision = decided(&scene);
		if (decision.counted == 1)
			continue;
		period_ns = longest_period(&scene);
		turns_ns[used++] = decision.delay_ns % period_ns;
		for (uint32_t peer = 0; peer < scene.count; peer++)
			if (!scene.peers[peer].flags)
				turns_ns[used++] = ((scene.peers[peer].next_ns -
						     arrival_of(&scene, &decision)) %
							    period_ns +
						    period_ns) %
						   period_ns;
		assert_int_equal(used, decision.counted);
		qsort(turns_ns, used, sizeof(*turns_ns), by_instant);
		turns_ns[used] = turns_ns[0] + period_ns;
		for (uint32_t at = 0; at < used; at++)
			if (turns_ns[at + 1] - turns_ns[at] > most_ns)
				most_ns = turns_ns[at + 1] - turns_ns[at];
		if ((wide)most_ns * used > period_ns)
			expected = (uint32_t)((wide)period_ns * 1000000 / most_ns / used);
		assert_in_range(decision.value_ppm, expected - 1, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(together_is_judged_by_the_order_parameter),
		cmocka_unit_test(on_a_grid_together_is_judged_by_the_arrivals),
		cmocka_unit_test(on_a_grid_apart_is_judged_by_the_planned_turns),
	};

	return cmocka_run_group_tests_name("decide values", tests, NULL, NULL);
}
