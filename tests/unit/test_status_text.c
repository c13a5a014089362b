/* SPDX-License-Identifier: MIT */
/* test_status_text.c - the picture as text: every line of each format is one, whatever an agent calls itself. */
#include "unit.h"
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "entrain.h"
#include "style.h"

static char dir[64];
static struct entrain_agent *agent;
static struct entrain_swarm *swarm;

static int swarm_open(void **state)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_settings settings;
	struct entrain_error error = { 0 };

	(void)state;
	snprintf(dir, sizeof(dir), "/dev/shm/entrain-test-text.XXXXXX");
	assert_non_null(mkdtemp(dir));
	entrain_settings_init(&settings);
	if (entrain_create(dir, "text.1", &settings, &error))
		fail_msg("%s: %s", error.object, error.why);
	options.dir = dir;
	options.name = "a\"b\\c\n";
	options.label = "{x}=1";
	agent = entrain_join("text.1", &options, &error);
	swarm = entrain_open(dir, "text.1", ENTRAIN_READ, &error);
	assert_true(agent && swarm);
	return 0;
}

static int swarm_close(void **state)
{
	(void)state;
	entrain_close(swarm);
	entrain_leave(agent);
	entrain_remove(dir, "text.1", 0, NULL);
	rmdir(dir);
	return 0;
}

static char *text_of(enum entrain_format format)
{
	struct entrain_error error = { 0 };
	size_t length = 0;
	char *text = entrain_status_text(swarm, format, &length, &error);

	if (!text)
		fail_msg("%s: %s", error.object, error.why);
	assert_int_equal(strlen(text), length);
	assert_int_equal(text[length - 1], '\n');
	return text;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void json_has_the_swarm_and_its_agent(void **state)
{
	char *text = text_of(ENTRAIN_JSON);

	(void)state;
	has(text, "{\n  \"swarm\": \"text.1\",\n");
	has(text, "\"agents_alive\": 1,");
	has(text, "\"name\": \"a\\\"b\\\\c?\"");
	assert_string_equal(text + strlen(text) - 3, "\n}\n");
	free(text);
}

static void text_has_them_and_no_colours(void **state)
{
	char *text = text_of(ENTRAIN_TEXT);

	(void)state;
	has(text, "swarm text.1   goal distribute-load");
	has(text, "1 agent alive");
	has(text, "{x}=1");
	assert_null(strchr(text, '\033'));
	free(text);
}

/* Of the exposition format 0.0.4: comments, and name{labels} value. A family's lines follow its comments. */
static void each_line_of_the_metrics_is_one(void **state)
{
	static const char label[] = "[a-z]+=\"([^\"\\\\]|\\\\[\"\\\\n])*\"";
	char *text = text_of(ENTRAIN_PROMETHEUS), pattern[256], family[128] = "";
	regex_t sample;
	unsigned samples = 0;

	(void)state;
	snprintf(pattern, sizeof(pattern), "^(entrain_[a-z_]+)\\{%s(,%s)*\\} [-+0-9.e]+$", label,
		 label);
	assert_int_equal(regcomp(&sample, pattern, REG_EXTENDED), 0);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		regmatch_t match[2];

		if (sscanf(line, "# TYPE %127s", family) == 1 || strncmp(line, "# HELP ", 7) == 0)
			continue;
		if (regexec(&sample, line, 2, match, 0))
			fail_msg("no line of metrics: %s", line);
		if (strncmp(line, family, strlen(family)) != 0 ||
		    (size_t)match[1].rm_eo != strlen(family))
			fail_msg("after the comments of %s: %s", family, line);
		samples++;
	}
	assert_in_range(samples, 20, 60);
	regfree(&sample);
	free(text);
	text = text_of(ENTRAIN_PROMETHEUS);
	has(text, "entrain_agents{swarm=\"text.1\",state=\"alive\"} 1\n");
	has(text, "name=\"a\\\"b\\\\c?\",label=\"{x}=1\"} ");
	has(text, "entrain_period_seconds{swarm=\"text.1\"} 5\n");
	free(text);
}

/* "8 of 4 agents alive see it reached" is no count. */
static void who_has_gone_silent_sees_nothing_reached(void **state)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_settings settings;
	struct entrain_swarm *other;
	struct entrain_agent *silent;
	char *text = NULL;

	(void)state;
	entrain_settings_init(&settings);
	settings.period_ns = 20000000;
	assert_int_equal(entrain_create(dir, "text.2", &settings, NULL), 0);
	options.dir = dir;
	silent = entrain_join("text.2", &options, NULL);
	assert_true(silent && entrain_wait(silent) == 0 && entrain_begin(silent) == 0 &&
		    entrain_end(silent) == 0);
	other = entrain_open(dir, "text.2", ENTRAIN_READ, NULL);
	assert_non_null(other);
	do {
		free(text);
		usleep(10000);
		text = entrain_status_text(other, ENTRAIN_JSON, NULL, NULL);
		assert_non_null(text);
	} while (!strstr(text, "\"agents_stale\": 1,"));
	has(text, "\"reached\": true,");
	has(text, "\"agents_reached\": 0,");
	free(text);
	entrain_close(other);
	entrain_leave(silent);
	assert_int_equal(entrain_remove(dir, "text.2", 0, NULL), 0);
}

static void what_is_no_format_is_refused(void **state)
{
	struct entrain_error error = { 0 };

	(void)state;
	assert_null(entrain_status_text(swarm, (enum entrain_format)0, NULL, &error));
	assert_int_equal(error.code, ENTRAIN_USAGE);
	assert_null(entrain_status_text(NULL, ENTRAIN_JSON, NULL, &error));
	assert_int_equal(error.code, ENTRAIN_USAGE);
	assert_int_equal(entrain_remove(dir, "text.1", 0, NULL), 0);
	assert_null(entrain_status_text(swarm, ENTRAIN_JSON, NULL, &error));
	assert_int_equal(error.code, ENTRAIN_NO_SWARM);
}

static void numbers_have_a_point(void **state)
{
	char text[TEXT_REAL];

	(void)state;
	assert_string_equal(text_real(0.125, text), "0.125");
	assert_string_equal(text_real(-0.0, text), "0");
	assert_string_equal(text_real(-2e-9, text), "-2e-09");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, swarm_open, swarm_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(json_has_the_swarm_and_its_agent),
		TEST(text_has_them_and_no_colours),
		TEST(each_line_of_the_metrics_is_one),
		TEST(what_is_no_format_is_refused),
		TEST(who_has_gone_silent_sees_nothing_reached),
		cmocka_unit_test(numbers_have_a_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
