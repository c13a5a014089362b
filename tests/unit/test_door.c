/* SPDX-License-Identifier: MIT */
/* test_door.c - whatever the door says, nobody waits beyond its cap; honest callers never meet, as far as their caps reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "strategy/door.h"

#define P INT64_C(1000000000)
#define LONGEST (INT64_C(1) << 47)
#define LATEST (INT64_C(1) << 62)
#define CALLERS 2000

static uint64_t state = 1;

static uint64_t drawn(uint64_t end)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint64_t)(((unsigned __int128)(state ^ state >> 29) * end) >> 64);
}

/* What is promised of every call. */
static struct door_pass passed(int64_t free_ns, int64_t now_ns, int64_t work_ns, int64_t cap_ns,
			       int64_t period_ns)
{
	struct door_caller caller = {
		.now_ns = now_ns, .work_ns = work_ns, .cap_ns = cap_ns, .period_ns = period_ns
	};
	const struct door_pass pass = door_pass(free_ns, &caller);
	struct door_pass late;

	if (pass.turn_ns < now_ns || pass.turn_ns > now_ns + cap_ns)
		fail_msg("door %lld, now %lld, cap %lld: turn %lld", (long long)free_ns,
			 (long long)now_ns, (long long)cap_ns, (long long)pass.turn_ns);
	if (pass.books) {
		assert_true(pass.free_ns >= now_ns);
		assert_true(pass.free_ns <= now_ns + cap_ns + work_ns);
		assert_true(pass.free_ns == pass.turn_ns + work_ns);
	}
	/* Who is woken late books it, if it sleeps; and no more than a period in all. */
	caller.late_ns = period_ns / 3;
	late = door_pass(free_ns, &caller);
	assert_true(late.turn_ns == pass.turn_ns && late.books == pass.books);
	if (pass.turn_ns == now_ns)
		assert_true(late.free_ns == pass.free_ns);
	else
		assert_true(late.free_ns - late.turn_ns == (work_ns + caller.late_ns < period_ns
								    ? work_ns + caller.late_ns
								    : period_ns));
	return pass;
}

static void nobody_waits_beyond_the_cap_whatever_the_door_says(void **unused)
{
	static const int64_t nows[] = { 0, 1, P, LATEST - 1, LATEST };
	static const int64_t periods[] = { 1, 100000, P, LONGEST };

	(void)unused;
	for (unsigned i = 0; i < 20; i++) {
		const int64_t now_ns = nows[i % 5], period_ns = periods[i / 5];

		for (unsigned parts = 0; parts < 9; parts++) {
			static const int64_t thirds[] = { 0, 1, 3 };
			const int64_t cap_ns = period_ns / 3 * thirds[parts % 3],
				      work_ns = period_ns / 3 * thirds[parts / 3];
			const int64_t words[] = { INT64_MIN,
						  INT64_MIN + 1,
						  -now_ns,
						  -1,
						  0,
						  now_ns - 1,
						  now_ns,
						  now_ns + 1,
						  now_ns + cap_ns - 1,
						  now_ns + cap_ns,
						  now_ns + cap_ns + 1,
						  now_ns + cap_ns + work_ns,
						  now_ns + DOOR_PERIODS * period_ns,
						  now_ns + DOOR_PERIODS * period_ns + 1,
						  INT64_MAX - 1,
						  INT64_MAX };

			for (size_t word = 0; word < sizeof(words) / sizeof(*words); word++)
				passed(words[word], now_ns, work_ns, cap_ns, period_ns);
		}
	}
	for (unsigned i = 0; i < 1000000; i++) {
		const int64_t period_ns = 1 + (int64_t)drawn((uint64_t)LONGEST >> drawn(47)),
			      end = period_ns + 1;

		passed((int64_t)(drawn(UINT64_MAX) >> drawn(64)),
		       (int64_t)drawn((uint64_t)LATEST >> drawn(62)), (int64_t)drawn((uint64_t)end),
		       (int64_t)drawn((uint64_t)end), period_ns);
	}
}

