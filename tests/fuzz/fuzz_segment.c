/* SPDX-License-Identifier: MIT */
/*
 * fuzz_segment.c - shared objects of any content: looked at, joined and mended, nobody crashes, waits or tells nonsense.
 *
 * The input is an image: the first 4096 bytes are the control object, then comes the agents object, and what follows that is
 * the topology of generation 1.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "agent.h"
#include "clock.h"
#include "error.h"
#include "fuzz.h"
#include "picture_ranges.h"
#include "swarm.h"
#include "swarm_fixture.h"
#include "topology.h"

#define NAME "fuzzed"
#define CAPACITY 8
#define DEGREE 4
#define JOINER 5 /* the lowest free slot of a sound image */
#define OBJECTS_SIZE (SHM_CONTROL_SIZE + SHM_AGENTS_SIZE(CAPACITY))
#define TOPOLOGY_SIZE \
	(sizeof(struct shm_topology) + (CAPACITY + 1 + CAPACITY * DEGREE) * sizeof(uint32_t))
#define IMAGE_MOST (OBJECTS_SIZE + TOPOLOGY_SIZE)
#define SOUND_INPUTS 24 /* goals by kinds, each with a ring and with full */
#define PERIOD_NS INT64_C(10000000)
#define BASE_NS INT64_C(123456789000000)
const size_t fuzz_input_most = IMAGE_MOST;

static struct segment_place place;
static char topology_path[SEGMENT_TOPOLOGY_PATH];
static uint8_t sound_image[IMAGE_MOST];
static int64_t now_ns;

/* Stands still while work is done, so that an image means the same on every run. */
static int64_t fuzz_clock(void)
{
	return now_ns;
}

/* Instead of that of the C library: who waits for an object to become ready finds the deadline passed. */
int nanosleep(const struct timespec *pause, struct timespec *left)
{
	(void)pause;
	(void)left;
	now_ns += 1000000000;
	return 0;
}

/* ---- images ------------------------------------------------------------------------------ */

static void object_write(const char *path, const uint8_t *bytes, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	FUZZ_REQUIRE(fd >= 0);
	FUZZ_REQUIRE(pwrite(fd, bytes, size, 0) == (ssize_t)size);
	FUZZ_REQUIRE(ftruncate(fd, (off_t)size) == 0);
	close(fd);
}

static size_t object_read(const char *path, uint8_t *bytes, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : pread(fd, bytes, size, 0);

	if (fd >= 0)
		close(fd);
	FUZZ_REQUIRE(got >= 0);
	return (size_t)got;
}

static void image_write(const uint8_t *data, size_t size)
{
	size_t control = size < SHM_CONTROL_SIZE ? size : SHM_CONTROL_SIZE;

	object_write(place.control, data, control);
	object_write(place.agents, data + control,
		     (size < OBJECTS_SIZE ? size : OBJECTS_SIZE) - control);
	unlink(topology_path);
	if (size > OBJECTS_SIZE)
		object_write(topology_path, data + OBJECTS_SIZE, size - OBJECTS_SIZE);
}

static size_t image_read(uint8_t *data)
{
	size_t control = object_read(place.control, data, SHM_CONTROL_SIZE);

	size_t agents = object_read(place.agents, data + control, OBJECTS_SIZE - control);

	return control + agents +
	       object_read(topology_path, data + control + agents, TOPOLOGY_SIZE);
}

static struct shm_slot *slot_of(uint8_t *image, unsigned index)
{
	return (struct shm_slot *)(void *)(image + SHM_CONTROL_SIZE + SHM_AGENTS_OFFSET +
					   index * SHM_SLOT_SIZE);
}

/* Make the slot's owner another process; `started`: it keeps its start time. */
static void slot_give(struct shm_slot *slot, uint32_t pid, bool started)
{
	uint64_t version = atomic_load(&slot->version);

	version = version_make(pid, version_incarnation(version), version_sequence(version));
	atomic_store(&slot->version, version);
	if (!started)
		atomic_store(&slot->fact[FACT_START], tagged_make(version, 0));
}

