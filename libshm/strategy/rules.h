/* SPDX-License-Identifier: MIT */
/*
 * rules.h - what the files of a decision share: the step as it counts, and the rules' answers.
 */
#ifndef ENTRAIN_RULES_H
#define ENTRAIN_RULES_H

#include "decide.h"

/* One decision in progress: own values made safe, then what decide_sift() found out. */
struct step {
	enum decide_rule rule; /* the pattern: never DECIDE_ADAPT after decide_sift() */
	enum decide_metric metric;
	bool joining, relative, graph;
	uint32_t index, clusters, goal, strategy, energy_ppm, stalled;
	const struct entrain_strategy *own;
	int64_t way_ns, interval_ns;
	int64_t now_ns, turn_ns, arrival_ns;
	int64_t period_ns, work_ns, cap_ns, lateness_ns;
	int64_t late_ns;                         /* 4 x lateness, at most half a period */
	int64_t slack_ns;                        /* for clocks read at different moments */
	int64_t period_least_ns, period_most_ns; /* the band */
	int64_t delay_most_ns;                   /* the cap of the longest period in the band */
	struct peer *peers;
	uint32_t count;
	void *scratch;

	/* over the agents that count, with this one: */
	uint32_t counted;
	int64_t longest_ns; /* P* */
	bool delayed;       /* GRID: somebody is */
	int64_t reach_ns;   /* no offset is larger */
	uint32_t index_most;
	uint64_t work_all_ns;                /* sum of all actions that were measured */
	uint32_t measured;                   /* how many were */
	int64_t work_least_ns, work_most_ns; /* the extremes of those */
};

/* What a pattern wants, and a strategy makes of it, on top of the common period. */
struct wish {
	int64_t wait_ns;    /* D */
	int64_t lag_ns;     /* V */
	uint32_t value_ppm; /* the pattern's own metric: evenness or R_m, as seen from here */
	uint32_t price;     /* energy units for a whole turn moved */
	bool whole;         /* grant it as far as there is room, not in proportion to V */
	int64_t way_ns; /* neighbours: from here to where it is going, wait_ns being a part of it */
};

/* value x numerator / denominator, for what is not negative; at most DECIDE_PERIOD_MAX_NS. */
static inline int64_t part_ns(int64_t value_ns, uint64_t numerator, uint64_t denominator)
{
	unsigned __int128 product = (unsigned __int128)(uint64_t)value_ns * numerator;

	/* Nearly always; a division of 128 bits takes as long as looking at ten agents. */
	if (__builtin_expect(product >> 64 == 0, 1))
		product = (uint64_t)product / denominator;
	else
		product /= denominator;
	return product > DECIDE_PERIOD_MAX_NS ? DECIDE_PERIOD_MAX_NS : (int64_t)product;
}

/*
 * As much of a wish as fits into `most_ns`. All that want more than that get the same part of it: were it clipped, those
 * furthest back would stay together until the last cycle.
 */
static inline struct wish wish_within(struct wish wish, int64_t most_ns)
{
	if (wish.whole)
		wish.wait_ns = wish.wait_ns < most_ns ? wish.wait_ns : most_ns;
	else if (wish.lag_ns > most_ns)
		wish.wait_ns = part_ns(wish.wait_ns, (uint64_t)most_ns, (uint64_t)wish.lag_ns);
	wish.lag_ns = wish.lag_ns < most_ns ? wish.lag_ns : most_ns;
	return wish;
}

/*
 * What the lock on the slowest leaves of the cap; not positive: following it would gain nothing. Of a relative host it is counted from
 * where its own action ends, from where it sleeps: were it counted from its turn, an action as long as the cap would leave nothing.
 */
static inline int64_t step_room_ns(const struct step *step)
{
	return step->period_ns + step->cap_ns + (step->relative ? step->work_ns : 0) -
	       step->longest_ns;
}

/* The longest move of a cycle that leaves its length as good as it was: of two in turn, two of them. */
static inline int64_t step_steady_ns(const struct step *step)
{
	return step->longest_ns / 100;
}

/* On a relative host a lateness is paid once by all, so following it is worth nothing: up to one gap is left alone. */
static inline int64_t step_deadband_ns(const struct step *step)
{
	int64_t gap_ns = step->longest_ns / step->counted;

	if (!step->relative)
		return 0;
	return 2 * step->lateness_ns < gap_ns ? 2 * step->lateness_ns : gap_ns;
}

/* From its present turn to its next, of an agent that counts: cur_ns may lie as far back as it likes. */
static inline int64_t peer_interval_ns(const struct peer *peer)
{
	uint64_t interval_ns = (uint64_t)peer->next_ns - (uint64_t)peer->cur_ns;

	return interval_ns < DECIDE_PERIOD_MAX_NS ? (int64_t)interval_ns : DECIDE_PERIOD_MAX_NS;
}

/* How far the turn of an agent that does not answer may have passed: it acts, or is as late as I am at times. */
static inline int64_t step_grace_ns(const struct step *step, int64_t work_ns)
{
	return (work_ns > step->late_ns ? work_ns : step->late_ns) + step->slack_ns;
}

/*
 * Instant of a peer's turn after mine, in ns from mine. The virtual order, by (turn, index), makes it
 * independent of which of two agents whose turns meet ran first.
 */
static inline int64_t step_offset_ns(const struct step *step, const struct peer *peer)
{
	const int64_t turn_ns = step->turn_ns;
	int64_t offset_ns;

	if (peer->cur_ns > turn_ns || (peer->cur_ns == turn_ns && peer->index > step->index))
		return peer->cur_ns - turn_ns;
	offset_ns = peer->next_ns - turn_ns;
	/* At most a period and a bit behind, or it would be overdue. */
	while (offset_ns < 0 || (offset_ns == 0 && peer->index < step->index))
		offset_ns += step->longest_ns;
	return offset_ns;
}

/* Where in the period an instant lies: nearly always it is less than a turn before it or two after. */
static inline int64_t turned_ns(int64_t instant_ns, int64_t period_ns)
{
	instant_ns += period_ns & instant_ns >> 63;
	instant_ns -= instant_ns >= period_ns ? period_ns : 0;
	if (__builtin_expect((uint64_t)instant_ns >= (uint64_t)period_ns, 0)) {
		instant_ns %= period_ns;
		instant_ns += period_ns & instant_ns >> 63;
	}
	return instant_ns;
}

/* Sort out who counts; fills the lower half of `step` and the counters of `decision`. */
void decide_sift(struct step *step, struct decision *decision);

struct wish spread_wish(const struct step *step);
/* Offset of the first turn from now, in (0, own period]. */
int64_t spread_place(const struct step *step);

struct wish sync_wish(const struct step *step);
int64_t sync_place(const struct step *step);
/* R_m of the turns as they are planned, this one at turn_ns. */
uint32_t sync_order_ppm(const struct step *step);

/* The pattern among neighbours only (ring, star, small world, file). */
struct wish neighbours_wish(const struct step *step);

/* wait_ns is counted from the own arrival. */
struct wish grid_wish(const struct step *step);

#endif
