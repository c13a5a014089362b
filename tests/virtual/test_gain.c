/* SPDX-License-Identifier: MIT */
/* test_gain.c - what is made of hosts that were watched: how many at once, by what they come, what is forecast and said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "draw.h"
#include "forecast.h"
#include "gain.h"
#include "habit.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)
#define HOSTS 8u
#define ACTIONS 20u

/* A picture that has the settings of a swarm, and nobody in it. */
static struct picture picture_make(uint32_t kind, int64_t period_ns, uint32_t mode)
{
	struct picture picture = { .swarm = "web" };

	entrain_settings_init(&picture.status.settings);
	picture.status.settings.kind = kind;
	picture.status.settings.period_ns = period_ns;
	picture.status.settings.mode = mode;
	return picture;
}

/* One host's actions: each begins a rest after the last one's end, or at whole periods of the clock; with jitter. */
struct habit_wanted {
	uint32_t rhythm; /* as its plugin says */
	int64_t clock_ns, rest_ns, action_ns, jitter_ns, offset_ns;
};

/* A minute ago, at a whole second of the wall clock. */
static int64_t clock_base_ns(void)
{
	struct timespec wall;
	const int64_t now_ns = entrain_now_ns();

	clock_gettime(CLOCK_REALTIME, &wall);
	return now_ns - wall.tv_nsec - 60 * S;
}

static void host_add(struct history *history, unsigned index, const struct habit_wanted *wanted)
{
	int64_t at_ns = clock_base_ns() + wanted->offset_ns;
	struct history_host *host;

	for (unsigned i = 0; i < ACTIONS; i++) {
		const int64_t late_ns = (int64_t)draw_below(draw(index, DRAW_LATE, i, 0),
							    (uint64_t)wanted->jitter_ns + 1);

		history_add(history, index, at_ns + late_ns, at_ns + late_ns + wanted->action_ns);
		at_ns += wanted->clock_ns ? wanted->clock_ns
					  : wanted->rest_ns + wanted->action_ns + late_ns;
	}
	host = &history->hosts[index];
	host->seen.rhythm = wanted->rhythm;
	host->seen.observes = 1;
	host->seen.turns = ACTIONS;
	host->turns_first = 1;
	history->from_ns = host->actions[0].begin_ns;
	history->to_ns = at_ns;
}

static void gain_make(struct gain *gain, const struct picture *picture,
		      const struct habit_wanted *wanted, unsigned hosts)
{
	struct history history = { 0 };

	for (unsigned i = 0; i < hosts; i++)
		host_add(&history, i, wanted);
	gain_from_history(gain, &history, picture);
	gain_judge(gain, 0);
	history_free(&history);
}

/* ---- how many at once --------------------------------------------------------------------------- */

static unsigned brute_met(const struct history *history, const struct history_action *action)
{
	unsigned most = 0;

	/* The most are there when one of them begins, or when it began itself. */
	for (unsigned i = 0; i < history->count; i++)
		for (size_t k = 0; k < history->hosts[i].count; k++) {
			const int64_t at_ns = history->hosts[i].actions[k].begin_ns;
			unsigned count = 0;

			if (at_ns < action->begin_ns || at_ns >= action->end_ns)
				continue;
			for (unsigned j = 0; j < history->count; j++)
				for (size_t n = 0; n < history->hosts[j].count; n++)
					count += history->hosts[j].actions[n].begin_ns <= at_ns &&
						 history->hosts[j].actions[n].end_ns > at_ns;
			most = count > most ? count : most;
		}
	return most;
}

static void how_many_meet_is_what_counting_says(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 30; seed++) {
		struct history history = { 0 };
		struct history_overlap overlap;
		unsigned most = 0;

		for (unsigned i = 0; i < HOSTS; i++) {
			int64_t at_ns = 0;

			for (unsigned k = 0; k < 10; k++) {
				at_ns += 1 + (int64_t)draw_below(draw(seed, DRAW_START, i, k), 40);
				history_add(&history, i, at_ns,
					    at_ns + 1 +
						    (int64_t)draw_below(draw(seed, DRAW_WORK, i, k),
									30));
				at_ns = history.hosts[i].actions[k].end_ns;
			}
		}
		overlap = history_measure(&history, 50);
		for (unsigned i = 0; i < HOSTS; i++) {
			unsigned met = 0;

			for (size_t k = 0; k < history.hosts[i].count; k++) {
				const struct history_action *action = &history.hosts[i].actions[k];

				assert_int_equal(action->met, brute_met(&history, action));
				met = action->met > met ? action->met : met;
			}
			assert_int_equal(history.hosts[i].met, met);
			most = met > most ? met : most;
		}
		assert_int_equal(overlap.most, most);
		assert_in_range(overlap.typical, 1, most);
		history_free(&history);
	}
}

