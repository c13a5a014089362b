/* SPDX-License-Identifier: MIT */
/*
 * test_grid.c - agents on a grid, on clocks of the test's own: what they plan, pay and reach is what the simulator says.
 *
 * Each agent is a host of its own here, and the test takes them through simulated time in the order of their turns.
 */
#include <math.h>
#include <string.h>
#include "clock.h"
#include "controls.h"
#include "energy.h"
#include "gauge.h"
#include "life.h"
#include "simulation.h"

#define PERIOD_NS LIFE_S
#define AGENTS 4
#define CYCLES 12
/* So long an action takes: no more than the simulator's --duty 1%. */
#define WORK_NS (PERIOD_NS / 400)
/* Kept delays differ by the grains of what is published. */
#define GRAIN_NS 64

/* What one cycle left behind, of each agent. */
struct cycle {
	int64_t delay_ns[AGENTS];
	uint64_t spent[AGENTS];
	double energy; /* mean, of 100 */
	unsigned reached;
	struct entrain_measure measure;
};

/* A host, and what comes next of it: it arrives, or goes on from a hold. */
struct host {
	struct entrain_agent *agent;
	int64_t next_ns, arrived_ns;
	bool held;
	unsigned turns;
};

static int64_t virtual_ns, wall_ahead_ns;

static int64_t virtual_now(void)
{
	return virtual_ns;
}

static int64_t virtual_wall(void)
{
	return virtual_ns + wall_ahead_ns;
}

static void begin(uint32_t kind, uint32_t goal, uint32_t max_delay_ppm)
{
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.capacity = 8;
	settings.period_ns = PERIOD_NS;
	settings.kind = kind;
	settings.goal = goal;
	settings.max_delay_ppm = max_delay_ppm;
	life_create_with(&settings);
	/* Nobody has to wait for a tick: the wall clock shows a whole second. */
	virtual_ns = clock_now_ns();
	wall_ahead_ns = 1000 * PERIOD_NS - virtual_ns;
	clock_source = virtual_now;
	clock_wall_source = virtual_wall;
}

