/* SPDX-License-Identifier: MIT */
/* test_postgres.c - of the PostgreSQL extension what needs no server: which settings go together, and how early to ask. */
#include "unit.h"

#include "fits.h"
#include "lead.h"

#define S_US INT64_C(1000000)

/* ---- fits --------------------------------------------------------------------------------- */

static struct fits_values values(int64_t period_s, int64_t timeout_s, uint32_t percent)
{
	return (struct fits_values){ .period_ms = period_s * 1000,
				     .delay_ms = period_s * 100,
				     .timeout_ms = timeout_s * 1000,
				     .target_ppm = percent * 10000 };
}

static enum fits check(int64_t period_s, int64_t timeout_s, uint32_t percent)
{
	struct fits_values one = values(period_s, timeout_s, percent);

	return fits_check(&one);
}

static void the_manual_s_example_fits_and_the_server_s_default_does_not(void **state)
{
	(void)state;
	assert_int_equal(check(240, 300, 70), FITS);
	assert_int_equal(check(240, 300, 90), FITS_NOT_TARGET);
	assert_int_equal(check(300, 300, 50), FITS_NOT_PERIOD);
	assert_int_equal(check(24, 30, 60), FITS);
}

static void what_is_just_equal_does_not_fit(void **state)
{
	(void)state;
	assert_int_equal(check(100, 110, 10), FITS_NOT_PERIOD);
	assert_int_equal(check(100, 111, 10), FITS);
	assert_int_equal(check(100, 120, 75), FITS_NOT_TARGET);
	assert_int_equal(check(100, 120, 74), FITS);
}

static void what_is_suggested_fits(void **state)
{
	int64_t period_s;
	uint32_t percent;

	(void)state;
	for (int64_t timeout_s = 30; timeout_s <= 86400; timeout_s += timeout_s / 7 + 1)
		for (int64_t period_s0 = 1; period_s0 <= 86400; period_s0 += period_s0 / 3 + 1) {
			struct fits_values one = values(period_s0, timeout_s, 90);

			fits_suggest(&one, &period_s, &percent);
			assert_int_equal(check(period_s, timeout_s, percent), FITS);
			assert_in_range(period_s, timeout_s * 3 / 4, timeout_s);
			assert_in_range(percent, 50, 85);
		}
}

static void five_minutes_suggest_four(void **state)
{
	struct fits_values one = values(240, 300, 90);
	int64_t period_s;
	uint32_t percent;

	(void)state;
	fits_suggest(&one, &period_s, &percent);
	assert_int_equal(period_s, 240);
	assert_int_equal(percent, 70);
}

/* ---- lead ---------------------------------------------------------------------------------- */

/* The checkpointer: writes until `spread` after the whole second in which it began, then syncs. */
static int64_t synced(int64_t started_us, int64_t spread_us)
{
	int64_t end_us = started_us - started_us % S_US + spread_us;

	return end_us > started_us ? end_us : started_us;
}

/* Ask for `turns` turns, `period` apart; returns how far the last sync was from its turn. */
static int64_t off_by(struct lead *lead, int64_t turn_us, int64_t period_us, int turns,
		      int64_t spread_us)
{
	int64_t off_us = 0;

	for (int i = 0; i < turns; i++, turn_us += period_us) {
		int64_t asked_us = lead_ask_us(lead, turn_us, INT64_MAX),
			started_us = asked_us + 1000;
		int64_t sync_us = synced(started_us, spread_us);

		lead_learn(lead, asked_us, started_us, sync_us);
		off_us = sync_us - turn_us;
	}
	return off_us;
}

static void a_sync_is_within_half_a_second_of_its_turn_wherever_that_is(void **state)
{
	(void)state;
	for (int64_t at_us = 0; at_us < S_US; at_us += 7919) {
		struct lead lead = { 0 };
		int64_t off_us;

		lead_spread(&lead, 18 * S_US + 300000);
		off_us = off_by(&lead, 100 * S_US + at_us, 24 * S_US, 8, 18 * S_US + 300000);
		assert_in_range(off_us + 650000, 0, 1300000);
	}
}