/* ---- by what they come ---------------------------------------------------------------------------- */

static void kind_is(const struct habit_wanted *wanted, uint32_t swarm_kind, int64_t swarm_ns,
		    uint32_t kind, int64_t interval_ns)
{
	const struct picture picture = picture_make(swarm_kind, swarm_ns, ENTRAIN_OBSERVE);
	struct gain gain;

	gain_make(&gain, &picture, wanted, 1);
	assert_int_equal(gain.hosts[0].kind, kind);
	assert_in_range(gain.hosts[0].interval_ns, interval_ns - interval_ns / 100,
			interval_ns + interval_ns / 100);
	gain_free(&gain);
}

static void what_drives_a_host_is_found_out(void **state)
{
	/* a clock, a few ms late; a sleep; one that is a clock's period but for what it does, and drifts; a library's agent */
	const struct habit_wanted clock = { ENTRAIN_GRID, S, 0, 20 * MS, 4 * MS, MS },
				  sleeper = { ENTRAIN_RELATIVE, 0,      700 * MS,
					      33 * MS,          2 * MS, 200 * MS },
				  drifter = { ENTRAIN_GRID, 0, S, 3 * MS, 0, 2 * MS },
				  own = { 0, S, 0, 20 * MS, 4 * MS, 400 * MS };

	(void)state;
	kind_is(&clock, ENTRAIN_TAKEN, 5 * S, ENTRAIN_GRID, S);
	kind_is(&clock, ENTRAIN_GRID, S, ENTRAIN_GRID, S);
	kind_is(&sleeper, ENTRAIN_TAKEN, 5 * S, ENTRAIN_RELATIVE, 734 * MS);
	kind_is(&drifter, ENTRAIN_RELATIVE, S, ENTRAIN_RELATIVE, 1003 * MS);
	kind_is(&own, ENTRAIN_TAKEN, S, ENTRAIN_TAKEN, S);
}

/* ---- forecasts -------------------------------------------------------------------------------------- */

static struct gain_forecast forecast_of(uint32_t cap_ppm, int64_t action_ns)
{
	const struct picture picture = picture_make(ENTRAIN_GRID, S, ENTRAIN_OBSERVE);
	const struct habit_wanted wanted = { ENTRAIN_GRID, S, 0, action_ns, MS, 0 };
	struct gain_forecast forecast;
	struct gain_setting setting;
	struct gain gain;

	gain_make(&gain, &picture, &wanted, HOSTS);
	assert_int_equal(gain.now.most, HOSTS);
	setting = gain.set;
	setting.cap_ppm = cap_ppm;
	forecast_make(&gain, &setting, GAIN_SEEDS, 1, &forecast);
	assert_true(forecast.made);
	assert_int_equal(forecast.hosts, HOSTS);
	for (unsigned i = 0; i < HOSTS; i++)
		assert_in_range(gain.hosts[i].met_most, gain.hosts[i].met_least, forecast.most);
	gain_free(&gain);
	return forecast;
}

static void a_forecast_is_what_the_cap_allows(void **state)
{
	struct gain_forecast forecast, again;

	(void)state;
	/* less than an eighth of a period each: with room, and with none */
	forecast = forecast_of(900000, 100 * MS);
	assert_int_equal(forecast.least, 1);
	assert_int_equal(forecast.most, 1);
	assert_in_range(forecast.hold_most_ns, 800 * MS, 900 * MS);
	forecast = forecast_of(1000, 100 * MS);
	assert_int_equal(forecast.least, HOSTS);
	assert_int_equal(forecast.most, HOSTS);
	assert_true(forecast.hold_most_ns <= MS);
	/* twice what fits: two at once, or one if they share what they need */
	forecast = forecast_of(900000, 240 * MS);
	assert_int_equal(forecast.least, 1);
	assert_in_range(forecast.most, 2, 3);
	again = forecast_of(900000, 240 * MS);
	assert_int_equal(again.most, forecast.most);
	/* the hosts began at other instants of the monotonic clock */
	assert_in_range(again.hold_ns, forecast.hold_ns - 1000, forecast.hold_ns + 1000);
}

static void who_does_not_fit_is_left_out(void **state)
{
	struct gain_host host = { .kind = ENTRAIN_RELATIVE, .interval_ns = 900 * MS };
	struct gain_setting setting = { ENTRAIN_RELATIVE, S, 100000, 100000,
					ENTRAIN_DISTRIBUTE_LOAD };

	(void)state;
	host.rest_ns = 1100 * MS;
	assert_true(forecast_fits(&host, &setting));
	host.rest_ns = 1101 * MS;
	assert_false(forecast_fits(&host, &setting));
	host.rest_ns = 910 * MS;
	assert_true(forecast_fits(&host, &setting));
	host.rest_ns = 909 * MS;
	assert_false(forecast_fits(&host, &setting));
	host.rest_ns = S;
	host.kind = ENTRAIN_GRID;
	assert_false(forecast_fits(&host, &setting));
	setting.kind = ENTRAIN_GRID;
	assert_false(forecast_fits(&host, &setting)); /* 900 ms */
	host.interval_ns = S;
	assert_true(forecast_fits(&host, &setting));
}

