/* SPDX-License-Identifier: MIT */
/* The demo's own clock, read without the library. */
#ifndef DEMO_INSTANT_H
#define DEMO_INSTANT_H

#include <stdint.h>
#include <time.h>

#define INSTANT_SECOND_NS INT64_C(1000000000)
#define INSTANT_MS_NS INT64_C(1000000)

static inline int64_t instant_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INSTANT_SECOND_NS + now.tv_nsec;
}

static inline struct timespec instant_timespec(int64_t duration_ns)
{
	if (duration_ns < 0)
		duration_ns = 0;
	return (struct timespec){ .tv_sec = duration_ns / INSTANT_SECOND_NS,
				  .tv_nsec = duration_ns % INSTANT_SECOND_NS };
}

/* Sleep until an instant, not at all if it is past. SIGTERM must be blocked: it ends the
 * sleep, also when it came before. Returns 0, or 1 when asked to stop. */
int instant_sleep_until(int64_t instant_ns);

#endif
