/* SPDX-License-Identifier: MIT */
/* door.c - drifting hosts queue at a door. */
#include "door.h"

struct door_pass door_pass(int64_t free_ns, const struct door_caller *caller)
{
	const int64_t now_ns = caller->now_ns;
	const int64_t latest_ns = now_ns + DOOR_PERIODS * caller->period_ns;
	struct door_pass pass = { .turn_ns = now_ns, .books = true };
	int64_t takes_ns = caller->work_ns;

	if (free_ns > now_ns && free_ns <= latest_ns) {
		/* Not to be reached. Its action is not booked either: who comes next would wait behind both, to no use. */
		if (free_ns - now_ns > caller->cap_ns)
			pass.books = false;
		else
			pass.turn_ns = free_ns;
	}
	/* Who does not wait is here already. */
	if (pass.turn_ns > now_ns)
		takes_ns += caller->late_ns;
	pass.free_ns = pass.turn_ns + (takes_ns < caller->period_ns ? takes_ns : caller->period_ns);
	return pass;
}
