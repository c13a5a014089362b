/* SPDX-License-Identifier: MIT */
/* gauge.c - how well a simulated swarm does: the measures of `status --json`, at one instant. */
#include "gauge.h"

#include <math.h>
#include <stdlib.h>

#include "../../libshm/energy.h"
#include "../../libshm/phasor.h"
#include "../../libshm/strategy/level.h"

/* Whoever has not acted for longer than this many fifths of a period has not acted in the last one. */
#define LAST_PERIOD_FIFTHS 6

/* The agents that count. */
struct crowd {
	const struct simulation *simulation;
	uint32_t *slots;
	uint32_t count;
	int64_t longest_ns;
	struct level level;
	double work_all; /* ns */
};

/* Own function instead of the library's parameters: what is shown has to be right by itself. */
static bool on_beat(const struct simulation *simulation, int64_t period_ns)
{
	const int64_t one = 1000000, band = one + simulation_band_ppm(&simulation->plan);

	if (simulation->plan.kind == ENTRAIN_DRIFTING)
		return true;
	return period_ns >= SIMULATION_PERIOD_NS * one / band &&
	       period_ns <= SIMULATION_PERIOD_NS / one * band;
}

static void crowd_load(struct crowd *crowd)
{
	const struct simulated *agents = crowd->simulation->agents;
	uint64_t sum_ns = 0, level_ns = 0;
	uint32_t measured = 0;

	for (uint32_t i = 0; i < crowd->count; i++) {
		const struct simulated *agent = &agents[crowd->slots[i]];

		sum_ns += (uint64_t)agent->work_ns;
		measured += agent->work_ns > 0;
	}
	crowd->level = level_make(sum_ns, measured, crowd->count, crowd->longest_ns);
	for (uint32_t i = 0; i < crowd->count; i++)
		level_ns += (uint64_t)level_work(&crowd->level, agents[crowd->slots[i]].work_ns);
	crowd->work_all = (double)level_ns;
}

static void crowd_fill(struct crowd *crowd, const struct simulation *simulation,
		       struct gauge *gauge)
{
	crowd->simulation = simulation;
	crowd->slots = (uint32_t *)(simulation->words + simulation->slot_space);
	crowd->count = 0;
	crowd->longest_ns = 0;
	for (uint32_t slot = 0; slot < simulation->slots; slot++) {
		const struct simulated *agent = &simulation->agents[slot];

		if (agent->state != SIMULATED_ALIVE)
			continue;
		gauge->agents++;
		if (!on_beat(simulation, agent->period_ns)) {
			gauge->off_beat++;
			continue;
		}
		crowd->slots[crowd->count++] = slot;
		if (agent->period_ns > crowd->longest_ns)
			crowd->longest_ns = agent->period_ns;
	}
	crowd_load(crowd);
}

/* Wanted gap after an agent, ns. No product is added to anything: no machine may round it otherwise. */
static double wanted_ns(const struct crowd *crowd, const struct simulated *agent)
{
	const double work = (double)level_work(&crowd->level, agent->work_ns);
	const double longest = (double)crowd->longest_ns;

	if (crowd->work_all > longest)
		return work / crowd->work_all * longest;
	return work + (longest - crowd->work_all) / crowd->count;
}

static int place_compare(const void *one, const void *other)
{
	const uint64_t left = *(const uint64_t *)one, right = *(const uint64_t *)other;

	return (left > right) - (left < right);
}

/*
 * Smallest and largest gap between circularly consecutive turns (or beginnings of actions) as multiples of the wanted
 * ones. A place is the instant in the period, above the slot, in one word.
 */
