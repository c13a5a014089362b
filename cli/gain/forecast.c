/* SPDX-License-Identifier: MIT */
/* forecast.c - what would come of it: the hosts as they were seen, under the library's own rules, on a virtual clock. */
#include "forecast.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../memory.h"
#include "../simulate/controls.h"
#include "../simulate/draw.h"
#include "../simulate/gauge.h"
#include "../simulate/simulation.h"
#include "habit.h"

#define PPM 1000000
/* Cycles that a swarm may take to come apart, besides those that its cap makes necessary; and that are looked at then. */
#define SETTLE_CYCLES 15u
#define SETTLE_MOST 60u
#define LOOKED_LEAST 10
#define LOOKED_MOST 40
/* A simulated clock is looked at so often a period. */
#define LOOKS 8
/* No sample of a host is longer than so many periods. */
#define SAMPLE_PERIODS 4

/* One simulated run. */
struct trial {
	struct simulation simulation;
	struct simulation_host *hosts;
	int64_t *works_ns, *strays_ns; /* GAIN_SAMPLES of each */
	struct history history;
	int64_t hold_sum_ns, hold_most_ns;
	uint64_t holds;
};

static int64_t scaled(int64_t value_ns, int64_t from_ns, int64_t to_ns)
{
	return (int64_t)((__int128)value_ns * to_ns / from_ns);
}

int64_t forecast_period_ns(const struct gain_host *host, uint32_t kind)
{
	return kind == ENTRAIN_RELATIVE ? host->rest_ns : host->interval_ns;
}

int forecast_fits(const struct gain_host *host, const struct gain_setting *setting)
{
	const int64_t period_ns = forecast_period_ns(host, setting->kind);
	const __int128 one = PPM, band = one + setting->band_ppm;

	if (!host->kind || host->kind != setting->kind || period_ns <= 0)
		return 0;
	/* As the plugin does it: within [period / (1 + band), period x (1 + band)]. */
	return period_ns * one <= setting->period_ns * band &&
	       period_ns * band >= setting->period_ns * one;
}

/* What comes from other processes may be anything; what is further off than this is no use either. */
static int64_t sample_scaled(int64_t value_ns, const struct gain_setting *setting)
{
	const __int128 wide = (__int128)value_ns * SIMULATION_PERIOD_NS / setting->period_ns;
	const int64_t most_ns = SAMPLE_PERIODS * SIMULATION_PERIOD_NS;

	return wide < -most_ns ? -most_ns : wide > most_ns ? most_ns : (int64_t)wide;
}

/* ---- hosts into the simulation ------------------------------------------------------------------ */

static void samples_scale(struct simulation_host *host, const struct gain_host *from,
			  const struct gain_setting *setting, int shared, int64_t *works_ns,
			  int64_t *strays_ns)
{
	int64_t sorted[GAIN_SAMPLES];

	for (unsigned i = 0; i < from->works; i++) {
		const unsigned met = shared && from->mets[i] ? from->mets[i] : 1;

		works_ns[i] = sample_scaled(from->works_ns[i] / met, setting);
		sorted[i] = works_ns[i];
	}
	for (unsigned i = 0; i < from->strays; i++)
		strays_ns[i] = sample_scaled(from->strays_ns[i], setting);
	host->works_ns = works_ns;
	host->works = from->works;
	host->work_ns = habit_median(sorted, from->works);
	if (host->work_ns > SIMULATION_PERIOD_NS)
		host->work_ns = SIMULATION_PERIOD_NS;
	host->strays_ns = strays_ns;
	host->strays = from->strays;
}

/* Seed 0: they are where they are now. A clock's stay there; others may be anywhere. */
static int64_t first_ns(const struct gain_host *host, const struct gain_setting *setting,
			uint64_t seed, unsigned index)
{
	if (seed && setting->kind != ENTRAIN_GRID)
		return (int64_t)draw_below(draw(seed, DRAW_START, index, 0), SIMULATION_PERIOD_NS);
	return scaled(habit_phase_ns(host->began_ns, 0, setting->period_ns), setting->period_ns,
		      SIMULATION_PERIOD_NS);
}

