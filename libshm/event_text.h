/* SPDX-License-Identifier: MIT */
/* event_text.h - what an event says, in words. */
#ifndef ENTRAIN_EVENT_TEXT_H
#define ENTRAIN_EVENT_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Write the event as people read it: "joined as pid 4242". `before`: the strategy that a change was from, 0: not known.
 * Any kind and value may come: what is none is said to be so.
 */
void event_text(uint32_t kind, uint32_t value, uint32_t before, char *text, size_t size);

#endif
