/* SPDX-License-Identifier: MIT */
/* test_segment_faults.c - each thing that can be wrong with a swarm's objects is an error of its own. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "mark.h"
#include "lock.h"
#include "segment_forge.h"
#include "swarm_fixture.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#define NAME "faulty"
#define PERIOD_NS INT64_C(1000000000)
#define ERRNO_BEFORE 4711
#define SKIPPED 77
#define CHILD_MS 10000

/* ---- asking ------------------------------------------------------------------------------ */

static enum entrain_code join_code(uint32_t flags, int64_t timeout_ns)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_agent *agent;

	options.flags = flags;
	options.ready_timeout_ns = timeout_ns;
	errno = ERRNO_BEFORE;
	agent = entrain_join(NAME, &options, &error);
	assert_int_equal(errno, ERRNO_BEFORE);
	entrain_leave(agent);
	if (agent)
		return ENTRAIN_OK;
	assert_true(error.code && error.what[0] && error.object[0] && error.why[0]);
	return error.code;
}

static enum entrain_code open_code(unsigned flags)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_swarm *swarm;

	errno = ERRNO_BEFORE;
	swarm = entrain_open(NULL, NAME, flags, &error);
	assert_int_equal(errno, ERRNO_BEFORE);
	entrain_close(swarm);
	return swarm ? ENTRAIN_OK : error.code;
}

static enum entrain_code create_code(void)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	int code;

	errno = ERRNO_BEFORE;
	code = entrain_create(NULL, NAME, NULL, &error);
	assert_int_equal(errno, ERRNO_BEFORE);
	if (code)
		assert_int_equal(code, error.code);
	return (enum entrain_code)code;
}

/* All three ways in say the same. */
static void assert_refused(enum entrain_code wanted)
{
	assert_int_equal(join_code(0, 1000000), wanted);
	assert_int_equal(open_code(ENTRAIN_READ), wanted);
	assert_int_equal(open_code(ENTRAIN_ADMIN), wanted);
}

static void assert_sound(void)
{
	assert_int_equal(join_code(0, 0), ENTRAIN_OK);
	assert_int_equal(entrain_check(NULL, NAME, 0, NULL, NULL, NULL), 0);
}

/* Run something in a child that may change its user, namespaces or limits. */
static int result_of(int (*run)(void *context), void *context)
{
	return swarm_child_result(swarm_child_start(run, context), CHILD_MS);
}

static void skip_unless_root(void)
{
	if (geteuid() != 0)
		skip();
}

/* ---- nothing there, not there yet, there by half ------------------------------------------ */

static void nothing_there_is_no_swarm(void **state)
{
	(void)state;
	assert_refused(ENTRAIN_NO_SWARM);
	assert_int_equal(entrain_remove(NULL, NAME, 0, NULL), ENTRAIN_NO_SWARM);
	assert_int_equal(entrain_check(NULL, NAME, 0, NULL, NULL, NULL), ENTRAIN_NO_SWARM);
	assert_int_equal(swarm_fixture_files(), 0);
}

static void no_directory_is_said(void **state)
{
	struct entrain_error error;

	(void)state;
	setenv("ENTRAIN_DIR", "/dev/shm/entrain-test.there-is-no-such", 1);
	assert_int_equal(entrain_create(NULL, NAME, NULL, &error), ENTRAIN_SYSTEM);
	assert_non_null(strstr(error.object, "/dev/shm/entrain-test.there-is-no-such"));
	assert_int_equal(join_code(ENTRAIN_CREATE, 0), ENTRAIN_SYSTEM);
}

