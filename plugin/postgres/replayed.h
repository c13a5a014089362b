/* SPDX-License-Identifier: MIT */
/*
 * replayed.h - of a standby: has a checkpoint of the primary been replayed that no restartpoint was made of yet?
 *
 * To ask for a restartpoint before would do harm: the server then tries again by its own clock each 15 s, and so makes it
 * when the primary's checkpoint arrives, wherever the turn is. There is no call to ask. But of each checkpoint that it replays
 * the server notes the next transaction id where it keeps pg_control, and that has moved since the last one if transactions
 * wrote anything.
 */
#ifndef ENTRAIN_POSTGRES_REPLAYED_H
#define ENTRAIN_POSTGRES_REPLAYED_H

#include <stdbool.h>

void replayed_open(void);

/* Now and then: a restartpoint that ends puts the note back to its own checkpoint. */
void replayed_look(void);

/* A restartpoint began: it is made of what was replayed until now. */
void replayed_used(void);

bool replayed_checkpoint(void);

#endif
