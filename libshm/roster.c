/* SPDX-License-Identifier: MIT */
/* roster.c - which slots are occupied: claim the lowest free one, walk the occupied ones, free the dead. */
#include "roster.h"
#include <stdlib.h>
#include "mark.h"

/* A claim that has published nothing after this long, by a process that cannot be probed, is given up. */
#define CLAIM_LEASE_NS INT64_C(1000000000)
/* In a full swarm the longest silent slot is taken, if it has been silent this long. */
#define SILENT_PERIODS 10
/* How many processes are looked up by a join that must not take long. */
#define HURRY_PROBES 32
#define SILENT_NS INT64_C(60000000000)

static uint64_t version_of(const struct roster *roster, uint32_t index)
{
	return atomic_load_explicit(&roster->slots[index].version, memory_order_acquire);
}

void roster_unmark(const struct roster *roster, uint32_t index)
{
	uint64_t bit = UINT64_C(1) << (index % 64);

	atomic_fetch_and_explicit(&roster->agents->occupied[index / 64], ~bit,
				  memory_order_relaxed);
	/* [R1] seq_cst: the bit is cleared before the slot is looked at. */
	atomic_thread_fence(memory_order_seq_cst);
	/* Somebody may have claimed it just before: an owner repairs its bit only at its next turn. */
	if (version_pid(version_of(roster, index)))
		roster_mark(roster, index);
}

uint32_t roster_beside(const struct roster *roster, uint32_t slot, bool before)
{
	const uint32_t words = (roster->capacity + 63) / 64;
	const uint64_t lower = (UINT64_C(1) << (slot % 64)) - 1;
	const uint64_t ahead = before ? lower : ~lower & ~(lower + 1);

	/* The word that `slot` is in comes twice: first what is ahead of it, last what is behind. */
	for (uint32_t i = 0; i <= words; i++) {
		uint32_t at = (slot / 64 + (before ? words - i : i)) % words;
		uint64_t word =
			atomic_load_explicit(&roster->agents->occupied[at], memory_order_relaxed);

		if (roster->capacity - at * 64 < 64)
			word &= (UINT64_C(1) << (roster->capacity - at * 64)) - 1;
		if (i == 0)
			word &= ahead;
		else if (i == words)
			word &= ~ahead & ~(lower + 1);
		if (word)
			return at * 64 + (uint32_t)(before ? 63 - __builtin_clzll(word)
							   : __builtin_ctzll(word));
	}
	return slot;
}

bool roster_free(const struct roster *roster, uint32_t index, uint64_t version)
{
	bool freed = slot_free(&roster->slots[index], version);

	MARK();
	if (freed)
		roster_unmark(roster, index);
	return freed;
}

void roster_release(const struct roster *roster, uint32_t index, struct slot_owner *owner)
{
	bool ours = !owner->fenced;

	slot_release(owner);
	if (ours)
		roster_unmark(roster, index);
}

#define IMAGE_SHIFT 32

struct identity slot_identity(const struct shm_slot *slot, uint64_t version)
{
	uint64_t space = slot_fact(slot, version, FACT_PID_SPACE);
	struct identity identity = { .pid = version_pid(version),
				     .start_ticks = slot_fact(slot, version, FACT_START),
				     .pid_space = space & UINT32_MAX,
				     .image = (uint32_t)(space >> IMAGE_SHIFT) };
	return identity;
}

enum liveness roster_probe(const struct roster *roster, const struct identity *self, uint32_t index,
			   uint64_t version)
{
	struct identity other = slot_identity(&roster->slots[index], version);

	/* A claim whose identity is not written yet is of this pid namespace as far as anyone knows: its pid alone can
	 * prove it dead, but only if nobody else's pid namespace uses the swarm. */
	if (version_sequence(version) == 0 && !other.pid_space)
		other.pid_space = self->pid_space;
	return liveness_probe(self, &other);
}

bool roster_free_dead(const struct roster *roster, const struct identity *self, uint32_t index,
		      uint64_t version)
{
	return version_pid(version) &&
	       roster_probe(roster, self, index, version) == LIVENESS_DEAD &&
	       roster_free(roster, index, version);
}

