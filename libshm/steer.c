/* SPDX-License-Identifier: MIT */
/* steer.c - the goal-directed part: which pattern, by which strategy, at what price, and is the goal reached? */
#include "steer.h"
#include <string.h>
#include "energy.h"
#include "layout.h"

static void note(struct steer *steer, uint32_t kind, uint32_t value)
{
	if (steer->notes < STEER_NOTES)
		steer->note[steer->notes++] = (struct steer_note){ kind, value };
}

/* Something that could spoil the pattern. Who keeps the goal in spite of it has merely drifted when it misses it later. */
static void suspect(struct steer *steer, uint32_t reason)
{
	steer->reason = reason;
	steer->settled = 0;
}

void steer_open(struct steer *steer, uint64_t disruption)
{
	memset(steer, 0, sizeof(*steer));
	steer->energy = ENERGY_FULL;
	steer->disruption = SHM_DISRUPTION_NUMBER(disruption);
}

static uint32_t mixed(uint32_t value)
{
	value = (value ^ value >> 16) * 2246822519u;
	value = (value ^ value >> 13) * 3266489917u;
	return value ^ value >> 16;
}

bool steer_scatters(uint64_t disruption, uint32_t slot)
{
	uint32_t mix = mixed(SHM_DISRUPTION_SEED(disruption) * 2654435761u + slot);

	return mix >> 16 < SHM_DISRUPTION_SHARE(disruption);
}

/* The strategies of this agent, in order: its application's own, then the goal's. Returns how many. */
static uint32_t strategies(const struct steer_request *request, uint32_t list[STEER_STRATEGIES])
{
	uint32_t count = 0;

	if (request->own_strategy != STRATEGY_NONE)
		list[count++] = request->own_strategy;
	for (int i = 0; i < GOAL_STRATEGIES && request->goal->strategy[i]; i++)
		if (request->goal->strategy[i] != request->own_strategy)
			list[count++] = request->goal->strategy[i];
	return count;
}

static void strategy_begin(struct steer *steer, uint32_t at)
{
	steer->at = at;
	steer->turns = 0;
	steer->best_ppm = 0;
	steer->best_lag_ns = INT64_MAX;
}

static void follow_goal(struct steer *steer, const struct steer_request *request)
{
	if (steer->begun && steer->goal == request->goal->id &&
	    steer->target_ppm == request->target_ppm)
		return;
	if (steer->begun)
		note(steer, ENTRAIN_EVENT_GOAL, request->goal->id);
	if (!steer->begun || steer->goal != request->goal->id)
		steer->pattern = request->goal->rule == DECIDE_SYNC ? DECIDE_SYNC : DECIDE_SPREAD;
	steer->begun = true;
	steer->goal = request->goal->id;
	steer->target_ppm = request->target_ppm;
	suspect(steer, ENTRAIN_REASON_GOAL);
	steer->reached = false;
	steer->missing = 0;
	steer->rest = 0;
	memset(steer->tried_ppm, 0, sizeof(steer->tried_ppm));
	strategy_begin(steer, 0);
}

/* Somewhere in the period to come, by the seed: as far from the pattern as chance has it. */
static void scatter(struct steer *steer, const struct decide_self *self, uint64_t disruption,
		    int64_t now_ns, struct decision *decision)
{
	uint32_t mix = mixed(SHM_DISRUPTION_SEED(disruption) ^ (self->index + 1) * 2654435761u);
	int64_t part_ns = (int64_t)(((unsigned __int128)(uint64_t)self->period_ns * mix) >> 32);

	decision->next_ns = (decision->cur_ns > now_ns ? decision->cur_ns : now_ns) + 1 + part_ns;
	decision->delay_ns = decision->way_ns = 0;
	steer->way_ns = 0;
}

/* Moving costs energy, keeping pace with the slowest does not; what cannot be paid is not moved. */
static void pay(struct steer *steer, const struct decide_self *self, int64_t before_ns, bool graph,
		struct decision *decision)
{
	const uint32_t full = steer->energy;
	int64_t paid_ns, short_ns;

