/* SPDX-License-Identifier: MIT */
/*
 * sweep_trace.h - stop a child at any instruction or system call between two edges that it marks itself.
 *
 * One child is stepped from edge to edge and its path written down. Each later child, a fork of the same parent and so
 * laid out alike, is run to one point of that path by a breakpoint: what would cost n steps costs one stop.
 */
#ifndef SWEEP_TRACE_H
#define SWEEP_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(__x86_64__)
#define SWEEP_WORKS 1
/* Where the swept part begins or ends, in the child. */
#define SWEEP_EDGE() __asm__ volatile("int3" ::: "memory")
#else
#define SWEEP_WORKS 0
#define SWEEP_EDGE() ((void)0)
#endif

struct sweep_path {
	uint64_t *at; /* address of the instruction that came as number i */
	size_t count;
};

/* Start a traced child (swarm_child_start) and let it run to its first edge. 0: it did not come there. */
pid_t sweep_start(int (*run)(void *context), void *context);

/* Step the child to its second edge, noting each instruction. False: it did not come there. */
bool sweep_record(pid_t pid, struct sweep_path *path);
void sweep_path_free(struct sweep_path *path);

/* Run the child until instruction `point` of the path is the next one. False: the second edge came first. */
bool sweep_run_to(pid_t pid, const struct sweep_path *path, size_t point);

enum sweep_call {
	SWEEP_RETURNED, /* stopped at the return of that call */
	SWEEP_NO_CALL,  /* stopped at the second edge: there are fewer calls */
	SWEEP_LOST      /* it died or got a signal */
};

/* Run the child to the return of its system call number `which` (0 first). With `os_error` the call is not made and
 * returns that error. `number` (may be NULL) gets what call it was. */
enum sweep_call sweep_run_to_call(pid_t pid, unsigned which, int os_error, long *number);

/* Stay on the present processor, with all children: parent and child only ever take turns. Twice as fast. */
void sweep_pin(void);

/* Let a child go on alone, from wherever it was stopped. */
void sweep_let_go(pid_t pid);

#endif
