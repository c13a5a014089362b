/* SPDX-License-Identifier: MIT */
/* test_settings.c - what users type: durations, shares, keys, names; what is refused, and with which words. */
#include "unit.h"
#include <stdio.h>
#include "duration.h"
#include "settings.h"

static void durations_need_a_unit_and_are_exact(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{ "250ms", 250000000 },    { "5s", 5000000000 }, { "1.5s", 1500000000 },
		{ "1us", 1000 },           { "0.001ms", 1000 },  { "4min", 240000000000 },
		{ "24h", 86400000000000 }, { ".5s", 500000000 }, { "1.000000001s", 1000000001 },
	};
	static const char *const bad[] = { "",
					   "5",
					   "5 s",
					   "s",
					   "-5s",
					   "0s",
					   "5x",
					   "1e3s",
					   "5sec",
					   "1..5s",
					   "99999999999999999999s",
					   "9223372036854775807h",
					   "0x5s" };
	struct entrain_error error;
	int64_t ns;

	(void)state;
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(entrain_duration_parse(good[i].text, &ns, &error), 0);
		assert_true(ns == good[i].ns);
	}
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ns = 42;
		assert_int_equal(entrain_duration_parse(bad[i], &ns, &error), ENTRAIN_USAGE);
		assert_true(ns == 42);
		assert_true(strlen(error.why) > 0);
	}
	entrain_duration_parse("5", &ns, &error);
	assert_non_null(strstr(error.why, "5ms"));
}

static void shares_are_percentages(void **state)
{
	uint32_t ppm = 0;

	(void)state;
	assert_int_equal(percent_parse("k", "10%", PPM, &ppm, NULL), 0);
	assert_int_equal(ppm, 100000);
	assert_int_equal(percent_parse("k", "0.5%", PPM, &ppm, NULL), 0);
	assert_int_equal(ppm, 5000);
	assert_int_equal(percent_parse("k", "101%", PPM, &ppm, NULL), ENTRAIN_USAGE);
	assert_int_equal(percent_parse("k", "0%", PPM, &ppm, NULL), ENTRAIN_USAGE);
	assert_int_equal(percent_parse("k", "10", PPM, &ppm, NULL), ENTRAIN_USAGE);
	assert_int_equal(percent_parse("k", "%", PPM, &ppm, NULL), ENTRAIN_USAGE);
}

static int set(struct entrain_settings *settings, const char *key, const char *value, int live)
{
	return entrain_settings_set(settings, key, value, live, NULL);
}

static void each_key_takes_what_it_should_and_refuses_the_rest(void **state)
{
	static const struct {
		const char *key, *value;
		int live, result;
	} rows[] = {
		{ "period", "250ms", 0, 0 },
		{ "period", "250", 0, ENTRAIN_USAGE },
		{ "period", "999us", 0, ENTRAIN_USAGE },
		{ "period", "25h", 0, ENTRAIN_USAGE },
		{ "band", "20%", 0, 0 },
		{ "band", "20%", 1, ENTRAIN_USAGE },
		{ "kind", "relative", 0, 0 },
		{ "kind", "other", 0, ENTRAIN_USAGE },
		{ "goal", "spread", 0, 0 },
		{ "goal", "distribute-load", 1, 0 },
		{ "goal", "batch", 1, 0 },
		{ "goal", "99", 1, ENTRAIN_USAGE },
		{ "goal", "no-such-goal", 1, ENTRAIN_USAGE },
		{ "target", "0.8", 1, 0 },
		{ "target", "-1", 1, ENTRAIN_USAGE },
		{ "target", "0", 1, ENTRAIN_USAGE },
		{ "target", "1.5", 1, ENTRAIN_USAGE },
		{ "target", "nan", 1, ENTRAIN_USAGE },
		{ "target", "0.8x", 1, ENTRAIN_USAGE },
		{ "max-delay", "20%", 1, 0 },
		{ "max_delay", "100ms", 0, 0 },
		{ "max-delay", "100", 0, ENTRAIN_USAGE },
		{ "max-delay", "-10%", 0, ENTRAIN_USAGE },
		{ "mode", "observe", 1, 0 },
		{ "mode", "0660", 1, ENTRAIN_USAGE },
		{ "mode", "0660", 0, 0 },
		{ "mode", "0777", 0, ENTRAIN_USAGE },
		{ "mode", "0060", 0, ENTRAIN_USAGE },
		{ "mode", "act", 0, ENTRAIN_USAGE },
		{ "capacity", "65536", 0, 0 },
		{ "capacity", "65537", 0, ENTRAIN_USAGE },
		{ "capacity", "0", 0, ENTRAIN_USAGE },
		{ "capacity", "-1", 0, ENTRAIN_USAGE },
		{ "capacity", "64", 1, ENTRAIN_USAGE },
		{ "topology", "full", 0, 0 },
		{ "topology", "ring:2", 0, 0 },
		{ "topology", "small-world:8:0.1", 0, 0 },
		{ "topology", "file:/tmp/edges", 0, 0 },
		{ "topology", "ring:3", 0, ENTRAIN_USAGE },
		{ "topology", "square", 0, ENTRAIN_USAGE },
		{ "topology", "ring:2", 1, ENTRAIN_USAGE },
		{ "owner", "root", 0, 0 },
		{ "owner", "no such user", 0, ENTRAIN_USAGE },
		{ "group", "0", 0, 0 },
		{ "colour", "red", 0, ENTRAIN_USAGE },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct entrain_settings settings;
		struct entrain_error error = { 0 };

		entrain_settings_init(&settings);
		if (entrain_settings_set(&settings, rows[i].key, rows[i].value, rows[i].live,
					 &error) != rows[i].result)
			fail_msg("%s=%s (live %d): %s", rows[i].key, rows[i].value, rows[i].live,
				 error.why);
		if (rows[i].result) {
			assert_string_equal(error.object, rows[i].key);
			assert_true(strlen(error.why) > 0);
		}
	}
}

