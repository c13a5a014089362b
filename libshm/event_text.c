/* SPDX-License-Identifier: MIT */
/* event_text.c - what an event says, in words. */
#include "event_text.h"
#include <stdio.h>
#include <string.h>
#include "entrain.h"

static const char *const kinds[ENTRAIN_EVENT_COUNT] = {
	[ENTRAIN_EVENT_JOINED] = "joined",
	[ENTRAIN_EVENT_LEFT] = "left",
	[ENTRAIN_EVENT_GOAL] = "goal",
	[ENTRAIN_EVENT_MODE] = "mode",
	[ENTRAIN_EVENT_STRATEGY] = "strategy",
	[ENTRAIN_EVENT_REACHED] = "reached",
	[ENTRAIN_EVENT_MISSED_GOAL] = "missed-goal",
	[ENTRAIN_EVENT_PATTERN] = "pattern",
	[ENTRAIN_EVENT_TOPOLOGY] = "topology",
	[ENTRAIN_EVENT_CANNOT_FOLLOW] = "cannot-follow",
	[ENTRAIN_EVENT_DISRUPTED] = "disrupted",
	[ENTRAIN_EVENT_TURNS_MISSED] = "turns-missed",
	[ENTRAIN_EVENT_LATE] = "late",
	[ENTRAIN_EVENT_FENCED] = "fenced",
	[ENTRAIN_EVENT_EXHAUSTED] = "exhausted",
	[ENTRAIN_EVENT_NEIGHBOURS] = "neighbours",
};

static const char *const reasons[] = {
	[ENTRAIN_REASON_GOAL] = "the goal was set",
	[ENTRAIN_REASON_STALLED] = "stalled",
	[ENTRAIN_REASON_DISRUPTED] = "disrupted",
	[ENTRAIN_REASON_JOINED] = "agents joined",
	[ENTRAIN_REASON_LEFT] = "agents left",
	[ENTRAIN_REASON_DRIFTED] = "drifted",
	[ENTRAIN_REASON_BEST] = "the best of all that were tried",
};

const char *entrain_event_name(int kind)
{
	return kind > 0 && kind < ENTRAIN_EVENT_COUNT ? kinds[kind] : "?";
}

static const char *reason_text(uint32_t reason)
{
	return reason > 0 && reason < sizeof(reasons) / sizeof(reasons[0]) ? reasons[reason] : "?";
}

static double share(uint32_t ppm)
{
	return (double)ppm / 1e6;
}

static void strategy_text(uint32_t value, uint32_t before, char *text, size_t size)
{
	const char *to = entrain_strategy_name((int)(value >> 8 & 0xff));

	if (before)
		snprintf(text, size, "changes strategy from %s to %s: %s",
			 entrain_strategy_name((int)before), to, reason_text(value & 0xff));
	else
		snprintf(text, size, "changes strategy to %s: %s", to, reason_text(value & 0xff));
}

void event_text(uint32_t kind, uint32_t value, uint32_t before, char *text, size_t size)
{
	char why[64];

	switch (kind) {
	case ENTRAIN_EVENT_JOINED:
		snprintf(text, size, "joined as pid %u", value);
		break;
	case ENTRAIN_EVENT_LEFT:
		snprintf(text, size, "left");
		break;
	case ENTRAIN_EVENT_GOAL:
		snprintf(text, size, "follows goal %s", entrain_goal_name((int)value));
		break;
	case ENTRAIN_EVENT_MODE:
		snprintf(text, size, "follows mode %s", entrain_mode_name((int)value));
		break;
	case ENTRAIN_EVENT_STRATEGY:
		strategy_text(value, before, text, size);
		break;
	case ENTRAIN_EVENT_REACHED:
		snprintf(text, size, "sees the goal reached: %.2f", share(value));
		break;
	case ENTRAIN_EVENT_MISSED_GOAL:
		snprintf(text, size, "no longer sees the goal reached: %.2f, %s",
			 share(value & 0xffffff), reason_text(value >> 24));
		break;
	case ENTRAIN_EVENT_PATTERN:
		snprintf(text, size, "adapts to the load: %s", value ? "together" : "apart");
		break;
	case ENTRAIN_EVENT_TOPOLOGY:
		snprintf(text, size, "follows generation %u of the topology", value);
		break;
	case ENTRAIN_EVENT_CANNOT_FOLLOW:
		snprintf(text, size, "cannot open the topology, follows full: %s",
			 strerror_r((int)value, why, sizeof(why)));
		break;
	case ENTRAIN_EVENT_DISRUPTED:
		snprintf(text, size, "disrupted: %s",
			 value ? "scatters its phase" : "not among those that scatter");
		break;
	case ENTRAIN_EVENT_TURNS_MISSED:
		snprintf(text, size, "left out %u turn%s that had passed", value,
			 value == 1 ? "" : "s");
		break;
	case ENTRAIN_EVENT_LATE:
		snprintf(text, size, "woke %u ms late", value);
		break;
	case ENTRAIN_EVENT_FENCED:
		snprintf(text, size, "had lost slot %u to somebody else", value);
		break;
	case ENTRAIN_EVENT_EXHAUSTED:
		snprintf(text, size, "has no energy left: keeps its phase");
		break;
	case ENTRAIN_EVENT_NEIGHBOURS:
		snprintf(text, size, "counts %u agent%s, %u before", value & 0xffff,
			 (value & 0xffff) == 1 ? "" : "s", value >> 16);
		break;
	default:
		snprintf(text, size, "does something that this version has no words for: %u, %u",
			 kind, value);
	}
}
