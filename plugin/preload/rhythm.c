/* SPDX-License-Identifier: MIT */
/* rhythm.c - from where a host's calls fall: how often they come, and what drives them. */
#include "rhythm.h"

/* On a grid is who comes at most so early or late, as a part of the period: servers look at their clock in a timer of
 * their own, and one that waits for a lock now and then is still driven by the clock. */
#define GRID_EARLY_PART 32
#define GRID_LATE_PART 8
/* ... and on a grid of its own who comes at most so far from the usual phase. */
#define OWN_GRID_PART 16
/* A rest that varies by no more than this part of itself is a sleep. */
#define STEADY_PART 8
/* Who moves against the clock by more than this from one arrival to the next, always the same way, sleeps. */
#define SLIDE_NS INT64_C(10000)
/* Clocks tick in periods of so few digits; what comes by one has it to this part. */
#define ROUND_DIGITS 3
#define ROUND_PART 128
/* What is this part of the rests between bursts is a pause within one. Who comes whenever he likes has one rest in five that is shorter
 * than an eighth of a long one, and one in twenty that is shorter than a 32nd. */
#define PAUSE_REST_PART 8
#define PAUSE_REST_DRIFTING_PART 32

void rhythm_arrive(struct rhythm *rhythm, int64_t arrived_ns, int64_t wall_ns)
{
	const uint32_t at = rhythm->count++ % RHYTHM_KEPT;

	rhythm->arrived_ns[at] = arrived_ns;
	rhythm->wall_ns[at] = wall_ns;
	rhythm->rest_ns[at] = rhythm->over_ns ? arrived_ns - rhythm->over_ns : 0;
}

void rhythm_over(struct rhythm *rhythm, int64_t over_ns)
{
	rhythm->over_ns = over_ns;
}

/* The median of `count` values, which are sorted; the lower one of two. */
static int64_t median(int64_t *values, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		for (uint32_t at = i; at > 0 && values[at - 1] > values[at]; at--) {
			int64_t value = values[at];

			values[at] = values[at - 1];
			values[at - 1] = value;
		}
	return values[(count - 1) / 2];
}

/* Of sorted values, but for the longest: one stop is no habit. */
static int64_t spread(const int64_t *values, uint32_t count)
{
	return count > 1 ? values[count - 2] - values[0] : 0;
}

/* All but one of the arrivals are at whole periods of the wall clock. */
static bool on_grid(const struct rhythm *rhythm, uint32_t kept, int64_t period_ns)
{
	uint32_t misses = 0;

	for (uint32_t i = 0; i < kept; i++) {
		int64_t off_ns = (rhythm->wall_ns[i] + period_ns / GRID_EARLY_PART) % period_ns;

		misses += off_ns > period_ns / GRID_EARLY_PART + period_ns / GRID_LATE_PART;
	}
	return misses <= 1;
}

/* From one phase to another, the short way round. */
static int64_t apart_ns(int64_t wall_ns, int64_t other_ns, int64_t period_ns)
{
	int64_t ns = (wall_ns - other_ns) % period_ns;

	return ns < -period_ns / 2 ? ns + period_ns : ns >= period_ns / 2 ? ns - period_ns : ns;
}

/* All but one of the arrivals are at the same phase, whichever: `offset_ns`. */
static bool on_own_grid(const struct rhythm *rhythm, uint32_t kept, int64_t period_ns,
			int64_t *offset_ns)
{
	int64_t apart[RHYTHM_KEPT], middle_ns;
	uint32_t misses = 0;

	for (uint32_t i = 0; i < kept; i++)
		apart[i] = apart_ns(rhythm->wall_ns[i], rhythm->wall_ns[0], period_ns);
	middle_ns = median(apart, kept);
	for (uint32_t i = 0; i < kept; i++)
		misses += apart[i] < middle_ns - period_ns / OWN_GRID_PART ||
			  apart[i] > middle_ns + period_ns / OWN_GRID_PART;
	*offset_ns = (rhythm->wall_ns[0] % period_ns + middle_ns + period_ns) % period_ns;
	return misses <= 1;
}

/*
 * Does it move against the wall clock, always the same way? A sleep that is about as long as the period does, by what each cycle takes
 * besides; whoever looks at a clock is now later than the last time, now earlier. Not said before so many arrivals that this is no chance.
 */
