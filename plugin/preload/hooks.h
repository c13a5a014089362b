/* SPDX-License-Identifier: MIT */
/* hooks.h - the one table of the functions that the preload plugin stands in front of. */
#ifndef PRELOAD_HOOKS_H
#define PRELOAD_HOOKS_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#define HOOK_NO_FILE INT_MIN /* no descriptor, nor a wrong one that anybody passes */

/* What it returns, its name, its parameters, how they are passed on, and the descriptor that it is about. A row each for the
 * calls of entrain.ini; sync() alone returns nothing. */
#define PRELOAD_VALUE_HOOKS(X) \
	X(int, fsync, (int fd), (fd), fd) \
	X(int, fdatasync, (int fd), (fd), fd) \
	X(int, sync_file_range, (int fd, off64_t from, off64_t length, unsigned flags), \
	  (fd, from, length, flags), fd) \
	X(int, msync, (void *address, size_t length, int flags), (address, length, flags), \
	  HOOK_NO_FILE) \
	X(int, syncfs, (int fd), (fd), fd) \
	X(int, nanosleep, (const struct timespec *wanted, struct timespec *left), (wanted, left), \
	  HOOK_NO_FILE) \
	X(int, clock_nanosleep, \
	  (clockid_t clock, int flags, const struct timespec *wanted, struct timespec *left), \
	  (clock, flags, wanted, left), HOOK_NO_FILE) \
	X(int, usleep, (useconds_t wanted), (wanted), HOOK_NO_FILE) \
	X(unsigned, sleep, (unsigned wanted), (wanted), HOOK_NO_FILE)

#define PRELOAD_HOOKS(X) PRELOAD_VALUE_HOOKS(X) X(void, sync, (void), (), HOOK_NO_FILE)

#endif
