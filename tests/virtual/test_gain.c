/* SPDX-License-Identifier: MIT */
/* test_gain.c - what is made of hosts that were watched: how many at once, by what they come, what is forecast and said of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "advice.h"
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

/* One agent in four looks, at turns that are shown modulo 2^32; one was not seen. */
static void a_count_of_turns_that_goes_round_is_one_host(void **state)
{
	static const uint64_t turns[] = { UINT32_MAX - 2, UINT32_MAX - 1, UINT32_MAX, 1 };
	struct picture picture = picture_make(ENTRAIN_TAKEN, S, ENTRAIN_ACT);
	struct entrain_agent_info agent = { .slot = 3,
					    .pid = 30,
					    .state = ENTRAIN_IDLE,
					    .period_ns = S,
					    .interval_ns = S,
					    .action_last_ns = MS };
	const int64_t now_ns = entrain_now_ns();
	struct history history = { 0 };

	(void)state;
	picture.agents = &agent;
	picture.agent_count = 1;
	for (unsigned i = 0; i < 4; i++) {
		picture.taken_ns = now_ns - (4 - i) * MS;
		agent.turns = turns[i];
		agent.began_ns = picture.taken_ns - MS / 2;
		history_look(&history, &picture);
	}
	history_close(&history);
	assert_int_equal(history.count, 1);
	assert_int_equal(history.hosts[0].count, 4);
	assert_int_equal(history.hosts[0].lost, 1);
	history_free(&history);
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

/* ---- hosts that come when they like ------------------------------------------------------------------ */

static const struct habit_wanted wild = { ENTRAIN_DRIFTING, 0, 300 * MS, 60 * MS, 400 * MS, 0 };

/* One run of so many hosts as they were seen, and each with a plain door: how long they wait, how often they come. */
struct reckoned {
	int64_t hold_ns, every_ns, hold_most_ns;
	unsigned most;
};

static unsigned at_once(int64_t (*actions)[2], unsigned count, int64_t at_ns)
{
	unsigned most = 0;

	for (unsigned i = 0; i < count; i++)
		most += actions[i][0] <= at_ns && actions[i][1] > at_ns;
	return most;
}

static struct reckoned reckon(const struct history *history, int64_t cap_ns, int carries)
{
	enum { TURNS = 4000 };
	static int64_t actions[TURNS][2];
	int64_t next_ns[HOSTS] = { 0 }, free_ns = 0, sum_ns = 0;
	struct reckoned reckoned = { 0 };

	for (unsigned turn = 0; turn < TURNS; turn++) {
		unsigned first = 0,
			 rest = (unsigned)draw_below(draw(7, DRAW_LATE, turn, 0), ACTIONS - 1),
			 work = (unsigned)draw_below(draw(7, DRAW_WORK, turn, 0), ACTIONS);
		const struct history_action *seen;
		int64_t begin_ns, work_ns;

		for (unsigned i = 1; i < HOSTS; i++)
			if (next_ns[i] < next_ns[first])
				first = i;
		seen = history->hosts[first].actions;
		work_ns = seen[work].end_ns - seen[work].begin_ns;
		begin_ns = next_ns[first];
		if (free_ns > begin_ns && free_ns - begin_ns <= cap_ns)
			begin_ns = free_ns;
		if (free_ns <= begin_ns)
			free_ns = begin_ns + work_ns;
		actions[turn][0] = begin_ns;
		actions[turn][1] = begin_ns + work_ns;
		sum_ns += begin_ns - next_ns[first];
		if (begin_ns - next_ns[first] > reckoned.hold_most_ns)
			reckoned.hold_most_ns = begin_ns - next_ns[first];
		if (carries)
			next_ns[first] = begin_ns;
		next_ns[first] += work_ns + seen[rest + 1].begin_ns - seen[rest].end_ns;
		if (next_ns[first] < begin_ns + work_ns)
			next_ns[first] = begin_ns + work_ns;
	}
	for (unsigned i = TURNS / 2; i < TURNS; i++) {
		const unsigned count = at_once(actions, TURNS, actions[i][0]);

		reckoned.most = count > reckoned.most ? count : reckoned.most;
	}
	reckoned.hold_ns = sum_ns / TURNS;
	reckoned.every_ns = next_ns[0] * HOSTS / TURNS;
	return reckoned;
}

static void a_forecast_of_a_door_is_what_queueing_gives(void **state)
{
	static const uint32_t caps_ppm[] = { 1, 100000, 500000 };
	const struct picture picture = picture_make(ENTRAIN_TAKEN, S, ENTRAIN_OBSERVE);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const struct gain_setting setting = { ENTRAIN_DRIFTING, 500 * MS, 100000,
						      caps_ppm[i], ENTRAIN_DISTRIBUTE_LOAD };
		const int64_t cap_ns = setting.period_ns / 1000000 * caps_ppm[i];
		struct reckoned moves, stays;
		struct history history = { 0 };
		struct gain_forecast forecast;
		struct gain gain;

		for (unsigned host = 0; host < HOSTS; host++)
			host_add(&history, host, &wild);
		gain_from_history(&gain, &history, &picture);
		forecast_make(&gain, &setting, GAIN_SEEDS, 1, &forecast);
		moves = reckon(&history, cap_ns, 1);
		stays = reckon(&history, cap_ns, 0);
		print_message("cap %lld us: %u to %u at once, reckoned %u and %u; held %lld us, "
			      "reckoned %lld and %lld; %.1f %% less often, reckoned %.1f\n",
			      (long long)cap_ns / 1000, forecast.least, forecast.most, moves.most,
			      stays.most, (long long)forecast.hold_ns / 1000,
			      (long long)moves.hold_ns / 1000, (long long)stays.hold_ns / 1000,
			      100 * forecast.slower,
			      50. * (double)moves.hold_ns / (double)stays.every_ns);
		assert_int_equal(forecast.hosts, HOSTS);
		assert_in_range(moves.most, forecast.least, forecast.most + 1);
		assert_in_range(forecast.hold_most_ns, moves.hold_most_ns / 4 * 3, cap_ns);
		/* Half of the runs are of the one sort, half of the other; in half actions take less where many met. */
		assert_true(forecast.hold_ns <= (moves.hold_ns + stays.hold_ns) / 2 * 5 / 4);
		assert_true(forecast.hold_ns >= (moves.hold_ns + stays.hold_ns) / 2 / 4);
		/* What moves the one half moves the other not at all. */
		assert_true(forecast.slower <=
			    .5 * 5 / 4 * (double)moves.hold_ns / (double)stays.every_ns);
		assert_true(forecast.slower >=
			    .5 / 4 * (double)moves.hold_ns / (double)stays.every_ns);
		gain_free(&gain);
		history_free(&history);
	}
}

