/* SPDX-License-Identifier: MIT */
/* test_lock.c - creators, administrators and removers exclude each other, whatever locks others hold. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "layout.h"
#include "lock.h"
#include "mark.h"
#include "segment_forge.h"
#include "swarm_fixture.h"

#define NAME "locked"
#define PERIOD_NS INT64_C(1000000000)
#define CHILD_MS 20000

/* What a child says to the test. */
static struct scene {
	_Atomic int ready, go_on, code;
} * scene;

static int setup(void **state)
{
	scene = mmap(NULL, sizeof(*scene), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	return scene == MAP_FAILED ? -1 : swarm_fixture_setup(state);
}

static int teardown(void **state)
{
	mark_hook = NULL;
	munmap(scene, sizeof(*scene));
	return swarm_fixture_teardown(state);
}

static bool is_ready(void *context)
{
	(void)context;
	return scene->ready;
}

static pid_t start_ready(int (*run)(void *), void *context)
{
	pid_t pid;

	scene->ready = scene->go_on = 0;
	pid = swarm_child_start(run, context);
	assert_true(swarm_until(is_ready, NULL, CHILD_MS));
	return pid;
}

static int ready_until_told(void)
{
	scene->ready = 1;
	while (!scene->go_on)
		usleep(1000);
	return 0;
}

/* The lock that whoever may read can hold. Returns its descriptor. */
static int read_lock(const char *path)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	return fd;
}

