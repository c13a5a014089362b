/* SPDX-License-Identifier: MIT */
/* test_segment_storms.c - many at once, objects that vanish or shrink in use, and images of garbage: nobody crashes. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "agent.h"
#include "clock.h"
#include "segment_forge.h"
#include "swarm.h"
#include "swarm_fixture.h"

#define NAME "stormy"
#define JOINERS 64
#define RUNNERS 4
#define RUN_PERIOD_NS INT64_C(10000000)
#define LOOK_TURNS 8 /* how often an agent looks for its objects, agent_join.c */
#define CHILD_MS 20000

/* Shared by the test and its children. */
static struct board {
	_Atomic uint32_t ready, go, leave;
	_Atomic uint32_t slot[JOINERS]; /* 1 + index */
	_Atomic uint64_t creation[JOINERS];
	_Atomic uint32_t turns[RUNNERS], joined[RUNNERS], why[RUNNERS];
	_Atomic uint32_t joined_at[RUNNERS]; /* turns when it came into the present swarm */
} * board;

static int board_setup(void **state)
{
	memset(board, 0, sizeof(*board));
	return swarm_fixture_setup(state);
}

static bool flag_set(void *context)
{
	return atomic_load((_Atomic uint32_t *)context) != 0;
}

static bool all_ready(void *context)
{
	return atomic_load(&board->ready) >= *(uint32_t *)context;
}

/* ---- everybody creates at once ------------------------------------------------------------ */

static int join_and_hold(void *context)
{
	uint32_t which = *(uint32_t *)context;
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_settings settings;
	struct entrain_agent *agent;

	entrain_settings_init(&settings);
	settings.capacity = JOINERS;
	options.settings = &settings;
	options.flags = ENTRAIN_CREATE;
	options.ready_timeout_ns = INT64_C(10000000000);
	atomic_fetch_add(&board->ready, 1);
	while (!atomic_load(&board->go)) /* all start from here, as near to each other as can be */
		sched_yield();
	agent = entrain_join(NAME, &options, NULL);
	if (!agent)
		return 1;
	atomic_store(&board->creation[which], agent->mapping->segment.creation_id);
	atomic_store(&board->slot[which], agent->index + 1);
	if (!swarm_until(flag_set, &board->leave, CHILD_MS))
		return 2;
	entrain_leave(agent);
	return 0;
}

static bool all_have_slots(void *context)
{
	(void)context;
	for (int i = 0; i < JOINERS; i++)
		if (!atomic_load(&board->slot[i]))
			return false;
	return true;
}

static void creating_at_once_makes_one_swarm(void **state)
{
	uint32_t joiners = JOINERS;
	pid_t pids[JOINERS];
	bool seen[JOINERS] = { false };

	(void)state;
	for (uint32_t i = 0; i < JOINERS; i++)
		pids[i] = swarm_child_start(join_and_hold, &i);
	assert_true(swarm_until(all_ready, &joiners, CHILD_MS));
	atomic_store(&board->go, 1);
	assert_true(swarm_until(all_have_slots, NULL, CHILD_MS));
	for (int i = 0; i < JOINERS; i++) {
		uint32_t index = board->slot[i] - 1;

		assert_true(index < JOINERS && !seen[index]);
		seen[index] = true;
		assert_true(board->creation[i] == board->creation[0]);
	}
	assert_int_equal(swarm_fixture_files(), 2);
	atomic_store(&board->leave, 1);
	for (int i = 0; i < JOINERS; i++)
		assert_int_equal(swarm_child_result(pids[i], CHILD_MS), 0);
	assert_int_equal(entrain_check(NULL, NAME, 0, NULL, NULL, NULL), 0);
	assert_int_equal(entrain_remove(NULL, NAME, 1, NULL), 0);
	assert_int_equal(swarm_fixture_files(), 0);
}

/* ---- agents whose swarm goes away ---------------------------------------------------------- */