/* A live creator: magic 0, the lock held. */
static void live_creator_makes_waiters_wait(void **state)
{
	static const size_t sizes[] = { 0, SHM_CONTROL_SIZE };
	struct segment_place place = forge_place(NAME);
	char zeros[SHM_CONTROL_SIZE] = { 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		int64_t start_ns = entrain_now_ns();
		struct lock lock;
		int fd;

		forge_file(place.control, zeros, sizes[i]);
		fd = open(place.control, O_RDWR);
		assert_true(lock_take(&lock, fd));
		assert_int_equal(join_code(ENTRAIN_CREATE, 50000000), ENTRAIN_NOT_READY);
		assert_true(entrain_now_ns() - start_ns >= 50000000);
		assert_true(entrain_now_ns() - start_ns < 1000000000);
		assert_int_equal(entrain_remove(NULL, NAME, 0, NULL), ENTRAIN_NOT_READY);
		close(fd);
		forge_clear(NAME);
	}
}

static void half_made_is_taken_over(void **state)
{
	struct segment_place place = forge_place(NAME);
	char zeros[SHM_CONTROL_SIZE] = { 0 };

	(void)state;
	forge_file(place.control, zeros, sizeof(zeros));
	forge_file(place.agents, "leftover", 8);
	assert_refused(ENTRAIN_HALF_MADE);
	assert_int_equal(entrain_check(NULL, NAME, 0, NULL, NULL, NULL), ENTRAIN_UNSOUND);
	assert_int_equal(create_code(), ENTRAIN_OK);
	assert_sound();
	assert_int_equal(create_code(), ENTRAIN_EXISTS);
	forge_clear(NAME);
	forge_file(place.control, zeros, 0);
	assert_int_equal(join_code(ENTRAIN_CREATE, 1000000), ENTRAIN_OK);
	assert_sound();
}

/* A creator stands still at one mark after the other, until the test has looked. */
struct pause_at {
	int mark, seen;
	int reached[2], go_on[2]; /* pipes */
};

static struct pause_at pausing;

static void mark_pause(const char *function, int line)
{
	char byte = 0;

	(void)function;
	(void)line;
	if (pausing.seen++ != pausing.mark)
		return;
	if (write(pausing.reached[1], &byte, 1) != 1 || read(pausing.go_on[0], &byte, 1) != 1)
		_exit(124);
}

static int create_pausing(void *context)
{
	int code;

	(void)context;
	mark_hook = mark_pause;
	code = entrain_create(NULL, NAME, NULL, NULL);
	/* it did not come so far: say so */
	close(pausing.reached[1]);
	return code;
}

static int join_creating(void *context)
{
	(void)context;
	return (int)join_code(ENTRAIN_CREATE, 5000000000);
}

static void slow_creator_and_joiner_agree(void **state)
{
	bool finished = false;

	(void)state;
	for (pausing.mark = 0; !finished && pausing.mark < 100; pausing.mark++) {
		pid_t creator, joiner;
		enum entrain_code early;
		int created;
		char byte;

		assert_int_equal(pipe(pausing.reached) | pipe(pausing.go_on), 0);
		creator = swarm_child_start(create_pausing, NULL);
		close(pausing.reached[1]);
		finished = read(pausing.reached[0], &byte, 1) != 1;
		/* impatient: sees it whole, takes it over (no lock yet), or gives up */
		early = join_code(ENTRAIN_CREATE, 5000000);
		assert_true(early == ENTRAIN_OK || early == ENTRAIN_NOT_READY);
		/* patient: gets in when the creator goes on */
		joiner = swarm_child_start(join_creating, NULL);
		assert_true(finished || write(pausing.go_on[1], "", 1) == 1);
		created = swarm_child_result(creator, CHILD_MS);
		assert_true(created == ENTRAIN_OK || created == ENTRAIN_EXISTS);
		assert_int_equal(swarm_child_result(joiner, CHILD_MS), ENTRAIN_OK);
		assert_sound();
		assert_int_equal(entrain_remove(NULL, NAME, 1, NULL), 0);
		assert_int_equal(swarm_fixture_files(), 0);
		close(pausing.reached[0]);
		close(pausing.go_on[0]);
		close(pausing.go_on[1]);
	}
	assert_true(pausing.mark > 10);
}

