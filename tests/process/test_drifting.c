/* SPDX-License-Identifier: MIT */
/* test_drifting.c - hosts that come whenever they like queue at the door: as long as that helps, no longer than the cap, past the dead. */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>
#include "clock.h"
#include "life.h"
#include "strategy/door.h"

#define PERIOD_NS LIFE_S
#define CAP_NS (LIFE_S / 10)
#define WORK_NS (30 * LIFE_MS)

static int64_t virtual_ns;

static int64_t virtual_now(void)
{
	return virtual_ns;
}

static void create(int64_t period_ns, uint32_t max_delay_ppm)
{
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.period_ns = period_ns;
	settings.max_delay_ppm = max_delay_ppm;
	settings.kind = ENTRAIN_DRIFTING;
	settings.capacity = 32;
	life_create_with(&settings);
}

static struct entrain_agent *join(uint32_t flags)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_agent *agent;

	options.flags = flags;
	agent = entrain_join(LIFE_SWARM, &options, NULL);
	life_check(agent);
	life_check(!(flags & ENTRAIN_SEALED) || entrain_claim(agent) == 0);
	return agent;
}

static void end(struct entrain_agent **agents, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		entrain_leave(agents[i]);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

static _Atomic int64_t *door(void)
{
	return &life_agents()->door;
}

/* ---- by a clock that stands ---------------------------------------------------------------- */

static void act_for(struct entrain_agent *agent, int64_t action_ns)
{
	life_check(entrain_begin(agent) == 0);
	virtual_ns += action_ns;
	life_check(entrain_end(agent) == 0);
}

/* So many sealed agents on a virtual clock, that have learnt that their actions take WORK_NS; nobody is at the door. */
static void set_the_stage(struct entrain_agent **agents, unsigned count)
{
	virtual_ns = entrain_now_ns();
	clock_source = virtual_now;
	create(PERIOD_NS, 0);
	for (unsigned i = 0; i < count; i++) {
		agents[i] = join(ENTRAIN_SEALED);
		for (int turn = 0; turn < 2; turn++)
			act_for(agents[i], WORK_NS);
	}
	virtual_ns += PERIOD_NS;
	atomic_store(door(), 0);
}

/* It comes now: how long is it to wait? Asked until that does not change, as a host does. */
static int64_t waits_ns(struct entrain_agent *agent)
{
	const int64_t arrived_ns = virtual_ns;
	int64_t until_ns = arrived_ns, asked_ns;

	do {
		asked_ns = virtual_ns = until_ns;
		until_ns = entrain_hold_ns(agent, arrived_ns);
		life_check(until_ns <= asked_ns + 50 * LIFE_MS);
	} while (until_ns > asked_ns);
	virtual_ns = arrived_ns;
	return asked_ns - arrived_ns;
}

static void each_waits_for_those_before_up_to_its_cap(void **state)
{
	struct entrain_agent *agents[6];
	const int64_t wanted_ns[6] = { 0, WORK_NS, 2 * WORK_NS, 3 * WORK_NS, 0, 0 };

	(void)state;
	set_the_stage(agents, 6);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(waits_ns(agents[i]), wanted_ns[i]);
	/* Who could not be let in within its cap booked nothing, and so held up nobody. */
	assert_int_equal(atomic_load(door()), virtual_ns + 4 * WORK_NS);
	virtual_ns += 4 * WORK_NS - LIFE_MS;
	for (unsigned i = 0; i < 6; i++)
		agents[i]->door_ns = 0;
	assert_int_equal(waits_ns(agents[5]), LIFE_MS);
	virtual_ns += PERIOD_NS;
	assert_int_equal(waits_ns(agents[0]), 0);
	end(agents, 6);
}

static void a_place_is_kept_until_it_is_used(void **state)
{
	struct entrain_agent *agents[2];
	int64_t booked_ns;
	uint64_t delay;

	(void)state;
	set_the_stage(agents, 2);
	assert_int_equal(waits_ns(agents[0]), 0);
	assert_int_equal(waits_ns(agents[1]), WORK_NS);
	booked_ns = atomic_load(door());
	assert_int_equal(waits_ns(agents[1]), WORK_NS);
	assert_int_equal(atomic_load(door()), booked_ns);
	virtual_ns += WORK_NS;
	assert_int_equal(entrain_begin(agents[1]), 0);
	assert_int_equal(entrain_end(agents[1]), 0);
	/* and said so: when it acted, and that it was delayed */
	delay = slot_fact(&life_slots()[1], atomic_load(&life_slots()[1].version), FACT_DELAY);
	assert_int_equal(pair_low_ns(delay), pair_low_ns(pair_make(WORK_NS, 0)));
	assert_int_equal(agents[1]->cur_ns, instant_grained(virtual_ns));
	end(agents, 2);
}

/* An action that was shorter than usual; what those behind it have booked stays. */
static void nobody_waits_for_himself(void **state)
{
	struct entrain_agent *agents[3];

	(void)state;
	set_the_stage(agents, 3);
	assert_int_equal(waits_ns(agents[0]), 0);
	act_for(agents[0], LIFE_MS);
	assert_int_equal(waits_ns(agents[0]), 0);
	act_for(agents[0], LIFE_MS);
	/* Of the WORK_NS that it booked last it took one ms. */
	assert_int_equal(waits_ns(agents[1]), WORK_NS - LIFE_MS);
	assert_int_equal(waits_ns(agents[0]), 2 * WORK_NS - LIFE_MS);
	/* Let go before its turn, it still does not overtake. */
	act_for(agents[0], LIFE_MS);
	assert_int_equal(waits_ns(agents[0]), 2 * WORK_NS - 2 * LIFE_MS);
	end(agents, 3);
}

/* Who knows that its action is over gives back what is left, as does who does not act at all. */
static void what_is_left_of_a_booking_is_given_back(void **state)
{
	struct entrain_agent *agents[2], *own;

	(void)state;
	set_the_stage(agents, 1);
	own = agents[1] = join(0);
	for (int turn = 0; turn < 2; turn++)
		act_for(own, WORK_NS);
	virtual_ns += PERIOD_NS;
	assert_int_equal(entrain_wait(own), 0);
	assert_int_equal(atomic_load(door()), virtual_ns + WORK_NS);
	act_for(own, LIFE_MS);
	assert_int_equal(atomic_load(door()), virtual_ns);
	assert_int_equal(waits_ns(agents[0]), 0);
	/* given up, and nobody is behind */
	assert_int_equal(entrain_wait_until(own, virtual_ns), ENTRAIN_TIMEOUT);
	assert_int_equal(atomic_load(door()), virtual_ns + 2 * WORK_NS);
	assert_int_equal(entrain_pass(own), 0);
	assert_int_equal(atomic_load(door()), virtual_ns + WORK_NS);
	/* somebody is: his place is not taken */
	agents[0]->door_ns = 0;
	assert_int_equal(entrain_wait_until(own, virtual_ns), ENTRAIN_TIMEOUT);
	assert_int_equal(waits_ns(agents[0]), 2 * WORK_NS);
	assert_int_equal(entrain_pass(own), 0);
	assert_int_equal(atomic_load(door()), virtual_ns + 3 * WORK_NS);
	/* whoever asks somebody else to act in its turn keeps the time for him */
	virtual_ns += PERIOD_NS;
	assert_int_equal(entrain_wait(own), 0);
	assert_int_equal(entrain_pass(own), 0);
	assert_int_equal(atomic_load(door()), virtual_ns + WORK_NS);
	end(agents, 2);
}

static void who_is_not_to_act_books_nothing(void **state)
{
	struct entrain_agent *agents[2];
	struct entrain_swarm *swarm;
	struct entrain_settings settings;

	(void)state;
	set_the_stage(agents, 2);
	atomic_store(door(), virtual_ns + WORK_NS);
	for (uint32_t mode = ENTRAIN_OBSERVE; mode <= ENTRAIN_OFF; mode++) {
		life_mode(mode);
		assert_int_equal(waits_ns(agents[0]), 0);
		assert_int_equal(entrain_begin(agents[0]), 0);
		assert_int_equal(entrain_end(agents[0]), 0);
		assert_int_equal(atomic_load(door()), virtual_ns + WORK_NS);
	}
	life_mode(ENTRAIN_ACT);
	swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);
	assert_non_null(swarm);
	entrain_settings_init(&settings);
	assert_int_equal(entrain_settings_set(&settings, "goal", "batch", 0, NULL), 0);
	settings.period_ns = PERIOD_NS;
	settings.kind = ENTRAIN_DRIFTING;
	settings.capacity = 32;
	assert_int_equal(entrain_set(swarm, &settings, NULL), 0);
	entrain_close(swarm);
	agents[0]->door_ns = 0;
	assert_int_equal(waits_ns(agents[0]), 0);
	assert_int_equal(atomic_load(door()), virtual_ns + WORK_NS);
	end(agents, 2);
}

