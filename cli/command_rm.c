/* SPDX-License-Identifier: MIT */
/* entrainctl rm: remove the objects of a swarm. */
#include <entrain.h>
#include <stdio.h>

#include "command.h"
#include "message.h"

static int rm_run(struct invocation *invocation)
{
	struct entrain_error error = { .code = ENTRAIN_OK };

	if (entrain_remove(invocation->dir, invocation->swarm,
			   option_given(&invocation->options, "when-empty"), &error))
		return message_error_known(&error, invocation->swarm);
	printf("swarm %s: removed\n", invocation->swarm);
	return STATUS_DONE;
}

static const struct option_row rm_options[] = {
	{ .name = "when-empty",
	  .kind = OPTION_FLAG,
	  .text = "refuse while an agent may be alive in it" },
	{ .name = NULL },
};

const struct command command_rm = {
	.name = "rm",
	.operands = "[SWARM]",
	.text = "remove the objects of a swarm",
	.detail =
		"Removes the swarm's shared-memory objects. Agents that are still in it notice,\n"
		"keep their own period from then on, and join again once it is created anew. Also\n"
		"removes what a creation that died half-way has left, and what lost its control\n"
		"object. Only the owner and root may; nobody can keep root from it.",
	.examples = "  entrainctl rm web\n"
		    "  entrainctl rm web --when-empty",
	.options = rm_options,
	.flags = COMMAND_SWARM,
	.run = rm_run,
};
