/* SPDX-License-Identifier: MIT */
/* entrainctl run: run a program with the preload plugin in front of it. */
#include <entrain.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "glob.h"
#include "message.h"
#include "program.h"

#define LIBRARY "libentrain-preload.so"
#define SWARMS_MOST 16

/* What the rules say about the program. */
struct rules {
	const struct program *program;
	unsigned count, matching;
	char swarm[2][SWARMS_MOST][65]; /* of all rules; of those that name it */
	unsigned swarms[2];
};

static void swarm_note(struct rules *rules, int which, const char *swarm)
{
	for (unsigned i = 0; i < rules->swarms[which]; i++)
		if (strcmp(rules->swarm[which][i], swarm) == 0)
			return;
	if (rules->swarms[which] < SWARMS_MOST)
		snprintf(rules->swarm[which][rules->swarms[which]++], 65, "%s", swarm);
}

static void rule_look(const struct entrain_rule *rule, void *context)
{
	struct rules *rules = context;

	rules->count++;
	swarm_note(rules, 0, rule->swarm);
	if (rule->exe[0] && !glob_matches(rule->exe, rules->program->path) &&
	    !glob_matches(rule->exe, rules->program->loaded))
		return;
	rules->matching++;
	swarm_note(rules, 1, rule->swarm);
}

static int rules_read(struct rules *rules)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	char what[320];
	int code = entrain_config_rules(NULL, rule_look, rules, &error);

	if (!code || code == ENTRAIN_NO_SWARM) /* no file is no rule */
		return STATUS_DONE;
	snprintf(what, sizeof(what), "%s %s", error.what, error.object);
	return message_failure(entrain_code_status(error.code), what,
			       "entrainctl check --config FILE lists every finding", "%s",
			       error.why);
}

/* Defaults, then the file's section, then what was typed. */
static int swarm_create(const struct invocation *invocation, const char *swarm)
{
	static const char *const keys[] = { "goal", "max-delay" };
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_settings settings;
	int code;

	entrain_settings_init(&settings);
	code = entrain_config_read(NULL, swarm, &settings, &error);
	if (code && code != ENTRAIN_NO_SWARM)
		return message_error(&error, swarm);
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = option_text(&invocation->options, keys[i]);

		if (value && entrain_settings_set(&settings, keys[i], value, 0, &error))
			return message_usage("run", "entrainctl run --help", "--%s: %s", keys[i],
					     error.why);
	}
	if (entrain_settings_check(&settings, &error))
		return message_usage("run", "entrainctl run --help", "%s: %s", error.object,
				     error.why);
	code = entrain_create(invocation->dir, swarm, &settings, &error);
	return code && code != ENTRAIN_EXISTS ? message_error(&error, swarm) : STATUS_DONE;
}

/* A swarm that is there is used as it is. */
static int swarm_provide(const struct invocation *invocation, const char *swarm)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_swarm *opened = entrain_open(invocation->dir, swarm, ENTRAIN_READ, &error);

	if (!opened)
		return error.code == ENTRAIN_NO_SWARM ? swarm_create(invocation, swarm)
						      : message_error(&error, swarm);
	entrain_close(opened);
	return STATUS_DONE;
}

/* Of the swarm that was named, or of those that the rules name. */
static int swarms_provide(const struct invocation *invocation, const struct rules *rules)
{
	const char *named = option_text(&invocation->options, "swarm");
	const int which = rules->matching > 0;
	int status = STATUS_DONE;

	if (named || !rules->count)
		return swarm_provide(invocation, named ? named : "default");
	for (unsigned i = 0; !status && i < rules->swarms[which]; i++)
		status = swarm_provide(invocation, rules->swarm[which][i]);
	return status;
}

/* ---- what the program is given ------------------------------------------------------------- */

/* Beside the tool where it was built, else where it is installed. */
static int library_find(char path[PATH_MAX])
{
	char self[PATH_MAX] = "", *slash;
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - sizeof(LIBRARY) - 1);

	slash = length > 0 ? strrchr(self, '/') : NULL;
	if (slash) {
		strcpy(slash + 1, LIBRARY);
		if (access(self, R_OK) == 0 && realpath(self, path))
			return STATUS_DONE;
	}
	if (!realpath(ENTRAIN_LIBDIR "/entrain/" LIBRARY, path))
		return message_failure(STATUS_REFUSED, "find " ENTRAIN_LIBDIR "/entrain/" LIBRARY,
				       "install entrain", "%s", strerror(errno));
	if (strpbrk(path, ": \t"))
		return message_failure(
			STATUS_REFUSED, path, "install it elsewhere",
			"its path has a blank or a colon, which no preload can have");
	return STATUS_DONE;
}

static int variable_set(const char *name, const char *value)
{
	if (!value || setenv(name, value, 1) == 0)
		return STATUS_DONE;
	return message_failure(STATUS_REFUSED, name, NULL, "%s", strerror(errno));
}

