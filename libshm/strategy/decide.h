/* SPDX-License-Identifier: MIT */
/*
 * decide.h - from (own state, snapshot of the others, parameters) to the next turn.
 *
 * Pure: no shared memory, no clock, no floating point, no allocation, no global. Everything is in ns, so
 * that equal inputs give equal decisions on every machine. The rules, their proofs and figures are in
 * doc/algorithms.md.
 */
#ifndef ENTRAIN_DECIDE_H
#define ENTRAIN_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Products of instants take 128 bits. A 32-bit program can read a swarm's objects, but not take part. */
#ifndef __SIZEOF_INT128__
#error "entrain takes a compiler for 64 bits"
#endif

struct entrain_strategy;

/* Shortest and longest period; what is shorter or longer is implausible. More agents than
 * DECIDE_PERIOD_MIN_NS there cannot be: two turns are never forced into the same ns. */
#define DECIDE_PERIOD_MIN_NS INT64_C(100000)
#define DECIDE_PERIOD_MAX_NS (INT64_C(1) << 47)

/* Clocks are read at slightly different moments: this part of a period is granted to every comparison with
 * somebody else's instant, besides the grace for lateness. */
#define DECIDE_SLACK_PART 1024

/* What the step knows of one agent: read once from its slot into this local copy, unchecked. */
struct peer {
	int64_t cur_ns;    /* scheduled instant of its present (last) turn */
	int64_t next_ns;   /* planned instant of its next turn */
	int64_t period_ns; /* its own period */
	int64_t work_ns;   /* running mean of how long its action takes */
	int64_t delay_ns; /* how much of next_ns is delay; grid: next_ns - delay_ns is its arrival */
	uint32_t index;   /* its slot: breaks ties */
	/* Of a type that aliases nothing but its own, unlike one of a byte: the loops store flags while they read. */
	uint32_t flags : 8;   /* PEER_*; set by decide_sift() */
	uint32_t pattern : 8; /* enum decide_rule that it follows */
	uint32_t
		way : 16; /* from next_ns to where it is going, 1/65536 of its period (neighbours.c) */
};

/* Why a peer is left out; 0: it counts. */
#define PEER_OVERDUE 1u /* its next turn has passed by more than the grace: dead, stopped or late */
#define PEER_IMPLAUSIBLE 2u /* values that cannot be */
#define PEER_OFF_BEAT 4u    /* own period outside the band */
#define PEER_SELF 8u        /* this agent itself, which may be among the peers */

/* The wanted pattern. DECIDE_ADAPT: SYNC while the load is low, SPREAD while it is high, between as most do. */
enum decide_rule { DECIDE_SPREAD, DECIDE_SYNC, DECIDE_GRID, DECIDE_ADAPT };
enum decide_host { DECIDE_TAKEN, DECIDE_RELATIVE };
/* What the goal is judged by. */
enum decide_metric { DECIDE_EVENNESS, DECIDE_ORDER, DECIDE_RHYTHM };

/* DECIDE_ADAPT: all actions together as a share of the period. */
#define DECIDE_QUIET_PERCENT 20
#define DECIDE_BUSY_PERCENT 40

/* Parameters of one decision: settings of the swarm as this agent just read them, and its own. */
struct decide_parameters {
	enum decide_rule rule;
	enum decide_host host;
	enum decide_metric metric;
	enum decide_rule
		pattern; /* SPREAD or SYNC; DECIDE_ADAPT: what this agent follows so far; GRID: what is wanted */
	uint32_t clusters; /* SYNC: m; 1 = all together */
	uint32_t goal;     /* for a strategy of the application's */
	uint32_t
		strategy; /* enum strategy: how it moves towards the pattern; 0: SPREAD's or SYNC's whole wish */
	uint32_t energy_ppm;                /* what is left of a full account */
	uint32_t stalled;                   /* own turns since the goal last got nearer */
	const struct entrain_strategy *own; /* for STRATEGY_OWN */
	bool graph;                         /* the peers are the neighbours only */
	bool joining;   /* first decision of this agent: place the turn, the cap does not apply */
	int64_t now_ns; /* one reading for the whole step; 0 .. 2^62 */
	int64_t period_ns;   /* the swarm's */
	uint32_t band_ppm;   /* the swarm's */
	int64_t cap_ns;      /* the most this agent accepts to be delayed a cycle */
	int64_t lateness_ns; /* own mean lateness */
	int64_t cap_most_ns; /* the largest cap that another agent may have, if larger than the own one's share
				of its period; who plans beyond it is implausible */
};

/* This agent, before the decision. */
struct decide_self {
	uint32_t index;
	int64_t turn_ns; /* S: scheduled instant of the turn that it takes now; unused when a taken host joins */
	int64_t delay_ns; /* grid: how much of turn_ns is delay; turn_ns - delay_ns is its arrival */
	int64_t period_ns;
	int64_t work_ns;
	int64_t way_ns;      /* neighbours: from turn_ns to where it is going; 0: nowhere */
	int64_t interval_ns; /* from its turn before to turn_ns; 0: not known */
};

struct decision {
	int64_t cur_ns;   /* S, as it counts after being very late */
	int64_t next_ns;  /* T: its next turn */
	int64_t delay_ns; /* how much later than without the others */
	int64_t move_ns;  /* how much of that is a move; the rest keeps pace with the slowest */
	int64_t lag_ns; /* V: how far the swarm is from the pattern, from here (a few ns: reached) */
	uint32_t value_ppm;       /* the metric as this agent sees it; 1,000,000 when alone */
	uint32_t price;           /* of the move, energy units a turn */
	enum decide_rule pattern; /* that was followed: SPREAD, SYNC or GRID */
	int64_t way_ns;           /* from next_ns to where it is going */
	uint32_t counted;         /* agents in L, with itself */
	uint32_t overdue, implausible, off_beat; /* agents left out */
	uint32_t missed; /* own turns that had to be left out because they had passed */
	uint32_t
		suspect; /* index of one overdue agent to look up, another one at each step if there
			     are several; DECIDE_NOBODY if none */
};
#define DECIDE_NOBODY UINT32_MAX

/* Bytes of scratch that a decision over up to `peers` others needs. */
size_t decide_scratch_size(uint32_t peers);

/*
 * Decide. `peers` holds the others, in any order; this agent may be among them. Their flags are set. `scratch` has
 * decide_scratch_size(count) bytes, aligned to 64, contents irrelevant; only what `count` needs is touched.
 * Never fails: whatever the peers say, cur < next, now < next <= now + period + cap + grace, and
 * 0 <= delay <= cap, where grace = 4 x lateness, at most period / 2, + period / DECIDE_SLACK_PART.
 * When a taken or grid host joins: next <= now + period. The taken one acts first at the turn it is given;
 * its cur is one period before that, so that others see it as if it had always been there.
 */
void decide(const struct decide_self *self, struct peer *peers, uint32_t count,
	    const struct decide_parameters *parameters, void *scratch, struct decision *decision);

#endif
