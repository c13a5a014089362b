/* SPDX-License-Identifier: MIT */
/* test_simulate.c - the simulator itself: the same whoever runs it, right at each cycle, its accounts true. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "draw.h"
#include "energy.h"
#include "simulate_fixture.h"
#include "steal.h"
#include "traits.h"
#include "workload.h"

static const char *const goals[] = { "minimize-api-calls",   "distribute-load", "reach-consensus",
				     "minimize-latency",     "save-energy",     "maintain-rhythm",
				     "recover-from-failure", "adapt-to-traffic" };
#define GOALS (sizeof(goals) / sizeof(goals[0]))

static void open_plan(struct simulation *simulation, const struct simulation_plan *plan)
{
	char why[200];

	assert_true(simulation_open(simulation, plan, why, sizeof(why)));
}

/* Everything at once. */
static struct simulation_plan plan_busy(const char *goal, uint32_t agents, uint64_t seed)
{
	struct simulation_plan plan = plan_make(goal, agents, 30, seed);

	plan.spread_ppm = 20000;
	plan.lateness_ppm = 100000;
	plan.vary_ppm = 200000;
	plan.lognormal = true;
	plan.crash = (struct simulation_change){ 300000, 8 };
	plan.join = (struct simulation_change){ 250000, 14 };
	plan.disrupt = (struct simulation_change){ 300000, 20 };
	plan.pattern = pattern_find("mixed");
	return plan;
}

/* ---- deterministic -------------------------------------------------------------------- */

static struct run *runs_of(unsigned threads, uint64_t seed)
{
	struct run *runs = calloc(GOALS * 3, sizeof(*runs));

	for (unsigned i = 0; i < GOALS * 3; i++)
		runs[i].plan = plan_busy(goals[i % GOALS], 20 + 13 * (i / GOALS), seed + i);
	assert_true(runs_do(runs, GOALS * 3, threads, NULL));
	return runs;
}

/* Not a byte of padding counts: struct gauge is compared member by member where it has any. */
static bool gauges_equal(const struct gauge *one, const struct gauge *other)
{
	return one->cycle == other->cycle && one->at_ns == other->at_ns &&
	       one->agents == other->agents && one->evenness == other->evenness &&
	       one->min_gap == other->min_gap && one->max_gap == other->max_gap &&
	       one->evenness_actual == other->evenness_actual && one->value == other->value &&
	       memcmp(one->order, other->order, sizeof(one->order)) == 0 &&
	       one->converged == other->converged && one->peak_overlap == other->peak_overlap &&
	       one->delay == other->delay && one->energy == other->energy &&
	       one->agree == other->agree && one->switches == other->switches;
}

static bool runs_equal(const struct run *one, const struct run *other, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (memcmp(&one[i].load, &other[i].load, sizeof(one[i].load)) != 0)
			return false;
		for (uint32_t cycle = 0; cycle <= one[i].plan.cycles; cycle++)
			if (!gauges_equal(&one[i].cycles[cycle], &other[i].cycles[cycle]))
				return false;
	}
	return true;
}

static void the_same_for_a_seed_and_any_number_of_threads(void **state)
{
	struct run *first = runs_of(1, 1), *other = runs_of(1, 1000);

	(void)state;
	for (unsigned threads = 1; threads <= 4; threads++) {
		struct run *again = runs_of(threads, 1);

		assert_true(runs_equal(first, again, GOALS * 3));
		runs_free(again, GOALS * 3);
		free(again);
	}
	for (unsigned i = 0; i < GOALS * 3; i++)
		assert_false(runs_equal(&first[i], &other[i], 1));
	runs_free(first, GOALS * 3);
	runs_free(other, GOALS * 3);
	free(first);
	free(other);
}

static void rounds_are_the_same_for_any_number_of_threads(void **state)
{
	static const char *const ones[] = { "distribute-load", "minimize-api-calls" };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct run runs[5] = { 0 };

		for (unsigned threads = 1; threads <= 5; threads++) {
			struct run *run = &runs[threads - 1];

			run->plan = plan_busy(ones[i % 2], i < 2 ? 3 : 150, 7);
			run->plan.synchronous = true;
			run->plan.threads = threads;
			assert_true(runs_do(run, 1, 1, NULL));
			assert_true(runs_equal(&runs[0], run, 1));
		}
		runs_free(runs, 5);
	}
}

