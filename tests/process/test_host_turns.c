/* SPDX-License-Identifier: MIT */
/* test_host_turns.c - no harm to the host's rhythm: no busy turns, no turns too soon, none later than the cap. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include "clock.h"
#include "life.h"

static void create(uint32_t kind, int64_t period_ns, uint32_t max_delay_ppm)
{
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.capacity = 16;
	settings.kind = kind;
	settings.period_ns = period_ns;
	if (max_delay_ppm)
		settings.max_delay_ppm = max_delay_ppm;
	life_create_with(&settings);
}

static struct entrain_agent *join(void)
{
	struct entrain_agent *agent = entrain_join(LIFE_SWARM, NULL, NULL);

	life_check(agent && entrain_joined(agent, NULL));
	return agent;
}

/* An action that takes its time. */
static void act(struct entrain_agent *agent, int64_t action_ns)
{
	const struct timespec action = { .tv_nsec = action_ns };

	life_check(entrain_begin(agent) == 0);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &action, NULL);
	life_check(entrain_end(agent) == 0);
}

/* ---- an event loop ------------------------------------------------------------------------ */

#define LOOP_NS (1200 * LIFE_MS)
#define LOOP_ACTION_NS (100 * LIFE_MS)
#define LOOP_PERIOD_NS (200 * LIFE_MS)

/* The host begins when it is due, and something else ends the action 100 ms later. */
static void an_action_that_ends_later_is_begun_once(void **state)
{
	struct entrain_agent *agent;
	unsigned wakes = 0, begins = 0;
	int64_t start_ns, now_ns, end_ns = 0;
	struct pollfd poller = { .events = POLLIN };

	(void)state;
	create(ENTRAIN_RELATIVE, LOOP_PERIOD_NS, 0);
	agent = join();
	poller.fd = entrain_timerfd(agent);
	for (start_ns = now_ns = entrain_now_ns(); now_ns < start_ns + LOOP_NS;
	     now_ns = entrain_now_ns()) {
		int64_t left_ns = end_ns ? end_ns - now_ns : LOOP_ACTION_NS;

		if (poll(&poller, 1, left_ns > 0 ? (int)(left_ns / LIFE_MS + 1) : 0) > 0) {
			wakes++;
			if (entrain_due(agent)) {
				life_check(entrain_begin(agent) == 0);
				begins++;
				end_ns = end_ns ? end_ns : entrain_now_ns() + LOOP_ACTION_NS;
			}
		}
		if (end_ns && entrain_now_ns() >= end_ns) {
			life_check(entrain_end(agent) == 0);
			end_ns = 0;
		}
	}
	/* One each 300 ms, the first at once; a wake or some for each as it may be delayed. */
	if (begins < 2 || begins > LOOP_NS / (LOOP_ACTION_NS + LOOP_PERIOD_NS) + 2 || wakes > 40)
		fail_msg("%u begins, %u wakes", begins, wakes);
	entrain_leave(agent);
	life_remove();
}

/* ---- too soon ------------------------------------------------------------------------------ */

#define LOST_PERIOD_NS (300 * LIFE_MS)

/* Neighbours just so that the middle of the largest gap is now. */
static void lure(struct entrain_agent *decoy)
{
	int64_t now_ns = entrain_now_ns();
	struct slot_turn turn = { .cur_ns = now_ns - LOST_PERIOD_NS / 2,
				  .next_ns = now_ns + LOST_PERIOD_NS / 2 + LIFE_MS,
				  .period_ns = LOST_PERIOD_NS,
				  .status = 0x010102,
				  .topology = 1 << 16 };

	life_check(slot_publish(&decoy->owner, &turn));
}

