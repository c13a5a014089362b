/* SPDX-License-Identifier: MIT */
/* live.h - one run to look at and to interfere with, on a full screen. */
#ifndef CLI_SIMULATE_LIVE_H
#define CLI_SIMULATE_LIVE_H

#include "gauge.h"
#include "settings.h"

/* Cycles that the charts remember: more than any terminal is wide. */
#define LIVE_CYCLES 1024

/* One cycle of the past, as the charts show it. */
struct live_cycle {
	struct gauge gauge;
	double value; /* in the metric of the goal that it had */
	char mark;    /* what was done in it; ' ': nothing */
};

struct live {
	struct simulation simulation;
	struct gauge gauge; /* of the last complete cycle */
	const struct trait *trait;
	const char *topology;
	struct live_cycle past[LIVE_CYCLES]; /* cycle c at c % LIVE_CYCLES */
	uint32_t pause_at;                   /* cycle; 0: none */
	int speed;                           /* 2^speed cycles a second */
	bool paused, explained, quit;
	bool unmeasured; /* the goal is new, and this cycle is not over */
	bool behind;     /* this machine is slower than asked */
	char mark;       /* for the cycle in progress */
	char said[120];
};

struct live_key {
	int key, same[3]; /* others that do the same; 0: none */
	const char *name, *text;
	void (*pressed)(struct live *live);
};

/* Ends with a row without name. */
extern const struct live_key live_keys[];

/*
 * Until q is pressed. Needs settings of one run; pause_at: the cycle after which it pauses, 0: none. Returns an enum
 * status; what is wrong has been said.
 */
int live_show(const struct simulate_settings *settings, uint32_t pause_at, bool json);

/* The whole picture. */
void live_draw(const struct live *live);

#endif
