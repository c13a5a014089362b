/* SPDX-License-Identifier: MIT */
/* check PID: what the plugin says in a process, for people and as JSON. */
#include <entrain.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "json.h"
#include "message.h"
#include "text.h"

static const char *const call_names[] = {
#define CALL_NAME(name) #name,
	ENTRAIN_CALLS(CALL_NAME)
#undef CALL_NAME
};

static const char *action_name(uint32_t action)
{
	static const char *const names[] = { "?", "stagger", "batch", "pace", "observe" };

	return names[action < sizeof(names) / sizeof(names[0]) ? action : 0];
}

static const char *stand_name(uint32_t stand)
{
	static const char *const names[] = { "unused", "joined", "out", "off-beat", "watched" };

	return stand < sizeof(names) / sizeof(names[0]) ? names[stand] : "?";
}

static const char *idle_text(enum coverage_idle idle)
{
	static const char *const texts[] = {
		[IDLE_NOT] = "",
		[IDLE_APART] = "its swarm's goal is not to be together, so it only watches",
		[IDLE_AT_DOOR] =
			"in a swarm of kind drifting there is no common turn to wait for, so it "
			"only watches",
		[IDLE_ALL_AT_ONCE] =
			"its swarm's goal is to be together, for which a swarm of kind "
			"drifting holds nobody",
	};

	return texts[idle];
}

/* Why it stands as it does, for people. */
static const char *stand_text(const struct preload_rule_counts *counts, enum coverage_idle idle)
{
	switch (counts->stand) {
	case PRELOAD_UNUSED:
		return "fewer than two calls matched";
	case PRELOAD_OUT:
		if (counts->code == ENTRAIN_NO_SWARM)
			return "its swarm was removed; it joins one of that name when it is "
			       "started again";
		return entrain_code_text((enum entrain_code)counts->code);
	case PRELOAD_WATCHED:
		if (counts->code == ENTRAIN_NO_SWARM)
			return "there was no such swarm when it was started; start it again "
			       "once there is";
		return entrain_code_text((enum entrain_code)counts->code);
	case PRELOAD_JOINED:
		return idle_text(idle);
	case PRELOAD_OFF_BEAT:
		return "its calls do not fit the swarm, and are left alone";
	default:
		return "";
	}
}

static void rule_print(const struct preload_rule_report *rule,
		       const struct preload_rule_counts *counts, enum coverage_idle idle)
{
	char one[32], other[32];

	fputs("rule ", stdout);
	text_print(stdout, rule->name, 0);
	printf(": %s in swarm ", action_name(rule->action));
	text_print(stdout, rule->swarm, 0);
	printf(": %s%s%s\n", stand_name(counts->stand), *stand_text(counts, idle) ? ": " : "",
	       stand_text(counts, idle));
	printf("\tcalls matched %llu, in %llu burst%s; the longest took %s\n",
	       (unsigned long long)counts->matched, (unsigned long long)counts->bursts,
	       text_s(counts->bursts), entrain_duration_text((int64_t)counts->took_max_ns, one));
	if (counts->thread_bursts) {
		fputs("\tthread ", stdout);
		text_print(stdout, counts->thread, 0);
		printf(" began the last %u of them\n", counts->thread_bursts);
	}
	if (counts->interval_ns)
		printf("\tevery %s, to %s; %s\n",
		       entrain_duration_text((int64_t)counts->interval_ns, one),
		       entrain_duration_text((int64_t)counts->spread_ns, other),
		       entrain_kind_name((int)counts->rhythm));
	if (counts->acted)
		printf("\tan action takes %s on average, %s at most, from its first call to its "
		       "last\n",
		       entrain_duration_text((int64_t)(counts->acted_ns / counts->acted), one),
		       entrain_duration_text((int64_t)counts->acted_max_ns, other));
	if (counts->held)
		printf("\theld %llu time%s, %s on average, %s at most\n",
		       (unsigned long long)counts->held, text_s(counts->held),
		       entrain_duration_text((int64_t)(counts->held_ns / counts->held), one),
		       entrain_duration_text((int64_t)counts->held_max_ns, other));
}

