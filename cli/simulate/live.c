/* SPDX-License-Identifier: MIT */
/* live.c - one run to look at and to interfere with: time, and what the keys do. */
#include "live.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../command.h"
#include "../memory.h"
#include "../message.h"
#include "../screen.h"
#include "../text.h"

#define FRAME_MS 50
#define FRAME_NS (FRAME_MS * INT64_C(1000000))
#define SECOND_NS INT64_C(1000000000)
#define SPEED_START 0
#define SPEED_LEAST (-5)
#define SPEED_MOST 10
/* Time passes in steps of which one holds few turns, so that a key is not kept waiting. */
#define STEPS_LEAST 64

#define DISRUPT_PPM 300000u
#define TENTH_PPM 100000u

static void say(struct live *live, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct live *live, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(live->said, sizeof(live->said), format, arguments);
	va_end(arguments);
}

/* ---- what the keys do ----------------------------------------------------------------- */

static void goal_step(struct live *live, int step)
{
	const int goals = ENTRAIN_GOAL_COUNT - 1; /* 0 is none */
	const int old = (int)live->simulation.plan.goal.id;
	const struct goal *row = goal_row((old - 1 + step + goals) % goals + 1);
	const struct goal goal = trait_goal(live->trait, row);

	simulation_set_goal(&live->simulation, &goal);
	live->mark = 'g';
	live->unmeasured = true;
	/* What was reached before is not what is asked for now. */
	live->gauge.reached = live->gauge.converged = false;
	say(live, "goal %s: each agent follows at its next turn", goal.name);
}

static void key_next(struct live *live)
{
	goal_step(live, 1);
}

static void key_previous(struct live *live)
{
	goal_step(live, -1);
}

static void key_disrupt(struct live *live)
{
	const char *stays = simulation_stays(&live->simulation.plan);

	if (stays) {
		say(live, "%s", stays);
		return;
	}
	simulation_disrupt(&live->simulation, DISRUPT_PPM);
	live->mark = 'd';
	say(live, "%u %% are asked to scatter at their next turn", DISRUPT_PPM / 10000);
}

/* A tenth of those alive, one at least. */
static uint32_t tenth_ppm(uint32_t alive)
{
	const uint32_t one_ppm = 1000000 / alive + 1;

	return one_ppm > TENTH_PPM ? one_ppm : TENTH_PPM;
}

static void key_crash(struct live *live)
{
	const uint32_t before = simulation_alive(&live->simulation);

	if (before > 1)
		simulation_crash(&live->simulation, tenth_ppm(before));
	live->mark = 'k';
	say(live, "%u of %u agent%s killed", before - simulation_alive(&live->simulation), before,
	    text_s(before));
}

static void key_join(struct live *live)
{
	const uint32_t before = simulation_alive(&live->simulation);

	simulation_join(&live->simulation, tenth_ppm(before));
	live->mark = 'j';
	if (live->simulation.joined)
		say(live, "%u more join %u agent%s", live->simulation.joined, before,
		    text_s(before));
	else
		say(live, "there is room for %u slots, and no more", SIMULATION_AGENTS_MAX);
}

static void key_pause(struct live *live)
{
	live->paused = !live->paused;
	say(live, "%s", live->paused ? "paused" : "goes on");
}

static void speed_set(struct live *live, int speed)
{
	live->speed = speed < SPEED_LEAST ? SPEED_LEAST : speed > SPEED_MOST ? SPEED_MOST : speed;
	live->behind = false;
	say(live, "speed %s",
	    live->speed == SPEED_LEAST  ? "is as low as it gets"
	    : live->speed == SPEED_MOST ? "is as high as it gets"
					: "changed");
}

static void key_faster(struct live *live)
{
	speed_set(live, live->speed + 1);
}

static void key_slower(struct live *live)
{
	speed_set(live, live->speed - 1);
}

static void key_explain(struct live *live)
{
	live->explained = !live->explained;
}

static void key_quit(struct live *live)
{
	live->quit = true;
}

const struct live_key live_keys[] = {
	{ 'g', { SCREEN_RIGHT, SCREEN_DOWN }, "g", "next goal; also arrow right, down", key_next },
	{ 'G', { SCREEN_LEFT, SCREEN_UP }, "G", "goal before; also arrow left, up", key_previous },
	{ 'd', { 0 }, "d", "disrupt: 30 % of the agents scatter", key_disrupt },
	{ 'k', { 0 }, "k", "kill 10 % of the agents", key_crash },
	{ 'j', { 0 }, "j", "let 10 % more join", key_join },
	{ 'p', { ' ' }, "p", "pause, go on; also space", key_pause },
	{ '+', { '=' }, "+", "twice as fast", key_faster },
	{ '-', { '_' }, "-", "half as fast", key_slower },
	{ '?', { 'h' }, "?", "these keys; any other key hides them", key_explain },
	{ 'q', { 'Q' }, "q", "quit", key_quit },
	{ .name = NULL },
};