static void who_loses_its_slot_does_not_act_again_too_soon(void **state)
{
	struct entrain_agent *honest, *decoy;
	int64_t last_ns = 0, began_ns;

	(void)state;
	create(ENTRAIN_TAKEN, LOST_PERIOD_NS, 0);
	honest = join();
	decoy = join();
	for (int i = 0; i < 8; i++) {
		life_check(entrain_wait(honest) == 0);
		began_ns = entrain_now_ns();
		if (last_ns && began_ns - last_ns < LOST_PERIOD_NS / 2 - LIFE_MS)
			fail_msg("turn %d: %lld ms after the last", i,
				 (long long)((began_ns - last_ns) / LIFE_MS));
		act(honest, 0);
		last_ns = began_ns;
		lure(decoy);
		slot_free(honest->owner.slot, honest->owner.version);
	}
	entrain_leave(honest);
	entrain_leave(decoy);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

static void a_relative_host_waits_a_period_when_its_swarm_went_during_the_action(void **state)
{
	const int64_t period_ns = 400 * LIFE_MS;
	struct entrain_agent *agent;
	int64_t end_ns, waited_ns;

	(void)state;
	create(ENTRAIN_RELATIVE, period_ns, 0);
	agent = join();
	life_check(entrain_wait(agent) == 0);
	act(agent, LIFE_MS);
	life_check(entrain_wait(agent) == 0);
	for (int i = 0; i < 3; i++) {
		life_check(entrain_begin(agent) == 0);
		if (i == 0)
			life_remove();
		life_check(entrain_end(agent) == 0);
		end_ns = entrain_now_ns();
		life_check(entrain_wait(agent) == 0);
		waited_ns = entrain_now_ns() - end_ns;
		if (waited_ns < period_ns * 9 / 10 || waited_ns > 5 * period_ns)
			fail_msg("turn %d: %lld ms after the end", i,
				 (long long)(waited_ns / LIFE_MS));
		assert_false(entrain_joined(agent, NULL));
	}
	entrain_leave(agent);
}

/* ---- a shorter period ---------------------------------------------------------------------- */

static void set_period(int64_t period_ns)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);
	struct entrain_status status = ENTRAIN_STATUS;

	life_check(swarm && entrain_status(swarm, &status, NULL, 0, NULL) == 0);
	status.settings.period_ns = period_ns;
	life_check(entrain_set(swarm, &status.settings, NULL) == 0);
	entrain_close(swarm);
}

static void a_period_shorter_than_the_action_makes_nobody_implausible(void **state)
{
	struct entrain_agent *agents[2];

	(void)state;
	create(ENTRAIN_TAKEN, 400 * LIFE_MS, 0);
	agents[0] = join();
	agents[1] = join();
	for (int i = 0; i < 24; i++) {
		struct entrain_measure measure = ENTRAIN_MEASURE;
		struct entrain_agent *next =
			agents[entrain_next_turn_ns(agents[1]) < entrain_next_turn_ns(agents[0])];

		life_check(entrain_wait(next) == 0);
		act(next, 120 * LIFE_MS);
		if (i == 7)
			set_period(100 * LIFE_MS);
		assert_int_equal(entrain_measure(next, &measure), 0);
		if (measure.agents_implausible)
			fail_msg("turn %d: %u implausible", i, measure.agents_implausible);
	}
	entrain_leave(agents[0]);
	entrain_leave(agents[1]);
	life_remove();
}

/* ---- a grid --------------------------------------------------------------------------------- */

#define GRID_AGENTS 8
#define GRID_PERIOD_NS (200 * LIFE_MS)
#define GRID_JUDGED 10
#define GRID_CAP_PPM 100000 /* unless told otherwise */
#define GRID_BEGINS 256

struct grid_agent {
	struct entrain_agent *agent;
	int64_t end_ns, planned_ns[GRID_BEGINS], delay_most_ns;
	unsigned turns;
};

static void *grid_run(void *context)
{
	struct grid_agent *grid = context;

	while (entrain_now_ns() < grid->end_ns && grid->turns < GRID_BEGINS) {
		life_check(entrain_wait(grid->agent) == 0);
		life_check(entrain_next_turn_ns(grid->agent) <= entrain_now_ns());
		grid->planned_ns[grid->turns++] = entrain_next_turn_ns(grid->agent);
		if (grid->agent->delay_ns > grid->delay_most_ns)
			grid->delay_most_ns = grid->agent->delay_ns;
		act(grid->agent, LIFE_MS);
	}
	return NULL;
}