/* Five agents: ours, ours again, two of a process that lives, one of a process that cannot be. */
static void sound_image_make(void)
{
	struct entrain_agent *agents[5];
	struct entrain_settings settings;
	struct shm_header *headers[2] = { (void *)sound_image,
					  (void *)(sound_image + SHM_CONTROL_SIZE) };

	entrain_settings_init(&settings);
	settings.capacity = CAPACITY;
	settings.period_ns = PERIOD_NS;
	settings.access = 0600;
	snprintf(settings.topology, sizeof(settings.topology), "ring:%d", DEGREE);
	now_ns = BASE_NS - PERIOD_NS;
	FUZZ_REQUIRE(entrain_create(NULL, NAME, &settings, NULL) == 0);
	for (int i = 0; i < 5; i++) {
		now_ns += 1234567;
		agents[i] = entrain_join(NAME, NULL, NULL);
		FUZZ_REQUIRE(agents[i]);
		entrain_begin(agents[i]);
		now_ns += 20000;
		entrain_end(agents[i]);
	}
	FUZZ_REQUIRE(image_read(sound_image) == IMAGE_MOST);
	for (int i = 0; i < 5; i++)
		entrain_leave(agents[i]);
	/* An image is of any boot. */
	memset(headers[0]->boot_id, 0, sizeof(headers[0]->boot_id));
	memset(headers[1]->boot_id, 0, sizeof(headers[1]->boot_id));
	slot_give(slot_of(sound_image, 2), 1, false);
	slot_give(slot_of(sound_image, 3), 1, false);
	slot_give(slot_of(sound_image, 4), SHM_PID_MAX, true);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	umask(022);
	swarm_fixture_begin();
	atexit(swarm_fixture_end);
	clock_source = fuzz_clock;
	FUZZ_REQUIRE(segment_place_init(&place, NULL, NAME, NULL) == 0);
	segment_topology_path(&place, 1, topology_path);
	sound_image_make();
	return 0;
}

size_t fuzz_sound_input(unsigned which, uint8_t *data)
{
	struct shm_control *control = (void *)data;
	static const uint32_t goals[] = { ENTRAIN_DISTRIBUTE_LOAD, ENTRAIN_REACH_CONSENSUS,
					  ENTRAIN_ADAPT_TO_TRAFFIC };

	if (which >= SOUND_INPUTS)
		return 0;
	memcpy(data, sound_image, IMAGE_MOST);
	atomic_store(&control->settings.goal, goals[which % 3]);
	atomic_store(&control->settings.kind, ENTRAIN_TAKEN + which / 3 % 4);
	if (which < SOUND_INPUTS / 2)
		return IMAGE_MOST;
	atomic_store(&control->settings.topology, topology_word(1, TOPOLOGY_FULL));
	return OBJECTS_SIZE;
}

/* ---- mutations ------------------------------------------------------------------------------ */

static uint64_t word_of_interest(uint64_t *state, uint64_t old)
{
	const uint64_t words[] = { 0,
				   1,
				   2,
				   255,
				   65536,
				   UINT32_MAX,
				   INT64_MAX,
				   UINT64_MAX,
				   (uint64_t)INT64_MIN,
				   SHM_VALUE_MAX,
				   SHM_VALUE_MAX >> 1,
				   old + 1,
				   old - 1,
				   old << 1,
				   old >> 1,
				   ~old,
				   (uint64_t)BASE_NS,
				   (uint64_t)PERIOD_NS };
	const size_t count = sizeof(words) / sizeof(words[0]);
	uint64_t which = fuzz_next(state) % (count + 2);

	return which < count ? words[which] : fuzz_next(state);
}

