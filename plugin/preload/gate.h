/* SPDX-License-Identifier: MIT */
/* gate.h - what happens before and after a call that may be under a rule. */
#ifndef PRELOAD_GATE_H
#define PRELOAD_GATE_H

#include <stdbool.h>
#include "state.h"

/* One call on its way, on the stack of whoever makes it. */
struct passage {
	int rule;   /* -1: under none */
	bool acts;  /* it is a part of an action */
	bool paced; /* it is a sleep that may be stretched */
	int64_t began_ns;
	int64_t burst_ns; /* when its burst arrived */
};

/* The question that every call asks. */
static inline bool gate_armed(enum entrain_call call)
{
	return __builtin_expect(
		atomic_load_explicit(&state.armed, memory_order_acquire) >> call & 1u, 0);
}

/* Before the real call: find the rule, count, hold the caller as the rule says. `fd` -1: not about a file. A cancellation point
 * where it holds; keeps errno. True: gate_leave() is to follow. */
bool gate_enter(struct passage *passage, enum entrain_call call, int fd);
/* After it; `done`: it did all that was asked of it. Stretches a sleep, as the rule says: then a cancellation point too. Keeps
 * errno. */
void gate_leave(struct passage *passage, bool done);

#endif
