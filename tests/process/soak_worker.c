/* SPDX-License-Identifier: MIT */
/* soak_worker.c - what the processes of the soak do by themselves, and the board on which they say where they are. */
#include "soak_worker.h"
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "agent.h"
#include "clock.h"
#include "picture_ranges.h"
#include "swarm_fixture.h"

#define TURN_MS 10000 /* a turn that does not come within this never does */

static struct soak_player *me;
static uint64_t seed;
/* What the signal handler cancels; NULL while there is none. */
static struct entrain_agent *volatile cancelable;

uint64_t soak_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t roll(uint32_t sides)
{
	return (uint32_t)(soak_next(&seed) % sides);
}

void soak_settings_live(struct entrain_settings *settings, uint64_t *state)
{
	static const uint32_t modes[] = { ENTRAIN_ACT, ENTRAIN_ACT, ENTRAIN_OBSERVE, ENTRAIN_OFF };

	settings->period_ns = (int64_t)(5 + soak_next(state) % 46) * (SOAK_PERIOD_MAX_NS / 50);
	settings->goal = 1 + (uint32_t)(soak_next(state) % (ENTRAIN_GOAL_COUNT - 1));
	settings->mode = modes[soak_next(state) % (sizeof(modes) / sizeof(modes[0]))];
	settings->max_delay_ns = 0;
	settings->max_delay_ppm = (uint32_t)(soak_next(state) % 500000);
	if (soak_next(state) % 4 == 0) {
		settings->max_delay_ppm = 0;
		settings->max_delay_ns = settings->period_ns / 3;
	}
}

const char *soak_topology(uint64_t *state)
{
	static const char *const topologies[] = { "full",   "full", "ring:2",
						  "ring:4", "star", "small-world:4:0.3" };

	return topologies[soak_next(state) % (sizeof(topologies) / sizeof(topologies[0]))];
}

void soak_settings(struct entrain_settings *settings, uint64_t *state)
{
	static const uint32_t kinds[] = { ENTRAIN_TAKEN, ENTRAIN_TAKEN, ENTRAIN_RELATIVE,
					  ENTRAIN_GRID };

	entrain_settings_init(settings);
	settings->capacity = 6 + (uint32_t)(soak_next(state) % (SOAK_CAPACITY_MAX - 5));
	snprintf(settings->topology, sizeof(settings->topology), "%s", soak_topology(state));
	settings->kind = kinds[soak_next(state) % (sizeof(kinds) / sizeof(kinds[0]))];
	soak_settings_live(settings, state);
}

bool soak_code_fits(int code)
{
	return code == ENTRAIN_OK || code == ENTRAIN_NO_SWARM || code == ENTRAIN_NOT_READY ||
	       code == ENTRAIN_HALF_MADE || code == ENTRAIN_FULL;
}

unsigned soak_count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned count = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 3; /* ., .. and the one that was open for this */
}

unsigned soak_count_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned count = 0;
	int c;

	if (!file)
		return 0;
	while ((c = getc(file)) != EOF)
		count += c == '\n';
	fclose(file);
	return count;
}

/* Leave a reason on the board and end. */
#define GIVE_UP(...) \
	do { \
		snprintf(me->failure, sizeof(me->failure), __VA_ARGS__); \
		_exit(2); \
	} while (0)

#define REQUIRE(condition) \
	do { \
		if (!(condition)) \
			GIVE_UP("line %d: %s", __LINE__, #condition); \
	} while (0)

static void phase_set(enum soak_phase phase)
{
	if (phase != SOAK_STEADY)
		atomic_store(&me->slot, 0);
	atomic_store(&me->phase, phase);
}

static void step_done(void)
{
	atomic_fetch_add(&me->progress, 1);
}

/* The pace of a player, not a wait for anything. */
static void pause_us(uint32_t us)
{
	const struct timespec pause = { .tv_nsec = (long)us * 1000 };

	nanosleep(&pause, NULL);
}

static void player_begin(const struct soak_self *self)
{
	me = &self->board->players[self->which];
	me->failure[0] = '\0';
	phase_set(SOAK_OUTSIDE);
	seed = self->board->seed ^ (uint64_t)self->which << 40 ^ (uint64_t)self->life << 8;
	soak_next(&seed);
}

/* ---- a worker -------------------------------------------------------------------------- */

static void on_cancel(int signal)
{
	struct entrain_agent *agent = cancelable;

	(void)signal;
	if (agent)
		entrain_cancel(agent);
}

static struct entrain_agent *come_in(void)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_settings settings;
	struct entrain_error error = { 0 };
	struct entrain_agent *agent;

	soak_settings(&settings, &seed);
	settings.capacity = SOAK_CAPACITY_MAX;
	options.name = "soak";
	options.label = roll(2) ? "wet" : NULL;
	options.settings = &settings;
	options.flags = roll(8) ? 0 : ENTRAIN_CREATE;
	options.max_delay_ppm = roll(4) ? 0 : 1 + roll(500000);
	options.period_ns = roll(16) ? 0 : (int64_t)(5 + roll(40)) * 1000000;
	agent = entrain_join(SOAK_NAME, &options, &error);
	if (!agent && !soak_code_fits(error.code))
		GIVE_UP("join: %s %s: %s (%s)", error.what, error.object, error.why,
			entrain_code_text(error.code));
	return agent;
}

