/* SPDX-License-Identifier: MIT */
/* Help texts, made from the table of commands and their option tables. */
#include "help.h"

#include <entrain.h>
#include <string.h>

#include "options.h"

static void keys_print(FILE *out)
{
	const struct entrain_key *key;

	fputs("\n\nkeys:\n", out);
	for (unsigned i = 0; (key = entrain_settings_key(i)); i++) {
		char name[96];

		if (!key->live)
			continue;
		snprintf(name, sizeof(name), "%s=%s", key->name, key->argument);
		options_print_line(out, name, key->text, NULL);
	}
}

int help_overview(FILE *out)
{
	fputs("usage: entrainctl COMMAND [SWARM] [OPTION...]\n\n"
	      "Worker processes that spread their turns, or meet: look at their swarms and\n"
	      "steer them. SWARM is \"default\" where it is left out.\n\ncommands:\n",
	      out);
	for (int i = 0; command_table[i]; i++)
		fprintf(out, "  %-10s%s\n", command_table[i]->name, command_table[i]->text);
	fputs("\nexamples:\n"
	      "  entrainctl create web --period 5s    a swarm that workers can join\n"
	      "  entrainctl status web                who is there, and when each acts next\n"
	      "  entrainctl set web mode=off          all workers as if entrain were not there\n"
	      "  entrainctl demo                      see what it is good for\n\n"
	      "entrainctl COMMAND --help tells more. Exit status: 0 done, 1 the answer is no,\n"
	      "2 usage, 3 no such swarm, 4 not permitted, 5 the system refused, 6 another ABI.\n",
	      out);
	return STATUS_DONE;
}

int help_command(FILE *out, const struct command *command)
{
	/* after -- nothing is an option of ours */
	const int last = strncmp(command->operands, "--", 2) == 0;
	struct option_row rows[OPTION_ROWS_MAX];

	command_options(command, rows);
	fprintf(out, "usage: entrainctl %s%s%s%s%s\n\n%s", command->name,
		last ? " [OPTION...]" : "", *command->operands ? " " : "", command->operands,
		last ? "" : " [OPTION...]", command->detail);
	if (command->flags & COMMAND_KEYS)
		keys_print(out);
	else
		fputs("\n", out);
	fputs("\noptions:\n", out);
	options_print(out, rows);
	fprintf(out, "\nexamples:\n%s\n", command->examples);
	return STATUS_DONE;
}

static void keys_names(FILE *out, const char *command)
{
	const struct entrain_key *key;

	for (unsigned i = 0; (key = entrain_settings_key(i)); i++)
		if (key->live)
			fprintf(out, "%s %s=%s\n", command, key->name, key->argument);
}

/* A line a command: "create"; then a line an option: "create --period DURATION", or "create --json"
 * for a flag; then a line a key: "set period=DURATION". Completion and the manual's test read this. */
int help_names(FILE *out)
{
	for (int i = 0; command_table[i]; i++) {
		struct option_row rows[OPTION_ROWS_MAX];

		fprintf(out, "%s\n", command_table[i]->name);
		command_options(command_table[i], rows);
		for (const struct option_row *row = rows; row->name; row++) {
			const char *argument = option_argument(row);

			if (!row->hidden)
				fprintf(out, "%s --%s%s%s\n", command_table[i]->name, row->name,
					*argument ? " " : "", argument);
		}
		if (command_table[i]->flags & COMMAND_KEYS)
			keys_names(out, command_table[i]->name);
	}
	return STATUS_DONE;
}
