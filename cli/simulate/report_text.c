/* SPDX-License-Identifier: MIT */
/* report_text.c - what came out of the runs, for people. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "../text.h"
#include "controls.h"
#include "report.h"

/* Cycles that are all shown at the start and after a change; the others as many apart as leaves ROWS_MOST rows. */
#define ROWS_NEAR 3
#define ROWS_MOST 16
#define LINE_CELLS 60
/* Of the table of several runs, with those that are not always there. */
#define MANY_COLUMNS 10

static void cycles_print(FILE *out, uint32_t cycles)
{
	if (cycles == RUN_NEVER)
		fputs("never", out);
	else
		fprintf(out, "after %u cycle%s", cycles, text_s(cycles));
}

/* ---- one run -------------------------------------------------------------------------- */

static void hosts_print(const struct simulation_plan *plan, FILE *out)
{
	fprintf(out, "hosts %s, duty %g %%, periods +-%g %%, lateness %g %% of a gap%s\n",
		entrain_kind_name((int)plan->kind), plan->duty_ppm / 1e4, plan->spread_ppm / 1e4,
		plan->lateness_ppm / 1e4, plan->synchronous ? ", in rounds" : "");
}

static void head_print(const struct simulate_settings *settings, const struct run *run, FILE *out)
{
	const struct simulation_plan *plan = &run->plan;

	fprintf(out, "%u agent%s, goal %s", plan->agents, text_s(plan->agents), plan->goal.name);
	if (settings->trait)
		fprintf(out, " with %s", settings->trait->name);
	fprintf(out, ": %s %g%s\n", entrain_metric_name((int)plan->goal.id),
		run->cycles[plan->cycles].target,
		plan->goal.energy_least ? " and energy left" : "");
	fprintf(out, "%s, topology %s, start %s, seed %llu",
		plan->control->next_ns || plan->control->serial ? plan->control->name
		: plan->kind == ENTRAIN_DRIFTING                ? "at one door"
								: "by its own rule",
		settings->topology, settings->start, (unsigned long long)plan->seed);
	/* Controls know no such bound. */
	if (plan->control == controls)
		fprintf(out, ", delay at most %g %% a cycle",
			(plan->cap_given ? plan->cap_ppm : plan->goal.cap_ppm) / 1e4);
	else if (plan->cap_given)
		fputs(", no bound on delay", out);
	fputc('\n', out);
	hosts_print(plan, out);
	fputc('\n', out);
}

static bool row_is_shown(const struct run *run, uint32_t cycle)
{
	const uint32_t last = run->plan.cycles;
	uint32_t apart = last / ROWS_MOST + 1;

	/* 1, 2, 5, 10, ... */
	for (uint32_t step = 1; step < apart; step *= 10)
		apart = apart <= 2 * step    ? 2 * step
			: apart <= 5 * step  ? 5 * step
			: apart <= 10 * step ? 10 * step
					     : apart;
	if (cycle % apart == 0 || cycle == last || cycle <= ROWS_NEAR)
		return true;
	for (unsigned i = 0; i < run->changes; i++)
		if (cycle >= run->change[i].cycle && cycle <= run->change[i].cycle + ROWS_NEAR)
			return true;
	return false;
}

static void row_put(struct table *table, const struct run *run, const struct gauge *gauge)
{
	table_put(table, TEXT_PLAIN, "%u", gauge->cycle);
	table_put(table, TEXT_PLAIN, "%u", gauge->agents);
	table_put(table, gauge->converged ? TEXT_GOOD : TEXT_PLAIN, "%.3f", gauge->value);
	table_put(table, gauge->converged ? TEXT_GOOD : TEXT_PLAIN, "%s",
		  gauge->converged ? "yes" : "no");
	table_put(table, TEXT_PLAIN, "%.3f", gauge->evenness);
	table_put(table, TEXT_PLAIN, "%.2f", gauge->max_gap);
	table_put(table, TEXT_PLAIN, "%.3f", gauge->order[0]);
	table_put(table, TEXT_PLAIN, "%u", gauge->peak_overlap);
	table_put(table, TEXT_PLAIN, "%.2f %%", 100 * gauge->delay);
	table_put(table, TEXT_PLAIN, "%.1f", gauge->energy);
	if (run->changes)
		table_put(table, TEXT_DIM, "%s", "");
	for (unsigned i = 0; i < run->changes; i++)
		if (run->change[i].cycle == gauge->cycle) {
			table->cell_count--;
			table_put(table, TEXT_WARN, "then %s of %g %%", run->change[i].what,
				  run->change[i].share_ppm / 1e4);
		}
}

