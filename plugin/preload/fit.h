/* SPDX-License-Identifier: MIT */
/* fit.h - does a host come as its swarm's kind of hosts does, and does it take its holds as such a host would? */
#ifndef PRELOAD_FIT_H
#define PRELOAD_FIT_H

#include "state.h"

/* Such a part of a period without a call ends a burst; a hold that is shorter does not show in the next arrival. */
#define PAUSE_PART 32

/* By what was found, and how it took its holds so far. Tells the agent its period. */
bool fit_judge(struct entrain_agent *agent, const struct gate *gate,
	       const struct rhythm_found *found, const struct entrain_settings *settings);

/* At an arrival in a swarm of kind grid: by the last hold. Tells the agent where on the clock's period its host comes. */
void fit_grid_follow(struct entrain_agent *agent, struct gate *gate,
		     const struct rhythm_found *found, int64_t period_ns);

/* At the end of a sleep that is paced: by the hold before it, and how long it took. */
void fit_sleep_follow(struct gate *gate, int64_t took_ns);

#endif
