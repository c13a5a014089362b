/* SPDX-License-Identifier: MIT */
/* Memory that is there, or the tool ends saying that there is none. */
#include "memory.h"

#include <stdlib.h>

#include "message.h"

void *memory_resize(void *old, size_t count, size_t size)
{
	void *memory = reallocarray(old, count ? count : 1, size);

	if (!memory)
		exit(message_failure(STATUS_REFUSED, "memory", NULL, "there is none left"));
	return memory;
}
