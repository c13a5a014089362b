/* SPDX-License-Identifier: MIT */
/* test_barrier.c - who is waited for, and in which round a newcomer begins, from what slots say. */
#include "unit.h"
#include "barrier.h"

#define SLOTS 32

static struct shm_slot slots[SLOTS];
static struct slot_owner owners[SLOTS];
static struct shm_agents agents;

/* Slots with an owner each, who take no part yet. */
static int fresh(void **state)
{
	(void)state;
	memset(slots, 0, sizeof(slots));
	memset(&agents, 0, sizeof(agents));
	for (uint32_t i = 0; i < SLOTS; i++) {
		struct slot_turn turn = { .period_ns = 1 };

		assert_true(slot_claim(&owners[i], &slots[i], 100 + i, 1000));
		assert_true(slot_publish(&owners[i], &turn));
	}
	return 0;
}

static struct barrier seen_by(uint32_t self)
{
	return (struct barrier){ .slots = slots, .limit = SLOTS, .self = self };
}

static void say(uint32_t index, uint64_t value)
{
	assert_true(slot_set_barrier(&owners[index], value));
}

/* Whom slot 0 waits for in `round`; SLOTS: nobody. */
static uint32_t laggard_in(uint64_t round)
{
	const struct barrier barrier = seen_by(0);
	const struct barrier_want want = { .round = round, .below = BARRIER_ANYBODY };
	struct barrier_laggard laggard;

	if (!barrier_find(&barrier, &want, 0, &laggard))
		return SLOTS;
	assert_true(laggard.version == slots[laggard.index].version);
	return laggard.index;
}

static uint64_t entry(void)
{
	const struct barrier barrier = seen_by(0);

	return barrier_entry(&barrier);
}

static void only_who_takes_part_is_waited_for(void **state)
{
	(void)state;
	assert_int_equal(laggard_in(1), SLOTS);
	assert_int_equal(laggard_in(5), SLOTS);
	say(3, 4);
	assert_int_equal(laggard_in(5), 3);
	assert_int_equal(laggard_in(4), SLOTS);
	say(3, 5);
	assert_int_equal(laggard_in(5), SLOTS);
	say(3, 6);
	assert_int_equal(laggard_in(5), SLOTS);
	say(3, 0);
	assert_int_equal(laggard_in(5), SLOTS);
}

static void nobody_waits_for_itself(void **state)
{
	(void)state;
	say(0, 4);
	assert_int_equal(laggard_in(5), SLOTS);
	say(0, BARRIER_ENTERING);
	assert_int_equal(laggard_in(5), SLOTS);
}

static void who_is_entering_is_waited_for(void **state)
{
	const struct barrier_want lower = { .below = 7 },
				  higher = { .above = 7, .below = BARRIER_ANYBODY };
	const struct barrier barrier = seen_by(7);
	struct barrier_laggard laggard;

	(void)state;
	say(9, BARRIER_ENTERING);
	assert_int_equal(laggard_in(5), 9);
	assert_int_equal(laggard_in(0), 9);
	assert_false(barrier_find(&barrier, &lower, 0, &laggard));
	say(6, BARRIER_ENTERING);
	assert_true(barrier_find(&barrier, &lower, 8, &laggard));
	assert_int_equal(laggard.index, 6);
	assert_true(barrier_find(&barrier, &higher, 0, &laggard));
	assert_int_equal(laggard.index, 9);
	say(9, 0);
	assert_false(barrier_find(&barrier, &higher, 0, &laggard));
}

static void a_slot_that_changed_hands_takes_no_part(void **state)
{
	struct slot_owner former;

	(void)state;
	say(3, 4);
	assert_int_equal(laggard_in(5), 3);
	former = owners[3];
	assert_true(slot_free(&slots[3], owners[3].version));
	assert_int_equal(laggard_in(5), SLOTS);
	/* Its former owner may still write, and is not seen. */
	assert_true(slot_set_barrier(&former, 3));
	assert_int_equal(laggard_in(4), SLOTS);
	/* Nor by the next owner's version, before that has replaced the word, nor after. */
	slots[3].version = version_make(99, version_incarnation(owners[3].version) + 1, 0);
	assert_int_equal(laggard_in(4), SLOTS);
	slots[3].version = version_make(0, version_incarnation(owners[3].version), 0);
	assert_true(slot_claim(&owners[3], &slots[3], 99, 2000));
	assert_int_equal(tagged_value(slots[3].barrier), 0);
	assert_int_equal(laggard_in(4), SLOTS);
	assert_false(slot_set_barrier(&former, 4));
	assert_true(former.fenced);
	assert_int_equal(tagged_value(slots[3].barrier), 0);
}

static void who_is_far_behind_or_ahead_is_not_waited_for(void **state)
{
	static const uint64_t odd[] = { 1,
					97,
					98,
					101,
					102,
					UINT64_C(1) << 46,
					BARRIER_ROUND_MAX,
					BARRIER_ROUND_MAX + 1,
					BARRIER_ENTERING - 1 };

	(void)state;
	for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		say(3, odd[i]);
		assert_int_equal(laggard_in(100), SLOTS);
	}
	say(3, 99);
	assert_int_equal(laggard_in(100), 3);
	/* Not even at the end of all rounds. */
	say(3, BARRIER_ROUND_MAX + 1);
	assert_int_equal(laggard_in(BARRIER_ROUND_MAX + 2), SLOTS);
	say(3, 0);
	assert_int_equal(laggard_in(1), SLOTS);
}

