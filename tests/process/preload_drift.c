/* SPDX-License-Identifier: MIT */
/*
 * preload_drift.c - a program that writes and flushes a file whenever it likes: bursts of flushes at random intervals.
 *
 *	preload_drift MEAN_MS ACTION_MS CALLS ACTIONS SEED FILE
 *
 * It rests for exponential times with that mean; a burst is of so many writes, each flushed, and takes so long. Prints what it did, which
 * depends on nothing but its arguments, and ends with the number of actions as its status. FILE.log tells for each burst when it
 * arrived, when its first flush had been done and when its last (CLOCK_MONOTONIC, us).
 */
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void rest_us(int64_t us)
{
	const struct timespec wanted = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&wanted, NULL);
}

/* Returns how many of its writes are on the disk. */
static int burst(int fd, FILE *log, int calls, int64_t action_us)
{
	const int64_t arrived_us = now_us();
	int64_t begun_us = 0;
	int done = 0;

	for (int call = 0; call < calls; call++) {
		if (call > 0)
			rest_us(action_us / (calls - 1));
		done += write(fd, "written\n", 8) == 8 &&
			(call % 2 ? fdatasync(fd) : fsync(fd)) == 0;
		if (call == 0)
			begun_us = now_us();
	}
	fprintf(log, "%lld %lld %lld\n", (long long)arrived_us, (long long)begun_us,
		(long long)now_us());
	fflush(log);
	return done;
}

int main(int count, char **arguments)
{
	int calls, actions, fd;
	double mean_us;
	char name[512];
	FILE *log;

	if (count != 7)
		return 2;
	mean_us = atof(arguments[1]) * 1000;
	calls = atoi(arguments[3]);
	actions = atoi(arguments[4]);
	srand48(atol(arguments[5]));
	snprintf(name, sizeof(name), "%s.log", arguments[6]);
	fd = open(arguments[6], O_WRONLY | O_CREAT | O_TRUNC, 0666);
	log = fopen(name, "we");
	if (fd < 0 || !log)
		return 3;
	for (int action = 0; action < actions; action++) {
		rest_us((int64_t)(-log1p(-drand48()) * mean_us));
		printf("%d: %d of %d\n", action, burst(fd, log, calls, atoll(arguments[2]) * 1000),
		       calls);
		fflush(stdout);
	}
	return actions;
}