static int control_open(void)
{
	int fd = open(forge_place(NAME).control, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* ---- one holder ----------------------------------------------------------------------------- */

static void one_holder(void)
{
	int a = control_open(), b = control_open();
	struct lock first, second;

	assert_true(lock_take(&first, a));
	assert_false(lock_take(&second, b));
	assert_int_equal(lock_holder(b), getpid());
	lock_drop(&second); /* not held: nothing */
	assert_false(lock_take(&second, b));
	lock_drop(&first);
	assert_true(lock_take(&second, b));
	assert_false(lock_take(&first, a));
	lock_drop(&second);
	assert_int_equal(lock_holder(a), 0);
	close(a);
	close(b);
}

static void the_lock_has_one_holder(void **state)
{
	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	one_holder();
}

static void beside_a_read_lock_too(void **state)
{
	int reader;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	reader = read_lock(forge_place(NAME).control);
	one_holder();
	close(reader);
	one_holder();
}

/* Also of an object that its creator left without a byte in it. */
static void of_an_empty_object_too(void **state)
{
	int reader;

	(void)state;
	forge_file(forge_place(NAME).control, "", 0);
	reader = read_lock(forge_place(NAME).control);
	one_holder();
	close(reader);
	one_holder();
}

static void the_lock_stays_when_the_reader_goes(void **state)
{
	struct lock first, second;
	int a, b, reader;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	a = control_open();
	b = control_open();
	reader = read_lock(forge_place(NAME).control);
	assert_true(lock_take(&first, a));
	close(reader);
	assert_false(lock_take(&second, b));
	/* nor did the one who tried and went keep anything */
	lock_drop(&first);
	assert_true(lock_take(&first, a));
	assert_true(lock_held(b));
	lock_drop(&first);
	assert_true(lock_take(&second, b));
	lock_drop(&second);
	close(a);
	close(b);
}

static int hold(void *context)
{
	struct lock lock;

	(void)context;
	return lock_take(&lock, control_open()) ? ready_until_told() : 1;
}

/* flock() is a lock of another kind, which whoever may read can have. */
static void who_holds_another_kind_of_lock_is_not_named(void **state)
{
	int fd, other;
	pid_t pid;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	fd = control_open();
	other = open(forge_place(NAME).control, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_EX), 0);
	pid = start_ready(hold, NULL);
	assert_int_equal(lock_holder(fd), pid);
	swarm_child_kill(pid);
	close(other);
	close(fd);
}

/* The kernel drops no word in memory. */
static void a_dead_holder_holds_nothing(void **state)
{
	struct lock lock;
	int fd, reader;
	pid_t pid;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	fd = control_open();
	for (int goes = 0; goes < 2; goes++) {
		reader = read_lock(forge_place(NAME).control);
		pid = start_ready(hold, NULL);
		assert_false(lock_take(&lock, fd));
		assert_int_equal(lock_holder(fd), pid);
		assert_int_equal(kill(pid, SIGSTOP), 0);
		assert_false(lock_take(&lock, fd));
		swarm_child_kill(pid);
		if (goes)
			close(reader);
		assert_true(lock_take(&lock, fd));
		lock_drop(&lock);
		if (!goes)
			close(reader);
	}
	close(fd);
}

/* ---- who has to wait for whom ----------------------------------------------------------------- */

static enum entrain_code set_code(struct entrain_error *error)
{
	struct entrain_swarm *swarm = entrain_open(NULL, NAME, ENTRAIN_ADMIN, NULL);
	struct entrain_status status = ENTRAIN_STATUS;
	int code;

	assert_non_null(swarm);
	assert_int_equal(entrain_status(swarm, &status, NULL, 0, NULL), 0);
	status.settings.mode = ENTRAIN_OBSERVE;
	code = entrain_set(swarm, &status.settings, error);
	entrain_close(swarm);
	return (enum entrain_code)code;
}

static void administrators_are_told_beside_a_read_lock(void **state)
{
	struct entrain_error error = { 0 };
	struct entrain_swarm *swarm;
	char number[32];
	int reader;
	pid_t pid;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	reader = read_lock(forge_place(NAME).control);
	assert_int_equal(set_code(NULL), ENTRAIN_OK);
	pid = start_ready(hold, NULL);
	snprintf(number, sizeof(number), "process %d", (int)pid);
	assert_int_equal(set_code(&error), ENTRAIN_NOT_READY);
	assert_non_null(strstr(error.why, number));
	/* who creates needs not wait to hear that it is there */
	assert_int_equal(entrain_create(NULL, NAME, NULL, NULL), ENTRAIN_EXISTS);
	swarm = entrain_open(NULL, NAME, ENTRAIN_ADMIN, NULL);
	assert_int_equal(entrain_resize(swarm, 16, "star", NULL), ENTRAIN_NOT_READY);
	assert_int_equal(entrain_disrupt(swarm, 500000, 1, NULL, NULL), ENTRAIN_NOT_READY);
	entrain_close(swarm);
	assert_int_equal(entrain_remove(NULL, NAME, 0, &error), ENTRAIN_NOT_READY);
	assert_non_null(strstr(error.why, number));
	scene->go_on = 1;
	assert_int_equal(swarm_child_result(pid, CHILD_MS), 0);
	assert_int_equal(set_code(NULL), ENTRAIN_OK);
	close(reader);
}

static void who_looks_is_told_who_creates(void **state)
{
	struct entrain_error error = { 0 };
	char number[32];
	int reader;
	pid_t pid;

	(void)state;
	for (int goes = 0; goes < 2; goes++) {
		forge_file(forge_place(NAME).control, "", 0);
		reader = goes ? read_lock(forge_place(NAME).control) : -1;
		pid = start_ready(hold, NULL);
		snprintf(number, sizeof(number), "process %d ", (int)pid);
		assert_null(entrain_open(NULL, NAME, ENTRAIN_READ, &error));
		assert_int_equal(error.code, ENTRAIN_NOT_READY);
		assert_non_null(strstr(error.why, number));
		swarm_child_kill(pid);
		assert_null(entrain_open(NULL, NAME, ENTRAIN_READ, &error));
		assert_int_equal(error.code, ENTRAIN_HALF_MADE);
		close(reader);
		forge_clear(NAME);
	}
}

static void mark_pause(const char *function, int line)
{
	(void)line;
	if (strcmp(function, "unlink_all") == 0 && !scene->ready)
		ready_until_told();
}

static int remove_pausing(void *context)
{
	(void)context;
	mark_hook = mark_pause;
	return entrain_remove(NULL, NAME, 0, NULL);
}

/* A removal that has unlinked the first object and not the last: nobody creates in between. */
static void nobody_creates_amid_a_removal(void **state)
{
	struct segment_place place = forge_place(NAME);
	struct entrain_error error = { 0 };
	char number[32];
	int reader;
	pid_t pid;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	reader = read_lock(place.control);
	pid = start_ready(remove_pausing, NULL);
	snprintf(number, sizeof(number), "process %d", (int)pid);
	assert_int_equal(access(place.agents, F_OK), -1);
	assert_int_equal(entrain_create(NULL, NAME, NULL, &error), ENTRAIN_NOT_READY);
	assert_non_null(strstr(error.why, number));
	scene->go_on = 1;
	assert_int_equal(swarm_child_result(pid, CHILD_MS), 0);
	assert_int_equal(entrain_create(NULL, NAME, NULL, NULL), 0);
	assert_int_equal(entrain_check(NULL, NAME, 0, NULL, NULL, NULL), 0);
	close(reader);
}

/* And if somebody took the name from a remover nevertheless, as root or by hand: what stands there now is not removed. */
static void a_remover_leaves_what_is_not_his(void **state)
{
	struct segment_place place = forge_place(NAME);
	pid_t pid;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	pid = start_ready(remove_pausing, NULL);
	assert_int_equal(unlink(place.control), 0);
	forge_swarm(NAME, PERIOD_NS);
	scene->go_on = 1;
	assert_int_equal(swarm_child_result(pid, CHILD_MS), ENTRAIN_NO_SWARM);
	assert_int_equal(entrain_check(NULL, NAME, 0, NULL, NULL, NULL), 0);
}

/* An administrator in another pid namespace died, beside a read lock: nobody can prove it. Removing is still possible. */
static void a_holder_of_whom_nothing_is_known_stops_no_removal(void **state)
{
	struct entrain_error error = { 0 };
	const uint64_t word = UINT64_C(1) << 42 | 1; /* pid 1 of a namespace that there is not */
	struct segment_place place = forge_place(NAME);
	struct lock lock;
	int fd;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	forge_patch(place.control, offsetof(struct shm_control, holder), &word, sizeof(word));
	fd = control_open();
	assert_false(lock_take(&lock, fd));
	assert_true(lock_unproven(fd));
	close(fd);
	assert_int_equal(set_code(&error), ENTRAIN_NOT_READY);
	assert_non_null(strstr(error.why, "process 1 of another pid namespace"));
	assert_int_equal(entrain_remove(NULL, NAME, 0, NULL), 0);
	assert_int_equal(swarm_fixture_files(), 0);
}

/* Text, as any file has it, at the place of the word: it names nobody, and is left as it was. */
static void a_foreign_file_names_nobody(void **state)
{
	struct segment_place place = forge_place(NAME);
	struct entrain_error error = { 0 };
	char text[2 * SHM_CONTROL_SIZE], found[sizeof(text)];
	struct lock lock;
	int fd, reader;

	(void)state;
	memset(text, 'a', sizeof(text));
	forge_file(place.control, text, sizeof(text));
	assert_int_equal(entrain_create(NULL, NAME, NULL, &error), ENTRAIN_FOREIGN);
	fd = control_open();
	assert_int_equal(lock_holder(fd), 0);
	assert_false(lock_unproven(fd));
	reader = read_lock(place.control);
	assert_true(lock_take(&lock, fd));
	lock_drop(&lock);
	assert_int_equal(pread(fd, found, sizeof(found), 0), sizeof(found));
	assert_memory_equal(found, text, sizeof(text));
	close(reader);
	close(fd);
	assert_int_equal(entrain_remove(NULL, NAME, 0, NULL), 0);
	assert_int_equal(swarm_fixture_files(), 0);
}

/* ---- a squatter -------------------------------------------------------------------------------- */

static int squat(void *context)
{
	struct lock lock;

	if (!forge_become_nobody(getppid()))
		return 77;
	forge_file(forge_place(NAME).control, "", *(size_t *)context);
	return lock_take(&lock, control_open()) ? ready_until_told() : 1;
}

/* Another user's lock on another user's object: root is told who, and gets rid of it. */
static void a_squatter_stops_root_for_a_moment_only(void **state)
{
	struct entrain_error error = { 0 };
	size_t size = 0;
	char number[32];
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(swarm_fixture_dir(), 01777), 0);
	pid = start_ready(squat, &size);
	snprintf(number, sizeof(number), "process %d", (int)pid);
	assert_int_equal(entrain_create(NULL, NAME, NULL, &error), ENTRAIN_FOREIGN);
	assert_non_null(strstr(error.why, number));
	assert_non_null(strstr(error.why, "user 65534"));
	assert_int_equal(entrain_remove(NULL, NAME, 0, NULL), 0);
	assert_int_equal(entrain_create(NULL, NAME, NULL, NULL), 0);
	assert_int_equal(entrain_check(NULL, NAME, 0, NULL, NULL, NULL), 0);
	scene->go_on = 1;
	assert_int_equal(swarm_child_result(pid, CHILD_MS), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_lock_has_one_holder),
		TEST(beside_a_read_lock_too),
		TEST(of_an_empty_object_too),
		TEST(the_lock_stays_when_the_reader_goes),
		TEST(who_holds_another_kind_of_lock_is_not_named),
		TEST(a_dead_holder_holds_nothing),
		TEST(administrators_are_told_beside_a_read_lock),
		TEST(who_looks_is_told_who_creates),
		TEST(nobody_creates_amid_a_removal),
		TEST(a_remover_leaves_what_is_not_his),
		TEST(a_holder_of_whom_nothing_is_known_stops_no_removal),
		TEST(a_foreign_file_names_nobody),
		TEST(a_squatter_stops_root_for_a_moment_only),
	};

	umask(022);
	alarm(120);
	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
