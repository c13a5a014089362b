/* SPDX-License-Identifier: MIT */
/* A run of one worker whose every action is a single write, to learn what one costs. */
#include "calibrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "instant.h"

#define LEAST_NS (8 * INSTANT_SECOND_NS / 10)
#define MOST_NS (3 * INSTANT_SECOND_NS)
#define LEAST_BURSTS 8
#define PLACES 32u

/* Where the bursts are: plan->period_ns apart, and as long as the worker's share of the duty. */
static int64_t burst_ns;

static int live_calibrate(struct worker *worker)
{
	int64_t next_ns = worker->start_ns;
	unsigned turn = 0;

	while (instant_sleep_until(next_ns) == 0) {
		int64_t begun_ns = instant_now_ns(), now_ns = begun_ns;

		do {
			int error;

			/* Enough is known; this worker has to stay until the end all the same. */
			if (log_begin(worker->log, now_ns, now_ns))
				return instant_sleep_until(INT64_MAX) ? 0 : -1;
			error = load_write(worker->load, worker->file, turn++);
			if (error)
				return worker_fail(worker, worker->load->failed, error);
			now_ns = instant_now_ns();
			log_end(worker->log, now_ns);
		} while (now_ns - begun_ns < burst_ns);
		next_ns += worker->period_ns;
		if (next_ns < now_ns)
			next_ns = now_ns;
	}
	return 0;
}

static const struct pace pace_calibrate = { "calibrate", live_calibrate };

static int compare_durations(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/*
 * Mean of what one write took, as the duty is a sum; but without the slowest tenth, so that
 * something else that happens to use the disk for a moment does not change the load of the
 * whole run. 0 without memory.
 */
static int64_t mean_write_ns(const struct run_log *log)
{
	const struct worker_log *worker = &log->worker[0];
	int64_t *took_ns = malloc((worker->count + 1) * sizeof(*took_ns));
	size_t count = 0, kept;
	double sum = 0;

	if (!took_ns)
		return 0;
	for (uint32_t k = 0; k < worker->count; k++)
		if (worker->action[k].end_ns)
			took_ns[count++] = worker->action[k].end_ns - worker->action[k].begin_ns;
	qsort(took_ns, count, sizeof(*took_ns), compare_durations);
	kept = count - count / 10;
	for (size_t k = 0; k < kept; k++)
		sum += (double)took_ns[k];
	free(took_ns);
	return kept ? (int64_t)(sum / (double)kept) + 1 : 0;
}

int calibrate(struct calibration *calibration, struct run *run, struct load *load, unsigned workers,
	      int64_t period_ns, double duty)
{
	double wanted_ns = duty * (double)period_ns / workers;
	struct run_plan plan = {
		.pace = &pace_calibrate,
		.load = load,
		.workers = 1,
		.period_ns = period_ns / workers,
	};
	double writes;

	burst_ns = (int64_t)wanted_ns;
	plan.duration_ns = LEAST_BURSTS * plan.period_ns;
	if (plan.duration_ns < LEAST_NS)
		plan.duration_ns = LEAST_NS;
	if (plan.duration_ns > MOST_NS)
		plan.duration_ns = MOST_NS;
	/* Should writes be even faster than that, the log fills up and the calibration ends
	 * early. */
	plan.actions = (uint32_t)(plan.duration_ns / 20000);
	load_set_writes(load, PLACES, workers);
	if (run_start(run, &plan) || run_finish(run, NULL))
		return -1;
	calibration->write_ns = mean_write_ns(run->log);
	if (!calibration->write_ns) {
		snprintf(run->failed, sizeof(run->failed), "nothing could be measured");
		return -1;
	}
	calibration->bytes +=
		(int64_t)run->log->worker[0].count * (int64_t)load->size + load_space(load, 1);
	writes = round(wanted_ns / (double)calibration->write_ns);
	load_set_writes(load, writes < 1 ? 1 : writes > 1e6 ? 1000000u : (unsigned)writes, workers);
	calibration->action_ns = load->writes * calibration->write_ns;
	calibration->duty = (double)calibration->action_ns * workers / (double)period_ns;
	return 0;
}
