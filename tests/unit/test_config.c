/* SPDX-License-Identifier: MIT */
/* test_config.c - the configuration file: what is read, and that each finding names file and line. */
#include "unit.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "entrain.h"
#include "host_rule.h"

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

/* Nobody names a file and wants what it does not say. */
static void a_file_that_the_environment_names_must_be_there(void **state)
{
	struct entrain_settings settings, before;
	struct entrain_error error;

	(void)state;
	entrain_settings_init(&settings);
	before = settings;
	setenv("ENTRAIN_CONFIG", "/nonexistent/entrain.ini", 1);
	assert_int_equal(entrain_config_read(NULL, "web", &settings, &error), ENTRAIN_CONFIG);
	assert_memory_equal(&settings, &before, sizeof(settings));
	assert_string_equal(error.object, "/nonexistent/entrain.ini");
	assert_non_null(strstr(error.why, "ENTRAIN_CONFIG"));
	setenv("ENTRAIN_CONFIG", "", 1);
	assert_int_not_equal(entrain_config_read(NULL, "web", &settings, &error), ENTRAIN_CONFIG);
	unsetenv("ENTRAIN_CONFIG");
}

/* inih keeps 49 bytes of a section's name. */
static void a_section_of_a_name_of_any_length_is_read(void **state)
{
	static const int lengths[] = { 1, 43, 44, 45, 64 };

	(void)state;
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct entrain_settings settings;
		char name[65], near[65], text[400];

		snprintf(name, sizeof(name), "%.*s", lengths[i],
			 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01");
		snprintf(near, sizeof(near), "%.63s-", name); /* longer, or another last letter */
		snprintf(text, sizeof(text),
			 "[swarm %s]\nperiod = 1s\n[swarm %s]\nperiod = 7ms\nmode = 0600\n"
			 "[swarm %.63sy]\ncapacity = 2\n[swarm z]\ncapacity = 3\n",
			 near, name, near);
		file_write(text);
		entrain_settings_init(&settings);
		assert_int_equal(entrain_config_read(path, name, &settings, NULL), 0);
		assert_true(settings.period_ns == 7000000);
		assert_int_equal(settings.access, 0600);
		assert_int_equal(settings.capacity, 64);
	}
}

static void a_byte_order_mark_and_carriage_returns_are_nothing(void **state)
{
	struct entrain_settings settings;

	(void)state;
	file_write("\xef\xbb\xbf[swarm web]\r\nperiod = 3s\r\n\r\n; all\r\n");
	entrain_settings_init(&settings);
	assert_int_equal(entrain_config_read(path, "web", &settings, NULL), 0);
	assert_true(settings.period_ns == INT64_C(3000000000));
}

static void keys_have_no_order(void **state)
{
	struct entrain_settings settings;

	(void)state;
	file_write("[swarm web]\ntarget = .5\ngoal = batch\n");
	entrain_settings_init(&settings);
	assert_int_equal(entrain_config_read(path, "web", &settings, NULL), 0);
	assert_int_equal(settings.target_ppm, 500000);
	assert_int_equal(settings.goal, ENTRAIN_MINIMIZE_API_CALLS);
}

