/* SPDX-License-Identifier: MIT */
/* The demo's reckoning against logs made by hand, whose figures can be worked out on paper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reckon.h"

#define MS INT64_C(1000000)
#define START (INT64_C(1000) * MS)
#define PERIOD (100 * MS)

/* A log of `workers` workers over `cycles` periods of 100 ms. */
static struct run_log *make(unsigned workers, unsigned cycles, unsigned operations)
{
	struct run_log *log = log_make(workers, cycles + 2, operations, 4 * MS);

	assert_non_null(log);
	log->start_ns = START;
	log->stop_ns = START + cycles * PERIOD;
	log->period_ns = PERIOD;
	for (unsigned i = 0; i < workers; i++)
		log->worker[i].born_ns = START;
	return log;
}

/* Worker `index` acts at `at_ms` after the start, for `took_ms`. */
static void act(struct run_log *log, unsigned index, double at_ms, double took_ms)
{
	int64_t begin_ns = START + (int64_t)(at_ms * (double)MS);

	assert_int_equal(log_begin(&log->worker[index], begin_ns, begin_ns), 0);
	if (took_ms > 0)
		log_end(&log->worker[index], begin_ns + (int64_t)(took_ms * (double)MS));
}

static void wait_for(struct run_log *log, unsigned operation, double ms)
{
	log->bystander.latency_ns[operation] = (int64_t)(ms * (double)MS);
	log->bystander.count = operation + 1;
}

static void all_together_overlap_fully_and_are_uneven(void **state)
{
	struct run_log *log = make(4, 6, 1);
	struct figures figures;

	(void)state;
	for (unsigned cycle = 0; cycle < 6; cycle++)
		for (unsigned i = 0; i < 4; i++)
			act(log, i, cycle * 100, 10);
	assert_int_equal(reckon(log, &figures), 0);
	assert_int_equal(figures.cycles, 6);
	assert_int_equal(figures.overlap_peak, 4);
	assert_int_equal(figures.overlap_median, 4);
	assert_float_equal(figures.evenness_median, .25, 1e-9);
	assert_int_equal(figures.cycles_to_even, 0);
	assert_int_equal(figures.actions, 24);
	assert_int_equal(figures.action_p50_ns, 10 * MS);
	assert_float_equal(figures.duty, .4, 1e-9);
	reckon_free(&figures);
	log_free(log);
}

static void evenly_spread_do_not_overlap_even_where_they_touch(void **state)
{
	struct run_log *log = make(4, 6, 1);
	struct figures figures;

	(void)state;
	/* Each ends at the very instant at which the next begins. */
	for (unsigned cycle = 0; cycle < 6; cycle++)
		for (unsigned i = 0; i < 4; i++)
			act(log, i, cycle * 100 + i * 25, 25);
	assert_int_equal(reckon(log, &figures), 0);
	assert_int_equal(figures.overlap_peak, 1);
	assert_float_equal(figures.evenness_median, 1, 1e-9);
	assert_float_equal(figures.evenness_worst, 1, 1e-9);
	assert_int_equal(figures.cycles_to_even, 1);
	assert_float_equal(figures.duty, 1, 1e-9);
	reckon_free(&figures);
	log_free(log);
}

static void an_action_across_the_end_of_a_cycle_counts_in_both(void **state)
{
	struct run_log *log = make(2, 3, 1);
	struct figures figures;

	(void)state;
	act(log, 0, 90, 30); /* 90..120 */
	act(log, 1, 110, 5); /* 110..115 */
	act(log, 1, 250, 5);
	assert_int_equal(reckon(log, &figures), 0);
	assert_int_equal(figures.overlap[0], 1);
	assert_int_equal(figures.overlap[1], 2);
	assert_int_equal(figures.overlap[2], 1);
	assert_int_equal(figures.overlap_peak, 2);
	reckon_free(&figures);
	log_free(log);
}

