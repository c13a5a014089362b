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
#include "report.h"
#include "text.h"
#include "wishes.h"

#define LIBRARY "libentrain-preload.so"

/* What the rules say about the program, and the environment that it will have. */
struct rules {
	const struct program *program;
	struct wishes wishes;
	unsigned count, matching;
	char swarm[PRELOAD_RULES][65]; /* of those that match */
	unsigned swarms;
	int read; /* 0: the file could not be */
};

static const char *const option_keys[] = { "goal", "max-delay" };
#define OPTION_KEYS (sizeof(option_keys) / sizeof(option_keys[0]))

static void swarm_note(struct rules *rules, const char *swarm)
{
	for (unsigned i = 0; i < rules->swarms; i++)
		if (strcmp(rules->swarm[i], swarm) == 0)
			return;
	if (rules->swarms < PRELOAD_RULES)
		snprintf(rules->swarm[rules->swarms++], 65, "%s", swarm);
}

static void rule_look(const struct entrain_rule *rule, void *context)
{
	struct rules *rules = context;

	rules->count++;
	if (rule->exe[0] && !glob_matches(rule->exe, rules->program->path) &&
	    !glob_matches(rule->exe, rules->program->loaded))
		return;
	rules->matching++;
	swarm_note(rules, rule->swarm);
}

/* Whatever is wrong with entrain, the program runs: a unit file with us in it must start its daemon. */
static void rules_read(struct rules *rules)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	int code = entrain_config_rules(NULL, rule_look, rules, &error);

	rules->read = !code || code == ENTRAIN_NO_SWARM; /* no file is no rule */
	if (!rules->read) {
		message_without(rules->program->path, "it runs without entrain", &error, NULL);
	} else if (rules->matching > PRELOAD_RULES) {
		fprintf(stderr,
			"entrainctl: %s: it runs without entrain: %u rules name it, and %d are "
			"the most; try: fewer, with globs that match more\n",
			rules->program->path, rules->matching, PRELOAD_RULES);
		rules->read = 0;
	}
}

/* Defaults, then the file's section, then the environment's goal, then what was typed. */
static int swarm_create(const struct invocation *invocation, const struct wishes *wishes,
			const char *swarm, struct entrain_error *error)
{
	struct entrain_settings settings;
	int code;

	entrain_settings_init(&settings);
	code = entrain_config_read(NULL, swarm, &settings, error);
	if (code && code != ENTRAIN_NO_SWARM)
		return code;
	if (wishes->goal && settings.goal != wishes->settings.goal) {
		settings.goal = wishes->settings.goal;
		settings.target_ppm = 0; /* in the metric of the goal that it is not */
	}
	for (unsigned i = 0; i < OPTION_KEYS; i++) {
		const char *value = option_text(&invocation->options, option_keys[i]);

		code = value ? entrain_settings_set(&settings, option_keys[i], value, 0, error) : 0;
		if (code)
			return code;
	}
	code = entrain_settings_check(&settings, error);
	if (!code)
		code = entrain_create(invocation->dir, swarm, &settings, error);
	return code == ENTRAIN_EXISTS ? 0 : code;
}

/* Its goal is its administrator's: who runs a program in it does not change it, and learns that. */
static void goal_compare(const struct invocation *invocation, const struct rules *rules,
			 const char *name, struct entrain_swarm *swarm)
{
	const struct wishes *wishes = &rules->wishes;
	struct entrain_status status = ENTRAIN_STATUS;

	if (!wishes->goal || wishes->off || entrain_status(swarm, &status, NULL, 0, NULL) ||
	    status.settings.goal == wishes->settings.goal)
		return;
	fprintf(stderr,
		"entrainctl: %s: swarm %s keeps its goal, %s, whatever %s says; "
		"try: entrainctl set %s goal=%s\n",
		rules->program->path, name, entrain_goal_name((int)status.settings.goal),
		option_given(&invocation->options, "goal") ? "--goal" : "ENTRAIN_GOAL", name,
		entrain_goal_name((int)wishes->settings.goal));
}

/* A swarm that is there is used as it is. */
static void swarm_provide(const struct invocation *invocation, const struct rules *rules,
			  const char *swarm)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_swarm *opened = entrain_open(invocation->dir, swarm, ENTRAIN_READ, &error);
	char effect[128];

	if (opened) {
		goal_compare(invocation, rules, swarm, opened);
		entrain_close(opened);
		return;
	}
	if (error.code == ENTRAIN_NO_SWARM &&
	    swarm_create(invocation, &rules->wishes, swarm, &error) == 0)
		return;
	snprintf(effect, sizeof(effect), "it runs without swarm %.64s", swarm);
	message_without(rules->program->path, effect, &error, swarm);
}

