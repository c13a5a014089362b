/* SPDX-License-Identifier: MIT */
/* Waits until every live agent has taken a turn since a change. */
#include "follow.h"

#include <stdio.h>

#include "message.h"
#include "pause.h"

#define PERIODS_PATIENCE 3
#define LEAST_PATIENCE_NS INT64_C(1000000000)
#define BEHIND_NAMED 5 /* how many of those behind are named */

/* Has the agent that was `before` still to take a turn? Both lists are sorted by slot. */
static int is_behind(const struct entrain_agent_info *before, const struct picture *now,
		     unsigned *at)
{
	const struct entrain_agent_info *agent;

	while (*at < now->agent_count && now->agents[*at].slot < before->slot)
		(*at)++;
	if (*at >= now->agent_count)
		return 0;
	agent = &now->agents[*at];
	return agent->slot == before->slot && agent->pid == before->pid &&
	       picture_expects_late(now, agent) && agent->turns == before->turns;
}

/* How many are behind; the first of them, as text, into `names`. */
static unsigned behind_count(const struct picture *before, const struct picture *now, char *names,
			     size_t size)
{
	unsigned count = 0, at = 0;
	size_t used = 0;

	names[0] = '\0';
	for (unsigned i = 0; i < before->agent_count; i++) {
		const struct entrain_agent_info *agent = &before->agents[i];

		if (!picture_expects_late(before, agent) || !is_behind(agent, now, &at))
			continue;
		if (count++ < BEHIND_NAMED && used < size)
			used += (size_t)snprintf(names + used, size - used, "%s%s (pid %u)",
						 count > 1 ? ", " : "", agent->name, agent->pid);
	}
	return count;
}

int follow_wait(const struct picture *before, struct entrain_swarm *swarm, int64_t timeout_ns)
{
	struct picture now = { .swarm = before->swarm };
	struct entrain_error error = { .code = ENTRAIN_OK };
	int64_t deadline_ns, longest_ns = before->status.measure.longest_period_ns;
	int status;

	if (longest_ns < before->status.settings.period_ns)
		longest_ns = before->status.settings.period_ns;
	if (timeout_ns == 0)
		timeout_ns = PERIODS_PATIENCE * longest_ns + LEAST_PATIENCE_NS;
	deadline_ns = pause_deadline_ns(timeout_ns);
	for (;;) {
		char names[256];
		unsigned count;

		status = STATUS_DONE;
		if (picture_take(&now, swarm, &error)) {
			status = message_error(&error, before->swarm);
			break;
		}
		count = behind_count(before, &now, names, sizeof(names));
		if (count == 0)
			break;
		if (!pause_until(pause_between_ns(longest_ns), deadline_ns)) {
			status = message_failure(STATUS_NO, "set --wait", NULL,
						 "the change is published, but %u agent%s taken no "
						 "turn yet: %s%s",
						 count, count == 1 ? " has" : "s have", names,
						 count > BEHIND_NAMED ? ", ..." : "");
			break;
		}
	}
	picture_free(&now);
	return status;
}
