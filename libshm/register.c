/* SPDX-License-Identifier: MIT */
/* register.c - strategies by name: those of the library and those that the application made known. */
#include "register.h"
#include <stdatomic.h>
#include <string.h>
#include "entrain.h"
#include "error.h"
#include "settings.h"

/*
 * Filled from the front, never emptied. Of two that register one name at once, the later sees the earlier's entry on its
 * way, for both pass all entries before the one that they take.
 */
static const struct entrain_strategy *_Atomic registered[STRATEGIES_REGISTERED];

uint32_t strategy_number(const char *name, const struct entrain_strategy **own)
{
	*own = NULL;
	for (uint32_t number = 1; number < STRATEGY_COUNT; number++) {
		const struct strategy_row *row = strategy_find(number);

		if (row && strcmp(row->name, name) == 0)
			return number;
	}
	for (unsigned entry = 0; entry < STRATEGIES_REGISTERED; entry++) {
		/* acquire: what it points to is filled in. Pairs with the exchange in entrain_strategy_register(). */
		const struct entrain_strategy *strategy =
			atomic_load_explicit(&registered[entry], memory_order_acquire);

		if (!strategy)
			break;
		if (strcmp(strategy->name, name) == 0) {
			*own = strategy;
			return STRATEGY_OWN;
		}
	}
	return STRATEGY_NONE;
}

static enum entrain_code refuse(struct entrain_error *error, enum entrain_code code,
				const char *name, const char *why)
{
	return error_set(error, code, 0, "register strategy", name, "%s", why);
}

int entrain_strategy_register(const struct entrain_strategy *strategy, struct entrain_error *error)
{
	const struct entrain_strategy *known;
	const char *name;

	if (!strategy || strategy->size < sizeof(*strategy) || !strategy->name)
		return refuse(error, ENTRAIN_USAGE, "", "it has no name, or not the size of one");
	name = strategy->name;
	if (!swarm_name_valid(name) || strcmp(name, "own") == 0 || strcmp(name, "none") == 0)
		return refuse(error, ENTRAIN_USAGE, name,
			      "a name is 1 to 64 of a-z 0-9 - _ . and begins with a letter or "
			      "digit; own and none are taken");
	if (!strategy->delay_ns || strategy->price > STRATEGY_PRICE_MOST)
		return refuse(error, ENTRAIN_USAGE, name,
			      "it needs a function, and a price of at most 1000");
	if (strategy_number(name, &known) != STRATEGY_NONE)
		return refuse(error, ENTRAIN_EXISTS, name, "a strategy has this name already");
	for (unsigned entry = 0; entry < STRATEGIES_REGISTERED; entry++) {
		known = NULL;
		/* release: `strategy` is filled in before it is found; acquire: so is what was there first. */
		if (atomic_compare_exchange_strong_explicit(&registered[entry], &known, strategy,
							    memory_order_acq_rel,
							    memory_order_acquire))
			return ENTRAIN_OK;
		if (strcmp(known->name, name) == 0)
			return refuse(error, ENTRAIN_EXISTS, name,
				      "a strategy has this name already");
	}
	return refuse(error, ENTRAIN_LIMIT, name, "16 strategies are known already");
}
