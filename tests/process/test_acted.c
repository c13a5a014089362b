/* SPDX-License-Identifier: MIT */
/* test_acted.c - turns that pass without an action, actions that are told of afterwards, and how many are in progress at once. */
#include <string.h>
#include "clock.h"
#include "life.h"

#define PERIOD_NS (10 * LIFE_S)

static int64_t virtual_ns;

static int64_t virtual_now(void)
{
	return virtual_ns;
}

static struct entrain_agent *join(void)
{
	struct entrain_agent *agent = entrain_join(LIFE_SWARM, NULL, NULL);

	life_check(agent && entrain_joined(agent, NULL));
	return agent;
}

static void begin_among(uint32_t kind, const char *topology)
{
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.capacity = 8;
	settings.period_ns = PERIOD_NS;
	settings.kind = kind;
	strcpy(settings.topology, topology);
	life_create_with(&settings);
	virtual_ns = clock_now_ns();
	clock_source = virtual_now;
}

static void begin(uint32_t kind)
{
	begin_among(kind, "full");
}

static void end(void)
{
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* What status shows of the only agent. */
static struct entrain_agent_info shown(struct entrain_status *status)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	const struct entrain_status empty = ENTRAIN_STATUS;
	struct entrain_agent_info info = { 0 };

	*status = empty;
	life_check(swarm && entrain_status(swarm, status, &info, 1, NULL) == 0);
	entrain_close(swarm);
	return info;
}

static void a_turn_that_passes_plans_the_next_and_is_no_action(void **state)
{
	struct entrain_status status;
	struct entrain_agent_info info;
	struct entrain_agent *agent;
	int64_t turn_ns;

	(void)state;
	begin(ENTRAIN_TAKEN);
	agent = join();
	turn_ns = virtual_ns = entrain_next_turn_ns(agent);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(entrain_due(agent), 1);
		assert_int_equal(entrain_pass(agent), 0);
		assert_int_equal(entrain_due(agent), 0);
		assert_int_equal(entrain_next_turn_ns(agent), turn_ns + i * PERIOD_NS);
		virtual_ns = entrain_next_turn_ns(agent);
	}
	info = shown(&status);
	assert_int_equal(info.turns, 3);
	assert_int_equal(info.turns_missed, 0);
	assert_int_equal(info.state, ENTRAIN_IDLE);
	assert_int_equal(info.began_ns, 0);
	assert_int_equal(info.action_last_ns, 0);
	assert_int_equal(status.measure.peak_overlap, 0);
	entrain_leave(agent);
	end();
}

static void of_a_relative_host_the_next_turn_is_a_period_after_it_passed(void **state)
{
	struct entrain_agent *agent;

	(void)state;
	begin(ENTRAIN_RELATIVE);
	agent = join();
	virtual_ns = entrain_next_turn_ns(agent) + LIFE_S;
	assert_int_equal(entrain_pass(agent), 0);
	assert_in_range(entrain_next_turn_ns(agent), virtual_ns + PERIOD_NS - 64,
			virtual_ns + PERIOD_NS);
	entrain_leave(agent);
	end();
}

static void what_is_told_afterwards_is_shown_and_moves_no_turn(void **state)
{
	struct entrain_status status;
	struct entrain_agent_info info;
	struct entrain_agent *agent;
	int64_t turn_ns;

	(void)state;
	begin(ENTRAIN_TAKEN);
	agent = join();
	virtual_ns = turn_ns = entrain_next_turn_ns(agent);
	entrain_pass(agent);
	virtual_ns += 5 * LIFE_S;
	assert_int_equal(entrain_acted(agent, turn_ns + 200 * LIFE_MS, turn_ns + 500 * LIFE_MS), 0);
	assert_int_equal(entrain_next_turn_ns(agent), turn_ns + PERIOD_NS);
	info = shown(&status);
	/* as many digits of it as are kept */
	assert_in_range(info.action_last_ns, 300 * LIFE_MS - (300 * LIFE_MS >> 18), 300 * LIFE_MS);
	assert_int_equal(info.action_mean_ns, info.action_last_ns);
	assert_in_range(info.began_ns, turn_ns + 200 * LIFE_MS - 64, turn_ns + 200 * LIFE_MS);
	assert_int_equal(info.state, ENTRAIN_IDLE);
	assert_int_equal(info.turns, 1);
	assert_int_equal(status.measure.peak_overlap, 1);
	entrain_leave(agent);
	end();
}

