/* SPDX-License-Identifier: MIT */
/*
 * test_order.c - the distances and gaps that order.c finds without sorting are those that sorting finds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "strategy/circle.h"
#include "strategy/order.h"

#define AGENTS_MOST 300
#define CASES 20000

typedef __int128 wide;

static uint64_t random_state;

static uint64_t draw(uint64_t below)
{
	uint64_t mix = random_state += UINT64_C(0x9e3779b97f4a7c15);

	mix = (mix ^ mix >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mix = (mix ^ mix >> 27) * UINT64_C(0x94d049bb133111eb);
	return (mix ^ mix >> 31) % below;
}

struct sample {
	int64_t offset_ns, work_ns;
	uint32_t index;
};

struct swarm {
	struct sample others[AGENTS_MOST];
	uint32_t count; /* others */
	int64_t period_ns, reach_ns, work_ns, work_least_ns;
	uint64_t work_all_ns;
	bool equal; /* all works are */
};

static int by_offset(const void *a, const void *b)
{
	const struct sample *left = a, *right = b;

	if (left->offset_ns != right->offset_ns)
		return left->offset_ns < right->offset_ns ? -1 : 1;
	return (left->index > right->index) - (left->index < right->index);
}

/* How offsets lie: anywhere, over more than a turn, on few instants (ties), all together, in one narrow bunch. */
static int64_t draw_offset(const struct swarm *swarm, unsigned shape)
{
	uint64_t reach = (uint64_t)swarm->reach_ns;

	switch (shape) {
	case 0:
		return (int64_t)draw((uint64_t)swarm->period_ns + 1);
	case 1:
		return (int64_t)draw(reach + 1);
	case 2:
		return (int64_t)(draw(8) * (reach / 8));
	case 3:
		return swarm->reach_ns;
	default:
		return (int64_t)(reach / 2 + draw(1000));
	}
}

static void swarm_draw(struct swarm *swarm)
{
	static const int64_t periods_ns[] = { 100000, 1000003, 5000000000, INT64_C(1) << 46 };
	static const unsigned duties[] = { 0, 0, 6, 50, 74, 76, 100, 200 };
	unsigned shape = (unsigned)draw(5), duty = duties[draw(8)];
	uint32_t first = (uint32_t)draw(1000);

	swarm->count = (uint32_t)draw(AGENTS_MOST);
	swarm->period_ns = periods_ns[draw(4)];
	swarm->reach_ns = swarm->period_ns * (int64_t)(10 + draw(draw(4) ? 8 : 30)) / 10;
	swarm->work_ns = 0;
	swarm->work_all_ns = 0;
	swarm->work_least_ns = INT64_MAX;
	swarm->equal = draw(3) == 0;
	for (uint32_t other = 0; other <= swarm->count; other++) {
		uint64_t mean = (uint64_t)swarm->period_ns * duty / 100 / (swarm->count + 1);
		int64_t work_ns = swarm->equal ? (int64_t)mean : (int64_t)draw(2 * mean + 1);

		if (work_ns < swarm->work_least_ns)
			swarm->work_least_ns = work_ns;
		swarm->work_all_ns += (uint64_t)work_ns;
		if (other == swarm->count)
			swarm->work_ns = work_ns;
		else
			swarm->others[other] = (struct sample){ draw_offset(swarm, shape), work_ns,
								first + other };
	}
	for (uint32_t left = swarm->count; left > 1; left--) {
		uint32_t other = (uint32_t)draw(left);
		struct sample swapped = swarm->others[other];

		swarm->others[other] = swarm->others[left - 1];
		swarm->others[left - 1] = swapped;
	}
}

/* By the book: sorted, with exact fractions. All in units of 1 / `units` ns. */
static wide reference(const struct swarm *swarm, wide *hi, wide *lo)
{
	struct sample sorted[AGENTS_MOST];
	const wide agents = swarm->count + 1, all = swarm->work_all_ns, period = swarm->period_ns;
	const wide units = all > period ? all : agents;
	wide works = swarm->work_ns;

	memcpy(sorted, swarm->others, swarm->count * sizeof(*sorted));
	qsort(sorted, swarm->count, sizeof(*sorted), by_offset);
	*hi = *lo = 0;
	for (uint32_t rank = 0; rank < swarm->count; rank++) {
		wide wanted = all > period ? works * period
					   : works * agents + (rank + 1) * (period - all);
		wide ahead = sorted[rank].offset_ns * units - wanted;

		*hi = ahead > *hi ? ahead : *hi;
		*lo = -ahead > *lo ? -ahead : *lo;
		works += sorted[rank].work_ns;
	}
	return units;
}

