/* SPDX-License-Identifier: MIT */
/* Rows in columns as wide as what is in them. */
#include "table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2 /* blanks between columns */

void table_begin(struct table *table, const struct table_column *columns, int column_count)
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	table->column_count = column_count < TABLE_COLUMNS_MOST ? column_count : TABLE_COLUMNS_MOST;
}

/* Without memory a table ends with the rows that it has. */
static int table_grow(struct table *table)
{
	const size_t space = table->cell_space ? table->cell_space * 2 : 128;
	struct table_cell *cells;

	if (table->full || table->cell_count < table->cell_space)
		return !table->full;
	cells = reallocarray(table->cells, space, sizeof(*cells));
	table->full = !cells;
	if (!cells)
		return 0;
	table->cells = cells;
	table->cell_space = space;
	return 1;
}

void table_put(struct table *table, enum text_style style, const char *format, ...)
{
	struct table_cell *cell;
	char raw[sizeof(cell->text)];
	va_list arguments;

	if (!table_grow(table))
		return;
	cell = &table->cells[table->cell_count++];
	va_start(arguments, format);
	vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	text_escape(raw, cell->text, sizeof(cell->text));
	cell->style = style;
}

static int column_width(const struct table *table, int column)
{
	size_t width = strlen(table->columns[column].title);

	for (size_t i = (size_t)column; i < table->cell_count; i += (size_t)table->column_count) {
		size_t length = strlen(table->cells[i].text);

		if (length > width)
			width = length;
	}
	return (int)width;
}

/* How many of the columns fit; at least one. */
static int columns_fitting(const struct table *table, int width)
{
	int used = 0;

	for (int i = 0; i < table->column_count; i++) {
		used += column_width(table, i) + (i ? GAP : 0);
		if (width > 0 && i > 0 && used > width)
			return i;
	}
	return table->column_count;
}

static void cell_print(const struct table *table, FILE *out, int column, int last, int width,
		       const char *text)
{
	if (column)
		text_format(out, "%*s", GAP, "");
	if (table->columns[column].right)
		text_format(out, "%*s", width, text);
	else if (last)
		fputs(text, out); /* no blanks at the end of lines */
	else
		text_format(out, "%-*s", width, text);
}

static void rows_print(const struct table *table, FILE *out, int colour, int shown)
{
	size_t count = (size_t)table->column_count;
	int widths[TABLE_COLUMNS_MOST];

	for (int i = 0; i < shown; i++) {
		widths[i] = column_width(table, i);
		fputs(text_style(colour, TEXT_BOLD), out);
		cell_print(table, out, i, i == shown - 1, widths[i], table->columns[i].title);
		fputs(text_style(colour, TEXT_PLAIN), out);
	}
	putc('\n', out);
	for (size_t row = 0; row + count <= table->cell_count; row += count) {
		for (int i = 0; i < shown; i++) {
			const struct table_cell *cell = &table->cells[row + (size_t)i];
			int styled = colour && cell->style != TEXT_PLAIN;

			fputs(text_style(styled, cell->style), out);
			cell_print(table, out, i, i == shown - 1, widths[i], cell->text);
			fputs(text_style(styled, TEXT_PLAIN), out);
		}
		putc('\n', out);
	}
}

void table_finish(struct table *table, FILE *out, int colour, int width)
{
	int shown = columns_fitting(table, width);

	rows_print(table, out, colour, shown);
	if (shown < table->column_count) {
		text_format(out, "%s(no room for", text_style(colour, TEXT_DIM));
		for (int i = shown; i < table->column_count; i++)
			text_format(out, "%s %s", i > shown ? "," : "", table->columns[i].title);
		text_format(out, ")%s\n", text_style(colour, TEXT_PLAIN));
	}
	free(table->cells);
	memset(table, 0, sizeof(*table));
}
