/* SPDX-License-Identifier: MIT */
/* check.c - is a segment sound? says what is not, and mends what can be mended without touching a live agent. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "clock.h"
#include "error.h"
#include "lock.h"
#include "object.h"
#include "settings.h"
#include "swarm.h"
#include "topology.h"

struct report {
	void (*finding)(const char *text, int repaired, void *context);
	void *context;
	unsigned left; /* findings not mended */
};

static void say(struct report *report, bool repaired, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct report *report, bool repaired, const char *format, ...)
{
	char text[512];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	report->left += !repaired;
	if (report->finding)
		report->finding(text, repaired, report->context);
}

/* A slot whose owner is gone, whose words cannot be, or whose claim was never finished. */
static void slot_check(const struct roster *roster, uint32_t index, const struct identity *self,
		       int64_t now_ns, const struct entrain_settings *settings, bool repair,
		       struct report *report)
{
	const struct shm_slot *slot = &roster->slots[index];
	uint64_t version = atomic_load_explicit(&slot->version, memory_order_acquire);
	struct measured one;
	bool given_up;

	if (!version_pid(version))
		return;
	given_up = roster_claim_given_up(roster, self, index, version, now_ns);
	if (given_up || roster_probe(roster, self, index, version) == LIVENESS_DEAD) {
		bool freed = repair && roster_free(roster, index, version);

		say(report, freed,
		    given_up ? "slot %u: claimed by process %u, but never published%s"
			     : "slot %u: its process %u is gone%s",
		    index, version_pid(version),
		    freed ? "; released" : "; entrainctl reap releases it");
		return;
	}
	if (!measured_judge(&one, slot, index, now_ns, settings)) {
		if (roster_claim_old(roster, index, version, now_ns))
			say(report, false,
			    "slot %u: claimed by process %u, but never published; if it stays so, "
			    "entrainctl reap releases it",
			    index, version_pid(version));
		return;
	}
	if (one.implausible)
		say(report, false,
		    "slot %u: process %u publishes values that cannot be; it is left out", index,
		    version_pid(version));
}

static void bitmap_check(const struct roster *roster, bool repair, struct report *report)
{
	unsigned missing = 0;

	for (uint32_t index = 0; index < roster->capacity; index++) {
		uint64_t version =
			atomic_load_explicit(&roster->slots[index].version, memory_order_acquire);
		uint64_t word = atomic_load_explicit(&roster->agents->occupied[index / 64],
						     memory_order_relaxed);

		if (version_pid(version) && !(word >> (index % 64) & 1)) {
			missing++;
			if (repair)
				roster_mark(roster, index);
		}
	}
	if (missing)
		say(report, repair,
		    "%u occupied slot%s missing in the hint; owners repair it at their next turn",
		    missing, missing == 1 ? " is" : "s are");
}

/* Is this the object of the generation, whole? Else `why` says what is wrong. */
static bool topology_sound(int fd, const struct segment *segment, uint64_t generation,
			   const char **why)
{
	struct topology_expectation expect = { segment->creation_id, generation, 0 };
	struct topology_copy copy;
	struct stat status;
	uint32_t *words = NULL;
	size_t size;
	bool sound = false;

	*why = "it cannot be read";
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    pread(fd, &copy.magic, sizeof(copy.magic), 0) != sizeof(copy.magic) ||
	    pread(fd, &copy.fields, sizeof(copy.fields), 0) != sizeof(copy.fields))
		return false;
	expect.file_size = (uint64_t)status.st_size;
	if (topology_check(&copy, &expect, why))
		return false;
	size = topology_size(copy.fields.nodes, copy.fields.entries) - sizeof(copy.fields);
	words = malloc(size);
	if (words && pread(fd, words, size, sizeof(copy.fields)) == (ssize_t)size) {
		sound = topology_checksum(&copy.fields, words, words + copy.fields.nodes + 1,
					  copy.fields.nodes,
					  copy.fields.entries) == copy.fields.checksum;
		*why = "its checksum is wrong";
	}
	free(words);
	return sound;
}

static void topology_check_object(const struct segment *segment, uint64_t word,
				  struct report *report)
{
	char path[SEGMENT_TOPOLOGY_PATH];
	const char *why = "it is missing";
	bool sound;
	int fd;

	if (SHM_TOPOLOGY_KIND(word) == TOPOLOGY_FULL)
		return;
	segment_topology_path(&segment->place, SHM_TOPOLOGY_GENERATION(word), path);
	fd = open(path, O_RDONLY | OBJECT_OPEN_FLAGS);
	sound = fd >= 0 && topology_sound(fd, segment, SHM_TOPOLOGY_GENERATION(word), &why);
	if (fd >= 0)
		close(fd);
	if (!sound)
		say(report, false, "%s: %s; entrainctl resize --topology publishes a new one", path,
		    why);
}

