/* SPDX-License-Identifier: MIT */
/* status.c - one picture of a swarm, read without mapping it, so that a truncated object is an error and no SIGBUS. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "clock.h"
#include "error.h"
#include "goal.h"
#include "object.h"
#include "swarm.h"
#include "topology.h"

#define WHAT "read swarm"

static bool read_whole(int fd, void *to, size_t size, off_t offset)
{
	for (char *at = to; size > 0;) {
		ssize_t got = pread(fd, at, size, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		offset += got;
		size -= (size_t)got;
	}
	return true;
}

/*
 * A copy of the slots in which every slot is whole. The kernel copies in no particular order, so what was copied is
 * believed only where the version was the same before and after: read three times, version from the first and the
 * last, the rest from the middle. What changes all the time is made to name no writer: garbled.
 */
struct shm_slot *swarm_slots_copy(const struct entrain_swarm *swarm, uint32_t count)
{
	int fd = swarm->segment.agents_fd;
	size_t size = (size_t)count * SHM_SLOT_SIZE;
	struct shm_slot *before = malloc(size), *slots = malloc(size), *after = malloc(size);
	bool done = before && slots && after && read_whole(fd, before, size, SHM_AGENTS_OFFSET) &&
		    read_whole(fd, slots, size, SHM_AGENTS_OFFSET) &&
		    read_whole(fd, after, size, SHM_AGENTS_OFFSET);

	for (uint32_t i = 0; done && i < count; i++) {
		for (int tries = 0; tries < SLOT_READ_TRIES; tries++) {
			off_t offset = (off_t)(SHM_AGENTS_OFFSET + (uint64_t)i * SHM_SLOT_SIZE);

			if (before[i].version == after[i].version &&
			    before[i].version == slots[i].version)
				break;
			done = read_whole(fd, &before[i], SHM_SLOT_SIZE, offset) &&
			       read_whole(fd, &slots[i], SHM_SLOT_SIZE, offset) &&
			       read_whole(fd, &after[i], SHM_SLOT_SIZE, offset);
			if (tries == SLOT_READ_TRIES - 1)
				memset(slots[i].copy, 0xff, sizeof(slots[i].copy));
		}
	}
	free(before);
	free(after);
	if (!done) {
		free(slots);
		slots = NULL;
	}
	return slots;
}

struct shm_agents *swarm_agents_copy(const struct entrain_swarm *swarm)
{
	struct shm_agents *agents = malloc(sizeof(*agents));

	if (agents && !read_whole(swarm->segment.agents_fd, agents, sizeof(*agents), 0)) {
		free(agents);
		agents = NULL;
	}
	return agents;
}

/* How many slots there are up to the last one that the hint knows: claims take the lowest free slot, so a picture costs
 * what is alive. An owner that died before it could set its bit has published nothing. */
static uint32_t slots_in_use(const struct entrain_swarm *swarm, uint32_t capacity)
{
	struct shm_agents *agents = swarm_agents_copy(swarm);
	uint32_t word = (capacity + 63) / 64, count = 1;

	while (agents && word > 0 && !agents->occupied[word - 1])
		word--;
	if (agents && word > 0)
		count = word * 64;
	free(agents);
	return count < capacity ? count : capacity;
}

/* A silent agent's process is looked up: it may be dead. */
static void probe_silent(struct measured *one, const struct shm_slot *slot,
			 const struct identity *self)
{
	const struct identity other = slot_identity(slot, one->version);

	if (!one->implausible && liveness_probe(self, &other) == LIVENESS_DEAD) {
		one->state = ENTRAIN_DEAD;
		one->counts = false;
	}
}

static void text_facts(const struct shm_slot *slot, uint64_t version, enum shm_fact_word first,
		       unsigned words, char *text)
{
	uint64_t values[3];

	for (unsigned i = 0; i < words; i++)
		values[i] = slot_fact(slot, version, first + i);
	fact_to_text(values, words, text);
}

