/* SPDX-License-Identifier: MIT */
/* resize.c - a live swarm grows, or gets another topology: all of it is there before anybody is told. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "error.h"
#include "mark.h"
#include "object.h"
#include "swarm.h"
#include "topology.h"

#define WHAT "resize"
/* Names of generations that somebody else has put something on. */
#define NAMES_SKIPPED 64

/* What is wanted, with what there is. */
struct resize {
	struct entrain_swarm *swarm;
	uint32_t capacity; /* in the end */
	uint32_t capacity_now;
	bool publishes;
	struct topology_spec topology;
	struct topology_graph graph; /* of no node: full */
	uint64_t generation_now, generation;
};

/* The slots that a new topology is for: up to the last one that has an agent, since those who come later take the lowest
 * free ones; but as many as a ring of that degree needs. Its hub is the first agent. */
static struct topology_extent extent_of(const struct resize *resize)
{
	const struct segment *segment = &resize->swarm->segment;
	const struct roster roster = { segment->agents, segment->slots, resize->capacity_now };
	struct topology_extent extent = { .hub = UINT32_MAX,
					  .capacity = resize->capacity,
					  .seed = 1 };

	for (uint32_t index = 0; index < roster.capacity; index++) {
		uint64_t version =
			atomic_load_explicit(&roster.slots[index].version, memory_order_acquire);

		if (!version_pid(version) ||
		    roster_probe(&roster, &resize->swarm->self, index, version) == LIVENESS_DEAD)
			continue;
		extent.nodes = index + 1;
		if (extent.hub == UINT32_MAX)
			extent.hub = index;
	}
	/* A swarm without agents: for all that may come. */
	if (extent.nodes == 0)
		extent.nodes = resize->capacity;
	if (extent.nodes < resize->topology.degree + 1)
		extent.nodes = resize->topology.degree + 1;
	if (extent.nodes > resize->capacity)
		extent.nodes = resize->capacity;
	return extent;
}

/* With the lock: read what there is, work out what is to be. Changes nothing. */
static enum entrain_code resize_plan(struct resize *resize, struct entrain_error *error)
{
	const struct segment *segment = &resize->swarm->segment;
	struct topology_extent extent;
	struct entrain_settings now;
	enum entrain_code code = segment_settings(segment, &now);

	if (code)
		return error_set(error, code, 0, WHAT, segment->place.control, NULL);
	/* Removal takes the same lock. Of another swarm by this name nothing is touched. */
	if (atomic_load_explicit(&segment->settings->removed, memory_order_relaxed) ||
	    !object_still_named(segment->control_fd, segment->place.control))
		return error_set(error, ENTRAIN_NO_SWARM, 0, WHAT, segment->place.control,
				 "it was removed");
	resize->generation_now = SHM_TOPOLOGY_GENERATION(
		atomic_load_explicit(&segment->settings->topology, memory_order_relaxed));
	resize->capacity_now = now.capacity;
	if (resize->capacity == 0)
		resize->capacity = now.capacity;
	if (resize->capacity < now.capacity)
		return error_set(error, ENTRAIN_USAGE, 0, WHAT, segment->place.name,
				 "it has %u slot%s, and a swarm never shrinks", now.capacity,
				 now.capacity == 1 ? "" : "s");
	if (!resize->publishes || resize->topology.kind == TOPOLOGY_FULL)
		return ENTRAIN_OK;
	extent = extent_of(resize);
	return topology_build(&resize->topology, &extent, &resize->graph, error);
}

/* What a killed predecessor left goes first: there may be no room but for that. Then the new topology's object. */
static enum entrain_code object_make(struct resize *resize, struct entrain_error *error)
{
	const struct segment *segment = &resize->swarm->segment;
	const struct object_owner owner = {
		.mode = segment->access & ~022u,
		.uid = geteuid() == segment->uid ? (uid_t)-1 : (uid_t)segment->uid,
		.gid = getegid() == segment->gid ? (gid_t)-1 : (gid_t)segment->gid
	};
	uint64_t last = resize->generation_now;
	enum entrain_code code = segment_topologies_clear(&segment->place, last > 1 ? last - 1 : 1,
							  last, NULL, error);

