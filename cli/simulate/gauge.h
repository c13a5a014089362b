/* SPDX-License-Identifier: MIT */
/* gauge.h - how well a simulated swarm does: the measures of `status --json`, at one instant. */
#ifndef CLI_SIMULATE_GAUGE_H
#define CLI_SIMULATE_GAUGE_H

#include "simulation.h"

#define GAUGE_ORDERS 4

/* Of the agents that live; those whose period is outside the band are counted, and left out. */
struct gauge {
	uint32_t cycle;
	int64_t at_ns; /* since the start */
	uint32_t agents, off_beat;
	double order[GAUGE_ORDERS]; /* R1..R4; the first is the coherence */
	double min_gap, max_gap, evenness, evenness_actual;
	double rhythm; /* 1 less the largest share by which any planned period differs from P* */
	double value, target;
	bool reached;   /* at this instant */
	bool converged; /* with one cycle's hysteresis */
	bool together;  /* most follow a pattern that is together */
	uint32_t peak_overlap;
	double delay;      /* mean of the delays granted in this cycle, in periods */
	double energy;     /* mean, of 100 */
	double nearest;    /* graphs: worst distance to the nearest visible neighbour, 1: ideal */
	uint32_t switches; /* changes of strategy in this cycle */
	uint32_t agree;    /* agents that see the goal reached */
	uint32_t scattered, obeyed; /* by the last disruption; agents that have seen it */
};

/* Measure now, after the end of cycle simulation->cycle. *gauge is either empty or of the cycle before. */
void gauge_fill(struct gauge *gauge, struct simulation *simulation);

#endif