/* As much of it as is kept. */
static int64_t kept(int64_t duration_ns)
{
	return pair_low_ns(pair_make(duration_ns, 0));
}

static void each_statistic_is_shown_as_itself(void **state)
{
	struct entrain_status status;
	struct entrain_agent_info info;
	struct entrain_agent *agent;

	(void)state;
	begin(ENTRAIN_TAKEN);
	agent = join();
	agent->delay_max_ns = 7 * LIFE_MS;
	/* A second late, and then so late that turns are left out; actions of unlike length. */
	virtual_ns = entrain_next_turn_ns(agent) + LIFE_S;
	assert_int_equal(entrain_begin(agent), 0);
	virtual_ns += 300 * LIFE_MS;
	assert_int_equal(entrain_end(agent), 0);
	virtual_ns = entrain_next_turn_ns(agent) + 5 * PERIOD_NS / 2;
	assert_int_equal(entrain_begin(agent), 0);
	virtual_ns += 100 * LIFE_MS;
	assert_int_equal(entrain_end(agent), 0);
	info = shown(&status);
	assert_int_equal(info.turns, 2);
	assert_int_equal(info.turns_missed, 2);
	assert_int_equal(info.action_last_ns, kept(100 * LIFE_MS));
	assert_int_equal(info.action_mean_ns, kept(agent->action_mean_ns));
	assert_true(info.action_mean_ns > info.action_last_ns);
	assert_int_equal(info.delay_last_ns, 0);
	assert_int_equal(info.delay_max_ns, kept(7 * LIFE_MS));
	assert_true(info.lateness_ns > 0);
	assert_int_equal(info.lateness_ns, kept(agent->lateness_ns));
	assert_int_equal(info.overlap, 1);
	/* What it acted last stays when a turn passes, and what is told replaces it. */
	virtual_ns = entrain_next_turn_ns(agent);
	assert_int_equal(entrain_pass(agent), 0);
	info = shown(&status);
	assert_int_equal(info.turns, 3);
	assert_int_equal(info.overlap, 1);
	assert_int_equal(info.lateness_ns, kept(agent->lateness_ns));
	virtual_ns += LIFE_S;
	assert_int_equal(entrain_acted(agent, virtual_ns - 20 * LIFE_MS, virtual_ns), 0);
	info = shown(&status);
	assert_int_equal(info.action_last_ns, kept(20 * LIFE_MS));
	assert_int_equal(info.action_mean_ns, kept(agent->action_mean_ns));
	assert_int_equal(info.lateness_ns, kept(agent->lateness_ns));
	entrain_leave(agent);
	end();
}

static unsigned peak(void)
{
	struct entrain_status status;

	shown(&status);
	return status.measure.peak_overlap;
}

