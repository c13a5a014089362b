/* SPDX-License-Identifier: MIT */
/*
 * test_strategies.c - each strategy is known by what it does with phases: how far, when not at all, and at what price.
 */
#include "unit.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include "decide_scene.h"
#include "entrain.h"
#include "register.h"

#define IN_P(turns) ((int64_t)((turns) * (double)P))

/* Me, at my turn, and others `at` turns after it; all have kept to a period of P. */
static struct scene scene_of(enum decide_rule rule, uint32_t strategy, double cap, unsigned count,
			     const double *at)
{
	struct scene scene = { .self = { .turn_ns = NOW, .period_ns = P, .interval_ns = P },
			       .parameters = { .rule = rule,
					       .clusters = 1,
					       .strategy = strategy,
					       .energy_ppm = 1000000,
					       .period_ns = P,
					       .band_ppm = 100000,
					       .cap_ns = IN_P(cap),
					       .now_ns = NOW },
			       .count = count };

	for (unsigned peer = 0; peer < count; peer++)
		scene.peers[peer] = (struct peer){ .cur_ns = NOW + IN_P(at[peer]) - P,
						   .next_ns = NOW + IN_P(at[peer]),
						   .period_ns = P,
						   .index = peer + 1 };
	return scene;
}

static void splay_and_sync_are_the_whole_wish(void **state)
{
	const double at[] = { .1, .2, .7 };
	struct scene scene = scene_of(DECIDE_SPREAD, STRATEGY_SPLAY, 1, 3, at);
	struct decision decision = decided(&scene);

	(void)state;
	/* Ahead of .25 .5 .75 by -.15 -.3 -.05: nothing to wait for; seen from .7 it is .3 .4 .5 against .25 .5 .75. */
	assert_near(decision.delay_ns, 0, 1);
	assert_int_equal(decision.price, 40);
	scene = scene_of(DECIDE_SPREAD, STRATEGY_SPLAY, 1, 3, (const double[]){ .3, .4, .5 });
	decision = decided(&scene);
	assert_near(decision.delay_ns, IN_P(.05), 1);
	assert_int_equal(decision.move_ns, decision.delay_ns);
	/* The largest gap ends with me: all wait for the one before it. */
	scene = scene_of(DECIDE_SYNC, STRATEGY_SYNC, 1, 3, (const double[]){ .1, .2, .3 });
	decision = decided(&scene);
	assert_near(decision.delay_ns, IN_P(.3), 1);
	assert_int_equal(decision.price, 40);
}

static void a_nudge_together_is_a_small_kuramoto_step(void **state)
{
	struct scene scene =
		scene_of(DECIDE_SYNC, STRATEGY_PHASE_NUDGE, .5, 1, (const double[]){ .25 });
	struct decision decision = decided(&scene);

	(void)state;
	/* K / 2 pi x (sin + sin) / 2, K = 1/2: my pull ahead, and what the other would have to go back. */
	assert_near(decision.delay_ns, IN_P(.0795775), 100);
	assert_int_equal(decision.price, 20);
	/* The other one stays. */
	scene = scene_of(DECIDE_SYNC, STRATEGY_PHASE_NUDGE, .5, 1, (const double[]){ .75 });
	assert_near(decided(&scene).delay_ns, 0, 100);
	/* As two groups, half a turn apart is where they should be. */
	scene = scene_of(DECIDE_SYNC, STRATEGY_PHASE_NUDGE, .5, 1, (const double[]){ .5 });
	scene.parameters.clusters = 2;
	assert_near(decided(&scene).delay_ns, 0, 100);
	/* Where there is less room than somebody wants, all get the same part. */
	scene = scene_of(DECIDE_SYNC, STRATEGY_PHASE_NUDGE, .01, 2, (const double[]){ .1, .2 });
	assert_near(decided(&scene).delay_ns, IN_P(.01), 100);
}

