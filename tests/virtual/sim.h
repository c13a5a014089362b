/* SPDX-License-Identifier: MIT */
/*
 * sim.h - a swarm on a virtual clock: N agents that call decide() or, where there is a goal, steer_turn(), and do nothing else.
 *
 * A slot is a struct peer in an array; an event is a turn, the end of an action or the joining of an agent.
 * Everything is drawn from one seed.
 */
#ifndef ENTRAIN_TEST_SIM_H
#define ENTRAIN_TEST_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "goal.h"
#include "steer.h"
#include "strategy/decide.h"

struct sim_event {
	int64_t at_ns;
	uint64_t order; /* of events at the same instant: drawn */
	uint32_t agent;
	uint32_t kind;
};

struct sim_agent {
	bool alive, acts; /* acts: it decides; what does not is a slot that somebody made up */
	uint32_t turns;
	int64_t period_ns, work_ns; /* own period; the mean that it publishes */
	int64_t turn_ns;            /* scheduled */
	int64_t delay_all_ns, delay_ns, lag_ns;
	int64_t began_ns;   /* of the last action */
	int64_t since_ns;   /* when the slot was published */
	struct peer before; /* what it was before that */
	int64_t cur_ns;     /* its turn before */
	struct steer steer;
	uint32_t notes[ENTRAIN_EVENT_COUNT]; /* how often it told of each */
};

/* Who sees whom: the neighbours of agent i are edge[end[i - 1]] .. edge[end[i] - 1]. */
struct sim_graph {
	uint32_t agents;
	uint32_t *edge, *end;
};

struct sim_action {
	int64_t begin_ns, end_ns;
};

struct sim {
	/* Settings: set between sim_open() and the first agent. */
	struct decide_parameters parameters;
	double late_mean_ns;           /* lateness of each wakeup: exponential */
	int64_t lateness_ns;           /* what agents take for it; 0: the true mean */
	int64_t stale_ns;              /* slots are read as they were up to this long ago */
	double work_jitter;            /* actions take work x (1 +- this) */
	bool indifferent;              /* do as if alone: the control to compare with */
	struct steer_request request;  /* with a goal: agents steer by it */
	const struct sim_graph *graph; /* NULL: all see all */

	/* State. */
	int64_t now_ns;
	uint32_t agents, space;
	struct sim_agent *agent;
	struct peer *slots, *view;
	void *scratch;
	struct sim_event *heap;
	uint32_t events;
	struct sim_action *actions;
	size_t actions_count, actions_space;
	uint64_t random;
	uint64_t decisions;
	struct decision last;
	uint32_t last_agent;
	/* Called after each turn of an agent that steers. */
	void (*watch)(struct sim *sim);
	void *watching;
	/* Called before each decision; may change slots of agents that do not act. */
	void (*meddle)(struct sim *sim);
};

void sim_open(struct sim *sim, uint32_t space, enum decide_rule rule, int64_t period_ns, double cap,
	      uint64_t seed);
void sim_close(struct sim *sim);
/* The same for a goal: its pattern and its cap. */
void sim_open_goal(struct sim *sim, uint32_t space, enum entrain_goal goal, int64_t period_ns,
		   uint64_t seed);
/* Ask a share of the agents to scatter. */
void sim_disrupt(struct sim *sim, double part);
/* How many see the goal reached. */
uint32_t sim_reached(const struct sim *sim);

/* A ring: each sees `near` others, half of them on each side. */
void sim_graph_ring(struct sim_graph *graph, uint32_t agents, uint32_t near);
/* Watts and Strogatz: a ring, each edge of which is rewired with probability `part`. */
void sim_graph_small_world(struct sim_graph *graph, uint32_t agents, uint32_t near, double part,
			   uint64_t seed);
/* The first sees all, all others see the first. */
void sim_graph_star(struct sim_graph *graph, uint32_t agents);
void sim_graph_close(struct sim_graph *graph);
/* Of the worst agent: distance to the nearest turn that it sees, as a multiple of what would be even among those. */
double sim_nearest(const struct sim *sim);

/* Zeroed; ends the test if there is no memory. */
void *sim_allocate(size_t count, size_t size);

uint64_t sim_random(struct sim *sim);
double sim_uniform(struct sim *sim);     /* [0, 1) */
double sim_normal(struct sim *sim);      /* mean 0, deviation 1 */
double sim_exponential(struct sim *sim); /* mean 1 */

/* An agent that has a slot and whose first turn is at first_ns. Returns its index. */
uint32_t sim_add(struct sim *sim, int64_t first_ns, int64_t period_ns, int64_t work_ns);
/* An agent that joins at at_ns. */
uint32_t sim_join(struct sim *sim, int64_t at_ns, int64_t period_ns, int64_t work_ns);
/* `agents` with random (or identical) first turns in the period to come, and actions of work_ns. */
void sim_add_many(struct sim *sim, uint32_t agents, bool identical, int64_t work_ns);
void sim_kill(struct sim *sim, uint32_t agent);
/* Kill that part of the agents, drawn. */
void sim_kill_part(struct sim *sim, double part);

/* Run until every living agent has taken `turns` turns more. */
void sim_run_cycles(struct sim *sim, uint32_t turns);
void sim_run_until(struct sim *sim, int64_t until_ns);

uint32_t sim_alive(const struct sim *sim);
int64_t sim_longest_ns(const struct sim *sim);

struct sim_gaps {
	double least, most; /* as multiples of the wanted gap */
	double error;       /* largest |gap - wanted| / wanted */
	double evenness;    /* 1 / most */
};

/* Gaps between the living agents' planned turns; `own_work`: against own action plus equal share of the
 * idle time, else against equal gaps. */
struct sim_gaps sim_gaps(const struct sim *sim, bool own_work);
/* The same of the instants at which the last actions began. */
struct sim_gaps sim_gaps_actual(const struct sim *sim, bool own_work);

/*
 * How far the planned turns are from equal gaps: V, the Kuiper distance, in turns; `delay` gets the least
 * mean delay that makes them equal when nobody can be early.
 */
double sim_distance(const struct sim *sim, double *delay);

/* Run for `periods` periods of the swarm; returns the mean period of an agent as a multiple of it. */
double sim_mean_period(struct sim *sim, uint32_t periods);

/* R_m of the planned turns. */
double sim_order(const struct sim *sim, uint32_t m);

/* Smallest arc that holds all planned turns, each turned back by its group's part, in turns. */
double sim_extent(const struct sim *sim, uint32_t clusters);

/*
 * Cycles until the planned turns are even to better than `error`, and stay so for two more; `most` + 1
 * if they never are.
 */
uint32_t sim_cycles_to_even(struct sim *sim, double error, uint32_t most, bool own_work);

/* Most actions in progress at once from from_ns until until_ns. */
uint32_t sim_peak(const struct sim *sim, int64_t from_ns, int64_t until_ns);

struct sim_summary {
	double median, worst; /* worst: the largest */
};

/* Sorts `values`. */
struct sim_summary sim_summary(double *values, size_t count);

#endif