static bool slides(const struct rhythm *rhythm, int64_t period_ns)
{
	uint32_t later = 0, earlier = 0;

	if (rhythm->count < RHYTHM_KEPT)
		return false;
	for (uint32_t i = rhythm->count - RHYTHM_KEPT; i + 1 < rhythm->count; i++) {
		int64_t moved_ns = apart_ns(rhythm->wall_ns[(i + 1) % RHYTHM_KEPT],
					    rhythm->wall_ns[i % RHYTHM_KEPT], period_ns);

		later += moved_ns > SLIDE_NS;
		earlier += moved_ns < -SLIDE_NS;
	}
	return later == RHYTHM_KEPT - 1 || earlier == RHYTHM_KEPT - 1;
}

void rhythm_find(const struct rhythm *rhythm, int64_t period_ns, bool clocked,
		 struct rhythm_found *found)
{
	const uint32_t count = rhythm->count, kept = count < RHYTHM_KEPT ? count : RHYTHM_KEPT;
	int64_t interval_ns[RHYTHM_KEPT], rest_ns[RHYTHM_KEPT];

	*found = (struct rhythm_found){ .kind = ENTRAIN_KIND_SWARM };
	if (count < RHYTHM_LEAST)
		return;
	for (uint32_t i = 0; i + 1 < kept; i++) {
		const uint32_t at = (count - 1 - i) % RHYTHM_KEPT,
			       before = (count - 2 - i) % RHYTHM_KEPT;

		interval_ns[i] = rhythm->arrived_ns[at] - rhythm->arrived_ns[before];
		rest_ns[i] = rhythm->rest_ns[at];
	}
	found->interval_ns = median(interval_ns, kept - 1);
	found->rest_ns = median(rest_ns, kept - 1);
	found->spread_ns = spread(rest_ns, kept - 1);
	found->sleeps = found->spread_ns <= found->rest_ns / STEADY_PART;
	if (on_grid(rhythm, kept, period_ns) &&
	    (clocked || !found->sleeps || !slides(rhythm, period_ns))) {
		found->kind = ENTRAIN_GRID;
		found->spread_ns = spread(interval_ns, kept - 1);
	} else if (clocked && on_own_grid(rhythm, kept, period_ns, &found->offset_ns)) {
		found->kind = ENTRAIN_GRID;
		found->spread_ns = spread(interval_ns, kept - 1);
	} else if (found->sleeps) {
		found->kind = ENTRAIN_RELATIVE;
	} else {
		found->kind = ENTRAIN_DRIFTING;
	}
}

int64_t rhythm_pause_ns(const struct rhythm *rhythm, bool drifts)
{
	const uint32_t kept = rhythm->count < RHYTHM_KEPT ? rhythm->count : RHYTHM_KEPT;
	int64_t longest_ns = 0, second_ns = 0;

	for (uint32_t i = 0; i < kept; i++) {
		if (rhythm->rest_ns[i] > longest_ns) {
			second_ns = longest_ns;
			longest_ns = rhythm->rest_ns[i];
		} else if (rhythm->rest_ns[i] > second_ns) {
			second_ns = rhythm->rest_ns[i];
		}
	}
	return second_ns / (drifts ? PAUSE_REST_DRIFTING_PART : PAUSE_REST_PART);
}

int64_t rhythm_round_ns(int64_t interval_ns)
{
	int64_t unit_ns = 1;

	if (interval_ns > INT64_MAX / 2)
		return 0;
	while (unit_ns <= interval_ns / 10)
		unit_ns *= 10;
	for (int digits = 0; digits < ROUND_DIGITS && unit_ns > 0; digits++, unit_ns /= 10) {
		int64_t round_ns = (interval_ns + unit_ns / 2) / unit_ns * unit_ns;
		int64_t off_ns =
			round_ns > interval_ns ? round_ns - interval_ns : interval_ns - round_ns;

		if (off_ns <= interval_ns / ROUND_PART)
			return round_ns;
	}
	return 0;
}

enum entrain_kind rhythm_kind(const struct rhythm *rhythm, const struct rhythm_found *found)
{
	const uint32_t kept = rhythm->count < RHYTHM_KEPT ? rhythm->count : RHYTHM_KEPT;
	const int64_t clock_ns = rhythm_round_ns(found->interval_ns);

	if (found->kind && clock_ns > 0 && on_grid(rhythm, kept, clock_ns) &&
	    !(found->kind == ENTRAIN_RELATIVE && slides(rhythm, clock_ns)))
		return ENTRAIN_GRID;
	return found->kind;
}
