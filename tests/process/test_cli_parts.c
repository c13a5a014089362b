/* SPDX-License-Identifier: MIT */
/* The tool's parts that no swarm can bring to their limits: JSON, escapes, options, likeness, tables. */
#include <entrain.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "options.h"
#include "table.h"
#include "tally.h"
#include "text.h"

static unsigned passed, failed;

static void expect(int good, const char *what, int line)
{
	passed += good != 0;
	failed += !good;
	if (!good)
		printf("FAILED line %d: %s\n", line, what);
}

#define EXPECT(condition) expect(condition, #condition, __LINE__)

static void expect_text(const char *got, const char *wanted, int line)
{
	if (strcmp(got, wanted) != 0)
		printf("got:    %s\nwanted: %s\n", got, wanted);
	expect(strcmp(got, wanted) == 0, "texts are the same", line);
}

#define EXPECT_TEXT(got, wanted) expect_text(got, wanted, __LINE__)

/* What is written to a stream, as text. */
struct captured {
	FILE *out;
	char *text;
	size_t size;
};

static FILE *capture(struct captured *captured)
{
	captured->out = open_memstream(&captured->text, &captured->size);
	if (!captured->out)
		exit(99);
	return captured->out;
}

static const char *captured_text(struct captured *captured)
{
	fclose(captured->out);
	return captured->text;
}

static const char *json_of_bytes(const char *bytes, size_t length)
{
	static char text[256];
	struct captured captured;
	struct json json;

	json_begin(&json, capture(&captured));
	json_bytes(&json, "t", bytes, length);
	json_finish(&json);
	snprintf(text, sizeof(text), "%s", captured_text(&captured));
	free(captured.text);
	return text;
}

#define EXPECT_STRING(bytes, wanted) \
	EXPECT_TEXT(json_of_bytes(bytes, sizeof(bytes) - 1), "{\n  \"t\": \"" wanted "\"\n}\n")

