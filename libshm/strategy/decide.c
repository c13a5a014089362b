/* SPDX-License-Identifier: MIT */
/*
 * decide.c - one decision: own values made safe, the rule asked, its answer kept within the bounds.
 */
#include "decide.h"

#include "order.h"
#include "rules.h"
#include "strategy.h"

_Static_assert(sizeof(struct peer) <= 48, "a step reads thousands of these");

#define PPM_WHOLE 1000000u

static int64_t clamp_ns(int64_t value_ns, int64_t least_ns, int64_t most_ns)
{
	if (value_ns < least_ns)
		return least_ns;
	return value_ns > most_ns ? most_ns : value_ns;
}

size_t decide_scratch_size(uint32_t peers)
{
	return order_scratch_size(peers);
}

static void band_set(struct step *step, const struct decide_parameters *parameters)
{
	const uint64_t one = 1000000;
	int64_t period_ns = clamp_ns(parameters->period_ns, 1, DECIDE_PERIOD_MAX_NS);

	step->period_least_ns = part_ns(period_ns, one, one + parameters->band_ppm);
	step->period_most_ns = part_ns(period_ns, one + parameters->band_ppm, one);
	step->delay_most_ns =
		part_ns(step->cap_ns, (uint64_t)step->period_most_ns, (uint64_t)step->period_ns);
	if (step->delay_most_ns < step->cap_ns)
		step->delay_most_ns = step->cap_ns;
	if (step->delay_most_ns < parameters->cap_most_ns)
		step->delay_most_ns = clamp_ns(parameters->cap_most_ns, 0, DECIDE_PERIOD_MAX_NS);
}

static uint32_t missed_count(__int128 late_ns, int64_t period_ns)
{
	__int128 passed = late_ns > 0 ? late_ns / period_ns : 0;

	return passed > UINT32_MAX ? UINT32_MAX : (uint32_t)passed;
}

/* Where this turn counts as being: as scheduled, unless that is long past or not yet. */
static void turn_set(struct step *step, const struct decide_self *self, struct decision *decision)
{
	const int64_t now_ns = step->now_ns, period_ns = step->period_ns;
	__int128 late_ns = (__int128)now_ns - self->turn_ns;

	if (late_ns > period_ns / 2) {
		step->turn_ns = now_ns;
		decision->missed = missed_count(late_ns, period_ns);
	} else if (late_ns < -step_grace_ns(step, 0)) {
		step->turn_ns = now_ns;
	} else {
		step->turn_ns = self->turn_ns;
	}
}

/* What comes from a clock keeps its phase, however late it is: the last arrival that has passed. */
static void arrival_set(struct step *step, const struct decide_self *self,
			struct decision *decision)
{
	int64_t from_ns = step->now_ns > step->turn_ns ? step->now_ns : step->turn_ns;
	__int128 since_ns = (__int128)from_ns - self->turn_ns;

	/* Who was delayed before its cap became smaller arrived when it did. */
	since_ns += clamp_ns(self->delay_ns, 0, step->period_ns);
	/* A clock that is read again says a little else: who is early by that little has arrived. */
	if (!step->joining && since_ns < 0 && since_ns >= -step_grace_ns(step, 0)) {
		from_ns -= (int64_t)since_ns;
		since_ns = 0;
	}
	decision->missed = missed_count(since_ns, step->period_ns);
	since_ns %= step->period_ns;
	if (since_ns < 0)
		since_ns += step->period_ns;
	step->arrival_ns = from_ns - (int64_t)since_ns;
}

