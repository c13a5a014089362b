/* SPDX-License-Identifier: MIT */
/* arrivals.h - when a clock makes the others arrive after me, in order, and when they plan to act. */
#ifndef ENTRAIN_ARRIVALS_H
#define ENTRAIN_ARRIVALS_H

#include "circle.h"
#include "rules.h"

/*
 * Arrivals of one clock differ by what it takes to read it: those that follow each other within a tie are the same. As mine are
 * those just after it, and those just before it, round the circle; the index says who of the same comes first.
 */
struct arrivals {
	int64_t tie_ns;
	uint64_t *keys; /* in order: offset from mine << 1 | comes after me, if it is the same */
	uint32_t
		used; /* of them; not there are those within a tie of mine, if anybody is delayed: */
	uint32_t before, after; /* how many come before me, and after */
	int64_t low_ns;         /* the furthest of them after mine; 0 if there is none */
	int64_t high_ns;        /* and round the circle; the period if there is none */
	bool planned;           /* the circle holds their planned turns: somebody is delayed */
	struct circle circle;
};

/* They lie in step->scratch; `rest` is what is left of it, room for 16 bytes an agent and more. */
struct arrivals arrivals_make(const struct step *step, void **rest);

static inline int64_t key_offset_ns(uint64_t key)
{
	return (int64_t)(key >> 1);
}

static inline bool key_after(uint64_t key)
{
	return key & 1;
}

#endif