static void strings_are_escaped_for_any_byte(void)
{
	EXPECT_STRING("plain", "plain");
	EXPECT_STRING("", "");
	EXPECT_STRING("a\"b\\c/", "a\\\"b\\\\c/");
	EXPECT_STRING("\b\t\n\f\r", "\\b\\t\\n\\f\\r");
	EXPECT_STRING("\0x\1\x1f\x7f", "\\u0000x\\u0001\\u001f\\u007f");
	EXPECT_STRING("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		      "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	/* stray, cut short, overlong, surrogate, beyond the last */
	EXPECT_STRING("\x80.\xff", "\\ufffd.\\ufffd");
	EXPECT_STRING("\xe2\x82", "\\ufffd\\ufffd");
	EXPECT_STRING("\xc0\xaf", "\\ufffd\\ufffd");
	EXPECT_STRING("\xe0\x80\x80", "\\ufffd\\ufffd\\ufffd");
	EXPECT_STRING("\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd");
	EXPECT_STRING("\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd");
	EXPECT_STRING("\xe2(\xa1", "\\ufffd(\\ufffd");
}

static void members_are_set_apart_by_commas(void)
{
	struct captured captured;
	struct json json;

	json_begin(&json, capture(&captured));
	json_object(&json, "empty");
	json_end(&json);
	json_array(&json, "none");
	json_end(&json);
	json_integer(&json, "least", INT64_MIN);
	json_unsigned(&json, "most", UINT64_MAX);
	json_array(&json, "rows");
	json_row(&json, NULL);
	json_boolean(&json, "yes", 7);
	json_list(&json, "reals");
	json_real(&json, NULL, 0.1);
	json_real(&json, NULL, -0.0);
	json_real(&json, NULL, NAN);
	json_real(&json, NULL, INFINITY);
	json_end(&json);
	json_end(&json);
	json_text(&json, NULL, NULL);
	json_end(&json);
	json_null(&json, "last");
	json_finish(&json);
	EXPECT_TEXT(
		captured_text(&captured),
		"{\n  \"empty\": {},\n  \"none\": [],\n"
		"  \"least\": -9223372036854775808,\n  \"most\": 18446744073709551615,\n"
		"  \"rows\": [\n    {\"yes\": true, \"reals\": [0.1, 0, null, null]},\n    null\n"
		"  ],\n  \"last\": null\n}\n");
	free(captured.text);
}

static void text_for_terminals_is_printable(void)
{
	struct captured captured;
	char safe[12];

	EXPECT_TEXT(text_escape("a\033[1m", safe, sizeof(safe)), "a\\x1b[1m");
	EXPECT_TEXT(text_escape("\xc3\xa9", safe, sizeof(safe)), "\\xc3\\xa9");
	/* an escape that does not fit is left out as a whole */
	EXPECT_TEXT(text_escape("12345678\n", safe, sizeof(safe)), "12345678");
	EXPECT_TEXT(text_escape("1234567\n", safe, sizeof(safe)), "1234567\\x0a");
	EXPECT_TEXT(text_escape("1234567890123", safe, sizeof(safe)), "12345678901");
	text_print(capture(&captured), "a\nb\t", 1);
	EXPECT_TEXT(captured_text(&captured), "a\nb\\x09");
	free(captured.text);
}

static void likeness_counts_slips_of_the_finger(void)
{
	EXPECT(text_distance("", "") == 0);
	EXPECT(text_distance("", "abc") == 3);
	EXPECT(text_distance("status", "status") == 0);
	EXPECT(text_distance("statsu", "status") == 1);
	EXPECT(text_distance("sttus", "status") == 1);
	EXPECT(text_distance("sstatus", "status") == 1);
	EXPECT(text_distance("stapus", "status") == 1);
	EXPECT(text_distance("kitten", "sitting") == 3);
	EXPECT(text_is_near("perod", "period"));
	EXPECT(text_is_near("top", "topology"));
	EXPECT(!text_is_near("top", "set"));
	EXPECT(!text_is_near("xyzzy", "json"));
}

static int64_t number_of(enum option_kind kind, const char *text)
{
	char why[256] = "";
	int64_t number = 0;

	if (option_value_parse(kind, text, &number, why, sizeof(why))) {
		EXPECT(why[0] != '\0');
		return -1;
	}
	return number;
}

static void values_need_their_units(void)
{
	EXPECT(number_of(OPTION_DURATION, "250ms") == 250000000);
	EXPECT(number_of(OPTION_DURATION, "1.5s") == 1500000000);
	EXPECT(number_of(OPTION_DURATION, "5") == -1);
	EXPECT(number_of(OPTION_DURATION, "s") == -1);
	EXPECT(number_of(OPTION_DURATION, "-5s") == -1);
	EXPECT(number_of(OPTION_PERCENT, "25%") == 250000);
	EXPECT(number_of(OPTION_PERCENT, "0.5%") == 5000);
	EXPECT(number_of(OPTION_PERCENT, "25") == -1);
	EXPECT(number_of(OPTION_PERCENT, "%") == -1);
	EXPECT(number_of(OPTION_PERCENT, "-1%") == -1);
	EXPECT(number_of(OPTION_PERCENT, "25%%") == -1);
	EXPECT(number_of(OPTION_COUNT, "8") == 8);
	EXPECT(number_of(OPTION_COUNT, "8x") == -1);
	EXPECT(number_of(OPTION_COUNT, "") == -1);
	EXPECT(number_of(OPTION_COUNT, " 8") == -1);
	EXPECT(number_of(OPTION_COUNT, "-8") == -1);
	EXPECT(number_of(OPTION_COUNT, "99999999999999999999") == -1);
	EXPECT(number_of(OPTION_SIZE, "128KB") == 131072);
	EXPECT(number_of(OPTION_SIZE, "1MiB") == 1048576);
	EXPECT(number_of(OPTION_SIZE, "2gb") == INT64_C(2) << 30);
	EXPECT(number_of(OPTION_SIZE, "512B") == 512);
	EXPECT(number_of(OPTION_SIZE, "512") == -1);
	EXPECT(number_of(OPTION_SIZE, "9999999999999GB") == -1);
}

static const struct option_row rows[] = {
	{ .name = "count",
	  .kind = OPTION_COUNT,
	  .fallback = "3",
	  .text = "a count",
	  .least = 1,
	  .most = 9 },
	{ .name = "period", .kind = OPTION_DURATION, .text = "a duration" },
	{ .name = "yes", .kind = OPTION_FLAG, .text = "a flag" },
	{ .name = NULL },
};

/* Parse words set apart by blanks; returns what options_parse() does. */
static int parse(struct option_set *set, const char *words, char **arguments, int *operands)
{
	static char line[256];
	int count = 0;

	memset(set, 0, sizeof(*set));
	memcpy(set->rows, rows, sizeof(rows));
	snprintf(line, sizeof(line), "%s", words);
	for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
		arguments[count++] = word;
	return options_parse(set, "test", count, arguments, operands);
}

static void options_and_operands_may_be_mixed(void)
{
	struct option_set set;
	char *arguments[16];
	int operands = -1;

	EXPECT(parse(&set, "", arguments, &operands) == 0 && operands == 0);
	EXPECT(option_number(&set, "count") == 3 && !option_given(&set, "count"));
	EXPECT_TEXT(option_text(&set, "count"), "3");
	EXPECT(!option_text(&set, "period") && !option_given(&set, "yes"));
	EXPECT(parse(&set, "a --count 5 b --period=2s --yes c", arguments, &operands) == 0);
	EXPECT(operands == 3 && strcmp(arguments[0], "a") == 0 && strcmp(arguments[2], "c") == 0);
	EXPECT(option_number(&set, "count") == 5 && option_given(&set, "yes"));
	EXPECT(option_number(&set, "period") == 2000000000);
	EXPECT(parse(&set, "--count 5 --count=6", arguments, &operands) == 0);
	EXPECT(option_number(&set, "count") == 6);
	EXPECT(parse(&set, "a -- --count -x -", arguments, &operands) == 0 && operands == 4);
	EXPECT_TEXT(arguments[1], "--count");
	EXPECT(parse(&set, "-", arguments, &operands) == 0 && operands == 1);
}

static void wrong_options_are_refused(void)
{
	static const char *const wrong[] = { "--count",  "--count 0", "--count 10", "--count=",
					     "--yes=1",  "-y",        "--period 5", "--count --yes",
					     "--coun 1", "--=5",      "--countx=5" };
	struct option_set set;
	char *arguments[16];
	int operands;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		EXPECT(parse(&set, wrong[i], arguments, &operands) == 2);
}

static void tables_leave_out_what_does_not_fit(void)
{
	static const struct table_column columns[] = { { "n", 1 }, { "word", 0 }, { "more", 0 } };
	struct captured captured;
	struct table table;

	table_begin(&table, columns, 3);
	table_put(&table, TEXT_PLAIN, "%d", 100);
	table_put(&table, TEXT_PLAIN, "a\n");
	table_put(&table, TEXT_BAD, "x");
	table_finish(&table, capture(&captured), 0, 0);
	EXPECT_TEXT(captured_text(&captured), "  n  word   more\n100  a\\x0a  x\n");
	free(captured.text);
	table_begin(&table, columns, 3);
	for (int i = 0; i < 3; i++)
		table_put(&table, TEXT_PLAIN, "1");
	table_finish(&table, capture(&captured), 0, 10);
	EXPECT_TEXT(captured_text(&captured), "n  word\n1  1\n(no room for more)\n");
	free(captured.text);
}

/* ---- what was done between two pictures ------------------------------------------------ */

static struct entrain_agent_info worker(uint32_t slot, uint32_t pid, uint64_t turns,
					uint64_t missed, int64_t delay_ns)
{
	return (struct entrain_agent_info){ .slot = slot,
					    .pid = pid,
					    .name = "worker",
					    .period_ns = 1000,
					    .turns = turns,
					    .turns_missed = missed,
					    .delay_total_ns = delay_ns };
}

/* Of pictures 10 periods apart. */
static int tally_is(struct entrain_agent_info *before, unsigned before_count,
		    struct entrain_agent_info *now, unsigned now_count, struct tally wanted)
{
	const struct picture first = { .agents = before, .agent_count = before_count };
	const struct picture second = { .agents = now,
					.agent_count = now_count,
					.taken_ns = 10000 };
	const struct tally tally = tally_between(&first, &second);

	return tally.turns == wanted.turns && tally.missed == wanted.missed &&
	       tally.delay_ns == wanted.delay_ns;
}

static void agents_that_come_and_go_are_counted(void)
{
	struct entrain_agent_info before[] = { worker(0, 10, 100, 5, 7000),
					       worker(2, 12, 200, 0, 900),
					       worker(5, 15, 300, 1, 100) };
	/* 0 went on, 1 has come, 2 has another owner, 5 is gone, 7 has come from elsewhere */
	struct entrain_agent_info now[] = { worker(0, 10, 108, 7, 7500), worker(1, 11, 3, 0, 40),
					    worker(2, 22, 6, 1, 50), worker(7, 17, 9000, 3, 1) };
	struct entrain_agent_info again[] = { worker(0, 10, 4, 0, 30) };
	struct entrain_agent_info young[] = { worker(0, 10, 3, 3, 30) };
	struct entrain_agent_info less[][1] = { { worker(0, 10, 2, 4, 40) },
						{ worker(0, 10, 4, 2, 40) },
						{ worker(0, 10, 4, 4, 20) } };
	struct entrain_agent_info strange[] = { worker(0, 10, 101, UINT64_MAX, INT64_MAX),
						worker(2, 12, 202, UINT64_MAX, INT64_MAX) };
	struct entrain_agent_info full[] = { worker(0, 10, UINT32_MAX - 1, 5, 70) };
	struct entrain_agent_info round[] = { worker(0, 10, 6, 5, 90) };

	EXPECT(tally_is(before, 3, before, 3, (struct tally){ 0, 0, 0 }));
	EXPECT(tally_is(before, 3, now, 4, (struct tally){ 8 + 3 + 6, 2 + 1, 500 + 40 + 50 }));
	EXPECT(tally_is(before, 3, NULL, 0, (struct tally){ 0, 0, 0 }));
	EXPECT(tally_is(NULL, 0, now, 3, (struct tally){ 3 + 6, 1, 40 + 50 }));
	/* the same process, joined anew: its totals are less than before */
	EXPECT(tally_is(before, 1, again, 1, (struct tally){ 4, 0, 30 }));
	for (int i = 0; i < 3; i++)
		EXPECT(tally_is(young, 1, less[i], 1,
				(struct tally){ less[i]->turns, less[i]->turns_missed,
						less[i]->delay_total_ns }));
	/* sums that have no room */
	EXPECT(tally_is(before, 3, strange, 2, (struct tally){ 1 + 2, UINT64_MAX, INT64_MAX }));
	/* turns are counted modulo 2^32 */
	EXPECT(tally_is(full, 1, round, 1, (struct tally){ 8, 0, 20 }));
	now[0].implausible = 1;
	EXPECT(tally_is(before, 3, now, 1, (struct tally){ 0, 0, 0 }));
}

static void turns_are_counted_round(void)
{
	EXPECT(picture_turns(7, 7) == 0);
	EXPECT(picture_turns(7, 9) == 2);
	EXPECT(picture_turns(UINT32_MAX, 0) == 1);
	EXPECT(picture_turns(UINT32_MAX - 1, 5) == 7);
	/* another count, begun since */
	EXPECT(picture_turns(7, 3) == -4);
	EXPECT(picture_turns(0, UINT32_MAX) == -1);
}

int main(void)
{
	/* what is refused is said on stderr, which is not looked at here */
	if (!freopen("/dev/null", "w", stderr))
		return 99;
	strings_are_escaped_for_any_byte();
	members_are_set_apart_by_commas();
	text_for_terminals_is_printable();
	likeness_counts_slips_of_the_finger();
	values_need_their_units();
	options_and_operands_may_be_mixed();
	wrong_options_are_refused();
	tables_leave_out_what_does_not_fit();
	agents_that_come_and_go_are_counted();
	turns_are_counted_round();
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