/* What rounds come to is what simulated time comes to. */
static void rounds_reach_the_goals_too(void **state)
{
	(void)state;
	for (unsigned goal = 0; goal < GOALS; goal++)
		for (uint64_t seed = 1; seed <= 10; seed++) {
			struct run run = { .plan = plan_make(goals[goal], 64, 50, seed) };

			run.plan.synchronous = true;
			run.plan.start = seed % 2 ? SIMULATION_RANDOM : SIMULATION_IDENTICAL;
			run.plan.disrupt = (struct simulation_change){ 500000, 25 };
			assert_true(runs_do(&run, 1, 1, NULL));
			assert_true(run.converged_at <= 13);
			assert_true(run.change[0].cycles <= 13);
			runs_free(&run, 1);
		}
}

/* ---- right at each cycle -------------------------------------------------------------- */

static double value_of(const struct judged *judged, const struct simulation *simulation,
		       bool together)
{
	const struct goal *goal = &simulation->plan.goal;

	switch (goal->metric) {
	case METRIC_EVENNESS:
		return judged->evenness;
	case METRIC_COHERENCE:
		return judged->order[0];
	case METRIC_ORDER:
		return judged->order[goal->clusters - 1];
	case METRIC_RHYTHM:
		return judged->rhythm;
	case METRIC_LOAD:
		return together ? judged->order[0] : judged->evenness;
	}
	return 0;
}

static double energy_mean(const struct simulation *simulation)
{
	double sum = 0;

	for (uint32_t slot = 0; slot < simulation->slots; slot++)
		if (simulation->agents[slot].state == SIMULATED_ALIVE)
			sum += simulation->agents[slot].steer.energy / 512.;
	return sum / simulation_alive(simulation);
}

static void assert_measures(const struct gauge *gauge, const struct judged *judged)
{
	assert_true(fabs(gauge->evenness - judged->evenness) < 1e-6);
	assert_true(fabs(gauge->min_gap - judged->least) < 1e-6 * fmax(1, judged->least));
	assert_true(fabs(gauge->max_gap - judged->most) < 1e-6 * judged->most);
	assert_true(fabs(gauge->rhythm - judged->rhythm) < 1e-9);
	for (int m = 0; m < 4; m++)
		assert_true(fabs(gauge->order[m] - judged->order[m]) < 5e-6);
}

/* One run, cycle by cycle, beside the judge. Returns how often the flag changed. */
static unsigned flag_follow(const struct simulation_plan *plan, unsigned *cycles)
{
	bool reached = false, converged = false;
	struct simulation simulation;
	struct gauge gauge = { 0 };
	unsigned changes = 0;

	open_plan(&simulation, plan);
	gauge_fill(&gauge, &simulation);
	converged = reached = gauge.reached;
	while (simulation.cycle < plan->cycles) {
		uint32_t crash = plan->crash.cycle, disrupt = plan->disrupt.cycle;
		/* The judge looks at the end of the cycle, before what happens then: at a copy of the plan without it. */
		bool now, was = converged;
		struct judged judged;

		simulation.plan.crash.cycle = simulation.plan.disrupt.cycle = UINT32_MAX;
		simulation_cycle(&simulation, &gauge);
		judged = judge_make(&simulation);
		if (simulation.cycle == crash)
			simulation_crash(&simulation, plan->crash.share_ppm);
		if (simulation.cycle == disrupt)
			simulation_disrupt(&simulation, plan->disrupt.share_ppm);
		assert_measures(&gauge, &judged);
		now = value_of(&judged, &simulation, gauge.together) >= gauge.target &&
		      gauge.energy >= plan->goal.energy_least;
		/* A value at its target to the last digit may go either way. */
		if (fabs(value_of(&judged, &simulation, gauge.together) - gauge.target) < 1e-5)
			now = gauge.reached;
		converged = now || (converged && reached);
		reached = now;
		assert_int_equal(gauge.reached, reached);
		assert_int_equal(gauge.converged, converged);
		changes += was != converged;
		(*cycles)++;
	}
	simulation_close(&simulation);
	return changes;
}

