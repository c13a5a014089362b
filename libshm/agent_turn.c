/* SPDX-License-Identifier: MIT */
/* agent_turn.c - an agent's turn: look at the others, decide, publish. */
#include <errno.h>
#include <stdlib.h>
#include "agent.h"
#include "agent_snapshot.h"
#include "clock.h"
#include "goal.h"

/* A change of the action time by less than this part of a gap moves nobody: it is not published. */
#define WORK_CHANGE_PART 10
/* How often a joiner looks for another gap when others joined at the same moment. */
#define JOIN_TRIES 4

bool agent_settings_read(struct entrain_agent *agent)
{
	struct entrain_settings settings;
	enum entrain_code code = settings_load(agent->mapping->segment.settings, 0, &settings);

	if (!code &&
	    atomic_load_explicit(&agent->mapping->segment.settings->removed, memory_order_relaxed))
		code = ENTRAIN_NO_SWARM;
	if (code) {
		agent->why = code;
		return false;
	}
	agent->settings = settings;
	agent->roster.capacity = settings.capacity;
	agent->kind = agent->kind_option ? agent->kind_option : settings.kind;
	agent->period_ns = agent->period_option_ns ? agent->period_option_ns : settings.period_ns;
	return true;
}

/* The arrival of a grid host that follows `from_ns`: a whole number of periods of the wall clock, or its own offset after that. */
static int64_t grid_arrival_after(const struct entrain_agent *agent, int64_t from_ns)
{
	const int64_t period_ns = agent->period_ns;
	int64_t shift_ns = clock_wall_ns() - clock_now_ns() - agent->grid_offset_ns % period_ns;
	int64_t wall_ns = from_ns + shift_ns;

	return (wall_ns / period_ns + 1) * period_ns - shift_ns;
}

/* An action longer than the period (which may have been shortened since) would be implausible. */
static int64_t work_planned_ns(const struct entrain_agent *agent)
{
	return agent->work_published_ns < agent->period_ns ? agent->work_published_ns
							   : agent->period_ns;
}

/* What is asked of this agent now. */
static struct steer_request request_now(const struct entrain_agent *agent)
{
	const struct shm_settings *settings = agent->mapping->segment.settings;

	return (struct steer_request){ .goal = goal_row((int)agent->settings.goal),
				       .target_ppm = agent->settings.target_ppm,
				       .own_strategy = agent->own_strategy,
				       .acts = agent_acts(agent),
				       .disruption = atomic_load_explicit(&settings->disruption,
									  memory_order_relaxed) };
}

/* Decide from the snapshot in scratch, by a steer that is the agent's own or, to try something out, a copy. */
static void decide_now(struct entrain_agent *agent, struct steer *steer, int64_t now_ns,
		       uint32_t count, bool joining, struct decision *decision)
{
	const struct steer_request request = request_now(agent);
	struct decide_parameters parameters = {
		.rule = agent->kind == ENTRAIN_GRID ? DECIDE_GRID : request.goal->rule,
		.host = agent->kind == ENTRAIN_RELATIVE ? DECIDE_RELATIVE : DECIDE_TAKEN,
		.joining = joining,
		.now_ns = now_ns,
		.period_ns = agent->settings.period_ns,
		.band_ppm = agent->settings.band_ppm,
		.cap_ns = agent_cap_ns(agent),
		.lateness_ns = agent->lateness_ns,
		.cap_most_ns = agent->kind == ENTRAIN_GRID ? agent->period_ns - 1 : 0,
		.own = agent->own,
		.graph = agent->graph,
	};
	struct decide_self self = { .index = agent->index,
				    .turn_ns = agent->turn_ns,
				    .delay_ns = agent->delay_ns,
				    .period_ns = agent->period_ns,
				    .work_ns = work_planned_ns(agent),
				    .interval_ns = joining ? 0 : agent->turn_ns - agent->cur_ns };

	if (agent->kind == ENTRAIN_GRID) {
		/* The wall clock may have been set: the grid is where it is now. */
		int64_t from_ns = agent->turn_ns - agent->delay_ns + agent->period_ns / 2;

		if (joining || from_ns < now_ns - agent->period_ns / 2)
			from_ns = now_ns;
		/* Who said when it arrived, and was not held until its turn, is in that cycle all the same; also who is early. */
		if (agent->arrived_ns && !joining)
			from_ns = agent->arrived_ns + agent->period_ns / 2;
		self.turn_ns = grid_arrival_after(agent, from_ns) - agent->period_ns;
		if (agent->arrived_ns && !joining && self.turn_ns > agent->arrived_ns)
			self.turn_ns = agent->arrived_ns;
		agent->arrived_ns = 0;
		/* Its turn was so much later, and what changes of that is what it costs. */
		self.turn_ns += self.delay_ns;
	}
	steer_turn(steer, &request, &self, &parameters, agent->scratch->peers, count,
		   agent->scratch->rule, decision);
}

