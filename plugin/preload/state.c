/* SPDX-License-Identifier: MIT */
/* state.c - the constructor: what is to be known is read, what is to be had is taken, and nothing is asked for again. */
#include "state.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>
#include "match.h"
#include "real.h"
#include "title.h"
#include "wishes.h"

_Static_assert(PRELOAD_CALLS == ENTRAIN_CALL_COUNT, "a column for each call");

struct state state;

__attribute__((aligned(64))) struct preload_report preload_report;

/* One line, where ENTRAIN_LOG says; nowhere if it does not, for a host's stderr is the host's. */
static void log_line(const char *text)
{
	const char *path = wishes_log();
	char line[600];
	int fd, length;

	if (!path)
		return;
	length = snprintf(line, sizeof(line), "entrain: %d %s: %s\n", (int)getpid(),
			  preload_report.exe, text);
	if (length >= (int)sizeof(line))
		length = (int)sizeof(line) - 1;
	fd = wishes_log_open(path);
	if (fd < 0)
		return;
	if (write(fd, line, (size_t)length) < 0) {
		/* there is nobody to tell */
	}
	if (fd != STDERR_FILENO)
		close(fd);
}

/* Say once why this process goes without. */
static void stay_off(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void stay_off(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(preload_report.why, sizeof(preload_report.why), format, list);
	va_end(list);
	log_line(preload_report.why);
}

static void stay_off_error(const struct entrain_error *error)
{
	stay_off("%.60s: %.90s", error->object,
		 error->why[0] ? error->why : entrain_code_text(error->code));
}

static void wish_refuse(const char *name, const char *why, void *context)
{
	(void)context;
	stay_off("%s: %.100s", name, why);
}

static bool is_off(const struct wishes *wishes)
{
	if (wishes->off)
		snprintf(preload_report.why, sizeof(preload_report.why), "ENTRAIN_MODE=off");
	return wishes->off;
}

/* ---- the rules for this executable ------------------------------------------------------------ */

static void rule_take(const struct entrain_rule *rule, void *context)
{
	unsigned *ignored = context;

	/* As it was called, too: Debian's redis-server is a link to another name. */
	if (!match_executable(rule, preload_report.exe) &&
	    !match_executable(rule, (const char *)getauxval(AT_EXECFN)))
		return;
	if (state.rules == PRELOAD_RULES)
		++*ignored;
	else
		state.rule[state.rules++] = *rule;
}

/* Where no rule is given but a swarm is: flushes are watched, in it. */
static void rule_to_watch(const char *swarm)
{
	struct entrain_rule *rule = &state.rule[state.rules++];

	memset(rule, 0, sizeof(*rule));
	snprintf(rule->name, sizeof(rule->name), "watch");
	snprintf(rule->swarm, sizeof(rule->swarm), "%.64s", swarm);
	rule->action = ENTRAIN_ACTION_OBSERVE;
	rule->calls = 1u << ENTRAIN_CALL_fsync | 1u << ENTRAIN_CALL_fdatasync |
		      1u << ENTRAIN_CALL_sync_file_range | 1u << ENTRAIN_CALL_msync |
		      1u << ENTRAIN_CALL_syncfs | 1u << ENTRAIN_CALL_sync;
}

static void rule_adjust(struct entrain_rule *rule, const struct wishes *wishes)
{
	if (wishes->swarm)
		snprintf(rule->swarm, sizeof(rule->swarm), "%.64s", wishes->swarm);
	if (wishes->max_delay) {
		rule->max_delay_ns = wishes->settings.max_delay_ns;
		rule->max_delay_ppm = wishes->settings.max_delay_ppm;
	}
	if (wishes->observe)
		rule->action = ENTRAIN_ACTION_OBSERVE;
}

/* Whether a rule only watches; one that paces still does so from sleep to sleep, for there its host's actions are. */
static void rule_watch(unsigned index, const struct wishes *wishes)
{
	struct entrain_rule *rule = &state.rule[index];
	const bool paces = rule->action == ENTRAIN_ACTION_PACE;

	rule_adjust(rule, wishes);
	state.watches[index] = rule->action == ENTRAIN_ACTION_OBSERVE;
	if (paces)
		rule->action = ENTRAIN_ACTION_PACE;
}

static bool rules_read(const struct wishes *wishes)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	unsigned ignored = 0;
	int code = entrain_config_rules(NULL, rule_take, &ignored, &error);

	/* No file is no rule, unless one was named. */
	if (code && code != ENTRAIN_NO_SWARM) {
		stay_off_error(&error);
		return false;
	}
	if (ignored) {
		stay_off("more than %d rules name this executable", PRELOAD_RULES);
		return false;
	}
	/* Whose calls they are belongs to what is to be found out. */
	state.asks_threads = !state.rules && wishes->swarm;
	if (state.asks_threads)
		rule_to_watch(wishes->swarm);
	if (!state.rules)
		snprintf(preload_report.why, sizeof(preload_report.why),
			 "no rule names this executable");
	for (unsigned i = 0; i < state.rules; i++)
		rule_watch(i, wishes);
	return state.rules > 0;
}

