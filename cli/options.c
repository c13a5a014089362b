/* SPDX-License-Identifier: MIT */
/* Options as data: one table a command feeds the parser, --help and the completion alike. */
#include "options.h"

#include <ctype.h>
#include <entrain.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "message.h"
#include "text.h"

#define PPM_PER_PERCENT 10000.0

struct unit {
	const char *name;
	int64_t size;
};

static const struct unit size_units[] = {
	{ "B", 1 },         { "KB", 1 << 10 }, { "KiB", 1 << 10 }, { "MB", 1 << 20 },
	{ "MiB", 1 << 20 }, { "GB", 1 << 30 }, { "GiB", 1 << 30 }, { NULL, 0 },
};

const char *option_argument(const struct option_row *row)
{
	static const char *const words[] = {
		[OPTION_FLAG] = "",         [OPTION_TEXT] = "TEXT", [OPTION_DURATION] = "DURATION",
		[OPTION_PERCENT] = "SHARE", [OPTION_COUNT] = "N",   [OPTION_SIZE] = "SIZE",
	};

	return row->argument && row->kind != OPTION_FLAG ? row->argument : words[row->kind];
}

double option_decimal(const char *text, char **end)
{
	double value = strtod(text, end);

	/* as people write them: no sign, space, word or hexadecimal */
	if (!isdigit((unsigned char)text[text[0] == '.']) ||
	    (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')))
		return -1;
	return value;
}

static int percent_parse(const char *text, int64_t *ppm, char *why, size_t why_size)
{
	char *end;
	double value;

	errno = 0;
	value = option_decimal(text, &end);
	if (value < 0 || errno || strcmp(end, "%") != 0 || value > 1e9) {
		snprintf(why, why_size, "\"%s\" is not a share such as 25%%", text);
		return STATUS_USAGE;
	}
	*ppm = (int64_t)(value * PPM_PER_PERCENT + 0.5);
	return 0;
}

static int count_parse(const char *text, int64_t *count, char *why, size_t why_size)
{
	char *end;

	errno = 0;
	if (isdigit((unsigned char)*text)) {
		*count = strtoll(text, &end, 10);
		if (!errno && *end == '\0')
			return 0;
	}
	snprintf(why, why_size, "\"%s\" is not a whole number", text);
	return STATUS_USAGE;
}

static int size_parse(const char *text, int64_t *bytes, char *why, size_t why_size)
{
	char *end;

	errno = 0;
	if (isdigit((unsigned char)*text)) {
		*bytes = strtoll(text, &end, 10);
		for (const struct unit *unit = size_units; !errno && unit->name; unit++)
			if (strcasecmp(end, unit->name) == 0 &&
			    !__builtin_mul_overflow(*bytes, unit->size, bytes))
				return 0;
	}
	snprintf(why, why_size, "\"%s\" is not a size such as 128KB (B, KB, MB, GB)", text);
	return STATUS_USAGE;
}

int option_value_parse(enum option_kind kind, const char *text, int64_t *number, char *why,
		       size_t why_size)
{
	struct entrain_error error = { .code = ENTRAIN_OK };

	switch (kind) {
	case OPTION_FLAG:
	case OPTION_TEXT:
		*number = 1;
		return 0;
	case OPTION_DURATION:
		if (!entrain_duration_parse(text, number, &error))
			return 0;
		snprintf(why, why_size, "%s", error.why);
		return STATUS_USAGE;
	case OPTION_PERCENT:
		return percent_parse(text, number, why, why_size);
	case OPTION_COUNT:
		return count_parse(text, number, why, why_size);
	case OPTION_SIZE:
		return size_parse(text, number, why, why_size);
	}
	abort(); /* a kind that is none: a bug of this program */
}

/* A bound as users would type it. */
static const char *bound_text(enum option_kind kind, int64_t value, char text[32])
{
	if (kind == OPTION_DURATION)
		return entrain_duration_text(value, text);
	if (kind == OPTION_PERCENT)
		snprintf(text, 32, "%g%%", (double)value / PPM_PER_PERCENT);
	else
		snprintf(text, 32, "%" PRId64 "%s", value, kind == OPTION_SIZE ? " bytes" : "");
	return text;
}

static int in_range(const struct option_row *row, int64_t number)
{
	if (row->least == 0 && row->most == 0)
		return 1;
	return number >= row->least && number <= row->most;
}

/* What is said about options of a command: "create --period". */
static void option_what(const char *command, const char *name, char *what, size_t size)
{
	snprintf(what, size, "%s --%s", command, name);
}

static void option_hint(const char *command, char *hint, size_t size)
{
	snprintf(hint, size, "entrainctl %s --help", command);
}

/* Take `text` as the value of row `index`. */
static int value_take(struct option_set *set, int index, const char *command, const char *text)
{
	const struct option_row *row = &set->rows[index];
	struct option_value *value = &set->values[index];
	char what[128], hint[64], least[32], most[32], why[256];
	int64_t number;

	option_what(command, row->name, what, sizeof(what));
	option_hint(command, hint, sizeof(hint));
	if (option_value_parse(row->kind, text, &number, why, sizeof(why)))
		return message_usage(what, hint, "%s", why);
	if (!in_range(row, number))
		return message_usage(what, hint, "%s is out of range: %s to %s", text,
				     bound_text(row->kind, row->least, least),
				     bound_text(row->kind, row->most, most));
	value->given = 1;
	value->text = text;
	value->number = number;
	return 0;
}

static int row_index(const struct option_set *set, const char *name, size_t length)
{
	for (int i = 0; set->rows[i].name; i++)
		if (strlen(set->rows[i].name) == length &&
		    memcmp(set->rows[i].name, name, length) == 0)
			return i;
	return -1;
}

static int unknown_option(const struct option_set *set, const char *command, const char *typed)
{
	const char *nearest = NULL;
	unsigned best = ~0u;
	char name[64], hint[160];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(typed, "="), typed);
	for (int i = 0; set->rows[i].name; i++) {
		unsigned distance = text_distance(name, set->rows[i].name);

		if (set->rows[i].hidden || !text_is_near(name, set->rows[i].name))
			continue;
		if (distance < best) {
			best = distance;
			nearest = set->rows[i].name;
		}
	}
	if (nearest)
		snprintf(hint, sizeof(hint), "--%s (all: entrainctl %s --help)", nearest, command);
	else
		option_hint(command, hint, sizeof(hint));
	return message_usage(command, hint, "unknown option --%s", name);
}

/* Defaults go through the same parser, so that help cannot promise what is not done. */
static void defaults_take(struct option_set *set)
{
	char why[256];

	memset(set->values, 0, sizeof(set->values));
	for (int i = 0; set->rows[i].name; i++) {
		const struct option_row *row = &set->rows[i];

		if (!row->fallback)
			continue;
		set->values[i].text = row->fallback;
		if (option_value_parse(row->kind, row->fallback, &set->values[i].number, why,
				       sizeof(why)))
			abort(); /* a wrong row in a table: a bug of this program */
	}
}

/* One argument that begins with "--". Returns how many arguments it took, or -1. */
static int option_take(struct option_set *set, const char *command, char *argument, char *next)
{
	const char *name = argument + 2, *equals = strchr(name, '=');
	int index = row_index(set, name, equals ? (size_t)(equals - name) : strlen(name));
	const struct option_row *row;
	char what[128], hint[64];

	if (index < 0) {
		unknown_option(set, command, name);
		return -1;
	}
	row = &set->rows[index];
	option_what(command, row->name, what, sizeof(what));
	option_hint(command, hint, sizeof(hint));
	if (row->kind == OPTION_FLAG) {
		if (equals) {
			message_usage(what, hint, "takes no value");
			return -1;
		}
		return value_take(set, index, command, "yes") ? -1 : 1;
	}
	if (equals)
		return value_take(set, index, command, equals + 1) ? -1 : 1;
	if (!next || strncmp(next, "--", 2) == 0) {
		message_usage(what, hint, "needs a value: --%s %s", row->name,
			      option_argument(row));
		return -1;
	}
	return value_take(set, index, command, next) ? -1 : 2;
}

/* "-o" written out, into `name`; as it is where no row has this letter. */
static char *letter_take(const struct option_set *set, char *argument, char name[64])
{
	if (argument[0] != '-' || argument[1] == '\0' || argument[1] == '-' || argument[2] != '\0')
		return argument;
	for (int i = 0; set->rows[i].name; i++)
		if (set->rows[i].letter == argument[1]) {
			snprintf(name, 64, "--%s", set->rows[i].name);
			return name;
		}
	return argument;
}

int options_parse(struct option_set *set, const char *command, int count, char **arguments,
		  int *operand_count)
{
	char name[64];
	int operands = 0, at = 0;

	defaults_take(set);
	while (at < count) {
		char *argument = arguments[at];
		int taken;

		if (strcmp(argument, "--") == 0) {
			while (++at < count)
				arguments[operands++] = arguments[at];
			break;
		}
		argument = letter_take(set, argument, name);
		if (argument[0] != '-' || argument[1] == '\0') {
			arguments[operands++] = argument;
			at++;
			continue;
		}
		if (argument[1] != '-')
			return message_usage(command, "options are long: --json, --dir DIR",
					     "unknown option %s", argument);
		taken = option_take(set, command, argument,
				    at + 1 < count ? arguments[at + 1] : NULL);
		if (taken < 0)
			return STATUS_USAGE;
		at += taken;
	}
	*operand_count = operands;
	return 0;
}

static const struct option_value *value_of(const struct option_set *set, const char *name)
{
	int index = row_index(set, name, strlen(name));

	if (index < 0)
		abort(); /* a name that is in no table: a bug of this program */
	return &set->values[index];
}

int option_given(const struct option_set *set, const char *name)
{
	return value_of(set, name)->given;
}

int64_t option_number(const struct option_set *set, const char *name)
{
	return value_of(set, name)->number;
}

const char *option_text(const struct option_set *set, const char *name)
{
	return value_of(set, name)->text;
}

/* Write `text` from column `at` on, in lines below 80 columns that begin at `indent`. */
static void wrapped_print(FILE *out, const char *text, int at, int indent)
{
	while (*text) {
		int length = (int)strcspn(text, " ");

		if (at + length >= 80 && at > indent) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
		}
		fprintf(out, "%.*s", length, text);
		at += length;
		text += length;
		if (*text == ' ') {
			text++;
			if (at + 1 + (int)strcspn(text, " ") < 80) {
				putc(' ', out);
				at++;
			} else {
				fprintf(out, "\n%*s", indent, "");
				at = indent;
			}
		}
	}
	putc('\n', out);
}

void options_print_line(FILE *out, const char *name, const char *text, const char *fallback)
{
	enum { INDENT = 28 };
	char whole[512];
	int at = fprintf(out, "  %s", name);

	if (at + 2 > INDENT) {
		putc('\n', out);
		at = 0;
	}
	fprintf(out, "%*s", INDENT - at, "");
	snprintf(whole, sizeof(whole), "%s%s%s%s", text, fallback ? " (default " : "",
		 fallback ? fallback : "", fallback ? ")" : "");
	wrapped_print(out, whole, INDENT, INDENT);
}

void options_print(FILE *out, const struct option_row *rows)
{
	for (const struct option_row *row = rows; row->name; row++) {
		const char *argument = option_argument(row);
		char name[96];

		if (row->hidden)
			continue;
		snprintf(name, sizeof(name), "--%s%s%s", row->name, *argument ? " " : "", argument);
		options_print_line(out, name, row->text, row->fallback);
	}
}
