/* SPDX-License-Identifier: MIT */
/*
 * simulation.h - a swarm on a virtual clock, whose agents run the library's own object files.
 *
 *	simulation_open(&simulation, &plan, why, sizeof(why));
 *	while (simulation.cycle < plan.cycles)
 *		simulation_cycle(&simulation, &gauge);
 *	simulation_close(&simulation);
 *
 * A cycle is over when every agent that was alive at its beginning has taken a turn. Between two cycles (or, with
 * simulation_until(), at any instant) a live view may look at everything here, measure, and ask for changes; pausing is
 * not calling. One simulation belongs to one thread; several are independent of each other.
 */
#ifndef CLI_SIMULATE_SIMULATION_H
#define CLI_SIMULATE_SIMULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../libshm/goal.h"
#include "../../libshm/steer.h"
#include "graph.h"
#include "overlap.h"
#include "queue.h"

struct control;
struct gauge;
struct pattern;
struct rounds;
struct workload;

#define SIMULATION_PERIOD_NS INT64_C(5000000000)
#define SIMULATION_BAND_PPM 100000u
#define SIMULATION_AGENTS_MAX 20000u

enum simulation_start {
	SIMULATION_RANDOM,    /* first turns anywhere in the first period */
	SIMULATION_IDENTICAL, /* all in the same ns, as forked together */
	SIMULATION_JOIN       /* all join within a thousandth of a period */
};

/* Something that happens to a part of the agents, after so many cycles. share_ppm 0: never. */
struct simulation_change {
	uint32_t share_ppm, cycle;
};

/* One agent as it was observed, in place of what is drawn; all times scaled so that the swarm's period is SIMULATION_PERIOD_NS. */
struct simulation_host {
	int64_t first_ns; /* its first turn, after the start: 0 .. period */
	int64_t period_ns;
	int64_t work_ns; /* how long its action takes, as others plan for it */
	const int64_t
		*works_ns; /* how long each action took that was seen: a turn takes one of these */
	const int64_t *
		strays_ns; /* how much later than planned it came by itself, likewise; below 0: sooner */
	uint32_t works, strays;
	bool holds_late; /* what is held goes on as late as it may arrive */
	/* Drifting: its period is from the end of an action to when it comes again, and what it was held for may come on top; else it
	 * comes by a clock of its own, later by a stray. */
	bool rests, carries;
};

/* What one run does. */
struct simulation_plan {
	uint32_t agents, cycles;
	uint64_t seed;
	struct goal goal;    /* a row of the library's, perhaps tuned by a trait */
	uint32_t target_ppm; /* 0: the goal's own */
	uint32_t cap_ppm;    /* the most an agent is delayed a cycle; 0: the goal's own */
	bool cap_given;      /* cap_ppm holds even if it is 0, and when the goal is changed */
	enum simulation_start start;
	uint32_t kind;         /* enum entrain_kind */
	uint32_t spread_ppm;   /* own periods lie within 1 +- this */
	uint32_t lateness_ppm; /* mean lateness of a wakeup, of the mean gap between two turns */
	uint32_t stale_ppm;    /* slots are read as they were up to this long ago, of a period */
	uint32_t duty_ppm;     /* all actions one after the other, of a period */
	uint32_t vary_ppm;     /* each action takes its agent's time x (1 +- this) */
	bool lognormal;        /* agents' action times are log-normal instead of equal */
	struct simulation_change crash, join, disrupt;
	const struct control *control;
	const struct simulation_host *hosts; /* one for each of the first agents; NULL: drawn */
	uint32_t band_ppm;                   /* 0: SIMULATION_BAND_PPM */
	struct topology_spec topology;
	const struct pattern *pattern; /* NULL: no requests */
	bool synchronous;
	unsigned threads; /* of a synchronous run */
};

enum simulated_state { SIMULATED_FREE, SIMULATED_JOINING, SIMULATED_ALIVE, SIMULATED_DEAD };

