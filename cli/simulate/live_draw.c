/* SPDX-License-Identifier: MIT */
/* live_draw.c - what a run looks like at this moment: figures, the wheel of phases, charts of the past. */
#include <math.h>
#include <stdio.h>

#include "../screen.h"
#include "../text.h"
#include "controls.h"
#include "live.h"
#include "workload.h"

#define TAU 6.283185307179586
/* The wheel: twice as many columns as rows, so that it is round. */
#define WHEEL_ROWS_LEAST 9
#define WHEEL_ROWS_MOST 33
#define FIGURES_COLUMNS 34
#define CHART_ROWS_LEAST 3
#define CHART_ROWS_MOST 8
#define LEVELS 8

/* A part of the screen. */
struct box {
	int row, column, rows, columns;
};

static double value_evenness(const struct live_cycle *cycle)
{
	return cycle->gauge.evenness;
}

static double value_coherence(const struct live_cycle *cycle)
{
	return cycle->gauge.order[0];
}

static double value_goal(const struct live_cycle *cycle)
{
	return cycle->value;
}

/* ---- the wheel ------------------------------------------------------------------------ */

struct wheel_cell {
	unsigned short agents;
	bool acts;
};

struct wheel {
	struct wheel_cell cells[WHEEL_ROWS_MOST][2 * WHEEL_ROWS_MOST];
	int rows, columns;
	unsigned most;
	int64_t period_ns;
	double re, im; /* sum of all */
	unsigned count;
};

/* Clockwise from the top. */
static void wheel_place(const struct wheel *wheel, double turns, double radius, int *row,
			int *column)
{
	const double middle = (wheel->rows - 1) / 2.;

	*row = (int)lround(middle - middle * radius * cos(TAU * turns));
	*column = (int)lround(2 * middle + 2 * middle * radius * sin(TAU * turns));
}

static double wheel_turns(const struct wheel *wheel, int64_t at_ns)
{
	return (double)(at_ns % wheel->period_ns) / (double)wheel->period_ns;
}

static void wheel_fill(struct wheel *wheel, const struct simulation *simulation)
{
	wheel->period_ns = 1;
	for (uint32_t slot = 0; slot < simulation->slots; slot++) {
		const struct simulated *agent = &simulation->agents[slot];

		if (agent->state == SIMULATED_ALIVE && agent->period_ns > wheel->period_ns)
			wheel->period_ns = agent->period_ns;
	}
	for (uint32_t slot = 0; slot < simulation->slots; slot++) {
		const struct simulated *agent = &simulation->agents[slot];
		struct wheel_cell *cell;
		double turns;
		int row, column;

		if (agent->state != SIMULATED_ALIVE)
			continue;
		turns = wheel_turns(wheel, agent->turn_ns);
		wheel_place(wheel, turns, 1, &row, &column);
		cell = &wheel->cells[row][column];
		cell->agents++;
		cell->acts =
			cell->acts || (agent->began_ns && agent->began_ns <= simulation->now_ns &&
				       simulation->now_ns < agent->end_ns);
		wheel->most = cell->agents > wheel->most ? cell->agents : wheel->most;
		wheel->re += cos(TAU * turns);
		wheel->im += sin(TAU * turns);
		wheel->count++;
	}
}

/* How many are in one place: up to nine as a digit, more as a shade. */
static const char *wheel_mark(const struct wheel *wheel, unsigned agents)
{
	static const char *const digits[] = { "", "o", "2", "3", "4", "5", "6", "7", "8", "9" };
	static const char *const shades[] = { ".", "o", "O", "@" };
	static const char *const blocks[] = { "░", "▒", "▓", "█" };

	if (wheel->most <= 9)
		return agents == 1 && screen_utf8() ? "●" : digits[agents];
	return (screen_utf8() ? blocks : shades)[(agents * 4 - 1) / wheel->most];
}

static void wheel_line(const struct wheel *wheel, const struct box *box, double turns, double from,
		       double to, const char *mark)
{
	int row, column;

	for (double radius = from; radius <= to; radius += 1. / wheel->rows) {
		wheel_place(wheel, turns, radius, &row, &column);
		screen_put(box->row + row, box->column + column, TEXT_DIM, "%s", mark);
	}
}

/* A rim, a hand that is now, a cross for the mean of all (its distance from the middle is the coherence), the agents. */
static void wheel_draw(const struct live *live, const struct box *box)
{
	const char *dot = screen_utf8() ? "·" : ".";
	struct wheel wheel = { .rows = box->rows, .columns = box->columns };
	int row, column;

	wheel_fill(&wheel, &live->simulation);
	for (int i = 0; i < 8 * wheel.rows; i++) {
		wheel_place(&wheel, i / 8. / wheel.rows, 1, &row, &column);
		screen_put(box->row + row, box->column + column, TEXT_DIM, "%s", dot);
	}
	wheel_line(&wheel, box, wheel_turns(&wheel, live->simulation.now_ns), 0, .8, dot);
	if (wheel.count) {
		wheel_place(&wheel, atan2(wheel.im, wheel.re) / TAU,
			    hypot(wheel.re, wheel.im) / wheel.count, &row, &column);
		screen_put(box->row + row, box->column + column, TEXT_WARN, "x");
	}
	for (row = 0; row < wheel.rows; row++)
		for (column = 0; column < wheel.columns; column++)
			if (wheel.cells[row][column].agents)
				screen_put(box->row + row, box->column + column,
					   wheel.cells[row][column].acts ? TEXT_GOOD : TEXT_BOLD,
					   "%s",
					   wheel_mark(&wheel, wheel.cells[row][column].agents));
}

