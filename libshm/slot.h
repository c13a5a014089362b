/* SPDX-License-Identifier: MIT */
/*
 * slot.h - one slot: claimed, published, read, released, each at any moment of a death.
 *
 *	operation x operation: what needs outside synchronisation
 *
 *	                claim   publish  set     read   release  free
 *	claim           no      no       no      no     no       no      others' slots
 *	publish, set            owner    owner   no     owner    no      owner: one thread at a time
 *	read                                     no     no       no
 *
 * Ordered accesses; the tests are tests/unit/test_slot.c, tests/process/test_kill_sweep.c, tests/model/slot.pml:
 *
 *	id    where                           publishes                 pairs with
 *	[S1]  slot_claim: version CAS acq_rel  that the slot is taken    [S5]; a killed claimer is reaped by its pid
 *	[S2]  word_replace: CAS release        one word, from what it    [S2] of a later owner's claim pass
 *	                                      was last seen to hold
 *	[S3]  slot_publish: fence release      earlier flips before new  [S6]
 *	                                      words in the old copy
 *	[S4]  slot_publish: version CAS acq_rel the copy filled before   [S5]
 *	[S5]  slot_read: version acquire       -                         [S4], [S1]
 *	[S6]  slot_read: fence acquire         -                         [S3]
 *	[S7]  slot_release, slot_free: CAS     that the slot is free     [S1] of the next owner
 *	[S8]  agent.c: acting, fence seq_cst,  "acting" before the scan  [S8] of the others: of two that begin at once
 *	      scan                            of the others             at least one sees the other
 */
#ifndef ENTRAIN_SLOT_H
#define ENTRAIN_SLOT_H

#include <stdbool.h>
#include "layout.h"

/* What one turn publishes. */
struct slot_turn {
	int64_t cur_ns, next_ns;
	int64_t period_ns, work_ns, delay_ns;
	uint64_t status, topology; /* packed as SHM_STATUS_*, COPY_TOPOLOGY */
};

/* The owner's side of a slot: what it last saw in each word, private to the process. */
struct slot_owner {
	struct shm_slot *slot;
	uint64_t version;
	bool fenced; /* the slot is somebody else's now: never touched again */
	uint64_t acting;
	uint64_t word[2][COPY_WORDS];
	uint64_t fact[FACT_WORDS];
	uint64_t rhythm;
	uint64_t barrier;
	bool barrier_open; /* the round that it has reached is not passed yet */
};

/* A slot as a reader saw it, whole. */
struct slot_view {
	uint64_t version;
	int64_t began_ns; /* last action, as far as any; or instant of the claim */
	bool acting;
	struct slot_turn turn;
};

enum slot_result {
	SLOT_READ,   /* view is whole */
	SLOT_FREE,   /* nobody's */
	SLOT_EMPTY,  /* claimed, nothing published yet; view->version is set */
	SLOT_GARBLED /* words that name another writer, or changing all the time: a liar's */
};

/*
 * Claim a free slot for `pid`. True: it is ours, every word of it names us, nothing is published. False: somebody
 * else was faster, or took it from us meanwhile.
 * Killed here: after [S1] the pid in version lets others prove the owner dead; before it nothing happened.
 */
bool slot_claim(struct slot_owner *owner, struct shm_slot *slot, uint32_t pid, int64_t now_ns);

/* Publish one turn. False: fenced. Killed anywhere: the old copy stays whole and selected. */
bool slot_publish(struct slot_owner *owner, const struct slot_turn *turn);

/* Say when its last action began, and whether it is still acting. False: fenced. */
bool slot_set_acting(struct slot_owner *owner, int64_t began_ns, bool acting);

/* Set one word of identity or statistics (48 bits). False: fenced. */
bool slot_set_fact(struct slot_owner *owner, enum shm_fact_word which, uint64_t value);

/* Say which round of the barrier it has reached; 0: takes no part. False: fenced. See barrier.h for the order. */
bool slot_set_barrier(struct slot_owner *owner, uint64_t value);

