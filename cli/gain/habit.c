/* SPDX-License-Identifier: MIT */
/* habit.c - from a host's actions: how often, how steadily, driven by what; recognised by the plugin's own object file. */
#include "habit.h"

#include <stdlib.h>
#include <string.h>

#include "../../plugin/preload/rhythm.h"
#include "../memory.h"

/* Clocks do not drift: who is so many times its own scatter away from one by the end is none of theirs. */
#define DRIFT_SCATTERS 2
/* An interval that is so near to the swarm's period is meant to be it. */
#define NEAR_PART 64
/* A sleep's rests vary by no more than this part of them. */
#define STEADY_PART 16

static int ns_compare(const void *one, const void *other)
{
	const int64_t left = *(const int64_t *)one, right = *(const int64_t *)other;

	return (left > right) - (left < right);
}

int64_t habit_median(int64_t *values, unsigned count)
{
	if (!count)
		return 0;
	qsort(values, count, sizeof(*values), ns_compare);
	return values[(count - 1) / 2];
}

/* Of sorted values: half of what nine of ten lie within. */
static int64_t half_width(const int64_t *values, unsigned count)
{
	const unsigned cut = count / 20;

	return count > 1 ? (values[count - 1 - cut] - values[cut]) / 2 : 0;
}

int64_t habit_phase_ns(int64_t instant_ns, int64_t clock_ns, int64_t period_ns)
{
	const int64_t phase_ns = (instant_ns + clock_ns) % period_ns;

	return phase_ns < 0 ? phase_ns + period_ns : phase_ns;
}

/* The kind that most of its looks at the last few arrivals say: an odd moment is no habit. */
static uint32_t kind_by_votes(const struct history_host *history,
			      const struct entrain_settings *settings, int64_t clock_ns)
{
	unsigned votes[ENTRAIN_DRIFTING + 1] = { 0 };
	struct rhythm rhythm = { 0 };
	uint32_t best = 0;

	for (size_t i = 0; i < history->count; i++) {
		const struct history_action *action = &history->actions[i];
		struct rhythm_found found;

		rhythm_arrive(&rhythm, action->begin_ns, action->begin_ns + clock_ns);
		rhythm_over(&rhythm, action->end_ns);
		rhythm_find(&rhythm, settings->period_ns, settings->kind == ENTRAIN_GRID, &found);
		votes[rhythm_kind(&rhythm, &found)]++;
	}
	for (uint32_t kind = 1; kind <= ENTRAIN_DRIFTING; kind++)
		if (votes[kind] && votes[kind] >= votes[best] + (best == 0 ? 0 : 1))
			best = kind;
	return votes[best] && best ? best : 0;
}

/* A steady sleep that happens to be as long as a clock's period looks like one for a while; but it drifts. */
static int drifts_from_clock(const struct gain_host *host, const struct history_host *history,
			     int64_t scatter_ns)
{
	const int64_t period_ns = rhythm_round_ns(host->interval_ns);
	const int64_t count = (int64_t)history->count - 1;
	int64_t off_ns;

	if (count < 2 || !period_ns)
		return 0;
	off_ns = history->actions[count].begin_ns - history->actions[0].begin_ns;
	/* Cycles that were left out count as well. */
	off_ns -= (off_ns + period_ns / 2) / period_ns * period_ns;
	return llabs(off_ns) > DRIFT_SCATTERS * scatter_ns + count * 10000;
}

int64_t habit_clock_ns(const struct gain_host *host, const struct entrain_settings *settings)
{
	const int64_t round_ns = rhythm_round_ns(host->interval_ns);

	if (llabs(host->interval_ns - settings->period_ns) <= settings->period_ns / NEAR_PART)
		return settings->period_ns;
	return round_ns ? round_ns : host->interval_ns + 1;
}

