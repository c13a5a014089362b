/* SPDX-License-Identifier: MIT */
/*
 * sim.c - a swarm on a virtual clock.
 */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

enum sim_kind { SIM_TURN, SIM_END, SIM_JOIN };

void *sim_allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory) {
		perror("sim");
		exit(99);
	}
	return memory;
}

uint64_t sim_random(struct sim *sim)
{
	uint64_t mix = sim->random += UINT64_C(0x9e3779b97f4a7c15);

	mix = (mix ^ mix >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mix = (mix ^ mix >> 27) * UINT64_C(0x94d049bb133111eb);
	return mix ^ mix >> 31;
}

double sim_uniform(struct sim *sim)
{
	return (double)(sim_random(sim) >> 11) * 0x1p-53;
}

double sim_exponential(struct sim *sim)
{
	return -log(1 - sim_uniform(sim));
}

double sim_normal(struct sim *sim)
{
	return sqrt(2 * sim_exponential(sim)) * cos(2 * M_PI * sim_uniform(sim));
}

void sim_open(struct sim *sim, uint32_t space, enum decide_rule rule, int64_t period_ns, double cap,
	      uint64_t seed)
{
	*sim = (struct sim){ .space = space, .random = seed * 7919 + 1 };
	sim->now_ns = 1000 * period_ns;
	sim->parameters =
		(struct decide_parameters){ .rule = rule,
					    .host = DECIDE_TAKEN,
					    .clusters = 1,
					    .period_ns = period_ns,
					    .band_ppm = 100000,
					    .cap_ns = (int64_t)(cap * (double)period_ns) };
	sim->agent = sim_allocate(space, sizeof(*sim->agent));
	sim->slots = sim_allocate(space, sizeof(*sim->slots));
	sim->view = sim_allocate(space, sizeof(*sim->view));
	sim->heap = sim_allocate(space + 1, sizeof(*sim->heap));
	sim->scratch = aligned_alloc(64, (decide_scratch_size(space) + 63) / 64 * 64);
	if (!sim->scratch)
		exit(99);
}

void sim_close(struct sim *sim)
{
	free(sim->agent);
	free(sim->slots);
	free(sim->view);
	free(sim->heap);
	free(sim->scratch);
	free(sim->actions);
}

static bool event_before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->order < b->order);
}

/* Each agent has one event at a time, so the heap never holds more than there are agents. */
static void event_push(struct sim *sim, int64_t at_ns, uint32_t agent, enum sim_kind kind)
{
	struct sim_event event = {
		.at_ns = at_ns, .order = sim_random(sim), .agent = agent, .kind = kind
	};
	uint32_t place = sim->events++;

	for (; place && event_before(&event, &sim->heap[(place - 1) / 2]); place = (place - 1) / 2)
		sim->heap[place] = sim->heap[(place - 1) / 2];
	sim->heap[place] = event;
}

static struct sim_event event_pop(struct sim *sim)
{
	struct sim_event first = sim->heap[0], last = sim->heap[--sim->events];
	uint32_t place = 0;

	for (uint32_t child; (child = 2 * place + 1) < sim->events; place = child) {
		if (child + 1 < sim->events &&
		    event_before(&sim->heap[child + 1], &sim->heap[child]))
			child++;
		if (!event_before(&sim->heap[child], &last))
			break;
		sim->heap[place] = sim->heap[child];
	}
	sim->heap[place] = last;
	return first;
}

static int64_t wake_ns(struct sim *sim, int64_t scheduled_ns)
{
	if (sim->late_mean_ns > 0)
		scheduled_ns += (int64_t)(sim->late_mean_ns * sim_exponential(sim));
	return scheduled_ns > sim->now_ns ? scheduled_ns : sim->now_ns;
}

static void publish(struct sim *sim, uint32_t index, int64_t cur_ns, int64_t next_ns,
		    int64_t delay_ns)
{
	struct sim_agent *agent = sim->agent + index;
	struct peer *slot = sim->slots + index;

	agent->before = *slot;
	agent->since_ns = sim->now_ns;
	*slot = (struct peer){ .cur_ns = cur_ns,
			       .next_ns = next_ns,
			       .period_ns = agent->period_ns,
			       .work_ns = agent->work_ns,
			       .delay_ns = delay_ns,
			       .index = index,
			       .pattern = (uint8_t)agent->steer.pattern,
			       .way = (uint16_t)(agent->steer.way_ns * 65535 / agent->period_ns) };
}

static uint32_t agent_new(struct sim *sim, int64_t period_ns, int64_t work_ns)
{
	uint32_t index = sim->agents++;

	if (index >= sim->space)
		exit(98);
	sim->agent[index] = (struct sim_agent){
		.alive = true, .acts = true, .period_ns = period_ns, .work_ns = work_ns
	};
	steer_open(&sim->agent[index].steer, sim->request.disruption);
	return index;
}