static void whatever_the_door_says_nobody_waits_longer_and_it_heals(void **state)
{
	const int64_t garbage_ns[] = { INT64_MAX,
				       INT64_MIN,
				       -1,
				       0,
				       virtual_ns - PERIOD_NS,
				       entrain_now_ns() + 10 * LIFE_S * 3600 };
	struct entrain_agent *agents[2];

	(void)state;
	set_the_stage(agents, 2);
	for (unsigned i = 0; i < sizeof(garbage_ns) / sizeof(*garbage_ns); i++) {
		atomic_store(door(), garbage_ns[i]);
		agents[0]->door_ns = agents[1]->door_ns = 0;
		assert_int_equal(waits_ns(agents[0]), 0);
		assert_int_equal(atomic_load(door()), virtual_ns + WORK_NS);
		assert_int_equal(waits_ns(agents[1]), WORK_NS);
	}
	/* What may be true and is beyond reach passes by itself. */
	atomic_store(door(), virtual_ns + PERIOD_NS);
	agents[0]->door_ns = agents[1]->door_ns = 0;
	assert_int_equal(waits_ns(agents[0]), 0);
	virtual_ns += PERIOD_NS - CAP_NS;
	assert_int_equal(waits_ns(agents[1]), CAP_NS);
	end(agents, 2);
}

