/* SPDX-License-Identifier: MIT */
/* agent_snapshot.c - what an agent sees of the others: one pass over the slots, or over those of its neighbours. */
#include "agent_snapshot.h"
#include <errno.h>
#include <sys/mman.h>
#include "agent.h"

struct scratch *scratch_make(void)
{
	size_t rule_size = decide_scratch_size(ENTRAIN_CAPACITY_MAX);
	size_t size = sizeof(struct scratch) + 64 + rule_size;
	struct scratch *scratch = mmap(NULL, size, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (scratch == MAP_FAILED)
		return NULL;
	scratch->size = size;
	scratch->rule = (void *)(((uintptr_t)(scratch + 1) + 63) & ~(uintptr_t)63);
	return scratch;
}

void scratch_free(struct scratch *scratch)
{
	if (scratch)
		munmap(scratch, scratch->size);
}

struct measured *scratch_measured(struct scratch *scratch, uint64_t **words)
{
	*words = scratch->words;
	return scratch->measured;
}

/* A slot that cannot be read: one of them, another at each turn, is looked up if nobody is overdue. Of claims that have
 * published nothing only those that should have long since. */
static void doubt(struct entrain_agent *agent, uint32_t index, uint64_t version, int64_t now_ns)
{
	if (version_sequence(version) == 0 &&
	    !roster_claim_old(&agent->roster, index, version, now_ns))
		return;
	if (agent->doubt == DECIDE_NOBODY || (index ^ agent->turns) % 7 == 0)
		agent->doubt = index;
}

/* Whoever claims to act for ever does not. */
static bool acts(const struct slot_view *view, int64_t now_ns)
{
	return view->acting && view->began_ns <= now_ns &&
	       now_ns - view->began_ns <= view->turn.period_ns;
}

/* Read one slot into the snapshot. What names another writer than its slot's owner is a liar's and left out. */
static uint32_t peer_take(struct entrain_agent *agent, uint32_t index, int64_t now_ns,
			  struct peer *peer, uint32_t *acting)
{
	struct slot_view view;
	enum slot_result result = slot_read(&agent->roster.slots[index], now_ns, &view);

	if (result != SLOT_READ) {
		if (result == SLOT_FREE)
			roster_unmark(&agent->roster, index); /* or the hint costs for ever */
		else
			doubt(agent, index, view.version, now_ns);
		return 0;
	}
	*acting += acts(&view, now_ns);
	*peer = (struct peer){ .cur_ns = view.turn.cur_ns,
			       .next_ns = view.turn.next_ns,
			       .period_ns = view.turn.period_ns,
			       .work_ns = view.turn.work_ns,
			       .delay_ns = view.turn.delay_ns,
			       .index = index,
			       .pattern = (uint8_t)SHM_STATUS_PATTERN(view.turn.status),
			       .way = (uint16_t)SHM_STATUS_WAY(view.turn.status) };
	return 1;
}

/*
 * A ring is one of the agents that there are: half of `degree` before and half after this one, free slots passed over. Who joins
 * is in it, whatever its slot is, and where somebody has gone the ring closes.
 */
static uint32_t ring_take(struct entrain_agent *agent, uint32_t degree, int64_t now_ns,
			  uint32_t *acting)
{
	const uint32_t capacity = agent->roster.capacity;
	uint32_t count = 0, after = 0;

	for (int before = 0; before < 2; before++) {
		uint32_t at = agent->index, gone = 0, taken = 0;

		while (taken < (degree + 1) / 2) {
			uint32_t next = roster_beside(&agent->roster, at, before);
			uint32_t way = before ? at - next : next - at;

			if (next == at)
				way = capacity;
			else if (way > capacity)
				way += capacity;
			gone += way;
			/* Round: at itself again, or at those on the other side. */
			if (gone + after >= capacity)
				break;
			at = next;
			taken += peer_take(agent, at, now_ns, &agent->scratch->peers[count + taken],
					   acting);
		}
		count += taken;
		after = gone;
	}
	return count;
}

/* The neighbours in the topology. False: this agent sees all. */
static bool neighbours_take(struct entrain_agent *agent, int64_t now_ns, uint32_t *acting,
			    uint32_t *count)
{
	const uint32_t *neighbours;
	struct view_read read;
	uint32_t length, degree;
	bool found, ring;

	view_enter(&agent->mapping->view, &read);
	ring = view_ring(read.view, &degree);
	found = !ring && view_row(read.view, agent->index, &neighbours, &length);
	*count = 0;
	for (uint32_t i = 0; found && i < length; i++) {
		uint32_t index = neighbours[i];

		if (index != agent->index && index < agent->roster.capacity)
			*count += peer_take(agent, index, now_ns, &agent->scratch->peers[*count],
					    acting);
	}
	view_leave(&read);
	if (ring)
		*count = ring_take(agent, degree, now_ns, acting);
	return found || ring;
}

uint32_t agent_snapshot(struct entrain_agent *agent, int64_t now_ns, uint32_t *acting)
{
	struct roster_walk walk = roster_walk(&agent->roster);
	uint32_t count = 0, index;

	agent->doubt = DECIDE_NOBODY;
	agent->graph = !agent->sealed && neighbours_take(agent, now_ns, acting, &count);
	if (agent->graph)
		return count;
	while (roster_next(&walk, &index))
		if (index != agent->index)
			count += peer_take(agent, index, now_ns, &agent->scratch->peers[count],
					   acting);
	return count;
}

uint32_t agent_acting(const struct entrain_agent *agent, int64_t now_ns)
{
	struct roster_walk walk = roster_walk(&agent->roster);
	uint32_t count = 0, index;

	while (roster_next(&walk, &index)) {
		const struct shm_slot *slot = &agent->roster.slots[index];
		struct slot_view view;

		/* Of those at rest, which are nearly all, one word. [S8] relaxed: the fence of who begins came before. */
		if (index != agent->index &&
		    atomic_load_explicit(&slot->acting, memory_order_relaxed) & 1)
			count += slot_read(slot, now_ns, &view) == SLOT_READ && acts(&view, now_ns);
	}
	return count;
}

void agent_follow(struct entrain_agent *agent, int64_t now_ns)
{
	struct view_cell *cell = &agent->mapping->view;
	uint64_t generation, word;
	int failed;

	if (agent->sealed) {
		word = view_word(&agent->mapping->segment);
		generation = SHM_TOPOLOGY_GENERATION(word);
		failed = SHM_TOPOLOGY_KIND(word) == TOPOLOGY_FULL ? 0 : EPERM;
	} else {
		view_follow(cell, &agent->mapping->segment);
		generation = view_generation(cell);
		failed = view_failed(cell);
	}
	if (agent->joined && (generation != agent->generation || agent->cannot_follow != !!failed))
		recorder_note(&agent->recorder, now_ns,
			      failed ? ENTRAIN_EVENT_CANNOT_FOLLOW : ENTRAIN_EVENT_TOPOLOGY,
			      failed ? (uint32_t)failed : (uint32_t)generation);
	agent->generation = generation;
	agent->cannot_follow = failed != 0;
}
