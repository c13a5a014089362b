/* SPDX-License-Identifier: MIT */
/* test_measure.c - coherence, gaps, evenness and convergence against values worked out by hand or by brute force. */
#include "unit.h"
#include <math.h>
#include "clock.h"
#include "energy.h"
#include "items.h"
#include "measure.h"
#include "strategy/level.h"

#define NOW INT64_C(1000000000000)
#define PERIOD INT64_C(1000000000)
#define MOST 2000

static struct measured all[MOST];
static uint64_t words[MEASURE_WORDS * MOST];
static struct entrain_settings settings;
static struct entrain_measure measure;

static void assert_near(double have, double want)
{
	if (fabs(have - want) > 1e-6)
		fail_msg("%.9f is not %.9f", have, want);
}

/* The flag, at targets closely below and above what somebody else has worked out. */
static void assert_flag(uint32_t goal, double value, uint32_t count)
{
	const uint32_t value_ppm = (uint32_t)(value * 1e6);

	settings.goal = goal;
	for (uint32_t target_ppm = value_ppm > 10 ? value_ppm - 10 : 1;
	     target_ppm <= value_ppm + 10 && target_ppm <= 1000000; target_ppm += 20) {
		settings.target_ppm = target_ppm;
		measure_fill(&measure, all, count, NOW, &settings, words);
		if (measure.converged != (target_ppm <= value_ppm))
			fail_msg("%u agents, goal %u at %f: flag %u for target %u ppm", count, goal,
				 value, measure.converged, target_ppm);
	}
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
		assert_flag(ENTRAIN_DISTRIBUTE_LOAD, 1 / (largest * count), count);
		assert_flag(ENTRAIN_MINIMIZE_API_CALLS, sqrt(re * re + im * im) / count, count);
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

static void where_all_are_off_beat_no_goal_is_reached(void **state)
{
	const double phases[] = { 0, .25, .5, .75 };

	(void)state;
	swarm_at(phases, 4, 0);
	assert_int_equal(measure.converged, 1);
	for (int i = 0; i < 4; i++)
		all[i].counts = false;
	measure_fill(&measure, all, 4, NOW, &settings, words);
	assert_int_equal(measure.agents_alive, 4);
	assert_int_equal(measure.converged, 0);
	all[0].counts = true;
	measure_fill(&measure, all, 4, NOW, &settings, words);
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

/* Of a slot whose turn was so long ago, in thousandths of a period as all else here. */
static enum entrain_state state_of(int64_t ago, int64_t work, int64_t lateness, int64_t began_ago)
{
	const int64_t part_ns = PERIOD / 1000, next_ns = NOW - ago * part_ns;
	const struct slot_turn turn = { .cur_ns = next_ns - PERIOD,
					.next_ns = next_ns,
					.period_ns = PERIOD,
					.work_ns = work * part_ns };
	static struct shm_slot slot;
	struct slot_owner owner;
	struct measured one;

	memset(&slot, 0, sizeof(slot));
	entrain_settings_init(&settings);
	settings.period_ns = PERIOD;
	assert_true(slot_claim(&owner, &slot, 1, NOW) && slot_publish(&owner, &turn));
	assert_true(slot_set_fact(&owner, FACT_OVERLAP, overlap_make(1, lateness * part_ns)));
	if (began_ago)
		assert_true(slot_set_acting(&owner, NOW - began_ago * part_ns, true));
	assert_true(measured_judge(&one, &slot, 0, NOW, &settings));
	return (enum entrain_state)one.state;
}

static void late_is_not_gone(void **state)
{
	static const struct {
		int64_t work, lateness, grace;
	} rows[] = {
		{ 0, 0, 250 },     { 200, 10, 250 },  { 600, 0, 600 },  { 0, 150, 600 },
		{ 700, 150, 700 }, { 500, 200, 800 }, { 0, 1001, 250 }, /* nonsense */
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int64_t off = -2; off <= 2; off += 4)
			assert_int_equal(
				state_of(rows[i].grace + off, rows[i].work, rows[i].lateness, 0),
				off < 0 ? ENTRAIN_IDLE : ENTRAIN_STALE);
	/* who acts is given a period from when it began */
	assert_int_equal(state_of(1500, 0, 0, 998), ENTRAIN_ACTING);
	assert_int_equal(state_of(1500, 0, 0, 1002), ENTRAIN_STALE);
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

/* To save energy is to be even enough with energy left. */
static void a_goal_may_ask_for_energy_too(void **state)
{
	const double phases[] = { .1, .35, .6, .85 };

	(void)state;
	swarm_at(phases, 4, 0);
	settings.goal = ENTRAIN_SAVE_ENERGY;
	for (uint32_t left = 0; left <= 100; left += 10) {
		for (int i = 0; i < 4; i++)
			all[i].topology = (i % 2 ? left : 50) * ENERGY_FULL / 100;
		measure_fill(&measure, all, 4, NOW, &settings, words);
		assert_near(measure.energy, (left + 50) / 2.);
		assert_near(measure.value, 1);
		assert_int_equal(measure.converged, left >= 50);
	}
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

/* The definitions once more, in long double and with a sort of the C library. */
struct reference {
	long double order[4], least, most, actual, rhythm, duty;
	long double wanted_least; /* turns */
	uint32_t counted;
	int64_t longest_ns;
};

struct point {
	int64_t at_ns;
	uint32_t index;
};

static int point_compare(const void *left, const void *right)
{
	const struct point *a = left, *b = right;

	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static int64_t rest_of(int64_t instant_ns, int64_t period_ns)
{
	int64_t rest_ns = instant_ns % period_ns;

	return rest_ns < 0 ? rest_ns + period_ns : rest_ns;
}

static void reference_gaps(struct reference *reference, struct point *points,
			   const struct level *level, long double *least, long double *most)
{
	const long double period = (long double)reference->longest_ns;

	qsort(points, reference->counted, sizeof(*points), point_compare);
	*least = INFINITY;
	*most = 0;
	for (uint32_t i = 0; i < reference->counted; i++) {
		const struct point *next = &points[(i + 1) % reference->counted];
		int64_t gap_ns = next->at_ns - points[i].at_ns;
		long double work = level_work(level, all[points[i].index].work_ns) / period;
		long double wanted = reference->duty > 1
					     ? work / reference->duty
					     : work + (1 - reference->duty) / reference->counted;

		if (i + 1 == reference->counted)
			gap_ns += reference->longest_ns;
		reference->wanted_least = fminl(reference->wanted_least, wanted);
		*least = fminl(*least, gap_ns / period / wanted);
		*most = fmaxl(*most, gap_ns / period / wanted);
	}
}

static void reference_level(struct reference *reference, uint32_t count, struct level *level)
{
	uint64_t work_ns = 0;
	uint32_t known = 0;

	*reference = (struct reference){ .rhythm = 1, .wanted_least = 1 };
	for (uint32_t i = 0; i < count; i++)
		if (all[i].counts) {
			reference->counted++;
			known += all[i].work_ns > 0;
			work_ns += (uint64_t)all[i].work_ns;
			if (all[i].period_ns > reference->longest_ns)
				reference->longest_ns = all[i].period_ns;
		}
	if (!reference->counted)
		return;
	*level = level_make(work_ns, known, reference->counted, reference->longest_ns);
	for (uint32_t i = 0; i < count; i++)
		if (all[i].counts)
			reference->duty += level_work(level, all[i].work_ns) /
					   (long double)reference->longest_ns;
}

static void reference_make(struct reference *reference, uint32_t count)
{
	static struct point planned[MOST], actual[MOST];
	long double re[4] = { 0 }, im[4] = { 0 }, unused;
	const long double turn = 2 * 3.14159265358979323846264338327950288L;
	uint32_t used = 0, acted = 0;
	struct level level = { 0 };

	reference_level(reference, count, &level);
	for (uint32_t i = 0; i < count; i++) {
		const struct measured *one = &all[i];
		const int64_t longest_ns = reference->longest_ns;
		long double phase = turn * rest_of(NOW - one->next_ns, one->period_ns) /
				    (long double)one->period_ns;

		if (!one->counts)
			continue;
		for (int m = 0; m < 4; m++) {
			re[m] += cosl(phase * (m + 1));
			im[m] += sinl(phase * (m + 1));
		}
		reference->rhythm =
			fminl(reference->rhythm,
			      1 - fabsl((long double)(one->next_ns - one->cur_ns - longest_ns)) /
					      longest_ns);
		planned[used++] = (struct point){ rest_of(one->next_ns, longest_ns), i };
		if (one->began_ns && NOW - one->began_ns <= longest_ns + longest_ns / 5)
			actual[acted++] = (struct point){ rest_of(one->began_ns, longest_ns), i };
	}
	reference->rhythm = fmaxl(0, reference->rhythm);
	reference->least = reference->most = reference->actual = 1;
	for (int m = 0; m < 4 && used; m++)
		reference->order[m] = hypotl(re[m], im[m]) / used;
	if (used < 2)
		return;
	reference_gaps(reference, planned, &level, &reference->least, &reference->most);
	reference->actual = 0;
	if (acted == used) {
		reference_gaps(reference, actual, &level, &unused, &reference->actual);
		reference->actual = fminl(1, 1 / reference->actual);
	}
}

/* What a picture is drawn from. */
struct sketch {
	uint64_t seed;
	int64_t period_ns;
	double width; /* of the part of the circle that they lie on */
	uint32_t places, works, paces, skipped;
	double work; /* of a period, together */
};

static uint64_t draw(struct sketch *sketch, uint64_t below)
{
	return next_random(&sketch->seed) % below;
}

/* An instant up to a period from now, in grains, on one of so many places. */
static int64_t draw_ns(struct sketch *sketch, int64_t period_ns)
{
	double place = sketch->places ? (double)draw(sketch, sketch->places) / sketch->places
				      : (double)draw(sketch, 1 << 30) / (1 << 30);

	return instant_grained((int64_t)(place * sketch->width * (double)period_ns));
}

static void picture_draw(struct sketch *sketch, uint32_t count)
{
	memset(all, 0, sizeof(all));
	for (uint32_t i = 0; i < count; i++) {
		int64_t period_ns =
			sketch->period_ns - (int64_t)draw(sketch, sketch->paces) * 64 * 997;
		int64_t next_ns = NOW + draw_ns(sketch, period_ns);
		double work = sketch->work * (double)sketch->period_ns / count;

		all[i] = (struct measured){
			.index = i,
			.counts = draw(sketch, 100) >= sketch->skipped,
			.period_ns = period_ns,
			.cur_ns = next_ns - period_ns - (int64_t)draw(sketch, 3) * period_ns / 50,
			.next_ns = next_ns,
			.work_ns = (int64_t)(work * (double)(1 + draw(sketch, sketch->works))),
			.began_ns = instant_grained(NOW - draw_ns(sketch, period_ns)),
			.overlap = 1,
		};
		if (all[i].work_ns > period_ns)
			all[i].work_ns = period_ns;
		if (sketch->works > 1 && draw(sketch, 20) == 0)
			all[i].work_ns = (int64_t)draw(sketch, 3); /* not known, or next to none */
	}
	if (count && sketch->skipped && draw(sketch, 4) == 0)
		all[draw(sketch, count)].began_ns = 0;
}

static void assert_close(const char *what, double have, long double want, long double within)
{
	if (!(fabsl(have - want) <= within))
		fail_msg("%u alive: %s %.9f is not %.9Lf within %.2Lg", measure.agents_alive, what,
			 have, want, within);
}

static void picture_check(uint32_t count)
{
	struct reference reference;
	long double within;

	reference_make(&reference, count);
	measure_fill(&measure, all, count, NOW, &settings, words);
	/* Angles are off by a few units of 2^-32, wanted gaps by a few millionths. */
	within = 16 / 4294967296.0L / reference.wanted_least;
	for (int m = 0; m < 4; m++)
		assert_close("order", measure.order_parameters[m], reference.order[m], 2e-6L);
	assert_close("least gap", measure.min_gap, reference.least,
		     within + 1e-6L * reference.least);
	assert_close("largest gap", measure.max_gap, reference.most,
		     within + 1e-6L * reference.most);
	assert_close("evenness", measure.evenness, fminl(1, 1 / reference.most), within + 1e-6L);
	assert_close("actual", measure.evenness_actual, reference.actual, within + 1e-6L);
	assert_close("rhythm", measure.rhythm, reference.rhythm, 1e-9L);
	assert_close("duty", measure.duty, reference.duty, 1e-9L * (1 + reference.duty));
	assert_int_equal(measure.agents_alive, count);
}

static void random_pictures_agree_with_the_definitions(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 3, 7, 63, 64, 65, 300, 2000 };
	static const double widths[] = { 1, .999999, .5, 1e-2, 1e-5, 0 };
	static const double works[] = { 0, .06, .25, .5, .9, 1.5, 4 };
	struct sketch sketch = { .seed = 17 };

	(void)state;
	entrain_settings_init(&settings);
	for (int round = 0; round < 6000; round++) {
		uint32_t count = sizes[draw(&sketch, round % 20 ? 7 : 9)];

		sketch.period_ns = (int64_t[]){ 4000000, PERIOD, 3 * PERIOD + 64,
						4 * PERIOD }[draw(&sketch, 4)];
		settings.period_ns = sketch.period_ns;
		sketch.width = widths[draw(&sketch, 6)];
		sketch.places = (uint32_t[]){ 0, 0, 1, 2, 3, count }[draw(&sketch, 6)];
		sketch.work = works[draw(&sketch, 7)];
		sketch.works = (uint32_t[]){ 1, 1, 2, 50 }[draw(&sketch, 4)];
		sketch.paces = draw(&sketch, 3) ? 1 : 5;
		sketch.skipped = draw(&sketch, 2) ? 0 : 20;
		picture_draw(&sketch, count);
		picture_check(count);
	}
}

/* The quick way of reading a slot says the same as the thorough one, or leaves it to that. */
static void quick_reads_agree_with_thorough_ones(void **state)
{
	static struct shm_slot slot;
	uint64_t seed = 19;
	uint32_t quick = 0, left = 0;

	(void)state;
	entrain_settings_init(&settings);
	settings.period_ns = PERIOD;
	for (int round = 0; round < 300000; round++) {
		const struct judge judge = judge_make(NOW + round % 100, &settings);
		const int64_t next_ns =
			NOW + (int64_t)(next_random(&seed) % (5 * (uint64_t)PERIOD)) - PERIOD;
		const struct slot_turn turn = {
			.cur_ns = next_ns - (int64_t)(next_random(&seed) % (2 * (uint64_t)PERIOD)),
			.next_ns = next_ns,
			.period_ns = PERIOD * (95 + (int64_t)(next_random(&seed) % 20)) / 100,
			.work_ns = PERIOD / (int64_t)(1 + next_random(&seed) % 9),
			.status = next_random(&seed) & 0xffff,
			.topology = next_random(&seed) & 0xffff,
		};
		uint64_t *image = (uint64_t *)&slot;
		struct slot_owner owner;
		struct measured one;
		struct phase phase;
		struct place place;

		memset(&slot, 0, sizeof(slot));
		assert_true(slot_claim(&owner, &slot, 7, NOW));
		if (round % 50)
			assert_true(slot_publish(&owner, &turn));
		assert_true(slot_set_acting(&owner, NOW - PERIOD / 3 + round % 1000000 * 1000,
					    round % 3));
		assert_true(slot_set_fact(&owner, FACT_OVERLAP,
					  overlap_make(round % 4, round % 3 * 12345)));
		if (round % 5 == 0) /* a liar, or a word of somebody else */
			image[next_random(&seed) % 32] ^= UINT64_C(1) << next_random(&seed) % 64;
		if (!phase_read(&slot, &judge, &phase)) {
			left++;
			assert_true(!measured_judge(&one, &slot, 0, judge.now_ns, &settings) ||
				    !one.counts || one.next_ns < judge.now_ns);
			continue;
		}
		quick++;
		phase_acted(&phase, &slot, &judge, &place);
		assert_true(measured_judge(&one, &slot, 0, judge.now_ns, &settings));
		assert_true(one.counts);
		assert_int_equal(phase.since_ns, judge.now_ns - one.next_ns);
		assert_int_equal(phase.period_ns, one.period_ns);
		assert_int_equal(phase.work_ns, one.work_ns);
		assert_int_equal(phase.interval_ns, one.next_ns - one.cur_ns);
		assert_int_equal(phase.status, one.status);
		assert_int_equal(phase.topology, one.topology);
		assert_int_equal(place.ago_ns, one.began_ns ? judge.now_ns - one.began_ns : -1);
		assert_int_equal(SHM_OVERLAP(phase.acted), one.overlap);
	}
	assert_true(quick > 20000 && left > 20000);
}

static int by_item(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* The angles of `count` items: anywhere, on few spots, around few, nearly all around one. Below them their numbers, for equal
 * angles stay in the order in which they come. */
static void items_draw(uint64_t *items, uint32_t count, unsigned shape, uint64_t *seed)
{
	const uint32_t spots[3] = { (uint32_t)next_random(seed), (uint32_t)next_random(seed), 0 };

	for (uint32_t i = 0; i < count; i++) {
		uint32_t angle = (uint32_t)next_random(seed);

		if (shape == 1)
			angle = spots[angle % 3];
		else if (shape == 2)
			angle = spots[angle % 3] + (angle >> 10) % 100000;
		else if (shape == 3 && i % 50)
			angle = spots[0] + angle % 1000;
		items[i] = (uint64_t)angle << 32 | i;
	}
}

static void items_come_in_order(void **state)
{
	static uint64_t items[ITEMS_WORDS * 5000], expected[5000];
	static const uint32_t sizes[] = { 1, 2, 3, 8, 64, 300, 1024, 5000 };
	uint64_t seed = 31;

	(void)state;
	for (unsigned round = 0; round < 800; round++) {
		const uint32_t count = sizes[round % 8];
		struct item_ranges ranges;
		uint64_t *sorted;

		items_draw(items, count, round / 8 % 4, &seed);
		memcpy(expected, items, count * sizeof(*items));
		qsort(expected, count, sizeof(*expected), by_item);
		item_ranges_open(&ranges, count);
		for (uint32_t i = 0; i < count; i++)
			ranges.counts[items[i] >> ranges.shift]++;
		sorted = items_order(items, count, &ranges);
		assert_memory_equal(sorted, expected, count * sizeof(*sorted));
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
		cmocka_unit_test(where_all_are_off_beat_no_goal_is_reached),
		cmocka_unit_test(who_does_not_count_does_not_disturb),
		cmocka_unit_test(late_is_not_gone),
		cmocka_unit_test(the_goal_names_the_metric),
		cmocka_unit_test(a_goal_may_ask_for_energy_too),
		cmocka_unit_test(reached_stays_reached_for_a_cycle),
		cmocka_unit_test(any_slot_is_judged_without_harm),
		cmocka_unit_test(random_pictures_agree_with_the_definitions),
		cmocka_unit_test(quick_reads_agree_with_thorough_ones),
		cmocka_unit_test(items_come_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
