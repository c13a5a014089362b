/* SPDX-License-Identifier: MIT */
/* advice.c - what to write into entrain.ini, or to type, to get it. */
#include "advice.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../coverage.h"
#include "../memory.h"
#include "../text.h"
#include "forecast.h"

#define PPM 1000000
#define LABEL_BYTES 12 /* of a rule's name that an agent's label keeps */
/* A thread that began so many bursts in a row is the one that is meant. */
#define THREAD_BURSTS 8
#define SLEEPS \
	(1u << ENTRAIN_CALL_nanosleep | 1u << ENTRAIN_CALL_clock_nanosleep | \
	 1u << ENTRAIN_CALL_usleep | 1u << ENTRAIN_CALL_sleep)

static const char *const call_names[] = {
#define CALL_NAME(name) #name,
	ENTRAIN_CALLS(CALL_NAME)
#undef CALL_NAME
};

/* The rules of the configuration file. */
struct rules {
	struct entrain_rule *rule;
	size_t count, space;
};

static void rule_take(const struct entrain_rule *rule, void *context)
{
	struct rules *rules = context;

	if (rules->count == rules->space) {
		rules->space = rules->space ? 2 * rules->space : 16;
		rules->rule = memory_resize(rules->rule, rules->space, sizeof(*rules->rule));
	}
	rules->rule[rules->count++] = *rule;
}

/* As far as there are any: a wrong file is what `check --config` is for. */
static struct rules rules_read(void)
{
	struct rules rules = { 0 };

	entrain_config_rules(NULL, rule_take, &rules, NULL);
	return rules;
}

/* The one that a host is under: its label is the rule's name, cut. */
static const struct entrain_rule *rule_of(const struct rules *rules,
					  const struct entrain_agent_info *agent)
{
	if (!agent->label[0])
		return NULL;
	for (size_t i = 0; i < rules->count; i++)
		if (strncmp(rules->rule[i].name, agent->label, LABEL_BYTES) == 0 &&
		    (strlen(agent->label) >= LABEL_BYTES ||
		     strlen(rules->rule[i].name) == strlen(agent->label)))
			return &rules->rule[i];
	return NULL;
}

uint32_t advice_rule_cap_ppm(const struct gain *gain)
{
	struct rules rules = rules_read();
	uint32_t most_ppm = 0;

	for (unsigned i = 0; i < gain->count; i++) {
		const struct entrain_rule *rule = rule_of(&rules, &gain->hosts[i].seen);
		uint32_t ppm = rule ? rule->max_delay_ppm : 0;

		if (rule && rule->max_delay_ns)
			ppm = rule->max_delay_ns < gain->settings.period_ns
				      ? (uint32_t)((__int128)rule->max_delay_ns * PPM /
						   gain->settings.period_ns)
				      : PPM - 1;
		if (ppm > most_ppm)
			most_ppm = ppm;
	}
	free(rules.rule);
	return most_ppm;
}

int advice_is_switch(const struct gain *gain)
{
	return gain->settings.mode == ENTRAIN_OBSERVE && gain->set_fits && !gain->watched &&
	       gain->as_set.made && gain->advised.made && gain->as_set.most <= gain->advised.most;
}

/* ---- a rule for hosts that have none --------------------------------------------------------------- */

/* What stands in a file that others read: no line ends, no comments, nothing that is a glob. */
static void plain_copy(char *to, size_t size, const char *from)
{
	size_t used = 0;

	for (; *from && used < size - 1; from++)
		to[used++] = isgraph((unsigned char)*from) && !strchr("[]{}*?;#\"\\=", *from)
				     ? *from
				     : '?';
	to[used] = '\0';
}

static void name_make(char *to, size_t size, const char *path)
{
	const char *base = strrchr(path, '/');

	plain_copy(to, size, base ? base + 1 : path);
	for (; *to; to++)
		*to = isalnum((unsigned char)*to) || *to == '.' || *to == '_'
			      ? (char)tolower((unsigned char)*to)
			      : '-';
}

