/* SPDX-License-Identifier: MIT */
/* page_draw.c - the pictures of a report's page, as SVG. */
#include <math.h>
#include <string.h>

#include "page.h"

#define WIDTH 1000.0
#define LEFT 150.0
#define POINTS 834 /* across */
#define PLOT ((double)POINTS)
#define RIGHT (WIDTH - LEFT - PLOT)
#define LANES_MOST 200u /* hosts that have a line each */
#define LANE_MOST 22.0  /* height of a line, and of all of them */
#define LANES_HEIGHT 420.0
#define STRIP 60.0
#define PERIODS_MOST 12 /* of the timeline: more would be hairlines */
#define NAMES_MOST 24u  /* lines that leave room for a name */

void page_text(FILE *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			putc(*text, out);
		}
}

static void svg_begin(FILE *out, double height, const char *title)
{
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" role=\"img\">"
		"<title>%s</title>\n",
		WIDTH, height, title);
}

static void field(FILE *out, double top, double height)
{
	fprintf(out,
		"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
		"fill=\"var(--field)\"/>\n",
		LEFT, top, PLOT, height);
}

static void label(FILE *out, double x, double y, const char *anchor, const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
	page_text(out, text);
	fputs("</text>\n", out);
}

/* ---- where in their cycles they are ------------------------------------------------------------ */

#define WHEEL 130.0 /* its centre */
#define RIM 100.0
#define DOTS_MOST 2000u /* more are a ring, and megabytes of it; the mean is of all */

static void wheel_point(double phase, double radius, double *x, double *y)
{
	/* 0 is at the top, and time goes with the clock's hands. */
	*x = WHEEL + radius * sin(2 * M_PI * phase);
	*y = WHEEL - radius * cos(2 * M_PI * phase);
}

static void wheel_agent(const struct entrain_agent_info *agent, FILE *out)
{
	const double action =
		agent->period_ns > 0 ? (double)agent->action_mean_ns / (double)agent->period_ns : 0;
	double x, y, end_x, end_y;
	char took[32];

	/* Its phase is how far it has come: its turn, at the top, is what is left of the cycle ahead. */
	wheel_point(agent->phase, RIM, &x, &y);
	if (action > 0.002 && action < 1) {
		wheel_point(agent->phase - action, RIM, &end_x, &end_y);
		fprintf(out,
			"<path d=\"M%.1f %.1fA%.0f %.0f 0 %d 0 %.1f %.1f\" fill=\"none\" "
			"stroke=\"var(--one)\" stroke-width=\"7\" stroke-opacity=\".35\"/>\n",
			x, y, RIM, RIM, action > 0.5, end_x, end_y);
	}
	fprintf(out,
		"<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"var(--%s)\"><title>slot %u, pid "
		"%u, ",
		x, y, agent->state == ENTRAIN_ACTING ? "two" : "one", agent->slot, agent->pid);
	page_text(out, agent->name);
	fprintf(out, ": phase %.3f, acts for %s</title></circle>\n", agent->phase,
		entrain_duration_text(agent->action_mean_ns, took));
}

void page_wheel(const struct page *page, FILE *out)
{
	const struct picture *picture = page->picture;
	double x = 0, y = 0;
	unsigned count = 0;

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 260 260\" role=\"img\">"
		"<title>Where in their cycles the agents are at the end: the turn is at the top, "
		"those to its left are next</title>\n"
		"<circle cx=\"%.0f\" cy=\"%.0f\" r=\"%.0f\" fill=\"none\" "
		"stroke=\"var(--line)\"/>\n"
		"<path d=\"M%.0f %.0fv-14\" stroke=\"var(--ink)\" stroke-width=\"2\"/>\n",
		WHEEL, WHEEL, RIM, WHEEL, WHEEL - RIM);
	for (unsigned i = 0; i < picture->agent_count; i++) {
		const struct entrain_agent_info *agent = &picture->agents[i];
		double agent_x, agent_y;

		if (!picture_expects(agent))
			continue;
		if (count < DOTS_MOST)
			wheel_agent(agent, out);
		wheel_point(agent->phase, RIM, &agent_x, &agent_y);
		x += agent_x;
		y += agent_y;
		count++;
	}
	/* The mean of them all is the order parameter: its length is R1. */
	if (count)
		fprintf(out,
			"<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"var(--two)\" "
			"stroke-width=\"3\" "
			"stroke-linecap=\"round\"><title>coherence</title></path>\n",
			WHEEL, WHEEL, x / count, y / count);
	fputs("</svg>\n", out);
}

