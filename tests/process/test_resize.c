/* SPDX-License-Identifier: MIT */
/* test_resize.c - a live swarm grows and gets another topology: what is shown, what is refused and changes nothing, under load. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "agent_snapshot.h"
#include "lock.h"
#include "mark.h"
#include "resize_life.h"
#include "segment.h"
#include "swarm.h"
#include "topology.h"

/* ---- what is shown ------------------------------------------------------------------------- */

static void status_shows_the_topology(void **state)
{
	struct entrain_agent *agents[5];
	struct entrain_status status;

	(void)state;
	create(8, PERIOD_NS, "star");
	for (int i = 0; i < 5; i++)
		life_check((agents[i] = entrain_join(LIFE_SWARM, NULL, NULL)) != NULL);
	picture(&status);
	assert_string_equal(status.settings.topology, "star");
	assert_int_equal(status.topology_generation, 1);
	assert_int_equal(status.acknowledged, 5);
	assert_int_equal(infos[0].neighbours, 7);
	assert_int_equal(infos[4].neighbours, 1);
	assert_int_equal(infos[4].behind, 0);
	/* the first agent there is becomes the hub, the last one bounds the rows */
	entrain_leave(agents[0]);
	resize(16, "star");
	picture(&status);
	assert_int_equal(status.capacity, 16);
	assert_int_equal(status.topology_generation, 2);
	assert_int_equal(status.acknowledged, 0);
	assert_int_equal(infos[0].behind, 1);
	for (int i = 1; i < 5; i++)
		life_check(entrain_begin(agents[i]) == 0 && entrain_end(agents[i]) == 0);
	picture(&status);
	assert_int_equal(status.acknowledged, 4);
	assert_int_equal(infos[0].slot, 1);
	assert_int_equal(infos[0].neighbours, 4);
	assert_int_equal(infos[0].behind, 0);
	resize(0, "full");
	picture(&status);
	assert_string_equal(status.settings.topology, "full");
	assert_int_equal(infos[0].neighbours, 15);
	resize(32, NULL);
	picture(&status);
	assert_int_equal(status.capacity, 32);
	assert_int_equal(status.topology_generation, 3);
	assert_sound();
	for (int i = 1; i < 5; i++)
		entrain_leave(agents[i]);
	life_remove();
}

/* A slot that came with the growth is claimed, and its turns are seen. */
static void new_slots_are_used_at_once(void **state)
{
	struct entrain_agent *agents[9];
	struct entrain_status status;

	(void)state;
	create(2, PERIOD_NS, "full");
	for (int i = 0; i < 2; i++)
		life_check((agents[i] = entrain_join(LIFE_SWARM, NULL, NULL)) != NULL);
	assert_null(entrain_join(LIFE_SWARM, NULL, NULL));
	resize(9, NULL);
	for (int i = 2; i < 9; i++)
		life_check((agents[i] = entrain_join(LIFE_SWARM, NULL, NULL)) != NULL);
	assert_null(entrain_join(LIFE_SWARM, NULL, NULL));
	picture(&status);
	assert_int_equal(status.agents, 9);
	assert_int_equal(status.measure.agents_alive, 9);
	assert_sound();
	for (int i = 0; i < 9; i++)
		entrain_leave(agents[i]);
	life_remove();
}

static void grow_once(const char *function, int line)
{
	(void)function;
	(void)line;
	mark_hook = NULL;
	resize(64, NULL);
}

/* Between two looks of the reaper, which are at the capacity and at the object that has to be as long. */
static void growing_beside_a_reaper_is_no_truncation(void **state)
{
	struct entrain_swarm *swarm;
	struct entrain_error error;

	(void)state;
	create(8, PERIOD_NS, "full");
	swarm = admin_open();
	mark_hook = grow_once;
	if (entrain_reap(swarm, NULL, NULL, &error))
		fail_msg("%s %s: %s", error.what, error.object, error.why);
	assert_null(mark_hook);
	entrain_close(swarm);
	life_remove();
}

/* ---- what is refused, and changes nothing -------------------------------------------------- */

static void assert_unchanged(const struct entrain_status *before)
{
	struct entrain_status after;

	picture(&after);
	assert_int_equal(after.capacity, before->capacity);
	assert_int_equal(after.topology_generation, before->topology_generation);
	assert_int_equal(after.settings.changes, before->settings.changes);
	assert_string_equal(after.settings.topology, before->settings.topology);
	assert_sound();
}

