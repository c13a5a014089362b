/* SPDX-License-Identifier: MIT */
/* lead.c - how early to ask for a checkpoint, so that its sync falls at the turn. */
#include "lead.h"

#define SECOND_US INT64_C(1000000)
/* Whoever looks then sees the new second, by whichever clock. */
#define SECOND_BEGUN_US INT64_C(20000)
/* The running mean moves by this part of what is new. */
#define MEAN_GAIN 4

static bool whole_seconds(const struct lead *lead)
{
	return lead->spread_us >= SECOND_US;
}

void lead_spread(struct lead *lead, int64_t spread_us)
{
	if (spread_us != lead->spread_us)
		lead->measured = 0;
	lead->spread_us = spread_us;
}

void lead_learn(struct lead *lead, int64_t asked_us, int64_t started_us, int64_t sync_began_us)
{
	int64_t from_us = asked_us;

	if (whole_seconds(lead))
		from_us = started_us - started_us % SECOND_US;
	if (lead->measured == 0)
		lead->mean_us = 0;
	if (lead->measured < MEAN_GAIN)
		lead->measured++;
	lead->mean_us += (sync_began_us - from_us - lead->mean_us) / lead->measured;
}

int64_t lead_expected_us(const struct lead *lead)
{
	return lead->measured ? lead->mean_us : lead->spread_us;
}

/* The nearest second, and the same one the next time, though it be a little further away then. */
static int64_t second_near(struct lead *lead, int64_t when_us)
{
	int64_t beyond_us = when_us % SECOND_US;

	lead->up = beyond_us > SECOND_US / 10 * (lead->up ? 4 : 6);
	return when_us - beyond_us + (lead->up ? SECOND_US : 0);
}

int64_t lead_ask_us(struct lead *lead, int64_t turn_us)
{
	int64_t ask_us = turn_us - lead_expected_us(lead);

	return whole_seconds(lead) ? second_near(lead, ask_us) + SECOND_BEGUN_US : ask_us;
}

int64_t lead_slack_us(const struct lead *lead)
{
	return lead_expected_us(lead) / 8 + SECOND_US / 2;
}
