/* SPDX-License-Identifier: MIT */
/* preload_early.c - somebody else's preload library: its constructor may run first, and it counts what is allocated. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

/* Looked up by preload_host. */
extern unsigned long early_allocations;
extern unsigned early_right;
SHOWN unsigned long early_allocations;
SHOWN unsigned early_right;

/* What the C library's own allocator is called as well. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

SHOWN void *malloc(size_t size)
{
	__atomic_fetch_add(&early_allocations, 1, __ATOMIC_RELAXED);
	return __libc_malloc(size);
}

SHOWN void *calloc(size_t count, size_t size)
{
	__atomic_fetch_add(&early_allocations, 1, __ATOMIC_RELAXED);
	return __libc_calloc(count, size);
}

SHOWN void *realloc(void *memory, size_t size)
{
	__atomic_fetch_add(&early_allocations, 1, __ATOMIC_RELAXED);
	return __libc_realloc(memory, size);
}

SHOWN void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	__atomic_fetch_add(&early_allocations, 1, __ATOMIC_RELAXED);
	return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

/* Every function that the plugin stands in front of but sync(), which is about the whole machine. */
__attribute__((constructor)) static void early_start(void)
{
	const struct timespec moment = { .tv_nsec = 1 };

	early_right += fsync(-1) == -1 && errno == EBADF;
	early_right += fdatasync(-1) == -1 && errno == EBADF;
	early_right += sync_file_range(-1, 0, 1, SYNC_FILE_RANGE_WRITE) == -1 && errno == EBADF;
	early_right += msync((void *)1, 4096, MS_SYNC) == -1 && errno == EINVAL;
	early_right += syncfs(-1) == -1 && errno == EBADF;
	early_right += nanosleep(&moment, NULL) == 0;
	early_right += clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL) == 0;
	early_right += clock_nanosleep(CLOCK_MONOTONIC, 0, NULL, NULL) == EFAULT;
	early_right += usleep(1) == 0;
	early_right += sleep(0) == 0;
}
