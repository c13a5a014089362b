/* SPDX-License-Identifier: MIT */
/* test_preload.c - the pure parts of the preload plugin: globs, rules, rhythms. */
#include "unit.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "glob.h"
#include "match.h"
#include "rhythm.h"
#include "title.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)

static void globs_match_as_a_shell_does(void **state)
{
	static const struct {
		const char *glob, *text;
		bool matches;
	} table[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "/usr/bin/redis-*", "/usr/bin/redis-server", true },
		{ "/usr/bin/redis-*", "/usr/bin/redis", false },
		{ "*/redis-server", "/usr/local/bin/redis-server", true },
		{ "*redis*server", "/usr/redis/bin/redis-server", true },
		{ "*a*b*c", "xxaxxbxxbxc", true },
		{ "*a*b*c", "xxaxxbxxbx", false },
		{ "bio_[a-c]of_?sync", "bio_aof_fsync", true },
		{ "bio_[!a-c]of_?sync", "bio_aof_fsync", false },
		{ "[]x]", "]", true },
		{ "[^]]", "]", false },
		{ "a[", "a[", true },
		{ "a\\*", "a*", true },
		{ "a\\*", "ab", false },
		{ "a?", "a", false },
		{ "postgres: *checkpointer*", "postgres: 15/main: checkpointer ", true },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (glob_matches(table[i].glob, table[i].text) != table[i].matches)
			fail_msg("'%s' against '%s'", table[i].glob, table[i].text);
}

/* One that takes exponential time would not come back. */
static void a_glob_of_many_stars_takes_no_time(void **state)
{
	char glob[200], text[500];

	(void)state;
	for (unsigned i = 0; i + 2 < sizeof(glob); i += 2)
		memcpy(glob + i, "*a", 3);
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_true(glob_matches(glob, text));
	text[sizeof(text) - 2] = 'b';
	assert_false(glob_matches(glob, text));
}

static struct match_facts facts_of(enum entrain_call call, const char *title, const char *path)
{
	struct match_facts facts = { .call = call,
				     .fd = -1,
				     .threads = UINT32_MAX,
				     .title_known = true,
				     .path_known = true };

	snprintf(facts.title, sizeof(facts.title), "%s", title);
	snprintf(facts.path, sizeof(facts.path), "%s", path);
	return facts;
}

static void the_first_rule_that_matches_wins(void **state)
{
	const struct entrain_rule rules[] = {
		{ .role = "postgres: *checkpointer*", .calls = 1u << ENTRAIN_CALL_fsync },
		{ .path = "/var/lib/*/wal/*" },
		{ .thread = "bio_*" },
		{ .calls = 1u << ENTRAIN_CALL_sleep },
	};
	struct match_facts facts;

	(void)state;
	facts = facts_of(ENTRAIN_CALL_fsync, "postgres: checkpointer", "/var/lib/pg/wal/1");
	assert_int_equal(match_find(rules, 4, &facts), 0);
	facts.call = ENTRAIN_CALL_fdatasync;
	assert_int_equal(match_find(rules, 4, &facts), 1);
	facts = facts_of(ENTRAIN_CALL_fsync, "postgres: backend", "/home");
	assert_int_equal(match_find(rules, 4, &facts), 2);
	facts.threads = match_thread(rules, 4, "redis-server");
	assert_int_equal(facts.threads, 0xb);
	assert_int_equal(match_find(rules, 4, &facts), -1);
	assert_int_equal(match_thread(rules, 4, "bio_aof_fsync"), 0xf);
	facts.call = ENTRAIN_CALL_sleep;
	assert_int_equal(match_find(rules, 4, &facts), 3);
	/* without a path no rule on paths matches, not even one on any */
	facts = facts_of(ENTRAIN_CALL_fsync, "", "");
	assert_int_equal(match_find(&(struct entrain_rule){ .path = "*" }, 1, &facts), -1);
}

static void executables_are_matched_by_either_path(void **state)
{
	const struct entrain_rule rule = { .exe = "/usr/bin/redis-server" };

	(void)state;
	assert_true(match_executable(&rule, "/usr/bin/redis-server"));
	assert_false(match_executable(&rule, "/usr/bin/redis-check-rdb"));
	assert_false(match_executable(&rule, NULL));
	assert_true(match_executable(&(struct entrain_rule){ .exe = "" }, NULL));
}

static void the_path_is_that_of_the_descriptor(void **state)
{
	const struct entrain_rule rules[] = { { .path = "*/null" }, { .path = "*pipe:*" } };
	struct match_facts facts = { .threads = UINT32_MAX, .fd = open("/dev/null", O_RDONLY) };
	int ends[2];

	(void)state;
	assert_true(facts.fd >= 0 && pipe(ends) == 0);
	errno = 77;
	assert_int_equal(match_find(rules, 2, &facts), 0);
	assert_string_equal(facts.path, "/dev/null");
	close(facts.fd);
	facts.path_known = false;
	assert_int_equal(match_find(rules, 2, &facts), -1);
	facts.path_known = false;
	facts.fd = ends[1];
	assert_int_equal(match_find(rules, 2, &facts), 1);
	assert_int_equal(errno, 77);
	close(ends[0]);
	close(ends[1]);
}

