/* SPDX-License-Identifier: MIT */
/* clock.c - the monotonic clock, and how far a time namespace shifts it. */
#include "clock.h"
#include <errno.h>
#include <time.h>
#include "entrain.h"
#include "procfile.h"

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t (*clock_source)(void) = monotonic_ns;

static int64_t realtime_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t (*clock_wall_source)(void) = realtime_ns;

int clock_offset_read(int64_t *offset_ns)
{
	char text[256];
	long long seconds, nanoseconds;
	long length = procfile_read("/proc/self/timens_offsets", text, sizeof(text));

	*offset_ns = 0;
	/* No such file: no time namespaces, or none that this process may ask about. */
	if (length == -ENOENT || length == -EACCES)
		return 0;
	if (length < 0)
		return (int)length;
	/* "monotonic  90000 0": what the children of this process get, which after exec is what it has. */
	if (sscanf(text, "monotonic %lld %lld", &seconds, &nanoseconds) == 2)
		*offset_ns = seconds * 1000000000 + nanoseconds;
	return 0;
}

int64_t entrain_now_ns(void)
{
	return clock_now_ns();
}