/* The swarm that takes the place of those that the rules name; NULL: none does. */
static const char *swarm_named(const struct invocation *invocation, const struct rules *rules)
{
	const char *named = option_text(&invocation->options, "swarm"),
		   *inherited = rules->wishes.swarm;

	if (named)
		return named;
	if (inherited)
		return inherited;
	return !rules->count || (rules->wishes.observe && !rules->matching) ? "default" : NULL;
}

/* Of the swarm that was named, or of those that the rules for the program name. */
static void swarms_provide(const struct invocation *invocation, const struct rules *rules)
{
	const char *named = swarm_named(invocation, rules);

	if (named)
		swarm_provide(invocation, rules, named);
	for (unsigned i = 0; !named && i < rules->swarms; i++)
		swarm_provide(invocation, rules, rules->swarm[i]);
}

/* ---- what the program is given ------------------------------------------------------------- */

/* What is in the way goes to stderr; the program runs without the plugin then. */
static int given_failure(const struct program *program, const char *what, const char *why,
			 const char *hint)
{
	fprintf(stderr, "entrainctl: %s: it runs without entrain: %s: ", program->path, what);
	text_print(stderr, why, 0);
	fprintf(stderr, "%s%s\n", hint ? "; try: " : "", hint ? hint : "");
	return -1;
}

/* Beside the tool where it was built, else where it is installed. */
static int library_find(const struct program *program, char path[PATH_MAX])
{
	char self[PATH_MAX] = "", *slash;
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - sizeof(LIBRARY) - 1);

	slash = length > 0 ? strrchr(self, '/') : NULL;
	if (slash)
		strcpy(slash + 1, LIBRARY);
	if ((!slash || access(self, R_OK) < 0 || !realpath(self, path)) &&
	    !realpath(ENTRAIN_LIBDIR "/entrain/" LIBRARY, path))
		return given_failure(program, ENTRAIN_LIBDIR "/entrain/" LIBRARY, strerror(errno),
				     "install entrain");
	if (strpbrk(path, ": \t"))
		return given_failure(program, path,
				     "this path has a blank or a colon, which no preload can have",
				     "install it elsewhere");
	return 0;
}

static int variable_set(const struct program *program, const char *name, const char *value)
{
	if (!value || setenv(name, value, 1) == 0)
		return 0;
	return given_failure(program, name, strerror(errno), NULL);
}

/* Is `path` one of the words of `list`, as the loader separates them? */
static int list_has(const char *list, const char *path)
{
	const size_t length = strlen(path);

	while (*list) {
		size_t word = strcspn(list, ": ");

		if (word == length && strncmp(list, path, length) == 0)
			return 1;
		list += word;
		list += strspn(list, ": ");
	}
	return 0;
}

/* The plugin first: what hides flushes from those before it (libeatmydata) must not hide them from it. */
static int preload_set(const struct program *program, const char *library)
{
	const char *before = getenv("LD_PRELOAD");
	char *both;
	int code;

	if (!before || !*before)
		return variable_set(program, "LD_PRELOAD", library);
	if (list_has(before, library))
		return 0;
	if (asprintf(&both, "%s:%s", library, before) < 0)
		return given_failure(program, "LD_PRELOAD", "out of memory", NULL);
	code = variable_set(program, "LD_PRELOAD", both);
	free(both);
	return code;
}

/* The program may go elsewhere before its children look. */
static int path_set(const struct program *program, const char *name, const char *value)
{
	char path[PATH_MAX];

	return variable_set(program, name, value && realpath(value, path) ? path : value);
}

/* LD_PRELOAD last: without it the others do nothing. */
static int environment_set(const struct invocation *invocation, const struct rules *rules)
{
	const struct program *program = rules->program;
	const char *dir = invocation->dir ? invocation->dir : getenv("ENTRAIN_DIR");
	char library[PATH_MAX];

	return library_find(program, library) ||
	       variable_set(program, "ENTRAIN_SWARM", swarm_named(invocation, rules)) ||
	       path_set(program, "ENTRAIN_DIR", dir) ||
	       path_set(program, "ENTRAIN_CONFIG", getenv("ENTRAIN_CONFIG")) ||
	       preload_set(program, library);
}

/* ---- what the program wishes for ------------------------------------------------------------- */

