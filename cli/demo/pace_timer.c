/* SPDX-License-Identifier: MIT */
/* Workers with a timer each, as hosts have without entrain. */
#include "pace.h"

static int live_together(struct worker *worker)
{
	return worker_follow_grid(worker, worker->start_ns);
}

static int live_random_offset(struct worker *worker)
{
	double offset_ns = worker_random(worker, 0) * (double)worker->period_ns;

	return worker_follow_grid(worker, worker->start_ns + (int64_t)offset_ns);
}

const struct pace pace_together = { "together", live_together };
const struct pace pace_random_offset = { "random_offset", live_random_offset };
