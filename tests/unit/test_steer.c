/* SPDX-License-Identifier: MIT */
/*
 * test_steer.c - an agent goes on to the next strategy when it stalls, keeps a goal that it reached, says why, and keeps its account.
 */
#include "unit.h"
#include "decide_scene.h"
#include "energy.h"
#include "layout.h"
#include "steer.h"

#define IN_P(turns) ((int64_t)((turns) * (double)P))
#define FULL (UINT64_C(100) * 512)

/* An agent that steers, among others that stay where they are in relation to its turns. */
struct pilot {
	struct steer steer;
	struct steer_request request;
	double cap;
	double at[8]; /* others, turns after mine */
	uint32_t count;
	int64_t turn_ns, interval_ns, work_ns, longer_ns; /* longer: the others' period than mine */
	enum decide_host host;
	bool grid; /* all arrive when I do, and others are delayed by `at` */
	int64_t lateness_ns;
	bool moves; /* the others stay where they are, and I come nearer */
	struct decision decision;
};

static struct pilot pilot_of(enum entrain_goal goal, double cap, uint32_t count, const double *at)
{
	struct pilot pilot = { .request = { .goal = goal_row((int)goal), .acts = true },
			       .cap = cap,
			       .count = count,
			       .turn_ns = NOW,
			       .interval_ns = P };

	memcpy(pilot.at, at, count * sizeof(*at));
	steer_open(&pilot.steer, 0);
	return pilot;
}

static void turn(struct pilot *pilot)
{
	static _Alignas(64) unsigned char scratch[8192];
	struct peer peers[8];
	struct decide_self self = { .turn_ns = pilot->turn_ns,
				    .period_ns = P,
				    .work_ns = pilot->work_ns,
				    .delay_ns = pilot->grid ? pilot->decision.delay_ns : 0,
				    .interval_ns = pilot->interval_ns };
	struct decide_parameters parameters = { .period_ns = P,
						.band_ppm = 100000,
						.cap_ns = IN_P(pilot->cap),
						.host = pilot->host,
						.rule = pilot->grid ? DECIDE_GRID : DECIDE_SPREAD,
						.lateness_ns = pilot->lateness_ns,
						.now_ns = pilot->turn_ns };

	assert_true(decide_scratch_size(8) <= sizeof(scratch));
	for (uint32_t peer = 0; peer < pilot->count; peer++) {
		int64_t next_ns = pilot->turn_ns + IN_P(pilot->at[peer]);

		peers[peer] = (struct peer){ .cur_ns = next_ns - P - pilot->longer_ns,
					     .next_ns = next_ns,
					     .period_ns = P + pilot->longer_ns,
					     .work_ns = pilot->work_ns,
					     .delay_ns = pilot->grid ? IN_P(pilot->at[peer]) : 0,
					     .index = peer + 1 };
	}
	steer_turn(&pilot->steer, &pilot->request, &self, &parameters, peers, pilot->count, scratch,
		   &pilot->decision);
	assert_int_equal(pilot->steer.spent + pilot->steer.energy - pilot->steer.recovered, FULL);
	for (uint32_t peer = 0; peer < pilot->count && pilot->moves; peer++)
		pilot->at[peer] -= (double)pilot->decision.delay_ns / (double)P;
	pilot->turn_ns = pilot->decision.next_ns;
}

static void turns(struct pilot *pilot, unsigned count)
{
	while (count--)
		turn(pilot);
}

/* The value of its note of this kind, or -1. */
static int64_t told(const struct pilot *pilot, uint32_t kind)
{
	for (uint32_t note = 0; note < pilot->steer.notes; note++)
		if (pilot->steer.note[note].kind == kind)
			return pilot->steer.note[note].value;
	return -1;
}

/* The other one is `first` of a turn ahead, and after four turns `then`; half a turn is the pattern. */
static int64_t changed_in_the_fifth_turn(double first, double then)
{
	struct pilot pilot = pilot_of(ENTRAIN_DISTRIBUTE_LOAD, 0, 1, &first);

	turns(&pilot, 5);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_STRATEGY), -1);
	pilot.at[0] = then;
	turn(&pilot);
	return told(&pilot, ENTRAIN_EVENT_STRATEGY);
}

