/* SPDX-License-Identifier: MIT */
/*
 * lock.h - the lock of creators, administrators and removers on the control object.
 *
 * An open-file-description write lock: it needs a descriptor that may write, the kernel drops it when its holder dies, and no
 * other close in the process drops it. Whoever may only read cannot hold it, but he can hold a read lock, beside which nobody gets
 * it. Then a word in the object, which readers cannot write, names the holder instead; one who is dead holds nothing.
 */
#ifndef ENTRAIN_LOCK_H
#define ENTRAIN_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct lock {
	int fd; /* -1: not held */
	bool by_word;
	uint64_t word; /* ours, where by_word */
};

/* Take it without waiting; `fd` is open for writing, and stays the caller's. False: somebody who may write holds it. */
bool lock_take(struct lock *lock, int fd);

/* Drop it, also for a child that another thread forked meanwhile and that shares the descriptor. Does nothing when not held. */
void lock_drop(struct lock *lock);

/* Does anybody hold it who is not proven dead? For any descriptor; takes nothing. */
bool lock_held(int fd);

/* Is it held by the word only, of somebody who can be proven neither dead nor alive: of another pid namespace? */
bool lock_unproven(int fd);

/* The pid of one who holds it, as far as /proc and the object tell; 0: cannot be told. Slow: for messages. */
uint32_t lock_holder(int fd);

/* The same by the descriptors of all processes that this one may look at (lock_search.c). */
uint32_t lock_search(int fd);

#endif
