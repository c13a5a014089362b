/* SPDX-License-Identifier: MIT */
/*
 * test_view.c - threads of one process read the topology while others replace and free it, fork included: nothing torn, nothing
 * freed under a reader, nobody left waiting.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "life.h"
#include "procfile.h"
#include "swarm.h"
#include "view.h"

#define SLOTS 64
#define READERS 3
#define RUN_NS (LIFE_S)

static struct mapping *mapping;
static struct entrain_swarm *admin;
static _Atomic int over;
static _Atomic unsigned failures, reads, follows, resizes, graces;

#define expect(expression) expected((expression), #expression, __LINE__)

static void expected(bool right, const char *expression, int line)
{
	failures += !right;
	if (!right)
		dprintf(STDERR_FILENO, "line %d: not so: %s\n", line, expression);
}

/* One more use of swarm "life" in this process, as an agent has. */
static struct mapping *use(void)
{
	struct segment_trust trust = { .has_owner = false };
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct segment_place place;
	enum entrain_code code;
	struct mapping *used;

	life_check(segment_place_init(&place, NULL, LIFE_SWARM, NULL) == 0);
	process_lock();
	used = mapping_get(&place, &trust, entrain_now_ns() + LIFE_S, &code, &error);
	process_unlock();
	life_check(used != NULL);
	return used;
}

static void unuse(struct mapping *used)
{
	process_lock();
	mapping_put(used);
	process_unlock();
}

static void reclaim(void)
{
	process_lock();
	mapping_reclaim(mapping, true);
	process_unlock();
}

static void resize(const char *topology)
{
	struct entrain_error error = { .code = ENTRAIN_OK };

	if (entrain_resize(admin, 0, topology, &error))
		dprintf(STDERR_FILENO, "%s %s: %s\n", error.what, error.object, error.why);
	expect(error.code == ENTRAIN_OK);
	resizes++;
}

static enum view_followed follow(void)
{
	return view_follow(&mapping->view, &mapping->segment);
}

/* Two agents share the mapping, as far as it knows. */
static void up(const char *topology)
{
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.capacity = SLOTS;
	strcpy(settings.topology, topology);
	life_create_with(&settings);
	admin = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);
	life_check(admin != NULL);
	mapping = use();
	life_check(use() == mapping);
	over = 0;
	failures = reads = follows = resizes = graces = 0;
}

static void down(void)
{
	entrain_close(admin);
	unuse(mapping);
	unuse(mapping);
	life_remove();
}

/* ---- threads ------------------------------------------------------------------------------- */

static void look(struct view_cell *cell)
{
	struct view_read read;
	const uint32_t *neighbours = NULL;
	uint32_t count = 0;

	view_enter(cell, &read);
	if (read.view) {
		uint64_t generation = read.view->generation;

		expect(view_intact(read.view));
		for (uint32_t slot = 0; slot < SLOTS; slot++) {
			expect(view_row(read.view, slot, &neighbours, &count));
			for (uint32_t i = 0; i < count; i++)
				expect(neighbours[i] < SLOTS && neighbours[i] != slot);
		}
		expect(read.view->generation == generation);
		/* retired under our eyes at most: it could not be freed meanwhile */
		expect(view_age(read.view) <= 1);
		reads++;
	}
	view_leave(&read);
}

static void *reader(void *context)
{
	while (!over) {
		follows += follow() == VIEW_NEW;
		for (int i = 0; i < 4; i++)
			look(&mapping->view);
	}
	return context;
}

static void *resizer(void *context)
{
	static const char *const topologies[] = { "ring:2", "small-world:4:0.5", "star", "ring:8",
						  "full",   "small-world:8:0.1" };

	for (unsigned i = 0; !over; i++) {
		resize(topologies[i % (sizeof(topologies) / sizeof(topologies[0]))]);
		sched_yield();
	}
	return context;
}

static void *reclaimer(void *context)
{
	while (!over) {
		reclaim();
		graces++;
	}
	return context;
}

static bool busy_enough(void)
{
	return reads > 1000 && resizes > 200 && follows > 100 && graces > 100;
}

static void storm(unsigned keep_age, unsigned resizes_extra)
{
	pthread_t threads[READERS + 2];
	int64_t end_ns = entrain_now_ns() + RUN_NS;
	unsigned count = 0;

	up("ring:4");
	if (keep_age)
		mapping->view.keep_age = keep_age;
	for (unsigned i = 0; i < READERS; i++)
		life_check(pthread_create(&threads[count++], NULL, reader, NULL) == 0);
	life_check(pthread_create(&threads[count++], NULL, resizer, NULL) == 0);
	life_check(pthread_create(&threads[count++], NULL, reclaimer, NULL) == 0);
	life_until(entrain_now_ns() > end_ns && busy_enough());
	over = 1;
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	print_message("%u reads, %u resizes, %u followed, %u grace periods\n", reads, resizes,
		      follows, graces);
	assert_int_equal(failures, 0);
	for (unsigned i = 0; i < resizes_extra; i++)
		reclaim();
	assert_null(mapping->view.retired);
	down();
}

