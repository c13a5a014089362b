/* SPDX-License-Identifier: MIT */
/* entrainctl wait: until the goal holds. */
#include <entrain.h>
#include <stdio.h>

#include "command.h"
#include "message.h"
#include "pause.h"
#include "text.h"

static int timed_out(const struct invocation *invocation, const struct entrain_measure *measure)
{
	char hint[128];

	snprintf(hint, sizeof(hint), "entrainctl status %s", invocation->swarm);
	return message_failure(STATUS_NO, "wait", hint,
			       "swarm %s has not converged within %s: %s %.2f, target %.2f, "
			       "%u agent%s alive",
			       invocation->swarm, option_text(&invocation->options, "timeout"),
			       entrain_metric_name((int)measure->goal), measure->value,
			       measure->target, measure->agents_alive,
			       text_s(measure->agents_alive));
}

/* Returns the exit status. One handle is kept for all looks: the library's hysteresis hangs on it. */
static int converged_wait(const struct invocation *invocation, struct entrain_swarm *swarm)
{
	int64_t timeout_ns = option_number(&invocation->options, "timeout");
	int64_t deadline_ns = pause_deadline_ns(timeout_ns);
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_status status;
	const struct entrain_measure *measure = &status.measure;

	for (;;) {
		const struct entrain_status empty = ENTRAIN_STATUS;

		status = empty;
		if (entrain_status(swarm, &status, NULL, 0, &error))
			return message_error(&error, invocation->swarm);
		if (status.settings.kind == ENTRAIN_DRIFTING)
			return message_usage("wait --converged", "entrainctl status",
					     "the hosts of %s come whenever they like (kind "
					     "drifting): no turn is planned, so there is no goal "
					     "to be reached",
					     invocation->swarm);
		if (measure->converged)
			break;
		if (!pause_until(pause_between_ns(status.settings.period_ns), deadline_ns))
			return timed_out(invocation, measure);
	}
	printf("swarm %s: converged; %s %.2f, target %.2f, %u agent%s alive\n", invocation->swarm,
	       entrain_metric_name((int)measure->goal), measure->value, measure->target,
	       measure->agents_alive, text_s(measure->agents_alive));
	return STATUS_DONE;
}

static int wait_run(struct invocation *invocation)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_swarm *swarm;
	int status;

	if (!option_given(&invocation->options, "converged"))
		return message_usage("wait", "entrainctl wait --converged",
				     "nothing is named to wait for");
	swarm = entrain_open(invocation->dir, invocation->swarm, ENTRAIN_READ, &error);
	if (!swarm)
		return message_error(&error, invocation->swarm);
	status = converged_wait(invocation, swarm);
	entrain_close(swarm);
	return status;
}

static const struct option_row wait_options[] = {
	{ .name = "converged", .kind = OPTION_FLAG, .text = "wait until the swarm's goal holds" },
	{ .name = "timeout",
	  .kind = OPTION_DURATION,
	  .fallback = "30s",
	  .text = "give up after this, with exit status 1" },
	{ .name = NULL },
};

const struct command command_wait = {
	.name = "wait",
	.operands = "[SWARM]",
	.text = "until the goal holds",
	.detail =
		"Returns with exit status 0 as soon as the swarm's goal holds in its own metric\n"
		"(see status: value and target), with 1 when the timeout has passed before. Looks\n"
		"ten times a period, but not within 10 ms, and every 250 ms at least. A swarm of "
		"no\n"
		"or one agent has nothing left to reach.",
	.examples = "  entrainctl wait web --converged\n"
		    "  entrainctl wait web --converged --timeout 2min && start-the-benchmark",
	.options = wait_options,
	.flags = COMMAND_SWARM,
	.run = wait_run,
};