static void a_search_goes_once_around(void **state)
{
	const struct barrier_want want = { .round = 5, .below = BARRIER_ANYBODY };
	struct barrier barrier = seen_by(0);
	struct barrier_laggard laggard;

	(void)state;
	say(3, 4);
	say(20, 4);
	for (uint32_t from = 0; from <= SLOTS + 5; from++) {
		assert_true(barrier_find(&barrier, &want, from, &laggard));
		assert_int_equal(laggard.index, from > 3 && from <= 20 ? 20 : 3);
	}
	assert_true(barrier_find(&barrier, &want, UINT32_MAX, &laggard));
	barrier.limit = 3;
	for (uint32_t from = 0; from < 6; from++)
		assert_false(barrier_find(&barrier, &want, from, &laggard));
	barrier.limit = 0;
	assert_false(barrier_find(&barrier, &want, 0, &laggard));
}

static void the_first_begins_in_round_one(void **state)
{
	(void)state;
	assert_int_equal(entry(), 1);
	say(4, BARRIER_ENTERING);
	assert_int_equal(entry(), 1);
	say(0, 77); /* oneself */
	assert_int_equal(entry(), 1);
}

static void a_newcomer_begins_in_the_round_that_is_not_passed_yet(void **state)
{
	(void)state;
	say(4, 10);
	say(5, 10);
	assert_int_equal(entry(), 11);
	say(5, 11);
	assert_int_equal(entry(), 11);
	say(4, 11);
	assert_int_equal(entry(), 12);
	/* Read while they move on: it is the furthest that counts. */
	say(4, 13);
	assert_int_equal(entry(), 13);
}

/* Any honest majority, in any order, and anything else from the rest. */
static void rounds_far_from_those_of_most_are_left_out(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (int run = 0; run < 20000; run++) {
		uint64_t base = 10 + next_random(&seed) % 1000;
		unsigned honest = 0, liars = 0;
		bool ahead = false, behind = false;
		uint64_t result;

		for (uint32_t i = 1; i < SLOTS; i++) {
			uint64_t draw = next_random(&seed), value = 0;

			if (draw % 3 == 0) {
				value = base + (draw >> 8 & 1);
				honest++;
			} else if (draw % 3 == 1 && liars + 1 < honest) {
				value = next_random(&seed) >> (16 + draw % 40);
				/* Close ones are no lies that could be told from truth. */
				if (value + 6 > base && value < base + 7)
					value = 0;
				liars += value != 0;
			}
			ahead |= value == base + 1;
			behind |= value == base;
			say(i, value);
		}
		result = entry();
		if (honest == 0)
			assert_int_equal(result, 1);
		else
			assert_int_equal(result, ahead && !behind ? base + 2 : base + 1);
	}
}

static void no_round_is_beyond_the_last(void **state)
{
	(void)state;
	say(3, BARRIER_ROUND_MAX - 1);
	assert_true(entry() == BARRIER_ROUND_MAX);
	say(3, BARRIER_ROUND_MAX);
	assert_int_equal(entry(), 1);
}

static void who_waits_knows_its_rank(void **state)
{
	const struct barrier barrier = seen_by(10);
	uint32_t rank = 99;

	(void)state;
	assert_int_equal(barrier_waiting(&barrier, 5, &rank), 1);
	assert_int_equal(rank, 0);
	say(2, 5);
	say(3, 6);
	say(4, 4);
	say(5, 700);
	say(11, 5);
	say(12, BARRIER_ENTERING);
	assert_int_equal(barrier_waiting(&barrier, 5, &rank), 4);
	assert_int_equal(rank, 2);
}

static void the_mark_only_rises(void **state)
{
	(void)state;
	assert_int_equal(barrier_limit(&agents, 64), 0);
	barrier_mark(&agents, 9);
	assert_int_equal(barrier_limit(&agents, 64), 10);
	barrier_mark(&agents, 3);
	assert_int_equal(barrier_limit(&agents, 64), 10);
	assert_int_equal(barrier_limit(&agents, 4), 4);
	barrier_of(&agents)->high = UINT32_MAX; /* a liar's */
	barrier_mark(&agents, 5);
	assert_int_equal(barrier_limit(&agents, 64), 64);
}

static void a_bell_that_has_rung_puts_nobody_to_sleep(void **state)
{
	uint32_t bell = barrier_listen(&agents);

	(void)state;
	barrier_ring(&agents);
	assert_int_not_equal(barrier_listen(&agents), bell);
	barrier_sleep(&agents, bell, INT64_C(3600) * 1000000000); /* or this test never ends */
	barrier_sleep(&agents, barrier_listen(&agents), 1000000);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_who_takes_part_is_waited_for),
		TEST(nobody_waits_for_itself),
		TEST(who_is_entering_is_waited_for),
		TEST(a_slot_that_changed_hands_takes_no_part),
		TEST(who_is_far_behind_or_ahead_is_not_waited_for),
		TEST(a_search_goes_once_around),
		TEST(the_first_begins_in_round_one),
		TEST(a_newcomer_begins_in_the_round_that_is_not_passed_yet),
		TEST(rounds_far_from_those_of_most_are_left_out),
		TEST(no_round_is_beyond_the_last),
		TEST(who_waits_knows_its_rank),
		TEST(the_mark_only_rises),
		TEST(a_bell_that_has_rung_puts_nobody_to_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