	/* On a grid a delay is no move: it is paid at each cycle. Only its change is charged, and never cut short, or
	 * all whose energy is gone would meet. */
	if (decision->pattern == DECIDE_GRID) {
		int64_t change_ns = decision->delay_ns - before_ns;

		energy_spend(&steer->energy, ENERGY_PRICE_SPLAY,
			     change_ns < 0 ? -change_ns : change_ns, self->period_ns);
		steer->spent += full - steer->energy;
		return;
	}
	paid_ns = energy_spend(&steer->energy, decision->price, decision->move_ns, self->period_ns);
	short_ns = decision->move_ns - paid_ns;
	steer->spent += full - steer->energy;
	if (short_ns && !steer->exhausted)
		note(steer, ENTRAIN_EVENT_EXHAUSTED, 0);
	steer->exhausted = short_ns > 0;
	decision->next_ns -= short_ns;
	decision->delay_ns -= short_ns;
	decision->move_ns = paid_ns;
	if (graph)
		decision->way_ns += short_ns;
}

static void recover(struct steer *steer, const struct decide_self *self)
{
	const uint32_t before = steer->energy;

	steer->energy = energy_recover(before, self->interval_ns, self->period_ns);
	steer->recovered += steer->energy - before;
}

/* What could have spoiled the pattern since the turn before. */
static void notice_change(struct steer *steer, const struct decision *decision)
{
	if (steer->counted && decision->counted != steer->counted)
		suspect(steer, decision->counted > steer->counted ? ENTRAIN_REASON_JOINED
								  : ENTRAIN_REASON_LEFT);
	steer->counted = decision->counted;
}

/* All were tried in vain: keep to the one that came closest for a while. */
static void strategy_next(struct steer *steer, const uint32_t *list, uint32_t count)
{
	uint32_t next = steer->at + 1;
	uint32_t reason = ENTRAIN_REASON_STALLED;

	steer->tried_ppm[steer->at] = steer->best_ppm;
	if (next == count) {
		next = 0;
		for (uint32_t i = 1; i < count; i++)
			if (steer->tried_ppm[i] > steer->tried_ppm[next])
				next = i;
		steer->rest = STEER_REST;
		reason = ENTRAIN_REASON_BEST;
	}
	if (next != steer->at)
		note(steer, ENTRAIN_EVENT_STRATEGY, list[next] << 8 | reason);
	strategy_begin(steer, next);
}

/* A relative host's V holds its own action, which the floor of its sleep takes off again. */
static bool blurred(const struct decide_self *self, const struct decide_parameters *parameters,
		    const struct decision *decision)
{
	return parameters->host == DECIDE_RELATIVE &&
	       (decision->lag_ns - self->work_ns) / STEER_BLUR <= parameters->lateness_ns;
}

static void judge_progress(struct steer *steer, const struct decision *decision, bool blur,
			   const uint32_t *list, uint32_t count)
{
	const uint32_t value = decision->value_ppm;
	const int64_t lag_ns = decision->lag_ns;

	if (steer->rest) {
		if (--steer->rest == 0)
			strategy_begin(steer, 0);
		return;
	}
	if (value > steer->best_ppm + steer->best_ppm / 10 ||
	    lag_ns < steer->best_lag_ns - steer->best_lag_ns / 10) {
		steer->best_ppm = value > steer->best_ppm ? value : steer->best_ppm;
		steer->best_lag_ns = lag_ns < steer->best_lag_ns ? lag_ns : steer->best_lag_ns;
		steer->turns = 0;
		return;
	}
	steer->best_ppm = value > steer->best_ppm ? value : steer->best_ppm;
	if (blur)
		return;
	if (++steer->turns >= STEER_PATIENCE && count > 1)
		strategy_next(steer, list, count);
}