/* Without the others: the own period, from the turn as scheduled unless that is long past. */
static void decide_alone(const struct entrain_agent *agent, int64_t now_ns,
			 struct decision *decision)
{
	bool relative = agent->kind == ENTRAIN_RELATIVE;
	int64_t turn_ns = agent->turn_ns;

	*decision = (struct decision){ .counted = 1, .suspect = DECIDE_NOBODY };
	/* Early: a delay was cut short, so the turn is now. */
	if (turn_ns > now_ns || now_ns - turn_ns > agent->period_ns / 2)
		turn_ns = now_ns;
	decision->cur_ns = turn_ns;
	decision->next_ns = (relative ? now_ns : turn_ns) + agent->period_ns;
	if (agent->kind == ENTRAIN_GRID)
		decision->next_ns = grid_arrival_after(agent, turn_ns + agent->period_ns / 2);
}

/* Does it plan its turns, by those of the others? */
static bool plans(const struct entrain_agent *agent)
{
	return agent->settings.mode != ENTRAIN_OFF && agent->kind != ENTRAIN_DRIFTING;
}

/* In 1/65536 of a period. */
static uint32_t way_published(int64_t way_ns, int64_t period_ns)
{
	if (way_ns <= 0 || way_ns >= period_ns)
		return way_ns <= 0 ? 0 : UINT16_MAX;
	return (uint32_t)(((unsigned __int128)(uint64_t)way_ns << 16) / (uint64_t)period_ns);
}

/* What is published and what is kept are the same to the ns, or equal turns would not be seen as equal. */
static bool publish(struct entrain_agent *agent, const struct decision *decision)
{
	const struct steer *steer = &agent->steer;
	uint64_t flags = (agent_acts(agent) ? 0 : SHM_STATUS_OBSERVES) |
			 (agent->watches ? SHM_STATUS_WATCHES : 0) |
			 (agent->cannot_follow ? SHM_STATUS_CANNOT_FOLLOW : 0) |
			 (steer->scattered ? SHM_STATUS_SCATTERED : 0) |
			 (steer->reached ? SHM_STATUS_REACHED : 0);
	const struct slot_turn turn = {
		.cur_ns = instant_grained(decision->cur_ns),
		.next_ns = instant_grained(decision->next_ns),
		.period_ns = agent->period_ns,
		.work_ns = work_planned_ns(agent),
		.delay_ns = instant_grained(decision->delay_ns),
		.status = status_make(agent->settings.goal, steer->strategy, agent->kind,
				      steer->pattern, flags, steer->disruption,
				      way_published(steer->way_ns, agent->period_ns)),
		.topology = (agent->generation & UINT32_MAX) << 16 | steer->energy,
	};

	agent->cur_ns = turn.cur_ns;
	agent->turn_ns = turn.next_ns;
	agent->delay_ns = decision->delay_ns;
	return slot_publish(&agent->owner, &turn);
}

/* The least distance on the circle between an instant and the next turn of any agent that counts; `who` is its slot. */
static int64_t nearest_ns(const struct entrain_agent *agent, uint32_t count, int64_t instant_ns,
			  uint32_t *who)
{
	int64_t nearest_ns = INT64_MAX;

	for (uint32_t i = 0; i < count; i++) {
		const struct peer *peer = &agent->scratch->peers[i];
		int64_t distance_ns;

		if (peer->flags)
			continue;
		distance_ns = llabs(peer->next_ns - instant_ns) % agent->period_ns;
		if (distance_ns > agent->period_ns / 2)
			distance_ns = agent->period_ns - distance_ns;
		if (distance_ns < nearest_ns) {
			nearest_ns = distance_ns;
			*who = peer->index;
		}
	}
	return nearest_ns;
}

