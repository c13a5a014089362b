/* SPDX-License-Identifier: MIT */
/* agent_acted.c - an action that is told of afterwards: measured, and compared with those of the others. */
#include "agent.h"
#include "clock.h"

/* Was the last action of this slot in progress at some moment of ours? */
static bool overlaps(const struct shm_slot *slot, int64_t began_ns, int64_t ended_ns)
{
	int64_t now_ns = clock_now_ns(), last_ns;
	struct slot_view view;

	if (slot_read(slot, now_ns, &view) != SLOT_READ ||
	    !SHM_OVERLAP(slot_fact(slot, view.version, FACT_OVERLAP)) || view.began_ns > ended_ns)
		return false;
	last_ns = view.acting ? now_ns - view.began_ns
			      : pair_low_ns(slot_fact(slot, view.version, FACT_ACTION));
	/* Whoever claims to act for ever does not. */
	if (last_ns > view.turn.period_ns)
		last_ns = view.turn.period_ns;
	return view.began_ns + last_ns > began_ns;
}

/* How many others; each for itself may have overlapped at another moment, so this is the most that can have been. */
static uint32_t overlaps_count(const struct entrain_agent *agent, int64_t began_ns,
			       int64_t ended_ns)
{
	struct roster_walk walk = roster_walk(&agent->roster);
	uint32_t count = 0, index;

	while (roster_next(&walk, &index))
		if (index != agent->index)
			count += overlaps(&agent->roster.slots[index], began_ns, ended_ns);
	return count;
}

int entrain_acted(struct entrain_agent *agent, int64_t began_ns, int64_t ended_ns)
{
	struct slot_owner *owner;

	if (!agent)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	if (agent->began_ns || began_ns <= 0 || began_ns <= agent->last_begin_ns ||
	    ended_ns < began_ns || ended_ns > clock_now_ns())
		return ENTRAIN_USAGE;
	owner = &agent->owner;
	agent->last_begin_ns = began_ns;
	agent_work_learn(agent, ended_ns - began_ns);
	if (agent->kind == ENTRAIN_DRIFTING && began_ns >= agent->booked_turn_ns)
		agent_door_free(agent, clock_now_ns());
	if (!agent->joined)
		return 0;
	slot_set_fact(owner, FACT_ACTION, pair_make(ended_ns - began_ns, agent->action_mean_ns));
	slot_set_fact(owner, FACT_OVERLAP, overlap_make(1, agent->lateness_ns));
	if (!slot_set_acting(owner, began_ns, false))
		return 0;
	/* [S8] seq_cst: our action is told before we look at the others'. Of two that overlapped at least one sees the other. */
	atomic_thread_fence(memory_order_seq_cst);
	slot_set_fact(
		owner, FACT_OVERLAP,
		overlap_make(1 + overlaps_count(agent, began_ns, ended_ns), agent->lateness_ns));
	return 0;
}
