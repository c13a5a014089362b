/* SPDX-License-Identifier: MIT */
/*
 * The figures of a run, reckoned from the instants that its processes logged. Shares no code
 * with the library: a fault there cannot make its own result look good.
 */
#ifndef DEMO_RECKON_H
#define DEMO_RECKON_H

#include "log.h"

/* Cycles at the start that are left to settle: what is said of the rest leaves them out. */
#define RECKON_SETTLING 3u

/* Evenness that counts as even. */
#define RECKON_EVEN 0.9

struct figures {
	unsigned cycles;   /* whole periods from start to stop */
	unsigned *overlap; /* of each cycle: the most actions in progress at once */
	double *evenness;  /* of each cycle: 1 / (largest circular gap between begins x N) */

	unsigned overlap_peak;   /* over all cycles */
	unsigned overlap_median; /* after the first three */
	double evenness_median;  /* after the first three */
	double evenness_worst;
	int cycles_to_even; /* cycles until evenness stayed >= 0.9; 0: it never did */

	unsigned actions; /* that began in the run and ended */
	int64_t action_p50_ns, action_p99_ns, action_max_ns;
	double duty; /* all actions one after the other, as a share of the time */
	int64_t delay_mean_ns, delay_max_ns; /* begun after they were due */

	unsigned operations; /* of the bystander */
	int64_t bystander_p50_ns, bystander_p99_ns, bystander_p999_ns, bystander_max_ns;
	double above_10ms, above_30ms, above_100ms; /* share of the time */
};

/* Reckon everything. Returns 0, or -1 with errno (no memory, or less than one whole cycle). */
int reckon(const struct run_log *log, struct figures *figures);
void reckon_free(struct figures *figures);

/* The most actions that were in progress at once in [from_ns, to_ns), or -1 without memory.
 * An action that ends when another begins does not overlap it. */
int reckon_overlap(const struct run_log *log, int64_t from_ns, int64_t to_ns);

/*
 * Evenness at `instant_ns`: of the latest begin of each worker that is part of the run then.
 * One without a begin in the two periods before is missing in the pattern but counts in N. -1
 * without memory, 0 with nobody.
 */
double reckon_evenness(const struct run_log *log, int64_t instant_ns);

/* Cycles from from_ns until evenness stayed >= 0.9 up to to_ns; 0: it never did. -1 without
 * memory. */
int reckon_cycles_to_even(const struct run_log *log, int64_t from_ns, int64_t to_ns);

/* The value at share `part` of sorted values (nearest rank); 0 without values. */
int64_t reckon_quantile(const int64_t *sorted, size_t count, double part);

#endif
