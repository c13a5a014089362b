/* SPDX-License-Identifier: MIT */
/* duration.h - durations and shares as people type them. */
#ifndef ENTRAIN_DURATION_H
#define ENTRAIN_DURATION_H

#include "entrain.h"

/* "250ms" -> ns, exactly; no floating point. `key` names the value in the error. */
int duration_parse(const char *key, const char *text, int64_t *duration_ns,
		   struct entrain_error *error);

/* "10%" -> ppm, 0 < share <= most_ppm. */
int percent_parse(const char *key, const char *text, uint32_t most_ppm, uint32_t *ppm,
		  struct entrain_error *error);

#endif
