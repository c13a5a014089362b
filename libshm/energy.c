/* SPDX-License-Identifier: MIT */
/* energy.c - the budget that pays for moving: 100 units, full again in 20 periods. Pure, fixed point. */
#include "energy.h"

uint32_t energy_recover(uint32_t energy, int64_t elapsed_ns, int64_t period_ns)
{
	__int128 gain;

	if (elapsed_ns <= 0 || period_ns <= 0)
		return energy;
	gain = (__int128)ENERGY_FULL * elapsed_ns / ((__int128)period_ns * ENERGY_PERIODS);
	return gain >= ENERGY_FULL - energy ? ENERGY_FULL : energy + (uint32_t)gain;
}

int64_t energy_spend(uint32_t *energy, uint32_t price, int64_t move_ns, int64_t period_ns)
{
	__int128 cost;

	if (move_ns <= 0 || period_ns <= 0)
		return 0;
	cost = (__int128)move_ns * price * 512 / period_ns;
	if (cost > *energy) {
		move_ns = (int64_t)((__int128)*energy * period_ns / (price * 512));
		cost = *energy;
	}
	*energy -= (uint32_t)cost;
	return move_ns;
}