/* With a timerfd: until entrain_due() says so. */
static int wait_by_timer(struct entrain_agent *agent)
{
	struct pollfd timer = { .fd = entrain_timerfd(agent), .events = POLLIN };

	REQUIRE(timer.fd >= 0);
	for (;;) {
		int ready = poll(&timer, 1, TURN_MS);

		if (ready < 0 && errno == EINTR)
			continue;
		REQUIRE(ready == 1);
		if (entrain_due(agent))
			return 0;
		step_done();
	}
}

static int wait_somehow(struct entrain_agent *agent)
{
	int code;

	switch (roll(8)) {
	case 0:
		code = entrain_wait_until(agent, entrain_now_ns() + (int64_t)roll(10000) * 1000);
		REQUIRE(code == 0 || code == ENTRAIN_TIMEOUT || code == ENTRAIN_CANCELED);
		return code;
	case 1:
		return wait_by_timer(agent);
	default:
		code = entrain_wait(agent);
		REQUIRE(code == 0 || code == ENTRAIN_CANCELED);
		atomic_fetch_add(&me->cancels, code == ENTRAIN_CANCELED);
		return code;
	}
}

/* Its next turn is a turn: within a period, one more for a turn left out, the most it may be delayed, and what was left
 * of a delay by an earlier period. */
static bool turn_fits(const struct entrain_agent *agent)
{
	int64_t ahead_ns = entrain_next_turn_ns(agent) - entrain_now_ns();
	int64_t cap_ns = settings_cap_ns(&agent->settings, agent->period_ns, agent->max_delay_ns,
					 agent->max_delay_ppm);

	return ahead_ns <= 2 * agent->period_ns + cap_ns + SOAK_PERIOD_MAX_NS;
}

static void act(struct entrain_agent *agent)
{
	struct entrain_measure measure = ENTRAIN_MEASURE;
	int code;

	REQUIRE(entrain_begin(agent) == 0);
	if (roll(2))
		pause_us(roll(4) ? roll(300) : roll(5000));
	REQUIRE(entrain_end(agent) == 0);
	REQUIRE(turn_fits(agent));
	if (roll(16) == 0)
		REQUIRE(entrain_label(agent, "wetter") == 0);
	if (roll(4) == 0) {
		code = entrain_measure(agent, &measure);
		REQUIRE(code == 0 || code == ENTRAIN_NO_SWARM);
		REQUIRE(code || picture_measure_fits(&measure, ENTRAIN_CAPACITY_MAX));
	}
}

/* Some rounds, or as much of one as there is time for; then out of it again, or not. */
static void take_part(struct entrain_agent *agent)
{
	phase_set(SOAK_BARRIER);
	for (uint32_t rounds = 1 + roll(8); rounds > 0; rounds--) {
		int64_t deadline_ns = entrain_now_ns() + (int64_t)roll(30000) * 1000;
		int code = entrain_barrier_wait(agent, deadline_ns);

		REQUIRE(code == 0 || code == ENTRAIN_TIMEOUT || code == ENTRAIN_CANCELED ||
			code == ENTRAIN_NO_SWARM);
		atomic_fetch_add(&me->rounds, code == 0);
		step_done();
	}
	if (roll(4))
		REQUIRE(entrain_barrier_leave(agent) == 0);
}

static void take_turn(struct entrain_agent *agent)
{
	enum entrain_code why;
	int code;

	phase_set(SOAK_WAIT);
	code = wait_somehow(agent);
	step_done();
	if (code)
		return;
	if (entrain_joined(agent, &why)) {
		atomic_store(&me->creation, agent->mapping->segment.creation_id);
		atomic_store(&me->slot, agent->index + 1);
	} else if (!soak_code_fits(why)) {
		GIVE_UP("not joined any more: %s", entrain_code_text(why));
	}
	phase_set(SOAK_STEADY);
	act(agent);
	atomic_fetch_add(&me->turns, 1);
	step_done();
}

