/* SPDX-License-Identifier: MIT */
/* drift.c - hosts that come whenever they like, and queue at the library's door, where others decide. */
#include "drift.h"

#include "../../libshm/strategy/door.h"
#include "controls.h"
#include "draw.h"

bool drift_queues(const struct simulation *simulation)
{
	return simulation->plan.kind == ENTRAIN_DRIFTING && !simulation->plan.control->next_ns;
}

int64_t drift_wake_ns(const struct simulation *simulation, uint32_t slot)
{
	const struct simulation_host *host = simulation_host(simulation, slot);
	const struct simulated *agent = &simulation->agents[slot];
	int64_t wake_ns = agent->turn_ns;

	if (!host)
		return wake_ns + step_late_ns(simulation, slot, DRAW_LATE);
	if (host->strays)
		wake_ns += host->strays_ns[draw_below(step_draw(simulation, DRAW_LATE, slot),
						      host->strays)];
	return wake_ns > agent->end_ns ? wake_ns : agent->end_ns;
}

/* Goals that bring together hold nobody: whoever waits for the others would not know how long. */
static int64_t cap_ns(const struct simulation *simulation)
{
	if (simulation->plan.goal.rule == DECIDE_SYNC)
		return 0;
	return simulation_cap_ns(simulation, SIMULATION_PERIOD_NS);
}

void drift_arrive(struct simulation *simulation, uint32_t slot, int64_t now_ns)
{
	struct simulated *agent = &simulation->agents[slot];
	const struct door_caller caller = { .now_ns = now_ns,
					    .work_ns = agent->work_ns,
					    .late_ns = agent->late_ns,
					    .cap_ns = cap_ns(simulation),
					    .period_ns = SIMULATION_PERIOD_NS };
	/* Nobody waits for himself: who booked last, and comes again, is done with that. */
	const bool own =
		simulation->door_slot == slot && simulation->door_booked_ns == simulation->door_ns;
	const int64_t free_ns = own ? agent->cur_ns : simulation->door_ns;
	const struct door_pass pass = door_pass(free_ns, &caller);
	int64_t wake_ns = pass.turn_ns;

	if (pass.books) {
		simulation->door_ns = simulation->door_booked_ns = pass.free_ns;
		simulation->door_slot = slot;
	}
	agent->turn_ns = pass.turn_ns;
	agent->delay_ns = pass.turn_ns - now_ns;
	if (agent->delay_ns && !simulation_host(simulation, slot))
		wake_ns += step_late_ns(simulation, slot, DRAW_HOLD);
	step_schedule(simulation, slot, wake_ns, STEP_HELD);
}

/*
 * When it comes next: a rest after its action, or at an instant of its own grid, which no delay moves; instants at which it is still
 * at it are left out.
 */
static int64_t next_ns(const struct simulation *simulation, uint32_t slot, int64_t end_ns,
		       uint32_t *missed)
{
	const struct simulation_host *host = simulation_host(simulation, slot);
	const struct simulated *agent = &simulation->agents[slot];
	const int64_t came_ns = agent->turn_ns - agent->delay_ns;
	const int64_t period_ns = host ? host->period_ns : agent->period_ns;
	int64_t since_ns, turns;

	if (host && host->rests)
		return end_ns - (host->carries ? 0 : agent->delay_ns) + period_ns;
	since_ns = (end_ns - 1 > came_ns ? end_ns - 1 : came_ns) - agent->first_ns;
	turns = since_ns / period_ns + 1;
	*missed = (uint32_t)(turns - (came_ns - agent->first_ns) / period_ns - 1);
	return agent->first_ns + turns * period_ns;
}

/* Each turn looks at one slot; whoever was not there for a period longer than it was to be may be dead. */
static uint32_t suspect_of(const struct simulation *simulation, uint32_t slot, int64_t now_ns)
{
	const uint32_t turns = simulation->agents[slot].turns;
	const struct peer *peer = &simulation->peers[(slot + turns) % simulation->peer_count];

	return peer->next_ns < now_ns - SIMULATION_PERIOD_NS ? peer->index : DECIDE_NOBODY;
}

void drift_act(struct simulation *simulation, uint32_t slot, int64_t now_ns)
{
	struct simulated *agent = &simulation->agents[slot];
	const int64_t end_ns = step_act(simulation, slot, now_ns);
	struct decision decision = { .cur_ns = agent->turn_ns, .delay_ns = agent->delay_ns };

	decision.next_ns = next_ns(simulation, slot, end_ns, &decision.missed);
	/* There is no pattern to be scattered from: a disruption is only seen. */
	agent->steer.disruption = (uint32_t)(simulation->disruption >> 48);
	agent->steer.scattered = false;
	step_publish(simulation, slot, &decision, now_ns);
	step_look_up(simulation, suspect_of(simulation, slot, now_ns));
	step_taken(simulation, slot);
	step_schedule(simulation, slot, drift_wake_ns(simulation, slot), STEP_TURN);
}

void drift_join(const struct simulation *simulation, uint32_t slot, int64_t now_ns,
		struct decision *decision)
{
	*decision = (struct decision){ .suspect = DECIDE_NOBODY };
	decision->next_ns = now_ns + 1;
	decision->cur_ns = decision->next_ns - simulation->agents[slot].period_ns;
}