static int run_turns(void *context)
{
	uint32_t which = *(uint32_t *)context;
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_agent *agent = entrain_join(NAME, &options, NULL);
	uint64_t creation = 0;

	if (!agent)
		return 1;
	while (!atomic_load(&board->leave)) {
		enum entrain_code why;

		if (entrain_wait(agent) != 0)
			return 2;
		entrain_begin(agent);
		entrain_end(agent);
		atomic_fetch_add(&board->turns[which], 1);
		atomic_store(&board->joined[which], (uint32_t)entrain_joined(agent, &why));
		atomic_store(&board->why[which], (uint32_t)why);
		if (agent->joined && agent->mapping->segment.creation_id != creation) {
			creation = agent->mapping->segment.creation_id;
			atomic_store(&board->joined_at[which], atomic_load(&board->turns[which]));
			atomic_store(&board->creation[which], creation);
		}
	}
	entrain_leave(agent);
	return 0;
}

static void runners_start(pid_t pids[RUNNERS])
{
	for (uint32_t i = 0; i < RUNNERS; i++)
		pids[i] = swarm_child_start(run_turns, &i);
}

static void runners_end(const pid_t pids[RUNNERS])
{
	atomic_store(&board->leave, 1);
	for (int i = 0; i < RUNNERS; i++)
		assert_int_equal(swarm_child_result(pids[i], CHILD_MS), 0);
}