uint32_t sim_add(struct sim *sim, int64_t first_ns, int64_t period_ns, int64_t work_ns)
{
	uint32_t index = agent_new(sim, period_ns, work_ns);
	struct sim_agent *agent = sim->agent + index;

	agent->turn_ns = first_ns;
	agent->cur_ns = first_ns - period_ns;
	publish(sim, index, first_ns - period_ns, first_ns, 0);
	agent->before = sim->slots[index];
	event_push(sim, wake_ns(sim, first_ns), index, SIM_TURN);
	return index;
}

uint32_t sim_join(struct sim *sim, int64_t at_ns, int64_t period_ns, int64_t work_ns)
{
	uint32_t index = agent_new(sim, period_ns, work_ns);

	/* Until it has joined, its slot is one that nobody counts. */
	sim->slots[index] = (struct peer){ .index = index };
	sim->agent[index].before = sim->slots[index];
	event_push(sim, at_ns, index, SIM_JOIN);
	return index;
}

void sim_add_many(struct sim *sim, uint32_t agents, bool identical, int64_t work_ns)
{
	const int64_t period_ns = sim->parameters.period_ns;

	for (uint32_t agent = 0; agent < agents; agent++) {
		double part = identical ? 0 : sim_uniform(sim);

		sim_add(sim, sim->now_ns + 1 + (int64_t)(part * (double)period_ns), period_ns,
			work_ns);
	}
}

void sim_kill(struct sim *sim, uint32_t agent)
{
	sim->agent[agent].alive = false;
}

void sim_kill_part(struct sim *sim, double part)
{
	uint32_t doomed = (uint32_t)(part * sim_alive(sim) + .5);

	while (doomed) {
		uint32_t index = (uint32_t)(sim_random(sim) % sim->agents);

		doomed -= sim->agent[index].alive;
		sim_kill(sim, index);
	}
}

void sim_open_goal(struct sim *sim, uint32_t space, enum entrain_goal goal, int64_t period_ns,
		   uint64_t seed)
{
	const struct goal *row = goal_row((int)goal);

	sim_open(sim, space, row->rule, period_ns, row->cap_ppm * 1e-6, seed);
	sim->request = (struct steer_request){ .goal = row, .acts = true };
}

void sim_disrupt(struct sim *sim, double part)
{
	uint64_t number = (SHM_DISRUPTION_NUMBER(sim->request.disruption) + 1) & 0xffff;

	sim->request.disruption =
		number << 48 | (uint64_t)(part * 65536) << 31 | (sim_random(sim) & 0x7fffffff);
}

uint32_t sim_reached(const struct sim *sim)
{
	uint32_t reached = 0;

	for (uint32_t index = 0; index < sim->agents; index++)
		reached += sim->agent[index].alive && sim->agent[index].steer.reached;
	return reached;
}

/* Those that agent `own` sees in the graph. */
static struct peer *neighbours(struct sim *sim, uint32_t own, uint32_t *count)
{
	const uint32_t first = own ? sim->graph->end[own - 1] : 0;

	*count = sim->graph->end[own] - first;
	for (uint32_t number = 0; number < *count; number++)
		sim->view[number] = sim->slots[sim->graph->edge[first + number]];
	return sim->view;
}

/* The others as agent `own` sees them: put together, or with itself swapped to the end where nothing is stale. */
static struct peer *others(struct sim *sim, uint32_t own, uint32_t *count)
{
	if (sim->graph)
		return neighbours(sim, own, count);
	*count = sim->agents - 1;
	if (!sim->stale_ns) {
		struct peer mine = sim->slots[own];

		sim->slots[own] = sim->slots[*count];
		sim->slots[*count] = mine;
		return sim->slots;
	}
	for (uint32_t index = 0, used = 0; index < sim->agents; index++) {
		int64_t age_ns = (int64_t)(sim_uniform(sim) * (double)sim->stale_ns);

		if (index == own)
			continue;
		sim->view[used++] = sim->agent[index].since_ns > sim->now_ns - age_ns
					    ? sim->agent[index].before
					    : sim->slots[index];
	}
	return sim->view;
}

static void others_done(struct sim *sim, uint32_t own)
{
	struct peer mine = sim->slots[sim->agents - 1];

	if (sim->stale_ns || sim->graph)
		return;
	sim->slots[sim->agents - 1] = sim->slots[own];
	sim->slots[own] = mine;
}

