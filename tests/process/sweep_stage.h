/* SPDX-License-Identifier: MIT */
/*
 * sweep_stage.h - a full little swarm with one victim in its middle, and all that must hold after the victim's death.
 *
 * Slots 0 and 2 belong to the test itself and must stay as they are to the bit; slot 1 is the victim's.
 */
#ifndef SWEEP_STAGE_H
#define SWEEP_STAGE_H

#include <stdbool.h>
#include <sys/types.h>
#include "agent.h"
#include "swarm.h"

#define STAGE_SLOTS 3
#define STAGE_VICTIM 1

struct stage {
	const char *name;
	struct entrain_agent *neighbour[2]; /* in slots 0 and 2 */
	struct entrain_swarm *swarm;        /* ENTRAIN_ADMIN */
	struct roster roster;
	struct shm_slot image[2]; /* the neighbours' slots before the victim came */
};

void stage_set(struct stage *stage, const char *name);
void stage_clear(struct stage *stage);

/* What settings its swarm has: periods of an hour, so that nobody is overdue meanwhile. */
struct entrain_settings stage_settings(void);

struct shm_slot *stage_victim_slot(const struct stage *stage);

/* Join as the victim, in a child. Aborts if it cannot. */
struct entrain_agent *stage_join(uint32_t kind);

/* The neighbours are untouched, the swarm can be read: asserts. */
void stage_check_others(const struct stage *stage);

/*
 * The victim is dead: its slot, if it is occupied, is released by a reap; the swarm is sound then; somebody else gets the
 * slot, publishes in it, and gives it back. Asserts.
 */
void stage_check_reclaim(const struct stage *stage);

/* Somebody else gets the free slot of the victim and gives it back. */
void stage_check_join(const struct stage *stage);

#endif