static void gaps_of(const struct crowd *crowd, bool actual, double *least, double *most)
{
	const struct simulated *agents = crowd->simulation->agents;
	uint64_t *places = crowd->simulation->words;
	const uint32_t count = crowd->count;

	for (uint32_t i = 0; i < count; i++) {
		const struct simulated *agent = &agents[crowd->slots[i]];
		int64_t at_ns = (actual ? agent->began_ns : agent->turn_ns) % crowd->longest_ns;

		places[i] = (uint64_t)at_ns << 16 | crowd->slots[i];
	}
	qsort(places, count, sizeof(*places), place_compare);
	*least = INFINITY;
	*most = 0;
	for (uint32_t i = 0; i < count; i++) {
		int64_t here_ns = (int64_t)(places[i] >> 16);
		int64_t there_ns = i + 1 < count ? (int64_t)(places[i + 1] >> 16)
						 : (int64_t)(places[0] >> 16) + crowd->longest_ns;
		double gap = (double)(there_ns - here_ns) /
			     wanted_ns(crowd, &agents[places[i] & 0xffff]);

		*least = fmin(*least, gap);
		*most = fmax(*most, gap);
	}
}

static double evenness_actual(const struct crowd *crowd)
{
	const struct simulation *simulation = crowd->simulation;
	double least, most;

	for (uint32_t i = 0; i < crowd->count; i++) {
		const struct simulated *agent = &simulation->agents[crowd->slots[i]];

		if (!agent->began_ns || simulation->now_ns - agent->began_ns >
						crowd->longest_ns / 5 * LAST_PERIOD_FIFTHS)
			return 0;
	}
	gaps_of(crowd, true, &least, &most);
	return fmin(1, 1 / most);
}

/* From whole numbers by operations that every machine rounds alike. */
static void orders_of(const struct crowd *crowd, struct gauge *gauge)
{
	const struct phasor_period period = phasor_period_make(crowd->longest_ns);
	struct phasor_sum sum = { 0 };

	for (uint32_t i = 0; i < crowd->count; i++)
		phasor_add(&sum, phasor_angle(&period,
					      crowd->simulation->agents[crowd->slots[i]].turn_ns));
	for (unsigned m = 0; m < GAUGE_ORDERS; m++) {
		int64_t re = sum.re[m] / crowd->count, im = sum.im[m] / crowd->count;
		uint32_t length = phasor_root((uint64_t)(re * re) + (uint64_t)(im * im));

		gauge->order[m] = fmin(1, (double)length / (double)PHASOR_ONE);
	}
}

static double rhythm_of(const struct crowd *crowd)
{
	int64_t most_ns = 0;

	for (uint32_t i = 0; i < crowd->count; i++) {
		const struct simulated *agent = &crowd->simulation->agents[crowd->slots[i]];
		int64_t off_ns = llabs(agent->turn_ns - agent->cur_ns - crowd->longest_ns);

		most_ns = off_ns > most_ns ? off_ns : most_ns;
	}
	return fmax(0, 1 - (double)most_ns / (double)crowd->longest_ns);
}

/* Distance to the nearest neighbour in turns, x (neighbours + 1): 1 is what even spacing among them would give. */
static double nearest_to(const struct simulation *simulation, const struct crowd *crowd,
			 uint32_t slot)
{
	const struct simulated *self = &simulation->agents[slot];
	struct graph_walk walk = { .slot = slot, .living = true };
	uint32_t other, seen = 0;
	int64_t nearest_ns = crowd->longest_ns;

	while (graph_next(simulation, &walk, &other)) {
		int64_t off_ns = llabs(simulation->agents[other].turn_ns - self->turn_ns) %
				 crowd->longest_ns;

		if (off_ns > crowd->longest_ns / 2)
			off_ns = crowd->longest_ns - off_ns;
		nearest_ns = off_ns < nearest_ns ? off_ns : nearest_ns;
		seen++;
	}
	return seen ? (double)nearest_ns / (double)crowd->longest_ns * (seen + 1) : INFINITY;
}

static double nearest_of(const struct simulation *simulation, const struct crowd *crowd)
{
	double worst = INFINITY;

	for (uint32_t i = 0; i < crowd->count; i++)
		if (!graph_sees_all(&simulation->graph, crowd->slots[i]))
			worst = fmin(worst, nearest_to(simulation, crowd, crowd->slots[i]));
	return worst;
}

