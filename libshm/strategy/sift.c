/* SPDX-License-Identifier: MIT */
/*
 * sift.c - which of the others count: plausible, on the beat, not overdue.
 */
#include "rules.h"

/*
 * Nothing here may overflow, for a slot holds whatever its writer likes: only what has passed a test is added to.
 * `ahead_ns` is how far beyond its own period a turn may lie.
 */
static bool peer_plausible(const struct step *step, const struct peer *peer, int64_t ahead_ns)
{
	const int64_t period_ns = peer->period_ns, work_ns = peer->work_ns;
	int64_t grace_ns;

	if (period_ns < DECIDE_PERIOD_MIN_NS || period_ns > DECIDE_PERIOD_MAX_NS || work_ns < 0 ||
	    work_ns > period_ns)
		return false;
	grace_ns = step_grace_ns(step, work_ns);
	if (peer->cur_ns > step->now_ns + grace_ns || peer->cur_ns >= peer->next_ns ||
	    peer->next_ns > ahead_ns + period_ns + grace_ns)
		return false;
	return step->rule != DECIDE_GRID || (peer->delay_ns >= 0 && peer->delay_ns <= period_ns);
}

/* Why it does not count, in full; 0: it does. */
static uint8_t peer_flags(const struct step *step, const struct peer *peer, int64_t ahead_ns)
{
	uint8_t flags = 0;

	if (peer->index == step->index)
		return PEER_SELF;
	if (!peer_plausible(step, peer, ahead_ns))
		return PEER_IMPLAUSIBLE;
	if (peer->period_ns < step->period_least_ns || peer->period_ns > step->period_most_ns)
		flags |= PEER_OFF_BEAT;
	/* next lies between cur and a few periods from now: adding the grace is safe. */
	if (step->turn_ns > peer->next_ns + step_grace_ns(step, peer->work_ns))
		flags |= PEER_OVERDUE;
	return flags;
}

/* Bounds that whoever keeps within counts: nearly all, so that peer_flags() is for the few. The grace is the least. */
struct gate {
	int64_t period_least_ns, period_most_ns;
	int64_t cur_most_ns, next_least_ns;
	int64_t start_most_ns; /* of next, less the own period */
	uint32_t index;
	bool grid;
};

static struct gate gate_make(const struct step *step, int64_t ahead_ns)
{
	const int64_t grace_ns = step_grace_ns(step, 0);
	struct gate gate = { .period_least_ns = step->period_least_ns,
			     .period_most_ns = step->period_most_ns,
			     .cur_most_ns = step->now_ns + grace_ns,
			     .next_least_ns = step->turn_ns - grace_ns,
			     .start_most_ns = ahead_ns + grace_ns,
			     .index = step->index,
			     .grid = step->rule == DECIDE_GRID };

	if (gate.period_least_ns < DECIDE_PERIOD_MIN_NS)
		gate.period_least_ns = DECIDE_PERIOD_MIN_NS;
	if (gate.period_most_ns > DECIDE_PERIOD_MAX_NS)
		gate.period_most_ns = DECIDE_PERIOD_MAX_NS;
	return gate;
}

/* True only for who counts. In this order nothing overflows: a next that is not too early less a period that can be. */
static inline bool gate_passes(const struct gate *gate, const struct peer *peer)
{
	return peer->period_ns >= gate->period_least_ns &&
	       peer->period_ns <= gate->period_most_ns &&
	       (uint64_t)peer->work_ns <= (uint64_t)peer->period_ns &&
	       peer->cur_ns <= gate->cur_most_ns && peer->cur_ns < peer->next_ns &&
	       peer->next_ns >= gate->next_least_ns &&
	       peer->next_ns - peer->period_ns <= gate->start_most_ns &&
	       peer->index != gate->index &&
	       (!gate->grid || (uint64_t)peer->delay_ns <= (uint64_t)peer->period_ns);
}

/* Spreads the looking up of overdue agents: each step picks another, and each agent in another order. */
static uint32_t suspicion(const struct step *step, uint32_t index)
{
	uint32_t mix = (uint32_t)(step->turn_ns >> 10) * 2654435761u + step->index * 2246822519u;

	mix = (mix ^ index) * 3266489917u;
	mix = (mix ^ mix >> 15) * 2654435761u;
	return mix ^ mix >> 13;
}