static void a_tenth_nearer_is_progress(void **state)
{
	const uint32_t *strategy = goal_row(ENTRAIN_DISTRIBUTE_LOAD)->strategy;

	(void)state;
	assert_int_equal(changed_in_the_fifth_turn(.1, .1 + .4 * .08),
			 strategy[1] << 8 | ENTRAIN_REASON_STALLED);
	assert_int_equal(changed_in_the_fifth_turn(.1, .1 + .4 * .12), -1);
}

static void who_stalls_for_five_turns_goes_on(void **state)
{
	struct pilot pilot = pilot_of(ENTRAIN_DISTRIBUTE_LOAD, 0, 1, (const double[]){ .1 });
	const uint32_t *strategy = pilot.request.goal->strategy;

	(void)state;
	for (unsigned tried = 0; tried < 3; tried++) {
		/* The first turn is the measure of the next five. */
		for (unsigned number = 0; number < 6; number++) {
			turn(&pilot);
			assert_int_equal(pilot.steer.strategy, strategy[tried]);
			if (number < 5)
				assert_int_equal(told(&pilot, ENTRAIN_EVENT_STRATEGY), -1);
		}
		if (tried < 2)
			assert_int_equal(told(&pilot, ENTRAIN_EVENT_STRATEGY),
					 strategy[tried + 1] << 8 | ENTRAIN_REASON_STALLED);
	}
	/* All in vain, all alike: the first of them for a while. */
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_STRATEGY),
			 strategy[0] << 8 | ENTRAIN_REASON_BEST);
	for (unsigned number = 0; number < 50; number++) {
		turn(&pilot);
		assert_int_equal(pilot.steer.strategy, strategy[0]);
		assert_int_equal(pilot.steer.notes, 0);
	}
	turns(&pilot, 7);
	assert_int_equal(pilot.steer.strategy, strategy[1]);
}

/* It is not the name alone that changes: what moves is another strategy, at its own price. */
static void who_goes_on_moves_otherwise(void **state)
{
	static const uint32_t prices[] = {
		[STRATEGY_SPLAY] = 40, [STRATEGY_PULSE_COUPLING] = 120, [STRATEGY_PHASE_NUDGE] = 20
	};
	struct pilot pilot = pilot_of(ENTRAIN_DISTRIBUTE_LOAD, .1, 1, (const double[]){ .6 });
	int64_t move_ns[3];

	(void)state;
	for (unsigned tried = 0; tried < 3; tried++) {
		for (unsigned number = 0; number < 6; number++) {
			uint64_t spent = pilot.steer.spent;

			turn(&pilot);
			assert_int_equal(pilot.decision.price, prices[pilot.steer.strategy]);
			assert_int_equal(pilot.steer.spent - spent,
					 pilot.decision.move_ns * pilot.decision.price * 512 / P);
		}
		move_ns[tried] = pilot.decision.move_ns;
	}
	/* The one before is too close: splay goes as far as the cap lets it, and so does who is inhibited; a nudge is small. */
	assert_in_range(move_ns[0], IN_P(.09), IN_P(.1));
	assert_in_range(move_ns[1], IN_P(.09), IN_P(.1));
	assert_in_range(move_ns[2], 1, IN_P(.09));
}

static void the_best_of_all_is_kept(void **state)
{
	struct pilot pilot = pilot_of(ENTRAIN_DISTRIBUTE_LOAD, 0, 1, (const double[]){ .1 });

	(void)state;
	turns(&pilot, 6);
	/* By chance things are better while it tries the second. */
	pilot.at[0] = .2;
	turns(&pilot, 6);
	pilot.at[0] = .1;
	turns(&pilot, 6);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_STRATEGY),
			 STRATEGY_PULSE_COUPLING << 8 | ENTRAIN_REASON_BEST);
	turn(&pilot);
	assert_int_equal(pilot.steer.strategy, STRATEGY_PULSE_COUPLING);
}

