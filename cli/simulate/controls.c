/* SPDX-License-Identifier: MIT */
/* controls.c - what may run instead of the goal, to compare with: a function a rule. */
#include "controls.h"

#include <string.h>

#include "../../libshm/phasor.h"
#include "draw.h"
#include "step.h"

#define JITTER_PART 10 /* of a period */
#define DESYNC_ALPHA_PERCENT 90
/* Whose turn has passed by more than this part of a period is gone. */
#define GONE_PART 4

static const struct simulated *self_of(const struct control_view *view)
{
	return &view->simulation->agents[view->slot];
}

/* The first instant of the agent's own grid, begun by its first turn, that is after `from_ns`. */
static int64_t grid_after_ns(const struct simulated *agent, int64_t from_ns)
{
	int64_t turns = (from_ns - agent->first_ns) / agent->period_ns + 1;

	return agent->first_ns + turns * agent->period_ns;
}

/* Others that are there, with how long after this turn their next one comes: [0, P). */
static bool offset_of(const struct control_view *view, const struct peer *peer, int64_t *offset_ns)
{
	const int64_t period_ns = self_of(view)->period_ns;

	if (peer->index == view->slot || peer->period_ns <= 0 ||
	    peer->next_ns < view->now_ns - period_ns / GONE_PART)
		return false;
	*offset_ns = (peer->next_ns - view->turn_ns) % period_ns;
	if (*offset_ns < 0)
		*offset_ns += period_ns;
	return true;
}

/* As if alone: its own period, for ever. Also random-offset and static, which differ in how they begin. */
static int64_t none_next(const struct control_view *view)
{
	return view->turn_ns + self_of(view)->period_ns;
}

static int64_t jitter_ns(const struct control_view *view)
{
	const struct simulated *self = self_of(view);
	uint64_t bits = draw(view->simulation->plan.seed, DRAW_JITTER, view->slot, self->turns);

	return (int64_t)draw_below(bits, (uint64_t)self->period_ns / JITTER_PART);
}

/* Each sleep up to a tenth of a period longer: what it adds up to scatters the agents in the end. */
static int64_t jitter_next(const struct control_view *view)
{
	return view->turn_ns + self_of(view)->period_ns + jitter_ns(view);
}

/* Its own grid, and each time up to a tenth of a period later: nothing adds up, so they stay within that tenth for ever. */
static int64_t clock_jitter_next(const struct control_view *view)
{
	const struct simulated *self = self_of(view);

	return self->first_ns + (int64_t)(self->turns + 1) * self->period_ns + jitter_ns(view);
}

static int64_t random_first(const struct simulation *simulation, uint32_t slot)
{
	uint64_t bits = draw(simulation->plan.seed, DRAW_START, slot, 0);

	return (int64_t)draw_below(bits, SIMULATION_PERIOD_NS);
}

/* Slot i of as many as there were agents when it was configured; who comes later shares one. */
static int64_t static_first(const struct simulation *simulation, uint32_t slot)
{
	const uint32_t agents = simulation->plan.agents;

	return SIMULATION_PERIOD_NS / agents * (slot % agents);
}

/* Its own grid; who has to wait for the lock file beyond its next turn leaves that out. */
static int64_t flock_next(const struct control_view *view)
{
	const struct simulated *self = self_of(view);

	return grid_after_ns(self, self->end_ns > view->now_ns ? self->end_ns - 1 : view->now_ns);
}

/*
 * DESYNC (Degesys, Rose, Patel, Nagpal 2007): when the next one after it acts, an agent knows who acted before and after it, and
 * moves its own next turn to 90 % of the way to the middle between the two. Where the one before has moved to since, it
 * reads in its slot.
 */
static void desync_heard(struct simulation *simulation, uint32_t slot)
{
	const uint32_t own = simulation->fired, before = simulation->fired_before;
	struct simulated *agent;
	int64_t before_ns, next_ns;

	if (own == slot)
		return;
	simulation->fired_before = own;
	simulation->fired = slot;
	if (own == UINT32_MAX || before == UINT32_MAX ||
	    simulation->agents[own].state != SIMULATED_ALIVE ||
	    simulation->agents[before].state != SIMULATED_ALIVE)
		return;
	agent = &simulation->agents[own];
	before_ns = simulation->agents[before].turn_ns - simulation->agents[before].period_ns;
	next_ns = ((before_ns - agent->cur_ns) + (simulation->now_ns - agent->cur_ns)) / 2;
	next_ns = agent->cur_ns + agent->period_ns + next_ns * DESYNC_ALPHA_PERCENT / 100;
	if (next_ns <= simulation->now_ns)
		return;
	if (next_ns > agent->cur_ns + agent->period_ns)
		simulation->delay_sum_ns += next_ns - agent->cur_ns - agent->period_ns;
	simulation->peers[agent->place].next_ns = agent->turn_ns = next_ns;
	step_schedule(simulation, own, step_wake_ns(simulation, own), STEP_TURN);
}