static void the_flag_is_right_at_every_cycle(void **state)
{
	unsigned changes = 0, cycles = 0;

	(void)state;
	for (unsigned goal = 0; goal < GOALS; goal++)
		for (unsigned i = 0; i < 6; i++) {
			struct simulation_plan plan =
				plan_make(goals[goal], i % 2 ? 50 : 20, 40, i + 1);

			plan.start = i % 3 == 2 ? SIMULATION_IDENTICAL : SIMULATION_RANDOM;
			plan.lateness_ppm = i % 3 * 300000;
			plan.spread_ppm = i % 2 * 15000;
			plan.lognormal = i > 3;
			plan.duty_ppm = i % 2 ? 500000 : 100000;
			plan.crash = (struct simulation_change){ 300000, 15 };
			plan.disrupt = (struct simulation_change){ 500000, 25 };
			changes += flag_follow(&plan, &cycles);
		}
	print_message("flag right in %u cycles, changed %u times\n", cycles, changes);
	assert_true(changes > GOALS * 6);
}

/* ---- accounts ------------------------------------------------------------------------- */

/* That the account itself is right: tests/unit/test_energy.c, by a book of its own. */
static void energy_is_spent_and_shown_as_it_is(void **state)
{
	(void)state;
	for (unsigned goal = 0; goal < GOALS; goal++) {
		struct simulation_plan plan = plan_busy(goals[goal], 50, 3);
		struct simulation simulation;
		struct gauge gauge = { 0 };
		uint64_t spent = 0;

		open_plan(&simulation, &plan);
		while (simulation.cycle < plan.cycles) {
			simulation_cycle(&simulation, &gauge);
			assert_true(fabs(gauge.energy - energy_mean(&simulation)) < .01 ||
				    simulation.cycle == plan.crash.cycle);
			for (uint32_t slot = 0; slot < simulation.slots; slot++) {
				const struct steer *steer = &simulation.agents[slot].steer;

				assert_in_range(steer->energy, 0, ENERGY_FULL);
				spent += steer->spent;
			}
		}
		assert_true(spent > 0);
		simulation_close(&simulation);
	}
}

static void a_disruption_moves_those_it_says(void **state)
{
	struct simulation_plan plan = plan_make("spread", 1000, 6, 1);
	struct simulation simulation;
	struct gauge gauge = { 0 };
	uint32_t named = 0;

	(void)state;
	open_plan(&simulation, &plan);
	for (int cycle = 0; cycle < 4; cycle++)
		simulation_cycle(&simulation, &gauge);
	assert_int_equal(gauge.scattered, 0);
	simulation_disrupt(&simulation, 300000);
	simulation_cycle(&simulation, &gauge);
	for (uint32_t slot = 0; slot < 1000; slot++)
		named += steer_scatters(simulation.disruption, slot);
	assert_int_equal(gauge.scattered, named);
	assert_int_equal(gauge.obeyed, 1000);
	assert_true(named > 250 && named < 350);
	assert_true(gauge.evenness < .5);
	simulation_close(&simulation);
}

static void of_a_share_there_is_somebody(void **state)
{
	static const struct {
		uint32_t agents, share_ppm, crashed, joined;
	} rows[] = { { 8, 1, 1, 1 },      { 8, 10000, 1, 1 },     { 8, 187499, 1, 1 },
		     { 8, 187500, 2, 2 }, { 64, 300000, 19, 19 }, { 8, 990000, 7, 8 },
		     { 1, 300000, 0, 1 }, { 8, 0, 0, 0 } };

	(void)state;
	for (unsigned row = 0; row < sizeof(rows) / sizeof(*rows); row++) {
		struct simulation_plan plan = plan_make("spread", rows[row].agents, 6, 1);
		struct simulation simulation;

		open_plan(&simulation, &plan);
		simulation_crash(&simulation, rows[row].share_ppm);
		assert_int_equal(simulation.crashed, rows[row].crashed);
		assert_int_equal(simulation_alive(&simulation),
				 rows[row].agents - rows[row].crashed);
		simulation_close(&simulation);
		open_plan(&simulation, &plan);
		simulation_join(&simulation, rows[row].share_ppm);
		assert_int_equal(simulation.joined, rows[row].joined);
		simulation_close(&simulation);
	}
}

/* As entrain_status() has it: no goal is reached where there are agents and none of them counts. */
static void where_all_are_off_beat_nobody_has_reached_anything(void **state)
{
	(void)state;
	for (unsigned goal = 0; goal < GOALS; goal++) {
		struct simulation_plan plan = plan_make(goals[goal], 4, 6, 1);
		struct simulation simulation;
		struct gauge gauge = { 0 };

		plan.spread_ppm = 500000;
		open_plan(&simulation, &plan);
		for (uint32_t slot = 0; slot < 4; slot++)
			simulation.agents[slot].period_ns = SIMULATION_PERIOD_NS * 3 / 2;
		while (simulation.cycle < 6) {
			simulation_cycle(&simulation, &gauge);
			assert_int_equal(gauge.off_beat, 4);
			assert_true(gauge.value == 1 && !gauge.reached && !gauge.converged);
		}
		simulation_close(&simulation);
	}
}