static void a_nudge_apart_is_half_of_what_splay_does(void **state)
{
	const double at[] = { .3, .4, .5 };
	struct scene scene = scene_of(DECIDE_SPREAD, STRATEGY_PHASE_NUDGE, .5, 3, at);
	struct decision decision = decided(&scene);

	(void)state;
	assert_near(decision.delay_ns, IN_P(.025), 1);
	assert_near(decision.lag_ns, IN_P(.3), 2);
	assert_int_equal(decision.price, 20);
	/* Where the rhythm counts, a hundredth of a turn is shared out. */
	scene.parameters.metric = DECIDE_RHYTHM;
	assert_near(decided(&scene).delay_ns, IN_P(.01 * .05 / .3), 1);
}

static void frequency_lock_waits_for_one_period(void **state)
{
	const double at[] = { .3, .4, .5 };
	struct scene scene = scene_of(DECIDE_SPREAD, STRATEGY_FREQUENCY_LOCK, .5, 3, at), off;
	struct decision decision = decided(&scene);

	(void)state;
	/* A hundredth of a turn is shared out: V is .3. */
	assert_near(decision.delay_ns, IN_P(.01 * .05 / .3), 1);
	assert_int_equal(decision.price, 40);
	for (int sign = -1; sign <= 1; sign += 2) {
		off = scene;
		off.peers[1].cur_ns += sign * P * 19 / 1000;
		assert_near(decided(&off).delay_ns, IN_P(.01 * .05 / .3), 1);
		off.peers[1].cur_ns += sign * P * 2 / 1000;
		assert_int_equal(decided(&off).delay_ns, 0);
		off = scene;
		off.self.interval_ns += sign * P * 21 / 1000;
		assert_int_equal(decided(&off).delay_ns, 0);
	}
	/* One that does not count does not keep the others. */
	off = scene_of(DECIDE_SPREAD, STRATEGY_FREQUENCY_LOCK, .5, 3,
		       (const double[]){ .4, .5, .6 });
	off.peers[1].cur_ns = NOW - 4 * P;
	off.peers[1].next_ns = NOW - 3 * P;
	assert_true(decided(&off).delay_ns > 0);
	/* Together: no more than a hundredth either. */
	scene = scene_of(DECIDE_SYNC, STRATEGY_FREQUENCY_LOCK, .5, 3, at);
	assert_near(decided(&scene).delay_ns, IN_P(.01), 1);
	/* Following the slowest is no step. */
	scene = scene_of(DECIDE_SPREAD, STRATEGY_FREQUENCY_LOCK, .5, 3, at);
	scene.peers[0].period_ns += P / 20;
	decision = decided(&scene);
	assert_int_equal(decision.delay_ns, P / 20);
	assert_int_equal(decision.move_ns, 0);
}

/* By the book: the pulses one after the other, less what the least pulled agent is pulled. `at` sorted. */
static double pulse_expected(double cap, unsigned count, const double *at)
{
	double strength = cap < .25 ? cap : .25, moved = 0, longest = 0;

	for (unsigned pulse = 0; pulse < count; pulse++) {
		double after = at[pulse] - moved, pull = strength * (1 - after) / count;

		if (after > 1e-12)
			moved += pull < after ? pull : after;
	}
	for (unsigned from = 0; from <= count; from++) {
		double here = from < count ? at[from] : 0, sum = 0;

		for (unsigned to = 0; to <= count; to++) {
			double there = to < count ? at[to] : 0;
			/* Of two at one place the first sees the other there, the other a turn later. */
			bool behind = there < here ||
				      (there == here && (to == count ? from != to : to < from));

			sum += there - here + behind;
		}
		longest = sum / count > longest ? sum / count : longest;
	}
	moved -= strength * (1 - longest);
	return moved > 0 ? moved : 0;
}

