/* SPDX-License-Identifier: MIT */
/*
 * lock.h - the lock of creators, administrators and removers on the control object.
 *
 * An open-file-description write lock: it needs a descriptor that may write, the kernel drops it when its holder dies, and no
 * other close in the process drops it. Whoever may only read cannot hold it, and the read lock that he can hold stops nobody.
 */
#ifndef ENTRAIN_LOCK_H
#define ENTRAIN_LOCK_H

#include <stdbool.h>

/* Take it without waiting; `fd` is open for writing. False: somebody who may write holds it. */
bool lock_take(int fd);

/* Drop it, also for a child that another thread forked meanwhile and that shares the descriptor. */
void lock_drop(int fd);

/* Does anybody who may write hold it? For any descriptor; takes nothing. */
bool lock_held(int fd);

#endif