static void the_dead_are_looked_up_and_their_slots_used_again(void **state)
{
	struct simulation_plan plan = plan_make("spread", 100, 20, 1);
	struct simulation simulation;
	struct gauge gauge = { 0 };

	(void)state;
	plan.crash = (struct simulation_change){ 400000, 3 };
	open_plan(&simulation, &plan);
	while (simulation.cycle < 10)
		simulation_cycle(&simulation, &gauge);
	assert_int_equal(gauge.agents, 60);
	assert_int_equal(simulation.peer_count, 60);
	simulation_join(&simulation, 1000000 / 60 * 40);
	simulation_cycle(&simulation, &gauge);
	assert_int_equal(gauge.agents, 100);
	assert_int_equal(simulation.slots, 100);
	simulation_close(&simulation);
}

static void a_live_view_may_stop_look_and_change_the_goal(void **state)
{
	struct simulation_plan plan = plan_make("spread", 50, 40, 1);
	const struct goal *batch = goal_find("batch");
	struct simulation simulation;
	struct gauge gauge = { 0 };
	unsigned looks = 0;

	(void)state;
	open_plan(&simulation, &plan);
	for (int cycle = 0; cycle < 5; cycle++) {
		while (!simulation_until(&simulation,
					 simulation.now_ns + SIMULATION_PERIOD_NS / 20))
			looks++;
		simulation_cycle(&simulation, &gauge);
	}
	assert_true(looks > 50);
	assert_true(gauge.converged && gauge.evenness > .9);
	simulation_set_goal(&simulation, batch);
	for (int cycle = 0; cycle < 12; cycle++)
		simulation_cycle(&simulation, &gauge);
	assert_true(gauge.converged && gauge.order[0] > .95);
	simulation_close(&simulation);
}

static struct workload_result load_of(const char *goal, const char *pattern)
{
	struct run run = { .plan = plan_make(goal, 64, 60, 1) };
	struct workload_result load;

	run.plan.pattern = pattern_find(pattern);
	assert_true(runs_do(&run, 1, 1, NULL));
	load = run.load;
	runs_free(&run, 1);
	return load;
}

/* Requests in a period of one agent, as the table of patterns has it. */
static void requests_are_counted_and_served_as_they_arrive(void **state)
{
	static const struct {
		const char *pattern;
		double rate, tolerance;
	} rows[] = { { "steady", 4, .01 },
		     { "high-frequency", 20, .02 },
		     { "burst", 5, .1 },
		     { "sparse", .25, .1 },
		     { "mixed", 29.25 / 4, .1 } };

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct workload_result batch = load_of("batch", rows[i].pattern);
		struct workload_result spread = load_of("spread", rows[i].pattern);
		double periods = (double)spread.elapsed_ns / (double)SIMULATION_PERIOD_NS;

		print_message(
			"%s: %llu tasks, calls %llu together, %llu apart, queue %llu and %llu\n",
			rows[i].pattern, (unsigned long long)spread.tasks,
			(unsigned long long)batch.calls, (unsigned long long)spread.calls,
			(unsigned long long)batch.queue_most,
			(unsigned long long)spread.queue_most);
		/* Each agent's last requests, of half a period on average, are still waiting. */
		assert_true(fabs((double)spread.tasks / (64 * (periods - .5)) - rows[i].rate) <
			    rows[i].tolerance * rows[i].rate);
		assert_true(batch.calls < spread.calls && batch.batches <= batch.tasks);
		assert_true(batch.calls <= batch.batches && spread.calls <= spread.batches);
		assert_true(spread.queue_most < batch.queue_most);
		assert_true(spread.overlap_most < batch.overlap_most);
		assert_true(spread.queue_sum_ns < batch.queue_sum_ns);
		assert_true(spread.served_wait_sum_ns < batch.served_wait_sum_ns);
	}
}