static void leave_out(const struct step *step, const struct peer *peer, struct decision *decision,
		      uint32_t *most)
{
	uint32_t mix;

	if (peer->flags & PEER_IMPLAUSIBLE)
		decision->implausible++;
	else if (peer->flags & PEER_OFF_BEAT)
		decision->off_beat++;
	else
		decision->overdue++;
	if (!(peer->flags & PEER_OVERDUE))
		return;
	mix = suspicion(step, peer->index);
	if (decision->suspect == DECIDE_NOBODY || mix > *most ||
	    (mix == *most && peer->index < decision->suspect)) {
		decision->suspect = peer->index;
		*most = mix;
	}
}

/* Over the agents that count. */
struct sums {
	int64_t longest_ns, last_ns;
	uint64_t work_all_ns;
	uint64_t
		work_least; /* the action time less one, unsigned: 0, not measured, is then the largest */
	int64_t work_most_ns;
	uint64_t delays; /* all of them, or'ed */
	uint32_t counted, measured, index_most;
};

/* Inline, so that `works` is a constant: what only those who spread need to know. */
__attribute__((always_inline)) static inline struct sums
sift(const struct step *step, struct sums sums, bool works, struct decision *decision)
{
	const struct step own = *step; /* a local copy: nothing that is stored can alias it */
	/* Who joins grants a whole period: what it sees may be from before a change of settings. */
	const int64_t ahead_ns =
		own.now_ns + (own.joining ? own.period_most_ns : own.delay_most_ns);
	const struct gate gate = gate_make(&own, ahead_ns);
	uint32_t most = 0;

	for (struct peer *peer = own.peers; peer < own.peers + own.count; peer++) {
		uint64_t work;

		peer->flags = 0;
		if (__builtin_expect(!gate_passes(&gate, peer), 0)) {
			peer->flags = peer_flags(&own, peer, ahead_ns);
			if (peer->flags) {
				if (!(peer->flags & PEER_SELF))
					leave_out(&own, peer, decision, &most);
				continue;
			}
		}
		sums.counted++;
		sums.longest_ns =
			peer->period_ns > sums.longest_ns ? peer->period_ns : sums.longest_ns;
		sums.delays |= (uint64_t)peer->delay_ns;
		if (!works)
			continue;
		sums.last_ns = peer->next_ns > sums.last_ns ? peer->next_ns : sums.last_ns;
		sums.work_all_ns += (uint64_t)peer->work_ns;
		sums.measured += peer->work_ns > 0;
		work = (uint64_t)peer->work_ns - 1;
		sums.work_least = work < sums.work_least ? work : sums.work_least;
		sums.work_most_ns =
			peer->work_ns > sums.work_most_ns ? peer->work_ns : sums.work_most_ns;
		sums.index_most = peer->index > sums.index_most ? peer->index : sums.index_most;
	}
	return sums;
}

void decide_sift(struct step *step, struct decision *decision)
{
	struct sums sums = { .longest_ns = step->period_ns,
			     .last_ns = step->turn_ns,
			     .work_all_ns = (uint64_t)step->work_ns,
			     .work_least = (uint64_t)step->work_ns - 1,
			     .work_most_ns = step->work_ns,
			     .counted = 1,
			     .measured = step->work_ns > 0,
			     .index_most = step->index };

	if (step->rule == DECIDE_SYNC || step->rule == DECIDE_GRID)
		sums = sift(step, sums, false, decision);
	else
		sums = sift(step, sums, true, decision);
	step->counted = sums.counted;
	step->longest_ns = sums.longest_ns;
	step->delayed = sums.delays != 0;
	step->work_all_ns = sums.work_all_ns;
	step->measured = sums.measured;
	step->work_least_ns = (int64_t)(sums.work_least + 1);
	step->work_most_ns = sums.work_most_ns;
	step->index_most = sums.index_most;
	/* No offset is larger, and one that a period was added to is at most that. */
	step->reach_ns = sums.last_ns - step->turn_ns;
	if (step->reach_ns < sums.longest_ns)
		step->reach_ns = sums.longest_ns;
}
