/* SPDX-License-Identifier: MIT */
/* test_slot.c - claim, publish, read, release; what a former owner may no longer do. */
#include "unit.h"
#include "slot.h"

static struct shm_slot slot;

static int fresh(void **state)
{
	(void)state;
	memset(&slot, 0, sizeof(slot));
	return 0;
}

static struct slot_turn turn_of(int64_t n)
{
	return (struct slot_turn){ .cur_ns = n * 64000,
				   .next_ns = n * 64000 + 640,
				   .period_ns = n + 1,
				   .work_ns = n + 2,
				   .delay_ns = n + 3,
				   .status = (uint64_t)n + 4,
				   .topology = (uint64_t)n + 5 };
}

static void assert_turn(int64_t n)
{
	struct slot_view view;
	struct slot_turn want = turn_of(n);

	assert_int_equal(slot_read(&slot, 1000000, &view), SLOT_READ);
	assert_memory_equal(&view.turn, &want, sizeof(want));
}

static void a_claimed_slot_is_empty_until_published(void **state)
{
	struct slot_owner owner;
	struct slot_view view;
	struct slot_turn turn = turn_of(7);

	(void)state;
	assert_int_equal(slot_read(&slot, 1000000, &view), SLOT_FREE);
	assert_true(slot_claim(&owner, &slot, 42, 1000));
	assert_int_equal(slot_read(&slot, 1000000, &view), SLOT_EMPTY);
	assert_int_equal(version_pid(view.version), 42);
	assert_true(slot_publish(&owner, &turn));
	assert_turn(7);
}

static void every_publish_is_read_whole(void **state)
{
	struct slot_owner owner;

	(void)state;
	assert_true(slot_claim(&owner, &slot, 42, 1000));
	for (int64_t n = 1; n < 1000; n++) {
		struct slot_turn turn = turn_of(n);

		assert_true(slot_publish(&owner, &turn));
		assert_turn(n);
		assert_int_equal(version_sequence(slot.version), n);
	}
}

static void a_taken_slot_cannot_be_claimed(void **state)
{
	struct slot_owner first, second;

	(void)state;
	assert_true(slot_claim(&first, &slot, 42, 1000));
	assert_false(slot_claim(&second, &slot, 43, 1000));
	slot_release(&first);
	assert_true(slot_claim(&second, &slot, 43, 1000));
	assert_int_equal(version_incarnation(slot.version), 2);
}

static void pids_out_of_range_claim_nothing(void **state)
{
	struct slot_owner owner;

	(void)state;
	assert_false(slot_claim(&owner, &slot, 0, 1000));
	assert_false(slot_claim(&owner, &slot, SHM_PID_MAX + 1, 1000));
	assert_true(slot_claim(&owner, &slot, SHM_PID_MAX, 1000));
	assert_int_equal(version_pid(slot.version), SHM_PID_MAX);
}

/* The former owner stopped before any of its stores: each must fail, and change nothing. */
static void a_former_owner_changes_nothing(void **state)
{
	struct slot_owner former, owner;
	struct slot_turn turn = turn_of(7), other = turn_of(9);
	struct shm_slot before;

	(void)state;
	for (int move = 0; move < 4; move++) {
		memset(&slot, 0, sizeof(slot));
		assert_true(slot_claim(&former, &slot, 42, 1000));
		assert_true(slot_publish(&former, &turn));
		assert_true(slot_publish(&former, &turn));
		assert_true(slot_free(&slot, former.version));
		assert_true(slot_claim(&owner, &slot, 43, 2000));
		assert_true(slot_publish(&owner, &turn));
		assert_true(
			slot_publish(&owner, &turn)); /* the same values: only the tags differ */
		before = slot;
		assert_true(slot_owned(&owner));
		assert_false(slot_owned(&former));
		if (move == 0)
			assert_false(slot_publish(&former, &other));
		else if (move == 1)
			assert_false(slot_set_acting(&former, 5000, true));
		else if (move == 2)
			assert_false(slot_set_fact(&former, FACT_TURNS, 99));
		else
			slot_release(&former);
		assert_true(former.fenced);
		assert_memory_equal(&slot, &before, sizeof(slot));
		assert_true(slot_publish(&owner, &other));
		assert_turn(9);
	}
}

