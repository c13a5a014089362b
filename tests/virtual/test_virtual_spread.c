/* SPDX-License-Identifier: MIT */
/*
 * test_virtual_spread.c - SPREAD in closed loop reaches the figures of doc/algorithms.md.
 *
 * Each line that is printed is a row of a table there.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim.h"

#define P INT64_C(5000000000)
#define SEEDS 20
#define EVEN .01
#define IN_P(turns) ((int64_t)((turns) * (double)P))

/* Cycles from a random start, over seeds. */
static struct sim_summary cycles_from_random(uint32_t agents, double cap, unsigned seeds)
{
	double cycles[SEEDS];

	for (unsigned seed = 0; seed < seeds; seed++) {
		struct sim sim;

		sim_open(&sim, agents, DECIDE_SPREAD, P, cap, seed + 1);
		sim_add_many(&sim, agents, false, 0);
		cycles[seed] = sim_cycles_to_even(&sim, EVEN, 12, false);
		sim_close(&sim);
	}
	return sim_summary(cycles, seeds);
}

static void one_cycle_is_enough_without_a_cap(void **state)
{
	static const uint32_t sizes[] = { 2, 3, 16, 64, 256, 1024 };

	(void)state;
	for (unsigned size = 0; size < 6; size++) {
		struct sim_summary cycles =
			cycles_from_random(sizes[size], 1, sizes[size] > 500 ? 5 : SEEDS);

		print_message("random start, no cap, N = %u: %g/%g cycles\n", sizes[size],
			      cycles.median, cycles.worst);
		assert_true(cycles.worst <= 1);
	}
}

static void one_cycle_is_enough_for_ten_thousand(void **state)
{
	struct sim sim;
	double error;

	(void)state;
	sim_open(&sim, 10000, DECIDE_SPREAD, P, 1, 1);
	sim_add_many(&sim, 10000, false, 0);
	sim_run_cycles(&sim, 1);
	error = sim_gaps(&sim, false).error;
	sim_close(&sim);
	print_message("random start, no cap, N = 10000: gaps to %.4f %% after one cycle\n",
		      error * 100);
	assert_true(error < EVEN);
}

static void cap_of_a_tenth_takes_a_few_cycles(void **state)
{
	static const uint32_t sizes[] = { 16, 64, 256, 1024 };
	static const double medians[] = { 3, 2, 1, 1 }, worst[] = { 5, 3, 2, 1 };

	(void)state;
	for (unsigned size = 0; size < 4; size++) {
		struct sim_summary cycles =
			cycles_from_random(sizes[size], .1, sizes[size] > 500 ? 5 : SEEDS);

		print_message("random start, cap .1, N = %u: %g/%g cycles\n", sizes[size],
			      cycles.median, cycles.worst);
		assert_true(cycles.median <= medians[size]);
		assert_true(cycles.worst <= worst[size]);
	}
}

/* Even to a ten-thousandth of a gap: that takes V / c cycles, not one more or less, and the least delay. */
static void cycles_and_delay_match_the_bounds(void **state)
{
	static const double caps[] = { .03, .1, .25, 1 };
	unsigned runs = 0;

	(void)state;
	for (unsigned seed = 0; seed < 100; seed++) {
		for (unsigned cap = 0; cap < 4; cap++) {
			const uint32_t agents = 2 + seed * 13 % 100;
			double distance, delay, delay_all = 0;
			uint32_t cycles;
			struct sim sim;

			sim_open(&sim, agents, DECIDE_SPREAD, P, caps[cap], seed + 1);
			sim_add_many(&sim, agents, false, 0);
			distance = sim_distance(&sim, &delay);
			cycles = sim_cycles_to_even(&sim, 1e-4, 40, false);
			for (uint32_t agent = 0; agent < agents; agent++)
				delay_all += (double)sim.agent[agent].delay_all_ns / (double)P;
			sim_close(&sim);
			assert_int_equal(cycles, ceil(distance / caps[cap]));
			assert_true(fabs(delay_all / agents - delay) < 1e-6);
			runs++;
		}
	}
	print_message("cycles = ceil(V / c) and least delay: %u of %u runs\n", runs, runs);
}

