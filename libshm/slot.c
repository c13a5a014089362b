/* SPDX-License-Identifier: MIT */
/* slot.c - one slot: claimed, published, read, released, each at any moment of a death. */
#include "slot.h"
#include <string.h>
#include "mark.h"

void (*mark_hook)(const char *function, int line);

/* A liar that rewrites our words all the time costs us this many tries, then the slot. */
#define REPLACE_TRIES 64

bool slot_owned(const struct slot_owner *owner)
{
	return !owner->fenced &&
	       atomic_load_explicit(&owner->slot->version, memory_order_acquire) == owner->version;
}

/*
 * Replace a word of the own slot, from the value last seen in it. A former owner fails here for ever: the successor
 * has replaced the word by one that names itself.
 */
static bool word_replace(struct slot_owner *owner, _Atomic uint64_t *word, uint64_t *seen,
			 uint64_t value)
{
	for (int tries = 0; tries < REPLACE_TRIES; tries++) {
		/* [S2] release, on failure acquire: if the successor's value is seen, so is its version. */
		if (atomic_compare_exchange_strong_explicit(word, seen, value, memory_order_release,
							    memory_order_acquire)) {
			*seen = value;
			return true;
		}
		if (!slot_owned(owner))
			break;
	}
	owner->fenced = true;
	return false;
}

/*
 * First sight of a word after claiming: load it, then make sure that the slot was still ours after the load. In
 * this order a value seen cannot be a successor's.
 */
static bool word_take(struct slot_owner *owner, _Atomic uint64_t *word, uint64_t *seen,
		      uint64_t value)
{
	*seen = atomic_load_explicit(word, memory_order_acquire);
	MARK();
	if (!slot_owned(owner)) {
		owner->fenced = true;
		return false;
	}
	MARK();
	return word_replace(owner, word, seen, value);
}

bool slot_claim(struct slot_owner *owner, struct shm_slot *slot, uint32_t pid, int64_t now_ns)
{
	uint64_t version = atomic_load_explicit(&slot->version, memory_order_relaxed), mine, none;

	if (version_pid(version) != 0 || pid == 0 || pid > SHM_PID_MAX)
		return false;
	memset(owner, 0, sizeof(*owner));
	owner->slot = slot;
	mine = version_make(pid, version_incarnation(version) + 1, 0);
	/* [S1] acquire: what the former owner wrote is seen; release: nothing of ours before. Killed here: the pid in
	 * the word lets anyone prove us dead. */
	if (!atomic_compare_exchange_strong_explicit(&slot->version, &version, mine,
						     memory_order_acq_rel, memory_order_relaxed))
		return false;
	MARK();
	owner->version = mine;
	none = tagged_make(mine, 0);
	/* Acting first: it says when the claim was made, for those who wonder whether it will ever be finished. */
	if (!word_take(owner, &slot->acting, &owner->acting, acting_make(mine, now_ns, false)))
		return false;
	for (int i = 0; i < FACT_WORDS; i++)
		if (!word_take(owner, &slot->fact[i], &owner->fact[i], none))
			return false;
	if (!word_take(owner, &slot->barrier, &owner->barrier, none) ||
	    !word_take(owner, &slot->rhythm, &owner->rhythm, none))
		return false;
	for (int c = 0; c < 2; c++)
		for (int i = 0; i < COPY_WORDS; i++)
			if (!word_take(owner, &slot->copy[c].word[i], &owner->word[c][i], none))
				return false;
	return true;
}

