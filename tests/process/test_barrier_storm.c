/* SPDX-License-Identifier: MIT */
/*
 * test_barrier_storm.c - many processes through many rounds while some are killed, stopped, called off, leave and come.
 *
 * Each notes in shared memory which round it passed last, before it goes on. Whoever passes round r then looks at all others
 * that are alive and have entered: they have passed r - 1 or r, and nothing else. ENTRAIN_LONG: 1,000 rounds, several times.
 */
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "life.h"

#define WORKERS 64
#define CAPACITY 80
/* No call returns later than this after its deadline, on a machine where 64 processes share 2 processors. */
#define LATE_NS (3 * LIFE_S)
#define PAUSE_MOST_US 600

enum stage { COMING, INSIDE, GOING, DONE };

struct worker {
	pid_t pid; /* the test's */
	_Atomic int stage;
	_Atomic uint64_t passed; /* while INSIDE: the last round */
	_Atomic int leave;       /* asked to */
};

static struct storm {
	_Atomic uint64_t target;
	_Atomic unsigned timeouts, cancels, leaves, fenced, rounds;
	struct worker workers[WORKERS];
} * storm;

static struct entrain_agent *agent_to_cancel;

static void on_signal(int signal)
{
	(void)signal;
	entrain_cancel(agent_to_cancel);
}

/* What holds for all others when this one has passed `round`. */
static void look_at_others(const struct worker *self, uint64_t round)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		struct worker *other = &storm->workers[i];
		uint64_t passed;

		if (other == self || other->stage != INSIDE)
			continue;
		/* Read after the stage: who is on its way in has passed nothing yet. Meanwhile it gets no further than this one. */
		passed = other->passed;
		if (passed + 1 != round && passed != round) {
			dprintf(STDERR_FILENO, "one has passed round %d while another is at %d\n",
				(int)round, (int)passed);
			life_check(false);
		}
	}
}

/* One round, however often it takes. 0: the slot was lost. */
static uint64_t pass(struct entrain_agent *agent, unsigned *seed)
{
	for (;;) {
		int64_t patience_ns = rand_r(seed) % 4 ? 10 * LIFE_S : rand_r(seed) % 3 * LIFE_MS;
		int64_t deadline_ns = entrain_now_ns() + patience_ns;
		int code = entrain_barrier_wait(agent, deadline_ns);

		life_check(entrain_now_ns() < deadline_ns + LATE_NS);
		if (code == 0)
			return tagged_value(agent->owner.barrier);
		storm->timeouts += code == ENTRAIN_TIMEOUT;
		storm->cancels += code == ENTRAIN_CANCELED;
		life_check(code != ENTRAIN_TIMEOUT || patience_ns < 10 * LIFE_S);
		if (code == ENTRAIN_NO_SWARM)
			return 0;
		life_check(code == ENTRAIN_TIMEOUT || code == ENTRAIN_CANCELED);
	}
}

static void act(unsigned *seed)
{
	struct timespec pause = { .tv_nsec = rand_r(seed) % PAUSE_MOST_US * 1000 };

	if (rand_r(seed) % 2)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

static void work(void *context)
{
	struct worker *self = context;
	struct sigaction action = { .sa_handler = on_signal };
	struct entrain_agent *agent = entrain_join(LIFE_SWARM, NULL, NULL);
	unsigned seed = (unsigned)getpid();
	uint64_t before = 0, round;

	life_check(agent != NULL);
	agent_to_cancel = agent;
	sigaction(SIGUSR1, &action, NULL);
	do {
		round = pass(agent, &seed);
		life_check(round != 0);
		/* Every round, one after the other. */
		life_check(before == 0 || round == before + 1);
		self->passed = round;
		self->stage = INSIDE;
		storm->rounds++;
		look_at_others(self, round);
		before = round;
		act(&seed);
		if (self->leave) {
			self->stage = GOING;
			self->leave = 0;
			life_check(entrain_barrier_leave(agent) == 0);
			storm->leaves++;
			act(&seed);
			before = 0;
		}
	} while (round < storm->target);
	self->stage = DONE;
	entrain_leave(agent);
}

static void start(struct worker *worker)
{
	worker->stage = COMING;
	worker->leave = 0;
	worker->pid = life_fork(work, worker);
}

/* Killed, and replaced by a newcomer. It is no survivor from before the kill on. */
static void replace(struct worker *worker, bool at_once)
{
	worker->stage = GOING;
	kill(worker->pid, SIGKILL);
	if (!at_once)
		life_pause(); /* a zombie for a while */
	swarm_child_kill(worker->pid);
	start(worker);
}

static uint64_t furthest(unsigned *done)
{
	uint64_t round = 0;

	*done = 0;
	for (unsigned i = 0; i < WORKERS; i++) {
		if (storm->workers[i].stage == INSIDE && storm->workers[i].passed > round)
			round = storm->workers[i].passed;
		*done += storm->workers[i].stage == DONE;
	}
	return round;
}

/* Until the rounds are over. Returns how many were killed. */
static unsigned disturb(uint64_t target, unsigned *seed)
{
	struct worker *stopped = NULL;
	unsigned kills = 0, done;

	for (;;) {
		struct worker *worker = &storm->workers[(unsigned)rand_r(seed) % WORKERS];
		struct timespec pause = { .tv_nsec = rand_r(seed) % 15 * LIFE_MS };

		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		if (stopped)
			kill(stopped->pid, SIGCONT);
		stopped = NULL;
		if (furthest(&done) + 20 >= target || done)
			return kills;
		switch (rand_r(seed) % 8) {
		case 0:
		case 1:
		case 2:
			replace(worker, rand_r(seed) % 2);
			kills++;
			break;
		case 3:
		case 4:
			kill(worker->pid, SIGSTOP);
			stopped = worker;
			break;
		case 5:
			worker->leave = 1;
			break;
		default:
			if (worker->stage == INSIDE) /* then it has its handler */
				kill(worker->pid, SIGUSR1);
		}
	}
}

static void run(uint64_t target)
{
	unsigned seed = (unsigned)entrain_now_ns(), kills;
	int64_t began_ns = entrain_now_ns();

	print_message("seed %u\n", seed);
	storm = life_shared(sizeof(*storm));
	storm->target = target;
	life_create(CAPACITY, LIFE_S);
	for (unsigned i = 0; i < WORKERS; i++)
		start(&storm->workers[i]);
	kills = disturb(target, &seed);
	for (unsigned i = 0; i < WORKERS; i++)
		life_ended_well(storm->workers[i].pid);
	print_message(
		"%u rounds of %u agents: %u killed, %u time-outs, %u cancels, %u leaves, %.1f s\n",
		(unsigned)target, WORKERS, kills, storm->timeouts, storm->cancels, storm->leaves,
		(double)(entrain_now_ns() - began_ns) / 1e9);
	assert_true(kills > 5 && storm->timeouts > 0);
	life_reap(&(uint32_t){ 0 }, &(uint32_t){ 0 });
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

static void every_survivor_passes_each_round(void **state)
{
	(void)state;
	if (!getenv("ENTRAIN_LONG")) {
		run(300);
		return;
	}
	for (int i = 0; i < 8; i++)
		run(1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_survivor_passes_each_round, life_setup,
						life_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