/* The rows of the present topology, as far as they are needed to count neighbours. */
struct rows {
	uint32_t nodes, entries, kind;
	uint32_t *offsets; /* NULL: full, or not to be had */
};

/* Read header and offsets of an object that was opened; says what the topology is called. */
static void rows_read(int fd, const struct topology_expectation *expect, struct rows *rows,
		      char text[SHM_TOPOLOGY_TEXT])
{
	struct topology_copy copy;
	const char *why;
	size_t size;

	if (!read_whole(fd, &copy.magic, sizeof(copy.magic), 0) ||
	    !read_whole(fd, &copy.fields, sizeof(copy.fields), 0) ||
	    topology_check(&copy, expect, &why))
		return;
	for (size_t i = 0; i < SHM_TOPOLOGY_TEXT && copy.fields.text[i]; i++)
		if (copy.fields.text[i] < 0x20 || copy.fields.text[i] > 0x7e)
			copy.fields.text[i] = '?';
	if (copy.fields.text[0])
		memcpy(text, copy.fields.text, SHM_TOPOLOGY_TEXT);
	size = ((size_t)copy.fields.nodes + 1) * sizeof(uint32_t);
	rows->nodes = copy.fields.nodes;
	rows->entries = copy.fields.entries;
	rows->kind = copy.fields.kind;
	rows->offsets = malloc(size);
	if (rows->offsets && read_whole(fd, rows->offsets, size, sizeof(struct shm_topology)))
		return;
	free(rows->offsets);
	rows->offsets = NULL;
}

/* What control names now; where it cannot be opened, its kind at least. */
static void topology_read(const struct segment *segment, uint64_t word,
			  struct entrain_status *status, struct rows *rows)
{
	char path[SEGMENT_TOPOLOGY_PATH], *text = status->settings.topology;
	struct topology_expectation expect = { segment->creation_id, SHM_TOPOLOGY_GENERATION(word),
					       0 };
	struct stat file;
	int fd;

	memset(rows, 0, sizeof(*rows));
	snprintf(text, SHM_TOPOLOGY_TEXT, "%s", topology_kind_name(SHM_TOPOLOGY_KIND(word)));
	if (SHM_TOPOLOGY_KIND(word) == TOPOLOGY_FULL)
		return;
	segment_topology_path(&segment->place, expect.generation, path);
	fd = open(path, O_RDONLY | OBJECT_OPEN_FLAGS);
	if (fd < 0)
		return;
	if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode)) {
		expect.file_size = (uint64_t)file.st_size;
		rows_read(fd, &expect, rows, text);
	}
	close(fd);
}

static uint32_t neighbours_of(uint32_t slot, bool cannot_follow, const struct rows *rows,
			      uint32_t capacity)
{
	uint32_t from, count;

	/* Of a ring all have as many. */
	if (rows->kind == TOPOLOGY_RING && rows->nodes)
		slot = 0;
	if (!rows->offsets || cannot_follow || slot >= rows->nodes ||
	    !topology_row(rows->offsets, rows->nodes, rows->entries, slot, &from, &count))
		return capacity - 1;
	return count;
}

