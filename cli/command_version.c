/* SPDX-License-Identifier: MIT */
/* entrainctl version: versions of tool, library and segment ABI. */
#include <entrain.h>
#include <stdio.h>

#include "command.h"
#include "json.h"

static int version_run(struct invocation *invocation)
{
	struct json json;

	if (!invocation->json) {
		printf("entrainctl %s\nlibentrain %s\nsegment ABI %s\n", ENTRAIN_VERSION_TEXT,
		       entrain_version(), entrain_abi());
		return STATUS_DONE;
	}
	json_begin(&json, stdout);
	json_text(&json, "tool", ENTRAIN_VERSION_TEXT);
	json_text(&json, "library", entrain_version());
	json_text(&json, "abi", entrain_abi());
	json_finish(&json);
	return STATUS_DONE;
}

const struct command command_version = {
	.name = "version",
	.operands = "",
	.text = "versions of tool, library and segment ABI",
	.detail = "Prints the versions of the tool, of the library that it runs with, and of the\n"
		  "layout of swarms in shared memory. Processes whose layouts differ in the major\n"
		  "number cannot share a swarm.",
	.examples = "  entrainctl version\n"
		    "  entrainctl version --json",
	.flags = COMMAND_JSON,
	.run = version_run,
};