/* ---- when each acted --------------------------------------------------------------------------- */

struct span {
	int64_t from_ns, to_ns;
};

static double x_of(const struct span *span, int64_t instant_ns)
{
	if (instant_ns < span->from_ns)
		instant_ns = span->from_ns;
	if (instant_ns > span->to_ns)
		instant_ns = span->to_ns;
	return LEFT +
	       PLOT * (double)(instant_ns - span->from_ns) / (double)(span->to_ns - span->from_ns);
}

static int in_span(const struct span *span, const struct history_action *action)
{
	return action->end_ns >= span->from_ns && action->begin_ns <= span->to_ns;
}

/* The latest periods: of the longest interval of them, for hosts may act less often than the swarm's period says. */
static struct span timeline_span(const struct page *page)
{
	struct span span = { page->history->from_ns, page->history->to_ns };
	int64_t longest_ns = page->gain->settings.period_ns;

	for (unsigned i = 0; i < page->gain->count; i++)
		if (page->gain->hosts[i].interval_ns > longest_ns)
			longest_ns = page->gain->hosts[i].interval_ns;
	if (longest_ns > 0 && (span.to_ns - span.from_ns) / longest_ns > PERIODS_MOST)
		span.from_ns = span.to_ns - PERIODS_MOST * longest_ns;
	if (span.to_ns <= span.from_ns)
		span.to_ns = span.from_ns + 1;
	return span;
}

static void lane_draw(const struct history_host *host, const struct span *span, double top,
		      double height, FILE *out)
{
	for (size_t k = 0; k < host->count; k++) {
		const struct history_action *action = &host->actions[k];
		const double x = x_of(span, action->begin_ns),
			     width = x_of(span, action->end_ns) - x;
		char took[32];

		if (!in_span(span, action))
			continue;
		/* What met others stands out. One that took no time is seen all the same. */
		fprintf(out,
			"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
			"fill=\"var(--%s)\"><title>pid %u, ",
			x, top, width < 1 ? 1 : width, height, action->met > 1 ? "two" : "one",
			host->seen.pid);
		page_text(out, host->seen.name);
		fprintf(out, ": %s, %u at once</title></rect>\n",
			entrain_duration_text(action->end_ns - action->begin_ns, took),
			action->met);
	}
}

/* How many were in progress: in each point's time the most, so that none is too short to be seen. */
static void overlap_draw(const struct page *page, const struct span *span, double top, FILE *out)
{
	unsigned at_once[POINTS];
	const unsigned most = page->gain->now.most ? page->gain->now.most : 1;
	char words[32];

	for (int x = 0; x < POINTS; x++)
		at_once[x] = 0;
	for (unsigned i = 0; i < page->history->count; i++) {
		const struct history_host *host = &page->history->hosts[i];

		for (size_t k = 0; k < host->count; k++) {
			const struct history_action *action = &host->actions[k];
			const int first = (int)(x_of(span, action->begin_ns) - LEFT),
				  last = (int)(x_of(span, action->end_ns) - LEFT);

			for (int x = first; in_span(span, action) && x <= last && x < POINTS; x++)
				if (action->met > at_once[x])
					at_once[x] = action->met;
		}
	}
	snprintf(words, sizeof(words), "at once, 0 to %u", most);
	label(out, LEFT - 10, top + STRIP / 2 + 4, "end", words);
	field(out, top, STRIP);
	fprintf(out, "<path fill=\"var(--two)\" fill-opacity=\".6\" d=\"M%.1f %.1f", LEFT,
		top + STRIP);
	for (int x = 0; x < POINTS; x++)
		fprintf(out, "V%.1fh1", top + STRIP - STRIP * at_once[x] / most);
	fprintf(out, "V%.1fZ\"/>\n", top + STRIP);
}

/* The swarm's period as a scale: a line for each, counted from the end. */
static void periods_draw(const struct page *page, const struct span *span, double height, FILE *out)
{
	const int64_t period_ns = page->gain->settings.period_ns;

	if (period_ns <= 0 || (span->to_ns - span->from_ns) / period_ns > 4 * PERIODS_MOST)
		return;
	for (int64_t at_ns = span->to_ns; at_ns >= span->from_ns; at_ns -= period_ns)
		fprintf(out,
			"<path d=\"M%.1f 0v%.1f\" stroke=\"var(--line)\" stroke-dasharray=\"2 "
			"3\"/>\n",
			x_of(span, at_ns), height);
}