static bool identity_write(struct slot_owner *owner, const struct identity *self)
{
	bool written = slot_set_fact(owner, FACT_START, self->start_ticks);

	MARK();
	written = written && slot_set_fact(owner, FACT_PID_SPACE,
					   self->pid_space | (uint64_t)self->image << IMAGE_SHIFT);
	MARK();
	return written;
}

static bool claim_at(const struct roster *roster, uint32_t index, const struct identity *self,
		     int64_t now_ns, struct slot_owner *owner)
{
	if (!slot_claim(owner, &roster->slots[index], self->pid, now_ns))
		return false;
	MARK();
	roster_mark(roster, index);
	MARK();
	return identity_write(owner, self);
}

/* The lowest free slot: by the hint first, a word at a time, then by the slots themselves. */
static long claim_lowest(const struct roster *roster, const struct identity *self, int64_t now_ns,
			 struct slot_owner *owner)
{
	for (uint32_t base = 0; base < roster->capacity; base += 64) {
		uint64_t word = atomic_load_explicit(&roster->agents->occupied[base / 64],
						     memory_order_relaxed);

		for (uint64_t free_bits = ~word; free_bits; free_bits &= free_bits - 1) {
			uint32_t index = base + (uint32_t)__builtin_ctzll(free_bits);

			if (index >= roster->capacity)
				break;
			if (claim_at(roster, index, self, now_ns, owner))
				return index;
			if (version_pid(version_of(roster, index)))
				roster_mark(roster, index); /* its owner died before it could */
		}
	}
	for (uint32_t index = 0; index < roster->capacity; index++)
		if (claim_at(roster, index, self, now_ns, owner))
			return index;
	return -1;
}

/* When a claim that has published nothing was made: its owner's first word says so. 0: it has not even written that, and
 * the word is of an earlier owner. */
static int64_t claimed_at(const struct roster *roster, uint32_t index, uint64_t version,
			  int64_t now_ns)
{
	uint64_t acting = atomic_load_explicit(&roster->slots[index].acting, memory_order_acquire);

	return tag_matches(acting, version) ? acting_began_ns(acting, now_ns) : 0;
}

static bool claim_unfinished(uint64_t version)
{
	return version_pid(version) && version_sequence(version) == 0;
}

bool roster_claim_old(const struct roster *roster, uint32_t index, uint64_t version, int64_t now_ns)
{
	return claim_unfinished(version) &&
	       llabs(now_ns - claimed_at(roster, index, version, now_ns)) > CLAIM_LEASE_NS;
}

bool roster_claim_given_up(const struct roster *roster, const struct identity *self, uint32_t index,
			   uint64_t version, int64_t now_ns)
{
	int64_t claimed_ns;

	if (!claim_unfinished(version))
		return false;
	claimed_ns = claimed_at(roster, index, version, now_ns);
	/* Made just now, perhaps after we read the clock; or not dated yet: roster_reap_undated(). */
	if (claimed_ns == 0 || llabs(now_ns - claimed_ns) <= CLAIM_LEASE_NS)
		return false;
	/* Without a start time a live pid may be anybody's by now. */
	return slot_fact(&roster->slots[index], version, FACT_START) == 0 ||
	       roster_probe(roster, self, index, version) != LIVENESS_ALIVE;
}

static void claims_expire(const struct roster *roster, const struct identity *self, int64_t now_ns)
{
	for (uint32_t index = 0; index < roster->capacity; index++) {
		uint64_t version = version_of(roster, index);

		if (roster_claim_given_up(roster, self, index, version, now_ns))
			roster_free(roster, index, version);
	}
}

uint32_t roster_reap_undated(const struct roster *roster, struct undated *undated)
{
	uint32_t freed = 0;

	for (uint32_t i = 0; i < undated->count; i++)
		freed += roster_free(roster, undated->index[i], undated->version[i]);
	undated->count = 0;
	for (uint32_t index = 0; index < roster->capacity && undated->count < UNDATED_MOST;
	     index++) {
		uint64_t version = version_of(roster, index);

		if (!claim_unfinished(version) || claimed_at(roster, index, version, 0))
			continue;
		undated->index[undated->count] = index;
		undated->version[undated->count++] = version;
	}
	return freed;
}

