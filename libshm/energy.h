/* SPDX-License-Identifier: MIT */
/* energy.h - the budget that pays for moving: 100 units, full again in 20 periods. Pure, fixed point. */
#ifndef ENTRAIN_ENERGY_H
#define ENTRAIN_ENERGY_H

#include <stdint.h>

/* 1/512 unit, so that 100 units fit into the 16 bits of the slot. */
#define ENERGY_FULL (100u * 512u)
#define ENERGY_PERIODS 20
#define ENERGY_PRICE_SPLAY 40u /* units for a whole turn moved */

/* What is there after `elapsed_ns` of recovery. */
uint32_t energy_recover(uint32_t energy, int64_t elapsed_ns, int64_t period_ns);

/* Pay for a move of `move_ns`; what cannot be paid is not moved. Returns how far the move goes. */
int64_t energy_spend(uint32_t *energy, uint32_t price, int64_t move_ns, int64_t period_ns);

#endif
