/* SPDX-License-Identifier: MIT */
/* entrainctl set: change settings while the swarm runs. */
#include <entrain.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "follow.h"
#include "memory.h"
#include "message.h"
#include "pause.h"
#include "text.h"

/* `mode` is obeyed by agents that wait within this. */
#define MODE_OBEYED_NS INT64_C(100000000)

/* How long another administrator is waited for. */
#define OTHER_ADMIN_NS INT64_C(1000000000)

/* One KEY=VALUE, split. */
struct assignment {
	char key[64];
	const char *value;
};

static int assignments_split(const struct invocation *invocation, struct assignment *assignments)
{
	const char *hint = "entrainctl set --help";

	for (int i = 0; i < invocation->operand_count; i++) {
		const char *typed = invocation->operands[i], *equals = strchr(typed, '=');
		struct assignment *assignment = &assignments[i];

		if (!equals || equals == typed)
			return message_usage("set", hint, "\"%s\" is not KEY=VALUE", typed);
		snprintf(assignment->key, sizeof(assignment->key), "%.*s", (int)(equals - typed),
			 typed);
		for (char *letter = assignment->key; *letter; letter++)
			if (*letter == '_') /* as files spell it */
				*letter = '-';
		assignment->value = equals + 1;
		for (int other = 0; other < i; other++)
			if (strcmp(assignments[other].key, assignment->key) == 0)
				return message_usage("set", NULL, "%s is given twice",
						     assignment->key);
	}
	return STATUS_DONE;
}

/* A key that another one's value depends on comes first: a target is in the metric of its goal. */
static int comes_first(const struct assignment *assignment)
{
	return strcmp(assignment->key, "goal") == 0;
}

/* "period, goal, ...": what can be set. */
static void keys_list(char *list, size_t size)
{
	const struct entrain_key *key;
	size_t used = 0;

	for (unsigned i = 0; (key = entrain_settings_key(i)) && used < size; i++)
		if (key->live)
			used += (size_t)snprintf(list + used, size - used, "%s%s",
						 used ? ", " : "keys that can be set are ",
						 key->name);
}

static int assignment_apply(const struct assignment *assignment, struct entrain_settings *settings)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	char what[80], hint[160];

	if (!entrain_settings_set(settings, assignment->key, assignment->value, 1, &error))
		return STATUS_DONE;
	snprintf(what, sizeof(what), "set %s", assignment->key);
	keys_list(hint, sizeof(hint));
	return message_usage(what, hint, "%s", error.why);
}

/* NULL: this key is not set. */
static const char *value_given(const struct assignment *assignments, int count, const char *key)
{
	for (int i = 0; i < count; i++)
		if (strcmp(assignments[i].key, key) == 0)
			return assignments[i].value;
	return NULL;
}

/* All of them, on a copy: one that is wrong leaves the swarm as it is. */
static int assignments_apply(const struct assignment *assignments, int count, const char *swarm,
			     struct entrain_settings *settings)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	const char *period = value_given(assignments, count, "period");
	char hint[200];

	for (int first = 1; first >= 0; first--)
		for (int i = 0; i < count; i++)
			if (comes_first(&assignments[i]) == first &&
			    assignment_apply(&assignments[i], settings))
				return STATUS_USAGE;
	if (!entrain_settings_check(settings, &error))
		return STATUS_DONE;
	if (period && value_given(assignments, count, "max-delay"))
		snprintf(hint, sizeof(hint), "entrainctl set %s period=%.40s max-delay=10%%", swarm,
			 period);
	else
		snprintf(hint, sizeof(hint),
			 "set both at once: entrainctl set %s period=5s max-delay=10%%", swarm);
	return message_usage("set", hint, "%s: %s", error.object, error.why);
}

static int only_mode(const struct assignment *assignments, int count)
{
	return count == 1 && strcmp(assignments[0].key, "mode") == 0;
}

static void said_print(const struct invocation *invocation, const struct assignment *assignments)
{
	printf("swarm %s:", invocation->swarm);
	for (int i = 0; i < invocation->operand_count; i++) {
		printf("%s %s=", i ? "," : "", assignments[i].key);
		text_print(stdout, assignments[i].value, 0);
	}
	putchar('\n');
}

