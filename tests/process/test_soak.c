/* SPDX-License-Identifier: MIT */
/*
 * test_soak.c - many processes come, go, die, stop, meet and change everything at random: nothing hangs, leaks or overlaps.
 *
 * Five seconds of it; ENTRAIN_LONG: a minute; SOAK_SECONDS: as many, for which there is `make soak`.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "picture_ranges.h"
#include "soak_worker.h"
#include "swarm.h"
#include "swarm_fixture.h"

#define STUCK_NS INT64_C(15000000000) /* a player that makes no step for this long hangs */
#define SETTLE_MS 20000
#define END_MS 20000
#define CYCLES 1000
#define SPACE 64

static struct soak_board *board;

/* A player as its director sees it. */
struct player {
	struct soak_self self;
	pid_t pid;
	bool killed;              /* by us */
	bool frozen;              /* by the present cut */
	int64_t stopped_until_ns; /* 0: it runs */
	uint64_t progress;
	int64_t moved_ns;
};

static struct player players[SOAK_PLAYERS];
static uint64_t seed;
static struct {
	unsigned lives, kills, stops, sudden, creations, cuts, judged, mended;
} tally;

static uint32_t roll(uint32_t sides)
{
	return (uint32_t)(soak_next(&seed) % sides);
}

static void player_start(struct player *player)
{
	static int (*const lives[])(void *) = { soak_work, soak_read, soak_administer };
	uint32_t which = player->self.which;

	board->players[which].slot = 0; /* of the life before */
	board->players[which].phase = SOAK_OUTSIDE;
	player->self.life++;
	player->killed = player->frozen = false;
	player->stopped_until_ns = 0;
	player->moved_ns = entrain_now_ns();
	player->pid = swarm_child_start(
		lives[(which >= SOAK_WORKERS) + (which >= SOAK_WORKERS + SOAK_READERS)],
		&player->self);
	tally.lives++;
}

static bool has_ended(const struct player *player)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)player->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == player->pid;
}

static void player_stop(struct player *player, int64_t until_ns)
{
	kill(player->pid, SIGSTOP);
	player->stopped_until_ns = until_ns;
	tally.stops++;
}

static void player_continue(struct player *player)
{
	kill(player->pid, SIGCONT);
	player->stopped_until_ns = 0;
	player->moved_ns = entrain_now_ns();
}

/* It has ended: as it should? */
static void player_bury(struct player *player)
{
	const char *failure = board->players[player->self.which].failure;
	int status = swarm_child_end(player->pid, END_MS);

	player->pid = 0;
	if (player->killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return;
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == SOAK_SUDDEN)) {
		tally.sudden += WEXITSTATUS(status) == SOAK_SUDDEN;
		return;
	}
	fail_msg("player %u ended with status %#x: %s", player->self.which, (unsigned)status,
		 failure);
}

/* Everybody who can move does. */
static void progress_check(void)
{
	int64_t now_ns = entrain_now_ns();

	for (unsigned i = 0; i < SOAK_PLAYERS; i++) {
		uint64_t progress = atomic_load(&board->players[i].progress);

		if (players[i].progress != progress || players[i].stopped_until_ns)
			players[i].moved_ns = now_ns;
		players[i].progress = progress;
		if (players[i].pid && now_ns - players[i].moved_ns > STUCK_NS)
			fail_msg("player %u (pid %d) hangs in phase %u", i, (int)players[i].pid,
				 board->players[i].phase);
	}
}

/* Bury who ended, start others in their place, let who was stopped long enough go on. */
static void players_tend(bool replace)
{
	int64_t now_ns = entrain_now_ns();

	for (unsigned i = 0; i < SOAK_PLAYERS; i++) {
		struct player *player = &players[i];

		if (player->pid && has_ended(player))
			player_bury(player);
		if (!player->pid && replace)
			player_start(player);
		if (player->pid && player->stopped_until_ns && now_ns >= player->stopped_until_ns)
			player_continue(player);
	}
	progress_check();
}

/* ---- a consistent cut: everybody stands still ---------------------------------------------- */

static void freeze(void)
{
	for (unsigned i = 0; i < SOAK_WORKERS; i++) {
		players[i].frozen = players[i].pid && !players[i].stopped_until_ns;
		if (players[i].frozen)
			kill(players[i].pid, SIGSTOP);
	}
	for (unsigned i = 0; i < SOAK_WORKERS; i++) {
		siginfo_t info;

		if (players[i].pid)
			waitid(P_PID, (id_t)players[i].pid, &info, WSTOPPED | WEXITED | WNOWAIT);
	}
}