/* What is advised, as it would be written. */
static void advised_is(struct gain *gain, const char *kind)
{
	char *text = NULL, line[64];
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	assert_true(gain->advised.made);
	assert_string_equal(entrain_kind_name((int)gain->advised.setting.kind), kind);
	advice_print(gain, memory);
	fclose(memory);
	snprintf(line, sizeof(line), "\nkind = %s\n", kind);
	assert_non_null(strstr(text, line));
	free(text);
}

static void who_has_no_common_rhythm_is_sent_to_the_door(void **state)
{
	const struct picture picture = picture_make(ENTRAIN_TAKEN, 5 * S, ENTRAIN_OBSERVE);
	const struct habit_wanted second = { ENTRAIN_GRID, S, 0, 20 * MS, MS, 0 },
				  sleeper = { ENTRAIN_RELATIVE, 0, 700 * MS, 33 * MS, 2 * MS, 0 };
	struct history history = { 0 };
	struct gain gain;

	(void)state;
	gain_make(&gain, &picture, &wild, HOSTS);
	advised_is(&gain, "drifting");
	/* about what is usual, which is from one to the next */
	assert_in_range(gain.advised.setting.period_ns, 400 * MS, 800 * MS);
	gain_free(&gain);
	gain_make(&gain, &picture, &sleeper, HOSTS);
	advised_is(&gain, "relative");
	gain_free(&gain);
	/* A clock for four of nine, which meet at each of its ticks; four sleeps; one of neither. */
	for (unsigned i = 0; i < 9; i++)
		host_add(&history, i, i < 4 ? &second : i < 8 ? &sleeper : &wild);
	gain_from_history(&gain, &history, &picture);
	gain_judge(&gain, 1);
	advised_is(&gain, "drifting");
	assert_int_equal(gain.advised.hosts, 9);
	/* held by next to nothing they still do */
	assert_in_range(gain.advised.least, 4, 9);
	for (unsigned i = 0; i < 4; i++)
		assert_true(gain.hosts[i].met_least >= 4);
	gain_free(&gain);
	gain_from_history(&gain, &history, &picture);
	gain_judge(&gain, 250000);
	assert_in_range(gain.advised.most, 1, 3);
	gain_free(&gain);
	history_free(&history);
}

