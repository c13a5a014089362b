/* SPDX-License-Identifier: MIT */
/* swarm.h - a swarm as administrators open it. */
#ifndef ENTRAIN_SWARM_H
#define ENTRAIN_SWARM_H

#include "measure.h"
#include "roster.h"
#include "segment.h"

struct entrain_swarm {
	struct segment segment;
	struct identity self;
	bool admin;
	struct hysteresis converged;
};

#endif