/* ---- not ours ----------------------------------------------------------------------------- */

/* Spoilers of one object at `path`; `other` is a sound object of the same kind elsewhere. */
static void make_symlink(const char *path, const char *other)
{
	assert_int_equal(symlink(other, path), 0);
}

static void make_fifo(const char *path, const char *other)
{
	(void)other;
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_directory(const char *path, const char *other)
{
	(void)other;
	assert_int_equal(mkdir(path, 0700), 0);
}

static void make_hard_link(const char *path, const char *other)
{
	assert_int_equal(link(other, path), 0);
}

static void make_text(const char *path, const char *other)
{
	char text[200];

	(void)other;
	memset(text, 'x', sizeof(text));
	forge_file(path, text, sizeof(text));
}

/* Too short to tell by its magic what it was. */
static void make_short_text(const char *path, const char *other)
{
	(void)other;
	forge_file(path, "hello\n", 6);
}

static void foreign_things_are_refused(void **state)
{
	static void (*const makers[])(const char *, const char *) = {
		make_symlink, make_fifo, make_directory, make_hard_link, make_text, make_short_text
	};
	struct segment_place place = forge_place(NAME), other = forge_place("other");

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(makers) / sizeof(makers[0]); i++) {
		bool of_agents = i & 1;
		const char *path = of_agents ? place.agents : place.control;
		struct stat before, after;

		forge_swarm("other", PERIOD_NS);
		forge_swarm(NAME, PERIOD_NS);
		assert_int_equal(unlink(path), 0);
		makers[i / 2](path, of_agents ? other.agents : other.control);
		assert_int_equal(lstat(path, &before), 0);
		assert_refused(ENTRAIN_FOREIGN);
		assert_int_equal(entrain_check(NULL, NAME, 0, NULL, NULL, NULL), ENTRAIN_UNSOUND);
		assert_int_not_equal(create_code(), ENTRAIN_OK);
		assert_int_equal(lstat(path, &after), 0);
		assert_int_equal(before.st_ino, after.st_ino);
		assert_int_equal(before.st_nlink, after.st_nlink);
		assert_int_equal(before.st_size, after.st_size);
		forge_clear(NAME);
		forge_clear("other");
	}
}

static void wider_mode_is_foreign(void **state)
{
	struct segment_place place = forge_place(NAME);

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	assert_sound();
	assert_int_equal(chmod(place.agents, 0666), 0);
	assert_refused(ENTRAIN_FOREIGN);
	assert_int_equal(chmod(place.agents, 0660), 0);
	assert_sound();
	for (mode_t mode = 1; mode <= 0400; mode <<= 1) { /* of 0660 control has 0640 */
		assert_int_equal(chmod(place.control, 0640 | mode), 0);
		if (mode & 0640)
			assert_sound();
		else
			assert_refused(ENTRAIN_FOREIGN);
	}
}

static void other_owner_is_foreign_unless_trusted(void **state)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct segment_place place = forge_place(NAME);
	struct entrain_agent *agent;

	(void)state;
	skip_unless_root();
	forge_swarm(NAME, PERIOD_NS);
	assert_int_equal(chown(place.agents, FORGE_NOBODY, FORGE_NOBODY), 0);
	assert_int_equal(join_code(0, 0), ENTRAIN_FOREIGN);
	assert_int_equal(chown(place.control, FORGE_NOBODY, FORGE_NOBODY), 0);
	assert_int_equal(join_code(0, 0), ENTRAIN_FOREIGN);
	options.trust_owner = 1;
	options.owner = 65533;
	assert_null(entrain_join(NAME, &options, NULL));
	options.owner = FORGE_NOBODY;
	agent = entrain_join(NAME, &options, NULL);
	assert_non_null(agent);
	entrain_leave(agent);
	/* root may look at anybody's */
	assert_int_equal(open_code(ENTRAIN_READ), ENTRAIN_OK);
}

