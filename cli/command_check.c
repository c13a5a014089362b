/* SPDX-License-Identifier: MIT */
/* entrainctl check: is this swarm's segment sound, is this process covered, is this configuration file right. */
#include <entrain.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "coverage.h"
#include "glob.h"
#include "json.h"
#include "message.h"
#include "text.h"

/* Findings, printed as they come. */
struct findings {
	const char *object;
	struct json *json; /* NULL: as text */
	unsigned count, repaired;
};

static void finding_print(struct findings *findings, const char *object, const char *text,
			  int repaired)
{
	findings->count++;
	findings->repaired += repaired != 0;
	if (findings->json) {
		json_row(findings->json, NULL);
		json_text(findings->json, "object", object);
		json_text(findings->json, "finding", text);
		json_boolean(findings->json, "repaired", repaired);
		json_end(findings->json);
		return;
	}
	text_print(stdout, object, 0);
	fputs(": ", stdout);
	text_print(stdout, text, 0);
	puts(repaired ? " (repaired)" : "");
}

static void segment_finding(const char *text, int repaired, void *context)
{
	struct findings *findings = context;

	finding_print(findings, findings->object, text, repaired);
}

static void config_finding(const struct entrain_error *finding, void *context)
{
	finding_print(context, finding->object, finding->why, 0);
}

static void findings_begin(struct findings *findings, struct json *json, const char *kind)
{
	if (!findings->json)
		return;
	json_begin(json, stdout);
	json_text(json, kind, findings->object);
	json_array(json, "findings");
}

/* Where there is no such file. */
static const char *file_hint(char *hint, size_t size)
{
	const char *read = entrain_config_path();

	if (access(read, F_OK) < 0)
		return "name one that there is, as --config FILE";
	snprintf(hint, size, "the one that is read is %s", read);
	return hint;
}

/* The hints of the table of errors are about swarms; `swarm` NULL: this is about a file. */
static int failure_say(const struct entrain_error *error, const char *swarm)
{
	char what[320], made[PATH_MAX + 64];
	const char *hint = NULL;

	if (swarm)
		return message_error(error, swarm);
	snprintf(what, sizeof(what), "%s %s", error->what, error->object);
	if (error->code == ENTRAIN_PERMISSION)
		hint = "check it as its owner or root, or let this user read it";
	else if (error->os_error == EISDIR)
		hint = "name a file in it";
	else if (error->os_error == ENOENT)
		hint = file_hint(made, sizeof(made));
	return message_failure(entrain_code_status(error->code), what, hint, "%s", error->why);
}

/* Returns the exit status: `code` is what the library's check said. */
static int findings_end(struct findings *findings, const char *good, int code,
			const struct entrain_error *error, const char *swarm)
{
	/* an error that is no finding: the check itself could not be made */
	int failed =
		code && (!findings->count || (code != ENTRAIN_UNSOUND && code != ENTRAIN_CONFIG));

	if (findings->json) {
		json_end(findings->json);
		json_boolean(findings->json, "sound", code == 0);
		if (failed)
			json_text(findings->json, "error", error->why);
		json_finish(findings->json);
	}
	if (failed)
		return failure_say(error, swarm);
	if (!findings->json && code == 0) {
		text_print(stdout, findings->object, 0);
		if (findings->count)
			printf(": %s, %u finding%s repaired\n", good, findings->repaired,
			       text_s(findings->repaired));
		else
			printf(": %s\n", good);
	}
	return code ? STATUS_NO : STATUS_DONE;
}

/* The executables of all rules, in their order. */
struct executables {
	char (*glob)[ENTRAIN_GLOB_MOST];
	unsigned count;
};

static void executable_take(const struct entrain_rule *rule, void *context)
{
	struct executables *all = context;
	void *more = realloc(all->glob, (all->count + 1) * sizeof(*all->glob));

	if (!more)
		abort(); /* a small file, and no memory for it */
	all->glob = more;
	memcpy(all->glob[all->count++], rule->exe, sizeof(rule->exe));
}

/* How many rules are for the executable of rule `index`, told by its own text; 0: an earlier one has the same. */
static unsigned rules_count(const struct executables *all, unsigned index)
{
	const char *executable = all->glob[index];
	unsigned count = 0;

	for (unsigned i = 0; i < all->count; i++) {
		const char *glob = all->glob[i];

		if (i < index && strcmp(glob, executable) == 0)
			return 0;
		count += !*glob || strcmp(glob, executable) == 0 || glob_matches(glob, executable);
	}
	return count;
}

