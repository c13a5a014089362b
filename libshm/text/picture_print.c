/* SPDX-License-Identifier: MIT */
/* A picture of a swarm for people: what it is, when each acts next, who they are. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"
#include "table.h"

#define AGENTS_ON_PIPE 32u /* rows where no terminal says how many fit */
#define LINES_AROUND 14u   /* lines of a picture that are no agent's row, with the prompt */
#define BAR_MOST 72        /* columns of the bar */
#define BAR_LEAST 20

static void header_print(const struct picture *picture, FILE *out, int colour)
{
	const struct entrain_status *status = &picture->status;
	const struct entrain_settings *settings = &status->settings;
	enum text_style mode = settings->mode == ENTRAIN_ACT ? TEXT_GOOD : TEXT_WARN;
	char period[32], delay[32];

	if (settings->max_delay_ns > 0)
		entrain_duration_text(settings->max_delay_ns, delay);
	else if (settings->max_delay_ppm > 0)
		snprintf(delay, sizeof(delay), "%g %%", settings->max_delay_ppm / 1e4);
	else
		snprintf(delay, sizeof(delay), "as the goal has it");
	text_format(out, "%sswarm %s%s   goal %s   mode %s%s%s   kind %s\n",
		    text_style(colour, TEXT_BOLD), picture->swarm, text_style(colour, TEXT_PLAIN),
		    entrain_goal_name((int)settings->goal), text_style(colour, mode),
		    entrain_mode_name((int)settings->mode), text_style(colour, TEXT_PLAIN),
		    entrain_kind_name((int)settings->kind));
	text_format(out, "period %s   band %g %%   max delay %s   topology ",
		    entrain_duration_text(settings->period_ns, period), settings->band_ppm / 1e4,
		    delay);
	text_print(out, settings->topology, 0);
	text_format(out, ", generation %" PRIu64 ", %u follow%s it", status->topology_generation,
		    status->acknowledged, status->acknowledged == 1 ? "s" : "");
	if (status->cannot_follow)
		text_format(out, ", %s%u cannot%s", text_style(colour, TEXT_WARN),
			    status->cannot_follow, text_style(colour, TEXT_PLAIN));
	putc('\n', out);
}

/* ", 2 stale", coloured, where there are any. */
static void some_print(FILE *out, int colour, unsigned count, const char *word,
		       enum text_style style)
{
	if (count)
		text_format(out, ", %s%u %s%s", text_style(colour, style), count, word,
			    text_style(colour, TEXT_PLAIN));
}

static void measure_print(const struct picture *picture, FILE *out, int colour)
{
	const struct entrain_measure *measure = &picture->status.measure;

	text_format(out, "%u agent%s alive", measure->agents_alive, text_s(measure->agents_alive));
	some_print(out, colour, measure->agents_stale, "stale", TEXT_WARN);
	some_print(out, colour, measure->agents_dead, "dead", TEXT_BAD);
	some_print(out, colour, measure->agents_off_beat, "off-beat", TEXT_WARN);
	some_print(out, colour, measure->agents_implausible, "implausible", TEXT_BAD);
	text_format(out, "; %u slot%s\n", picture->status.capacity,
		    text_s(picture->status.capacity));
	if (measure->agents_alive == 0)
		return;
	if (picture->status.settings.kind == ENTRAIN_DRIFTING)
		text_format(out, "hosts come whenever they like: no turn is planned, so evenness "
				 "and coherence are chance\n");
	else
		text_format(out, "%s %.2f, target %.2f: %s%s%s\n",
			    entrain_metric_name((int)measure->goal), measure->value,
			    measure->target,
			    text_style(colour, measure->converged ? TEXT_GOOD : TEXT_WARN),
			    measure->converged ? "converged" : "not converged",
			    text_style(colour, TEXT_PLAIN));
	if (strcmp(picture->status.settings.topology, "full") != 0)
		text_format(out, "%u of %u agent%s see it reached among their neighbours\n",
			    picture_reached(picture), measure->agents_alive,
			    text_s(measure->agents_alive));
	text_format(out, "evenness %.2f planned, %.2f as acted   gaps %.2f to %.2f of the wanted\n",
		    measure->evenness, measure->evenness_actual, measure->min_gap,
		    measure->max_gap);
	text_format(out, "coherence %.2f   peak overlap %u in the last period\n",
		    measure->coherence, measure->peak_overlap);
}

/* Does this agent's next turn belong on the bar? */
static int is_expected(const struct entrain_agent_info *agent)
{
	return (agent->state == ENTRAIN_IDLE || agent->state == ENTRAIN_ACTING) &&
	       !agent->implausible && !agent->off_beat;
}

/* The column of a turn: now is 0, a period from now `width`; what lies further wraps. */
static int bar_column(const struct picture *picture, const struct entrain_agent_info *agent,
		      int width)
{
	int64_t period_ns = picture->status.settings.period_ns;
	int64_t ahead_ns = (agent->next_turn_ns - picture->taken_ns) % period_ns;

	if (ahead_ns < 0)
		ahead_ns += period_ns;
	return (int)((double)ahead_ns / (double)period_ns * width);
}

