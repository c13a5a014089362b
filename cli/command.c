/* SPDX-License-Identifier: MIT */
/* The table of commands, with the options that each takes. */
#include "command.h"

#include <entrain.h>
#include <stdlib.h>
#include <string.h>

const struct command *const command_table[] = {
#define CLI_COMMAND_ROW(name) &command_##name,
	CLI_COMMANDS(CLI_COMMAND_ROW)
#undef CLI_COMMAND_ROW
		NULL,
};

const struct command *command_find(const char *name)
{
	for (int i = 0; command_table[i]; i++)
		if (strcmp(command_table[i]->name, name) == 0)
			return command_table[i];
	return NULL;
}

int command_swarm_is_valid(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t length = strlen(name);

	if (length < 1 || length > COMMAND_SWARM_NAME_MAX || !strchr(letters, name[0]))
		return 0;
	for (; *name; name++)
		if (!strchr(letters, *name) && !strchr("-_.", *name))
			return 0;
	return 1;
}

/* The library's keys as options: the library parses and checks their values itself. */
static int settings_rows(struct option_row *rows, int used)
{
	const struct entrain_key *key;

	for (unsigned i = 0; (key = entrain_settings_key(i)); i++) {
		if (!key->at_creation)
			continue;
		if (used >= OPTION_ROWS_MAX - 4)
			abort(); /* OPTION_ROWS_MAX is too small: a bug of this program */
		rows[used++] = (struct option_row){ .name = key->name,
						    .kind = OPTION_TEXT,
						    .argument = key->argument,
						    .fallback = key->fallback,
						    .text = key->text };
	}
	return used;
}

void command_options(const struct command *command, struct option_row rows[OPTION_ROWS_MAX])
{
	static const struct option_row dir = { .name = "dir",
					       .kind = OPTION_TEXT,
					       .argument = "DIR",
					       .text = "directory of the swarms' objects, a tmpfs: "
						       "$ENTRAIN_DIR, else that of the "
						       "configuration, else /dev/shm" };
	static const struct option_row json = { .name = "json",
						.kind = OPTION_FLAG,
						.text = "print JSON" };
	static const struct option_row help = {
		.name = "help", .letter = 'h', .kind = OPTION_FLAG, .text = "print this"
	};
	int used = 0;

	for (const struct option_row *row = command->options; row && row->name; row++) {
		if (used >= OPTION_ROWS_MAX - 4)
			abort();
		rows[used++] = *row;
	}
	if (command->flags & COMMAND_SETTINGS)
		used = settings_rows(rows, used);
	if (command->flags & (COMMAND_SWARM | COMMAND_DIR))
		rows[used++] = dir;
	if (command->flags & COMMAND_JSON)
		rows[used++] = json;
	rows[used++] = help;
	rows[used] = (struct option_row){ .name = NULL };
}
