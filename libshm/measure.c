/* SPDX-License-Identifier: MIT */
/* measure.c - how well a swarm does, from its slots. */
#include "measure.h"
#include <math.h>
#include <string.h>
#include "energy.h"
#include "goal.h"
#include "items.h"
#include "strategy/level.h"

#define TURN 4294967296.0

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
static int64_t stale_grace_ns(const struct measured *one, int64_t lateness_ns)
{
	int64_t grace_ns = one->period_ns / 4;

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
	one->overlap = (uint32_t)overlap;
	/* Who has begun an action has seen itself; before, the instant is that of the claim. */
	if (overlap && view.began_ns > 0 && view.began_ns <= now_ns)
		one->began_ns = view.began_ns;
	one->acting = one->began_ns && view.acting;
	one->off_beat = one->period_ns < judge.shortest_ns || one->period_ns > judge.longest_ns;
	one->state = one->acting ? ENTRAIN_ACTING : ENTRAIN_IDLE;
	if (now_ns > one->next_ns &&
	    now_ns - one->next_ns >
		    stale_grace_ns(one, (int64_t)slot_fact(slot, view.version, FACT_LATENESS)) &&
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

void tally_measured(struct tally *tally, struct measured *one)
{
	const int64_t now_ns = tally->judge.now_ns;
	const struct phase phase = { .since_ns = now_ns - one->next_ns,
				     .period_ns = one->period_ns,
				     .work_ns = one->work_ns,
				     .interval_ns = one->next_ns - one->cur_ns,
				     .status = one->status,
				     .topology = one->topology };

	one->place = (struct place){ .work_ns = -1 };
	tally->dead += one->state == ENTRAIN_DEAD;
	tally->off_beat += one->off_beat;
	tally->implausible += one->implausible;
	if (one->implausible)
		return;
	if (one->counts) {
		one->place.ago_ns = one->began_ns ? now_ns - one->began_ns : -1;
		one->place.overlap = one->overlap;
		tally_add(tally, &one->place, &phase);
	} else {
		one->place.angle = tally_angle(tally, phase.since_ns, phase.period_ns);
		tally->alive += one->state == ENTRAIN_IDLE || one->state == ENTRAIN_ACTING;
		tally->stale += one->state == ENTRAIN_STALE;
	}
}

/* The places, and what their agents share: the period of the slowest, and the time that their actions take. */
struct load {
	const struct place *places;
	size_t stride;
	uint32_t count, counted;
	bool paced; /* all periods are equal: so the angles of the places hold */
	bool alike; /* all actions count as the mean: so all wanted gaps are equal */
	struct phasor_period period;
	struct level level;
	double work_all; /* in periods */
	/* the gap wanted after an agent, in units of an angle: of each ns of its action, and its share of the idle time */
	double wanted_of_ns, wanted_share;
	float wanted_alike;
};

static const struct place *load_place(const struct load *load, uint32_t i)
{
	return (const struct place *)((const char *)load->places + i * load->stride);
}

static void load_fill(struct load *load, const struct tally *tally, int64_t period_ns)
{
	const int64_t longest_ns = tally->counted ? tally->longest_ns : period_ns;
	const uint32_t known = tally->counted - tally->unknown;
	uint64_t level_ns;

	load->counted = tally->counted;
	load->paced = tally->shortest_ns == longest_ns;
	load->period = phasor_period_make(longest_ns);
	load->level = level_make(tally->work_ns, known, load->counted, longest_ns);
	load->alike = known == 0 || ((int64_t)(tally->work_least + 1) >= load->level.least_ns &&
				     tally->work_most_ns <= load->level.most_ns);
	level_ns = (uint64_t)load->level.mean_ns * load->counted;
	if (!load->alike) {
		level_ns = 0;
		for (uint32_t i = 0; i < load->count; i++) {
			int64_t work_ns = load_place(load, i)->work_ns;

			level_ns += work_ns < 0 ? 0 : (uint64_t)level_work(&load->level, work_ns);
		}
	}
	load->work_all = (double)level_ns / (double)longest_ns;
	load->wanted_of_ns = TURN / (double)longest_ns / fmax(1, load->work_all);
	load->wanted_share = load->counted ? TURN * fmax(0, 1 - load->work_all) / load->counted : 0;
	load->wanted_alike =
		(float)((double)load->level.mean_ns * load->wanted_of_ns + load->wanted_share);
}

/* Its own action, as far as all of them fit into the period, and an equal share of the idle time. */
static inline float wanted_gap(const struct load *load, int64_t work_ns)
{
	if (load->alike)
		return load->wanted_alike;
	return (float)((double)level_work(&load->level, work_ns) * load->wanted_of_ns +
		       load->wanted_share);
}

/* Gaps between circularly consecutive items, in multiples of the wanted ones. */
struct gaps {
	double least, most;
};

static struct gaps gaps_alike(const uint64_t *items, uint32_t count)
{
	uint64_t there = (items[0] >> 32) + (UINT64_C(1) << 32), least = UINT64_MAX, most = 0;
	const double wanted = item_wanted(items[0]);

	for (uint32_t i = count; i-- > 0;) {
		uint64_t here = items[i] >> 32, gap = there - here;

		least = gap < least ? gap : least;
		most = gap > most ? gap : most;
		there = here;
	}
	return (struct gaps){ (double)least / wanted, (double)most / wanted };
}

/* Records are rare, so only they are divided. */
static struct gaps gaps_of_each(const uint64_t *items, uint32_t count)
{
	uint64_t there = (items[0] >> 32) + (UINT64_C(1) << 32);
	struct gaps gaps = { INFINITY, 0 };

	for (uint32_t i = count; i-- > 0;) {
		const uint64_t here = items[i] >> 32;
		const double wanted = (double)item_wanted(items[i]);
		const double gap = (double)(int64_t)(there - here);

		if (__builtin_expect(gap < gaps.least * wanted, 0))
			gaps.least = gap / wanted;
		if (__builtin_expect(gap > gaps.most * wanted, 0))
			gaps.most = gap / wanted;
		there = here;
	}
	return gaps;
}

/* Phases run towards the turn, so the turns lie in their opposite order. `actual`: where they last began instead. */
static struct gaps gaps_of(const struct load *load, bool actual, uint64_t *scratch)
{
	struct digit digits[2] = { 0 };
	const uint64_t *sorted;
	uint32_t used = 0;

	for (uint32_t i = 0; i < load->count; i++) {
		const struct place *place = load_place(load, i);
		uint32_t angle = place->angle;
		uint64_t item;

		if (place->work_ns < 0)
			continue;
		if (actual || !load->paced)
			angle = phasor_angle(&load->period,
					     actual ? place->ago_ns : place->since_ns);
		item = item_make(-angle, wanted_gap(load, place->work_ns));
		digits[0].starts[digit_of(item, DIGITS_SHIFT)]++;
		digits[1].starts[digit_of(item, DIGITS_SHIFT + DIGIT_BITS)]++;
		scratch[used++] = item;
	}
	sorted = items_sort(digits, scratch, scratch + used, used);
	return load->alike ? gaps_alike(sorted, used) : gaps_of_each(sorted, used);
}

/* What counts of the places on one part of the circle. All zero: there is none. */
struct part {
	uint32_t first; /* angle, inverted: the largest is the first */
	uint32_t last;  /* angle */
	float wanted;   /* after the last */
};

static inline bool part_filled(const struct part *part)
{
	return (part->first | part->last) != 0;
}

static inline uint32_t part_first(const struct part *part)
{
	return ~part->first;
}

/* The largest gap from the last place of one part to the first of another, in multiples of the wanted one. */
static double parts_largest(const struct part *parts, const struct part *end)
{
	const struct part *before = end - 1;
	uint64_t here, there;
	double most = 0;

	while (!part_filled(before))
		before--;
	here = before->last - (UINT64_C(1) << 32);
	for (float wanted = before->wanted; parts < end; parts++) {
		if (!part_filled(parts))
			continue;
		there = part_first(parts);
		if (__builtin_expect((double)(int64_t)(there - here) > most * (double)wanted, 0))
			most = (double)(int64_t)(there - here) / (double)wanted;
		here = parts->last;
		wanted = parts->wanted;
	}
	return most;
}

/* The same where all wanted gaps are equal. */
static double parts_widest(const struct part *parts, const struct part *end, float wanted)
{
	const struct part *before = end - 1;
	uint64_t here, most = 0;

	while (!part_filled(before))
		before--;
	here = before->last - (UINT64_C(1) << 32);
	for (; parts < end; parts++) {
		const bool filled = part_filled(parts);
		const uint64_t gap = part_first(parts) - here;

		most = filled && gap > most ? gap : most;
		here = filled ? parts->last : here;
	}
	return (double)most / (double)wanted;
}

/*
 * The largest gap between the beginnings of actions, without sorting: a gap within a part is not wider than the part, which is
 * narrower than most wanted gaps, if not than all. `parts` fill the scratch. 0: a gap within a part may be larger than those
 * between parts.
 */
static double gap_largest_actual(const struct load *load, int64_t work_least_ns, struct part *parts)
{
	const uint32_t counted = load->counted;
	const uint32_t part_count = load->alike ? counted : counted / 3 * 4 + counted % 3;
	double most;

	memset(parts, 0, part_count * sizeof(*parts));
	for (uint32_t i = 0; i < load->count; i++) {
		const struct place *place = load_place(load, i);
		const uint32_t angle = -phasor_angle(&load->period, place->ago_ns);
		struct part *part = &parts[(uint64_t)angle * part_count >> 32];

		if (place->work_ns < 0)
			continue;
		part->first = ~angle > part->first ? ~angle : part->first;
		if (angle >= part->last) {
			part->last = angle;
			part->wanted = wanted_gap(load, place->work_ns);
		}
	}
	if (load->alike)
		return parts_widest(parts, parts + part_count, load->wanted_alike);
	most = parts_largest(parts, parts + part_count);
	return most * part_count * (double)wanted_gap(load, work_least_ns) < TURN ? 0 : most;
}

/* The evenness of the instants at which the actions of the last period began; 0 until everybody who counts has acted. */
static double evenness_actual(const struct load *load, const struct tally *tally, uint64_t *scratch)
{
	const int64_t longest_ns = load->period.period_ns;
	double most;

	if (tally->ago_least_ns < 0 || tally->ago_most_ns > longest_ns + longest_ns / 5)
		return 0;
	most = gap_largest_actual(load, (int64_t)(tally->work_least + 1), (struct part *)scratch);
	if (most == 0)
		most = gaps_of(load, true, scratch).most;
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
	/* Part of some goals is that agents have energy left. Where all are off-beat nobody has reached anything. */
	measure->converged = measure->value >= measure->target &&
			     (tally->counted || !tally->alive) &&
			     (tally->counted < 2 || measure->energy >= (double)goal->energy_least);
}

void measure_close(struct entrain_measure *measure, const struct tally *tally,
		   const struct place *places, size_t stride, uint32_t count,
		   const struct entrain_settings *settings, uint64_t *scratch)
{
	const uint32_t occupied =
		tally->counted + tally->alive + tally->stale + tally->dead + tally->implausible;
	struct load load = { .places = places, .stride = stride, .count = count };

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
		.peak_overlap = tally->peak_overlap > occupied ? occupied : tally->peak_overlap,
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
		struct gaps gaps = gaps_of(&load, false, scratch);

		measure->min_gap = gaps.least;
		measure->max_gap = gaps.most;
		measure->evenness = gaps.most > 0 ? fmin(1, 1 / gaps.most) : 0;
		measure->evenness_actual = evenness_actual(&load, tally, scratch);
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
		one->phase = one->place.angle / TURN;
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
