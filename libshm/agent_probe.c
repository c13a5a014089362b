/* SPDX-License-Identifier: MIT */
/* agent_probe.c - after publishing: at most one slot is looked up a turn, and freed if its owner is proven dead. */
#include "agent.h"

void agent_probe_silent(const struct entrain_agent *agent, uint32_t suspect, int64_t now_ns)
{
	struct slot_view view;

	if (suspect == DECIDE_NOBODY || suspect >= agent->roster.capacity ||
	    slot_read(&agent->roster.slots[suspect], now_ns, &view) != SLOT_READ ||
	    view.turn.next_ns > agent->cur_ns)
		return;
	roster_free_dead(&agent->roster, process_identity(), suspect, view.version);
}

void agent_probe_doubtful(const struct entrain_agent *agent, const struct peer *peers,
			  uint32_t count)
{
	uint32_t index = agent->doubt;
	uint64_t version;

	for (uint64_t i = agent->turns; i < agent->turns + count && index == DECIDE_NOBODY; i++)
		if (peers[i % count].flags & PEER_IMPLAUSIBLE)
			index = peers[i % count].index;
	if (index == DECIDE_NOBODY)
		return;
	version = atomic_load_explicit(&agent->roster.slots[index].version, memory_order_relaxed);
	roster_free_dead(&agent->roster, process_identity(), index, version);
}
