/* SPDX-License-Identifier: MIT */
/* preload_host.c - a host that knows nothing of entrain: it makes calls in some situation and prints what came of them. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "preload_host.h"

static const char *file = "preload_host.data";

int file_open(void)
{
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0 || write(fd, "x", 1) != 1) {
		perror(file);
		exit(3);
	}
	return fd;
}

static void told(const char *what, long result)
{
	printf("%s %ld %s\n", what, result, errno == 77 ? "-" : strerror(errno));
	errno = 77;
}

static void handled(int number)
{
	(void)number;
}

void on_alarm(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigaction(SIGALRM, &action, NULL);
}

static void alarm_in_ms(long ms)
{
	const struct itimerval timer = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

static const char *between(const struct timespec *left, long least_ms, long most_ms)
{
	long ms = (long)(left->tv_sec * 1000 + left->tv_nsec / 1000000);

	return ms >= least_ms && ms <= most_ms ? "as it should be" : "wrong";
}

/* What each call returns, and errno, right and wrong. */
static int values(void)
{
	struct timespec wanted = { .tv_nsec = 1000000 }, left = { 0 }, wrong = { .tv_nsec = -1 };
	int fd = file_open(), ends[2];
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (pipe(ends) < 0 || map == MAP_FAILED)
		return 3;
	errno = 77;
	for (int i = 0; i < 4; i++) {
		told("fsync", fsync(fd));
		told("fsync of a pipe", fsync(ends[0]));
		told("fsync of none", fsync(-1));
		told("fdatasync", fdatasync(fd));
		told("fdatasync of a closed one", fdatasync(1000));
		told("sync_file_range", sync_file_range(fd, 0, 1, SYNC_FILE_RANGE_WRITE));
		told("sync_file_range, wrong flags", sync_file_range(fd, 0, 1, 1 << 30));
		told("msync", msync(map, 4096, MS_SYNC));
		told("msync of nothing", msync(NULL, 4096, MS_SYNC));
		told("syncfs of none", syncfs(-1));
		told("nanosleep", nanosleep(&wanted, NULL));
		told("nanosleep, wrong", nanosleep(&wrong, NULL));
		told("clock_nanosleep", clock_nanosleep(CLOCK_MONOTONIC, 0, &wanted, NULL));
		told("clock_nanosleep, wrong clock", clock_nanosleep(999, 0, &wanted, NULL));
		told("clock_nanosleep, wrong time",
		     clock_nanosleep(CLOCK_REALTIME, 0, &wrong, NULL));
		told("usleep", usleep(1000));
		told("sleep", sleep(0));
	}
	on_alarm(handled);
	wanted = (struct timespec){ .tv_sec = 20 };
	alarm_in_ms(50);
	told("nanosleep, interrupted", nanosleep(&wanted, &left));
	printf("left: %s\n", between(&left, 10000, 20000));
	alarm_in_ms(50);
	told("clock_nanosleep, interrupted", clock_nanosleep(CLOCK_MONOTONIC, 0, &wanted, &left));
	printf("left: %s\n", between(&left, 10000, 20000));
	alarm_in_ms(50);
	left.tv_sec = sleep(20);
	left.tv_nsec = 0;
	told("sleep, interrupted", 0);
	printf("left: %s\n", between(&left, 10000, 20000));
	alarm_in_ms(50);
	told("usleep, interrupted", usleep(900000));
	return 0;
}

/* Many calls and nothing else, between two marks for strace. */
static int calls(void)
{
	const struct timespec moment = { .tv_nsec = 1 };
	int fd = file_open();

	syscall(SYS_write, -1, "calls begin", 11);
	for (int i = 0; i < 40; i++) {
		fsync(fd);
		fdatasync(fd);
		nanosleep(&moment, NULL);
	}
	syscall(SYS_write, -1, "calls end", 9);
	return 0;
}

/* How much is allocated by all of this process during many calls; told by preload_early.so, which must be loaded. */
static int counted(void)
{
	const unsigned long *allocations = dlsym(RTLD_DEFAULT, "early_allocations");
	const unsigned *right = dlsym(RTLD_DEFAULT, "early_right");
	const struct timespec moment = { .tv_nsec = 1 };
	int fd = file_open();
	unsigned long before;

	if (!allocations || !right)
		return 3;
	printf("before main: %u right, %s\n", *right, *allocations ? "counted" : "not counted");
	before = *allocations;
	for (int i = 0; i < 400; i++) {
		fsync(fd);
		fdatasync(fd);
		nanosleep(&moment, NULL);
	}
	printf("allocations %lu\n", *allocations - before);
	return 0;
}

int flush_some(int fd)
{
	for (int i = 0; i < 4; i++)
		if (fsync(fd) < 0)
			return 1;
	return 0;
}