static int nobody_tries(void *context)
{
	struct segment_place place;
	int code;

	if (!forge_become_nobody(getppid()) || segment_place_init(&place, NULL, NAME, NULL))
		return SKIPPED;
	code = entrain_create(NULL, NAME, NULL, NULL);
	if (code != ENTRAIN_EXISTS && code != ENTRAIN_FOREIGN && code != ENTRAIN_PERMISSION)
		return 101;
	code = entrain_remove(NULL, NAME, 0, NULL);
	if (code != ENTRAIN_FOREIGN && code != ENTRAIN_PERMISSION)
		return 102;
	return (int)join_code(*(uint32_t *)context, 1000000);
}

/* What root left half-made is not another user's to take over, readable or not. */
static void half_made_of_another_stays(void **state)
{
	struct segment_place place = forge_place(NAME);
	char zeros[SHM_CONTROL_SIZE] = { 0 };
	uint32_t flags = ENTRAIN_CREATE;

	(void)state;
	skip_unless_root();
	assert_int_equal(chmod(swarm_fixture_dir(), 0777), 0);
	for (mode_t mode = 0600; mode <= 0644; mode += 044) {
		struct stat before, after;
		int code;

		forge_file(place.control, zeros, sizeof(zeros));
		assert_int_equal(chmod(place.control, mode), 0);
		assert_int_equal(stat(place.control, &before), 0);
		code = result_of(nobody_tries, &flags);
		assert_true(code == ENTRAIN_PERMISSION || code == ENTRAIN_FOREIGN ||
			    code == ENTRAIN_EXISTS || code == ENTRAIN_HALF_MADE);
		assert_int_equal(stat(place.control, &after), 0);
		assert_int_equal(before.st_ino, after.st_ino);
		assert_int_equal(before.st_size, after.st_size);
		forge_clear(NAME);
	}
}

static void swarm_of_another_is_not_permitted(void **state)
{
	struct segment_place place = forge_place(NAME);
	uint32_t flags = 0;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	if (geteuid() == 0) {
		assert_int_equal(chmod(swarm_fixture_dir(), 0755), 0);
		assert_int_equal(result_of(nobody_tries, &flags), ENTRAIN_PERMISSION);
	} else {
		assert_int_equal(chmod(place.agents, 0), 0);
		assert_refused(ENTRAIN_PERMISSION);
	}
}

/* ---- whole, but not fit for us ------------------------------------------------------------ */

#define PATCH(object, field, bytes) \
	forge_patch((object), offsetof(struct shm_header, field), &(bytes), sizeof(bytes))

static void other_versions_are_told_apart(void **state)
{
	struct segment_place place = forge_place(NAME);
	uint32_t newer = SHM_ABI_MAJOR + 1, older = SHM_ABI_MAJOR - 1, same = SHM_ABI_MAJOR,
		 minor = SHM_ABI_MINOR + 1;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	PATCH(place.control, abi_major, newer);
	assert_refused(ENTRAIN_TOO_NEW);
	PATCH(place.control, abi_major, older);
	assert_refused(ENTRAIN_TOO_OLD);
	PATCH(place.control, abi_major, same);
	PATCH(place.agents, abi_major, newer);
	assert_refused(ENTRAIN_TOO_NEW);
	PATCH(place.agents, abi_major, same);
	PATCH(place.control, abi_minor, minor);
	PATCH(place.agents, abi_minor, minor);
	assert_sound();
}

