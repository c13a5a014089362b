/* SPDX-License-Identifier: MIT */
/* events.c - the flight recorders of all slots, merged by time; read without mapping them, also when nobody is left. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "clock.h"
#include "error.h"
#include "event_text.h"
#include "recorder.h"
#include "swarm.h"

#define WHAT "read events"
/* Slots are read a part at a time, so that little changes under our eyes; those of one part have rings of one length. */
#define PART_SLOTS 50u
_Static_assert(SHM_RINGS % PART_SLOTS == 0, "a part has rings of one length");
#define PART_TRIES 8
#define NAME_WORDS 3u
#define LABEL_WORDS 2u

/* Names of a slot's last owner, as words that say whose they are. */
struct names {
	uint32_t slot;
	uint64_t word[NAME_WORDS + LABEL_WORDS];
};

/* One event in the pile: what is needed to sort it and, later, to say it. */
struct found {
	int64_t when_ns;
	uint32_t names; /* index of its slot's */
	uint32_t value, pid;
	uint16_t tag;
	uint8_t kind, number;
	uint8_t rank;   /* place among its slot's, oldest first */
	uint8_t before; /* strategy before a change; 0: not known */
};

struct pile {
	int64_t now_ns;
	struct found *found;
	size_t found_count, found_space;
	struct names *names;
	size_t names_count, names_space;
};

/* Slots and their rings, read at about one moment. */
struct sample {
	struct shm_slot slot[PART_SLOTS];
	struct shm_event ring[PART_SLOTS]
			     [RING_MOST]; /* of as many as are used of it, ring_length() */
};

/* A part of the slots, read three times: what is believed was the same in the first and the last. */
struct part {
	unsigned ring_length;
	struct sample first, middle, last;
};

/* The array with room for `more` elements, perhaps at another place. NULL: no memory, and it is as it was. */
static void *room_for(void *array, size_t size, size_t count, size_t *space, size_t more)
{
	size_t wanted = *space ? *space * 2 : 64;
	void *grown;

	if (count + more <= *space)
		return array;
	if (wanted < count + more)
		wanted = count + more;
	grown = realloc(array, wanted * size);
	if (grown)
		*space = wanted;
	return grown;
}

static bool pile_room(struct pile *pile, size_t events)
{
	struct found *found = room_for(pile->found, sizeof(*pile->found), pile->found_count,
				       &pile->found_space, events);
	struct names *names;

	if (!found)
		return false;
	pile->found = found;
	names = room_for(pile->names, sizeof(*pile->names), pile->names_count, &pile->names_space,
			 1);
	if (!names)
		return false;
	pile->names = names;
	return true;
}

