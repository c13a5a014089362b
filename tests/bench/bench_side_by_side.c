/* SPDX-License-Identifier: MIT */
/*
 * Real workers on a real disk at six paces: none (together), jitter, random offset, static
 * slots, lock file, swarm. Each run has three stages: steady, after half of the workers were
 * killed, after a quarter joined. Modes are interleaved within a round, so that whatever else
 * the machine does meets all of them alike.
 */
#include <entrain.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench_paces.h"
#include "bench_table.h"
#include "bystander.h"
#include "calibrate.h"
#include "instant.h"
#include "place.h"
#include "reckon.h"
#include "run.h"
#include "tidy.h"

#define DUTIES_MOST 8
#define STEADY_CYCLES 10
#define CRASH_CYCLES 6
#define JOIN_CYCLES 6
#define CYCLES (STEADY_CYCLES + CRASH_CYCLES + JOIN_CYCLES)

static const struct mode {
	const char *name;
	const struct pace *pace;
} modes[] = {
	{ "none (together)", &pace_together },
	{ "10 % jitter", &pace_jitter },
	{ "random offset", &pace_random_offset },
	{ "static slots", &pace_static },
	{ "lock file", &pace_flock },
	{ "**swarm**", &pace_swarm },
};
#define MODES (sizeof(modes) / sizeof(modes[0]))

struct bench {
	unsigned runs, workers;
	int64_t period_ns;
	size_t size;
	const char *parent;
	double duty[DUTIES_MOST];
	unsigned duties;
	struct place place;
	char swarm[64];
	struct load load[DUTIES_MOST];
	struct calibration calibration[DUTIES_MOST];
	struct bench_result *results; /* [duty][mode][run] */
	int interrupted;
};

static struct bench_result *results_of(const struct bench *bench, unsigned duty, unsigned mode)
{
	return bench->results + ((size_t)duty * MODES + mode) * bench->runs;
}

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "bench_side_by_side: %s: %s\n", what, why);
	return -1;
}

/* ---- one run -------------------------------------------------------------------------- */

static int swarm_create(const struct bench *bench)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.period_ns = bench->period_ns;
	settings.capacity = bench->workers + bench->workers / 4;
	if (entrain_create(NULL, bench->swarm, &settings, &error))
		return complain(error.what, error.why);
	return 0;
}

static int swarm_remove(const struct bench *bench)
{
	struct entrain_error error = { .code = ENTRAIN_OK };

	if (entrain_remove(NULL, bench->swarm, 0, &error))
		return complain(error.what, error.why);
	return 0;
}

/* Kill half of them, the same ones for all modes of a round: those whose draw is lowest. */
static int crash_half(struct run *run, const struct bench *bench, uint64_t seed)
{
	unsigned killed = 0;

	while (killed < bench->workers / 2) {
		unsigned victim = 0;
		double lowest = 2;

		for (unsigned i = 0; i < bench->workers; i++) {
			struct worker drawn = { .index = i, .seed = seed };

			if (run->pids[i] && worker_random(&drawn, 77) < lowest) {
				lowest = worker_random(&drawn, 77);
				victim = i;
			}
		}
		if (run_kill(run, victim))
			return -1;
		killed++;
	}
	return 0;
}

static double cycles_to_even(const struct run_log *log, int64_t from_ns, int64_t to_ns)
{
	int cycles = reckon_cycles_to_even(log, from_ns, to_ns);

	return cycles > 0 ? cycles : BENCH_NEVER;
}

static int reckon_steady(const struct run_log *log, int64_t stop_ns, struct bench_result *result)
{
	struct run_log steady = *log;
	struct figures figures;

	steady.stop_ns = stop_ns;
	if (reckon(&steady, &figures))
		return complain("reckon", strerror(errno));
	*result = (struct bench_result){ {
		[BENCH_OVERLAP_PEAK] = figures.overlap_peak,
		[BENCH_OVERLAP_MEDIAN] = figures.overlap_median,
		[BENCH_EVENNESS] = figures.evenness_median,
		[BENCH_EVEN_START] = figures.cycles_to_even ? figures.cycles_to_even : BENCH_NEVER,
		[BENCH_DELAY] = (double)figures.delay_mean_ns / (double)log->period_ns,
		[BENCH_FLUSH_P50] = (double)figures.action_p50_ns,
		[BENCH_FLUSH_P99] = (double)figures.action_p99_ns,
		[BENCH_FLUSH_MAX] = (double)figures.action_max_ns,
		[BENCH_WAIT_P999] = (double)figures.bystander_p999_ns,
		[BENCH_WAIT_MAX] = (double)figures.bystander_max_ns,
		[BENCH_ABOVE_10MS] = figures.above_10ms,
		[BENCH_ABOVE_30MS] = figures.above_30ms,
		[BENCH_ABOVE_100MS] = figures.above_100ms,
	} };
	reckon_free(&figures);
	return 0;
}

