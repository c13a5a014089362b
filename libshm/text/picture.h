/* SPDX-License-Identifier: MIT */
/* One picture of a swarm with all its agents, taken through the library. */
#ifndef ENTRAIN_PICTURE_H
#define ENTRAIN_PICTURE_H

#include <entrain.h>

#include "json.h"

struct picture {
	const char *swarm; /* its name */
	int64_t taken_ns;
	struct entrain_status status;
	struct entrain_agent_info *agents; /* lowest slot first */
	unsigned agent_count;
};

/* Fill `picture` from an open swarm; what it held before is used again. Start from { .swarm = name }. Returns 0 or an
 * enum entrain_code. */
int picture_take(struct picture *picture, struct entrain_swarm *swarm, struct entrain_error *error);
void picture_free(struct picture *picture);

/* Does an agent that can be waited for hold this slot: alive, and with values that can be? */
static inline int picture_expects(const struct entrain_agent_info *agent)
{
	return (agent->state == ENTRAIN_IDLE || agent->state == ENTRAIN_ACTING) &&
	       !agent->implausible;
}

/* The same where there is time to wait for it: one that is late by less than a period has not gone silent yet. */
static inline int picture_expects_late(const struct picture *picture,
				       const struct entrain_agent_info *agent)
{
	return picture_expects(agent) ||
	       (agent->state == ENTRAIN_STALE && !agent->implausible &&
		picture->taken_ns - agent->next_turn_ns <= agent->period_ns);
}

/* How many turns an agent took between two of its counts, which are shown modulo 2^32. Below 0: that is another count, begun since. */
static inline int32_t picture_turns(uint64_t before, uint64_t now)
{
	return (int32_t)(uint32_t)(now - before);
}

/* How many of the agents alive see the goal reached among those that they look at. */
unsigned picture_reached(const struct picture *picture);

/* The picture as the manual's `status --json` has it, as members of the open object. */
void picture_json(const struct picture *picture, struct json *json);

/* The picture as metrics in the text format of Prometheus. */
void picture_prometheus(const struct picture *picture, FILE *out);

/* The picture for people: header, a bar over one period, the agents; at most `most` of them (0: as many
 * as fit sensibly). */
void picture_print(const struct picture *picture, FILE *out, unsigned most);

#endif