static void distance(const struct swarm *swarm, void *scratch, bool sorted, struct order *order,
		     int64_t *hi_ns, int64_t *lo_ns)
{
	order_open(order, scratch, swarm->count, swarm->count + 1, swarm->period_ns,
		   swarm->work_all_ns, swarm->work_least_ns, swarm->reach_ns, swarm->count + 1000);
	if (sorted && !order->sorted) {
		order->sorted = true;
		order->used = 0;
	}
	for (uint32_t other = 0; other < swarm->count; other++)
		order_add(order, swarm->others[other].offset_ns, swarm->others[other].work_ns,
			  swarm->others[other].index);
	order_distance(order, swarm->work_ns, hi_ns, lo_ns);
}

static void distances_are_those_of_sorting(void **state)
{
	unsigned by_buckets = 0;

	(void)state;
	random_state = 1;
	for (unsigned number = 0; number < CASES; number++) {
		struct swarm swarm;
		struct order order;
		int64_t hi_ns, lo_ns, hi_sorted_ns, lo_sorted_ns;
		wide hi, lo, units;
		void *scratch;

		swarm_draw(&swarm);
		scratch = malloc(order_scratch_size(swarm.count));
		distance(&swarm, scratch, true, &order, &hi_sorted_ns, &lo_sorted_ns);
		distance(&swarm, scratch, false, &order, &hi_ns, &lo_ns);
		free(scratch);
		by_buckets += !order.sorted;
		assert_int_equal(hi_ns, hi_sorted_ns);
		assert_int_equal(lo_ns, lo_sorted_ns);
		/* Ticks are rounded down: over N shares this is less than a ns. */
		units = reference(&swarm, &hi, &lo);
		assert_in_range(hi_ns - (int64_t)(hi / units) + 1, 0, 2);
		assert_in_range(lo_ns - (int64_t)((lo + units - 1) / units) + 1, 0, 2);
	}
	/* Both ways were taken often. */
	assert_in_range(by_buckets, CASES / 4, CASES * 3 / 4);
}

/* The largest gap as a multiple of the wanted one, by sorting; what lies beyond the period does so at its end. */
static double largest_gap(const struct swarm *swarm)
{
	struct sample sorted[AGENTS_MOST + 1];
	const double all = (double)swarm->work_all_ns, period = (double)swarm->period_ns;
	double largest = 1, here = 0, work = (double)swarm->work_ns;

	memcpy(sorted, swarm->others, swarm->count * sizeof(*sorted));
	qsort(sorted, swarm->count, sizeof(*sorted), by_offset);
	sorted[swarm->count] = (struct sample){ .offset_ns = swarm->period_ns };
	for (uint32_t rank = 0; rank <= swarm->count; rank++) {
		double at = (double)sorted[rank].offset_ns;
		double wanted = all > period ? work * period / all
					     : work + (period - all) / (swarm->count + 1);

		at = at > period ? period : at;
		if (at - here > largest * wanted)
			largest = (at - here) / wanted;
		here = at;
		work = (double)sorted[rank].work_ns;
	}
	return largest;
}

static void evenness_is_that_of_sorting(void **state)
{
	unsigned even = 0, quick = 0;

	(void)state;
	random_state = 3;
	for (unsigned number = 0; number < CASES; number++) {
		struct swarm swarm;
		struct order order;
		int64_t hi_ns, lo_ns;
		uint32_t by_order, by_sorting;
		double expected;
		void *scratch;

		swarm_draw(&swarm);
		/* Ticks are no finer than 1/65536 ns: of shorter gaps nothing can be said to the millionth. */
		if (swarm.period_ns < 1000000)
			continue;
		expected = 1e6 / largest_gap(&swarm);
		scratch = malloc(order_scratch_size(swarm.count));
		distance(&swarm, scratch, false, &order, &hi_ns, &lo_ns);
		by_order = order_evenness_ppm(&order, swarm.work_ns, swarm.equal);
		distance(&swarm, scratch, true, &order, &hi_ns, &lo_ns);
		by_sorting = order_evenness_ppm(&order, swarm.work_ns, swarm.equal);
		free(scratch);
		assert_true(by_order + 3 >= expected && by_order <= expected + 3);
		assert_true(by_sorting + 3 >= expected && by_sorting <= expected + 3);
		even += expected > 300000;
		quick += swarm.equal && swarm.reach_ns <= swarm.period_ns;
	}
	assert_in_range(even, CASES / 100, CASES);
	assert_in_range(quick, CASES / 100, CASES);
}

static void narrow_gaps_are_sorted(void **state)
{
	struct order order;
	void *scratch = malloc(order_scratch_size(10));

	(void)state;
	order_open(&order, scratch, 10, 11, 1000000, 740000, 0, 1000000, 10);
	assert_false(order.sorted);
	order_open(&order, scratch, 10, 11, 1000000, 760000, 0, 1000000, 10);
	assert_true(order.sorted);
	order_open(&order, scratch, 10, 11, 1000000, 0, 0, 1000000, ORDER_INDEX_END);
	assert_true(order.sorted);
	order_open(&order, scratch, 10, 11, 1000000, 0, 0, 100000000, 10);
	assert_true(order.sorted);
	free(scratch);
}