/* A word of a slot that still names its owner, so that it is believed. */
static void slot_spoil(struct shm_slot *slot, uint64_t *state)
{
	uint64_t version = atomic_load(&slot->version), value;
	size_t at = fuzz_next(state) % (SHM_SLOT_SIZE / 8);
	shm_tagged *word = (shm_tagged *)slot + at;

	if (at == 0 || fuzz_next(state) % 16 == 0) {
		const uint32_t pids[] = { 0, 1, (uint32_t)getpid(), SHM_PID_MAX };

		slot_give(slot, pids[fuzz_next(state) % 4], fuzz_next(state) & 1);
		return;
	}
	value = tagged_value(atomic_load(word));
	switch (fuzz_next(state) % 4) {
	case 0: /* a little, which is how instants and durations are wrong */
		value += (uint64_t)(int64_t)(int32_t)fuzz_next(state);
		break;
	case 1: /* whole periods */
		value += (fuzz_next(state) % 64 - 32) * (PERIOD_NS >> SHM_GRAIN_SHIFT);
		break;
	default:
		value = word_of_interest(state, value);
	}
	atomic_store(word, tagged_make(version, value));
}

static void bytes_spoil(uint8_t *data, size_t from, size_t count, uint64_t *state)
{
	size_t at = from + (fuzz_next(state) % count & ~UINT64_C(7));
	uint64_t word;

	switch (fuzz_next(state) % 3) {
	case 0:
		memcpy(&word, data + at, sizeof(word));
		word = word_of_interest(state, word);
		memcpy(data + at, &word, sizeof(word));
		break;
	case 1:
		word = word_of_interest(state, 0);
		memcpy(data + at + (fuzz_next(state) & 4), &word, 4);
		break;
	default:
		data[at + fuzz_next(state) % 8] ^= (uint8_t)(1 << fuzz_next(state) % 8);
	}
}

/* A checksum that fits, so that what was spoiled is believed. */
static void topology_mend(uint8_t *topology)
{
	struct shm_topology *header = (void *)topology;
	const uint32_t *words = (const void *)(header + 1);

	if (header->nodes > CAPACITY || header->entries > CAPACITY * DEGREE)
		return;
	header->checksum = topology_checksum(header, words, words + header->nodes + 1,
					     header->nodes, header->entries);
}

/* The rows mostly, since what is wrong in the header is refused whole; and that of who joins before others. */
static void topology_spoil(uint8_t *topology, uint64_t *state)
{
	const size_t header = sizeof(struct shm_topology), word = sizeof(uint32_t);
	const size_t joiner = header + (CAPACITY + 1 + JOINER * DEGREE) * word;

	switch (fuzz_next(state) % 8) {
	case 0:
		bytes_spoil(topology, 0, header, state);
		break;
	case 1:
	case 2:
	case 3:
		bytes_spoil(topology, header, (TOPOLOGY_SIZE - header) & ~(size_t)7, state);
		break;
	default:
		bytes_spoil(topology, joiner, DEGREE * word, state);
	}
	if (fuzz_next(state) % 16)
		topology_mend(topology);
}

/* An event of a slot, mostly in the name of its owner. */
static void ring_spoil(uint8_t *data, uint64_t *state)
{
	struct shm_agents *agents = (void *)(data + SHM_CONTROL_SIZE);
	const unsigned slot = (unsigned)(fuzz_next(state) % CAPACITY);
	struct shm_event *event = &agents->ring[slot][fuzz_next(state) % SHM_RING_EVENTS];
	shm_tagged *word = fuzz_next(state) & 1 ? &event->when : &event->what;
	uint64_t value = word_of_interest(state, tagged_value(atomic_load(word)));

	if (fuzz_next(state) % 4)
		value = tagged_make(atomic_load(&slot_of(data, slot)->version), value);
	atomic_store(word, value);
}

/* Free in a moment, mostly, for else nobody waits there. */
static void door_spoil(uint8_t *data, uint64_t *state)
{
	struct shm_agents *agents = (void *)(data + SHM_CONTROL_SIZE);
	const size_t reserved = SHM_CONTROL_SIZE + offsetof(struct shm_agents, reserved2);

	if (fuzz_next(state) % 4 == 0)
		bytes_spoil(data, reserved, sizeof(agents->reserved2), state);
	else if (fuzz_next(state) % 4 == 0)
		atomic_store(&agents->door, (int64_t)word_of_interest(state, 0));
	else
		atomic_store(&agents->door,
			     BASE_NS + (int64_t)(fuzz_next(state) % (3 * PERIOD_NS)));
}

