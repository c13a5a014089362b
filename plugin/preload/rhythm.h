/* SPDX-License-Identifier: MIT */
/* rhythm.h - from where a host's calls fall: how often they come, and what drives them. */
#ifndef PRELOAD_RHYTHM_H
#define PRELOAD_RHYTHM_H

#include <entrain.h>
#include <stdbool.h>

#define RHYTHM_KEPT 8
#define RHYTHM_LEAST 4 /* arrivals before anything is said */

/* Pure and without memory of its own; all zero is a fresh one. Instants are when a burst arrived, before any hold. */
struct rhythm {
	uint32_t count; /* of arrivals */
	int64_t arrived_ns[RHYTHM_KEPT];
	int64_t wall_ns[RHYTHM_KEPT]; /* the same by the wall clock */
	int64_t rest_ns[RHYTHM_KEPT]; /* since the last burst was over; 0 at the first */
	int64_t over_ns;              /* when the last burst was over */
};

struct rhythm_found {
	enum entrain_kind kind; /* ENTRAIN_KIND_SWARM: not known yet */
	int64_t offset_ns;      /* grid: when after the wall clock's whole periods it comes */
	int64_t interval_ns;    /* median, from arrival to arrival */
	int64_t rest_ns;        /* median, from the end of one to the arrival of the next */
	int64_t spread_ns;      /* of what is steadier of the two */
	bool sleeps;            /* the rest is that of a sleep: it hardly varies */
};

void rhythm_arrive(struct rhythm *rhythm, int64_t arrived_ns, int64_t wall_ns);
void rhythm_over(struct rhythm *rhythm, int64_t over_ns);

/* What drives it, if `period_ns` is that of the swarm: the wall clock's periods, its own sleep, or nothing regular. In doubt, in a
 * swarm of kind grid (`clocked`), a clock: it may be one of its own, which ticks at any phase, and one that is looked at now and then
 * moves for a while as a sleep does. */
void rhythm_find(const struct rhythm *rhythm, int64_t period_ns, bool clocked,
		 struct rhythm_found *found);

/* How long a pause must be to end a burst, by the rests between the last ones, but for the longest: one long rest is no habit. Where
 * hosts come whenever they like (`drifts`), short rests are as usual as long ones. */
int64_t rhythm_pause_ns(const struct rhythm *rhythm, bool drifts);

/* The duration of few digits that such an interval is near to, as clocks have them; 0: none is. */
int64_t rhythm_round_ns(int64_t interval_ns);

/* What drives it, whatever the period of the swarm: found->kind, but for a clock of another period. */
enum entrain_kind rhythm_kind(const struct rhythm *rhythm, const struct rhythm_found *found);

#endif