/* The inherited handle is refused, made its own, used, and given up or not. */
static void child_live(struct soak_board *board, struct entrain_agent *agent, pid_t parent)
{
	uint32_t place = atomic_fetch_add(&board->children_count, 1) % SOAK_CHILDREN;
	struct entrain_error error = { 0 };
	int code;

	atomic_store(&board->children[place], (uint32_t)getpid());
	cancelable = NULL;
	swarm_child_tie(parent);
	soak_next(&seed);
	REQUIRE(entrain_wait(agent) == ENTRAIN_FORKED);
	REQUIRE(entrain_begin(agent) == ENTRAIN_FORKED);
	REQUIRE(entrain_next_turn_ns(agent) == INT64_MAX);
	code = entrain_rejoin(agent, &error);
	if (!soak_code_fits(code))
		GIVE_UP("rejoin: %s: %s", error.object, error.why);
	for (uint32_t turns = roll(4); turns > 0; turns--) {
		REQUIRE(wait_somehow(agent) != ENTRAIN_FORKED);
		act(agent);
		step_done();
	}
	if (roll(2))
		entrain_leave(agent);
	_exit(0);
}

static void have_child(struct soak_board *board, struct entrain_agent *agent)
{
	int status = 0;
	pid_t parent = getpid(), child;

	phase_set(SOAK_FORK);
	child = fork();
	REQUIRE(child >= 0);
	if (child == 0)
		child_live(board, agent, parent);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	REQUIRE(WIFEXITED(status));
	if (WEXITSTATUS(status))
		_exit(2); /* it has said why */
	atomic_fetch_add(&me->forks, 1);
	step_done();
}

static void stay_once(struct soak_board *board)
{
	uint32_t turns = 1 + roll(30);
	struct entrain_agent *agent;

	phase_set(SOAK_JOIN);
	agent = come_in();
	step_done();
	if (!agent) {
		phase_set(SOAK_OUTSIDE);
		pause_us(2000);
		return;
	}
	atomic_fetch_add(&me->joins, 1);
	cancelable = agent;
	for (; !board->stop && (turns > 0 || board->calm); turns -= turns > 0) {
		take_turn(agent);
		if (roll(8) == 0)
			take_part(agent);
		if (roll(16) == 0)
			REQUIRE(entrain_quiesce(agent) == 0);
	}
	if (!board->calm && !board->stop && roll(12) == 0)
		have_child(board, agent);
	if (!board->calm && !board->stop && roll(10) == 0)
		_exit(SOAK_SUDDEN);
	phase_set(SOAK_LEAVE);
	cancelable = NULL;
	entrain_leave(agent);
	phase_set(SOAK_OUTSIDE);
}

int soak_work(void *context)
{
	const struct soak_self *self = context;
	struct soak_board *board = self->board;
	struct sigaction cancel = { .sa_handler = on_cancel };
	unsigned descriptors;

	player_begin(self);
	sigaction(SIGUSR1, &cancel, NULL);
	descriptors = soak_count_entries("/proc/self/fd");
	while (!board->stop)
		stay_once(board);
	REQUIRE(soak_count_entries("/proc/self/fd") == descriptors);
	return 0;
}

/* ---- those who look, and those who change ------------------------------------------------- */

static void look(struct entrain_swarm *swarm, const struct soak_board *board)
{
	struct entrain_agent_info agents[SOAK_CAPACITY_MAX];

	struct entrain_event events[16];
	unsigned count;

	for (uint32_t looks = 1 + roll(20); looks > 0 && !board->hands_off; looks--) {
		struct entrain_status status = ENTRAIN_STATUS;
		struct entrain_error error = { 0 };
		int code = entrain_status(swarm, &status, agents, SOAK_CAPACITY_MAX, &error);

		if (!soak_code_fits(code))
			GIVE_UP("status: %s: %s", error.object, error.why);
		if (code)
			return;
		REQUIRE(picture_fits(&status, agents, SOAK_CAPACITY_MAX));
		code = roll(4) ? 0 : entrain_events(swarm, events, 16, &count, &error);
		REQUIRE(soak_code_fits(code));
		atomic_fetch_add(&me->looks, 1);
		step_done();
		pause_us(roll(3000));
	}
}

