/* SPDX-License-Identifier: MIT */
/* clock.h - what time it is, from the system or from a test that owns the time. */
#ifndef ENTRAIN_CLOCK_H
#define ENTRAIN_CLOCK_H

#include <stdint.h>

/* Where the library's instants come from; tests and the simulator put their own here before the first join. */
extern int64_t (*clock_source)(void);
extern int64_t (*clock_wall_source)(void);

static inline int64_t clock_now_ns(void)
{
	return clock_source();
}

/* CLOCK_REALTIME, for grids that follow the wall clock. */
static inline int64_t clock_wall_ns(void)
{
	return clock_wall_source();
}

/* How far this process's time namespace shifts CLOCK_MONOTONIC; 0 where there are none. Returns 0, or -errno when it cannot
 * be told. */
int clock_offset_read(int64_t *offset_ns);

#endif
