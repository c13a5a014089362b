/* SPDX-License-Identifier: MIT */
/* gain_print.c - what hosts do, and what it would be with the swarm acting: for people. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "../text.h"
#include "advice.h"
#include "gain.h"

static const struct {
	const char *name, *text;
} verdicts[] = {
	[GAIN_UNKNOWN] = { "unknown", "Too little was seen yet: the first dozen actions of a host "
				      "may be odd. Look again later." },
	[GAIN_NO_RHYTHM] = { "no-rhythm",
			     "Nothing here comes regularly enough to be brought together; the "
			     "swarm would leave it alone." },
	[GAIN_ALONE] = { "alone", "One host alone has nobody to keep away from." },
	[GAIN_ACTS] = { "acts", "The swarm is acting: this is what it comes to." },
	[GAIN_APART] = { "apart",
			 "No more are at once than would be with the swarm: there is nothing to "
			 "gain." },
	[GAIN_SHORT] = { "short",
			 "These actions are over within a millisecond where few meet. A journal "
			 "writes such "
			 "flushes together, so they help each other: spreading them does not "
			 "pay." },
	[GAIN_FREE] = { "free", "Those that met others took hardly longer than those that were "
				"alone: they are not in each other's way, and spreading them gains "
				"little." },
	[GAIN_TOGETHER] = { "together", "The goal is to be together, which more at once is." },
	[GAIN_WORTH] = { "worth", "Fewer would be at once: the worst stall gets shorter. The work "
				  "stays the same." },
};

const char *gain_verdict_name(enum gain_verdict verdict)
{
	return verdicts[verdict].name;
}

const char *gain_verdict_text(enum gain_verdict verdict)
{
	return verdicts[verdict].text;
}

static const struct table_column columns[] = {
	{ "PID", 1 },   { "NAME", 0 },    { "RULE", 0 },   { "A MINUTE", 1 },
	{ "EVERY", 1 }, { "+-", 1 },      { "BY", 0 },     { "TAKES", 1 },
	{ "MOST", 1 },  { "AT ONCE", 1 }, { "ACTING", 1 },
};

static void range_text(unsigned least, unsigned most, char text[24])
{
	if (least == most)
		snprintf(text, 24, "%u", least);
	else
		snprintf(text, 24, "%u to %u", least, most);
}

static const char *by_text(const struct gain_host *host)
{
	switch (host->kind) {
	case ENTRAIN_GRID:
		return "clock";
	case ENTRAIN_RELATIVE:
		return "sleep";
	case ENTRAIN_TAKEN:
		return "swarm";
	case ENTRAIN_DRIFTING:
		return "nothing";
	default:
		return "?";
	}
}

static void host_put(struct table *table, const struct gain_host *host)
{
	char text[32];

	table_put(table, TEXT_PLAIN, "%u", host->seen.pid);
	table_put(table, TEXT_PLAIN, "%s", host->seen.name);
	table_put(table, TEXT_PLAIN, "%s", host->seen.label);
	if (host->interval_ns > 0) {
		table_put(table, TEXT_PLAIN, "%.3g", gain_per_minute(host));
		table_put(table, TEXT_PLAIN, "%s", entrain_duration_text(host->interval_ns, text));
		table_put(table, TEXT_PLAIN, "%.1f %%",
			  100.0 * (double)host->spread_ns / (double)host->interval_ns);
	} else {
		for (int i = 0; i < 3; i++)
			table_put(table, TEXT_DIM, "-");
	}
	table_put(table, TEXT_PLAIN, "%s", by_text(host));
	table_put(table, TEXT_PLAIN, "%s", entrain_duration_text(host->action_ns, text));
	table_put(table, TEXT_PLAIN, "%s", entrain_duration_text(host->action_most_ns, text));
	table_put(table, TEXT_PLAIN, "%u", host->met);
	if (host->fits && host->met_most) {
		range_text(host->met_least, host->met_most, text);
		table_put(table, TEXT_PLAIN, "%s", text);
	} else {
		table_put(table, TEXT_DIM, "-");
	}
}

static void hosts_print(const struct gain *gain, FILE *out)
{
	struct table table;

	table_begin(&table, columns, sizeof(columns) / sizeof(*columns));
	for (unsigned i = 0; i < gain->count; i++)
		host_put(&table, &gain->hosts[i]);
	table_finish(&table, out, text_colour(out), text_columns(out));
}

static void levels_print(const struct gain *gain, FILE *out)
{
	static const char *const names[] = { "alone", "two at once", "3 or 4", "5 to 8", "more" };
	const char *before = "an action takes (median): ";
	char text[32];

	for (unsigned level = 0; level < GAIN_LEVELS; level++) {
		if (!gain->levels[level].actions)
			continue;
		fprintf(out, "%s%s %s (%" PRIu64 " seen)", before, names[level],
			entrain_duration_text(gain->levels[level].action_ns, text),
			gain->levels[level].actions);
		before = ", ";
	}
	if (*before == ',')
		putc('\n', out);
}

static void forecast_print(const struct gain *gain, const struct gain_forecast *forecast,
			   const char *how, FILE *out)
{
	char range[24], delay[32], hold[32], most[32];

	if (!forecast->made)
		return;
	range_text(forecast->least, forecast->most, range);
	entrain_duration_text((int64_t)((__int128)forecast->setting.period_ns *
					forecast->setting.cap_ppm / 1000000),
			      delay);
	fprintf(out, "%s (kind %s, max delay %s): %s at once%s %u simulations of %u host%s\n", how,
		entrain_kind_name((int)forecast->setting.kind), delay, range,
		forecast->least == forecast->most ? " in each of" : ", the range of", GAIN_SEEDS,
		forecast->hosts, forecast->hosts == 1 ? "" : "s");
	fprintf(out,
		"  for that a turn is held %s in the mean, %s at most, once all are in place\n",
		entrain_duration_text(forecast->hold_ns, hold),
		entrain_duration_text(forecast->hold_most_ns, most));
	if (forecast->setting.kind == ENTRAIN_DRIFTING && gain->now.mean > 0)
		fprintf(out, "  at once in the mean period: %.1f; now %.1f\n", forecast->mean,
			gain->now.mean);
	if (forecast->slower > 0.005)
		fprintf(out, "  and comes %.1f %% less often\n", 100 * forecast->slower);
	if (forecast->hosts < gain->count)
		fprintf(out, "  %u of %u hosts do not fit, and come on top\n",
			gain->count - forecast->hosts, gain->count);
}

static void step_print(const char *step, void *context)
{
	fprintf(context, "  %s\n", step);
}

static void advice_all_print(const struct gain *gain, FILE *out)
{
	if (!gain->advised.made || gain->verdict == GAIN_ALONE)
		return;
	if (gain->verdict == GAIN_WORTH || gain->verdict == GAIN_TOGETHER)
		fputs("\nto get it:\n", out);
	else
		fputs("\nto have it all the same:\n", out);
	advice_steps(gain, step_print, out);
	if (advice_is_switch(gain))
		return;
	putc('\n', out);
	advice_print(gain, out);
}

void gain_print(const struct gain *gain, FILE *out)
{
	const int colour = text_colour(out);

	hosts_print(gain, out);
	putc('\n', out);
	levels_print(gain, out);
	fprintf(out, "now: %s%u at once%s", text_style(colour, TEXT_BOLD), gain->now.most,
		text_style(colour, TEXT_PLAIN));
	if (gain->window_ns)
		fprintf(out, ", %u in a usual period", gain->now.typical);
	fputs(gain->observing ? "; nothing is delayed\n" : "\n", out);
	if (gain->lost)
		fprintf(out,
			"%" PRIu64 " actions came too quickly to be seen, and are not counted\n",
			gain->lost);
	forecast_print(gain, &gain->as_set, "acting as it is set", out);
	if (!advice_is_switch(gain))
		forecast_print(gain, &gain->advised, "acting with the lines below", out);
	fprintf(out, "%s%s%s\n", text_style(colour, TEXT_BOLD), gain_verdict_text(gain->verdict),
		text_style(colour, TEXT_PLAIN));
	advice_all_print(gain, out);
}
