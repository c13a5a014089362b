/* SPDX-License-Identifier: MIT */
/* report_json.c - what came out of the runs, as JSON. */
#include <math.h>

#include "json.h"
#include "controls.h"
#include "report.h"

static void cycles_or_null(struct json *json, const char *key, uint32_t cycles)
{
	if (cycles == RUN_NEVER)
		json_null(json, key);
	else
		json_unsigned(json, key, cycles);
}

static void share(struct json *json, const char *key, uint32_t ppm)
{
	json_real(json, key, ppm / 1e6);
}

static void plan_json(struct json *json, const struct simulate_settings *settings)
{
	const struct simulation_plan *plan = &settings->runs[0].plan;

	json_integer(json, "period_ns", SIMULATION_PERIOD_NS);
	json_text(json, "topology", settings->topology);
	json_text(json, "kind", entrain_kind_name((int)plan->kind));
	json_text(json, "control", plan->control->name);
	json_text(json, "start", settings->start);
	json_text(json, "actions", settings->actions);
	share(json, "spread", plan->spread_ppm);
	share(json, "lateness", plan->lateness_ppm);
	share(json, "stale", plan->stale_ppm);
	share(json, "duty", plan->duty_ppm);
	share(json, "vary", plan->vary_ppm);
	json_text(json, "pattern", plan->pattern ? plan->pattern->name : NULL);
	json_text(json, "trait", settings->trait ? settings->trait->name : NULL);
	json_boolean(json, "synchronous", plan->synchronous);
	json_unsigned(json, "cycles_asked", plan->cycles);
}

static void goal_json(struct json *json, const struct run *run)
{
	const struct simulation_plan *plan = &run->plan;

	json_unsigned(json, "agents", plan->agents);
	json_unsigned(json, "seed", plan->seed);
	json_text(json, "goal", plan->goal.name);
	json_text(json, "metric", entrain_metric_name((int)plan->goal.id));
	json_real(json, "target", run->cycles[plan->cycles].target);
	/* Controls know no such bound. */
	if (plan->control == controls)
		share(json, "max_delay", plan->cap_given ? plan->cap_ppm : plan->goal.cap_ppm);
	else
		json_null(json, "max_delay");
}

static void changes_json(struct json *json, const struct run *run)
{
	json_array(json, "changes");
	for (unsigned i = 0; i < run->changes; i++) {
		json_row(json, NULL);
		json_text(json, "change", run->change[i].what);
		share(json, "share", run->change[i].share_ppm);
		json_unsigned(json, "cycle", run->change[i].cycle);
		json_unsigned(json, "agents", run->change[i].agents);
		cycles_or_null(json, "converged_after", run->change[i].cycles);
		json_end(json);
	}
	json_end(json);
}

static double mean(int64_t sum, uint64_t count)
{
	return count ? (double)sum / (double)count : 0;
}

static void load_json(struct json *json, const struct workload_result *load)
{
	json_object(json, "load");
	json_unsigned(json, "tasks", load->tasks);
	json_unsigned(json, "batches", load->batches);
	json_unsigned(json, "calls", load->calls);
	json_unsigned(json, "calls_saved", load->tasks - load->calls);
	json_row(json, "wait_ns");
	json_real(json, "mean", mean(load->call_wait_sum_ns, load->tasks));
	json_integer(json, "max", load->call_wait_max_ns);
	json_end(json);
	json_row(json, "server");
	json_integer(json, "service_ns", load->service_ns);
	json_real(json, "queue_mean", mean(load->queue_sum_ns, (uint64_t)load->elapsed_ns));
	json_unsigned(json, "queue_max", load->queue_most);
	json_unsigned(json, "overlap_max", load->overlap_most);
	json_real(json, "wait_mean_ns", mean(load->served_wait_sum_ns, load->tasks));
	json_integer(json, "wait_max_ns", load->served_wait_max_ns);
	json_end(json);
	json_end(json);
}

static void gauge_json(struct json *json, const char *key, const struct gauge *gauge)
{
	json_row(json, key);
	json_unsigned(json, "cycle", gauge->cycle);
	json_integer(json, "at_ns", gauge->at_ns);
	json_unsigned(json, "agents_alive", gauge->agents);
	json_unsigned(json, "agents_off_beat", gauge->off_beat);
	json_list(json, "order_parameters");
	for (unsigned m = 0; m < GAUGE_ORDERS; m++)
		json_real(json, NULL, gauge->order[m]);
	json_end(json);
	json_real(json, "coherence", gauge->order[0]);
	json_real(json, "evenness", gauge->evenness);
	json_real(json, "min_gap", gauge->min_gap);
	json_real(json, "max_gap", gauge->max_gap);
	json_real(json, "evenness_actual", gauge->evenness_actual);
	json_real(json, "rhythm", gauge->rhythm);
	json_real(json, "nearest", gauge->nearest);
	json_real(json, "value", gauge->value);
	json_real(json, "target", gauge->target);
	json_boolean(json, "converged", gauge->converged);
	json_unsigned(json, "agents_converged", gauge->agree);
	json_unsigned(json, "peak_overlap", gauge->peak_overlap);
	json_real(json, "delay", gauge->delay);
	json_real(json, "energy", gauge->energy);
	json_unsigned(json, "strategy_changes", gauge->switches);
	json_unsigned(json, "disrupted", gauge->scattered);
	json_end(json);
}

static void run_json(struct json *json, const struct run *run)
{
	cycles_or_null(json, "converged_at", run->converged_at);
	changes_json(json, run);
	json_real(json, "energy_least", run->energy_least);
	json_unsigned(json, "strategy_changes", run->switches);
	if (run->plan.pattern)
		load_json(json, &run->load);
}

void simulate_report_json(const struct simulate_settings *settings, FILE *out)
{
	struct json json;

	json_begin(&json, out);
	plan_json(&json, settings);
	if (settings->count == 1) {
		goal_json(&json, &settings->runs[0]);
		json_array(&json, "cycles");
		for (uint32_t cycle = 0; cycle <= settings->runs[0].plan.cycles; cycle++)
			gauge_json(&json, NULL, &settings->runs[0].cycles[cycle]);
		json_end(&json);
		run_json(&json, &settings->runs[0]);
		json_finish(&json);
		return;
	}
	json_array(&json, "runs");
	for (uint32_t i = 0; i < settings->count; i++) {
		json_object(&json, NULL);
		goal_json(&json, &settings->runs[i]);
		run_json(&json, &settings->runs[i]);
		gauge_json(&json, "last", &settings->runs[i].cycles[settings->runs[i].plan.cycles]);
		json_end(&json);
	}
	json_end(&json);
	json_finish(&json);
}