/* The plugin first: what hides flushes from those before it (libeatmydata) must not hide them from it. */
static int preload_set(const char *library)
{
	const char *before = getenv("LD_PRELOAD");
	char *both;
	int status;

	if (!before || !*before || strstr(before, library))
		return variable_set("LD_PRELOAD", before && *before ? before : library);
	if (asprintf(&both, "%s:%s", library, before) < 0)
		return message_failure(STATUS_REFUSED, "LD_PRELOAD", NULL, "out of memory");
	status = variable_set("LD_PRELOAD", both);
	free(both);
	return status;
}

/* The program may go elsewhere before its children look. */
static int path_set(const char *name, const char *value)
{
	char path[PATH_MAX];

	return variable_set(name, value && realpath(value, path) ? path : value);
}

static int environment_set(const struct invocation *invocation, const struct rules *rules)
{
	const struct option_set *options = &invocation->options;
	const char *swarm = option_text(options, "swarm");
	char library[PATH_MAX];
	int status = library_find(library);

	if (!swarm && !rules->count)
		swarm = "default";
	return status || (status = preload_set(library)) ||
			       (status = variable_set("ENTRAIN_SWARM", swarm)) ||
			       (status = variable_set("ENTRAIN_GOAL",
						      option_text(options, "goal"))) ||
			       (status = variable_set("ENTRAIN_MAX_DELAY",
						      option_text(options, "max-delay"))) ||
			       (status = variable_set("ENTRAIN_MODE",
						      option_given(options, "observe") ? "observe"
										       : NULL)) ||
			       (status = path_set("ENTRAIN_DIR",
						  invocation->dir ? invocation->dir
								  : getenv("ENTRAIN_DIR"))) ||
			       (status = path_set("ENTRAIN_CONFIG", getenv("ENTRAIN_CONFIG")))
		       ? status
		       : STATUS_DONE;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int options_check(const struct invocation *invocation)
{
	static const char *const keys[] = { "goal", "max-delay" };
	struct entrain_settings settings;
	struct entrain_error error;

	entrain_settings_init(&settings);
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = option_text(&invocation->options, keys[i]);

		if (value && entrain_settings_set(&settings, keys[i], value, 0, &error))
			return message_usage("run", "entrainctl run --help", "--%s: %s", keys[i],
					     error.why);
	}
	if (!invocation->operand_count)
		return message_usage("run", "entrainctl run -- CMD...", "no program is given");
	return STATUS_DONE;
}

static int run_failure(const char *name, int os_error)
{
	return message_failure(
		os_error == EACCES ? STATUS_NOT_PERMITTED : STATUS_REFUSED, name, NULL, "%s",
		os_error == ENOENT ? "there is no such program" : strerror(os_error));
}

static int run_run(struct invocation *invocation)
{
	struct program program;
	struct rules rules = { .program = &program };
	const char *obstacle;
	int status = options_check(invocation), code;

	if (status)
		return status;
	code = program_find(invocation->operands[0], &program);
	if (code)
		return run_failure(invocation->operands[0], code);
	status = rules_read(&rules);
	obstacle = program_obstacle(&program);
	if (obstacle) {
		fprintf(stderr, "entrainctl: %s: it runs without entrain: %s\n", program.path,
			obstacle);
	} else if (!status) {
		status = swarms_provide(invocation, &rules);
		if (!status)
			status = environment_set(invocation, &rules);
	}
	if (status)
		return status;
	fflush(NULL);
	invocation->operands[invocation->operand_count] = NULL; /* there is room: -- was there */
	execv(program.path, invocation->operands);
	return run_failure(program.path, errno);
}

static const struct option_row run_options[] = {
	{ .name = "swarm",
	  .kind = OPTION_TEXT,
	  .argument = "SWARM",
	  .text = "the swarm to be in, instead of those that the rules name" },
	{ .name = "goal",
	  .kind = OPTION_TEXT,
	  .argument = "GOAL",
	  .text = "goal of a swarm that is created" },
	{ .name = "observe",
	  .kind = OPTION_FLAG,
	  .text = "count and time only, whatever the rules say" },
	{ .name = "max-delay",
	  .kind = OPTION_TEXT,
	  .argument = "DURATION|PERCENT",
	  .text = "the longest wait, instead of what the rules say" },
	{ .name = NULL },
};

const struct command command_run = {
	.name = "run",
	.operands = "-- CMD...",
	.text = "run a program with the preload plugin",
	.detail =
		"Runs CMD with the preload plugin in front of it and of its children. The rules\n"
		"of the configuration file say which of its calls wait for a turn. Where no rule\n"
		"is given at all, or with --observe, its flushes are only counted and timed, in\n"
		"swarm \"default\" or the one named: see status and check PID. A swarm that is\n"
		"missing is created from its section of the file. What stands in LD_PRELOAD is\n"
		"kept. Where a preload cannot work, that is said, and CMD is run without.",
	.examples = "  entrainctl run -- redis-server /etc/redis/redis.conf\n"
		    "  entrainctl run --swarm disk --observe -- ./collector",
	.options = run_options,
	.flags = COMMAND_DIR,
	.operands_most = -1,
	.run = run_run,
};