static void traits_tune_what_they_say(void **state)
{
	const struct goal *row = goal_find("spread");
	struct goal tuned;

	(void)state;
	for (const struct trait *trait = traits; trait->name; trait++) {
		tuned = trait_goal(trait, row);
		assert_true(memcmp(&tuned, row, sizeof(tuned)) != 0);
		assert_true(tuned.cap_ppm > 0 && tuned.cap_ppm <= 500000);
		assert_true(tuned.target_ppm > 500000 && tuned.target_ppm < 1000000);
		assert_int_equal(tuned.id, row->id);
	}
	assert_int_equal(trait_goal(trait_find("precision"), row).target_ppm, 990000);
	assert_int_equal(trait_goal(trait_find("speed"), row).cap_ppm, 300000);
	tuned = trait_goal(trait_find("efficiency"), row);
	assert_int_equal(tuned.strategy[0], STRATEGY_ENERGY_AWARE);
	assert_int_equal(tuned.strategy[1], STRATEGY_SPLAY);
	assert_int_equal(trait_goal(trait_find("resilience"), row).strategy[2], STRATEGY_ADAPTIVE);
	tuned = trait_goal(NULL, row);
	assert_memory_equal(&tuned, row, sizeof(tuned));
}

/* A trait has an effect on how a swarm fares, not only on a row. */
static void traits_change_what_happens(void **state)
{
	struct run runs[3] = { { .plan = plan_make("spread", 64, 60, 1) },
			       { .plan = plan_make("spread", 64, 60, 1) },
			       { .plan = plan_make("spread", 64, 60, 1) } };

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		runs[i].plan.start = SIMULATION_IDENTICAL;
	runs[1].plan.goal = trait_goal(trait_find("speed"), &runs[1].plan.goal);
	runs[2].plan.goal = trait_goal(trait_find("throughput"), &runs[2].plan.goal);
	assert_true(runs_do(runs, 3, 1, NULL));
	print_message("identical start: %u cycles, with speed %u, with throughput %u\n",
		      runs[0].converged_at, runs[1].converged_at, runs[2].converged_at);
	assert_true(runs[1].converged_at < runs[0].converged_at);
	assert_true(runs[0].converged_at < runs[2].converged_at);
	assert_true(runs[2].converged_at <= 60);
	runs_free(runs, 3);
}

/* ---- what it stands on ---------------------------------------------------------------- */

#define TASKS 20000
#define THIEVES 4

struct thief {
	struct steal *steal;
	unsigned number;
	uint32_t taken;
	uint8_t *count;
	pthread_t thread;
};

static void *thief_run(void *argument)
{
	struct thief *thief = argument;
	uint32_t task;

	while (steal_take(thief->steal, thief->number, &task)) {
		/* No two threads write one byte, unless a task is given out twice: then TSan sees it too. */
		thief->count[task]++;
		thief->taken++;
	}
	return NULL;
}

static void each_task_is_given_out_once(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		uint8_t *count = calloc(TASKS, 1);
		struct thief thieves[THIEVES];
		struct steal steal;
		uint32_t taken = 0;

		steal_open(&steal, TASKS, THIEVES);
		/* The first has nothing of its own left when the others begin. */
		for (uint32_t task, i = 0; i < TASKS / THIEVES; i++) {
			assert_true(steal_take(&steal, 0, &task));
			count[task]++;
		}
		for (unsigned i = 0; i < THIEVES; i++) {
			thieves[i] = (struct thief){ &steal, i, 0, count, 0 };
			assert_int_equal(
				pthread_create(&thieves[i].thread, NULL, thief_run, &thieves[i]),
				0);
		}
		for (unsigned i = 0; i < THIEVES; i++) {
			pthread_join(thieves[i].thread, NULL);
			taken += thieves[i].taken;
		}
		assert_int_equal(taken, TASKS - TASKS / THIEVES);
		for (unsigned task = 0; task < TASKS; task++)
			assert_int_equal(count[task], 1);
		steal_close(&steal);
		free(count);
	}
}