/* The rule of an agent's label in what its process lays open; -1: none. */
static int rule_laid_open(const struct coverage *coverage, const char *label)
{
	for (unsigned i = 0; i < coverage->report.rules; i++)
		if (strncmp(coverage->report.rule[i].name, label, LABEL_BYTES) == 0)
			return (int)i;
	return -1;
}

/* The calls that were really seen among those that the rule is for; and the thread, if it was always the same. */
static void rule_from_seen(struct entrain_rule *rule, const struct coverage *coverage,
			   const char *label)
{
	const int index = rule_laid_open(coverage, label);
	const struct preload_rule_counts *counts;
	uint32_t meant;

	if (index < 0)
		return;
	meant = coverage->report.rule[index].calls;
	counts = &coverage->counts.rule[index];
	for (unsigned call = 0; call < PRELOAD_CALLS; call++)
		if (coverage->counts.seen[call] && meant & 1u << call)
			rule->calls |= 1u << call;
	if (!rule->calls)
		rule->calls = meant;
	if (counts->thread_bursts >= THREAD_BURSTS)
		plain_copy(rule->thread, sizeof(rule->thread), counts->thread);
}

/* A process that has given itself another title is meant by that, as rules see it, with its arguments if it left them: all of
 * PostgreSQL's have one executable. */
static void role_read(struct entrain_rule *rule, unsigned pid)
{
	char path[64], title[ENTRAIN_GLOB_MOST - 1] = "";
	size_t length;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	stream = fopen(path, "re");
	if (!stream)
		return;
	length = fread(title, 1, sizeof(title) - 1, stream);
	fclose(stream);
	if (!strstr(title, ": "))
		return;
	while (length && (title[length - 1] == ' ' || title[length - 1] == '\0'))
		title[--length] = '\0';
	for (size_t i = 0; i < length; i++)
		if (!title[i])
			title[i] = ' ';
	plain_copy(rule->role, sizeof(rule->role), title);
	if (length == sizeof(title) - 1)
		strcat(rule->role, "*");
}

/* From what its process is and shows. -1: it must not be looked at, and what it calls itself is nothing to find it by. */
static int rule_make(struct entrain_rule *rule, const struct entrain_agent_info *agent,
		     uint32_t kind)
{
	static struct coverage coverage;
	char *deleted;

	memset(rule, 0, sizeof(*rule));
	name_make(rule->name, sizeof(rule->name), agent->name);
	if (!agent->pid || coverage_read(agent->pid, &coverage) || !coverage.told)
		return -1;
	deleted = strstr(coverage.exe, " (deleted)");
	if (deleted)
		*deleted = '\0';
	plain_copy(rule->exe, sizeof(rule->exe), coverage.exe);
	rule_from_seen(rule, &coverage, agent->label);
	role_read(rule, agent->pid);
	if (!rule->calls)
		rule->calls = 1u << ENTRAIN_CALL_fsync | 1u << ENTRAIN_CALL_fdatasync;
	/* What a clock drives is not what sleeps from one action to the next. */
	if (kind == ENTRAIN_RELATIVE && rule->calls & SLEEPS && !(rule->calls & ~SLEEPS))
		rule->action = ENTRAIN_ACTION_PACE;
	return 0;
}

static int is_same(const struct entrain_rule *one, const struct entrain_rule *other)
{
	return one->action == other->action && strcmp(one->exe, other->exe) == 0 &&
	       strcmp(one->role, other->role) == 0 && strcmp(one->path, other->path) == 0 &&
	       strcmp(one->thread, other->thread) == 0;
}

static int is_known(const struct rules *known, const struct entrain_rule *rule)
{
	for (size_t i = 0; i < known->count; i++)
		if (strcmp(known->rule[i].name, rule->name) == 0)
			return 1;
	return 0;
}

/* Is the name taken, by a rule for others? */
static int is_taken(const struct rules *rules, const struct entrain_rule *rule)
{
	for (size_t i = 0; i < rules->count; i++)
		if (strcmp(rules->rule[i].name, rule->name) == 0 && !is_same(&rules->rule[i], rule))
			return 1;
	return 0;
}

