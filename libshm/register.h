/* SPDX-License-Identifier: MIT */
/* register.h - strategies by name: those of the library and those that the application made known. */
#ifndef ENTRAIN_REGISTER_H
#define ENTRAIN_REGISTER_H

#include "strategy/strategy.h"

#define STRATEGIES_REGISTERED 16

/*
 * The number of the strategy with this name: one of the library's, or STRATEGY_OWN and `own` what the application registered.
 * STRATEGY_NONE if there is none. Threads, Fork: any. Lock-free.
 */
uint32_t strategy_number(const char *name, const struct entrain_strategy **own);

#endif
