/* SPDX-License-Identifier: MIT */
/* habit.h - from a host's actions: how often, how steadily, driven by what. */
#ifndef CLI_GAIN_HABIT_H
#define CLI_GAIN_HABIT_H

#include "gain.h"

/* Fill what follows from the actions. `clock_ns`: the wall clock less the monotonic one; kinds as the plugin tells them in such a
 * swarm. */
void habit_find(struct gain_host *host, const struct history_host *history,
		const struct entrain_settings *settings, int64_t clock_ns);

/* The median of `count` values, which are sorted; the lower one of two; 0 of none. */
int64_t habit_median(int64_t *values, unsigned count);

/* The period of the clock that would drive it: the swarm's, if that is near; else the round one that is; never 0. */
int64_t habit_clock_ns(const struct gain_host *host, const struct entrain_settings *settings);

/* How late in a period of the wall clock an instant is: 0 .. period. */
int64_t habit_phase_ns(int64_t instant_ns, int64_t clock_ns, int64_t period_ns);

#endif
