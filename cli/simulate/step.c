/* SPDX-License-Identifier: MIT */
/* step.c - one agent's turn in a simulation: what simulated time and phase-locked rounds share. */
#include "step.h"

#include "controls.h"
#include "drift.h"
#include "workload.h"

/* Running means move by this part of what is new, as in the library's agents. */
#define MEAN_GAIN 8

static int64_t share_ns(int64_t whole_ns, uint32_t ppm)
{
	return (int64_t)((__int128)whole_ns * ppm / 1000000);
}

int64_t simulation_cap_ns(const struct simulation *simulation, int64_t period_ns)
{
	const struct simulation_plan *plan = &simulation->plan;
	int64_t cap_ns = share_ns(period_ns, plan->cap_given ? plan->cap_ppm : plan->goal.cap_ppm);

	return cap_ns >= period_ns ? period_ns - 1 : cap_ns;
}

uint64_t step_draw(const struct simulation *simulation, enum draw what, uint32_t slot)
{
	return draw(simulation->plan.seed, what, slot, simulation->agents[slot].turns);
}

/* ---- what is decided ------------------------------------------------------------------ */

static void decide_by_goal(struct simulation *simulation, uint32_t slot, bool joining,
			   int64_t now_ns, struct peer *peers, uint32_t count, void *scratch,
			   struct decision *decision)
{
	const struct simulation_plan *plan = &simulation->plan;
	struct simulated *agent = &simulation->agents[slot];
	const bool grid = plan->kind == ENTRAIN_GRID;
	const struct steer_request request = { .goal = &plan->goal,
					       .target_ppm = plan->target_ppm,
					       .own_strategy = STRATEGY_NONE,
					       .acts = true,
					       .disruption = simulation->disruption };
	struct decide_parameters parameters = {
		.rule = grid ? DECIDE_GRID : plan->goal.rule,
		.host = plan->kind == ENTRAIN_RELATIVE ? DECIDE_RELATIVE : DECIDE_TAKEN,
		.joining = joining,
		.graph = !graph_sees_all(&simulation->graph, slot),
		.now_ns = now_ns,
		.period_ns = SIMULATION_PERIOD_NS,
		.band_ppm = simulation_band_ppm(plan),
		.cap_ns = simulation_cap_ns(simulation, agent->period_ns),
		/* What is read late is as good as what is published late, and has to be granted. */
		.lateness_ns = agent->late_ns + share_ns(SIMULATION_PERIOD_NS, plan->stale_ppm) / 4,
		.cap_most_ns = grid ? agent->period_ns - 1 : 0
	};
	struct decide_self self = { .index = slot,
				    .turn_ns = joining ? now_ns : agent->turn_ns,
				    .delay_ns = agent->delay_ns,
				    .period_ns = agent->period_ns,
				    .work_ns = agent->work_ns,
				    .interval_ns = joining ? 0 : agent->turn_ns - agent->cur_ns };

	steer_turn(&agent->steer, &request, &self, &parameters, peers, count, scratch, decision);
}

/* What runs instead of the goal obeys a disruption in the same way: the same agents scatter. */
static void decide_by_control(struct simulation *simulation, uint32_t slot, bool joining,
			      int64_t now_ns, const struct peer *peers, uint32_t count,
			      struct decision *decision)
{
	struct simulated *agent = &simulation->agents[slot];
	const struct control_view view = { .simulation = simulation,
					   .slot = slot,
					   .now_ns = now_ns,
					   .turn_ns = joining ? now_ns : agent->turn_ns,
					   .peers = peers,
					   .count = count };
	const uint32_t number = (uint32_t)(simulation->disruption >> 48);
	int64_t undelayed_ns = view.turn_ns + agent->period_ns;