/* Silence is no sign for a while, and nothing that may be measured is a goal reached. */
static void it_is_seen_for_what_it_is(void **state)
{
	struct entrain_agent *agent;
	struct entrain_status status;

	(void)state;
	set_the_stage(&agent, 1);
	virtual_ns = agent->cur_ns + (1 + DOOR_SILENT_PERIODS) * PERIOD_NS;
	life_status(&status);
	assert_int_equal(status.measure.agents_alive, 1);
	assert_int_equal(status.measure.agents_stale, 0);
	assert_true(status.measure.value >= status.measure.target && !status.measure.converged);
	virtual_ns += 2;
	life_status(&status);
	assert_int_equal(status.measure.agents_stale, 1);
	end(&agent, 1);
}

/* ---- hosts that wait ------------------------------------------------------------------------- */

static void a_wait_can_be_given_up(void **state)
{
	struct entrain_agent *agent;

	(void)state;
	create(PERIOD_NS * 60, 500000);
	agent = join(0);
	assert_true(entrain_next_turn_ns(agent) == INT64_MAX &&
		    entrain_wake_ns(agent) == INT64_MAX);
	atomic_store(door(), entrain_now_ns() + 20 * LIFE_S);
	entrain_cancel(agent);
	assert_int_equal(entrain_wait(agent), ENTRAIN_CANCELED);
	assert_int_equal(entrain_wait_until(agent, entrain_now_ns() + 1), ENTRAIN_TIMEOUT);
	assert_true(entrain_next_turn_ns(agent) != INT64_MAX);
	assert_true(entrain_wake_ns(agent) <= entrain_now_ns() + 50 * LIFE_MS);
	assert_int_equal(entrain_pass(agent), 0);
	assert_true(entrain_next_turn_ns(agent) == INT64_MAX);
	atomic_store(door(), entrain_now_ns());
	assert_int_equal(entrain_wait(agent), 0);
	end(&agent, 1);
}

