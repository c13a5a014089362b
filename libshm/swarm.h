/* SPDX-License-Identifier: MIT */
/* swarm.h - a swarm as administrators open it. */
#ifndef ENTRAIN_SWARM_H
#define ENTRAIN_SWARM_H

#include "lock.h"
#include "measure.h"
#include "roster.h"
#include "segment.h"

struct entrain_swarm {
	struct segment segment;
	struct identity self;
	bool admin;
	struct lock lock; /* while an administrator's call is at work */
	struct hysteresis converged;
};

/* A private copy of the first `count` slots in which every slot is whole; NULL: the object is too short, or no memory. The
 * caller frees it. */
struct shm_slot *swarm_slots_copy(const struct entrain_swarm *swarm, uint32_t count);

/* How many slots, in all of them, have an owner who is not proven dead. */
enum entrain_code swarm_count_living(struct entrain_swarm *swarm, uint32_t *living,
				     struct entrain_error *error);

/* A private copy of the head of the agents object, with the hint; NULL as above. */
struct shm_agents *swarm_agents_copy(const struct entrain_swarm *swarm);

/* Was the handle opened to change something? And the lock of administrators: one at a time, who does not get it is told; the
 * kernel drops the lock of one who dies. lock_drop(&swarm->lock) gives it back. */
enum entrain_code swarm_admin_check(const struct entrain_swarm *swarm, const char *what,
				    struct entrain_error *error);
enum entrain_code swarm_admin_lock(struct entrain_swarm *swarm, const char *what,
				   struct entrain_error *error);

#endif
