/* SPDX-License-Identifier: MIT */
/* entrainctl report: what happened in a swarm over a while, and what it is worth. */
#include <entrain.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "../command.h"
#include "json.h"
#include "../message.h"
#include "../output.h"
#include "../pause.h"
#include "../text.h"
#include "course.h"
#include "gain.h"
#include "page.h"

#define NS_PER_S INT64_C(1000000000)
/* Without --for: so many of the longest interval, within bounds. */
#define WINDOW_INTERVALS 10
#define WINDOW_LEAST_NS (10 * NS_PER_S)
#define WINDOW_MOST_NS (300 * NS_PER_S)
/* Slots are looked at so often an interval, or more often; that costs less than a hundredth of a processor. */
#define LOOKS 8
#define LOOK_LEAST_NS INT64_C(2000000)
#define LOOK_MOST_NS INT64_C(100000000)
#define TOLD_NS (NS_PER_S / 2)

struct watch {
	const struct invocation *invocation;
	struct picture picture;
	struct history history;
	struct course course;
	struct event_list events;
	struct output output; /* of --output */
	int64_t until_ns, told_ns;
	int tells; /* somebody looks at stderr */
};

/* The shortest and the longest interval of any of them, as far as they are known. */
static void intervals_of(const struct picture *picture, int64_t *shortest_ns, int64_t *longest_ns)
{
	*shortest_ns = *longest_ns = picture->status.settings.period_ns;
	for (unsigned i = 0; i < picture->agent_count; i++) {
		const struct entrain_agent_info *agent = &picture->agents[i];
		const int64_t own_ns =
			agent->interval_ns > 0 ? agent->interval_ns : agent->period_ns;

		if (agent->implausible || agent->state == ENTRAIN_DEAD || own_ns <= 0)
			continue;
		if (own_ns < *shortest_ns)
			*shortest_ns = own_ns;
		if (own_ns > *longest_ns)
			*longest_ns = own_ns;
	}
}

static int64_t window_ns(const struct watch *watch)
{
	const struct option_set *options = &watch->invocation->options;
	int64_t shortest_ns, longest_ns;

	if (option_given(options, "for"))
		return option_number(options, "for");
	intervals_of(&watch->picture, &shortest_ns, &longest_ns);
	if (longest_ns > WINDOW_MOST_NS / WINDOW_INTERVALS)
		return WINDOW_MOST_NS;
	longest_ns *= WINDOW_INTERVALS;
	return longest_ns < WINDOW_LEAST_NS ? WINDOW_LEAST_NS : longest_ns;
}

static int64_t pause_ns(const struct watch *watch)
{
	int64_t shortest_ns, longest_ns;

	intervals_of(&watch->picture, &shortest_ns, &longest_ns);
	shortest_ns /= LOOKS;
	return shortest_ns < LOOK_LEAST_NS  ? LOOK_LEAST_NS
	       : shortest_ns > LOOK_MOST_NS ? LOOK_MOST_NS
					    : shortest_ns;
}

static void progress_tell(struct watch *watch, int over)
{
	const int64_t now_ns = entrain_now_ns();
	uint64_t actions = 0;

	if (!watch->tells || (!over && now_ns < watch->told_ns + TOLD_NS))
		return;
	watch->told_ns = now_ns;
	if (over) {
		fputs("\r\033[K", stderr);
		return;
	}
	for (unsigned i = 0; i < watch->history.count; i++)
		actions += watch->history.hosts[i].count;
	fprintf(stderr, "\rlooking for %" PRId64 " s more: %u hosts, %" PRIu64 " actions\033[K",
		(watch->until_ns - now_ns) / NS_PER_S + 1, watch->history.count, actions);
}

/* Look until it is time; an interrupt ends it early, and what was seen counts. */
static int watch_run(struct watch *watch, struct entrain_swarm *swarm)
{
	const char *name = watch->invocation->swarm;
	struct entrain_error error = { .code = ENTRAIN_OK };

	for (;;) {
		const int code = picture_take(&watch->picture, swarm, &error);

		if (code == ENTRAIN_NO_SWARM)
			return message_failure(STATUS_NO, "report", NULL, "swarm %s was removed",
					       name);
		if (code)
			return message_error(&error, name);
		history_look(&watch->history, &watch->picture);
		course_look(&watch->course, &watch->picture);
		if (!watch->until_ns)
			watch->until_ns = pause_deadline_ns(window_ns(watch));
		if (entrain_now_ns() >= watch->until_ns)
			break;
		progress_tell(watch, 0);
		if (!pause_watched(pause_ns(watch)))
			break;
	}
	/* Without them, a page says that there are none. */
	if (watch->output.file)
		(void)event_list_read(&watch->events, swarm, NULL);
	return STATUS_DONE;
}

