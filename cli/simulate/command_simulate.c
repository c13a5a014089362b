/* SPDX-License-Identifier: MIT */
/* entrainctl simulate: its options, and the steps from them to the report. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../command.h"
#include "../message.h"
#include "live.h"
#include "report.h"
#include "settings.h"

/* ---- progress ------------------------------------------------------------------------- */

#define SECOND_NS INT64_C(1000000000)

/* Only a run that takes longer than a second shows how far it is, and only on a terminal. */
struct progress {
	int64_t begun_ns, told_ns;
	int shown;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

static void progress_tell(void *context, double part)
{
	struct progress *progress = context;
	int64_t at_ns = now_ns();

	if (at_ns - progress->begun_ns < SECOND_NS || at_ns - progress->told_ns < SECOND_NS / 5)
		return;
	progress->told_ns = at_ns;
	progress->shown = 1;
	fprintf(stderr, "\r%3.0f %% after %.0f s", 100 * part,
		(double)(at_ns - progress->begun_ns) / (double)SECOND_NS);
	fflush(stderr);
}

/* ---- the command ---------------------------------------------------------------------- */

static int first_failure(const struct simulate_settings *settings)
{
	for (uint32_t i = 0; i < settings->count; i++)
		if (settings->runs[i].why[0])
			return message_usage("simulate", "entrainctl simulate --help", "%s",
					     settings->runs[i].why);
	return STATUS_DONE;
}

static int simulate_run(struct invocation *invocation)
{
	struct progress progress = { .begun_ns = now_ns() };
	const struct runs_progress tells = { progress_tell, &progress };
	struct simulate_settings settings;
	int status = simulate_settings_read(&settings, &invocation->options);

	if (status == STATUS_DONE && option_given(&invocation->options, "live")) {
		uint32_t pause_at = (uint32_t)option_number(&invocation->options, "cycles");

		if (!option_given(&invocation->options, "cycles"))
			pause_at = 0;
		status = live_show(&settings, pause_at, invocation->json);
		simulate_settings_free(&settings);
		return status;
	}
	if (status == STATUS_DONE) {
		if (!runs_do(settings.runs, settings.count, settings.threads,
			     isatty(STDERR_FILENO) ? &tells : NULL))
			status = first_failure(&settings);
		if (progress.shown)
			fputs("\r\033[K", stderr);
	}
	if (status == STATUS_DONE && invocation->json)
		simulate_report_json(&settings, stdout);
	else if (status == STATUS_DONE)
		simulate_report_text(&settings, stdout);
	simulate_settings_free(&settings);
	return status;
}

static const struct option_row simulate_options[] = {
	{ .name = "agents",
	  .kind = OPTION_COUNT,
	  .fallback = "64",
	  .text = "how many agents",
	  .least = 1,
	  .most = 10000 },
	{ .name = "scale",
	  .kind = OPTION_TEXT,
	  .argument = "SCALE",
	  .text = "the same by name: tiny 20, small 50, medium 200, large 1000, huge 2000; or "
		  "all" },
	{ .name = "goal",
	  .kind = OPTION_TEXT,
	  .argument = "GOAL",
	  .fallback = "distribute-load",
	  .text = "what the swarm is to reach, or all" },
	{ .name = "topology",
	  .kind = OPTION_TEXT,
	  .argument = "TOPOLOGY",
	  .fallback = "full",
	  .text = "who sees whom: full, ring:K, star, small-world:K:P, file:PATH" },
	{ .name = "cycles",
	  .kind = OPTION_COUNT,
	  .fallback = "50",
	  .text = "how long: in each cycle every agent takes its turn",
	  .least = 1,
	  .most = 100000 },
	{ .name = "seed",
	  .kind = OPTION_COUNT,
	  .fallback = "1",
	  .text = "everything random is drawn from it",
	  .least = 0,
	  .most = INT64_MAX },
	{ .name = "start",
	  .kind = OPTION_TEXT,
	  .argument = "START",
	  .fallback = "random",
	  .text = "first turns: random, identical (forked together), or join (placed by the "
		  "rule)" },
	{ .name = "max-delay",
	  .kind = OPTION_PERCENT,
	  .text = "the most an agent is delayed a cycle, of a period; default: the goal's",
	  .least = 0,
	  .most = 1000000 },
	{ .name = "spread",
	  .kind = OPTION_PERCENT,
	  .fallback = "0%",
	  .text = "agents' own periods lie within +- this",
	  .least = 0,
	  .most = 500000 },
	{ .name = "lateness",
	  .kind = OPTION_PERCENT,
	  .fallback = "0%",
	  .text = "wakeups are late, exponentially: the mean, of the mean gap between two turns",
	  .least = 0,
	  .most = 10000000 },
	{ .name = "stale",
	  .kind = OPTION_PERCENT,
	  .fallback = "0%",
	  .text = "slots are read as they were up to this long ago, of a period",
	  .least = 0,
	  .most = 1000000 },
	{ .name = "duty",
	  .kind = OPTION_PERCENT,
	  .fallback = "50%",
	  .text = "all actions, one after the other, of a period",
	  .least = 0,
	  .most = 100000000 },
	{
		.name = "actions",
		.kind = OPTION_TEXT,
		.argument = "KIND",
		.fallback = "equal",
		.text = "how the duty is shared out: equal, or lognormal",
	},
	{ .name = "vary",
	  .kind = OPTION_PERCENT,
	  .fallback = "0%",
	  .text = "each action takes its agent's time +- this",
	  .least = 0,
	  .most = 1000000 },
	{ .name = "crash",
	  .kind = OPTION_TEXT,
	  .argument = "SHARE@CYCLE",
	  .text = "after that cycle a share of the agents is killed: 0.3@10" },
	{ .name = "join",
	  .kind = OPTION_TEXT,
	  .argument = "SHARE@CYCLE",
	  .text = "after that cycle as many join: 0.25@20" },
	{ .name = "disrupt",
	  .kind = OPTION_TEXT,
	  .argument = "SHARE@CYCLE",
	  .text = "after that cycle a share scatters, as entrainctl disrupt asks it to" },
	{ .name = "control",
	  .kind = OPTION_TEXT,
	  .argument = "RULE",
	  .fallback = "spread",
	  .text = "what runs instead of the goal's rule, to compare with" },
	{ .name = "kind",
	  .kind = OPTION_TEXT,
	  .argument = "KIND",
	  .fallback = "taken",
	  .text = "of host: taken, relative, grid, drifting" },
	{ .name = "pattern",
	  .kind = OPTION_TEXT,
	  .argument = "PATTERN",
	  .text = "requests arrive at the agents: high-frequency, burst, steady, mixed, sparse" },
	{ .name = "trait",
	  .kind = OPTION_TEXT,
	  .argument = "TRAIT",
	  .text = "tune the goal: stability, speed, efficiency, throughput, resilience, "
		  "precision" },
	{ .name = "runs",
	  .kind = OPTION_COUNT,
	  .fallback = "1",
	  .text = "so many independent runs, of seeds one after the other",
	  .least = 1,
	  .most = 10000 },
	{ .name = "threads",
	  .kind = OPTION_COUNT,
	  .argument = "N",
	  .text = "default: one a core; the result is the same for any number",
	  .least = 1,
	  .most = 256 },
	{ .name = "synchronous",
	  .kind = OPTION_FLAG,
	  .text = "phase-locked rounds: all calculate from one snapshot, then all apply" },
	{ .name = "live",
	  .kind = OPTION_FLAG,
	  .text = "look at one run on a full screen, and interfere: ? there shows the keys" },
	{ .name = NULL },
};

const struct command command_simulate = {
	.name = "simulate",
	.operands = "",
	.text = "the same rules on a virtual clock: how soon, how even, against what",
	.detail =
		"Agents that run the library's own object files on a virtual clock: nothing is\n"
		"created, nothing sleeps, and the same settings give the same output on every\n"
		"machine and for any number of threads. Cycle 0 is the start; a cycle is over "
		"when\n"
		"every agent has taken its turn. The period is 5 s of virtual time.\n"
		"\n"
		"controls, instead of the goal's rule (which is called spread):\n"
		"  none            each its own period, as if alone\n"
		"  jitter          the same, each time made up to a tenth of it longer\n"
		"  clock-jitter    by a clock, each time up to a tenth of a period after it\n"
		"  random-offset   one random offset, then each its own period\n"
		"  static          agent i of N at offset i/N for ever\n"
		"  flock           a lock file: all wake together and queue for it\n"
		"  desync          DESYNC: 90 % of the way to the middle of the two around it\n"
		"  kuramoto        attractive for goals that meet, else repulsive\n"
		"  balance         moves by the mean of all offsets, less a half\n"
		"Hosts that drift come at whole periods of their own (--spread), and queue at a\n"
		"door; they are nowhere to be moved to, so of the controls the first six are for\n"
		"them. Read overlap and delay: the goal's measures are of when they come next.\n"
		"\n"
		"patterns; requests arrive at each agent with these gaps, P the period:\n"
		"  steady          one every P/4\n"
		"  high-frequency  one at a time, exponential, mean P/20\n"
		"  burst           ten at once, exponential, mean 2P\n"
		"  sparse          one at a time, exponential, mean 4P\n"
		"  mixed           a quarter of the agents each of these four\n"
		"An agent takes up what has arrived at its turn. Counted are the calls that are\n"
		"needed where turns within 2 % of a period share one, and the queue at one server\n"
		"for all that serves one request after the other and is busy for the duty.\n"
		"\n"
		"traits        delay  tolerance  and\n"
		"  stability    x 1/2      x 1.5\n"
		"  speed        x 3        x 1\n"
		"  efficiency   x 1        x 1    energy-aware first, energy >= 75\n"
		"  throughput   x 1/5      x 2\n"
		"  resilience   x 2        x 1    adaptive as one more strategy\n"
		"  precision    x 1        x 1/10\n"
		"(the most that an agent is delayed a cycle, but half a period at most; and what\n"
		"the target leaves to 1)\n"
		"\n"
		"--live runs until q is pressed, and pauses after --cycles if that is given. "
		"Keys:\n"
		"g G arrows next goal, goal before; d disrupt 30 %; k kill 10 %; j 10 % more "
		"join;\n"
		"p space pause; + - speed; ? help; q quit.",
	.examples = "  entrainctl simulate --agents 200 --start identical\n"
		    "  entrainctl simulate --goal all --scale all --runs 5 --disrupt 0.3@30\n"
		    "  entrainctl simulate --agents 64 --control desync --crash 0.5@20\n"
		    "  entrainctl simulate --goal batch --pattern burst --json\n"
		    "  entrainctl simulate --live --agents 40",
	.options = simulate_options,
	.flags = COMMAND_JSON,
	.run = simulate_run,
};