	if (code || !resize->publishes)
		return code;
	for (resize->generation = last + 1;; resize->generation++) {
		if (resize->graph.nodes)
			code = segment_topology_create(&segment->place, &owner,
						       segment->creation_id, resize->generation,
						       &resize->topology, &resize->graph, error);
		if (code != ENTRAIN_FOREIGN || resize->generation > last + NAMES_SKIPPED)
			return code;
	}
}

static enum entrain_code agents_grow(const struct resize *resize, struct entrain_error *error)
{
	const struct segment *segment = &resize->swarm->segment;
	const uint64_t size = SHM_AGENTS_SIZE(resize->capacity);
	enum entrain_code code;

	if (resize->capacity == resize->capacity_now)
		return ENTRAIN_OK;
	code = object_limit_check(segment->place.agents, WHAT, size, error);
	return code ? code
		    : object_reserve(segment->agents_fd, segment->place.agents, WHAT, size, error);
}

/* All is there: tell the agents. Killed in between: what was told holds. */
static void resize_publish(const struct resize *resize)
{
	struct shm_settings *shared = &resize->swarm->segment.control->settings;

	/* [L2] release: the slots below this capacity exist. Pairs with [L2] in settings_load(). */
	if (resize->capacity != resize->capacity_now)
		atomic_store_explicit(&shared->capacity, resize->capacity, memory_order_release);
	MARK();
	/* [L3] release: the object of this generation is complete. Pairs with [L3] in view_word(). */
	if (resize->publishes)
		atomic_store_explicit(&shared->topology,
				      topology_word(resize->generation, resize->topology.kind),
				      memory_order_release);
	MARK();
	atomic_fetch_add_explicit(&shared->changes, 1, memory_order_relaxed);
	MARK();
}

static enum entrain_code resize_locked(struct resize *resize, struct entrain_error *error)
{
	const struct segment_place *place = &resize->swarm->segment.place;
	char path[SEGMENT_TOPOLOGY_PATH];
	enum entrain_code code = resize_plan(resize, error);

	if (!code)
		code = object_make(resize, error);
	if (code)
		return code;
	code = agents_grow(resize, error);
	if (code) {
		segment_topology_path(place, resize->generation, path);
		if (resize->graph.nodes)
			unlink(path);
		return code;
	}
	resize_publish(resize);
	/* The last two generations stay: somebody may be on his way to the one before. If it fails, the next one clears. */
	if (resize->publishes)
		segment_topologies_clear(place, resize->generation_now, resize->generation, NULL,
					 NULL);
	return ENTRAIN_OK;
}

int entrain_resize(struct entrain_swarm *swarm, uint32_t capacity, const char *topology,
		   struct entrain_error *error)
{
	struct resize resize = { .swarm = swarm, .capacity = capacity, .publishes = topology };
	int saved = errno;
	enum entrain_code code = swarm_admin_check(swarm, WHAT, error);

	if (!code && capacity > ENTRAIN_CAPACITY_MAX)
		code = error_set(error, ENTRAIN_USAGE, 0, WHAT, "capacity",
				 "%u is not between 1 and %u", capacity, ENTRAIN_CAPACITY_MAX);
	if (!code && topology)
		code = topology_parse("topology", topology, &resize.topology, error);
	if (!code)
		code = swarm_admin_lock(swarm, WHAT, error);
	if (!code) {
		MARK();
		code = resize_locked(&resize, error);
		lock_drop(&swarm->lock);
		topology_graph_free(&resize.graph);
	}
	if (!code)
		error_clear(error);
	errno = saved;
	return (int)code;
}
