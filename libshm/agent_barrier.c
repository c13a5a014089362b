/* SPDX-License-Identifier: MIT */
/* agent_barrier.c - wait for a round of the barrier, with a deadline, cancellable, past the dead. */
#include <errno.h>
#include <pthread.h>
#include "agent.h"
#include "barrier.h"
#include "clock.h"
#include "mark.h"

/* The longest sleep without looking for a cancel, the deadline, the dead, and what a dead one did not ring for. */
#define SLICE_NS INT64_C(10000000)
/* Dead ones that are freed in one look; one that lives ends it. */
#define PROBES_A_LOOK 16
/* Another one is entering: try again. Not an enum entrain_code. */
#define AGAIN (-1)

/* One call. */
struct visit {
	struct entrain_agent *agent;
	struct shm_agents *agents;
	int64_t deadline_ns;
	int64_t look_ns; /* when to look for the dead */
	uint32_t from;   /* where the last laggard was found */
	bool rings;      /* nobody else has rung for what was found since */
	int cancel_state;
};

static struct barrier barrier_now(const struct visit *visit)
{
	const struct entrain_agent *agent = visit->agent;
	/* [L2] acquire: the object reaches as far. */
	uint32_t capacity = atomic_load_explicit(&agent->mapping->segment.settings->capacity,
						 memory_order_acquire);

	if (capacity > ENTRAIN_CAPACITY_MAX)
		capacity = agent->roster.capacity;
	return (struct barrier){ .slots = agent->roster.slots,
				 .limit = barrier_limit(visit->agents, capacity),
				 .self = agent->index };
}

static bool find(struct visit *visit, const struct barrier_want *want,
		 struct barrier_laggard *laggard)
{
	const struct barrier barrier = barrier_now(visit);
	bool found = barrier_find(&barrier, want, visit->from, laggard);

	if (found)
		visit->from = laggard->index;
	return found;
}

/* Publish the own word. False: the slot is not ours any more. */
static bool say(struct visit *visit, uint64_t value)
{
	barrier_mark(visit->agents, visit->agent->index);
	if (!slot_set_barrier(&visit->agent->owner, value))
		return false;
	/* [B1] seq_cst: our word is out before we look at the others'. Of two that publish at once, at least one sees the other. */
	atomic_thread_fence(memory_order_seq_cst);
	return true;
}

static bool canceled(struct entrain_agent *agent)
{
	bool any = false;

	while (sem_trywait(&agent->cancel) == 0)
		any = true;
	return any;
}

static bool lost(const struct visit *visit)
{
	return !slot_owned(&visit->agent->owner) ||
	       atomic_load_explicit(&visit->agent->mapping->segment.settings->removed,
				    memory_order_relaxed);
}

/* What ends a wait that goes on; 0: nothing yet. */
static int over(const struct visit *visit, int64_t now_ns)
{
	if (lost(visit))
		return ENTRAIN_NO_SWARM;
	if (canceled(visit->agent))
		return ENTRAIN_CANCELED;
	return now_ns >= visit->deadline_ns ? ENTRAIN_TIMEOUT : 0;
}

static void cancellation_point(const struct visit *visit)
{
	int ignored;

	pthread_setcancelstate(visit->cancel_state, NULL);
	pthread_testcancel();
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &ignored);
}

/* Of all who wait one looks in each slice: a crowd that waits for one who is stopped does not keep a processor busy. */
static bool my_slice(const struct visit *visit, const struct barrier_want *want, int64_t now_ns)
{
	const struct barrier barrier = barrier_now(visit);
	uint32_t rank, count;

	if (!want->round)
		return true;
	count = barrier_waiting(&barrier, want->round, &rank);
	return (uint64_t)(now_ns / SLICE_NS) % count == rank;
}

/* A laggard stays away: look it up, and free its slot if it is proven dead; then the next one. */
static void look_up(struct visit *visit, const struct barrier_want *want, int64_t now_ns)
{
	const struct roster *roster = &visit->agent->roster;
	struct barrier_laggard laggard;
	bool freed = false;

	if (!my_slice(visit, want, now_ns))
		return;
	for (int i = 0; i < PROBES_A_LOOK && find(visit, want, &laggard); i++) {
		if (roster_probe(roster, process_identity(), laggard.index, laggard.version) !=
		    LIVENESS_DEAD)
			break;
		freed |= roster_free(roster, laggard.index, laggard.version);
	}
	visit->from++; /* another one next time */
	if (freed)
		barrier_ring(visit->agents);
}

/* Sleep until the bell rings, at most until it is time to look. */
static void doze(struct visit *visit, const struct barrier_want *want, uint32_t bell)
{
	int64_t now_ns = clock_now_ns(), wake_ns = visit->look_ns;

	if (visit->deadline_ns < wake_ns)
		wake_ns = visit->deadline_ns;
	if (wake_ns > now_ns)
		barrier_sleep(visit->agents, bell, wake_ns - now_ns);
	now_ns = clock_now_ns();
	if (now_ns >= visit->look_ns) {
		look_up(visit, want, now_ns);
		visit->look_ns = now_ns + SLICE_NS;
	}
}

