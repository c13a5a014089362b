/* SPDX-License-Identifier: MIT */
/* The paces that the demo compares. */
#ifndef DEMO_PACE_H
#define DEMO_PACE_H

#include "worker.h"

extern const struct pace pace_together; /* a timer each, started at the same moment */
extern const struct pace
	pace_random_offset;          /* the same timers, each off by a random part of the period */
extern const struct pace pace_swarm; /* the library */

#endif