/* How far each arrival was from where the rhythm had it. */
static void strays_fill(struct gain_host *host, const struct history_host *history,
			int64_t period_ns)
{
	const size_t first = history->count > GAIN_SAMPLES ? history->count - GAIN_SAMPLES : 0;
	int64_t sorted[GAIN_SAMPLES], middle_ns;
	unsigned count = 0;

	for (size_t i = first; i < history->count; i++) {
		const struct history_action *action = &history->actions[i];

		if (host->kind == ENTRAIN_GRID) {
			/* from the phase of the first, the short way round */
			int64_t ns = habit_phase_ns(
				action->begin_ns - history->actions[first].begin_ns, 0, period_ns);

			host->strays_ns[count++] = ns > period_ns / 2 ? ns - period_ns : ns;
		} else if (i > first) {
			host->strays_ns[count++] = action->begin_ns - action[-1].end_ns;
		}
	}
	memcpy(sorted, host->strays_ns, sizeof(sorted));
	middle_ns = habit_median(sorted, count);
	for (unsigned i = 0; i < count; i++)
		host->strays_ns[i] -= middle_ns;
	if (host->kind == ENTRAIN_GRID && count)
		host->began_ns = history->actions[first].begin_ns + middle_ns;
	host->strays = count;
}

static void works_fill(struct gain_host *host, const struct history_host *history)
{
	const size_t first = history->count > GAIN_SAMPLES ? history->count - GAIN_SAMPLES : 0;
	int64_t sorted[GAIN_SAMPLES];

	for (size_t i = first; i < history->count; i++) {
		const struct history_action *action = &history->actions[i];

		host->mets[host->works] = action->met;
		host->works_ns[host->works++] = action->end_ns - action->begin_ns;
	}
	memcpy(sorted, host->works_ns, sizeof(sorted));
	host->action_ns = habit_median(sorted, host->works);
	host->action_most_ns = host->works ? sorted[host->works - 1] : 0;
}

/* Too little was seen; but its plugin has been looking for longer. */
static void from_slot(struct gain_host *host)
{
	host->kind = host->seen.rhythm;
	host->interval_ns = host->seen.interval_ns;
	host->rest_ns = host->interval_ns > host->seen.action_mean_ns
				? host->interval_ns - host->seen.action_mean_ns
				: 0;
	host->spread_ns = host->seen.spread_ns / 2;
}

/* What drives it, of the two that were found where they differ. */
static void kind_settle(struct gain_host *host, const struct history_host *history,
			const struct entrain_settings *settings, int64_t interval_spread_ns)
{
	/* Who is no plugin's takes its turns from the swarm; and a plugin that stretches sleeps knows that they are. */
	if (!host->seen.rhythm)
		host->kind = settings->kind;
	else if (host->kind == ENTRAIN_GRID &&
		 (host->seen.rhythm == ENTRAIN_RELATIVE ||
		  (host->spread_ns <= host->rest_ns / STEADY_PART &&
		   drifts_from_clock(host, history, interval_spread_ns))))
		host->kind = ENTRAIN_RELATIVE;
	if (host->kind != ENTRAIN_RELATIVE || interval_spread_ns < host->spread_ns)
		host->spread_ns = interval_spread_ns;
}

/* From begin to begin, of all that there were between the first and the last, those that were missed too. */
static int64_t mean_ns(const struct history_host *history)
{
	const size_t count = history->count;

	if (count < 2)
		return 0;
	return (history->actions[count - 1].begin_ns - history->actions[0].begin_ns) /
	       (int64_t)(count - 1 + history->lost);
}

void habit_find(struct gain_host *host, const struct history_host *history,
		const struct entrain_settings *settings, int64_t clock_ns)
{
	const unsigned count = history->count > 1 ? (unsigned)history->count - 1 : 0;
	int64_t *intervals = memory_resize(NULL, 2 * (size_t)count + 1, sizeof(*intervals)),
		*rests = intervals + count, interval_spread_ns;

	for (unsigned i = 0; i < count; i++) {
		const struct history_action *action = &history->actions[i];

		intervals[i] = action[1].begin_ns - action->begin_ns;
		rests[i] = action[1].begin_ns - action->end_ns;
	}
	host->seen = history->seen;
	host->actions = history->count;
	host->lost = history->lost;
	host->met = history->met;
	host->began_ns = history->count ? history->actions[history->count - 1].begin_ns : 0;
	host->interval_ns = habit_median(intervals, count);
	host->rest_ns = habit_median(rests, count);
	interval_spread_ns = half_width(intervals, count);
	host->spread_ns = half_width(rests, count);
	host->kind = kind_by_votes(history, settings, clock_ns);
	if (host->kind) {
		kind_settle(host, history, settings, interval_spread_ns);
		host->mean_ns = mean_ns(history);
	} else {
		from_slot(host);
	}
	free(intervals);
	works_fill(host, history);
	strays_fill(host, history, habit_clock_ns(host, settings));
}
