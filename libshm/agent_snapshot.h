/* SPDX-License-Identifier: MIT */
/* agent_snapshot.h - what an agent sees of the others: one pass over the slots, or over those of its neighbours. */
#ifndef ENTRAIN_AGENT_SNAPSHOT_H
#define ENTRAIN_AGENT_SNAPSHOT_H

#include <stdint.h>
#include "layout.h"
#include "measure.h"
#include "strategy/decide.h"

struct entrain_agent;

/* Memory of the step. */
struct scratch {
	size_t size;
	void *rule; /* of decide() */
	struct peer peers[ENTRAIN_CAPACITY_MAX];
	struct measured measured[ENTRAIN_CAPACITY_MAX];
	uint64_t words[MEASURE_WORDS * ENTRAIN_CAPACITY_MAX];
};

/* Follow the topology that control names: once a turn, before the snapshot. System calls only where it is another one. */
void agent_follow(struct entrain_agent *agent, int64_t now_ns);

/*
 * Read every other slot that this agent sees, once, into scratch->peers; how many. Counts their actions in progress on the way:
 * `acting`. O(agents alive), plus a word for 64 slots of capacity; O(neighbours) where the topology has them.
 */
uint32_t agent_snapshot(struct entrain_agent *agent, int64_t now_ns, uint32_t *acting);

/*
 * How many others act, neighbours or not: what a snapshot in a graph does not tell. O(agents alive), a word of each and the slots
 * of those who act.
 */
uint32_t agent_acting(const struct entrain_agent *agent, int64_t now_ns);

#endif
