/* SPDX-License-Identifier: MIT */
/* entrainctl demo: its options, and the steps from them to the report. */
#include <entrain.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "../command.h"
#include "../message.h"
#include "bystander.h"
#include "demo.h"
#include "demo_runs.h"

#define SECOND_NS INT64_C(1000000000)
#define HOUR_NS (3600 * SECOND_NS)

/* What is said after the third cycle must have something to say it of. */
#define CYCLES_LEAST 5

static int settings_check(const struct demo *demo)
{
	struct entrain_settings settings;
	struct entrain_error error = { .code = ENTRAIN_OK };

	if (demo->duration_ns < CYCLES_LEAST * demo->period_ns)
		return message_usage("demo --duration", "a longer --duration or a shorter --period",
				     "at least %d periods are needed", CYCLES_LEAST);
	entrain_settings_init(&settings);
	if (entrain_settings_set(&settings, "goal", demo->goal, 0, &error))
		return message_usage("demo --goal", "entrainctl create --help", "%s", error.why);
	return STATUS_DONE;
}

static void options_read(const struct option_set *options, struct demo *demo)
{
	uint32_t random = 1;

	demo->workers = (unsigned)option_number(options, "workers");
	demo->period_ns = option_number(options, "period");
	demo->duration_ns = option_number(options, "duration");
	demo->duty = (double)option_number(options, "duty") / 1e6;
	demo->goal = option_text(options, "goal");
	demo->size_given = option_given(options, "size");
	demo->size = (size_t)option_number(options, "size");
	demo->agrees = option_given(options, "yes");
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = (uint32_t)getpid();
	/* Short enough to be typed again. */
	demo->seed = option_given(options, "seed") ? (uint64_t)option_number(options, "seed")
						   : random % 100000;
	snprintf(demo->swarm, sizeof(demo->swarm), "demo-%ld-%08" PRIx32, (long)getpid(), random);
}

static void report(const struct demo *demo, int json, FILE *svg)
{
	if (svg)
		report_svg(demo, svg);
	if (json) {
		report_json(demo, stdout);
		return;
	}
	timeline_print(demo, stdout);
	show_table(demo, stdout);
	show_meaning(demo, stdout);
}

static struct progress progress_for(int json)
{
	FILE *out = json ? stderr : stdout;
	int live = isatty(fileno(out));

	/* JSON is for programs: they get nothing else, also not on stderr. */
	return (struct progress){ .out = json && !live ? NULL : out, .live = live };
}

static int demo_run(struct invocation *invocation)
{
	const struct option_set *options = &invocation->options;
	const char *svg_path = option_text(options, "svg");
	struct demo demo = { 0 };
	struct progress progress = progress_for(invocation->json);
	FILE *svg = NULL;
	int status;

	options_read(options, &demo);
	status = settings_check(&demo);
	if (status)
		return status;
	/* Now: it would be a pity to find out after the run. */
	if (svg_path && !(svg = fopen(svg_path, "we")))
		return message_failure(STATUS_REFUSED, "demo --svg",
				       "a file in a directory that there is, where you may write",
				       "%s: %s", svg_path, strerror(errno));
	status = demo_runs(&demo, option_text(options, "dir"), &progress);
	if (demo.is_complete)
		report(&demo, invocation->json, svg);
	demo_free(&demo);
	if (svg && fclose(svg) && status == STATUS_DONE)
		status = message_failure(STATUS_REFUSED, "demo --svg", NULL, "%s: %s", svg_path,
					 strerror(errno));
	return status;
}

static const struct option_row demo_options[] = {
	{ .name = "workers",
	  .kind = OPTION_COUNT,
	  .fallback = "8",
	  .text = "how many worker processes",
	  .least = 2,
	  .most = 2000 },
	{ .name = "period",
	  .kind = OPTION_DURATION,
	  .fallback = "500ms",
	  .text = "how often each of them acts",
	  .least = 20000000,
	  .most = HOUR_NS },
	{ .name = "duration",
	  .kind = OPTION_DURATION,
	  .fallback = "6s",
	  .text = "how long each of the three runs takes",
	  .least = 100000000,
	  .most = 24 * HOUR_NS },
	{ .name = "duty",
	  .kind = OPTION_PERCENT,
	  .fallback = "25%",
	  .text = "what all actions, one after the other, take of a period",
	  .least = 1000,
	  .most = 1000000 },
	{ .name = "dir",
	  .kind = OPTION_TEXT,
	  .argument = "DIRECTORY",
	  .fallback = PLACE_DEFAULT,
	  .text = "where the files go, in a directory of their own; must be on a disk" },
	{ .name = "size",
	  .kind = OPTION_SIZE,
	  .fallback = "128KB",
	  .text = "bytes of one write; made smaller if not given and 8 GB would be passed",
	  .least = 512,
	  .most = 1 << 30 },
	{ .name = "goal",
	  .kind = OPTION_TEXT,
	  .argument = "GOAL",
	  .fallback = "distribute-load",
	  .text = "what the swarm is to reach" },
	{ .name = "yes", .kind = OPTION_FLAG, .text = "write more than 8 GB if it takes that" },
	{ .name = "seed",
	  .kind = OPTION_COUNT,
	  .text = "draw these random offsets; default: new ones each time",
	  .least = 0,
	  .most = INT64_MAX },
	{ .name = "svg",
	  .kind = OPTION_TEXT,
	  .argument = "FILE",
	  .text = "draw the three runs into a picture too" },
	{ .name = NULL },
};

const struct command command_demo = {
	.name = "demo",
	.operands = "",
	.text = "real workers on a real disk: together, at random offsets, as a swarm",
	.detail =
		"Forks worker processes that write and fsync real files in bursts, period after\n"
		"period: started together, each at a random offset, and as a swarm of their own.\n"
		"How many writes make a burst is found by a short calibration, so that all bursts\n"
		"one after the other take the duty asked for. A bystander appends 8 KB and does\n"
		"fdatasync every 4 ms; its waits count from when each was due. Every figure comes\n"
		"from instants that the processes logged themselves. Files are overwritten in "
		"place\n"
		"and take at most some 320 MB; nothing is left behind. (What is, where all of its\n"
		"processes were killed at once, the next demo removes.)",
	.examples = "  entrainctl demo\n"
		    "  entrainctl demo --workers 64 --period 2s --duration 20s --duty 10%\n"
		    "  entrainctl demo --size 1MB --svg runs.svg",
	.options = demo_options,
	.flags = COMMAND_JSON,
	.run = demo_run,
};
