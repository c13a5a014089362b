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