static unsigned hosts_make(struct trial *trial, const struct gain *gain,
			   const struct gain_setting *setting, uint64_t seed, int shared)
{
	unsigned used = 0;

	for (unsigned i = 0; i < gain->count; i++) {
		const struct gain_host *from = &gain->hosts[i];
		struct simulation_host *host = &trial->hosts[used];

		if (!forecast_fits(from, setting))
			continue;
		*host = (struct simulation_host){ .period_ns = SIMULATION_PERIOD_NS,
						  .holds_late = seed / 2 % 2 == 1 };
		if (setting->kind == ENTRAIN_RELATIVE)
			host->period_ns =
				scaled(from->rest_ns, setting->period_ns, SIMULATION_PERIOD_NS);
		host->first_ns = first_ns(from, setting, seed, i);
		samples_scale(host, from, setting, shared, trial->works_ns + used * GAIN_SAMPLES,
			      trial->strays_ns + used * GAIN_SAMPLES);
		used++;
	}
	return used;
}

/* ---- a run -------------------------------------------------------------------------------------- */

/* What has begun since the last look. */
static void trial_look(struct trial *trial, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct simulated *agent = &trial->simulation.agents[i];
		const struct history_host *host =
			i < trial->history.count ? &trial->history.hosts[i] : NULL;

		if (!agent->began_ns ||
		    (host && host->count &&
		     host->actions[host->count - 1].begin_ns >= agent->began_ns))
			continue;
		history_add(&trial->history, i, agent->began_ns, agent->end_ns);
		trial->hold_sum_ns += agent->delay_ns;
		trial->holds++;
		if (agent->delay_ns > trial->hold_most_ns)
			trial->hold_most_ns = agent->delay_ns;
	}
}

static void trial_run(struct trial *trial, unsigned count, unsigned settle, unsigned looked)
{
	struct simulation *simulation = &trial->simulation;
	struct gauge gauge = { 0 };

	while (simulation->cycle < settle)
		simulation_cycle(simulation, &gauge);
	while (simulation->cycle < settle + looked) {
		int over = simulation_until(simulation,
					    simulation->now_ns + SIMULATION_PERIOD_NS / LOOKS);

		trial_look(trial, count);
		if (over)
			simulation_cycle(simulation, &gauge);
	}
}

static int64_t intervals_mean_ns(const struct history *history)
{
	int64_t sum_ns = 0, count = 0;

	for (unsigned i = 0; i < history->count; i++) {
		const struct history_host *host = &history->hosts[i];

		if (host->count < 2)
			continue;
		sum_ns += host->actions[host->count - 1].begin_ns - host->actions[0].begin_ns;
		count += (int64_t)host->count - 1;
	}
	return count ? sum_ns / count : 0;
}

static int64_t intervals_now_ns(const struct gain *gain, const struct gain_setting *setting)
{
	int64_t sum_ns = 0, count = 0;

	for (unsigned i = 0; i < gain->count; i++)
		if (forecast_fits(&gain->hosts[i], setting)) {
			sum_ns += gain->hosts[i].interval_ns;
			count++;
		}
	return count ? sum_ns / count : 0;
}

static void result_add(struct gain *gain, struct trial *trial, int keep,
		       struct gain_forecast *forecast)
{
	const struct history_overlap overlap =
		history_measure(&trial->history, SIMULATION_PERIOD_NS);
	unsigned used = 0;

	if (overlap.typical < forecast->least)
		forecast->least = overlap.typical;
	if (overlap.most > forecast->most)
		forecast->most = overlap.most;
	if (trial->hold_most_ns > forecast->hold_most_ns)
		forecast->hold_most_ns = trial->hold_most_ns;
	for (unsigned i = 0; keep && i < gain->count; i++) {
		struct gain_host *host = &gain->hosts[i];
		unsigned met;

		if (!host->fits || used >= trial->history.count)
			continue;
		met = trial->history.hosts[used++].met;
		if (!host->met_least || met < host->met_least)
			host->met_least = met;
		if (met > host->met_most)
			host->met_most = met;
	}
}