static void end(struct host *hosts)
{
	for (unsigned i = 0; i < AGENTS; i++)
		entrain_leave(hosts[i].agent);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* All join right after a tick: nobody is delayed yet. */
static void join(struct host *hosts, uint32_t flags)
{
	struct entrain_options options = ENTRAIN_OPTIONS;

	options.flags = flags;
	memset(hosts, 0, AGENTS * sizeof(*hosts));
	for (unsigned i = 0; i < AGENTS; i++) {
		hosts[i].agent = entrain_join(LIFE_SWARM, &options, NULL);
		life_check(hosts[i].agent);
		if (flags & ENTRAIN_SEALED)
			life_check(entrain_claim(hosts[i].agent) == 0);
		hosts[i].next_ns = flags & ENTRAIN_SEALED ? virtual_ns + PERIOD_NS
							  : entrain_next_turn_ns(hosts[i].agent);
	}
}

static void act(struct host *host)
{
	assert_int_equal(entrain_begin(host->agent), 0);
	virtual_ns += WORK_NS;
	assert_int_equal(entrain_end(host->agent), 0);
	host->turns++;
	assert_int_equal(host->agent->steer.spent + host->agent->steer.energy -
				 host->agent->steer.recovered,
			 ENERGY_FULL);
}

/* One that comes by itself, at each tick, and is held for as long as it is told to. */
static void come(struct host *host)
{
	if (!host->held)
		host->arrived_ns = virtual_ns;
	host->next_ns = entrain_hold_ns(host->agent, host->arrived_ns);
	host->held = host->next_ns > virtual_ns;
	if (host->held)
		return;
	act(host);
	host->next_ns = host->arrived_ns + PERIOD_NS;
}

static void look(const struct host *hosts, struct cycle *cycle)
{
	struct entrain_status status = ENTRAIN_STATUS;

	*cycle = (struct cycle){ 0 };
	for (unsigned i = 0; i < AGENTS; i++) {
		const struct entrain_agent *agent = hosts[i].agent;

		cycle->delay_ns[i] = agent->delay_ns;
		cycle->spent[i] = agent->steer.spent;
		cycle->energy += (double)agent->steer.energy / ENERGY_FULL * 100 / AGENTS;
		cycle->reached += agent->steer.reached;
	}
	life_status(&status);
	cycle->measure = status.measure;
}

/* One turn of each, in the order of the clock. */
static void run(struct host *hosts, struct cycle *cycle)
{
	const unsigned turns = hosts[0].turns + 1;

	for (;;) {
		struct host *first = NULL;

		for (unsigned i = 0; i < AGENTS; i++)
			if (hosts[i].turns < turns && (!first || hosts[i].next_ns < first->next_ns))
				first = &hosts[i];
		if (!first)
			break;
		virtual_ns = first->next_ns > virtual_ns ? first->next_ns : virtual_ns;
		if (first->agent->sealed) {
			come(first);
		} else {
			act(first);
			first->next_ns = entrain_next_turn_ns(first->agent);
		}
	}
	look(hosts, cycle);
}

/* The same swarm in the simulator, after so many cycles. */
static struct gauge simulated(const char *goal, uint32_t cap_ppm, uint32_t cycles, double *spent)
{
	const struct simulation_plan plan = { .agents = AGENTS,
					      .cycles = cycles,
					      .seed = 1,
					      .goal = *goal_find(goal),
					      .kind = ENTRAIN_GRID,
					      .start = SIMULATION_IDENTICAL,
					      .cap_given = true,
					      .cap_ppm = cap_ppm,
					      .duty_ppm = 10000,
					      .control = control_find("spread"),
					      .threads = 1,
					      .topology.kind = TOPOLOGY_FULL };
	struct simulation simulation;
	struct gauge gauge = { 0 };
	char why[200];

	assert_true(simulation_open(&simulation, &plan, why, sizeof(why)));
	gauge_fill(&gauge, &simulation);
	while (simulation.cycle < cycles)
		simulation_cycle(&simulation, &gauge);
	*spent = 0;
	for (uint32_t slot = 0; slot < AGENTS; slot++)
		*spent += (double)simulation.agents[slot].steer.spent;
	simulation_close(&simulation);
	return gauge;
}

static double spent_by_all(const struct cycle *cycle)
{
	double spent = 0;

	for (unsigned i = 0; i < AGENTS; i++)
		spent += (double)cycle->spent[i];
	return spent;
}

/* To save energy at a cap of 90 %: delays of up to three quarters of a period, which cost what they cost once. */
static void only_changes_are_paid(uint32_t flags)
{
	struct cycle cycle, before;
	struct host hosts[AGENTS];
	struct gauge gauge;
	double spent;

	begin(ENTRAIN_GRID, ENTRAIN_SAVE_ENERGY, 900000);
	join(hosts, flags);
	look(hosts, &before);
	for (unsigned number = 1; number <= CYCLES; number++) {
		run(hosts, &cycle);
		gauge = simulated("save-energy", 900000, number, &spent);
		print_message("cycle %u: energy %.2f, evenness %.3f, %u see it reached; simulated "
			      "%.2f, %.3f, %u\n",
			      number, cycle.energy, cycle.measure.evenness, cycle.reached,
			      gauge.energy, gauge.evenness, gauge.agree);
		assert_true(fabs(cycle.energy - gauge.energy) < .5);
		assert_true(fabs(spent_by_all(&cycle) - spent) < .5 * 512);
		for (unsigned i = 0; number > 2 && i < AGENTS; i++) {
			assert_in_range(llabs(cycle.delay_ns[i] - before.delay_ns[i]), 0, GRAIN_NS);
			assert_int_equal(cycle.spent[i], before.spent[i]);
		}
		before = cycle;
	}
	assert_in_range(cycle.delay_ns[0] + cycle.delay_ns[1] + cycle.delay_ns[2] +
				cycle.delay_ns[3],
			PERIOD_NS, 2 * PERIOD_NS);
	assert_true(cycle.measure.evenness > .99 && cycle.measure.converged);
	assert_int_equal(cycle.reached, AGENTS);
	assert_true(cycle.energy == 100);
	end(hosts);
}

static void a_delay_that_is_kept_costs_nothing(void **state)
{
	(void)state;
	only_changes_are_paid(0);
}

static void nor_does_it_cost_a_host_that_comes_by_itself(void **state)
{
	(void)state;
	only_changes_are_paid(ENTRAIN_SEALED);
}

/* Who is given another delay pays for the difference: from 90 % down to 30 %. */
static void a_delay_that_changes_costs_the_change(void **state)
{
	struct cycle cycle, before, cut;
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_swarm *swarm;
	struct host hosts[AGENTS];
	int64_t arrival_ns;

	(void)state;
	begin(ENTRAIN_GRID, ENTRAIN_DISTRIBUTE_LOAD, 900000);
	join(hosts, 0);
	for (unsigned number = 0; number < CYCLES; number++)
		run(hosts, &before);
	swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);
	assert_non_null(swarm);
	assert_int_equal(entrain_status(swarm, &status, NULL, 0, NULL), 0);
	status.settings.max_delay_ppm = 300000;
	assert_int_equal(entrain_set(swarm, &status.settings, NULL), 0);
	entrain_close(swarm);
	run(hosts, &cycle);
	run(hosts, &cut);
	for (unsigned i = 0; i < AGENTS; i++) {
		const double change =
			fabs((double)(cut.delay_ns[i] - before.delay_ns[i])) / (double)PERIOD_NS;

		assert_in_range(cut.delay_ns[i], 0, PERIOD_NS * 3 / 10);
		/* at least the way from one to the other, and little more than that */
		assert_true((double)(cut.spent[i] - before.spent[i]) >=
			    change * ENERGY_PRICE_SPLAY * 512 - 2);
		assert_true((double)(cut.spent[i] - before.spent[i]) <=
			    (change + .35) * ENERGY_PRICE_SPLAY * 512);
		/* The clock is the same, though what they had been granted is more than may be granted now. */
		arrival_ns = entrain_next_turn_ns(hosts[i].agent) - cut.delay_ns[i] + wall_ahead_ns;
		arrival_ns %= PERIOD_NS;
		assert_true(arrival_ns <= GRAIN_NS || arrival_ns >= PERIOD_NS - GRAIN_NS);
	}
	run(hosts, &cycle);
	run(hosts, &cycle);
	for (unsigned i = 0; i < AGENTS; i++)
		assert_int_equal(cycle.spent[i], cut.spent[i]);
	assert_int_equal(status.measure.agents_alive, AGENTS);
	end(hosts);
}

