/* SPDX-License-Identifier: MIT */
/* What a command of entrainctl is, with the table of them. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "options.h"

/*
 * The commands, in the order in which help shows them. X(create) is `const struct command
 * command_create`, defined in command_create.c (demo, simulate: in folders of their own). This list is the one
 * place to add to: dispatch, help, completion and the test of the manual follow it.
 */
#define CLI_COMMANDS(X) \
	X(create) \
	X(list) \
	X(status) \
	X(stat) \
	X(top) \
	X(set) \
	X(resize) \
	X(wait) \
	X(reap) \
	X(disrupt) \
	X(events) \
	X(report) \
	X(export) \
	X(rm) \
	X(check) \
	X(run) \
	X(exec) \
	X(demo) \
	X(simulate) \
	X(version) \
	X(help)

/* Exit statuses of the tool. Those of a failed library call come from entrain_code_status(). */
enum status {
	STATUS_DONE = 0,
	STATUS_NO = 1, /* the answer is no: not converged, unsound, timeout */
	STATUS_USAGE = 2,
	STATUS_NO_SWARM = 3,
	STATUS_NOT_PERMITTED = 4,
	STATUS_REFUSED = 5, /* the system refused: no space, limits, output cannot be written */
	STATUS_OTHER_ABI = 6,
};

struct invocation;

/* What the framework does for a command before it runs. */
#define COMMAND_SWARM 1u    /* first operand is [SWARM], checked; --dir is an option */
#define COMMAND_DIR 2u      /* --dir is an option */
#define COMMAND_SETTINGS 4u /* the library's keys "at creation" are options */
#define COMMAND_JSON 8u     /* --json is an option */
#define COMMAND_KEYS 16u    /* takes the library's live keys as KEY=VALUE: help shows them */

struct command {
	const char *name;
	const char *operands;             /* as help shows them: "[SWARM]"; "" if none */
	const char *text;                 /* one line, lower case, no full stop */
	const char *detail;               /* paragraphs for --help, lines under 80 columns */
	const char *examples;             /* lines for --help, each a command */
	const struct option_row *options; /* ends with a row without name; NULL: none */
	unsigned flags;
	int operands_most;                         /* beyond SWARM; -1: any number */
	int (*run)(struct invocation *invocation); /* returns an enum status */
};

#define CLI_COMMAND_EXTERN(name) extern const struct command command_##name;
CLI_COMMANDS(CLI_COMMAND_EXTERN)
#undef CLI_COMMAND_EXTERN

/* One call of the tool, parsed. */
struct invocation {
	const struct command *command;
	const char *swarm; /* COMMAND_SWARM: a valid name, "default" if none was typed */
	int swarm_given;   /* 1 if it was typed */
	const char *dir; /* COMMAND_SWARM, COMMAND_DIR: --dir, or NULL for the library's default */
	char **operands; /* what else was typed, and everything after "--" */
	int operand_count;
	int json;                  /* COMMAND_JSON: --json was given */
	struct option_set options; /* read with option_given(), option_number(), option_text() */
};

/* The table, ends with NULL; and a row of it by name, NULL if there is none. */
extern const struct command *const command_table[];
const struct command *command_find(const char *name);

/* 1: `name` can be the name of a swarm. */
#define COMMAND_SWARM_NAME_MAX 64
int command_swarm_is_valid(const char *name);

/* All option rows of a command into `rows`: its own and what its flags add; ends without name. */
void command_options(const struct command *command, struct option_row rows[OPTION_ROWS_MAX]);

#endif