static void a_pulse_pulls_the_more_the_sooner_it_comes(void **state)
{
	static const double one[] = { .2 }, late[] = { .8 },
			    six[] = { .01, .01, .012, .5, .6, .98 };
	static const double near[] = { .001, .002, .3 };
	struct scene scene = scene_of(DECIDE_SYNC, STRATEGY_PULSE_COUPLING, .1, 1, one);

	(void)state;
	/* .1 x .8, less the .1 x .2 by which the other would be pulled round the circle. */
	assert_near(decided(&scene).delay_ns, IN_P(.06), 2);
	assert_int_equal(decided(&scene).price, 120);
	scene = scene_of(DECIDE_SYNC, STRATEGY_PULSE_COUPLING, .1, 1, late);
	assert_int_equal(decided(&scene).delay_ns, 0);
	/* The first pulses swallow me, so those at the same place do nothing more. */
	assert_true(pulse_expected(.1, 6, six) > .01);
	scene = scene_of(DECIDE_SYNC, STRATEGY_PULSE_COUPLING, .1, 6, six);
	assert_near(decided(&scene).delay_ns, IN_P(pulse_expected(.1, 6, six)), 20);
	scene = scene_of(DECIDE_SYNC, STRATEGY_PULSE_COUPLING, .9, 3, near);
	assert_near(decided(&scene).delay_ns, IN_P(pulse_expected(.9, 3, near)), 20);
}

static void a_pulse_apart_drives_out_of_the_gap_before_it(void **state)
{
	struct scene scene =
		scene_of(DECIDE_SPREAD, STRATEGY_PULSE_COUPLING, 1, 1, (const double[]){ .9 });

	(void)state;
	/* It acts .1 before me and wants .5. */
	assert_near(decided(&scene).delay_ns, IN_P(.4), 1);
	scene.parameters.cap_ns = P / 10;
	assert_int_equal(decided(&scene).delay_ns, P / 10);
	/* Of several the one just before me; splay would look at all of them. */
	scene = scene_of(DECIDE_SPREAD, STRATEGY_PULSE_COUPLING, 1, 3,
			 (const double[]){ .3, .4, .7 });
	assert_int_equal(decided(&scene).delay_ns, 0);
	/* One that is going further than my next turn already is followed there. */
	scene = scene_of(DECIDE_SPREAD, STRATEGY_PULSE_COUPLING, 1, 1, (const double[]){ 1.05 });
	scene.peers[0].cur_ns = NOW - 10;
	assert_near(decided(&scene).delay_ns, IN_P(.55), 1);
	/* With actions the gap is that of the one before: .4 of its own and an equal share of what is left. */
	scene = scene_of(DECIDE_SPREAD, STRATEGY_PULSE_COUPLING, 1, 1, (const double[]){ .9 });
	scene.peers[0].work_ns = IN_P(.4);
	scene.self.work_ns = IN_P(.1);
	assert_near(decided(&scene).delay_ns, IN_P(.55), 2);
}

static void energy_aware_does_what_the_energy_allows(void **state)
{
	const double at[] = { .3, .4, .5 };
	struct scene scene = scene_of(DECIDE_SPREAD, STRATEGY_ENERGY_AWARE, .5, 3, at);
	struct decision decision = decided(&scene);

	(void)state;
	assert_near(decision.delay_ns, IN_P(.05), 1);
	assert_int_equal(decision.price, 20);
	scene.parameters.energy_ppm = 500000;
	decision = decided(&scene);
	assert_near(decision.delay_ns, IN_P(.025), 1);
	assert_int_equal(decision.price, 10);
	scene.parameters.energy_ppm = 200000;
	assert_near(decided(&scene).delay_ns, IN_P(.01), 1);
	scene.parameters.energy_ppm = 199999;
	assert_int_equal(decided(&scene).delay_ns, 0);
}

static void adaptive_is_known_by_the_price_of_what_it_picks(void **state)
{
	struct scene scene =
		scene_of(DECIDE_SPREAD, STRATEGY_ADAPTIVE, .5, 3, (const double[]){ .3, .4, .5 });

	(void)state;
	assert_near(decided(&scene).delay_ns, IN_P(.05), 1);
	assert_int_equal(decided(&scene).price, 40);
	scene.parameters.stalled = 3;
	assert_int_equal(decided(&scene).price, 120);
	scene.parameters.energy_ppm = 400000;
	assert_int_equal(decided(&scene).price, 8);
	assert_near(decided(&scene).delay_ns, IN_P(.02), 1);
	/* Near the pattern small steps do. */
	scene = scene_of(DECIDE_SPREAD, STRATEGY_ADAPTIVE, .5, 3, (const double[]){ .25, .5, .78 });
	assert_int_equal(decided(&scene).price, 20);
	assert_near(decided(&scene).delay_ns, IN_P(.015), 1);
}