static void it_does_not_swing_between_two_seconds(void **state)
{
	struct lead lead = { 0 };
	int64_t first_us;

	(void)state;
	lead_spread(&lead, 2 * S_US);
	first_us = off_by(&lead, 100 * S_US + S_US / 2, 8 * S_US, 1, 2 * S_US);
	for (int i = 1; i < 50; i++) {
		int64_t noise_us = (i % 3 - 1) * 50000;
		int64_t turn_us = 100 * S_US + S_US / 2 + i * 8 * S_US;
		int64_t asked_us = lead_ask_us(&lead, turn_us, INT64_MAX);
		int64_t sync_us = synced(asked_us, 2 * S_US + noise_us);

		lead_learn(&lead, asked_us, asked_us, sync_us);
		assert_in_range(sync_us - turn_us - first_us + 100000, 0, 200000);
	}
}

static void short_writes_are_asked_for_to_the_microsecond(void **state)
{
	struct lead lead = { 0 };

	(void)state;
	lead_spread(&lead, S_US / 2);
	for (int i = 0; i < 20; i++) {
		int64_t asked_us = lead_ask_us(&lead, 100 * S_US + 123456 + i * S_US, INT64_MAX);

		lead_learn(&lead, asked_us, asked_us + 10, asked_us + 30000);
	}
	assert_int_equal(lead_expected_us(&lead), 30000);
	assert_int_equal(lead_ask_us(&lead, 200 * S_US + 123456, INT64_MAX), 200 * S_US + 93456);
}

static void one_that_had_little_to_write_says_nothing_about_the_next(void **state)
{
	struct lead lead = { 0 };

	(void)state;
	lead_spread(&lead, 168 * S_US);
	assert_int_equal(lead_expected_us(&lead), 168 * S_US);
	lead_learn(&lead, 0, 0, 3 * S_US);
	assert_int_equal(lead_expected_us(&lead), 168 * S_US);
	lead_learn(&lead, 0, 0, 4 * S_US);
	assert_int_equal(lead_expected_us(&lead), 4 * S_US);
	lead_learn(&lead, 0, 0, 160 * S_US);
	assert_int_equal(lead_expected_us(&lead), 160 * S_US);
	lead_spread(&lead, 168 * S_US);
	assert_int_equal(lead_expected_us(&lead), 160 * S_US);
	lead_spread(&lead, 30 * S_US);
	assert_int_equal(lead_expected_us(&lead), 30 * S_US);
}

static void it_is_never_asked_later_than_it_may(void **state)
{
	struct lead lead = { 0 };

	(void)state;
	lead_spread(&lead, S_US / 2);
	assert_int_equal(lead_ask_us(&lead, 100 * S_US, 90 * S_US + 1), 90 * S_US + 1);
	lead_spread(&lead, 2 * S_US);
	assert_in_range(lead_ask_us(&lead, 100 * S_US, 90 * S_US + 5), 90 * S_US,
			90 * S_US + S_US / 10);
	assert_in_range(lead_ask_us(&lead, 100 * S_US, 99 * S_US), 98 * S_US,
			98 * S_US + S_US / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manual_s_example_fits_and_the_server_s_default_does_not),
		cmocka_unit_test(what_is_just_equal_does_not_fit),
		cmocka_unit_test(what_is_suggested_fits),
		cmocka_unit_test(five_minutes_suggest_four),
		cmocka_unit_test(a_sync_is_within_half_a_second_of_its_turn_wherever_that_is),
		cmocka_unit_test(it_does_not_swing_between_two_seconds),
		cmocka_unit_test(short_writes_are_asked_for_to_the_microsecond),
		cmocka_unit_test(one_that_had_little_to_write_says_nothing_about_the_next),
		cmocka_unit_test(it_is_never_asked_later_than_it_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