static void all_together_takes_as_many_cycles_as_the_cap_forces(void **state)
{
	static const uint32_t sizes[] = { 16, 64, 256, 1024 };

	(void)state;
	for (unsigned size = 0; size < 4; size++) {
		uint32_t capped, free;
		struct sim sim;

		sim_open(&sim, sizes[size], DECIDE_SPREAD, P, .1, 1);
		sim_add_many(&sim, sizes[size], true, 0);
		capped = sim_cycles_to_even(&sim, EVEN, 20, false);
		sim_close(&sim);
		sim_open(&sim, sizes[size], DECIDE_SPREAD, P, 1, 1);
		sim_add_many(&sim, sizes[size], true, 0);
		free = sim_cycles_to_even(&sim, EVEN, 20, false);
		sim_close(&sim);
		print_message("all together, N = %u: cap .1 %u cycles, no cap %u\n", sizes[size],
			      capped, free);
		assert_int_equal(capped, 10);
		assert_int_equal(free, 1);
	}
}

static void peak_falls_cycle_by_cycle(void **state)
{
	/* Waits clipped instead of shared out: 256 231 205 180 ... 26 1. */
	static const uint32_t limits[] = { 256, 10, 5, 4, 3, 2, 2, 2, 2, 2, 1, 1 };
	struct sim sim;
	int64_t begin_ns;

	(void)state;
	sim_open(&sim, 256, DECIDE_SPREAD, P, .1, 1);
	sim_add_many(&sim, 256, true, P / 256);
	begin_ns = sim.now_ns + 1;
	print_message("peak cycle by cycle, N = 256:");
	for (unsigned cycle = 0; cycle < 12; cycle++) {
		/* The last of a cycle is delayed by the whole cap. */
		int64_t from_ns = begin_ns + cycle * (P + P / 10);
		uint32_t peak;

		sim_run_until(&sim, from_ns + P);
		peak = sim_peak(&sim, from_ns, from_ns + P);
		print_message(" %u", peak);
		assert_true(peak <= limits[cycle]);
	}
	print_message("\n");
	sim_close(&sim);
}

static void steady_peak_is_the_least_possible(void **state)
{
	static const double gaps[] = { .5, .9, 1, 2, 4, 8 };
	static const uint32_t peaks[] = { 1, 1, 1, 2, 4, 8 };

	(void)state;
	print_message("steady peak, N = 64, actions of .5 .9 1 2 4 8 gaps:");
	for (unsigned row = 0; row < 6; row++) {
		struct sim sim;
		int64_t from_ns;
		uint32_t peak;

		sim_open(&sim, 64, DECIDE_SPREAD, P, .1, row + 1);
		sim_add_many(&sim, 64, false, IN_P(gaps[row] / 64));
		sim_run_cycles(&sim, 12);
		from_ns = sim.now_ns;
		sim_run_until(&sim, from_ns + 2 * P);
		peak = sim_peak(&sim, from_ns, sim.now_ns);
		print_message(" %u", peak);
		assert_int_equal(peak, peaks[row]);
		sim_close(&sim);
	}
	print_message("\n");
}

static void joining_one_after_another_is_even_from_the_second_cycle(void **state)
{
	static const uint32_t sizes[] = { 2, 8, 12, 48, 64, 100 };

	(void)state;
	for (unsigned size = 0; size < 6; size++) {
		double error[3];
		struct sim sim;

		sim_open(&sim, sizes[size], DECIDE_SPREAD, P, .1, size + 1);
		for (uint32_t agent = 0; agent < sizes[size]; agent++)
			sim_join(&sim, sim.now_ns + 1 + P / 1000 * agent / sizes[size], P, 0);
		sim_run_until(&sim, sim.now_ns + P / 1000 + 1);
		error[0] = sim_gaps(&sim, false).error;
		for (unsigned cycle = 1; cycle < 3; cycle++) {
			sim_run_cycles(&sim, 1);
			error[cycle] = sim_gaps(&sim, false).error;
		}
		sim_close(&sim);
		print_message("joins, N = %u: gap error as placed %.3f, replanned %.3f %.3f\n",
			      sizes[size], error[0], error[1], error[2]);
		assert_true(error[2] < EVEN);
		if (!(sizes[size] & (sizes[size] - 1)))
			assert_true(error[0] < EVEN);
	}
}

