/* SPDX-License-Identifier: MIT */
/* fit.c - does a host come as its swarm's kind of hosts does, and does it take its holds as such a host would? */
#include "fit.h"

/* So many holds in a row that were taken otherwise say that it is no host of this kind: for good. */
#define CARRIED_MOST 3

/* A grid that moves by less than this part of a period has not moved. */
#define MOVED_PART 128

/* A hold that is a shorter part of a sleep than this says nothing: wakeups vary by as much. */
#define HOLD_TELLS_PART 64

/* How soon the shortest of the sleeps without a hold is forgotten. */
#define FREE_RISES_PART 8

static bool in_band(int64_t interval_ns, const struct entrain_settings *settings)
{
	const int64_t period_ns = settings->period_ns,
		      band_ns = (int64_t)((__int128)period_ns * settings->band_ppm / 1000000);

	/* within [period / (1 + band), period * (1 + band)] */
	return interval_ns <= period_ns + band_ns &&
	       (__int128)interval_ns * (1000000 + settings->band_ppm) >=
		       (__int128)period_ns * 1000000;
}

/* A period that no band reaches, of one whose own would look as if it fitted. */
static int64_t misfit_period_ns(int64_t interval_ns, const struct entrain_settings *settings)
{
	int64_t period_ns = in_band(interval_ns, settings) ? settings->period_ns * 4 : interval_ns;

	return period_ns < 1000000 ? 1000000 : period_ns;
}

/* Does the host come as the swarm's kind of hosts does? And tell the agent its period. */
bool fit_judge(struct entrain_agent *agent, const struct gate *gate,
	       const struct rhythm_found *found, const struct entrain_settings *settings)
{
	bool relative = settings->kind == ENTRAIN_RELATIVE;
	int64_t interval_ns = relative ? found->rest_ns : found->interval_ns;
	bool fit = found->kind && in_band(interval_ns, settings);

	/* At a door there is nothing that a host could fail to fit. */
	if (settings->kind == ENTRAIN_DRIFTING)
		return true;
	/* Clocks and sleeps have kinds of their own; in one that takes its turns, they would be held to no use. */
	fit = fit &&
	      found->kind == (settings->kind == ENTRAIN_TAKEN ? ENTRAIN_DRIFTING : settings->kind);
	fit = fit && gate->carried < CARRIED_MOST;
	if (fit)
		entrain_set_period(agent, relative ? interval_ns : 0);
	else if (found->kind)
		entrain_set_period(agent, misfit_period_ns(interval_ns, settings));
	return fit;
}

/* Once is chance; it is forgotten by a hold that was taken as this kind of host takes it, until it is for good. */
static void carried_note(struct gate *gate, bool carried)
{
	if (gate->carried < CARRIED_MOST)
		gate->carried = carried ? gate->carried + 1 : 0;
}

/* Is this arrival late by the last hold? Not where a cycle was left out: that is what a clock does to who is not ready. */
static bool is_carried(int64_t late_ns, int64_t hold_ns, int64_t period_ns)
{
	const int64_t off_ns = late_ns - hold_ns, beside_ns = late_ns % period_ns;

	return off_ns < hold_ns / 4 && off_ns > -hold_ns / 4 &&
	       beside_ns > period_ns / PAUSE_PART && beside_ns < period_ns - period_ns / PAUSE_PART;
}

/*
 * Where on the clock's period does it come? Told to the agent when it has moved by more than the clocks' misreading. And does it
 * come at that clock's time at all: whoever carries its holds on to the next arrival sleeps, and would be slowed down for good.
 */
void fit_grid_follow(struct entrain_agent *agent, struct gate *gate,
		     const struct rhythm_found *found, int64_t period_ns)
{
	const int64_t moved_ns = found->offset_ns - gate->offset_ns;
	const struct rhythm *rhythm = &gate->rhythm;

	if (gate->hold_ns > period_ns / PAUSE_PART && rhythm->count > 1) {
		const int64_t late_ns = rhythm->arrived_ns[(rhythm->count - 1) % RHYTHM_KEPT] -
					rhythm->arrived_ns[(rhythm->count - 2) % RHYTHM_KEPT] -
					period_ns;

		carried_note(gate, is_carried(late_ns, gate->hold_ns, period_ns));
	}
	gate->hold_ns = 0;
	if (found->kind != ENTRAIN_GRID ||
	    (moved_ns <= period_ns / MOVED_PART && moved_ns >= -period_ns / MOVED_PART))
		return;
	gate->offset_ns = found->offset_ns;
	entrain_set_offset(agent, found->offset_ns);
}

/*
 * A sleep takes as long after a hold as without one. Whoever sleeps until an instant of its own makes up for the hold by sleeping
 * less: it would be late for ever, and is moved by nothing. That a call is given an instant does not tell, since some make one
 * anew from each length.
 */
void fit_sleep_follow(struct gate *gate, int64_t took_ns)
{
	const int64_t hold_ns = gate->hold_ns, off_ns = gate->free_ns - took_ns - hold_ns;

	gate->hold_ns = 0;
	if (hold_ns == 0) {
		/* The least of the last ones: others were woken late. One that began late, in a loop by instants, is soon forgotten. */
		if (gate->free_ns == 0 || took_ns < gate->free_ns)
			gate->free_ns = took_ns;
		else
			gate->free_ns += (took_ns - gate->free_ns) / FREE_RISES_PART;
		return;
	}
	if (hold_ns > gate->free_ns / HOLD_TELLS_PART)
		carried_note(gate, off_ns < hold_ns / 2 && off_ns > -hold_ns / 2);
}