/* Whoever is told of its action last sees the other's, in whichever order they took place. */
static void actions_that_met_are_counted_afterwards(void **state)
{
	struct entrain_agent *one, *other;
	int64_t at_ns;

	(void)state;
	begin(ENTRAIN_TAKEN);
	one = join();
	other = join();
	at_ns = virtual_ns;
	virtual_ns += 2 * LIFE_S;
	assert_int_equal(entrain_acted(one, at_ns + 100 * LIFE_MS, at_ns + 200 * LIFE_MS), 0);
	assert_int_equal(entrain_acted(other, at_ns + 200 * LIFE_MS, at_ns + 300 * LIFE_MS), 0);
	assert_int_equal(peak(), 1);
	assert_int_equal(entrain_acted(one, at_ns + 299 * LIFE_MS, at_ns + 500 * LIFE_MS), 0);
	assert_int_equal(peak(), 2);
	virtual_ns += PERIOD_NS;
	at_ns += PERIOD_NS;
	entrain_pass(one);
	entrain_pass(other);
	assert_int_equal(entrain_acted(other, at_ns + LIFE_MS, at_ns + 2 * LIFE_MS), 0);
	assert_int_equal(entrain_acted(one, at_ns, at_ns + 9 * LIFE_MS), 0);
	assert_int_equal(peak(), 2);
	/* and who acts now is met by who was told */
	assert_int_equal(entrain_begin(other), 0);
	at_ns = virtual_ns;
	virtual_ns += LIFE_S;
	assert_int_equal(entrain_acted(one, at_ns + LIFE_MS, at_ns + 2 * LIFE_MS), 0);
	assert_int_equal(peak(), 2);
	entrain_end(other);
	entrain_leave(one);
	entrain_leave(other);
	end();
}

/* What an action met is told by how long it took, whatever actions take in the mean. */
static void the_last_action_is_what_was_met(void **state)
{
	struct entrain_agent *one, *other;
	int64_t at_ns;

	(void)state;
	begin(ENTRAIN_TAKEN);
	one = join();
	other = join();
	at_ns = virtual_ns;
	virtual_ns += 900 * LIFE_MS;
	/* short after a long one, then long after short ones */
	assert_int_equal(entrain_acted(one, at_ns, at_ns + 200 * LIFE_MS), 0);
	assert_int_equal(entrain_acted(one, at_ns + 300 * LIFE_MS, at_ns + 310 * LIFE_MS), 0);
	assert_true(one->action_mean_ns > 100 * LIFE_MS);
	assert_int_equal(entrain_acted(other, at_ns + 320 * LIFE_MS, at_ns + 330 * LIFE_MS), 0);
	assert_int_equal(peak(), 1);
	assert_int_equal(entrain_acted(one, at_ns + 400 * LIFE_MS, at_ns + 800 * LIFE_MS), 0);
	assert_true(one->action_mean_ns < 300 * LIFE_MS);
	assert_int_equal(entrain_acted(other, at_ns + 790 * LIFE_MS, at_ns + 900 * LIFE_MS), 0);
	assert_int_equal(peak(), 2);
	entrain_leave(one);
	entrain_leave(other);
	end();
}

#define ALL 8u
#define MOMENT_NS INT64_C(1000)

/* How many it saw at it when its last action began. */
static unsigned saw(const struct entrain_agent *agent)
{
	return SHM_OVERLAP(tagged_value(agent->owner.fact[FACT_OVERLAP]));
}

/* Whoever begins counts all who are at it, whether they are its neighbours or not. */
static void all_count_whoever_is_seen(const char *topology, uint32_t kind)
{
	struct entrain_agent *agents[ALL];
	int64_t at_ns;

	begin_among(kind, topology);
	for (unsigned i = 0; i < ALL; i++)
		agents[i] = join();
	at_ns = virtual_ns;
	for (unsigned i = 0; i < ALL; i++) {
		virtual_ns += LIFE_MS;
		assert_int_equal(entrain_begin(agents[i]), 0);
		assert_int_equal(saw(agents[i]), i + 1);
		assert_int_equal(peak(), i + 1);
	}
	/* Two are done and begin again; the first of all is counted for a period, and then for one that claims to act for ever. */
	assert_int_equal(entrain_end(agents[1]), 0);
	assert_int_equal(entrain_end(agents[6]), 0);
	virtual_ns = at_ns + LIFE_MS + PERIOD_NS - MOMENT_NS;
	assert_int_equal(entrain_begin(agents[1]), 0);
	assert_int_equal(saw(agents[1]), ALL - 1);
	virtual_ns += 2 * MOMENT_NS;
	assert_int_equal(entrain_begin(agents[6]), 0);
	assert_int_equal(saw(agents[6]), ALL - 1);
	/* Not counted are one whose slot is free, whatever it and the bitmap say, and one whose words are not its owner's. */
	for (unsigned i = 0; i < ALL; i++)
		assert_int_equal(entrain_end(agents[i]), 0);
	virtual_ns += PERIOD_NS;
	for (unsigned i = 0; i < ALL - 1; i++)
		assert_int_equal(entrain_begin(agents[i]), 0);
	life_check(slot_free(&life_slots()[3], agents[3]->owner.version));
	life_slots()[4].acting ^= UINT64_C(1) << SHM_VALUE_BITS;
	assert_int_equal(entrain_begin(agents[ALL - 1]), 0);
	assert_int_equal(saw(agents[ALL - 1]), ALL - 2);
	for (unsigned i = 0; i < ALL; i++)
		entrain_leave(agents[i]);
	life_reap(NULL, NULL);
	end();
}

