/* SPDX-License-Identifier: MIT */
/*
 * drift.h - hosts that come whenever they like, and queue at the library's door, where others decide.
 *
 * Two events a turn: it comes (STEP_TURN), and it acts (STEP_HELD), at once or when the door says so.
 */
#ifndef CLI_SIMULATE_DRIFT_H
#define CLI_SIMULATE_DRIFT_H

#include "step.h"

/* Do they queue? Not where a control runs: there each acts when it comes. */
bool drift_queues(const struct simulation *simulation);

/* When the agent comes that is expected at its turn_ns. */
int64_t drift_wake_ns(const struct simulation *simulation, uint32_t slot);

/* It comes to the door. */
void drift_arrive(struct simulation *simulation, uint32_t slot, int64_t now_ns);

/* It acts, and goes its way: its next arrival is its own. */
void drift_act(struct simulation *simulation, uint32_t slot, int64_t now_ns);

/* Who joins comes to the door at once: nothing is planned for it. */
void drift_join(const struct simulation *simulation, uint32_t slot, int64_t now_ns,
		struct decision *decision);

#endif
