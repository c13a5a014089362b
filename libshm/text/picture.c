/* SPDX-License-Identifier: MIT */
/* One picture of a swarm with all its agents, taken through the library. */
#include "picture.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_SPACE 64u

static struct entrain_agent_info *agents_resize(struct picture *picture, unsigned space,
						struct entrain_error *error)
{
	struct entrain_agent_info *agents =
		reallocarray(picture->agents, space, sizeof(*picture->agents));

	if (agents)
		picture->agents = agents;
	else if (error)
		*error = (struct entrain_error){ .code = ENTRAIN_LIMIT,
						 .os_error = ENOMEM,
						 .what = "read swarm",
						 .object = "memory",
						 .why = "there is none left" };
	return agents;
}

int picture_take(struct picture *picture, struct entrain_swarm *swarm, struct entrain_error *error)
{
	unsigned space = picture->agent_count > FIRST_SPACE ? picture->agent_count : FIRST_SPACE;

	for (;;) {
		const struct entrain_status empty = ENTRAIN_STATUS;
		int code;

		if (!agents_resize(picture, space, error))
			return ENTRAIN_LIMIT;
		picture->status = empty;
		picture->taken_ns = entrain_now_ns();
		code = entrain_status(swarm, &picture->status, picture->agents, space, error);
		if (code)
			return code;
		if (picture->status.agents <= space)
			break;
		/* some more than there are now: others may be joining */
		space = picture->status.agents + picture->status.agents / 8;
	}
	picture->agent_count = picture->status.agents;
	return 0;
}

void picture_free(struct picture *picture)
{
	free(picture->agents);
	picture->agents = NULL;
	picture->agent_count = 0;
}

static void agent_json(const struct entrain_agent_info *agent, struct json *json)
{
	json_row(json, NULL);
	json_unsigned(json, "slot", agent->slot);
	json_unsigned(json, "pid", agent->pid);
	json_text(json, "name", agent->name);
	json_text(json, "label", agent->label);
	json_text(json, "state", entrain_state_name((int)agent->state));
	json_boolean(json, "off_beat", agent->off_beat != 0);
	json_boolean(json, "implausible", agent->implausible != 0);
	json_boolean(json, "reached", agent->reached != 0);
	json_boolean(json, "behind", agent->behind != 0);
	json_boolean(json, "cannot_follow", agent->cannot_follow != 0);
	json_unsigned(json, "neighbours", agent->neighbours);
	json_real(json, "phase", agent->phase);
	json_integer(json, "period_ns", agent->period_ns);
	json_integer(json, "next_turn_ns", agent->next_turn_ns);
	json_integer(json, "began_ns", agent->began_ns);
	json_real(json, "energy", agent->energy);
	json_text(json, "strategy", entrain_strategy_name((int)agent->strategy));
	json_unsigned(json, "turns", agent->turns);
	json_unsigned(json, "turns_missed", agent->turns_missed);
	json_row(json, "action_ns");
	json_integer(json, "last", agent->action_last_ns);
	json_integer(json, "mean", agent->action_mean_ns);
	json_end(json);
	json_row(json, "delay_ns");
	json_integer(json, "last", agent->delay_last_ns);
	json_integer(json, "max", agent->delay_max_ns);
	json_integer(json, "total", agent->delay_total_ns);
	json_end(json);
	json_integer(json, "lateness_ns", agent->lateness_ns);
	json_boolean(json, "observes", agent->observes != 0);
	json_text(json, "rhythm", agent->rhythm ? entrain_kind_name((int)agent->rhythm) : NULL);
	json_integer(json, "interval_ns", agent->interval_ns);
	json_integer(json, "spread_ns", agent->spread_ns);
	json_unsigned(json, "overlap", agent->overlap);
	json_end(json);
}

static void measure_json(const struct entrain_measure *measure, struct json *json)
{
	json_unsigned(json, "agents_off_beat", measure->agents_off_beat);
	json_unsigned(json, "agents_implausible", measure->agents_implausible);
	json_list(json, "order_parameters");
	for (int i = 0; i < 4; i++)
		json_real(json, NULL, measure->order_parameters[i]);
	json_end(json);
	json_real(json, "coherence", measure->coherence);
	json_text(json, "metric", entrain_metric_name((int)measure->goal));
	json_real(json, "target", measure->target);
	json_real(json, "value", measure->value);
	json_boolean(json, "converged", measure->converged != 0);
	json_real(json, "evenness", measure->evenness);
	json_real(json, "min_gap", measure->min_gap);
	json_real(json, "max_gap", measure->max_gap);
	json_real(json, "evenness_actual", measure->evenness_actual);
	json_unsigned(json, "peak_overlap", measure->peak_overlap);
	json_real(json, "rhythm", measure->rhythm);
	json_real(json, "duty", measure->duty);
	json_real(json, "energy", measure->energy);
}

/* As a share or as a duration; both null: as the goal has it. */
static void max_delay_json(const struct entrain_settings *settings, struct json *json)
{
	if (settings->max_delay_ns <= 0 && settings->max_delay_ppm > 0)
		json_real(json, "max_delay", settings->max_delay_ppm / 1e6);
	else
		json_null(json, "max_delay");
	if (settings->max_delay_ns > 0)
		json_integer(json, "max_delay_ns", settings->max_delay_ns);
	else
		json_null(json, "max_delay_ns");
}

unsigned picture_reached(const struct picture *picture)
{
	unsigned count = 0;

	for (unsigned i = 0; i < picture->agent_count; i++)
		count += picture->agents[i].reached && picture_expects(&picture->agents[i]);
	return count;
}

void picture_json(const struct picture *picture, struct json *json)
{
	const struct entrain_status *status = &picture->status;
	const struct entrain_settings *settings = &status->settings;

	json_text(json, "swarm", picture->swarm);
	json_text(json, "abi", entrain_abi());
	json_integer(json, "taken_ns", picture->taken_ns);
	json_integer(json, "period_ns", settings->period_ns);
	json_text(json, "goal", entrain_goal_name((int)settings->goal));
	json_row(json, "topology");
	json_text(json, "kind", settings->topology);
	json_unsigned(json, "generation", status->topology_generation);
	json_unsigned(json, "acknowledged", status->acknowledged);
	json_unsigned(json, "cannot_follow", status->cannot_follow);
	json_end(json);
	json_row(json, "disruption");
	json_unsigned(json, "number", status->disruption);
	json_unsigned(json, "scattered", status->scattered);
	json_end(json);
	json_unsigned(json, "capacity", status->capacity);
	json_unsigned(json, "agents_alive", status->measure.agents_alive);
	json_unsigned(json, "agents_stale", status->measure.agents_stale);
	json_unsigned(json, "agents_dead", status->measure.agents_dead);
	json_text(json, "kind", entrain_kind_name((int)settings->kind));
	json_text(json, "mode", entrain_mode_name((int)settings->mode));
	json_real(json, "band", settings->band_ppm / 1e6);
	max_delay_json(settings, json);
	measure_json(&status->measure, json);
	json_unsigned(json, "agents_reached", picture_reached(picture));
	json_array(json, "agents");
	for (unsigned i = 0; i < picture->agent_count; i++)
		agent_json(&picture->agents[i], json);
	json_end(json);
}