static void crashes_heal_within_the_bound(void **state)
{
	static const double parts[] = { .1, .3, .5 }, medians[] = { 2, 2, 3 };

	(void)state;
	for (unsigned row = 0; row < 3; row++) {
		double cycles[SEEDS], delay = 0, bound = 0;
		struct sim_summary summary;

		for (unsigned seed = 0; seed < SEEDS; seed++) {
			double distance, least, taken = 0;
			struct sim sim;

			sim_open(&sim, 64, DECIDE_SPREAD, P, .1, seed + 1);
			sim_add_many(&sim, 64, false, 0);
			sim_run_cycles(&sim, 4);
			sim_run_until(&sim, sim.now_ns + IN_P(sim_uniform(&sim)));
			sim_kill_part(&sim, parts[row]);
			distance = sim_distance(&sim, &least);
			for (uint32_t agent = 0; agent < 64; agent++)
				sim.agent[agent].delay_all_ns = 0;
			cycles[seed] = sim_cycles_to_even(&sim, EVEN, 12, false);
			for (uint32_t agent = 0; agent < 64; agent++)
				if (sim.agent[agent].alive)
					taken += (double)sim.agent[agent].delay_all_ns / (double)P;
			delay += taken / sim_alive(&sim) / SEEDS;
			bound += least / SEEDS;
			/* One more, since the dead are noticed at their next turn only. */
			assert_true(cycles[seed] <= ceil(distance / .1) + 1);
			sim_close(&sim);
		}
		summary = sim_summary(cycles, SEEDS);
		print_message(
			"crash of %.0f %%, N = 64: %g/%g cycles, delay %.4f turns (least %.4f)\n",
			parts[row] * 100, summary.median, summary.worst, delay, bound);
		assert_true(summary.median <= medians[row]);
		assert_true(delay < bound * 1.1);
	}
}

static void joins_of_a_quarter_heal(void **state)
{
	static const double caps[] = { 1, .1 }, medians[] = { 1, 2 };

	(void)state;
	for (unsigned row = 0; row < 2; row++) {
		double cycles[SEEDS];
		struct sim_summary summary;

		for (unsigned seed = 0; seed < SEEDS; seed++) {
			struct sim sim;

			sim_open(&sim, 80, DECIDE_SPREAD, P, caps[row], seed + 1);
			sim_add_many(&sim, 64, false, 0);
			sim_run_cycles(&sim, 4);
			for (unsigned agent = 0; agent < 16; agent++)
				sim_join(&sim, sim.now_ns + 1 + P / 1000 * agent / 16, P, 0);
			sim_run_until(&sim, sim.now_ns + P / 1000 + 1);
			cycles[seed] = sim_cycles_to_even(&sim, EVEN, 12, false);
			sim_close(&sim);
		}
		summary = sim_summary(cycles, SEEDS);
		print_message("joins of 25 %%, N = 64, cap %g: %g/%g cycles\n", caps[row],
			      summary.median, summary.worst);
		assert_true(summary.worst <= medians[row]);
	}
}

static void stale_reads_do_no_harm(void **state)
{
	/* Up to the slack nobody needs to know; beyond it the lateness covers it. */
	static const double ages[] = { .0009, .01, .1 };

	(void)state;
	for (unsigned row = 0; row < 3; row++) {
		double cycles[SEEDS];
		struct sim_summary summary;

		for (unsigned seed = 0; seed < SEEDS; seed++) {
			struct sim sim;

			sim_open(&sim, 256, DECIDE_SPREAD, P, 1, seed + 1);
			sim.stale_ns = IN_P(ages[row]);
			sim.lateness_ns = row ? sim.stale_ns / 4 : 1;
			sim_add_many(&sim, 256, false, 0);
			cycles[seed] = sim_cycles_to_even(&sim, EVEN, 12, false);
			sim_close(&sim);
		}
		summary = sim_summary(cycles, SEEDS);
		print_message("reads stale by up to %g P, N = 256, no cap: %g/%g cycles\n",
			      ages[row], summary.median, summary.worst);
		assert_true(summary.worst <= 1);
	}
}