/* Who was let in and did nothing queues again, once what it booked is over. */
static void a_turn_is_not_kept_for_ever(void **state)
{
	struct entrain_agent *agents[2];
	int64_t booked_ns;

	(void)state;
	set_the_stage(agents, 1);
	agents[1] = join(0);
	for (int turn = 0; turn < 2; turn++)
		act_for(agents[1], 5 * WORK_NS);
	virtual_ns += PERIOD_NS;
	assert_int_equal(entrain_wait(agents[1]), 0);
	virtual_ns += 5 * WORK_NS - LIFE_MS;
	assert_int_equal(entrain_wait(agents[1]), 0);
	assert_int_equal(atomic_load(door()), virtual_ns + LIFE_MS);
	virtual_ns += LIFE_MS;
	atomic_store(door(), virtual_ns + WORK_NS);
	assert_int_equal(entrain_wait_until(agents[1], virtual_ns), ENTRAIN_TIMEOUT);
	assert_int_equal(entrain_next_turn_ns(agents[1]), virtual_ns + WORK_NS);
	/* Whoever acted for it was done sooner. */
	virtual_ns += WORK_NS;
	assert_int_equal(entrain_wait(agents[1]), 0);
	assert_int_equal(entrain_pass(agents[1]), 0);
	assert_int_equal(atomic_load(door()), virtual_ns + 5 * WORK_NS);
	virtual_ns += LIFE_MS;
	assert_int_equal(entrain_acted(agents[1], virtual_ns - LIFE_MS / 2, virtual_ns), 0);
	assert_int_equal(atomic_load(door()), virtual_ns);
	/* What is told of an action before is not of this booking. */
	atomic_store(door(), virtual_ns + WORK_NS);
	assert_int_equal(entrain_wait_until(agents[1], virtual_ns), ENTRAIN_TIMEOUT);
	booked_ns = atomic_load(door());
	virtual_ns += LIFE_MS;
	assert_int_equal(entrain_acted(agents[1], virtual_ns - LIFE_MS / 2, virtual_ns), 0);
	assert_int_equal(atomic_load(door()), booked_ns);
	end(agents, 2);
}

/* A loop that was busy when its turn came does not queue a second time. */
static void whoever_hears_late_of_its_turn_has_it_still(void **state)
{
	struct entrain_agent *agents[2];

	(void)state;
	set_the_stage(agents, 1);
	agents[1] = join(0);
	atomic_store(door(), virtual_ns + WORK_NS);
	assert_int_equal(entrain_due(agents[1]), 0);
	virtual_ns += PERIOD_NS / 2;
	atomic_store(door(), virtual_ns + WORK_NS);
	assert_int_equal(entrain_due(agents[1]), 1);
	/* now it has been told; if it asks again, there is something else to do */
	assert_int_equal(entrain_due(agents[1]), 0);
	assert_int_equal(entrain_next_turn_ns(agents[1]), virtual_ns + WORK_NS);
	end(agents, 2);
}

static void an_event_loop_asks_until_it_is_its_turn(void **state)
{
	struct entrain_agent *agent;
	struct pollfd polled = { .events = POLLIN };
	int64_t free_ns;
	int asked = 1;

	(void)state;
	create(PERIOD_NS * 10, 500000);
	agent = join(0);
	polled.fd = entrain_timerfd(agent);
	assert_true(polled.fd >= 0);
	assert_int_equal(poll(&polled, 1, 0), 0);
	atomic_store(door(), free_ns = entrain_now_ns() + LIFE_S);
	while (!entrain_due(agent)) {
		assert_int_equal(poll(&polled, 1, LIFE_PATIENCE_S * 1000), 1);
		asked++;
	}
	assert_true(entrain_now_ns() >= free_ns);
	assert_true(asked > 1 && asked < 100);
	assert_int_equal(entrain_begin(agent), 0);
	assert_int_equal(entrain_due(agent), 0);
	assert_int_equal(entrain_end(agent), 0);
	assert_int_equal(poll(&polled, 1, 0), 0);
	end(&agent, 1);
}

