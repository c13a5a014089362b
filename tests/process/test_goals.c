/* SPDX-License-Identifier: MIT */
/*
 * test_goals.c - real workers reach each goal's own target: forked together, after a disruption, after a change of goal or load.
 *
 * They join switched off, all at one instant, so that nothing is done for the goal before the clock runs. Reached is what
 * stays reached for KEPT periods, as status and all agents see it. ENTRAIN_LONG: all goals, 20, 50 and 200 workers.
 */
#include <unistd.h>
#include "goal.h"
#include "life.h"
#include "steer.h"
#include "swarm.h"

#define MOST 200
#define KEPT 3
/* Periods until the goal is reached, on a machine with time for it; from all together at a cap of a tenth a spread takes ten, and
 * to save energy it takes a few more. */
#define PERIODS_MOST 60
#define SEED 7
#define BUSY_PERCENT 60

struct round {
	struct life_worker *workers;
	struct entrain_swarm *swarm;
	const struct goal *goal;
	unsigned count;
	int64_t period_ns;
	enum metric metric; /* that it is to be reached in */
};

static void picture(const struct round *round, struct entrain_status *status)
{
	*status = (struct entrain_status)ENTRAIN_STATUS;
	life_check(entrain_status(round->swarm, status, NULL, 0, NULL) == 0);
}

/* A pace, not a wait for anything: looking costs time that the workers need. */
static void glance(void)
{
	for (int i = 0; i < 5; i++)
		life_pause();
}

static void change(const struct round *round, uint32_t goal, uint32_t mode)
{
	struct entrain_status status;

	picture(round, &status);
	status.settings.goal = goal;
	status.settings.mode = mode;
	life_check(entrain_set(round->swarm, &status.settings, NULL) == 0);
}

static unsigned reached_by_agents(void)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	static struct entrain_agent_info infos[MOST];
	struct entrain_status status = ENTRAIN_STATUS;
	unsigned reached = 0;

	life_check(swarm && entrain_status(swarm, &status, infos, MOST, NULL) == 0);
	entrain_close(swarm);
	for (unsigned i = 0; i < status.agents; i++)
		reached += infos[i].reached;
	return reached;
}

/* Until the goal is reached and stays so; returns how many periods after `start_ns` it was, and says what is wrong if it is
 * not. */
static double reach(const struct round *round, int64_t start_ns, const char *after)
{
	int64_t deadline_ns = start_ns + PERIODS_MOST * round->period_ns + LIFE_PATIENCE_NS;
	int64_t since_ns = 0, now_ns = start_ns;
	struct entrain_status status;

	while (now_ns < deadline_ns) {
		glance();
		picture(round, &status);
		now_ns = entrain_now_ns();
		if (!status.measure.converged || status.measure.agents_alive < round->count ||
		    status.measure.metric != (uint32_t)round->metric)
			since_ns = 0;
		else if (!since_ns)
			since_ns = now_ns;
		else if (now_ns - since_ns > KEPT * round->period_ns &&
			 reached_by_agents() == round->count)
			return (double)(since_ns - start_ns) / (double)round->period_ns;
	}
	fail_msg("%s, %u workers, %s: %s %.4f of %.2f, energy %.1f, %u alive, %u see it reached",
		 round->goal->name, round->count, after,
		 entrain_metric_name((int)status.settings.goal), status.measure.value,
		 status.measure.target, status.measure.energy, status.measure.agents_alive,
		 reached_by_agents());
	return 0;
}

/* All have acted since: each has seen what was asked of it. */
static bool all_have_acted(const struct round *round, const uint64_t *before)
{
	for (unsigned i = 0; i < round->count; i++)
		if (round->workers[i].turns == before[i])
			return false;
	return true;
}

static double disrupt(const struct round *round, unsigned percent, const char *after)
{
	const int64_t start_ns = entrain_now_ns();
	uint64_t before[MOST];
	unsigned expected = 0;
	struct entrain_status status;

	life_check(entrain_disrupt(round->swarm, percent * 10000, SEED + percent, NULL, NULL) == 0);
	for (unsigned i = 0; i < round->count; i++)
		expected += steer_scatters(round->swarm->segment.settings->disruption, i);
	for (unsigned i = 0; i < round->count; i++)
		before[i] = round->workers[i].turns;
	life_until(all_have_acted(round, before));
	life_until(({
		picture(round, &status);
		status.scattered == expected;
	}));
	/* about the share that was asked for */
	assert_in_range(expected * 100, round->count * (percent - 20),
			round->count * (percent + 20));
	return reach(round, start_ns, after);
}

