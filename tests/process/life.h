/* SPDX-License-Identifier: MIT */
/*
 * life.h - what the tests of an agent's life share: swarm "life" and its slots, checks in children, conditions with
 * deadlines, workers that log their turns in memory shared with the test.
 */
#ifndef ENTRAIN_LIFE_H
#define ENTRAIN_LIFE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cmocka.h>

#include "agent.h"
#include "swarm_fixture.h"

#define LIFE_SWARM "life"
#define LIFE_MS INT64_C(1000000)
#define LIFE_S INT64_C(1000000000)
/* No condition takes this long on any machine that is worth testing on. */
#ifndef LIFE_PATIENCE_S
#define LIFE_PATIENCE_S 20
#endif
#define LIFE_PATIENCE_NS (LIFE_PATIENCE_S * LIFE_S)

/* ThreadSanitizer does not know of processes that are made without fork(); AddressSanitizer takes the end of a cancelled
 * thread for a write beyond its stack. */
#if defined(__has_feature)
#define LIFE_FEATURE(feature) __has_feature(feature)
#else
#define LIFE_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || LIFE_FEATURE(thread_sanitizer)
#define LIFE_THREAD_SANITIZED 1
#else
#define LIFE_THREAD_SANITIZED 0
#endif
#if defined(__SANITIZE_ADDRESS__) || LIFE_FEATURE(address_sanitizer)
#define LIFE_ADDRESS_SANITIZED 1
#else
#define LIFE_ADDRESS_SANITIZED 0
#endif

/* Setup and teardown of each test: those of the fixture, with a limit of two minutes, clock and marks put back. */
int life_setup(void **state);
int life_teardown(void **state);

/* Create and remove swarm "life". Removing asserts that nothing is left in the directory. */
void life_create(uint32_t capacity, int64_t period_ns);
void life_create_with(const struct entrain_settings *settings);
void life_remove(void);

/* The slots, mapped as an agent has them. Unmapped at teardown. */
void life_stat(const char *object, struct stat *status); /* "control", "agents" */
struct shm_slot *life_slots(void);
struct shm_agents *life_agents(void);
unsigned life_occupied(void); /* slots that are not free */
uint32_t life_pid_of(unsigned slot);

/* entrain_status(), entrain_reap() and entrain_set(mode) on a handle of their own. */
void life_status(struct entrain_status *status);
void life_reap(uint32_t *released, uint32_t *unproven);
void life_mode(uint32_t mode);

/* A child that runs `body` and ends with status 0. It dies with the test. */
pid_t life_fork(void (*body)(void *context), void *context);
/* Wait for its end: its wait status. The test fails if it takes too long. */
int life_ended(pid_t pid);
/* The same, and it must be exit status 0. */
void life_ended_well(pid_t pid);
/* Stop it, and wait until it is stopped. */
void life_stop(pid_t pid);

/* Zeroed memory shared with all children made from now on; freed at teardown. */
void *life_shared(size_t size);

/* True in the test and in its children; a failure in a child ends it with status 99. */
#define life_check(expression) \
	do { \
		if (!(expression)) \
			life_failed(#expression, __FILE__, __LINE__); \
	} while (0)
void life_failed(const char *expression, const char *file, int line);

/* Wait until `condition` holds; false once `patience_ns` are over. */
#define life_until_ns(condition, patience_ns) \
	({ \
		int64_t life_deadline_ns = entrain_now_ns() + (patience_ns); \
		bool life_holds; \
		while (!(life_holds = (condition)) && entrain_now_ns() < life_deadline_ns) \
			life_pause(); \
		life_holds || (condition); \
	})
#define life_until(condition) life_check(life_until_ns(condition, LIFE_PATIENCE_NS))
void life_pause(void); /* 1 ms */

/* ---- workers --------------------------------------------------------------------------- */

#define LIFE_TURNS 512 /* turns that a log keeps */

/* One worker, in shared memory. */
struct life_worker {
	pid_t pid; /* the test's */
	_Atomic int stop;
	_Atomic int joined; /* holds a slot, as entrain_joined() says at each turn */
	_Atomic int why;
	_Atomic int slot;
	_Atomic int64_t action_ns;
	int64_t join_ns; /* the instant at which it joins; 0: at once */
	_Atomic uint64_t turns;
	_Atomic int64_t turn_ns[LIFE_TURNS]; /* as scheduled */
	_Atomic int64_t began_ns[LIFE_TURNS];
};

struct life_worker *life_workers(unsigned count);
/* Start it, with action_ns and join_ns as they were set; returns once it has joined. */
void life_work(struct life_worker *worker);
/* Start several, then wait for all. */
void life_work_all(struct life_worker *workers, unsigned count);
/* Ask it to leave and end, and wait for that. */
void life_end(struct life_worker *worker);
void life_end_all(struct life_worker *workers, unsigned count);

/* 1 / largest gap of `count` instants on a circle of one period, in even gaps. Sorts them. */
double life_evenness(int64_t *instants, unsigned count, int64_t period_ns);

/* Evenness of the last logged turns of those workers that are alive (stop == 0); 0 if one of them has not acted
 * within the last two periods. `began`: of the instants at which they really began. */
double life_evenness_of(struct life_worker *workers, unsigned count, int64_t period_ns, bool began);

#endif