static void the_metric_of_together_is_the_order_parameter(void **state)
{
	uint64_t seed = 8;

	(void)state;
	for (unsigned number = 0; number < 4000; number++) {
		const uint32_t clusters = number % 6;
		const double width =
			number % 3 ? 1 : .03 * (double)(next_random(&seed) % 100) / 100;
		struct scene scene;
		struct decision decision;
		double at[40], re = 1, im = 0, order;
		unsigned count = 1 + next_random(&seed) % 40;

		for (unsigned peer = 0; peer < count; peer++) {
			at[peer] = width * (double)(next_random(&seed) % 1000000) / 1000000;
			re += cos(2 * M_PI * (clusters ? clusters : 1) * at[peer]);
			im += sin(2 * M_PI * (clusters ? clusters : 1) * at[peer]);
		}
		order = hypot(re, im) / (count + 1);
		scene = scene_of(DECIDE_SYNC, STRATEGY_SYNC, .1, count, at);
		scene.parameters.clusters = clusters;
		decision = decided(&scene);
		/* Next to together it may be a bound. */
		assert_true(decision.value_ppm <= order * 1e6 + 5);
		assert_true(decision.value_ppm >= order * 1e6 - (order > .99 ? 3000 : 5));
	}
}

/* ---- the application's own ------------------------------------------------------------------ */

static struct entrain_view seen;
static struct entrain_neighbour seen_other;

static int64_t look(const struct entrain_view *view, void *context)
{
	seen = *view;
	seen_other = view->others[0];
	return *(int64_t *)context;
}

static void ones_own_strategy_sees_what_there_is_and_is_clamped(void **state)
{
	int64_t answer_ns = IN_P(.03);
	struct entrain_strategy own = ENTRAIN_STRATEGY;
	struct scene scene =
		scene_of(DECIDE_SPREAD, STRATEGY_OWN, .1, 3, (const double[]){ .3, .4, .5 });

	(void)state;
	own.name = "mine";
	own.price = 7;
	own.delay_ns = look;
	own.context = &answer_ns;
	scene.parameters.own = &own;
	scene.parameters.goal = ENTRAIN_DISTRIBUTE_LOAD;
	scene.peers[0].work_ns = 5;
	scene.peers[1].period_ns = 3 * P;
	assert_int_equal(decided(&scene).delay_ns, answer_ns);
	assert_int_equal(decided(&scene).price, 7);
	assert_int_equal(seen.size, sizeof(seen));
	assert_int_equal(seen.goal, ENTRAIN_DISTRIBUTE_LOAD);
	assert_int_equal(seen.spreads, 1);
	assert_int_equal(seen.clusters, 1);
	assert_int_equal(seen.count, 2); /* one is off the beat */
	assert_int_equal(seen.period_ns, P);
	assert_int_equal(seen.most_ns, P / 10);
	assert_int_equal(seen.energy_ppm, 1000000);
	assert_true(seen.pattern_ns == 0 && seen.lag_ns > 0);
	assert_int_equal(seen_other.offset_ns, IN_P(.3));
	assert_int_equal(seen_other.work_ns, 5);
	assert_int_equal(seen_other.slot, 1);
	answer_ns = INT64_MAX;
	assert_int_equal(decided(&scene).delay_ns, P / 10);
	answer_ns = INT64_MIN;
	assert_int_equal(decided(&scene).delay_ns, 0);
	own.price = UINT32_MAX;
	assert_int_equal(decided(&scene).price, 1000);
	/* Where there is none, what the pattern wants. */
	scene.parameters.own = NULL;
	scene.peers[1].period_ns = P;
	assert_true(decided(&scene).delay_ns > 0);
}

static int64_t nothing(const struct entrain_view *view, void *context)
{
	(void)view;
	(void)context;
	return 0;
}

static struct entrain_strategy known[20];
static char names[20][16];

