/* SPDX-License-Identifier: MIT */
/* test_measure.c - coherence, gaps, evenness and convergence against values worked out by hand or by brute force. */
#include "unit.h"
#include <math.h>
#include "clock.h"
#include "measure.h"

#define NOW INT64_C(1000000000000)
#define PERIOD INT64_C(1000000000)
#define MOST 2000

static struct measured all[MOST];
static uint64_t words[2 * MOST];
static struct entrain_settings settings;
static struct entrain_measure measure;

static void assert_near(double have, double want)
{
	if (fabs(have - want) > 1e-6)
		fail_msg("%.9f is not %.9f", have, want);
}

/* Agents at these phases (of PERIOD), each with an action of `work` periods. */
static void swarm_at(const double *phases, uint32_t count, double work)
{
	memset(all, 0, sizeof(all));
	entrain_settings_init(&settings);
	settings.period_ns = PERIOD;
	for (uint32_t i = 0; i < count; i++) {
		all[i] =
			(struct measured){ .index = i,
					   .counts = true,
					   .period_ns = PERIOD,
					   .work_ns = (int64_t)(work * (double)PERIOD),
					   .next_ns = NOW + (int64_t)(phases[i] * (double)PERIOD) };
		all[i].cur_ns = all[i].next_ns - PERIOD;
	}
	measure_fill(&measure, all, count, NOW, &settings, words);
}

static void evenly_apart_is_one(void **state)
{
	double phases[100];

	(void)state;
	for (uint32_t count = 2; count <= 100; count++) {
		for (uint32_t i = 0; i < count; i++)
			phases[i] = fmod((double)(i * 37 % count) / count + .123, 1);
		if (count % 37 == 0)
			continue;
		swarm_at(phases, count, 0);
		if (fabs(measure.evenness - 1) > 1e-5 || fabs(measure.min_gap - 1) > 1e-5)
			fail_msg("%u agents: evenness %f", count, measure.evenness);
		assert_true(measure.coherence < 1e-6);
		assert_int_equal(measure.converged, 1);
	}
}

static void all_together_is_coherent_and_uneven(void **state)
{
	const double phases[] = { .3, .3, .3, .3 };

	(void)state;
	swarm_at(phases, 4, 0);
	assert_near(measure.coherence, 1);
	for (int m = 0; m < 4; m++)
		assert_near(measure.order_parameters[m], 1);
	assert_near(measure.max_gap, 4);
	assert_near(measure.min_gap, 0);
	assert_near(measure.evenness, .25);
	assert_int_equal(measure.converged, 0);
}

static void two_groups_have_second_order(void **state)
{
	const double phases[] = { .1, .6, .1, .6 };

	(void)state;
	swarm_at(phases, 4, 0);
	assert_near(measure.order_parameters[0], 0);
	assert_near(measure.order_parameters[1], 1);
	assert_near(measure.order_parameters[2], 0);
	assert_near(measure.order_parameters[3], 1);
}

static void gaps_are_measured_against_the_wanted_ones(void **state)
{
	/* Actions of .6 and .1 of a period: ideal gaps are .6 + .15 and .1 + .15. */
	const double phases[] = { 0, .75 };

	(void)state;
	swarm_at(phases, 2, 0);
	all[0].work_ns = (int64_t)(.6 * (double)PERIOD);
	all[1].work_ns = (int64_t)(.1 * (double)PERIOD);
	measure_fill(&measure, all, 2, NOW, &settings, words);
	assert_near(measure.evenness, 1);
	assert_near(measure.min_gap, 1);
	/* Coherence alone cannot judge a spread. */
	assert_true(measure.coherence > .7);
}

/* The same definitions, by brute force over all pairs. */
static void random_swarms_agree_with_brute_force(void **state)
{
	uint64_t seed = 7;
	double phases[MOST];

	(void)state;
	for (int round = 0; round < 200; round++) {
		uint32_t count = 2 + (uint32_t)(next_random(&seed) % (round < 150 ? 100 : 1000));
		double re = 0, im = 0, largest = 0;

		for (uint32_t i = 0; i < count; i++)
			phases[i] = (double)(next_random(&seed) % 1000000) / 1e6;
		swarm_at(phases, count, 0);
		for (uint32_t i = 0; i < count; i++) {
			double nearest = 1;

			re += cos(2 * M_PI * phases[i]);
			im += sin(2 * M_PI * phases[i]);
			for (uint32_t j = 0; j < count; j++) {
				double ahead = phases[j] - phases[i];

				if (j == i)
					continue;
				if (ahead < 0 || (ahead == 0 && j < i))
					ahead += 1;
				nearest = ahead < nearest ? ahead : nearest;
			}
			largest = nearest > largest ? nearest : largest;
		}
		if (fabs(measure.max_gap - largest * count) > 1e-3)
			fail_msg("%u agents: largest gap %f, by brute force %f", count,
				 measure.max_gap, largest * count);
		assert_near(measure.coherence, sqrt(re * re + im * im) / count);
	}
}

