/* SPDX-License-Identifier: MIT */
/* Waits until every live agent has taken a turn since a change. */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include "picture.h"

/*
 * `before` is the picture right after the change. Returns STATUS_DONE when every agent that was alive then has
 * begun a turn since, or is alive no longer (left, stale, dead); STATUS_NO at the deadline, after it has named who is
 * behind; else the status of an error, which it has printed. `timeout_ns` 0: three of the longest periods and a second.
 */
int follow_wait(const struct picture *before, struct entrain_swarm *swarm, int64_t timeout_ns);

#endif
