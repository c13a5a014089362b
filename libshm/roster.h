/* SPDX-License-Identifier: MIT */
/* roster.h - which slots are occupied: claim the lowest free one, walk the occupied ones, free the dead. */
#ifndef ENTRAIN_ROSTER_H
#define ENTRAIN_ROSTER_H

#include "liveness.h"
#include "slot.h"

struct roster {
	struct shm_agents *agents;
	struct shm_slot *slots;
	uint32_t capacity;
};

/*
 * Claim the lowest free slot for `self`, with its identity written. If there is none, free those of the proven dead (all of
 * them, or with `hurry` a few, others at each call) and
 * try again; if there is still none, take the slot that has been silent longest, if that is over 10 periods and 60 s.
 * Returns its index, or -1: full.
 */
long roster_claim(const struct roster *roster, const struct identity *self, int64_t now_ns,
		  bool hurry, struct slot_owner *owner);

/* The same, but nobody is looked up: no system call. Where it is full, the longest silent slot is taken all the same. */
long roster_claim_free(const struct roster *roster, const struct identity *self, int64_t now_ns,
		       struct slot_owner *owner);

/* The next slot after this one, or before it, that is probably occupied, round the circle of all; `slot` itself if there is none. */
uint32_t roster_beside(const struct roster *roster, uint32_t slot, bool before);

/* Free the slots of the program image before this one (exec keeps pid and start time): those of our pid, start time and
 * namespace, but of another image. */
void roster_release_former(const struct roster *roster, const struct identity *self);

/* Whose slot this is, as its words say. */
struct identity slot_identity(const struct shm_slot *slot, uint64_t version);

/* Free every slot whose owner is proven dead. `released` and `unproven` (silent, but not provable) are counted. */
void roster_reap(const struct roster *roster, const struct identity *self, int64_t now_ns,
		 uint32_t *released, uint32_t *unproven);

/*
 * Claims whose owner died, or was stopped, before it wrote the first word: nothing says how old they are but looking twice. The
 * first call, with count 0, only looks; the next, a second or more later, frees those that are still the same.
 */
#define UNDATED_MOST 64
struct undated {
	uint32_t count;
	uint32_t index[UNDATED_MOST];
	uint64_t version[UNDATED_MOST];
};
uint32_t roster_reap_undated(const struct roster *roster, struct undated *undated);

/* What can be said of the owner of a slot that was seen with `version`. */
enum liveness roster_probe(const struct roster *roster, const struct identity *self, uint32_t index,
			   uint64_t version);

/* A claim that has published nothing, and was made more than its lease ago as far as its words say. */
bool roster_claim_old(const struct roster *roster, uint32_t index, uint64_t version,
		      int64_t now_ns);

/*
 * A claim that published nothing within the lease is given up, unless its owner is proven alive by pid and start time. An
 * owner who was only stopped there finds itself fenced, and claims again.
 */
bool roster_claim_given_up(const struct roster *roster, const struct identity *self, uint32_t index,
			   uint64_t version, int64_t now_ns);

/* Free a slot of a proven dead owner. False: it changed since. */
bool roster_free(const struct roster *roster, uint32_t index, uint64_t version);

/* Free a slot seen with `version` if its owner is proven dead. */
bool roster_free_dead(const struct roster *roster, const struct identity *self, uint32_t index,
		      uint64_t version);

/* The hint says occupied, the slot is free: correct it. */
void roster_unmark(const struct roster *roster, uint32_t index);

/* Give back the own slot. */
void roster_release(const struct roster *roster, uint32_t index, struct slot_owner *owner);

/*
 * On the way through the slots that are probably occupied, the lowest first. O(occupied), plus a word for 64 slots of capacity.
 * What comes and goes meanwhile is met or not.
 */
struct roster_walk {
	const _Atomic uint64_t *words;
	uint64_t word; /* of the 64 slots from `base` on: those still to come */
	uint32_t base, capacity;
};

static inline struct roster_walk roster_walk(const struct roster *roster)
{
	struct roster_walk walk = { .words = roster->agents->occupied,
				    .capacity = roster->capacity };

	walk.word = atomic_load_explicit(walk.words, memory_order_relaxed);
	return walk;
}

/* The next of them. False: there is none any more. */
static inline bool roster_next(struct roster_walk *walk, uint32_t *index)
{
	while (__builtin_expect(!walk->word, 0)) {
		walk->base += 64;
		if (walk->base >= walk->capacity)
			return false;
		walk->word =
			atomic_load_explicit(&walk->words[walk->base / 64], memory_order_relaxed);
	}
	*index = walk->base + (uint32_t)__builtin_ctzll(walk->word);
	walk->word &= walk->word - 1;
	return *index < walk->capacity;
}

/* The owner's repair of the hint, once a turn. */
static inline void roster_mark(const struct roster *roster, uint32_t index)
{
	_Atomic uint64_t *word = &roster->agents->occupied[index / 64];
	uint64_t bit = UINT64_C(1) << (index % 64);

	/* [R1] seq_cst: the claim before is out before the bit is looked at. Pairs with [R1] in roster_unmark(): of a claimer
	 * that sets and a reaper that clears, at least one sees the other. */
	atomic_thread_fence(memory_order_seq_cst);
	if (!(atomic_load_explicit(word, memory_order_relaxed) & bit))
		atomic_fetch_or_explicit(word, bit, memory_order_relaxed);
}

#endif
