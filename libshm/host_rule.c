/* SPDX-License-Identifier: MIT */
/* host_rule.c - one table of the keys of [rule NAME], each with its check. */
#include "host_rule.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "error.h"
#include "settings.h"

#define BLANKS " \t"
#define WILD "*?["
#define THREAD_NAME_MOST 15 /* the kernel keeps no more of it */

#define CALL(name) (UINT32_C(1) << ENTRAIN_CALL_##name)
#define SLEEPS (CALL(nanosleep) | CALL(clock_nanosleep) | CALL(usleep) | CALL(sleep))
#define CALLS_ON_FILES (CALL(fsync) | CALL(fdatasync) | CALL(sync_file_range) | CALL(syncfs))

typedef int value_setter(struct entrain_rule *rule, const char *key, const char *value,
			 struct entrain_error *error);

#define refuse(error, key, ...) error_set(error, ENTRAIN_USAGE, 0, "read rule", key, __VA_ARGS__)

static const char *const call_names[] = {
#define CALL_NAME(name) #name,
	ENTRAIN_CALLS(CALL_NAME)
#undef CALL_NAME
};

static const char *const action_names[] = {
	[ENTRAIN_ACTION_STAGGER] = "stagger",
	[ENTRAIN_ACTION_BATCH] = "batch",
	[ENTRAIN_ACTION_PACE] = "pace",
	[ENTRAIN_ACTION_OBSERVE] = "observe",
};
#define ACTIONS (sizeof(action_names) / sizeof(action_names[0]))

static int glob_take(char glob[ENTRAIN_GLOB_MOST], const char *key, const char *value,
		     struct entrain_error *error)
{
	if (!*value)
		return refuse(error, key, "nothing is given");
	if (strlen(value) >= ENTRAIN_GLOB_MOST)
		return refuse(error, key, "it is longer than %d bytes", ENTRAIN_GLOB_MOST - 1);
	snprintf(glob, ENTRAIN_GLOB_MOST, "%s", value);
	return 0;
}

/* What is matched is a whole path: a bare name would never match, and nobody would know why. */
static int path_glob_take(char glob[ENTRAIN_GLOB_MOST], const char *key, const char *value,
			  struct entrain_error *error)
{
	if (*value && !strchr("/" WILD, *value))
		return refuse(error, key,
			      "'%s' matches no path, since paths begin with /; write /... or */%s",
			      value, value);
	return glob_take(glob, key, value, error);
}

static int set_exe(struct entrain_rule *rule, const char *key, const char *value,
		   struct entrain_error *error)
{
	return path_glob_take(rule->exe, key, value, error);
}

static int set_path(struct entrain_rule *rule, const char *key, const char *value,
		    struct entrain_error *error)
{
	return path_glob_take(rule->path, key, value, error);
}

static int set_role(struct entrain_rule *rule, const char *key, const char *value,
		    struct entrain_error *error)
{
	return glob_take(rule->role, key, value, error);
}

static int set_thread(struct entrain_rule *rule, const char *key, const char *value,
		      struct entrain_error *error)
{
	if (strlen(value) > THREAD_NAME_MOST && !strpbrk(value, WILD "\\"))
		return refuse(error, key,
			      "'%s' matches no thread: their names have at most %d bytes", value,
			      THREAD_NAME_MOST);
	return glob_take(rule->thread, key, value, error);
}

static bool call_find(const char *name, size_t length, uint32_t *call)
{
	for (*call = 0; *call < ENTRAIN_CALL_COUNT; ++*call)
		if (strncmp(call_names[*call], name, length) == 0 &&
		    call_names[*call][length] == '\0')
			return true;
	return false;
}

/* "fdatasync, fsync" */
static int set_calls(struct entrain_rule *rule, const char *key, const char *value,
		     struct entrain_error *error)
{
	uint32_t calls = 0, call;

	for (const char *at = value;; at++) {
		size_t length;

		at += strspn(at, BLANKS);
		length = strcspn(at, BLANKS ",");
		if (!call_find(at, length, &call))
			return refuse(error, key,
				      "'%.*s' is none of fsync, fdatasync, sync_file_range, msync, "
				      "syncfs, sync, nanosleep, clock_nanosleep, usleep, sleep",
				      length > 40 ? 40 : (int)length, at);
		calls |= UINT32_C(1) << call;
		at += length;
		at += strspn(at, BLANKS);
		if (!*at)
			break;
		if (*at != ',')
			return refuse(error, key, "write a comma between calls");
	}
	rule->calls = calls;
	return 0;
}

