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

void decide_sift(struct step *step, struct decision *decision)
{
	const struct step own = *step; /* a local copy: nothing that is stored can alias it */
	/* Who joins grants a whole period: what it sees may be from before a change of settings. */
	const int64_t ahead_ns =
		own.now_ns + (own.joining ? own.period_most_ns : own.delay_most_ns);
	int64_t longest_ns = own.period_ns, last_ns = own.turn_ns;
	uint64_t work_all_ns = (uint64_t)own.work_ns;
	/* One less than the action time, unsigned: 0, not measured, is then the largest. */
	uint64_t work_least = (uint64_t)own.work_ns - 1;
	int64_t work_most_ns = own.work_ns;
	uint32_t counted = 1, measured = own.work_ns > 0, index_most = own.index, most = 0;

	for (struct peer *peer = own.peers; peer < own.peers + own.count; peer++) {
		uint64_t work;

		peer->flags = peer_flags(&own, peer, ahead_ns);
		if (peer->flags) {
			if (!(peer->flags & PEER_SELF))
				leave_out(&own, peer, decision, &most);
			continue;
		}
		counted++;
		work_all_ns += (uint64_t)peer->work_ns;
		measured += peer->work_ns > 0;
		work = (uint64_t)peer->work_ns - 1;
		work_least = work < work_least ? work : work_least;
		work_most_ns = peer->work_ns > work_most_ns ? peer->work_ns : work_most_ns;
		longest_ns = peer->period_ns > longest_ns ? peer->period_ns : longest_ns;
		last_ns = peer->next_ns > last_ns ? peer->next_ns : last_ns;
		index_most = peer->index > index_most ? peer->index : index_most;
	}
	step->counted = counted;
	step->longest_ns = longest_ns;
	step->work_all_ns = work_all_ns;
	step->measured = measured;
	step->work_least_ns = (int64_t)(work_least + 1);
	step->work_most_ns = work_most_ns;
	step->index_most = index_most;
	/* No offset is larger, and one that a period was added to is at most that. */
	step->reach_ns = last_ns - own.turn_ns > longest_ns ? last_ns - own.turn_ns : longest_ns;
}