static int page_write(struct watch *watch, const struct gain *gain)
{
	const struct page page = { .gain = gain,
				   .history = &watch->history,
				   .course = &watch->course,
				   .picture = &watch->picture,
				   .events = &watch->events };
	int status;

	page_print(&page, watch->output.file);
	status = output_commit(&watch->output);
	if (status == STATUS_DONE)
		printf("swarm %s: %u host%s; open %s in a browser\n", gain->swarm, gain->count,
		       text_s(gain->count), watch->output.name);
	return status;
}

static int report_print(struct watch *watch, uint32_t cap_ppm)
{
	const struct invocation *invocation = watch->invocation;
	struct gain gain;
	char text[32];
	int status = STATUS_DONE;

	gain_from_history(&gain, &watch->history, &watch->picture);
	gain_judge(&gain, cap_ppm);
	if (watch->output.file) {
		status = page_write(watch, &gain);
	} else if (invocation->json) {
		struct json json;

		json_begin(&json, stdout);
		json_text(&json, "swarm", invocation->swarm);
		json_text(&json, "mode", entrain_mode_name((int)gain.settings.mode));
		gain_json(&gain, &json);
		json_finish(&json);
	} else {
		printf("swarm %s   mode %s   watched for %s\n\n", invocation->swarm,
		       entrain_mode_name((int)gain.settings.mode),
		       entrain_duration_text(gain.window_ns, text));
		if (gain.count)
			gain_print(&gain, stdout);
		else
			printf("nobody has a slot\n");
	}
	gain_free(&gain);
	return status;
}

static int report_run(struct invocation *invocation)
{
	static struct watch watch; /* a course is not for the stack */
	const char *page = option_text(&invocation->options, "output");
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_swarm *swarm;
	int status;

	if (page && (invocation->json || option_given(&invocation->options, "text")))
		return message_usage("report --output", "entrainctl report --help",
				     "is a page: it goes neither with --json nor with --text");
	watch = (struct watch){ .invocation = invocation,
				.picture = { .swarm = invocation->swarm },
				.course = { .stride = 1 } };
	swarm = entrain_open(invocation->dir, invocation->swarm, ENTRAIN_READ, &error);
	if (!swarm)
		return message_error(&error, invocation->swarm);
	/* Before the look, which takes a while. From here on there is something to take back. */
	pause_signals_take();
	status = page ? output_open(&watch.output, page) : STATUS_DONE;
	if (status) {
		entrain_close(swarm);
		return status;
	}
	watch.tells = isatty(STDERR_FILENO) && !invocation->json;
	status = watch_run(&watch, swarm);
	progress_tell(&watch, 1);
	entrain_close(swarm);
	if (status == STATUS_DONE)
		status = report_print(
			&watch, option_given(&invocation->options, "max-delay")
					? (uint32_t)option_number(&invocation->options, "max-delay")
					: 0);
	else if (page)
		output_abandon(&watch.output);
	history_free(&watch.history);
	event_list_free(&watch.events);
	picture_free(&watch.picture);
	return status;
}

static const struct option_row report_options[] = {
	{ .name = "text",
	  .kind = OPTION_FLAG,
	  .text = "as text, which is how it is printed anyway" },
	{ .name = "output",
	  .letter = 'o',
	  .kind = OPTION_TEXT,
	  .argument = "FILE.html",
	  .text = "or -o: as a page for a browser, by itself: phase wheel, timeline, how it went, "
		  "events" },
	{ .name = "for",
	  .kind = OPTION_DURATION,
	  .text = "how long to look; ten of the longest intervals, 10s to 5min, where it is left "
		  "out",
	  .least = 100000000,
	  .most = INT64_C(86400) * NS_PER_S },
	{ .name = "max-delay",
	  .kind = OPTION_PERCENT,
	  .text = "forecast with this cap on delay, of the period; without it the smallest that "
		  "serves",
	  .least = 1,
	  .most = 999999 },
	{ .name = NULL },
};

const struct command command_report = {
	.name = "report",
	.operands = "[SWARM]",
	.text = "what its hosts do, and what it would be with the swarm acting",
	.detail =
		"Looks at a swarm for a while and shows, of each host: how often and how steadily "
		"it\n"
		"acts, by a clock, a sleep or nothing regular, how long that takes, and how many\n"
		"were at it at once. Where nothing is delayed (mode observe, run --observe) the "
		"hosts\n"
		"are then simulated as they were seen, 20 times, with the swarm acting: how many\n"
		"would be at once, as a range; how long each would be held for that; and the "
		"lines\n"
		"for entrain.ini. Those without a common rhythm queue at a door (kind drifting).\n"
		"Says where it does not pay. Changes nothing. An interrupt ends the look early;\n"
		"what was seen until then counts.",
	.examples = "  entrainctl report web --text\n"
		    "  entrainctl report web -o web.html\n"
		    "  entrainctl report redis --for 30s --json | jq .acting_advised.overlap\n"
		    "  entrainctl report redis --json | jq -r '.lines // empty' >new.ini\n"
		    "  entrainctl check --config new.ini",
	.options = report_options,
	.flags = COMMAND_SWARM | COMMAND_JSON,
	.run = report_run,
};
