/* SPDX-License-Identifier: MIT */
/*
 * test_virtual_neighbours.c - among neighbours only, turns are as far apart as the neighbours allow; together works on small
 * worlds and stars, and makes waves on rings.
 *
 * Each line that is printed is a row of a table in doc/algorithms.md.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim.h"

#define P INT64_C(5000000000)
#define SEEDS 20
#define AGENTS 64

enum shape { RING, SMALL_WORLD, STAR };
static const char *const shapes[] = { "ring k=4", "small world k=8", "star" };

static void graph_open(struct sim_graph *graph, enum shape shape, uint64_t seed)
{
	if (shape == RING)
		sim_graph_ring(graph, AGENTS, 4);
	else if (shape == SMALL_WORLD)
		sim_graph_small_world(graph, AGENTS, 8, .1, seed);
	else
		sim_graph_star(graph, AGENTS);
}

/* Medians and worst of the worst agent after so many cycles. */
struct apart {
	struct sim_summary twelve, sixty, later, period;
};

static struct apart apart_of(enum shape shape, bool identical)
{
	double twelve[SEEDS], sixty[SEEDS], later[SEEDS], period[SEEDS];
	struct apart apart;

	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct sim_graph graph;
		struct sim sim;

		graph_open(&graph, shape, seed + 1);
		sim_open_goal(&sim, AGENTS, ENTRAIN_DISTRIBUTE_LOAD, P, seed + 1);
		sim.graph = &graph;
		sim_add_many(&sim, AGENTS, identical, 0);
		sim_run_cycles(&sim, 12);
		/* The largest are the best: summaries call the largest the worst. */
		twelve[seed] = -sim_nearest(&sim);
		sim_run_cycles(&sim, 48);
		sixty[seed] = -sim_nearest(&sim);
		sim_kill_part(&sim, .3);
		sim_run_cycles(&sim, 40);
		later[seed] = -sim_nearest(&sim);
		period[seed] = sim_mean_period(&sim, 50);
		assert_true(sim_reached(&sim) >= sim_alive(&sim) * 9 / 10);
		sim_close(&sim);
		sim_graph_close(&graph);
	}
	apart.twelve = sim_summary(twelve, SEEDS);
	apart.sixty = sim_summary(sixty, SEEDS);
	apart.later = sim_summary(later, SEEDS);
	apart.period = sim_summary(period, SEEDS);
	return apart;
}

static void turns_are_as_far_apart_as_neighbours_allow(void **state)
{
	static const struct {
		double sixty, worst, twelve; /* at least */
	} least[] = { { 1.15, .95, 1 }, { 1.1, .9, 1 }, { .99, .99, .99 } };

	(void)state;
	for (unsigned row = 0; row < 6; row++) {
		const enum shape shape = row / 2;
		struct apart apart = apart_of(shape, row % 2);

		print_message("%s, N = %u, %s: nearest neighbour after 12 cycles %.2f/%.2f, 60: "
			      "%.2f/%.2f of even, 30 %% killed: %.2f/%.2f; period %.4f\n",
			      shapes[shape], AGENTS, row % 2 ? "identical" : "random",
			      -apart.twelve.median, -apart.twelve.worst, -apart.sixty.median,
			      -apart.sixty.worst, -apart.later.median, -apart.later.worst,
			      apart.period.median);
		/* From an identical start a few have to go round the circle first. */
		if (row % 2 == 0)
			assert_true(-apart.twelve.median >= least[shape].twelve);
		assert_true(-apart.sixty.median >= least[shape].sixty);
		assert_true(-apart.sixty.worst >= least[shape].worst);
		/* Who has few neighbours left, among some that have many, cannot have as much as those few would leave. */
		assert_true(-apart.later.worst >= .7);
		/* They come to rest. */
		assert_true(apart.period.worst < 1.004);
	}
}

static void together_among_neighbours(void **state)
{
	(void)state;
	for (enum shape shape = RING; shape <= STAR; shape++) {
		double early[SEEDS], late[SEEDS], period[SEEDS];
		struct sim_summary a, b, p;
		unsigned met = 0;

		for (unsigned seed = 0; seed < SEEDS; seed++) {
			struct sim_graph graph;
			struct sim sim;

			graph_open(&graph, shape, seed + 1);
			sim_open_goal(&sim, AGENTS, ENTRAIN_MINIMIZE_API_CALLS, P, seed + 1);
			sim.graph = &graph;
			sim_add_many(&sim, AGENTS, false, 0);
			sim_run_cycles(&sim, 60);
			early[seed] = -sim_order(&sim, 1);
			sim_run_cycles(&sim, 240);
			late[seed] = -sim_order(&sim, 1);
			met += sim_order(&sim, 1) >= .95;
			period[seed] = sim_mean_period(&sim, 50);
			/* Each sees its own neighbours together, on a ring too. */
			assert_int_equal(sim_reached(&sim), AGENTS);
			sim_close(&sim);
			sim_graph_close(&graph);
		}
		a = sim_summary(early, SEEDS);
		b = sim_summary(late, SEEDS);
		p = sim_summary(period, SEEDS);
		print_message("together, %s, N = %u: R1 of all after 60 cycles %.2f/%.2f, 300: "
			      "%.2f/%.2f; period %.3f/%.3f\n",
			      shapes[shape], AGENTS, -a.median, -a.worst, -b.median, -b.worst,
			      p.median, p.worst);
		if (shape != RING) {
			assert_int_equal(met, SEEDS);
			assert_true(p.worst < 1.001);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_are_as_far_apart_as_neighbours_allow),
		cmocka_unit_test(together_among_neighbours),
	};

	return cmocka_run_group_tests_name("virtual neighbours", tests, NULL, NULL);
}