bool slot_publish(struct slot_owner *owner, const struct slot_turn *turn)
{
	uint64_t version = owner->version, next = version_next(version);
	int c = (int)(next & 1);
	struct shm_copy *copy = &owner->slot->copy[c];
	const uint64_t value[COPY_WORDS] = {
		[COPY_CUR] = tagged_instant(version, turn->cur_ns),
		[COPY_NEXT] = tagged_instant(version, turn->next_ns),
		[COPY_PERIOD] = tagged_duration(version, turn->period_ns),
		[COPY_WORK] = tagged_duration(version, turn->work_ns),
		[COPY_DELAY] = tagged_duration(version, turn->delay_ns),
		[COPY_STATUS] = tagged_make(version, turn->status),
		[COPY_TOPOLOGY] = tagged_make(version, turn->topology),
	};

	if (owner->fenced)
		return false;
	/* [S3] release: a reader that sees one of the words below also sees the flip before it, and so that the copy it
	 * reads is not the valid one any more. Pairs with [S6]. */
	atomic_thread_fence(memory_order_release);
	for (int i = 0; i < COPY_WORDS; i++)
		if (!word_replace(owner, &copy->word[i], &owner->word[c][i], value[i]))
			return false;
	/* [S4] release: the copy is complete; the compare proves that we still own the slot. Pairs with [S5]. Killed
	 * before it: the old copy stays whole and selected. */
	if (!atomic_compare_exchange_strong_explicit(&owner->slot->version, &version, next,
						     memory_order_acq_rel, memory_order_relaxed)) {
		owner->fenced = true;
		return false;
	}
	owner->version = next;
	return true;
}

bool slot_set_acting(struct slot_owner *owner, int64_t began_ns, bool acting)
{
	return !owner->fenced && word_replace(owner, &owner->slot->acting, &owner->acting,
					      acting_make(owner->version, began_ns, acting));
}

bool slot_set_fact(struct slot_owner *owner, enum shm_fact_word which, uint64_t value)
{
	uint64_t word = tagged_make(owner->version, value > SHM_VALUE_MAX ? SHM_VALUE_MAX : value);

	if (owner->fenced)
		return false;
	if (owner->fact[which] == word) /* nothing new to say */
		return true;
	return word_replace(owner, &owner->slot->fact[which], &owner->fact[which], word);
}

bool slot_set_barrier(struct slot_owner *owner, uint64_t value)
{
	return !owner->fenced && word_replace(owner, &owner->slot->barrier, &owner->barrier,
					      tagged_make(owner->version, value));
}

bool slot_set_rhythm(struct slot_owner *owner, uint64_t value)
{
	uint64_t word = tagged_make(owner->version, value);

	if (owner->fenced)
		return false;
	return owner->rhythm == word ||
	       word_replace(owner, &owner->slot->rhythm, &owner->rhythm, word);
}

uint64_t slot_rhythm(const struct shm_slot *slot, uint64_t version)
{
	uint64_t word = atomic_load_explicit(&slot->rhythm, memory_order_relaxed);

	return tag_matches(word, version) ? tagged_value(word) : 0;
}

void slot_release(struct slot_owner *owner)
{
	if (!owner->fenced)
		slot_free(owner->slot, owner->version);
	owner->fenced = true;
}

bool slot_free(struct shm_slot *slot, uint64_t version)
{
	/* [S7] release: what the owner wrote comes before. The incarnation stays, so that the next owner's differs. */
	return atomic_compare_exchange_strong_explicit(
		&slot->version, &version,
		version_make(0, version_incarnation(version), version_sequence(version)),
		memory_order_acq_rel, memory_order_relaxed);
}

uint64_t slot_fact(const struct shm_slot *slot, uint64_t version, enum shm_fact_word which)
{
	uint64_t word = atomic_load_explicit(&slot->fact[which], memory_order_relaxed);

	return tag_matches(word, version) ? tagged_value(word) : 0;
}

uint64_t fact_from_text(const char *text, unsigned word)
{
	size_t length = text ? strlen(text) : 0;
	uint64_t value = 0;

	for (unsigned i = 0; i < 6; i++) {
		size_t at = word * 6 + i;

		if (at < length)
			value |= (uint64_t)(unsigned char)text[at] << (8 * i);
	}
	return value;
}

void fact_to_text(const uint64_t *values, unsigned words, char *text)
{
	for (unsigned i = 0; i < words * 6; i++) {
		unsigned char c = (unsigned char)(values[i / 6] >> (8 * (i % 6)));

		if (c == 0)
			break;
		*text++ = c < 0x20 || c > 0x7e ? '?' : (char)c;
	}
	*text = '\0';
}
