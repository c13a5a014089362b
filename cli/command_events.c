/* SPDX-License-Identifier: MIT */
/* entrainctl events: the flight recorder. */
#include <entrain.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "event_list.h"
#include "json.h"
#include "memory.h"
#include "message.h"
#include "pause.h"
#include "text.h"

#define NS_PER_S INT64_C(1000000000)
/* Between two looks, and how many times as long as a look takes: following costs little, however large the swarm. */
#define LEAST_PAUSE_NS INT64_C(200000000)
#define PAUSE_LOOKS 20

/* What makes an event itself: it keeps these as long as it stands in its ring. */
struct event_key {
	int64_t when_ns;
	uint64_t order;
	uint32_t slot;
};

struct watch {
	struct entrain_swarm *swarm;
	const struct invocation *invocation;
	int64_t since_ns; /* what is older is not shown */
	struct event_list list;
	struct event_key *seen; /* all that the look before found, sorted */
	unsigned seen_count;
};

static int64_t wall_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void event_print(const struct entrain_event *event, int64_t wall_ns)
{
	const time_t seconds = (time_t)(wall_ns / NS_PER_S);
	char when[32], pid[16] = "-", who[48];
	struct tm broken;

	localtime_r(&seconds, &broken);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &broken);
	if (event->pid)
		snprintf(pid, sizeof(pid), "%u", event->pid);
	snprintf(who, sizeof(who), "%s%s%s", event->name[0] ? event->name : "-",
		 event->label[0] ? "/" : "", event->label);
	printf("%s.%03d  slot %-4u pid %-7s  ", when, (int)(wall_ns % NS_PER_S / 1000000),
	       event->slot, pid);
	text_print(stdout, who, 0);
	printf("%*s  ", (int)(strlen(who) < 14 ? 14 - strlen(who) : 0), "");
	text_print(stdout, event->text, 0);
	putchar('\n');
}

static void event_json(struct json *json, const struct entrain_event *event, int64_t wall_ns)
{
	json_row(json, NULL);
	json_integer(json, "when_ns", event->when_ns);
	json_integer(json, "wall_ns", wall_ns);
	json_unsigned(json, "slot", event->slot);
	if (event->pid)
		json_unsigned(json, "pid", event->pid);
	else
		json_null(json, "pid");
	json_text(json, "name", event->name);
	json_text(json, "label", event->label);
	json_text(json, "event", entrain_event_name((int)event->kind));
	json_unsigned(json, "value", event->value);
	json_text(json, "text", event->text);
	json_end(json);
}

static int key_compare(const void *one, const void *other)
{
	const struct event_key *a = one, *b = other;

	if (a->when_ns != b->when_ns)
		return a->when_ns < b->when_ns ? -1 : 1;
	if (a->slot != b->slot)
		return a->slot < b->slot ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static struct event_key key_of(const struct entrain_event *event)
{
	return (struct event_key){ event->when_ns, event->order, event->slot };
}

static int is_seen(const struct watch *watch, const struct entrain_event *event)
{
	const struct event_key key = key_of(event);

	return watch->seen_count &&
	       bsearch(&key, watch->seen, watch->seen_count, sizeof(key), key_compare) != NULL;
}

static void seen_update(struct watch *watch)
{
	watch->seen_count = watch->list.count;
	if (watch->seen_count == 0)
		return;
	watch->seen = memory_resize(watch->seen, watch->seen_count, sizeof(*watch->seen));
	for (unsigned i = 0; i < watch->seen_count; i++)
		watch->seen[i] = key_of(&watch->list.events[i]);
	qsort(watch->seen, watch->seen_count, sizeof(*watch->seen), key_compare);
}

/* Show what the list holds and was not shown yet, the latest `most`; into an open array or, with `json` NULL and --json,
 * an object a line. */
static void batch_show(const struct watch *watch, int64_t most, struct json *json)
{
	const int64_t shift_ns = wall_now_ns() - entrain_now_ns();
	const struct event_list *list = &watch->list;
	unsigned first = list->count;

	for (; first > 0 && most > 0 && list->events[first - 1].when_ns >= watch->since_ns; first--)
		most -= !is_seen(watch, &list->events[first - 1]);
	for (unsigned i = first; i < list->count; i++) {
		const struct entrain_event *event = &list->events[i];
		struct json line = { .out = stdout };

		if (is_seen(watch, event))
			continue;
		if (!watch->invocation->json)
			event_print(event, event->when_ns + shift_ns);
		else
			event_json(json ? json : &line, event, event->when_ns + shift_ns);
		if (watch->invocation->json && !json)
			putchar('\n');
	}
}

static int follow(struct watch *watch, int64_t most)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	int code;

	pause_signals_take();
	for (;;) {
		int64_t began_ns = entrain_now_ns(), pause_ns;

		code = event_list_read(&watch->list, watch->swarm, &error);
		if (code && code != ENTRAIN_NO_SWARM)
			return message_error(&error, watch->invocation->swarm);
		batch_show(watch, most, NULL);
		most = INT64_MAX;
		if (code) /* removed: there will be no more */
			break;
		seen_update(watch);
		pause_ns = (entrain_now_ns() - began_ns) * PAUSE_LOOKS;
		if (!pause_watched(pause_ns < LEAST_PAUSE_NS ? LEAST_PAUSE_NS : pause_ns))
			return STATUS_DONE;
	}
	message_failure(STATUS_DONE, "events", NULL, "the swarm was removed");
	return STATUS_DONE;
}

