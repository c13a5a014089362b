/* SPDX-License-Identifier: MIT */
/* The bystander: a process that commits a little at fixed instants, as a database beside the
 * workers does. */
#ifndef DEMO_BYSTANDER_H
#define DEMO_BYSTANDER_H

#include <sys/types.h>

#include "log.h"

#define BYSTANDER_BYTES 8192u
#define BYSTANDER_INTERVAL_NS INT64_C(4000000)

/* It appends up to here and overwrites from the start then, so that disk space stays bounded. */
#define BYSTANDER_SPACE (INT64_C(64) << 20)

/*
 * What the child does, as worker_main(). Open loop: operation k is due at start + k x interval,
 * whatever became of those before, and its latency counts from then. What was due before the
 * stop is done, however late. Returns the exit status.
 */
int bystander_main(struct bystander_log *log, int directory, pid_t parent, int ready, int gate);

#endif
