/* SPDX-License-Identifier: MIT */
/* gain.c - what a swarm's hosts do by themselves, gathered; and what to make of it. */
#include "gain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../libshm/goal.h"
#include "../../plugin/preload/rhythm.h"
#include "../memory.h"
#include "advice.h"
#include "forecast.h"
#include "habit.h"

#define PPM 1000000
/* Actions of a host that were seen before anything is said of it. */
#define ACTIONS_LEAST 4
/* ... and before an odd start is forgotten. */
#define TURNS_SETTLED 12
/* Flushes that take no longer than this help each other: a journal writes them together. */
#define SHORT_NS INT64_C(1000000)
/* Actions do not slow each other down if each other one adds less than this part. */
#define FREE_PART 10
#define LEVEL_LEAST 5 /* actions that a comparison is made from, at each side */
/* Above so many hosts no cap is looked for, since that takes long. */
#define LADDER_HOSTS 256
#define LADDER_SEEDS 4
#define CAPS 6
#define SLIGHT .1 /* of one more at once is no difference */

/* The least number at once of each level. */
static const unsigned level_from[GAIN_LEVELS] = { 1, 2, 3, 5, 9 };

static int64_t clock_read_ns(void)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return wall.tv_sec * INT64_C(1000000000) + wall.tv_nsec - entrain_now_ns();
}

/* ---- from what was seen -------------------------------------------------------------------------- */

static void gain_open(struct gain *gain, const struct picture *picture, unsigned count)
{
	*gain = (struct gain){ .swarm = picture->swarm, .settings = picture->status.settings };
	gain->hosts = memory_resize(NULL, count + 1, sizeof(*gain->hosts));
	memset(gain->hosts, 0, (count + 1) * sizeof(*gain->hosts));
}

double gain_per_minute(const struct gain_host *host)
{
	const int64_t every_ns = host->mean_ns > 0 ? host->mean_ns : host->interval_ns;

	return every_ns > 0 ? 60e9 / (double)every_ns : 0;
}

/* Count a host that was filled in. */
static void host_take(struct gain *gain)
{
	const struct gain_host *host = &gain->hosts[gain->count++];

	gain->lost += host->lost;
	gain->observing += host->seen.observes != 0;
	gain->watched += host->seen.watches != 0;
}

/* The interval that is usual here: what stretches of time are counted in. */
static int64_t interval_usual_ns(const struct gain *gain)
{
	int64_t *intervals = memory_resize(NULL, gain->count + 1, sizeof(*intervals)), usual_ns;
	unsigned used = 0;

	for (unsigned i = 0; i < gain->count; i++)
		if (gain->hosts[i].interval_ns > 0)
			intervals[used++] = gain->hosts[i].interval_ns;
	usual_ns = habit_median(intervals, used);
	free(intervals);
	return usual_ns > 0 ? usual_ns : gain->settings.period_ns;
}

/* The samples that met `from` up to `below`, added to `times_ns`. */
static unsigned samples_take(const struct gain *gain, unsigned from, unsigned below,
			     int64_t *times_ns)
{
	unsigned used = 0;

	for (unsigned i = 0; i < gain->count; i++)
		for (unsigned k = 0; k < gain->hosts[i].works; k++)
			if (gain->hosts[i].mets[k] >= from && gain->hosts[i].mets[k] < below)
				times_ns[used++] = gain->hosts[i].works_ns[k];
	return used;
}

/* How long actions take that meet so many; and the few that met fewest. */
static void levels_fill(struct gain *gain)
{
	int64_t *times_ns =
		memory_resize(NULL, (size_t)gain->count * GAIN_SAMPLES + 1, sizeof(*times_ns));
	unsigned calm = 0;

	for (unsigned level = 0; level < GAIN_LEVELS; level++) {
		const unsigned from = level_from[level],
			       below = level + 1 < GAIN_LEVELS ? level_from[level + 1] : ~0u,
			       used = samples_take(gain, from, below, times_ns);

		gain->levels[level] = (struct gain_level){ used, habit_median(times_ns, used) };
		if (calm >= LEVEL_LEAST)
			continue;
		calm = samples_take(gain, 0, below, times_ns);
		gain->calm_ns = habit_median(times_ns, calm);
	}
	free(times_ns);
}