static void draws_have_the_distributions_they_are_named_after(void **state)
{
	const unsigned count = 200000;
	double sum = 0, square = 0, tail = 0, log_sum = 0, log_square = 0, around = 0;

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		double exponential =
			(double)draw_exponential(draw(1, DRAW_LATE, i, 2), 1000000000) / 1e9;
		double normal = log((double)draw_lognormal(draw(1, DRAW_WORK, 5, i)) / 65536);

		sum += exponential;
		square += exponential * exponential;
		tail += exponential > 3;
		log_sum += normal;
		log_square += normal * normal;
		around += (double)draw_around(draw(i, DRAW_VARY, 1, 1), 1000);
	}
	assert_true(fabs(sum / count - 1) < .01);
	assert_true(fabs(square / count - 2) < .05);
	assert_true(fabs(tail / count - exp(-3)) < .002);
	assert_true(fabs(log_sum / count) < .01);
	assert_true(fabs(log_square / count - 1) < .01);
	assert_true(fabs(around / count) < 5);
	/* The same for ever, on every machine. */
	assert_true(draw(1, DRAW_START, 2, 3) == UINT64_C(0x82ceea9857416ac7));
	assert_true(draw_exponential(UINT64_C(0x8000000000000000), 1000000) == 693147);
	assert_true(draw_lognormal(12345) == 137887);
}

/* Each of the living sees four of them, and is seen by each that it sees. */
static void assert_ring(const struct simulation *simulation)
{
	static bool sees[64][64];

	memset(sees, 0, sizeof(sees));
	for (uint32_t slot = 0; slot < simulation->slots; slot++) {
		struct graph_walk walk = { .slot = slot, .living = true };
		uint32_t other, seen = 0;

		if (simulation->agents[slot].state != SIMULATED_ALIVE)
			continue;
		for (; graph_next(simulation, &walk, &other); seen++) {
			assert_true(other != slot && !sees[slot][other]);
			sees[slot][other] = true;
		}
		assert_int_equal(seen, 4);
	}
	for (uint32_t one = 0; one < 64; one++)
		for (uint32_t other = 0; other < 64; other++)
			assert_true(sees[one][other] == sees[other][one]);
}

static void a_ring_closes_where_agents_have_gone(void **state)
{
	struct simulation_plan plan = plan_make("spread", 40, 1, 1);
	struct simulation simulation;
	struct gauge gauge = { 0 };
	char why[200];

	(void)state;
	assert_true(graph_parse("ring:4", &plan.topology, why, sizeof(why)));
	assert_true(simulation_open(&simulation, &plan, why, sizeof(why)));
	assert_ring(&simulation);
	for (int change = 0; change < 3; change++) {
		if (change % 2)
			simulation_join(&simulation, 500000);
		else
			simulation_crash(&simulation, 500000);
		for (int cycle = 0; cycle < 25; cycle++)
			simulation_cycle(&simulation, &gauge);
		assert_ring(&simulation);
		assert_true(gauge.nearest >= .9);
	}
	simulation_close(&simulation);
}

static void what_ends_as_another_begins_does_not_overlap_it(void **state)
{
	struct overlap overlap = { 0 };

	(void)state;
	overlap_add(&overlap, 0, 10);
	overlap_add(&overlap, 10, 20);
	overlap_add(&overlap, 15, 40);
	assert_int_equal(overlap_peak(&overlap, 20), 2);
	/* The third goes on, and counts as soon as another begins. */
	assert_int_equal(overlap_peak(&overlap, 25), 0);
	overlap_add(&overlap, 30, 31);
	overlap_add(&overlap, 30, 32);
	assert_int_equal(overlap_peak(&overlap, 50), 3);
	overlap_free(&overlap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_for_a_seed_and_any_number_of_threads),
		cmocka_unit_test(rounds_are_the_same_for_any_number_of_threads),
		cmocka_unit_test(rounds_reach_the_goals_too),
		cmocka_unit_test(the_flag_is_right_at_every_cycle),
		cmocka_unit_test(energy_is_spent_and_shown_as_it_is),
		cmocka_unit_test(a_disruption_moves_those_it_says),
		cmocka_unit_test(of_a_share_there_is_somebody),
		cmocka_unit_test(where_all_are_off_beat_nobody_has_reached_anything),
		cmocka_unit_test(the_dead_are_looked_up_and_their_slots_used_again),
		cmocka_unit_test(a_live_view_may_stop_look_and_change_the_goal),
		cmocka_unit_test(requests_are_counted_and_served_as_they_arrive),
		cmocka_unit_test(traits_tune_what_they_say),
		cmocka_unit_test(traits_change_what_happens),
		cmocka_unit_test(each_task_is_given_out_once),
		cmocka_unit_test(draws_have_the_distributions_they_are_named_after),
		cmocka_unit_test(a_ring_closes_where_agents_have_gone),
		cmocka_unit_test(what_ends_as_another_begins_does_not_overlap_it),
	};

	return cmocka_run_group_tests_name("simulate", tests, NULL, NULL);
}
