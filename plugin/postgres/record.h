/* SPDX-License-Identifier: MIT */
/* record.h - what the checkpointer did, told to the worker and to whoever asks in SQL, in the server's own shared memory. */
#ifndef ENTRAIN_POSTGRES_RECORD_H
#define ENTRAIN_POSTGRES_RECORD_H

#include "datatype/timestamp.h"

#define RECORD_CHECKPOINTS 128 /* that are remembered */

/* One checkpoint or restartpoint that was completed. Instants of the server's clock; 0: none. */
struct record_checkpoint {
	TimestampTz started, write_began, sync_began, sync_ended, ended;
	int32 buffers, files;
	bool restartpoint;
	/* filled in by the worker */
	TimestampTz turn;  /* that its sync was meant for or, if nobody asked for it, the nearest */
	TimestampTz asked; /* 0: the server began it by itself */
};

/* Where the worker stands, for entrain_next_turn(). */
struct record_standing {
	bool joined;
	int64 next_turn_ns; /* CLOCK_MONOTONIC */
};

/* Called by _PG_init() of a preloaded library: asks for the memory, and listens to the log of the checkpointer. */
void record_install(void);

/* Is the memory there? Not in a server that did not preload the library. */
bool record_there(void);

/* The worker's side: be woken by the checkpointer from now on, until the process ends. */
void record_worker(bool here);
void record_stand(const struct record_standing *standing);

/* The last checkpoint that began. */
struct record_begun {
	TimestampTz when; /* 0: none yet */
	bool running;     /* and it is not over */
	bool timed;       /* not for lack of space for WAL, nor forced by somebody */
};
void record_begun_get(struct record_begun *begun);

/* How many were completed since the server's start, and that with this number, if it is still remembered. */
uint64 record_count(void);
bool record_get(uint64 number, struct record_checkpoint *checkpoint);
void record_annotate(uint64 number, TimestampTz turn, TimestampTz asked);
void record_standing_get(struct record_standing *standing);

#endif