static void wrong_requests_change_nothing(void **state)
{
	struct entrain_status before;
	struct entrain_swarm *reader;
	unsigned files;

	(void)state;
	create(8, PERIOD_NS, "ring:2");
	picture(&before);
	files = swarm_fixture_files();
	assert_int_equal(resize_code(7, NULL, NULL), ENTRAIN_USAGE);
	assert_int_equal(resize_code(ENTRAIN_CAPACITY_MAX + 1, NULL, NULL), ENTRAIN_USAGE);
	assert_int_equal(resize_code(16, "ring:3", NULL), ENTRAIN_USAGE);
	assert_int_equal(resize_code(16, "file:/there/is/no/such", NULL), ENTRAIN_USAGE);
	assert_unchanged(&before);
	assert_int_equal(swarm_fixture_files(), files);
	reader = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	assert_int_equal(entrain_resize(reader, 16, NULL, NULL), ENTRAIN_USAGE);
	entrain_close(reader);
	assert_unchanged(&before);
	life_remove();
}

/* Of two administrators the second is told; and nothing that he says is half done. */
static void a_second_administrator_is_told(void **state)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_status before;
	struct lock lock;
	char path[512];
	int fd;

	(void)state;
	create(8, PERIOD_NS, "ring:2");
	picture(&before);
	snprintf(path, sizeof(path), "%s/entrain.%s.control", swarm_fixture_dir(), LIFE_SWARM);
	fd = open(path, O_RDWR | O_CLOEXEC);
	life_check(fd >= 0 && lock_take(&lock, fd));
	assert_int_equal(resize_code(16, "star", &error), ENTRAIN_NOT_READY);
	assert_non_null(strstr(error.why, "another administrator"));
	close(fd);
	assert_unchanged(&before);
	resize(16, "star");
	life_remove();
}

/* A handle of a swarm that was removed and made again: the new one's objects are not touched. */
static void a_former_swarm_is_not_resized(void **state)
{
	struct entrain_swarm *former;
	struct entrain_status before;

	(void)state;
	create(8, PERIOD_NS, "ring:2");
	former = admin_open();
	life_remove();
	create(8, PERIOD_NS, "ring:4");
	resize(0, "ring:6");
	picture(&before);
	assert_int_equal(entrain_resize(former, 16, "star", NULL), ENTRAIN_NO_SWARM);
	entrain_close(former);
	assert_unchanged(&before);
	assert_int_equal(swarm_fixture_files(), 4);
	life_remove();
}

#define SKIPPED 77

static int in_tiny_tmpfs(void *context)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_status before, after;
	unsigned files;

	(void)context;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", swarm_fixture_dir(), "tmpfs", 0, "size=128k") < 0)
		return SKIPPED;
	create(32, PERIOD_NS, "ring:2");
	picture(&before);
	files = swarm_fixture_files();
	/* no room for the slots; for the slots, though there is for the topology; for the topology */
	if (resize_code(1024, NULL, &error) != ENTRAIN_NO_SPACE || !strstr(error.why, "free"))
		return 101;
	if (resize_code(1024, "star", &error) != ENTRAIN_NO_SPACE)
		return 102;
	if (resize_code(128, "ring:126", &error) != ENTRAIN_NO_SPACE)
		return 103;
	if (swarm_fixture_files() != files)
		return 104;
	picture(&after);
	if (after.capacity != 32 || after.topology_generation != 1 ||
	    after.settings.changes != before.settings.changes)
		return 105;
	if (entrain_check(NULL, LIFE_SWARM, 0, NULL, NULL, NULL))
		return 106;
	/* what fits works */
	return resize_code(64, "ring:4", NULL);
}

static void a_full_tmpfs_changes_nothing(void **state)
{
	int result = swarm_child_result(swarm_child_start(in_tiny_tmpfs, NULL), 20000);

	(void)state;
	if (result == SKIPPED)
		skip();
	assert_int_equal(result, 0);
}

static int with_file_limit(void *context)
{
	struct rlimit limit = { SHM_AGENTS_SIZE(16), SHM_AGENTS_SIZE(16) };

	(void)context;
	signal(SIGXFSZ, SIG_DFL);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return SKIPPED;
	return resize_code(17, "ring:2", NULL) == ENTRAIN_LIMIT ? resize_code(16, "ring:2", NULL)
								: 101;
}

static void a_file_size_limit_is_an_error_not_a_signal(void **state)
{
	(void)state;
	create(8, PERIOD_NS, "full");
	assert_int_equal(swarm_child_result(swarm_child_start(with_file_limit, NULL), 20000), 0);
	assert_sound();
	life_remove();
}

/* ---- what a killed administrator left ------------------------------------------------------ */

