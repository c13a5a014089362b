/* SPDX-License-Identifier: MIT */
/* The demo's figures side by side for people, with what they mean. */
#include "demo.h"

#include <entrain.h>
#include <stdio.h>

#include "../text.h"
#include "bystander.h"

#define GIB ((double)(INT64_C(1) << 30))

static char *size_text(size_t size, char text[32])
{
	if (size % (1u << 20) == 0)
		snprintf(text, 32, "%zu MB", size >> 20);
	else if (size % 1024 == 0)
		snprintf(text, 32, "%zu KB", size >> 10);
	else
		snprintf(text, 32, "%zu bytes", size);
	return text;
}

void show_plan(const struct demo *demo, FILE *out)
{
	char period[32], duration[32], size[32], one[32], burst[32];

	fprintf(out,
		"%u worker processes act every %s for %s, three times over.\n"
		"An action is %u x (write %s, fsync): %s each here, so %s alone, %.0f %% duty in "
		"all.\n"
		"A bystander appends %u KB and does fdatasync every %d ms.\n"
		"This writes %.1f GB to disk. Random offsets are of --seed %llu.\n",
		demo->workers, entrain_duration_text(demo->period_ns, period),
		entrain_duration_text(demo->duration_ns, duration), demo->load.writes,
		size_text(demo->size, size), entrain_duration_text(demo->calibration.write_ns, one),
		entrain_duration_text(demo->calibration.action_ns, burst),
		100 * demo->calibration.duty, BYSTANDER_BYTES / 1024,
		(int)(BYSTANDER_INTERVAL_NS / 1000000), (double)demo->bytes / GIB,
		(unsigned long long)demo->seed);
	if (demo->calibration.duty > 1.25 * demo->duty)
		fprintf(out, "One write and fsync already takes more than the duty asked for.\n");
	fflush(out);
}

/* ---- the table ------------------------------------------------------------------------ */

enum figure_kind { FIGURE_COUNT, FIGURE_RATIO, FIGURE_DURATION, FIGURE_SHARE, FIGURE_CYCLES };

struct figure_row {
	const char *label;
	enum figure_kind kind;
	size_t offset; /* in struct figures */
};

#define ROW(label, kind, member) \
	{ \
		label, kind, offsetof(struct figures, member) \
	}

static const struct figure_row rows[] = {
	ROW("acting at once   most", FIGURE_COUNT, overlap_peak),
	ROW("                 median cycle", FIGURE_COUNT, overlap_median),
	ROW("evenness         median cycle", FIGURE_RATIO, evenness_median),
	ROW("                 worst cycle", FIGURE_RATIO, evenness_worst),
	ROW("                 even after", FIGURE_CYCLES, cycles_to_even),
	ROW("an action takes  p50", FIGURE_DURATION, action_p50_ns),
	ROW("                 p99", FIGURE_DURATION, action_p99_ns),
	ROW("                 max", FIGURE_DURATION, action_max_ns),
	ROW("bystander waits  p50", FIGURE_DURATION, bystander_p50_ns),
	ROW("                 p99", FIGURE_DURATION, bystander_p99_ns),
	ROW("                 p99.9", FIGURE_DURATION, bystander_p999_ns),
	ROW("                 max", FIGURE_DURATION, bystander_max_ns),
	ROW("share of time    over 10 ms", FIGURE_SHARE, above_10ms),
	ROW("                 over 30 ms", FIGURE_SHARE, above_30ms),
	ROW("                 over 100 ms", FIGURE_SHARE, above_100ms),
};

static char *figure_text(const struct figures *figures, const struct figure_row *row, char text[32])
{
	const void *member = (const char *)figures + row->offset;
	int cycles;

	switch (row->kind) {
	case FIGURE_COUNT:
		snprintf(text, 32, "%u", *(const unsigned *)member);
		break;
	case FIGURE_RATIO:
		snprintf(text, 32, "%.2f", *(const double *)member);
		break;
	case FIGURE_SHARE:
		snprintf(text, 32, "%.2f %%", 100 * *(const double *)member);
		break;
	case FIGURE_DURATION:
		entrain_duration_text(*(const int64_t *)member, text);
		break;
	case FIGURE_CYCLES:
		cycles = *(const int *)member;
		if (cycles)
			snprintf(text, 32, "%d cycle%s", cycles, text_s((unsigned)cycles));
		else
			snprintf(text, 32, "never");
		break;
	}
	return text;
}