static int show(struct watch *watch, int64_t most)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct json json;

	if (event_list_read(&watch->list, watch->swarm, &error))
		return message_error(&error, watch->invocation->swarm);
	if (!watch->invocation->json) {
		batch_show(watch, most, NULL);
		return STATUS_DONE;
	}
	json_begin(&json, stdout);
	json_text(&json, "swarm", watch->invocation->swarm);
	json_array(&json, "events");
	batch_show(watch, most, &json);
	json_finish(&json);
	return STATUS_DONE;
}

static int events_run(struct invocation *invocation)
{
	const struct option_set *options = &invocation->options;
	struct watch watch = { .invocation = invocation, .since_ns = INT64_MIN };
	struct entrain_error error = { .code = ENTRAIN_OK };
	int64_t most = INT64_MAX;
	int status;

	if (option_given(options, "last"))
		most = option_number(options, "last");
	if (option_given(options, "since"))
		watch.since_ns = entrain_now_ns() - option_number(options, "since");
	watch.swarm = entrain_open(invocation->dir, invocation->swarm, ENTRAIN_READ, &error);
	if (!watch.swarm)
		return message_error(&error, invocation->swarm);
	status = option_given(options, "follow") ? follow(&watch, most) : show(&watch, most);
	entrain_close(watch.swarm);
	event_list_free(&watch.list);
	free(watch.seen);
	return status;
}

static const struct option_row events_options[] = {
	{ .name = "follow",
	  .kind = OPTION_FLAG,
	  .text = "go on with new events, until interrupted or the swarm is removed; JSON is then "
		  "an object a line" },
	{ .name = "since",
	  .kind = OPTION_DURATION,
	  .text = "only what happened within this time before now" },
	{ .name = "last",
	  .kind = OPTION_COUNT,
	  .text = "only the latest N of what there is; with --follow and 0 only what is new" },
	{ .name = NULL },
};

const struct command command_events = {
	.name = "events",
	.operands = "[SWARM]",
	.text = "the flight recorder: what the agents did and why",
	.detail =
		"Every agent notes in its slot what happens to it: joined, left, follows another\n"
		"goal or mode, changes its strategy and why, sees the goal reached or missed, was\n"
		"disrupted, was late. This merges the latest 16 of each of the first 200 slots,\n"
		"and the latest one of each beyond, by time, oldest first, also those of agents\n"
		"that are gone, however they ended. A line an event: local time, slot, process,\n"
		"name and label (- where another owner of the slot has replaced them), what\n"
		"happened. The time of day is reckoned back from now: what came before a suspend,\n"
		"or before the clock was set, is off by that much.",
	.examples = "  entrainctl events web\n"
		    "  entrainctl events web --since 10min --json | jq -r '.events[].text'\n"
		    "  entrainctl events web --follow --last 0",
	.options = events_options,
	.flags = COMMAND_SWARM | COMMAND_JSON,
	.run = events_run,
};