static void key_do(struct live *live, int key)
{
	for (const struct live_key *row = live_keys; row->name; row++) {
		bool meant = row->key == key;

		for (size_t i = 0; i < sizeof(row->same) / sizeof(row->same[0]); i++)
			meant = meant || (row->same[i] && row->same[i] == key);
		if (!meant)
			continue;
		if (row->pressed != key_explain)
			live->explained = false;
		row->pressed(live);
		return;
	}
	if (key != SCREEN_NOTHING && key != SCREEN_RESIZED)
		live->explained = false;
}

/* ---- time ----------------------------------------------------------------------------- */

static void cycle_note(struct live *live)
{
	live->past[live->gauge.cycle % LIVE_CYCLES] = (struct live_cycle){
		.gauge = live->gauge, .value = live->gauge.value, .mark = live->mark
	};
	live->mark = ' ';
	live->unmeasured = false;
	if (live->pause_at && live->gauge.cycle == live->pause_at) {
		live->paused = true;
		say(live, "paused after cycle %u, as --cycles has it; p goes on", live->pause_at);
	}
}

/* Let time pass, unless this machine has no more of its own for it in this frame. */
static void time_pass(struct live *live, int64_t length_ns)
{
	struct simulation *simulation = &live->simulation;
	const int64_t until_ns = simulation->now_ns + length_ns;
	const int64_t deadline_ns = entrain_now_ns() + FRAME_NS;
	const uint32_t steps =
		simulation->slots > STEPS_LEAST ? simulation->slots : (uint32_t)STEPS_LEAST;
	const int64_t step_ns = SIMULATION_PERIOD_NS / steps;

	live->behind = false;
	while (simulation->now_ns < until_ns && !live->paused) {
		int64_t next_ns = simulation->now_ns + step_ns;

		if (entrain_now_ns() > deadline_ns) {
			live->behind = true;
			return;
		}
		if (simulation_until(simulation, next_ns < until_ns ? next_ns : until_ns)) {
			simulation_cycle(simulation, &live->gauge);
			cycle_note(live);
		}
	}
}

static int64_t virtual_ns(const struct live *live, int64_t real_ns)
{
	const int64_t periods_ns = SIMULATION_PERIOD_NS / SECOND_NS * real_ns;

	return live->speed < 0 ? periods_ns >> -live->speed : periods_ns << live->speed;
}

static void live_loop(struct live *live)
{
	int64_t last_ns = entrain_now_ns(), now_ns;

	while (!live->quit) {
		int key, wait_ms = FRAME_MS;

		live_draw(live);
		/* All keys that are there, then one frame. */
		while ((key = screen_key(wait_ms)) != SCREEN_NOTHING) {
			if (key == SCREEN_END)
				return;
			key_do(live, key);
			wait_ms = 0;
		}
		now_ns = entrain_now_ns();
		/* Stopped for a while (Ctrl-Z): that is no time to catch up with. */
		if (now_ns - last_ns > SECOND_NS)
			last_ns = now_ns - FRAME_NS;
		if (!live->paused)
			time_pass(live, virtual_ns(live, now_ns - last_ns));
		last_ns = now_ns;
	}
}

/* ---- from the settings to the last line ------------------------------------------------ */

static int refuse_what_is_no_single_run(const struct simulate_settings *settings, bool json)
{
	static const char what[] = "simulate --live";

	if (settings->count != 1)
		return message_usage(what, "one --goal, one --scale, --runs 1",
				     "one run can be looked at, not %u", settings->count);
	if (json)
		return message_usage(what, "leave out one of the two",
				     "--json is for programs, --live for people");
	if (settings->runs->plan.synchronous)
		return message_usage(what, "leave out one of the two",
				     "rounds of --synchronous have no time between them to "
				     "look at");
	return STATUS_DONE;
}

static void last_line_print(const struct live *live)
{
	const struct simulation_plan *plan = &live->simulation.plan;

	printf("%u agent%s after %u cycle%s: goal %s, %s %.3f of %g, %s\n", live->gauge.agents,
	       text_s(live->gauge.agents), live->gauge.cycle, text_s(live->gauge.cycle),
	       plan->goal.name, entrain_metric_name((int)plan->goal.id), live->gauge.value,
	       live->gauge.target, live->gauge.converged ? "reached" : "not reached");
}

int live_show(const struct simulate_settings *settings, uint32_t pause_at, bool json)
{
	struct live *live;
	char why[200];
	int status = refuse_what_is_no_single_run(settings, json);

	if (status != STATUS_DONE)
		return status;
	live = memory_resize(NULL, 1, sizeof(*live));
	*live = (struct live){ .trait = settings->trait,
			       .topology = settings->topology,
			       .pause_at = pause_at,
			       .speed = SPEED_START,
			       .mark = ' ' };
	if (!simulation_open(&live->simulation, &settings->runs->plan, why, sizeof(why))) {
		free(live);
		return message_usage("simulate", "entrainctl simulate --help", "%s", why);
	}
	gauge_fill(&live->gauge, &live->simulation);
	cycle_note(live);
	if (screen_open(why, sizeof(why))) {
		live_loop(live);
		screen_close();
		last_line_print(live);
	} else {
		status = message_failure(STATUS_REFUSED, "simulate --live",
					 "the same without --live", "%s", why);
	}
	simulation_close(&live->simulation);
	free(live);
	return status;
}
