/* SPDX-License-Identifier: MIT */
/* view_fork.h - keep liburcu in order across fork(). */
#ifndef ENTRAIN_VIEW_FORK_H
#define ENTRAIN_VIEW_FORK_H

#include <stdbool.h>

/*
 * Before the first thread reads under liburcu: register the fork handlers, once. They hold liburcu's locks across fork(), unless
 * another object in the process links liburcu-bp: that may have handlers of its own, and two who take these locks in one
 * fork() wait for each other for ever. Its children then are as those of a raw clone.
 */
void view_fork_prepare(void);

/* Who is to be told, in a child whose fork handlers ran, that liburcu is in order there. One, for good. */
void view_fork_tell(void (*proved)(void));

/* Has any thread of this process, or of one that it descends from, read under liburcu? */
bool view_fork_prepared(void);

#endif
