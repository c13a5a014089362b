/* SPDX-License-Identifier: MIT */
/* The demo's figures as JSON. */
#include "demo.h"

#include "json.h"

static void report_bystander(struct json *json, const struct figures *figures)
{
	json_object(json, "bystander");
	json_integer(json, "p50_ns", figures->bystander_p50_ns);
	json_integer(json, "p99_ns", figures->bystander_p99_ns);
	json_integer(json, "p999_ns", figures->bystander_p999_ns);
	json_integer(json, "max_ns", figures->bystander_max_ns);
	json_row(json, "share_above");
	json_real(json, "10ms", figures->above_10ms);
	json_real(json, "30ms", figures->above_30ms);
	json_real(json, "100ms", figures->above_100ms);
	json_end(json);
	json_unsigned(json, "operations", figures->operations);
	json_end(json);
}

static void report_phase(struct json *json, const struct demo_phase *phase)
{
	const struct figures *figures = &phase->figures;

	json_object(json, phase->pace->name);
	json_unsigned(json, "peak_overlap", figures->overlap_peak);
	json_unsigned(json, "median_overlap", figures->overlap_median);
	json_list(json, "overlap_by_cycle");
	for (unsigned cycle = 0; cycle < figures->cycles; cycle++)
		json_unsigned(json, NULL, figures->overlap[cycle]);
	json_end(json);
	json_row(json, "action_ns");
	json_integer(json, "p50", figures->action_p50_ns);
	json_integer(json, "p99", figures->action_p99_ns);
	json_integer(json, "max", figures->action_max_ns);
	json_end(json);
	json_unsigned(json, "actions", figures->actions);
	json_real(json, "duty", figures->duty);
	json_real(json, "evenness", figures->evenness_median);
	json_real(json, "worst_evenness", figures->evenness_worst);
	json_list(json, "evenness_by_cycle");
	for (unsigned cycle = 0; cycle < figures->cycles; cycle++)
		json_real(json, NULL, figures->evenness[cycle]);
	json_end(json);
	if (figures->cycles_to_even)
		json_integer(json, "cycles_to_even", figures->cycles_to_even);
	else
		json_null(json, "cycles_to_even");
	report_bystander(json, figures);
	json_end(json);
}

void report_json(const struct demo *demo, FILE *out)
{
	struct json json;
	char seed[24];

	/* As text: not every reader keeps 64 bits of a number. */
	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)demo->seed);
	json_begin(&json, out);
	json_real(&json, "duty", demo->duty);
	for (unsigned i = 0; i < DEMO_PHASES; i++)
		report_phase(&json, &demo->phase[i]);
	json_object(&json, "run");
	json_unsigned(&json, "workers", demo->workers);
	json_integer(&json, "period_ns", demo->period_ns);
	json_integer(&json, "duration_ns", demo->duration_ns);
	json_text(&json, "goal", demo->goal);
	json_unsigned(&json, "size", demo->size);
	json_unsigned(&json, "writes", demo->load.writes);
	json_integer(&json, "write_ns", demo->calibration.write_ns);
	json_real(&json, "duty_calibrated", demo->calibration.duty);
	json_integer(&json, "bytes", demo->bytes);
	json_text(&json, "seed", seed);
	json_end(&json);
	json_finish(&json);
}