static void the_edges_are_where_they_are_said_to_be(void **unused)
{
	struct door_pass pass;

	(void)unused;
	/* free now, and a ns later */
	pass = passed(P, P, 7, 100, P);
	assert_true(pass.turn_ns == P && pass.books && pass.free_ns == P + 7);
	pass = passed(P + 1, P, 7, 100, P);
	assert_true(pass.turn_ns == P + 1 && pass.books && pass.free_ns == P + 8);
	/* just within the cap, just beyond it */
	pass = passed(P + 100, P, 7, 100, P);
	assert_true(pass.turn_ns == P + 100 && pass.books && pass.free_ns == P + 107);
	pass = passed(P + 101, P, 7, 100, P);
	assert_true(pass.turn_ns == P && !pass.books);
	/* the latest that an honest agent books, and garbage */
	pass = passed(P + DOOR_PERIODS * P, P, 7, 100, P);
	assert_true(pass.turn_ns == P && !pass.books);
	pass = passed(P + DOOR_PERIODS * P + 1, P, 7, 100, P);
	assert_true(pass.turn_ns == P && pass.books && pass.free_ns == P + 7);
	/* who may not be held books all the same, where nobody is */
	pass = passed(0, P, 7, 0, P);
	assert_true(pass.turn_ns == P && pass.books && pass.free_ns == P + 7);
	pass = passed(P + 1, P, 7, 0, P);
	assert_true(pass.turn_ns == P && !pass.books);
}

/* Who was booked, and until when: the queue as it is, kept without the door's help. */
struct booked {
	int64_t begin_ns, end_ns;
};

/* The last end of those that are booked. */
static int64_t line_ns(const struct booked *booked, unsigned count)
{
	int64_t end_ns = INT64_MIN;

	for (unsigned i = 0; i < count; i++)
		end_ns = booked[i].end_ns > end_ns ? booked[i].end_ns : end_ns;
	return end_ns;
}

/* Callers whose actions are unlike, in a line: each is served when its turn comes, if that is soon enough for it. */
static void unlike_actions_never_meet_within_the_caps(void **unused)
{
	static struct booked booked[CALLERS];
	unsigned all = 0, all_gone = 0;

	(void)unused;
	for (unsigned round = 0; round < 60; round++) {
		const int64_t work_most_ns = P / 100 * (1 + (int64_t)drawn(30)),
			      rest_most_ns = work_most_ns * (1 + (int64_t)drawn(4)) / 2;
		int64_t free_ns = 0, now_ns = P;
		unsigned count = 0, gone = 0;

		for (unsigned caller = 0; caller < CALLERS; caller++) {
			const int64_t work_ns = (int64_t)drawn((uint64_t)work_most_ns),
				      cap_ns = (int64_t)drawn((uint64_t)P),
				      line = line_ns(booked, count);
			struct door_pass pass;

			now_ns += (int64_t)drawn((uint64_t)rest_most_ns);
			pass = passed(free_ns, now_ns, work_ns, cap_ns, P);
			assert_int_equal(pass.books, line <= now_ns + cap_ns);
			assert_true(pass.turn_ns == (line > now_ns && pass.books ? line : now_ns));
			if (!pass.books) {
				gone++;
				continue;
			}
			for (unsigned i = 0; i < count; i++)
				assert_true(booked[i].end_ns <= pass.turn_ns ||
					    booked[i].begin_ns >= pass.free_ns);
			booked[count++] = (struct booked){ pass.turn_ns, pass.free_ns };
			free_ns = pass.free_ns;
		}
		all += count;
		all_gone += gone;
	}
	/* Both happen. */
	assert_true(all > 30 * CALLERS && all_gone > CALLERS);
}

/* What is beyond what anybody may book is replaced by the first that comes; what is just possible passes by itself. */
static void a_lie_at_the_door_heals(void **unused)
{
	static const int64_t lies[] = { INT64_MIN, -1, 0, P - 1, 100 * P, INT64_MAX };
	int64_t free_ns, waited = 0;

	(void)unused;
	for (unsigned i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		struct door_pass pass = passed(lies[i], 10 * P, P / 100, P / 10, P);

		assert_true(pass.turn_ns == 10 * P && pass.books);
		pass = passed(pass.free_ns, 10 * P, P / 100, P / 10, P);
		assert_true(pass.turn_ns == 10 * P + P / 100 && pass.books);
	}
	/* In two periods it is over, and until then a cap is the most that anybody waited, near its end. */
	free_ns = 10 * P + DOOR_PERIODS * P;
	for (int64_t now_ns = 10 * P; now_ns < 10 * P + DOOR_PERIODS * P; now_ns += P / 20) {
		const struct door_pass pass = passed(free_ns, now_ns, P / 100, P / 10, P);

		waited += pass.turn_ns > now_ns;
		if (pass.books)
			free_ns = pass.free_ns;
	}
	assert_in_range(waited, 1, 2);
	assert_true(passed(free_ns, 13 * P, P / 100, P / 10, P).turn_ns == 13 * P);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_waits_beyond_the_cap_whatever_the_door_says),
		cmocka_unit_test(the_edges_are_where_they_are_said_to_be),
		cmocka_unit_test(unlike_actions_never_meet_within_the_caps),
		cmocka_unit_test(a_lie_at_the_door_heals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