static void evenness_is_the_largest_gap_also_across_the_wrap(void **state)
{
	struct run_log *log = make(3, 1, 1);

	(void)state;
	/* Phases .1, .2, .5: the largest gap is from .5 over the wrap to .1, that is .6. */
	act(log, 0, 10, 1);
	act(log, 1, 20, 1);
	act(log, 2, 50, 1);
	assert_float_equal(reckon_evenness(log, START + PERIOD), 1 / (.6 * 3), 1e-9);
	log_free(log);
}

static void a_begin_just_past_the_end_of_a_cycle_leaves_no_hole(void **state)
{
	struct run_log *log = make(2, 3, 1);

	(void)state;
	/* Worker 0 acts at 0, 101, 200 (late once), worker 1 at 50, 150, 250: even all the time. */
	act(log, 0, 0, 1);
	act(log, 0, 101, 1);
	act(log, 0, 200, 1);
	for (unsigned cycle = 0; cycle < 3; cycle++)
		act(log, 1, cycle * 100 + 50, 1);
	for (unsigned cycle = 1; cycle <= 3; cycle++)
		assert_true(reckon_evenness(log, START + cycle * PERIOD) > .97);
	log_free(log);
}

static void a_silent_worker_is_missing_in_the_pattern_but_counts(void **state)
{
	struct run_log *log = make(4, 8, 1);

	(void)state;
	for (unsigned cycle = 0; cycle < 8; cycle++)
		for (unsigned i = 0; i < 4; i++)
			if (i != 2 || cycle < 3)
				act(log, i, cycle * 100 + i * 25, 5);
	assert_float_equal(reckon_evenness(log, START + 3 * PERIOD), 1, 1e-9);
	/* Two periods after its last begin its place is a hole of two quarters. */
	assert_float_equal(reckon_evenness(log, START + 8 * PERIOD), .5, 1e-9);
	assert_int_equal(reckon_cycles_to_even(log, log->start_ns, log->stop_ns), 0);
	log_free(log);
}

static void even_means_it_stayed_even(void **state)
{
	struct run_log *log = make(2, 8, 1);
	struct figures figures;

	(void)state;
	/* Even at once, together in the third and fourth cycle, even again from the fifth on. */
	for (unsigned cycle = 0; cycle < 8; cycle++) {
		act(log, 0, cycle * 100, 5);
		act(log, 1, cycle * 100 + (cycle == 2 || cycle == 3 ? 0 : 50), 5);
	}
	assert_int_equal(reckon(log, &figures), 0);
	assert_int_equal(figures.cycles_to_even, 5);
	assert_int_equal(reckon_cycles_to_even(log, START + 4 * PERIOD, log->stop_ns), 1);
	assert_int_equal(reckon_cycles_to_even(log, START, START + 4 * PERIOD), 0);
	reckon_free(&figures);
	log_free(log);
}

static void the_dead_do_not_count_and_the_unborn_do_not_either(void **state)
{
	struct run_log *log = make(4, 6, 1);

	(void)state;
	/* 0 and 2 all the time; 1 and 3 die at 250 ms; nobody is left in their places. */
	for (unsigned cycle = 0; cycle < 6; cycle++)
		for (unsigned i = 0; i < 4; i++)
			if (i % 2 == 0 || cycle < 2)
				act(log, i, cycle * 100 + i * 25, 5);
	log->worker[1].gone_ns = log->worker[3].gone_ns = START + 250 * MS;
	assert_float_equal(reckon_evenness(log, START + 6 * PERIOD), 1, 1e-9);
	log->worker[2].born_ns = INT64_MAX;
	assert_float_equal(reckon_evenness(log, START + 6 * PERIOD), 1, 1e-9);
	log->worker[0].born_ns = INT64_MAX;
	assert_float_equal(reckon_evenness(log, START + 6 * PERIOD), 0, 1e-9);
	log_free(log);
}