/* The former owner was in the middle of its copy. */
static void a_former_owner_cannot_finish_a_publish(void **state)
{
	struct slot_owner former, owner, resumed;
	struct slot_turn turn = turn_of(7), other = turn_of(9);
	struct shm_slot before;

	(void)state;
	assert_true(slot_claim(&former, &slot, 42, 1000));
	assert_true(slot_publish(&former, &turn));
	resumed = former; /* what it knew when it was stopped */
	assert_true(slot_publish(&former, &other));
	assert_true(slot_free(&slot, former.version));
	assert_true(slot_claim(&owner, &slot, 42, 2000)); /* even the same pid */
	assert_true(slot_publish(&owner, &turn));
	before = slot;
	assert_false(slot_publish(&resumed, &other));
	assert_memory_equal(&slot, &before, sizeof(slot));
}

static void words_of_another_writer_are_garbled(void **state)
{
	struct slot_owner owner;
	struct slot_view view;
	struct slot_turn turn = turn_of(7);

	(void)state;
	for (int word = 0; word < COPY_WORDS; word++) {
		memset(&slot, 0, sizeof(slot));
		assert_true(slot_claim(&owner, &slot, 42, 1000));
		assert_true(slot_publish(&owner, &turn));
		slot.copy[slot.version & 1].word[word] ^= UINT64_C(1) << (SHM_VALUE_BITS + 3);
		assert_int_equal(slot_read(&slot, 1000000, &view), SLOT_GARBLED);
		/* Its owner writes over it two turns later. */
		assert_true(slot_publish(&owner, &turn));
		assert_true(slot_publish(&owner, &turn));
		assert_turn(7);
	}
}

static void the_sequence_wraps_past_zero_and_keeps_alternating(void **state)
{
	uint64_t version = version_make(42, 3, SHM_SEQUENCE_MASK), next = version_next(version);

	(void)state;
	assert_int_equal(version_sequence(next), 2);
	assert_int_not_equal(version & 1, next & 1);
	assert_int_equal(version_pid(next), 42);
	assert_int_equal(version_incarnation(next), 3);
}

static void incarnations_wrap_without_touching_the_pid(void **state)
{
	struct slot_owner owner;

	(void)state;
	slot.version = version_make(0, SHM_INCARNATION_MASK, 5);
	assert_true(slot_claim(&owner, &slot, 42, 1000));
	assert_int_equal(version_incarnation(slot.version), 0);
	assert_int_equal(version_pid(slot.version), 42);
}

static void durations_too_long_for_a_word_are_the_longest(void **state)
{
	uint64_t version = version_make(42, 1, 0);

	(void)state;
	assert_true(tagged_value(tagged_duration(version, INT64_MAX)) == SHM_VALUE_MAX);
	assert_true(tagged_value(tagged_duration(version, -5)) == 0);
	assert_true(tag_matches(tagged_duration(version, INT64_MAX), version));
}

static void instants_are_those_nearest_to_now(void **state)
{
	const int64_t day_ns = INT64_C(86400) * 1000000000;

	(void)state;
	for (int64_t now_ns = 0; now_ns < 3000 * day_ns; now_ns += 17 * day_ns + 12345)
		for (int64_t ahead = -100; ahead <= 100; ahead += 7) {
			int64_t instant_ns = instant_grained(now_ns + ahead * day_ns);
			uint64_t word = tagged_instant(version_make(42, 1, 1), instant_ns);

			if (instant_ns < 0)
				continue;
			assert_true(instant_unpack(tagged_value(word), SHM_VALUE_BITS, now_ns) ==
				    instant_ns);
			if (ahead > 50 || ahead < -50)
				continue;
			word = acting_make(version_make(42, 1, 1), instant_ns, true);
			assert_true(acting_began_ns(word, now_ns) == instant_ns);
			assert_true(word & 1);
		}
}

