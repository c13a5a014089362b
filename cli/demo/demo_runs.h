/* SPDX-License-Identifier: MIT */
/* From what was asked to three finished runs, with everything that has to be cleaned up in
 * between. */
#ifndef DEMO_RUNS_H
#define DEMO_RUNS_H

#include "demo.h"
#include "place.h"

/* Most bytes to write without being told that it is all right. */
#define DEMO_BYTES_MOST (INT64_C(8) << 30)

/* Calibrate and run all phases of `demo` in a directory below `parent`. Says what goes
 * wrong; leaves nothing behind. Dies of the signal that interrupts it. Returns an enum
 * status. */
int demo_runs(struct demo *demo, const char *parent, struct progress *progress);
void demo_free(struct demo *demo);

#endif