static void a_killed_action_lasts_until_the_kill(void **state)
{
	struct run_log *log = make(2, 3, 1);
	struct figures figures;

	(void)state;
	act(log, 0, 10, 0); /* never ends */
	log->worker[0].gone_ns = START + 50 * MS;
	act(log, 1, 40, 5);
	act(log, 1, 60, 5);
	assert_int_equal(reckon_overlap(log, START, START + 50 * MS), 2);
	assert_int_equal(reckon_overlap(log, START + 50 * MS, START + PERIOD), 1);
	assert_int_equal(reckon(log, &figures), 0);
	assert_int_equal(figures.actions,
			 2); /* how long the killed one would have taken, nobody knows */
	reckon_free(&figures);
	log_free(log);
}

static void what_begins_after_the_stop_does_not_count(void **state)
{
	struct run_log *log = make(1, 3, 2);
	struct figures figures;

	(void)state;
	for (unsigned cycle = 0; cycle < 3; cycle++)
		act(log, 0, cycle * 100, 10);
	act(log, 0, 300, 90);
	assert_int_equal(reckon(log, &figures), 0);
	assert_int_equal(figures.actions, 3);
	assert_int_equal(figures.action_max_ns, 10 * MS);
	reckon_free(&figures);
	log_free(log);
}

static void delays_are_begins_after_they_were_due(void **state)
{
	struct run_log *log = make(2, 3, 1);
	struct figures figures;

	(void)state;
	assert_int_equal(log_begin(&log->worker[0], START, START + 30 * MS), 0);
	log_end(&log->worker[0], START + 31 * MS);
	assert_int_equal(log_begin(&log->worker[1], START, START + 10 * MS), 0);
	log_end(&log->worker[1], START + 11 * MS);
	assert_int_equal(reckon(log, &figures), 0);
	assert_int_equal(figures.delay_mean_ns, 20 * MS);
	assert_int_equal(figures.delay_max_ns, 30 * MS);
	reckon_free(&figures);
	log_free(log);
}

static void quantiles_are_of_the_nearest_rank(void **state)
{
	int64_t values[1000];

	(void)state;
	for (int i = 0; i < 1000; i++)
		values[i] = i + 1;
	assert_int_equal(reckon_quantile(values, 1000, .5), 500);
	assert_int_equal(reckon_quantile(values, 1000, .99), 990);
	assert_int_equal(reckon_quantile(values, 1000, .999), 999);
	assert_int_equal(reckon_quantile(values, 1000, 1), 1000);
	assert_int_equal(reckon_quantile(values, 1, .5), 1);
	assert_int_equal(reckon_quantile(values, 3, .5), 2);
	assert_int_equal(reckon_quantile(values, 0, .5), 0);
}

static void the_bystander_gets_its_shares_of_the_time(void **state)
{
	struct run_log *log = make(1, 4, 101);
	struct figures figures;

	(void)state;
	/* 100 operations in 400 ms: ten wait 20 ms, five 50 ms, one 200 ms, the rest 1 ms. */
	for (unsigned i = 0; i < 100; i++)
		wait_for(log, i, i < 10 ? 20 : i < 15 ? 50 : i < 16 ? 200 : 1);
	wait_for(log, 100, 900); /* due at the stop: not part of it */
	assert_int_equal(reckon(log, &figures), 0);
	assert_int_equal(figures.operations, 100);
	assert_int_equal(figures.bystander_p50_ns, 1 * MS);
	assert_int_equal(figures.bystander_p99_ns, 50 * MS);
	assert_int_equal(figures.bystander_p999_ns, 200 * MS);
	assert_int_equal(figures.bystander_max_ns, 200 * MS);
	assert_float_equal(figures.above_10ms, .16, 1e-9);
	assert_float_equal(figures.above_30ms, .06, 1e-9);
	assert_float_equal(figures.above_100ms, .01, 1e-9);
	reckon_free(&figures);
	log_free(log);
}