static void wait_long(void *context)
{
	struct entrain_agent *agent = join(0);
	const int64_t free_ns = entrain_now_ns() + 60 * LIFE_S;

	/* Who knows how long its action takes changes the word when it books. */
	for (int turn = 0; turn < 2; turn++)
		life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
	atomic_store(door(), free_ns);
	atomic_store((_Atomic int64_t *)context, free_ns);
	life_check(entrain_wait(agent) == 0);
	entrain_leave(agent);
}

static void switching_off_lets_the_waiting_go(void **state)
{
	_Atomic int64_t *free_ns = life_shared(sizeof(*free_ns));
	pid_t pid;
	int64_t off_ns;

	(void)state;
	create(PERIOD_NS * 3600, 500000);
	pid = life_fork(wait_long, free_ns);
	life_until(atomic_load(free_ns) && atomic_load(door()) > atomic_load(free_ns));
	off_ns = entrain_now_ns();
	life_mode(ENTRAIN_OFF);
	life_ended_well(pid);
	assert_true(entrain_now_ns() - off_ns < 30 * LIFE_S);
	life_remove();
}

static void child_has_no_place(void *context)
{
	struct entrain_agent *agent = context;

	life_check(entrain_next_turn_ns(agent) == INT64_MAX);
	life_check(entrain_wait(agent) == ENTRAIN_FORKED);
	life_check(entrain_rejoin(agent, NULL) == 0);
	life_check(entrain_next_turn_ns(agent) == INT64_MAX);
	atomic_store(door(), 0);
	life_check(entrain_wait(agent) == 0 && entrain_begin(agent) == 0 &&
		   entrain_end(agent) == 0);
	entrain_leave(agent);
}

static void a_child_stands_at_the_door_for_itself(void **state)
{
	struct entrain_agent *agent;
	int64_t turn_ns;

	(void)state;
	create(PERIOD_NS * 60, 500000);
	agent = join(0);
	atomic_store(door(), entrain_now_ns() + 20 * LIFE_S);
	assert_int_equal(entrain_wait_until(agent, entrain_now_ns() + 1), ENTRAIN_TIMEOUT);
	turn_ns = entrain_next_turn_ns(agent);
	life_ended_well(life_fork(child_has_no_place, agent));
	assert_true(entrain_next_turn_ns(agent) == turn_ns);
	end(&agent, 1);
}

static void who_comes_back_comes_to_the_door_again(void **state)
{
	struct entrain_agent *agent;

	(void)state;
	create(PERIOD_NS * 3600, 500000);
	agent = join(0);
	assert_int_equal(entrain_begin(agent), 0);
	assert_int_equal(entrain_end(agent), 0);
	atomic_store(door(), entrain_now_ns() + 600 * LIFE_S);
	assert_int_equal(entrain_wait_until(agent, entrain_now_ns() + 1), ENTRAIN_TIMEOUT);
	life_remove();
	create(PERIOD_NS * 3600, 500000);
	/* Here nobody is before it; its first turn is a period away, and not to be waited for. */
	assert_int_equal(entrain_wait_until(agent, entrain_now_ns() + LIFE_PATIENCE_S * LIFE_S), 0);
	assert_true(entrain_joined(agent, NULL));
	end(&agent, 1);
}

/* ---- with others ------------------------------------------------------------------------------- */

static void act_and_stay(void *context)
{
	struct entrain_agent *agent = join(0);

	life_check(entrain_wait(agent) == 0 && entrain_begin(agent) == 0);
	life_check(entrain_end(agent) == 0);
	atomic_store((_Atomic int *)context, 1);
	for (;;)
		pause();
}

