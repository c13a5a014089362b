/* SPDX-License-Identifier: MIT */
/* test_energy.c - energy is spent in proportion, recovers in 20 periods, and never goes below nothing. */
#include "unit.h"
#include "energy.h"

#define PERIOD INT64_C(1000000000)

static void a_move_costs_its_share_of_a_turn(void **state)
{
	uint32_t energy = ENERGY_FULL;

	(void)state;
	assert_true(energy_spend(&energy, 40, PERIOD / 10, PERIOD) == PERIOD / 10);
	assert_int_equal(energy, ENERGY_FULL - 4 * 512);
	assert_true(energy_spend(&energy, 40, 0, PERIOD) == 0);
	assert_true(energy_spend(&energy, 40, -5, PERIOD) == 0);
	assert_int_equal(energy, ENERGY_FULL - 4 * 512);
}

static void what_cannot_be_paid_is_not_moved(void **state)
{
	uint32_t energy = 20 * 512;

	(void)state;
	assert_true(energy_spend(&energy, 40, PERIOD, PERIOD) == PERIOD / 2);
	assert_int_equal(energy, 0);
	assert_true(energy_spend(&energy, 40, PERIOD, PERIOD) == 0);
}

static void it_is_full_again_in_twenty_periods(void **state)
{
	uint32_t energy = 0;

	(void)state;
	for (int i = 0; i < 19; i++)
		energy = energy_recover(energy, PERIOD, PERIOD);
	assert_true(energy < ENERGY_FULL);
	assert_int_equal(energy_recover(energy, PERIOD, PERIOD), ENERGY_FULL);
	assert_int_equal(energy_recover(0, INT64_MAX, 1), ENERGY_FULL);
	assert_int_equal(energy_recover(7, -5, PERIOD), 7);
}

/* spent + level - recovered = 100, over any history: here in a book of its own, of what the rules say each turn is worth. */
static void the_account_balances(void **state)
{
	uint64_t seed = 5;
	uint32_t energy = ENERGY_FULL, poor = 0;
	int64_t spent = 0, recovered = 0;

	(void)state;
	for (int turn = 0; turn < 10000; turn++) {
		int64_t elapsed_ns = (int64_t)(next_random(&seed) % (2 * PERIOD));
		int64_t move_ns = (int64_t)(next_random(&seed) % PERIOD), moved_ns;
		int64_t gain = elapsed_ns * ENERGY_FULL / (20 * PERIOD);
		int64_t level = ENERGY_FULL + recovered - spent, price;

		recovered += gain < ENERGY_FULL - level ? gain : ENERGY_FULL - level;
		level = ENERGY_FULL + recovered - spent;
		energy = energy_recover(energy, elapsed_ns, PERIOD);
		assert_int_equal(energy, level);
		price = move_ns * 40 * 512 / PERIOD;
		spent += price < level ? price : level;
		moved_ns = energy_spend(&energy, 40, move_ns, PERIOD);
		assert_int_equal(energy, ENERGY_FULL + recovered - spent);
		poor += price > level;
		/* a share of what was wished: as much as there was energy for, to a grain of the account */
		if (price > level)
			assert_true(llabs(moved_ns - PERIOD / 40 * level / 512) <= PERIOD / 20480);
		else
			assert_true(moved_ns == move_ns);
	}
	assert_true(poor > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_move_costs_its_share_of_a_turn),
		cmocka_unit_test(what_cannot_be_paid_is_not_moved),
		cmocka_unit_test(it_is_full_again_in_twenty_periods),
		cmocka_unit_test(the_account_balances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