/* Where in the coming period each next turn falls: o one, 2 to 9 as many, # more. */
static void bar_print(const struct picture *picture, FILE *out, int colour, int width)
{
	unsigned turns[BAR_MOST] = { 0 }, shown = 0;
	char half[32], whole[32];

	for (unsigned i = 0; i < picture->agent_count; i++) {
		if (!is_expected(&picture->agents[i]))
			continue;
		turns[bar_column(picture, &picture->agents[i], width)]++;
		shown++;
	}
	if (!shown)
		return;
	text_format(out, "\nnext turns, from now on (o one agent, 2 to 9 as many, # more)\n |");
	for (int i = 0; i < width; i++) {
		if (turns[i] == 0) {
			putc('-', out);
			continue;
		}
		fputs(text_style(colour, turns[i] == 1 ? TEXT_GOOD : TEXT_WARN), out);
		putc(turns[i] == 1 ? 'o' : turns[i] <= 9 ? '0' + (int)turns[i] : '#', out);
		fputs(text_style(colour, TEXT_PLAIN), out);
	}
	entrain_duration_text(picture->status.settings.period_ns / 2, half);
	entrain_duration_text(picture->status.settings.period_ns, whole);
	text_format(out, "|\n now%*s%*s\n", width / 2 - 2 + (int)strlen(half) / 2, half,
		    width - width / 2 - (int)strlen(half) / 2, whole);
}

/* The most telling first: where the terminal is narrow the last ones are left out. */
enum column {
	SLOT,
	PID,
	NAME,
	STATE,
	PHASE,
	NEXT,
	ACTION,
	DELAY,
	DELAY_MAX,
	TURNS,
	ENERGY,
	STRATEGY,
	LABEL,
	COLUMN_COUNT
};

static const struct table_column agent_columns[] = {
	[SLOT] = { "slot", 1 },     [PID] = { "pid", 1 },       [NAME] = { "name", 0 },
	[STATE] = { "state", 0 },   [PHASE] = { "phase", 1 },   [NEXT] = { "next turn", 1 },
	[ACTION] = { "action", 1 }, [DELAY] = { "delay", 1 },   [DELAY_MAX] = { "max delay", 1 },
	[TURNS] = { "turns", 1 },   [ENERGY] = { "energy", 1 }, [STRATEGY] = { "strategy", 0 },
	[LABEL] = { "label", 0 },
};

static void duration_put(struct table *table, int64_t duration_ns)
{
	char text[32];

	table_put(table, TEXT_PLAIN, "%s", entrain_duration_text(duration_ns, text));
}

static void agent_put(const struct picture *picture, const struct entrain_agent_info *agent,
		      struct table *table, int labelled)
{
	static const enum text_style styles[] = { [ENTRAIN_IDLE] = TEXT_PLAIN,
						  [ENTRAIN_ACTING] = TEXT_GOOD,
						  [ENTRAIN_STALE] = TEXT_WARN,
						  [ENTRAIN_DEAD] = TEXT_BAD };
	int64_t ahead_ns = agent->next_turn_ns - picture->taken_ns;

	table_put(table, TEXT_PLAIN, "%u", agent->slot);
	table_put(table, TEXT_PLAIN, "%u", agent->pid);
	table_put(table, TEXT_PLAIN, "%s", agent->name);
	table_put(table, agent->state <= ENTRAIN_DEAD ? styles[agent->state] : TEXT_BAD, "%s%s%s",
		  entrain_state_name((int)agent->state), agent->off_beat ? ",off-beat" : "",
		  agent->implausible ? ",implausible" : "");
	table_put(table, TEXT_PLAIN, "%.3f", agent->phase);
	if (ahead_ns >= 0)
		duration_put(table, ahead_ns);
	else
		table_put(table, TEXT_PLAIN, "overdue");
	duration_put(table, agent->action_mean_ns);
	duration_put(table, agent->delay_last_ns);
	duration_put(table, agent->delay_max_ns);
	table_put(table, TEXT_PLAIN, "%" PRIu64, agent->turns);
	table_put(table, TEXT_PLAIN, "%.1f", agent->energy);
	table_put(table, TEXT_PLAIN, "%s", entrain_strategy_name((int)agent->strategy));
	if (labelled)
		table_put(table, TEXT_PLAIN, "%s", agent->label);
}

static void agents_print(const struct picture *picture, FILE *out, unsigned shown)
{
	struct table table;
	int labelled = 0;

	for (unsigned i = 0; i < shown; i++)
		labelled |= picture->agents[i].label[0] != '\0';
	putc('\n', out);
	table_begin(&table, agent_columns, labelled ? COLUMN_COUNT : LABEL);
	for (unsigned i = 0; i < shown; i++)
		agent_put(picture, &picture->agents[i], &table, labelled);
	table_finish(&table, out, text_colour(out), text_columns(out));
}

static unsigned rows_fitting(FILE *out)
{
	int lines = text_lines(out);

	if (lines == 0)
		return AGENTS_ON_PIPE;
	return lines > (int)LINES_AROUND + 8 ? (unsigned)lines - LINES_AROUND : 8;
}

void picture_print(const struct picture *picture, FILE *out, unsigned most)
{
	int colour = text_colour(out), columns = text_columns(out);
	int width = columns == 0 || columns - 3 > BAR_MOST ? BAR_MOST : columns - 3;
	unsigned shown = most ? most : rows_fitting(out);

	header_print(picture, out, colour);
	measure_print(picture, out, colour);
	bar_print(picture, out, colour, width < BAR_LEAST ? BAR_LEAST : width);
	if (picture->agent_count == 0)
		return;
	/* a line that would only say "one more" may as well be that one */
	if (shown >= picture->agent_count || picture->agent_count - shown == 1)
		shown = picture->agent_count;
	agents_print(picture, out, shown);
	if (shown < picture->agent_count)
		text_format(out, "%s%u more are not shown; --all shows them%s\n",
			    text_style(colour, TEXT_DIM), picture->agent_count - shown,
			    text_style(colour, TEXT_PLAIN));
}