/* Which swarm all should be in; 0: in none. */
static uint64_t creation_present(void)
{
	struct segment_place place = forge_place(NAME);
	uint64_t creation = 0;
	int fd = open(place.control, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	assert_int_equal(
		pread(fd, &creation, sizeof(creation), offsetof(struct shm_header, creation_id)),
		sizeof(creation));
	close(fd);
	return creation;
}

static bool all_in(void *context)
{
	uint64_t creation = *(uint64_t *)context;

	for (int i = 0; i < RUNNERS; i++)
		if (!atomic_load(&board->joined[i]) || atomic_load(&board->creation[i]) != creation)
			return false;
	return true;
}

static bool all_out(void *context)
{
	(void)context;
	for (int i = 0; i < RUNNERS; i++)
		if (atomic_load(&board->joined[i]))
			return false;
	return true;
}

struct turns_goal {
	uint32_t from[RUNNERS], turns;
};

static struct turns_goal goal_of(uint32_t turns)
{
	struct turns_goal goal = { .turns = turns };

	for (int i = 0; i < RUNNERS; i++)
		goal.from[i] = atomic_load(&board->turns[i]);
	return goal;
}

static bool all_turned(void *context)
{
	const struct turns_goal *goal = context;

	for (int i = 0; i < RUNNERS; i++)
		if (atomic_load(&board->turns[i]) - goal->from[i] < goal->turns)
			return false;
	return true;
}

static void assert_all_in_present(void)
{
	uint64_t creation = creation_present();
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_swarm *swarm;

	assert_true(creation != 0);
	assert_true(swarm_until(all_in, &creation, CHILD_MS));
	swarm = entrain_open(NULL, NAME, ENTRAIN_READ, NULL);
	assert_non_null(swarm);
	assert_int_equal(entrain_status(swarm, &status, NULL, 0, NULL), 0);
	assert_int_equal(status.agents, RUNNERS);
	entrain_close(swarm);
}

/* Somebody unlinks the objects behind everybody's back (systemd's RemoveIPC) and they are made again. */
static void recreated_swarm_is_joined_within_eight_turns(void **state)
{
	struct turns_goal before;
	pid_t pids[RUNNERS];

	(void)state;
	forge_swarm(NAME, RUN_PERIOD_NS);
	runners_start(pids);
	assert_all_in_present();
	before = goal_of(0);
	forge_clear(NAME);
	forge_swarm(NAME, RUN_PERIOD_NS);
	assert_all_in_present();
	/* Beyond the eight: the turn in which it joins, and one under way while we counted. */
	for (int i = 0; i < RUNNERS; i++)
		assert_in_range(board->joined_at[i] - before.from[i], 1, LOOK_TURNS + 2);
	runners_end(pids);
}

static void removed_swarm_leaves_agents_their_period(void **state)
{
	struct turns_goal goal;
	int64_t start_ns, took_ns;
	pid_t pids[RUNNERS];

	(void)state;
	forge_swarm(NAME, RUN_PERIOD_NS);
	runners_start(pids);
	assert_all_in_present();
	assert_int_equal(entrain_remove(NULL, NAME, 1, NULL), ENTRAIN_NOT_EMPTY);
	assert_int_equal(entrain_remove(NULL, NAME, 0, NULL), 0);
	assert_int_equal(swarm_fixture_files(), 0);
	assert_true(swarm_until(all_out, NULL, CHILD_MS));
	goal = goal_of(10);
	start_ns = entrain_now_ns();
	assert_true(swarm_until(all_turned, &goal, CHILD_MS));
	took_ns = entrain_now_ns() - start_ns;
	/* Nobody spins: so many turns take that long, but for the one under way and one delayed before. */
	for (int i = 0; i < RUNNERS; i++) {
		int64_t turns = (int64_t)atomic_load(&board->turns[i]) - goal.from[i];

		assert_true((turns - 2) * RUN_PERIOD_NS <= took_ns + RUN_PERIOD_NS);
		assert_int_equal(board->why[i], ENTRAIN_NO_SWARM);
	}
	assert_int_equal(swarm_fixture_files(), 0);
	forge_swarm(NAME, RUN_PERIOD_NS);
	assert_all_in_present();
	runners_end(pids);
	assert_int_equal(entrain_remove(NULL, NAME, 1, NULL), 0);
}

/* ---- objects cut short under a reader ------------------------------------------------------ */

static int look_again_and_again(void *context)
{
	struct entrain_swarm *swarm = entrain_open(NULL, NAME, ENTRAIN_READ, NULL);
	struct entrain_agent_info agents[8];
	uint32_t sound = 0, refused = 0;

	(void)context;
	if (!swarm)
		return 1;
	atomic_store(&board->ready, 1);
	while (!atomic_load(&board->leave)) {
		struct entrain_status status = ENTRAIN_STATUS;
		struct entrain_error error;
		int code = entrain_status(swarm, &status, agents, 8, &error);

		if (code && (code != (int)error.code || !error.why[0]))
			return 2;
		sound += code == 0;
		refused += code != 0;
	}
	entrain_close(swarm);
	/* A storm in which it saw but one kind of weather was none. */
	return sound && refused ? 0 : 3;
}

static void whole_read(const char *path, char *bytes, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_int_equal(read(fd, bytes, size), size);
	close(fd);
}

static void truncation_storm_gives_errors_only(void **state)
{
	static char control[SHM_CONTROL_SIZE], agents[SHM_AGENTS_SIZE(8)];
	struct segment_place place = forge_place(NAME);
	int64_t end_ns = entrain_now_ns() + 300000000;
	uint32_t one = 1;
	pid_t looker;

	(void)state;
	srandom(20240817);
	forge_swarm(NAME, RUN_PERIOD_NS);
	whole_read(place.control, control, sizeof(control));
	whole_read(place.agents, agents, sizeof(agents));
	looker = swarm_child_start(look_again_and_again, NULL);
	assert_true(swarm_until(all_ready, &one, CHILD_MS));
	while (entrain_now_ns() < end_ns) {
		assert_int_equal(truncate(place.agents, random() % (long)sizeof(agents)), 0);
		assert_int_equal(truncate(place.control, random() % (long)sizeof(control)), 0);
		sched_yield();
		forge_patch(place.agents, 0, agents, sizeof(agents));
		forge_patch(place.control, 0, control, sizeof(control));
		sched_yield();
	}
	atomic_store(&board->leave, 1);
	assert_int_equal(swarm_child_result(looker, CHILD_MS), 0);
}

/* ---- images of garbage --------------------------------------------------------------------- */

/* Say which of the ranges it was. */
#define FITS(condition) ((condition) ? true : (print_error("not so: %s\n", #condition), false))

#define FUZZ_ROUNDS 2000
#define FUZZ_BATCH 200
#define FUZZ_CAPACITY 8
#define FUZZ_SIZE (SHM_CONTROL_SIZE + SHM_AGENTS_SIZE(FUZZ_CAPACITY))

static char sound_image[FUZZ_SIZE], image[FUZZ_SIZE];
static int64_t fuzz_now_ns, fuzz_step_ns;

/* Waiting for what is not ready ends at the first look. */
static int64_t fuzz_clock(void)
{
	return fuzz_now_ns += fuzz_step_ns;
}

static uint64_t fuzz_next(uint64_t *seed)
{
	/* splitmix64 (Steele, Lea, Flood 2014) */
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t word_of_interest(uint64_t *seed)
{
	static const uint64_t words[] = { 0,
					  1,
					  2,
					  255,
					  65536,
					  UINT32_MAX,
					  INT64_MAX,
					  UINT64_MAX,
					  (uint64_t)INT64_MIN,
					  SHM_VALUE_MAX };
	uint64_t which = fuzz_next(seed) % (sizeof(words) / sizeof(words[0]) + 2);

	return which < sizeof(words) / sizeof(words[0]) ? words[which] : fuzz_next(seed);
}

/* Spoil some of it: settings and slots mostly, headers seldom, since those stop all that follows. */
static void image_spoil(uint64_t *seed)
{
	static const struct {
		size_t from, size;
	} parts[] = {
		{ 256, sizeof(struct shm_settings) },
		{ SHM_CONTROL_SIZE + offsetof(struct shm_agents, occupied), 16 },
		{ SHM_CONTROL_SIZE + SHM_AGENTS_OFFSET, FUZZ_CAPACITY * SHM_SLOT_SIZE },
		{ SHM_CONTROL_SIZE + SHM_AGENTS_OFFSET, FUZZ_CAPACITY * SHM_SLOT_SIZE },
		{ 0, sizeof(struct shm_header) },
		{ SHM_CONTROL_SIZE, sizeof(struct shm_header) },
	};
	uint64_t kind = fuzz_next(seed) % 16;
	unsigned changes = (unsigned)(fuzz_next(seed) % 40);

	memcpy(image, sound_image, sizeof(image));
	if (kind == 0) {
		for (size_t i = 0; i < FUZZ_SIZE; i++)
			image[i] = (char)fuzz_next(seed);
		return;
	}
	for (unsigned i = 0; i < changes; i++) {
		size_t part = fuzz_next(seed) % (kind == 1 ? 6 : kind < 6 ? 4 : 1);
		uint64_t word = word_of_interest(seed), at;

		part = kind >= 6 ? 2 : part;
		at = parts[part].from + (fuzz_next(seed) % parts[part].size & ~UINT64_C(7));
		if (fuzz_next(seed) & 1)
			memcpy(image + at, &word, sizeof(word));
		else
			image[at + fuzz_next(seed) % 8] ^= (char)(1 << fuzz_next(seed) % 8);
	}
}

static bool share_fits(double value)
{
	return value >= 0 && value <= 1;
}

static bool text_fits(const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size && text[i]; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return i < size;
}

static bool info_fits(const struct entrain_agent_info *info)
{
	return FITS(info->slot < FUZZ_CAPACITY) && FITS(info->pid > 0) &&
	       FITS(info->pid <= SHM_PID_MAX) && FITS(info->state <= ENTRAIN_DEAD) &&
	       FITS(info->off_beat <= 1) && FITS(info->implausible <= 1) &&
	       FITS(text_fits(info->name, sizeof(info->name))) &&
	       FITS(text_fits(info->label, sizeof(info->label))) && FITS(info->phase >= 0) &&
	       FITS(info->phase < 1) && FITS(share_fits(info->energy / 100)) &&
	       FITS(info->period_ns >= 0) && FITS(info->action_last_ns >= 0) &&
	       FITS(info->action_mean_ns >= 0) && FITS(info->delay_last_ns >= 0) &&
	       FITS(info->delay_max_ns >= 0) && FITS(info->delay_total_ns >= 0) &&
	       FITS(info->lateness_ns >= 0);
}

static bool measure_fits(const struct entrain_measure *measure)
{
	uint32_t all = measure->agents_alive + measure->agents_stale + measure->agents_dead;

	for (int i = 0; i < 4; i++)
		if (!FITS(share_fits(measure->order_parameters[i])))
			return false;
	return FITS(all <= FUZZ_CAPACITY) && FITS(measure->agents_off_beat <= FUZZ_CAPACITY) &&
	       FITS(measure->agents_implausible <= FUZZ_CAPACITY) &&
	       FITS(measure->converged <= 1) && FITS(share_fits(measure->coherence)) &&
	       FITS(share_fits(measure->evenness)) && FITS(share_fits(measure->evenness_actual)) &&
	       FITS(isfinite(measure->min_gap) && measure->min_gap >= 0) &&
	       FITS(isfinite(measure->max_gap) && measure->max_gap >= 0) &&
	       FITS(isfinite(measure->value)) && FITS(isfinite(measure->target)) &&
	       FITS(measure->goal < ENTRAIN_GOAL_COUNT) && FITS(measure->mode <= ENTRAIN_OFF);
}

/* entrain_reap() but for the second that it waits where claims are not dated, as they often are in garbage. */
static void reap_without_waiting(struct entrain_swarm *swarm, uint32_t capacity)
{
	const struct roster roster = { swarm->segment.agents, swarm->segment.slots, capacity };
	struct undated undated = { 0 };
	uint32_t released = 0, unproven = 0;

	roster_reap(&roster, &swarm->self, entrain_now_ns(), &released, &unproven);
	roster_reap_undated(&roster, &undated);
	roster_reap_undated(&roster, &undated);
}

/* Look as `entrainctl` does. False: a value that cannot be. */
static bool look(unsigned flags)
{
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_agent_info agents[FUZZ_CAPACITY];
	struct entrain_swarm *swarm = entrain_open(NULL, NAME, flags, NULL);
	bool fits = true;

	if (!swarm)
		return true;
	if (entrain_status(swarm, &status, agents, FUZZ_CAPACITY, NULL) == 0) {
		fits = FITS(status.capacity <= FUZZ_CAPACITY) &&
		       FITS(status.agents <= status.capacity) &&
		       FITS(status.acknowledged <= status.agents) &&
		       measure_fits(&status.measure) && FITS(status.settings.access <= 0777) &&
		       FITS(settings_valid(&status.settings));
		for (uint32_t i = 0; i < status.agents && i < FUZZ_CAPACITY; i++)
			fits = fits && info_fits(&agents[i]);
	}
	if (flags & ENTRAIN_ADMIN && status.capacity <= FUZZ_CAPACITY)
		reap_without_waiting(swarm, status.capacity);
	entrain_close(swarm);
	return fits;
}

/* Its next turn is a turn: within a period, one more for a turn left out, and the most it may be delayed. */
static bool turn_fits(const struct entrain_agent *agent)
{
	int64_t ahead_ns = entrain_next_turn_ns(agent) - fuzz_now_ns;
	int64_t longest_ns =
		2 * agent->period_ns + settings_cap_ns(&agent->settings, agent->period_ns, 0, 0);

	return FITS(ahead_ns >= -agent->period_ns) && FITS(ahead_ns <= longest_ns);
}

/* Take part. False: a turn or a measure that cannot be. */
static bool take_part(void)
{
	struct entrain_measure measure = ENTRAIN_MEASURE;
	struct entrain_agent *agent = entrain_join(NAME, NULL, NULL);
	bool fits = true;

	fuzz_step_ns = 0;
	for (int i = 0; agent && i < 3; i++) {
		entrain_begin(agent);
		fuzz_now_ns += 1000;
		entrain_end(agent);
		fits = fits && turn_fits(agent) &&
		       (entrain_measure(agent, &measure) || measure_fits(&measure));
		fuzz_now_ns = entrain_next_turn_ns(agent);
	}
	entrain_leave(agent);
	return fits;
}

static int fuzz_batch(void *context)
{
	uint64_t first = *(uint64_t *)context;
	struct segment_place place = forge_place(NAME);

	clock_source = fuzz_clock;
	for (uint64_t round = first; round < first + FUZZ_BATCH; round++) {
		uint64_t seed = round;
		bool fits;

		board->creation[0] = round;
		image_spoil(&seed);
		forge_clear(NAME);
		forge_file(place.control, image, SHM_CONTROL_SIZE);
		forge_file(place.agents, image + SHM_CONTROL_SIZE, FUZZ_SIZE - SHM_CONTROL_SIZE);
		fuzz_step_ns = 2000000000;
		fits = look(ENTRAIN_READ);
		board->creation[1] = 1;
		entrain_check(NULL, NAME, round & 1, NULL, NULL, NULL);
		if (round & 2)
			fits = fits && look(ENTRAIN_ADMIN);
		board->creation[1] = 2;
		fuzz_step_ns = 2000000000;
		fits = fits && take_part();
		board->creation[1] = 0;
		if (!fits)
			return 1;
	}
	return 0;
}

static void image_take(void)
{
	struct segment_place place = forge_place(NAME);

	whole_read(place.control, sound_image, SHM_CONTROL_SIZE);
	whole_read(place.agents, sound_image + SHM_CONTROL_SIZE, FUZZ_SIZE - SHM_CONTROL_SIZE);
}

static void garbage_images_crash_nobody(void **state)
{
	const char *how = getenv("ENTRAIN_SWEEP");
	uint64_t rounds = how && strcmp(how, "full") == 0 ? 20 * FUZZ_ROUNDS : FUZZ_ROUNDS;
	struct entrain_agent *agents[5];

	(void)state;
	/* Pids and start times apart, the same seed makes the same image on every run. */
	fuzz_now_ns = INT64_C(123456789000000);
	clock_source = fuzz_clock;
	forge_swarm(NAME, RUN_PERIOD_NS);
	for (int i = 0; i < 5; i++) {
		fuzz_now_ns += 1234567;
		agents[i] = entrain_join(NAME, NULL, NULL);
		entrain_begin(agents[i]);
		entrain_end(agents[i]);
	}
	image_take();
	for (uint64_t round = 0; round < rounds; round += FUZZ_BATCH) {
		pid_t batch = swarm_child_start(fuzz_batch, &round);
		int status = swarm_child_end(batch, CHILD_MS);

		if (status != 0)
			fail_msg("seed %llu, step %llu: status %#x",
				 (unsigned long long)board->creation[0],
				 (unsigned long long)board->creation[1], (unsigned)status);
	}
	for (int i = 0; i < 5; i++)
		entrain_leave(agents[i]);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, board_setup, swarm_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(creating_at_once_makes_one_swarm),
		TEST(recreated_swarm_is_joined_within_eight_turns),
		TEST(removed_swarm_leaves_agents_their_period),
		TEST(truncation_storm_gives_errors_only),
		TEST(garbage_images_crash_nobody),
	};

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (board == MAP_FAILED)
		return 99;
	umask(022);
	alarm(300);
	return cmocka_run_group_tests_name("segment storms", tests, NULL, NULL);
}