void show_table(const struct demo *demo, FILE *out)
{
	int colour = text_colour(out);

	fprintf(out, "\n%-30s", "");
	for (unsigned i = 0; i < DEMO_PHASES; i++)
		fprintf(out, "%s%17s%s", text_style(colour, TEXT_BOLD), demo->phase[i].title,
			text_style(colour, TEXT_PLAIN));
	fputc('\n', out);
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		fprintf(out, "%-30s", rows[r].label);
		for (unsigned i = 0; i < DEMO_PHASES; i++) {
			char text[32];

			fprintf(out, "%17s", figure_text(&demo->phase[i].figures, &rows[r], text));
		}
		fputc('\n', out);
	}
}

/* ---- what it means -------------------------------------------------------------------- */

/* What spreading did to the workers' own actions, also where it did nothing. */
static void explain_actions(const struct demo *demo, FILE *out)
{
	const struct figures *herd = &demo->phase[DEMO_TOGETHER].figures;
	const struct figures *swarm = &demo->phase[DEMO_SWARM].figures;
	double one_by_one_ns = (double)swarm->action_p50_ns * demo->workers;
	char together[32], apart[32], all[32];

	entrain_duration_text(herd->action_p50_ns, together);
	entrain_duration_text(swarm->action_p50_ns, apart);
	entrain_duration_text((int64_t)one_by_one_ns, all);
	fprintf(out, "An action takes %s together and %s as a swarm.\n", together, apart);
	if ((double)herd->action_p50_ns < 1.1 * (double)swarm->action_p50_ns)
		fprintf(out, "On this disk, with writes of this size, the herd is not slower: "
			     "spreading\ngains nothing for the workers.\n");
	else if ((double)herd->action_p50_ns < .9 * one_by_one_ns)
		fprintf(out,
			"But fsyncs that meet help each other here: the herd is done with all %u\n"
			"in about %s, one after the other they take %s.\n",
			demo->workers, together, all);
	else
		fprintf(out, "Each waits less; but the disk has the same work to do, spreading "
			     "removes none.\n");
}

/* What it did to the bystander: the worst and the sum, never one without the other. */
static void explain_bystander(const struct demo *demo, FILE *out)
{
	const struct figures *herd = &demo->phase[DEMO_TOGETHER].figures;
	const struct figures *swarm = &demo->phase[DEMO_SWARM].figures;
	char before[32], after[32], median_before[32], median_after[32];
	double ratio = (double)herd->bystander_p999_ns / (double)(swarm->bystander_p999_ns + 1);

	fprintf(out,
		"The bystander's worst waits (p99.9) are %s: %s together, %s\n"
		"as a swarm; its median wait is %s and %s,\n"
		"its waits over 10 ms fill %.2f %% and %.2f %% of the time.\n",
		ratio > 1.25 ? "shorter"
		: ratio > .8 ? "about the same"
			     : "longer",
		entrain_duration_text(herd->bystander_p999_ns, before),
		entrain_duration_text(swarm->bystander_p999_ns, after),
		entrain_duration_text(herd->bystander_p50_ns, median_before),
		entrain_duration_text(swarm->bystander_p50_ns, median_after),
		100 * herd->above_10ms, 100 * swarm->above_10ms);
}

void show_meaning(const struct demo *demo, FILE *out)
{
	const struct figures *random = &demo->phase[DEMO_RANDOM_OFFSET].figures;
	const struct figures *swarm = &demo->phase[DEMO_SWARM].figures;

	fputc('\n', out);
	explain_actions(demo, out);
	explain_bystander(demo, out);
	if (swarm->evenness_median < RECKON_EVEN) {
		fprintf(out, "With goal %s the swarm's evenness was %.2f (0.9 counts as even).\n",
			demo->goal, swarm->evenness_median);
		return;
	}
	fprintf(out,
		"Random offsets had up to %u at once against %u; another --seed draws better or\n"
		"worse ones, for as long as the workers live. Fixed offsets i/N are as good as\n"
		"a swarm until a worker dies or joins.\n",
		random->overlap_peak, swarm->overlap_peak);
}
