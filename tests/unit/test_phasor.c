/* SPDX-License-Identifier: MIT */
/* test_phasor.c - phasors of binary angles and their sums against long double. */
#include "unit.h"
#include <math.h>
#include "phasor.h"

#define PI 3.14159265358979323846264338327950288L

static long double turns(uint32_t angle)
{
	return (long double)angle / 4294967296.0L;
}

static void assert_phasor(uint32_t angle)
{
	struct phasor have = phasor_of(angle);
	long double off = hypotl((long double)have.re / PHASOR_ONE - cosl(2 * PI * turns(angle)),
				 (long double)have.im / PHASOR_ONE - sinl(2 * PI * turns(angle)));

	if (off > 4e-7L)
		fail_msg("phasor of %#x is off by %Lg", angle, off);
}

static void phasors_are_precise_everywhere(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (uint32_t row = 0; row < 1024; row++)
		for (int32_t near = -3; near <= 3; near++)
			assert_phasor((row << 22) + (uint32_t)near);
	for (int i = 0; i < 500000; i++)
		assert_phasor((uint32_t)next_random(&seed));
	assert_int_equal(phasor_of(0).re, PHASOR_ONE);
	assert_int_equal(phasor_of(0x40000000).im, PHASOR_ONE);
	assert_int_equal(phasor_of(0x80000000).re, -PHASOR_ONE);
}

static void assert_sums(const struct phasor_sum *sum, const uint32_t *angles, uint32_t count)
{
	for (unsigned m = 1; m <= 4; m++) {
		long double re = 0, im = 0, order;

		for (uint32_t i = 0; i < count; i++) {
			re += cosl(2 * PI * turns(angles[i] * m));
			im += sinl(2 * PI * turns(angles[i] * m));
		}
		order = count ? hypotl(re, im) / count : 0;
		if (fabsl(phasor_order(sum, m) - order) > 2e-6L)
			fail_msg("%u angles: R%u %.9f is not %.9Lf", count, m, phasor_order(sum, m),
				 order);
		if (fabsl(phasor_order_ppm(sum, m) - order * 1e6L) > 2.6L)
			fail_msg("%u angles: R%u %u ppm is not %.9Lf", count, m,
				 phasor_order_ppm(sum, m), order);
		if (fabsl((long double)sum->re[m - 1] / PHASOR_ONE - re) > 2e-6L * count ||
		    fabsl((long double)sum->im[m - 1] / PHASOR_ONE - im) > 2e-6L * count)
			fail_msg("%u angles: the sum for m = %u is off", count, m);
	}
	assert_int_equal(sum->count, count);
}

static void check_both(const uint32_t *angles, uint32_t count)
{
	static struct phasor_rows rows;
	struct phasor_sum one_by_one = { 0 }, by_rows;

	memset(&rows, 0, sizeof(rows));
	for (uint32_t i = 0; i < count; i++) {
		phasor_add(&one_by_one, angles[i]);
		phasor_rows_add(&rows, angles[i]);
	}
	by_rows = phasor_rows_sum(&rows);
	assert_sums(&one_by_one, angles, count);
	assert_sums(&by_rows, angles, count);
}

static void sums_are_those_of_the_definition(void **state)
{
	static uint32_t angles[65536];
	static const uint32_t sizes[] = { 0, 1, 2, 3, 5, 64, 255, 2000 };
	static const uint32_t widths[] = { 0, 1, 1 << 8, 1 << 20, 1 << 24, 1 << 30, UINT32_MAX };
	uint64_t seed = 5;

	(void)state;
	for (int round = 0; round < 40; round++)
		for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
			for (unsigned w = 0; w < sizeof(widths) / sizeof(widths[0]); w++) {
				uint32_t start = round ? (uint32_t)next_random(&seed) : -1u;

				for (uint32_t i = 0; i < sizes[s]; i++)
					angles[i] = start + (uint32_t)(next_random(&seed) %
								       (widths[w] + UINT64_C(1)));
				check_both(angles, sizes[s]);
			}
	for (uint32_t i = 0; i < 65536; i++)
		angles[i] = 0x7fffff; /* the largest that a row may hold */
	check_both(angles, 65536);
	for (uint32_t i = 0; i < 65536; i++)
		angles[i] = i * 65536u;
	check_both(angles, 65536);
}

static void places_of_one_order_are_summed_as_closely(void **state)
{
	static int64_t places_ns[65535];
	static const int64_t periods_ns[] = { 100000, 999999937, 5000000000, INT64_C(1) << 47 };
	static const uint32_t sizes[] = { 0, 1, 2, 7, 63, 64, 2000, 65535 };
	uint64_t seed = 17;

	(void)state;
	for (int round = 0; round < 160; round++) {
		const int64_t period_ns = periods_ns[round % 4];
		const uint32_t count = sizes[next_random(&seed) % 8];
		const uint32_t m = 1 + (uint32_t)(next_random(&seed) % 4);
		const uint64_t width = (uint64_t)period_ns / (round % 3 ? 1 : 30);
		long double re = 1, im = 0, order;

		for (uint32_t i = 0; i < count; i++) {
			long double turns;

			places_ns[i] = (int64_t)(next_random(&seed) % width) -
				       (int64_t)(next_random(&seed) % 2) * period_ns;
			turns = (long double)places_ns[i] / (long double)period_ns;
			re += cosl(2 * PI * m * turns);
			im += sinl(2 * PI * m * turns);
		}
		order = hypotl(re, im) / (count + 1);
		if (fabsl(phasor_places_ppm(places_ns, count, period_ns, m) - order * 1e6L) > 1)
			fail_msg("%u places: R%u %u ppm is not %.9Lf", count, m,
				 phasor_places_ppm(places_ns, count, period_ns, m), order);
	}
}

static void roots_are_whole_and_not_above(void **state)
{
	uint64_t seed = 9;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t square = next_random(&seed) >> next_random(&seed) % 64;
		uint64_t root = phasor_root(square);

		assert_true(root * root <= square);
		assert_true(root == UINT32_MAX || (root + 1) * (root + 1) > square);
	}
	assert_int_equal(phasor_root(UINT64_MAX), UINT32_MAX);
}

static void angles_of_instants_are_close_and_periodic(void **state)
{
	uint64_t seed = 13;

	(void)state;
	for (int i = 0; i < 500000; i++) {
		int64_t period_ns =
			1 + (int64_t)(next_random(&seed) >> (1 + next_random(&seed) % 63));
		int64_t instant_ns = (int64_t)next_random(&seed) >> next_random(&seed) % 63;
		const struct phasor_period period = phasor_period_make(period_ns);
		int64_t rest_ns = instant_ns % period_ns;
		uint32_t angle = phasor_angle(&period, instant_ns);
		long double want, off;

		rest_ns += rest_ns < 0 ? period_ns : 0;
		want = (long double)rest_ns / (long double)period_ns * 4294967296.0L;
		off = want - (long double)angle;
		if (off < 0 ? off < -8 : off > 8)
			fail_msg("%lld of %lld: %u is not %.2Lf", (long long)instant_ns,
				 (long long)period_ns, angle, want);
		assert_int_equal(phasor_angle(&period, rest_ns), angle);
		assert_int_equal(phasor_angle(&period, rest_ns - period_ns), angle);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phasors_are_precise_everywhere),
		cmocka_unit_test(sums_are_those_of_the_definition),
		cmocka_unit_test(places_of_one_order_are_summed_as_closely),
		cmocka_unit_test(roots_are_whole_and_not_above),
		cmocka_unit_test(angles_of_instants_are_close_and_periodic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
