/* SPDX-License-Identifier: MIT */
/* settings.h - the settings of a swarm: one table of keys, their ranges, their text form. */
#ifndef ENTRAIN_SETTINGS_H
#define ENTRAIN_SETTINGS_H

#include <stdbool.h>
#include "entrain.h"

#define PERIOD_MIN_NS INT64_C(1000000)
#define PERIOD_MAX_NS (INT64_C(86400) * 1000000000)
#define PPM 1000000u

/* Every value is in its range. The same check guards what is read from shared memory. */
bool settings_valid(const struct entrain_settings *settings);

/* The most an agent with this period accepts to be delayed a cycle. `own_ns`, `own_ppm`: its own wish, 0 = none. */
int64_t settings_cap_ns(const struct entrain_settings *settings, int64_t period_ns, int64_t own_ns,
			uint32_t own_ppm);

/* Is this a swarm's name: 1 to 64 of a-z 0-9 - _ . starting with a letter or digit? */
bool swarm_name_valid(const char *name);

#endif