static int by_entry(const void *a, const void *b)
{
	const struct order_entry *left = a, *right = b;

	if (left->offset_ns != right->offset_ns)
		return left->offset_ns < right->offset_ns ? -1 : 1;
	return (left->index > right->index) - (left->index < right->index);
}

static void sorting_sorts(void **state)
{
	enum { MOST = 2000 };
	static struct order_entry entries[MOST], expected[MOST];
	void *spare = malloc(MOST * ORDER_SPARE);

	(void)state;
	random_state = 2;
	for (unsigned number = 0; number < 600; number++) {
		uint32_t count = (uint32_t)draw(number % 2 ? MOST : 40);
		int64_t reach_ns = (int64_t)(draw(3) ? UINT64_C(1) << draw(50) : draw(3));
		/* One far away leaves all others in one bucket. */
		uint64_t span = draw(3) ? (uint64_t)reach_ns + 1 : (uint64_t)reach_ns / 100000 + 1;
		struct order_entry *sorted;

		for (uint32_t entry = 0; entry < count; entry++) {
			entries[entry] = (struct order_entry){ .offset_ns = (int64_t)draw(span),
							       .work_ns = entry,
							       .index = count - entry };
			expected[entry] = entries[entry];
		}
		qsort(expected, count, sizeof(*expected), by_entry);
		sorted = order_sort(entries, count, reach_ns, spare);
		for (uint32_t entry = 0; entry < count; entry++) {
			assert_int_equal(sorted[entry].offset_ns, expected[entry].offset_ns);
			assert_int_equal(sorted[entry].index, expected[entry].index);
			assert_int_equal(sorted[entry].work_ns, expected[entry].work_ns);
		}
	}
	free(spare);
}

static struct circle_gap largest_by_sorting(struct sample *points, uint32_t count,
					    int64_t period_ns, enum circle_tie tie)
{
	struct circle_gap best = { .length_ns = -1 };
	int64_t best_middle_ns = 0;

	qsort(points, count, sizeof(*points), by_offset);
	for (uint32_t point = 0, pile = 0; point < count; point++) {
		struct circle_gap gap = { .start_ns = points[point].offset_ns };
		int64_t middle_ns;

		if (points[point].offset_ns != points[pile].offset_ns)
			pile = point;
		gap.lowest = points[pile].index;
		gap.length_ns = point + 1 < count ? points[point + 1].offset_ns
						  : points[0].offset_ns + period_ns;
		gap.length_ns -= gap.start_ns;
		middle_ns = (gap.start_ns + gap.length_ns / 2) % period_ns;
		middle_ns = middle_ns ? middle_ns : period_ns;
		if (gap.length_ns > best.length_ns ||
		    (gap.length_ns == best.length_ns &&
		     (tie == CIRCLE_LOWEST_INDEX ? gap.lowest < best.lowest
						 : middle_ns < best_middle_ns))) {
			best = gap;
			best_middle_ns = middle_ns;
		}
	}
	return best;
}

static void largest_gap_is_that_of_sorting(void **state)
{
	(void)state;
	random_state = 3;
	for (unsigned number = 0; number < CASES; number++) {
		struct sample points[AGENTS_MOST];
		uint32_t count = 1 + (uint32_t)draw(number % 2 ? 10 : AGENTS_MOST);
		int64_t period_ns = number % 3 ? 5000000000 : 100000 + (int64_t)draw(100);
		/* Few places make ties and piles. */
		uint64_t places = draw(2) ? 1 + draw(12) : (uint64_t)period_ns;
		enum circle_tie tie = draw(2) ? CIRCLE_LOWEST_INDEX : CIRCLE_SOONEST_MIDDLE;
		void *scratch = malloc(order_scratch_size(count));
		struct circle circle;
		struct circle_gap gap, expected;

		circle_open(&circle, scratch, count, period_ns);
		for (uint32_t point = 0; point < count; point++) {
			points[point].offset_ns =
				(int64_t)(draw(places) * ((uint64_t)period_ns / places));
			points[point].index = (point * 7 + 3) % count;
			circle_add(&circle, points[point].offset_ns, points[point].index);
		}
		gap = circle_largest(&circle, tie);
		free(scratch);
		expected = largest_by_sorting(points, count, period_ns, tie);
		assert_int_equal(gap.start_ns, expected.start_ns);
		assert_int_equal(gap.length_ns, expected.length_ns);
		assert_int_equal(gap.lowest, expected.lowest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_are_those_of_sorting),
		cmocka_unit_test(evenness_is_that_of_sorting),
		cmocka_unit_test(narrow_gaps_are_sorted),
		cmocka_unit_test(sorting_sorts),
		cmocka_unit_test(largest_gap_is_that_of_sorting),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
