/* SPDX-License-Identifier: MIT */
/* sweep_trace.c - stop a child at any instruction or system call between two edges that it marks itself. */
#include "sweep_trace.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include "swarm_fixture.h"

void sweep_pin(void)
{
	cpu_set_t here;
	int cpu = sched_getcpu();

	CPU_ZERO(&here);
	if (cpu >= 0 && cpu < CPU_SETSIZE) {
		CPU_SET((unsigned)cpu, &here);
		sched_setaffinity(0, sizeof(here), &here);
	}
}

#if SWEEP_WORKS

#define CALL_STOP (SIGTRAP | 0x80)
#define BREAKPOINT 0xccL

struct traced {
	int (*run)(void *context);
	void *context;
};

static int run_traced(void *context)
{
	const struct traced *traced = context;

	if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
		return 125;
	return traced->run(traced->context);
}

/* The signal that stopped the child, or -1: it is gone. */
static int stop_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -1;
	return WIFSTOPPED(status) ? WSTOPSIG(status) : -1;
}

static int go(pid_t pid, int request)
{
	return ptrace(request, pid, 0, 0) < 0 ? -1 : stop_of(pid);
}

static uint64_t where(pid_t pid)
{
	struct user_regs_struct registers = { 0 };

	ptrace(PTRACE_GETREGS, pid, 0, &registers);
	return registers.rip;
}

static void where_set(pid_t pid, uint64_t rip)
{
	struct user_regs_struct registers;

	ptrace(PTRACE_GETREGS, pid, 0, &registers);
	registers.rip = rip;
	ptrace(PTRACE_SETREGS, pid, 0, &registers);
}

/* A stop by int3, not by a single step. */
static bool at_breakpoint(pid_t pid)
{
	siginfo_t info = { .si_code = 0 };

	return ptrace(PTRACE_GETSIGINFO, pid, 0, &info) == 0 && info.si_code == SI_KERNEL;
}

pid_t sweep_start(int (*run)(void *context), void *context)
{
	struct traced traced = { run, context };
	pid_t pid = swarm_child_start(run_traced, &traced);

	if (stop_of(pid) != SIGTRAP || !at_breakpoint(pid))
		return 0;
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	return pid;
}

bool sweep_record(pid_t pid, struct sweep_path *path)
{
	size_t room = 0;

	path->at = NULL;
	path->count = 0;
	do {
		if (path->count == room) {
			room = room ? 2 * room : 1024;
			path->at = realloc(path->at, room * sizeof(*path->at));
			if (!path->at)
				return false;
		}
		path->at[path->count++] = where(pid);
		if (go(pid, PTRACE_SINGLESTEP) != SIGTRAP)
			return false;
	} while (!at_breakpoint(pid));
	path->count--; /* the edge itself */
	return true;
}

void sweep_path_free(struct sweep_path *path)
{
	free(path->at);
	path->at = NULL;
}

/* Arrive once at `target` from somewhere before it. */
static bool arrive(pid_t pid, uint64_t target)
{
	long word, planted;
	int stop;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, target, 0);
	planted = (word & ~0xffL) | BREAKPOINT;
	if (errno || ptrace(PTRACE_POKETEXT, pid, target, planted) < 0)
		return false;
	stop = go(pid, PTRACE_CONT);
	if (stop != SIGTRAP || where(pid) != target + 1)
		return false;
	ptrace(PTRACE_POKETEXT, pid, target, word);
	where_set(pid, target);
	return true;
}

bool sweep_run_to(pid_t pid, const struct sweep_path *path, size_t point)
{
	uint64_t target = path->at[point];
	size_t passes = 0;

	for (size_t i = 0; i < point; i++)
		passes += path->at[i] == target;
	if (where(pid) != path->at[0])
		return false;
	if (point == 0)
		return true;
	if (path->at[0] != target && !arrive(pid, target))
		return false;
	for (; passes > 0; passes--) {
		if (go(pid, PTRACE_SINGLESTEP) != SIGTRAP || at_breakpoint(pid))
			return false;
		if (where(pid) != target && !arrive(pid, target))
			return false;
	}
	return true;
}

/* To the next entry of or return from a system call, or the edge. */
static enum sweep_call next_call_stop(pid_t pid)
{
	int stop = go(pid, PTRACE_SYSCALL);

	if (stop == CALL_STOP)
		return SWEEP_RETURNED;
	return stop == SIGTRAP && at_breakpoint(pid) ? SWEEP_NO_CALL : SWEEP_LOST;
}

enum sweep_call sweep_run_to_call(pid_t pid, unsigned which, int os_error, long *number)
{
	struct user_regs_struct registers;

	for (unsigned i = 0;; i++) {
		enum sweep_call entered = next_call_stop(pid);

		if (entered != SWEEP_RETURNED)
			return entered;
		ptrace(PTRACE_GETREGS, pid, 0, &registers);
		if (i == which && number)
			*number = (long)registers.orig_rax;
		if (i == which && os_error) {
			registers.orig_rax = (unsigned long long)-1;
			ptrace(PTRACE_SETREGS, pid, 0, &registers);
		}
		if (next_call_stop(pid) != SWEEP_RETURNED)
			return SWEEP_LOST;
		if (i < which)
			continue;
		if (os_error) {
			ptrace(PTRACE_GETREGS, pid, 0, &registers);
			registers.rax = (unsigned long long)-os_error;
			ptrace(PTRACE_SETREGS, pid, 0, &registers);
		}
		return SWEEP_RETURNED;
	}
}

void sweep_let_go(pid_t pid)
{
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

#endif