static void thaw(void)
{
	for (unsigned i = 0; i < SOAK_WORKERS; i++)
		if (players[i].frozen)
			player_continue(&players[i]);
}

static int worker_of(uint32_t pid)
{
	for (int i = 0; i < SOAK_WORKERS; i++)
		if ((uint32_t)players[i].pid == pid)
			return i;
	return -1;
}

/* Not a worker of now, so one of before, who is gone, or a child that outlives the worker who forked it for a moment. */
static bool stranger(uint32_t pid)
{
	for (unsigned i = 0; i < SOAK_CHILDREN; i++)
		if (board->children[i] == pid)
			return false;
	return kill((pid_t)pid, 0) == 0;
}

/* In this picture, whose slot is which: nobody has two, nobody is there who is not alive. */
static void owners_check(const struct entrain_agent_info *agents, uint32_t count, uint64_t creation)
{
	uint32_t slot_of[SOAK_WORKERS] = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		int worker = worker_of(agents[i].pid);

		if (agents[i].state == ENTRAIN_DEAD)
			continue;
		if (worker < 0 && stranger(agents[i].pid))
			fail_msg("slot %u is of pid %u, which is none of ours", agents[i].slot,
				 agents[i].pid);
		if (worker < 0)
			continue;
		if (slot_of[worker])
			fail_msg("pid %u owns slots %u and %u", agents[i].pid, slot_of[worker] - 1,
				 agents[i].slot);
		slot_of[worker] = 1 + agents[i].slot;
	}
	for (unsigned i = 0; i < SOAK_WORKERS; i++) {
		const struct soak_player *said = &board->players[i];

		if (!players[i].pid || has_ended(&players[i]) || said->phase != SOAK_STEADY ||
		    !said->slot || said->creation != creation)
			continue;
		if (slot_of[i] != said->slot)
			fail_msg("worker %u (pid %d) has slot %d, the swarm says %d", i,
				 (int)players[i].pid, (int)said->slot - 1, (int)slot_of[i] - 1);
		tally.judged++;
	}
}

/* Returns how many agents that are not dead there are, or -1 when nothing can be said. */
static int cut_check(void)
{
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_agent_info agents[SPACE];
	struct entrain_error error = { 0 };
	struct entrain_swarm *swarm = entrain_open(NULL, SOAK_NAME, ENTRAIN_READ, &error);
	int code;

	for (unsigned i = 0; i < SOAK_WORKERS; i++)
		if (board->players[i].phase == SOAK_FORK) {
			/* Its child runs on. */
			entrain_close(swarm);
			return -1;
		}
	if (!swarm) {
		if (!soak_code_fits(error.code))
			fail_msg("open: %s: %s", error.object, error.why);
		return -1;
	}
	code = entrain_status(swarm, &status, agents, SPACE, &error);
	if (code && !soak_code_fits(code))
		fail_msg("status: %s: %s", error.object, error.why);
	if (!code) {
		assert_true(picture_fits(&status, agents, SPACE));
		owners_check(agents, status.agents, swarm->segment.creation_id);
		tally.cuts++;
	}
	entrain_close(swarm);
	return code ? -1 : (int)(status.agents - status.measure.agents_dead);
}

static int cut(void)
{
	int alive;

	freeze();
	alive = cut_check();
	thaw();
	return alive;
}

/* ---- what the director does to them -------------------------------------------------------- */

static void swarm_make(bool wide)
{
	struct entrain_settings settings;
	struct entrain_error error = { 0 };

	soak_settings(&settings, &seed);
	if (wide) {
		settings.capacity = SOAK_CAPACITY_MAX;
		/* Switched off, agents do not look after each other. */
		if (settings.mode == ENTRAIN_OFF)
			settings.mode = ENTRAIN_ACT;
		/* And where all their neighbours are dead there is nobody to do so. */
		strcpy(settings.topology, "full");
	}
	if (!soak_code_fits(entrain_create(NULL, SOAK_NAME, &settings, &error)) &&
	    error.code != ENTRAIN_EXISTS)
		fail_msg("create: %s: %s", error.object, error.why);
	tally.creations++;
}

static void swarm_remake(void)
{
	struct entrain_error error = { 0 };
	int code = entrain_remove(NULL, SOAK_NAME, roll(4) == 0, &error);

	if (!soak_code_fits(code) && code != ENTRAIN_NOT_EMPTY)
		fail_msg("remove: %s: %s", error.object, error.why);
	if (roll(3))
		swarm_make(false);
}