void page_timeline(const struct page *page, FILE *out)
{
	const struct history *history = page->history;
	const struct span span = timeline_span(page);
	const unsigned lanes = history->count < LANES_MOST ? history->count : LANES_MOST;
	const double lane =
		lanes && LANES_HEIGHT / lanes < LANE_MOST ? LANES_HEIGHT / lanes : LANE_MOST;
	const double strip_top = lanes * lane + 12;
	char words[80], text[32];

	fputs("<h2>When each acted</h2>\n", out);
	if (!lanes) {
		fputs("<p>Nobody has a slot.</p>\n", out);
		return;
	}
	if (lanes < history->count)
		fprintf(out, "<p>The first %u of %u hosts.</p>\n", lanes, history->count);
	svg_begin(out, strip_top + STRIP + 22, "When each host acted, and how many at once");
	field(out, 0, lanes * lane);
	for (unsigned i = 0; i < lanes; i++) {
		const struct history_host *host = &history->hosts[i];

		if (lanes <= NAMES_MOST) {
			snprintf(words, sizeof(words), "%.14s %u", host->seen.name, host->seen.pid);
			label(out, LEFT - 10, i * lane + lane / 2 + 4, "end", words);
		}
		lane_draw(host, &span, i * lane + lane * .12, lane * .76, out);
	}
	overlap_draw(page, &span, strip_top, out);
	periods_draw(page, &span, strip_top + STRIP, out);
	snprintf(words, sizeof(words), "%s; dotted: the swarm's period",
		 entrain_duration_text(span.to_ns - span.from_ns, text));
	label(out, WIDTH - RIGHT, strip_top + STRIP + 16, "end", words);
	fputs("</svg>\n", out);
}

/* ---- how the measures went --------------------------------------------------------------------- */

#define COURSE 120.0 /* height */

static double y_of(double value)
{
	return COURSE - COURSE * (value < 0 ? 0 : value > 1 ? 1 : value);
}

/* What goals judge differs: a line ends where the goal was changed, and only that of the present goal's metric is drawn. */
static void course_line(const struct page *page, const struct span *span, int coherence,
			const char *colour, FILE *out)
{
	const char *metric = entrain_metric_name((int)page->picture->status.measure.goal);
	int drawing = 0;

	fprintf(out, "<path fill=\"none\" stroke=\"var(--%s)\" stroke-width=\"1.8\" d=\"", colour);
	for (unsigned i = 0; i < page->course->count; i++) {
		const struct course_point *point = &page->course->points[i];

		if (!coherence && strcmp(entrain_metric_name((int)point->goal), metric) != 0) {
			drawing = 0;
			continue;
		}
		fprintf(out, "%c%.1f %.1f", drawing ? 'L' : 'M', x_of(span, point->at_ns),
			y_of(coherence ? (double)point->coherence : (double)point->value));
		drawing = 1;
	}
	fputs("\"/>\n", out);
}

void page_course(const struct page *page, FILE *out)
{
	const struct course *course = page->course;
	const struct entrain_measure *measure = &page->picture->status.measure;
	struct span span = { page->history->from_ns, page->history->to_ns };
	char words[80];

	if (course->count < 2)
		return;
	if (span.to_ns <= span.from_ns)
		span.to_ns = span.from_ns + 1;
	fputs("<h2>How it went</h2>\n", out);
	svg_begin(out, COURSE + 24, "Coherence and the goal's metric while it was looked at");
	field(out, 0, COURSE);
	snprintf(words, sizeof(words), "goal: %s", entrain_metric_name((int)measure->goal));
	fputs("<g style=\"--soft:var(--one)\">", out);
	label(out, LEFT - 10, 14, "end", words);
	fputs("</g><g style=\"--soft:var(--two)\">", out);
	label(out, LEFT - 10, 30, "end", "coherence (R1)");
	fputs("</g>", out);
	label(out, LEFT - 10, COURSE, "end", "0 to 1");
	fprintf(out,
		"<path d=\"M%.1f %.1fh%.1f\" stroke=\"var(--ink)\" stroke-dasharray=\"6 4\"/>\n",
		LEFT, y_of(measure->target), PLOT);
	course_line(page, &span, 1, "two", out);
	course_line(page, &span, 0, "one", out);
	snprintf(words, sizeof(words), "dashed: target %.2f", measure->target);
	label(out, WIDTH - RIGHT, COURSE + 18, "end", words);
	fputs("</svg>\n", out);
}