static void the_title_is_read_where_the_host_writes_it(void **state)
{
	/* as the kernel lays them out: arguments, then environment, all in one piece */
	char memory[] = "/usr/bin/host\0-D\0/data\0HOME=/root\0PATH=/bin";
	char *arguments[] = { memory, memory + 14, memory + 17, NULL };
	char *environment[] = { memory + 23, memory + 34, NULL };
	char title[64], few[6];

	(void)state;
	title_find(arguments, environment);
	title_read(title, sizeof(title));
	assert_string_equal(title, "/usr/bin/host -D /data");
	title_read(few, sizeof(few));
	assert_string_equal(few, "/usr/");
	/* shorter, as PostgreSQL does it */
	memset(memory, 0, 23);
	memcpy(memory, "host: writer", 12);
	title_read(title, sizeof(title));
	assert_string_equal(title, "host: writer");
	/* over the end of the arguments */
	memcpy(memory, "host: a title that is longer", 29);
	title_read(title, sizeof(title));
	assert_string_equal(title, "host: a title that is longer");
}

/* Arrivals at `period_ns` x i + `offset_ns`, each burst over after `work_ns`. */
static void arrivals(struct rhythm *rhythm, unsigned count, int64_t period_ns, int64_t offset_ns,
		     int64_t jitter_ns)
{
	const int64_t boot_ns = 1700000000 * S;

	memset(rhythm, 0, sizeof(*rhythm));
	for (unsigned i = 0; i < count; i++) {
		int64_t at_ns = 5 * S + period_ns * i + offset_ns + jitter_ns * (i * 7 % 5);

		rhythm_arrive(rhythm, at_ns, boot_ns + at_ns);
		rhythm_over(rhythm, at_ns + 3 * MS);
	}
}

static void rhythms_are_recognised(void **state)
{
	struct rhythm rhythm;
	struct rhythm_found found;

	(void)state;
	arrivals(&rhythm, 3, S, 2 * MS, 0);
	rhythm_find(&rhythm, S, false, &found);
	assert_int_equal(found.kind, ENTRAIN_KIND_SWARM);
	/* Redis: a few ms after each second */
	arrivals(&rhythm, 20, S, 2 * MS, MS);
	rhythm_find(&rhythm, S, false, &found);
	assert_int_equal(found.kind, ENTRAIN_GRID);
	assert_true(found.interval_ns > 990 * MS && found.interval_ns < 1010 * MS);
	/* the same half a second later is a sleep, if it is steady */
	arrivals(&rhythm, 20, S, 500 * MS, MS);
	rhythm_find(&rhythm, S, false, &found);
	assert_int_equal(found.kind, ENTRAIN_RELATIVE);
	assert_true(found.rest_ns > 985 * MS && found.rest_ns < 1005 * MS);
	arrivals(&rhythm, 20, 1013 * MS, 0, 0);
	rhythm_find(&rhythm, S, false, &found);
	assert_int_equal(found.kind, ENTRAIN_RELATIVE);
	assert_true(found.interval_ns == 1013 * MS && found.rest_ns == 1010 * MS);
	arrivals(&rhythm, 20, 700 * MS, 300 * MS, 150 * MS);
	rhythm_find(&rhythm, S, false, &found);
	assert_int_equal(found.kind, ENTRAIN_DRIFTING);
	/* where clocks are expected, one of its own is one, and drift is none */
	arrivals(&rhythm, 20, S, 500 * MS, MS);
	rhythm_find(&rhythm, S, true, &found);
	assert_int_equal(found.kind, ENTRAIN_GRID);
	assert_true(found.offset_ns > 495 * MS && found.offset_ns < 510 * MS);
	arrivals(&rhythm, 20, S, 998 * MS, MS); /* round the turn */
	rhythm_find(&rhythm, S, true, &found);
	assert_int_equal(found.kind, ENTRAIN_GRID);
	assert_true(found.offset_ns < 5 * MS || found.offset_ns > 995 * MS);
	arrivals(&rhythm, 20, 1050 * MS, 300 * MS, 0);
	rhythm_find(&rhythm, S, true, &found);
	assert_int_equal(found.kind, ENTRAIN_RELATIVE);
	/* one stop is no habit */
	arrivals(&rhythm, 8, S, 2 * MS, MS);
	rhythm_arrive(&rhythm, 13 * S + 400 * MS, 1700000013 * S + 400 * MS);
	rhythm_find(&rhythm, S, false, &found);
	assert_int_equal(found.kind, ENTRAIN_GRID);
}