static void a_tenth_better_is_progress(void **state)
{
	struct pilot pilot = pilot_of(ENTRAIN_DISTRIBUTE_LOAD, 0, 1, (const double[]){ .01 });

	(void)state;
	/* By the distance: V falls by a tenth in each four turns; the evenness hardly changes. */
	for (unsigned number = 0; number < 24; number++) {
		pilot.at[0] = .5 - .49 * __builtin_powi(.89, (int)(number / 4));
		turn(&pilot);
		assert_int_equal(pilot.steer.strategy, STRATEGY_SPLAY);
	}
	/* A twentieth is none. */
	pilot = pilot_of(ENTRAIN_DISTRIBUTE_LOAD, 0, 1, (const double[]){ .01 });
	for (unsigned number = 0; number < 8; number++) {
		pilot.at[0] = .5 - .49 * (number < 4 ? 1 : .95);
		turn(&pilot);
	}
	assert_int_equal(pilot.steer.strategy, STRATEGY_PULSE_COUPLING);
}

/* What a relative host's own lateness spoils no other strategy can do better. */
static void who_is_as_near_as_lateness_allows_does_not_stall(void **state)
{
	static const struct {
		enum decide_host host;
		double late;
		bool stalls;
	} cases[] = { { DECIDE_RELATIVE, .035, false },
		      { DECIDE_RELATIVE, .03, true },
		      { DECIDE_TAKEN, .035, true } };

	(void)state;
	for (unsigned number = 0; number < 3; number++) {
		/* V is .4 turns. */
		struct pilot pilot =
			pilot_of(ENTRAIN_DISTRIBUTE_LOAD, 0, 1, (const double[]){ .1 });

		pilot.host = cases[number].host;
		pilot.lateness_ns = IN_P(cases[number].late);
		turns(&pilot, 7);
		assert_int_equal(pilot.steer.strategy,
				 cases[number].stalls ? STRATEGY_PULSE_COUPLING : STRATEGY_SPLAY);
	}
}

static void a_goal_once_reached_is_kept(void **state)
{
	struct pilot pilot = pilot_of(ENTRAIN_DISTRIBUTE_LOAD, 0, 1, (const double[]){ .1 });

	(void)state;
	turns(&pilot, 6);
	pilot.at[0] = .48;
	turn(&pilot);
	assert_true(pilot.steer.reached);
	assert_in_range(told(&pilot, ENTRAIN_EVENT_REACHED), 950000, 970000);
	assert_int_equal(pilot.steer.strategy, STRATEGY_PULSE_COUPLING);
	for (unsigned number = 0; number < 100; number++) {
		turn(&pilot);
		assert_int_equal(pilot.steer.notes, 0);
		assert_int_equal(pilot.steer.strategy, STRATEGY_PULSE_COUPLING);
	}
	/* One turn is no loss. */
	pilot.at[0] = .1;
	turn(&pilot);
	assert_true(pilot.steer.reached);
	pilot.at[0] = .48;
	turn(&pilot);
	assert_int_equal(pilot.steer.notes, 0);
	/* Two are; then the first strategy has its turn again. */
	pilot.at[0] = .1;
	turns(&pilot, 2);
	assert_false(pilot.steer.reached);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_MISSED_GOAL) >> 24, ENTRAIN_REASON_DRIFTED);
	assert_in_range(told(&pilot, ENTRAIN_EVENT_MISSED_GOAL) & 0xffffff, 550000, 560000);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_STRATEGY),
			 STRATEGY_SPLAY << 8 | ENTRAIN_REASON_DRIFTED);
	turn(&pilot);
	assert_int_equal(pilot.steer.strategy, STRATEGY_SPLAY);
}

static void why_a_goal_is_missed_is_told(void **state)
{
	static const struct {
		uint32_t count, reason;
	} cases[] = { { 3, ENTRAIN_REASON_JOINED }, { 1, ENTRAIN_REASON_LEFT } };

	(void)state;
	for (unsigned number = 0; number < 2; number++) {
		struct pilot pilot =
			pilot_of(ENTRAIN_DISTRIBUTE_LOAD, 0, 2, (const double[]){ 1 / 3., 2 / 3. });

		turns(&pilot, 3);
		assert_true(pilot.steer.reached);
		pilot.count = cases[number].count;
		pilot.at[2] = .4;
		turns(&pilot, 2);
		assert_int_equal(told(&pilot, ENTRAIN_EVENT_MISSED_GOAL) >> 24,
				 cases[number].reason);
	}
}

