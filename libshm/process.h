/* SPDX-License-Identifier: MIT */
/*
 * process.h - what this process keeps for itself: who it is, its join lock, the swarms that it has mapped.
 *
 * It all lies in one page that the kernel wipes in a child (MADV_WIPEONFORK, also for raw clone): there the id is 0, the
 * lock is free whatever thread of the parent held it, and the list is empty.
 */
#ifndef ENTRAIN_PROCESS_H
#define ENTRAIN_PROCESS_H

#include <stdbool.h>
#include "liveness.h"
#include "segment.h"

/* A swarm's objects as this process has them mapped; shared by its agents there. */
struct mapping {
	struct segment segment;
	unsigned users;
	struct mapping *next;
};

/* The id of this process: 0 never; another in each child. Makes the page at the first call. 0: no memory. */
uint64_t process_id(void);

/* The cheap question of every call on a handle: does it belong to this process? No system call. */
bool process_is(uint64_t id);

/* Who this process is, for slots. Read once; valid while the lock is held or a handle exists. */
const struct identity *process_identity(void);

/* In a child that has no /proc any more (chroot): it is in the pid namespace of its parent, unless it has no parent there. With
 * the lock held. */
void process_identity_inherit(uint64_t pid_space);

/* The join lock. Private to the process; reset in a child. */
void process_lock(void);
bool process_trylock(void);
void process_unlock(void);

/* With the lock held: the mapping of a swarm, made or shared. NULL: code and error are filled. */
struct mapping *mapping_get(const struct segment_place *place, const struct segment_trust *trust,
			    int64_t deadline_ns, enum entrain_code *code,
			    struct entrain_error *error);

/* With the lock held, in a child: one use of an inherited mapping, or of the child's own of the same objects. Returns which. */
struct mapping *mapping_adopt(struct mapping *mapping);

/* With the lock held: give one use back; the last one unmaps. */
void mapping_put(struct mapping *mapping);

#endif