/*
 * Read, apply, publish; again when another administrator was faster, so that neither undoes what the other set. That
 * takes microseconds, unless he is stopped in the middle.
 */
static int settings_publish(const struct invocation *invocation, struct entrain_swarm *swarm,
			    const struct assignment *assignments, struct picture *picture)
{
	int64_t deadline_ns = pause_deadline_ns(OTHER_ADMIN_NS);
	struct entrain_error error = { .code = ENTRAIN_OK };
	int code;

	do {
		struct entrain_settings settings;
		int status;

		if (picture_take(picture, swarm, &error))
			return message_error(&error, invocation->swarm);
		settings = picture->status.settings;
		status = assignments_apply(assignments, invocation->operand_count,
					   invocation->swarm, &settings);
		if (status)
			return status;
		code = entrain_set(swarm, &settings, &error);
	} while (code == ENTRAIN_NOT_READY && pause_until(OTHER_ADMIN_NS / 100, deadline_ns));
	return code ? message_error(&error, invocation->swarm) : STATUS_DONE;
}

static int swarm_set(const struct invocation *invocation, struct entrain_swarm *swarm,
		     const struct assignment *assignments)
{
	struct picture picture = { .swarm = invocation->swarm };
	struct entrain_error error = { .code = ENTRAIN_OK };
	int status = settings_publish(invocation, swarm, assignments, &picture);

	if (status)
		goto out;
	said_print(invocation, assignments);
	if (!option_given(&invocation->options, "wait"))
		goto out;
	fflush(stdout);
	if (only_mode(assignments, invocation->operand_count))
		pause_until(MODE_OBEYED_NS, INT64_MAX);
	else if (picture_take(&picture, swarm, &error))
		status = message_error(&error, invocation->swarm);
	else
		status = follow_wait(&picture, swarm,
				     option_number(&invocation->options, "timeout"));
out:
	picture_free(&picture);
	return status;
}

static int set_run(struct invocation *invocation)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct assignment *assignments;
	struct entrain_swarm *swarm;
	int status;

	if (invocation->operand_count == 0)
		return message_usage("set", "entrainctl set SWARM mode=off",
				     "no KEY=VALUE is given");
	assignments = memory_resize(NULL, (size_t)invocation->operand_count, sizeof(*assignments));
	status = assignments_split(invocation, assignments);
	if (status)
		goto out;
	swarm = entrain_open(invocation->dir, invocation->swarm, ENTRAIN_ADMIN, &error);
	if (!swarm) {
		status = message_error(&error, invocation->swarm);
		goto out;
	}
	status = swarm_set(invocation, swarm, assignments);
	entrain_close(swarm);
out:
	free(assignments);
	return status;
}

static const struct option_row set_options[] = {
	{ .name = "wait",
	  .kind = OPTION_FLAG,
	  .text = "return when every live agent has taken a turn since" },
	{ .name = "timeout",
	  .kind = OPTION_DURATION,
	  .text = "with --wait: give up after this, with exit status 1, naming who is behind "
		  "(default three of the longest periods and a second)" },
	{ .name = NULL },
};

const struct command command_set = {
	.name = "set",
	.operands = "[SWARM] KEY=VALUE...",
	.text = "change settings while the swarm runs",
	.detail =
		"Changes settings, all of those given or none. Agents obey mode at once, also in\n"
		"the middle of a delay, and the rest at their next turn. With --wait it returns\n"
		"when every agent alive has begun a turn since, or has left; a change of mode "
		"alone\n"
		"needs no turns: then --wait is the 100 ms within which delays in progress end.\n"
		"What the change leads to is another question: see wait --converged.",
	.examples = "  entrainctl set web mode=off\n"
		    "  entrainctl set web mode=act period=2s --wait\n"
		    "  entrainctl set web goal=minimize-api-calls target-coherence=0.9",
	.options = set_options,
	.flags = COMMAND_SWARM | COMMAND_KEYS,
	.operands_most = -1,
	.run = set_run,
};