/* ---- charts --------------------------------------------------------------------------- */

struct chart {
	const char *name;
	double (*value)(const struct live_cycle *cycle);
	bool targeted; /* green where the goal was reached */
};

/* Newest at the right; below each cycle what was done in it. */
static void chart_draw(const struct live *live, const struct chart *chart, const struct box *box)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const letters[] = { " ", "_", ".", ":", "-", "=", "+", "*", "#" };
	const char *const *marks = screen_utf8() ? blocks : letters;
	const uint32_t last = live->gauge.cycle;
	const int rows = box->rows - 2;

	screen_put(box->row, box->column, TEXT_BOLD, "%s %.3f", chart->name,
		   chart->value(&live->past[last % LIVE_CYCLES]));
	for (int right = 0; right < box->columns && (uint32_t)right <= last && right < LIVE_CYCLES;
	     right++) {
		const struct live_cycle *cycle =
			&live->past[(last - (uint32_t)right) % LIVE_CYCLES];
		const int column = box->column + box->columns - 1 - right;
		const int level =
			(int)lround(fmin(1, fmax(0, chart->value(cycle))) * LEVELS * rows);

		for (int row = 0; row < rows; row++) {
			int part = level - (rows - 1 - row) * LEVELS;

			part = part < 0 ? 0 : part > LEVELS ? LEVELS : part;
			screen_put(box->row + 1 + row, column,
				   chart->targeted && cycle->gauge.converged ? TEXT_GOOD
									     : TEXT_PLAIN,
				   "%s", marks[part]);
		}
		if (rows > 0)
			screen_put(box->row + 1 + rows, column,
				   cycle->mark == ' ' ? TEXT_DIM : TEXT_WARN, "%c",
				   cycle->mark == ' ' ? '-' : cycle->mark);
	}
}

static void charts_draw(const struct live *live, struct box box)
{
	const struct goal *goal = &live->simulation.plan.goal;
	struct chart charts[] = {
		{ "coherence", value_coherence, false },
		{ entrain_metric_name((int)goal->id), value_goal, true },
	};
	const int count = box.rows >= 2 * CHART_ROWS_LEAST ? 2 : 1;

	/* One that judges the goal, and one beside it. */
	if (goal->metric == METRIC_COHERENCE) {
		charts[0].targeted = true;
		charts[1] = (struct chart){ "evenness", value_evenness, false };
	}
	if (box.rows < CHART_ROWS_LEAST || box.columns < 12)
		return;
	box.rows /= count;
	if (box.rows > CHART_ROWS_MOST)
		box.rows = CHART_ROWS_MOST;
	for (int i = 0; i < count; i++) {
		chart_draw(live, &charts[i], &box);
		box.row += box.rows;
	}
}

/* ---- figures -------------------------------------------------------------------------- */

static uint32_t agents_acting(const struct simulation *simulation)
{
	uint32_t acting = 0;

	for (uint32_t slot = 0; slot < simulation->slots; slot++) {
		const struct simulated *agent = &simulation->agents[slot];

		acting += agent->state == SIMULATED_ALIVE && agent->began_ns &&
			  agent->began_ns <= simulation->now_ns &&
			  simulation->now_ns < agent->end_ns;
	}
	return acting;
}

/* The strategy that most agents decided their last turn by. */
static const char *strategy_most(const struct simulation *simulation)
{
	uint32_t counts[STRATEGY_COUNT] = { 0 }, most = 0;

	for (uint32_t slot = 0; slot < simulation->slots; slot++)
		if (simulation->agents[slot].state == SIMULATED_ALIVE &&
		    simulation->agents[slot].steer.strategy < STRATEGY_COUNT)
			counts[simulation->agents[slot].steer.strategy]++;
	for (uint32_t i = 0; i < STRATEGY_COUNT; i++)
		most = counts[i] > counts[most] ? i : most;
	return entrain_strategy_name((int)most);
}