static void one_agent_or_none_has_reached_its_goal(void **state)
{
	const double phases[] = { .4 };

	(void)state;
	swarm_at(phases, 1, 0);
	assert_int_equal(measure.converged, 1);
	assert_near(measure.evenness, 1);
	swarm_at(phases, 0, 0);
	assert_int_equal(measure.converged, 1);
}

static void who_does_not_count_does_not_disturb(void **state)
{
	const double phases[] = { 0, .25, .5, .75, .3 };

	(void)state;
	swarm_at(phases, 5, 0);
	assert_true(measure.evenness < .9);
	all[4].counts = false;
	all[4].state = ENTRAIN_STALE;
	measure_fill(&measure, all, 5, NOW, &settings, words);
	assert_near(measure.evenness, 1);
	assert_int_equal(measure.agents_stale, 1);
	assert_int_equal(measure.agents_alive, 4);
}

static void the_goal_names_the_metric(void **state)
{
	const double phases[] = { .1, .1, .6, .6 };

	(void)state;
	swarm_at(phases, 4, 0);
	settings.goal = ENTRAIN_REACH_CONSENSUS;
	measure_fill(&measure, all, 4, NOW, &settings, words);
	assert_near(measure.value, 1);
	assert_int_equal(measure.converged, 1);
	settings.goal = ENTRAIN_MINIMIZE_API_CALLS;
	measure_fill(&measure, all, 4, NOW, &settings, words);
	assert_near(measure.value, 0);
	assert_int_equal(measure.converged, 0);
	settings.target_ppm = 1;
	settings.goal = ENTRAIN_DISTRIBUTE_LOAD;
	measure_fill(&measure, all, 4, NOW, &settings, words);
	assert_int_equal(measure.converged, 1);
}

static void reached_stays_reached_for_a_cycle(void **state)
{
	struct hysteresis hysteresis = { 0 };

	(void)state;
	assert_false(hysteresis_next(&hysteresis, false, NOW, PERIOD));
	assert_true(hysteresis_next(&hysteresis, true, NOW, PERIOD));
	assert_true(hysteresis_next(&hysteresis, false, NOW + 1, PERIOD));
	assert_true(hysteresis_next(&hysteresis, false, NOW + PERIOD, PERIOD));
	assert_true(hysteresis_next(&hysteresis, true, NOW + PERIOD, PERIOD));
	assert_true(hysteresis_next(&hysteresis, false, NOW + 2 * PERIOD, PERIOD));
	assert_false(hysteresis_next(&hysteresis, false, NOW + 3 * PERIOD, PERIOD));
	assert_false(hysteresis_next(&hysteresis, false, NOW + 4 * PERIOD, PERIOD));
}

/* Whatever a slot holds, judging it gives values in their ranges. */
static void any_slot_is_judged_without_harm(void **state)
{
	static struct shm_slot slot;
	uint64_t seed = 11;

	(void)state;
	entrain_settings_init(&settings);
	for (int round = 0; round < 200000; round++) {
		struct measured one;
		uint64_t *image = (uint64_t *)&slot;

		for (unsigned i = 0; i < sizeof(slot) / 8; i++)
			image[i] = next_random(&seed) >> (next_random(&seed) % 64);
		if (round % 2) /* let most words name the owner, so that values are looked at */
			for (unsigned i = 2; i < sizeof(slot) / 8; i++)
				if (next_random(&seed) % 8)
					image[i] = tagged_make(slot.version, image[i]);
		if (!measured_judge(&one, &slot, 3, NOW, &settings))
			continue;
		all[0] = one;
		measure_fill(&measure, all, 1, NOW, &settings, words);
		assert_true(all[0].phase >= 0 && all[0].phase < 1);
		assert_true(measure.evenness >= 0 && measure.evenness <= 1);
		assert_true(one.began_ns >= 0 && one.began_ns <= NOW);
		assert_true(one.implausible || one.period_ns > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evenly_apart_is_one),
		cmocka_unit_test(all_together_is_coherent_and_uneven),
		cmocka_unit_test(two_groups_have_second_order),
		cmocka_unit_test(gaps_are_measured_against_the_wanted_ones),
		cmocka_unit_test(random_swarms_agree_with_brute_force),
		cmocka_unit_test(one_agent_or_none_has_reached_its_goal),
		cmocka_unit_test(who_does_not_count_does_not_disturb),
		cmocka_unit_test(the_goal_names_the_metric),
		cmocka_unit_test(reached_stays_reached_for_a_cycle),
		cmocka_unit_test(any_slot_is_judged_without_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