int child_end(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

/* A daemon that closes what it does not know, and opens its own. */
static int closed(void)
{
	int fd;

	for (fd = 3; fd < 1024; fd++)
		close(fd);
	fd = file_open();
	printf("fd %d, %d\n", fd, flush_some(fd));
	return 0;
}

/* As nobody, in an empty root. */
static int jailed(void)
{
	int fd = file_open();
	pid_t pid;

	if (mkdir("empty", 0755) < 0 || chroot("empty") < 0 || chdir("/") < 0 ||
	    setgid(65534) < 0 || setuid(65534) < 0)
		return 3;
	printf("jailed %d\n", flush_some(fd));
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(flush_some(fd));
	printf("child %d\n", child_end(pid));
	return 0;
}

#define ALLOW(call) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* With a filter that kills for whatever the host itself does not call. */
static int filtered(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(fsync),
		ALLOW(write),
		ALLOW(exit_group),
		ALLOW(futex),
		ALLOW(clone),
		ALLOW(wait4),
		ALLOW(set_robust_list),
		ALLOW(rt_sigprocmask),
		ALLOW(rseq),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };
	int fd = file_open();
	pid_t pid;

	puts("filtered");
	fflush(stdout);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &program, 0, 0))
		return 3;
	for (int i = 0; i < 5; i++)
		if (flush_some(fd))
			_exit(4);
	pid = fork();
	if (pid == 0)
		_exit(flush_some(fd));
	_exit(child_end(pid) ? 5 : 0);
}

static sigjmp_buf away;
static volatile sig_atomic_t jumps;

static void jump(int number)
{
	(void)number;
	jumps++;
	siglongjmp(away, 1);
}

/* A timer whose handler jumps out of whatever call is in progress. */
static int jumping(void)
{
	const struct itimerval timer = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
	const struct timespec wanted = { .tv_nsec = 3000000 };
	int fd = file_open();

	on_alarm(jump);
	sigsetjmp(away, 1);
	setitimer(ITIMER_REAL, &timer, NULL);
	while (jumps < 400) {
		fsync(fd);
		nanosleep(&wanted, NULL);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	printf("jumped, then %d\n", flush_some(fd));
	return 0;
}

/* The plugin as a library that is opened and closed, which it is not made for. */
static int reopened(void)
{
	const char *name = getenv("PRELOAD_LIBRARY");
	int fd = file_open(), failed = 0;

	for (int i = 0; i < 300; i++) {
		void *library = dlopen(name, i % 2 ? RTLD_NOW | RTLD_GLOBAL : RTLD_LAZY);

		failed += !library;
		failed += flush_some(fd);
		if (library)
			failed += dlclose(library) != 0;
		failed += flush_some(fd);
	}
	printf("reopened, %d failed\n", failed);
	return 0;
}

/* Something to look at: it has flushed, and stays with a descriptor that needs no flush. */
static int staying(void)
{
	int fd = file_open();

	if (flush_some(fd) || open(file, O_WRONLY | O_DSYNC) < 0)
		return 3;
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

/* One fsync through an io_uring, and no library in between. Returns whether it was done. */
static int ring_fsync(int fd)
{
	struct io_uring_params params = { .flags = 0 };
	int ring = (int)syscall(SYS_io_uring_setup, 4, &params);
	struct io_uring_sqe *entries;
	char *queue;

	if (ring < 0)
		return 0;
	queue = mmap(NULL, params.sq_off.array + params.sq_entries * sizeof(unsigned),
		     PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	entries = mmap(NULL, params.sq_entries * sizeof(*entries), PROT_READ | PROT_WRITE,
		       MAP_SHARED, ring, IORING_OFF_SQES);
	if (queue == MAP_FAILED || entries == MAP_FAILED)
		return 0;
	entries[0] = (struct io_uring_sqe){ .opcode = IORING_OP_FSYNC, .fd = fd };
	*(unsigned *)(void *)(queue + params.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(void *)(queue + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1;
}

/* Flushes in every way that no preload sees, and one that it does. */
static int unseen(void)
{
	int fd = file_open(), done;

	if (open(file, O_WRONLY | O_DSYNC) < 0 || open(file, O_WRONLY | O_SYNC) < 0)
		return 3;
	done = ring_fsync(fd);
	if (syscall(SYS_fsync, fd) || syscall(SYS_fdatasync, fd) || fdatasync(fd))
		return 3;
	puts(done ? "ready, with a ring" : "ready");
	fflush(stdout);
	for (;;)
		pause();
}

/* Was the plugin really loaded? To stderr, for what goes to stdout must be the same with and without. */
static void loaded_tell(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int loaded = 0;

	while (maps && fgets(line, sizeof(line), maps))
		loaded |= strstr(line, "libentrain-preload") != NULL;
	if (maps)
		fclose(maps);
	fprintf(stderr, "%s\n", loaded ? "loaded" : "bare");
}

int main(int count, char **arguments)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} table[] = {
		{ "values", values },     { "calls", calls },       { "counted", counted },
		{ "forks", forks },       { "tree", tree },         { "daemonized", daemonized },
		{ "spawns", spawns },     { "closed", closed },     { "jailed", jailed },
		{ "filtered", filtered }, { "jumping", jumping },   { "cancelled", cancelled },
		{ "cancels", cancels },   { "reopened", reopened }, { "staying", staying },
		{ "unseen", unseen },     { "crowd", crowd },
	};

	loaded_tell();
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (count > 1 && strcmp(arguments[1], table[i].name) == 0)
			return table[i].run();
	return 2;
}
