/* SPDX-License-Identifier: MIT */
/* mark.h - points at which a test may stop or kill the process: after each shared access of join and create. */
#ifndef ENTRAIN_MARK_H
#define ENTRAIN_MARK_H

/* NULL but in tests. Not on any path that is taken once a turn. */
extern void (*mark_hook)(const char *function, int line);

#define MARK() \
	do { \
		if (__builtin_expect(mark_hook != NULL, 0)) \
			mark_hook(__func__, __LINE__); \
	} while (0)

#endif