static void judge(struct steer *steer, const struct steer_request *request,
		  const struct decision *decision, bool blur, const uint32_t *list, uint32_t count)
{
	const uint32_t target_ppm =
		goal_target_ppm(request->goal, steer->pattern, request->target_ppm);
	const bool reached =
		decision->counted == 1 || (decision->value_ppm >= target_ppm &&
					   steer->energy >= request->goal->energy_least * 512);

	steer->value_ppm = decision->value_ppm;
	if (reached) {
		if (!steer->reached)
			note(steer, ENTRAIN_EVENT_REACHED, decision->value_ppm);
		if (!steer->reached || ++steer->settled >= STEER_PATIENCE)
			suspect(steer, ENTRAIN_REASON_DRIFTED);
		steer->reached = true;
		steer->missing = steer->rest = 0;
		return;
	}
	if (steer->reached) {
		/* One cycle's hysteresis. */
		if (++steer->missing < 2)
			return;
		steer->reached = false;
		note(steer, ENTRAIN_EVENT_MISSED_GOAL, decision->value_ppm | steer->reason << 24);
		if (steer->at)
			note(steer, ENTRAIN_EVENT_STRATEGY, list[0] << 8 | steer->reason);
		suspect(steer, ENTRAIN_REASON_DRIFTED);
		strategy_begin(steer, 0);
		return;
	}
	/* A grid's schedule is what it is: there is nothing that strategies could do about it. */
	if (request->acts && decision->pattern != DECIDE_GRID)
		judge_progress(steer, decision, blur, list, count);
}

void steer_turn(struct steer *steer, const struct steer_request *request, struct decide_self *self,
		struct decide_parameters *parameters, struct peer *peers, uint32_t count,
		void *scratch, struct decision *decision)
{
	const struct goal *goal = request->goal;
	const uint32_t number = SHM_DISRUPTION_NUMBER(request->disruption);
	const int64_t before_ns = self->delay_ns;
	uint32_t list[STEER_STRATEGIES];
	uint32_t listed = strategies(request, list);
	bool scattered;

	steer->notes = 0;
	follow_goal(steer, request);
	recover(steer, self);
	if (parameters->rule != DECIDE_GRID)
		parameters->rule = goal->rule;
	parameters->metric = goal->metric == METRIC_RHYTHM ? DECIDE_RHYTHM
			     : goal->rule == DECIDE_SYNC   ? DECIDE_ORDER
							   : DECIDE_EVENNESS;
	parameters->goal = goal->id;
	parameters->clusters = goal->clusters;
	parameters->pattern = steer->pattern;
	parameters->strategy = steer->strategy = list[steer->at < listed ? steer->at : 0];
	parameters->energy_ppm = (uint32_t)(steer->energy * UINT64_C(1000000) / ENERGY_FULL);
	parameters->stalled = steer->turns;
	self->way_ns = steer->way_ns;
	decide(self, peers, count, parameters, scratch, decision);
	notice_change(steer, decision);
	if (decision->pattern != steer->pattern && decision->pattern != DECIDE_GRID) {
		note(steer, ENTRAIN_EVENT_PATTERN, decision->pattern == DECIDE_SYNC);
		steer->pattern = decision->pattern;
		steer->reached = false;
		strategy_begin(steer, 0);
	}
	if (!request->acts) {
		decision->next_ns -= decision->delay_ns;
		decision->delay_ns = decision->move_ns = decision->way_ns = 0;
	}
	scattered = number != steer->disruption && request->acts &&
		    decision->pattern != DECIDE_GRID && !parameters->joining &&
		    steer_scatters(request->disruption, self->index);
	/* Who is thrown elsewhere does not go where it wished to. */
	if (scattered)
		decision->move_ns = 0;
	pay(steer, self, before_ns, parameters->graph && decision->pattern == DECIDE_SPREAD,
	    decision);
	steer->way_ns = decision->way_ns;
	if (!parameters->joining)
		judge(steer, request, decision, blurred(self, parameters, decision), list, listed);
	if (number == steer->disruption)
		return;
	steer->disruption = number;
	steer->scattered = scattered;
	suspect(steer, ENTRAIN_REASON_DISRUPTED);
	note(steer, ENTRAIN_EVENT_DISRUPTED, steer->scattered);
	if (steer->scattered)
		scatter(steer, self, request->disruption, parameters->now_ns, decision);
}

void steer_hear(struct steer *steer, const struct steer_request *request)
{
	const uint32_t number = SHM_DISRUPTION_NUMBER(request->disruption);

	steer->notes = 0;
	follow_goal(steer, request);
	if (number == steer->disruption)
		return;
	steer->disruption = number;
	steer->scattered = false;
	note(steer, ENTRAIN_EVENT_DISRUPTED, 0);
}
