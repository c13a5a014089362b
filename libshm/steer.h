/* SPDX-License-Identifier: MIT */
/*
 * steer.h - the goal-directed part: which pattern, by which strategy, at what price, and is the goal reached?
 *
 * Each agent for itself, from the snapshot that it just took. Pure: no shared memory, no clock, no floating point;
 * agents and the simulator run the same object file.
 *
 * Stalled is who sees neither the metric nor the distance to the pattern a tenth better in STEER_PATIENCE own turns while
 * the goal is not reached: it goes on to the goal's next strategy. Who has tried all keeps to the best for
 * STEER_REST turns. A goal once reached is kept: no strategy is changed then; when it is missed again for more than one turn,
 * the first strategy has its turn again.
 */
#ifndef ENTRAIN_STEER_H
#define ENTRAIN_STEER_H

#include "goal.h"
#include "strategy/decide.h"

#define STEER_PATIENCE 5
#define STEER_REST 50
/* A relative host's own lateness moves it: within so many times the mean of it the swarm is as near as any strategy gets. */
#define STEER_BLUR 12
#define STEER_STRATEGIES (GOAL_STRATEGIES + 1) /* with the application's own */
#define STEER_NOTES 6

/* What is asked of the agent now; from control and from its options. */
struct steer_request {
	const struct goal *goal;
	uint32_t target_ppm;   /* 0: the goal's own */
	uint32_t own_strategy; /* enum strategy tried first; STRATEGY_NONE: the goal's */
	bool acts;             /* mode act: else nothing is moved */
	uint64_t disruption;   /* SHM_DISRUPTION_*: the last request */
};

/* What happened in a turn, for the recorder. */
struct steer_note {
	uint32_t kind, value; /* enum entrain_event_kind */
};

struct steer {
	uint32_t goal, target_ppm; /* that the rest is about */
	uint32_t at;               /* position among the strategies */
	uint32_t turns;            /* with it since it last got better */
	uint32_t rest;             /* turns for which the best of all is kept */
	uint32_t tried_ppm[STEER_STRATEGIES];
	uint32_t value_ppm, best_ppm;
	int64_t best_lag_ns;
	bool reached, scattered, exhausted, begun;
	uint32_t missing; /* turns since the goal was last seen reached */
	enum decide_rule pattern;
	uint32_t counted;
	uint32_t reason;  /* enum entrain_reason: what happened last that could spoil the pattern */
	uint32_t settled; /* turns that the goal was kept for since then */
	uint32_t disruption;       /* number of the last request obeyed */
	uint32_t energy;           /* 1/512 units */
	uint64_t spent, recovered; /* 1/512 units: spent + energy - recovered = 100 units */
	int64_t way_ns;
	uint32_t strategy; /* that this turn was decided by */
	uint32_t notes;
	struct steer_note note[STEER_NOTES];
};

/* A fresh agent: full account, nothing tried. `disruption`: requests up to this one are not for it. */
void steer_open(struct steer *steer, uint64_t disruption);

/*
 * One turn: fills what of `parameters` follows from the goal (rule, metric, clusters, strategy, pattern, energy), decides, pays, and
 * judges. `self` and the rest of `parameters` are the caller's, as are peers and scratch, as for decide(). steer->note
 * holds what is worth telling.
 */
void steer_turn(struct steer *steer, const struct steer_request *request, struct decide_self *self,
		struct decide_parameters *parameters, struct peer *peers, uint32_t count,
		void *scratch, struct decision *decision);

/* One turn of an agent that plans none: goal and disruption are heard and told of, and move nobody. */
void steer_hear(struct steer *steer, const struct steer_request *request);

/* Is the agent in this slot among those that a request scatters? */
bool steer_scatters(uint64_t disruption, uint32_t slot);

#endif