static void spoil_once(uint8_t *data, size_t size, uint64_t *state)
{
	unsigned kind = (unsigned)(fuzz_next(state) % 72);

	if (kind >= 64 && size == IMAGE_MOST)
		topology_spoil(data + OBJECTS_SIZE, state);
	else if (kind < 46 ||
		 kind >= 64) /* slots mostly, headers seldom, since those stop all that follows */
		slot_spoil(slot_of(data, (unsigned)(fuzz_next(state) % CAPACITY)), state);
	else if (kind < 50)
		ring_spoil(data, state);
	else if (kind < 53)
		bytes_spoil(data, SHM_CONTROL_SIZE + SHM_AGENTS_OFFSET, CAPACITY * SHM_SLOT_SIZE,
			    state);
	else if (kind < 56)
		memcpy(slot_of(data, (unsigned)(fuzz_next(state) % CAPACITY)),
		       slot_of(data, (unsigned)(fuzz_next(state) % CAPACITY)), SHM_SLOT_SIZE);
	else if (kind < 58)
		bytes_spoil(data, SHM_CONTROL_SIZE + offsetof(struct shm_agents, occupied), 16,
			    state);
	else if (kind < 60)
		door_spoil(data, state);
	else if (kind < 63)
		bytes_spoil(data, offsetof(struct shm_control, settings),
			    sizeof(struct shm_settings), state);
	else
		bytes_spoil(data, fuzz_next(state) & 1 ? 0 : SHM_CONTROL_SIZE,
			    sizeof(struct shm_header), state);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
	uint64_t state = seed;

	/* Else nothing is ever tried but an image that is cut short. */
	FUZZ_REQUIRE(most >= IMAGE_MOST);
	if (size != IMAGE_MOST && size != OBJECTS_SIZE) /* what was cut short is made whole */
		return fuzz_sound_input(seed % SOUND_INPUTS, data);
	for (unsigned count = 1 + fuzz_next(&state) % 6; count > 0; count--)
		spoil_once(data, size, &state);
	if (fuzz_next(&state) % 256 == 0)
		size = (size_t)(fuzz_next(&state) % size);
	return size;
}

/* ---- what is done with an image ------------------------------------------------------------- */

/* A failed call says so, and why. */
static void error_check(int code, const struct entrain_error *error)
{
	FUZZ_REQUIRE(code > 0 && code < ENTRAIN_CODE_COUNT && code == (int)error->code);
	FUZZ_REQUIRE(error->why[0] || entrain_code_text(error->code)[0]);
}

static bool event_fits(const struct entrain_event *event)
{
	bool fits = event->slot < CAPACITY && event->kind > 0 && event->kind <= 255 &&
		    event->when_ns >= 0 && event->when_ns <= now_ns && event->order >> 24 == 0 &&
		    entrain_event_name((int)event->kind)[0] &&
		    memchr(event->name, 0, sizeof(event->name)) &&
		    memchr(event->label, 0, sizeof(event->label)) &&
		    memchr(event->text, 0, sizeof(event->text)) && event->text[0];

	for (const char *at = event->name; fits && *at; at++)
		fits = *at >= 0x20 && *at <= 0x7e;
	for (const char *at = event->label; fits && *at; at++)
		fits = *at >= 0x20 && *at <= 0x7e;
	return fits;
}

/* All events, then the latest one alone: it is the same. */
static void look_at_events(struct entrain_swarm *swarm)
{
	static struct entrain_event events[CAPACITY * SHM_RING_EVENTS], last;
	unsigned count = 99, again = 99;
	struct entrain_error error = { 0 };
	int code = entrain_events(swarm, events, CAPACITY * SHM_RING_EVENTS, &count, &error);

	if (code)
		error_check(code, &error);
	FUZZ_REQUIRE(count <= CAPACITY * SHM_RING_EVENTS);
	for (unsigned i = 0; i < count; i++)
		FUZZ_REQUIRE(event_fits(&events[i]) &&
			     (i == 0 || events[i - 1].when_ns <= events[i].when_ns));
	FUZZ_REQUIRE(entrain_events(swarm, &last, 1, &again, NULL) == code && again == count);
	FUZZ_REQUIRE(count == 0 || memcmp(&last, &events[count - 1], sizeof(last)) == 0);
}