static void what_cannot_be_read_is_said(void **state)
{
	struct entrain_settings settings;
	struct entrain_error error;

	(void)state;
	entrain_settings_init(&settings);
	assert_int_equal(entrain_config_read("/tmp", "web", &settings, &error), ENTRAIN_CONFIG);
	assert_int_equal(error.os_error, EISDIR);
	assert_string_equal(error.object, "/tmp");
	assert_non_null(strstr(error.why, "directory"));
	assert_int_equal(entrain_config_check("/tmp", NULL, NULL, &error), ENTRAIN_CONFIG);
	assert_non_null(strstr(error.why, "directory"));
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
	assert_refused("\n[swarm web]\nperiod = 1s\nmax_delay = 2s\n", 4,
		       "shorter than the period");
	assert_refused("[swarm web]\nkind = wandering\n", 2, "drifting");
	assert_refused("[swarm web]\nmax_delay = 1s\n\nmax-delay = 1s\n", 4, "first in line 2");
	assert_refused("[swarm web]\n[swarm x]\n[Swarm web]\n", 3, "first in line 1");
	assert_refused("[swarm web] period = 1s\n", 1, "line of its own");
	assert_refused("[swarm web]\n= 1\n", 2, "neither");
	assert_refused("\n\xef\xbb\xbf[swarm web]\n", 2, "neither");
	assert_refused("[rule]\n[swarm web]\n", 1, "[rule NAME]");
	assert_refused("period = 1s\n[swarm web]\nperiod = 1s\n", 1, "before any section");
	assert_refused("[swarm web]\ndir = run/entrain\n", 2, "absolute");
	assert_refused("[swarm web]\ndir = /a\ndir = /b\n", 3, "twice");
	snprintf(text, sizeof(text), "[swarm web]\ndir = /%0160d\n", 0);
	assert_refused(text, 2, "at most 159");
	snprintf(text, sizeof(text), "[swarm web]\nperiod = 5s\ngroup = ");
	memset(text + strlen(text), 'x', 300);
	assert_refused(text, 3, "at most 199");
	snprintf(text, sizeof(text), "[swarm web]\n; %0197d\nperiod = 1\n", 0);
	assert_refused(text, 3, "unit");
}

#define FINDINGS_MOST 32

struct findings {
	unsigned count;
	int lines[FINDINGS_MOST];
};

static void finding_keep(const struct entrain_error *finding, void *context)
{
	struct findings *findings = context;
	const char *colon = strrchr(finding->object, ':');

	assert_int_equal(finding->code, ENTRAIN_CONFIG);
	assert_memory_equal(finding->object, path, strlen(path));
	assert_non_null(colon);
	assert_true(findings->count < FINDINGS_MOST);
	findings->lines[findings->count++] = atoi(colon + 1);
}

/* Findings at these lines, in this order; 0 ends. */
static void assert_findings(const char *text, const int *lines)
{
	struct findings findings = { 0 };
	struct entrain_error error = { 0 };
	unsigned wanted = 0;
	int code;

	file_write(text);
	code = entrain_config_check(path, finding_keep, &findings, &error);
	while (lines[wanted])
		wanted++;
	if (findings.count != wanted)
		fail_msg("%u findings, not %u, in: %s", findings.count, wanted, text);
	for (unsigned i = 0; i < wanted; i++)
		assert_int_equal(findings.lines[i], lines[i]);
	assert_int_equal(code, wanted ? ENTRAIN_CONFIG : 0);
}
#define LINES(...) ((const int[]){ __VA_ARGS__, 0 })

static void check_reports_every_finding(void **state)
{
	(void)state;
	assert_findings("[swarm web]\nperiod = 5s\n", LINES(0));
	assert_findings(
		"[swarm web]\nperiod = 5\nband = x\n[swarm Bad!]\nperiod = 5s\n[other]\na = b\n",
		LINES(2, 3, 4, 6));
	assert_findings("[bogus]\n[swarm x]\nkind = wandering\n", LINES(1, 3));
	/* none hides another */
	assert_findings("stray = 1\nx\n[swarm web]\ny\nperiod = 1s\nbogus = 1\nz\n[swarm web\n",
			LINES(1, 2, 4, 6, 7, 8));
	assert_findings("[swarm web]\nkind = wandering\nperiod = 1s\nmax_delay = 2s\n",
			LINES(2, 4));
	assert_findings("[swarm a]\n[swarm b]\n[swarm a]\nperiod = 1\n[swarm a]\n", LINES(3, 4, 5));
	assert_findings("[swarm a]\nband = 1%\nband = 1%\n[swarm b]\nband = 1%\nband = 1%\n",
			LINES(3, 6));
	/* nor makes another one up: nothing is known to be longer than a period that is not known */
	assert_findings("[swarm web]\nperiod = 60\nmax_delay = 9s\n", LINES(2));
}

