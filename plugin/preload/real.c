/* SPDX-License-Identifier: MIT */
/* real.c - find the functions behind the hooks, once; system calls until then. */
#include "real.h"
#include <dlfcn.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

static int raw_fsync(int fd)
{
	return (int)syscall(SYS_fsync, fd);
}

static int raw_fdatasync(int fd)
{
	return (int)syscall(SYS_fdatasync, fd);
}

static int raw_sync_file_range(int fd, off64_t from, off64_t length, unsigned flags)
{
	return (int)syscall(SYS_sync_file_range, fd, from, length, flags);
}

static int raw_msync(void *address, size_t length, int flags)
{
	return (int)syscall(SYS_msync, address, length, flags);
}

static int raw_syncfs(int fd)
{
	return (int)syscall(SYS_syncfs, fd);
}

static void raw_sync(void)
{
	syscall(SYS_sync);
}

static int raw_nanosleep(const struct timespec *wanted, struct timespec *left)
{
	return (int)syscall(SYS_nanosleep, wanted, left);
}

static int raw_clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted,
			       struct timespec *left)
{
	int saved = errno, code = 0;

	if (syscall(SYS_clock_nanosleep, clock, flags, wanted, left) < 0)
		code = errno;
	errno = saved;
	return code;
}

static int raw_usleep(useconds_t wanted)
{
	const struct timespec time = { .tv_sec = wanted / 1000000,
				       .tv_nsec = wanted % 1000000 * 1000L };

	return raw_nanosleep(&time, NULL);
}

static unsigned raw_sleep(unsigned wanted)
{
	struct timespec time = { .tv_sec = wanted };

	return raw_nanosleep(&time, &time) < 0 ? (unsigned)time.tv_sec : 0;
}

static int raw_clock_gettime(clockid_t clock, struct timespec *now)
{
	return (int)syscall(SYS_clock_gettime, clock, now);
}

struct real real = {
#define REAL_RAW(type, name, parameters, arguments, file) .name = raw_##name,
	PRELOAD_HOOKS(REAL_RAW)
#undef REAL_RAW
		.clock_gettime = raw_clock_gettime,
};

/* The clock of everything in this object, libentrain's part too: the loader binds it here, and not to a libfaketime. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	return real.clock_gettime(clock, now);
}

void real_resolve(void)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD), *found;

#define REAL_FIND(type, name, parameters, arguments, file) \
	found = dlsym(RTLD_NEXT, #name); \
	if (found) \
		real.name = (__typeof__(real.name))found;
	PRELOAD_HOOKS(REAL_FIND)
#undef REAL_FIND
	/* These two from the C library itself: what fakes the time for the host shall not fake it for us. */
	found = libc ? dlsym(libc, "clock_gettime") : NULL;
	if (found)
		real.clock_gettime = (__typeof__(real.clock_gettime))found;
	found = libc ? dlsym(libc, "sem_clockwait") : NULL;
	real.sem_clockwait = (__typeof__(real.sem_clockwait))found;
}

int64_t real_now_ns(void)
{
	struct timespec now;

	real.clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Nobody posts it. A wait on it is the one that a filter of a host with threads lets through, since it is a futex. */
static sem_t never;

int real_sleep_until(int64_t until_ns)
{
	const struct timespec until = { .tv_sec = until_ns / NS_PER_S,
					.tv_nsec = until_ns % NS_PER_S };
	int saved = errno, code = ENOSYS;

	if (real.sem_clockwait) {
		code = 0;
		if (real.sem_clockwait(&never, CLOCK_MONOTONIC, &until) < 0 && errno != ETIMEDOUT)
			code = errno;
	}
	errno = saved;
	return code;
}
