/* SPDX-License-Identifier: MIT */
/* picture_ranges.h - the ranges that whatever the library reports stays in, whatever lies in shared memory. */
#ifndef PICTURE_RANGES_H
#define PICTURE_RANGES_H

#include <stdbool.h>
#include "entrain.h"

/* All are within their ranges; what is not is named on stderr. */
bool picture_measure_fits(const struct entrain_measure *measure, uint32_t capacity);
bool picture_agent_fits(const struct entrain_agent_info *info, uint32_t capacity);

/* A whole picture, with the `space` entries that there was room for. */
bool picture_fits(const struct entrain_status *status, const struct entrain_agent_info *agents,
		  uint32_t space);

#endif