static void rows_print(const struct run *run, FILE *out)
{
	static const struct table_column columns[] = {
		{ "cycle", 1 },    { "agents", 1 },  { "value", 1 },     { "reached", 1 },
		{ "evenness", 1 }, { "max gap", 1 }, { "coherence", 1 }, { "overlap", 1 },
		{ "delay", 1 },    { "energy", 1 },  { "", 0 },
	};
	struct table table;

	/* The last one is for what happens then. */
	table_begin(&table, columns,
		    (int)(sizeof(columns) / sizeof(columns[0])) - (run->changes == 0));
	for (uint32_t cycle = 0; cycle <= run->plan.cycles; cycle++)
		if (row_is_shown(run, cycle))
			row_put(&table, run, &run->cycles[cycle]);
	table_finish(&table, out, text_colour(out), text_columns(out));
}

static int wants_blocks(FILE *out)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; text_columns(out) && i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return 0;
}

static double evenness_of(const struct gauge *gauge)
{
	return gauge->evenness;
}

static double coherence_of(const struct gauge *gauge)
{
	return gauge->order[0];
}

/* A cell shows the worst of the cycles that it stands for: the least. */
static void line_print(const struct run *run, const char *name,
		       double (*value)(const struct gauge *), FILE *out)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const letters[] = { " ", "_", ".", ":", "-", "=", "+", "*", "#" };
	const char *const *marks = wants_blocks(out) ? blocks : letters;
	const uint32_t count = run->plan.cycles + 1;
	const uint32_t cells = count < LINE_CELLS ? count : LINE_CELLS;

	fprintf(out, "%-10s|", name);
	for (uint32_t cell = 0; cell < cells; cell++) {
		double least = INFINITY;

		for (uint32_t i = (uint32_t)((uint64_t)count * cell / cells);
		     i < (uint64_t)count * (cell + 1) / cells; i++)
			least = fmin(least, value(&run->cycles[i]));
		fputs(marks[(int)(fmin(1, fmax(0, least)) * 8 + .5)], out);
	}
	fputs("|\n", out);
}

static double share_of(uint64_t part, uint64_t all)
{
	return all ? 100. * (double)part / (double)all : 0;
}

static void load_print(const struct run *run, FILE *out)
{
	const struct workload_result *load = &run->load;
	const double period = SIMULATION_PERIOD_NS, tasks = load->tasks ? (double)load->tasks : 1;

	fprintf(out, "requests %s: %llu task%s in %llu batch%s\n", run->plan.pattern->name,
		(unsigned long long)load->tasks, text_s(load->tasks),
		(unsigned long long)load->batches, load->batches == 1 ? "" : "es");
	fprintf(out,
		"  batched where turns meet: %llu call%s, %.1f %% saved; a task waits %.2f "
		"periods, at most %.2f\n",
		(unsigned long long)load->calls, text_s(load->calls),
		share_of(load->tasks - load->calls, load->tasks),
		(double)load->call_wait_sum_ns / tasks / period,
		(double)load->call_wait_max_ns / period);
	fprintf(out,
		"  at one server: queue %.1f, at most %llu of %u agent%s; a task waits %.2f "
		"periods, at most %.2f\n",
		load->elapsed_ns ? (double)load->queue_sum_ns / (double)load->elapsed_ns : 0,
		(unsigned long long)load->queue_most, load->overlap_most,
		text_s(load->overlap_most), (double)load->served_wait_sum_ns / tasks / period,
		(double)load->served_wait_max_ns / period);
}

static void change_print(const struct run_change *change, FILE *out)
{
	fprintf(out, "\n%s of %g %% after cycle %u, %u agent%s", change->what,
		change->share_ppm / 1e4, change->cycle, change->agents, text_s(change->agents));
	/* What happened to nobody is nothing to come back from. */
	if (!change->agents)
		return;
	fputs(": reached again ", out);
	cycles_print(out, change->cycles);
}

static void off_beat_print(const struct gauge *last, FILE *out)
{
	if (last->off_beat)
		fprintf(out,
			"%u of %u agent%s off-beat, with periods beyond the band: in no "
			"measure%s\n",
			last->off_beat, last->agents, text_s(last->agents),
			last->off_beat == last->agents ? ", and nobody is left to reach a goal"
						       : "");
}