static void step_open(struct step *step, const struct decide_self *self,
		      const struct decide_parameters *parameters, struct decision *decision)
{
	const int64_t latest_ns = INT64_C(1) << 62;

	step->rule = parameters->rule;
	step->metric = parameters->metric;
	step->joining = parameters->joining;
	step->relative = parameters->host == DECIDE_RELATIVE;
	step->graph = parameters->graph;
	step->index = self->index;
	step->clusters = parameters->clusters;
	step->goal = parameters->goal;
	step->strategy = parameters->strategy;
	step->energy_ppm = parameters->energy_ppm;
	step->stalled = parameters->stalled;
	step->own = parameters->own;
	step->way_ns = clamp_ns(self->way_ns, 0, DECIDE_PERIOD_MAX_NS);
	step->interval_ns = clamp_ns(self->interval_ns, 0, DECIDE_PERIOD_MAX_NS);
	step->now_ns = clamp_ns(parameters->now_ns, -latest_ns, latest_ns);
	step->period_ns = clamp_ns(self->period_ns, 1, DECIDE_PERIOD_MAX_NS);
	step->work_ns = clamp_ns(self->work_ns, 0, step->period_ns);
	step->cap_ns = clamp_ns(parameters->cap_ns, 0, DECIDE_PERIOD_MAX_NS);
	step->lateness_ns = clamp_ns(parameters->lateness_ns, 0, DECIDE_PERIOD_MAX_NS);
	step->late_ns = clamp_ns(4 * step->lateness_ns, 0, step->period_ns / 2);
	step->slack_ns = step->period_ns / DECIDE_SLACK_PART;
	band_set(step, parameters);
	turn_set(step, self, decision);
	if (step->joining)
		step->turn_ns = step->now_ns;
	if (step->rule == DECIDE_GRID)
		arrival_set(step, self, decision);
	if (step->joining)
		decision->missed = 0;
}

static bool on_beat(const struct step *step)
{
	return step->period_ns >= DECIDE_PERIOD_MIN_NS &&
	       step->period_ns >= step->period_least_ns && step->period_ns <= step->period_most_ns;
}

/* The turn of a taken host that joins. Its cur is one period before, as if it had always been there. */
static void place(const struct step *step, struct decision *decision)
{
	int64_t place_ns = step->period_ns;

	if (decision->counted > 1)
		place_ns = step->rule == DECIDE_SYNC ? sync_place(step) : spread_place(step);
	decision->next_ns = step->now_ns + place_ns;
	decision->cur_ns = decision->next_ns - step->period_ns;
	decision->lag_ns = decision->counted > 1 ? step->longest_ns : 0;
}

static struct wish pattern_wish(const struct step *step)
{
	if (step->rule == DECIDE_SYNC)
		return sync_wish(step);
	return step->graph ? neighbours_wish(step) : spread_wish(step);
}

/* Of all intervals between two turns the one furthest from P*: what is missing to one period. */
static uint32_t rhythm_ppm(const struct step *step)
{
	int64_t most_ns = 0;

	for (const struct peer *peer = step->peers; peer < step->peers + step->count; peer++)
		if (!peer->flags) {
			int64_t off_ns = peer_interval_ns(peer) - step->longest_ns;

			off_ns = off_ns < 0 ? -off_ns : off_ns;
			most_ns = off_ns > most_ns ? off_ns : most_ns;
		}
	if (step->interval_ns) {
		int64_t off_ns = step->interval_ns - step->longest_ns;

		off_ns = off_ns < 0 ? -off_ns : off_ns;
		most_ns = off_ns > most_ns ? off_ns : most_ns;
	}
	return most_ns >= step->longest_ns
		       ? 0
		       : PPM_WHOLE -
				 (uint32_t)part_ns(most_ns, PPM_WHOLE, (uint64_t)step->longest_ns);
}

/* What the pattern wants, judged by the goal's metric, and what the strategy makes of it. */
static struct wish wish_of(const struct step *step, struct decision *decision)
{
	struct wish wish = pattern_wish(step);

	decision->value_ppm = step->metric == DECIDE_RHYTHM ? rhythm_ppm(step) : wish.value_ppm;
	decision->lag_ns = wish.lag_ns;
	if (step->rule == DECIDE_SPREAD && !step->graph)
		wish.wait_ns = clamp_ns(wish.wait_ns - step_deadband_ns(step), 0, wish.wait_ns);
	return strategy_wish(step, wish);
}