/* Say what the host comes by, packed as SHM_RHYTHM_*. False: fenced. And read it; 0 if it does not name the owner of `version`. */
bool slot_set_rhythm(struct slot_owner *owner, uint64_t value);
uint64_t slot_rhythm(const struct shm_slot *slot, uint64_t version);

/* Free the own slot. Fenced afterwards. */
void slot_release(struct slot_owner *owner);

/* Free somebody's slot that was seen with `version`: proven dead, or silent too long in a full swarm. False:
 * it has changed since. */
bool slot_free(struct shm_slot *slot, uint64_t version);

/* Is the slot still ours? */
bool slot_owned(const struct slot_owner *owner);

/* Read one fact; 0 if it does not name the owner of `version`. */
uint64_t slot_fact(const struct shm_slot *slot, uint64_t version, enum shm_fact_word which);

/* Names as tagged words of 6 bytes, and back; `text` has room for 6 * words + 1 bytes and is printable. */
uint64_t fact_from_text(const char *text, unsigned word);
void fact_to_text(const uint64_t *values, unsigned words, char *text);

static inline bool tag_matches(uint64_t word, uint64_t version)
{
	return word >> SHM_VALUE_BITS == (version_incarnation(version) & 0xffff);
}

/* Read one slot; instants are those nearest to now_ns. Wait-free: gives up (SLOT_GARBLED) after SLOT_READ_TRIES changes under its eyes; an honest owner
 * publishes once a period. Inline: a step reads every slot. */
#define SLOT_READ_TRIES 8

__attribute__((always_inline)) static inline enum slot_result
slot_read(const struct shm_slot *slot, int64_t now_ns, struct slot_view *view)
{
	for (int tries = 0; tries < SLOT_READ_TRIES; tries++) {
		/* [S5] acquire: the copy that this version selects is complete. Pairs with [S4]. */
		uint64_t version = atomic_load_explicit(&slot->version, memory_order_acquire),
			 word[COPY_WORDS];
		const struct shm_copy *copy = &slot->copy[version & 1];
		uint64_t acting, tags;

		view->version = version;
		if (version_pid(version) == 0)
			return SLOT_FREE;
		if (version_sequence(version) == 0)
			return SLOT_EMPTY;
		acting = atomic_load_explicit(&slot->acting, memory_order_relaxed);
		tags = acting ^ tagged_make(version, 0);
#pragma GCC unroll 8
		for (int i = 0; i < COPY_WORDS; i++) {
			word[i] = atomic_load_explicit(&copy->word[i], memory_order_relaxed);
			tags |= word[i] ^ tagged_make(version, 0);
		}
		/* [S6] acquire: the words above were read before the version below. Pairs with [S3]. */
		atomic_thread_fence(memory_order_acquire);
		if (__builtin_expect(atomic_load_explicit(&slot->version, memory_order_relaxed) !=
					     version,
				     0))
			continue;
		if (tags >> SHM_VALUE_BITS)
			return SLOT_GARBLED;
		view->acting = acting & 1;
		view->began_ns = acting_began_ns(acting, now_ns);
		view->turn.cur_ns =
			instant_unpack(tagged_value(word[COPY_CUR]), SHM_VALUE_BITS, now_ns);
		view->turn.next_ns =
			instant_unpack(tagged_value(word[COPY_NEXT]), SHM_VALUE_BITS, now_ns);
		view->turn.period_ns = (int64_t)tagged_value(word[COPY_PERIOD]);
		view->turn.work_ns = (int64_t)tagged_value(word[COPY_WORK]);
		view->turn.delay_ns = (int64_t)tagged_value(word[COPY_DELAY]);
		view->turn.status = tagged_value(word[COPY_STATUS]);
		view->turn.topology = tagged_value(word[COPY_TOPOLOGY]);
		return SLOT_READ;
	}
	return SLOT_GARBLED;
}

#endif