static void one_print(const struct simulate_settings *settings, FILE *out)
{
	const struct run *run = &settings->runs[0];

	head_print(settings, run, out);
	rows_print(run, out);
	fputc('\n', out);
	line_print(run, "evenness", evenness_of, out);
	line_print(run, "coherence", coherence_of, out);
	fputs("\ngoal reached ", out);
	cycles_print(out, run->converged_at);
	for (unsigned i = 0; i < run->changes; i++)
		change_print(&run->change[i], out);
	fputc('\n', out);
	off_beat_print(&run->cycles[run->plan.cycles], out);
	fprintf(out, "energy never below %.1f; strategies changed %u time%s\n", run->energy_least,
		run->switches, text_s(run->switches));
	if (run->plan.pattern)
		load_print(run, out);
}

/* ---- several runs --------------------------------------------------------------------- */

static void cell_put(struct table *table, uint32_t cycles)
{
	if (cycles == RUN_NEVER)
		table_put(table, TEXT_BAD, "never");
	else
		table_put(table, TEXT_PLAIN, "%u", cycles);
}

static void cells_put(struct table *table, const struct run *runs, uint32_t count, int change)
{
	const struct report_cell cell = report_cell_of(runs, count, change);

	cell_put(table, cell.median);
	cell_put(table, cell.worst);
}

/* At the end of the runs. */
static uint32_t off_beat_most(const struct run *runs, uint32_t count)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t off_beat = runs[i].cycles[runs[i].plan.cycles].off_beat;

		most = off_beat > most ? off_beat : most;
	}
	return most;
}

/* Of all runs together. */
static void load_put(struct table *table, const struct run *runs, uint32_t count)
{
	struct workload_result all = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		all.tasks += runs[i].load.tasks;
		all.calls += runs[i].load.calls;
		all.queue_sum_ns += runs[i].load.queue_sum_ns / count;
		all.elapsed_ns += runs[i].load.elapsed_ns / count;
	}
	table_put(table, TEXT_PLAIN, "%.1f %%", share_of(all.tasks - all.calls, all.tasks));
	table_put(table, TEXT_PLAIN, "%.1f",
		  all.elapsed_ns ? (double)all.queue_sum_ns / (double)all.elapsed_ns : 0);
}

/* A row for the start and one for each change. */
static void rows_put(struct table *table, const struct run *runs, uint32_t seeds, bool off_beat)
{
	double energy_least = 100;

	for (uint32_t i = 0; i < seeds; i++)
		energy_least = fmin(energy_least, runs[i].energy_least);
	for (int change = -1; change < (int)runs->changes; change++) {
		table_put(table, TEXT_PLAIN, "%s", runs->plan.goal.name);
		table_put(table, TEXT_PLAIN, "%u", runs->plan.agents);
		table_put(table, TEXT_PLAIN, "%s",
			  change < 0 ? "the start" : runs->change[change].what);
		cells_put(table, runs, seeds, change);
		table_put(table, TEXT_PLAIN, "%u", seeds);
		table_put(table, TEXT_PLAIN, "%.1f", energy_least);
		if (runs->plan.pattern)
			load_put(table, runs, seeds);
		if (off_beat)
			table_put(table, TEXT_WARN, "%u", off_beat_most(runs, seeds));
	}
}

static void many_print(const struct simulate_settings *settings, FILE *out)
{
	struct table_column columns[MANY_COLUMNS] = {
		{ "goal", 0 },  { "agents", 1 }, { "cycles from", 0 },  { "median", 1 },
		{ "worst", 1 }, { "runs", 1 },   { "least energy", 1 },
	};
	const struct simulation_plan *plan = &settings->runs[0].plan;
	const bool off_beat = off_beat_most(settings->runs, settings->count) > 0;
	struct table table;
	int used = MANY_COLUMNS - 3;

	fprintf(out, "%s, topology %s, start %s, seeds from %llu, %u cycles\n", plan->control->name,
		settings->topology, settings->start, (unsigned long long)plan->seed, plan->cycles);
	hosts_print(plan, out);
	fputs("Cycles until the goal was reached for good: until the next change, or the "
	      "end.\n\n",
	      out);
	/* Only where there are any. */
	if (plan->pattern) {
		columns[used++] = (struct table_column){ "calls saved", 1 };
		columns[used++] = (struct table_column){ "queue", 1 };
	}
	if (off_beat)
		columns[used++] = (struct table_column){ "off-beat", 1 };
	table_begin(&table, columns, used);
	for (uint32_t at = 0; at < settings->count; at += settings->seeds)
		rows_put(&table, &settings->runs[at], settings->seeds, off_beat);
	table_finish(&table, out, text_colour(out), text_columns(out));
}

void simulate_report_text(const struct simulate_settings *settings, FILE *out)
{
	if (settings->count == 1)
		one_print(settings, out);
	else
		many_print(settings, out);
}