static int figures_draw(const struct live *live, const struct box *box)
{
	const struct simulation *simulation = &live->simulation;
	const struct gauge *gauge = &live->gauge;
	const struct control *control = simulation->plan.control;
	char lines[8][80];
	int row = 0, count = 7;

	snprintf(lines[0], sizeof(lines[0]), "acting now  %u, at most %u in a cycle",
		 agents_acting(simulation), gauge->peak_overlap);
	snprintf(lines[1], sizeof(lines[1]), "evenness    %.3f (gaps %.2f to %.2f)",
		 gauge->evenness, gauge->min_gap, gauge->max_gap);
	snprintf(lines[2], sizeof(lines[2]), "R1 .. R4    %.2f %.2f %.2f %.2f", gauge->order[0],
		 gauge->order[1], gauge->order[2], gauge->order[3]);
	snprintf(lines[3], sizeof(lines[3]), "delay       %.2f %% of a period", 100 * gauge->delay);
	snprintf(lines[4], sizeof(lines[4]), "energy      %.1f", gauge->energy);
	snprintf(lines[5], sizeof(lines[5]), "agree       %u of %u see it reached", gauge->agree,
		 gauge->agents);
	snprintf(lines[6], sizeof(lines[6]), "by          %s, topology %.40s",
		 control == controls ? strategy_most(simulation) : control->name, live->topology);
	if (simulation->workload) {
		struct workload_result load;

		workload_read(simulation->workload, simulation->now_ns, &load);
		snprintf(lines[count++], sizeof(lines[0]),
			 "requests    %llu in %llu calls, queue %.1f",
			 (unsigned long long)load.tasks, (unsigned long long)load.calls,
			 load.elapsed_ns ? (double)load.queue_sum_ns / (double)load.elapsed_ns : 0);
	}
	for (; row < count && row < box->rows; row++)
		screen_put(box->row + row, box->column, TEXT_PLAIN, "%.*s", box->columns,
			   lines[row]);
	return row;
}

static void head_draw(const struct live *live)
{
	const struct simulation *simulation = &live->simulation;
	const struct gauge *gauge = &live->gauge;
	const char *metric = entrain_metric_name((int)simulation->plan.goal.id);
	char speed[32], state[32] = "", off_beat[32] = "";

	if (live->speed < 0)
		snprintf(speed, sizeof(speed), "1/%d", 1 << -live->speed);
	else
		snprintf(speed, sizeof(speed), "%d", 1 << live->speed);
	if (live->paused)
		snprintf(state, sizeof(state), "  PAUSED");
	else if (live->behind)
		snprintf(state, sizeof(state), "  (this machine is slower)");
	if (gauge->off_beat)
		snprintf(off_beat, sizeof(off_beat), ", %u off-beat", gauge->off_beat);
	screen_put(0, 0, TEXT_BOLD, "%u agent%s%s  goal %s  cycle %u  %s cycle%s a second%s",
		   simulation_alive(simulation), text_s(simulation_alive(simulation)), off_beat,
		   simulation->plan.goal.name, gauge->cycle, speed, live->speed > 0 ? "s" : "",
		   state);
	if (live->unmeasured)
		screen_put(1, 0, TEXT_PLAIN, "%s: known at the end of this cycle", metric);
	else
		screen_put(1, 0, gauge->converged ? TEXT_GOOD : TEXT_PLAIN, "%s %.3f of %g: %s",
			   metric, gauge->value, gauge->target,
			   gauge->converged ? "reached" : "not reached");
}

static void foot_draw(const struct live *live)
{
	const int rows = screen_rows();

	if (rows < 4)
		return;
	screen_put(rows - 2, 0, TEXT_WARN, "%s", live->said);
	screen_put(rows - 1, 0, TEXT_DIM,
		   "g goal  d disrupt  k kill  j join  p pause  + - speed  ? keys  q quit");
}

static void keys_draw(void)
{
	int row = 3;

	for (const struct live_key *key = live_keys; key->name; key++, row++)
		screen_put(row, 2, TEXT_PLAIN, "%-3s %s", key->name, key->text);
	screen_put(row + 1, 2, TEXT_DIM,
		   "Wheel: where in the period each next turn is; the hand is now; x is the "
		   "mean.");
	screen_put(row + 2, 2, TEXT_DIM,
		   "Charts: a column a cycle, green where the goal was reached; a letter is a "
		   "key pressed.");
}

void live_draw(const struct live *live)
{
	const int rows = screen_rows(), columns = screen_columns();
	struct box right = { 3, 0, rows - 3 - 2, columns };
	struct box wheel = { 3, 1, rows - 3 - 2, 0 };
	int used;

	screen_begin();
	head_draw(live);
	foot_draw(live);
	if (live->explained) {
		keys_draw();
		screen_finish();
		return;
	}
	/* An odd number of rows has a middle. */
	wheel.rows = (wheel.rows < WHEEL_ROWS_MOST ? wheel.rows : WHEEL_ROWS_MOST) - 1;
	if (wheel.rows > (columns - FIGURES_COLUMNS - 4) / 2)
		wheel.rows = (columns - FIGURES_COLUMNS - 4) / 2;
	wheel.rows = (wheel.rows - 1) / 2 * 2 + 1;
	wheel.columns = 2 * wheel.rows;
	if (wheel.rows >= WHEEL_ROWS_LEAST) {
		wheel_draw(live, &wheel);
		right.column = wheel.column + wheel.columns + 3;
		right.columns -= right.column;
	}
	if (right.rows > 0 && right.columns > 0) {
		used = figures_draw(live, &right);
		right.row += used + 1;
		right.rows -= used + 1;
		charts_draw(live, right);
	}
	screen_finish();
}
