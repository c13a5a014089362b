/* SPDX-License-Identifier: MIT */
/* How many writes an action must have to give the wanted duty on this disk. */
#ifndef DEMO_CALIBRATE_H
#define DEMO_CALIBRATE_H

#include "run.h"

struct calibration {
	int64_t write_ns;  /* one write and its fsync, alone but for the bystander */
	int64_t action_ns; /* an action of load->writes of them */
	double duty;       /* what that comes to: all actions one after the other, of a period */
	int64_t bytes;     /* written to find out */
};

/*
 * Write and fsync for about a second, in bursts as long and as far apart as they will be in a
 * swarm of `workers`, and fix load->writes so that all actions one after the other take `duty`
 * of a period. Returns 0, or -1 with run->interrupted or run->failed.
 */
int calibrate(struct calibration *calibration, struct run *run, struct load *load, unsigned workers,
	      int64_t period_ns, double duty);

#endif
