/* SPDX-License-Identifier: MIT */
/* Options as data: one table a command feeds the parser, --help and the completion alike. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdint.h>
#include <stdio.h>

enum option_kind {
	OPTION_FLAG,     /* --json */
	OPTION_TEXT,     /* anything; the command looks at it */
	OPTION_DURATION, /* "250ms", "5s": a bare number is refused; number in ns */
	OPTION_PERCENT,  /* "25%": a bare number is refused; number in ppm */
	OPTION_COUNT,    /* "8"; number as it is */
	OPTION_SIZE,     /* "128KB", 1 KB = 1024 bytes, a bare number is refused; number in bytes */
};

/* One option. `least` and `most` bound the number, in its own unit; both 0: unbounded. */
struct option_row {
	const char *name; /* without dashes: "period" */
	char letter;      /* 'o': "-o VALUE" means the same; 0: none */
	enum option_kind kind;
	const char *argument; /* what help shows for the value; NULL: the kind's word */
	const char *fallback; /* default, as typed; read by the same parser; NULL: none */
	const char *text;     /* one sentence, lower case, no full stop */
	int64_t least, most;
	int hidden; /* 1: not shown in help */
};

#define OPTION_ROWS_MAX 40

struct option_value {
	int given;        /* 1 if it was typed */
	const char *text; /* as typed, else the default, else NULL */
	int64_t number;   /* flag: 1 if typed; else in the unit of its kind */
};

struct option_set {
	struct option_row rows[OPTION_ROWS_MAX]; /* ends with a row without name */
	struct option_value values[OPTION_ROWS_MAX];
};

/*
 * Parse `count` arguments against set->rows, which the caller has filled. Takes --name=value and
 * --name value (the last of several wins) in any order with operands, -h for --help, and `--` as the end
 * of the options, -o as its row says. Operands are moved to the front of `arguments`, in order; *operand_count says how many.
 * Returns 0, or 2 after it has said on stderr what is wrong.
 */
int options_parse(struct option_set *set, const char *command, int count, char **arguments,
		  int *operand_count);

/* What was typed for an option. A name that is not in the table is a bug and stops the program. */
int option_given(const struct option_set *set, const char *name);
int64_t option_number(const struct option_set *set, const char *name);
const char *option_text(const struct option_set *set, const char *name);

/* A decimal number, as "0.3" or ".3", at the beginning of a text, and where it ends; -1: there is none. */
double option_decimal(const char *text, char **end);

/* One value of one kind from its text. Returns 0, or 2 with a sentence in `why`. */
int option_value_parse(enum option_kind kind, const char *text, int64_t *number, char *why,
		       size_t why_size);

/* The rows as help shows them; and a line of the same form of other names. */
void options_print(FILE *out, const struct option_row *rows);
void options_print_line(FILE *out, const char *name, const char *text, const char *fallback);

/* The word for a row's value: "DURATION"; "" for a flag. */
const char *option_argument(const struct option_row *row);

#endif
