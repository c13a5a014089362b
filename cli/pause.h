/* SPDX-License-Identifier: MIT */
/* Pauses between two looks at a swarm, up to a deadline or until interrupted. */
#ifndef CLI_PAUSE_H
#define CLI_PAUSE_H

#include <stdint.h>

/* How long to pause between looks at a swarm of this period: a tenth of it, 10 to 250 ms. */
int64_t pause_between_ns(int64_t period_ns);

/* Pause, but not beyond the deadline. Returns 0 when the deadline has passed, else 1. */
int pause_until(int64_t pause_ns, int64_t deadline_ns);

/* `now + timeout`, or the last instant there is. */
int64_t pause_deadline_ns(int64_t timeout_ns);

/* For commands that go on until they are interrupted: from here on SIGINT and SIGTERM only end pause_watched(). */
void pause_signals_take(void);

/* Send off what was printed, then pause. Returns 0 when it is time to end: a signal, or nobody reads any more. */
int pause_watched(int64_t pause_ns);

#endif