static int instant_order(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static int64_t nearest(const struct grid_agent *grid, int64_t to_ns)
{
	int64_t found_ns = INT64_MAX / 4;

	for (unsigned i = 0; i < grid->turns; i++)
		if (llabs(grid->planned_ns[i] - to_ns) < llabs(found_ns - to_ns))
			found_ns = grid->planned_ns[i];
	return found_ns;
}

/* The least gap between two turns of a cycle. (How late each of them began is the machine's business.) */
static int64_t least_gap_ns(const struct grid_agent *grids, int64_t around_ns)
{
	int64_t turns[GRID_AGENTS], least_ns = INT64_MAX;

	for (unsigned i = 0; i < GRID_AGENTS; i++)
		turns[i] = nearest(&grids[i], around_ns);
	qsort(turns, GRID_AGENTS, sizeof(*turns), instant_order);
	for (unsigned i = 1; i < GRID_AGENTS; i++)
		if (turns[i] - turns[i - 1] < least_ns)
			least_ns = turns[i] - turns[i - 1];
	return least_ns;
}

static void grid_is_apart(uint32_t max_delay_ppm)
{
	const unsigned cycles = 3 + GRID_JUDGED + 1;
	const int64_t cap_ns =
		GRID_PERIOD_NS / 1000000 * (max_delay_ppm ? max_delay_ppm : GRID_CAP_PPM);
	/* All arrive together: the cap is shared out among them, but no gap needs to be more than even. */
	const int64_t wanted_ns = cap_ns / (GRID_AGENTS - 1) < GRID_PERIOD_NS / GRID_AGENTS
					  ? cap_ns / (GRID_AGENTS - 1)
					  : GRID_PERIOD_NS / GRID_AGENTS;
	static struct grid_agent grids[GRID_AGENTS];
	pthread_t threads[GRID_AGENTS];
	unsigned apart = 0, judged = 0;

	memset(grids, 0, sizeof(grids));
	create(ENTRAIN_GRID, GRID_PERIOD_NS, max_delay_ppm);
	for (unsigned i = 0; i < GRID_AGENTS; i++)
		grids[i].agent = join();
	for (unsigned i = 0; i < GRID_AGENTS; i++) {
		grids[i].end_ns = entrain_now_ns() + cycles * GRID_PERIOD_NS;
		assert_int_equal(pthread_create(&threads[i], NULL, grid_run, &grids[i]), 0);
	}
	for (unsigned i = 0; i < GRID_AGENTS; i++)
		pthread_join(threads[i], NULL);
	assert_in_range(grids[0].turns, GRID_JUDGED + 2, GRID_BEGINS);
	for (unsigned k = grids[0].turns - GRID_JUDGED - 1; judged < GRID_JUDGED; k++, judged++)
		apart += least_gap_ns(grids, grids[0].planned_ns[k]) >= wanted_ns / 10 * 8;
	for (unsigned i = 0; i < GRID_AGENTS; i++) {
		if (grids[i].delay_most_ns > cap_ns || grids[i].agent->delay_max_ns > cap_ns)
			fail_msg("agent %u: delayed %lld us, %lld us; the cap is %lld us", i,
				 (long long)(grids[i].delay_most_ns / 1000),
				 (long long)(grids[i].agent->delay_max_ns / 1000),
				 (long long)(cap_ns / 1000));
		entrain_leave(grids[i].agent);
	}
	if (apart <= GRID_JUDGED / 2)
		fail_msg("only %u cycles of %d are apart", apart, GRID_JUDGED);
	life_remove();
}

static void a_grid_is_apart_after_three_cycles(void **state)
{
	(void)state;
	grid_is_apart(0);
}

static void a_grid_is_apart_with_a_cap_of_30_percent(void **state)
{
	(void)state;
	grid_is_apart(300000);
}

static void a_grid_is_apart_with_a_cap_of_90_percent(void **state)
{
	(void)state;
	grid_is_apart(900000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_action_that_ends_later_is_begun_once),
		TEST(who_loses_its_slot_does_not_act_again_too_soon),
		TEST(a_relative_host_waits_a_period_when_its_swarm_went_during_the_action),
		TEST(a_period_shorter_than_the_action_makes_nobody_implausible),
		TEST(a_grid_is_apart_after_three_cycles),
		TEST(a_grid_is_apart_with_a_cap_of_30_percent),
		TEST(a_grid_is_apart_with_a_cap_of_90_percent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
