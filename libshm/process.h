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
#include "view.h"

/* A swarm's objects as this process has them mapped; shared by its agents there. */
struct mapping {
	struct segment segment;
	struct view_cell view;
	unsigned users;     /* of `process` */
	unsigned inherited; /* uses of its parent that it has neither adopted nor forgotten */
	uint64_t process;
	struct mapping *next;
};

/* The id of this process: 0 never; another in each child. Makes the page at the first call. 0: no memory. */
uint64_t process_id(void);

/* The cheap question of every call on a handle: does it belong to this process? No system call. */
bool process_is(uint64_t id);

/* For who may make no system call in a child: from now on the handlers of fork() tell a child its pid, and make no call. */
void process_watch_forks(void);

/* In a child that was told its pid: be the child of `parent`, without a system call. Its start time stays unknown. True also where
 * this was done before, or where no child is; false: a child of a raw clone. */
bool process_adopt(const struct identity *parent);

/* Who this process is, for slots. Read once; valid while the lock is held or a handle exists. Without /proc (chroot) it is in the
 * pid namespace of its parent, where that can be told. */
const struct identity *process_identity(void);

/* The join lock. Private to the process; reset in a child. */
void process_lock(void);
bool process_trylock(void);
void process_unlock(void);

/* With the lock held: the mapping of a swarm, made or shared. NULL: code and error are filled. */
struct mapping *mapping_get(const struct segment_place *place, const struct segment_trust *trust,
			    int64_t deadline_ns, enum entrain_code *code,
			    struct entrain_error *error);

/* With the lock held, in a child: make one use of an inherited mapping the child's, or a use of the child's own of the same objects;
 * then the inherited one is freed with its last use. */
void mapping_adopt(struct mapping **use);

/* With the lock held, in a child: one inherited use is never to be adopted. */
void mapping_forget(struct mapping *mapping);

/* With the lock held, by one who uses it and reads nothing now: free the views that were replaced. Where others use it too,
 * only with `may_wait`, for those who are reading. */
void mapping_reclaim(struct mapping *mapping, bool may_wait);

/* With the lock held: give one use back; the last one unmaps. */
void mapping_put(struct mapping *mapping);

#endif
