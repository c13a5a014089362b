/* SPDX-License-Identifier: MIT */
/* urcu_user.c - a library of somebody else's that uses liburcu-bp and keeps it in order across fork() by handlers of its own. */
#include <pthread.h>
#include <urcu/urcu-bp.h>

int urcu_user_start(void);

__attribute__((visibility("default"))) int urcu_user_start(void)
{
	urcu_bp_read_lock();
	urcu_bp_read_unlock();
	return pthread_atfork(urcu_bp_before_fork, urcu_bp_after_fork_parent,
			      urcu_bp_after_fork_child);
}
