/* SPDX-License-Identifier: MIT */
/* The three runs as a picture: when each worker acted, how many at once, how long the
 * bystander waited. */
#include "demo.h"

#include <entrain.h>
#include <stddef.h>

#include "bystander.h"

#define CYCLES_MOST 4u
#define WIDTH 1000.0
#define LEFT 128.0
#define RIGHT 24.0
#define PLOT (WIDTH - LEFT - RIGHT)
#define HEAD 84.0
#define TITLE 46.0 /* of a panel */
#define ROWS 120.0 /* the workers' lines */
#define STRIP 38.0 /* overlap, bystander */
#define SPACE 10.0
#define PANEL (TITLE + ROWS + 2 * (STRIP + SPACE) + 34)
#define FOOT 40.0

/* One look for the whole picture; colours that colour-blind readers can tell apart. */
static const char *const colours[DEMO_PHASES] = { "#c2410c", "#b7791f", "#0f766e" };

struct view {
	const struct demo *demo;
	FILE *out;
	unsigned cycles;       /* shown: the last ones */
	unsigned overlap_most; /* top of the overlap scale */
	int64_t latency_most;  /* top of the bystander's scale, ns */
};

/* Of one panel: what it shows, where. */
struct panel {
	const struct demo_phase *phase;
	const char *colour;
	int64_t from_ns, to_ns;
	double top;
};

static double x_of(const struct panel *panel, int64_t instant_ns)
{
	if (instant_ns < panel->from_ns)
		instant_ns = panel->from_ns;
	if (instant_ns > panel->to_ns)
		instant_ns = panel->to_ns;
	return LEFT + PLOT * (double)(instant_ns - panel->from_ns) /
			      (double)(panel->to_ns - panel->from_ns);
}

static struct panel panel_at(const struct view *view, unsigned index)
{
	const struct demo_phase *phase = &view->demo->phase[index];
	const struct run_log *log = phase->log;
	int64_t to_ns = log->start_ns + phase->figures.cycles * log->period_ns;

	return (struct panel){
		.phase = phase,
		.colour = colours[index],
		.from_ns = to_ns - view->cycles * log->period_ns,
		.to_ns = to_ns,
		.top = HEAD + index * PANEL,
	};
}

static void text(FILE *out, double x, double y, const char *class, const char *anchor,
		 const char *words)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\" text-anchor=\"%s\">%s</text>\n", x,
		y, class, anchor, words);
}

static void draw_head(const struct view *view)
{
	const struct demo *demo = view->demo;
	char words[256], period[32], one[32];

	fprintf(view->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
		"width=\"%.0f\" "
		"height=\"%.0f\" role=\"img\">\n"
		"<title>entrain: the same workers together, at random offsets, as a swarm</title>\n"
		"<style>text{font-family:system-ui,'Segoe UI','Helvetica Neue',Arial,sans-serif;"
		"fill:#1f2933}.h{font-size:22px;font-weight:600}.t{font-size:17px;font-weight:600}"
		".s{font-size:13.5px;fill:#52606d}.f{font-size:13.5px}.l{font-size:12px;fill:#"
		"52606d}"
		"</style>\n<rect width=\"100%%\" height=\"100%%\" rx=\"10\" fill=\"#fdfdfb\"/>\n",
		WIDTH, HEAD + DEMO_PHASES * PANEL + FOOT, WIDTH, HEAD + DEMO_PHASES * PANEL + FOOT);
	snprintf(words, sizeof(words), "The same %u workers, the same writes, three ways",
		 demo->workers);
	text(view->out, 24, 36, "h", "start", words);
	snprintf(words, sizeof(words),
		 "every %s each writes %u x %zu KB with an fsync after each (%s); a bystander "
		 "appends "
		 "%u KB and does fdatasync every %d ms",
		 entrain_duration_text(demo->period_ns, period), demo->load.writes,
		 demo->size / 1024, entrain_duration_text(demo->calibration.write_ns, one),
		 BYSTANDER_BYTES / 1024, (int)(BYSTANDER_INTERVAL_NS / 1000000));
	text(view->out, 24, 60, "s", "start", words);
}

static void draw_figures(const struct view *view, const struct panel *panel)
{
	const struct figures *figures = &panel->phase->figures;
	char words[320], p50[32], p99[32], worst[32];

	snprintf(words, sizeof(words),
		 "at most %u at once \302\267 evenness %.2f \302\267 an action takes %s (p99 %s) "
		 "\302\267 "
		 "bystander p99.9 %s \302\267 over 10 ms: %.1f %% of the time",
		 figures->overlap_peak, figures->evenness_median,
		 entrain_duration_text(figures->action_p50_ns, p50),
		 entrain_duration_text(figures->action_p99_ns, p99),
		 entrain_duration_text(figures->bystander_p999_ns, worst),
		 100 * figures->above_10ms);
	fprintf(view->out,
		"<rect x=\"24\" y=\"%.1f\" width=\"5\" height=\"34\" rx=\"2\" fill=\"%s\"/>\n",
		panel->top, panel->colour);
	text(view->out, 38, panel->top + 13, "t", "start", panel->phase->title);
	text(view->out, 38, panel->top + 33, "f", "start", words);
}