static struct entrain_strategy *named(unsigned number, const char *name)
{
	known[number] = (struct entrain_strategy)ENTRAIN_STRATEGY;
	strcpy(names[number], name);
	known[number].name = names[number];
	known[number].delay_ns = nothing;
	return &known[number];
}

static unsigned registered;

static void *register_the_same(void *context)
{
	struct entrain_strategy *strategy = context;
	int code = entrain_strategy_register(strategy, NULL);

	if (code == 0)
		__atomic_add_fetch(&registered, 1, __ATOMIC_SEQ_CST);
	return code == 0 || code == ENTRAIN_EXISTS ? context : NULL;
}

static void names_are_registered_once(void **state)
{
	static const char *const wrong[] = { "", "Mine", "a b", "-a", "own", "none" };
	const struct entrain_strategy *own;
	struct entrain_error error;
	pthread_t thread[8];

	(void)state;
	assert_int_equal(strategy_number("splay", &own), STRATEGY_SPLAY);
	assert_null(own);
	assert_int_equal(strategy_number("adaptive", &own), STRATEGY_ADAPTIVE);
	assert_int_equal(strategy_number("mine", &own), STRATEGY_NONE);
	for (unsigned number = 0; number < 6; number++)
		assert_int_equal(entrain_strategy_register(named(0, wrong[number]), &error),
				 ENTRAIN_USAGE);
	assert_int_equal(entrain_strategy_register(NULL, NULL), ENTRAIN_USAGE);
	named(0, "mine")->price = 1001;
	assert_int_equal(entrain_strategy_register(&known[0], NULL), ENTRAIN_USAGE);
	named(0, "mine")->delay_ns = NULL;
	assert_int_equal(entrain_strategy_register(&known[0], NULL), ENTRAIN_USAGE);
	named(0, "mine")->size--;
	assert_int_equal(entrain_strategy_register(&known[0], NULL), ENTRAIN_USAGE);
	assert_int_equal(entrain_strategy_register(named(0, "phase-nudge"), &error),
			 ENTRAIN_EXISTS);
	assert_string_equal(error.object, "phase-nudge");
	assert_int_equal(entrain_strategy_register(named(0, "mine"), NULL), ENTRAIN_OK);
	assert_int_equal(strategy_number("mine", &own), STRATEGY_OWN);
	assert_ptr_equal(own, &known[0]);
	assert_int_equal(entrain_strategy_register(named(1, "mine"), NULL), ENTRAIN_EXISTS);
	/* Of eight that register one name at once, one does. */
	for (unsigned number = 0; number < 8; number++)
		assert_int_equal(pthread_create(&thread[number], NULL, register_the_same,
						named(1 + number, "racing")),
				 0);
	for (unsigned number = 0; number < 8; number++) {
		void *result;

		pthread_join(thread[number], &result);
		assert_non_null(result);
	}
	assert_int_equal(registered, 1);
	for (unsigned number = 0; number < 15; number++) {
		static struct entrain_strategy more[15];
		static char more_names[15][16];
		int expected = number < 14 ? ENTRAIN_OK : ENTRAIN_LIMIT;

		snprintf(more_names[number], sizeof(more_names[number]), "more-%u", number);
		more[number] = (struct entrain_strategy)ENTRAIN_STRATEGY;
		more[number].name = more_names[number];
		more[number].delay_ns = nothing;
		assert_int_equal(entrain_strategy_register(&more[number], NULL), expected);
		assert_int_equal(strategy_number(more_names[number], &own),
				 expected ? STRATEGY_NONE : STRATEGY_OWN);
	}
}

/* ---- whatever the peers say ------------------------------------------------------------------- */

static int64_t anything(const struct entrain_view *view, void *context)
{
	return (int64_t)next_random(context) >> (view->count % 60);
}