static void readers_in_a_storm_of_resizes_see_whole_snapshots(void **state)
{
	(void)state;
	storm(0, 1);
}

/* Retired views are kept for some more grace periods: who sees one that is older than one would have used freed memory. */
static void nobody_sees_a_view_more_than_one_grace_period_old(void **state)
{
	(void)state;
	storm(8, 8);
}

/* ---- one thread ---------------------------------------------------------------------------- */

static uint32_t neighbours_now(uint32_t slot)
{
	struct view_read read;
	const uint32_t *neighbours;
	uint32_t count = SLOTS - 1;

	view_enter(&mapping->view, &read);
	view_row(read.view, slot, &neighbours, &count);
	view_leave(&read);
	return count;
}

static void a_new_topology_is_taken_once(void **state)
{
	(void)state;
	up("ring:4");
	assert_int_equal(neighbours_now(0), 4);
	assert_int_equal(view_generation(&mapping->view), 1);
	assert_int_equal(follow(), VIEW_SAME);
	resize("ring:6");
	assert_int_equal(neighbours_now(0), 4);
	assert_int_equal(view_generation(&mapping->view), 1);
	assert_int_equal(follow(), VIEW_NEW);
	assert_int_equal(follow(), VIEW_SAME);
	assert_int_equal(neighbours_now(0), 6);
	assert_int_equal(neighbours_now(SLOTS), SLOTS - 1); /* beyond the rows: sees all */
	assert_int_equal(view_generation(&mapping->view), 2);
	resize("full");
	assert_int_equal(follow(), VIEW_NEW);
	assert_int_equal(neighbours_now(0), SLOTS - 1);
	assert_int_equal(view_generation(&mapping->view), 3);
	assert_non_null(mapping->view.retired);
	reclaim();
	assert_null(mapping->view.retired);
	down();
}

/* liburcu's own, where a thread is known to it. */
extern __thread struct urcu_bp_reader *urcu_bp_reader;

static void *full_reader(void *context)
{
	look(&mapping->view);
	expect(!urcu_bp_reader);
	return context;
}

static void full_needs_no_liburcu(void **state)
{
	pthread_t thread;

	(void)state;
	up("full");
	life_check(pthread_create(&thread, NULL, full_reader, NULL) == 0);
	pthread_join(thread, NULL);
	assert_int_equal(failures, 0);
	down();
}

/* Whoever reads does not wait for himself. */
static void a_reader_that_reclaims_frees_nothing(void **state)
{
	struct view_read read;

	(void)state;
	up("ring:4");
	resize("ring:6");
	view_enter(&mapping->view, &read);
	assert_int_equal(follow(), VIEW_NEW);
	reclaim();
	assert_true(view_intact(read.view));
	assert_int_equal(read.view->generation, 1);
	view_leave(&read);
	reclaim();
	assert_null(mapping->view.retired);
	down();
}

/* ---- objects that cannot be followed ------------------------------------------------------- */

static char object[SEGMENT_TOPOLOGY_PATH];

static void spoil_missing(void)
{
	life_check(unlink(object) == 0);
}

static void spoil_mode(void)
{
	life_check(chmod(object, 0660) == 0);
}

static void spoil_link(void)
{
	char other[sizeof(object) + 8];

	snprintf(other, sizeof(other), "%s.link", object);
	life_check(link(object, other) == 0);
}

static void spoil_symlink(void)
{
	char other[sizeof(object) + 8];

	snprintf(other, sizeof(other), "%s.link", object);
	life_check(rename(object, other) == 0 && symlink(other, object) == 0);
}

static void patch(off_t offset, uint8_t flip)
{
	int fd = open(object, O_RDWR);
	uint8_t byte = 0;

	life_check(fd >= 0 && pread(fd, &byte, 1, offset) == 1);
	byte ^= flip;
	life_check(pwrite(fd, &byte, 1, offset) == 1);
	close(fd);
}

static void spoil_magic(void)
{
	patch(0, 1);
}

static void spoil_swarm(void)
{
	patch(offsetof(struct shm_topology, creation_id), 1);
}

static void spoil_row(void)
{
	patch((off_t)sizeof(struct shm_topology) + 40, 0x80);
}

static void spoil_size(void)
{
	life_check(truncate(object, (off_t)sizeof(struct shm_topology) + 4) == 0);
}

