/* SPDX-License-Identifier: MIT */
/* What the agents of a swarm did between two pictures of it. */
#ifndef CLI_TALLY_H
#define CLI_TALLY_H

#include "picture.h"

struct tally {
	uint64_t turns, missed; /* taken; left out */
	int64_t delay_ns;       /* by which turns were moved, all together */
};

/*
 * The sum of what each agent has more in `now` than in `before`, never negative. One that has begun since counts with all it
 * has; one that came with totals from elsewhere, or is implausible, with nothing; and what one that has gone did since
 * `before` is not known.
 */
struct tally tally_between(const struct picture *before, const struct picture *now);

#endif