/* The plugin would be silent about it, for a host's stderr is the host's. */
static void wish_refuse(const char *name, const char *why, void *context)
{
	const struct rules *rules = context;

	given_failure(rules->program, name, why, "give it such a value, or unset it");
}

/* The plugin works without its log, and says nothing then. */
static void log_check(const struct program *program)
{
	const char *path = wishes_log();
	int obstacle = path ? wishes_log_obstacle(path) : 0;

	if (!obstacle)
		return;
	fprintf(stderr, "entrainctl: %s: it runs without a log: ENTRAIN_LOG: ", program->path);
	text_print(stderr, path, 0);
	fprintf(stderr, ": %s; try: a file that this user may write, or ENTRAIN_LOG=stderr\n",
		strerror(obstacle));
}

/* Options go before what was in the environment. False: the plugin will stay off. */
static int wishes_find(const struct invocation *invocation, struct rules *rules)
{
	const struct option_set *options = &invocation->options;
	const struct program *program = rules->program;
	const char *mode = option_given(options, "observe") ? "observe" : NULL;

	if (variable_set(program, "ENTRAIN_GOAL", option_text(options, "goal")) ||
	    variable_set(program, "ENTRAIN_MAX_DELAY", option_text(options, "max-delay")) ||
	    variable_set(program, "ENTRAIN_MODE", mode) ||
	    !wishes_read(&rules->wishes, wish_refuse, rules))
		return 0;
	if (!rules->wishes.off)
		log_check(program);
	return 1;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int options_check(const struct invocation *invocation)
{
	const char *swarm = option_text(&invocation->options, "swarm");
	struct entrain_settings settings;
	struct entrain_error error;

	entrain_settings_init(&settings);
	for (unsigned i = 0; i < OPTION_KEYS; i++) {
		const char *value = option_text(&invocation->options, option_keys[i]);

		if (value && entrain_settings_set(&settings, option_keys[i], value, 0, &error))
			return message_usage("run", "entrainctl run --help", "--%s: %s",
					     option_keys[i], error.why);
	}
	if (swarm && !command_swarm_is_valid(swarm))
		return message_usage("run", "entrainctl run --help",
				     "--swarm: \"%s\" is no name of a swarm", swarm);
	if (!invocation->operand_count)
		return message_usage("run", "entrainctl run -- CMD...", "no program is given");
	return STATUS_DONE;
}

static int run_failure(const char *name, int os_error, const char *why)
{
	return message_failure(os_error == EACCES ? STATUS_NOT_PERMITTED : STATUS_REFUSED, name,
			       NULL, "%s", why);
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
		return run_failure(invocation->operands[0], code,
				   code == ENOENT ? "there is no such program" : strerror(code));
	obstacle = program_obstacle(&program);
	if (obstacle) {
		fprintf(stderr, "entrainctl: %s: it runs without entrain: %s\n", program.path,
			obstacle);
	} else {
		rules_read(&rules);
		if (wishes_find(invocation, &rules) && rules.read)
			swarms_provide(invocation, &rules);
		/* Where the file or the environment is wrong, the plugin stays off too, and check PID says why. */
		environment_set(invocation, &rules);
	}
	fflush(NULL);
	invocation->operands[invocation->operand_count] = NULL; /* there is room: -- was there */
	code = program_exec(&program, invocation->operands, invocation->operand_count);
	return run_failure(program.path, code, program_error_text(&program, code));
}

static const struct option_row run_options[] = {
	{ .name = "swarm",
	  .kind = OPTION_TEXT,
	  .argument = "SWARM",
	  .text = "the swarm to be in, instead of those that the rules name" },
	{ .name = "goal",
	  .kind = OPTION_TEXT,
	  .argument = "GOAL",
	  .text = "goal of a swarm that is created; one that is there keeps its own" },
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
		"is given at all, or with --observe, its flushes are only counted and timed: see\n"
		"status and check PID. They are in the swarm of the rules that name CMD; else,\n"
		"or if it is named by --swarm or ENTRAIN_SWARM, in that one or \"default\". Such\n"
		"a swarm is created if it is missing, from its section of the file; not those of\n"
		"other programs, and CMD's children have none created. What stands in LD_PRELOAD\n"
		"is kept. CMD runs whatever is wrong with entrain: a line on stderr says what is,\n"
		"and where a preload cannot work; only wrong options of run itself are refused.",
	.examples = "  entrainctl run -- redis-server /etc/redis/redis.conf\n"
		    "  entrainctl run --swarm disk --observe -- ./collector",
	.options = run_options,
	.flags = COMMAND_DIR,
	.operands_most = -1,
	.run = run_run,
};
