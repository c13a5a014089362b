/* SPDX-License-Identifier: MIT */
/* What the agents of a swarm did between two pictures of it. */
#include "tally.h"

#include <string.h>

#define TURNS_AROUND 2 /* one at each end of the interval, at most */

/* The same owner of the slot. Its totals only grow, turns round and round: where one is less, it has joined anew since. */
static int is_same(const struct entrain_agent_info *before, const struct entrain_agent_info *now)
{
	return before->slot == now->slot && before->pid == now->pid &&
	       strcmp(before->name, now->name) == 0 &&
	       picture_turns(before->turns, now->turns) >= 0 &&
	       before->turns_missed <= now->turns_missed &&
	       before->delay_total_ns <= now->delay_total_ns;
}

/* Can it have begun with nothing since? One that lost its slot, or its swarm, brings its totals along to the next. */
static int is_new(const struct entrain_agent_info *agent, int64_t passed_ns)
{
	uint64_t turns;

	return agent->period_ns > 0 && passed_ns >= 0 &&
	       !__builtin_add_overflow(agent->turns, agent->turns_missed, &turns) &&
	       turns <= (uint64_t)(passed_ns / agent->period_ns) + TURNS_AROUND;
}

/* Totals come from other processes: a sum that leaves its type stays at the end of it. */
static void add_unsigned(uint64_t *sum, uint64_t more)
{
	if (__builtin_add_overflow(*sum, more, sum))
		*sum = UINT64_MAX;
}

static void add_duration(int64_t *sum, int64_t now_ns, int64_t before_ns)
{
	int64_t more;

	if (now_ns < 0 || before_ns < 0)
		return;
	more = now_ns - before_ns;
	if (more > 0 && __builtin_add_overflow(*sum, more, sum))
		*sum = INT64_MAX;
}

struct tally tally_between(const struct picture *before, const struct picture *now)
{
	static const struct entrain_agent_info nothing;
	struct tally tally = { .turns = 0 };
	unsigned at = 0;

	/* Both lists are sorted by slot. */
	for (unsigned i = 0; i < now->agent_count; i++) {
		const struct entrain_agent_info *agent = &now->agents[i], *old = &nothing;

		while (at < before->agent_count && before->agents[at].slot < agent->slot)
			at++;
		if (at < before->agent_count && is_same(&before->agents[at], agent))
			old = &before->agents[at];
		else if (!is_new(agent, now->taken_ns - before->taken_ns))
			continue;
		if (agent->implausible || old->implausible)
			continue;
		add_unsigned(&tally.turns, (uint32_t)picture_turns(old->turns, agent->turns));
		add_unsigned(&tally.missed, agent->turns_missed - old->turns_missed);
		add_duration(&tally.delay_ns, agent->delay_total_ns, old->delay_total_ns);
	}
	return tally;
}