void gain_from_history(struct gain *gain, struct history *history, const struct picture *picture)
{
	const int64_t clock_ns = clock_read_ns();

	gain_open(gain, picture, history->count);
	gain->window_ns = history->to_ns - history->from_ns;
	history_close(history);
	history_measure(history, 0);
	for (unsigned i = 0; i < history->count; i++) {
		habit_find(&gain->hosts[i], &history->hosts[i], &gain->settings, clock_ns);
		host_take(gain);
	}
	gain->now = history_measure(history, interval_usual_ns(gain));
	levels_fill(gain);
}

/*
 * Of one that comes by nothing regular the last few rests say little: they are taken to be such as if each moment were as good as any
 * other, exponential. So many thousandths of the median each of sixteen is.
 */
static void rests_guess(struct gain_host *host)
{
	static const int64_t parts[] = { 46,   142,  245,  356,  476,  608,  752,  913,
					 1093, 1300, 1541, 1830, 2193, 2678, 3415, 5000 };

	host->strays = sizeof(parts) / sizeof(*parts);
	for (unsigned i = 0; i < host->strays; i++)
		host->strays_ns[i] = (int64_t)((__int128)host->rest_ns * (parts[i] - 1000) / 1000);
}

/* As its slot has it: what its plugin found, and the mean action. */
static void host_from_slot(struct gain_host *host, const struct entrain_agent_info *agent,
			   const struct entrain_settings *settings)
{
	const int64_t mean_ns = agent->action_mean_ns > 0 ? agent->action_mean_ns : 0;

	host->seen = *agent;
	host->kind = agent->rhythm ? agent->rhythm : settings->kind;
	host->interval_ns = agent->rhythm ? agent->interval_ns : agent->period_ns;
	host->rest_ns = host->interval_ns > mean_ns ? host->interval_ns - mean_ns : 0;
	host->spread_ns = agent->spread_ns / 2;
	host->actions = agent->turns;
	host->began_ns = agent->began_ns;
	host->action_ns = mean_ns;
	host->action_most_ns = agent->action_last_ns > mean_ns ? agent->action_last_ns : mean_ns;
	host->works_ns[0] = mean_ns;
	host->works = 1;
	host->strays_ns[0] = -host->spread_ns;
	host->strays_ns[2] = host->spread_ns;
	host->strays = 3;
	if (host->kind == ENTRAIN_DRIFTING)
		rests_guess(host);
	/* Of an agent of the library that drifts its period is no interval: how often it comes is not known from one look. */
	if (host->kind == ENTRAIN_DRIFTING && !agent->rhythm) {
		host->kind = 0;
		host->interval_ns = host->rest_ns = 0;
	}
	if (agent->turns < ACTIONS_LEAST || agent->implausible)
		host->kind = 0;
}

/* What the last action of each met, by when it began and how long it took. */
static void last_actions_measure(struct gain *gain, const struct picture *picture)
{
	struct history history = { 0 };
	unsigned at = 0;

	history_look(&history, picture);
	gain->now = history_measure(&history, 0);
	gain->now.typical = gain->now.most;
	for (unsigned i = 0; i < gain->count; i++) {
		struct gain_host *host = &gain->hosts[i];

		while (history.hosts[at].seen.slot != host->seen.slot)
			at++;
		host->met = host->mets[0] = history.hosts[at].met;
	}
	history_free(&history);
}

void gain_from_picture(struct gain *gain, const struct picture *picture)
{
	gain_open(gain, picture, picture->agent_count);
	for (unsigned i = 0; i < picture->agent_count; i++) {
		const struct entrain_agent_info *agent = &picture->agents[i];

		if (agent->state == ENTRAIN_DEAD || agent->state == ENTRAIN_STALE)
			continue;
		host_from_slot(&gain->hosts[gain->count], agent, &gain->settings);
		host_take(gain);
	}
	last_actions_measure(gain, picture);
}

void gain_free(struct gain *gain)
{
	free(gain->hosts);
	gain->hosts = NULL;
	gain->count = 0;
}

/* ---- settings to be tried ------------------------------------------------------------------------ */

static uint32_t share_ppm(int64_t part_ns, int64_t whole_ns)
{
	const __int128 ppm = (__int128)part_ns * PPM / whole_ns;

	return ppm >= PPM ? PPM - 1 : (uint32_t)ppm;
}