/* Generations that control does not name any more, nor just before: left by an administrator that died. */
static void topologies_check(struct entrain_swarm *swarm, bool repair, struct report *report)
{
	struct segment *segment = &swarm->segment;
	bool locked = repair && lock_take(&swarm->lock, segment->control_fd);
	uint32_t left, removed = 0;
	uint64_t word = 0, last;

	/* Somebody is publishing right now: what is half-made is his. */
	if (!locked && (repair || lock_held(segment->control_fd)))
		return;
	if (pread(segment->control_fd, &word, sizeof(word),
		  offsetof(struct shm_control, settings.topology)) == sizeof(word)) {
		last = SHM_TOPOLOGY_GENERATION(word);
		topology_check_object(segment, word, report);
		left = segment_topologies_count(&segment->place, last > 1 ? last - 1 : 1, last);
		if (left && locked)
			segment_topologies_clear(&segment->place, last > 1 ? last - 1 : 1, last,
						 &removed, NULL);
		if (left)
			say(report, removed == left,
			    "%u topolog%s of a generation that nobody is sent to%s", left,
			    left == 1 ? "y is" : "ies are",
			    removed == left ? "; removed" : "; the next resize removes it");
	}
	lock_drop(&swarm->lock);
}

/* Only a repair needs, and gets, the right to write: anything else looks at a private copy. */
static void slots_check(struct entrain_swarm *swarm, bool repair, struct report *report)
{
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_error error = { 0 };
	struct shm_agents *agents = NULL;
	struct shm_slot *slots = NULL;
	struct roster roster;
	int64_t now_ns = clock_now_ns();

	if (entrain_status(swarm, &status, NULL, 0, &error)) {
		say(report, false, "%s: %s", error.object, error.why);
		return;
	}
	roster = (struct roster){ swarm->segment.agents, swarm->segment.slots, status.capacity };
	if (!repair) {
		roster.agents = agents = swarm_agents_copy(swarm);
		roster.slots = slots = swarm_slots_copy(swarm, status.capacity);
	}
	if (!roster.agents || !roster.slots) {
		say(report, false, "%s: %s", swarm->segment.place.agents,
		    entrain_code_text(ENTRAIN_TRUNCATED));
	} else {
		for (uint32_t index = 0; index < roster.capacity; index++)
			slot_check(&roster, index, &swarm->self, now_ns, &status.settings, repair,
				   report);
		bitmap_check(&roster, repair, report);
	}
	free(agents);
	free(slots);
}

/* What a creator or remover left that died half-way is removed by the same rules as it is taken over. */
static void half_made_check(const struct segment_place *place, bool repair, struct report *report)
{
	bool removed = repair && segment_remove(place, NULL) == ENTRAIN_OK;

	say(report, removed, "%s: %s%s", place->control, entrain_code_text(ENTRAIN_HALF_MADE),
	    removed ? "; removed" : "");
}

int entrain_check(const char *dir, const char *name, int repair,
		  void (*finding)(const char *text, int repaired, void *context), void *context,
		  struct entrain_error *error)
{
	struct report report = { finding, context, 0 };
	struct entrain_error why = { 0 };
	struct segment_place place;
	struct entrain_swarm *swarm;
	struct stat status;
	int saved = errno;
	enum entrain_code code = segment_place_init(&place, dir, name, error);

	if (code)
		return (int)code;
	swarm = entrain_open(dir, name, repair ? ENTRAIN_ADMIN : ENTRAIN_READ, &why);
	if (swarm) {
		slots_check(swarm, repair, &report);
		topologies_check(swarm, repair, &report);
		entrain_close(swarm);
	} else if (why.code == ENTRAIN_HALF_MADE) {
		half_made_check(&place, repair, &report);
	} else if (why.code == ENTRAIN_NO_SWARM && segment_left_over(&place)) {
		bool removed = repair && segment_sweep(&place, NULL) == ENTRAIN_OK;

		say(&report, removed, "%s: left over without its control object%s",
		    lstat(place.agents, &status) == 0 || removed ? place.agents : place.dir,
		    removed ? "; removed" : "");
	} else if (why.code == ENTRAIN_NO_SWARM || why.code == ENTRAIN_PERMISSION ||
		   why.code == ENTRAIN_USAGE || why.code == ENTRAIN_TOO_NEW ||
		   why.code == ENTRAIN_TOO_OLD) {
		if (error)
			*error = why;
		code = why.code;
	} else {
		say(&report, false, "%s: %s", why.object, why.why);
	}
	if (!code && report.left)
		code = error_set(error, ENTRAIN_UNSOUND, 0, "check swarm", place.name,
				 "%u finding%s", report.left, report.left == 1 ? "" : "s");
	errno = saved;
	return (int)code;
}
