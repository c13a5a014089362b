/* SPDX-License-Identifier: MIT */
/* measure.c - how well a swarm does, from its slots. */
#include "measure.h"
#include <math.h>
#include <string.h>
#include "energy.h"
#include "gaps.h"
#include "goal.h"
#include "items.h"
#include "strategy/door.h"

struct judge judge_make(int64_t now_ns, const struct entrain_settings *settings)
{
	int64_t shortest_ns =
		(int64_t)((double)settings->period_ns / (1 + settings->band_ppm / 1e6));
	int64_t longest_ns =
		settings->period_ns + settings->period_ns / 1000 * settings->band_ppm / 1000;

	return (struct judge){
		.now_ns = now_ns,
		.now_rest_ns = now_ns - instant_grained(now_ns),
		.now_grains = (uint64_t)now_ns >> SHM_GRAIN_SHIFT,
		.shortest_ns = shortest_ns > PERIOD_MIN_NS ? shortest_ns : PERIOD_MIN_NS,
		.longest_ns = longest_ns < PERIOD_MAX_NS ? longest_ns : PERIOD_MAX_NS,
	};
}

/* For people a turn is overdue when it is later than scheduling explains. */
static int64_t stale_grace_ns(const struct measured *one, int64_t lateness_ns, uint32_t kind)
{
	int64_t grace_ns = one->period_ns / 4;

	if (kind == ENTRAIN_DRIFTING)
		return DOOR_SILENT_PERIODS * one->period_ns;
	if (one->work_ns > grace_ns)
		grace_ns = one->work_ns;
	if (lateness_ns < one->period_ns && 4 * lateness_ns > grace_ns)
		grace_ns = 4 * lateness_ns;
	return grace_ns;
}

static bool plausible(const struct measured *one, int64_t now_ns)
{
	return one->period_ns >= PERIOD_MIN_NS && one->period_ns <= PERIOD_MAX_NS &&
	       one->work_ns <= one->period_ns && one->delay_ns <= one->period_ns &&
	       one->cur_ns < one->next_ns && one->cur_ns <= now_ns + one->period_ns &&
	       one->next_ns <= now_ns + 3 * one->period_ns;
}

bool measured_judge(struct measured *one, const struct shm_slot *slot, uint32_t index,
		    int64_t now_ns, const struct entrain_settings *settings)
{
	struct slot_view view = { 0 };
	enum slot_result result = slot_read(slot, now_ns, &view);
	uint64_t overlap;
	const struct judge judge = judge_make(now_ns, settings);

	memset(one, 0, sizeof(*one));
	if (result == SLOT_FREE || result == SLOT_EMPTY)
		return false;
	one->index = index;
	one->version = view.version;
	one->pid = version_pid(view.version);
	if (result == SLOT_GARBLED) {
		one->implausible = true;
		return true;
	}
	one->cur_ns = view.turn.cur_ns;
	one->next_ns = view.turn.next_ns;
	one->period_ns = view.turn.period_ns;
	one->work_ns = view.turn.work_ns;
	one->delay_ns = view.turn.delay_ns;
	one->status = view.turn.status;
	one->topology = view.turn.topology;
	one->implausible = !plausible(one, now_ns);
	if (one->implausible)
		return true;
	overlap = slot_fact(slot, view.version, FACT_OVERLAP);
	one->overlap = SHM_OVERLAP(overlap);
	/* Who has begun an action has seen itself; before, the instant is that of the claim. */
	if (one->overlap && view.began_ns > 0 && view.began_ns <= now_ns)
		one->began_ns = view.began_ns;
	one->acting = one->began_ns && view.acting;
	one->off_beat = one->period_ns < judge.shortest_ns || one->period_ns > judge.longest_ns;
	one->state = one->acting ? ENTRAIN_ACTING : ENTRAIN_IDLE;
	if (now_ns > one->next_ns &&
	    now_ns - one->next_ns > stale_grace_ns(one, pair_low_ns(overlap), settings->kind) &&
	    !(one->acting && now_ns - one->began_ns <= one->period_ns))
		one->state = ENTRAIN_STALE;
	one->counts = !one->off_beat && one->state != ENTRAIN_STALE;
	return true;
}

void tally_open(struct tally *tally, const struct judge *judge, int64_t period_ns)
{
	*tally = (struct tally){ .judge = *judge,
				 .period = phasor_period_make(period_ns),
				 .shortest_ns = INT64_MAX,
				 .interval_least_ns = INT64_MAX,
				 .ago_least_ns = INT64_MAX,
				 .work_least = UINT64_MAX };
}