static void info_fill(struct entrain_agent_info *info, const struct measured *one,
		      const struct shm_slot *slot)
{
	const uint64_t version = one->version;
	const uint64_t turns = slot_fact(slot, version, FACT_TURNS);
	const uint64_t action = slot_fact(slot, version, FACT_ACTION);
	const uint64_t delay = slot_fact(slot, version, FACT_DELAY);
	const uint64_t overlap = slot_fact(slot, version, FACT_OVERLAP);
	const uint64_t rhythm = slot_rhythm(slot, version);

	memset(info, 0, sizeof(*info));
	info->slot = one->index;
	info->pid = one->pid;
	info->state = one->state;
	info->off_beat = one->off_beat;
	info->implausible = one->implausible;
	info->strategy = SHM_STATUS_STRATEGY(one->status);
	info->cannot_follow = (one->status & SHM_STATUS_CANNOT_FOLLOW) != 0;
	info->reached = (one->status & SHM_STATUS_REACHED) != 0;
	info->phase = one->phase;
	info->energy = fmin(100, (double)(one->topology & 0xffff) / 512);
	info->period_ns = one->period_ns;
	info->next_turn_ns = one->next_ns;
	info->began_ns = one->began_ns;
	text_facts(slot, version, FACT_NAME1, 3, info->name);
	text_facts(slot, version, FACT_LABEL1, 2, info->label);
	info->turns = turns & UINT32_MAX;
	info->turns_missed = turns_missed(turns);
	info->action_last_ns = pair_low_ns(action);
	info->action_mean_ns = pair_high_ns(action);
	info->delay_last_ns = pair_low_ns(delay);
	info->delay_max_ns = pair_high_ns(delay);
	info->delay_total_ns = (int64_t)slot_fact(slot, version, FACT_DELAY_TOTAL) * 1000;
	info->lateness_ns = pair_low_ns(overlap);
	info->observes = (one->status & SHM_STATUS_OBSERVES) != 0;
	info->watches = (one->status & SHM_STATUS_WATCHES) != 0;
	info->overlap = SHM_OVERLAP(overlap);
	if (SHM_RHYTHM_KIND(rhythm) == 0 || SHM_RHYTHM_KIND(rhythm) > ENTRAIN_DRIFTING)
		return;
	info->rhythm = SHM_RHYTHM_KIND(rhythm);
	info->interval_ns = rhythm_interval_ns(rhythm);
	info->spread_ns = rhythm_spread_ns(rhythm);
}

/* `word` gets what control says of the topology. */
static enum entrain_code settings_read(struct entrain_swarm *swarm, struct entrain_status *status,
				       uint64_t *word, struct entrain_error *error)
{
	const struct segment *segment = &swarm->segment;
	struct shm_settings copy;
	struct stat size;
	enum entrain_code code;

	if (!read_whole(segment->control_fd, &copy, sizeof(copy),
			offsetof(struct shm_control, settings)))
		return error_set(error, ENTRAIN_TRUNCATED, 0, WHAT, segment->place.control, NULL);
	if (atomic_load_explicit(&copy.removed, memory_order_relaxed))
		return error_set(error, ENTRAIN_NO_SWARM, 0, WHAT, segment->place.control,
				 "it was removed");
	if (fstat(segment->agents_fd, &size) < 0)
		return error_system(error, errno, WHAT, segment->place.agents);
	code = settings_load(&copy, (uint64_t)size.st_size, &status->settings);
	if (code)
		return error_set(error, code, 0, WHAT, segment->place.control, NULL);
	status->settings.access = segment->access;
	status->settings.uid = segment->uid;
	status->settings.gid = segment->gid;
	*word = atomic_load_explicit(&copy.topology, memory_order_relaxed);
	status->topology_generation = SHM_TOPOLOGY_GENERATION(*word);
	status->disruption =
		SHM_DISRUPTION_NUMBER(atomic_load_explicit(&copy.disruption, memory_order_relaxed));
	status->capacity = status->settings.capacity;
	return ENTRAIN_OK;
}

enum entrain_code swarm_count_living(struct entrain_swarm *swarm, uint32_t *living,
				     struct entrain_error *error)
{
	struct entrain_status status = ENTRAIN_STATUS;
	uint64_t word;
	enum entrain_code code = settings_read(swarm, &status, &word, error);
	struct shm_slot *slots = code ? NULL : swarm_slots_copy(swarm, status.capacity);

	/* A copy: to be probed, not to be changed. */
	struct roster roster = { NULL, slots, status.capacity };
	int64_t now_ns = clock_now_ns();

	*living = 0;
	if (!code && !slots)
		code = error_set(error, ENTRAIN_TRUNCATED, 0, WHAT, swarm->segment.place.agents,
				 NULL);
	for (uint32_t i = 0; !code && i < status.capacity; i++) {
		uint64_t version = slots[i].version;

		*living += version_pid(version) != 0 &&
			   roster_probe(&roster, &swarm->self, i, version) != LIVENESS_DEAD &&
			   !roster_claim_given_up(&roster, &swarm->self, i, version, now_ns);
	}
	free(slots);
	return code;
}

