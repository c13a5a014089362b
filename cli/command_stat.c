/* SPDX-License-Identifier: MIT */
/* entrainctl stat: a line an interval. */
#include <entrain.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "json.h"
#include "message.h"
#include "pause.h"
#include "picture.h"
#include "tally.h"
#include "text.h"

#define NS_PER_S INT64_C(1000000000)
#define INTERVAL_NS NS_PER_S
#define INTERVAL_LEAST_NS INT64_C(10000000)

struct stat {
	const struct invocation *invocation;
	const char *swarm;
	int64_t interval_ns;
	int64_t count;       /* lines; INT64_MAX: for ever */
	int64_t since_title; /* lines printed below the last title; -1: none yet */
	const char *metric;  /* that the last title named */
};

/* ---- what was typed -------------------------------------------------------------------- */

static int is_duration(const char *text)
{
	struct entrain_error error;
	int64_t duration_ns;

	return entrain_duration_parse(text, &duration_ns, &error) == 0;
}

static int number_take(enum option_kind kind, const char *what, const char *text, int64_t least,
		       const char *least_text, int64_t *number)
{
	char why[160];

	if (option_value_parse(kind, text, number, why, sizeof(why)))
		return message_usage("stat", "entrainctl stat --help", "%s \"%s\": %s", what, text,
				     why);
	if (*number < least)
		return message_usage("stat", "entrainctl stat --help",
				     "%s \"%s\": it is less than %s", what, text, least_text);
	return 0;
}

/* A duration may be a swarm's name too: it is one where another duration follows. Returns 0 or STATUS_USAGE. */
static int operands_take(struct stat *stat)
{
	const struct invocation *invocation = stat->invocation;
	char **rest = invocation->operands;
	int left = invocation->operand_count;
	const char *interval = left > 0 ? rest[0] : NULL, *count = left > 1 ? rest[1] : NULL;

	stat->swarm = invocation->swarm;
	if (invocation->swarm_given && is_duration(invocation->swarm) &&
	    (left == 0 || !is_duration(rest[0]))) {
		if (count)
			return message_usage("stat", "entrainctl stat --help",
					     "\"%s\" is one argument too many", count);
		stat->swarm = "default";
		count = interval;
		interval = invocation->swarm;
	}
	if (interval && number_take(OPTION_DURATION, "interval", interval, INTERVAL_LEAST_NS,
				    "10ms", &stat->interval_ns))
		return STATUS_USAGE;
	if (count && number_take(OPTION_COUNT, "count", count, 1, "1", &stat->count))
		return STATUS_USAGE;
	return 0;
}

/* ---- a line ---------------------------------------------------------------------------- */

/* Below the last line of a screen, and where the goal is judged by another metric. */
static void title_print(struct stat *stat, const char *metric)
{
	const int lines = text_lines(stdout), colour = text_colour(stdout);

	if (stat->since_title >= 0 && strcmp(metric, stat->metric) == 0 &&
	    (lines < 4 || stat->since_title < lines - 2))
		return;
	printf("%s%-8s %4s %5s %4s %3s %9s %3s %4s %4s %4s %4s %5s %4s %6s%s\n",
	       text_style(colour, TEXT_BOLD), "time", "live", "stale", "dead", "off", metric, "met",
	       "R1", "plan", "act", "peak", "turns", "miss", "delay",
	       text_style(colour, TEXT_PLAIN));
	stat->since_title = 0;
	stat->metric = metric;
}

/* As it is typed: "4.2ms", so that a line has the same number of words always. */
static const char *delay_text(int64_t delay_ns, char text[32])
{
	char *end = text;

	entrain_duration_text(delay_ns, text);
	for (const char *at = text; *at; at++)
		if (*at != ' ')
			*end++ = *at;
	*end = '\0';
	return text;
}

static void line_print(struct stat *stat, const struct picture *now, const struct tally *tally)
{
	const struct entrain_measure *measure = &now->status.measure;
	const char *metric = entrain_metric_name((int)measure->goal);
	const time_t seconds = time(NULL);
	const int colour = text_colour(stdout);
	char when[16], delay[32];
	struct tm broken;

	title_print(stat, metric);
	localtime_r(&seconds, &broken);
	strftime(when, sizeof(when), "%H:%M:%S", &broken);
	printf("%-8s %4u %5u %4u %3u ", when, measure->agents_alive, measure->agents_stale,
	       measure->agents_dead, measure->agents_off_beat);
	if (measure->agents_alive)
		printf("%4.2f/%4.2f %s%3s%s %4.2f %4.2f %4.2f %4u", measure->value, measure->target,
		       text_style(colour, measure->converged ? TEXT_GOOD : TEXT_WARN),
		       measure->converged ? "yes" : "no", text_style(colour, TEXT_PLAIN),
		       measure->coherence, measure->evenness, measure->evenness_actual,
		       measure->peak_overlap);
	else
		printf("%9s %3s %4s %4s %4s %4s", "-", "-", "-", "-", "-", "-");
	printf(" %5" PRIu64 " %4" PRIu64 " %6s\n", tally->turns, tally->missed,
	       delay_text(tally->delay_ns, delay));
	stat->since_title++;
}

