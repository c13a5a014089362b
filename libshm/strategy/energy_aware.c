/* SPDX-License-Identifier: MIT */
/* energy_aware.c - energy-aware: as much of the pattern's wish as there is energy left, and at that part of the price. */
#include "strategy.h"

/* Below this nothing is moved: what is left is for when it matters. */
#define ENERGY_AWARE_LEAST_PPM 200000u

struct wish energy_aware_wish(const struct step *step, struct wish pattern)
{
	const uint64_t left_ppm = step->energy_ppm < 1000000 ? step->energy_ppm : 1000000;

	pattern.price = (uint32_t)((pattern.price * left_ppm + 500000) / 1000000);
	if (left_ppm < ENERGY_AWARE_LEAST_PPM)
		pattern.wait_ns = 0;
	pattern.wait_ns = part_ns(pattern.wait_ns, left_ppm, 1000000);
	pattern.lag_ns = part_ns(pattern.lag_ns, left_ppm, 1000000);
	return pattern;
}
