/* SPDX-License-Identifier: MIT */
/* drifter.c - a host that comes whenever it likes, as it was seen, for the simulator. */
#include "drifter.h"

#include <stdlib.h>

#include "../memory.h"
#include "../simulate/draw.h"
#include "forecast.h"
#include "habit.h"

/* What is usual is within so many periods, and so many parts of one. */
#define USUAL_PERIODS (INT64_C(1) << 20)

static int64_t clamped(__int128 value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : (int64_t)value;
}

static __int128 simulated(int64_t value_ns, const struct gain_setting *setting)
{
	return (__int128)value_ns * SIMULATION_PERIOD_NS / setting->period_ns;
}

int64_t drifter_usual_ns(const struct gain *gain, const struct gain_setting *setting)
{
	int64_t *intervals = memory_resize(NULL, gain->count + 1, sizeof(*intervals)), usual_ns;
	unsigned used = 0;

	for (unsigned i = 0; i < gain->count; i++)
		if (forecast_fits(&gain->hosts[i], setting))
			intervals[used++] = gain->hosts[i].interval_ns;
	usual_ns = habit_median(intervals, used);
	free(intervals);
	return clamped(simulated(usual_ns, setting), SIMULATION_PERIOD_NS / USUAL_PERIODS,
		       SIMULATION_PERIOD_NS * USUAL_PERIODS);
}

static int64_t mean_ns(const int64_t *values, unsigned count)
{
	__int128 sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += values[i];
	return count ? (int64_t)(sum / count) : 0;
}

/* Its clock ticks when it was seen to, and it is never sooner: the tick is where its soonest arrival was. */
static void clock_make(struct simulation_host *host, const struct gain_host *from,
		       const struct gain *gain, const struct gain_setting *setting,
		       int64_t usual_ns, int64_t *strays_ns)
{
	const int64_t clock_ns = habit_clock_ns(from, &gain->settings);
	int64_t least_ns = 0, tick_ns;

	for (unsigned i = 0; i < from->strays; i++)
		if (from->strays_ns[i] < least_ns)
			least_ns = from->strays_ns[i];
	if (least_ns < -clock_ns)
		least_ns = -clock_ns;
	tick_ns = habit_phase_ns(from->began_ns % clock_ns + least_ns, 0, clock_ns);
	host->period_ns = clamped(simulated(clock_ns, setting), usual_ns / DRIFTER_UNUSUAL,
				  usual_ns * DRIFTER_UNUSUAL);
	host->first_ns = (int64_t)((__int128)tick_ns * host->period_ns / clock_ns);
	for (unsigned i = 0; i < from->strays; i++)
		strays_ns[i] = clamped(simulated(from->strays_ns[i], setting) -
					       simulated(least_ns, setting),
				       0, host->period_ns);
}

/* No rest is shorter than a 64th of what is usual: nobody comes all the time. */
static void rests_make(struct simulation_host *host, const struct gain_host *from,
		       const struct gain_setting *setting, int64_t usual_ns, int64_t *strays_ns)
{
	host->rests = true;
	host->period_ns = 0;
	for (unsigned i = 0; i < from->strays || i == 0; i++) {
		const __int128 stray_ns = from->strays ? from->strays_ns[i] : 0;

		strays_ns[i] = clamped((from->rest_ns + stray_ns) * SIMULATION_PERIOD_NS /
					       setting->period_ns,
				       usual_ns / DRIFTER_UNUSUAL, usual_ns * DRIFTER_UNUSUAL);
	}
	host->strays = from->strays ? from->strays : 1;
}

int64_t drifter_make(struct simulation_host *host, const struct gain_host *from,
		     const struct gain *gain, const struct gain_setting *setting, int64_t usual_ns,
		     uint64_t seed, int64_t *strays_ns)
{
	int64_t every_ns;

	host->strays_ns = strays_ns;
	host->strays = from->strays;
	host->holds_late = false;
	if (from->kind == ENTRAIN_GRID) {
		clock_make(host, from, gain, setting, usual_ns, strays_ns);
		return host->period_ns;
	}
	rests_make(host, from, setting, usual_ns, strays_ns);
	host->carries = from->kind == ENTRAIN_RELATIVE || seed / 2 % 2 == 1;
	every_ns = mean_ns(strays_ns, host->strays) + mean_ns(host->works_ns, host->works);
	host->first_ns =
		(int64_t)draw_below(draw(seed, DRAW_START, from->seen.slot, 0), (uint64_t)every_ns);
	return every_ns;
}
