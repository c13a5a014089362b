/* SPDX-License-Identifier: MIT */
/* agent_sealed.c - an agent within a host that comes to its turns by itself: it asks the system for nothing. */
#include <string.h>
#include "agent.h"
#include "clock.h"
#include "layout.h"

/* An arrival this part of a period before its cycle is still of that cycle: clocks are read at different moments, and hosts
 * round. */
#define EARLY_PART 16

/* A plan that is younger than this is as good as one that is made now: a burst may be of a million calls a second. */
#define PLAN_AGAIN_NS INT64_C(10000)

int entrain_claim(struct entrain_agent *agent)
{
	int64_t now_ns;

	if (!agent || !agent->sealed)
		return ENTRAIN_USAGE;
	if (!agent_here(agent)) {
		if (!process_adopt(&agent->self))
			return ENTRAIN_FORKED;
		agent->claim_again_ns = 0;
	}
	now_ns = clock_now_ns();
	/* Who found the swarm full shall not look through it at each of a thousand calls a second. */
	if (now_ns < agent->claim_again_ns || !process_trylock())
		return ENTRAIN_NOT_READY;
	agent->why = agent_claim_sealed(agent);
	if (agent->why)
		agent->claim_again_ns = now_ns + agent->period_ns;
	process_unlock();
	return (int)agent->why;
}

bool agent_acts(const struct entrain_agent *agent)
{
	return agent->settings.mode == ENTRAIN_ACT && !agent->watches;
}

/* Who only watches plans no delay, or others would expect it later than it comes. */
int64_t agent_cap_ns(const struct entrain_agent *agent)
{
	return agent->watches ? 1
			      : settings_cap_ns(&agent->settings, agent->period_ns,
						agent->max_delay_ns, agent->max_delay_ppm);
}

bool agent_acts_now(const struct entrain_agent *agent)
{
	const struct shm_settings *settings;

	if (!agent->joined || agent->owner.fenced || agent->watches)
		return false;
	settings = agent->mapping->segment.settings;
	return atomic_load_explicit(&settings->mode, memory_order_relaxed) == ENTRAIN_ACT &&
	       !atomic_load_explicit(&settings->removed, memory_order_relaxed);
}

/*
 * The turn that belongs to this arrival. What was planned is for the next one; a host that left some out, or came by a period
 * earlier than expected, keeps its place in the cycle. Of a relative host there is none but the next; a drifting one has just
 * booked it.
 */
static int64_t turn_of(const struct entrain_agent *agent, int64_t arrived_ns)
{
	const int64_t period_ns = agent->period_ns;
	int64_t late_ns = arrived_ns - (agent->turn_ns - agent->delay_ns) + period_ns / EARLY_PART;
	int64_t cycles = late_ns / period_ns;

	if (agent->kind == ENTRAIN_RELATIVE || agent->kind == ENTRAIN_DRIFTING)
		return agent->turn_ns;
	if (late_ns % period_ns < 0)
		cycles--;
	return agent->turn_ns + cycles * period_ns;
}

int64_t entrain_hold_ns(struct entrain_agent *agent, int64_t arrived_ns)
{
	int64_t now_ns, turn_ns, cap_ns;

	if (!agent || !agent_here(agent))
		return arrived_ns;
	agent->arrived_ns = arrived_ns;
	if (agent->kind == ENTRAIN_DRIFTING)
		agent_door_come(agent, arrived_ns);
	if (!agent_acts_now(agent))
		return arrived_ns;
	turn_ns = turn_of(agent, arrived_ns);
	cap_ns = agent_cap_ns(agent);
	/* Who comes a little early has its turn a little beyond the cap: what is granted brings it near enough. */
	if (turn_ns <= arrived_ns || turn_ns - arrived_ns - cap_ns > agent->period_ns / EARLY_PART)
		return arrived_ns;
	if (turn_ns > arrived_ns + cap_ns)
		turn_ns = arrived_ns + cap_ns;
	now_ns = clock_now_ns();
	return turn_ns < now_ns + OFF_LATENCY_NS / 2 ? turn_ns : now_ns + OFF_LATENCY_NS / 2;
}

int entrain_resume(struct entrain_agent *agent)
{
	if (!agent)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	if (!agent->sealed || agent->began_ns || !agent->last_begin_ns || !agent->actions)
		return 0;
	agent->resumed = true;
	agent->began_ns = agent->last_begin_ns;
	if (agent->joined)
		slot_set_acting(&agent->owner, agent->began_ns, true);
	return 0;
}

static void plan_keep(struct entrain_agent *agent)
{
	struct agent_plan *before = &agent->before;

	before->turn_ns = agent->turn_ns;
	before->delay_ns = agent->delay_ns;
	before->cur_ns = agent->cur_ns;
	before->delay_max_ns = agent->delay_max_ns;
	before->delay_total_ns = agent->delay_total_ns;
	before->missed = agent->missed;
	before->steer = agent->steer;
}

static void plan_undo(struct entrain_agent *agent)
{
	const struct agent_plan *before = &agent->before;

	agent->turn_ns = before->turn_ns;
	agent->delay_ns = before->delay_ns;
	agent->cur_ns = before->cur_ns;
	agent->delay_max_ns = before->delay_max_ns;
	agent->delay_total_ns = before->delay_total_ns;
	agent->missed = before->missed;
	agent->steer = before->steer;
}

bool agent_plan_again(struct entrain_agent *agent, int64_t now_ns)
{
	struct agent_plan *before = &agent->before;
	const bool relative = agent->kind == ENTRAIN_RELATIVE;

	if (!agent->resumed) {
		before->action_mean_ns = agent->action_mean_ns;
		if (relative)
			plan_keep(agent);
	} else {
		agent->actions--;
		agent->action_mean_ns = before->action_mean_ns;
		if (now_ns - before->made_ns < PLAN_AGAIN_NS)
			return false;
		if (relative)
			plan_undo(agent);
	}
	before->made_ns = now_ns;
	return relative;
}

int entrain_set_rhythm(struct entrain_agent *agent, int kind, int64_t interval_ns,
		       int64_t spread_ns)
{
	if (!agent || kind < 0 || kind > ENTRAIN_DRIFTING || interval_ns < 0 ||
	    interval_ns > 7 * PERIOD_MAX_NS || spread_ns < 0 || spread_ns > 7 * PERIOD_MAX_NS)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	if (agent->joined)
		slot_set_rhythm(&agent->owner,
				kind ? rhythm_make((uint32_t)kind, interval_ns, spread_ns) : 0);
	return 0;
}

int entrain_set_period(struct entrain_agent *agent, int64_t period_ns)
{
	if (!agent)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	if (period_ns && (period_ns < PERIOD_MIN_NS || period_ns > PERIOD_MAX_NS))
		return ENTRAIN_USAGE;
	agent->period_option_ns = period_ns;
	return 0;
}

int entrain_set_offset(struct entrain_agent *agent, int64_t offset_ns)
{
	if (!agent)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	if (offset_ns < 0 || offset_ns > PERIOD_MAX_NS)
		return ENTRAIN_USAGE;
	agent->grid_offset_ns = offset_ns;
	return 0;
}

int entrain_swarm_settings(const struct entrain_agent *agent, struct entrain_settings *settings)
{
	const struct shm_settings *shared;
	enum entrain_code code;

	if (!agent || !settings || !agent->mapping)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	shared = agent->mapping->segment.settings;
	if (atomic_load_explicit(&shared->removed, memory_order_relaxed))
		return ENTRAIN_NO_SWARM;
	code = settings_load(shared, 0, settings);
	return (int)code;
}