/* A swarm that is set so takes all, whatever its period is. */
static void a_door_is_kept_where_it_is_set(void **state)
{
	static const int64_t periods_ns[] = { 10 * MS, S, 3600 * S };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const struct picture picture =
			picture_make(ENTRAIN_DRIFTING, periods_ns[i], ENTRAIN_OBSERVE);
		struct gain gain;

		gain_make(&gain, &picture, &wild, HOSTS);
		assert_true(gain.set_fits && gain.as_set.made);
		assert_int_equal(gain.as_set.hosts, HOSTS);
		advised_is(&gain, "drifting");
		assert_int_equal(gain.advised.setting.period_ns, periods_ns[i]);
		/* a tenth of the period at most; and no more than there are actions in the way */
		assert_true(gain.as_set.hold_most_ns <= periods_ns[i] / 10);
		assert_true(gain.as_set.hold_most_ns <= HOSTS * wild.action_ns);
		gain_free(&gain);
	}
}

/* The same cap, of periods that are shorter and longer than what is usual: they say nothing else. */
static void a_period_says_nothing_at_a_door(void **state)
{
	static const struct {
		int64_t period_ns;
		uint32_t cap_ppm;
	} settings[] = { { 2 * S, 10000 }, { 100 * MS, 200000 }, { 1000 * S, 20 } };
	const struct picture picture = picture_make(ENTRAIN_TAKEN, S, ENTRAIN_OBSERVE);
	struct gain_forecast forecast[3];
	struct gain gain;

	(void)state;
	gain_make(&gain, &picture, &wild, HOSTS);
	for (unsigned i = 0; i < 3; i++) {
		const struct gain_setting setting = { ENTRAIN_DRIFTING, settings[i].period_ns,
						      100000, settings[i].cap_ppm,
						      ENTRAIN_DISTRIBUTE_LOAD };

		forecast_make(&gain, &setting, GAIN_SEEDS, 0, &forecast[i]);
		print_message("cap 20 ms of %lld ms: %.2f at once, held %lld us, %.2f %% slower\n",
			      (long long)(settings[i].period_ns / MS), forecast[i].mean,
			      (long long)forecast[i].hold_ns / 1000, 100 * forecast[i].slower);
		assert_true(forecast[i].mean > 1 && fabs(forecast[i].mean - forecast[0].mean) < .1);
		assert_in_range(forecast[i].hold_ns, forecast[0].hold_ns / 10 * 9,
				forecast[0].hold_ns / 9 * 10);
		assert_true(fabs(forecast[i].slower - forecast[0].slower) < .001);
	}
	gain_free(&gain);
}

/* How many met at most in one look is chance, and more in a longer one: what pays is judged by the mean. */
static void chance_is_judged_by_its_mean(void **state)
{
	const struct picture picture = picture_make(ENTRAIN_TAKEN, S, ENTRAIN_OBSERVE);
	struct gain gain;

	(void)state;
	gain_make(&gain, &picture, &wild, HOSTS);
	assert_true(gain.now.mean > 1.5 && gain.now.mean <= gain.now.most);
	assert_true(gain.advised.mean < gain.now.mean - .5);
	gain.now.most = 1;
	gain_judge(&gain, 0);
	assert_int_equal(gain.verdict, GAIN_FREE);
	gain.now.most = HOSTS;
	gain.now.mean = gain.advised.mean;
	gain_judge(&gain, 0);
	assert_int_equal(gain.verdict, GAIN_APART);
	gain_free(&gain);
}

/* One look at the slots: of who comes by nothing regular the last few rests are no measure; of a library's agent nothing is known. */
static void one_look_at_a_door_promises_little(void **state)
{
	struct picture picture = picture_make(ENTRAIN_DRIFTING, S, ENTRAIN_OBSERVE);
	struct entrain_agent_info agents[HOSTS];
	struct gain gain;

	(void)state;
	for (unsigned slot = 0; slot < HOSTS; slot++)
		agents[slot] = (struct entrain_agent_info){ .slot = slot,
							    .rhythm = ENTRAIN_DRIFTING,
							    .interval_ns = S,
							    .period_ns = S,
							    .action_mean_ns = 60 * MS,
							    .turns = 100,
							    .began_ns = 77 * S + slot * 100 * MS,
							    .observes = 1 };
	picture.agents = agents;
	picture.agent_count = HOSTS;
	picture.taken_ns = 78 * S;
	gain_from_picture(&gain, &picture);
	gain_judge(&gain, 50000);
	assert_true(gain.advised.made);
	/* eight of 60 ms in 1.4 s, in any order: a wait of 50 ms at most does not part them always */
	assert_in_range(gain.advised.most, 2, 5);
	/* Where none is too long all queue: of such arrivals there is always somebody in the way (a queue of eight such sources, reckoned apart: 13 ms). */
	gain_judge(&gain, 900000);
	assert_in_range(gain.advised.hold_ns, 10 * MS, 17 * MS);
	gain_free(&gain);
	for (unsigned slot = 0; slot < HOSTS; slot++)
		agents[slot].rhythm = 0;
	gain_from_picture(&gain, &picture);
	gain_judge(&gain, 50000);
	assert_false(gain.advised.made);
	assert_int_equal(gain.verdict, GAIN_UNKNOWN);
	gain_free(&gain);
}

