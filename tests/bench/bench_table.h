/* SPDX-License-Identifier: MIT */
/* The figures of the side-by-side benchmark over its repeated runs, as median and range. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <math.h>
#include <stdio.h>

/* Column name, unit and scale from what is stored (ns and shares) to what is printed, decimals. */
#define BENCH_COLUMNS(X) \
	X(OVERLAP_PEAK, "at once, most", 1, 0) \
	X(OVERLAP_MEDIAN, "at once, median cycle", 1, 0) \
	X(EVENNESS, "evenness", 1, 2) \
	X(EVEN_START, "even after start (cycles)", 1, 0) \
	X(EVEN_CRASH, "after crash of half", 1, 0) \
	X(EVEN_JOIN, "after join of a quarter", 1, 0) \
	X(DELAY, "delay paid (% of P)", 100, 1) \
	X(FLUSH_P50, "flush p50 (ms)", 1e-6, 1) \
	X(FLUSH_P99, "p99", 1e-6, 1) \
	X(FLUSH_MAX, "max", 1e-6, 1) \
	X(WAIT_P999, "bystander p99.9 (ms)", 1e-6, 1) \
	X(WAIT_MAX, "max", 1e-6, 1) \
	X(ABOVE_10MS, "time above 10 ms (%)", 100, 2) \
	X(ABOVE_30MS, "30 ms", 100, 2) \
	X(ABOVE_100MS, "100 ms", 100, 2)

enum bench_column {
#define BENCH_COLUMN_ENUM(id, name, scale, decimals) BENCH_##id,
	BENCH_COLUMNS(BENCH_COLUMN_ENUM)
#undef BENCH_COLUMN_ENUM
		BENCH_COLUMN_COUNT
};

/* Cycles to even where it never got there. */
#define BENCH_NEVER INFINITY

struct bench_result {
	double value[BENCH_COLUMN_COUNT];
};

/* One cell: the median of column `column` over `runs` results, and least..most if there are
 * several and they differ. Writes into `text` and returns it. */
char *bench_cell(const struct bench_result *results, unsigned runs, enum bench_column column,
		 char text[128]);

/* Markdown: the row of the columns from..to (the last left out), its rule, and one mode's row. */
void bench_print_head(FILE *out, enum bench_column from, enum bench_column to);
void bench_print_row(FILE *out, const char *name, const struct bench_result *results, unsigned runs,
		     enum bench_column from, enum bench_column to);

#endif