static int64_t more(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

static int64_t less(int64_t one, int64_t other)
{
	return one < other ? one : other;
}

void tally_join(struct tally *tally, const struct tally *other)
{
	tally->longest_ns = more(tally->longest_ns, other->longest_ns);
	tally->shortest_ns = less(tally->shortest_ns, other->shortest_ns);
	tally->interval_most_ns = more(tally->interval_most_ns, other->interval_most_ns);
	tally->interval_least_ns = less(tally->interval_least_ns, other->interval_least_ns);
	tally->ago_most_ns = more(tally->ago_most_ns, other->ago_most_ns);
	tally->ago_least_ns = less(tally->ago_least_ns, other->ago_least_ns);
	tally->work_most_ns = more(tally->work_most_ns, other->work_most_ns);
	if (other->work_least < tally->work_least)
		tally->work_least = other->work_least;
	if (other->peak_acted > tally->peak_acted)
		tally->peak_acted = other->peak_acted;
	tally->work_ns += other->work_ns;
	tally->energy += other->energy;
	tally->unknown += other->unknown;
	tally->together += other->together;
	tally->counted += other->counted;
	tally->alive += other->alive;
	tally->stale += other->stale;
	tally->dead += other->dead;
	tally->off_beat += other->off_beat;
	tally->implausible += other->implausible;
}

/* Of whoever does not count the turn may be any time ago. */
static uint32_t angle_anywhere(const struct phase *phase)
{
	const struct phasor_period period = phasor_period_make(phase->period_ns);

	return phasor_angle(&period, phase->since_ns);
}

void tally_measured(struct tally *tally, struct measured *one)
{
	const int64_t now_ns = tally->judge.now_ns;
	const struct phase phase = { .since_ns = now_ns - one->next_ns,
				     .period_ns = one->period_ns,
				     .work_ns = one->work_ns,
				     .interval_ns = one->next_ns - one->cur_ns,
				     .status = one->status,
				     .topology = one->topology,
				     .acted = overlap_make(one->overlap, 0) };

	one->place = (struct place){ .work_ns = -1 };
	tally->dead += one->state == ENTRAIN_DEAD;
	tally->off_beat += one->off_beat;
	tally->implausible += one->implausible;
	if (one->implausible)
		return;
	if (one->counts) {
		one->place.ago_ns = one->began_ns ? now_ns - one->began_ns : -1;
		tally_add(tally, &one->place, &phase);
	} else {
		one->place.angle = angle_anywhere(&phase);
		tally->alive += one->state == ENTRAIN_IDLE || one->state == ENTRAIN_ACTING;
		tally->stale += one->state == ENTRAIN_STALE;
	}
}

/* The evenness of the instants at which the actions of the last period began; 0 until everybody who counts has acted. */
static double evenness_actual(const struct load *load, const struct tally *tally)
{
	const int64_t longest_ns = load->period.period_ns;
	double most;

	if (tally->ago_least_ns < 0 || tally->ago_most_ns > longest_ns + longest_ns / 5)
		return 0;
	most = gap_largest_actual(load, (int64_t)(tally->work_least + 1));
	if (most == 0)
		most = gaps_actual(load).most;
	return most > 0 ? fmin(1, 1 / most) : 0;
}

/* 1 less the largest deviation of an interval between two turns from the longest period. */
static double rhythm_of(const struct tally *tally, int64_t longest_ns)
{
	int64_t above_ns = tally->interval_most_ns - longest_ns;
	int64_t below_ns = longest_ns - tally->interval_least_ns;
	int64_t off_ns = above_ns > below_ns ? above_ns : below_ns;

	return tally->counted ? fmax(0, 1 - (double)off_ns / (double)longest_ns) : 1;
}

/* What those follow who adapt to the load; between quiet and busy, what most of them do. */
static enum decide_rule pattern_of(const struct tally *tally, double duty)
{
	if (100 * duty < DECIDE_QUIET_PERCENT)
		return DECIDE_SYNC;
	if (100 * duty > DECIDE_BUSY_PERCENT)
		return DECIDE_SPREAD;
	return 2 * tally->together > tally->counted ? DECIDE_SYNC : DECIDE_SPREAD;
}

/* Judge what was measured by the goal. */
static void goal_judge(struct entrain_measure *measure, const struct tally *tally,
		       const struct entrain_settings *settings)
{
	const struct goal *goal = goal_row((int)settings->goal);
	const enum decide_rule pattern = pattern_of(tally, measure->duty);
	enum metric metric = goal->metric;

	if (metric == METRIC_LOAD)
		metric = pattern == DECIDE_SYNC ? METRIC_COHERENCE : METRIC_EVENNESS;
	measure->metric = metric;
	if (tally->counted < 2)
		measure->value = 1;
	else if (metric == METRIC_EVENNESS)
		measure->value = measure->evenness;
	else if (metric == METRIC_ORDER)
		measure->value = measure->order_parameters[goal->clusters - 1];
	else if (metric == METRIC_RHYTHM)
		measure->value = measure->rhythm;
	else
		measure->value = measure->coherence;
	measure->target = goal_target_ppm(goal, pattern, settings->target_ppm) / 1e6;
	/* Part of some goals is that agents have energy left. Where all are off-beat nobody has reached anything, nor where nothing is
	 * planned: what is measured there is chance. */
	measure->converged = settings->kind != ENTRAIN_DRIFTING &&
			     measure->value >= measure->target &&
			     (tally->counted || !tally->alive) &&
			     (tally->counted < 2 || measure->energy >= (double)goal->energy_least);
}

void measure_close(struct entrain_measure *measure, const struct tally *tally, struct place *places,
		   size_t stride, uint32_t count, const struct entrain_settings *settings,
		   uint64_t *scratch)
{
	const uint32_t overlap = SHM_OVERLAP(tally->peak_acted);
	const uint32_t occupied =
		tally->counted + tally->alive + tally->stale + tally->dead + tally->implausible;
	struct item_ranges ranges;
	struct load load = { .places = places,
			     .stride = stride,
			     .count = count,
			     .scratch = scratch,
			     .ranges = &ranges };

	load_fill(&load, tally, settings->period_ns);
	*measure = (struct entrain_measure){
		.size = sizeof(*measure),
		.goal = settings->goal,
		.mode = settings->mode,
		.agents_alive = tally->counted + tally->alive,
		.agents_stale = tally->stale,
		.agents_dead = tally->dead,
		.agents_off_beat = tally->off_beat,
		.agents_implausible = tally->implausible,
		/* No more than there are: a liar's. */
		.peak_overlap = overlap > occupied ? occupied : overlap,
		.longest_period_ns = load.period.period_ns,
		.min_gap = 1,
		.max_gap = 1,
		.evenness = 1,
		.evenness_actual = 1,
		.rhythm = rhythm_of(tally, load.period.period_ns),
		.duty = load.work_all,
		.energy = tally->counted ? fmin(100, (double)tally->energy * 100 / ENERGY_FULL /
							     tally->counted)
					 : 100,
	};
	for (unsigned m = 1; m <= PHASOR_ORDERS; m++)
		measure->order_parameters[m - 1] = phasor_order(&tally->phasors, m);
	measure->coherence = measure->order_parameters[0];
	if (load.counted > 1) {
		struct gaps gaps = gaps_of_turns(&load);

		measure->min_gap = gaps.least;
		measure->max_gap = gaps.most;
		measure->evenness = gaps.most > 0 ? fmin(1, 1 / gaps.most) : 0;
		measure->evenness_actual = evenness_actual(&load, tally);
	}
	goal_judge(measure, tally, settings);
}

void measure_fill(struct entrain_measure *measure, struct measured *all, uint32_t count,
		  int64_t now_ns, const struct entrain_settings *settings, uint64_t *scratch)
{
	const struct judge judge = judge_make(now_ns, settings);
	struct tally tally;

	tally_open(&tally, &judge, settings->period_ns);
	for (uint32_t i = 0; i < count; i++) {
		struct measured *one = &all[i];

		tally_measured(&tally, one);
		one->phase = one->place.angle / GAPS_TURN;
		if (one->counts && !one->implausible)
			phasor_add(&tally.phasors, one->place.angle);
	}
	measure_close(measure, &tally, &all[0].place, sizeof(all[0]), count, settings, scratch);
}

bool hysteresis_next(struct hysteresis *hysteresis, bool reached, int64_t now_ns, int64_t period_ns)
{
	if (reached) {
		hysteresis->reached = true;
		hysteresis->missing = false;
	} else if (hysteresis->reached) {
		if (!hysteresis->missing)
			hysteresis->missing_since_ns = now_ns;
		hysteresis->missing = true;
		if (now_ns - hysteresis->missing_since_ns >= period_ns)
			hysteresis->reached = false;
	}
	return hysteresis->reached;
}