/* Steady, crash, join. */
static int run_stages(struct run *run, const struct bench *bench, uint64_t seed,
		      struct bench_result *result)
{
	const struct run_log *log = run->log;
	int64_t steady_ns = log->start_ns + STEADY_CYCLES * bench->period_ns;
	int64_t join_ns = steady_ns + CRASH_CYCLES * bench->period_ns;
	int64_t crashed_ns, joined_ns;

	if (run_until(run, steady_ns, NULL))
		return -1;
	crashed_ns = instant_now_ns();
	if (crash_half(run, bench, seed) || run_until(run, join_ns, NULL))
		return -1;
	if (run_join(run, bench->workers / 4))
		return -1;
	joined_ns = log->worker[bench->workers].born_ns;
	if (run_finish(run, NULL) || reckon_steady(log, steady_ns, result))
		return -1;
	result->value[BENCH_EVEN_CRASH] = cycles_to_even(log, crashed_ns, join_ns);
	result->value[BENCH_EVEN_JOIN] = cycles_to_even(log, joined_ns, log->stop_ns);
	return 0;
}

static int run_one(struct bench *bench, unsigned duty, unsigned mode, unsigned round)
{
	uint64_t seed = 1000 * (duty + 1) + round;
	struct run_plan plan = {
		.pace = modes[mode].pace,
		.load = &bench->load[duty],
		.workers = bench->workers,
		.joiners = bench->workers / 4,
		.period_ns = bench->period_ns,
		.duration_ns = CYCLES * bench->period_ns,
		.seed = seed,
		.swarm = bench->swarm,
	};
	struct run run;
	int result;

	if (swarm_create(bench))
		return -1;
	result = run_start(&run, &plan) ||
		 run_stages(&run, bench, seed, &results_of(bench, duty, mode)[round]);
	if (result && run.failed[0])
		complain(modes[mode].name, run.failed);
	bench->interrupted = run.interrupted;
	run_end(&run);
	log_free(run.log);
	if (swarm_remove(bench))
		return -1;
	return result ? -1 : 0;
}

/* ---- all of them ---------------------------------------------------------------------- */

static int calibrate_all(struct bench *bench)
{
	for (unsigned duty = 0; duty < bench->duties; duty++) {
		struct load *load = &bench->load[duty];
		struct run run;
		int error = load_make(load, bench->place.directory, bench->size);
		int result;

		if (error)
			return complain("load", strerror(error));
		result = calibrate(&bench->calibration[duty], &run, load, bench->workers,
				   bench->period_ns, bench->duty[duty]);
		if (result && run.failed[0])
			complain("calibration", run.failed);
		bench->interrupted = run.interrupted;
		run_end(&run);
		log_free(run.log);
		if (result)
			return -1;
	}
	return 0;
}

static int run_all(struct bench *bench)
{
	unsigned done = 0, all = bench->runs * bench->duties * MODES;

	if (calibrate_all(bench))
		return -1;
	for (unsigned round = 0; round < bench->runs; round++) {
		for (unsigned duty = 0; duty < bench->duties; duty++) {
			for (unsigned i = 0; i < MODES; i++) {
				/* Another one goes first each round. */
				unsigned mode = (i + round) % MODES;

				if (isatty(STDERR_FILENO))
					fprintf(stderr, "\r%u of %u: %.0f %% duty, %-20s", ++done,
						all, 100 * bench->duty[duty], modes[mode].name);
				if (run_one(bench, duty, mode, round))
					return -1;
			}
		}
	}
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	return 0;
}

static void print_machine(const struct bench *bench)
{
	double load[3] = { 0 };
	struct utsname name;

	uname(&name);
	getloadavg(load, 3);
	printf("%u workers, period %lld ms, writes of %zu KB each with fsync; bystander: %u KB + "
	       "fdatasync every %d ms.\n%u run%s a cell: median (least..most). Stages of a run: %d "
	       "cycles "
	       "steady, %d after half were killed, %d after a quarter joined.\n%s %s, %ld "
	       "processors, load average at the end %.2f %.2f %.2f.\n",
	       bench->workers, (long long)(bench->period_ns / INSTANT_MS_NS), bench->size / 1024,
	       BYSTANDER_BYTES / 1024, (int)(BYSTANDER_INTERVAL_NS / INSTANT_MS_NS), bench->runs,
	       bench->runs == 1 ? "" : "s", STEADY_CYCLES, CRASH_CYCLES, JOIN_CYCLES, name.sysname,
	       name.release, sysconf(_SC_NPROCESSORS_ONLN), load[0], load[1], load[2]);
}