static bool read_whole(int fd, void *to, size_t size, uint64_t from)
{
	char *at = to;
	off_t offset = (off_t)from;

	while (size > 0) {
		ssize_t got = pread(fd, at, size, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		offset += got;
		size -= (size_t)got;
	}
	/* What is read next is read later: the kernel copies with plain loads. */
	atomic_thread_fence(memory_order_acquire);
	return true;
}

static bool sample_read(int fd, struct sample *sample, uint32_t first, uint32_t count)
{
	if (!read_whole(fd, sample->slot, count * sizeof(sample->slot[0]),
			SHM_AGENTS_OFFSET + (uint64_t)first * SHM_SLOT_SIZE))
		return false;
	if (first < SHM_RINGS)
		return read_whole(fd, sample->ring, count * sizeof(sample->ring[0]),
				  offsetof(struct shm_agents, ring) +
					  first * sizeof(sample->ring[0]));
	for (uint32_t i = 0; i < count; i++)
		memcpy(sample->ring[i], sample->slot[i].event, sizeof(sample->slot[i].event));
	return true;
}

static uint64_t what_of(const struct sample *sample, uint32_t i, unsigned index)
{
	return atomic_load_explicit(&sample->ring[i][index].what, memory_order_relaxed);
}

static bool ring_empty(const struct part *part, uint32_t i)
{
	uint64_t any = 0;

	for (unsigned n = 0; n < part->ring_length; n++)
		any |= what_of(&part->first, i, n);
	return any == 0;
}

static bool ring_same(const struct part *part, uint32_t i)
{
	for (unsigned n = 0; n < part->ring_length; n++)
		if (what_of(&part->first, i, n) != what_of(&part->last, i, n))
			return false;
	return true;
}

/* Read the part again until none of its rings was being written. What a liar writes all the time stays torn, and is left out. */
static bool part_read(int fd, struct part *part, uint32_t first, uint32_t count)
{
	for (int tries = 0; tries < PART_TRIES; tries++) {
		uint32_t i = 0;

		if (!sample_read(fd, &part->middle, first, count) ||
		    !sample_read(fd, &part->last, first, count))
			return false;
		while (i < count && ring_same(part, i))
			i++;
		if (i == count)
			break;
		if (tries < PART_TRIES - 1)
			part->first = part->last;
	}
	return true;
}

/* The pid that goes with a tag: what its owner said when it joined or left, or the slot's, while it is that owner's. */
static uint32_t pid_of_tag(const struct recorded *events, unsigned count, uint16_t tag,
			   uint64_t version)
{
	for (unsigned i = count; i-- > 0;)
		if (events[i].tag == tag && (events[i].kind == ENTRAIN_EVENT_JOINED ||
					     events[i].kind == ENTRAIN_EVENT_LEFT))
			return events[i].value;
	return (version_incarnation(version) & 0xffff) == tag ? version_pid(version) : 0;
}

/* The strategy that `events[at]` is a change from, if an event before it says so. */
static uint32_t strategy_before(const struct recorded *events, unsigned at)
{
	for (unsigned i = at; i-- > 0 && events[i].tag == events[at].tag;)
		switch (events[i].kind) {
		case ENTRAIN_EVENT_STRATEGY:
			return events[i].value >> 8 & 0xff;
		case ENTRAIN_EVENT_GOAL: /* begin with another one and do not say so */
		case ENTRAIN_EVENT_PATTERN:
			return 0;
		default:
			break;
		}
	return 0;
}

/* The events of one slot in the order of its ring. Returns how many. */
static unsigned ring_take(const struct part *part, uint32_t i, int64_t now_ns,
			  struct recorded events[RING_MOST])
{
	const unsigned length = part->ring_length;
	uint64_t what[RING_MOST] = { 0 };
	unsigned count = 0;
	int newest;

	for (unsigned n = 0; n < length; n++)
		what[n] = what_of(&part->first, i, n);
	newest = recorder_newest(what, length);
	for (unsigned n = 1; newest >= 0 && n <= length; n++) {
		unsigned at = ((unsigned)newest + n) % length;
		uint64_t when =
			atomic_load_explicit(&part->middle.ring[i][at].when, memory_order_relaxed);
		struct recorded *event = &events[count];

		/* Before the boot or yet to come: a liar's. */
		if (recorded_take(what[at], when, what_of(&part->last, i, at), now_ns, event) &&
		    event->when_ns >= 0 && event->when_ns <= now_ns)
			count++;
	}
	return count;
}

static void names_take(struct names *names, uint32_t slot, const struct shm_slot *from)
{
	names->slot = slot;
	for (unsigned i = 0; i < NAME_WORDS + LABEL_WORDS; i++)
		names->word[i] =
			atomic_load_explicit(&from->fact[FACT_NAME1 + i], memory_order_relaxed);
}

/* Put the events of one slot on the pile. False: no memory. */
static bool pile_add(struct pile *pile, const struct part *part, uint32_t i, uint32_t slot)
{
	const struct shm_slot *from = &part->middle.slot[i];
	uint64_t version = atomic_load_explicit(&from->version, memory_order_relaxed);
	struct recorded events[RING_MOST];
	unsigned count = ring_take(part, i, pile->now_ns, events);

	if (count == 0)
		return true;
	if (!pile_room(pile, count))
		return false;
	for (unsigned n = 0; n < count; n++)
		pile->found[pile->found_count++] = (struct found){
			.when_ns = events[n].when_ns,
			.names = (uint32_t)pile->names_count,
			.value = events[n].value,
			.pid = pid_of_tag(events, count, events[n].tag, version),
			.tag = events[n].tag,
			.kind = (uint8_t)events[n].kind,
			.number = events[n].number,
			.rank = (uint8_t)n,
			.before = (uint8_t)strategy_before(events, n),
		};
	names_take(&pile->names[pile->names_count++], slot, from);
	return true;
}

/* Gather the events of all slots that the object has, as far as anything was ever recorded. */
static enum entrain_code pile_gather(struct pile *pile, const struct entrain_swarm *swarm,
				     struct part *part, struct entrain_error *error)
{
	const int fd = swarm->segment.agents_fd;
	const char *object = swarm->segment.place.agents;
	struct stat status;
	uint64_t slots;

	if (fstat(fd, &status) < 0)
		return error_system(error, errno, WHAT, object);
	slots = status.st_size <= (off_t)SHM_AGENTS_OFFSET
			? 0
			: ((uint64_t)status.st_size - SHM_AGENTS_OFFSET) / SHM_SLOT_SIZE;
	if (slots > ENTRAIN_CAPACITY_MAX)
		slots = ENTRAIN_CAPACITY_MAX;
	for (uint32_t base = 0; base < slots; base += PART_SLOTS) {
		uint32_t count = slots - base < PART_SLOTS ? (uint32_t)slots - base : PART_SLOTS;
		uint32_t used = 0;

		part->ring_length = ring_length(base);
		if (!sample_read(fd, &part->first, base, count))
			return error_set(error, ENTRAIN_TRUNCATED, 0, WHAT, object, NULL);
		for (uint32_t i = 0; i < count; i++)
			if (!ring_empty(part, i))
				used = i + 1;
		if (used && !part_read(fd, part, base, used))
			return error_set(error, ENTRAIN_TRUNCATED, 0, WHAT, object, NULL);
		pile->now_ns = clock_now_ns();
		for (uint32_t i = 0; i < used; i++)
			if (!pile_add(pile, part, i, base + i))
				return error_set(error, ENTRAIN_LIMIT, ENOMEM, WHAT, object, NULL);
	}
	return ENTRAIN_OK;
}

/* By instant; of the same one by slot, then as the ring has it. */
static int found_compare(const void *one, const void *other)
{
	const struct found *a = one, *b = other;

	if (a->when_ns != b->when_ns)
		return a->when_ns < b->when_ns ? -1 : 1;
	if (a->names != b->names)
		return a->names < b->names ? -1 : 1;
	return a->rank - b->rank;
}

/* A name, as far as its words are of the event's writer. */
static void name_fill(const struct names *names, uint16_t tag, unsigned first, unsigned words,
		      char *text)
{
	uint64_t value[NAME_WORDS];

	for (unsigned i = 0; i < words; i++) {
		uint64_t word = names->word[first + i];

		value[i] = word >> SHM_VALUE_BITS == tag ? tagged_value(word) : 0;
	}
	fact_to_text(value, words, text);
}

static void event_fill(struct entrain_event *event, const struct found *found,
		       const struct names *names)
{
	memset(event, 0, sizeof(*event));
	event->when_ns = found->when_ns;
	event->slot = names->slot;
	event->pid = found->pid;
	event->kind = found->kind;
	event->value = found->value;
	event->order = (uint64_t)found->tag << 8 | found->number;
	name_fill(names, found->tag, 0, NAME_WORDS, event->name);
	name_fill(names, found->tag, NAME_WORDS, LABEL_WORDS, event->label);
	event_text(found->kind, found->value, found->before, event->text, sizeof(event->text));
}

/* Whether there will be no more events: the swarm was removed, or its name. */
static bool swarm_over(const struct entrain_swarm *swarm)
{
	const off_t offset =
		offsetof(struct shm_control, settings) + offsetof(struct shm_settings, removed);
	struct stat status;
	uint32_t removed = 0;

	return pread(swarm->segment.control_fd, &removed, sizeof(removed), offset) !=
		       sizeof(removed) ||
	       removed || fstat(swarm->segment.control_fd, &status) < 0 || status.st_nlink == 0;
}

static enum entrain_code events_read(struct entrain_swarm *swarm, struct pile *pile,
				     struct entrain_event *events, unsigned space, unsigned *count,
				     struct entrain_error *error)
{
	/* Looked at before: what was recorded until it was removed is among what is read after. */
	const bool over = swarm_over(swarm);
	struct part *part = malloc(sizeof(*part));
	enum entrain_code code;
	size_t first;

	if (!part)
		return error_set(error, ENTRAIN_LIMIT, ENOMEM, WHAT, swarm->segment.place.name,
				 NULL);
	code = pile_gather(pile, swarm, part, error);
	free(part);
	if (code)
		return code;
	if (pile->found_count)
		qsort(pile->found, pile->found_count, sizeof(*pile->found), found_compare);
	first = pile->found_count > space ? pile->found_count - space : 0;
	for (size_t i = first; i < pile->found_count; i++)
		event_fill(&events[i - first], &pile->found[i], &pile->names[pile->found[i].names]);
	*count = (unsigned)pile->found_count;
	if (over)
		return error_set(error, ENTRAIN_NO_SWARM, 0, WHAT, swarm->segment.place.control,
				 "it was removed");
	error_clear(error);
	return ENTRAIN_OK;
}

int entrain_events(struct entrain_swarm *swarm, struct entrain_event *events, unsigned space,
		   unsigned *count, struct entrain_error *error)
{
	struct pile pile = { 0 };
	int saved = errno;
	enum entrain_code code;

	if (!swarm || !count || (space && !events))
		return (int)error_set(
			error, ENTRAIN_USAGE, 0, WHAT, "events",
			"a handle, room for the count, and for each event are needed");
	*count = 0;
	code = events_read(swarm, &pile, events, space, count, error);
	free(pile.found);
	free(pile.names);
	errno = saved;
	return (int)code;
}
