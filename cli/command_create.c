/* SPDX-License-Identifier: MIT */
/* entrainctl create: make the objects of a swarm. */
#include <entrain.h>
#include <stdio.h>

#include "command.h"
#include "message.h"
#include "text.h"

/* A file that cannot be read: the hints of the table of errors are about swarms. */
static int config_unread(const struct entrain_error *error)
{
	char what[320];

	snprintf(what, sizeof(what), "%s %s", error->what, error->object);
	return message_failure(
		entrain_code_status(error->code), what,
		error->code == ENTRAIN_PERMISSION
			? "let this user read it, or name another with ENTRAIN_CONFIG"
			: "name another file with ENTRAIN_CONFIG",
		"%s", error->why);
}

/* Defaults, then the configuration file's section if there is one, then the options. */
static int settings_gather(const struct invocation *invocation, struct entrain_settings *settings,
			   const char **source)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	const struct entrain_key *key;
	int code;

	entrain_settings_init(settings);
	*source = NULL;
	code = entrain_config_read(NULL, invocation->swarm, settings, &error);
	if (code == 0)
		*source = entrain_config_path();
	else if (code != ENTRAIN_NO_SWARM && error.os_error)
		return config_unread(&error);
	else if (code != ENTRAIN_NO_SWARM)
		return message_error(&error, invocation->swarm);
	for (unsigned i = 0; (key = entrain_settings_key(i)); i++) {
		char what[64];

		if (!key->at_creation || !option_given(&invocation->options, key->name))
			continue;
		if (!entrain_settings_set(settings, key->name,
					  option_text(&invocation->options, key->name), 0, &error))
			continue;
		snprintf(what, sizeof(what), "create --%s", key->name);
		return message_usage(what, "entrainctl create --help", "%s", error.why);
	}
	if (entrain_settings_check(settings, &error))
		return message_usage("create", "entrainctl create --help", "%s: %s", error.object,
				     error.why);
	return STATUS_DONE;
}

/* With --if-missing: the one that is there must be usable, else "done" would be untrue. */
static int existing_check(const struct invocation *invocation)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_swarm *swarm =
		entrain_open(invocation->dir, invocation->swarm, ENTRAIN_READ, &error);

	if (!swarm)
		return message_error(&error, invocation->swarm);
	entrain_close(swarm);
	printf("swarm %s: exists already, left as it is\n", invocation->swarm);
	return STATUS_DONE;
}

static int create_run(struct invocation *invocation)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_settings settings;
	const char *source;
	char period[32];
	int code = settings_gather(invocation, &settings, &source);

	if (code)
		return code;
	code = entrain_create(invocation->dir, invocation->swarm, &settings, &error);
	if (code == ENTRAIN_EXISTS && option_given(&invocation->options, "if-missing"))
		return existing_check(invocation);
	if (code)
		return message_error(&error, invocation->swarm);
	printf("swarm %s: created; period %s, goal %s, kind %s, %u slot%s%s%s\n", invocation->swarm,
	       entrain_duration_text(settings.period_ns, period),
	       entrain_goal_name((int)settings.goal), entrain_kind_name((int)settings.kind),
	       settings.capacity, text_s(settings.capacity), source ? "; from " : "",
	       source ? source : "");
	return STATUS_DONE;
}

static const struct option_row create_options[] = {
	{ .name = "if-missing",
	  .kind = OPTION_FLAG,
	  .text = "be content with a swarm that exists already, whatever its settings" },
	{ .name = NULL },
};

const struct command command_create = {
	.name = "create",
	.operands = "[SWARM]",
	.text = "make the objects of a swarm",
	.detail =
		"Makes the shared-memory objects of a swarm, all or nothing. Settings are the\n"
		"defaults, then those of section [swarm SWARM] of the configuration file if there\n"
		"is one ($ENTRAIN_CONFIG, else the installed entrain.ini), then the options.\n"
		"A swarm that exists already is refused, unless --if-missing is given; then it\n"
		"must be usable, and stays as it is. Workers that join need to be allowed to "
		"write\n"
		"the agents object: see --group and --mode. The control object belongs to the\n"
		"administrator: only its owner may write it, whatever --mode says.",
	.examples = "  entrainctl create web --period 5s --group www-data\n"
		    "  entrainctl create redis --period 1s --kind relative --if-missing\n"
		    "  entrainctl create api --goal minimize-api-calls --max-delay 20%",
	.options = create_options,
	.flags = COMMAND_SWARM | COMMAND_SETTINGS,
	.run = create_run,
};