static void print_part(const struct bench *bench, unsigned duty, enum bench_column from,
		       enum bench_column to)
{
	putchar('\n');
	bench_print_head(stdout, from, to);
	for (unsigned mode = 0; mode < MODES; mode++)
		bench_print_row(stdout, modes[mode].name, results_of(bench, duty, mode),
				bench->runs, from, to);
}

static void print_all(const struct bench *bench)
{
	print_machine(bench);
	for (unsigned duty = 0; duty < bench->duties; duty++) {
		printf("\n### %.0f %% duty: %u writes an action, %.1f ms alone\n",
		       100 * bench->duty[duty], bench->load[duty].writes,
		       (double)bench->calibration[duty].action_ns / (double)INSTANT_MS_NS);
		print_part(bench, duty, 0, BENCH_FLUSH_P50);
		print_part(bench, duty, BENCH_FLUSH_P50, BENCH_COLUMN_COUNT);
	}
}

static int bench_in_place(struct bench *bench)
{
	int64_t space = LOAD_SPACE_MAX + BYSTANDER_SPACE;
	struct tidy tidy;
	int result;

	if (place_make(&bench->place, bench->parent, NULL, space))
		return complain(bench->parent, bench->place.why);
	if (tidy_start(&tidy, &bench->place, bench->swarm))
		return complain("fork", strerror(errno));
	result = run_all(bench);
	if (tidy_finish(&tidy, &bench->place, bench->swarm))
		result = complain(bench->place.path, "could not be removed");
	if (result == 0)
		print_all(bench);
	for (unsigned duty = 0; duty < bench->duties; duty++)
		load_free(&bench->load[duty]);
	return result;
}

static int duties_parse(struct bench *bench, char *text)
{
	bench->duties = 0;
	for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		double duty = strtod(word, NULL) / 100;

		if (bench->duties == DUTIES_MOST || duty <= 0 || duty > 1)
			return -1;
		bench->duty[bench->duties++] = duty;
	}
	return bench->duties ? 0 : -1;
}

static int options_parse(struct bench *bench, int count, char **arguments)
{
	int option;

	while ((option = getopt(count, arguments, "r:n:p:s:d:D:")) != -1) {
		switch (option) {
		case 'r':
			bench->runs = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'n':
			bench->workers = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'p':
			bench->period_ns = strtol(optarg, NULL, 10) * INSTANT_MS_NS;
			break;
		case 's':
			bench->size = strtoul(optarg, NULL, 10) * 1024;
			break;
		case 'd':
			if (duties_parse(bench, optarg))
				return -1;
			break;
		case 'D':
			bench->parent = optarg;
			break;
		default:
			return -1;
		}
	}
	return bench->runs && bench->workers >= 4 && bench->period_ns > 0 && bench->size ? 0 : -1;
}

int main(int count, char **arguments)
{
	const char *runs = getenv("BENCH_RUNS"), *parent = getenv("BENCH_DIR");
	struct bench bench = {
		.runs = runs ? (unsigned)strtoul(runs, NULL, 10) : 1,
		.workers = 8,
		.period_ns = 400 * INSTANT_MS_NS,
		.size = 128 << 10,
		.parent = parent ? parent : PLACE_DEFAULT,
		.duty = { .06, .25, .5, .8 },
		.duties = 4,
	};
	sigset_t signals;
	int result;

	if (options_parse(&bench, count, arguments)) {
		fprintf(stderr,
			"usage: %s [-r RUNS] [-n WORKERS] [-p PERIOD_MS] [-s SIZE_KB] "
			"[-d DUTY%%,...] [-D DIRECTORY]\n",
			arguments[0]);
		return 2;
	}
	snprintf(bench.swarm, sizeof(bench.swarm), "bench-%ld", (long)getpid());
	bench.results = calloc((size_t)bench.duties * MODES * bench.runs, sizeof(*bench.results));
	if (!bench.results)
		return 1;
	run_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	result = bench_in_place(&bench);
	free(bench.results);
	if (bench.interrupted) {
		signal(bench.interrupted, SIG_DFL);
		raise(bench.interrupted);
		sigprocmask(SIG_UNBLOCK, &signals, NULL);
	}
	return result ? 1 : 0;
}
