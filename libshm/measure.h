/* SPDX-License-Identifier: MIT */
/* measure.h - how well a swarm does, from a picture of its slots. Floating point: for display, never for decisions. */
#ifndef ENTRAIN_MEASURE_H
#define ENTRAIN_MEASURE_H

#include <stdbool.h>
#include "slot.h"

/* One occupied slot as measured; what a picture is made of. */
struct measured {
	uint32_t index, pid, state; /* enum entrain_state */
	bool off_beat, implausible;
	bool counts; /* for the pattern: none of stale, dead, off-beat, implausible */
	int64_t cur_ns, next_ns, period_ns, work_ns, delay_ns;
	int64_t began_ns; /* last action; 0: none yet */
	bool acting;
	uint32_t overlap; /* that it saw when it last began */
	uint64_t status, topology;
	uint64_t version;
	double phase;
};

/* Judge one slot: fill `one` from what was read of it. `readable` false: the slot is garbled. Returns false for a slot
 * without an agent (free, or claimed just now). */
bool measured_judge(struct measured *one, const struct shm_slot *slot, uint32_t index,
		    int64_t now_ns, const struct entrain_settings *settings);

/*
 * Measure the agents that count; fills in their phases too. `scratch` has room for 2 * count words. O(n), allocates
 * nothing. measure->converged is the metric against its target as it is now.
 */
void measure_fill(struct entrain_measure *measure, struct measured *all, uint32_t count,
		  int64_t now_ns, const struct entrain_settings *settings, uint64_t *scratch);

/* Reached stays reached until it was missed for a whole period. */
struct hysteresis {
	bool reached, missing;
	int64_t missing_since_ns;
};
bool hysteresis_next(struct hysteresis *hysteresis, bool reached, int64_t now_ns,
		     int64_t period_ns);

#endif
