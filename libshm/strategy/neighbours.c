/* SPDX-License-Identifier: MIT */
/*
 * neighbours.c - the pattern among neighbours only: keep in the middle of a gap that is as large as any I see, or move to
 * the largest.
 *
 * Who moves further than a cycle's room allows is committed to the gap it is going to, and says so: neighbours count it
 * there already, or several would move into the same gap.
 */
#include "order.h"
#include "rules.h"

/*
 * A gap of less than so much of the largest is not worth staying in; nor is one of less than the second figure, if the largest
 * is less than half a period away. Relative hosts leave it at the first: their neighbours' turns move with each lateness.
 */
#define NEIGHBOURS_LEAVE_PERCENT 90
#define NEIGHBOURS_LEAVE_NEAR_PERCENT 98
/* Nearer to the next than this much of what would be even is too near. */
#define NEIGHBOURS_NEAR_PERCENT 85

/* Where a neighbour is going to be, after my turn on the circle; `here`: where it is now. */
static int64_t place_ns(const struct step *step, const struct peer *peer, int64_t *here)
{
	const int64_t period_ns = step->longest_ns;
	int64_t way_ns = (int64_t)((unsigned __int128)(uint64_t)peer->period_ns * peer->way >> 16);

	/* In (0, period], or who is where I am and comes before me would be behind me. */
	*here = step_offset_ns(step, peer);
	if (*here > 2 * period_ns)
		*here = (*here - 1) % period_ns + 1;
	else
		*here = *here > period_ns ? *here - period_ns : *here;
	way_ns += *here;
	return way_ns > period_ns ? way_ns - period_ns : way_ns;
}

struct gap {
	int64_t length_ns, middle_ns; /* the middle from me; negative: behind me */
};

/* Between two of the others, sorted, lies `at_ns`, 0 .. period. */
static struct gap gap_around(const struct order_entry *sorted, uint32_t count, int64_t period_ns,
			     int64_t at_ns)
{
	int64_t before_ns = sorted[count - 1].offset_ns - period_ns;
	int64_t after_ns = sorted[0].offset_ns + period_ns;

	for (uint32_t number = 0; number < count; number++) {
		if (sorted[number].offset_ns > at_ns) {
			after_ns = sorted[number].offset_ns;
			break;
		}
		before_ns = sorted[number].offset_ns;
	}
	return (struct gap){ after_ns - before_ns, (before_ns + after_ns) / 2 };
}

/* The largest; of equal ones that around me, or the soonest. */
static struct gap gap_largest(const struct order_entry *sorted, uint32_t count, int64_t period_ns)
{
	struct gap largest = gap_around(sorted, count, period_ns, 0);

	for (uint32_t number = 1; number < count; number++) {
		int64_t before_ns = sorted[number - 1].offset_ns;
		int64_t length_ns = sorted[number].offset_ns - before_ns;

		if (length_ns > largest.length_ns)
			largest = (struct gap){ length_ns, before_ns + length_ns / 2 };
	}
	return largest;
}

/* `way_ns` from where I am, or am going, to the middle of the largest. */
static bool worth_leaving(const struct step *step, const struct gap *gap, const struct gap *largest,
			  int64_t way_ns)
{
	const int64_t percent_ns = largest->length_ns / 100;

	if (gap->length_ns < percent_ns * NEIGHBOURS_LEAVE_PERCENT)
		return true;
	way_ns = way_ns < 0 ? way_ns + step->longest_ns : way_ns;
	return !step->relative && way_ns < step->longest_ns / 2 &&
	       gap->length_ns < percent_ns * NEIGHBOURS_LEAVE_NEAR_PERCENT;
}

/*
 * How far to go from here. A committed agent is where it is going: it goes on there, to what is the middle of that gap by now,
 * as if it were in it already.
 */
static int64_t way_of(const struct step *step, const struct order_entry *sorted, uint32_t count)
{
	const int64_t period_ns = step->longest_ns, still_ns = step_deadband_ns(step);
	const int64_t even_ns = period_ns / step->counted;
	const int64_t at_ns =
		step->way_ns > still_ns && step->way_ns < period_ns ? step->way_ns : 0;
	const struct gap largest = gap_largest(sorted, count, period_ns);
	struct gap gap = gap_around(sorted, count, period_ns, at_ns);

	if (worth_leaving(step, &gap, &largest, largest.middle_ns - at_ns))
		gap = largest;
	/* What has come round by more than a turn is just ahead. */
	if (gap.middle_ns >= period_ns)
		gap.middle_ns -= period_ns;
	/* Nobody can go back: who is so far behind its middle that the next is nearer than it need be goes round once. */
	if (gap.middle_ns < 0 &&
	    gap.length_ns / 2 + gap.middle_ns < even_ns / 100 * NEIGHBOURS_NEAR_PERCENT)
		gap.middle_ns += period_ns;
	return gap.middle_ns > still_ns ? gap.middle_ns : 0;
}

struct wish neighbours_wish(const struct step *step)
{
	const int64_t period_ns = step->longest_ns, even_ns = period_ns / step->counted;
	struct order_entry *entries = step->scratch;
	int64_t nearest_ns = period_ns, way_ns;
	uint32_t used = 0;

	for (const struct peer *peer = step->peers; peer < step->peers + step->count; peer++) {
		int64_t here_ns;

		if (peer->flags)
			continue;
		entries[used++].offset_ns = place_ns(step, peer, &here_ns);
		entries[used - 1].index = peer->index;
		here_ns = here_ns < period_ns - here_ns ? here_ns : period_ns - here_ns;
		nearest_ns = here_ns < nearest_ns ? here_ns : nearest_ns;
	}
	entries = order_sort(entries, used, period_ns, entries + step->count);
	way_ns = way_of(step, entries, used);
	/* As many neighbours as I see could be even_ns apart: that is the measure. */
	return (struct wish){ .wait_ns = way_ns,
			      .lag_ns = way_ns,
			      .value_ppm = nearest_ns >= even_ns
						   ? 1000000
						   : (uint32_t)part_ns(nearest_ns, 1000000,
								       (uint64_t)even_ns),
			      .whole = true,
			      .way_ns = way_ns };
}