/*
 * Kuramoto, coupling 1: T = S + P (1 + 1/N sum sin(2 pi off) / (2 pi)) towards the others for goals that meet, away from
 * them for goals that spread. Moves both ways.
 */
static int64_t kuramoto_next(const struct control_view *view)
{
	const int64_t period_ns = self_of(view)->period_ns;
	const struct phasor_period period = phasor_period_make(period_ns);
	const bool together = view->simulation->plan.goal.rule == DECIDE_SYNC;
	int64_t sum = 0, offset_ns, move_ns;
	uint32_t count = 1;

	for (uint32_t i = 0; i < view->count; i++)
		if (offset_of(view, &view->peers[i], &offset_ns)) {
			sum += phasor_of(phasor_angle(&period, offset_ns)).im;
			count++;
		}
	/* 2^30 x 2 pi = 6746518852 */
	move_ns = (int64_t)((__int128)sum * period_ns / count / INT64_C(6746518852));
	return view->turn_ns + period_ns + (together ? move_ns : -move_ns);
}

/* BALANCE: T = S + P + P / (N - 1) x sum (frac(off) - 1/2). Moves both ways. */
static int64_t balance_next(const struct control_view *view)
{
	const int64_t period_ns = self_of(view)->period_ns;
	__int128 sum_ns = 0;
	int64_t offset_ns;
	uint32_t others = 0;

	for (uint32_t i = 0; i < view->count; i++)
		if (offset_of(view, &view->peers[i], &offset_ns)) {
			sum_ns += offset_ns - period_ns / 2;
			others++;
		}
	return view->turn_ns + period_ns + (others ? (int64_t)(sum_ns / others) : 0);
}

const struct control controls[] = {
	{ .name = "spread", .text = "nothing: the goal decides, which is the product" },
	{ .name = "none",
	  .text = "each its own period, as if alone",
	  .next_ns = none_next,
	  .alone = true },
	{ .name = "jitter",
	  .text = "each its own period, made up to a tenth longer each time",
	  .next_ns = jitter_next,
	  .alone = true },
	{ .name = "clock-jitter",
	  .text = "each its own clock, and each time up to a tenth of a period later",
	  .next_ns = clock_jitter_next,
	  .alone = true },
	{ .name = "random-offset",
	  .text = "one random offset at the start, then each its own period",
	  .next_ns = none_next,
	  .alone = true,
	  .first_ns = random_first },
	{ .name = "static",
	  .text = "agent i of N at offset i/N for ever",
	  .next_ns = none_next,
	  .alone = true,
	  .first_ns = static_first },
	{ .name = "flock",
	  .text = "a lock file: all wake on their own periods and queue for it",
	  .next_ns = flock_next,
	  .alone = true,
	  .serial = true },
	{ .name = "desync",
	  .text = "DESYNC: 90 % of the way to the middle between who acts before and after",
	  .next_ns = none_next,
	  .heard = desync_heard },
	{ .name = "kuramoto",
	  .text = "Kuramoto, coupling 1: attractive for goals that meet, else repulsive",
	  .next_ns = kuramoto_next },
	{ .name = "balance",
	  .text = "by the mean of all offsets less a half: Kuramoto with all harmonics",
	  .next_ns = balance_next },
	{ .name = NULL },
};

const struct control *control_find(const char *name)
{
	for (const struct control *control = controls; control->name; control++)
		if (strcmp(control->name, name) == 0)
			return control;
	return NULL;
}

int64_t control_join_ns(const struct control_view *view)
{
	const struct simulation *simulation = view->simulation;
	const struct control *control = simulation->plan.control;
	int64_t first_ns, since_ns;

	if (!control->first_ns)
		return view->now_ns + 1;
	/* The same offset as if it had been there from the start. */
	first_ns = simulation->start_ns + 1 + control->first_ns(simulation, view->slot);
	since_ns = (view->now_ns - first_ns) % SIMULATION_PERIOD_NS;
	if (since_ns < 0)
		since_ns += SIMULATION_PERIOD_NS;
	return view->now_ns + SIMULATION_PERIOD_NS - since_ns;
}
