/* SPDX-License-Identifier: MIT */
/* Rows in columns as wide as what is in them. */
#ifndef ENTRAIN_TABLE_H
#define ENTRAIN_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "style.h"

#define TABLE_COLUMNS_MOST 32

struct table_column {
	const char *title;
	int right; /* 1: numbers, aligned at the right */
};

struct table_cell {
	char text[80]; /* escaped, cut where it does not fit */
	enum text_style style;
};

struct table {
	const struct table_column *columns; /* stays the caller's */
	int column_count;
	struct table_cell *cells;
	size_t cell_count, cell_space;
	int full; /* there was no memory for more */
};

void table_begin(struct table *table, const struct table_column *columns, int column_count);

/* Fill the next cell; rows follow each other. */
void table_put(struct table *table, enum text_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Write title line and rows, then free them. Columns that do not fit into `width` (0: any) are left out,
 * the last ones first, and named below the table. */
void table_finish(struct table *table, FILE *out, int colour, int width);

#endif
