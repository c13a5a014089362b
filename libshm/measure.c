/* SPDX-License-Identifier: MIT */
/* measure.c - how well a swarm does, from a picture of its slots. */
#include "measure.h"
#include <math.h>
#include <string.h>
#include "goal.h"
#include "settings.h"
#include "strategy/level.h"

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
	int64_t longest_ns, shortest_ns;

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
	if (slot_fact(slot, view.version, FACT_TURNS)) {
		one->began_ns = view.began_ns;
		if (one->began_ns > now_ns || one->began_ns < 0)
			one->began_ns = 0;
		one->overlap = (uint32_t)slot_fact(slot, view.version, FACT_OVERLAP);
	}
	one->acting = one->began_ns && view.acting;
	longest_ns = settings->period_ns + settings->period_ns / 1000 * settings->band_ppm / 1000;
	shortest_ns = (int64_t)((double)settings->period_ns / (1 + settings->band_ppm / 1e6));
	one->off_beat = one->period_ns < shortest_ns || one->period_ns > longest_ns;
	one->state = one->acting ? ENTRAIN_ACTING : ENTRAIN_IDLE;
	if (now_ns > one->next_ns &&
	    now_ns - one->next_ns >
		    stale_grace_ns(one, (int64_t)slot_fact(slot, view.version, FACT_LATENESS)) &&
	    !(one->acting && now_ns - one->began_ns <= one->period_ns))
		one->state = ENTRAIN_STALE;
	one->counts = !one->off_beat && one->state != ENTRAIN_STALE;
	return true;
}

/* A place on the circle, and whose: binary angle (2^32 = one turn) above the position in the picture. */
static uint64_t item_make(uint32_t angle, uint32_t position)
{
	return (uint64_t)angle << 32 | position;
}

/* Sort by angle: least significant digit first, three digits of 11 bits, stable. `spare` has room for as many. */
static void items_sort(uint64_t *items, uint64_t *spare, uint32_t count)
{
	uint64_t *from = items, *to = spare;

	if (count < 64) {
		for (uint32_t i = 1; i < count; i++) {
			uint64_t item = items[i];
			uint32_t at = i;

			for (; at > 0 && items[at - 1] > item; at--)
				items[at] = items[at - 1];
			items[at] = item;
		}
		return;
	}
	for (int shift = 32; shift < 64; shift += 11) {
		uint32_t starts[2049] = { 0 };

		for (uint32_t i = 0; i < count; i++)
			starts[(from[i] >> shift & 2047) + 1]++;
		for (int digit = 0; digit < 2048; digit++)
			starts[digit + 1] += starts[digit];
		for (uint32_t i = 0; i < count; i++)
			to[starts[from[i] >> shift & 2047]++] = from[i];
		from = to;
		to = to == spare ? items : spare;
	}
	memcpy(items, from, count * sizeof(*items));
}

/* Fraction of a turn by which `instant_ns` precedes `now_ns`. */
static double turns_since(int64_t now_ns, int64_t instant_ns, int64_t period_ns)
{
	int64_t rest_ns = (now_ns - instant_ns) % period_ns;

	if (rest_ns < 0)
		rest_ns += period_ns;
	return (double)rest_ns / (double)period_ns;
}

/* What the agents that count share: the period of the slowest, and the time that their actions take. */
struct load {
	uint32_t counted;
	int64_t longest_ns;
	struct level level;
	double work_all; /* in periods */
};

/* Wanted gap after an agent, in turns: its own action and an equal share of the idle time. */
static double wanted_gap(const struct measured *one, const struct load *load)
{
	double work = (double)level_work(&load->level, one->work_ns) / (double)load->longest_ns;

	return load->work_all > 1 ? work / load->work_all
				  : work + (1 - load->work_all) / load->counted;
}

static uint32_t angle_of(int64_t instant_ns, int64_t period_ns)
{
	int64_t rest_ns = instant_ns % period_ns;

	if (rest_ns < 0)
		rest_ns += period_ns;
	return (uint32_t)(((unsigned __int128)(uint64_t)rest_ns << 32) / (uint64_t)period_ns);
}

/* Largest and smallest of the gaps between circularly consecutive items, as multiples of the wanted ones. */
static void gaps_of(const struct measured *all, uint64_t *items, uint64_t *spare,
		    const struct load *load, double *least, double *most)
{
	const uint32_t count = load->counted;

	items_sort(items, spare, count);
	*least = INFINITY;
	*most = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t here = items[i] >> 32;
		uint64_t there =
			i + 1 < count ? items[i + 1] >> 32 : (items[0] >> 32) + (UINT64_C(1) << 32);
		double gap = (double)(there - here) / 4294967296.0 /
			     wanted_gap(&all[(uint32_t)items[i]], load);

		*least = gap < *least ? gap : *least;
		*most = gap > *most ? gap : *most;
	}
}

