/* SPDX-License-Identifier: MIT */
/* overlap.h - how many actions are in progress at once. */
#ifndef CLI_SIMULATE_OVERLAP_H
#define CLI_SIMULATE_OVERLAP_H

#include <stddef.h>
#include <stdint.h>

struct overlap_action {
	int64_t begin_ns, end_ns;
};

/* { 0 } is an empty one. */
struct overlap {
	struct overlap_action *actions;
	size_t count, space;
	size_t carried; /* the first of them began in cycles before */
	struct overlap_edge *edges;
	size_t edge_space;
};

void overlap_add(struct overlap *overlap, int64_t begin_ns, int64_t end_ns);

/*
 * The most that were in progress when one of those began that were added since the last call; what has ended by now_ns
 * is forgotten then. What ends in the same ns in which another begins does not overlap it.
 */
uint32_t overlap_peak(struct overlap *overlap, int64_t now_ns);

void overlap_free(struct overlap *overlap);

#endif