static void swarm_mend(void)
{
	struct entrain_error error = { 0 };
	int code = entrain_check(NULL, SOAK_NAME, 1, NULL, NULL, &error);

	if (!soak_code_fits(code) && code != ENTRAIN_UNSOUND)
		fail_msg("check --repair: %s: %s", error.object, error.why);
	tally.mended += code == 0;
}

static void player_kill(struct player *player)
{
	player->killed = player->pid != 0;
	if (player->pid)
		kill(player->pid, SIGKILL);
	tally.kills++;
}

static void disturb(void)
{
	struct player *player = &players[roll(SOAK_WORKERS)];

	switch (roll(100)) {
	case 0 ... 4:
		player_kill(player);
		break;
	case 5: /* readers and administrators as well */
		player_kill(&players[SOAK_WORKERS + roll(SOAK_READERS + SOAK_ADMINS)]);
		break;
	case 6 ... 13:
		if (player->pid && !player->stopped_until_ns)
			player_stop(player, entrain_now_ns() + (int64_t)roll(400) * 1000000);
		break;
	case 14 ... 39:
		if (player->pid)
			kill(player->pid, SIGUSR1);
		break;
	case 40 ... 41:
		swarm_remake();
		break;
	case 42 ... 43:
		swarm_make(false);
		break;
	case 44 ... 46:
		swarm_mend();
		break;
	case 47 ... 52:
		cut();
		break;
	default:
		break;
	}
}

/* ---- and when it is over --------------------------------------------------------------------- */

static void players_end(unsigned first, unsigned past)
{
	for (unsigned i = first; i < past; i++) {
		if (!players[i].pid)
			continue;
		if (players[i].stopped_until_ns)
			player_continue(&players[i]);
		player_bury(&players[i]);
	}
}

/* As many agents are alive as there are workers, and none is left over, without anybody's help. */
static bool settled(void *context)
{
	uint32_t wanted = *(const uint32_t *)context;
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_swarm *swarm;
	int code;

	players_tend(false);
	swarm = entrain_open(NULL, SOAK_NAME, ENTRAIN_READ, NULL);
	if (!swarm)
		return false;
	code = entrain_status(swarm, &status, NULL, 0, NULL);
	entrain_close(swarm);
	return code == 0 && status.agents == wanted && status.measure.agents_alive == wanted &&
	       status.measure.agents_implausible == 0;
}

/* Who was forking then is not any more. */
static bool cut_shows(void *context)
{
	return cut() == *(const int *)context;
}

static void unsettled(const char *what)
{
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_agent_info agents[SPACE];
	struct entrain_swarm *swarm = entrain_open(NULL, SOAK_NAME, ENTRAIN_READ, NULL);

	if (swarm && entrain_status(swarm, &status, agents, SPACE, NULL) == 0) {
		print_error("kind %u, goal %u, mode %u, period %lld\n", status.settings.kind,
			    status.settings.goal, status.settings.mode,
			    (long long)status.settings.period_ns);
		for (unsigned i = 0; i < status.agents; i++)
			print_error("slot %u: pid %u, worker %d, %s, turns %llu, implausible %u, "
				    "off-beat %u\n",
				    agents[i].slot, agents[i].pid, worker_of(agents[i].pid),
				    entrain_state_name((int)agents[i].state),
				    (unsigned long long)agents[i].turns, agents[i].implausible,
				    agents[i].off_beat);
	}
	fail_msg("%s after %d ms", what, SETTLE_MS);
}

static void all_come_together_again(void)
{
	int everybody = SOAK_WORKERS;
	uint32_t wanted = SOAK_WORKERS;

	board->hands_off = 1;
	for (unsigned i = 0; i < SOAK_WORKERS; i++)
		if (players[i].stopped_until_ns)
			player_continue(&players[i]);
	players_end(SOAK_WORKERS, SOAK_PLAYERS);
	entrain_remove(NULL, SOAK_NAME, 0, NULL);
	board->calm = 1;
	swarm_make(true);
	players_tend(true);
	for (unsigned i = SOAK_WORKERS; i < SOAK_PLAYERS; i++)
		if (players[i].pid) /* started again with hands off: it ends at once */
			player_bury(&players[i]);
	if (!swarm_until(settled, &wanted, SETTLE_MS))
		unsettled("not all workers are in the swarm together");
	if (!swarm_until(cut_shows, &everybody, SETTLE_MS))
		unsettled("standing still, not all workers are in the swarm together");
	for (unsigned i = 0; i < SOAK_WORKERS / 3; i++, wanted--) {
		players[i].killed = true;
		kill(players[i].pid, SIGKILL);
	}
	if (!swarm_until(settled, &wanted, SETTLE_MS))
		unsettled("the others have not freed the slots of those killed");
	assert_in_range(cut(), 0, wanted);
	board->stop = 1;
	players_end(0, SOAK_WORKERS);
}

