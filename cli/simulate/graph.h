/* SPDX-License-Identifier: MIT */
/* graph.h - who sees whom in a simulated swarm: the library's topology, built for its slots. */
#ifndef CLI_SIMULATE_GRAPH_H
#define CLI_SIMULATE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../libshm/topology.h"

/* What users typed, and who the neighbours of slot i are: row[offsets[i]] .. row[offsets[i + 1] - 1] of built.neighbours. */
struct graph {
	struct topology_spec spec;
	struct topology_graph built; /* full: nothing */
};

/* Parse `text`. Returns false with a sentence in `why` if it is none. */
bool graph_parse(const char *text, struct topology_spec *spec, char *why, size_t why_size);

/* Build it for so many slots. Returns false with a sentence in `why` if it cannot be. graph_free() it. */
bool graph_make(struct graph *graph, const struct topology_spec *spec, uint32_t slots,
		uint64_t seed, char *why, size_t why_size);
void graph_free(struct graph *graph);

/* A slot beyond the rows sees all, as in the library; but a ring is one of all agents that there are. */
static inline bool graph_sees_all(const struct graph *graph, uint32_t slot)
{
	return slot >= graph->built.nodes && graph->spec.kind != TOPOLOGY_RING;
}

struct simulation;

/* Going through the agents that `slot` sees, which does not see all. Start from { .slot = slot }. */
struct graph_walk {
	uint32_t slot;
	bool living; /* leave out the dead whose slots are not free yet */
	uint32_t at; /* of the row */
	uint32_t gone, after, taken;
	bool before; /* ring: those before the slot, who come last */
};

/* The next one; false: that was all. */
bool graph_next(const struct simulation *simulation, struct graph_walk *walk, uint32_t *other);

#endif
