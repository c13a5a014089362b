/* SPDX-License-Identifier: MIT */
/* forecast.h - what would come of it: the hosts as they were seen, under the library's own rules, on a virtual clock. */
#ifndef CLI_GAIN_FORECAST_H
#define CLI_GAIN_FORECAST_H

#include "gain.h"

/* Does a host come as a swarm that is set so expects? Whoever does not is off-beat, and left alone. */
int forecast_fits(const struct gain_host *host, const struct gain_setting *setting);

/* The period that is judged by the band: of a sleep its length, else from one action to the next. */
int64_t forecast_period_ns(const struct gain_host *host, uint32_t kind);

/*
 * Simulate the hosts that fit, `seeds` times. In every other run an action takes its time divided by how many it met, as
 * if they shared a device's bandwidth; in the others it takes what it took. In every other pair of runs a hold ends as late as the
 * host was seen to come. With `keep` each host's fits, met_least and met_most
 * are filled.
 */
void forecast_make(struct gain *gain, const struct gain_setting *setting, unsigned seeds, int keep,
		   struct gain_forecast *forecast);

#endif