void roster_reap(const struct roster *roster, const struct identity *self, int64_t now_ns,
		 uint32_t *released, uint32_t *unproven)
{
	for (uint32_t index = 0; index < roster->capacity; index++) {
		uint64_t version = version_of(roster, index);
		struct slot_view view;
		enum liveness liveness;

		if (!version_pid(version))
			continue;
		liveness = roster_probe(roster, self, index, version);
		if (liveness == LIVENESS_DEAD && roster_free(roster, index, version))
			++*released;
		else if (liveness == LIVENESS_UNKNOWN &&
			 slot_read(&roster->slots[index], now_ns, &view) == SLOT_READ &&
			 view.turn.next_ns < now_ns)
			++*unproven;
	}
	claims_expire(roster, self, now_ns);
}

/* Where everything is full and somebody waits, look a few up, others each time. */
static void reap_some(const struct roster *roster, const struct identity *self, int64_t now_ns)
{
	uint32_t start = (uint32_t)((uint64_t)now_ns >> 16) % roster->capacity;

	for (uint32_t i = 0; i < HURRY_PROBES && i < roster->capacity; i++) {
		uint32_t index = (start + i) % roster->capacity;
		uint64_t version = version_of(roster, index);

		if (version_pid(version) &&
		    roster_probe(roster, self, index, version) == LIVENESS_DEAD)
			roster_free(roster, index, version);
	}
}

/* The longest silent slot, if it has been silent long enough to be taken from a full swarm. */
static void free_longest_silent(const struct roster *roster, int64_t now_ns)
{
	int64_t longest_ns = -1;
	uint64_t version = 0;
	uint32_t which = 0;

	for (uint32_t index = 0; index < roster->capacity; index++) {
		struct slot_view view;
		int64_t silent_ns, least_ns;

		if (slot_read(&roster->slots[index], now_ns, &view) != SLOT_READ ||
		    view.turn.next_ns < 0 || view.turn.next_ns > now_ns)
			continue;
		silent_ns = now_ns - view.turn.next_ns;
		if (__builtin_mul_overflow(view.turn.period_ns, SILENT_PERIODS, &least_ns) ||
		    least_ns < SILENT_NS)
			least_ns = SILENT_NS;
		if (silent_ns > least_ns && silent_ns > longest_ns) {
			longest_ns = silent_ns;
			version = view.version;
			which = index;
		}
	}
	if (longest_ns >= 0)
		roster_free(roster, which, version);
}

long roster_claim(const struct roster *roster, const struct identity *self, int64_t now_ns,
		  bool hurry, struct slot_owner *owner)
{
	uint32_t released = 0, unproven = 0;
	long index = claim_lowest(roster, self, now_ns, owner);

	if (index >= 0)
		return index;
	if (hurry) {
		reap_some(roster, self, now_ns);
		return claim_lowest(roster, self, now_ns, owner);
	}
	roster_reap(roster, self, now_ns, &released, &unproven);
	index = claim_lowest(roster, self, now_ns, owner);
	if (index >= 0)
		return index;
	free_longest_silent(roster, now_ns);
	return claim_lowest(roster, self, now_ns, owner);
}

long roster_claim_free(const struct roster *roster, const struct identity *self, int64_t now_ns,
		       struct slot_owner *owner)
{
	long index = claim_lowest(roster, self, now_ns, owner);

	if (index >= 0)
		return index;
	free_longest_silent(roster, now_ns);
	return claim_lowest(roster, self, now_ns, owner);
}

void roster_release_former(const struct roster *roster, const struct identity *self)
{
	struct roster_walk walk = roster_walk(roster);
	uint32_t index;

	while (roster_next(&walk, &index)) {
		const uint64_t version = version_of(roster, index);
		struct identity other;

		if (version_pid(version) != self->pid)
			continue;
		other = slot_identity(&roster->slots[index], version);
		/* The same pid, start and namespace can only be us; without /proc it cannot be told. */
		if (self->start_ticks && other.start_ticks == self->start_ticks &&
		    other.pid_space == self->pid_space && other.image != self->image)
			roster_free(roster, index, version);
	}
}