static void the_first_three_cycles_are_left_out_and_the_worse_middle_taken(void **state)
{
	struct run_log *log = make(2, 7, 1);
	struct figures figures;

	(void)state;
	/* Overlap 2 for three cycles, then 1, 1, 2, 2: the median is the worse of the middle two. */
	for (unsigned cycle = 0; cycle < 7; cycle++) {
		act(log, 0, cycle * 100, 10);
		act(log, 1, cycle * 100 + (cycle < 3 ? 0 : cycle < 5 ? 50 : 5), 10);
	}
	assert_int_equal(reckon(log, &figures), 0);
	assert_int_equal(figures.overlap_median, 2);
	assert_float_equal(figures.evenness_median, 1 / (.95 * 2), 1e-9);
	assert_float_equal(figures.evenness_worst, 1 / (.95 * 2), 1e-9);
	reckon_free(&figures);
	log_free(log);
}

static void a_run_shorter_than_a_cycle_is_refused(void **state)
{
	struct run_log *log = make(1, 1, 1);
	struct figures figures;

	(void)state;
	log->stop_ns = START + PERIOD - 1;
	assert_int_equal(reckon(log, &figures), -1);
	log_free(log);
}

static void a_full_log_says_so(void **state)
{
	struct run_log *log = make(1, 1, 1);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(log_begin(&log->worker[0], START, START), 0);
	assert_int_equal(log_begin(&log->worker[0], START, START), -1);
	assert_int_equal(log->worker[0].count, 3);
	log_free(log);
}

/* The sweep against counting by brute force, on many random logs. */
static void overlap_agrees_with_counting_at_every_begin(void **state)
{
	(void)state;
	srandom(7);
	for (int round = 0; round < 500; round++) {
		unsigned workers = 1 + (unsigned)(random() % 9);
		struct run_log *log = make(workers, 6, 1);
		int64_t from_ns = START + random() % 300 * MS;
		int64_t to_ns = from_ns + (1 + random() % 300) * MS;
		int most = 0;

		for (unsigned i = 0; i < workers; i++)
			for (unsigned cycle = 0; cycle < 6; cycle++)
				act(log, i, cycle * 100 + random() % 60, 1 + random() % 40);
		for (int64_t now = from_ns; now < to_ns; now += MS) {
			int acting = 0;

			for (unsigned i = 0; i < workers; i++)
				for (unsigned k = 0; k < log->worker[i].count; k++)
					acting += log->worker[i].action[k].begin_ns <= now &&
						  log->worker[i].action[k].end_ns > now;
			if (acting > most)
				most = acting;
		}
		assert_int_equal(reckon_overlap(log, from_ns, to_ns), most);
		log_free(log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_together_overlap_fully_and_are_uneven),
		cmocka_unit_test(evenly_spread_do_not_overlap_even_where_they_touch),
		cmocka_unit_test(an_action_across_the_end_of_a_cycle_counts_in_both),
		cmocka_unit_test(evenness_is_the_largest_gap_also_across_the_wrap),
		cmocka_unit_test(a_begin_just_past_the_end_of_a_cycle_leaves_no_hole),
		cmocka_unit_test(a_silent_worker_is_missing_in_the_pattern_but_counts),
		cmocka_unit_test(even_means_it_stayed_even),
		cmocka_unit_test(the_dead_do_not_count_and_the_unborn_do_not_either),
		cmocka_unit_test(a_killed_action_lasts_until_the_kill),
		cmocka_unit_test(what_begins_after_the_stop_does_not_count),
		cmocka_unit_test(delays_are_begins_after_they_were_due),
		cmocka_unit_test(quantiles_are_of_the_nearest_rank),
		cmocka_unit_test(the_bystander_gets_its_shares_of_the_time),
		cmocka_unit_test(the_first_three_cycles_are_left_out_and_the_worse_middle_taken),
		cmocka_unit_test(a_run_shorter_than_a_cycle_is_refused),
		cmocka_unit_test(a_full_log_says_so),
		cmocka_unit_test(overlap_agrees_with_counting_at_every_begin),
	};

	return cmocka_run_group_tests_name("reckon", tests, NULL, NULL);
}
