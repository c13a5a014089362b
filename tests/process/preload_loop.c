/* SPDX-License-Identifier: MIT */
/* preload_loop.c - for (;;) { work(); sleep(); }: prints at each cycle when its work began (us), by a sleep of the kind that is named. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* The loop's own instants, whenever it was woken at the last one. */
static void sleep_until_next(struct timespec *instant, const struct timespec *period)
{
	instant->tv_sec += period->tv_sec;
	instant->tv_nsec += period->tv_nsec;
	if (instant->tv_nsec >= 1000000000) {
		instant->tv_sec++;
		instant->tv_nsec -= 1000000000;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, instant, NULL);
}

int main(int count, char **arguments)
{
	long period_us, cycles;
	struct timespec wanted, instant;

	if (count != 4)
		return 2;
	period_us = atol(arguments[2]);
	cycles = atol(arguments[3]);
	wanted = (struct timespec){ period_us / 1000000, period_us % 1000000 * 1000 };
	clock_gettime(CLOCK_MONOTONIC, &instant);
	for (; cycles > 0; cycles--) {
		printf("%lld\n", (long long)now_us());
		fflush(stdout);
		if (strcmp(arguments[1], "usleep") == 0)
			usleep((useconds_t)period_us);
		else if (strcmp(arguments[1], "clock_nanosleep") == 0)
			clock_nanosleep(CLOCK_MONOTONIC, 0, &wanted, NULL);
		else if (strcmp(arguments[1], "deadline") == 0)
			sleep_until_next(&instant, &wanted);
		else
			nanosleep(&wanted, NULL);
	}
	return 0;
}