	*decision = (struct decision){ .suspect = DECIDE_NOBODY };
	decision->cur_ns = view.turn_ns;
	decision->next_ns =
		joining ? control_join_ns(&view) : simulation->plan.control->next_ns(&view);
	if (joining)
		decision->cur_ns = decision->next_ns - agent->period_ns;
	else if (decision->next_ns > undelayed_ns)
		decision->delay_ns = decision->next_ns - undelayed_ns;
	agent->steer.scattered = false;
	if (joining || number == agent->steer.disruption)
		return;
	agent->steer.disruption = number;
	agent->steer.scattered = steer_scatters(simulation->disruption, slot);
	if (agent->steer.scattered)
		decision->next_ns = now_ns + 1 +
				    (int64_t)draw_below(step_draw(simulation, DRAW_DISRUPT, slot),
							(uint64_t)agent->period_ns);
}

void step_decide(struct simulation *simulation, uint32_t slot, bool joining, int64_t now_ns,
		 struct peer *peers, uint32_t count, void *scratch, struct decision *decision)
{
	if (simulation->plan.control->next_ns)
		decide_by_control(simulation, slot, joining, now_ns, peers, count, decision);
	else if (drift_queues(simulation))
		drift_join(simulation, slot, now_ns, decision);
	else
		decide_by_goal(simulation, slot, joining, now_ns, peers, count, scratch, decision);
}

/* ---- what an agent sees --------------------------------------------------------------- */

uint32_t step_neighbours(const struct simulation *simulation, uint32_t slot,
			 const struct peer *peers, struct peer *view)
{
	struct graph_walk walk = { .slot = slot };
	uint32_t other, count = 0;

	while (graph_next(simulation, &walk, &other))
		view[count++] = peers[simulation->agents[other].place];
	return count;
}

/* Each slot as it was some time ago. */
static void grow_stale(const struct simulation *simulation, uint32_t slot, struct peer *view,
		       uint32_t count)
{
	const int64_t most_ns = share_ns(SIMULATION_PERIOD_NS, simulation->plan.stale_ppm);
	const uint64_t bits = step_draw(simulation, DRAW_STALE, slot);

	for (uint32_t i = 0; i < count; i++) {
		const struct simulated *other = &simulation->agents[view[i].index];
		int64_t age_ns = (int64_t)draw_below(draw(bits, DRAW_STALE, view[i].index, 0),
						     (uint64_t)most_ns + 1);

		if (other->published_ns > simulation->now_ns - age_ns)
			view[i] = other->before;
	}
}

/* Where nothing is in the way that is the array of all slots itself, which includes the agent's own. */
static struct peer *snapshot(struct simulation *simulation, uint32_t slot, uint32_t *count)
{
	struct peer *view = simulation->view;

	*count = simulation->peer_count;
	if (graph_sees_all(&simulation->graph, slot) && !simulation->plan.stale_ppm)
		return simulation->peers;
	if (graph_sees_all(&simulation->graph, slot))
		for (uint32_t i = 0; i < *count; i++)
			view[i] = simulation->peers[i];
	else
		*count = step_neighbours(simulation, slot, simulation->peers, view);
	if (simulation->plan.stale_ppm)
		grow_stale(simulation, slot, view, *count);
	return view;
}

/* ---- what follows --------------------------------------------------------------------- */

/*
 * When one that was observed begins: held until its turn, unless it comes later by itself. One that takes its instants never comes
 * sooner.
 */
static int64_t host_wake_ns(const struct simulation *simulation, const struct simulation_host *host,
			    uint32_t slot)
{
	const struct simulated *agent = &simulation->agents[slot];
	const uint64_t bits = step_draw(simulation, DRAW_LATE, slot);
	int64_t wake_ns = agent->turn_ns, cap_ns = simulation_cap_ns(simulation, agent->period_ns);
	int64_t arrival_ns = agent->turn_ns - agent->delay_ns;

	if (host->strays)
		arrival_ns += host->strays_ns[draw_below(bits, host->strays)];
	if (simulation->plan.kind == ENTRAIN_TAKEN)
		arrival_ns += agent->delay_ns;
	else if (wake_ns > arrival_ns + cap_ns)
		wake_ns = arrival_ns + cap_ns;
	if (arrival_ns >= wake_ns)
		return arrival_ns;
	if (host->holds_late && host->strays) {
		int64_t late_ns = host->strays_ns[draw_below(step_draw(simulation, DRAW_HOLD, slot),
							     host->strays)];

		wake_ns += late_ns > 0 ? late_ns : 0;
	}
	return wake_ns;
}

