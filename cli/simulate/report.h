/* SPDX-License-Identifier: MIT */
/* report.h - what came out of the runs, for people and for programs. The same bytes for the same settings. */
#ifndef CLI_SIMULATE_REPORT_H
#define CLI_SIMULATE_REPORT_H

#include <stdio.h>

#include "settings.h"

void simulate_report_text(const struct simulate_settings *settings, FILE *out);
void simulate_report_json(const struct simulate_settings *settings, FILE *out);

/* What one goal and scale came to over all its seeds. */
struct report_cell {
	uint32_t median, worst; /* RUN_NEVER if half of them or any never reached it */
	uint32_t never;
};

/* Cycles to the target of runs[0..count-1]: from the start (change < 0), or after their change'th change. */
struct report_cell report_cell_of(const struct run *runs, uint32_t count, int change);

#endif