static void no_strategy_breaks_a_promise(void **state)
{
	static struct scene scene;
	uint64_t seed = 5;
	struct entrain_strategy own = ENTRAIN_STRATEGY;
	unsigned moved[STRATEGY_OWN + 1] = { 0 };

	(void)state;
	own.delay_ns = anything;
	own.context = &seed;
	for (unsigned number = 0; number < 60000; number++) {
		const uint32_t strategy = number % 9 == 8 ? STRATEGY_OWN : number % 9;
		struct decision decision;
		double at[60];

		for (unsigned peer = 0; peer < 60; peer++)
			at[peer] = (double)(next_random(&seed) % 1300) / 1000;
		scene = scene_of((enum decide_rule)(next_random(&seed) % 2), strategy,
				 (double)(next_random(&seed) % 60) / 100, next_random(&seed) % 60,
				 at);
		scene.parameters.host = (enum decide_host)(next_random(&seed) % 2);
		scene.parameters.graph = next_random(&seed) % 3 == 0;
		scene.parameters.metric = (enum decide_metric)(next_random(&seed) % 3);
		scene.parameters.clusters =
			number % 50 ? (uint32_t)(next_random(&seed) % 5) : UINT32_MAX - number % 3;
		scene.parameters.energy_ppm = (uint32_t)(next_random(&seed) % 1000001);
		scene.parameters.stalled = (uint32_t)(next_random(&seed) % 6);
		scene.parameters.lateness_ns = (int64_t)(next_random(&seed) % (P / 20));
		scene.parameters.own = &own;
		scene.self.interval_ns = number % 70 ? (int64_t)(next_random(&seed) % (2 * P))
						     : (number % 140 ? INT64_MIN : INT64_MAX);
		scene.self.way_ns = (int64_t)(next_random(&seed) % (3 * P)) - P;
		scene.self.work_ns = (int64_t)(next_random(&seed) % (P / 10));
		for (unsigned peer = 0; peer < scene.count; peer++) {
			scene.peers[peer].work_ns = (int64_t)(next_random(&seed) % (P / 5));
			scene.peers[peer].way = (uint16_t)next_random(&seed);
			if (next_random(&seed) % 500 == 0)
				scene.peers[peer].cur_ns =
					INT64_MIN +
					(int64_t)(next_random(&seed) >> 1 >> number % 63);
			if (next_random(&seed) % 20 == 0)
				scene.peers[peer].next_ns = (int64_t)next_random(&seed);
			if (next_random(&seed) % 20 == 0)
				scene.peers[peer].period_ns = (int64_t)next_random(&seed) >> 33;
		}
		decision = decided(&scene);
		assert_true(decision.cur_ns < decision.next_ns);
		assert_in_range(decision.delay_ns, 0, scene.parameters.cap_ns);
		assert_in_range(decision.move_ns, 0, decision.delay_ns);
		assert_true(decision.way_ns >= 0 && decision.way_ns <= P * 11 / 10);
		assert_in_range(decision.price, 0, 1000);
		assert_in_range(decision.value_ppm, 0, 1000000);
		moved[strategy] += decision.move_ns > 0;
	}
	for (uint32_t strategy = STRATEGY_SPLAY; strategy < STRATEGY_COUNT; strategy++)
		assert_in_range(moved[strategy], 100, 60000);
	assert_in_range(moved[STRATEGY_OWN], 100, 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splay_and_sync_are_the_whole_wish),
		cmocka_unit_test(a_nudge_together_is_a_small_kuramoto_step),
		cmocka_unit_test(a_nudge_apart_is_half_of_what_splay_does),
		cmocka_unit_test(frequency_lock_waits_for_one_period),
		cmocka_unit_test(a_pulse_pulls_the_more_the_sooner_it_comes),
		cmocka_unit_test(a_pulse_apart_drives_out_of_the_gap_before_it),
		cmocka_unit_test(energy_aware_does_what_the_energy_allows),
		cmocka_unit_test(adaptive_is_known_by_the_price_of_what_it_picks),
		cmocka_unit_test(the_metric_of_together_is_the_order_parameter),
		cmocka_unit_test(ones_own_strategy_sees_what_there_is_and_is_clamped),
		cmocka_unit_test(names_are_registered_once),
		cmocka_unit_test(no_strategy_breaks_a_promise),
	};

	return cmocka_run_group_tests_name("strategies", tests, NULL, NULL);
}
