/* SPDX-License-Identifier: MIT */
/* report_cell.c - cycles to the target over several seeds. */
#include <stdlib.h>

#include "../memory.h"
#include "report.h"

static int ascending(const void *one, const void *other)
{
	const uint32_t left = *(const uint32_t *)one, right = *(const uint32_t *)other;

	return (left > right) - (left < right);
}

struct report_cell report_cell_of(const struct run *runs, uint32_t count, int change)
{
	uint32_t *cycles = memory_resize(NULL, count, sizeof(*cycles));
	struct report_cell cell = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		cycles[i] = change < 0 ? runs[i].converged_at : runs[i].change[change].cycles;
		cell.never += cycles[i] == RUN_NEVER;
	}
	qsort(cycles, count, sizeof(*cycles), ascending);
	cell.median = cycles[count / 2];
	cell.worst = cycles[count - 1];
	free(cycles);
	return cell;
}