/* A line a worker, a bar an action. */
static void draw_workers(const struct view *view, const struct panel *panel)
{
	const struct run_log *log = panel->phase->log;
	double top = panel->top + TITLE, row = ROWS / view->demo->workers;
	double bar = row > 6 ? row - 3 : row * .8;

	text(view->out, LEFT - 10, top + ROWS / 2 + 4, "l", "end", "workers");
	fprintf(view->out,
		"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#f1f3f0\"/>\n",
		LEFT, top, PLOT, ROWS);
	for (unsigned i = 0; i < log->workers; i++) {
		const struct worker_log *worker = &log->worker[i];

		for (uint32_t k = 0; k < worker->count; k++) {
			const struct action *action = &worker->action[k];
			double x = x_of(panel, action->begin_ns);

			if (action->end_ns <= panel->from_ns || action->begin_ns >= panel->to_ns)
				continue;
			fprintf(view->out,
				"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
				"fill=\"%s\"/>\n",
				x, top + i * row + (row - bar) / 2,
				x_of(panel, action->end_ns) - x + .6, bar, panel->colour);
		}
	}
}

static void draw_strip(const struct view *view, double top, const char *name, const char *scale)
{
	text(view->out, LEFT - 10, top + 14, "l", "end", name);
	text(view->out, LEFT - 10, top + 30, "l", "end", scale);
	fprintf(view->out,
		"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#f1f3f0\"/>\n",
		LEFT, top, PLOT, STRIP);
}

static void draw_overlap(const struct view *view, const struct panel *panel)
{
	double top = panel->top + TITLE + ROWS + SPACE;
	char words[64];

	snprintf(words, sizeof(words), "0 to %u", view->overlap_most);
	draw_strip(view, top, "at once", words);
	fprintf(view->out, "<path fill=\"%s\" fill-opacity=\".55\" d=\"M%.1f %.1f", panel->colour,
		LEFT, top + STRIP);
	for (int x = 0; x < (int)PLOT; x++) {
		int64_t span_ns = panel->to_ns - panel->from_ns;
		int overlap =
			reckon_overlap(panel->phase->log, panel->from_ns + span_ns * x / (int)PLOT,
				       panel->from_ns + span_ns * (x + 1) / (int)PLOT);

		fprintf(view->out, "V%.1fh1",
			top + STRIP - STRIP * (overlap > 0 ? overlap : 0) / view->overlap_most);
	}
	fprintf(view->out, "V%.1fZ\"/>\n", top + STRIP);
}

static void draw_bystander(const struct view *view, const struct panel *panel)
{
	const struct run_log *log = panel->phase->log;
	const struct bystander_log *bystander = &log->bystander;
	double top = panel->top + TITLE + ROWS + 2 * SPACE + STRIP;
	char words[64], most[32];

	snprintf(words, sizeof(words), "0 to %s", entrain_duration_text(view->latency_most, most));
	draw_strip(view, top, "bystander waits", words);
	fprintf(view->out, "<path fill=\"none\" stroke=\"#334155\" stroke-width=\"1.1\" d=\"");
	for (uint32_t k = 0; k < bystander->count; k++) {
		int64_t due_ns = log->start_ns + k * bystander->interval_ns;

		if (due_ns >= panel->from_ns && due_ns < panel->to_ns)
			fprintf(view->out, "M%.1f %.1fv%.1f", x_of(panel, due_ns), top + STRIP,
				-STRIP * (double)bystander->latency_ns[k] /
					(double)view->latency_most);
	}
	fprintf(view->out, "\"/>\n");
}

static void draw_cycles(const struct view *view, const struct panel *panel)
{
	double top = panel->top + TITLE, height = ROWS + 2 * (STRIP + SPACE);

	for (unsigned cycle = 0; cycle <= view->cycles; cycle++)
		fprintf(view->out,
			"<path d=\"M%.1f %.1fv%.1f\" stroke=\"#9aa5b1\" stroke-dasharray=\"2 "
			"3\"/>\n",
			LEFT + PLOT * cycle / view->cycles, top - 4, height + 4);
}

/* The same scales in all three panels, else the picture would flatter. */
static void find_scales(struct view *view)
{
	const struct demo *demo = view->demo;

	view->cycles = demo->phase[0].figures.cycles;
	if (view->cycles > CYCLES_MOST)
		view->cycles = CYCLES_MOST;
	view->latency_most = 1;
	view->overlap_most = 1;
	for (unsigned i = 0; i < DEMO_PHASES; i++) {
		struct panel panel = panel_at(view, i);
		const struct run_log *log = panel.phase->log;

		for (uint32_t k = 0; k < log->bystander.count; k++) {
			int64_t due_ns = log->start_ns + k * log->bystander.interval_ns;

			if (due_ns >= panel.from_ns && due_ns < panel.to_ns &&
			    log->bystander.latency_ns[k] > view->latency_most)
				view->latency_most = log->bystander.latency_ns[k];
		}
		if (panel.phase->figures.overlap_peak > view->overlap_most)
			view->overlap_most = panel.phase->figures.overlap_peak;
	}
}

void report_svg(const struct demo *demo, FILE *out)
{
	struct view view = { .demo = demo, .out = out };
	char words[160];

	find_scales(&view);
	draw_head(&view);
	for (unsigned i = 0; i < DEMO_PHASES; i++) {
		struct panel panel = panel_at(&view, i);

		draw_figures(&view, &panel);
		draw_workers(&view, &panel);
		draw_overlap(&view, &panel);
		draw_bystander(&view, &panel);
		draw_cycles(&view, &panel);
	}
	snprintf(words, sizeof(words),
		 "The last %u cycles of one run each, from the instants that the processes logged. "
		 "Same "
		 "scales in all three.",
		 view.cycles);
	text(out, 24, HEAD + DEMO_PHASES * PANEL + 16, "s", "start", words);
	fputs("</svg>\n", out);
}
