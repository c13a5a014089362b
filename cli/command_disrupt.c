/* SPDX-License-Identifier: MIT */
/* entrainctl disrupt: some agents scatter their phase. */
#include <entrain.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "event_list.h"
#include "json.h"
#include "memory.h"
#include "message.h"
#include "pause.h"
#include "picture.h"
#include "text.h"

#define PPM 1000000
#define SEED_MOST INT64_C(0x7fffffff)
/* How long another administrator is waited for. */
#define OTHER_ADMIN_NS INT64_C(1000000000)
/* How long agents are waited for: as `set --wait`. */
#define PERIODS_PATIENCE 3
#define LEAST_PATIENCE_NS INT64_C(1000000000)
#define BEHIND_NAMED 5

enum answer { BEHIND, SCATTERED, STAYED, GONE, ANSWER_COUNT };

/* An agent that was alive, and plausible, when it was asked. */
struct asked {
	const struct entrain_agent_info *agent;
	uint64_t last; /* order of the latest disruption that it had noted before */
	enum answer answer;
};

struct disruption {
	const struct invocation *invocation;
	struct entrain_swarm *swarm;
	uint32_t share_ppm, seed, number;
	struct picture before, now;
	struct event_list events;
	struct asked *asked; /* sorted by slot */
	unsigned asked_count, answers[ANSWER_COUNT];
};

/* "0.3", or as everywhere else "30%". Returns 0 or STATUS_USAGE. */
static int fraction_parse(const char *text, uint32_t *ppm)
{
	const char *hint = "entrainctl disrupt SWARM --fraction 0.3";
	char *end;
	double value;

	if (!text)
		return message_usage("disrupt", hint, "--fraction is not given");
	errno = 0;
	value = option_decimal(text, &end);
	if (value >= 0 && strcmp(end, "%") == 0) {
		value /= 100;
		end++;
	}
	if (value < 0 || errno || *end || !(value <= 1))
		return message_usage("disrupt --fraction", hint,
				     "\"%s\" is no share above 0 and at most 1", text);
	*ppm = (uint32_t)(value * PPM + 0.5);
	if (*ppm == 0)
		return message_usage("disrupt --fraction", hint, "\"%s\" asks for nothing", text);
	return 0;
}