/*
 * Somebody may have joined at the same moment and taken the same gap. Of two, at least one sees the other's turn after
 * publishing its own ([S8]); the one in the higher slot takes another gap, if there is a better one.
 */
static bool place_again(struct entrain_agent *agent, struct decision *decision)
{
	int64_t now_ns = clock_now_ns();
	uint32_t acting = 0, who = 0, ignored, count;
	struct steer steer = agent->steer;

	atomic_thread_fence(memory_order_seq_cst);
	count = agent_snapshot(agent, now_ns, &acting);
	decide_now(agent, &steer, now_ns, count, true, decision);
	return decision->counted > 1 &&
	       nearest_ns(agent, count, agent->turn_ns, &who) <
		       nearest_ns(agent, count, decision->next_ns, &ignored) / 2 &&
	       who < agent->index;
}

/* Who comes back has acted not long ago: a new place in the swarm, whoever made it necessary, is no reason to act again
 * before half a period has passed. */
static void not_too_soon(const struct entrain_agent *agent, struct decision *decision)
{
	if (agent->last_begin_ns == 0 ||
	    decision->next_ns - agent->last_begin_ns >= agent->period_ns / 2)
		return;
	decision->next_ns = agent->last_begin_ns + agent->period_ns;
	decision->cur_ns = agent->last_begin_ns;
	decision->delay_ns = 0;
}

bool agent_first_turn(struct entrain_agent *agent, int64_t now_ns)
{
	struct decision decision;
	uint32_t acting = 0;
	struct slot_owner *owner = &agent->owner;
	bool published;

	steer_open(&agent->steer,
		   atomic_load_explicit(&agent->mapping->segment.settings->disruption,
					memory_order_relaxed));
	agent->turn_ns = agent->cur_ns = now_ns;
	/* What it had booked was at the door of a swarm, or for a slot, that it has lost. */
	agent->delay_ns = agent->door_ns = agent->booked_ns = 0;
	agent_follow(agent, now_ns);
	for (unsigned i = 0; i < 3; i++)
		slot_set_fact(owner, FACT_NAME1 + i, fact_from_text(agent->name, i));
	for (unsigned i = 0; i < 2; i++)
		slot_set_fact(owner, FACT_LABEL1 + i, fact_from_text(agent->label, i));
	if (!plans(agent)) {
		decide_alone(agent, now_ns, &decision);
		not_too_soon(agent, &decision);
		return publish(agent, &decision);
	}
	decide_now(agent, &agent->steer, now_ns, agent_snapshot(agent, now_ns, &acting), true,
		   &decision);
	not_too_soon(agent, &decision);
	published = publish(agent, &decision);
	if (agent->kind == ENTRAIN_TAKEN && agent->last_begin_ns == 0 &&
	    decision.pattern == DECIDE_SPREAD)
		for (int tries = 0;
		     published && tries < JOIN_TRIES && place_again(agent, &decision); tries++)
			published = publish(agent, &decision);
	return published;
}

void agent_turn_check(struct entrain_agent *agent, int64_t now_ns)
{
	const struct shm_settings *settings;
	struct decision decision;
	uint32_t acting = 0;
	int64_t most_ns;

	if (!agent->joined || agent->began_ns || agent->kind == ENTRAIN_DRIFTING)
		return;
	settings = agent->mapping->segment.settings;
	if (atomic_load_explicit(&settings->period_ns, memory_order_relaxed) ==
		    agent->settings.period_ns ||
	    !agent_settings_read(agent))
		return;
	most_ns = agent->period_ns + agent->period_ns / DECIDE_SLACK_PART +
		  settings_cap_ns(&agent->settings, agent->period_ns, agent->max_delay_ns,
				  agent->max_delay_ppm);
	if (agent->turn_ns - now_ns <= most_ns)
		return;
	agent_follow(agent, now_ns);
	if (agent->settings.mode == ENTRAIN_OFF)
		decide_alone(agent, now_ns, &decision);
	else
		decide_now(agent, &agent->steer, now_ns, agent_snapshot(agent, now_ns, &acting),
			   true, &decision);
	not_too_soon(agent, &decision);
	publish(agent, &decision);
}

