/* SPDX-License-Identifier: MIT */
/* soak_worker.h - what the processes of the soak do by themselves, and the board on which they say where they are. */
#ifndef SOAK_WORKER_H
#define SOAK_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include "entrain.h"

#define SOAK_NAME "soaked"
#define SOAK_WORKERS 12
#define SOAK_READERS 2
#define SOAK_ADMINS 2
#define SOAK_PLAYERS (SOAK_WORKERS + SOAK_READERS + SOAK_ADMINS)
#define SOAK_CAPACITY_MAX 24
#define SOAK_CHILDREN 256
#define SOAK_PERIOD_MAX_NS INT64_C(50000000)
/* Exit status of a worker that ends, as it means to, without leaving the swarm. */
#define SOAK_SUDDEN 10

/* Where a worker is; between SOAK_STEADY and its next phase its slot cannot change. */
enum soak_phase {
	SOAK_OUTSIDE,
	SOAK_JOIN,
	SOAK_WAIT,
	SOAK_STEADY,
	SOAK_BARRIER,
	SOAK_FORK,
	SOAK_LEAVE
};

/* One process, written by itself. */
struct soak_player {
	_Atomic uint64_t progress;
	_Atomic uint32_t phase;
	_Atomic uint32_t slot;     /* 1 + index while it is joined and steady; 0: none */
	_Atomic uint64_t creation; /* of the swarm that this slot is in */
	_Atomic uint32_t joins, turns, rounds, cancels, forks, looks, sets, resizes, disruptions;
	char failure[640]; /* why it gave up */
};

struct soak_board {
	_Atomic uint32_t stop;      /* all leave and end */
	_Atomic uint32_t hands_off; /* readers and administrators end */
	_Atomic uint32_t calm;      /* workers join, stay and take their turns */
	_Atomic uint32_t
		children[SOAK_CHILDREN]; /* pids of those that workers forked, the last ones */
	_Atomic uint32_t children_count;
	uint64_t seed;
	struct soak_player players[SOAK_PLAYERS];
};

/* Which of the players a child is, and its how maniest life. */
struct soak_self {
	struct soak_board *board;
	uint32_t which, life;
};

/* splitmix64 (Steele, Lea, Flood 2014) */
uint64_t soak_next(uint64_t *seed);

/* Random settings: a capacity of 6..24, 5 to 50 ms, any goal, topology, mode and most delay. */
void soak_settings(struct entrain_settings *settings, uint64_t *seed);

/* Change what may change live: period, goal, most delay, mode. */
void soak_settings_live(struct entrain_settings *settings, uint64_t *seed);

/* A random topology that a swarm of any of these capacities can have. */
const char *soak_topology(uint64_t *seed);

/* What any call may answer while swarms are made and removed; all else is a mistake. */
bool soak_code_fits(int code);

/* How many entries a directory such as /proc/self/fd has, but for the descriptor that reads it; lines of a file. */
unsigned soak_count_entries(const char *path);
unsigned soak_count_lines(const char *path);

/* The lives of the players, for swarm_child_start(); `context` is a struct soak_self. */
int soak_work(void *context);
int soak_read(void *context);
int soak_administer(void *context);

#endif