/* A rule is right or wrong by itself; but a program that too many name goes without all of them. */
static int rules_check(const char *file, struct findings *findings, struct entrain_error *error)
{
	struct executables all = { .glob = NULL };
	int code = entrain_config_rules(file, executable_take, &all, error);
	char text[ENTRAIN_GLOB_MOST + 128];

	for (unsigned i = 0; !code && i < all.count; i++) {
		unsigned count = rules_count(&all, i);

		if (count <= PRELOAD_RULES)
			continue;
		snprintf(text, sizeof(text),
			 "%u rules are for %s, which goes without any: %d are the most", count,
			 all.glob[i][0] ? all.glob[i] : "any program", PRELOAD_RULES);
		finding_print(findings, file, text, 0);
	}
	free(all.glob);
	return !code && findings->count ? ENTRAIN_CONFIG : code;
}

static int config_check(const struct invocation *invocation, const char *file)
{
	struct findings findings = { .object = file };
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct json json;
	int code;

	if (!*file)
		return message_usage("check --config", NULL, "names no file");
	findings.json = invocation->json ? &json : NULL;
	findings_begin(&findings, &json, "file");
	code = entrain_config_check(file, config_finding, &findings, &error);
	if (!code)
		code = rules_check(file, &findings, &error);
	/* "no such swarm" is the library's word for a file that is not there */
	if (code == ENTRAIN_NO_SWARM) {
		error.code = ENTRAIN_USAGE;
		snprintf(error.why, sizeof(error.why), "%s", strerror(error.os_error));
	}
	return findings_end(&findings, "right", code, &error, NULL);
}

static int segment_check(const struct invocation *invocation)
{
	struct findings findings = { .object = invocation->swarm };
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct json json;
	int code;

	findings.json = invocation->json ? &json : NULL;
	findings_begin(&findings, &json, "swarm");
	code = entrain_check(invocation->dir, invocation->swarm,
			     option_given(&invocation->options, "repair"), segment_finding,
			     &findings, &error);
	return findings_end(&findings, "sound", code, &error, invocation->swarm);
}

static int is_pid(const char *typed)
{
	return typed[strspn(typed, "0123456789")] == '\0';
}

/* Each of them, one after the other; the exit status is that of the worst. */
static int processes_check(const struct invocation *invocation)
{
	int worst = coverage_check(invocation->swarm, invocation->json);

	for (int i = 0; i < invocation->operand_count; i++) {
		int status = coverage_check(invocation->operands[i], invocation->json);

		if (status > worst)
			worst = status;
	}
	return worst;
}

static int check_run(struct invocation *invocation)
{
	const char *file = option_text(&invocation->options, "config");
	/* A process, whatever swarms there are: the same words mean the same tomorrow. */
	const int processes = is_pid(invocation->swarm);

	for (int i = 0; i < invocation->operand_count; i++)
		if (!processes || !is_pid(invocation->operands[i]) || !*invocation->operands[i])
			return message_usage("check", "entrainctl check --help",
					     "\"%s\" is one argument too many",
					     invocation->operands[i]);
	if (file && invocation->swarm_given)
		return message_usage("check", "one after the other",
				     "either a swarm or --config FILE, not both");
	if ((file || processes) && option_given(&invocation->options, "repair"))
		return message_usage("check", file ? "correct it with an editor" : NULL,
				     "--repair is for swarms, not for %s",
				     file ? "configuration files" : "processes");
	if (file)
		return config_check(invocation, file);
	return processes ? processes_check(invocation) : segment_check(invocation);
}

static const struct option_row check_options[] = {
	{ .name = "config",
	  .kind = OPTION_TEXT,
	  .argument = "FILE",
	  .text = "check this configuration file instead of a swarm" },
	{ .name = "repair",
	  .kind = OPTION_FLAG,
	  .text = "mend what can be mended without touching a live agent" },
	{ .name = NULL },
};

const struct command command_check = {
	.name = "check",
	.operands = "[SWARM|PID...]",
	.text = "is a swarm's segment sound, a process covered, a file right",
	.detail =
		"Prints a line for each thing that is wrong with a swarm's objects, or with a\n"
		"configuration file (file:line: what is wrong). Exit status 0 if there is none or\n"
		"all were repaired, else 1. Without --repair nothing is changed. Of a process it\n"
		"says whether the preload plugin covers it, under which rules, what was seen and\n"
		"held, and what no preload can see; exit status 1 if it is not covered. Of "
		"several\n"
		"processes each is told of, and the exit status is the highest. A word of digits\n"
		"only is the PID of a process here, never a swarm, although every other command\n"
		"takes it for a swarm's name. Quote what may be empty, as below: without any\n"
		"word it is swarm \"default\" that is checked.",
	.examples = "  entrainctl check web\n"
		    "  entrainctl check web --repair\n"
		    "  entrainctl check \"$(pidof -s redis-server)\"\n"
		    "  entrainctl check --config /etc/entrain/entrain.ini",
	.options = check_options,
	.flags = COMMAND_SWARM | COMMAND_JSON,
	.operands_most = -1,
	.run = check_run,
};
