/* SPDX-License-Identifier: MIT */
/* Where the demo's files go: a directory of its own on a real disk, with enough room. */
#ifndef DEMO_PLACE_H
#define DEMO_PLACE_H

#include <stdint.h>

#define PLACE_DEFAULT "/var/tmp"

struct place {
	int directory; /* open; -1: none */
	char path[256];
	char why[256];    /* why not, in words */
	const char *hint; /* what to do about it; NULL: nothing */
};

/*
 * Make a new directory below `parent`, with a mark that says which swarm goes with it (NULL: none). Refuses file systems that
 * live in memory, where fsync costs nothing, and those with less than `space` bytes left. Returns 0, or -1 with why and hint.
 */
int place_make(struct place *place, const char *parent, const char *swarm, int64_t space);

/* Remove the directory with the files in it. Returns 0 or -1. */
int place_remove(struct place *place);

/*
 * Remove what is left below `parent` of this user's demos of which no process lives: the kernel has dropped the lock on the
 * directory, and it bears a mark. `swarm_remove` is called for the swarm of each.
 */
void place_sweep(const char *parent, void (*swarm_remove)(const char *swarm));

#endif
