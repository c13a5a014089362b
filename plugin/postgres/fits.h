/* SPDX-License-Identifier: MIT */
/* fits.h - do the period and the server's checkpoint settings go together, and which ones would? */
#ifndef ENTRAIN_POSTGRES_FITS_H
#define ENTRAIN_POSTGRES_FITS_H

#include <stdint.h>

/* All in ms; a share in parts per million. */
struct fits_values {
	int64_t period_ms;   /* of the swarm */
	int64_t delay_ms;    /* the most that a turn is delayed a period */
	int64_t timeout_ms;  /* checkpoint_timeout */
	uint32_t target_ppm; /* checkpoint_completion_target */
};

enum fits {
	FITS,
	FITS_NOT_PERIOD, /* the server's own timer would come first: period + delay < checkpoint_timeout */
	FITS_NOT_TARGET, /* writing would last into the next turn: target x timeout < 0.9 x period */
};

enum fits fits_check(const struct fits_values *values);

/* Values that fit this checkpoint_timeout: a whole number of seconds, and a target in steps of 0.05. The share that a turn is
 * delayed stays as it is. */
void fits_suggest(const struct fits_values *values, int64_t *period_s, uint32_t *target_percent);

#endif