static void unequal_periods_keep_the_slowest_ones_pace(void **state)
{
	static const double caps[] = { .05, .11, .16 };

	(void)state;
	for (unsigned row = 0; row < 3; row++) {
		double period, evenness;
		struct sim sim;

		sim_open(&sim, 64, DECIDE_SPREAD, P, caps[row], row + 1);
		for (unsigned agent = 0; agent < 64; agent++) {
			double part = agent ? .95 + .1 * sim_uniform(&sim) : 1.05;

			sim_add(&sim, sim.now_ns + IN_P(sim_uniform(&sim)), IN_P(part), 0);
		}
		sim_run_cycles(&sim, 30);
		period = sim_mean_period(&sim, 50);
		evenness = sim_gaps(&sim, false).evenness;
		sim_close(&sim);
		print_message("periods +-5 %%, cap %g: mean period %.3f, evenness %.2f\n",
			      caps[row], period, evenness);
		if (caps[row] > .1) {
			assert_true(fabs(period - 1.05) < .002);
			assert_true(evenness > .99);
		} else {
			/* Those that could never reach it do not wait for it. */
			assert_true(period < 1.03);
		}
	}
}

static double late_period(enum decide_host host, double late, double told, double *evenness)
{
	struct sim sim;
	double period;

	sim_open(&sim, 64, DECIDE_SPREAD, P, .1, 3);
	sim.parameters.host = host;
	sim.late_mean_ns = late * (double)P / 64;
	sim.lateness_ns = (int64_t)(told * (double)P / 64);
	sim_add_many(&sim, 64, false, 0);
	sim_run_cycles(&sim, 20);
	period = sim_mean_period(&sim, 300);
	*evenness = sim_gaps(&sim, false).evenness;
	sim_close(&sim);
	return (period - 1) * 100;
}

/* Deadband: half a gap of lateness makes one of a whole gap. */
static void lateness_slows_relative_hosts_little(void **state)
{
	static const double late[] = { .06, .19, .64 };
	static const double slower_by_rule[] = { .25, .8, 2 }, slower_by_gap[] = { .15, .45, 2 };

	(void)state;
	for (unsigned row = 0; row < 3; row++) {
		double evenness[4], by_rule, by_gap, none, taken;

		by_rule = late_period(DECIDE_RELATIVE, late[row], 0, &evenness[0]);
		by_gap = late_period(DECIDE_RELATIVE, late[row], .5, &evenness[1]);
		none = late_period(DECIDE_RELATIVE, late[row], 1e-6, &evenness[2]);
		taken = late_period(DECIDE_TAKEN, late[row], 0, &evenness[3]);
		print_message("lateness %.0f %% of a gap: relative %.2f %% slower (evenness %.2f), "
			      "deadband one gap %.2f (%.2f), none %.2f (%.2f); taken %.2f (%.2f)\n",
			      late[row] * 100, by_rule, evenness[0], by_gap, evenness[1], none,
			      evenness[2], taken, evenness[3]);
		assert_true(by_rule <= slower_by_rule[row]);
		assert_true(by_gap <= slower_by_gap[row]);
		assert_true(by_rule < none);
		/* Nothing ratchets where lateness is not carried on. */
		assert_true(taken < .1);
		assert_true(evenness[3] > .97);
	}
}

static void long_actions_do_not_stretch_the_period_of_taken_hosts(void **state)
{
	double period, evenness;
	struct sim sim;

	(void)state;
	sim_open(&sim, 8, DECIDE_SPREAD, P, .1, 1);
	sim.late_mean_ns = .19 * (double)P / 8;
	sim_add_many(&sim, 8, false, P / 16);
	sim_run_cycles(&sim, 10);
	period = sim_mean_period(&sim, 100);
	evenness = sim_gaps(&sim, true).evenness;
	sim_close(&sim);
	print_message(
		"taken, N = 8, duty 50 %%, lateness 19 %% of a gap: period %.4f, evenness %.3f\n",
		period, evenness);
	assert_true(fabs(period - 1) < .002);
	assert_true(evenness > .99);
}

/* An action that takes as long as the cap, or longer, is no reason to stay together: the cap counts from where a host sleeps. */
static void relative_hosts_with_long_actions_come_apart(void **state)
{
	static const double duties[] = { .06, .3, .5, .8, .9 };

	(void)state;
	for (unsigned row = 0; row < 5; row++) {
		uint32_t cycles;
		struct sim sim;

		sim_open(&sim, 8, DECIDE_SPREAD, P, .1, 1);
		sim.parameters.host = DECIDE_RELATIVE;
		sim_add_many(&sim, 8, true, IN_P(duties[row] / 8));
		for (cycles = 0; cycles < 60 && sim_gaps(&sim, false).evenness < .99; cycles++)
			sim_run_cycles(&sim, 1);
		sim_close(&sim);
		print_message("relative, N = 8, all together, duty %.0f %%: even after %u cycles\n",
			      duties[row] * 100, cycles);
		assert_true(cycles <= 12);
	}
}