static void spoil_all(void)
{
	life_check(truncate(object, 0) == 0);
}

static void what_cannot_be_followed_is_full(void **state)
{
	static const struct {
		void (*spoil)(void);
		int failed;
	} rows[] = { { spoil_missing, ENOENT }, { spoil_mode, EPERM },    { spoil_link, EPERM },
		     { spoil_symlink, ELOOP },  { spoil_magic, EBADMSG }, { spoil_swarm, EBADMSG },
		     { spoil_row, EBADMSG },    { spoil_size, EBADMSG },  { spoil_all, EBADMSG } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char other[sizeof(object) + 8];

		up("ring:4");
		resize("ring:6");
		segment_topology_path(&mapping->segment.place, 2, object);
		rows[i].spoil();
		errno = 4711;
		assert_int_equal(follow(), VIEW_CANNOT);
		assert_int_equal(errno, 4711);
		assert_int_equal(view_failed(&mapping->view), rows[i].failed);
		assert_int_equal(view_generation(&mapping->view), 2);
		assert_int_equal(neighbours_now(0), SLOTS - 1);
		snprintf(other, sizeof(other), "%s.link", object);
		unlink(other);
		if (rows[i].spoil == spoil_symlink) /* nobody takes away what is no object */
			unlink(object);
		resize("ring:8");
		assert_int_equal(follow(), VIEW_NEW);
		assert_int_equal(view_failed(&mapping->view), 0);
		assert_int_equal(neighbours_now(0), 8);
		down();
	}
}

static void it_is_tried_again_now_and_then(void **state)
{
	char away[sizeof(object) + 8];

	(void)state;
	up("ring:4");
	resize("ring:6");
	segment_topology_path(&mapping->segment.place, 2, object);
	snprintf(away, sizeof(away), "%s.away", object);
	life_check(rename(object, away) == 0);
	assert_int_equal(follow(), VIEW_CANNOT);
	life_check(rename(away, object) == 0);
	for (int i = 1; i < VIEW_RETRY_LOOKS; i++)
		assert_int_equal(follow(), VIEW_CANNOT);
	assert_int_equal(follow(), VIEW_NEW);
	assert_int_equal(view_failed(&mapping->view), 0);
	assert_int_equal(neighbours_now(0), 6);
	down();
}

/* ---- fork ---------------------------------------------------------------------------------- */