/* ---- what is said of it ------------------------------------------------------------------------------- */

/* What has no rhythm may have had an odd start. */
static void a_start_says_little(void **state)
{
	const struct picture picture = picture_make(ENTRAIN_GRID, S, ENTRAIN_OBSERVE);
	const struct habit_wanted wild = { ENTRAIN_DRIFTING, 0, 300 * MS, 10 * MS, 400 * MS, 0 };

	(void)state;
	for (uint64_t turns = 11; turns <= 12; turns++) {
		struct history history = { 0 };
		struct gain gain;

		host_add(&history, 0, &wild);
		history.hosts[0].seen.turns = turns;
		gain_from_history(&gain, &history, &picture);
		gain_judge(&gain, 0);
		assert_int_equal(gain.verdict, turns < 12 ? GAIN_UNKNOWN : GAIN_NO_RHYTHM);
		gain_free(&gain);
		history_free(&history);
	}
}

static void verdict_is(const struct habit_wanted *wanted, unsigned hosts, uint32_t goal,
		       enum gain_verdict verdict)
{
	struct picture picture = picture_make(ENTRAIN_GRID, S, ENTRAIN_OBSERVE);
	struct gain gain;

	picture.status.settings.goal = goal;
	gain_make(&gain, &picture, wanted, hosts);
	assert_int_equal(gain.verdict, verdict);
	assert_true(strlen(gain_verdict_name(verdict)) > 0 &&
		    strlen(gain_verdict_text(verdict)) > 20);
	gain_free(&gain);
}

static void it_is_said_whether_it_pays(void **state)
{
	const struct habit_wanted large = { ENTRAIN_GRID, S, 0, 50 * MS, MS, 0 },
				  tiny = { ENTRAIN_GRID, S, 0, MS / 5, MS / 10, 0 },
				  wild = { ENTRAIN_DRIFTING, 0, 300 * MS, 10 * MS, 400 * MS, 0 };

	(void)state;
	verdict_is(&large, HOSTS, ENTRAIN_DISTRIBUTE_LOAD, GAIN_WORTH);
	verdict_is(&large, 1, ENTRAIN_DISTRIBUTE_LOAD, GAIN_ALONE);
	verdict_is(&large, HOSTS, ENTRAIN_MINIMIZE_API_CALLS, GAIN_TOGETHER);
	verdict_is(&tiny, HOSTS, ENTRAIN_DISTRIBUTE_LOAD, GAIN_SHORT);
	verdict_is(&wild, HOSTS, ENTRAIN_DISTRIBUTE_LOAD, GAIN_NO_RHYTHM);
}

/* Half of the time together, half alone: who takes no longer together does not gain. */
static void who_is_not_in_the_way_gains_nothing(void **state)
{
	const struct picture picture = picture_make(ENTRAIN_GRID, S, ENTRAIN_OBSERVE);

	(void)state;
	for (int shares = 0; shares < 2; shares++) {
		struct history history = { 0 };
		struct gain gain;

		for (unsigned i = 0; i < HOSTS; i++) {
			const struct habit_wanted wanted = {
				ENTRAIN_GRID,
				S,
				0,
				i < 4 && shares ? 80 * MS : 20 * MS,
				0,
				i < 4 ? 0 : (int64_t)(i - 3) * 100 * MS
			};

			host_add(&history, i, &wanted);
		}
		gain_from_history(&gain, &history, &picture);
		gain_judge(&gain, 0);
		assert_int_equal(gain.now.most, 4);
		assert_int_equal(gain.levels[0].action_ns, 20 * MS);
		assert_int_equal(gain.verdict, shares ? GAIN_WORTH : GAIN_FREE);
		gain_free(&gain);
		history_free(&history);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_many_meet_is_what_counting_says),
		cmocka_unit_test(what_drives_a_host_is_found_out),
		cmocka_unit_test(a_forecast_is_what_the_cap_allows),
		cmocka_unit_test(who_does_not_fit_is_left_out),
		cmocka_unit_test(it_is_said_whether_it_pays),
		cmocka_unit_test(a_start_says_little),
		cmocka_unit_test(who_is_not_in_the_way_gains_nothing),
	};

	setenv("ENTRAIN_CONFIG", "/dev/null", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