/* Agents whose actions are log-normal and sum to that part of the period. */
static void add_lognormal(struct sim *sim, uint32_t agents, double sum)
{
	double work[256], all = 0;

	for (uint32_t agent = 0; agent < agents; agent++)
		all += work[agent] = exp(sim_normal(sim));
	for (uint32_t agent = 0; agent < agents; agent++)
		sim_add(sim, sim->now_ns + IN_P(sim_uniform(sim)), P,
			(int64_t)(work[agent] / all * sum * (double)P));
}

/* The largest and smallest gap as multiples of 1/N, and the peak, when settled. */
static uint32_t settled_peak(uint32_t agents, double sum, double jitter, uint64_t seed,
			     struct sim_gaps *gaps, double *evenness)
{
	struct sim sim;
	int64_t from_ns;
	uint32_t peak;

	sim_open(&sim, agents, DECIDE_SPREAD, P, .1, seed);
	sim.work_jitter = jitter;
	add_lognormal(&sim, agents, sum);
	sim_run_cycles(&sim, 16);
	from_ns = sim.now_ns;
	sim_run_until(&sim, from_ns + 3 * P);
	peak = sim_peak(&sim, from_ns, sim.now_ns);
	*gaps = sim_gaps(&sim, false);
	*evenness = sim_gaps(&sim, true).evenness;
	sim_close(&sim);
	return peak;
}

static void actions_that_fit_do_not_overlap(void **state)
{
	/* At a sum of 1 there is no ns to spare for rounding. */
	static const double sums[] = { .06, .5, .9, .99999 };
	static const uint32_t sizes[] = { 8, 64 };

	(void)state;
	for (unsigned row = 0; row < 8; row++) {
		const uint32_t agents = sizes[row / 4];
		double evenness, least = 1e9, most = 0;
		uint32_t peak = 0, jittered = 0;

		for (unsigned seed = 1; seed <= 5; seed++) {
			struct sim_gaps gaps, ignored;
			uint32_t one =
				settled_peak(agents, sums[row % 4], 0, seed, &gaps, &evenness);

			assert_true(evenness > .99);
			least = fmin(least, gaps.least);
			most = fmax(most, gaps.most);
			peak = one > peak ? one : peak;
			one = settled_peak(agents, sums[row % 4], .3, seed, &ignored, &evenness);
			jittered = one > jittered ? one : jittered;
		}
		print_message(
			"log-normal actions, N = %u, sum %.2f: peak %u, gaps %.2f .. %.2f of 1/N; "
			"varying by 30 %%: peak %u\n",
			agents, sums[row % 4], peak, least, most, jittered);
		assert_int_equal(peak, 1);
		assert_true(jittered <= (row % 4 < 1 ? 1 : row % 4 < 2 ? 2 : 3));
		/* Equal shares of the idle time keep short actions' gaps close to equal. */
		assert_true(least >= 1 - sums[row % 4] - 1e-6);
	}
}

static void more_than_fits_overlaps_little(void **state)
{
	static const double sums[] = { .5, .9, .99999, 2, 4, 8 };
	/* Purely in proportion to own durations: 1 1 1 5 9 15; random offsets: 4 5 5 8 11 16. */
	static const uint32_t limits[] = { 1, 1, 1, 5, 10, 16 };

	(void)state;
	print_message("log-normal actions, N = 256, sums .5 .9 1 2 4 8: peaks");
	for (unsigned row = 0; row < 6; row++) {
		struct sim_gaps gaps;
		double evenness;
		uint32_t peak = settled_peak(256, sums[row], 0, 1, &gaps, &evenness);

		print_message(" %u", peak);
		assert_true(peak <= limits[row]);
	}
	print_message("\n");
}

static unsigned absurdity;

