/* SPDX-License-Identifier: MIT */
/* test_remove.c - what removing a swarm finds: nobody alive, half of the objects, somebody else's. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "liveness.h"
#include "segment_forge.h"
#include "slot.h"
#include "swarm_fixture.h"

#define NAME "removed"
#define PERIOD_NS INT64_C(1000000000)
#define CHILD_MS 20000

/* ---- claims that were never finished ----------------------------------------------------------- */

static struct shm_slot *slots_map(void)
{
	int fd = open(forge_place(NAME).agents, O_RDWR | O_CLOEXEC);
	char *map = mmap(NULL, SHM_AGENTS_SIZE(8), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_true(map != MAP_FAILED);
	close(fd);
	return (struct shm_slot *)(void *)(map + SHM_AGENTS_OFFSET);
}

static void slots_unmap(struct shm_slot *slots)
{
	munmap((char *)slots - SHM_AGENTS_OFFSET, SHM_AGENTS_SIZE(8));
}

static int end(void *context)
{
	(void)context;
	return 0;
}

static pid_t dead_pid(void)
{
	pid_t pid = swarm_child_start(end, NULL);

	assert_int_equal(swarm_child_result(pid, CHILD_MS), 0);
	return pid;
}

/* A slot that was claimed `age_s` seconds ago, and nothing published. `self`: with its owner's identity. */
static void claim(struct shm_slot *slot, pid_t pid, int64_t age_s, const struct identity *self)
{
	struct slot_owner owner;

	assert_true(slot_claim(&owner, slot, (uint32_t)pid,
			       entrain_now_ns() - age_s * INT64_C(1000000000)));
	if (!self)
		return;
	assert_true(slot_set_fact(&owner, FACT_START, self->start_ticks));
	assert_true(slot_set_fact(&owner, FACT_PID_SPACE,
				  self->pid_space | (uint64_t)self->image << 32));
}

/* Killed between its claim and the first word of who it is. */
static void the_claim_of_a_dead_process_is_empty(void **state)
{
	struct shm_slot *slots;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	slots = slots_map();
	claim(&slots[2], dead_pid(), 0, NULL);
	slots_unmap(slots);
	assert_int_equal(entrain_remove(NULL, NAME, 1, NULL), 0);
	assert_int_equal(swarm_fixture_files(), 0);
}

/* The pid lives, but may be anybody's by now. */
static void an_old_claim_that_names_nobody_is_empty(void **state)
{
	struct shm_slot *slots;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	slots = slots_map();
	claim(&slots[2], getpid(), 0, NULL);
	assert_int_equal(entrain_remove(NULL, NAME, 1, NULL), ENTRAIN_NOT_EMPTY);
	assert_true(slot_free(&slots[2], atomic_load(&slots[2].version)));
	claim(&slots[2], getpid(), 5, NULL);
	slots_unmap(slots);
	assert_int_equal(entrain_remove(NULL, NAME, 1, NULL), 0);
}

static void the_claim_of_a_living_process_is_not_empty(void **state)
{
	struct identity self;
	struct shm_slot *slots;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	slots = slots_map();
	identity_read(&self);
	claim(&slots[2], getpid(), 5, &self);
	slots_unmap(slots);
	assert_int_equal(entrain_remove(NULL, NAME, 1, NULL), ENTRAIN_NOT_EMPTY);
	assert_int_equal(entrain_remove(NULL, NAME, 0, NULL), 0);
}

struct seen {
	unsigned findings, repaired;
	char text[512]; /* of all */
};

static void see(const char *text, int repaired, void *context)
{
	struct seen *seen = context;

	seen->findings++;
	seen->repaired += repaired != 0;
	strncat(seen->text, text, sizeof(seen->text) - 1 - strlen(seen->text));
}

static void check_repairs_such_a_claim(void **state)
{
	struct seen seen = { 0 };
	struct shm_slot *slots;

	(void)state;
	forge_swarm(NAME, PERIOD_NS);
	slots = slots_map();
	claim(&slots[0], getpid(), 5, NULL);
	assert_int_equal(entrain_check(NULL, NAME, 0, see, &seen, NULL), ENTRAIN_UNSOUND);
	assert_non_null(strstr(seen.text, "entrainctl reap"));
	assert_int_not_equal(atomic_load(&slots[0].version), 0);
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(entrain_check(NULL, NAME, 1, see, &seen, NULL), 0);
	assert_true(seen.findings >= 1 && seen.repaired == seen.findings);
	assert_int_equal(version_pid(atomic_load(&slots[0].version)), 0);
	slots_unmap(slots);
	assert_int_equal(entrain_check(NULL, NAME, 0, NULL, NULL, NULL), 0);
}

/* ---- objects without control -------------------------------------------------------------------- */

static void left_overs_are_swept(void **state)
{
	struct entrain_settings settings;
	struct segment_place place = forge_place(NAME);

	(void)state;
	entrain_settings_init(&settings);
	settings.capacity = 8;
	snprintf(settings.topology, sizeof(settings.topology), "ring:2");
	for (int when_empty = 0; when_empty < 2; when_empty++) {
		assert_int_equal(entrain_create(NULL, NAME, &settings, NULL), 0);
		assert_int_equal(swarm_fixture_files(), 3);
		assert_int_equal(unlink(place.control), 0);
		assert_int_equal(entrain_remove(NULL, NAME, when_empty, NULL), 0);
		assert_int_equal(swarm_fixture_files(), 0);
		assert_int_equal(entrain_create(NULL, NAME, &settings, NULL), 0);
		assert_int_equal(unlink(place.control), 0);
		assert_int_equal(unlink(place.agents), 0);
		assert_int_equal(entrain_remove(NULL, NAME, when_empty, NULL), 0);
		assert_int_equal(swarm_fixture_files(), 0);
		assert_int_equal(entrain_remove(NULL, NAME, when_empty, NULL), ENTRAIN_NO_SWARM);
	}
}

/* ---- what is not ours ------------------------------------------------------------------------------ */

static void assert_remove_says(enum entrain_code code, const char *word)
{
	for (int when_empty = 0; when_empty < 2; when_empty++) {
		struct entrain_error error = { 0 };

		assert_int_equal(entrain_remove(NULL, NAME, when_empty, &error), code);
		assert_string_equal(error.what, "remove swarm");
		if (!when_empty)
			assert_non_null(strstr(error.why, word));
	}
}

static void things_in_the_way_are_named(void **state)
{
	struct segment_place place = forge_place(NAME);

	(void)state;
	assert_int_equal(mkfifo(place.control, 0600), 0);
	assert_remove_says(ENTRAIN_FOREIGN, "a FIFO");
	assert_int_equal(unlink(place.control), 0);
	assert_int_equal(mkdir(place.control, 0700), 0);
	assert_remove_says(ENTRAIN_FOREIGN, "a directory");
	assert_int_equal(entrain_create(NULL, NAME, NULL, NULL), ENTRAIN_FOREIGN);
	assert_int_equal(rmdir(place.control), 0);
	assert_int_equal(symlink("/nowhere", place.control), 0);
	assert_remove_says(ENTRAIN_FOREIGN, "a symbolic link");
	assert_int_equal(unlink(place.control), 0);
	forge_swarm(NAME, PERIOD_NS);
	assert_int_equal(unlink(place.agents), 0);
	assert_int_equal(mkfifo(place.agents, 0600), 0);
	assert_remove_says(ENTRAIN_FOREIGN, "a FIFO");
	assert_int_equal(unlink(place.agents), 0);
}

static int nobody_removes(void *context)
{
	struct entrain_error error = { 0 };

	(void)context;
	if (!forge_become_nobody(getppid()))
		return 77;
	if (entrain_remove(NULL, NAME, 0, &error) != ENTRAIN_PERMISSION)
		return 1;
	return strcmp(error.what, "remove swarm") || !strstr(error.why, "user 0") ? 2 : 0;
}

static void another_user_is_told_whose_it_is(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	forge_swarm(NAME, PERIOD_NS);
	for (mode_t mode = 0755; mode <= 01777; mode += 01777 - 0755) {
		assert_int_equal(chmod(swarm_fixture_dir(), mode), 0);
		assert_int_equal(
			swarm_child_result(swarm_child_start(nobody_removes, NULL), CHILD_MS), 0);
	}
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, swarm_fixture_setup, swarm_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_claim_of_a_dead_process_is_empty),
		TEST(an_old_claim_that_names_nobody_is_empty),
		TEST(the_claim_of_a_living_process_is_not_empty),
		TEST(check_repairs_such_a_claim),
		TEST(left_overs_are_swept),
		TEST(things_in_the_way_are_named),
		TEST(another_user_is_told_whose_it_is),
	};

	umask(022);
	alarm(120);
	return cmocka_run_group_tests_name("remove", tests, NULL, NULL);
}
