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
#include "drifter.h"
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
	unsigned count;   /* of hosts */
	int64_t usual_ns; /* from one turn of a host to its next */
	int64_t most_ns;  /* no sample is longer */
	struct simulation_host *hosts;
	int64_t *works_ns, *strays_ns; /* GAIN_SAMPLES of each */
	struct history history;
	int64_t hold_sum_ns, hold_most_ns;
	uint64_t holds;
	double mean_sum;
	unsigned means;
	/* Drifting: each host's interval by itself; the sum of it over its turns; what holds add to that. */
	int64_t *every_ns;
	double every_sum_ns, carried_sum_ns;
};

static int drifts(const struct gain_setting *setting)
{
	return setting->kind == ENTRAIN_DRIFTING;
}

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

	/* Whatever its rhythm: nothing is planned for it. */
	if (drifts(setting))
		return host->kind && period_ns > 0;
	if (!host->kind || host->kind != setting->kind || period_ns <= 0)
		return 0;
	/* As the plugin does it: within [period / (1 + band), period x (1 + band)]. */
	return period_ns * one <= setting->period_ns * band &&
	       period_ns * band >= setting->period_ns * one;
}

/* What comes from other processes may be anything; what is further off than this is no use either. */
static int64_t sample_scaled(int64_t value_ns, const struct gain_setting *setting, int64_t most_ns)
{
	const __int128 wide = (__int128)value_ns * SIMULATION_PERIOD_NS / setting->period_ns;

	return wide < -most_ns ? -most_ns : wide > most_ns ? most_ns : (int64_t)wide;
}

/* ---- hosts into the simulation ------------------------------------------------------------------ */

