/* SPDX-License-Identifier: MIT */
/* step.h - one agent's turn in a simulation: what simulated time and phase-locked rounds share. */
#ifndef CLI_SIMULATE_STEP_H
#define CLI_SIMULATE_STEP_H

#include "draw.h"
#include "simulation.h"

/* STEP_HELD: of one that came and had to wait (drift.h). */
enum step_event { STEP_TURN, STEP_END, STEP_JOIN, STEP_HELD };

/*
 * Decide for the agent in `slot`, which has read `peers` at now_ns; changes nothing but that agent's steer and the flags of
 * `peers`, so that threads may do it for different agents at once, each with its own peers and scratch.
 */
void step_decide(struct simulation *simulation, uint32_t slot, bool joining, int64_t now_ns,
		 struct peer *peers, uint32_t count, void *scratch, struct decision *decision);

/* The neighbours of `slot`, out of `peers`, into `view`. Returns how many. */
uint32_t step_neighbours(const struct simulation *simulation, uint32_t slot,
			 const struct peer *peers, struct peer *view);

/* Publish what was decided and count it. */
void step_publish(struct simulation *simulation, uint32_t slot, const struct decision *decision,
		  int64_t now_ns);

/* Begin the agent's action at now_ns (or when its last one ends); learns its lateness. Returns the end. */
int64_t step_act(struct simulation *simulation, uint32_t slot, int64_t now_ns);

/* A number for this turn of the agent; and how late a wakeup of it is, by such a number. */
uint64_t step_draw(const struct simulation *simulation, enum draw what, uint32_t slot);
int64_t step_late_ns(const struct simulation *simulation, uint32_t slot, enum draw what);

/* When an agent with this turn wakes. */
int64_t step_wake_ns(const struct simulation *simulation, uint32_t slot);

/* Put the agent's next event into the queue, in place of the one it has. */
void step_schedule(struct simulation *simulation, uint32_t slot, int64_t at_ns,
		   enum step_event event);

/* Take the next event. */
void step_event(struct simulation *simulation);

/* `suspect` is overdue, or DECIDE_NOBODY: free its slot if it is dead, as the library's agents do after publishing. */
void step_look_up(struct simulation *simulation, uint32_t suspect);

/* The agent has taken its turn of this cycle. */
void step_taken(struct simulation *simulation, uint32_t slot);

#endif