static uint64_t disruption(unsigned number, double share, unsigned seed)
{
	return (uint64_t)number << 48 | (uint64_t)(share * 65536) << 31 | seed;
}

static void after_a_disruption_it_begins_again(void **state)
{
	struct pilot pilot = pilot_of(ENTRAIN_DISTRIBUTE_LOAD, 0, 1, (const double[]){ .1 });
	int64_t before_ns;

	(void)state;
	turns(&pilot, 6);
	pilot.at[0] = .5;
	turns(&pilot, 3);
	assert_int_equal(pilot.steer.strategy, STRATEGY_PULSE_COUPLING);
	pilot.request.disruption = disruption(1, 1, 77);
	before_ns = pilot.turn_ns;
	turn(&pilot);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_DISRUPTED), 1);
	assert_true(pilot.steer.scattered);
	assert_true(pilot.decision.next_ns > before_ns &&
		    pilot.decision.next_ns <= before_ns + P + 1);
	/* Once for a request. */
	pilot.interval_ns = pilot.turn_ns - before_ns;
	pilot.at[0] = .1;
	turn(&pilot);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_DISRUPTED), -1);
	assert_int_equal(pilot.decision.next_ns, pilot.decision.cur_ns + P);
	turn(&pilot);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_MISSED_GOAL) >> 24, ENTRAIN_REASON_DISRUPTED);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_STRATEGY),
			 STRATEGY_SPLAY << 8 | ENTRAIN_REASON_DISRUPTED);
	/* Who only observes does not scatter; nor does who was not chosen. */
	pilot.request.acts = false;
	pilot.request.disruption = disruption(2, 1, 78);
	turn(&pilot);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_DISRUPTED), 0);
	pilot.request.acts = true;
	pilot.request.disruption = disruption(3, 0, 79);
	turn(&pilot);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_DISRUPTED), 0);
	assert_false(pilot.steer.scattered);
}

static void a_request_scatters_the_share_it_says(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 20; seed++)
		for (double share = 0; share <= 1; share += .25) {
			unsigned scattered = 0;

			for (uint32_t slot = 0; slot < 4000; slot++)
				scattered += steer_scatters(disruption(1, share, seed), slot);
			assert_true(scattered >= 4000 * share - 130 &&
				    scattered <= 4000 * share + 130);
			assert_true(share > 0 || scattered == 0);
			assert_true(share < 1 || scattered == 4000);
		}
}

/* Who is thrown elsewhere does not pay for where it wished to go. */
static void a_disruption_costs_no_energy(void **state)
{
	struct pilot pilot =
		pilot_of(ENTRAIN_DISTRIBUTE_LOAD, .1, 3, (const double[]){ .3, .4, .5 });
	uint64_t spent;

	(void)state;
	turn(&pilot);
	spent = pilot.steer.spent;
	assert_true(spent > 0);
	pilot.request.disruption = disruption(1, 1, 5);
	turn(&pilot);
	assert_true(pilot.steer.scattered);
	assert_int_equal(pilot.steer.spent, spent);
}

/* Strategies are about moving, and nobody moves on a grid: a cap that is too small for the target is no stall. */
static void on_a_grid_no_strategy_is_blamed(void **state)
{
	struct pilot pilot =
		pilot_of(ENTRAIN_DISTRIBUTE_LOAD, .4, 3, (const double[]){ .4 / 3, .8 / 3, .4 });

	(void)state;
	pilot.grid = true;
	for (unsigned number = 0; number < 30; number++) {
		turn(&pilot);
		assert_int_equal(pilot.decision.delay_ns, 0); /* the first of four */
		assert_near(pilot.decision.value_ppm, 250000 / .6, 100);
		assert_int_equal(told(&pilot, ENTRAIN_EVENT_STRATEGY), -1);
	}
	assert_false(pilot.steer.reached);
	/* With room for all, it is reached. */
	pilot = pilot_of(ENTRAIN_DISTRIBUTE_LOAD, .8, 3, (const double[]){ .25, .5, .75 });
	pilot.grid = true;
	turn(&pilot);
	assert_near(pilot.decision.value_ppm, 1000000, 100);
	assert_true(pilot.steer.reached);
}

