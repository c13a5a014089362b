/* SPDX-License-Identifier: MIT */
/* overlap.c - how many actions are in progress at once. */
#include "overlap.h"

#include <stdlib.h>

#include "../memory.h"

struct overlap_edge {
	int64_t at_ns;
	int32_t change; /* in the order in which they count: -1 an end, 0 a beginning in a cycle before, 1 one in this */
};

void overlap_add(struct overlap *overlap, int64_t begin_ns, int64_t end_ns)
{
	if (end_ns <= begin_ns)
		return;
	if (overlap->count == overlap->space) {
		overlap->space = overlap->space ? 2 * overlap->space : 256;
		overlap->actions =
			memory_resize(overlap->actions, overlap->space, sizeof(*overlap->actions));
	}
	overlap->actions[overlap->count++] = (struct overlap_action){ begin_ns, end_ns };
}

static int edge_compare(const void *one, const void *other)
{
	const struct overlap_edge *left = one, *right = other;

	if (left->at_ns != right->at_ns)
		return left->at_ns < right->at_ns ? -1 : 1;
	return (left->change > right->change) - (left->change < right->change);
}

static uint32_t sweep(const struct overlap_edge *edges, size_t count)
{
	uint32_t level = 0, peak = 0;

	for (size_t i = 0; i < count; i++) {
		if (edges[i].change < 0) {
			level--;
			continue;
		}
		level++;
		if (edges[i].change == 1 && level > peak)
			peak = level;
	}
	return peak;
}

uint32_t overlap_peak(struct overlap *overlap, int64_t now_ns)
{
	size_t edges = 0, kept = 0;
	uint32_t peak;

	if (overlap->edge_space < 2 * overlap->count) {
		overlap->edge_space = 2 * overlap->count;
		overlap->edges =
			memory_resize(overlap->edges, overlap->edge_space, sizeof(*overlap->edges));
	}
	for (size_t i = 0; i < overlap->count; i++) {
		const struct overlap_action *action = &overlap->actions[i];

		overlap->edges[edges++] =
			(struct overlap_edge){ action->begin_ns, i < overlap->carried ? 0 : 1 };
		overlap->edges[edges++] = (struct overlap_edge){ action->end_ns, -1 };
	}
	if (edges)
		qsort(overlap->edges, edges, sizeof(*overlap->edges), edge_compare);
	peak = sweep(overlap->edges, edges);
	for (size_t i = 0; i < overlap->count; i++)
		if (overlap->actions[i].end_ns > now_ns)
			overlap->actions[kept++] = overlap->actions[i];
	overlap->count = overlap->carried = kept;
	return peak;
}

void overlap_free(struct overlap *overlap)
{
	free(overlap->actions);
	free(overlap->edges);
	*overlap = (struct overlap){ 0 };
}
