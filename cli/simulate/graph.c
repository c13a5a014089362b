/* SPDX-License-Identifier: MIT */
/* graph.c - who sees whom in a simulated swarm: the library's topology, built for its slots. */
#include "graph.h"

#include <stdio.h>

#include "simulation.h"

bool graph_parse(const char *text, struct topology_spec *spec, char *why, size_t why_size)
{
	struct entrain_error error = { .code = ENTRAIN_OK };

	if (topology_parse("topology", text, spec, &error) == ENTRAIN_OK)
		return true;
	snprintf(why, why_size, "%s", error.why);
	return false;
}

bool graph_make(struct graph *graph, const struct topology_spec *spec, uint32_t slots,
		uint64_t seed, char *why, size_t why_size)
{
	const struct topology_extent extent = { .nodes = slots,
						.capacity = SIMULATION_AGENTS_MAX,
						.seed = seed };
	struct entrain_error error = { .code = ENTRAIN_OK };

	*graph = (struct graph){ .spec = *spec };
	if (spec->kind == TOPOLOGY_FULL ||
	    topology_build(spec, &extent, &graph->built, &error) == ENTRAIN_OK)
		return true;
	snprintf(why, why_size, "%s: %s", error.object, error.why);
	return false;
}

void graph_free(struct graph *graph)
{
	topology_graph_free(&graph->built);
}

static bool is_there(const struct simulation *simulation, const struct graph_walk *walk,
		     uint32_t slot)
{
	return slot < simulation->slots &&
	       (simulation->agents[slot].state == SIMULATED_ALIVE ||
		(!walk->living && simulation->agents[slot].state == SIMULATED_DEAD));
}

/* Half before and half after this one, slots without agents passed over; round the ring until those on the other side. */
static bool ring_next(const struct simulation *simulation, struct graph_walk *walk, uint32_t *other)
{
	const uint32_t slots = simulation->slots, side = simulation->graph.spec.degree / 2;

	for (;;) {
		while (walk->taken < side && walk->gone + walk->after + 1 < slots) {
			walk->gone++;
			*other = (walk->slot + (walk->before ? slots - walk->gone : walk->gone)) %
				 slots;
			if (!is_there(simulation, walk, *other))
				continue;
			walk->taken++;
			return true;
		}
		if (walk->before)
			return false;
		walk->before = true;
		walk->after = walk->gone;
		walk->gone = walk->taken = 0;
	}
}

bool graph_next(const struct simulation *simulation, struct graph_walk *walk, uint32_t *other)
{
	const struct topology_graph *built = &simulation->graph.built;

	if (simulation->graph.spec.kind == TOPOLOGY_RING)
		return ring_next(simulation, walk, other);
	while (built->offsets[walk->slot] + walk->at < built->offsets[walk->slot + 1]) {
		*other = built->neighbours[built->offsets[walk->slot] + walk->at++];
		if (is_there(simulation, walk, *other))
			return true;
	}
	return false;
}
