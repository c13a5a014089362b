/* SPDX-License-Identifier: MIT */
/* agent_learn.c - what an agent learns from its own turns: how long its actions take, and how late it comes. */
#include "agent.h"

/* Running means move by this part of what is new. */
#define MEAN_GAIN 8

/* A running mean: of all values at first, then with a gain of 1/8. `count` values went before. */
static int64_t mean_next(int64_t mean_ns, int64_t value_ns, uint64_t count)
{
	return mean_ns +
	       (value_ns - mean_ns) / (int64_t)(count < MEAN_GAIN ? count + 1 : MEAN_GAIN);
}

/*
 * How long the action takes, as others should plan for it: the median of the last few, the lower one of two. What a busy
 * disk held up once says nothing about the next action; what lasts is followed within a few turns. The first action of
 * a process is slow for reasons of its own, so one alone says nothing yet.
 */
void agent_work_learn(struct entrain_agent *agent, int64_t action_ns)
{
	int64_t sorted[RECENT];
	unsigned count = 0;

	if (action_ns > agent->period_ns)
		action_ns = agent->period_ns;
	agent->action_mean_ns = mean_next(agent->action_mean_ns, action_ns, agent->actions);
	agent->recent_ns[agent->actions++ % RECENT] = action_ns;
	for (unsigned i = 0; i < RECENT && i < agent->actions; i++) {
		unsigned at = count++;

		for (; at > 0 && sorted[at - 1] > agent->recent_ns[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = agent->recent_ns[i];
	}
	if (count > 1)
		agent->work_ns = sorted[(count - 1) / 2] > 0 ? sorted[(count - 1) / 2] : 1;
}

static uint32_t late_ms(int64_t late_ns)
{
	int64_t ms = late_ns / 1000000;

	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

void agent_lateness_learn(struct entrain_agent *agent, int64_t now_ns)
{
	int64_t late_ns = now_ns - agent->turn_ns;

	if (late_ns < 0)
		late_ns = 0;
	/* One long stop (SIGSTOP, suspend) is no habit. */
	if (late_ns > agent->period_ns / 2) {
		if (!agent->late_noted && agent->joined)
			recorder_note(&agent->recorder, now_ns, ENTRAIN_EVENT_LATE,
				      late_ms(late_ns));
		agent->late_noted = true;
		return;
	}
	agent->late_noted = false;
	agent->lateness_ns = mean_next(agent->lateness_ns, late_ns, agent->turns);
}

void agent_turns_write(struct entrain_agent *agent)
{
	slot_set_fact(&agent->owner, FACT_TURNS, turns_make(agent->turns, agent->missed));
}

void agent_began_write(struct entrain_agent *agent, uint32_t overlap)
{
	slot_set_fact(&agent->owner, FACT_OVERLAP, overlap_make(overlap, agent->lateness_ns));
	agent_turns_write(agent);
}