static void who_comes_together_on_a_grid_is_not_delayed(void **state)
{
	struct pilot pilot =
		pilot_of(ENTRAIN_MINIMIZE_API_CALLS, .4, 3, (const double[]){ 0, 0, 0 });

	(void)state;
	pilot.grid = true;
	for (unsigned number = 0; number < 10; number++) {
		turn(&pilot);
		assert_int_equal(pilot.decision.delay_ns, 0);
		assert_int_equal(pilot.decision.pattern, DECIDE_GRID);
		assert_true(pilot.decision.value_ppm >= 999999 && pilot.steer.reached);
	}
	/* From a goal that is apart: mine goes at once. */
	pilot.decision.delay_ns = IN_P(.3);
	pilot.turn_ns += IN_P(.3);
	turn(&pilot);
	assert_int_equal(pilot.decision.delay_ns, 0);
}

static void another_goal_begins_anew(void **state)
{
	struct pilot pilot = pilot_of(ENTRAIN_DISTRIBUTE_LOAD, .1, 1, (const double[]){ .5 });

	(void)state;
	turns(&pilot, 2);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_GOAL), -1);
	assert_true(pilot.steer.reached);
	pilot.request.goal = goal_row(ENTRAIN_MINIMIZE_API_CALLS);
	turn(&pilot);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_GOAL), ENTRAIN_MINIMIZE_API_CALLS);
	assert_false(pilot.steer.reached);
	assert_int_equal(pilot.steer.strategy, STRATEGY_SYNC);
	assert_int_equal(pilot.decision.pattern, DECIDE_SYNC);
	/* So does another target: together by .95 may not be by .99. */
	pilot.at[0] = .06;
	turns(&pilot, 2);
	assert_true(pilot.steer.reached);
	pilot.request.target_ppm = 990000;
	turn(&pilot);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_GOAL), ENTRAIN_MINIMIZE_API_CALLS);
	assert_false(pilot.steer.reached);
}

static void ones_own_strategy_is_tried_first(void **state)
{
	struct pilot pilot = pilot_of(ENTRAIN_DISTRIBUTE_LOAD, 0, 1, (const double[]){ .1 });

	(void)state;
	pilot.request.own_strategy = STRATEGY_PHASE_NUDGE;
	turn(&pilot);
	assert_int_equal(pilot.steer.strategy, STRATEGY_PHASE_NUDGE);
	turns(&pilot, 6);
	assert_int_equal(pilot.steer.strategy, STRATEGY_SPLAY);
	/* It is not tried twice. */
	turns(&pilot, 6);
	assert_int_equal(pilot.steer.strategy, STRATEGY_PULSE_COUPLING);
	turns(&pilot, 6);
	assert_int_equal(pilot.steer.strategy, STRATEGY_PHASE_NUDGE);
	assert_true(pilot.steer.rest > 0);
}

static void the_load_decides_apart_or_together(void **state)
{
	struct pilot pilot =
		pilot_of(ENTRAIN_ADAPT_TO_TRAFFIC, .1, 3, (const double[]){ .1, .2, .3 });

	(void)state;
	/* Until it is known better, apart. */
	pilot.work_ns = IN_P(.3 / 4);
	turn(&pilot);
	assert_int_equal(pilot.decision.pattern, DECIDE_SPREAD);
	pilot.work_ns = IN_P(.19 / 4);
	turn(&pilot);
	assert_int_equal(pilot.decision.pattern, DECIDE_SYNC);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_PATTERN), 1);
	assert_int_equal(goal_target_ppm(pilot.request.goal, DECIDE_SYNC, 0), 950000);
	pilot.work_ns = IN_P(.42 / 4);
	turn(&pilot);
	assert_int_equal(pilot.decision.pattern, DECIDE_SPREAD);
	assert_int_equal(told(&pilot, ENTRAIN_EVENT_PATTERN), 0);
}

