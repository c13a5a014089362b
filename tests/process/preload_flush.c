/* SPDX-License-Identifier: MIT */
/*
 * preload_flush.c - a host whose flushes take as long as they are told: usleep() is the flush, in a burst of several calls.
 *
 *	preload_flush clock|sleep|random|asked PERIOD_MS ACTION_MS CALLS
 *
 * Until it is killed. At each whole period of the wall clock, a period after the last flush was over, after a random time up to
 * two periods, or for each line of its input. Prints for each when it arrived, when its first call had been let go, and when the last was over (CLOCK_MONOTONIC, us).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void sleep_until(clockid_t clock, int64_t us)
{
	const struct timespec until = { us / 1000000, us % 1000000 * 1000 };

	while (clock_nanosleep(clock, TIMER_ABSTIME, &until, NULL))
		;
}

static void rest(const char *how, int64_t period_us)
{
	if (strcmp(how, "clock") == 0)
		sleep_until(CLOCK_REALTIME, (clock_us(CLOCK_REALTIME) / period_us + 1) * period_us);
	else if (strcmp(how, "sleep") == 0)
		sleep_until(CLOCK_MONOTONIC, clock_us(CLOCK_MONOTONIC) + period_us);
	else if (strcmp(how, "random") == 0)
		sleep_until(CLOCK_MONOTONIC,
			    clock_us(CLOCK_MONOTONIC) + random() % (2 * period_us));
	else
		for (int read = 0; read != '\n';) {
			read = getchar();
			if (read == EOF)
				exit(0);
		}
}

int main(int count, char **arguments)
{
	int64_t period_us, call_us;
	int calls;

	if (count != 5)
		return 2;
	period_us = atoll(arguments[2]) * 1000;
	calls = atoi(arguments[4]);
	call_us = atoll(arguments[3]) * 1000 / calls;
	srandom((unsigned)getpid());
	for (;;) {
		int64_t arrived_us, begun_us = 0;

		rest(arguments[1], period_us);
		arrived_us = clock_us(CLOCK_MONOTONIC);
		for (int call = 0; call < calls; call++) {
			usleep((useconds_t)call_us);
			if (call == 0)
				begun_us = clock_us(CLOCK_MONOTONIC) - call_us;
		}
		printf("%lld %lld %lld\n", (long long)arrived_us, (long long)begun_us,
		       (long long)clock_us(CLOCK_MONOTONIC));
		fflush(stdout);
	}
}
