/* SPDX-License-Identifier: MIT */
/* recorder.c - the flight recorder of one agent: a ring of events of its slot, continued by the slot's next owner. */
#include "recorder.h"
#include "mark.h"

/* Nobody but a liar writes into our words; readers meet an event that is being written once. */
#define PUT_TRIES 8
#define READ_TRIES 8

static uint64_t what_load(const struct shm_event *event)
{
	/* [E1] acquire: the instant that belongs to it is seen. */
	return atomic_load_explicit(&event->what, memory_order_acquire);
}

static uint64_t what_make(uint64_t version, uint8_t number, enum entrain_event_kind kind,
			  uint32_t value)
{
	return tagged_make(version, (uint64_t)number << 40 | (uint64_t)kind << 32 | value);
}

static bool present(uint64_t what)
{
	return SHM_EVENT_KIND(what) != ENTRAIN_EVENT_NONE;
}

/* How many events stand before and at `index`, numbered one after the other. */
static unsigned run_length(const uint64_t *what, unsigned length, unsigned index)
{
	uint8_t number = (uint8_t)SHM_EVENT_NUMBER(what[index]);
	unsigned run = 0;

	while (run < length && present(what[index]) && SHM_EVENT_NUMBER(what[index]) == number) {
		run++;
		number--;
		index = (index + length - 1) % length;
	}
	return run;
}

/*
 * The newest is the last of the longest run of numbers: a ring that only its owners wrote is one run, from the oldest to
 * the newest. Where a liar has broken it into several, any is as good.
 */
int recorder_newest(const uint64_t *what, unsigned length)
{
	unsigned longest = 0;
	int newest = -1;

	for (unsigned i = 0; i < length; i++) {
		unsigned run = run_length(what, length, i);

		if (run > longest) {
			longest = run;
			newest = (int)i;
		}
	}
	return newest;
}

void recorder_open(struct recorder *recorder, struct ring ring, const struct shm_slot *slot,
		   uint64_t version)
{
	uint64_t what[RING_MOST] = { 0 };
	int newest;

	for (unsigned i = 0; i < ring.length; i++)
		what[i] = what_load(&ring.event[i]);
	newest = recorder_newest(what, ring.length);
	*recorder = (struct recorder){ .ring = ring, .slot = slot, .version = version };
	if (newest < 0)
		return;
	recorder->at = ((unsigned)newest + 1) % ring.length;
	recorder->number = (uint8_t)(SHM_EVENT_NUMBER(what[newest]) + 1);
}

/* Same pid, same incarnation: publishing changes only the sequence. */
static bool recorder_owned(const struct recorder *recorder)
{
	uint64_t version = atomic_load_explicit(&recorder->slot->version, memory_order_acquire);

	return version_pid(version) == version_pid(recorder->version) &&
	       version_incarnation(version) == version_incarnation(recorder->version);
}

/*
 * Replace one word, with release. What is replaced was loaded before the slot was seen to be ours, so it is not a
 * successor's; and if a successor replaces it after that, the swap fails.
 */
static bool word_put(const struct recorder *recorder, shm_tagged *word, uint64_t value)
{
	/* [E3] acquire: if this is a successor's word, its claim is seen below. */
	uint64_t seen = atomic_load_explicit(word, memory_order_acquire);

	for (int tries = 0; tries < PUT_TRIES; tries++) {
		MARK();
		if (!recorder_owned(recorder))
			return false;
		MARK();
		if (atomic_compare_exchange_strong_explicit(
			    word, &seen, value, memory_order_release, memory_order_acquire)) {
			MARK();
			return true;
		}
	}
	return false;
}

void recorder_note(struct recorder *recorder, int64_t now_ns, enum entrain_event_kind kind,
		   uint32_t value)
{
	const uint64_t version = recorder->version;
	struct shm_event *event;

	if (!recorder->slot || kind == ENTRAIN_EVENT_NONE)
		return;
	event = &recorder->ring.event[recorder->at];
	/* Cleared first, so that no reader takes the new instant for that of the old event. Killed here: nothing is in
	 * this place. */
	if (!word_put(recorder, &event->what, tagged_make(version, 0)))
		return;
	/* [E2] release: the clearing comes before. Killed here: nothing is in this place. */
	if (!word_put(recorder, &event->when, tagged_instant(version, now_ns)))
		return;
	/* [E1] release: publishes the event with its instant. Killed here: it is whole. */
	if (!word_put(recorder, &event->what, what_make(version, recorder->number, kind, value)))
		return;
	/* A place that could not be filled is the next one's: a gap would break the run of numbers. */
	recorder->at = (recorder->at + 1) % recorder->ring.length;
	recorder->number++;
}

bool recorded_take(uint64_t what, uint64_t when, uint64_t what_after, int64_t now_ns,
		   struct recorded *event)
{
	if (what != what_after || !present(what) || (what ^ when) >> SHM_VALUE_BITS)
		return false;
	*event = (struct recorded){
		.when_ns = instant_unpack(tagged_value(when), SHM_VALUE_BITS, now_ns),
		.kind = SHM_EVENT_KIND(what),
		.value = SHM_EVENT_VALUE(what),
		.tag = (uint16_t)(what >> SHM_VALUE_BITS),
		.number = (uint8_t)SHM_EVENT_NUMBER(what),
	};
	return true;
}

bool recorder_read(struct ring ring, unsigned index, int64_t now_ns, struct recorded *event)
{
	const struct shm_event *at = &ring.event[index];

	for (int tries = 0; tries < READ_TRIES; tries++) {
		uint64_t what = what_load(at), when, after;

		/* [E2] acquire: if this is a newer instant, the cleared what is seen below. */
		when = atomic_load_explicit(&at->when, memory_order_acquire);
		after = atomic_load_explicit(&at->what, memory_order_relaxed);
		if (what == after)
			return recorded_take(what, when, after, now_ns, event);
	}
	return false;
}