static struct asked *asked_find(const struct disruption *disruption, uint32_t slot)
{
	unsigned low = 0, high = disruption->asked_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (disruption->asked[middle].agent->slot < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return low < disruption->asked_count && disruption->asked[low].agent->slot == slot
		       ? &disruption->asked[low]
		       : NULL;
}

/* Who is alive now, with what each of them has noted of earlier disruptions. */
static int asked_list(struct disruption *disruption, struct entrain_error *error)
{
	const struct picture *before = &disruption->before;

	if (picture_take(&disruption->before, disruption->swarm, error) ||
	    event_list_read(&disruption->events, disruption->swarm, error))
		return (int)error->code;
	disruption->asked = memory_resize(disruption->asked, before->agent_count + 1,
					  sizeof(*disruption->asked));
	disruption->asked_count = 0;
	for (unsigned i = 0; i < before->agent_count; i++)
		if (picture_expects_late(before, &before->agents[i]))
			disruption->asked[disruption->asked_count++] =
				(struct asked){ .agent = &before->agents[i], .last = UINT64_MAX };
	for (unsigned i = 0; i < disruption->events.count; i++) {
		const struct entrain_event *event = &disruption->events.events[i];
		struct asked *asked = asked_find(disruption, event->slot);

		if (asked && event->kind == ENTRAIN_EVENT_DISRUPTED)
			asked->last = event->order;
	}
	return 0;
}

/* What an agent that noted nothing has done: gone, or not noted it (two turns later it has had a whole step since). */
static enum answer answer_without_event(const struct asked *asked, const struct picture *now,
					unsigned *at)
{
	const struct entrain_agent_info *agent;

	while (*at < now->agent_count && now->agents[*at].slot < asked->agent->slot)
		(*at)++;
	if (*at == now->agent_count)
		return GONE;
	agent = &now->agents[*at];
	if (agent->slot != asked->agent->slot || agent->pid != asked->agent->pid ||
	    !picture_expects_late(now, agent))
		return GONE;
	return picture_turns(asked->agent->turns, agent->turns) >= 2 ? STAYED : BEHIND;
}

static int answers_read(struct disruption *disruption, struct entrain_error *error)
{
	unsigned at = 0;

	/* In this order: who has left since has noted it before. */
	if (picture_take(&disruption->now, disruption->swarm, error) ||
	    event_list_read(&disruption->events, disruption->swarm, error))
		return (int)error->code;
	for (unsigned i = 0; i < disruption->events.count; i++) {
		const struct entrain_event *event = &disruption->events.events[i];
		struct asked *asked = asked_find(disruption, event->slot);

		/* the latest of each counts, and only if it was not there before */
		if (asked && event->kind == ENTRAIN_EVENT_DISRUPTED &&
		    event->pid == asked->agent->pid)
			asked->answer = event->order == asked->last ? BEHIND
					: event->value              ? SCATTERED
								    : STAYED;
	}
	memset(disruption->answers, 0, sizeof(disruption->answers));
	for (unsigned i = 0; i < disruption->asked_count; i++) {
		struct asked *asked = &disruption->asked[i];

		if (asked->answer == BEHIND || asked->answer == GONE)
			asked->answer = answer_without_event(asked, &disruption->now, &at);
		disruption->answers[asked->answer]++;
	}
	return 0;
}

static int behind_name(const struct disruption *disruption)
{
	unsigned behind = disruption->answers[BEHIND], named = 0;
	char names[256] = "";
	size_t used = 0;

	for (unsigned i = 0; i < disruption->asked_count && named < BEHIND_NAMED; i++)
		if (disruption->asked[i].answer == BEHIND && used < sizeof(names))
			used += (size_t)snprintf(names + used, sizeof(names) - used,
						 "%s%s (pid %u)", named++ ? ", " : "",
						 disruption->asked[i].agent->name,
						 disruption->asked[i].agent->pid);
	return message_failure(
		STATUS_NO, "disrupt", NULL, "%u agent%s not answered yet: %s%s; the request stands",
		behind, behind == 1 ? " has" : "s have", names, behind > named ? ", ..." : "");
}

static void result_print(const struct disruption *disruption)
{
	const unsigned *answers = disruption->answers;
	struct json json;

	if (!disruption->invocation->json) {
		printf("swarm %s: %u of %u agent%s scattered", disruption->invocation->swarm,
		       answers[SCATTERED], disruption->asked_count,
		       text_s(disruption->asked_count));
		if (answers[GONE])
			printf(", %u left before their turn", answers[GONE]);
		if (disruption->before.status.measure.agents_implausible)
			printf(", %u implausible",
			       disruption->before.status.measure.agents_implausible);
		printf(" (seed %u)\n", disruption->seed);
		return;
	}
	json_begin(&json, stdout);
	json_text(&json, "swarm", disruption->invocation->swarm);
	json_unsigned(&json, "disruption", disruption->number);
	json_real(&json, "fraction", (double)disruption->share_ppm / PPM);
	json_unsigned(&json, "seed", disruption->seed);
	json_unsigned(&json, "agents", disruption->asked_count);
	json_unsigned(&json, "scattered", answers[SCATTERED]);
	json_unsigned(&json, "stayed", answers[STAYED]);
	json_unsigned(&json, "gone", answers[GONE]);
	json_unsigned(&json, "behind", answers[BEHIND]);
	json_unsigned(&json, "implausible", disruption->before.status.measure.agents_implausible);
	json_finish(&json);
}

/* Agents follow the last request: their answers, at this place, may be to another one than ours. */
static int overridden_say(void)
{
	return message_failure(STATUS_NO, "disrupt", "try again in a moment",
			       "another administrator has asked for a disruption since: who "
			       "scattered for which cannot be told");
}

static int answers_wait(struct disruption *disruption)
{
	int64_t longest_ns = disruption->before.status.measure.longest_period_ns;
	int64_t timeout_ns = option_number(&disruption->invocation->options, "timeout"),
		deadline_ns;
	struct entrain_error error = { .code = ENTRAIN_OK };

	if (longest_ns < disruption->before.status.settings.period_ns)
		longest_ns = disruption->before.status.settings.period_ns;
	if (timeout_ns == 0)
		timeout_ns = PERIODS_PATIENCE * longest_ns + LEAST_PATIENCE_NS;
	deadline_ns = pause_deadline_ns(timeout_ns);
	do {
		if (answers_read(disruption, &error))
			return message_error(&error, disruption->invocation->swarm);
		if (disruption->now.status.disruption != disruption->number)
			return overridden_say();
		if (disruption->answers[BEHIND] == 0) {
			result_print(disruption);
			return STATUS_DONE;
		}
	} while (pause_until(pause_between_ns(longest_ns), deadline_ns));
	result_print(disruption);
	return behind_name(disruption);
}

static int request_publish(struct disruption *disruption)
{
	int64_t deadline_ns = pause_deadline_ns(OTHER_ADMIN_NS);
	const char *swarm = disruption->invocation->swarm;
	struct entrain_error error = { .code = ENTRAIN_OK };
	int code;

	do {
		if (asked_list(disruption, &error))
			return message_error(&error, swarm);
		if (disruption->before.status.settings.mode != ENTRAIN_ACT) {
			char hint[128];

			snprintf(hint, sizeof(hint), "entrainctl set %s mode=act", swarm);
			return message_failure(
				STATUS_NO, "disrupt", hint,
				"the mode of swarm %s is %s: nobody would scatter", swarm,
				entrain_mode_name((int)disruption->before.status.settings.mode));
		}
		code = entrain_disrupt(disruption->swarm, disruption->share_ppm, disruption->seed,
				       &disruption->number, &error);
	} while (code == ENTRAIN_NOT_READY && pause_until(OTHER_ADMIN_NS / 100, deadline_ns));
	return code ? message_error(&error, swarm) : STATUS_DONE;
}

static int swarm_disrupt(struct disruption *disruption)
{
	int status = request_publish(disruption);

	if (status)
		return status;
	if (!option_given(&disruption->invocation->options, "no-wait"))
		return answers_wait(disruption);
	disruption->answers[BEHIND] = disruption->asked_count;
	if (disruption->invocation->json)
		result_print(disruption);
	else
		printf("swarm %s: asked %u agent%s (seed %u)\n", disruption->invocation->swarm,
		       disruption->asked_count, text_s(disruption->asked_count), disruption->seed);
	return STATUS_DONE;
}

static int disrupt_run(struct invocation *invocation)
{
	struct disruption disruption = { .invocation = invocation,
					 .before = { .swarm = invocation->swarm },
					 .now = { .swarm = invocation->swarm } };
	struct entrain_error error = { .code = ENTRAIN_OK };
	int status;

	if (fraction_parse(option_text(&invocation->options, "fraction"), &disruption.share_ppm))
		return STATUS_USAGE;
	/* Others each time; what they were is said, so that it can be done again. */
	disruption.seed = (uint32_t)(((uint64_t)entrain_now_ns() * 2654435761u) >> 16) & SEED_MOST;
	if (option_given(&invocation->options, "seed"))
		disruption.seed = (uint32_t)option_number(&invocation->options, "seed");
	disruption.swarm = entrain_open(invocation->dir, invocation->swarm, ENTRAIN_ADMIN, &error);
	if (!disruption.swarm)
		return message_error(&error, invocation->swarm);
	status = swarm_disrupt(&disruption);
	entrain_close(disruption.swarm);
	picture_free(&disruption.before);
	picture_free(&disruption.now);
	event_list_free(&disruption.events);
	free(disruption.asked);
	return status;
}

static const struct option_row disrupt_options[] = {
	{ .name = "fraction",
	  .kind = OPTION_TEXT,
	  .argument = "SHARE",
	  .text = "how many of the agents, as 0.3 or 30%; must be given" },
	{ .name = "seed",
	  .kind = OPTION_COUNT,
	  .least = 0,
	  .most = SEED_MOST,
	  .text = "draw these agents and places; without it new ones each time" },
	{ .name = "no-wait",
	  .kind = OPTION_FLAG,
	  .text = "return at once, without saying how many scattered" },
	{ .name = "timeout",
	  .kind = OPTION_DURATION,
	  .text = "give up waiting after this, with exit status 1, naming who has not answered "
		  "(default three of the longest periods and a second)" },
	{ .name = NULL },
};

const struct command command_disrupt = {
	.name = "disrupt",
	.operands = "[SWARM] --fraction SHARE",
	.text = "some agents scatter their phase, to see the swarm recover",
	.detail =
		"Asks a share of the agents, drawn by the seed, to move their next turn but one "
		"to\n"
		"a random instant: each obeys at its next turn. Returns when every agent alive "
		"has\n"
		"answered or left, and says how many scattered. The swarm reaches its goal again\n"
		"by itself: see wait --converged. Each agent is drawn by itself, so of N agents\n"
		"about N times the share scatter; agents of kind grid never do, their instants "
		"are\n"
		"a clock's, nor those of kind drifting, which plan none. Refused while the\n"
		"swarm's mode is not act.",
	.examples = "  entrainctl disrupt web --fraction 0.3\n"
		    "  entrainctl disrupt web --fraction 50% --seed 7 && entrainctl wait web "
		    "--converged",
	.options = disrupt_options,
	.flags = COMMAND_SWARM | COMMAND_JSON,
	.run = disrupt_run,
};
