/* SPDX-License-Identifier: MIT */
/* queue.c - what is to happen next on the virtual clock. */
#include "queue.h"

#include <stdbool.h>
#include <stdlib.h>

#include "../memory.h"

static bool before(const struct queue_item *one, const struct queue_item *other)
{
	return one->at_ns < other->at_ns ||
	       (one->at_ns == other->at_ns && one->order < other->order);
}

void queue_push(struct queue *queue, struct queue_item item)
{
	struct queue_item *items;
	uint32_t place = queue->count++;

	if (queue->count > queue->space) {
		queue->space = queue->space ? 2 * queue->space : 256;
		queue->items = memory_resize(queue->items, queue->space, sizeof(*queue->items));
	}
	items = queue->items;
	for (; place && before(&item, &items[(place - 1) / 2]); place = (place - 1) / 2)
		items[place] = items[(place - 1) / 2];
	items[place] = item;
}

struct queue_item queue_pop(struct queue *queue)
{
	struct queue_item *items = queue->items;
	const struct queue_item first = items[0], last = items[--queue->count];
	uint32_t place = 0;

	for (uint32_t child; (child = 2 * place + 1) < queue->count; place = child) {
		if (child + 1 < queue->count && before(&items[child + 1], &items[child]))
			child++;
		if (!before(&items[child], &last))
			break;
		items[place] = items[child];
	}
	items[place] = last;
	return first;
}

void queue_free(struct queue *queue)
{
	free(queue->items);
	*queue = (struct queue){ 0 };
}
