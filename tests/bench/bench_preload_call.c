/* SPDX-License-Identifier: MIT */
/*
 * bench_preload_call.c - what one fdatasync() of a file in memory takes: prints least and median of batches, in ns.
 *
 *	bench_preload_call [PAUSE_MS]		so long between two batches, which makes each a burst of its own
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 200
#define CALLS 2000

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int count, char **arguments)
{
	const long pause_ms = count > 1 ? atol(arguments[1]) : 0;
	const struct timespec pause = { .tv_nsec = pause_ms * 1000000 };
	int fd = memfd_create("bench", 0);
	double batch[BATCHES];

	if (fd < 0)
		return 1;
	for (int i = 0; i < BATCHES; i++) {
		double begun_ns;

		if (pause_ms)
			nanosleep(&pause, NULL);
		begun_ns = now_ns();

		for (int call = 0; call < CALLS; call++)
			if (fdatasync(fd))
				return 1;
		batch[i] = (now_ns() - begun_ns) / CALLS;
	}
	qsort(batch, BATCHES, sizeof(*batch), by_value);
	printf("%.1f %.1f\n", batch[0], batch[BATCHES / 2]);
	return 0;
}
