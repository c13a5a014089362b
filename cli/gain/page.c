/* SPDX-License-Identifier: MIT */
/* page.c - what was seen of a swarm as one page for a browser, which needs nothing beside it. */
#include "page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define EVENTS_MOST 200u /* the latest */

/* Light or dark as the reader has it; colours that colour-blind readers can tell apart. */
static const char *const style =
	":root{color-scheme:light "
	"dark;--paper:#fdfdfb;--ink:#1f2933;--soft:#52606d;--field:#f1f3f0;"
	"--line:#9aa5b1;--one:#0f766e;--two:#c2410c}"
	"@media(prefers-color-scheme:dark){:root{--paper:#14181c;--ink:#e4e7eb;--soft:#9aa5b1;"
	"--field:#1f262d;--line:#52606d;--one:#2dd4bf;--two:#fb923c}}"
	"body{margin:0 auto;max-width:1040px;padding:24px;background:var(--paper);color:var(--ink);"
	"font:15px/1.5 system-ui,'Segoe UI','Helvetica Neue',Arial,sans-serif}"
	"h1{font-size:24px;margin:0}h2{font-size:18px;margin:32px 0 4px}p{margin:4px 0}"
	".soft{color:var(--soft)}.verdict{font-weight:600}svg{display:block;width:100%;height:auto}"
	"svg text{font:12px system-ui,Arial,sans-serif;fill:var(--soft)}"
	"pre{background:var(--field);padding:12px;overflow-x:auto;font-size:13px;line-height:1.4}"
	"table{border-collapse:collapse;font-size:13px}td,th{padding:2px 12px 2px "
	"0;text-align:left;"
	"vertical-align:top}.tops{display:flex;flex-wrap:wrap;gap:24px;align-items:center}"
	".tops svg{width:260px;flex:none}.tops table{flex:1}";

static int64_t wall_clock_ns(void)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return wall.tv_sec * NS_PER_S + wall.tv_nsec - entrain_now_ns();
}

static struct tm local_time(int64_t wall_ns)
{
	const time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm local = { 0 };

	localtime_r(&seconds, &local);
	return local;
}

static void head_print(const struct page *page, FILE *out)
{
	const struct gain *gain = page->gain;
	const struct tm until = local_time(wall_clock_ns() + page->history->to_ns);
	char host[256] = "", when[64], watched[32];

	if (gethostname(host, sizeof(host) - 1))
		host[0] = '\0';
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S %z", &until);
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
	      "<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>swarm ",
	      out);
	page_text(out, gain->swarm);
	fprintf(out, " - entrain</title>\n<style>%s</style></head>\n<body>\n<h1>swarm ", style);
	page_text(out, gain->swarm);
	fputs("</h1>\n<p class=\"soft\">", out);
	page_text(out, host);
	fprintf(out, ", watched for %s until %s; entrain %s</p>\n",
		entrain_duration_text(gain->window_ns, watched), when, entrain_version());
	fputs("<p class=\"verdict\">", out);
	page_text(out, gain_verdict_text(gain->verdict));
	fputs("</p>\n", out);
}

static void row_print(FILE *out, const char *name, const char *value)
{
	fprintf(out, "<tr><th>%s</th><td>", name);
	page_text(out, value);
	fputs("</td></tr>\n", out);
}

/* What it is set to and where it stands, beside the wheel. */
static void state_print(const struct page *page, FILE *out)
{
	const struct entrain_measure *measure = &page->picture->status.measure;
	const struct entrain_settings *settings = &page->gain->settings;
	char text[160], period[32];

	fputs("<div class=\"tops\">\n", out);
	page_wheel(page, out);
	fputs("<table>\n", out);
	snprintf(text, sizeof(text), "%s: %s %.2f, target %.2f, %s",
		 entrain_goal_name((int)settings->goal), entrain_metric_name((int)measure->goal),
		 measure->value, measure->target, measure->converged ? "reached" : "not reached");
	row_print(out, "goal", text);
	snprintf(text, sizeof(text), "%s, kind %s, period %s",
		 entrain_mode_name((int)settings->mode), entrain_kind_name((int)settings->kind),
		 entrain_duration_text(settings->period_ns, period));
	row_print(out, "mode", text);
	snprintf(text, sizeof(text), "%u alive, %u stale, %u dead, %u off-beat, %u implausible",
		 measure->agents_alive, measure->agents_stale, measure->agents_dead,
		 measure->agents_off_beat, measure->agents_implausible);
	row_print(out, "agents", text);
	snprintf(text, sizeof(text), "%u at most, %u in a usual period", page->gain->now.most,
		 page->gain->now.typical);
	row_print(out, "at once", text);
	snprintf(text, sizeof(text), "%.2f planned, %.2f as they began", measure->evenness,
		 measure->evenness_actual);
	row_print(out, "evenness", text);
	snprintf(text, sizeof(text), "%.2f (R1: 0 apart, 1 together)",
		 measure->order_parameters[0]);
	row_print(out, "coherence", text);
	fputs("</table>\n</div>\n", out);
}

/* The very words of the report as text: nothing is worked out twice. */
static void words_print(const struct page *page, FILE *out)
{
	char *text = NULL;
	size_t size = 0;
	FILE *words = open_memstream(&text, &size);

	if (!words)
		return;
	if (page->gain->count)
		gain_print(page->gain, words);
	else
		fputs("nobody has a slot\n", words);
	if (fclose(words) == 0) {
		fputs("<h2>What they do, and what it is worth</h2>\n<pre>", out);
		page_text(out, text);
		fputs("</pre>\n", out);
	}
	free(text);
}

static void event_print(const struct entrain_event *event, int64_t clock_ns, FILE *out)
{
	const int64_t wall_ns = clock_ns + event->when_ns;
	const struct tm local = local_time(wall_ns);
	char when[64];

	strftime(when, sizeof(when), "%H:%M:%S", &local);
	fprintf(out, "<tr><td>%s.%03" PRId64 "</td><td>%u</td><td>", when,
		wall_ns % NS_PER_S / 1000000, event->slot);
	if (event->pid)
		fprintf(out, "%u", event->pid);
	fputs("</td><td>", out);
	page_text(out, event->name);
	fputs("</td><td>", out);
	page_text(out, event->text);
	fputs("</td></tr>\n", out);
}

static void events_print(const struct page *page, FILE *out)
{
	const struct event_list *events = page->events;
	const int64_t clock_ns = wall_clock_ns();
	unsigned first = events->count, count;

	while (first > 0 && events->events[first - 1].when_ns >= page->history->from_ns)
		first--;
	count = events->count - first;
	fputs("<h2>What happened meanwhile</h2>\n", out);
	if (!count) {
		fputs("<p>Nothing that the flight recorder keeps.</p>\n", out);
		return;
	}
	if (count > EVENTS_MOST) {
		fprintf(out, "<p>The latest %u of %u events.</p>\n", EVENTS_MOST, count);
		first = events->count - EVENTS_MOST;
	}
	fputs("<table><tr><th>time</th><th>slot</th><th>pid</th><th>name</th><th>event</th></tr>\n",
	      out);
	for (; first < events->count; first++)
		event_print(&events->events[first], clock_ns, out);
	fputs("</table>\n", out);
}

void page_print(const struct page *page, FILE *out)
{
	head_print(page, out);
	state_print(page, out);
	page_timeline(page, out);
	page_course(page, out);
	words_print(page, out);
	events_print(page, out);
	fputs("</body></html>\n", out);
}