static void plan(const struct step *step, struct decision *decision)
{
	/* A relative host sleeps from now on, a taken one counts from its turn. */
	const int64_t least_ns = (step->relative ? step->now_ns : step->turn_ns) + step->period_ns;
	const int64_t pace_ns = step->turn_ns + step->longest_ns;
	const int64_t room_ns = step_room_ns(step);
	int64_t next_ns = least_ns, from_ns = least_ns;
	struct wish wish = { 0 };

	if (decision->counted > 1)
		wish = wish_of(step, decision);
	if (room_ns > 0) {
		next_ns = pace_ns + wish_within(wish, room_ns).wait_ns;
		from_ns = clamp_ns(pace_ns, least_ns, least_ns + step->cap_ns);
	}
	decision->next_ns = clamp_ns(next_ns, least_ns, least_ns + step->cap_ns);
	decision->delay_ns = decision->next_ns - least_ns;
	decision->move_ns = decision->next_ns > from_ns ? decision->next_ns - from_ns : 0;
	decision->cur_ns = step->turn_ns;
	decision->price = wish.price;
	/* What is left of the way, seen from the next turn. */
	decision->way_ns = clamp_ns(wish.way_ns - (decision->next_ns - pace_ns), 0, wish.way_ns);
}

/* Together is what one clock makes them: nobody is delayed. */
static struct wish grid_together(const struct step *step)
{
	struct step arrival = *step;

	arrival.turn_ns = step->arrival_ns;
	return (struct wish){ .value_ppm = sync_order_ppm(&arrival) };
}

static void plan_grid(const struct step *step, bool together, struct decision *decision)
{
	const int64_t arrival_ns = step->arrival_ns + step->period_ns;
	struct wish wish = { .value_ppm = PPM_WHOLE };

	if (decision->counted > 1)
		wish = together ? grid_together(step) : grid_wish(step);
	decision->value_ppm = step->metric == DECIDE_RHYTHM ? rhythm_ppm(step) : wish.value_ppm;
	decision->delay_ns = clamp_ns(wish.wait_ns, 0, step->cap_ns);
	if (step->joining)
		decision->delay_ns =
			clamp_ns(decision->delay_ns, 0, step->now_ns - step->arrival_ns);
	decision->next_ns = arrival_ns + decision->delay_ns;
	decision->lag_ns = wish.lag_ns;
	decision->cur_ns = step->turn_ns;
}

/* All actions together as a share of the period; who has not measured its own takes as long as the others. */
static uint32_t load_percent(const struct step *step)
{
	uint64_t all_ns = step->work_all_ns;

	if (step->measured && step->measured < step->counted)
		all_ns += all_ns / step->measured * (step->counted - step->measured);
	all_ns = all_ns / (uint64_t)(step->longest_ns / 100 + 1);
	return all_ns > 1000 ? 1000 : (uint32_t)all_ns;
}

/* Together while there is little to do, apart while there is much; between as most do, so that nobody swings alone. */
static enum decide_rule pattern_by_load(const struct step *step, uint32_t percent,
					enum decide_rule own)
{
	uint32_t apart = own == DECIDE_SPREAD && !step->joining,
		 together = own == DECIDE_SYNC && !step->joining;

	if (percent < DECIDE_QUIET_PERCENT)
		return DECIDE_SYNC;
	if (percent > DECIDE_BUSY_PERCENT)
		return DECIDE_SPREAD;
	for (const struct peer *peer = step->peers; peer < step->peers + step->count; peer++) {
		apart += !peer->flags && peer->pattern == DECIDE_SPREAD;
		together += !peer->flags && peer->pattern == DECIDE_SYNC;
	}
	return apart >= together ? DECIDE_SPREAD : DECIDE_SYNC;
}

void decide(const struct decide_self *self, struct peer *peers, uint32_t count,
	    const struct decide_parameters *parameters, void *scratch, struct decision *decision)
{
	struct step step = { .peers = peers, .count = count, .scratch = scratch };

	*decision = (struct decision){ .suspect = DECIDE_NOBODY, .value_ppm = PPM_WHOLE };
	step_open(&step, self, parameters, decision);
	decide_sift(&step, decision);
	if (step.rule == DECIDE_ADAPT)
		step.rule = pattern_by_load(&step, load_percent(&step), parameters->pattern);
	decision->pattern = step.rule;
	/* Off the beat: not coordinated, as the others leave it out as well. */
	decision->counted = on_beat(&step) ? step.counted : 1;
	if (decision->counted == 1)
		step.longest_ns = step.period_ns;
	if (step.rule == DECIDE_GRID)
		plan_grid(&step, parameters->pattern == DECIDE_SYNC, decision);
	else if (step.joining && parameters->host == DECIDE_TAKEN)
		place(&step, decision);
	else
		plan(&step, decision);
}
