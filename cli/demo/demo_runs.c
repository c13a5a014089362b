/* SPDX-License-Identifier: MIT */
/* The order of things in a demo: place, calibration, swarm, the three runs, and tidying up. */
#include "demo_runs.h"

#include <entrain.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../message.h"
#include "bystander.h"
#include "pace.h"
#include "tidy.h"

#define SIZE_LEAST 8192u
#define GIB ((double)(INT64_C(1) << 30))

/* What must be taken back, and what interrupted. */
struct stage {
	struct demo *demo;
	struct place place;
	struct tidy tidy;
	sigset_t signals_before;
	int interrupted;
};

static int run_failed(struct stage *stage, const struct run *run)
{
	stage->interrupted = run->interrupted;
	if (run->interrupted)
		return STATUS_NO; /* the signal itself is said by dying of it */
	return message_failure(STATUS_NO, "demo", NULL, "%s", run->failed);
}

/* ---- before the runs ------------------------------------------------------------------ */

static int64_t space_needed(const struct demo *demo)
{
	int64_t files = (int64_t)demo->size * demo->workers;

	return (files > LOAD_SPACE_MAX ? files : LOAD_SPACE_MAX) + BYSTANDER_SPACE;
}

/* All that the three runs write, the files' first filling and the calibration included. */
static int64_t bytes_to_write(const struct demo *demo)
{
	int64_t cycles = (demo->duration_ns + demo->period_ns - 1) / demo->period_ns;
	int64_t commits = demo->duration_ns / BYSTANDER_INTERVAL_NS;

	return demo->calibration.bytes + load_space(&demo->load, demo->workers) +
	       DEMO_PHASES * (cycles * demo->workers * load_action_bytes(&demo->load) +
			      commits * BYSTANDER_BYTES);
}

static int calibrate_size(struct stage *stage)
{
	struct demo *demo = stage->demo;
	struct run run = { 0 };
	int status = STATUS_DONE;
	int error;

	load_free(&demo->load);
	error = load_make(&demo->load, stage->place.directory, demo->size);
	if (error)
		return message_failure(STATUS_REFUSED, "demo", NULL, "%s", strerror(error));
	if (calibrate(&demo->calibration, &run, &demo->load, demo->workers, demo->period_ns,
		      demo->duty))
		status = run_failed(stage, &run);
	run_end(&run);
	log_free(run.log);
	demo->bytes = bytes_to_write(demo);
	return status;
}

/* Find the number of writes; where nobody chose a size, one that keeps the disk from being worn. */
static int calibrate_all(struct stage *stage)
{
	struct demo *demo = stage->demo;
	int status = calibrate_size(stage);

	while (!status && !demo->size_given && !demo->agrees && demo->bytes > DEMO_BYTES_MOST &&
	       demo->size / 2 >= SIZE_LEAST) {
		demo->size /= 2;
		status = calibrate_size(stage);
	}
	if (status)
		return status;
	if (demo->calibration.duty > 1)
		return message_failure(
			STATUS_NO, "demo", "a longer --period, fewer --workers or a smaller --size",
			"the disk is too slow: one write each takes %.0f %% of a period",
			100 * demo->calibration.duty);
	if (demo->bytes > DEMO_BYTES_MOST && !demo->agrees)
		return message_failure(
			STATUS_USAGE, "demo",
			"--yes; or a shorter --duration, a lower --duty or a smaller --size",
			"this would write %.1f GB to disk, more than 8 GB",
			(double)demo->bytes / GIB);
	return STATUS_DONE;
}

static int swarm_create(const struct demo *demo)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.period_ns = demo->period_ns;
	settings.capacity = demo->workers;
	if (entrain_settings_set(&settings, "goal", demo->goal, 0, &error) ||
	    entrain_create(NULL, demo->swarm, &settings, &error))
		return message_error(&error, demo->swarm);
	return STATUS_DONE;
}

/* ---- the runs ------------------------------------------------------------------------- */

