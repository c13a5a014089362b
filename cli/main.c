/* SPDX-License-Identifier: MIT */
/* entrainctl: finds the command that was typed, parses its options, runs it. */
#include <entrain.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "help.h"
#include "message.h"
#include "text.h"

/* A descriptor 0, 1 or 2 that is closed would be given to the next file that is opened: an error
 * message could then be written into a swarm. Fill it with something that refuses. */
static void standard_streams_fill(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* the wrong way round: reading from 0, writing to 1 and 2 fails as it would have */
		if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(STATUS_REFUSED);
	}
}

/* What was written must have arrived: a full disk or a closed pipe is a failure. */
static int output_finish(int status)
{
	int failed = ferror(stdout), os_error = 0;

	if (fclose(stdout)) {
		failed = 1;
		os_error = errno;
	}
	if (!failed)
		return status;
	fprintf(stderr, "entrainctl: write output: %s\n",
		os_error ? strerror(os_error) : "it could not be written");
	return STATUS_REFUSED;
}

static int unknown_command(const char *typed)
{
	const char *nearest = NULL;
	unsigned best = ~0u;
	char known[256] = "", hint[128];
	size_t used = 0;

	for (int i = 0; command_table[i]; i++) {
		const char *name = command_table[i]->name;
		unsigned distance = text_distance(typed, name);

		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i ? " " : "",
					 name);
		if (distance < best && text_is_near(typed, name)) {
			best = distance;
			nearest = name;
		}
	}
	if (nearest)
		snprintf(hint, sizeof(hint), "entrainctl %s", nearest);
	else
		snprintf(hint, sizeof(hint), "entrainctl --help");
	return message_usage(typed, hint, "unknown command; there are: %s", known);
}

/* Split the operands into SWARM and the rest, and check how many there are. */
static int operands_take(struct invocation *invocation)
{
	const struct command *command = invocation->command;
	char hint[64];

	snprintf(hint, sizeof(hint), "entrainctl %s --help", command->name);
	if (command->flags & COMMAND_SWARM) {
		invocation->swarm = "default";
		/* KEY=VALUE is no name */
		if (invocation->operand_count > 0 && !strchr(invocation->operands[0], '=')) {
			invocation->swarm = invocation->operands[0];
			invocation->swarm_given = 1;
			invocation->operands++;
			invocation->operand_count--;
		}
		if (!command_swarm_is_valid(invocation->swarm))
			return message_usage(
				command->name, hint,
				"\"%s\" is no name of a swarm: 1 to %d of a-z 0-9 - _ ."
				" beginning with a letter or digit",
				invocation->swarm, COMMAND_SWARM_NAME_MAX);
	}
	if (command->operands_most >= 0 && invocation->operand_count > command->operands_most)
		return message_usage(command->name, hint, "\"%s\" is one argument too many",
				     invocation->operands[command->operands_most]);
	return 0;
}

static int command_invoke(const struct command *command, int count, char **arguments)
{
	struct invocation invocation = { .command = command, .operands = arguments };

	command_options(command, invocation.options.rows);
	if (options_parse(&invocation.options, command->name, count, arguments,
			  &invocation.operand_count))
		return STATUS_USAGE;
	if (option_given(&invocation.options, "help"))
		return help_command(stdout, command);
	if (operands_take(&invocation))
		return STATUS_USAGE;
	if (command->flags & (COMMAND_SWARM | COMMAND_DIR))
		invocation.dir = option_text(&invocation.options, "dir");
	if (invocation.dir && !*invocation.dir)
		return message_usage(command->name, NULL, "--dir is empty");
	if (command->flags & COMMAND_JSON)
		invocation.json = option_given(&invocation.options, "json");
	return command->run(&invocation);
}

int main(int count, char **arguments)
{
	const struct command *command;
	const char *typed = count > 1 ? arguments[1] : NULL;

	standard_streams_fill();
	if (!typed) {
		help_overview(stderr);
		return STATUS_USAGE;
	}
	if (strcmp(typed, "--help") == 0 || strcmp(typed, "-h") == 0)
		typed = "help";
	else if (strcmp(typed, "--version") == 0)
		typed = "version";
	else if (typed[0] == '-')
		return message_usage(typed, "entrainctl COMMAND [SWARM] [OPTION...]",
				     "options come after the command");
	command = command_find(typed);
	if (!command)
		return unknown_command(typed);
	return output_finish(command_invoke(command, count - 2, arguments + 2));
}
