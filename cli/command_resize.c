/* SPDX-License-Identifier: MIT */
/* entrainctl resize: more slots or another topology, while the swarm runs. */
#include <entrain.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "message.h"
#include "pause.h"
#include "picture.h"
#include "text.h"

#define PERIODS_PATIENCE 2
#define BEHIND_NAMED 5 /* how many of those behind are named */

/* Of those that are to follow: neither stale nor dead nor implausible nor unable to. */
struct progress {
	unsigned expected, behind;
	char names[384]; /* the first of those behind */
};

static int is_expected(const struct entrain_agent_info *agent)
{
	return picture_expects(agent) && !agent->cannot_follow;
}

static void progress_take(const struct picture *picture, struct progress *progress)
{
	size_t used = 0, size = sizeof(progress->names);

	memset(progress, 0, sizeof(*progress));
	for (unsigned i = 0; i < picture->agent_count; i++) {
		const struct entrain_agent_info *agent = &picture->agents[i];

		if (!is_expected(agent))
			continue;
		progress->expected++;
		if (!agent->behind)
			continue;
		if (progress->behind++ < BEHIND_NAMED && used < size)
			used += (size_t)snprintf(progress->names + used, size - used,
						 "%sslot %u pid %u %s",
						 progress->behind > 1 ? ", " : "", agent->slot,
						 agent->pid, agent->name);
	}
	if (progress->behind > BEHIND_NAMED && used < size)
		snprintf(progress->names + used, size - used, ", ...");
}

/* One line that is written over itself; only a person needs it. */
static void progress_print(const struct progress *progress, int on_terminal)
{
	if (!on_terminal)
		return;
	fprintf(stderr, "\r%u of %u agent%s follow \033[K", progress->expected - progress->behind,
		progress->expected, text_s(progress->expected));
	fflush(stderr);
}

static void progress_erase(int on_terminal)
{
	if (on_terminal)
		fputs("\r\033[K", stderr);
}

/* Returns the exit status: done, or no at the timeout. */
static int followers_wait(const struct invocation *invocation, struct entrain_swarm *swarm,
			  struct picture *picture, struct progress *progress)
{
	int on_terminal = text_columns(stderr) > 0 && !invocation->json;
	struct entrain_error error = { .code = ENTRAIN_OK };
	int64_t longest_ns = picture->status.measure.longest_period_ns, deadline_ns;
	int64_t timeout_ns;

	if (longest_ns < picture->status.settings.period_ns)
		longest_ns = picture->status.settings.period_ns;
	timeout_ns = option_given(&invocation->options, "timeout")
			     ? option_number(&invocation->options, "timeout")
			     : PERIODS_PATIENCE * longest_ns;
	deadline_ns = pause_deadline_ns(timeout_ns);
	for (;;) {
		int in_time;

		progress_take(picture, progress);
		progress_print(progress, on_terminal);
		if (progress->behind == 0)
			break;
		in_time = pause_until(pause_between_ns(longest_ns), deadline_ns);
		if (picture_take(picture, swarm, &error)) {
			progress_erase(on_terminal);
			return message_error(&error, invocation->swarm);
		}
		progress_take(picture, progress);
		if (!in_time && progress->behind)
			break;
	}
	progress_erase(on_terminal);
	return progress->behind ? STATUS_NO : STATUS_DONE;
}

static void result_json(const struct picture *picture)
{
	const struct entrain_status *status = &picture->status;
	struct json json;

	json_begin(&json, stdout);
	json_text(&json, "swarm", picture->swarm);
	json_unsigned(&json, "capacity", status->capacity);
	json_row(&json, "topology");
	json_text(&json, "kind", status->settings.topology);
	json_unsigned(&json, "generation", status->topology_generation);
	json_unsigned(&json, "acknowledged", status->acknowledged);
	json_unsigned(&json, "cannot_follow", status->cannot_follow);
	json_end(&json);
	json_unsigned(&json, "implausible", status->measure.agents_implausible);
	json_array(&json, "behind");
	for (unsigned i = 0; i < picture->agent_count; i++) {
		const struct entrain_agent_info *agent = &picture->agents[i];

		if (!is_expected(agent) || !agent->behind)
			continue;
		json_row(&json, NULL);
		json_unsigned(&json, "slot", agent->slot);
		json_unsigned(&json, "pid", agent->pid);
		json_text(&json, "name", agent->name);
		json_end(&json);
	}
	json_end(&json);
	json_finish(&json);
}