static void order_parameters(struct entrain_measure *measure, const struct measured *all,
			     uint32_t count, uint32_t counted)
{
	double re[4] = { 0 }, im[4] = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		/* Powers of exp(i 2 pi phase): one sine and cosine an agent. */
		double c = cos(2 * M_PI * all[i].phase), s = sin(2 * M_PI * all[i].phase);
		double x = c, y = s;

		for (int m = 0; all[i].counts && m < 4; m++) {
			double next = x * c - y * s;

			re[m] += x;
			im[m] += y;
			y = x * s + y * c;
			x = next;
		}
	}
	for (int m = 0; m < 4; m++)
		measure->order_parameters[m] = counted ? fmin(1, hypot(re[m], im[m]) / counted) : 0;
	measure->coherence = measure->order_parameters[0];
}

/* The same of the instants at which the actions of the last period began; 0 until everybody who counts has acted. */
static double evenness_actual(const struct measured *all, uint32_t count, const struct load *load,
			      int64_t now_ns, uint64_t *scratch)
{
	const int64_t longest_ns = load->longest_ns;
	double least, most;
	uint32_t acted = 0;

	for (uint32_t i = 0; i < count; i++)
		if (all[i].counts && all[i].began_ns &&
		    now_ns - all[i].began_ns <= longest_ns + longest_ns / 5)
			scratch[acted++] = item_make(angle_of(all[i].began_ns, longest_ns), i);
	if (acted < load->counted)
		return 0;
	gaps_of(all, scratch, scratch + count, load, &least, &most);
	return most > 0 ? fmin(1, 1 / most) : 0;
}

static double metric_value(const struct entrain_measure *measure, const struct goal *goal)
{
	switch (goal->metric) {
	case METRIC_EVENNESS:
		return measure->evenness;
	case METRIC_ORDER:
		return measure->order_parameters[goal->clusters - 1];
	case METRIC_COHERENCE:
	default:
		return measure->coherence;
	}
}

static void count_states(struct entrain_measure *measure, const struct measured *all,
			 uint32_t count, int64_t now_ns)
{
	for (uint32_t i = 0; i < count; i++) {
		measure->agents_implausible += all[i].implausible;
		measure->agents_off_beat += all[i].off_beat;
		measure->agents_stale += !all[i].implausible && all[i].state == ENTRAIN_STALE;
		measure->agents_dead += all[i].state == ENTRAIN_DEAD;
		measure->agents_alive += !all[i].implausible && (all[i].state == ENTRAIN_IDLE ||
								 all[i].state == ENTRAIN_ACTING);
		if (all[i].counts && all[i].began_ns &&
		    now_ns - all[i].began_ns <= all[i].period_ns &&
		    all[i].overlap > measure->peak_overlap)
			measure->peak_overlap = all[i].overlap;
	}
}

static void load_of(const struct measured *all, uint32_t count, struct load *load)
{
	uint64_t work_ns = 0, level_ns = 0;
	uint32_t known = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (!all[i].counts)
			continue;
		if (load->counted++ == 0 || all[i].period_ns > load->longest_ns)
			load->longest_ns = all[i].period_ns;
		work_ns += (uint64_t)all[i].work_ns;
		known += all[i].work_ns > 0;
	}
	load->level = level_make(work_ns, known, load->counted, load->longest_ns);
	for (uint32_t i = 0; i < count; i++)
		if (all[i].counts)
			level_ns += (uint64_t)level_work(&load->level, all[i].work_ns);
	load->work_all = (double)level_ns / (double)load->longest_ns;
}

void measure_fill(struct entrain_measure *measure, struct measured *all, uint32_t count,
		  int64_t now_ns, const struct entrain_settings *settings, uint64_t *scratch)
{
	const struct goal *goal = goal_row((int)settings->goal);
	struct load load = { .longest_ns = settings->period_ns };
	uint32_t used = 0;

	load_of(all, count, &load);
	*measure = (struct entrain_measure){ .size = sizeof(*measure),
					     .goal = settings->goal,
					     .mode = settings->mode,
					     .longest_period_ns = load.longest_ns,
					     .min_gap = 1,
					     .max_gap = 1,
					     .evenness = 1,
					     .evenness_actual = 1 };
	count_states(measure, all, count, now_ns);
	for (uint32_t i = 0; i < count; i++) {
		if (!all[i].implausible)
			all[i].phase = turns_since(now_ns, all[i].next_ns, all[i].period_ns);
		if (all[i].counts)
			scratch[used++] = item_make(angle_of(all[i].next_ns, load.longest_ns), i);
	}
	order_parameters(measure, all, count, load.counted);
	if (load.counted > 1) {
		gaps_of(all, scratch, scratch + count, &load, &measure->min_gap, &measure->max_gap);
		measure->evenness = measure->max_gap > 0 ? fmin(1, 1 / measure->max_gap) : 0;
		measure->evenness_actual = evenness_actual(all, count, &load, now_ns, scratch);
	}
	if (measure->peak_overlap > count)
		measure->peak_overlap = count; /* a liar's */
	measure->value = load.counted > 1 ? metric_value(measure, goal) : 1;
	measure->target = (settings->target_ppm ? settings->target_ppm : goal->target_ppm) / 1e6;
	measure->converged = measure->value >= measure->target;
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
