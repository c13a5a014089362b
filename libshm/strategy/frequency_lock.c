/* SPDX-License-Identifier: MIT */
/*
 * frequency_lock.c - frequency-lock: first one period for all, then the pattern, in steps that no period shows.
 *
 * That all follow the slowest is none of its doing: plan() does so for every strategy.
 */
#include "strategy.h"

static bool steady(const struct step *step, int64_t interval_ns)
{
	int64_t off_ns = interval_ns - step->longest_ns;

	return (off_ns < 0 ? -off_ns : off_ns) <= 2 * step_steady_ns(step);
}

struct wish frequency_lock_wish(const struct step *step, struct wish pattern)
{
	bool locked = step->interval_ns == 0 || steady(step, step->interval_ns);

	for (const struct peer *peer = step->peers; peer < step->peers + step->count && locked;
	     peer++)
		locked = peer->flags || steady(step, peer_interval_ns(peer));
	if (!locked)
		pattern.wait_ns = 0;
	return wish_within(pattern, step_steady_ns(step));
}