/* Slots say what they like: who says that it comes all the time, or once in a day, holds nothing up. */
static void hostile_rhythms_come_to_an_end(void **state)
{
	static const int64_t values_ns[] = { 0, 1, 1000, S, INT64_C(1) << 47, INT64_C(1) << 51 };
	const struct entrain_agent_info honest = { .rhythm = ENTRAIN_DRIFTING,
						   .interval_ns = S,
						   .spread_ns = S,
						   .action_mean_ns = 20 * MS,
						   .turns = 100,
						   .began_ns = 77 * S,
						   .observes = 1 };

	(void)state;
	for (unsigned i = 0; i < 216; i++) {
		struct entrain_agent_info agents[4] = { honest, honest, honest, honest };
		struct picture picture = picture_make(i % 2 ? ENTRAIN_TAKEN : ENTRAIN_DRIFTING,
						      i % 3 ? S : MS, ENTRAIN_OBSERVE);
		struct gain gain;

		agents[1].interval_ns = values_ns[i % 6];
		agents[1].spread_ns = values_ns[i / 6 % 6];
		agents[1].action_mean_ns = values_ns[i / 36];
		agents[3] = agents[1];
		agents[3].rhythm = ENTRAIN_GRID;
		agents[3].began_ns = values_ns[i / 6 % 6];
		for (unsigned slot = 0; slot < 4; slot++)
			agents[slot].slot = slot;
		picture.agents = agents;
		picture.agent_count = 4;
		picture.taken_ns = 78 * S;
		gain_from_picture(&gain, &picture);
		gain_judge(&gain, 100000);
		if (gain.advised.made) {
			assert_in_range(gain.advised.most, gain.advised.least, 4);
			assert_in_range(gain.advised.hold_most_ns, gain.advised.hold_ns,
					gain.advised.setting.period_ns / 10);
		}
		gain_free(&gain);
	}
}

/* ---- what is said of it ------------------------------------------------------------------------------- */

/* What has no rhythm may have had an odd start. */
static void a_start_says_little(void **state)
{
	const struct picture picture = picture_make(ENTRAIN_GRID, S, ENTRAIN_OBSERVE);
	(void)state;
	for (uint64_t turns = 11; turns <= 12; turns++) {
		struct history history = { 0 };
		struct gain gain;

		host_add(&history, 0, &wild);
		history.hosts[0].seen.turns = turns;
		gain_from_history(&gain, &history, &picture);
		gain_judge(&gain, 0);
		assert_int_equal(gain.verdict, turns < 12 ? GAIN_UNKNOWN : GAIN_ALONE);
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
				  tiny = { ENTRAIN_GRID, S, 0, MS / 5, MS / 10, 0 };

	(void)state;
	verdict_is(&large, HOSTS, ENTRAIN_DISTRIBUTE_LOAD, GAIN_WORTH);
	verdict_is(&large, 1, ENTRAIN_DISTRIBUTE_LOAD, GAIN_ALONE);
	verdict_is(&large, HOSTS, ENTRAIN_MINIMIZE_API_CALLS, GAIN_TOGETHER);
	verdict_is(&tiny, HOSTS, ENTRAIN_DISTRIBUTE_LOAD, GAIN_SHORT);
	/* They come at random, and take as long whomever they meet; who only queues cannot be brought together. */
	verdict_is(&wild, HOSTS, ENTRAIN_DISTRIBUTE_LOAD, GAIN_FREE);
	verdict_is(&wild, HOSTS, ENTRAIN_MINIMIZE_API_CALLS, GAIN_NO_RHYTHM);
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
		cmocka_unit_test(a_count_of_turns_that_goes_round_is_one_host),
		cmocka_unit_test(what_drives_a_host_is_found_out),
		cmocka_unit_test(a_forecast_is_what_the_cap_allows),
		cmocka_unit_test(who_does_not_fit_is_left_out),
		cmocka_unit_test(a_forecast_of_a_door_is_what_queueing_gives),
		cmocka_unit_test(who_has_no_common_rhythm_is_sent_to_the_door),
		cmocka_unit_test(a_door_is_kept_where_it_is_set),
		cmocka_unit_test(a_period_says_nothing_at_a_door),
		cmocka_unit_test(chance_is_judged_by_its_mean),
		cmocka_unit_test(one_look_at_a_door_promises_little),
		cmocka_unit_test(hostile_rhythms_come_to_an_end),
		cmocka_unit_test(it_is_said_whether_it_pays),
		cmocka_unit_test(a_start_says_little),
		cmocka_unit_test(who_is_not_in_the_way_gains_nothing),
	};

	setenv("ENTRAIN_CONFIG", "/dev/null", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