static void sums_of(struct gauge *gauge, const struct crowd *crowd)
{
	const struct simulation *simulation = crowd->simulation;
	const uint32_t number = (uint32_t)(simulation->disruption >> 48);
	uint64_t energy = 0;
	uint32_t together = 0;

	for (uint32_t i = 0; i < crowd->count; i++) {
		const struct steer *steer = &simulation->agents[crowd->slots[i]].steer;

		energy += steer->energy;
		together += steer->pattern == DECIDE_SYNC;
		gauge->agree += steer->reached;
		gauge->obeyed += number && steer->disruption == number;
		gauge->scattered += number && steer->disruption == number && steer->scattered;
	}
	gauge->together = 2 * together > crowd->count;
	gauge->energy = (double)energy / crowd->count / (ENERGY_FULL / 100);
}

static void judge(struct gauge *gauge, const struct simulation *simulation)
{
	const struct goal *goal = &simulation->plan.goal;
	const bool together =
		goal->rule == DECIDE_ADAPT ? gauge->together : goal->rule == DECIDE_SYNC;
	const bool was_reached = gauge->reached, was_converged = gauge->converged;
	const uint32_t counted = gauge->agents - gauge->off_beat;
	/* Who sees its neighbours only can be apart from them only. */
	const double apart = isfinite(gauge->nearest) ? fmin(1, gauge->nearest) : gauge->evenness;

	switch (goal->metric) {
	case METRIC_EVENNESS:
		gauge->value = apart;
		break;
	case METRIC_COHERENCE:
		gauge->value = gauge->order[0];
		break;
	case METRIC_ORDER:
		gauge->value = gauge->order[goal->clusters - 1];
		break;
	case METRIC_RHYTHM:
		gauge->value = gauge->rhythm;
		break;
	case METRIC_LOAD:
		gauge->value = together ? gauge->order[0] : apart;
		break;
	}
	if (counted <= 1)
		gauge->value = 1;
	gauge->target = goal_target_ppm(goal, together ? DECIDE_SYNC : DECIDE_SPREAD,
					simulation->plan.target_ppm) /
			1e6;
	/* As the library's measure: where all are off-beat nobody has reached anything. */
	gauge->reached = gauge->value >= gauge->target && (counted || !gauge->agents) &&
			 (counted < 2 || gauge->energy >= goal->energy_least);
	gauge->converged = gauge->reached || (was_converged && was_reached);
}

void gauge_fill(struct gauge *gauge, struct simulation *simulation)
{
	struct crowd crowd;

	*gauge = (struct gauge){ .cycle = simulation->cycle,
				 .at_ns = simulation->now_ns - simulation->start_ns,
				 .reached = gauge->reached,
				 .converged = gauge->converged,
				 .min_gap = 1,
				 .max_gap = 1,
				 .evenness = 1,
				 .evenness_actual = 1,
				 .rhythm = 1,
				 .energy = 100,
				 .nearest = INFINITY,
				 .switches = simulation->switches };
	gauge->peak_overlap = overlap_peak(&simulation->overlap, simulation->now_ns);
	if (simulation->decisions)
		gauge->delay = (double)simulation->delay_sum_ns / simulation->decisions /
			       (double)SIMULATION_PERIOD_NS;
	crowd_fill(&crowd, simulation, gauge);
	if (crowd.count) {
		orders_of(&crowd, gauge);
		gauge->rhythm = rhythm_of(&crowd);
		gauge->nearest = nearest_of(simulation, &crowd);
		sums_of(gauge, &crowd);
	}
	if (crowd.count > 1) {
		gaps_of(&crowd, false, &gauge->min_gap, &gauge->max_gap);
		gauge->evenness = fmin(1, 1 / gauge->max_gap);
		gauge->evenness_actual = evenness_actual(&crowd);
	}
	judge(gauge, simulation);
}
