/* SPDX-License-Identifier: MIT */
/* test_event_text.c - what events say, in words; also those that nobody ever wrote. */
#include "unit.h"
#include <stdio.h>
#include "entrain.h"
#include "event_text.h"
#include "strategy/strategy.h"

static void assert_says(uint32_t kind, uint32_t value, uint32_t before, const char *want)
{
	char text[80];

	event_text(kind, value, before, text, sizeof(text));
	assert_string_equal(text, want);
}

static void each_kind_has_its_words(void **state)
{
	(void)state;
	assert_says(ENTRAIN_EVENT_JOINED, 4242, 0, "joined as pid 4242");
	assert_says(ENTRAIN_EVENT_LEFT, 4242, 0, "left");
	assert_says(ENTRAIN_EVENT_GOAL, ENTRAIN_SAVE_ENERGY, 0, "follows goal save-energy");
	assert_says(ENTRAIN_EVENT_MODE, ENTRAIN_OFF, 0, "follows mode off");
	assert_says(ENTRAIN_EVENT_STRATEGY, STRATEGY_PHASE_NUDGE << 8 | ENTRAIN_REASON_STALLED,
		    STRATEGY_SPLAY, "changes strategy from splay to phase-nudge: stalled");
	assert_says(ENTRAIN_EVENT_STRATEGY, STRATEGY_SPLAY << 8 | ENTRAIN_REASON_JOINED, 0,
		    "changes strategy to splay: agents joined");
	assert_says(ENTRAIN_EVENT_REACHED, 970000, 0, "sees the goal reached: 0.97");
	assert_says(ENTRAIN_EVENT_MISSED_GOAL, 840000 | ENTRAIN_REASON_LEFT << 24, 0,
		    "no longer sees the goal reached: 0.84, agents left");
	assert_says(ENTRAIN_EVENT_PATTERN, 1, 0, "adapts to the load: together");
	assert_says(ENTRAIN_EVENT_TOPOLOGY, 7, 0, "follows generation 7 of the topology");
	assert_says(ENTRAIN_EVENT_CANNOT_FOLLOW, 13, 0,
		    "cannot open the topology, follows full: Permission denied");
	assert_says(ENTRAIN_EVENT_DISRUPTED, 1, 0, "disrupted: scatters its phase");
	assert_says(ENTRAIN_EVENT_DISRUPTED, 0, 0, "disrupted: not among those that scatter");
	assert_says(ENTRAIN_EVENT_TURNS_MISSED, 1, 0, "left out 1 turn that had passed");
	assert_says(ENTRAIN_EVENT_TURNS_MISSED, 3, 0, "left out 3 turns that had passed");
	assert_says(ENTRAIN_EVENT_LATE, 812, 0, "woke 812 ms late");
	assert_says(ENTRAIN_EVENT_FENCED, 3, 0, "had lost slot 3 to somebody else");
	assert_says(ENTRAIN_EVENT_EXHAUSTED, 0, 0, "has no energy left: keeps its phase");
	assert_says(ENTRAIN_EVENT_NEIGHBOURS, 8 << 16 | 9, 0, "counts 9 agents, 8 before");
}

/* A kind that was added and forgotten here would be "?" or have no words. */
static void every_kind_has_a_name_and_words_of_its_own(void **state)
{
	char unknown[80] = "";

	(void)state;
	for (int kind = 1; kind < ENTRAIN_EVENT_COUNT; kind++) {
		char text[80] = "";

		event_text((uint32_t)kind, 0, 0, text, sizeof(text));
		event_text(200, 0, 0, unknown, sizeof(unknown));
		assert_memory_not_equal(text, unknown, 20);
		assert_string_not_equal(entrain_event_name(kind), "?");
		for (int other = 1; other < kind; other++)
			assert_string_not_equal(entrain_event_name(kind),
						entrain_event_name(other));
	}
	assert_string_equal(entrain_event_name(ENTRAIN_EVENT_NONE), "?");
	assert_string_equal(entrain_event_name(ENTRAIN_EVENT_COUNT), "?");
	assert_string_equal(entrain_event_name(-1), "?");
}

static void any_value_stays_in_the_text(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (int round = 0; round < 100000; round++) {
		uint64_t any = next_random(&seed);
		struct {
			char text[80], guard[8];
		} room;

		memset(&room, 0x55, sizeof(room));
		event_text(any & 0xff, (uint32_t)(any >> 8), (any >> 40) & 0xff, room.text,
			   sizeof(room.text));
		assert_in_range(strnlen(room.text, sizeof(room.text)), 1, sizeof(room.text) - 1);
		for (const char *c = room.text; *c; c++)
			assert_in_range(*c, 0x20, 0x7e);
		assert_int_equal(room.guard[0], 0x55);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_words),
		cmocka_unit_test(every_kind_has_a_name_and_words_of_its_own),
		cmocka_unit_test(any_value_stays_in_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