static void names_survive_the_words(void **state)
{
	static const char *const names[] = { "", "a", "nginx", "exactly eighteen c", "\x01\xff" };
	uint64_t values[3];
	char text[19];

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (unsigned word = 0; word < 3; word++)
			values[word] = fact_from_text(names[i], word);
		fact_to_text(values, 3, text);
		assert_string_equal(text, i < 4 ? names[i] : "??");
	}
}

static void facts_of_another_owner_read_as_zero(void **state)
{
	struct slot_owner owner;

	(void)state;
	assert_true(slot_claim(&owner, &slot, 42, 1000));
	assert_true(slot_set_fact(&owner, FACT_TURNS, 17));
	assert_int_equal(slot_fact(&slot, owner.version, FACT_TURNS), 17);
	assert_int_equal(slot_fact(&slot, version_make(43, 9, 1), FACT_TURNS), 0);
}

static void assert_rounded_down(int64_t have, int64_t value, int digits)
{
	assert_true(have <= value && value - have <= value >> (digits - 1));
}

static void two_statistics_share_a_word(void **state)
{
	static const int64_t durations[] = { 0,       1,         1000000,    524287,         524288,
					     1048577, 300000000, 2147483647, 86400000000000, -1 };
	const size_t count = sizeof(durations) / sizeof(durations[0]);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++) {
			const int64_t low = durations[i], high = durations[j];
			const uint64_t pair = pair_make(low, high);
			const uint64_t overlap = overlap_make((uint32_t)i * 6553, high);
			const uint64_t turns =
				turns_make((uint64_t)low, (uint64_t)(labs(high) % 1000000000000));

			assert_true((pair | overlap | turns) <= SHM_VALUE_MAX);
			assert_rounded_down(pair_low_ns(pair), low < 0 ? 0 : low, 19);
			assert_rounded_down(pair_high_ns(pair), high < 0 ? 0 : high, 19);
			assert_int_equal(SHM_OVERLAP(overlap), i * 6553);
			assert_int_equal(pair_low_ns(overlap), pair_high_ns(pair));
			assert_int_equal(turns & UINT32_MAX, (uint32_t)low);
			assert_rounded_down((int64_t)turns_missed(turns),
					    labs(high) % 1000000000000, 11);
		}
	assert_int_equal(pair_low_ns(pair_make(524287, 0)), 524287);
	assert_int_equal(turns_missed(turns_make(0, 2047)), 2047);
	/* What does not fit is the longest that does. */
	assert_int_equal(pair_make(INT64_MAX, INT64_MAX), SHM_VALUE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_claimed_slot_is_empty_until_published, fresh),
		cmocka_unit_test_setup(every_publish_is_read_whole, fresh),
		cmocka_unit_test_setup(a_taken_slot_cannot_be_claimed, fresh),
		cmocka_unit_test_setup(pids_out_of_range_claim_nothing, fresh),
		cmocka_unit_test_setup(a_former_owner_changes_nothing, fresh),
		cmocka_unit_test_setup(a_former_owner_cannot_finish_a_publish, fresh),
		cmocka_unit_test_setup(words_of_another_writer_are_garbled, fresh),
		cmocka_unit_test_setup(the_sequence_wraps_past_zero_and_keeps_alternating, fresh),
		cmocka_unit_test_setup(incarnations_wrap_without_touching_the_pid, fresh),
		cmocka_unit_test_setup(durations_too_long_for_a_word_are_the_longest, fresh),
		cmocka_unit_test_setup(instants_are_those_nearest_to_now, fresh),
		cmocka_unit_test_setup(names_survive_the_words, fresh),
		cmocka_unit_test_setup(facts_of_another_owner_read_as_zero, fresh),
		cmocka_unit_test_setup(two_statistics_share_a_word, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