/* Nobody plans by the others here, and still they free the slots of the dead. */
static void the_dead_are_noticed(void **state)
{
	_Atomic int *acted = life_shared(sizeof(*acted));
	struct entrain_agent *agent;
	pid_t pid;

	(void)state;
	create(10 * LIFE_MS, 0);
	agent = join(0);
	pid = life_fork(act_and_stay, acted);
	life_until(atomic_load(acted));
	assert_int_equal(life_occupied(), 2);
	kill(pid, SIGKILL);
	assert_true(WIFSIGNALED(life_ended(pid)));
	life_until(entrain_wait(agent) == 0 && entrain_begin(agent) == 0 &&
		   entrain_end(agent) == 0 && life_occupied() == 1);
	end(&agent, 1);
}

/* How often an agent has told of this, with that value. */
static unsigned told(struct entrain_swarm *swarm, uint32_t kind, uint32_t value)
{
	struct entrain_event events[64];
	unsigned count = 0, times = 0;

	assert_int_equal(entrain_events(swarm, events, 64, &count, NULL), 0);
	for (unsigned i = 0; i < count && i < 64; i++)
		times += events[i].kind == kind && events[i].value == value;
	return times;
}

static void goal_and_disruption_are_told_of_and_move_nobody(void **state)
{
	struct entrain_agent *agent;
	struct entrain_settings settings;
	struct entrain_status status;
	struct entrain_swarm *swarm;
	uint32_t number = 0;

	(void)state;
	create(PERIOD_NS, 0);
	agent = join(0);
	swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);
	assert_non_null(swarm);
	assert_int_equal(entrain_begin(agent), 0);
	assert_int_equal(entrain_end(agent), 0);
	assert_int_equal(entrain_disrupt(swarm, 1000000, 7, &number, NULL), 0);
	for (int turn = 0; turn < 3; turn++) {
		assert_int_equal(entrain_begin(agent), 0);
		assert_int_equal(entrain_end(agent), 0);
	}
	assert_int_equal(told(swarm, ENTRAIN_EVENT_DISRUPTED, 0), 1);
	life_status(&status);
	settings = status.settings;
	assert_int_equal(entrain_settings_set(&settings, "goal", "batch", 1, NULL), 0);
	assert_int_equal(entrain_set(swarm, &settings, NULL), 0);
	for (int turn = 0; turn < 3; turn++) {
		assert_int_equal(entrain_begin(agent), 0);
		assert_int_equal(entrain_end(agent), 0);
	}
	assert_int_equal(told(swarm, ENTRAIN_EVENT_GOAL, ENTRAIN_MINIMIZE_API_CALLS), 1);
	entrain_close(swarm);
	assert_int_equal(agent->steer.disruption, number);
	life_status(&status);
	assert_int_equal(status.disruption, number);
	assert_int_equal(status.scattered, 0);
	end(&agent, 1);
}

/* ---- a crowd ------------------------------------------------------------------------------------- */

#define CROWD 16
#define CROWD_TURNS 24
#define CROWD_WORK_NS (5 * LIFE_MS)
#define CROWD_PERIOD_NS (200 * LIFE_MS)

struct crowd {
	_Atomic int64_t go_ns;
	_Atomic int ready, number;
	_Atomic int64_t delay_most_ns;
	int64_t turn_ns[CROWD * CROWD_TURNS]; /* as it was given out */
};

static void sleep_until(int64_t instant_ns)
{
	const struct timespec until = { instant_ns / LIFE_S, instant_ns % LIFE_S };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
		;
}

