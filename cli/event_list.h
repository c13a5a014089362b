/* SPDX-License-Identifier: MIT */
/* All events that a swarm's recorders hold, read through the library. */
#ifndef CLI_EVENT_LIST_H
#define CLI_EVENT_LIST_H

#include <entrain.h>

/* Start from zeros. */
struct event_list {
	struct entrain_event *events; /* oldest first */
	unsigned count, space;
};

/* Read them all; what the list held before is used again. Returns 0 or an enum entrain_code; after ENTRAIN_NO_SWARM the
 * list has what a swarm that was removed meanwhile has left. */
int event_list_read(struct event_list *list, struct entrain_swarm *swarm,
		    struct entrain_error *error);
void event_list_free(struct event_list *list);

#endif
