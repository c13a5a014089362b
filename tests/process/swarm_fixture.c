/* SPDX-License-Identifier: MIT */
/* swarm_fixture.c - a private directory for the swarms of a test and the processes that it starts, both gone at its end. */
#include "swarm_fixture.h"
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN_MAX 512

static char dir[256];
static pid_t guardian, guardian_of;
static pid_t children[CHILDREN_MAX]; /* 0: free entry */

static void fail(const char *what)
{
	perror(what);
	abort();
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path) < 0 && errno != ENOENT;
}

static void remove_dir(const char *path)
{
	/* FTW_MOUNT: what a test mounted there goes with its mount namespace. */
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static bool ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		return info.si_pid == pid;
	return getppid() != pid; /* not a child: the parent */
}

static void pidfd_wait(pid_t pid, int timeout_ms)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct pollfd end = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };

	if (end.fd < 0) {
		/* valgrind knows no pidfd */
		for (; !ended(pid) && timeout_ms != 0; timeout_ms -= timeout_ms > 0)
			nanosleep(&pause, NULL);
		return;
	}
	while (poll(&end, 1, timeout_ms) < 0 && errno == EINTR)
		;
	close(end.fd);
}

/* Outlives the test, by the time that removing the directory takes. */
static void guard(pid_t test)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "test-guardian");
	if (getppid() == test)
		pidfd_wait(test, -1);
	remove_dir(dir);
	_exit(0);
}

void swarm_fixture_begin(void)
{
	const char *temporary = getenv("TMPDIR");

	if (dir[0])
		fail("swarm_fixture_begin: second fixture");
	snprintf(dir, sizeof(dir), "/dev/shm/entrain-test.XXXXXX");
	if (!mkdtemp(dir)) {
		snprintf(dir, sizeof(dir), "%s/entrain-test.XXXXXX",
			 temporary ? temporary : "/tmp");
		if (!mkdtemp(dir))
			fail("swarm_fixture_begin: mkdtemp");
	}
	setenv("ENTRAIN_DIR", dir, 1);
	guardian_of = getpid();
	fflush(NULL);
	guardian = fork();
	if (guardian < 0) {
		rmdir(dir);
		fail("swarm_fixture_begin: fork");
	}
	if (guardian == 0)
		guard(guardian_of);
}

void swarm_fixture_end(void)
{
	if (!dir[0] || getpid() != guardian_of)
		return;
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (children[i])
			swarm_child_kill(children[i]);
	remove_dir(dir);
	kill(guardian, SIGKILL);
	waitpid(guardian, NULL, 0);
	guardian = 0;
	dir[0] = '\0';
	unsetenv("ENTRAIN_DIR");
}

int swarm_fixture_setup(void **state)
{
	(void)state;
	swarm_fixture_begin();
	return 0;
}

int swarm_fixture_teardown(void **state)
{
	(void)state;
	swarm_fixture_end();
	return 0;
}

const char *swarm_fixture_dir(void)
{
	return dir;
}

unsigned swarm_fixture_files(void)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;
	unsigned count = 0;

	if (!stream)
		fail("swarm_fixture_files");
	while ((entry = readdir(stream)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(stream);
	return count;
}

void swarm_child_tie(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
}

pid_t swarm_child_start(int (*run)(void *context), void *context)
{
	pid_t test = getpid(), pid;
	int i = 0;

	while (i < CHILDREN_MAX && children[i])
		i++;
	if (i == CHILDREN_MAX)
		fail("swarm_child_start: too many children");
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		fail("swarm_child_start: fork");
	if (pid == 0) {
		swarm_child_tie(test);
		memset(children, 0, sizeof(children));
		_exit(run(context));
	}
	children[i] = pid;
	return pid;
}

static void forget(pid_t pid)
{
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (children[i] == pid)
			children[i] = 0;
}

static int wait_for(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	forget(pid);
	return status;
}

int swarm_child_end(pid_t pid, int timeout_ms)
{
	siginfo_t info = { .si_pid = 0 };

	pidfd_wait(pid, timeout_ms);
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid)
		return wait_for(pid);
	swarm_child_kill(pid);
	return -1;
}

void swarm_child_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	wait_for(pid);
}

int swarm_child_result(pid_t pid, int timeout_ms)
{
	int status = swarm_child_end(pid, timeout_ms);

	return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool swarm_until(bool (*condition)(void *context), void *context, int timeout_ms)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct timespec now;
	int64_t deadline_ms;
	bool held;

	clock_gettime(CLOCK_MONOTONIC, &now);
	deadline_ms = now.tv_sec * 1000 + now.tv_nsec / 1000000 + timeout_ms;
	for (;;) {
		held = condition(context);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (held || now.tv_sec * 1000 + now.tv_nsec / 1000000 >= deadline_ms)
			return held;
		nanosleep(&pause, NULL);
	}
}
