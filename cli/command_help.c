/* SPDX-License-Identifier: MIT */
/* entrainctl help: all commands, or one in full. */
#include "command.h"
#include "help.h"
#include "message.h"

static int help_run(struct invocation *invocation)
{
	const struct command *command;

	if (option_given(&invocation->options, "names"))
		return help_names(stdout);
	if (invocation->operand_count == 0)
		return help_overview(stdout);
	command = command_find(invocation->operands[0]);
	if (!command)
		return message_usage("help", "entrainctl help", "there is no command \"%s\"",
				     invocation->operands[0]);
	return help_command(stdout, command);
}

static const struct option_row help_options[] = {
	{ .name = "names",
	  .kind = OPTION_FLAG,
	  .text = "names of all commands and options, for scripts",
	  .hidden = 1 },
	{ .name = NULL },
};

const struct command command_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.text = "the commands, or one in full",
	.detail = "Prints the commands, or what one of them does with its options and examples.",
	.examples = "  entrainctl help\n"
		    "  entrainctl help create",
	.options = help_options,
	.operands_most = 1,
	.run = help_run,
};