int64_t step_late_ns(const struct simulation *simulation, uint32_t slot, enum draw what)
{
	const struct simulation_plan *plan = &simulation->plan;

	if (!plan->lateness_ppm)
		return 0;
	return draw_exponential(step_draw(simulation, what, slot),
				share_ns(SIMULATION_PERIOD_NS / plan->agents, plan->lateness_ppm));
}

int64_t step_wake_ns(const struct simulation *simulation, uint32_t slot)
{
	if (drift_queues(simulation))
		return drift_wake_ns(simulation, slot);
	if (simulation_host(simulation, slot))
		return host_wake_ns(simulation, simulation_host(simulation, slot), slot);
	return simulation->agents[slot].turn_ns + step_late_ns(simulation, slot, DRAW_LATE);
}

void step_schedule(struct simulation *simulation, uint32_t slot, int64_t at_ns,
		   enum step_event event)
{
	struct simulated *agent = &simulation->agents[slot];

	queue_push(&simulation->queue,
		   (struct queue_item){ .at_ns = at_ns > simulation->now_ns ? at_ns
									    : simulation->now_ns,
					.order = step_draw(simulation, DRAW_TIE, slot),
					.agent = slot,
					.stamp = ++agent->stamp,
					.kind = event });
}

/* In 1/65536 of a period, as in the slot. */
static uint16_t way_published(int64_t way_ns, int64_t period_ns)
{
	if (way_ns <= 0 || way_ns >= period_ns)
		return way_ns <= 0 ? 0 : UINT16_MAX;
	return (uint16_t)(((unsigned __int128)(uint64_t)way_ns << 16) / (uint64_t)period_ns);
}

void step_publish(struct simulation *simulation, uint32_t slot, const struct decision *decision,
		  int64_t now_ns)
{
	struct simulated *agent = &simulation->agents[slot];
	struct peer *peer = &simulation->peers[agent->place];

	agent->before = *peer;
	agent->published_ns = now_ns;
	agent->cur_ns = decision->cur_ns;
	agent->turn_ns = decision->next_ns;
	agent->delay_ns = decision->delay_ns;
	*peer = (struct peer){ .cur_ns = decision->cur_ns,
			       .next_ns = decision->next_ns,
			       .period_ns = agent->period_ns,
			       .work_ns = agent->work_ns,
			       .delay_ns = decision->delay_ns,
			       .index = slot,
			       .pattern = (uint8_t)agent->steer.pattern,
			       .way = way_published(agent->steer.way_ns, agent->period_ns) };
	simulation->decisions++;
	simulation->delay_sum_ns += decision->delay_ns;
	simulation->missed += decision->missed;
	for (uint32_t i = 0; i < agent->steer.notes; i++)
		simulation->switches += agent->steer.note[i].kind == ENTRAIN_EVENT_STRATEGY;
	agent->steer.notes = 0;
}

void step_look_up(struct simulation *simulation, uint32_t suspect)
{
	struct simulated *agent, *moved;

	if (suspect == DECIDE_NOBODY || simulation->agents[suspect].state != SIMULATED_DEAD)
		return;
	agent = &simulation->agents[suspect];
	simulation->peers[agent->place] = simulation->peers[--simulation->peer_count];
	moved = &simulation->agents[simulation->peers[agent->place].index];
	moved->place = agent->place;
	agent->state = SIMULATED_FREE;
}

