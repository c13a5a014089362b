/* SPDX-License-Identifier: MIT */
/*
 * rounds.h - a large swarm in phase-locked rounds, on several threads: all calculate, barrier, all apply.
 *
 * A round is a period long, from the first turn on. In it each agent whose turn falls into it decides once, from what all slots
 * held when the round began: whose turn comes before its own is taken to have acted on time and to act again a period
 * later. So all decisions of a round are independent of each other, and the result is the same for any number of
 * threads.
 */
#ifndef CLI_SIMULATE_ROUNDS_H
#define CLI_SIMULATE_ROUNDS_H

#include "simulation.h"

struct rounds;

/* Start threads for rounds, `threads` >= 1 with the caller's. */
struct rounds *rounds_make(unsigned threads);
/* NULL is nothing. */
void rounds_free(struct rounds *rounds);

/* One round, which is one cycle. */
void rounds_run(struct simulation *simulation);

#endif
