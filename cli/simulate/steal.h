/* SPDX-License-Identifier: MIT */
/*
 * steal.h - sharing out a fixed number of tasks among threads, each of which helps the others when it has none left.
 *
 * Each thread begins with a range of tasks of its own, first..end-1, in one 64-bit word. It takes from the end; who has
 * nothing left takes the first of somebody else's. Either is one compare-and-swap of the whole word, so that each task is
 * given to exactly one thread: a word that was changed in between fails it. No word ever comes back to a value that
 * it had (first only grows, end only shrinks, and each change is one of the two), so a swap cannot succeed by mistake.
 */
#ifndef CLI_SIMULATE_STEAL_H
#define CLI_SIMULATE_STEAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct steal_part {
	_Alignas(64) _Atomic uint64_t range; /* end << 32 | first */
};

struct steal {
	struct steal_part *parts; /* a thread each */
	unsigned threads;
};

/* Share out tasks 0..tasks-1; before the threads are started. */
void steal_open(struct steal *steal, uint32_t tasks, unsigned threads);
void steal_close(struct steal *steal);

/* The next task for thread number `thread`. False: all are given out. */
bool steal_take(struct steal *steal, unsigned thread, uint32_t *task);

#endif
