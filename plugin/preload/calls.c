/* SPDX-License-Identifier: MIT */
/* calls.c - the functions that stand in front of the C library's: whatever happens, its own is called once. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "gate.h"
#include "hooks.h"
#include "real.h"

#define HOOK __attribute__((visibility("default")))

#define VALUE_HOOK(type, name, parameters, arguments, file) \
	HOOK type name parameters \
	{ \
		struct passage passage; \
		type result; \
\
		if (!gate_armed(ENTRAIN_CALL_##name) || \
		    !gate_enter(&passage, ENTRAIN_CALL_##name, file)) \
			return real.name arguments; \
		result = real.name arguments; \
		gate_leave(&passage, result == 0); \
		return result; \
	}

PRELOAD_VALUE_HOOKS(VALUE_HOOK)

HOOK void sync(void)
{
	struct passage passage;
	bool leave = gate_armed(ENTRAIN_CALL_sync) &&
		     gate_enter(&passage, ENTRAIN_CALL_sync, HOOK_NO_FILE);

	real.sync();
	if (leave)
		gate_leave(&passage, true);
}

/* glibc's other name of it; none of Debian's own programs uses it, but old ones do. */
extern __typeof__(nanosleep) __nanosleep __attribute__((alias("nanosleep"), visibility("default")));