static void count_name(const char *name, void *context)
{
	REQUIRE(strcmp(name, SOAK_NAME) == 0);
	++*(unsigned *)context;
}

int soak_read(void *context)
{
	const struct soak_self *self = context;
	const struct soak_board *board = self->board;
	unsigned descriptors;

	player_begin(self);
	descriptors = soak_count_entries("/proc/self/fd");
	while (!board->hands_off) {
		struct entrain_error error = { 0 };
		struct entrain_swarm *swarm = entrain_open(NULL, SOAK_NAME, ENTRAIN_READ, &error);
		unsigned names = 0;
		int code;

		if (!swarm && !soak_code_fits(error.code))
			GIVE_UP("open: %s: %s", error.object, error.why);
		if (swarm)
			look(swarm, board);
		entrain_close(swarm);
		REQUIRE(entrain_list(NULL, count_name, &names, NULL) == 0 && names <= 1);
		code = entrain_check(NULL, SOAK_NAME, 0, NULL, NULL, &error);
		REQUIRE(soak_code_fits(code) || code == ENTRAIN_UNSOUND);
		step_done();
		pause_us(roll(5000));
	}
	REQUIRE(soak_count_entries("/proc/self/fd") == descriptors);
	return 0;
}

/* The swarm may have grown since: then it is told so. */
static int resize_somehow(struct entrain_swarm *swarm, const struct entrain_status *before,
			  struct entrain_error *error)
{
	uint32_t capacity = roll(2) ? 0 : before->capacity + roll(3);
	struct entrain_status after = ENTRAIN_STATUS;
	int code;

	if (capacity > SOAK_CAPACITY_MAX)
		capacity = SOAK_CAPACITY_MAX;
	code = entrain_resize(swarm, capacity, roll(4) ? soak_topology(&seed) : NULL, error);
	atomic_fetch_add(&me->resizes, code == 0);
	if (code != ENTRAIN_USAGE)
		return code;
	code = entrain_status(swarm, &after, NULL, 0, error);
	REQUIRE(code || after.capacity > capacity);
	return code;
}

static int disrupt_somehow(struct entrain_swarm *swarm, struct entrain_error *error)
{
	int code = entrain_disrupt(swarm, 1 + roll(1000000), roll(UINT32_MAX), NULL, error);

	atomic_fetch_add(&me->disruptions, code == 0);
	return code;
}

static int set_somehow(struct entrain_swarm *swarm, struct entrain_status *status,
		       struct entrain_error *error)
{
	int code;

	soak_settings_live(&status->settings, &seed);
	code = entrain_set(swarm, &status->settings, error);
	/* Grown in the meantime, and so not as it was read. */
	if (code == ENTRAIN_USAGE) {
		uint32_t capacity = status->settings.capacity;

		code = entrain_status(swarm, status, NULL, 0, error);
		REQUIRE(code || status->capacity > capacity);
	}
	atomic_fetch_add(&me->sets, code == 0);
	return code;
}

static int change_somehow(struct entrain_swarm *swarm, struct entrain_status *status,
			  struct entrain_error *error)
{
	switch (roll(4)) {
	case 0:
	case 1:
		return resize_somehow(swarm, status, error);
	case 2:
		return disrupt_somehow(swarm, error);
	default:
		return set_somehow(swarm, status, error);
	}
}

int soak_administer(void *context)
{
	const struct soak_self *self = context;
	const struct soak_board *board = self->board;
	unsigned descriptors;

	player_begin(self);
	descriptors = soak_count_entries("/proc/self/fd");
	while (!board->hands_off) {
		struct entrain_error error = { 0 };
		struct entrain_status status = ENTRAIN_STATUS;
		struct entrain_swarm *swarm = entrain_open(NULL, SOAK_NAME, ENTRAIN_ADMIN, &error);
		uint32_t released = 0, unproven = 0;
		int code = error.code;

		if (swarm)
			code = entrain_status(swarm, &status, NULL, 0, &error);
		if (swarm && !code)
			code = change_somehow(swarm, &status, &error);
		if (swarm && soak_code_fits(code) && roll(4) == 0)
			code = entrain_reap(swarm, &released, &unproven, &error);
		REQUIRE(released <= SOAK_CAPACITY_MAX && unproven <= SOAK_CAPACITY_MAX);
		entrain_close(swarm);
		if (!soak_code_fits(code))
			GIVE_UP("administer: %s %s: %s", error.what, error.object, error.why);
		step_done();
		pause_us(roll(20000));
	}
	REQUIRE(soak_count_entries("/proc/self/fd") == descriptors);
	return 0;
}
