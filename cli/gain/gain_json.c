/* SPDX-License-Identifier: MIT */
/* gain_json.c - what hosts do, and what it would be with the swarm acting: as JSON. */
#include <stdlib.h>

#include "advice.h"
#include "gain.h"

static void host_json(const struct gain_host *host, struct json *json)
{
	json_row(json, NULL);
	json_unsigned(json, "slot", host->seen.slot);
	json_unsigned(json, "pid", host->seen.pid);
	json_text(json, "name", host->seen.name);
	json_text(json, "rule", host->seen.label);
	json_boolean(json, "observes", host->seen.observes != 0);
	json_text(json, "rhythm", host->kind ? entrain_kind_name((int)host->kind) : NULL);
	json_real(json, "per_minute", gain_per_minute(host));
	json_integer(json, "interval_ns", host->interval_ns);
	json_integer(json, "rest_ns", host->rest_ns);
	json_integer(json, "spread_ns", host->spread_ns);
	json_unsigned(json, "actions", host->actions);
	json_unsigned(json, "lost", host->lost);
	json_row(json, "action_ns");
	json_integer(json, "p50", host->action_ns);
	json_integer(json, "max", host->action_most_ns);
	json_end(json);
	json_unsigned(json, "overlap", host->met);
	json_boolean(json, "fits", host->fits);
	json_list(json, "overlap_acting");
	if (host->fits && host->met_most) {
		json_unsigned(json, NULL, host->met_least);
		json_unsigned(json, NULL, host->met_most);
	}
	json_end(json);
	json_end(json);
}

static void forecast_json(const char *key, const struct gain_forecast *forecast, struct json *json)
{
	if (!forecast->made) {
		json_null(json, key);
		return;
	}
	json_row(json, key);
	json_text(json, "kind", entrain_kind_name((int)forecast->setting.kind));
	json_integer(json, "period_ns", forecast->setting.period_ns);
	json_real(json, "max_delay", forecast->setting.cap_ppm / 1e6);
	json_unsigned(json, "simulations", GAIN_SEEDS);
	json_unsigned(json, "hosts", forecast->hosts);
	json_list(json, "overlap");
	json_unsigned(json, NULL, forecast->least);
	json_unsigned(json, NULL, forecast->most);
	json_end(json);
	json_real(json, "overlap_mean", forecast->mean);
	json_row(json, "delay_ns");
	json_integer(json, "mean", forecast->hold_ns);
	json_integer(json, "max", forecast->hold_most_ns);
	json_end(json);
	json_real(json, "slower", forecast->slower);
	json_unsigned(json, "settle_cycles", forecast->settle);
	json_end(json);
}

static void step_json(const char *step, void *context)
{
	json_text(context, NULL, step);
}

static void advice_json(const struct gain *gain, struct json *json)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	json_list(json, "steps");
	advice_steps(gain, step_json, json);
	json_end(json);
	if (memory) {
		advice_print(gain, memory);
		fclose(memory);
	}
	json_text(json, "lines", text && size ? text : NULL);
	free(text);
}

void gain_json(const struct gain *gain, struct json *json)
{
	json_integer(json, "window_ns", gain->window_ns);
	json_unsigned(json, "hosts_observing", gain->observing);
	json_unsigned(json, "actions_lost", gain->lost);
	json_row(json, "overlap");
	json_unsigned(json, "max", gain->now.most);
	json_unsigned(json, "p50", gain->now.typical);
	json_real(json, "mean", gain->now.mean);
	json_end(json);
	json_list(json, "action_by_overlap");
	for (unsigned level = 0; level < GAIN_LEVELS; level++) {
		static const unsigned from[GAIN_LEVELS] = { 1, 2, 3, 5, 9 };

		json_row(json, NULL);
		json_unsigned(json, "overlap_from", from[level]);
		json_unsigned(json, "actions", gain->levels[level].actions);
		json_integer(json, "p50_ns", gain->levels[level].action_ns);
		json_end(json);
	}
	json_end(json);
	forecast_json("acting_as_set", &gain->as_set, json);
	forecast_json("acting_advised", &gain->advised, json);
	json_text(json, "verdict", gain_verdict_name(gain->verdict));
	json_text(json, "why", gain_verdict_text(gain->verdict));
	advice_json(gain, json);
	json_array(json, "hosts");
	for (unsigned i = 0; i < gain->count; i++)
		host_json(&gain->hosts[i], json);
	json_end(json);
}
