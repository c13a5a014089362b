/* SPDX-License-Identifier: MIT */
/* entrainctl status: one picture of the swarm. */
#include <entrain.h>
#include <limits.h>
#include <stdio.h>

#include "command.h"
#include "gain/gain.h"
#include "json.h"
#include "message.h"
#include "picture.h"

/* Above so many hosts a forecast takes longer than a glance: there is `report`. */
#define GLANCE_HOSTS 128

static int is_watched(const struct picture *picture)
{
	for (unsigned i = 0; i < picture->agent_count; i++)
		if (picture->agents[i].observes && picture->agents[i].state != ENTRAIN_DEAD)
			return picture->agent_count <= GLANCE_HOSTS;
	return 0;
}

/* What it would be with the swarm acting, from what the slots say. */
static void forecast_show(const struct picture *picture, struct json *json)
{
	struct gain gain;

	gain_from_picture(&gain, picture);
	gain_judge(&gain, 0);
	if (json) {
		json_object(json, "observed");
		gain_json(&gain, json);
		json_end(json);
	} else {
		printf("\nonly watched, from the last few actions of each (`entrainctl report %s` "
		       "looks "
		       "longer):\n\n",
		       picture->swarm);
		gain_print(&gain, stdout);
	}
	gain_free(&gain);
}

static int status_run(struct invocation *invocation)
{
	struct picture picture = { .swarm = invocation->swarm };
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_swarm *swarm;
	int status = STATUS_DONE;

	swarm = entrain_open(invocation->dir, invocation->swarm, ENTRAIN_READ, &error);
	if (!swarm)
		return message_error(&error, invocation->swarm);
	if (picture_take(&picture, swarm, &error)) {
		status = message_error(&error, invocation->swarm);
	} else if (invocation->json) {
		struct json json;

		json_begin(&json, stdout);
		picture_json(&picture, &json);
		if (is_watched(&picture))
			forecast_show(&picture, &json);
		json_finish(&json);
	} else {
		picture_print(&picture, stdout,
			      option_given(&invocation->options, "all") ? UINT_MAX : 0);
		if (is_watched(&picture))
			forecast_show(&picture, NULL);
	}
	picture_free(&picture);
	entrain_close(swarm);
	return status;
}

static const struct option_row status_options[] = {
	{ .name = "all",
	  .kind = OPTION_FLAG,
	  .text = "show all agents, however many (JSON always has them all)" },
	{ .name = NULL },
};

const struct command command_status = {
	.name = "status",
	.operands = "[SWARM]",
	.text = "one picture of a swarm: its agents and when each acts next",
	.detail =
		"Shows what the swarm is set to, whether its goal is reached, where in the coming\n"
		"period each agent's next turn falls, and the agents: slot, process, state (idle,\n"
		"acting, stale: silent beyond its turn, dead: its process is gone), phase in "
		"turns,\n"
		"how long its action takes on the mean, how long its turn was delayed last and at\n"
		"most. Of hosts that are only watched also what \"entrainctl report\" says, from\n"
		"their last few actions. Changes nothing. Coloured on a terminal unless NO_COLOR\n"
		"is set.",
	.examples = "  entrainctl status web\n"
		    "  entrainctl status web --json | jq '.agents[].phase'",
	.options = status_options,
	.flags = COMMAND_SWARM | COMMAND_JSON,
	.run = status_run,
};
