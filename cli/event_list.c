/* SPDX-License-Identifier: MIT */
/* All events that a swarm's recorders hold, read through the library. */
#include "event_list.h"

#include <stdlib.h>

#include "memory.h"

int event_list_read(struct event_list *list, struct entrain_swarm *swarm,
		    struct entrain_error *error)
{
	unsigned count;
	int code;

	for (;;) {
		code = entrain_events(swarm, list->events, list->space, &count, error);
		if (count <= list->space)
			break;
		/* some more may be written meanwhile */
		list->space = count + count / 8 + 64;
		list->events = memory_resize(list->events, list->space, sizeof(*list->events));
	}
	list->count = count;
	return code;
}

void event_list_free(struct event_list *list)
{
	free(list->events);
}
