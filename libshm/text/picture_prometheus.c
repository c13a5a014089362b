/* SPDX-License-Identifier: MIT */
/* A picture of a swarm as metrics, in the text format of Prometheus. */
#include <inttypes.h>

#include "picture.h"
#include "style.h"

/* Names of swarms need no escapes; what agents say of themselves does. */
static void label_print(FILE *out, const char *name, const char *value)
{
	text_format(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			putc('\\', out);
		putc(*value, out);
	}
	putc('"', out);
}

static void family_print(FILE *out, const char *name, const char *type, const char *help)
{
	text_format(out, "# HELP entrain_%s %s\n# TYPE entrain_%s %s\n", name, help, name, type);
}

static void value_print(FILE *out, double value)
{
	char text[TEXT_REAL];

	text_format(out, "} %s\n", text_real(value, text));
}

/* A gauge of the whole swarm. */
static void gauge_print(const struct picture *picture, FILE *out, const char *name,
			const char *help, double value)
{
	family_print(out, name, "gauge", help);
	text_format(out, "entrain_%s{swarm=\"%s\"", name, picture->swarm);
	value_print(out, value);
}

static void states_print(const struct picture *picture, FILE *out)
{
	const struct entrain_measure *measure = &picture->status.measure;
	const struct {
		const char *state;
		uint32_t count;
	} rows[] = {
		{ "alive", measure->agents_alive },
		{ "stale", measure->agents_stale },
		{ "dead", measure->agents_dead },
		{ "off_beat", measure->agents_off_beat },
		{ "implausible", measure->agents_implausible },
	};

	family_print(out, "agents", "gauge", "Agents by state.");
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		text_format(out, "entrain_agents{swarm=\"%s\",state=\"%s\"} %u\n", picture->swarm,
			    rows[i].state, rows[i].count);
}

static void swarm_print(const struct picture *picture, FILE *out)
{
	const struct entrain_settings *settings = &picture->status.settings;
	const struct entrain_measure *measure = &picture->status.measure;

	family_print(out, "swarm_info", "gauge", "What the swarm is set to.");
	text_format(out, "entrain_swarm_info{swarm=\"%s\",goal=\"%s\",mode=\"%s\",kind=\"%s\"",
		    picture->swarm, entrain_goal_name((int)settings->goal),
		    entrain_mode_name((int)settings->mode), entrain_kind_name((int)settings->kind));
	value_print(out, 1);
	states_print(picture, out);
	gauge_print(picture, out, "capacity", "Slots for agents.", picture->status.capacity);
	gauge_print(picture, out, "period_seconds", "The swarm's period.",
		    (double)settings->period_ns / 1e9);
	gauge_print(picture, out, "converged", "1: the goal is reached.", measure->converged);
	gauge_print(picture, out, "value", "How near the goal is, in its metric.", measure->value);
	gauge_print(picture, out, "target", "When it counts as reached.", measure->target);
	gauge_print(picture, out, "evenness", "1 over the largest gap of the planned turns.",
		    measure->evenness);
	gauge_print(picture, out, "evenness_actual", "The same of the actions as they began.",
		    measure->evenness_actual);
	gauge_print(picture, out, "min_gap", "Smallest gap, of the wanted one.", measure->min_gap);
	gauge_print(picture, out, "max_gap", "Largest gap, of the wanted one.", measure->max_gap);
	gauge_print(picture, out, "peak_overlap", "Most actions at once in the last period.",
		    measure->peak_overlap);
	gauge_print(picture, out, "rhythm", "1 minus the largest deviation from the period.",
		    measure->rhythm);
	gauge_print(picture, out, "duty", "Sum of all action times over the period.",
		    measure->duty);
	gauge_print(picture, out, "energy", "Mean energy of the agents, 0 to 100.",
		    measure->energy);
	family_print(out, "order_parameter", "gauge", "R1 (coherence) to R4 of the phases.");
	for (int m = 0; m < 4; m++) {
		text_format(out, "entrain_order_parameter{swarm=\"%s\",m=\"%d\"", picture->swarm,
			    m + 1);
		value_print(out, measure->order_parameters[m]);
	}
}

static double agent_turns(const struct entrain_agent_info *agent)
{
	return (double)agent->turns;
}

static double agent_missed(const struct entrain_agent_info *agent)
{
	return (double)agent->turns_missed;
}

static double agent_action(const struct entrain_agent_info *agent)
{
	return (double)agent->action_mean_ns / 1e9;
}

static double agent_delay(const struct entrain_agent_info *agent)
{
	return (double)agent->delay_total_ns / 1e9;
}

static double agent_phase(const struct entrain_agent_info *agent)
{
	return agent->phase;
}

static const struct {
	const char *name, *type, *help;
	double (*value)(const struct entrain_agent_info *agent);
} agent_families[] = {
	{ "agent_turns_total", "counter", "Turns that the agent took.", agent_turns },
	{ "agent_turns_missed_total", "counter", "Turns that it left out.", agent_missed },
	{ "agent_action_seconds", "gauge", "Mean time of its action.", agent_action },
	{ "agent_delay_seconds_total", "counter", "How long it was delayed.", agent_delay },
	{ "agent_phase", "gauge", "Where in its cycle it is, in turns.", agent_phase },
};

static void agent_print(const struct picture *picture, const struct entrain_agent_info *agent,
			FILE *out)
{
	text_format(out, "{swarm=\"%s\",slot=\"%u\",pid=\"%u\",", picture->swarm, agent->slot,
		    agent->pid);
	label_print(out, "name", agent->name);
	putc(',', out);
	label_print(out, "label", agent->label);
}

void picture_prometheus(const struct picture *picture, FILE *out)
{
	swarm_print(picture, out);
	for (unsigned i = 0; i < sizeof(agent_families) / sizeof(agent_families[0]); i++) {
		if (picture->agent_count)
			family_print(out, agent_families[i].name, agent_families[i].type,
				     agent_families[i].help);
		for (unsigned n = 0; n < picture->agent_count; n++) {
			text_format(out, "entrain_%s", agent_families[i].name);
			agent_print(picture, &picture->agents[n], out);
			value_print(out, agent_families[i].value(&picture->agents[n]));
		}
	}
}
