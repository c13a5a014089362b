/* SPDX-License-Identifier: MIT */
/* barrier_life.h - what the tests of the barrier share: agents that take part, and pass or wait in vain. */
#ifndef ENTRAIN_BARRIER_LIFE_H
#define ENTRAIN_BARRIER_LIFE_H

#include <pthread.h>
#include "barrier.h"
#include "life.h"

#define AN_ERRNO 4711
#define SOON_NS (30 * LIFE_MS)

static inline struct entrain_agent *join(void)
{
	struct entrain_agent *agent = entrain_join(LIFE_SWARM, NULL, NULL);

	life_check(agent != NULL);
	return agent;
}

static inline uint64_t round_of(const struct entrain_agent *agent)
{
	return tagged_value(agent->owner.barrier);
}

static inline int wait_ns(struct entrain_agent *agent, int64_t patience_ns)
{
	return entrain_barrier_wait(agent, entrain_now_ns() + patience_ns);
}

/* Take part, in a round that is not passed yet unless nobody else is there. */
static inline void enter(struct entrain_agent *agent)
{
	life_check(entrain_barrier_wait(agent, 0) <= ENTRAIN_TIMEOUT);
}

static inline void passes(struct entrain_agent *agent)
{
	int code = wait_ns(agent, LIFE_PATIENCE_NS);

	if (code)
		fail_msg("round %d: %s", (int)round_of(agent),
			 entrain_code_text((enum entrain_code)code));
}

/* All take part, and have passed the same round. */
static inline void enter_all(struct entrain_agent **agents, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		enter(agents[i] = join());
	for (unsigned i = 0; i < count; i++)
		passes(agents[i]);
}

static inline void finish(struct entrain_agent **agents, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		entrain_leave(agents[i]);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

static inline void *wait_once(void *context)
{
	return (void *)(intptr_t)wait_ns(context, LIFE_PATIENCE_NS);
}

#endif
