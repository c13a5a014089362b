/* SPDX-License-Identifier: MIT */
/* preload_host_cancel.c - a host whose threads are cancelled in its calls. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "preload_host.h"

static void *flush_for_ever(void *context)
{
	const struct timespec long_one = { .tv_sec = 1000 };
	int fd = *(int *)context;

	for (int i = 0; i < 3; i++)
		fsync(fd);
	nanosleep(&long_one, NULL);
	return NULL;
}

/* Threads that are cancelled in a sleep, while others flush. */
int cancelled(void)
{
	int fd = file_open(), ends = 0;

	for (int i = 0; i < 20; i++) {
		pthread_t threads[4];
		void *result;

		for (int t = 0; t < 4; t++)
			pthread_create(&threads[t], NULL, flush_for_ever, &fd);
		for (int t = 0; t < 4; t++) {
			pthread_cancel(threads[t]);
			pthread_join(threads[t], &result);
			ends += result == PTHREAD_CANCELED;
		}
	}
	printf("cancelled %d, then %d\n", ends, flush_some(fd));
	return 0;
}

/* glibc's tst-cancel4: each call that is a cancellation point must act on a cancel that is pending, and those that take a while on
 * one that comes meanwhile; cleanup handlers run. */
static int cancel_fd;
static volatile int cleaned;

static void call_fsync(void)
{
	fsync(cancel_fd);
}

static void call_fdatasync(void)
{
	fdatasync(cancel_fd);
}

static void call_sync_file_range(void)
{
	sync_file_range(cancel_fd, 0, 1, SYNC_FILE_RANGE_WRITE);
}

static void call_msync(void)
{
	static char *map;

	if (!map)
		map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, cancel_fd, 0);
	msync(map, 4096, MS_SYNC);
}

static void call_syncfs(void)
{
	syncfs(-1);
}

static void call_nanosleep(void)
{
	nanosleep(&(const struct timespec){ .tv_sec = 3 }, NULL);
}

static void call_clock_nanosleep(void)
{
	clock_nanosleep(CLOCK_MONOTONIC, 0, &(const struct timespec){ .tv_sec = 3 }, NULL);
}

static void call_usleep(void)
{
	usleep(3000000);
}

static void call_sleep(void)
{
	sleep(3);
}

static struct cancel_case {
	const char *name;
	void (*call)(void);
	int takes_long;
} cancel_cases[] = {
	{ "fsync", call_fsync, 0 },
	{ "fdatasync", call_fdatasync, 0 },
	{ "sync_file_range", call_sync_file_range, 0 },
	{ "msync", call_msync, 0 },
	{ "syncfs", call_syncfs, 0 },
	{ "nanosleep", call_nanosleep, 1 },
	{ "clock_nanosleep", call_clock_nanosleep, 1 },
	{ "usleep", call_usleep, 1 },
	{ "sleep", call_sleep, 1 },
};

static void clean(void *context)
{
	cleaned += *(int *)context;
}

static void *cancel_pending(void *context)
{
	struct cancel_case *one = context;
	int value = 1;

	pthread_cleanup_push(clean, &value);
	pthread_cancel(pthread_self());
	one->call();
	pthread_cleanup_pop(0);
	return NULL;
}

static void *cancel_meanwhile(void *context)
{
	struct cancel_case *one = context;
	int value = 10;

	pthread_cleanup_push(clean, &value);
	one->call();
	pthread_cleanup_pop(0);
	return NULL;
}

int cancels(void)
{
	cancel_fd = file_open();
	for (unsigned round = 0; round < 8; round++)
		for (unsigned i = 0; i < sizeof(cancel_cases) / sizeof(cancel_cases[0]); i++) {
			struct cancel_case *one = &cancel_cases[i];
			void *result, *later = NULL;
			pthread_t thread;

			cleaned = 0;
			pthread_create(&thread, NULL, cancel_pending, one);
			pthread_join(thread, &result);
			if (one->takes_long) {
				pthread_create(&thread, NULL, cancel_meanwhile, one);
				syscall(SYS_nanosleep, &(struct timespec){ .tv_nsec = 2000000 },
					NULL);
				pthread_cancel(thread);
				pthread_join(thread, &later);
			}
			printf("%s: %s, %s, cleaned %d\n", one->name,
			       result == PTHREAD_CANCELED ? "cancelled" : "done",
			       later == PTHREAD_CANCELED ? "cancelled" : "done", cleaned);
		}
	printf("then %d\n", flush_some(cancel_fd));
	return 0;
}