/*
 * What is worth telling of this turn, after it was published. Only what is new: a swarm at rest writes nothing. How many
 * agents count is told once it has stayed the same for a turn, or a start of many would fill every ring with it.
 */
static void notes_write(struct entrain_agent *agent, int64_t now_ns,
			const struct decision *decision)
{
	struct recorder *recorder = &agent->recorder;
	const struct steer *steer = &agent->steer;

	if (decision->missed != agent->missed_noted) {
		agent->missed_noted = (uint32_t)decision->missed;
		if (decision->missed)
			recorder_note(recorder, now_ns, ENTRAIN_EVENT_TURNS_MISSED,
				      agent->missed_noted);
	}
	if (decision->counted == agent->counted && agent->counted != agent->counted_noted) {
		if (agent->counted_noted)
			recorder_note(recorder, now_ns, ENTRAIN_EVENT_NEIGHBOURS,
				      agent->counted_noted << 16 | (agent->counted & 0xffff));
		agent->counted_noted = agent->counted;
	}
	agent->counted = decision->counted;
	for (uint32_t i = 0; i < steer->notes; i++)
		recorder_note(recorder, now_ns, (enum entrain_event_kind)steer->note[i].kind,
			      steer->note[i].value);
}

static void mode_note(struct entrain_agent *agent, int64_t now_ns)
{
	if (agent->settings.mode == agent->mode_noted)
		return;
	agent->mode_noted = agent->settings.mode;
	recorder_note(&agent->recorder, now_ns, ENTRAIN_EVENT_MODE, agent->mode_noted);
}

/* A drifting host: what it does now, and that it looks to where the dead are. When it comes next nobody knows: a period from now is
 * when others begin to wonder. */
static void decide_drifting(struct entrain_agent *agent, int64_t now_ns, uint32_t count,
			    struct decision *decision)
{
	const struct steer_request request = request_now(agent);

	steer_hear(&agent->steer, &request);
	decide_alone(agent, now_ns, decision);
	decision->delay_ns = agent->delay_ns;
	decision->counted = count + 1;
	decision->suspect = agent_door_suspect(agent, count, now_ns);
}

/* The step: O(agents alive), no allocation, no system call while nobody is overdue. */
static void step(struct entrain_agent *agent, int64_t now_ns, uint32_t count)
{
	struct decision decision;
	const bool planned = plans(agent);
	int64_t change_ns = llabs(agent->work_ns - agent->work_published_ns);

	if (planned)
		decide_now(agent, &agent->steer, now_ns, count, false, &decision);
	else if (agent->settings.mode != ENTRAIN_OFF)
		decide_drifting(agent, now_ns, count, &decision);
	else
		decide_alone(agent, now_ns, &decision);
	if (change_ns > agent->period_ns / decision.counted / WORK_CHANGE_PART ||
	    !agent->work_published_ns)
		agent->work_published_ns = agent->work_ns;
	agent->missed += decision.missed;
	agent->delay_total_ns += decision.delay_ns;
	if (decision.delay_ns > agent->delay_max_ns)
		agent->delay_max_ns = decision.delay_ns;
	if (!publish(agent, &decision))
		return;
	roster_mark(&agent->roster, agent->index);
	mode_note(agent, now_ns);
	if (agent->settings.mode != ENTRAIN_OFF && !agent->resumed)
		notes_write(agent, now_ns, &decision);
	agent_turns_write(agent);
	slot_set_fact(&agent->owner, FACT_DELAY, pair_make(decision.delay_ns, agent->delay_max_ns));
	slot_set_fact(&agent->owner, FACT_DELAY_TOTAL, (uint64_t)agent->delay_total_ns / 1000);
	if (agent->sealed)
		return;
	if (decision.suspect != DECIDE_NOBODY)
		agent_probe_silent(agent, decision.suspect, now_ns);
	else if (agent->doubt != DECIDE_NOBODY || decision.implausible)
		agent_probe_doubtful(agent, agent->scratch->peers, planned ? count : 0);
}