static void agent_decide(struct sim *sim, uint32_t index, bool joining)
{
	struct sim_agent *agent = sim->agent + index;
	struct decide_self self = { .index = index,
				    .turn_ns = agent->turn_ns,
				    .delay_ns = agent->delay_ns,
				    .period_ns = agent->period_ns,
				    .work_ns = agent->work_ns,
				    .way_ns = agent->steer.way_ns,
				    .interval_ns = joining ? 0 : agent->turn_ns - agent->cur_ns };
	struct decide_parameters parameters = sim->parameters;
	struct decision *decision = &sim->last;
	struct peer *peers;
	uint32_t count;

	if (sim->meddle)
		sim->meddle(sim);
	parameters.joining = joining;
	parameters.now_ns = sim->now_ns;
	parameters.lateness_ns = sim->lateness_ns ? sim->lateness_ns : (int64_t)sim->late_mean_ns;
	peers = others(sim, index, &count);
	count = sim->indifferent ? 0 : count;
	parameters.graph = sim->graph != NULL;
	if (sim->request.goal)
		steer_turn(&agent->steer, &sim->request, &self, &parameters, peers, count,
			   sim->scratch, decision);
	else
		decide(&self, peers, count, &parameters, sim->scratch, decision);
	others_done(sim, index);
	for (uint32_t note = 0; note < agent->steer.notes; note++)
		agent->notes[agent->steer.note[note].kind]++;
	if (!sim->request.goal)
		agent->steer.way_ns = decision->way_ns;
	sim->last_agent = index;
	if (sim->watch)
		sim->watch(sim);
	sim->decisions++;
	agent->delay_all_ns += decision->delay_ns;
	agent->delay_ns = decision->delay_ns;
	agent->lag_ns = decision->lag_ns;
	agent->turn_ns = decision->next_ns;
	agent->cur_ns = decision->cur_ns;
	publish(sim, index, decision->cur_ns, decision->next_ns, decision->delay_ns);
	event_push(sim, wake_ns(sim, decision->next_ns), index, SIM_TURN);
}

static int64_t action_begin(struct sim *sim, struct sim_agent *agent)
{
	double part = 1 + sim->work_jitter * (2 * sim_uniform(sim) - 1);
	int64_t end_ns = sim->now_ns + (int64_t)((double)agent->work_ns * part);

	agent->began_ns = sim->now_ns;
	if (sim->actions_count == sim->actions_space) {
		sim->actions_space = sim->actions_space ? 2 * sim->actions_space : 1024;
		sim->actions = realloc(sim->actions, sim->actions_space * sizeof(*sim->actions));
		if (!sim->actions)
			exit(99);
	}
	sim->actions[sim->actions_count++] =
		(struct sim_action){ .begin_ns = sim->now_ns, .end_ns = end_ns };
	return end_ns;
}

static void event_take(struct sim *sim)
{
	struct sim_event event = event_pop(sim);
	struct sim_agent *agent = sim->agent + event.agent;
	int64_t end_ns;

	sim->now_ns = event.at_ns;
	if (!agent->alive)
		return;
	if (event.kind == SIM_JOIN) {
		agent_decide(sim, event.agent, true);
		return;
	}
	if (event.kind == SIM_TURN) {
		end_ns = action_begin(sim, agent);
		if (sim->parameters.host == DECIDE_RELATIVE) {
			event_push(sim, end_ns, event.agent, SIM_END);
			return;
		}
	}
	agent_decide(sim, event.agent, false);
	agent->turns++;
}

void sim_run_cycles(struct sim *sim, uint32_t turns)
{
	uint32_t *until = sim_allocate(sim->agents, sizeof(*until));
	uint32_t behind = 0;

	for (uint32_t index = 0; index < sim->agents; index++) {
		until[index] = sim->agent[index].turns + turns;
		behind += sim->agent[index].alive && sim->agent[index].acts;
	}
	while (behind && sim->events) {
		uint32_t index = sim->heap[0].agent, before = sim->agent[index].turns;

		event_take(sim);
		behind -=
			sim->agent[index].turns > before && sim->agent[index].turns == until[index];
	}
	free(until);
}

void sim_run_until(struct sim *sim, int64_t until_ns)
{
	while (sim->events && sim->heap[0].at_ns <= until_ns)
		event_take(sim);
	sim->now_ns = until_ns;
}

double sim_mean_period(struct sim *sim, uint32_t periods)
{
	const int64_t period_ns = sim->parameters.period_ns;
	uint64_t turns = 0;

	for (uint32_t index = 0; index < sim->agents; index++)
		turns -= sim->agent[index].turns * sim->agent[index].alive;
	sim_run_until(sim, sim->now_ns + periods * period_ns);
	for (uint32_t index = 0; index < sim->agents; index++)
		turns += sim->agent[index].turns * sim->agent[index].alive;
	return (double)periods * sim_alive(sim) / (double)turns;
}

uint32_t sim_cycles_to_even(struct sim *sim, double error, uint32_t most, bool own_work)
{
	uint32_t even_since = 0;

	for (uint32_t cycle = 1; cycle <= most + 2; cycle++) {
		sim_run_cycles(sim, 1);
		if (sim_gaps(sim, own_work).error >= error)
			even_since = 0;
		else if (!even_since)
			even_since = cycle;
		if (even_since && cycle >= even_since + 2)
			return even_since;
	}
	return most + 1;
}
