/* SPDX-License-Identifier: MIT */
/* When each worker was acting over the last two cycles, a row of characters each. */
#include "demo.h"

#include <stdlib.h>
#include <string.h>

#include "../text.h"

#define CYCLES 2
#define ROWS_MOST 16u
#define LABEL_CELLS 10
#define CYCLE_CELLS_MOST 40

struct style {
	const char *acting, *idle, *on, *off, *dim;
	int cycle_cells;
};

static int wants_blocks(FILE *out)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	if (!text_columns(out))
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return 0;
}

static struct style style_for(FILE *out, enum text_style colour)
{
	int columns = text_columns(out) ? text_columns(out) : 80;
	int coloured = text_colour(out), blocks = wants_blocks(out);
	struct style style = {
		.acting = blocks ? "█" : "#",
		.idle = blocks ? "·" : ".",
		.on = text_style(coloured, colour),
		.off = text_style(coloured, TEXT_PLAIN),
		.dim = text_style(coloured, TEXT_DIM),
		.cycle_cells = (columns - LABEL_CELLS - CYCLES) / CYCLES,
	};

	if (style.cycle_cells > CYCLE_CELLS_MOST)
		style.cycle_cells = CYCLE_CELLS_MOST;
	if (style.cycle_cells < 10)
		style.cycle_cells = 10;
	return style;
}

/* Was the worker acting at any time in [from, to)? */
static int is_acting(const struct worker_log *worker, int64_t from_ns, int64_t to_ns)
{
	for (uint32_t k = worker->count; k > 0; k--) {
		const struct action *action = &worker->action[k - 1];

		if (action->end_ns <= from_ns)
			return 0;
		if (action->begin_ns < to_ns)
			return 1;
	}
	return 0;
}

static int64_t cell_ns(const struct run_log *log, int64_t from_ns, int cells, int cell)
{
	return from_ns + log->period_ns * cell / cells;
}

static void print_worker(const struct run_log *log, unsigned index, int64_t from_ns,
			 const struct style *style, FILE *out)
{
	int was = -1;

	fprintf(out, "  %7u ", index + 1);
	for (int cell = 0; cell < CYCLES * style->cycle_cells; cell++) {
		int acting = is_acting(&log->worker[index],
				       cell_ns(log, from_ns, style->cycle_cells, cell),
				       cell_ns(log, from_ns, style->cycle_cells, cell + 1));

		if (cell && cell % style->cycle_cells == 0)
			fputc(' ', out);
		if (acting != was)
			fprintf(out, "%s%s", style->off, acting ? style->on : style->dim);
		was = acting;
		fputs(acting ? style->acting : style->idle, out);
	}
	fprintf(out, "%s\n", style->off);
}

static void print_overlap(const struct run_log *log, int64_t from_ns, const struct style *style,
			  FILE *out)
{
	fprintf(out, "  at once ");
	for (int cell = 0; cell < CYCLES * style->cycle_cells; cell++) {
		int overlap = reckon_overlap(log, cell_ns(log, from_ns, style->cycle_cells, cell),
					     cell_ns(log, from_ns, style->cycle_cells, cell + 1));

		if (cell && cell % style->cycle_cells == 0)
			fputc(' ', out);
		fputc(overlap <= 0 ? ' ' : overlap > 9 ? '+' : '0' + overlap, out);
	}
	fputc('\n', out);
}

void timeline_print(const struct demo *demo, FILE *out)
{
	static const enum text_style colours[DEMO_PHASES] = { TEXT_BAD, TEXT_WARN, TEXT_GOOD };
	unsigned step = (demo->workers + ROWS_MOST - 1) / ROWS_MOST;

	for (unsigned i = 0; i < DEMO_PHASES; i++) {
		const struct demo_phase *phase = &demo->phase[i];
		const struct run_log *log = phase->log;
		struct style style = style_for(out, colours[i]);
		int64_t from_ns =
			log->start_ns + ((int64_t)phase->figures.cycles - CYCLES) * log->period_ns;

		fprintf(out, "\n%s%s%s, the last two cycles",
			text_style(text_colour(out), TEXT_BOLD), phase->title, style.off);
		if (step > 1)
			fprintf(out, " (every %u%s worker of %u)", step,
				step == 2   ? "nd"
				: step == 3 ? "rd"
					    : "th",
				demo->workers);
		fputs(":\n", out);
		for (unsigned worker = 0; worker < demo->workers; worker += step)
			print_worker(log, worker, from_ns, &style, out);
		print_overlap(log, from_ns, &style, out);
	}
}
