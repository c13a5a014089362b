/* SPDX-License-Identifier: MIT */
/*
 * lead.h - how early to ask for a checkpoint, so that its sync falls at the turn.
 *
 * Instants are of the server's clock, in microseconds since some whole second.
 *
 * The checkpointer spreads its writing over completion_target x timeout, counted from the whole second in which it began. So it is
 * asked at the beginning of a second, and its sync comes that long after it: at the second nearest to the turn. Where
 * writing is not spread over seconds it is asked at any time.
 */
#ifndef ENTRAIN_POSTGRES_LEAD_H
#define ENTRAIN_POSTGRES_LEAD_H

#include <stdbool.h>
#include <stdint.h>

struct lead {
	int64_t spread_us;  /* that the server means to write for */
	int64_t last_us[2]; /* from asking to syncing, the last two times */
	bool up;            /* the second was rounded up to last */
};

/* completion_target x timeout, as it is now. What was measured while it was another says nothing any more. */
void lead_spread(struct lead *lead, int64_t spread_us);

/* Learn from a checkpoint that was asked for. */
void lead_learn(struct lead *lead, int64_t asked_us, int64_t started_us, int64_t sync_began_us);

/*
 * How long from asking to syncing: the longer of the last two times; before that, as long as the server may take to write. Not
 * the mean: a checkpoint with little to write, as after a start, says nothing about the next, and to be asked late is worse
 * than to be early, since the next one then has to wait.
 */
int64_t lead_expected_us(const struct lead *lead);

/* When to ask for a sync at `turn_us`; not later than `latest_us`. */
int64_t lead_ask_us(struct lead *lead, int64_t turn_us, int64_t latest_us);

/* Whoever is asked begins within so much, if it is not busy; a checkpoint that began later was begun by somebody else. */
int64_t lead_slack_us(const struct lead *lead);

#endif
