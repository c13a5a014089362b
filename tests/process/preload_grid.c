/* SPDX-License-Identifier: MIT */
/*
 * preload_grid.c - a host whose flushes a clock drives: a burst at each whole period of the wall clock.
 *
 *	preload_grid PERIOD_MS CYCLES HOW FILE
 *
 * Prints a line a cycle: its number, when it arrived (wall, us), how long its first flush took and the rest of the burst (us), and
 * what was done to it. HOW is plain; own (half a period off); offbeat and relative (70 and 100 % of a period
 * after the last); irregular (80, 120 and 100 %); late (each ninth arrives 60 % of a period late); cancel (the thread
 * in its flush is cancelled in each third); jump (a signal handler leaves the flush by siglongjmp in each third).
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BURST 5

static int64_t period_us;
static int fd;
static const char *how;
static sigjmp_buf away;

static int64_t wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void sleep_until(int64_t us)
{
	const struct timespec until = { us / 1000000, us % 1000000 * 1000 };

	while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL))
		;
}

static void leave(int number)
{
	(void)number;
	siglongjmp(away, 1);
}

static void *flush_in_thread(void *context)
{
	*(int64_t *)context = wall_us();
	fsync(fd);
	return NULL;
}

/* The time from the cancel to the end of the thread is what counts. */
static const char *flush_cancelled(int64_t *first_us)
{
	int64_t arrived_us, cancelled_us;
	pthread_t thread;
	void *result;

	pthread_create(&thread, NULL, flush_in_thread, &arrived_us);
	usleep((useconds_t)period_us / 10);
	cancelled_us = wall_us();
	pthread_cancel(thread);
	pthread_join(thread, &result);
	*first_us = wall_us() - cancelled_us;
	return result == PTHREAD_CANCELED ? "cancelled" : "done";
}

static const char *flush_left(void)
{
	const struct itimerval timer = { .it_value = { 0, period_us / 10 } }, never = { 0 };
	const char *volatile what = "left";

	if (sigsetjmp(away, 1) == 0) {
		setitimer(ITIMER_REAL, &timer, NULL);
		fsync(fd);
		what = "done";
	}
	setitimer(ITIMER_REAL, &never, NULL);
	return what;
}

static void cycle(int number)
{
	const char *what = "plain";
	int64_t arrived_us, first_us, rest_us = 0;

	arrived_us = wall_us();
	if (strcmp(how, "cancel") == 0 && number % 3 == 2) {
		what = flush_cancelled(&first_us);
	} else {
		if (strcmp(how, "jump") == 0 && number % 3 == 2)
			what = flush_left();
		else
			fsync(fd);
		first_us = wall_us() - arrived_us;
	}
	for (int i = 1; i < BURST; i++)
		fsync(fd);
	rest_us = wall_us() - arrived_us - first_us;
	if (strcmp(how, "late") == 0 && number % 9 == 8)
		what = "late";
	printf("%d %lld %lld %lld %s\n", number, (long long)arrived_us, (long long)first_us,
	       (long long)rest_us, what);
	fflush(stdout);
}

int main(int count, char **arguments)
{
	struct sigaction action = { .sa_handler = leave };
	int cycles;

	if (count != 5)
		return 2;
	period_us = atoll(arguments[1]) * 1000;
	cycles = atoi(arguments[2]);
	how = arguments[3];
	fd = open(arguments[4], O_WRONLY | O_CREAT, 0666);
	if (fd < 0 || sigaction(SIGALRM, &action, NULL) < 0)
		return 3;
	for (int number = 0; number < cycles; number++) {
		int64_t next_us = (wall_us() / period_us + 1) * period_us;

		if (strcmp(how, "own") == 0)
			next_us += period_us / 2;
		if (strcmp(how, "offbeat") == 0)
			next_us = wall_us() + period_us * 7 / 10;
		if (strcmp(how, "relative") == 0)
			next_us = wall_us() + period_us;
		if (strcmp(how, "irregular") == 0)
			next_us = wall_us() +
				  period_us * (number % 3 ? 16 - 4 * (number % 3) : 10) / 10;
		if (strcmp(how, "late") == 0 && number % 9 == 8)
			next_us += period_us * 6 / 10;
		sleep_until(next_us);
		cycle(number);
	}
	return 0;
}