/* Written in each way, it is what can be shown, whatever the slots hold. */
static void look_at_texts(struct entrain_swarm *swarm, bool readable)
{
	for (unsigned format = ENTRAIN_JSON; format <= ENTRAIN_PROMETHEUS; format++) {
		char *text = entrain_status_text(swarm, (enum entrain_format)format, NULL, NULL);

		FUZZ_REQUIRE((text != NULL) == readable);
		for (const char *at = text; at && *at; at++)
			FUZZ_REQUIRE(*at == '\n' || (*at >= 0x20 && *at <= 0x7e));
		free(text);
	}
}

/* Look as `entrainctl` does. True: the swarm could be opened. */
static bool look(unsigned flags)
{
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_agent_info agents[CAPACITY];
	struct entrain_error error = { 0 };
	struct entrain_swarm *swarm;
	int code;

	now_ns = BASE_NS;
	swarm = entrain_open(NULL, NAME, flags, &error);
	if (!swarm) {
		error_check(error.code, &error);
		return false;
	}
	now_ns = BASE_NS;
	code = entrain_status(swarm, &status, agents, CAPACITY, &error);
	if (code) {
		error_check(code, &error);
	} else {
		FUZZ_REQUIRE(status.capacity <= CAPACITY);
		FUZZ_REQUIRE(picture_fits(&status, agents, CAPACITY));
	}
	look_at_events(swarm);
	look_at_texts(swarm, !code);
	if (flags & ENTRAIN_ADMIN && !code) {
		uint32_t released = 99, unproven = 99;

		status.settings.mode = ENTRAIN_OBSERVE;
		entrain_set(swarm, &status.settings, NULL);
		FUZZ_REQUIRE(entrain_reap(swarm, &released, &unproven, NULL) == 0);
		FUZZ_REQUIRE(released + unproven <= CAPACITY);
		entrain_disrupt(swarm, 300000, 1, &released, NULL);
	}
	entrain_close(swarm);
	return true;
}

static void count_finding(const char *text, int repaired, void *context)
{
	FUZZ_REQUIRE(text[0] && repaired >= 0 && repaired <= 1);
	*(unsigned *)context += !repaired;
}

static int check(int repair)
{
	struct entrain_error error = { 0 };
	unsigned left = 0;
	int code;

	now_ns = BASE_NS;
	code = entrain_check(NULL, NAME, repair, count_finding, &left, &error);
	if (code) /* then the findings say it */
		error_check(code, &error);
	FUZZ_REQUIRE(code == 0 || code != ENTRAIN_UNSOUND || left > 0);
	FUZZ_REQUIRE(code != 0 || left == 0);
	return code;
}

/* Its next turn is a turn: within a period, one more for a turn left out, and the most it may be delayed. Or it has none. */
static void turn_check(const struct entrain_agent *agent)
{
	int64_t turn_ns = entrain_next_turn_ns(agent), ahead_ns = turn_ns - now_ns;
	int64_t longest_ns =
		2 * agent->period_ns + settings_cap_ns(&agent->settings, agent->period_ns, 0, 0);

	if (turn_ns == INT64_MAX) {
		FUZZ_REQUIRE(agent->kind == ENTRAIN_DRIFTING);
		return;
	}
	FUZZ_REQUIRE(ahead_ns >= -agent->period_ns && ahead_ns <= longest_ns);
}

/* Whoever is said to be behind in the barrier: a wait ends at its deadline, which is now. */
static void meet(struct entrain_agent *agent)
{
	for (int i = 0; i < 3; i++) {
		int code = entrain_barrier_wait(agent, now_ns);

		FUZZ_REQUIRE(code == 0 || code == ENTRAIN_TIMEOUT);
	}
	FUZZ_REQUIRE(entrain_barrier_leave(agent) == 0);
}