static int run_phase(struct stage *stage, struct demo_phase *phase, struct progress *progress)
{
	struct demo *demo = stage->demo;
	struct run_progress follow = { .tick = progress_tick, .context = progress };
	struct run_plan plan = {
		.pace = phase->pace,
		.load = &demo->load,
		.workers = demo->workers,
		.period_ns = demo->period_ns,
		.duration_ns = demo->duration_ns,
		.seed = demo->seed,
		.swarm = demo->swarm,
	};
	struct run run;
	int status = STATUS_DONE;

	progress->title = phase->title;
	if (run_start(&run, &plan) || run_finish(&run, &follow))
		status = run_failed(stage, &run);
	run_end(&run);
	phase->log = run.log;
	if (status)
		return status;
	if (reckon(phase->log, &phase->figures))
		return message_failure(STATUS_REFUSED, "demo", NULL, "%s", strerror(errno));
	progress_done(progress, phase);
	return STATUS_DONE;
}

static int run_phases(struct stage *stage, struct progress *progress)
{
	static const struct demo_phase phases[DEMO_PHASES] = {
		[DEMO_TOGETHER] = { .pace = &pace_together, .title = "together" },
		[DEMO_RANDOM_OFFSET] = { .pace = &pace_random_offset, .title = "random offsets" },
		[DEMO_SWARM] = { .pace = &pace_swarm, .title = "swarm" },
	};
	struct demo *demo = stage->demo;
	int status = calibrate_all(stage);

	if (status)
		return status;
	if (progress->out)
		show_plan(demo, progress->out);
	status = swarm_create(demo);
	for (unsigned i = 0; i < DEMO_PHASES && !status; i++) {
		demo->phase[i] = phases[i];
		status = run_phase(stage, &demo->phase[i], progress);
	}
	return status;
}

/* ---- around them ---------------------------------------------------------------------- */

static void signals_take(struct stage *stage)
{
	static const int optional[] = { SIGINT, SIGHUP };
	sigset_t signals;

	run_signals(&signals);
	/* An ignored SIGCHLD would take the workers' fate away from us, an ignored SIGTERM
	 * their stop. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	/* What the caller ignores (nohup, a shell's background job) stays ignored: blocked
	 * it would count. */
	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
		struct sigaction action;

		if (sigaction(optional[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			sigdelset(&signals, optional[i]);
	}
	sigprocmask(SIG_BLOCK, &signals, &stage->signals_before);
}

/* Give signals back, and die of the one that came, as the shell expects it. */
static void signals_return(struct stage *stage)
{
	if (!stage->interrupted)
		stage->interrupted = run_interruption();
	if (stage->interrupted) {
		signal(stage->interrupted, SIG_DFL);
		raise(stage->interrupted);
	}
	sigprocmask(SIG_SETMASK, &stage->signals_before, NULL);
}

static void swarm_remove(const char *swarm)
{
	entrain_remove(NULL, swarm, 0, NULL);
}

int demo_runs(struct demo *demo, const char *parent, struct progress *progress)
{
	struct stage stage = { .demo = demo };
	int status;

	place_sweep(parent, swarm_remove);
	/* From here on there is something to take back. */
	signals_take(&stage);
	if (place_make(&stage.place, parent, demo->swarm, space_needed(demo))) {
		status = message_failure(STATUS_REFUSED, "demo --dir", stage.place.hint, "%s: %s",
					 parent, stage.place.why);
		signals_return(&stage);
		return status;
	}
	if (tidy_start(&stage.tidy, &stage.place, demo->swarm)) {
		status = message_failure(STATUS_REFUSED, "demo", NULL, "%s: %s", stage.place.path,
					 strerror(errno));
		place_remove(&stage.place);
	} else {
		status = run_phases(&stage, progress);
		demo->is_complete = status == STATUS_DONE;
		if (tidy_finish(&stage.tidy, &stage.place, demo->swarm))
			status = message_failure(STATUS_REFUSED, "demo", NULL,
						 "%s or swarm %s could not be removed",
						 stage.place.path, demo->swarm);
	}
	close(stage.place.directory);
	signals_return(&stage);
	return status;
}

void demo_free(struct demo *demo)
{
	for (unsigned i = 0; i < DEMO_PHASES; i++) {
		reckon_free(&demo->phase[i].figures);
		log_free(demo->phase[i].log);
	}
	load_free(&demo->load);
}