/* ---- the swarms -------------------------------------------------------------------------------- */

/* A swarm's goal is its administrator's; who wished for another learns that, once. */
static void goal_compare(unsigned index, const struct wishes *wishes,
			 const struct entrain_settings *settings)
{
	const char *swarm = state.rule[index].swarm;
	char text[300];

	if (!wishes->goal || settings->goal == wishes->settings.goal)
		return;
	for (unsigned i = 0; i < index; i++)
		if (strcmp(state.rule[i].swarm, swarm) == 0)
			return;
	snprintf(text, sizeof(text),
		 "ENTRAIN_GOAL: swarm %s keeps its goal, %s, not %s: entrainctl set changes it",
		 swarm, entrain_goal_name((int)settings->goal),
		 entrain_goal_name((int)wishes->settings.goal));
	log_line(text);
}

/* A rule whose swarm cannot be had is counted for, and acts on nothing. */
static void rule_attach(unsigned index, const struct wishes *wishes)
{
	const struct entrain_rule *rule = &state.rule[index];
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_settings settings;
	struct entrain_error error = { .code = ENTRAIN_OK };
	char text[300];

	options.flags = ENTRAIN_SEALED | (state.watches[index] ? ENTRAIN_WATCH : 0);
	options.label = rule->name;
	options.max_delay_ns = rule->max_delay_ns;
	options.max_delay_ppm = rule->max_delay_ppm;
	entrain_settings_init(&settings);
	state.agent[index] = entrain_join(rule->swarm, &options, &error);
	preload_report.rule[index].attach_code = error.code;
	if (state.agent[index] && entrain_swarm_settings(state.agent[index], &settings) == 0)
		goal_compare(index, wishes, &settings);
	state.period_ns[index] = settings.period_ns;
	state.drifts[index] = settings.kind == ENTRAIN_DRIFTING;
	if (state.agent[index])
		return;
	snprintf(text, sizeof(text), "rule %s: swarm %s: %s", rule->name, rule->swarm,
		 error.why[0] ? error.why : entrain_code_text(error.code));
	log_line(text);
}

static void rule_report(unsigned index)
{
	const struct entrain_rule *rule = &state.rule[index];
	struct preload_rule_report *report = &preload_report.rule[index];

	snprintf(report->name, sizeof(report->name), "%s", rule->name);
	snprintf(report->swarm, sizeof(report->swarm), "%s", rule->swarm);
	report->action = state.watches[index] ? ENTRAIN_ACTION_OBSERVE : rule->action;
	report->calls = rule->calls;
}

static bool live_make(void)
{
	struct live *live = mmap(NULL, sizeof(*live), PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (live == MAP_FAILED)
		return false;
	if (madvise(live, sizeof(*live), MADV_WIPEONFORK) < 0) {
		munmap(live, sizeof(*live));
		return false;
	}
	state.live = live;
	preload_report.counts = (uintptr_t)&live->counts;
	preload_report.counts_size = sizeof(live->counts);
	return true;
}

/* ---- the constructor --------------------------------------------------------------------------- */

static void exe_read(void)
{
	long length =
		readlink("/proc/self/exe", preload_report.exe, sizeof(preload_report.exe) - 1);

	preload_report.exe[length > 0 ? length : 0] = '\0';
}

/* From here on check PID finds the report; the magic stands in no file. */
static void report_open(void)
{
	static const char magic[] = PRELOAD_MAGIC;

	preload_report.self = (uintptr_t)&preload_report;
	preload_report.size = sizeof(preload_report);
	preload_report.abi = PRELOAD_ABI;
	memcpy(preload_report.magic, magic, sizeof(preload_report.magic));
}

static void arm(const struct wishes *wishes)
{
	uint32_t calls = 0;

	for (unsigned i = 0; i < state.rules; i++) {
		rule_report(i);
		rule_attach(i, wishes);
		calls |= state.rule[i].calls ? state.rule[i].calls : (1u << ENTRAIN_CALL_COUNT) - 1;
		state.asks_threads = state.asks_threads || state.rule[i].thread[0];
	}
	preload_report.rules = state.rules;
	preload_report.state = PRELOAD_ARMED;
	/* Release: all of the above is there. Pairs with gate_armed(). */
	atomic_store_explicit(&state.armed, calls, memory_order_release);
}

__attribute__((constructor)) static void preload_start(int count, char **arguments,
						       char **environment)
{
	struct wishes wishes;
	int saved = errno;

	(void)count;
	real_resolve();
	report_open();
	exe_read();
	title_find(arguments, environment);
	if (wishes_read(&wishes, wish_refuse, NULL) && !is_off(&wishes) && rules_read(&wishes)) {
		if (live_make())
			arm(&wishes);
		else
			stay_off("no page that is empty in children: %s", strerror(errno));
	}
	errno = saved;
}
