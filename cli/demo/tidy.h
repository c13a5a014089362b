/* SPDX-License-Identifier: MIT */
/*
 * Leaving nothing behind, whatever happens: a process that does nothing but wait until the demo
 * and all its workers are gone, and then removes the swarm and the files. It leaves the
 * terminal and the process group, so that neither Ctrl-C nor a kill of the group reaches it.
 */
#ifndef DEMO_TIDY_H
#define DEMO_TIDY_H

#include <sys/types.h>

#include "place.h"

struct tidy {
	pid_t pid;
	int alive; /* end of a pipe that the demo and its children hold while they live */
};

/* Start it. Call before any other fork, and before the swarm `swarm` is created. Returns 0
 * or -1. */
int tidy_start(struct tidy *tidy, struct place *place, const char *swarm);

/* Let it clean up, after all children are gone; where it was killed, that is done here. Returns 0, or
 * -1 if something was left behind. */
int tidy_finish(struct tidy *tidy, struct place *place, const char *swarm);

#endif