/* It comes at instants of its own, the same ones in each run; whatever waits it has, it catches up with them. */
static void come_and_go(void *context)
{
	struct crowd *crowd = context;
	const int number = atomic_fetch_add(&crowd->number, 1);
	struct entrain_agent *agent = join(0);
	unsigned short seed[3] = { 17, 4, (unsigned short)number };
	int64_t come_ns;

	atomic_fetch_add(&crowd->ready, 1);
	while ((come_ns = atomic_load(&crowd->go_ns)) == 0)
		life_pause();
	for (int turn = 0; turn < CROWD_TURNS; turn++) {
		come_ns += (int64_t)(erand48(seed) * 2 * CROWD_PERIOD_NS);
		sleep_until(come_ns);
		life_check(entrain_wait(agent) == 0);
		crowd->turn_ns[number * CROWD_TURNS + turn] = entrain_next_turn_ns(agent);
		life_check(entrain_begin(agent) == 0);
		sleep_until(entrain_now_ns() + CROWD_WORK_NS);
		life_check(entrain_end(agent) == 0);
	}
	if (agent->delay_max_ns > atomic_load(&crowd->delay_most_ns))
		atomic_store(&crowd->delay_most_ns, agent->delay_max_ns);
	entrain_leave(agent);
}

/* How many turns were given out while another's action was to be in progress. (How late it was really begun, and how much longer
 * a busy machine took for it, is not the door's.) */
static unsigned overlaps_of(const struct crowd *crowd)
{
	unsigned overlaps = 0;

	for (int i = 0; i < CROWD * CROWD_TURNS; i++) {
		bool met = false;

		for (int j = 0; j < CROWD * CROWD_TURNS && !met; j++)
			met = j != i && crowd->turn_ns[j] <= crowd->turn_ns[i] &&
			      crowd->turn_ns[j] + CROWD_WORK_NS > crowd->turn_ns[i];
		overlaps += met;
	}
	return overlaps;
}

static unsigned crowd_run(uint32_t mode, int64_t *delay_most_ns)
{
	struct crowd *crowd = life_shared(sizeof(*crowd));
	pid_t pids[CROWD];

	create(CROWD_PERIOD_NS, 250000);
	life_mode(mode);
	for (int i = 0; i < CROWD; i++)
		pids[i] = life_fork(come_and_go, crowd);
	life_until(atomic_load(&crowd->ready) == CROWD);
	atomic_store(&crowd->go_ns, entrain_now_ns());
	for (int i = 0; i < CROWD; i++)
		life_ended_well(pids[i]);
	assert_int_equal(life_occupied(), 0);
	life_remove();
	*delay_most_ns = atomic_load(&crowd->delay_most_ns);
	return overlaps_of(crowd);
}

/* Sixteen processes that come at random, with actions that fill 40 % of the time: about a third of all meet somebody. */
static void a_crowd_is_kept_apart(void **state)
{
	int64_t free_ns, held_ns;
	unsigned without = crowd_run(ENTRAIN_OBSERVE, &free_ns), with;

	(void)state;
	with = crowd_run(ENTRAIN_ACT, &held_ns);
	print_message("of %d actions %u met another one, at the door %u; most delayed by %lld us\n",
		      CROWD * CROWD_TURNS, without, with, (long long)held_ns / 1000);
	assert_true(without > CROWD * CROWD_TURNS / 6);
	assert_int_equal(free_ns, 0);
	assert_true(with < without / 4);
	assert_true(held_ns > 0 && held_ns <= CROWD_PERIOD_NS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)
		TEST(each_waits_for_those_before_up_to_its_cap),
		TEST(a_place_is_kept_until_it_is_used),
		TEST(nobody_waits_for_himself),
		TEST(what_is_left_of_a_booking_is_given_back),
		TEST(who_is_not_to_act_books_nothing),
		TEST(whatever_the_door_says_nobody_waits_longer_and_it_heals),
		TEST(it_is_seen_for_what_it_is),
		TEST(a_wait_can_be_given_up),
		TEST(a_turn_is_not_kept_for_ever),
		TEST(whoever_hears_late_of_its_turn_has_it_still),
		TEST(an_event_loop_asks_until_it_is_its_turn),
		TEST(switching_off_lets_the_waiting_go),
		TEST(a_child_stands_at_the_door_for_itself),
		TEST(who_comes_back_comes_to_the_door_again),
		TEST(the_dead_are_noticed),
		TEST(goal_and_disruption_are_told_of_and_move_nobody),
		TEST(a_crowd_is_kept_apart),
	};

	return cmocka_run_group_tests_name("drifting", tests, NULL, NULL);
}
