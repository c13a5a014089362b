/* SPDX-License-Identifier: MIT */
/*
 * agent_door.c - the agent of a drifting host: it comes to the door when it has something to do.
 *
 * The word at the door is the one that several processes write (layout.h, [D1]). It says when the door is free next, and each
 * writer derives what it writes from what it replaces: a compare-and-swap that fails is tried anew. Nothing is published with it,
 * so no access is ordered. Killed before the swap: nothing happened. After it: a time is booked that nobody uses, and who comes next
 * waits as if it were. A former owner of a slot who wakes up in between swaps only what nobody has changed since. A liar's word
 * costs each who comes no more than its cap, and is replaced by the first who finds it to be beyond what could be booked.
 */
#include "agent.h"
#include "agent_snapshot.h"
#include "clock.h"
#include "goal.h"
#include "mark.h"
#include "strategy/door.h"

/* Whoever fails was overtaken by somebody who did not: after so many it goes at once. */
#define BOOK_TRIES 64

/* Is there anybody to be kept apart from? Goals that bring together have nobody wait here. */
static bool queues(const struct entrain_agent *agent)
{
	return agent_acts_now(agent) && goal_row((int)agent->settings.goal)->rule != DECIDE_SYNC;
}

/* The instant at which its action is to begin, booked. */
static int64_t book(struct entrain_agent *agent, int64_t arrived_ns)
{
	_Atomic int64_t *door = &agent->roster.agents->door;
	const struct door_caller caller = { .now_ns = arrived_ns,
					    .work_ns = agent->work_ns,
					    .late_ns = agent->lateness_ns,
					    .cap_ns = agent_cap_ns(agent),
					    .period_ns = agent->period_ns };
	int64_t free_ns = atomic_load_explicit(door, memory_order_relaxed);

	for (int tries = 0; tries < BOOK_TRIES; tries++) {
		/* Who booked last, and comes again, is done with that: nobody waits for himself. */
		const bool own = agent->booked_ns && free_ns == agent->booked_ns;
		const struct door_pass pass =
			door_pass(own ? agent->booked_turn_ns : free_ns, &caller);

		MARK();
		/* [D1] relaxed: the word says nothing of any other. */
		if (!pass.books || atomic_compare_exchange_weak_explicit(
					   door, &free_ns, pass.free_ns, memory_order_relaxed,
					   memory_order_relaxed)) {
			MARK();
			agent->booked_ns = pass.books ? pass.free_ns : 0;
			agent->booked_turn_ns = pass.turn_ns;
			return pass.turn_ns;
		}
	}
	return arrived_ns;
}

void agent_door_come(struct entrain_agent *agent, int64_t arrived_ns)
{
	if (agent->door_ns == arrived_ns)
		return;
	agent->door_ns = agent->turn_ns = arrived_ns;
	agent->delay_ns = 0;
	agent->door_told = false;
	if (!agent->joined || !agent_settings_read(agent) || !queues(agent))
		return;
	agent->turn_ns = book(agent, arrived_ns);
	agent->delay_ns = agent->turn_ns - arrived_ns;
}

void agent_door_wait(struct entrain_agent *agent, int64_t now_ns)
{
	if (agent->kind != ENTRAIN_DRIFTING || agent->began_ns)
		return;
	/* Who has not heard of its turn has it still, though it be late: queueing again would be beyond its cap. Who has heard, and
	 * did nothing, may still use what it booked. */
	if (agent->door_ns && !agent->door_told && now_ns - agent->turn_ns < agent->period_ns)
		return;
	if (agent->door_ns && agent->booked_turn_ns == agent->turn_ns && now_ns < agent->booked_ns)
		return;
	agent_door_come(agent, now_ns);
	agent_arm(agent);
}

void agent_door_free(struct entrain_agent *agent, int64_t now_ns)
{
	const int64_t turn_ns = agent->booked_turn_ns;
	const int64_t free_ns = turn_ns > now_ns ? turn_ns : now_ns;
	int64_t booked_ns = agent->booked_ns;

	agent->booked_ns = 0;
	/* [D1] relaxed, as when it was booked. Fails where somebody has booked behind: that one keeps its turn. Killed before it: what
	 * is left passes by itself. */
	if (agent->joined && free_ns < booked_ns)
		atomic_compare_exchange_strong_explicit(&agent->roster.agents->door, &booked_ns,
							free_ns, memory_order_relaxed,
							memory_order_relaxed);
}

void agent_door_leave(struct entrain_agent *agent, int64_t now_ns)
{
	if (!agent->door_ns) {
		agent->turn_ns = now_ns;
		agent->delay_ns = 0;
	} else if (agent->turn_ns > now_ns) {
		/* Its wait was ended: by a cancel, by a signal, by the operator. */
		agent->turn_ns = now_ns;
		agent->delay_ns = now_ns > agent->door_ns ? now_ns - agent->door_ns : 0;
	}
	agent->door_ns = 0;
}

uint32_t agent_door_suspect(const struct entrain_agent *agent, uint32_t count, int64_t now_ns)
{
	const struct peer *peers = agent->scratch->peers;

	for (uint64_t i = agent->turns; i < agent->turns + count; i++) {
		const struct peer *peer = &peers[i % count];

		if (peer->period_ns > 0 && peer->period_ns <= PERIOD_MAX_NS &&
		    peer->next_ns < now_ns &&
		    now_ns - peer->next_ns > DOOR_SILENT_PERIODS * peer->period_ns)
			return peer->index;
	}
	return DECIDE_NOBODY;
}