/* As the swarm is set; the cap is the rules', where they have one: a clock's may be more than the swarm's, as may one at a door. */
static struct gain_setting setting_now(const struct gain *gain)
{
	const struct entrain_settings *settings = &gain->settings;
	const struct goal *goal = goal_row((int)settings->goal);
	struct gain_setting setting = { .kind = settings->kind,
					.period_ns = settings->period_ns,
					.band_ppm = settings->band_ppm,
					.goal = settings->goal };
	uint32_t own_ppm = advice_rule_cap_ppm(gain);

	setting.cap_ppm = settings->max_delay_ns
				  ? share_ppm(settings->max_delay_ns, settings->period_ns)
			  : settings->max_delay_ppm ? settings->max_delay_ppm
						    : goal->cap_ppm;
	if (own_ppm && (own_ppm < setting.cap_ppm || settings->kind == ENTRAIN_GRID ||
			settings->kind == ENTRAIN_DRIFTING))
		setting.cap_ppm = own_ppm;
	return setting;
}

/* The kind that most hosts are of; one that is regular if that is as frequent. */
static uint32_t kind_usual(const struct gain *gain)
{
	unsigned votes[ENTRAIN_DRIFTING + 1] = { 0 };
	uint32_t best = 0;

	for (unsigned i = 0; i < gain->count; i++)
		votes[gain->hosts[i].kind]++;
	for (uint32_t kind = ENTRAIN_TAKEN; kind <= ENTRAIN_DRIFTING; kind++)
		if (votes[kind] > (best ? votes[best] : 0))
			best = kind;
	return best;
}

/* The usual period of the hosts of a kind, or of all at a door. */
static int64_t period_usual_ns(const struct gain *gain, uint32_t kind)
{
	int64_t *periods = memory_resize(NULL, gain->count + 1, sizeof(*periods)), usual_ns;
	unsigned used = 0;

	for (unsigned i = 0; i < gain->count; i++)
		if (gain->hosts[i].kind == kind ||
		    (gain->hosts[i].kind && kind == ENTRAIN_DRIFTING))
			periods[used++] = forecast_period_ns(&gain->hosts[i], kind);
	usual_ns = habit_median(periods, used);
	free(periods);
	return rhythm_round_ns(usual_ns) ? rhythm_round_ns(usual_ns) : usual_ns;
}

/* Do most of those of which something is known fit? */
static int fits_most(const struct gain *gain, const struct gain_setting *setting)
{
	unsigned known = 0, fit = 0;

	for (unsigned i = 0; i < gain->count; i++) {
		known += gain->hosts[i].kind != 0;
		fit += (unsigned)forecast_fits(&gain->hosts[i], setting);
	}
	return fit > 0 && 2 * fit > known;
}

/* As it would suit the hosts. Of period, kind and band what is set is kept, if it does; at a door anybody may come, with a rhythm or
 * without one. */
static struct gain_setting setting_wanted(const struct gain *gain)
{
	struct gain_setting wanted = gain->set;

	if (gain->set_fits)
		return wanted;
	wanted.kind = kind_usual(gain);
	wanted.period_ns = period_usual_ns(gain, wanted.kind);
	if (wanted.kind && !fits_most(gain, &wanted)) {
		wanted.kind = ENTRAIN_DRIFTING;
		wanted.period_ns = period_usual_ns(gain, wanted.kind);
	}
	return wanted;
}

/* How many are at once, to be compared. Where all is chance the most is a matter of how long one looks: there it is the mean. */
static double measure_of(const struct gain_forecast *forecast)
{
	return forecast->setting.kind == ENTRAIN_DRIFTING ? forecast->mean : forecast->most;
}