/* Not that of another rule, in the file or of these: a file with two of one name is wrong. The number comes early: agents' labels
 * keep little of a name. */
static void name_distinguish(struct entrain_rule *rule, const struct rules *known,
			     const struct rules *made)
{
	char base[sizeof(rule->name)];

	memcpy(base, rule->name, sizeof(base));
	for (unsigned number = 2; is_taken(known, rule) || is_taken(made, rule); number++)
		snprintf(rule->name, sizeof(rule->name), "%.*s-%u", LABEL_BYTES - 4, base, number);
}

/* ---- the lines -------------------------------------------------------------------------------------- */

static void cap_print(const struct gain_setting *setting, FILE *out)
{
	char text[32];

	fprintf(out, "max_delay = %g%%", setting->cap_ppm / 1e4);
	entrain_duration_text((int64_t)((__int128)setting->period_ns * setting->cap_ppm / PPM),
			      text);
	fprintf(out, "                  ; %s: a crash may lose so much more\n", text);
}

/* As a file has it: "1.5s"; to the digits that matter. */
static void period_print(int64_t period_ns, FILE *out)
{
	static const struct {
		int64_t ns;
		const char *name;
	} units[] = { { INT64_C(3600000000000), "h" },
		      { INT64_C(60000000000), "min" },
		      { 1000000000, "s" },
		      { 1000000, "ms" },
		      { 1000, "us" } };
	size_t unit = 0;

	/* What is left below a millionth is no part of a period that somebody writes. */
	period_ns -= period_ns % (period_ns > 1000000000 ? 1000000 : 1000);
	while (unit + 1 < sizeof(units) / sizeof(*units) && period_ns % units[unit].ns)
		unit++;
	fprintf(out, "period = %lld%s\n", (long long)(period_ns / units[unit].ns),
		units[unit].name);
}

static void swarm_print(const struct gain *gain, FILE *out)
{
	const struct gain_setting *setting = &gain->advised.setting;

	fprintf(out, "[swarm %s]\n", gain->swarm);
	period_print(setting->period_ns, out);
	fprintf(out, "kind = %s\n", entrain_kind_name((int)setting->kind));
	if (setting->goal != ENTRAIN_DISTRIBUTE_LOAD)
		fprintf(out, "goal = %s\n", entrain_goal_name((int)setting->goal));
	if (setting->band_ppm != 100000)
		fprintf(out, "band = %g%%\n", setting->band_ppm / 1e4);
	if (gain->settings.capacity != 64)
		fprintf(out, "capacity = %u\n", gain->settings.capacity);
	cap_print(setting, out);
}

static void key_print(const char *key, const char *value, FILE *out)
{
	if (!*value)
		return;
	fprintf(out, "%s = ", key);
	text_print(out, value, 0);
	putc('\n', out);
}

static const char *action_text(const struct gain *gain, const struct entrain_rule *rule)
{
	if (rule->action == ENTRAIN_ACTION_PACE)
		return "pace";
	if (rule->action == ENTRAIN_ACTION_BATCH ||
	    gain->settings.goal == ENTRAIN_MINIMIZE_API_CALLS ||
	    gain->settings.goal == ENTRAIN_MINIMIZE_LATENCY)
		return "batch";
	return "stagger";
}

static void rule_print(const struct gain *gain, const struct entrain_rule *rule, int own, FILE *out)
{
	int any = 0;

	fputs("\n[rule ", out);
	text_print(out, rule->name, 0);
	fputs("]\n", out);
	key_print("exe", rule->exe, out);
	key_print("role", rule->role, out);
	key_print("path", rule->path, out);
	key_print("thread", rule->thread, out);
	if (!own && rule->action != ENTRAIN_ACTION_PACE)
		fputs(rule->thread[0] || rule->role[0] ? "; a flush that others wait for must not "
							 "be held: if this one is, leave "
							 "this rule out\n"
						       : "; a flush that others wait for must not "
							 "be held: name thread or role, "
							 "too\n",
		      out);
	for (unsigned call = 0; call < ENTRAIN_CALL_COUNT; call++)
		if (rule->calls & 1u << call)
			fprintf(out, "%s%s", any++ ? ", " : "call = ", call_names[call]);
	if (any)
		putc('\n', out);
	fprintf(out, "swarm = %s\naction = %s\n", gain->swarm, action_text(gain, rule));
	cap_print(&gain->advised.setting, out);
}

