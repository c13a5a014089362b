/* SPDX-License-Identifier: MIT */
/* Printing repeated results with their spread, as Markdown. */
#include "bench_table.h"

#include <stdlib.h>

static const struct {
	const char *name;
	double scale;
	int decimals;
} columns[BENCH_COLUMN_COUNT] = {
#define BENCH_COLUMN_ROW(id, name, scale, decimals) { name, scale, decimals },
	BENCH_COLUMNS(BENCH_COLUMN_ROW)
#undef BENCH_COLUMN_ROW
};

static int compare_reals(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static const char *number(double value, enum bench_column column, char text[32])
{
	if (isinf(value))
		return "never";
	snprintf(text, 32, "%.*f", columns[column].decimals, value * columns[column].scale);
	return text;
}

char *bench_cell(const struct bench_result *results, unsigned runs, enum bench_column column,
		 char text[128])
{
	double *values = malloc(runs * sizeof(*values));
	char median[32], least[32], most[32];

	text[0] = '\0';
	if (!values)
		return text;
	for (unsigned run = 0; run < runs; run++)
		values[run] = results[run].value[column];
	qsort(values, runs, sizeof(*values), compare_reals);
	/* An even number of runs has no middle one: the larger of the two is a run that
	 * there was. */
	if (values[0] < values[runs - 1])
		snprintf(text, 128, "%s (%s..%s)", number(values[runs / 2], column, median),
			 number(values[0], column, least), number(values[runs - 1], column, most));
	else
		snprintf(text, 128, "%s", number(values[0], column, median));
	free(values);
	return text;
}

void bench_print_head(FILE *out, enum bench_column from, enum bench_column to)
{
	fputs("| |", out);
	for (unsigned column = from; column < to; column++)
		fprintf(out, " %s |", columns[column].name);
	fputs("\n| --- |", out);
	for (unsigned column = from; column < to; column++)
		fputs(" --- |", out);
	fputc('\n', out);
}

void bench_print_row(FILE *out, const char *name, const struct bench_result *results, unsigned runs,
		     enum bench_column from, enum bench_column to)
{
	char text[128];

	fprintf(out, "| %s |", name);
	for (unsigned column = from; column < to; column++)
		fprintf(out, " %s |", bench_cell(results, runs, (enum bench_column)column, text));
	fputc('\n', out);
}
