/* SPDX-License-Identifier: MIT */
/* drifter.h - a host that comes whenever it likes, as it was seen, for the simulator. */
#ifndef CLI_GAIN_DRIFTER_H
#define CLI_GAIN_DRIFTER_H

#include "../simulate/simulation.h"
#include "gain.h"

/* None comes, or takes, so many times more or less than is usual among them. */
#define DRIFTER_UNUSUAL 64

/* From one turn of a host to its next, the median of those that fit, in simulated time; above 0. */
int64_t drifter_usual_ns(const struct gain *gain, const struct gain_setting *setting);

/*
 * Fill what it comes by, from one to whom works were given: a clock's strays, or its rests, for which `strays_ns` has GAIN_SAMPLES. In
 * every other two of four seeds what it is held for comes on top of its rests; who sleeps is always that late. Returns its mean interval if nobody holds it.
 */
int64_t drifter_make(struct simulation_host *host, const struct gain_host *from,
		     const struct gain *gain, const struct gain_setting *setting, int64_t usual_ns,
		     uint64_t seed, int64_t *strays_ns);

#endif