static void samples_scale(struct simulation_host *host, const struct gain_host *from,
			  const struct gain_setting *setting, int shared, int64_t most_ns,
			  int64_t *works_ns, int64_t *strays_ns)
{
	int64_t sorted[GAIN_SAMPLES];

	for (unsigned i = 0; i < from->works; i++) {
		const unsigned met = shared && from->mets[i] ? from->mets[i] : 1;

		works_ns[i] = sample_scaled(from->works_ns[i] / met, setting, most_ns);
		sorted[i] = works_ns[i];
	}
	for (unsigned i = 0; i < from->strays; i++)
		strays_ns[i] = sample_scaled(from->strays_ns[i], setting, most_ns);
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

static void hosts_make(struct trial *trial, const struct gain *gain,
		       const struct gain_setting *setting, uint64_t seed, int shared)
{
	unsigned used = 0;

	for (unsigned i = 0; i < gain->count; i++) {
		const struct gain_host *from = &gain->hosts[i];
		struct simulation_host *host = &trial->hosts[used];
		int64_t *strays_ns = trial->strays_ns + used * GAIN_SAMPLES;

		if (!forecast_fits(from, setting))
			continue;
		*host = (struct simulation_host){ .period_ns = SIMULATION_PERIOD_NS,
						  .holds_late = seed / 2 % 2 == 1 };
		if (setting->kind == ENTRAIN_RELATIVE)
			host->period_ns =
				scaled(from->rest_ns, setting->period_ns, SIMULATION_PERIOD_NS);
		host->first_ns = first_ns(from, setting, seed, i);
		samples_scale(host, from, setting, shared, trial->most_ns,
			      trial->works_ns + used * GAIN_SAMPLES, strays_ns);
		if (drifts(setting))
			trial->every_ns[used] = drifter_make(host, from, gain, setting,
							     trial->usual_ns, seed, strays_ns);
		used++;
	}
}

/* ---- a run -------------------------------------------------------------------------------------- */

/* What has begun since the last look. */
static void trial_look(struct trial *trial)
{
	for (unsigned i = 0; i < trial->count; i++) {
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
		trial->every_sum_ns += (double)trial->every_ns[i];
		if (trial->hosts[i].carries)
			trial->carried_sum_ns += (double)agent->delay_ns;
		if (agent->delay_ns > trial->hold_most_ns)
			trial->hold_most_ns = agent->delay_ns;
	}
}

static void trial_run(struct trial *trial, unsigned settle, unsigned looked)
{
	struct simulation *simulation = &trial->simulation;
	struct gauge gauge = { 0 };

	while (simulation->cycle < settle)
		simulation_cycle(simulation, &gauge);
	while (simulation->cycle < settle + looked) {
		int over = simulation_until(simulation,
					    simulation->now_ns + SIMULATION_PERIOD_NS / LOOKS);

		trial_look(trial);
		if (over)
			simulation_cycle(simulation, &gauge);
	}
}

/* Who drifts may act often while others act once: time is what is counted then, and every event is looked at. */
static void trial_drift(struct trial *trial, unsigned settle, unsigned looked)
{
	struct simulation *simulation = &trial->simulation;
	const int64_t from_ns = simulation->start_ns + settle * trial->usual_ns,
		      end_ns = from_ns + looked * trial->usual_ns;
	struct gauge gauge = { 0 };

	while (simulation->now_ns < end_ns) {
		const int64_t event_ns = simulation->queue.items[0].at_ns;
		int over = simulation_until(simulation, event_ns < end_ns ? event_ns : end_ns);

		if (simulation->now_ns >= from_ns)
			trial_look(trial);
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

static void result_add(struct gain *gain, struct trial *trial, int keep, int shared,
		       struct gain_forecast *forecast)
{
	const struct history_overlap overlap = history_measure(&trial->history, trial->usual_ns);
	unsigned used = 0;

	if (!shared) {
		trial->mean_sum += overlap.mean;
		trial->means++;
	}
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
		      const struct trial *trial, uint64_t seed)
{
	const struct goal *goal = goal_row((int)setting->goal);

	*plan = (struct simulation_plan){ .agents = trial->count,
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

static unsigned looked_cycles(const struct gain *gain, const struct gain_setting *setting,
			      const struct trial *trial)
{
	const int64_t cycles =
		scaled(gain->window_ns, setting->period_ns, SIMULATION_PERIOD_NS) / trial->usual_ns;

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
	/* At a door there is nothing to come apart. */
	if (drifts(setting))
		forecast->settle = 1;
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

static void trial_open(struct trial *trial, const struct gain *gain,
		       const struct gain_setting *setting, unsigned hosts)
{
	*trial = (struct trial){ .count = hosts,
				 .usual_ns = SIMULATION_PERIOD_NS,
				 .most_ns = SAMPLE_PERIODS * SIMULATION_PERIOD_NS };
	if (drifts(setting)) {
		trial->usual_ns = drifter_usual_ns(gain, setting);
		trial->most_ns = DRIFTER_UNUSUAL * trial->usual_ns;
	}
	trial->hosts = memory_resize(NULL, hosts, sizeof(*trial->hosts));
	trial->works_ns = memory_resize(NULL, (size_t)hosts * GAIN_SAMPLES, 8);
	trial->strays_ns = memory_resize(NULL, (size_t)hosts * GAIN_SAMPLES, 8);
	trial->every_ns = memory_resize(NULL, hosts, sizeof(*trial->every_ns));
	memset(trial->every_ns, 0, hosts * sizeof(*trial->every_ns));
}

static void trial_close(struct trial *trial)
{
	free(trial->hosts);
	free(trial->works_ns);
	free(trial->strays_ns);
	free(trial->every_ns);
}

/* What intervals of so many hosts are now, and were in so many runs. Of who drifts, by what its holds add: its intervals vary by far
 * more than that. */
static double slower_of(const struct gain *gain, const struct gain_setting *setting,
			const struct trial *trial, int64_t interval_ns)
{
	const int64_t now_ns = intervals_now_ns(gain, setting);

	if (drifts(setting))
		return trial->every_sum_ns > 0 ? trial->carried_sum_ns / trial->every_sum_ns : 0;
	interval_ns = scaled(interval_ns, SIMULATION_PERIOD_NS, setting->period_ns);
	return now_ns > 0 ? (double)interval_ns / (double)now_ns - 1 : 0;
}

void forecast_make(struct gain *gain, const struct gain_setting *setting, unsigned seeds, int keep,
		   struct gain_forecast *forecast)
{
	int64_t interval_ns = 0, hold_ns = 0, holds = 0;
	struct simulation_plan plan;
	struct trial trial;
	char why[200];

	forecast_open(gain, setting, keep, forecast);
	if (!forecast->hosts)
		return;
	trial_open(&trial, gain, setting, forecast->hosts);
	for (uint64_t seed = 0; seed < seeds; seed++) {
		const unsigned looked = looked_cycles(gain, setting, &trial);
		const int shared = seed % 2 == 1;

		hosts_make(&trial, gain, setting, seed, shared);
		plan_make(&plan, setting, &trial, seed);
		trial.history = (struct history){ 0 };
		trial.hold_sum_ns = 0;
		trial.holds = 0;
		if (!simulation_open(&trial.simulation, &plan, why, sizeof(why)))
			break;
		if (drifts(setting))
			trial_drift(&trial, forecast->settle, looked);
		else
			trial_run(&trial, forecast->settle, looked);
		result_add(gain, &trial, keep, shared, forecast);
		interval_ns += intervals_mean_ns(&trial.history);
		hold_ns += trial.hold_sum_ns;
		holds += (int64_t)trial.holds;
		simulation_close(&trial.simulation);
		history_free(&trial.history);
		forecast->made = 1;
	}
	forecast->mean = trial.means ? trial.mean_sum / trial.means : 0;
	forecast->slower = slower_of(gain, setting, &trial, interval_ns / (int64_t)seeds);
	forecast->hold_ns =
		holds ? scaled(hold_ns / holds, SIMULATION_PERIOD_NS, setting->period_ns) : 0;
	forecast->hold_most_ns =
		scaled(forecast->hold_most_ns, SIMULATION_PERIOD_NS, setting->period_ns);
	trial_close(&trial);
}