static void line_json(const struct stat *stat, const struct picture *now, const struct tally *tally,
		      int64_t passed_ns)
{
	const struct entrain_measure *measure = &now->status.measure;
	struct json json = { .out = stdout };
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	json_row(&json, NULL);
	json_integer(&json, "when_ns", now->taken_ns);
	json_integer(&json, "wall_ns", wall.tv_sec * NS_PER_S + wall.tv_nsec);
	json_integer(&json, "interval_ns", passed_ns);
	json_text(&json, "swarm", stat->swarm);
	json_unsigned(&json, "agents_alive", measure->agents_alive);
	json_unsigned(&json, "agents_stale", measure->agents_stale);
	json_unsigned(&json, "agents_dead", measure->agents_dead);
	json_unsigned(&json, "agents_off_beat", measure->agents_off_beat);
	json_text(&json, "goal", entrain_goal_name((int)now->status.settings.goal));
	json_text(&json, "metric", entrain_metric_name((int)measure->goal));
	json_real(&json, "value", measure->value);
	json_real(&json, "target", measure->target);
	json_boolean(&json, "converged", measure->converged != 0);
	json_real(&json, "coherence", measure->coherence);
	json_real(&json, "evenness", measure->evenness);
	json_real(&json, "evenness_actual", measure->evenness_actual);
	json_unsigned(&json, "peak_overlap", measure->peak_overlap);
	json_unsigned(&json, "turns", tally->turns);
	json_unsigned(&json, "turns_missed", tally->missed);
	json_integer(&json, "delay_ns", tally->delay_ns);
	json_end(&json);
	putchar('\n');
}

/* ---- the loop -------------------------------------------------------------------------- */

static int look(const struct stat *stat, struct picture *picture, struct entrain_swarm *swarm)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	const int code = picture_take(picture, swarm, &error);

	if (code == ENTRAIN_NO_SWARM)
		return message_failure(STATUS_NO, "stat", NULL, "swarm %s was removed",
				       stat->swarm);
	return code ? message_error(&error, stat->swarm) : STATUS_DONE;
}

/* Lines keep their beat; one that would be overdue (a look took long, or Ctrl-Z) begins another. */
static int64_t next_ns(const struct stat *stat, int64_t last_ns)
{
	const int64_t now_ns = entrain_now_ns();
	int64_t next;

	if (!__builtin_add_overflow(last_ns, stat->interval_ns, &next) && next > now_ns)
		return next;
	return pause_deadline_ns(stat->interval_ns);
}

static int lines_show(struct stat *stat, struct entrain_swarm *swarm)
{
	struct picture pictures[2] = { { .swarm = stat->swarm }, { .swarm = stat->swarm } };
	struct picture *before = &pictures[0], *now = &pictures[1], *swap;
	int status = look(stat, before, swarm);
	int64_t due_ns = before->taken_ns;

	for (int64_t i = 0; status == STATUS_DONE && i < stat->count; i++) {
		struct tally tally;

		if (!stat->invocation->json && i == 0)
			title_print(stat, entrain_metric_name((int)before->status.measure.goal));
		due_ns = next_ns(stat, due_ns);
		if (!pause_watched(due_ns - entrain_now_ns()))
			break;
		status = look(stat, now, swarm);
		if (status != STATUS_DONE)
			break;
		tally = tally_between(before, now);
		if (stat->invocation->json)
			line_json(stat, now, &tally, now->taken_ns - before->taken_ns);
		else
			line_print(stat, now, &tally);
		swap = before;
		before = now;
		now = swap;
	}
	picture_free(before);
	picture_free(now);
	return status;
}

static int stat_run(struct invocation *invocation)
{
	struct stat stat = { .invocation = invocation,
			     .interval_ns = INTERVAL_NS,
			     .count = INT64_MAX,
			     .since_title = -1 };
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_swarm *swarm;
	int status;

	if (operands_take(&stat))
		return STATUS_USAGE;
	swarm = entrain_open(invocation->dir, stat.swarm, ENTRAIN_READ, &error);
	if (!swarm)
		return message_error(&error, stat.swarm);
	pause_signals_take();
	status = lines_show(&stat, swarm);
	entrain_close(swarm);
	return status;
}

const struct command command_stat = {
	.name = "stat",
	.operands = "[SWARM] [INTERVAL [COUNT]]",
	.text = "a line an interval: agents, goal, turns taken and missed, delay",
	.detail =
		"After each interval (1s where none is given) a line of: local time; agents\n"
		"alive, stale, dead, off-beat; the goal's metric, by its name, and its target; is\n"
		"the goal met; coherence (R1); evenness as planned and as acted; peak overlap in\n"
		"the last period; and what happened in the interval: turns taken, turns missed,\n"
		"delay of all agents together. What an agent that is gone did since the line\n"
		"before is not counted. Goes on for COUNT lines, else until interrupted. JSON is\n"
		"an object a line. Exit status 1: the swarm was removed. A name that reads as a\n"
		"duration is a swarm's only before another duration.",
	.examples = "  entrainctl stat web\n"
		    "  entrainctl stat web 5s 12\n"
		    "  entrainctl stat web 1min --json | jq -r '[.turns, .delay_ns] | @tsv'",
	.flags = COMMAND_SWARM | COMMAND_JSON,
	.operands_most = 2,
	.run = stat_run,
};
