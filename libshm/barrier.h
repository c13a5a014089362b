/* SPDX-License-Identifier: MIT */
/*
 * barrier.h - rounds of a barrier, derived from one word of each participant.
 *
 * An agent's word says which round it has reached; 0: it takes no part. A round is passed when nobody who takes part is
 * behind it. So those who take part are at most one round apart, and whoever leaves, or is freed because it died, is
 * waited for no longer.
 *
 * A newcomer says BARRIER_ENTERING first: from then on nobody passes a round without it, so that the rounds which it reads stand
 * still but for one step of each. Newcomers enter one at a time, by Lamport's one-bit rule over their slots (the lower
 * goes first): else two could find the last participant and nobody, and begin far apart. tests/model/barrier.pml has both.
 *
 *	id    where                           publishes                  pairs with
 *	[B1]  say() in agent_barrier.c: CAS   a round reached, entering, [B1] of the others: of two that publish at once at least
 *	      release, fence seq_cst, scan    or gone, before the scan   one sees the other. Killed after the CAS: the word
 *	                                      of the others              counts until the slot is freed; before: nothing
 *	[B2]  barrier_find: word acquire,     -                          [S2]; the word is read before version: one that names
 *	      then version                                               version's owner was its owner's when it was read
 *	[B3]  barrier_ring: bell + 1 seq_cst, that words have changed    [B3] barrier_listen before a scan. Killed before it, or between
 *	      wake                                                       it and the wake: the others look again within 10 ms
 *	[B4]  barrier_mark: high, CAS         that slots up to here may  [B1]: it comes before the word. It never goes back, so a
 *	                                      take part                  death anywhere costs a longer scan at worst
 */
#ifndef ENTRAIN_BARRIER_H
#define ENTRAIN_BARRIER_H

#include "slot.h"

#define BARRIER_ENTERING SHM_VALUE_MAX
/* Greater rounds are a liar's: ten million rounds a second take five months to get there. */
#define BARRIER_ROUND_MAX (UINT64_C(1) << 47)
#define BARRIER_ANYBODY UINT32_MAX

/* What all participants have in common: hints. Nothing is derived from either. */
struct shm_barrier {
	_Atomic uint32_t bell; /* a futex: changes when somebody may go on */
	_Atomic uint32_t high; /* no slot from this one on has ever taken part */
};

static inline struct shm_barrier *barrier_of(struct shm_agents *agents)
{
	return (struct shm_barrier *)(void *)agents->reserved2;
}

/* The slots as one who takes part sees them. */
struct barrier {
	const struct shm_slot *slots;
	uint32_t limit; /* how many to look at */
	uint32_t self;  /* not looked at */
};

/* Whom one waits for. */
struct barrier_want {
	uint64_t round;        /* whoever is one behind this round; 0: nobody */
	uint32_t above, below; /* whoever is entering in a slot from `above` on and below `below` */
};

/* Somebody who is waited for, as the slot was seen. */
struct barrier_laggard {
	uint32_t index;
	uint64_t version;
};

/* Slots to look at, of `capacity` that there are. */
uint32_t barrier_limit(struct shm_agents *agents, uint32_t capacity);

/* Make sure that the others look at slot `index`. */
void barrier_mark(struct shm_agents *agents, uint32_t index);

/* The first who is waited for, from slot `from` on and around. False: nobody is. */
bool barrier_find(const struct barrier *barrier, const struct barrier_want *want, uint32_t from,
		  struct barrier_laggard *laggard);

/*
 * The round that a newcomer enters in: the one that the others have not all reached yet, or the next one; 1 if there are no others. Rounds far
 * from those of most are left out: Boyer and Moore's majority vote (1981), where values close together support each other.
 */
uint64_t barrier_entry(const struct barrier *barrier);

/* How many have reached `round`, and so wait, with oneself; `rank` of them are in lower slots. */
uint32_t barrier_waiting(const struct barrier *barrier, uint64_t round, uint32_t *rank);

/* The bell, before looking. */
uint32_t barrier_listen(struct shm_agents *agents);

/* Sleep until the bell changes from what it was, at most `timeout_ns`; or less. */
void barrier_sleep(struct shm_agents *agents, uint32_t bell, int64_t timeout_ns);

/* Wake all who sleep: their word or slot that they wait for may have changed. */
void barrier_ring(struct shm_agents *agents);

#endif
