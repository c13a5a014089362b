/* SPDX-License-Identifier: MIT */
/* sim_graph.c - who sees whom: rings, small worlds, stars. */
#include "sim.h"

#include <math.h>
#include <stdlib.h>

/* A matrix of who sees whom is small enough for what tests need. */
static void graph_close_up(struct sim_graph *graph, bool *sees, uint32_t agents)
{
	uint32_t used = 0;

	graph->agents = agents;
	graph->end = sim_allocate(agents, sizeof(*graph->end));
	for (size_t pair = 0; pair < (size_t)agents * agents; pair++)
		used += sees[pair];
	graph->edge = sim_allocate(used, sizeof(*graph->edge));
	used = 0;
	for (uint32_t agent = 0; agent < agents; agent++) {
		for (uint32_t other = 0; other < agents; other++)
			if (sees[(size_t)agent * agents + other])
				graph->edge[used++] = other;
		graph->end[agent] = used;
	}
	free(sees);
}

static void see(bool *sees, uint32_t agents, uint32_t one, uint32_t other, bool they_do)
{
	sees[(size_t)one * agents + other] = sees[(size_t)other * agents + one] = they_do;
}

void sim_graph_small_world(struct sim_graph *graph, uint32_t agents, uint32_t near, double part,
			   uint64_t seed)
{
	bool *sees = sim_allocate((size_t)agents * agents, sizeof(*sees));
	struct sim dice = { .random = seed * 104729 + 1 };

	for (uint32_t agent = 0; agent < agents; agent++)
		for (uint32_t step = 1; step <= near / 2; step++)
			see(sees, agents, agent, (agent + step) % agents, true);
	for (uint32_t step = 1; step <= near / 2; step++)
		for (uint32_t agent = 0; agent < agents; agent++) {
			uint32_t other;

			if (part == 0 || sim_uniform(&dice) >= part)
				continue;
			do
				other = (uint32_t)(sim_random(&dice) % agents);
			while (other == agent || sees[(size_t)agent * agents + other]);
			see(sees, agents, agent, (agent + step) % agents, false);
			see(sees, agents, agent, other, true);
		}
	graph_close_up(graph, sees, agents);
}

void sim_graph_ring(struct sim_graph *graph, uint32_t agents, uint32_t near)
{
	sim_graph_small_world(graph, agents, near, 0, 0);
}

void sim_graph_star(struct sim_graph *graph, uint32_t agents)
{
	bool *sees = sim_allocate((size_t)agents * agents, sizeof(*sees));

	for (uint32_t agent = 1; agent < agents; agent++)
		see(sees, agents, 0, agent, true);
	graph_close_up(graph, sees, agents);
}

void sim_graph_close(struct sim_graph *graph)
{
	free(graph->edge);
	free(graph->end);
}

double sim_nearest(const struct sim *sim)
{
	const struct sim_graph *graph = sim->graph;
	double period = (double)sim_longest_ns(sim), worst = 1e9;

	for (uint32_t agent = 0; agent < sim->agents; agent++) {
		uint32_t first = agent ? graph->end[agent - 1] : 0, alive = 0;
		double nearest = 1;

		if (!sim->agent[agent].alive)
			continue;
		for (uint32_t edge = first; edge < graph->end[agent]; edge++) {
			uint32_t other = graph->edge[edge];
			double apart =
				(double)(sim->slots[other].next_ns - sim->slots[agent].next_ns);

			if (!sim->agent[other].alive)
				continue;
			alive++;
			nearest = fmin(nearest, fabs(remainder(apart / period, 1)));
		}
		if (alive)
			worst = fmin(worst, nearest * (alive + 1));
	}
	return worst;
}