/* The smallest of a few caps with which no more are at once than with any, but for a tenth of one. */
static uint32_t cap_find(struct gain *gain, struct gain_setting setting)
{
	static const uint32_t caps_ppm[CAPS] = { 50000, 100000, 250000, 500000, 750000, 900000 };
	const uint32_t given_ppm = setting.cap_ppm;
	double found[CAPS], best = INFINITY;

	if (gain->count > LADDER_HOSTS)
		return given_ppm;
	for (size_t i = 0; i < CAPS; i++) {
		struct gain_forecast forecast;

		setting.cap_ppm = caps_ppm[i];
		forecast_make(gain, &setting, LADDER_SEEDS, 0, &forecast);
		found[i] = forecast.made ? measure_of(&forecast) : INFINITY;
		best = found[i] < best ? found[i] : best;
	}
	for (size_t i = 0; i < CAPS; i++)
		if (isfinite(best) && found[i] <= best + SLIGHT)
			return caps_ppm[i];
	return given_ppm;
}

/* ---- what to make of it -------------------------------------------------------------------------- */

/* Did those that met others take hardly longer than those that were alone? -1: that was not seen. */
static int are_free(const struct gain *gain)
{
	const struct gain_level *alone = &gain->levels[0];

	for (unsigned level = GAIN_LEVELS; level-- > 1 && alone->actions >= LEVEL_LEAST;) {
		const struct gain_level *met = &gain->levels[level];

		if (met->actions >= LEVEL_LEAST)
			return met->action_ns - alone->action_ns <=
			       alone->action_ns / FREE_PART * (level_from[level] - 1);
	}
	return -1;
}

/* Of one picture nothing is known but what actions take in the mean. */
static int64_t action_usual_ns(const struct gain *gain)
{
	int64_t *times_ns, usual_ns;
	unsigned used = 0;

	if (gain->calm_ns)
		return gain->calm_ns;
	times_ns = memory_resize(NULL, gain->count + 1, sizeof(*times_ns));
	for (unsigned i = 0; i < gain->count; i++)
		if (gain->hosts[i].kind)
			times_ns[used++] = gain->hosts[i].action_ns;
	usual_ns = habit_median(times_ns, used);
	free(times_ns);
	return usual_ns;
}

/* Are no more at once than would be? */
static int are_apart(const struct gain *gain)
{
	const struct gain_forecast *advised = &gain->advised;

	if (advised->setting.kind == ENTRAIN_DRIFTING && gain->now.mean > 0)
		return gain->now.mean <= advised->mean + SLIGHT;
	return gain->now.most <= advised->most;
}

static enum gain_verdict verdict_of(const struct gain *gain)
{
	const struct goal *goal = goal_row((int)gain->settings.goal);
	unsigned known = 0, steady = 0;
	int settled = 0;

	for (unsigned i = 0; i < gain->count; i++) {
		settled |= gain->hosts[i].seen.turns >= TURNS_SETTLED;
		known += gain->hosts[i].kind != 0;
		steady += gain->hosts[i].kind != 0 && gain->hosts[i].kind != ENTRAIN_DRIFTING;
	}
	if (!known)
		return GAIN_UNKNOWN;
	if (!gain->observing)
		return GAIN_ACTS;
	if (!gain->advised.made || (!steady && !settled))
		return settled ? GAIN_NO_RHYTHM : GAIN_UNKNOWN;
	if (known == 1)
		return GAIN_ALONE;
	if (goal->rule != DECIDE_SPREAD)
		return GAIN_TOGETHER;
	if (gain->now.most > 1 && action_usual_ns(gain) < SHORT_NS)
		return GAIN_SHORT;
	if (are_apart(gain))
		return GAIN_APART;
	return are_free(gain) == 1 ? GAIN_FREE : GAIN_WORTH;
}

void gain_judge(struct gain *gain, uint32_t cap_ppm)
{
	struct gain_setting wanted;

	gain->set = setting_now(gain);
	gain->set_fits = fits_most(gain, &gain->set);
	if (gain->set_fits && gain->observing)
		forecast_make(gain, &gain->set, GAIN_SEEDS, 0, &gain->as_set);
	wanted = setting_wanted(gain);
	/* Hosts that only queue cannot be brought together. */
	if (wanted.kind == ENTRAIN_DRIFTING && goal_row((int)wanted.goal)->rule == DECIDE_SYNC)
		wanted.kind = 0;
	if (wanted.kind && gain->observing && fits_most(gain, &wanted)) {
		wanted.cap_ppm = cap_ppm ? cap_ppm : cap_find(gain, wanted);
		forecast_make(gain, &wanted, GAIN_SEEDS, 1, &gain->advised);
	}
	gain->verdict = verdict_of(gain);
}
