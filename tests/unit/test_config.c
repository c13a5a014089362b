/* SPDX-License-Identifier: MIT */
/* test_config.c - the configuration file: what is read, and that each finding names file and line. */
#include "unit.h"
#include <stdio.h>
#include <unistd.h>
#include "entrain.h"

static char path[] = "/tmp/entrain-test-config-XXXXXX";

static void file_write(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int file_make(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd >= 0)
		close(fd);
	return fd < 0;
}

static int file_remove(void **state)
{
	(void)state;
	return unlink(path);
}

static void a_section_is_read_over_the_defaults(void **state)
{
	struct entrain_settings settings;

	(void)state;
	file_write(
		"; a comment\n[swarm web]\nperiod = 250ms ; as fast as that\n  goal = batch\n"
		"max_delay = 20%\nmode = 0640\ncapacity=128\n[swarm other]\nperiod = nonsense\n");
	entrain_settings_init(&settings);
	assert_int_equal(entrain_config_read(path, "web", &settings, NULL), 0);
	assert_true(settings.period_ns == 250000000);
	assert_int_equal(settings.goal, ENTRAIN_MINIMIZE_API_CALLS);
	assert_int_equal(settings.max_delay_ppm, 200000);
	assert_int_equal(settings.access, 0640);
	assert_int_equal(settings.capacity, 128);
	assert_int_equal(settings.mode, ENTRAIN_ACT);
	assert_int_equal(settings.band_ppm, 100000);
}

static void a_missing_section_or_file_leaves_the_settings_alone(void **state)
{
	struct entrain_settings settings, before;
	struct entrain_error error;

	(void)state;
	file_write("[swarm web]\nperiod = 250ms\n");
	entrain_settings_init(&settings);
	before = settings;
	assert_int_equal(entrain_config_read(path, "db", &settings, &error), ENTRAIN_NO_SWARM);
	assert_memory_equal(&settings, &before, sizeof(settings));
	assert_non_null(strstr(error.why, "db"));
	file_write("[swarm db]\n");
	assert_int_equal(entrain_config_read(path, "db", &settings, &error), 0);
	assert_int_equal(entrain_config_read("/nonexistent/entrain.ini", "web", &settings, &error),
			 ENTRAIN_NO_SWARM);
	assert_memory_equal(&settings, &before, sizeof(settings));
}

static void assert_refused(const char *text, int line, const char *word)
{
	struct entrain_settings settings, before;
	struct entrain_error error = { 0 };
	char place[64];

	file_write(text);
	entrain_settings_init(&settings);
	before = settings;
	snprintf(place, sizeof(place), "%s:%d", path, line);
	if (entrain_config_read(path, "web", &settings, &error) != ENTRAIN_CONFIG)
		fail_msg("accepted: %s", text);
	assert_string_equal(error.object, place);
	if (!strstr(error.why, word))
		fail_msg("'%s' does not say '%s'", error.why, word);
	assert_memory_equal(&settings, &before, sizeof(settings));
}

static void errors_name_file_and_line(void **state)
{
	char text[600] = "[swarm web]\nperiod = 5s\ngroup = ";

	(void)state;
	assert_refused("[swarm web]\nperiod = 5\n", 2, "unit");
	assert_refused("[swarm web]\n\n\ncolour = red\n", 4, "no such key");
	assert_refused("\n[swarm web]\nperiod = 5s\nperiod = 6s\n", 4, "twice");
	assert_refused("[swarm web]\nperiod = 5s\nnonsense\n", 3, "neither");
	assert_refused("[swarm web]\nperiod = 5s\n   capacity = 0\n", 3, "65536");
	assert_refused("\n[swarm web]\nperiod = 1s\nmax_delay = 2s\n", 2,
		       "shorter than the period");
	assert_refused("period = 1s\n[swarm web]\nperiod = 1s\n", 1, "before any section");
	memset(text + strlen(text), 'x', 300);
	assert_refused(text, 3, "longer");
}

static void count_finding(const struct entrain_error *finding, void *context)
{
	assert_int_equal(finding->code, ENTRAIN_CONFIG);
	assert_non_null(strstr(finding->object, path));
	++*(unsigned *)context;
}

static void check_reports_every_finding(void **state)
{
	struct entrain_error error;
	unsigned findings = 0;

	(void)state;
	file_write(
		"[swarm web]\nperiod = 5\nband = x\n[swarm Bad!]\nperiod = 5s\n[other]\na = b\n");
	assert_int_equal(entrain_config_check(path, count_finding, &findings, &error),
			 ENTRAIN_CONFIG);
	assert_int_equal(findings, 4);
	findings = 0;
	file_write("[bogus]\n[swarm x]\nkind = drifting\n");
	assert_int_equal(entrain_config_check(path, count_finding, &findings, &error),
			 ENTRAIN_CONFIG);
	assert_int_equal(findings, 2);
	file_write("[swarm web]\nperiod = 5s\n");
	findings = 0;
	assert_int_equal(entrain_config_check(path, count_finding, &findings, &error), 0);
	assert_int_equal(findings, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_is_read_over_the_defaults),
		cmocka_unit_test(a_missing_section_or_file_leaves_the_settings_alone),
		cmocka_unit_test(errors_name_file_and_line),
		cmocka_unit_test(check_reports_every_finding),
	};

	return cmocka_run_group_tests(tests, file_make, file_remove);
}