static void shortened_objects_are_truncated(void **state)
{
	static const off_t control_sizes[] = { 8, 64, 88, 256, SHM_CONTROL_SIZE - 1 };
	static const off_t agents_sizes[] = { 8, 88, SHM_AGENTS_OFFSET, SHM_AGENTS_SIZE(8) - 1 };
	struct segment_place place = forge_place(NAME);

	(void)state;
	for (size_t i = 0; i < sizeof(control_sizes) / sizeof(off_t); i++) {
		forge_swarm(NAME, PERIOD_NS);
		assert_int_equal(truncate(place.control, control_sizes[i]), 0);
		assert_refused(ENTRAIN_TRUNCATED);
		forge_clear(NAME);
	}
	for (size_t i = 0; i < sizeof(agents_sizes) / sizeof(off_t); i++) {
		forge_swarm(NAME, PERIOD_NS);
		assert_int_equal(truncate(place.agents, agents_sizes[i]), 0);
		assert_refused(ENTRAIN_TRUNCATED);
		forge_clear(NAME);
	}
}

static void objects_of_two_swarms_are_unsound(void **state)
{
	struct segment_place place = forge_place(NAME);
	uint64_t other = 0x1234567812345678, none = 0;
	uint32_t slot_size = SHM_SLOT_SIZE * 2;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	PATCH(place.agents, creation_id, other);
	assert_refused(ENTRAIN_UNSOUND);
	PATCH(place.control, creation_id, other);
	assert_sound();
	PATCH(place.agents, slot_size, slot_size);
	assert_int_equal(join_code(0, 1000000), ENTRAIN_UNSOUND);
	slot_size = SHM_SLOT_SIZE;
	PATCH(place.agents, slot_size, slot_size);
	PATCH(place.control, creation_id, none);
	assert_int_equal(join_code(0, 1000000), ENTRAIN_UNSOUND);
	PATCH(place.control, creation_id, other);
	assert_sound();
	assert_int_equal(unlink(place.agents), 0);
	assert_int_equal(join_code(0, 1000000), ENTRAIN_UNSOUND);
}

static void capacity_is_not_believed(void **state)
{
	struct segment_place place = forge_place(NAME);
	size_t offset =
		offsetof(struct shm_control, settings) + offsetof(struct shm_settings, capacity);
	uint32_t more = 9, none = 0, most = UINT32_MAX;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	forge_patch(place.control, offset, &more, sizeof(more));
	assert_refused(ENTRAIN_TRUNCATED);
	forge_patch(place.control, offset, &none, sizeof(none));
	assert_int_equal(join_code(0, 1000000), ENTRAIN_UNSOUND);
	forge_patch(place.control, offset, &most, sizeof(most));
	assert_int_equal(join_code(0, 1000000), ENTRAIN_UNSOUND);
}

static void other_boot_is_refused(void **state)
{
	struct segment_place place = forge_place(NAME);
	uint8_t boot_id[16] = { 1, 2, 3 };

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	PATCH(place.control, boot_id, boot_id);
	assert_refused(ENTRAIN_OTHER_BOOT);
}

static void other_clock_is_refused(void **state)
{
	struct segment_place place = forge_place(NAME);
	int64_t offset_ns = 90000000000000;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	PATCH(place.control, clock_offset_ns, offset_ns);
	assert_refused(ENTRAIN_CLOCK);
}

static int join_plainly(void *context)
{
	(void)context;
	return (int)join_code(0, 0);
}

static int join_in_time_namespace(void *context)
{
	const char *shift = "monotonic 90000 0\n";
	int fd;

	(void)context;
	if (unshare(CLONE_NEWTIME) < 0)
		return SKIPPED;
	fd = open("/proc/self/timens_offsets", O_WRONLY);
	if (fd < 0 || write(fd, shift, strlen(shift)) < 0)
		return SKIPPED;
	close(fd);
	return result_of(join_plainly, NULL);
}

static void time_namespace_is_noticed(void **state)
{
	int result;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	result = result_of(join_in_time_namespace, NULL);
	if (result == SKIPPED)
		skip();
	assert_int_equal(result, ENTRAIN_CLOCK);
}

/* ---- no room ------------------------------------------------------------------------------ */