/* In which metric the goal is to be reached, at this load. */
static enum metric metric_of(const struct goal *goal, bool busy)
{
	if (goal->metric != METRIC_LOAD)
		return goal->metric;
	return busy ? METRIC_EVENNESS : METRIC_COHERENCE;
}

/* All actions together take this part of the period, by the time that they sleep. */
static void load(const struct round *round, bool busy)
{
	const int64_t action_ns = round->period_ns * BUSY_PERCENT / 100 / round->count;

	for (unsigned i = 0; i < round->count; i++)
		round->workers[i].action_ns = busy ? action_ns : 0;
}

/* Another goal, with another pattern; or another load, for the goal that adapts to it. Then as before. */
static double turn_round(struct round *round, bool away, const char *after)
{
	const int64_t start_ns = entrain_now_ns();
	const bool adapts = round->goal->metric == METRIC_LOAD;
	const struct goal *goal = round->goal;

	if (away && !adapts)
		goal = goal_row(goal->rule == DECIDE_SYNC ? ENTRAIN_DISTRIBUTE_LOAD
							  : ENTRAIN_MINIMIZE_API_CALLS);
	round->metric = metric_of(goal, away);
	if (adapts)
		load(round, away);
	else
		change(round, goal->id, ENTRAIN_ACT);
	return reach(round, start_ns, after);
}

static void end(struct round *round)
{
	entrain_close(round->swarm);
	life_end_all(round->workers, round->count);
	life_remove();
}

/* All at one instant, in mode off. Returns their coherence, which is the scheduler's. */
static double start_once(struct round *round)
{
	struct entrain_settings settings;
	struct entrain_status status;
	int64_t join_ns;

	entrain_settings_init(&settings);
	settings.capacity = round->count;
	settings.period_ns = round->period_ns;
	settings.goal = round->goal->id;
	settings.max_delay_ppm = 0; /* the goal's own */
	settings.mode = ENTRAIN_OFF;
	life_create_with(&settings);
	join_ns = entrain_now_ns() + round->period_ns;
	for (unsigned i = 0; i < round->count; i++)
		round->workers[i].join_ns = join_ns;
	life_work_all(round->workers, round->count);
	round->swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);
	life_check(round->swarm != NULL);
	life_until(({
		picture(round, &status);
		status.measure.agents_alive == round->count;
	}));
	return status.measure.coherence;
}

/* As much together as they can be had within a few tries. */
static double start(struct round *round)
{
	double coherence = start_once(round);

	for (int tries = 0; coherence < .9 && tries < 5; tries++) {
		end(round);
		coherence = start_once(round);
	}
	return coherence;
}

static void run(struct life_worker *workers, unsigned count, int64_t period_ns, int goal)
{
	struct round round = {
		.workers = workers, .goal = goal_row(goal), .count = count, .period_ns = period_ns
	};
	double took[5], coherence; /* took: periods */
	int64_t start_ns;

	load(&round, false);
	round.metric = metric_of(round.goal, false);
	coherence = start(&round);
	start_ns = entrain_now_ns();
	change(&round, round.goal->id, ENTRAIN_ACT);
	took[0] = reach(&round, start_ns, "from the same instant");
	took[1] = disrupt(&round, 30, "after 30 % were disrupted");
	took[2] = disrupt(&round, 50, "after 50 % were disrupted");
	took[3] = turn_round(&round, true, "after a change");
	took[4] = turn_round(&round, false, "and changed back");
	print_message("%-20s %3u workers: periods from the same instant (R1 %.2f) %4.1f, 30 %% "
		      "disrupted %4.1f, 50 %% %4.1f, other %s %4.1f, and back %4.1f\n",
		      round.goal->name, count, coherence, took[0], took[1], took[2],
		      round.goal->metric == METRIC_LOAD ? "load" : "goal", took[3], took[4]);
	end(&round);
}

static void each_goal_is_reached(void **state)
{
	static const struct {
		unsigned count;
		int64_t period_ns;
	} sizes[] = { { 20, 50 * LIFE_MS }, { 50, 100 * LIFE_MS }, { 200, 300 * LIFE_MS } };
	struct life_worker *workers = life_workers(MOST);

	(void)state;
	if (!getenv("ENTRAIN_LONG")) {
		run(workers, 20, 50 * LIFE_MS, ENTRAIN_DISTRIBUTE_LOAD);
		run(workers, 20, 50 * LIFE_MS, ENTRAIN_ADAPT_TO_TRAFFIC);
		return;
	}
	alarm(600);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int goal = 1; goal < ENTRAIN_GOAL_COUNT; goal++)
			run(workers, sizes[i].count, sizes[i].period_ns, goal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_goal_is_reached, life_setup, life_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