static void a_clock_is_recognised_in_a_swarm_of_another_period(void **state)
{
	struct rhythm rhythm;
	struct rhythm_found found;

	(void)state;
	assert_true(rhythm_round_ns(S) == S);
	assert_true(rhythm_round_ns(S - 4 * MS) == S);
	assert_true(rhythm_round_ns(S + 7 * MS) == S);
	assert_true(rhythm_round_ns(251 * MS) == 250 * MS);
	assert_true(rhythm_round_ns(12449 * MS) == 12400 * MS);
	assert_true(rhythm_round_ns(300 * S + 2 * S) == 300 * S);
	assert_true(rhythm_round_ns(0) == 0);
	assert_true(rhythm_round_ns(INT64_MAX) >= 0);
	arrivals(&rhythm, 20, S, 2 * MS, MS);
	rhythm_find(&rhythm, 5 * S, false, &found);
	assert_int_equal(found.kind, ENTRAIN_RELATIVE);
	assert_int_equal(rhythm_kind(&rhythm, &found), ENTRAIN_GRID);
	arrivals(&rhythm, 20, S, 502 * MS, MS);
	rhythm_find(&rhythm, 5 * S, false, &found);
	assert_int_equal(rhythm_kind(&rhythm, &found), ENTRAIN_RELATIVE);
	arrivals(&rhythm, 3, S, 2 * MS, MS);
	rhythm_find(&rhythm, 5 * S, false, &found);
	assert_int_equal(rhythm_kind(&rhythm, &found), ENTRAIN_KIND_SWARM);
}

/* Arrivals `late_ns[i % count]` after whole seconds. */
static void arrivals_late(struct rhythm *rhythm, unsigned from, unsigned to, const int64_t *late_ns,
			  unsigned count)
{
	for (unsigned i = from; i < to; i++) {
		int64_t at_ns = S * i + late_ns[i % count];

		rhythm_arrive(rhythm, at_ns, 1700000000 * S + at_ns);
		rhythm_over(rhythm, at_ns + 3 * MS);
	}
}

/* A sleep of a second that happens to begin near the clock's second leaves it again, but takes minutes for that. */
static void a_sleep_that_moves_past_a_clock_is_a_sleep(void **state)
{
	static const int64_t starts_ns[] = { -20 * MS, -MS, 0, 2 * MS, 60 * MS, 120 * MS };
	struct rhythm_found found;
	struct rhythm rhythm;

	(void)state;
	for (unsigned i = 0; i < sizeof(starts_ns) / sizeof(starts_ns[0]); i++) {
		/* each cycle a little longer than the second, and not always by as much; or shorter */
		for (int64_t step_ns = -300000; step_ns <= 300000; step_ns += 100000) {
			int64_t at_ns = 5 * S + starts_ns[i];

			memset(&rhythm, 0, sizeof(rhythm));
			for (int cycle = 0; cycle < 20; cycle++) {
				rhythm_arrive(&rhythm, at_ns, 1700000000 * S + at_ns);
				rhythm_over(&rhythm, at_ns + MS);
				at_ns += S + step_ns + step_ns / 4 * (cycle * 7 % 5 - 2);
			}
			rhythm_find(&rhythm, S, false, &found);
			assert_int_equal(found.kind, step_ns ? ENTRAIN_RELATIVE : ENTRAIN_GRID);
			assert_int_equal(rhythm_kind(&rhythm, &found), found.kind);
			/* in a swarm of another period, too */
			rhythm_find(&rhythm, 5 * S, false, &found);
			assert_int_equal(rhythm_kind(&rhythm, &found),
					 step_ns ? ENTRAIN_RELATIVE : ENTRAIN_GRID);
			/* among clocks holds tell: until then it may be one that is looked at now and then */
			rhythm_find(&rhythm, S, true, &found);
			assert_int_equal(found.kind, ENTRAIN_GRID);
		}
	}
}

/* As Redis has it: the clock is looked at in a loop, so that it is now later, now earlier. Each window of the last arrivals says so. */
static void a_clock_that_is_seen_late_is_a_clock(void **state)
{
	static const int64_t late_ns[] = { 2 * MS, 9 * MS, 1 * MS, 4 * MS, 5 * MS, 7 * MS, 3 * MS },
			     hardly_ns[] = { 50000, 60000, 70000, 79000, 85000, 94000 },
			     slow_ns[] = { 10 * MS, 25 * MS, 40 * MS, 55 * MS,
					   70 * MS, 85 * MS, 5 * MS };
	struct rhythm late = { 0 }, hardly = { 0 }, slow = { 0 };
	struct rhythm_found found;

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		arrivals_late(&late, i, i + 1, late_ns, 7);
		arrivals_late(&hardly, i, i + 1, hardly_ns, 6);
		arrivals_late(&slow, i, i + 1, slow_ns, 7);
		if (i < RHYTHM_LEAST)
			continue;
		for (int clocked = 0; clocked < 2; clocked++) {
			rhythm_find(&late, S, clocked, &found);
			assert_int_equal(found.kind, ENTRAIN_GRID);
			rhythm_find(&hardly, S, clocked, &found);
			assert_int_equal(found.kind, ENTRAIN_GRID);
			rhythm_find(&slow, S, clocked, &found);
			assert_int_equal(found.kind, ENTRAIN_GRID);
		}
	}
}