static void settings_must_fit_together(void **state)
{
	struct entrain_settings settings;

	(void)state;
	entrain_settings_init(&settings);
	assert_int_equal(entrain_settings_check(&settings, NULL), 0);
	assert_int_equal(set(&settings, "max-delay", "6s", 0), 0);
	assert_int_equal(entrain_settings_check(&settings, NULL), ENTRAIN_USAGE);
	entrain_settings_init(&settings);
	settings.size = 4;
	assert_int_equal(entrain_settings_check(&settings, NULL), ENTRAIN_USAGE);
	assert_int_equal(entrain_settings_check(NULL, NULL), ENTRAIN_USAGE);
}

static void the_cap_is_the_own_wish_within_the_swarms_or_the_goals(void **state)
{
	struct entrain_settings settings;

	(void)state;
	entrain_settings_init(&settings);
	assert_true(settings_cap_ns(&settings, 1000000, 0, 0) == 100000);
	set(&settings, "goal", "recover-from-failure", 0);
	assert_true(settings_cap_ns(&settings, 1000000, 0, 0) == 250000);
	settings.max_delay_ppm = 300000;
	assert_true(settings_cap_ns(&settings, 1000000, 0, 0) == 300000);
	settings.max_delay_ns = 5000;
	assert_true(settings_cap_ns(&settings, 1000000, 0, 0) == 5000);
	assert_true(settings_cap_ns(&settings, 1000000, 77, 0) == 77);
	assert_true(settings_cap_ns(&settings, 1000000, 0, 1000) == 1000);
	/* No more than the swarm's, but on a grid. */
	assert_true(settings_cap_ns(&settings, 1000000, 0, 10000) == 5000);
	assert_true(settings_cap_ns(&settings, 1000000, 10000, 0) == 5000);
	settings.kind = ENTRAIN_GRID;
	assert_true(settings_cap_ns(&settings, 1000000, 0, 10000) == 10000);
	/* Never a whole period. */
	assert_true(settings_cap_ns(&settings, 1000000, 5000000, 0) == 999999);

	entrain_settings_init(&settings);
	set(&settings, "period", "4s", 0);
	assert_true(entrain_settings_max_delay_ns(&settings) == 400000000);
	set(&settings, "goal", "minimize-latency", 0);
	assert_true(entrain_settings_max_delay_ns(&settings) == 2000000000);
	set(&settings, "max_delay", "7ms", 0);
	assert_true(entrain_settings_max_delay_ns(&settings) == 7000000);
	settings.goal = 99;
	assert_true(entrain_settings_max_delay_ns(&settings) == 0);
	assert_true(entrain_settings_max_delay_ns(NULL) == 0);
}

static void names_of_swarms_are_checked(void **state)
{
	char longest[66] = { 0 };

	(void)state;
	memset(longest, 'a', 64);
	assert_true(swarm_name_valid("web"));
	assert_true(swarm_name_valid("0-_.z"));
	assert_true(swarm_name_valid(longest));
	longest[64] = 'a';
	assert_false(swarm_name_valid(longest));
	assert_false(swarm_name_valid(""));
	assert_false(swarm_name_valid(".."));
	assert_false(swarm_name_valid("-web"));
	assert_false(swarm_name_valid("Web"));
	assert_false(swarm_name_valid("a/b"));
	assert_false(swarm_name_valid("a b"));
}

static void every_key_of_the_table_has_its_words(void **state)
{
	unsigned count = 0;

	(void)state;
	for (const struct entrain_key *key; (key = entrain_settings_key(count)); count++) {
		assert_true(strlen(key->name) && strlen(key->argument) && strlen(key->text));
		assert_true(key->at_creation || key->live);
	}
	assert_true(count > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_need_a_unit_and_are_exact),
		cmocka_unit_test(shares_are_percentages),
		cmocka_unit_test(each_key_takes_what_it_should_and_refuses_the_rest),
		cmocka_unit_test(settings_must_fit_together),
		cmocka_unit_test(the_cap_is_the_own_wish_within_the_swarms_or_the_goals),
		cmocka_unit_test(names_of_swarms_are_checked),
		cmocka_unit_test(every_key_of_the_table_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
