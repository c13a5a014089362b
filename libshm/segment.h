/* SPDX-License-Identifier: MIT */
/*
 * segment.h - the shared objects of a swarm: created whole, opened only when sound, removed in order.
 *
 * A creator holds a file lock (lock.h) on the control object from just after its exclusive creation until magic is
 * published; the kernel drops it when the creator dies. So control without magic and without lock is
 * half-made, and may be taken over. Removal holds the same lock, says `removed`, unlinks agents, then control: the name
 * is taken until all is gone. Objects of topologies come and go under the same lock: a new one is whole before control names
 * it, and what control does not name, and did not name just before, is removed by whoever publishes or removes next.
 */
#ifndef ENTRAIN_SEGMENT_H
#define ENTRAIN_SEGMENT_H

#include <sys/types.h>
#include "layout.h"

#define SEGMENT_PATH 512
/* A creator takes its lock within microseconds; one without it after this long is dead. */
#define CREATOR_DOUBT_NS INT64_C(50000000)

struct segment_place {
	char dir[SEGMENT_PATH - 96];
	char name[65];
	char control[SEGMENT_PATH], agents[SEGMENT_PATH];
};

/* The path of a topology's object. */
#define SEGMENT_TOPOLOGY_PATH (SEGMENT_PATH + 64)
void segment_topology_path(const struct segment_place *place, uint64_t generation,
			   char path[SEGMENT_TOPOLOGY_PATH]);

/* Whose objects are accepted. */
struct segment_trust {
	bool any_owner; /* the tool as root, to look */
	bool has_owner;
	uid_t owner;
};

enum segment_access {
	SEGMENT_LOOK, /* nothing is mapped: both objects are read through descriptors */
	SEGMENT_JOIN, /* control mapped for reading, agents for writing; no descriptor is kept */
	SEGMENT_ADMIN /* control mapped for writing too; descriptors are kept, for the lock */
};

struct segment {
	struct segment_place place;
	const struct shm_settings *settings; /* mapped, NULL when only looking */
	struct shm_control *control;         /* mapped; writable for SEGMENT_ADMIN only */
	struct shm_agents *agents;           /* mapped at the greatest capacity */
	struct shm_slot *slots;
	int control_fd, agents_fd; /* -1 when not kept */
	uint64_t creation_id;
	uint32_t access, uid, gid; /* owner of control */
	dev_t device, dir_device;
	ino_t inode;
};

/* Where objects are that nobody wants elsewhere. */
#define SEGMENT_DIR "/dev/shm"

/* The directory that is asked for, by the caller or else by $ENTRAIN_DIR; NULL: by neither. */
const char *segment_dir_asked(const char *dir);

/* Work out the paths. dir NULL: $ENTRAIN_DIR, or what the configuration says of this swarm, or SEGMENT_DIR. ENTRAIN_USAGE for a bad
 * name or too long a path, ENTRAIN_CONFIG. */
enum entrain_code segment_place_init(struct segment_place *place, const char *dir, const char *name,
				     struct entrain_error *error);

enum entrain_code segment_create(const struct segment_place *place,
				 const struct entrain_settings *settings,
				 struct entrain_error *error);

/* Open a sound segment, waiting until `deadline_ns` (monotonic) for one that is being created. */
enum entrain_code segment_open(const struct segment_place *place, enum segment_access access,
			       const struct segment_trust *trust, int64_t deadline_ns,
			       struct segment *segment, struct entrain_error *error);

void segment_close(struct segment *segment);

/* Is the path still that of the mapped object? True also where it cannot be told (chroot). */
bool segment_current(const struct segment *segment);

/* What control says now, as long as the agents object bears it out. Of a segment that has both descriptors. */
enum entrain_code segment_settings(const struct segment *segment,
				   struct entrain_settings *settings);

struct object_owner;
struct topology_spec;
struct topology_graph;

/* With the lock held: write a topology's object, whole. On failure it is not there. */
enum entrain_code segment_topology_create(const struct segment_place *place,
					  const struct object_owner *owner, uint64_t creation_id,
					  uint64_t generation, const struct topology_spec *spec,
					  const struct topology_graph *graph,
					  struct entrain_error *error);

/* With the lock held: remove the objects of all generations but `first` .. `last`. `removed` (may be NULL) is counted. */
enum entrain_code segment_topologies_clear(const struct segment_place *place, uint64_t first,
					   uint64_t last, uint32_t *removed,
					   struct entrain_error *error);

/* How many there are besides `first` .. `last`. */
uint32_t segment_topologies_count(const struct segment_place *place, uint64_t first, uint64_t last);

/* Does anything stand there of a swarm, besides control? Of one that has no control object, it was left over. */
bool segment_left_over(const struct segment_place *place);

/* Remove agents and topologies that were left without their control object; nothing if there is a swarm again. */
enum entrain_code segment_sweep(const struct segment_place *place, struct entrain_error *error);

/* Remove all objects, sound or not, unless a creator or administrator is at work on them; root does not wait long for one of
 * another user. `code` of a sound one that is in use is the caller's to check before. */
enum entrain_code segment_remove(const struct segment_place *place, struct entrain_error *error);

#endif