static int create_in_tiny_tmpfs(void *context)
{
	struct entrain_settings settings;
	struct entrain_error error;

	(void)context;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", swarm_fixture_dir(), "tmpfs", 0, "size=128k") < 0)
		return SKIPPED;
	entrain_settings_init(&settings);
	settings.capacity = 1024;
	errno = ERRNO_BEFORE;
	if (entrain_create(NULL, NAME, &settings, &error) != ENTRAIN_NO_SPACE)
		return 101;
	if (errno != ERRNO_BEFORE || !strstr(error.why, "316 KiB") || !strstr(error.why, "free"))
		return 102;
	if (swarm_fixture_files() != 0)
		return 103;
	settings.capacity = 64;
	if (entrain_create(NULL, NAME, &settings, NULL) != ENTRAIN_OK)
		return 104;
	return (int)join_code(0, 0);
}

static void full_tmpfs_is_no_space(void **state)
{
	int result = result_of(create_in_tiny_tmpfs, NULL);

	(void)state;
	if (result == SKIPPED)
		skip();
	assert_int_equal(result, ENTRAIN_OK);
}

static int create_with_file_limit(void *context)
{
	struct rlimit limit = { *(rlim_t *)context, *(rlim_t *)context };

	signal(SIGXFSZ, SIG_DFL);
	return setrlimit(RLIMIT_FSIZE, &limit) < 0 ? SKIPPED : (int)create_code();
}

static void file_size_limit_is_an_error_not_a_signal(void **state)
{
	rlim_t limits[] = { 0, 4095, 4096, 8192, SHM_AGENTS_OFFSET };

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		assert_int_equal(result_of(create_with_file_limit, &limits[i]), ENTRAIN_LIMIT);
		assert_int_equal(swarm_fixture_files(), 0);
	}
}

static int create_with_descriptors(void *context)
{
	struct rlimit limit;

	limit.rlim_cur = limit.rlim_max = (rlim_t)dup(0) + *(unsigned *)context;
	close((int)(limit.rlim_cur - *(unsigned *)context));
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? SKIPPED : (int)create_code();
}

/* However few descriptors there are: a swarm that others can use, or none. */
static void descriptor_limit_leaves_nothing_unsound(void **state)
{
	unsigned descriptors;
	int code = ENTRAIN_LIMIT;

	(void)state;
	for (descriptors = 0; code != ENTRAIN_OK && descriptors < 8; descriptors++) {
		code = result_of(create_with_descriptors, &descriptors);
		if (code == ENTRAIN_OK)
			assert_sound();
		else
			assert_int_equal(code, ENTRAIN_LIMIT);
		assert_int_equal(swarm_fixture_files(), code == ENTRAIN_OK ? 2 : 0);
	}
	assert_int_equal(code, ENTRAIN_OK);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, swarm_fixture_setup, swarm_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_there_is_no_swarm),
		TEST(no_directory_is_said),
		TEST(live_creator_makes_waiters_wait),
		TEST(half_made_is_taken_over),
		TEST(slow_creator_and_joiner_agree),
		TEST(foreign_things_are_refused),
		TEST(wider_mode_is_foreign),
		TEST(other_owner_is_foreign_unless_trusted),
		TEST(half_made_of_another_stays),
		TEST(swarm_of_another_is_not_permitted),
		TEST(other_versions_are_told_apart),
		TEST(shortened_objects_are_truncated),
		TEST(objects_of_two_swarms_are_unsound),
		TEST(capacity_is_not_believed),
		TEST(other_boot_is_refused),
		TEST(other_clock_is_refused),
		TEST(time_namespace_is_noticed),
		TEST(full_tmpfs_is_no_space),
		TEST(file_size_limit_is_an_error_not_a_signal),
		TEST(descriptor_limit_leaves_nothing_unsound),
	};

	umask(022);
	alarm(120);
	return cmocka_run_group_tests_name("segment faults", tests, NULL, NULL);
}