static void coverage_print(const struct coverage *coverage)
{
	int any = 0;

	printf("process %u (", coverage->pid);
	text_print(stdout, coverage->exe, 0);
	fputs(coverage->covered ? "): covered\n" : "): not covered: ", stdout);
	if (!coverage->covered) {
		text_print(stdout, coverage->why, 0);
		putchar('\n');
	}
	for (unsigned i = 0; coverage->covered && i < coverage->report.rules; i++)
		rule_print(&coverage->report.rule[i], &coverage->counts.rule[i], coverage->idle[i]);
	for (unsigned i = 0; coverage->covered && i < PRELOAD_CALLS; i++)
		if (coverage->counts.seen[i])
			printf("%s %s %llu", any++ ? "," : "calls seen:", call_names[i],
			       (unsigned long long)coverage->counts.seen[i]);
	if (any)
		putchar('\n');
	if (coverage->synchronous)
		printf("not seen by any preload: writes to %u descriptor%s opened with O_SYNC or "
		       "O_DSYNC\n",
		       coverage->synchronous, text_s(coverage->synchronous));
	if (coverage->rings)
		printf("not seen by any preload: flushes through %u io_uring%s\n", coverage->rings,
		       text_s(coverage->rings));
}

static void rule_json(struct json *json, const struct preload_rule_report *rule,
		      const struct preload_rule_counts *counts, enum coverage_idle idle)
{
	json_row(json, NULL);
	json_text(json, "rule", rule->name);
	json_text(json, "swarm", rule->swarm);
	json_text(json, "action", action_name(rule->action));
	json_text(json, "stand", stand_name(counts->stand));
	json_text(json, "why", stand_text(counts, idle));
	json_unsigned(json, "matched", counts->matched);
	json_unsigned(json, "bursts", counts->bursts);
	json_unsigned(json, "busy", counts->busy);
	json_unsigned(json, "held", counts->held);
	json_unsigned(json, "held_ns", counts->held_ns);
	json_unsigned(json, "held_max_ns", counts->held_max_ns);
	json_unsigned(json, "took_ns", counts->took_ns);
	json_unsigned(json, "took_max_ns", counts->took_max_ns);
	json_unsigned(json, "actions", counts->acted);
	json_unsigned(json, "acted_ns", counts->acted_ns);
	json_unsigned(json, "acted_max_ns", counts->acted_max_ns);
	json_text(json, "thread", counts->thread_bursts ? counts->thread : NULL);
	json_unsigned(json, "thread_bursts", counts->thread_bursts);
	json_unsigned(json, "interval_ns", counts->interval_ns);
	json_unsigned(json, "spread_ns", counts->spread_ns);
	json_text(json, "rhythm", counts->rhythm ? entrain_kind_name((int)counts->rhythm) : NULL);
	json_end(json);
}

static void coverage_json(const struct coverage *coverage)
{
	struct json json;

	json_begin(&json, stdout);
	json_unsigned(&json, "pid", coverage->pid);
	json_text(&json, "exe", coverage->exe);
	json_boolean(&json, "loaded", coverage->loaded);
	json_boolean(&json, "covered", coverage->covered);
	json_text(&json, "why", coverage->why);
	json_array(&json, "rules");
	for (unsigned i = 0; coverage->covered && i < coverage->report.rules; i++)
		rule_json(&json, &coverage->report.rule[i], &coverage->counts.rule[i],
			  coverage->idle[i]);
	json_end(&json);
	json_row(&json, "calls");
	for (unsigned i = 0; coverage->covered && i < PRELOAD_CALLS; i++)
		json_unsigned(&json, call_names[i], coverage->counts.seen[i]);
	json_end(&json);
	json_unsigned(&json, "descriptors_synchronous", coverage->synchronous);
	json_unsigned(&json, "io_urings", coverage->rings);
	json_finish(&json);
}

int coverage_check(const char *pid, int json)
{
	static struct coverage coverage;
	char what[128];
	unsigned long long number = strtoull(pid, NULL, 10); /* too much of it: ULLONG_MAX */
	int code = number > INT_MAX ? ESRCH : coverage_read((unsigned)number, &coverage);

	snprintf(what, sizeof(what), "check process %s", pid);
	if (code == ENOENT || code == ESRCH)
		return message_failure(STATUS_NO, what, NULL, "there is no such process");
	if (code)
		return message_failure(code == EACCES || code == EPERM ? STATUS_NOT_PERMITTED
								       : STATUS_REFUSED,
				       what, "as its user, or as root", "%s", strerror(code));
	if (json)
		coverage_json(&coverage);
	else
		coverage_print(&coverage);
	return coverage.covered ? STATUS_DONE : STATUS_NO;
}
