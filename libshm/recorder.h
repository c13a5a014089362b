/* SPDX-License-Identifier: MIT */
/*
 * recorder.h - the flight recorder of one agent: a ring of events of its slot, continued by the slot's next owner.
 *
 *	operation x operation: what needs outside synchronisation
 *
 *	                open    note    read
 *	open, note      owner   owner   no       the slot's owner: one thread at a time
 *	read                            no
 *
 * Ordered accesses; the test is tests/unit/test_recorder.c:
 *
 *	id    where                            publishes                pairs with
 *	[E1]  recorder_note: what, CAS release  when, before what        [E1] in recorder_read(): what, acquire
 *	[E2]  recorder_note: when, CAS release  that what was cleared    [E2] in recorder_read(): when, acquire: who sees
 *	                                        before                   the new instant does not see the old what after it
 *	[E3]  word_put: load acquire            -                        [S1]: who sees a successor's word sees its version
 *
 * Killed before the first word of an event was cleared: nothing happened. After it was cleared, or after when: the
 * event is lost, and with it the oldest, whose place it takes. After what: it is whole. In each case the other events are
 * whole, and the next owner goes on behind the newest of them.
 *
 * A former owner who wakes up in the middle of an event cannot spoil the successor's: like all words of a slot, these
 * are replaced by a compare-and-swap from a value that was loaded before the slot was seen to be still ours, which
 * fails once the successor has put a word of its own there. What it may finish is the one event that it was writing, in
 * a place that the successor has not written yet; that event names its owner and its instant like any other, and the
 * successor goes on behind it or over it.
 */
#ifndef ENTRAIN_RECORDER_H
#define ENTRAIN_RECORDER_H

#include <stdbool.h>
#include "layout.h"

/* The longest. */
#define RING_MOST SHM_RING_EVENTS

/* The events of one slot. The slots that are claimed first have long rings, each of the others what fits into it. */
struct ring {
	struct shm_event *event;
	unsigned length;
};

static inline unsigned ring_length(uint32_t slot)
{
	return slot < SHM_RINGS ? SHM_RING_EVENTS : SHM_SLOT_EVENTS;
}

static inline struct ring ring_of(struct shm_agents *agents, struct shm_slot *slots, uint32_t slot)
{
	return (struct ring){ slot < SHM_RINGS ? agents->ring[slot] : slots[slot].event,
			      ring_length(slot) };
}

/* The owner's side of the ring, private to the process. Zeroed: records nothing. */
struct recorder {
	struct ring ring;
	const struct shm_slot *slot;
	uint64_t version; /* of the claim: pid and incarnation count */
	unsigned at;      /* where the next event goes */
	uint8_t number;   /* its number */
};

/* One event as a reader saw it, whole. */
struct recorded {
	int64_t when_ns;
	uint32_t kind, value; /* enum entrain_event_kind, but for a liar's */
	uint16_t tag;         /* of the owner who wrote it, as in every word of the slot */
	uint8_t number;
};

/* Go on where the slot's ring stands, after a claim that made `version`. Whatever is in the ring, events follow. */
void recorder_open(struct recorder *recorder, struct ring ring, const struct shm_slot *slot,
		   uint64_t version);

/* Write one event over the oldest. Bounded, no system call; nothing is written once the slot is somebody else's. Lost
 * if somebody else keeps writing the same words. */
void recorder_note(struct recorder *recorder, int64_t now_ns, enum entrain_event_kind kind,
		   uint32_t value);

/* Read the event at `index` < ring.length. False: there is none, or it is being written again and again. */
bool recorder_read(struct ring ring, unsigned index, int64_t now_ns, struct recorded *event);

/* An event from its words, what read before and after when. False: none, or not of one piece. */
bool recorded_take(uint64_t what, uint64_t when, uint64_t what_after, int64_t now_ns,
		   struct recorded *event);

/* Where a ring of 1 to RING_MOST events stands: the place of its newest event, or -1 if it is empty. */
int recorder_newest(const uint64_t *what, unsigned length);

#endif
