/* SPDX-License-Identifier: MIT */
/* entrainctl reap: release the slots of dead agents. */
#include <entrain.h>
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "json.h"
#include "message.h"
#include "text.h"

static void result_print(const struct invocation *invocation, uint32_t released, uint32_t unproven)
{
	struct json json;

	if (invocation->json) {
		json_begin(&json, stdout);
		json_text(&json, "swarm", invocation->swarm);
		json_unsigned(&json, "released", released);
		json_unsigned(&json, "unproven", unproven);
		json_finish(&json);
		return;
	}
	printf("swarm %s: released %" PRIu32 " slot%s of dead agents", invocation->swarm, released,
	       text_s(released));
	if (unproven)
		printf("; %" PRIu32 " silent agent%s cannot be proven dead from here", unproven,
		       text_s(unproven));
	putchar('\n');
}

static int reap_run(struct invocation *invocation)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	uint32_t released = 0, unproven = 0;
	struct entrain_swarm *swarm;
	int status = STATUS_DONE;

	swarm = entrain_open(invocation->dir, invocation->swarm, ENTRAIN_ADMIN, &error);
	if (!swarm)
		return message_error_known(&error, invocation->swarm);
	if (entrain_reap(swarm, &released, &unproven, &error))
		status = message_error_known(&error, invocation->swarm);
	else
		result_print(invocation, released, unproven);
	entrain_close(swarm);
	return status;
}

const struct command command_reap = {
	.name = "reap",
	.operands = "[SWARM]",
	.text = "release the slots of dead agents",
	.detail =
		"Looks every agent's process up and releases the slots of those that are proven\n"
		"dead: process gone, or another one with its number. Agents do this by "
		"themselves,\n"
		"one a turn; this does it for all, now. Says how many were released and how many\n"
		"silent ones cannot be proven dead from here: those of another pid namespace, or\n"
		"where there is no /proc. A stopped process keeps its slot.",
	.examples = "  entrainctl reap web",
	.flags = COMMAND_SWARM | COMMAND_JSON,
	.run = reap_run,
};
