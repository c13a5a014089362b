/* SPDX-License-Identifier: MIT */
/* settings.h - from what was typed to the runs that it asks for. */
#ifndef CLI_SIMULATE_SETTINGS_H
#define CLI_SIMULATE_SETTINGS_H

#include "../options.h"
#include "runs.h"
#include "traits.h"

struct simulate_settings {
	struct run *runs; /* one for each goal x scale x seed, in this order */
	uint32_t count;
	uint32_t seeds; /* runs of one goal and scale */
	unsigned threads;
	const struct trait *trait; /* NULL: none */
	const char *topology, *start, *actions;
};

/* Returns an enum status; what is wrong has been said. settings_free() in either case. */
int simulate_settings_read(struct simulate_settings *settings, const struct option_set *options);
void simulate_settings_free(struct simulate_settings *settings);

#endif