/* One agent: what a process would hold, and how it fares. Its place in the array is its slot. */
struct simulated {
	enum simulated_state state;
	bool due;       /* has not taken its turn in this cycle yet */
	uint32_t place; /* in the array of peers */
	uint32_t stamp; /* of its event in the queue; older ones are void */
	uint32_t turns;
	uint32_t first_cycle; /* in which it came */
	int64_t period_ns, work_ns;
	int64_t first_ns; /* its first turn: a grid's origin */
	int64_t cur_ns, turn_ns, delay_ns;
	int64_t began_ns, end_ns; /* of its last action; 0: none yet */
	int64_t late_ns;          /* running mean of its lateness */
	int64_t published_ns;
	struct peer before; /* what its slot held before */
	struct steer steer;
};

struct simulation {
	struct simulation_plan plan;
	int64_t now_ns, start_ns;
	uint32_t cycle;           /* complete ones */
	struct simulated *agents; /* by slot */
	uint32_t slots;           /* that were ever used */
	uint32_t slot_space;
	struct peer *peers; /* published slots, without gaps, in no order */
	uint32_t peer_count;
	struct graph graph;
	struct queue queue;
	struct overlap overlap;
	/* agents, by the last change of each sort */
	uint32_t crashed, joined;
	uint64_t disruption;    /* SHM_DISRUPTION_* */
	uint64_t lognormal_sum; /* of the draws of all action times */
	int64_t lock_ns;        /* until when the lock file is held (flock) */
	int64_t door_ns;        /* what the door says (drifting): when it is free next */
	int64_t door_booked_ns; /* what somebody last made it say, */
	uint32_t door_slot;     /* and who that was */
	uint32_t fired,
		fired_before; /* who took the last turn, and the one before (desync); UINT32_MAX: nobody */

	/* over the cycle in progress */
	uint32_t behind;      /* agents that are due */
	int64_t delay_sum_ns; /* of all delays granted */
	uint32_t decisions;
	uint32_t missed;
	uint32_t switches; /* changes of strategy */

	struct peer *view; /* slots as one agent sees them, where that is not simply all */
	void *scratch;     /* of decide() */
	uint64_t *words;   /* of measuring */
	struct rounds *rounds;
	struct workload *workload;
};

/* Begin a run. Returns false with a sentence in `why` if the plan cannot be carried out. */
bool simulation_open(struct simulation *simulation, const struct simulation_plan *plan, char *why,
		     size_t why_size);
void simulation_close(struct simulation *simulation);

/* Run to the end of the cycle in progress, measure, then do what the plan has for this moment. */
void simulation_cycle(struct simulation *simulation, struct gauge *gauge);

/* Run to that instant, or to the end of the cycle if that comes first; true: it did. Not in synchronous runs. */
bool simulation_until(struct simulation *simulation, int64_t until_ns);

/* Changes from outside, between two calls of the above. A share above 0 is one agent at least; a crash leaves one. */
void simulation_set_goal(struct simulation *simulation, const struct goal *goal);
void simulation_crash(struct simulation *simulation, uint32_t share_ppm);
void simulation_join(struct simulation *simulation, uint32_t share_ppm);
void simulation_disrupt(struct simulation *simulation, uint32_t share_ppm);

/* Why a disruption would scatter nobody, as a sentence; NULL: it scatters some. */
const char *simulation_stays(const struct simulation_plan *plan);

uint32_t simulation_alive(const struct simulation *simulation);

/* What the plan has of the agent in this slot; NULL: it is drawn. */
static inline const struct simulation_host *simulation_host(const struct simulation *simulation,
							    uint32_t slot)
{
	const struct simulation_plan *plan = &simulation->plan;

	return plan->hosts && slot < plan->agents ? &plan->hosts[slot] : NULL;
}

static inline uint32_t simulation_band_ppm(const struct simulation_plan *plan)
{
	return plan->band_ppm ? plan->band_ppm : SIMULATION_BAND_PPM;
}

/* The most that an agent of this period is delayed a cycle. */
int64_t simulation_cap_ns(const struct simulation *simulation, int64_t period_ns);

#endif