static pid_t way_raw(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static const struct way {
	pid_t (*make)(void);
	bool guarded; /* in the child liburcu is known to be in order */
} ways[] = { { fork, true }, { _Fork, false }, { way_raw, false } };
#define WAYS (LIFE_THREAD_SANITIZED ? 1u : 3u)

/* The child of a process whose other threads read, resize and wait for grace periods at this moment. */
static void child_live(const struct way *way)
{
	struct mapping *inherited = mapping;
	unsigned users = 0;

	alarm((unsigned)LIFE_PATIENCE_S);
	process_lock();
	mapping_adopt(&mapping);
	users = mapping->users;
	process_unlock();
	life_check(mapping == inherited && users == 1);
	life_check(mapping->view.guarded == way->guarded);
	life_check(mapping->view.retired == NULL);
	/* what was there is still whole */
	look(&mapping->view);
	life_check(failures == 0);
	/* it follows the parent's storm by itself */
	for (int i = 0; i < 20; i++) {
		life_until_ns(follow() == VIEW_NEW, 100 * LIFE_MS);
		look(&mapping->view);
	}
	life_check(failures == 0);
	/* a second agent on it: then only a grace period proves that nobody reads */
	process_lock();
	mapping_adopt(&mapping);
	life_check(mapping == inherited && mapping->users == 2);
	process_unlock();
	reclaim();
	life_check(way->guarded ? mapping->view.retired == NULL : true);
	process_lock();
	mapping_put(mapping);
	mapping_reclaim(mapping, false);
	process_unlock();
	life_check(mapping->view.retired == NULL);
	unuse(mapping);
	_exit(0);
}

static void children_of_a_storm_live(void **state)
{
	pthread_t threads[READERS + 2];
	unsigned count = 0;

	(void)state;
	up("ring:4");
	for (unsigned i = 0; i < READERS; i++)
		life_check(pthread_create(&threads[count++], NULL, reader, NULL) == 0);
	life_check(pthread_create(&threads[count++], NULL, resizer, NULL) == 0);
	life_check(pthread_create(&threads[count++], NULL, reclaimer, NULL) == 0);
	for (unsigned i = 0; i < 8 * WAYS; i++) {
		pid_t parent = getpid(), pid = ways[i % WAYS].make();

		life_check(pid >= 0);
		if (pid == 0) {
			swarm_child_tie(parent);
			child_live(&ways[i % WAYS]);
		}
		life_ended_well(pid);
	}
	over = 1;
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(failures, 0);
	reclaim();
	assert_null(mapping->view.retired);
	down();
}

/* A child of a raw clone frees nothing while two use the mapping, and everything when one does. */
static void an_unproven_child_frees_when_it_is_alone(void **state)
{
	(void)state;
	up("ring:4");
	look(&mapping->view);
	for (unsigned i = 1; i < WAYS; i++) {
		pid_t parent = getpid(), pid = ways[i].make();

		life_check(pid >= 0);
		if (pid == 0) {
			swarm_child_tie(parent);
			alarm((unsigned)LIFE_PATIENCE_S);
			process_lock();
			mapping_adopt(&mapping);
			mapping_adopt(&mapping);
			process_unlock();
			/* the snapshot that the parent had is the child's */
			life_check(neighbours_now(0) == (i == 1 ? 4 : 6));
			resize(i == 1 ? "ring:6" : "ring:8");
			life_check(follow() == VIEW_NEW && neighbours_now(0) == 4 + 2 * i);
			reclaim();
			life_check(mapping->view.retired != NULL && failures == 0);
			unuse(mapping);
			reclaim();
			life_check(mapping->view.retired == NULL);
			_exit(0);
		}
		life_ended_well(pid);
		assert_int_equal(follow(), VIEW_NEW);
	}
	down();
}

/* Somebody else in the process holds liburcu's locks across fork() already: he is not waited for. */
static void beside_another_user(void *context)
{
	const char *build = getenv("builddir");
	int (*start)(void);
	char path[512];
	void *library;
	pid_t pid;

	(void)context;
	snprintf(path, sizeof(path), "%s/tests/process/.libs/liburcu_user.so",
		 build && *build ? build : ".");
	look(&mapping->view); /* our handlers are there first */
	library = dlopen(path, RTLD_NOW);
	if (!library)
		dprintf(STDERR_FILENO, "%s\n", dlerror());
	life_check(library != NULL);
	*(void **)&start = dlsym(library, "urcu_user_start");
	life_check(start && start() == 0);
	alarm((unsigned)LIFE_PATIENCE_S);
	pid = fork();
	life_check(pid >= 0);
	if (pid == 0) {
		alarm((unsigned)LIFE_PATIENCE_S);
		process_lock();
		mapping_adopt(&mapping);
		process_unlock();
		look(&mapping->view);
		life_check(!mapping->view.guarded && failures == 0);
		_exit(0);
	}
	life_check(waitpid(pid, &(int){ 0 }, 0) == pid);
	/* the parent's liburcu works on */
	resize("ring:6");
	life_check(follow() == VIEW_NEW);
	reclaim();
	life_check(mapping->view.retired == NULL);
}

static void another_user_of_liburcu_is_not_waited_for(void **state)
{
	(void)state;
	up("ring:4");
	look(&mapping->view);
	/* in a child, since what is loaded and registered stays */
	life_ended_well(life_fork(beside_another_user, NULL));
	down();
}

/* It is to end at once, and follows a topology before that. */
static void *ends_after_following(void *context)
{
	/* Not on the stack: of what an unwound frame had there, ASan knows no end. */
	static char text[64];

	pthread_cancel(pthread_self());
	expect(follow() == VIEW_NEW);
	expect(procfile_read("/proc/self/stat", text, sizeof(text)) > 0);
	*(bool *)context = true;
	pthread_testcancel();
	return NULL;
}

static void a_thread_that_is_cancelled_leaves_nothing_half_done(void **state)
{
	bool came_through = false;
	pthread_t thread;
	void *ended;

	(void)state;
	up("ring:4");
	resize("ring:6");
	assert_int_equal(pthread_create(&thread, NULL, ends_after_following, &came_through), 0);
	assert_int_equal(pthread_join(thread, &ended), 0);
	assert_true(came_through);
	assert_true(ended == PTHREAD_CANCELED);
	resize("ring:8");
	assert_int_equal(follow(), VIEW_NEW);
	reclaim();
	assert_int_equal(failures, 0);
	down();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(full_needs_no_liburcu),
		TEST(a_new_topology_is_taken_once),
		TEST(a_reader_that_reclaims_frees_nothing),
		TEST(what_cannot_be_followed_is_full),
		TEST(it_is_tried_again_now_and_then),
		TEST(a_thread_that_is_cancelled_leaves_nothing_half_done),
		TEST(an_unproven_child_frees_when_it_is_alone),
		TEST(another_user_of_liburcu_is_not_waited_for),
		TEST(readers_in_a_storm_of_resizes_see_whole_snapshots),
		TEST(nobody_sees_a_view_more_than_one_grace_period_old),
		TEST(children_of_a_storm_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