static void leftovers_go_with_the_next_resize_or_repair(void **state)
{
	(void)state;
	create(8, PERIOD_NS, "ring:2");
	for (int repair = 0; repair < 2; repair++) {
		static const unsigned generations[] = { 7, 9, 1000000 };
		struct segment_place place;
		char path[SEGMENT_TOPOLOGY_PATH];

		segment_place_init(&place, NULL, LIFE_SWARM, NULL);
		resize(0, "ring:4");
		for (size_t i = 0; i < sizeof(generations) / sizeof(generations[0]); i++) {
			segment_topology_path(&place, generations[i], path);
			close(open(path, O_CREAT | O_EXCL | O_RDWR, 0600));
		}
		assert_int_equal(entrain_check(NULL, LIFE_SWARM, 0, NULL, NULL, NULL),
				 ENTRAIN_UNSOUND);
		if (repair)
			assert_int_equal(entrain_check(NULL, LIFE_SWARM, 1, NULL, NULL, NULL), 0);
		else
			resize(0, "ring:6");
		assert_sound();
		assert_int_equal(swarm_fixture_files(), 4);
	}
	life_remove();
}

static void a_spoiled_topology_is_found(void **state)
{
	struct segment_place place;
	char path[SEGMENT_TOPOLOGY_PATH];
	int fd;

	(void)state;
	create(8, PERIOD_NS, "ring:2");
	segment_place_init(&place, NULL, LIFE_SWARM, NULL);
	segment_topology_path(&place, 1, path);
	fd = open(path, O_RDWR);
	life_check(fd >= 0 && pwrite(fd, "x", 1, sizeof(struct shm_topology) + 8) == 1);
	close(fd);
	assert_int_equal(entrain_check(NULL, LIFE_SWARM, 0, NULL, NULL, NULL), ENTRAIN_UNSOUND);
	resize(0, "ring:2");
	assert_sound();
	life_check(unlink(path) == 0);
	segment_topology_path(&place, 2, path);
	life_check(unlink(path) == 0);
	assert_int_equal(entrain_check(NULL, LIFE_SWARM, 0, NULL, NULL, NULL), ENTRAIN_UNSOUND);
	life_remove();
}

/* ---- under load ---------------------------------------------------------------------------- */

#define WORKERS (LIFE_THREAD_SANITIZED || LIFE_ADDRESS_SANITIZED ? 50 : 200)
#define LOAD_PERIODS 2

/* A run of many workers for LOAD_PERIODS, and what was seen of them. */
struct load_run {
	uint64_t missed;  /* turns, by status */
	int64_t late_ns;  /* the latest beginning */
	int64_t apart_ns; /* most between two turns of a worker */
	double follow;    /* periods until all follow; 0: no resize */
};

static uint64_t missed_all(void)
{
	struct entrain_status status;
	uint64_t missed = 0;

	picture(&status);
	for (uint32_t i = 0; i < status.agents; i++)
		missed += infos[i].turns_missed;
	return missed;
}

/* The turns since then, by the workers' own logs. */
static void turns_look(struct load_run *run, const struct life_worker *worker, int64_t since_ns)
{
	int64_t before_ns = 0;

	for (uint64_t turn = 0; turn < worker->turns && turn < LIFE_TURNS; turn++) {
		int64_t turn_ns = worker->turn_ns[turn];
		int64_t late_ns = worker->began_ns[turn] - turn_ns;

		if (turn_ns >= since_ns && late_ns > run->late_ns)
			run->late_ns = late_ns;
		if (before_ns && turn_ns >= since_ns && turn_ns - before_ns > run->apart_ns)
			run->apart_ns = turn_ns - before_ns;
		before_ns = turn_ns;
	}
}

static void pass(int64_t until_ns)
{
	while (entrain_now_ns() < until_ns)
		life_pause();
}

static void check_resized(void)
{
	struct entrain_status status;

	picture(&status);
	assert_int_equal(status.capacity, 1024);
	assert_string_equal(status.settings.topology, "small-world:8:0.1");
	assert_int_equal(status.measure.agents_alive, WORKERS);
	assert_sound();
}

/* Ring to small world, 256 to 1,024, or the same time without it. */
static struct load_run run_loaded(struct life_worker *workers, int64_t period_ns, bool resizes)
{
	struct load_run run = { 0 };
	uint64_t missed;
	int64_t start_ns;

	create(256, period_ns, "ring:4");
	life_work_all(workers, WORKERS);
	life_until(all_follow(WORKERS));
	missed = missed_all();
	start_ns = entrain_now_ns();
	if (resizes) {
		resize(1024, "small-world:8:0.1");
		life_check(life_until_ns(all_follow(WORKERS), LOAD_PERIODS * period_ns));
		run.follow = (double)(entrain_now_ns() - start_ns) / (double)period_ns;
	}
	pass(start_ns + LOAD_PERIODS * period_ns);
	run.missed = missed_all() - missed;
	for (unsigned i = 0; i < WORKERS; i++)
		turns_look(&run, &workers[i], start_ns);
	if (resizes)
		check_resized();
	life_end_all(workers, (unsigned)WORKERS);
	life_remove();
	return run;
}