/* A slot that says what cannot be, anew each time that somebody looks. */
static void meddle(struct sim *sim)
{
	struct peer *slot = sim->slots + 63;
	const int64_t now_ns = sim->now_ns;

	*slot = (struct peer){ .cur_ns = now_ns - P / 2,
			       .next_ns = now_ns + P / 2,
			       .period_ns = P };
	slot->index = 63;
	switch (absurdity) {
	case 0:
		slot->next_ns = now_ns + 2 * P;
		break;
	case 1:
		slot->next_ns = INT64_MAX;
		break;
	case 2:
		slot->period_ns = 2 * P;
		break;
	case 3:
		slot->work_ns = 2 * P;
		break;
	case 4:
		slot->cur_ns = now_ns + P / 2;
		slot->next_ns = now_ns + P;
		break;
	case 5:
		slot->period_ns = 1;
		break;
	case 6:
		slot->cur_ns = slot->next_ns;
		break;
	default: /* just plausible: always as far ahead as an honest one may ever be */
		slot->cur_ns = now_ns - 1;
		slot->next_ns = now_ns + P + P / 10;
	}
}

static void one_absurd_slot_moves_nobody(void **state)
{
	(void)state;
	for (absurdity = 0; absurdity < 7; absurdity++) {
		double period, evenness;
		struct sim sim;

		sim_open(&sim, 64, DECIDE_SPREAD, P, .1, absurdity + 1);
		sim_add_many(&sim, 63, false, 0);
		sim.agent[sim.agents].acts = false;
		sim.agent[sim.agents++].alive = true;
		sim.meddle = meddle;
		sim_run_cycles(&sim, 10);
		assert_int_equal(sim.last.counted, 63);
		period = sim_mean_period(&sim, 50);
		evenness = sim_gaps(&sim, false).evenness;
		sim_close(&sim);
		print_message("absurd slot %u: period %.4f, evenness %.3f\n", absurdity, period,
			      evenness);
		assert_true(period < 1.001);
		assert_true(evenness >= .95);
	}
}

/* Who may write slots can make everybody wait, but for no longer than each accepts. */
static void a_plausible_liar_costs_at_most_the_cap(void **state)
{
	double period, evenness;
	struct sim sim;

	(void)state;
	absurdity = 7;
	sim_open(&sim, 64, DECIDE_SPREAD, P, .1, 1);
	sim_add_many(&sim, 63, false, 0);
	sim.agent[sim.agents].acts = false;
	sim.agent[sim.agents++].alive = true;
	sim.meddle = meddle;
	sim_run_cycles(&sim, 10);
	assert_int_equal(sim.last.counted, 64);
	period = sim_mean_period(&sim, 50);
	evenness = sim_gaps(&sim, false).evenness;
	sim_close(&sim);
	print_message("plausible liar: period %.4f, evenness %.3f\n", period, evenness);
	assert_true(period <= 1.1 + 5e-3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_cycle_is_enough_without_a_cap),
		cmocka_unit_test(one_cycle_is_enough_for_ten_thousand),
		cmocka_unit_test(cap_of_a_tenth_takes_a_few_cycles),
		cmocka_unit_test(cycles_and_delay_match_the_bounds),
		cmocka_unit_test(all_together_takes_as_many_cycles_as_the_cap_forces),
		cmocka_unit_test(peak_falls_cycle_by_cycle),
		cmocka_unit_test(steady_peak_is_the_least_possible),
		cmocka_unit_test(joining_one_after_another_is_even_from_the_second_cycle),
		cmocka_unit_test(crashes_heal_within_the_bound),
		cmocka_unit_test(joins_of_a_quarter_heal),
		cmocka_unit_test(stale_reads_do_no_harm),
		cmocka_unit_test(unequal_periods_keep_the_slowest_ones_pace),
		cmocka_unit_test(lateness_slows_relative_hosts_little),
		cmocka_unit_test(long_actions_do_not_stretch_the_period_of_taken_hosts),
		cmocka_unit_test(relative_hosts_with_long_actions_come_apart),
		cmocka_unit_test(actions_that_fit_do_not_overlap),
		cmocka_unit_test(more_than_fits_overlaps_little),
		cmocka_unit_test(one_absurd_slot_moves_nobody),
		cmocka_unit_test(a_plausible_liar_costs_at_most_the_cap),
	};

	return cmocka_run_group_tests_name("virtual spread", tests, NULL, NULL);
}
