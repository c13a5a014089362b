/* SPDX-License-Identifier: MIT */
/*
 * rules.h - what the files of a decision share: the step as it counts, and the rules' answers.
 */
#ifndef ENTRAIN_RULES_H
#define ENTRAIN_RULES_H

#include "decide.h"

/* One decision in progress: own values made safe, then what decide_sift() found out. */
struct step {
	enum decide_rule rule;
	bool joining;
	uint32_t index, clusters;
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
	int64_t reach_ns;   /* no offset is larger */
	uint32_t index_most;
	uint64_t work_all_ns;                /* sum of all actions that were measured */
	uint32_t measured;                   /* how many were */
	int64_t work_least_ns, work_most_ns; /* the extremes of those */
};

/* What a rule wants, on top of the common period. */
struct wish {
	int64_t wait_ns; /* D */
	int64_t lag_ns;  /* V */
};

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

/* Sort out who counts; fills the lower half of `step` and the counters of `decision`. */
void decide_sift(struct step *step, struct decision *decision);

struct wish spread_wish(const struct step *step);
/* Offset of the first turn from now, in (0, own period]. */
int64_t spread_place(const struct step *step);

struct wish sync_wish(const struct step *step);
int64_t sync_place(const struct step *step);

/* wait_ns is counted from the own arrival. */
struct wish grid_wish(const struct step *step);

#endif