static void plan_make(struct simulation_plan *plan, const struct gain_setting *setting,
		      const struct trial *trial, unsigned count, uint64_t seed)
{
	const struct goal *goal = goal_row((int)setting->goal);

	*plan = (struct simulation_plan){ .agents = count,
					  .cycles = SETTLE_MOST + LOOKED_MOST,
					  .seed = seed + 1,
					  .goal = *goal,
					  .cap_ppm = setting->cap_ppm,
					  .cap_given = true,
					  .kind = setting->kind,
					  .control = control_find("spread"),
					  .hosts = trial->hosts,
					  .band_ppm = setting->band_ppm,
					  .threads = 1 };
}

static unsigned looked_cycles(const struct gain *gain, const struct gain_setting *setting)
{
	const int64_t cycles = gain->window_ns / setting->period_ns;

	return (unsigned)(cycles < LOOKED_LEAST  ? LOOKED_LEAST
			  : cycles > LOOKED_MOST ? LOOKED_MOST
						 : cycles);
}

static void forecast_open(struct gain *gain, const struct gain_setting *setting, int keep,
			  struct gain_forecast *forecast)
{
	const unsigned needed = setting->cap_ppm ? PPM / setting->cap_ppm + 1 : SETTLE_MOST;

	*forecast = (struct gain_forecast){ .setting = *setting, .least = UINT_MAX };
	forecast->settle =
		needed + SETTLE_CYCLES < SETTLE_MOST ? needed + SETTLE_CYCLES : SETTLE_MOST;
	for (unsigned i = 0; i < gain->count; i++) {
		struct gain_host *host = &gain->hosts[i];
		const int fits = forecast_fits(host, setting);

		forecast->hosts += fits;
		if (keep) {
			host->fits = fits;
			host->met_least = host->met_most = 0;
		}
	}
}

void forecast_make(struct gain *gain, const struct gain_setting *setting, unsigned seeds, int keep,
		   struct gain_forecast *forecast)
{
	struct trial trial = { 0 };
	int64_t now_ns, interval_ns = 0, hold_ns = 0, holds = 0;
	struct simulation_plan plan;
	char why[200];

	forecast_open(gain, setting, keep, forecast);
	if (!forecast->hosts)
		return;
	trial.hosts = memory_resize(NULL, forecast->hosts, sizeof(*trial.hosts));
	trial.works_ns = memory_resize(NULL, (size_t)forecast->hosts * GAIN_SAMPLES, 8);
	trial.strays_ns = memory_resize(NULL, (size_t)forecast->hosts * GAIN_SAMPLES, 8);
	for (uint64_t seed = 0; seed < seeds; seed++) {
		const unsigned count = hosts_make(&trial, gain, setting, seed, seed % 2 == 1);

		plan_make(&plan, setting, &trial, count, seed);
		trial.history = (struct history){ 0 };
		trial.hold_sum_ns = 0;
		trial.holds = 0;
		if (!simulation_open(&trial.simulation, &plan, why, sizeof(why)))
			break;
		trial_run(&trial, count, forecast->settle, looked_cycles(gain, setting));
		result_add(gain, &trial, keep, forecast);
		interval_ns += intervals_mean_ns(&trial.history);
		hold_ns += trial.hold_sum_ns;
		holds += (int64_t)trial.holds;
		simulation_close(&trial.simulation);
		history_free(&trial.history);
		forecast->made = 1;
	}
	now_ns = intervals_now_ns(gain, setting);
	interval_ns =
		scaled(interval_ns / (int64_t)seeds, SIMULATION_PERIOD_NS, setting->period_ns);
	forecast->slower = now_ns > 0 ? (double)interval_ns / (double)now_ns - 1 : 0;
	forecast->hold_ns =
		holds ? scaled(hold_ns / holds, SIMULATION_PERIOD_NS, setting->period_ns) : 0;
	forecast->hold_most_ns =
		scaled(forecast->hold_most_ns, SIMULATION_PERIOD_NS, setting->period_ns);
	free(trial.hosts);
	free(trial.works_ns);
	free(trial.strays_ns);
}