int64_t step_act(struct simulation *simulation, uint32_t slot, int64_t now_ns)
{
	const struct simulation_plan *plan = &simulation->plan;
	struct simulated *agent = &simulation->agents[slot];
	const int64_t late_ns = now_ns - agent->turn_ns;
	int64_t begin_ns = now_ns > agent->end_ns ? now_ns : agent->end_ns;
	int64_t work_ns = agent->work_ns;

	if (late_ns <= agent->period_ns / 2)
		agent->late_ns += (late_ns - agent->late_ns) /
				  (agent->turns < MEAN_GAIN ? agent->turns + 1 : MEAN_GAIN);
	if (simulation_host(simulation, slot) && simulation_host(simulation, slot)->works) {
		const struct simulation_host *host = simulation_host(simulation, slot);

		work_ns = host->works_ns[draw_below(step_draw(simulation, DRAW_VARY, slot),
						    host->works)];
	}
	if (plan->vary_ppm)
		work_ns += draw_around(step_draw(simulation, DRAW_VARY, slot),
				       share_ns(work_ns, plan->vary_ppm));
	if (plan->control->serial) {
		begin_ns = begin_ns > simulation->lock_ns ? begin_ns : simulation->lock_ns;
		simulation->lock_ns = begin_ns + work_ns;
		/* Who queues is delayed, though nobody decided it. */
		simulation->delay_sum_ns += begin_ns - now_ns;
	}
	agent->began_ns = begin_ns;
	agent->end_ns = begin_ns + work_ns;
	overlap_add(&simulation->overlap, begin_ns, agent->end_ns);
	if (simulation->workload)
		workload_turn(simulation->workload, slot, begin_ns);
	return agent->end_ns;
}

void step_taken(struct simulation *simulation, uint32_t slot)
{
	struct simulated *agent = &simulation->agents[slot];

	agent->turns++;
	if (agent->due) {
		agent->due = false;
		simulation->behind--;
	}
}

/* Its slot holds what nobody counts until it publishes. */
static void slot_take(struct simulation *simulation, uint32_t slot)
{
	struct simulated *agent = &simulation->agents[slot];

	agent->state = SIMULATED_ALIVE;
	agent->place = simulation->peer_count++;
	simulation->peers[agent->place] = (struct peer){ .index = slot };
	if (simulation->workload)
		workload_begin(simulation->workload, slot, simulation->now_ns);
}

static void step_turn(struct simulation *simulation, uint32_t slot, bool joining)
{
	struct decision decision;
	uint32_t count;
	struct peer *peers;

	if (joining)
		simulation->agents[slot].turn_ns = simulation->now_ns;
	peers = snapshot(simulation, slot, &count);
	step_decide(simulation, slot, joining, simulation->now_ns, peers, count,
		    simulation->scratch, &decision);
	if (joining)
		slot_take(simulation, slot);
	step_publish(simulation, slot, &decision, simulation->now_ns);
	step_look_up(simulation, decision.suspect);
	if (!joining)
		step_taken(simulation, slot);
	if (!simulation->plan.synchronous)
		step_schedule(simulation, slot, step_wake_ns(simulation, slot), STEP_TURN);
}

void step_event(struct simulation *simulation)
{
	const struct queue_item item = queue_pop(&simulation->queue);
	struct simulated *agent = &simulation->agents[item.agent];
	int64_t end_ns;

	if (item.stamp != agent->stamp ||
	    (agent->state != SIMULATED_ALIVE && agent->state != SIMULATED_JOINING))
		return;
	simulation->now_ns = item.at_ns;
	if (item.kind == STEP_HELD) {
		drift_act(simulation, item.agent, item.at_ns);
		return;
	}
	if (item.kind == STEP_TURN && drift_queues(simulation)) {
		drift_arrive(simulation, item.agent, item.at_ns);
		return;
	}
	if (item.kind == STEP_TURN) {
		end_ns = step_act(simulation, item.agent, item.at_ns);
		if (simulation->plan.kind == ENTRAIN_RELATIVE) {
			step_schedule(simulation, item.agent, end_ns, STEP_END);
			return;
		}
		if (simulation->plan.control->heard)
			simulation->plan.control->heard(simulation, item.agent);
	}
	step_turn(simulation, item.agent, item.kind == STEP_JOIN);
}