/* Sound once reaped, every slot can be had, and nothing is left of it. */
static void nothing_is_left(void)
{
	struct entrain_swarm *swarm = entrain_open(NULL, SOAK_NAME, ENTRAIN_ADMIN, NULL);
	struct entrain_agent *agents[SOAK_CAPACITY_MAX];
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_agent_info infos[SPACE];
	struct entrain_error error = { 0 };
	uint32_t released, unproven;

	assert_non_null(swarm);
	assert_int_equal(entrain_reap(swarm, &released, &unproven, NULL), 0);
	assert_int_equal(unproven, 0);
	assert_int_equal(entrain_check(NULL, SOAK_NAME, 0, NULL, NULL, NULL), 0);
	assert_int_equal(entrain_status(swarm, &status, NULL, 0, NULL), 0);
	assert_int_equal(status.agents, 0);
	assert_int_equal(status.capacity, SOAK_CAPACITY_MAX);
	for (unsigned i = 0; i < SOAK_CAPACITY_MAX; i++) {
		agents[i] = entrain_join(SOAK_NAME, NULL, NULL);
		assert_non_null(agents[i]);
	}
	assert_null(entrain_join(SOAK_NAME, NULL, &error));
	assert_int_equal(error.code, ENTRAIN_FULL);
	assert_int_equal(entrain_status(swarm, &status, infos, SPACE, NULL), 0);
	assert_int_equal(status.agents, SOAK_CAPACITY_MAX);
	for (unsigned i = 0; i < SOAK_CAPACITY_MAX; i++)
		assert_int_equal(infos[i].slot, i);
	for (unsigned i = 0; i < SOAK_CAPACITY_MAX; i++)
		entrain_leave(agents[i]);
	entrain_close(swarm);
	/* control, agents, and no topology of any generation of any swarm */
	assert_int_equal(swarm_fixture_files(), 2);
	assert_int_equal(entrain_remove(NULL, SOAK_NAME, 1, NULL), 0);
	assert_int_equal(swarm_fixture_files(), 0);
}

static void tally_print(void)
{
	uint64_t turns = 0, joins = 0, cancels = 0, forks = 0, looks = 0, sets = 0;
	uint64_t rounds = 0, resizes = 0, disruptions = 0;

	for (unsigned i = 0; i < SOAK_PLAYERS; i++) {
		turns += board->players[i].turns;
		joins += board->players[i].joins;
		cancels += board->players[i].cancels;
		forks += board->players[i].forks;
		looks += board->players[i].looks;
		sets += board->players[i].sets;
		rounds += board->players[i].rounds;
		resizes += board->players[i].resizes;
		disruptions += board->players[i].disruptions;
	}
	print_message("%u lives, %" PRIu64 " joins, %" PRIu64 " turns, %" PRIu64
		      " cancels, %" PRIu64 " forks, %u killed, %u stopped, %u gone suddenly; %u "
		      "creations, %" PRIu64 " sets, %" PRIu64 " resizes, %" PRIu64
		      " disruptions, %" PRIu64 " rounds of the barrier, %" PRIu64
		      " pictures, %u mendings; %u cuts with %u slots judged\n",
		      tally.lives, joins, turns, cancels, forks, tally.kills, tally.stops,
		      tally.sudden, tally.creations, sets, resizes, disruptions, rounds, looks,
		      tally.mended, tally.cuts, tally.judged);
	/* A storm in which nothing happened was none. */
	assert_true(joins > 20 && turns > 100 && cancels > 0 && tally.kills > 0 &&
		    tally.stops > 0 && tally.creations > 1 && sets > 0 && looks > 10 &&
		    resizes > 0 && disruptions > 0 && rounds > 0 && tally.cuts > 2 &&
		    tally.judged > 0);
}

static unsigned duration_s(void)
{
	const char *given = getenv("SOAK_SECONDS"), *wanted = getenv("ENTRAIN_LONG");

	if (given && atoi(given) > 0)
		return (unsigned)atoi(given);
	return wanted && *wanted ? 60 : 5;
}

