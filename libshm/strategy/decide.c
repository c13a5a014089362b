/* SPDX-License-Identifier: MIT */
/*
 * decide.c - one decision: own values made safe, the rule asked, its answer kept within the bounds.
 */
#include "decide.h"

#include "order.h"
#include "rules.h"

_Static_assert(sizeof(struct peer) <= 48, "a step reads thousands of these");

static int64_t clamp_ns(int64_t value_ns, int64_t least_ns, int64_t most_ns)
{
	if (value_ns < least_ns)
		return least_ns;
	return value_ns > most_ns ? most_ns : value_ns;
}

/* value x numerator / denominator, for what is not negative; at most DECIDE_PERIOD_MAX_NS. */
static int64_t scaled_ns(int64_t value_ns, uint64_t numerator, uint64_t denominator)
{
	unsigned __int128 product = (unsigned __int128)(uint64_t)value_ns * numerator / denominator;

	return product > DECIDE_PERIOD_MAX_NS ? DECIDE_PERIOD_MAX_NS : (int64_t)product;
}

size_t decide_scratch_size(uint32_t peers)
{
	return order_scratch_size(peers);
}

static void band_set(struct step *step, const struct decide_parameters *parameters)
{
	const uint64_t one = 1000000;
	int64_t period_ns = clamp_ns(parameters->period_ns, 1, DECIDE_PERIOD_MAX_NS);

	step->period_least_ns = scaled_ns(period_ns, one, one + parameters->band_ppm);
	step->period_most_ns = scaled_ns(period_ns, one + parameters->band_ppm, one);
	step->delay_most_ns =
		scaled_ns(step->cap_ns, (uint64_t)step->period_most_ns, (uint64_t)step->period_ns);
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

	since_ns += clamp_ns(self->delay_ns, 0, step->cap_ns);
	if (step->rule == DECIDE_GRID)
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
	step->joining = parameters->joining;
	step->index = self->index;
	step->clusters = parameters->clusters;
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

static struct wish wish_of(const struct step *step)
{
	switch (step->rule) {
	case DECIDE_SYNC:
		return sync_wish(step);
	case DECIDE_GRID:
		return grid_wish(step);
	case DECIDE_SPREAD:
	default:
		return spread_wish(step);
	}
}

/*
 * How much of a wait is taken. All that want more than there is room for get the same part of it: were it
 * clipped, those furthest back would stay together until the last cycle.
 */
static int64_t share_of_room_ns(const struct step *step, struct wish wish, int64_t room_ns)
{
	if (step->rule == DECIDE_SYNC || wish.lag_ns <= room_ns)
		return wish.wait_ns;
	return scaled_ns(wish.wait_ns, (uint64_t)room_ns, (uint64_t)wish.lag_ns);
}

/* A lateness that is paid once by all is not worth following: up to one gap is left alone. */
static int64_t deadband_ns(const struct step *step)
{
	int64_t gap_ns = step->longest_ns / step->counted;

	return 2 * step->lateness_ns < gap_ns ? 2 * step->lateness_ns : gap_ns;
}

static void plan(const struct step *step, bool relative, struct decision *decision)
{
	/* A relative host sleeps from now on, a taken one counts from its turn. */
	const int64_t least_ns = (relative ? step->now_ns : step->turn_ns) + step->period_ns;
	int64_t room_ns = step->period_ns + step->cap_ns - step->longest_ns;
	int64_t next_ns = least_ns;
	struct wish wish = { 0 };

	if (decision->counted > 1)
		wish = wish_of(step);
	if (relative && step->rule == DECIDE_SPREAD)
		wish.wait_ns = clamp_ns(wish.wait_ns - deadband_ns(step), 0, wish.wait_ns);
	/* With no room left by the slowest, following it would gain nothing. */
	if (room_ns > 0)
		next_ns = step->turn_ns + step->longest_ns + share_of_room_ns(step, wish, room_ns);
	decision->next_ns = clamp_ns(next_ns, least_ns, least_ns + step->cap_ns);
	decision->delay_ns = decision->next_ns - least_ns;
	decision->lag_ns = wish.lag_ns;
	decision->cur_ns = step->turn_ns;
}

static void plan_grid(const struct step *step, struct decision *decision)
{
	const int64_t arrival_ns = step->arrival_ns + step->period_ns;
	struct wish wish = { 0 };

	if (decision->counted > 1)
		wish = wish_of(step);
	decision->delay_ns = clamp_ns(wish.wait_ns, 0, step->cap_ns);
	if (step->joining)
		decision->delay_ns =
			clamp_ns(decision->delay_ns, 0, step->now_ns - step->arrival_ns);
	decision->next_ns = arrival_ns + decision->delay_ns;
	decision->lag_ns = wish.lag_ns;
	decision->cur_ns = step->turn_ns;
}

void decide(const struct decide_self *self, struct peer *peers, uint32_t count,
	    const struct decide_parameters *parameters, void *scratch, struct decision *decision)
{
	struct step step = { .peers = peers, .count = count, .scratch = scratch };

	*decision = (struct decision){ .suspect = DECIDE_NOBODY };
	step_open(&step, self, parameters, decision);
	decide_sift(&step, decision);
	/* Off the beat: not coordinated, as the others leave it out as well. */
	decision->counted = on_beat(&step) ? step.counted : 1;
	if (decision->counted == 1)
		step.longest_ns = step.period_ns;
	if (step.rule == DECIDE_GRID)
		plan_grid(&step, decision);
	else if (step.joining && parameters->host == DECIDE_TAKEN)
		place(&step, decision);
	else
		plan(&step, parameters->host == DECIDE_RELATIVE, decision);
}
