/* SPDX-License-Identifier: MIT */
/*
 * door.h - drifting hosts queue at a door: it says when it is free next, and whoever comes books the time that its action takes.
 *
 * Nothing can be planned ahead for hosts that come whenever they like. Each waits until the door is free, if that is within its
 * cap; if not, waiting would help nobody, and it goes at once. (A generic cell rate algorithm, ITU-T I.371, whose cells take
 * each its own time and are let through where they do not conform.) Pure: no shared memory, no clock, no floating point.
 */
#ifndef ENTRAIN_DOOR_H
#define ENTRAIN_DOOR_H

#include <stdbool.h>
#include <stdint.h>

/* What honest agents book ends at most so many periods from now: a cap and an action. More is garbage, and healed. */
#define DOOR_PERIODS 2

/* Who comes whenever it likes is not expected after a period: it is silent only after so many more. */
#define DOOR_SILENT_PERIODS 9

/* Who comes to the door, and what for. In ns; 0 <= now <= 2^62, 0 <= work, late and cap, period <= 2^47. */
struct door_caller {
	int64_t now_ns;
	int64_t work_ns; /* how long its action takes; 0: not known */
	int64_t late_ns; /* how late it is woken, where it has to wait */
	int64_t cap_ns, period_ns;
};

struct door_pass {
	int64_t turn_ns; /* when to act: now, or up to cap_ns later */
	int64_t free_ns; /* what the door says from then on, if `books` */
	bool books;
};

/*
 * Somebody comes to a door that says free_ns, whatever that is. Never fails: now <= turn <= now + cap, and what is booked is
 * turn <= free <= turn + period.
 */
struct door_pass door_pass(int64_t free_ns, const struct door_caller *caller);

#endif
