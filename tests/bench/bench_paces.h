/* SPDX-License-Identifier: MIT */
/* What people do today to keep periodic workers apart, as paces of the demo's workers. */
#ifndef BENCH_PACES_H
#define BENCH_PACES_H

#include "pace.h"

extern const struct pace
	pace_jitter; /* the common instants, each time later by up to 10 % of the period */
extern const struct pace pace_static; /* worker i of N at i/N, as set when the run started */
extern const struct pace
	pace_flock; /* the common instants, one after the other behind a lock file */

#endif
