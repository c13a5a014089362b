/* SPDX-License-Identifier: MIT */
/* preload_host_children.c - a host that makes children of every kind, alone and among threads. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "preload_host.h"

/* So many children at once, each of which has as many. */
static int generations(int fd, int depth, int width)
{
	int failed = flush_some(fd);
	pid_t pid[10];

	fflush(stdout);
	for (int i = 0; depth > 0 && i < width; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(generations(fd, depth - 1, width));
	}
	for (int i = 0; depth > 0 && i < width; i++)
		failed |= pid[i] < 0 || child_end(pid[i]) != 0;
	return failed;
}

/* Three generations of ten: 1,111 processes. */
int tree(void)
{
	printf("tree %d\n", generations(file_open(), 3, 10));
	return 0;
}

/* Children of every kind. */
int forks(void)
{
	extern char **environ;
	static char name[] = "true";
	char *const arguments[] = { name, NULL };
	int fd = file_open(), status;
	pid_t pid;

	printf("generations %d\n", generations(fd, 3, 3));
	fflush(stdout);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0)
		_exit(flush_some(fd));
	printf("raw clone %d\n", child_end(pid));
	pid = _Fork();
	if (pid == 0)
		_exit(flush_some(fd));
	printf("_Fork %d\n", child_end(pid));
	for (int i = 0; i < 20; i++) {
		pid = vfork();
		if (pid == 0) {
			fsync(fd);
			_exit(0);
		}
		status = child_end(pid);
		if (status)
			printf("vfork %d\n", status);
		if (posix_spawnp(&pid, "true", NULL, NULL, arguments, environ) || child_end(pid))
			puts("posix_spawn failed");
	}
	printf("parent %d\n", flush_some(fd));
	return 0;
}

/* As daemons are made: by daemon(), which leaves its caller. */
int daemonized(void)
{
	int ends[2], failed = 7, status, fd = file_open();
	pid_t pid;

	if (pipe(ends) < 0)
		return 3;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		failed = daemon(1, 1) < 0 || flush_some(fd) || usleep(1000) < 0;
		_exit(write(ends[1], &failed, sizeof(failed)) < 0);
	}
	close(ends[1]);
	status = child_end(pid);
	printf("daemon: %ld bytes", (long)read(ends[0], &failed, sizeof(failed)));
	printf(", %d, caller %d\n", failed, status);
	return 0;
}

static void *spawn_many(void *context)
{
	extern char **environ;
	static char name[] = "true";
	char *const arguments[] = { name, NULL };
	int fd = *(int *)context;
	volatile long failed = 0;
	pid_t pid;

	for (volatile int i = 0; i < 25; i++) {
		pid = vfork();
		if (pid == 0) {
			fdatasync(fd);
			execlp("true", "true", NULL);
			_exit(9);
		}
		failed += child_end(pid) != 0;
		failed += posix_spawnp(&pid, "true", NULL, NULL, arguments, environ) ||
			  child_end(pid) != 0;
		failed += flush_some(fd);
	}
	return (void *)failed;
}

/* A storm of vfork() and posix_spawn() from threads that flush as well. */
int spawns(void)
{
	int fd = file_open();
	pthread_t threads[4];
	long failed = 0;
	void *result;

	for (int t = 0; t < 4; t++)
		pthread_create(&threads[t], NULL, spawn_many, &fd);
	for (int t = 0; t < 4; t++) {
		pthread_join(threads[t], &result);
		failed += (long)result;
	}
	printf("spawns %ld\n", failed);
	return 0;
}

static int storm_fd;
static volatile sig_atomic_t storms;

static void flush_in_handler(int number)
{
	int saved = errno;

	(void)number;
	fsync(storm_fd);
	fdatasync(storm_fd);
	errno = saved;
	storms++;
}

static void *flush_until(void *context)
{
	while (!__atomic_load_n((int *)context, __ATOMIC_RELAXED))
		flush_some(storm_fd);
	return NULL;
}

/* Threads that flush, a timer whose handler flushes in the midst of it, and children that are forked meanwhile. */
int crowd(void)
{
	const struct itimerval timer = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
	int failed = 0, over = 0, status;
	pthread_t threads[3];
	pid_t pid;

	storm_fd = file_open();
	on_alarm(flush_in_handler);
	for (int t = 0; t < 3; t++)
		pthread_create(&threads[t], NULL, flush_until, &over);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (int i = 0; i < 60; i++) {
		pid = fork();
		if (pid == 0)
			_exit(flush_some(storm_fd));
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		failed += pid < 0 || status != 0;
	}
	while (storms < 100)
		failed += flush_some(storm_fd);
	setitimer(ITIMER_REAL, &never, NULL);
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	for (int t = 0; t < 3; t++)
		pthread_join(threads[t], NULL);
	printf("crowd %d\n", failed);
	return 0;
}