static void result_print(const struct picture *picture, const struct progress *progress)
{
	const struct entrain_status *status = &picture->status;

	printf("swarm %s: %u slot%s, topology ", picture->swarm, status->capacity,
	       text_s(status->capacity));
	text_print(stdout, status->settings.topology, 0);
	printf(", generation %llu; %u of %u agent%s follow",
	       (unsigned long long)status->topology_generation,
	       progress->expected - progress->behind, progress->expected,
	       text_s(progress->expected));
	if (status->cannot_follow)
		printf(", %u cannot and follow%s full", status->cannot_follow,
		       status->cannot_follow == 1 ? "s" : "");
	if (status->measure.agents_implausible)
		printf(", %u implausible", status->measure.agents_implausible);
	putchar('\n');
}

/* Does what was asked for hold, or has another administrator published after us? Where the object cannot be read, there is the
 * kind alone to tell by. */
static int is_overridden(const struct invocation *invocation, const struct picture *picture)
{
	const char *asked = option_text(&invocation->options, "topology");
	const char *holds = picture->status.settings.topology;
	size_t length = strlen(holds);

	return asked && strcmp(asked, holds) != 0 &&
	       (strncmp(asked, holds, length) != 0 || asked[length] != ':');
}

static int overridden_say(const struct picture *picture)
{
	char hint[128];

	snprintf(hint, sizeof(hint), "entrainctl status %s", picture->swarm);
	return message_failure(STATUS_NO, "resize", hint,
			       "another administrator has published %s since",
			       picture->status.settings.topology);
}

static int published_finish(const struct invocation *invocation, struct entrain_swarm *swarm,
			    struct picture *picture)
{
	struct progress progress;
	int status = STATUS_DONE;

	progress_take(picture, &progress);
	if (!option_given(&invocation->options, "no-wait"))
		status = followers_wait(invocation, swarm, picture, &progress);
	if (status != STATUS_DONE && status != STATUS_NO)
		return status;
	if (invocation->json)
		result_json(picture);
	else
		result_print(picture, &progress);
	if (is_overridden(invocation, picture))
		return overridden_say(picture);
	if (status == STATUS_NO)
		message_failure(STATUS_NO, "resize", NULL,
				"it is published, but %u agent%s not taken it yet: %s",
				progress.behind, progress.behind == 1 ? " has" : "s have",
				progress.names);
	return status;
}

static int resize_run(struct invocation *invocation)
{
	uint32_t capacity = option_given(&invocation->options, "capacity")
				    ? (uint32_t)option_number(&invocation->options, "capacity")
				    : 0;
	const char *topology = option_text(&invocation->options, "topology");
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct picture picture = { .swarm = invocation->swarm };
	struct entrain_swarm *swarm;
	int status;

	if (!capacity && !topology)
		return message_usage("resize", "entrainctl resize --help",
				     "give --capacity, --topology, or both");
	swarm = entrain_open(invocation->dir, invocation->swarm, ENTRAIN_ADMIN, &error);
	if (!swarm)
		return message_error(&error, invocation->swarm);
	if (entrain_resize(swarm, capacity, topology, &error) ||
	    picture_take(&picture, swarm, &error))
		status = message_error(&error, invocation->swarm);
	else
		status = published_finish(invocation, swarm, &picture);
	picture_free(&picture);
	entrain_close(swarm);
	return status;
}

static const struct option_row resize_options[] = {
	{ .name = "capacity",
	  .kind = OPTION_COUNT,
	  .argument = "N",
	  .text = "slots for agents in all; a swarm never shrinks",
	  .least = 1,
	  .most = ENTRAIN_CAPACITY_MAX },
	{ .name = "topology",
	  .kind = OPTION_TEXT,
	  .argument = "T",
	  .text = "who sees whom from now on: full, ring:K, star, small-world:K:P or file:PATH" },
	{ .name = "timeout",
	  .kind = OPTION_DURATION,
	  .text = "give up waiting after this, with exit status 1, naming who is behind (default "
		  "two of the longest periods)" },
	{ .name = "no-wait", .kind = OPTION_FLAG, .text = "return as soon as it is published" },
	{ .name = NULL },
};

const struct command command_resize = {
	.name = "resize",
	.operands = "[SWARM]",
	.text = "more slots or another topology, while the swarm runs",
	.detail =
		"Makes room for more agents, publishes who sees whom, or both: all of it or, "
		"where\n"
		"there is no room for it, nothing. Agents follow at their next turn, nobody is\n"
		"disturbed. It waits until every agent has, but for those that are stale, dead or\n"
		"implausible, and those that cannot open the topology any more (after a chroot,\n"
		"under seccomp): these follow full, and status says so. A ring is for all agents,\n"
		"another graph for the slots up to the last agent's: who comes into a later one\n"
		"sees all, and is seen by those who do, until the next resize.",
	.examples = "  entrainctl resize web --capacity 1024\n"
		    "  entrainctl resize web --topology small-world:8:0.1\n"
		    "  entrainctl resize web --topology file:/etc/entrain/web.edges --no-wait",
	.options = resize_options,
	.flags = COMMAND_SWARM | COMMAND_JSON,
	.run = resize_run,
};