/* Not in the swarm: the turn after this one is a period later, and the next blocking call tries to join. */
static void step_alone(struct entrain_agent *agent, int64_t now_ns)
{
	struct decision decision;

	decide_alone(agent, now_ns, &decision);
	agent->cur_ns = decision.cur_ns;
	agent->turn_ns = decision.next_ns;
	agent->delay_ns = 0;
}

int entrain_begin(struct entrain_agent *agent)
{
	uint32_t acting = 1, count;
	int64_t now_ns;

	if (!agent)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	now_ns = clock_now_ns();
	if (agent->kind == ENTRAIN_DRIFTING)
		agent_door_leave(agent, now_ns);
	agent_lateness_learn(agent, now_ns);
	agent->began_ns = agent->last_begin_ns = now_ns;
	agent->resumed = false;
	agent->turns++;
	if (!agent->joined || !agent_settings_read(agent) ||
	    !slot_set_acting(&agent->owner, now_ns, true)) {
		step_alone(agent, now_ns);
		agent_arm(agent);
		return 0;
	}
	/* [S8] seq_cst: our "acting" is out before we look at the others'. Of two that begin at once, at least one sees
	 * the other. */
	atomic_thread_fence(memory_order_seq_cst);
	agent_follow(agent, now_ns);
	count = agent_snapshot(agent, now_ns, &acting);
	if (agent->graph)
		acting = 1 + agent_acting(agent, now_ns);
	agent_began_write(agent, acting);
	if (agent->kind != ENTRAIN_RELATIVE)
		step(agent, now_ns, count);
	agent_arm(agent);
	return 0;
}

int entrain_pass(struct entrain_agent *agent)
{
	uint32_t acting = 0;
	int64_t now_ns;

	if (!agent)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	if (agent->began_ns)
		return 0;
	now_ns = clock_now_ns();
	if (agent->kind == ENTRAIN_DRIFTING) {
		agent_door_leave(agent, now_ns);
		/* In its turn it may have asked somebody else to act, who does so now. */
		if (agent->booked_turn_ns > now_ns)
			agent_door_free(agent, now_ns);
	}
	agent_lateness_learn(agent, now_ns);
	agent->turns++;
	if (!agent->joined || !agent_settings_read(agent) || !slot_owned(&agent->owner)) {
		step_alone(agent, now_ns);
	} else {
		agent_follow(agent, now_ns);
		agent_began_write(agent, SHM_OVERLAP(agent->owner.fact[FACT_OVERLAP]));
		step(agent, now_ns, agent_snapshot(agent, now_ns, &acting));
	}
	agent_arm(agent);
	return 0;
}

int entrain_end(struct entrain_agent *agent)
{
	uint32_t acting = 0;
	int64_t now_ns, action_ns;
	bool replans;

	if (!agent)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	if (!agent->began_ns)
		return 0;
	now_ns = clock_now_ns();
	action_ns = now_ns - agent->began_ns;
	replans = agent->sealed ? agent_plan_again(agent, now_ns) : agent->kind == ENTRAIN_RELATIVE;
	agent_work_learn(agent, action_ns);
	/* A sealed one does not know whether this was the last of its calls. */
	if (agent->kind == ENTRAIN_DRIFTING && !agent->sealed)
		agent_door_free(agent, now_ns);
	if (agent->joined && slot_set_acting(&agent->owner, agent->began_ns, false)) {
		slot_set_fact(&agent->owner, FACT_ACTION,
			      pair_make(action_ns, agent->action_mean_ns));
		if (replans && agent_settings_read(agent))
			step(agent, now_ns, agent_snapshot(agent, now_ns, &acting));
		else if (replans)
			step_alone(agent, now_ns);
	} else if (replans) {
		step_alone(agent, now_ns);
	}
	agent->began_ns = 0;
	agent->resumed = false;
	if (agent->kind == ENTRAIN_RELATIVE)
		agent_arm(agent);
	return 0;
}

int64_t entrain_next_turn_ns(const struct entrain_agent *agent)
{
	if (!agent || !agent_here(agent) ||
	    (agent->kind == ENTRAIN_DRIFTING && agent_unplanned(agent)))
		return INT64_MAX;
	return agent->turn_ns;
}
