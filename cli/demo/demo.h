/* SPDX-License-Identifier: MIT */
/* What was asked of the demo, with what came out of it. */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

#include <stdint.h>
#include <stdio.h>

#include "calibrate.h"
#include "reckon.h"
#include "run.h"

#define DEMO_PHASES 3
enum demo_phase_index { DEMO_TOGETHER, DEMO_RANDOM_OFFSET, DEMO_SWARM };

/* One way to run the same workers. */
struct demo_phase {
	const struct pace *pace;
	const char *title; /* for people: "random offsets" */
	struct run_log *log;
	struct figures figures;
};

struct demo {
	unsigned workers;
	int64_t period_ns;
	int64_t duration_ns; /* of each run */
	double duty;         /* wanted */
	const char *goal;
	uint64_t seed;
	int size_given;  /* the user chose the size of a write */
	int agrees;      /* to any number of bytes */
	size_t size;     /* bytes of one write, as it is */
	int64_t bytes;   /* that the whole demo writes */
	int is_complete; /* all runs came to their end: there is something to report */
	char swarm[64];  /* name */
	struct load load;
	struct calibration calibration;
	struct demo_phase phase[DEMO_PHASES];
};

/* show.c: what people read. */
void show_plan(const struct demo *demo, FILE *out);
void show_table(const struct demo *demo, FILE *out);
void show_meaning(const struct demo *demo, FILE *out);

/* timeline.c: when each worker was acting, as text. */
void timeline_print(const struct demo *demo, FILE *out);

/* report_json.c, report_svg.c */
void report_json(const struct demo *demo, FILE *out);
void report_svg(const struct demo *demo, FILE *out);

/* progress.c: how far a run is. `out` NULL: silent. */
struct progress {
	FILE *out;
	int live; /* 1: a line that moves; 0: one line a run, at its end */
	const char *title;
};
void progress_tick(const struct run *run, int64_t now_ns, void *progress);
void progress_done(const struct progress *progress, const struct demo_phase *phase);

#endif