static struct load_run run_print(struct load_run run, const char *how)
{
	print_message(
		"%d workers, %s: all follow after %.2f periods, %llu turns missed, at most %.2f "
		"ms late and %.1f ms from turn to turn\n",
		WORKERS, how, run.follow, (unsigned long long)run.missed,
		(double)run.late_ns / LIFE_MS, (double)run.apart_ns / LIFE_MS);
	return run;
}

/* Within two periods all follow, and no more turns are missed than in the same run without it. */
static void many_workers_follow_within_two_periods(void **state)
{
	const bool at_length = getenv("ENTRAIN_LONG") != NULL;
	const int64_t period_ns = at_length ? LIFE_S : LIFE_S / 2;
	struct life_worker *workers = life_workers(WORKERS);
	uint64_t missed_without = 0, missed_with = 0;

	(void)state;
	for (int i = 0; i < (at_length ? 5 : 1); i++) {
		struct load_run without = run_loaded(workers, period_ns, false);
		struct load_run with = run_loaded(workers, period_ns, true);

		missed_without += run_print(without, "left alone").missed;
		missed_with += run_print(with, "resized").missed;
	}
	assert_true(missed_with <= missed_without + WORKERS / 100);
}

/* ---- who sees whom on a ring ------------------------------------------------------------------ */

#define RING_AGENTS 140

static int by_index(const void *left, const void *right)
{
	const struct peer *a = left, *b = right;

	return (a->index > b->index) - (a->index < b->index);
}

/* `degree` of the living, half of them on each side, whatever slots lie between; all of them where there are no more. */
static void assert_ring(struct entrain_agent *agents[RING_AGENTS], uint32_t degree)
{
	uint32_t living[RING_AGENTS], count = 0;

	for (uint32_t i = 0; i < RING_AGENTS; i++)
		if (agents[i]) {
			assert_int_equal(agents[i]->index, i);
			living[count++] = i;
		}
	for (uint32_t at = 0; at < count; at++) {
		struct entrain_agent *agent = agents[living[at]];
		uint32_t acting = 0, wanted = degree < count ? degree : count - 1, seen;
		struct peer expected[RING_AGENTS];

		life_check(agent_settings_read(agent));
		agent_follow(agent, entrain_now_ns());
		seen = agent_snapshot(agent, entrain_now_ns(), &acting);
		assert_true(agent->graph);
		assert_int_equal(seen, wanted);
		for (uint32_t i = 0; i < wanted; i++)
			expected[i].index =
				wanted < degree
					? living[(at + 1 + i) % count]
					: living[(at + count + i - degree / 2 + (i >= degree / 2)) %
						 count];
		qsort(expected, wanted, sizeof(*expected), by_index);
		qsort(agent->scratch->peers, seen, sizeof(*expected), by_index);
		for (uint32_t i = 0; i < wanted; i++)
			assert_int_equal(agent->scratch->peers[i].index, expected[i].index);
	}
}

static void a_ring_is_one_of_the_agents_that_there_are(void **state)
{
	struct entrain_agent *agents[RING_AGENTS] = { NULL };
	uint32_t random = 12345;

	(void)state;
	/* Of 300 slots few are taken: a ring of all slots would show some of them nobody. */
	create(300, PERIOD_NS, "ring:4");
	for (int i = 0; i < 3; i++)
		life_check((agents[i] = entrain_join(LIFE_SWARM, NULL, NULL)) != NULL);
	assert_ring(agents, 4);
	/* The rows of this one end at the third slot: who comes later is in the ring as well. */
	resize(0, "ring:6");
	assert_ring(agents, 6);
	for (int i = 3; i < RING_AGENTS; i++)
		life_check((agents[i] = entrain_join(LIFE_SWARM, NULL, NULL)) != NULL);
	assert_ring(agents, 6);
	for (int left = RING_AGENTS; left > 2; left--) {
		uint32_t i;

		do
			i = (random = random * 1103515245 + 12345) >> 16 & 255;
		while (i >= RING_AGENTS || !agents[i]);
		entrain_leave(agents[i]);
		agents[i] = NULL;
		if (left < 12 || left % 16 == 0)
			assert_ring(agents, 6);
	}
	for (int i = 0; i < RING_AGENTS; i++)
		entrain_leave(agents[i]);
	life_remove();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(status_shows_the_topology),
		TEST(new_slots_are_used_at_once),
		TEST(growing_beside_a_reaper_is_no_truncation),
		TEST(wrong_requests_change_nothing),
		TEST(a_second_administrator_is_told),
		TEST(a_former_swarm_is_not_resized),
		TEST(a_full_tmpfs_changes_nothing),
		TEST(a_file_size_limit_is_an_error_not_a_signal),
		TEST(leftovers_go_with_the_next_resize_or_repair),
		TEST(a_spoiled_topology_is_found),
		TEST(a_ring_is_one_of_the_agents_that_there_are),
		TEST(many_workers_follow_within_two_periods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
