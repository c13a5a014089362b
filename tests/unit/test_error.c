/* SPDX-License-Identifier: MIT */
/* test_error.c - every code has its words; error objects are whole, printable, and leave errno alone. */
#include "unit.h"
#include <errno.h>
#include "error.h"

static void every_code_has_text_and_status(void **state)
{
	(void)state;
	for (int code = 0; code < ENTRAIN_CODE_COUNT; code++) {
		int status = entrain_code_status((enum entrain_code)code);

		assert_true(strlen(entrain_code_text((enum entrain_code)code)) > 0);
		assert_non_null(entrain_code_hint((enum entrain_code)code));
		assert_true(status >= 0 && status <= 6);
		assert_true((status == 0) == (code == ENTRAIN_OK));
	}
	assert_non_null(entrain_code_text((enum entrain_code)999));
	assert_non_null(entrain_code_hint((enum entrain_code) - 1));
}

static void an_error_says_what_on_what_and_why(void **state)
{
	struct entrain_error error;

	(void)state;
	errno = EILSEQ;
	assert_int_equal(error_system(&error, ENOSPC, "create swarm", "/dev/shm/x"),
			 ENTRAIN_NO_SPACE);
	assert_int_equal(errno, EILSEQ);
	assert_string_equal(error.what, "create swarm");
	assert_string_equal(error.object, "/dev/shm/x");
	assert_non_null(strstr(error.why, "No space left"));
	assert_int_equal(error.os_error, ENOSPC);
	assert_int_equal(error_set(NULL, ENTRAIN_FULL, 0, "a", "b", NULL), ENTRAIN_FULL);
}

static void what_comes_from_outside_is_made_printable(void **state)
{
	struct entrain_error error;
	char object[600];

	(void)state;
	memset(object, '\x1b', sizeof(object) - 1);
	object[sizeof(object) - 1] = '\0';
	error_set(&error, ENTRAIN_FOREIGN, 0, "open\n", object, "a\tb%s", "\x7f\xff");
	assert_string_equal(error.what, "open?");
	assert_int_equal(strlen(error.object), sizeof(error.object) - 1);
	assert_int_equal(error.object[0], '?');
	assert_string_equal(error.why, "a?b??");
}

static void words_of_enums_are_the_documented_ones(void **state)
{
	(void)state;
	assert_string_equal(entrain_kind_name(ENTRAIN_RELATIVE), "relative");
	assert_string_equal(entrain_mode_name(ENTRAIN_OFF), "off");
	assert_string_equal(entrain_goal_name(ENTRAIN_DISTRIBUTE_LOAD), "distribute-load");
	assert_string_equal(entrain_goal_name(ENTRAIN_ADAPT_TO_TRAFFIC), "adapt-to-traffic");
	assert_string_equal(entrain_state_name(ENTRAIN_DEAD), "dead");
	assert_string_equal(entrain_metric_name(ENTRAIN_MINIMIZE_API_CALLS), "coherence");
	assert_string_equal(entrain_goal_name(0), "?");
	assert_string_equal(entrain_goal_name(99), "?");
	assert_string_equal(entrain_kind_name(-1), "?");
	assert_string_equal(entrain_strategy_name(1), "splay");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_text_and_status),
		cmocka_unit_test(an_error_says_what_on_what_and_why),
		cmocka_unit_test(what_comes_from_outside_is_made_printable),
		cmocka_unit_test(words_of_enums_are_the_documented_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