/* For whom no rule can be written here. */
static void blank_print(const struct gain *gain, const struct entrain_agent_info *agent, FILE *out)
{
	char name[sizeof(agent->name)];

	plain_copy(name, sizeof(name), agent->name);
	fprintf(out,
		"\n; process %u, which calls itself %s, could not be looked at: ask again as its "
		"user or root, or write\n; a rule for swarm %s with exe = what /proc/%u/exe is, "
		"and "
		"its calls\n",
		agent->pid, name, gain->swarm, agent->pid);
}

/* The rule of a host, if it needs one that is not among those made. */
static void rule_add(const struct gain_host *host, const struct gain *gain,
		     const struct rules *known, struct rules *made, FILE *out)
{
	const struct entrain_rule *own = rule_of(known, &host->seen);
	struct entrain_rule rule;
	size_t same = 0, alike = 0;

	if (own)
		rule = *own;
	else if (rule_make(&rule, &host->seen, gain->advised.setting.kind) != 0) {
		blank_print(gain, &host->seen, out);
		return;
	}
	for (; same < made->count; same++) {
		alike += strcmp(made->rule[same].exe, rule.exe) == 0;
		if (own ? strcmp(made->rule[same].name, rule.name) == 0
			: is_same(&made->rule[same], &rule))
			break;
	}
	if (same < made->count) {
		if (!own)
			made->rule[same].calls |= rule.calls;
		return;
	}
	if (alike == PRELOAD_RULES) {
		fprintf(out, "\n; a process may be under %d rules: none for process %u\n",
			PRELOAD_RULES, host->seen.pid);
		return;
	}
	if (!own)
		name_distinguish(&rule, known, made);
	rule_take(&rule, made);
}

void advice_print(const struct gain *gain, FILE *out)
{
	struct rules known = rules_read(), made = { 0 };

	if (gain->advised.made)
		swarm_print(gain, out);
	for (unsigned i = 0; gain->advised.made && i < gain->count; i++)
		/* A library's agent is under no rule. */
		if (gain->hosts[i].fits && gain->hosts[i].seen.rhythm)
			rule_add(&gain->hosts[i], gain, &known, &made, out);
	/* The first that matches counts: those that say more come first. */
	for (int any = 0; any < 2; any++)
		for (size_t i = 0; i < made.count; i++) {
			const struct entrain_rule *rule = &made.rule[i];

			if ((!rule->role[0] && !rule->path[0] && !rule->thread[0]) == any)
				rule_print(gain, rule, is_known(&known, rule), out);
		}
	free(made.rule);
	free(known.rule);
}

void advice_steps(const struct gain *gain, void (*each)(const char *step, void *context),
		  void *context)
{
	char text[256];

	if (!gain->advised.made)
		return;
	if (advice_is_switch(gain)) {
		snprintf(text, sizeof(text), "entrainctl set %s mode=act", gain->swarm);
		each(text, context);
		return;
	}
	each("write these lines into entrain.ini, in place of sections of the same names", context);
	if (!gain->set_fits) {
		snprintf(
			text, sizeof(text),
			"entrainctl rm %s && entrainctl create %s    (its kind is fixed when it is "
			"made)",
			gain->swarm, gain->swarm);
		each(text, context);
	} else if (gain->advised.setting.cap_ppm != gain->set.cap_ppm) {
		snprintf(text, sizeof(text), "entrainctl set %s max-delay=%g%%", gain->swarm,
			 gain->advised.setting.cap_ppm / 1e4);
		each(text, context);
	}
	if (gain->settings.mode != ENTRAIN_ACT && gain->set_fits) {
		snprintf(text, sizeof(text), "entrainctl set %s mode=act", gain->swarm);
		each(text, context);
	}
	each("start the hosts again, without --observe: rules are read once, at the start",
	     context);
}