static void random_lives_leave_a_sound_swarm(void **state)
{
	const struct timespec pace = { .tv_nsec = 2000000 };
	int64_t end_ns;

	(void)state;
	memset(board, 0, sizeof(*board));
	board->seed = seed;
	for (unsigned i = 0; i < SOAK_PLAYERS; i++)
		players[i] = (struct player){ .self = { .board = board, .which = i } };
	swarm_make(false);
	end_ns = entrain_now_ns() + duration_s() * INT64_C(1000000000);
	while (entrain_now_ns() < end_ns) {
		players_tend(true);
		disturb();
		nanosleep(&pace, NULL);
	}
	all_come_together_again();
	nothing_is_left();
	tally_print();
}

/* ---- leaks ----------------------------------------------------------------------------------- */

/* In, out, and the ways that fail. */
static void cycle_once(struct entrain_agent *filler, unsigned which)
{
	static const char *const topologies[] = { "star", "full", "star" };
	struct entrain_swarm *swarm = entrain_open(NULL, SOAK_NAME, ENTRAIN_ADMIN, NULL);
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_agent *agent = entrain_join(SOAK_NAME, NULL, NULL);
	struct entrain_error error = { 0 };

	assert_non_null(agent);
	assert_non_null(swarm);
	if (which % 3 == 0)
		assert_true(entrain_timerfd(agent) >= 0);
	assert_int_equal(entrain_resize(swarm, 0, topologies[which % 3], NULL), 0);
	entrain_close(swarm);
	assert_int_equal(entrain_begin(agent), 0);
	assert_int_equal(entrain_end(agent), 0);
	assert_int_equal(entrain_rejoin(agent, NULL), 0);
	assert_null(entrain_join(SOAK_NAME, NULL, &error)); /* two slots, both taken */
	assert_int_equal(error.code, ENTRAIN_FULL);
	assert_null(entrain_join("nobody-made-this", NULL, &error));
	assert_int_equal(error.code, ENTRAIN_NO_SWARM);
	options.max_delay_ns = -1;
	assert_null(entrain_join(SOAK_NAME, &options, NULL));
	entrain_leave(agent);
	assert_true(entrain_joined(filler, NULL));
}

static void a_thousand_joins_leak_nothing(void **state)
{
	unsigned descriptors = 0, maps = 0;
	struct entrain_settings settings;

	(void)state;
	entrain_settings_init(&settings);
	settings.capacity = 2;
	assert_int_equal(entrain_create(NULL, SOAK_NAME, &settings, NULL), 0);
	for (unsigned i = 0; i < CYCLES + 10; i++) {
		struct entrain_agent
			*filler; /* the first agent of this process there: all is mapped anew */

		if (i == 10) { /* allocators and caches have what they want by now */
			descriptors = soak_count_entries("/proc/self/fd");
			maps = soak_count_lines("/proc/self/maps");
		}
		filler = entrain_join(SOAK_NAME, NULL, NULL);
		assert_non_null(filler);
		if (i >= 10) /* an agent keeps none */
			assert_int_equal(soak_count_entries("/proc/self/fd"), descriptors);
		cycle_once(filler, i);
		entrain_leave(filler);
	}
	assert_int_equal(soak_count_entries("/proc/self/fd"), descriptors);
	assert_in_range(soak_count_lines("/proc/self/maps"), maps - 5, maps + 5);
	assert_int_equal(entrain_check(NULL, SOAK_NAME, 0, NULL, NULL, NULL), 0);
	assert_int_equal(entrain_remove(NULL, SOAK_NAME, 1, NULL), 0);
	assert_int_equal(swarm_fixture_files(), 0);
}

/* Repeat with ENTRAIN_SEED: the director's choices are the same again, the scheduler's are not. */
static void seed_choose(void)
{
	const char *given = getenv("ENTRAIN_SEED");

	seed = given && *given ? strtoull(given, NULL, 0)
			       : (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32;
	print_message("ENTRAIN_SEED=%" PRIu64 "\n", seed);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, swarm_fixture_setup, swarm_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_thousand_joins_leak_nothing),
		TEST(random_lives_leave_a_sound_swarm),
	};

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (board == MAP_FAILED)
		return 99;
	seed_choose();
	signal(SIGUSR1, SIG_IGN); /* as long as a new worker has not said what it does then */
	alarm(300 + duration_s());
	return cmocka_run_group_tests_name("soak", tests, NULL, NULL);
}