/* A checkpoint's flushes, with pauses of up to 100 ms, each half a minute; then it flushes each second after an hour of rest. */
static void pauses_within_a_burst_are_told_from_rests(void **state)
{
	struct rhythm rhythm = { 0 };
	int64_t at_ns = S;

	(void)state;
	assert_true(rhythm_pause_ns(&rhythm, false) == 0);
	for (int burst = 0; burst < 3; burst++) {
		rhythm_arrive(&rhythm, at_ns, at_ns);
		rhythm_over(&rhythm, at_ns + S);
		/* what was taken for a burst of its own, since nothing was known */
		rhythm_arrive(&rhythm, at_ns + S + 100 * MS, at_ns + S + 100 * MS);
		rhythm_over(&rhythm, at_ns + 2 * S);
		at_ns += 30 * S;
	}
	assert_true(rhythm_pause_ns(&rhythm, false) > 100 * MS &&
		    rhythm_pause_ns(&rhythm, false) < 28 * S);
	at_ns += 3600 * S;
	for (int burst = 0; burst < 7; burst++) {
		rhythm_arrive(&rhythm, at_ns, at_ns);
		rhythm_over(&rhythm, at_ns + 3 * MS);
		at_ns += S;
	}
	assert_true(rhythm_pause_ns(&rhythm, false) > 100 * MS &&
		    rhythm_pause_ns(&rhythm, false) < S);
}

/* Rests that are exponential, of 1 s in the mean: the 1st, 3rd, 5th, ... 39th fortieth of them, in an order without order. */
static void who_comes_whenever_it_likes_may_come_soon(void **state)
{
	static const int64_t rest_ms[] = {
		13,   38,   65,   92,   120,  148,  178,  208,  239,  271,  304,  339,  375,  412,
		450,  490,  532,  575,  620,  668,  718,  771,  827,  886,  949,  1016, 1087, 1165,
		1248, 1339, 1440, 1551, 1677, 1820, 1988, 2188, 2440, 2781, 3306, 4423,
	};
	const unsigned count = sizeof(rest_ms) / sizeof(rest_ms[0]);
	unsigned missed = 0, missed_watched = 0;
	struct rhythm rhythm = { 0 };
	int64_t at_ns = S;

	(void)state;
	for (unsigned i = 0; i < 10 * count; i++) {
		const int64_t rest_ns = rest_ms[i * 17 % count] * MS;

		missed += i >= RHYTHM_KEPT && rest_ns < rhythm_pause_ns(&rhythm, true);
		missed_watched += i >= RHYTHM_KEPT && rest_ns < rhythm_pause_ns(&rhythm, false);
		at_ns += rest_ns;
		rhythm_arrive(&rhythm, at_ns, at_ns);
		at_ns += 20 * MS;
		rhythm_over(&rhythm, at_ns);
	}
	assert_true(missed <= 10 * count / 15);
	assert_true(missed_watched > 2 * missed);
	/* and the pauses of a checkpoint each half a minute are still pauses */
	for (int burst = 0; burst < RHYTHM_KEPT; burst++) {
		at_ns += 30 * S;
		rhythm_arrive(&rhythm, at_ns, at_ns);
		rhythm_over(&rhythm, at_ns);
	}
	assert_true(rhythm_pause_ns(&rhythm, true) > 500 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs_match_as_a_shell_does),
		cmocka_unit_test(a_glob_of_many_stars_takes_no_time),
		cmocka_unit_test(the_first_rule_that_matches_wins),
		cmocka_unit_test(executables_are_matched_by_either_path),
		cmocka_unit_test(the_path_is_that_of_the_descriptor),
		cmocka_unit_test(the_title_is_read_where_the_host_writes_it),
		cmocka_unit_test(rhythms_are_recognised),
		cmocka_unit_test(a_clock_is_recognised_in_a_swarm_of_another_period),
		cmocka_unit_test(a_sleep_that_moves_past_a_clock_is_a_sleep),
		cmocka_unit_test(a_clock_that_is_seen_late_is_a_clock),
		cmocka_unit_test(pauses_within_a_burst_are_told_from_rests),
		cmocka_unit_test(who_comes_whenever_it_likes_may_come_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
