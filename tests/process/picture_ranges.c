/* SPDX-License-Identifier: MIT */
/* picture_ranges.c - the ranges that whatever the library reports stays in, whatever lies in shared memory. */
#include "picture_ranges.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "layout.h"

/* Say which of the ranges it was. */
#define FITS(condition) \
	((condition) ? true : (fprintf(stderr, "out of range, not so: %s\n", #condition), false))

static bool share_fits(double value)
{
	return value >= 0 && value <= 1;
}

static bool text_fits(const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size && text[i]; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return i < size;
}

bool picture_measure_fits(const struct entrain_measure *measure, uint32_t capacity)
{
	uint32_t all = measure->agents_alive + measure->agents_stale + measure->agents_dead;

	for (int i = 0; i < 4; i++)
		if (!FITS(share_fits(measure->order_parameters[i])))
			return false;
	return FITS(all <= capacity) && FITS(measure->agents_off_beat <= capacity) &&
	       FITS(measure->agents_implausible <= capacity) && FITS(measure->converged <= 1) &&
	       FITS(share_fits(measure->coherence)) && FITS(share_fits(measure->evenness)) &&
	       FITS(share_fits(measure->evenness_actual)) && FITS(isfinite(measure->min_gap)) &&
	       FITS(measure->min_gap >= 0) && FITS(isfinite(measure->max_gap)) &&
	       FITS(measure->max_gap >= measure->min_gap) && FITS(share_fits(measure->value)) &&
	       FITS(share_fits(measure->target)) && FITS(measure->longest_period_ns > 0) &&
	       FITS(share_fits(measure->rhythm)) && FITS(isfinite(measure->duty)) &&
	       FITS(measure->duty >= 0) && FITS(share_fits(measure->energy / 100)) &&
	       FITS(measure->metric <= 3) && FITS(measure->goal > 0) &&
	       FITS(measure->goal < ENTRAIN_GOAL_COUNT) && FITS(measure->mode >= ENTRAIN_ACT) &&
	       FITS(measure->mode <= ENTRAIN_OFF);
}

bool picture_agent_fits(const struct entrain_agent_info *info, uint32_t capacity)
{
	return FITS(info->slot < capacity) && FITS(info->pid > 0) &&
	       FITS(info->pid <= SHM_PID_MAX) && FITS(info->state <= ENTRAIN_DEAD) &&
	       FITS(info->off_beat <= 1) && FITS(info->implausible <= 1) &&
	       FITS(info->cannot_follow <= 1) && FITS(info->behind <= 1) &&
	       FITS(info->reached <= 1) && FITS(info->neighbours < ENTRAIN_CAPACITY_MAX) &&
	       FITS(text_fits(info->name, sizeof(info->name))) &&
	       FITS(text_fits(info->label, sizeof(info->label))) && FITS(info->phase >= 0) &&
	       FITS(info->phase < 1) && FITS(share_fits(info->energy / 100)) &&
	       FITS(info->period_ns >= 0) && FITS(info->action_last_ns >= 0) &&
	       FITS(info->action_mean_ns >= 0) && FITS(info->delay_last_ns >= 0) &&
	       FITS(info->delay_max_ns >= 0) && FITS(info->delay_total_ns >= 0) &&
	       FITS(info->lateness_ns >= 0) && FITS(info->began_ns >= 0);
}

bool picture_fits(const struct entrain_status *status, const struct entrain_agent_info *agents,
		  uint32_t space)
{
	bool fits = FITS(status->capacity >= 1) && FITS(status->capacity <= ENTRAIN_CAPACITY_MAX) &&
		    FITS(status->agents <= status->capacity) &&
		    FITS(status->acknowledged + status->cannot_follow <= status->agents) &&
		    FITS(status->scattered <= status->agents) &&
		    FITS(status->disruption <= 65535) && FITS(status->settings.access <= 0777) &&
		    FITS(memchr(status->settings.topology, 0, sizeof(status->settings.topology))) &&
		    FITS(status->settings.topology[0]) &&
		    picture_measure_fits(&status->measure, status->capacity);

	for (uint32_t i = 0; fits && i < status->agents && i < space; i++)
		fits = picture_agent_fits(&agents[i], status->capacity) &&
		       FITS(i == 0 || agents[i - 1].slot < agents[i].slot);
	return fits;
}