/* Who follows the present topology, who cannot, who is behind, whom the last disruption moved. */
static void followers_count(struct entrain_status *status, const struct measured *all,
			    uint32_t count, const struct rows *rows,
			    struct entrain_agent_info *agents, unsigned space)
{
	const uint32_t generation = (uint32_t)status->topology_generation;

	status->acknowledged = status->cannot_follow = status->scattered = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct measured *one = &all[i];
		bool cannot = one->status & SHM_STATUS_CANNOT_FOLLOW;
		bool present = (uint32_t)(one->topology >> 16) == generation;

		if (i < space) {
			agents[i].behind = !present && !cannot;
			agents[i].neighbours =
				neighbours_of(one->index, cannot, rows, status->capacity);
		}
		if (!one->counts)
			continue;
		status->acknowledged += present && !cannot;
		status->cannot_follow += cannot;
		status->scattered +=
			status->disruption && one->status & SHM_STATUS_SCATTERED &&
			SHM_STATUS_DISRUPTION(one->status) == (status->disruption & 0xff);
	}
}

static void picture_take(struct entrain_swarm *swarm, struct entrain_status *status,
			 const struct shm_slot *slots, const struct rows *rows,
			 struct measured *all, uint64_t *words, uint32_t slot_count,
			 struct entrain_agent_info *agents, unsigned space)
{
	int64_t now_ns = clock_now_ns();
	uint32_t count = 0;

	for (uint32_t i = 0; i < slot_count; i++) {
		if (!measured_judge(&all[count], &slots[i], i, now_ns, &status->settings))
			continue;
		if (all[count].next_ns < now_ns || all[count].implausible)
			probe_silent(&all[count], &slots[i], &swarm->self);
		count++;
	}
	measure_fill(&status->measure, all, count, now_ns, &status->settings, words);
	status->measure.converged = hysteresis_next(&swarm->converged, status->measure.converged,
						    now_ns, status->measure.longest_period_ns);
	status->agents = count;
	for (uint32_t i = 0; i < count && i < space; i++)
		info_fill(&agents[i], &all[i], &slots[all[i].index]);
	followers_count(status, all, count, rows, agents, space);
}

int entrain_status(struct entrain_swarm *swarm, struct entrain_status *status,
		   struct entrain_agent_info *agents, unsigned space, struct entrain_error *error)
{
	int saved = errno;
	struct shm_slot *slots = NULL;
	struct measured *all = NULL;
	uint64_t *words = NULL, word = 0;
	struct rows rows = { .nodes = 0 };
	uint32_t count = 0;
	enum entrain_code code;

	if (!swarm || !status || status->size != sizeof(*status) || (space && !agents))
		return (int)error_set(error, ENTRAIN_USAGE, 0, WHAT, "status",
				      "start from ENTRAIN_STATUS of this library's header");
	code = settings_read(swarm, status, &word, error);
	if (!code) {
		topology_read(&swarm->segment, word, status, &rows);
		count = slots_in_use(swarm, status->capacity);
		slots = swarm_slots_copy(swarm, count);
		all = malloc(count * sizeof(*all));
		words = malloc((size_t)count * MEASURE_WORDS * sizeof(*words));
		if (!all || !words)
			code = error_set(error, ENTRAIN_LIMIT, ENOMEM, WHAT,
					 swarm->segment.place.name, NULL);
		else if (!slots)
			code = error_set(error, ENTRAIN_TRUNCATED, 0, WHAT,
					 swarm->segment.place.agents, NULL);
		else
			picture_take(swarm, status, slots, &rows, all, words, count, agents, space);
	}
	free(rows.offsets);
	free(words);
	free(all);
	free(slots);
	errno = saved;
	return (int)code;
}