/* Wait until nobody is wanted any more. */
static int wait_for(struct visit *visit, const struct barrier_want *want)
{
	visit->rings = true;
	visit->look_ns = clock_now_ns() + SLICE_NS;
	for (;;) {
		uint32_t bell = barrier_listen(visit->agents);
		struct barrier_laggard laggard;
		int code;

		if (!find(visit, want, &laggard))
			return lost(visit) ? ENTRAIN_NO_SWARM : 0;
		code = over(visit, clock_now_ns());
		if (code)
			return code;
		doze(visit, want, bell);
		cancellation_point(visit);
		/* Who changed the bell has woken all. If nobody did, and we find that we may go on, it died before that. */
		visit->rings = barrier_listen(visit->agents) == bell;
	}
}

static int withdraw(struct visit *visit, int code)
{
	bool still = say(visit, 0);

	barrier_ring(visit->agents);
	return still ? code : ENTRAIN_NO_SWARM;
}

/* Nobody was entering a moment ago. Come in alone, or step back for a lower slot, or for those who take too long. */
static int enter_alone(struct visit *visit)
{
	const struct barrier_want lower = { .below = visit->agent->index };
	/* Lower ones that come now wait for us. */
	const struct barrier_want higher = { .above = visit->agent->index,
					     .below = BARRIER_ANYBODY };
	struct barrier_laggard laggard;
	struct barrier barrier;
	uint64_t round;

	if (!say(visit, BARRIER_ENTERING))
		return ENTRAIN_NO_SWARM;
	MARK();
	if (find(visit, &lower, &laggard))
		return withdraw(visit, AGAIN);
	visit->look_ns = clock_now_ns() + SLICE_NS;
	for (;;) {
		uint32_t bell = barrier_listen(visit->agents);
		int code;

		if (!find(visit, &higher, &laggard))
			break;
		code = over(visit, clock_now_ns());
		if (code || clock_now_ns() >= visit->look_ns)
			return withdraw(visit, code ? code : AGAIN);
		barrier_sleep(visit->agents, bell, SLICE_NS);
	}
	barrier = barrier_now(visit);
	round = barrier_entry(&barrier);
	MARK();
	if (!say(visit, round))
		return ENTRAIN_NO_SWARM;
	barrier_ring(visit->agents);
	return 0;
}

static int enter(struct visit *visit)
{
	const struct barrier_want anybody = { .below = BARRIER_ANYBODY };
	int code;

	do {
		code = wait_for(visit, &anybody);
		if (!code)
			code = enter_alone(visit);
	} while (code == AGAIN);
	return code;
}

/* Reach the next round, unless the last one was not passed yet. */
static int reach(struct visit *visit)
{
	struct slot_owner *owner = &visit->agent->owner;
	uint64_t round = tagged_value(owner->barrier);
	int code = 0;

	if (!owner->barrier_open)
		round = round < BARRIER_ROUND_MAX && round ? round + 1 : 0;
	if (round)
		code = say(visit, round) ? 0 : ENTRAIN_NO_SWARM;
	else
		code = enter(visit);
	owner->barrier_open = owner->barrier_open || !code;
	return code;
}

static int pass(struct visit *visit)
{
	struct slot_owner *owner = &visit->agent->owner;
	struct barrier_want want = { .below = BARRIER_ANYBODY };
	int code = reach(visit);

	if (code)
		return code;
	want.round = tagged_value(owner->barrier);
	visit->from = visit->agent->index + 1;
	code = wait_for(visit, &want);
	if (code)
		return code;
	if (visit->rings)
		barrier_ring(visit->agents);
	/* Only now: the others must not wait because we were called off. */
	if (canceled(visit->agent))
		return ENTRAIN_CANCELED;
	owner->barrier_open = false;
	return 0;
}

int entrain_barrier_wait(struct entrain_agent *agent, int64_t deadline_ns)
{
	struct visit visit = { .agent = agent, .deadline_ns = deadline_ns };
	int saved = errno, code;

	if (!agent)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	if (!agent->joined || agent->owner.fenced)
		return ENTRAIN_NO_SWARM;
	pthread_testcancel();
	visit.agents = agent->roster.agents;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &visit.cancel_state);
	code = pass(&visit);
	pthread_setcancelstate(visit.cancel_state, NULL);
	errno = saved;
	return code;
}

int entrain_barrier_leave(struct entrain_agent *agent)
{
	struct visit visit = { .agent = agent };
	int saved = errno;

	if (!agent)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	if (agent->joined && !agent->owner.fenced && tagged_value(agent->owner.barrier)) {
		visit.agents = agent->roster.agents;
		agent->owner.barrier_open = false;
		say(&visit, 0);
		barrier_ring(visit.agents);
	}
	errno = saved;
	return 0;
}
