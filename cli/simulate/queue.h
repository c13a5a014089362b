/* SPDX-License-Identifier: MIT */
/* queue.h - what is to happen next on the virtual clock. */
#ifndef CLI_SIMULATE_QUEUE_H
#define CLI_SIMULATE_QUEUE_H

#include <stdint.h>

struct queue_item {
	int64_t at_ns;
	uint64_t order; /* of what happens in the same ns: the lower goes first */
	uint32_t agent, stamp;
	uint32_t kind;
};

/* A binary heap; { 0 } is an empty one. */
struct queue {
	struct queue_item *items;
	uint32_t count, space;
};

void queue_push(struct queue *queue, struct queue_item item);
/* The queue is not empty. */
struct queue_item queue_pop(struct queue *queue);
void queue_free(struct queue *queue);

#endif
