/* SPDX-License-Identifier: MIT */
/* door.c - drifting hosts queue at a door. */
#include "door.h"

struct door_pass door_pass(int64_t free_ns, int64_t now_ns, int64_t work_ns, int64_t cap_ns,
			   int64_t period_ns)
{
	const int64_t latest_ns = now_ns + DOOR_PERIODS * period_ns;
	struct door_pass pass = { .turn_ns = now_ns, .books = true };

	if (free_ns > now_ns && free_ns <= latest_ns) {
		/* Not to be reached. Its action is not booked either: who comes next would wait behind both, to no use. */
		if (free_ns - now_ns > cap_ns)
			pass.books = false;
		else
			pass.turn_ns = free_ns;
	}
	pass.free_ns = pass.turn_ns + work_ns;
	return pass;
}
