/* SPDX-License-Identifier: MIT */
/* barrier.c - rounds of a barrier, derived from one word of each participant. */
#include "barrier.h"
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct shm_barrier) <= sizeof(((struct shm_agents *)0)->reserved2), "room");

/* While one enters, the others are at most this far apart, as it reads them one after the other. */
#define ENTRY_SPREAD 2

uint32_t barrier_limit(struct shm_agents *agents, uint32_t capacity)
{
	uint32_t high = atomic_load_explicit(&barrier_of(agents)->high, memory_order_relaxed);

	return high < capacity ? high : capacity;
}

void barrier_mark(struct shm_agents *agents, uint32_t index)
{
	_Atomic uint32_t *high = &barrier_of(agents)->high;
	uint32_t seen = atomic_load_explicit(high, memory_order_relaxed);

	while (seen <= index)
		/* [B4] relaxed: the fence of [B1] orders it before our scan. */
		if (atomic_compare_exchange_weak_explicit(
			    high, &seen, index + 1, memory_order_relaxed, memory_order_relaxed))
			break;
}

/* What a slot's word says; 0: takes no part, or is no round that can be. */
static uint64_t value_of(const struct shm_slot *slot, uint64_t *version)
{
	/* [B2] acquire: the version is read after the word. A word of a former owner is then seen not to be the owner's; a
	 * successor's own word is only younger than what we read. */
	uint64_t word = atomic_load_explicit(&slot->barrier, memory_order_acquire);
	uint64_t value = tagged_value(word);

	if (value == 0 || (value > BARRIER_ROUND_MAX && value != BARRIER_ENTERING))
		return 0;
	*version = atomic_load_explicit(&slot->version, memory_order_acquire);
	return version_pid(*version) && tag_matches(word, *version) ? value : 0;
}

/* Who is two or more behind is no honest one: nobody gets ahead of a participant by more than one. */
static bool wanted(const struct barrier_want *want, uint32_t index, uint64_t value)
{
	if (value == BARRIER_ENTERING)
		return index >= want->above && index < want->below;
	return value && value + 1 == want->round;
}

bool barrier_find(const struct barrier *barrier, const struct barrier_want *want, uint32_t from,
		  struct barrier_laggard *laggard)
{
	uint32_t index = from < barrier->limit ? from : 0;

	for (uint32_t left = barrier->limit; left > 0; left--) {
		if (index != barrier->self &&
		    wanted(want, index, value_of(&barrier->slots[index], &laggard->version))) {
			laggard->index = index;
			return true;
		}
		if (++index == barrier->limit)
			index = 0;
	}
	return false;
}

/* The round of a participant that has entered; 0: none. */
static uint64_t round_of(const struct barrier *barrier, uint32_t index)
{
	uint64_t version, value = value_of(&barrier->slots[index], &version);

	return index == barrier->self || value >= BARRIER_ROUND_MAX ? 0 : value;
}

static bool close_to(uint64_t round, uint64_t other)
{
	return (round > other ? round - other : other - round) <= ENTRY_SPREAD;
}

uint64_t barrier_entry(const struct barrier *barrier)
{
	uint64_t common = 0, votes = 0, least = 0, most = 0;

	for (uint32_t i = 0; i < barrier->limit; i++) {
		uint64_t round = round_of(barrier, i);

		if (!round)
			continue;
		if (!votes)
			common = round;
		votes += close_to(round, common) ? 1 : -UINT64_C(1);
	}
	for (uint32_t i = 0; i < barrier->limit; i++) {
		uint64_t round = round_of(barrier, i);

		if (!round || !close_to(round, common))
			continue;
		if (!least || round < least)
			least = round;
		if (round > most)
			most = round;
	}
	return most > least ? most : least + 1;
}

uint32_t barrier_waiting(const struct barrier *barrier, uint64_t round, uint32_t *rank)
{
	uint32_t count = 1;

	*rank = 0;
	for (uint32_t i = 0; i < barrier->limit; i++) {
		uint64_t other = round_of(barrier, i);

		if (other < round || other > round + 1)
			continue;
		count++;
		*rank += i < barrier->self;
	}
	return count;
}

uint32_t barrier_listen(struct shm_agents *agents)
{
	/* [B3] seq_cst: who rings after this read has published before it, or will find out itself that we are there. */
	return atomic_load_explicit(&barrier_of(agents)->bell, memory_order_seq_cst);
}

void barrier_sleep(struct shm_agents *agents, uint32_t bell, int64_t timeout_ns)
{
	const struct timespec timeout = { .tv_sec = timeout_ns / 1000000000,
					  .tv_nsec = timeout_ns % 1000000000 };
	const struct timespec pause = { .tv_nsec = 1000000 };

	/* Not FUTEX_PRIVATE: other processes ring. */
	if (syscall(SYS_futex, &barrier_of(agents)->bell, FUTEX_WAIT, bell, &timeout, NULL, 0) <
		    0 &&
	    errno != EAGAIN && errno != EINTR && errno != ETIMEDOUT)
		nanosleep(&pause, NULL); /* a filter in the way */
}

void barrier_ring(struct shm_agents *agents)
{
	atomic_fetch_add_explicit(&barrier_of(agents)->bell, 1, memory_order_seq_cst);
	syscall(SYS_futex, &barrier_of(agents)->bell, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}
