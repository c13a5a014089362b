/* SPDX-License-Identifier: MIT */
/* Sleeping until an instant, or until asked to stop. */
#include "instant.h"

#include <errno.h>
#include <signal.h>

int instant_sleep_until(int64_t instant_ns)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	/* SIGTERM is blocked everywhere else, so one that comes before the sleep ends it too. */
	for (;;) {
		struct timespec rest = instant_timespec(instant_ns - instant_now_ns());

		if (sigtimedwait(&stop, NULL, &rest) == SIGTERM)
			return 1;
		if (errno == EAGAIN && instant_now_ns() >= instant_ns)
			return 0;
	}
}
