/* SPDX-License-Identifier: MIT */
/* lead.c - how early to ask for a checkpoint, so that its sync falls at the turn. */
#include "lead.h"

#define SECOND_US INT64_C(1000000)
/* Whoever looks then sees the new second, by whichever clock. */
#define SECOND_BEGUN_US INT64_C(20000)

static bool whole_seconds(const struct lead *lead)
{
	return lead->spread_us >= SECOND_US;
}

void lead_spread(struct lead *lead, int64_t spread_us)
{
	if (spread_us != lead->spread_us)
		lead->last_us[0] = lead->last_us[1] = spread_us;
	lead->spread_us = spread_us;
}

void lead_learn(struct lead *lead, int64_t asked_us, int64_t started_us, int64_t sync_began_us)
{
	int64_t from_us = asked_us;

	if (whole_seconds(lead))
		from_us = started_us - started_us % SECOND_US;
	lead->last_us[1] = lead->last_us[0];
	lead->last_us[0] = sync_began_us - from_us;
}

int64_t lead_expected_us(const struct lead *lead)
{
	return lead->last_us[0] > lead->last_us[1] ? lead->last_us[0] : lead->last_us[1];
}

/* The nearest second, and the same one the next time, though it be a little further away then. */
static int64_t second_near(struct lead *lead, int64_t when_us)
{
	int64_t beyond_us = when_us % SECOND_US;

	lead->up = beyond_us > SECOND_US / 10 * (lead->up ? 4 : 6);
	return when_us - beyond_us + (lead->up ? SECOND_US : 0);
}

int64_t lead_ask_us(struct lead *lead, int64_t turn_us, int64_t latest_us)
{
	int64_t ask_us = turn_us - lead_expected_us(lead);

	if (!whole_seconds(lead))
		return ask_us < latest_us ? ask_us : latest_us;
	ask_us = second_near(lead, ask_us);
	if (ask_us > latest_us)
		ask_us = latest_us - latest_us % SECOND_US;
	return ask_us + SECOND_BEGUN_US;
}

int64_t lead_slack_us(const struct lead *lead)
{
	return lead_expected_us(lead) / 8 + SECOND_US / 2;
}