static void the_account_is_right_after_any_turns(void **state)
{
	uint64_t seed = 9;

	(void)state;
	for (unsigned life = 0; life < 20; life++) {
		struct pilot pilot =
			pilot_of(ENTRAIN_DISTRIBUTE_LOAD, .3, 7, (const double[7]){ 0 });
		unsigned empty = 0, spent = 0;

		for (unsigned number = 0; number < 2000; number++) {
			for (unsigned peer = 0; peer < 7; peer++)
				pilot.at[peer] = (double)(next_random(&seed) % 1000) / 1000;
			if (next_random(&seed) % 50 == 0)
				pilot.request.goal = goal_row(1 + (int)(next_random(&seed) % 8));
			pilot.request.disruption = disruption(1 + number / 100, .5, (unsigned)life);
			pilot.request.acts = next_random(&seed) % 100 > 0;
			pilot.cap = (double)(next_random(&seed) % 100) / 100;
			pilot.interval_ns = (int64_t)(next_random(&seed) % (P / (1 + life % 4)));
			turn(&pilot); /* asserts it */
			assert_in_range(pilot.decision.delay_ns, 0, IN_P(pilot.cap));
			empty += pilot.steer.exhausted;
			spent += pilot.steer.spent > 0;
		}
		assert_in_range(spent, 1000, 2000);
		if (life % 4 == 3)
			assert_in_range(empty, 1, 2000);
	}
}

static void without_energy_it_keeps_its_phase_and_goes_on(void **state)
{
	struct pilot pilot =
		pilot_of(ENTRAIN_DISTRIBUTE_LOAD, .1, 3, (const double[]){ .8, .85, .9 });
	int64_t before_ns;
	unsigned moving = 0, notes = 0;

	(void)state;
	pilot.interval_ns = 0; /* nothing comes in */
	for (unsigned number = 0; number < 100; number++) {
		before_ns = pilot.turn_ns;
		turn(&pilot);
		moving += pilot.decision.delay_ns > 0;
		notes += told(&pilot, ENTRAIN_EVENT_EXHAUSTED) >= 0;
		assert_int_equal(pilot.decision.cur_ns, before_ns);
		assert_in_range(pilot.decision.next_ns, before_ns + P, before_ns + P + P / 10);
	}
	assert_in_range(moving, 5, 50);
	assert_int_equal(notes, 1);
	assert_int_equal(pilot.steer.energy, 0);
	assert_int_equal(pilot.decision.next_ns, pilot.decision.cur_ns + P);
	/* Keeping pace with the slowest costs nothing: its phase among them stays as it is. */
	pilot.longer_ns = P / 20;
	turn(&pilot);
	assert_int_equal(pilot.decision.next_ns, pilot.decision.cur_ns + P + P / 20);
	assert_int_equal(pilot.decision.move_ns, 0);
	/* With energy it moves again. */
	pilot.interval_ns = 10 * P;
	turn(&pilot);
	assert_true(pilot.decision.move_ns > 0);
	assert_false(pilot.steer.exhausted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tenth_nearer_is_progress),
		cmocka_unit_test(who_stalls_for_five_turns_goes_on),
		cmocka_unit_test(who_goes_on_moves_otherwise),
		cmocka_unit_test(the_best_of_all_is_kept),
		cmocka_unit_test(a_tenth_better_is_progress),
		cmocka_unit_test(who_is_as_near_as_lateness_allows_does_not_stall),
		cmocka_unit_test(a_goal_once_reached_is_kept),
		cmocka_unit_test(why_a_goal_is_missed_is_told),
		cmocka_unit_test(after_a_disruption_it_begins_again),
		cmocka_unit_test(a_request_scatters_the_share_it_says),
		cmocka_unit_test(a_disruption_costs_no_energy),
		cmocka_unit_test(on_a_grid_no_strategy_is_blamed),
		cmocka_unit_test(who_comes_together_on_a_grid_is_not_delayed),
		cmocka_unit_test(another_goal_begins_anew),
		cmocka_unit_test(ones_own_strategy_is_tried_first),
		cmocka_unit_test(the_load_decides_apart_or_together),
		cmocka_unit_test(the_account_is_right_after_any_turns),
		cmocka_unit_test(without_energy_it_keeps_its_phase_and_goes_on),
	};

	return cmocka_run_group_tests_name("steer", tests, NULL, NULL);
}