static const char interface_sample[] =
	"    [swarm web]\n    period = 5s\n\n"
	"    [swarm redis]\n    period = 1s\n    kind = grid\n\n"
	"    [rule redis-aof]                 ; first match wins; no rule: nothing is touched\n"
	"    exe = /usr/bin/redis-server      ; glob on the executable's path\n"
	"    role = *redis*\n"
	"    path = /var/lib/redis/*          ; glob on the file's path, for calls on a file\n"
	"    thread = bio_aof_fsync           ; glob on the thread's name\n"
	"    call = fdatasync, fsync          ; see the man page for the list\n"
	"    swarm = redis\n"
	"    action = stagger                 ; stagger | batch | pace | observe\n"
	"    max_delay = 900ms                ; never waits longer\n";

static void rules_are_checked_and_are_nothing_to_a_swarm(void **state)
{
	struct entrain_settings settings;

	(void)state;
	assert_findings(interface_sample, LINES(0));
	entrain_settings_init(&settings);
	assert_int_equal(entrain_config_read(path, "redis", &settings, NULL), 0);
	assert_true(settings.period_ns == 1000000000);
	assert_int_equal(settings.kind, ENTRAIN_GRID);
	assert_int_equal(settings.max_delay_ns, 0);
	assert_findings("[rule a]\nexe = redis\nrole =\npath = redis\nthread = sixteen-bytes-16\n"
			"call = fsync, read\nswarm = A\naction = jump\nmax_delay = 900\nnope = 1\n"
			"[rule a]\naction = batch\nmax_delay = 1s\nmax-delay = 1s\n[rule b]\n",
			LINES(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15));
	file_write("[rule a]\nnope = 1\n[rule a]\n[swarm web]\nperiod = 3s\n");
	assert_int_equal(entrain_config_read(path, "web", &settings, NULL), 0);
	assert_true(settings.period_ns == INT64_C(3000000000));
}

