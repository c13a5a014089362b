/* SPDX-License-Identifier: MIT */
/* real.h - the functions behind the hooks, and the clock as the kernel has it. */
#ifndef PRELOAD_REAL_H
#define PRELOAD_REAL_H

#include <semaphore.h>
#include <stdint.h>
#include "hooks.h"

/* Raw system calls until real_resolve(): a constructor that runs before ours may call any of them. */
extern struct real {
#define REAL_FIELD(type, name, parameters, arguments, file) type(*name) parameters;
	PRELOAD_HOOKS(REAL_FIELD)
#undef REAL_FIELD
	int (*clock_gettime)(clockid_t clock, struct timespec *now);
	int (*sem_clockwait)(sem_t *semaphore, clockid_t clock, const struct timespec *until);
} real;

/* In the constructor: the next ones in the order of the loader, so that another preload behind us has its say. */
void real_resolve(void);

/* CLOCK_MONOTONIC of the kernel, whatever is preloaded before us. No system call. */
int64_t real_now_ns(void);

/* Sleep until `until_ns`, or until a signal was handled. Returns 0, EINTR, or why it cannot. A cancellation point; keeps
 * errno. */
int real_sleep_until(int64_t until_ns);

#endif