/* Without sleeping: time goes on to the turn. Who has none comes to the door half a period later, and is not kept beyond the cap. */
static void wait_for_turn(struct entrain_agent *agent)
{
	int64_t turn_ns = entrain_next_turn_ns(agent), cap_ns;
	int code;

	now_ns = turn_ns == INT64_MAX ? now_ns + PERIOD_NS / 2
		 : turn_ns > now_ns   ? turn_ns
				      : now_ns;
	code = entrain_wait_until(agent, now_ns);
	if (turn_ns == INT64_MAX && code == ENTRAIN_TIMEOUT) {
		cap_ns = settings_cap_ns(&agent->settings, agent->period_ns, 0, 0);
		FUZZ_REQUIRE(agent->turn_ns > now_ns && agent->turn_ns - now_ns <= cap_ns);
		now_ns = agent->turn_ns;
		code = entrain_wait_until(agent, now_ns);
	}
	FUZZ_REQUIRE(code == 0);
}

static void take_turns(struct entrain_agent *agent)
{
	struct entrain_measure measure = ENTRAIN_MEASURE;
	double order[4];
	uint32_t index = agent->index;

	for (int i = 0; i < 3; i++) {
		FUZZ_REQUIRE(entrain_begin(agent) == 0);
		now_ns += 1000;
		FUZZ_REQUIRE(entrain_end(agent) == 0);
		turn_check(agent);
		if (entrain_measure(agent, &measure) == 0)
			FUZZ_REQUIRE(picture_measure_fits(&measure, CAPACITY));
		FUZZ_REQUIRE(entrain_coherence(agent, order) == 0);
		for (int m = 0; m < 4; m++)
			FUZZ_REQUIRE(order[m] >= 0 && order[m] <= 1);
		meet(agent);
		wait_for_turn(agent);
		FUZZ_REQUIRE(agent->index == index && entrain_joined(agent, NULL));
	}
}

/* Take part. What others have written stays as it is; at most their slot is free afterwards, with proof. */
static void take_part(void)
{
	static uint8_t before[IMAGE_MOST], after[IMAGE_MOST];
	struct entrain_error error = { 0 };
	struct entrain_agent *agent;
	uint32_t index;
	size_t size;

	size = image_read(before);
	now_ns = BASE_NS;
	agent = entrain_join(NAME, NULL, &error);
	if (!agent) {
		error_check(error.code, &error);
		return;
	}
	index = agent->index;
	FUZZ_REQUIRE(index < CAPACITY);
	take_turns(agent);
	entrain_leave(agent);
	FUZZ_REQUIRE(image_read(after) == size);
	FUZZ_REQUIRE(memcmp(before, after, SHM_CONTROL_SIZE) == 0);
	FUZZ_REQUIRE(memcmp(before + OBJECTS_SIZE, after + OBJECTS_SIZE, size - OBJECTS_SIZE) == 0);
	for (uint32_t i = 0; i < CAPACITY; i++) {
		const struct shm_slot *was = slot_of(before, i), *is = slot_of(after, i);
		const size_t ring = SHM_CONTROL_SIZE + offsetof(struct shm_agents, ring[i]);
		uint64_t version = atomic_load(&is->version);

		if (i == index) {
			FUZZ_REQUIRE(version_pid(version) == 0);
			continue;
		}
		FUZZ_REQUIRE(version == atomic_load(&was->version) || version_pid(version) == 0);
		FUZZ_REQUIRE(memcmp((const char *)was + 8, (const char *)is + 8,
				    SHM_SLOT_SIZE - 8) == 0);
		FUZZ_REQUIRE(memcmp(before + ring, after + ring,
				    SHM_RING_EVENTS * sizeof(struct shm_event)) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t after[IMAGE_MOST];

	if (size > IMAGE_MOST)
		return 0;
	image_write(data, size);
	look(ENTRAIN_READ);
	check(0);
	/* Who only looks changes nothing. */
	FUZZ_REQUIRE(image_read(after) == size && memcmp(after, data, size) == 0);
	if (size >= OBJECTS_SIZE)
		take_part();
	check(1);
	look(ENTRAIN_ADMIN);
	/* What can be joined can be left: nothing stays locked or mapped. */
	check(1);
	return 0;
}