static void a_rule_keeps_what_it_is_given(void **state)
{
	static const char *const given[][2] = {
		{ "exe", "/usr/bin/r*" }, { "role", "postgres: check*" }, { "path", "*/aof/*" },
		{ "thread", "bio_*" },    { "call", "fsync ,sleep" },     { "swarm", "redis" },
		{ "action", "batch" },    { "max-delay", "10%" },
	};
	struct entrain_rule rule;
	struct entrain_error error;

	(void)state;
	host_rule_init(&rule);
	assert_string_equal(rule.swarm, "default");
	assert_int_equal(host_rule_check(&rule, &error), ENTRAIN_USAGE);
	for (unsigned i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		assert_int_equal(host_rule_set(&rule, given[i][0], given[i][1], &error), 0);
	assert_int_equal(host_rule_check(&rule, &error), 0);
	assert_string_equal(rule.exe, "/usr/bin/r*");
	assert_string_equal(rule.role, "postgres: check*");
	assert_string_equal(rule.path, "*/aof/*");
	assert_string_equal(rule.thread, "bio_*");
	assert_int_equal(rule.calls, 1u << ENTRAIN_CALL_fsync | 1u << ENTRAIN_CALL_sleep);
	assert_string_equal(rule.swarm, "redis");
	assert_int_equal(rule.action, ENTRAIN_ACTION_BATCH);
	assert_int_equal(rule.max_delay_ppm, 100000);
	/* a value that is refused changes nothing, and says what would be right */
	assert_int_equal(host_rule_set(&rule, "call", "fsync, ", &error), ENTRAIN_USAGE);
	assert_int_equal(host_rule_set(&rule, "call", "fsync fsync", &error), ENTRAIN_USAGE);
	assert_int_equal(host_rule_set(&rule, "call", "fsyn", &error), ENTRAIN_USAGE);
#define SAID(name) assert_non_null(strstr(error.why, #name));
	ENTRAIN_CALLS(SAID)
#undef SAID
	assert_int_equal(rule.calls, 1u << ENTRAIN_CALL_fsync | 1u << ENTRAIN_CALL_sleep);
}

static void a_rule_that_can_never_do_anything_is_wrong(void **state)
{
	static const struct {
		const char *action, *call, *path, *wrong; /* the key that is; NULL: none */
	} rules[] = {
		{ "pace", "fsync", NULL, "call" },
		{ "pace", "fsync, fdatasync, sync_file_range, msync, syncfs, sync", NULL, "call" },
		{ "pace", "sleep", NULL, NULL },
		{ "pace", "fsync, nanosleep", NULL, NULL },
		{ "pace", NULL, NULL, NULL },
		{ "pace", NULL, "/a", "path" },
		{ "pace", "fsync, nanosleep", "/a", "path" },
		{ "stagger", "sleep, usleep", NULL, NULL }, /* each waits where it begins */
		{ "batch", "clock_nanosleep", NULL, NULL },
		{ "observe", "sleep", NULL, NULL },
		{ "stagger", "sleep, msync, sync", "/a", "path" },
		{ "observe", "sync", "/a", "path" },
		{ "stagger", "sleep, syncfs", "/a", NULL },
		{ "stagger", NULL, "/a", NULL },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct entrain_error error;
		struct entrain_rule rule;

		host_rule_init(&rule);
		assert_int_equal(host_rule_set(&rule, "action", rules[i].action, &error), 0);
		if (rules[i].call)
			assert_int_equal(host_rule_set(&rule, "call", rules[i].call, &error), 0);
		if (rules[i].path)
			assert_int_equal(host_rule_set(&rule, "path", rules[i].path, &error), 0);
		assert_int_equal(host_rule_check(&rule, &error),
				 rules[i].wrong ? ENTRAIN_USAGE : 0);
		if (rules[i].wrong)
			assert_string_equal(error.object, rules[i].wrong);
	}
	assert_findings("[rule a]\naction = pace\ncall = sleep\n[rule b]\naction = pace\n"
			"call = fsync\n",
			LINES(4));
}

static bool has_word(const char *page, const char *word)
{
	for (const char *at = strstr(page, word); at; at = strstr(at + 1, word))
		if (at > page && at[-1] == ' ' && strchr(" \n", at[strlen(word)]))
			return true;
	return false;
}

static void the_manual_has_the_keys_and_calls_of_rules(void **state)
{
	static const char *const calls[] = {
#define CALL_TEXT(name) #name,
		ENTRAIN_CALLS(CALL_TEXT)
#undef CALL_TEXT
	};
	static char page[32768];
	const char *top = getenv("srcdir");
	unsigned keys = 0, items = 0;
	char text[300];
	FILE *file;

	(void)state;
	snprintf(text, sizeof(text), "%.200s/doc/entrain.ini.5", top ? top : ".");
	file = fopen(text, "r");
	assert_non_null(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	for (; host_rule_key(keys); keys++) {
		snprintf(text, sizeof(text), "\n.It Ic %s No = Ar %s\n", host_rule_key(keys)->name,
			 host_rule_key(keys)->argument);
		if (!strstr(page, text))
			fail_msg("entrain.ini.5 has no line%s", text);
	}
	for (const char *at = page; (at = strstr(at, "\n.It Ic ")); at++)
		items++;
	assert_int_equal(items, keys);
	for (unsigned i = 0; i < ENTRAIN_CALL_COUNT; i++)
		if (!has_word(page, calls[i]))
			fail_msg("entrain.ini.5 does not name %s", calls[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_is_read_over_the_defaults),
		cmocka_unit_test(a_missing_section_or_file_leaves_the_settings_alone),
		cmocka_unit_test(a_file_that_the_environment_names_must_be_there),
		cmocka_unit_test(a_section_of_a_name_of_any_length_is_read),
		cmocka_unit_test(a_byte_order_mark_and_carriage_returns_are_nothing),
		cmocka_unit_test(keys_have_no_order),
		cmocka_unit_test(what_cannot_be_read_is_said),
		cmocka_unit_test(errors_name_file_and_line),
		cmocka_unit_test(check_reports_every_finding),
		cmocka_unit_test(rules_are_checked_and_are_nothing_to_a_swarm),
		cmocka_unit_test(a_rule_keeps_what_it_is_given),
		cmocka_unit_test(a_rule_that_can_never_do_anything_is_wrong),
		cmocka_unit_test(the_manual_has_the_keys_and_calls_of_rules),
	};

	return cmocka_run_group_tests(tests, file_make, file_remove);
}
