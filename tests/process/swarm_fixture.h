/* SPDX-License-Identifier: MIT */
/*
 * swarm_fixture.h - a private directory for the swarms of a test and the processes that it starts, both gone at its end.
 *
 * However it ends: a guardian process waits for the test's death (also by SIGKILL) and removes the directory; the
 * children are killed by the kernel (PDEATHSIG). One fixture at a time in a process.
 */
#ifndef SWARM_FIXTURE_H
#define SWARM_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Make the directory (below /dev/shm, or below $TMPDIR or /tmp) and let ENTRAIN_DIR name it. Aborts if it cannot. */
void swarm_fixture_begin(void);

/* Kill the children that are left, remove the directory, unset ENTRAIN_DIR. Safe without a begin. */
void swarm_fixture_end(void);

/* The same as setup and teardown of cmocka. */
int swarm_fixture_setup(void **state);
int swarm_fixture_teardown(void **state);

/* The directory; its mode is 0700, a test that changes its user widens it. */
const char *swarm_fixture_dir(void);

/* How many files are in the directory. */
unsigned swarm_fixture_files(void);

/*
 * Start a child that runs run(context) and leaves by _exit with what that returns. It dies with the test; one that
 * changes its user calls swarm_child_tie() again (the kernel forgets the tie then).
 */
pid_t swarm_child_start(int (*run)(void *context), void *context);
void swarm_child_tie(pid_t parent);

/*
 * Wait for a child's end: its wait status, or -1 when it was still running after `timeout_ms`; it is killed then. Forgets
 * the child.
 */
int swarm_child_end(pid_t pid, int timeout_ms);

/* Kill a child and wait for it. */
void swarm_child_kill(pid_t pid);

/* The exit status of a child, or -1 if it was killed or did not end in time. */
int swarm_child_result(pid_t pid, int timeout_ms);

/* Ask condition(context) each millisecond until it holds, at most `timeout_ms`. Returns what it said last. */
bool swarm_until(bool (*condition)(void *context), void *context, int timeout_ms);

#endif