static void all_actions_in_progress_are_counted(void **state)
{
	static const char *const topologies[] = { "full", "ring:2", "star", "small-world:2:0.5" };

	(void)state;
	for (unsigned i = 0; i < sizeof(topologies) / sizeof(*topologies); i++) {
		all_count_whoever_is_seen(topologies[i], ENTRAIN_TAKEN);
		all_count_whoever_is_seen(topologies[i], ENTRAIN_RELATIVE);
	}
}

static void what_cannot_have_been_is_refused(void **state)
{
	struct entrain_agent *agent;
	int64_t now_ns;

	(void)state;
	begin(ENTRAIN_TAKEN);
	agent = join();
	virtual_ns += LIFE_S;
	now_ns = virtual_ns;
	assert_int_equal(entrain_acted(NULL, now_ns, now_ns), ENTRAIN_USAGE);
	assert_int_equal(entrain_pass(NULL), ENTRAIN_USAGE);
	assert_int_equal(entrain_acted(agent, now_ns, now_ns - 1), ENTRAIN_USAGE);
	assert_int_equal(entrain_acted(agent, now_ns, now_ns + 1), ENTRAIN_USAGE);
	assert_int_equal(entrain_acted(agent, 0, now_ns), ENTRAIN_USAGE);
	assert_int_equal(entrain_acted(agent, -5, now_ns), ENTRAIN_USAGE);
	assert_int_equal(entrain_acted(agent, now_ns - 5, now_ns), 0);
	assert_int_equal(entrain_acted(agent, now_ns - 5, now_ns), ENTRAIN_USAGE);
	entrain_begin(agent);
	assert_int_equal(entrain_acted(agent, now_ns - 1, now_ns), ENTRAIN_USAGE);
	assert_int_equal(entrain_pass(agent), 0);
	assert_int_equal(agent->turns, 1);
	entrain_end(agent);
	entrain_leave(agent);
	end();
}

static void without_a_slot_the_own_period_goes_on(void **state)
{
	struct entrain_agent *agent;
	int64_t turn_ns;

	(void)state;
	begin(ENTRAIN_TAKEN);
	agent = join();
	turn_ns = virtual_ns = entrain_next_turn_ns(agent);
	life_remove();
	assert_int_equal(entrain_pass(agent), 0);
	assert_int_equal(entrain_next_turn_ns(agent), turn_ns + PERIOD_NS);
	assert_int_equal(entrain_acted(agent, turn_ns - 9, turn_ns), 0);
	entrain_leave(agent);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_turn_that_passes_plans_the_next_and_is_no_action),
		TEST(of_a_relative_host_the_next_turn_is_a_period_after_it_passed),
		TEST(what_is_told_afterwards_is_shown_and_moves_no_turn),
		TEST(each_statistic_is_shown_as_itself),
		TEST(actions_that_met_are_counted_afterwards),
		TEST(the_last_action_is_what_was_met),
		TEST(all_actions_in_progress_are_counted),
		TEST(what_cannot_have_been_is_refused),
		TEST(without_a_slot_the_own_period_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
