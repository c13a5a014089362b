/* SPDX-License-Identifier: MIT */
/* Overlap, evenness, latencies: what the logged instants of a run amount to. */
#include "reckon.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static int compare_instants(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

static int compare_reals(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static int compare_counts(const void *left, const void *right)
{
	unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;

	return (a > b) - (a < b);
}

static size_t log_actions(const struct run_log *log)
{
	size_t count = 0;

	for (unsigned i = 0; i < log->workers; i++)
		count += log->worker[i].count;
	return count;
}

/* When an action was over: one that was cut short by a kill lasted until then. */
static int64_t action_end(const struct worker_log *worker, const struct action *action)
{
	return action->end_ns ? action->end_ns : worker->gone_ns;
}

int reckon_overlap(const struct run_log *log, int64_t from_ns, int64_t to_ns)
{
	size_t most = log_actions(log), count = 0;
	int64_t *begins = malloc((2 * most + 1) * sizeof(*begins));
	int64_t *ends = begins + most;
	int now = 0, peak = 0;

	if (!begins)
		return -1;
	for (unsigned i = 0; i < log->workers; i++) {
		const struct worker_log *worker = &log->worker[i];

		for (uint32_t k = 0; k < worker->count; k++) {
			const struct action *action = &worker->action[k];

			if (action->begin_ns >= to_ns || action_end(worker, action) <= from_ns)
				continue;
			begins[count] = action->begin_ns;
			ends[count++] = action_end(worker, action);
		}
	}
	qsort(begins, count, sizeof(*begins), compare_instants);
	qsort(ends, count, sizeof(*ends), compare_instants);
	for (size_t b = 0, e = 0; b < count; b++) {
		now++;
		while (e <= b && ends[e] <= begins[b]) {
			now--;
			e++;
		}
		if (now > peak)
			peak = now;
	}
	free(begins);
	return peak;
}

/* The latest begin of a worker at or before `instant_ns`; INT64_MIN if there is none. */
static int64_t latest_begin(const struct worker_log *worker, int64_t instant_ns)
{
	for (uint32_t k = worker->count; k > 0; k--)
		if (worker->action[k - 1].begin_ns <= instant_ns)
			return worker->action[k - 1].begin_ns;
	return INT64_MIN;
}

/* The largest gap between neighbours on a circle of one period, in ns; `places` gets sorted. */
static int64_t largest_gap(int64_t *places, size_t count, int64_t period_ns)
{
	int64_t largest;

	qsort(places, count, sizeof(*places), compare_instants);
	largest = places[0] + period_ns - places[count - 1];
	for (size_t i = 1; i < count; i++)
		if (places[i] - places[i - 1] > largest)
			largest = places[i] - places[i - 1];
	return largest;
}

double reckon_evenness(const struct run_log *log, int64_t instant_ns)
{
	int64_t *places = malloc((log->workers + 1) * sizeof(*places));
	size_t present = 0;
	unsigned members = 0;
	double evenness = 0;

	if (!places)
		return -1;
	for (unsigned i = 0; i < log->workers; i++) {
		const struct worker_log *worker = &log->worker[i];
		int64_t begin_ns;

		if (worker->born_ns >= instant_ns || worker->gone_ns <= instant_ns)
			continue;
		members++;
		begin_ns = latest_begin(worker, instant_ns);
		if (begin_ns != INT64_MIN && instant_ns - begin_ns < 2 * log->period_ns)
			places[present++] = (begin_ns - log->start_ns) % log->period_ns;
	}
	if (present)
		evenness = (double)log->period_ns /
			   ((double)largest_gap(places, present, log->period_ns) * members);
	free(places);
	return evenness;
}

int reckon_cycles_to_even(const struct run_log *log, int64_t from_ns, int64_t to_ns)
{
	int cycles = (int)((to_ns - from_ns) / log->period_ns), even_from = 0;

	for (int cycle = 1; cycle <= cycles; cycle++) {
		double evenness = reckon_evenness(log, from_ns + cycle * log->period_ns);

		if (evenness < 0)
			return -1;
		if (evenness < RECKON_EVEN)
			even_from = 0;
		else if (!even_from)
			even_from = cycle;
	}
	return even_from;
}

int64_t reckon_quantile(const int64_t *sorted, size_t count, double part)
{
	size_t rank = (size_t)ceil(part * (double)count);

	if (!count)
		return 0;
	return sorted[rank ? rank - 1 : 0];
}

/* Each cycle by itself, then what they come to after the first few. */
static int reckon_cycles(const struct run_log *log, struct figures *figures)
{
	unsigned skipped = figures->cycles > RECKON_SETTLING ? RECKON_SETTLING : 0;
	unsigned rest = figures->cycles - skipped;
	unsigned *overlaps = malloc(rest * sizeof(*overlaps));
	double *evennesses = malloc(rest * sizeof(*evennesses));
	int result = -1;

	if (!overlaps || !evennesses)
		goto out;
	for (unsigned cycle = 0; cycle < figures->cycles; cycle++) {
		int64_t from_ns = log->start_ns + cycle * log->period_ns;
		int overlap = reckon_overlap(log, from_ns, from_ns + log->period_ns);
		double evenness = reckon_evenness(log, from_ns + log->period_ns);

		if (overlap < 0 || evenness < 0)
			goto out;
		figures->overlap[cycle] = (unsigned)overlap;
		figures->evenness[cycle] = evenness;
		if (figures->overlap[cycle] > figures->overlap_peak)
			figures->overlap_peak = figures->overlap[cycle];
		if (cycle >= skipped) {
			overlaps[cycle - skipped] = (unsigned)overlap;
			evennesses[cycle - skipped] = evenness;
		}
	}
	qsort(overlaps, rest, sizeof(*overlaps), compare_counts);
	qsort(evennesses, rest, sizeof(*evennesses), compare_reals);
	/* Of an even number the less flattering of the middle two. */
	figures->overlap_median = overlaps[rest / 2];
	figures->evenness_median = evennesses[(rest - 1) / 2];
	figures->evenness_worst = evennesses[0];
	figures->cycles_to_even = reckon_cycles_to_even(log, log->start_ns, log->stop_ns);
	result = figures->cycles_to_even < 0 ? -1 : 0;
out:
	free(overlaps);
	free(evennesses);
	return result;
}

/* How long the actions took, and how long after they were due they began. */
static int reckon_actions(const struct run_log *log, struct figures *figures)
{
	size_t most = log_actions(log), count = 0;
	int64_t *took = malloc((most + 1) * sizeof(*took));
	double sum = 0, delays = 0;

	if (!took)
		return -1;
	for (unsigned i = 0; i < log->workers; i++) {
		const struct worker_log *worker = &log->worker[i];

		for (uint32_t k = 0; k < worker->count; k++) {
			const struct action *action = &worker->action[k];
			int64_t delay_ns = action->begin_ns - action->due_ns;

			if (action->begin_ns < log->start_ns || action->begin_ns >= log->stop_ns ||
			    !action->end_ns)
				continue;
			took[count] = action->end_ns - action->begin_ns;
			sum += (double)took[count++];
			delays += (double)delay_ns;
			if (count == 1 || delay_ns > figures->delay_max_ns)
				figures->delay_max_ns = delay_ns;
		}
	}
	qsort(took, count, sizeof(*took), compare_instants);
	figures->actions = (unsigned)count;
	figures->action_p50_ns = reckon_quantile(took, count, .5);
	figures->action_p99_ns = reckon_quantile(took, count, .99);
	figures->action_max_ns = reckon_quantile(took, count, 1);
	figures->duty = sum / (double)(log->stop_ns - log->start_ns);
	figures->delay_mean_ns = count ? (int64_t)(delays / (double)count) : 0;
	free(took);
	return 0;
}

static double share_above(const int64_t *sorted, size_t count, int64_t threshold_ns)
{
	size_t above = 0;

	while (above < count && sorted[count - 1 - above] > threshold_ns)
		above++;
	return count ? (double)above / (double)count : 0;
}

/*
 * The bystander's operations are due at equal distances whatever happens to those before, so
 * the share of them that waited longer than a threshold is the share of the time in which one
 * would have.
 */
static int reckon_bystander(const struct run_log *log, struct figures *figures)
{
	const struct bystander_log *bystander = &log->bystander;
	size_t count = 0;
	int64_t *sorted = malloc((bystander->count + 1) * sizeof(*sorted));

	if (!sorted)
		return -1;
	while (count < bystander->count &&
	       (int64_t)count * bystander->interval_ns < log->stop_ns - log->start_ns) {
		sorted[count] = bystander->latency_ns[count];
		count++;
	}
	qsort(sorted, count, sizeof(*sorted), compare_instants);
	figures->operations = (unsigned)count;
	figures->bystander_p50_ns = reckon_quantile(sorted, count, .5);
	figures->bystander_p99_ns = reckon_quantile(sorted, count, .99);
	figures->bystander_p999_ns = reckon_quantile(sorted, count, .999);
	figures->bystander_max_ns = reckon_quantile(sorted, count, 1);
	figures->above_10ms = share_above(sorted, count, INT64_C(10000000));
	figures->above_30ms = share_above(sorted, count, INT64_C(30000000));
	figures->above_100ms = share_above(sorted, count, INT64_C(100000000));
	free(sorted);
	return 0;
}

int reckon(const struct run_log *log, struct figures *figures)
{
	*figures = (struct figures){ 0 };
	if (log->stop_ns - log->start_ns < log->period_ns) {
		errno = EINVAL;
		return -1;
	}
	figures->cycles = (unsigned)((log->stop_ns - log->start_ns) / log->period_ns);
	figures->overlap = calloc(figures->cycles, sizeof(*figures->overlap));
	figures->evenness = calloc(figures->cycles, sizeof(*figures->evenness));
	if (!figures->overlap || !figures->evenness || reckon_cycles(log, figures) ||
	    reckon_actions(log, figures) || reckon_bystander(log, figures)) {
		reckon_free(figures);
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

void reckon_free(struct figures *figures)
{
	free(figures->overlap);
	free(figures->evenness);
	figures->overlap = NULL;
	figures->evenness = NULL;
}
