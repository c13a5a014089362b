/* SPDX-License-Identifier: MIT */
/* entrainctl list: the swarms on this host. */
#include <entrain.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "memory.h"
#include "message.h"
#include "table.h"

struct swarm_names {
	char **names;
	size_t count, space;
};

static void name_collect(const char *name, void *context)
{
	struct swarm_names *names = context;
	size_t size = strlen(name) + 1;

	if (names->count == names->space) {
		names->space = names->space ? names->space * 2 : 16;
		names->names = memory_resize(names->names, names->space, sizeof(*names->names));
	}
	names->names[names->count] = memory_resize(NULL, size, 1);
	memcpy(names->names[names->count++], name, size);
}

static void names_free(struct swarm_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
}

/* What the list shows of one swarm. Returns 0 or an enum entrain_code. */
static int swarm_look(const char *dir, const char *name, struct entrain_status *status,
		      struct entrain_error *error)
{
	const struct entrain_status empty = ENTRAIN_STATUS;
	struct entrain_swarm *swarm = entrain_open(dir, name, ENTRAIN_READ, error);
	int code;

	if (!swarm)
		return (int)error->code;
	*status = empty;
	code = entrain_status(swarm, status, NULL, 0, error);
	entrain_close(swarm);
	return code;
}

/* On a terminal, so that name and reason fit into 80 columns; who reads a pipe gets all of both. */
#define NAME_SHOWN 38
#define REASON_SHOWN 39

static void cut_put(struct table *table, enum text_style style, const char *text, int shown)
{
	if (text_columns(stdout) == 0 || strlen(text) <= (size_t)shown)
		table_put(table, style, "%s", text);
	else
		table_put(table, style, "%.*s...", shown - 3, text);
}

enum column { NAME, AGENTS, GOAL, COHERENCE, PERIOD, MODE, TOPOLOGY, COLUMN_COUNT };

static const struct table_column list_columns[] = {
	[NAME] = { "swarm", 0 },          [AGENTS] = { "agents", 1 }, [GOAL] = { "goal", 0 },
	[COHERENCE] = { "coherence", 1 }, [PERIOD] = { "period", 1 }, [MODE] = { "mode", 0 },
	[TOPOLOGY] = { "topology", 0 },
};

static void names_print(const struct swarm_names *names, const char *dir)
{
	struct table table;

	table_begin(&table, list_columns, COLUMN_COUNT);
	for (size_t i = 0; i < names->count; i++) {
		struct entrain_error error = { .code = ENTRAIN_OK };
		struct entrain_status status;
		char period[32];

		cut_put(&table, TEXT_PLAIN, names->names[i], NAME_SHOWN);
		if (swarm_look(dir, names->names[i], &status, &error)) {
			table_put(&table, TEXT_PLAIN, "-");
			cut_put(&table, TEXT_BAD, entrain_code_text(error.code), REASON_SHOWN);
			for (int column = COHERENCE; column < COLUMN_COUNT; column++)
				table_put(&table, TEXT_PLAIN, "-");
			continue;
		}
		table_put(&table, TEXT_PLAIN, "%u", status.measure.agents_alive);
		table_put(&table, TEXT_PLAIN, "%s", entrain_goal_name((int)status.settings.goal));
		table_put(&table, TEXT_PLAIN, "%.2f", status.measure.coherence);
		table_put(&table, TEXT_PLAIN, "%s",
			  entrain_duration_text(status.settings.period_ns, period));
		table_put(&table, status.settings.mode == ENTRAIN_ACT ? TEXT_PLAIN : TEXT_WARN,
			  "%s", entrain_mode_name((int)status.settings.mode));
		table_put(&table, TEXT_PLAIN, "%.24s", status.settings.topology);
	}
	table_finish(&table, stdout, text_colour(stdout), text_columns(stdout));
}

static void names_json(const struct swarm_names *names, const char *dir)
{
	struct json json;

	json_begin(&json, stdout);
	json_array(&json, "swarms");
	for (size_t i = 0; i < names->count; i++) {
		struct entrain_error error = { .code = ENTRAIN_OK };
		struct entrain_status status;

		json_row(&json, NULL);
		json_text(&json, "swarm", names->names[i]);
		if (swarm_look(dir, names->names[i], &status, &error)) {
			json_text(&json, "error", error.why);
			json_end(&json);
			continue;
		}
		json_unsigned(&json, "agents_alive", status.measure.agents_alive);
		json_text(&json, "goal", entrain_goal_name((int)status.settings.goal));
		json_real(&json, "coherence", status.measure.coherence);
		json_integer(&json, "period_ns", status.settings.period_ns);
		json_text(&json, "mode", entrain_mode_name((int)status.settings.mode));
		json_row(&json, "topology");
		json_text(&json, "kind", status.settings.topology);
		json_unsigned(&json, "generation", status.topology_generation);
		json_end(&json);
		json_end(&json);
	}
	json_finish(&json);
}

static int list_run(struct invocation *invocation)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct swarm_names names = { .names = NULL };
	int status = STATUS_DONE;

	if (entrain_list(invocation->dir, name_collect, &names, &error))
		status = message_error(&error, NULL);
	else if (invocation->json)
		names_json(&names, invocation->dir);
	else if (names.count == 0)
		puts("no swarms");
	else
		names_print(&names, invocation->dir);
	names_free(&names);
	return status;
}

const struct command command_list = {
	.name = "list",
	.operands = "",
	.text = "the swarms on this host",
	.detail =
		"Lists the swarms in the directory of shared-memory objects, sorted by name: how\n"
		"many agents are alive, goal, coherence (0 spread apart, 1 all together), period,\n"
		"mode, topology. A swarm that cannot be looked at is listed with the reason.",
	.examples = "  entrainctl list\n"
		    "  entrainctl list --json | jq -r '.swarms[].swarm'",
	.flags = COMMAND_DIR | COMMAND_JSON,
	.run = list_run,
};