/* A turn is where it was delayed to: from one to the next is a period, however long the delays are. */
static void a_grid_keeps_its_rhythm(void **state)
{
	struct host hosts[AGENTS];
	struct cycle cycle;
	double spent;

	(void)state;
	begin(ENTRAIN_GRID, ENTRAIN_MAINTAIN_RHYTHM, 500000);
	join(hosts, 0);
	for (unsigned number = 0; number < CYCLES; number++)
		run(hosts, &cycle);
	assert_true(simulated("maintain-rhythm", 500000, CYCLES, &spent).converged);
	assert_true(cycle.measure.rhythm > .999 && cycle.measure.converged);
	assert_int_equal(cycle.reached, AGENTS);
	end(hosts);
}

/* Who plans its own turns pays for moves, as it did. */
static void taken_and_relative_hosts_pay_for_moves(void **state)
{
	static const uint32_t kinds[] = { ENTRAIN_TAKEN, ENTRAIN_RELATIVE };

	(void)state;
	for (unsigned kind = 0; kind < 2; kind++) {
		struct host hosts[AGENTS];
		struct cycle cycle;

		begin(kinds[kind], ENTRAIN_DISTRIBUTE_LOAD, 100000);
		join(hosts, 0);
		for (unsigned number = 0; number < CYCLES; number++) {
			uint64_t spent[AGENTS];

			for (unsigned i = 0; i < AGENTS; i++)
				spent[i] = hosts[i].agent->steer.spent;
			run(hosts, &cycle);
			/* A delay of the cap, at each of its turns, at the price of a splay. */
			for (unsigned i = 0; i < AGENTS; i++)
				assert_true((double)(cycle.spent[i] - spent[i]) <=
					    (double)cycle.delay_ns[i] / (double)PERIOD_NS *
						    ENERGY_PRICE_SPLAY * 512);
		}
		assert_true(kinds[kind] == ENTRAIN_TAKEN || spent_by_all(&cycle) > 512);
		end(hosts);
	}
}

int main(void)
{
#define GRID_TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)
	const struct CMUnitTest tests[] = {
		GRID_TEST(a_delay_that_is_kept_costs_nothing),
		GRID_TEST(nor_does_it_cost_a_host_that_comes_by_itself),
		GRID_TEST(a_delay_that_changes_costs_the_change),
		GRID_TEST(a_grid_keeps_its_rhythm),
		GRID_TEST(taken_and_relative_hosts_pay_for_moves),
	};

	return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