static int set_swarm(struct entrain_rule *rule, const char *key, const char *value,
		     struct entrain_error *error)
{
	if (!swarm_name_valid(value))
		return refuse(error, key, "'%.80s' is not a swarm's name: 1 to 64 of a-z 0-9 - _ .",
			      value);
	snprintf(rule->swarm, sizeof(rule->swarm), "%s", value);
	return 0;
}

static int set_action(struct entrain_rule *rule, const char *key, const char *value,
		      struct entrain_error *error)
{
	for (unsigned action = ENTRAIN_ACTION_STAGGER; action < ACTIONS; action++)
		if (strcmp(value, action_names[action]) == 0) {
			rule->action = action;
			return 0;
		}
	return refuse(error, key, "'%s' is none of stagger, batch, pace, observe", value);
}

/* Written as a swarm's. */
static int set_max_delay(struct entrain_rule *rule, const char *key, const char *value,
			 struct entrain_error *error)
{
	struct entrain_settings settings;
	int code;

	entrain_settings_init(&settings);
	code = entrain_settings_set(&settings, key, value, 0, error);
	if (code)
		return code;
	rule->max_delay_ns = settings.max_delay_ns;
	rule->max_delay_ppm = settings.max_delay_ppm;
	return 0;
}

static const struct {
	struct host_rule_key key;
	value_setter *set;
} table[] = {
	{ { "exe", "GLOB", "the executable's path" }, set_exe },
	{ { "role", "GLOB", "the process title" }, set_role },
	{ { "path", "GLOB", "the path of the file, for calls on a file" }, set_path },
	{ { "thread", "GLOB", "the thread's name" }, set_thread },
	{ { "call", "CALL , ...", "the calls that are meant" }, set_calls },
	{ { "swarm", "NAME", "whose turns they wait for" }, set_swarm },
	{ { "action", "ACTION", "what happens to them: stagger, batch, pace or observe" },
	  set_action },
	{ { "max_delay", "DURATION|PERCENT", "the longest wait" }, set_max_delay },
};
#define ROWS (sizeof(table) / sizeof(table[0]))

const struct host_rule_key *host_rule_key(unsigned index)
{
	return index < ROWS ? &table[index].key : NULL;
}

void host_rule_init(struct entrain_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	snprintf(rule->swarm, sizeof(rule->swarm), "default");
}

/* - for _ is taken, as in a swarm's section. */
static bool key_matches(const char *name, const char *typed)
{
	for (; *name && *typed; name++, typed++)
		if (*name != *typed && !(*name == '_' && *typed == '-'))
			return false;
	return *name == *typed;
}

int host_rule_set(struct entrain_rule *rule, const char *key, const char *value,
		  struct entrain_error *error)
{
	for (unsigned i = 0; i < ROWS; i++)
		if (key_matches(table[i].key.name, key))
			return table[i].set(rule, key, value, error);
	return refuse(error, key, "there is no such key of a rule");
}

int host_rule_check(const struct entrain_rule *rule, struct entrain_error *error)
{
	/* A default would be a guess: to watch a host and to make it wait are worlds apart. */
	if (rule->action == ENTRAIN_ACTION_UNSAID)
		return refuse(error, "action",
			      "it is not given; write stagger, batch, pace or observe");
	if (rule->action == ENTRAIN_ACTION_PACE && rule->calls && !(rule->calls & SLEEPS))
		return refuse(error, "call",
			      "none of them is a sleep, and pace stretches nothing else; write "
			      "nanosleep, clock_nanosleep, usleep, sleep, or another action");
	/* All of them, if none is said. */
	if (rule->path[0] && rule->action == ENTRAIN_ACTION_PACE)
		return refuse(error, "path",
			      "a sleep is on no file, and pace stretches nothing else; leave it "
			      "out, or write another action");
	if (rule->path[0] && rule->calls && !(rule->calls & CALLS_ON_FILES))
		return refuse(error, "path",
			      "none of the calls is on a file; leave it out, or write fsync, "
			      "fdatasync, sync_file_range, syncfs");
	return 0;
}
