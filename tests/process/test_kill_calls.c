/* SPDX-License-Identifier: MIT */
/*
 * test_kill_calls.c - a death or a refusal at any system call or marked access of create, join, remove, rejoin, resize harms nobody.
 *
 * After a death the next one to come gets a sound swarm at once, and nothing is left when that is removed. After a
 * refusal there is an error code, errno is as it was, no descriptor is open and nothing is half-made.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "clock.h"
#include "mark.h"
#include "swarm_fixture.h"
#include "sweep_stage.h"
#include "sweep_trace.h"

#define NAME "sweep"
#define ERRNO_BEFORE 4711
/* How long a new creator or joiner may take after a death. */
#define RECOVERY_NS INT64_C(1000000000)
/* One who joins waits that long for a creator to be ready before it takes over what a dead one left. */
#define READY_NS INT64_C(20000000)
/* One that is refused something may wait out its patience (2 s). */
#define REFUSED_MS 10000
#define POINTS_MAX 2000

enum ground {
	GROUND_EMPTY, /* no swarm */
	GROUND_SWARM, /* a swarm without agents */
	GROUND_STAGE  /* the stage: neighbours in slots 0 and 2 */
};

struct operation {
	const char *name;
	enum ground ground;
	void (*prepare)(void);
	int (*act)(struct entrain_error *error); /* an enum entrain_code */
	bool removes;                            /* it may leave no swarm behind */
};

/* What a child that lived says, in memory shared with it. */
struct outcome {
	int ended, code, errno_after, descriptors;
	struct entrain_error error;
};

static struct outcome *outcome;
static struct stage stage;
static struct entrain_agent *handle; /* of a child, or inherited by it */

/* ---- what the children do ----------------------------------------------------------------- */

static void prepare_nothing(void)
{
}

static int act_create(struct entrain_error *error)
{
	const struct entrain_settings settings = stage_settings();

	return entrain_create(NULL, NAME, &settings, error);
}

static int join(uint32_t flags, struct entrain_error *error)
{
	const struct entrain_settings settings = stage_settings();
	struct entrain_options options = ENTRAIN_OPTIONS;

	options.flags = flags;
	options.settings = &settings;
	options.ready_timeout_ns = READY_NS;
	handle = entrain_join(NAME, &options, error);
	return handle ? 0 : (int)error->code;
}

static int act_join(struct entrain_error *error)
{
	return join(0, error);
}

static int act_join_create(struct entrain_error *error)
{
	return join(ENTRAIN_CREATE, error);
}

static int act_remove(struct entrain_error *error)
{
	return entrain_remove(NULL, NAME, 0, error);
}

static void prepare_half_made(void)
{
	struct segment_place place;
	int fd;

	segment_place_init(&place, NULL, NAME, NULL);
	fd = open(place.control, O_CREAT | O_EXCL | O_RDWR, 0600);
	close(fd);
}

/* In a child of fork: the inherited handle becomes its own. */
static int act_rejoin(struct entrain_error *error)
{
	return entrain_rejoin(handle, error);
}

/* Its swarm was removed and made again. */
static void prepare_recreated(void)
{
	const struct entrain_settings settings = stage_settings();

	handle = entrain_join(NAME, NULL, NULL);
	if (!handle || entrain_remove(NULL, NAME, 0, NULL) ||
	    entrain_create(NULL, NAME, &settings, NULL))
		_exit(124);
}

/* ---- with topologies ---- */

static int act_create_ring(struct entrain_error *error)
{
	struct entrain_settings settings = stage_settings();

	strcpy(settings.topology, "ring:2");
	return entrain_create(NULL, NAME, &settings, error);
}

static struct entrain_swarm *admin; /* of a child */

/* A swarm in its third generation: two objects stand. */
static void prepare_resize(void)
{
	admin = entrain_open(NULL, NAME, ENTRAIN_ADMIN, NULL);
	if (!admin || entrain_resize(admin, 0, "ring:2", NULL) ||
	    entrain_resize(admin, 0, "star", NULL))
		_exit(124);
}

static int act_resize(struct entrain_error *error)
{
	return entrain_resize(admin, STAGE_SLOTS + 1, "small-world:2:0.5", error);
}

/* The first turn after a resize: the new topology is mapped in it. */
static void prepare_turn(void)
{
	handle = entrain_join(NAME, NULL, NULL);
	admin = entrain_open(NULL, NAME, ENTRAIN_ADMIN, NULL);
	if (!handle || !admin || entrain_resize(admin, 0, "ring:2", NULL))
		_exit(124);
}

static int act_turn(struct entrain_error *error)
{
	(void)error;
	return entrain_begin(handle);
}

static const struct operation operations[] = {
	{ "entrain_create", GROUND_EMPTY, prepare_nothing, act_create, true },
	{ "entrain_create over a half-made one", GROUND_EMPTY, prepare_half_made, act_create,
	  true },
	{ "entrain_join with ENTRAIN_CREATE", GROUND_EMPTY, prepare_nothing, act_join_create,
	  true },
	{ "entrain_join", GROUND_STAGE, prepare_nothing, act_join, false },
	{ "entrain_rejoin in a child", GROUND_STAGE, prepare_nothing, act_rejoin, false },
	{ "entrain_rejoin of a new swarm", GROUND_SWARM, prepare_recreated, act_rejoin, false },
	{ "entrain_remove", GROUND_SWARM, prepare_nothing, act_remove, true },
	{ "entrain_create with a ring", GROUND_EMPTY, prepare_nothing, act_create_ring, true },
	{ "entrain_resize", GROUND_SWARM, prepare_resize, act_resize, false },
	{ "entrain_begin after a resize", GROUND_SWARM, prepare_turn, act_turn, false },
	{ "entrain_remove of topologies", GROUND_SWARM, prepare_resize, act_remove, true },
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static int descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int run_traced(void *context)
{
	const struct operation *operation = context;
	int before;

	operation->prepare();
	before = descriptors();
	errno = ERRNO_BEFORE;
	SWEEP_EDGE();
	outcome->code = operation->act(&outcome->error);
	SWEEP_EDGE();
	outcome->errno_after = errno;
	if (!operation->removes || outcome->code == 0)
		entrain_leave(handle);
	outcome->descriptors = descriptors() - before;
	outcome->ended = 1;
	return 0;
}

static int mark_goal, marks_seen;

static void mark_kill(const char *function, int line)
{
	(void)function;
	(void)line;
	if (marks_seen++ == mark_goal)
		kill(getpid(), SIGKILL);
}

static int run_marked(void *context)
{
	const struct operation *operation = context;

	operation->prepare();
	mark_hook = mark_kill;
	operation->act(&outcome->error);
	return 0;
}

/* ---- what stands before, and what must stand after --------------------------------------- */

static void ground_lay(const struct operation *operation)
{
	const struct entrain_settings settings = stage_settings();

	memset(outcome, 0, sizeof(*outcome));
	handle = NULL;
	if (operation->ground == GROUND_SWARM)
		assert_int_equal(entrain_create(NULL, NAME, &settings, NULL), 0);
	if (operation->ground == GROUND_STAGE)
		handle = stage.neighbour[0];
}

static void count_name(const char *name, void *context)
{
	int *count = context;

	assert_string_equal(name, NAME);
	++*count;
}

static void check_listed(int wanted)
{
	int count = 0;

	assert_int_equal(entrain_list(NULL, count_name, &count, NULL), 0);
	assert_int_equal(count, wanted);
}

/* The swarm is sound, all its slots can be had, and it goes without a trace. */
static void check_swarm_whole(void)
{
	struct entrain_swarm *swarm = entrain_open(NULL, NAME, ENTRAIN_ADMIN, NULL);
	struct entrain_agent *agents[STAGE_SLOTS + 2];
	struct entrain_status status = ENTRAIN_STATUS;
	uint32_t slots;

	assert_non_null(swarm);
	assert_int_equal(entrain_reap(swarm, NULL, NULL, NULL), 0);
	assert_int_equal(entrain_status(swarm, &status, NULL, 0, NULL), 0);
	entrain_close(swarm);
	assert_int_equal(entrain_check(NULL, NAME, 0, NULL, NULL, NULL), 0);
	slots = status.capacity;
	assert_in_range(slots, STAGE_SLOTS, STAGE_SLOTS + 1);
	for (uint32_t i = 0; i <= slots; i++)
		agents[i] = entrain_join(NAME, NULL, NULL);
	for (uint32_t i = 0; i < slots; i++) {
		assert_non_null(agents[i]);
		assert_int_equal(view_failed(&agents[i]->mapping->view), 0);
	}
	assert_null(agents[slots]);
	for (uint32_t i = 0; i < slots; i++)
		entrain_leave(agents[i]);
	check_listed(1);
	assert_int_equal(entrain_remove(NULL, NAME, 1, NULL), 0);
	check_listed(0);
	assert_int_equal(swarm_fixture_files(), 0);
}

/* What control names is whole, whatever was going on; what else there is goes by the next resize, or by a repair. */
static void check_resized(unsigned point)
{
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_swarm *swarm = entrain_open(NULL, NAME, ENTRAIN_ADMIN, NULL);
	bool was_new;

	assert_non_null(swarm);
	assert_int_equal(entrain_status(swarm, &status, NULL, 0, NULL), 0);
	was_new = strcmp(status.settings.topology, "star") != 0;
	assert_string_equal(status.settings.topology, was_new ? "small-world:2:0.5" : "star");
	assert_int_equal(status.topology_generation, was_new ? 4 : 3);
	/* the slots come first */
	assert_true(status.capacity == STAGE_SLOTS + 1 || !was_new);
	if (point & 1)
		assert_int_equal(entrain_check(NULL, NAME, 1, NULL, NULL, NULL), 0);
	else
		assert_int_equal(entrain_resize(swarm, 0, "ring:2", NULL), 0);
	entrain_close(swarm);
	assert_true(swarm_fixture_files() <= 4);
	check_swarm_whole();
}

/* After a death: whoever comes next, creating or joining, gets there at once. */
static void check_recovered(const struct operation *operation, unsigned point)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	int64_t start_ns = entrain_now_ns();
	int code;

	if (operation->act == act_resize) {
		check_resized(point);
		return;
	}
	if (operation->ground == GROUND_STAGE) {
		stage_check_others(&stage);
		stage_check_reclaim(&stage);
		return;
	}
	if (point & 1) {
		code = act_join_create(&error);
		entrain_leave(handle);
	} else {
		code = act_create(&error);
	}
	if (code && code != ENTRAIN_EXISTS)
		fail_msg("%s, point %u: %s %s: %s", operation->name, point, error.what,
			 error.object, error.why);
	assert_true(entrain_now_ns() - start_ns < RECOVERY_NS);
	check_swarm_whole();
}

/* The refused call was reported as it should be, or succeeded all the same. */
static bool refusal_reported(bool closed)
{
	return outcome->ended && outcome->errno_after == ERRNO_BEFORE &&
	       (closed || outcome->descriptors == 0) &&
	       (!outcome->code || (outcome->error.why[0] && outcome->error.what[0] &&
				   (int)outcome->error.code == outcome->code));
}

/* After a refusal: an error with nothing half-made, or success with a whole swarm. */
static bool refusal_harmless(const struct operation *operation)
{
	bool file_there = swarm_fixture_files() > 0;

	if (operation->act == act_resize) {
		struct entrain_status status = ENTRAIN_STATUS;
		struct entrain_swarm *swarm = entrain_open(NULL, NAME, ENTRAIN_READ, NULL);
		bool all, nothing;

		entrain_status(swarm, &status, NULL, 0, NULL);
		entrain_close(swarm);
		all = status.capacity == STAGE_SLOTS + 1 && status.topology_generation == 4;
		nothing = status.capacity == STAGE_SLOTS && status.topology_generation == 3;
		check_resized(0);
		return outcome->code ? nothing : all;
	}
	if (operation->ground == GROUND_STAGE) {
		stage_check_others(&stage);
		stage_check_reclaim(&stage);
		return true;
	}
	if (operation->act == act_remove) {
		/* what was half removed can be finished */
		bool finished =
			!file_there || (outcome->code && entrain_remove(NULL, NAME, 0, NULL) == 0);

		return finished && swarm_fixture_files() == 0;
	}
	if (!file_there)
		return outcome->code != 0 && operation->ground == GROUND_EMPTY;
	/* what was half-made before may be so still */
	if (outcome->code && operation->prepare == prepare_half_made && act_create(NULL))
		return false;
	if (entrain_check(NULL, NAME, 0, NULL, NULL, NULL)) {
		entrain_remove(NULL, NAME, 0, NULL);
		return false;
	}
	check_swarm_whole();
	return true;
}

static unsigned check_refused(const struct operation *operation, unsigned which, int os_error,
			      long call)
{
	bool reported = refusal_reported(call == SYS_close);
	bool harmless = refusal_harmless(operation);

	if (reported && harmless)
		return 0;
	print_error("%s, call %u (number %ld) fails with %s:%s code %d, errno %d, %+d descriptors, "
		    "error %d: %s %s: %s\n",
		    operation->name, which, call, strerror(os_error),
		    harmless ? "" : " left something,", outcome->code, outcome->errno_after,
		    outcome->descriptors, outcome->error.code, outcome->error.what,
		    outcome->error.object, outcome->error.why);
	return 1;
}

/* ---- the sweeps -------------------------------------------------------------------------- */

static void stage_up(const struct operation *operation)
{
	swarm_fixture_begin();
	if (operation->ground == GROUND_STAGE)
		stage_set(&stage, NAME);
}

static void stage_down(const struct operation *operation)
{
	if (operation->ground == GROUND_STAGE)
		stage_clear(&stage);
	assert_int_equal(swarm_fixture_files(), 0);
}

static void killed_at_marks(void **state)
{
	const struct operation *operation = *state;
	int status = -1;
	unsigned point;

	stage_up(operation);
	for (point = 0; point < POINTS_MAX; point++) {
		ground_lay(operation);
		mark_goal = (int)point;
		status = swarm_child_end(
			swarm_child_start(run_marked, (void *)(uintptr_t)operation), 5000);
		check_recovered(operation, point);
		if (WIFEXITED(status))
			break;
		assert_int_equal(WTERMSIG(status), SIGKILL);
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	print_message("%s: killed at %u marks\n", operation->name, point);
	assert_true(point > 0);
	stage_down(operation);
}

static pid_t traced_start(const struct operation *operation)
{
	pid_t pid;

	ground_lay(operation);
	pid = sweep_start(run_traced, (void *)(uintptr_t)operation);
	assert_int_not_equal(pid, 0);
	return pid;
}

static void killed_after_calls(void **state)
{
	const struct operation *operation = *state;
	enum sweep_call call = SWEEP_RETURNED;
	unsigned which;

	stage_up(operation);
	for (which = 0; which < POINTS_MAX && call == SWEEP_RETURNED; which++) {
		pid_t pid = traced_start(operation);

		call = sweep_run_to_call(pid, which, 0, NULL);
		assert_int_not_equal(call, SWEEP_LOST);
		swarm_child_kill(pid);
		check_recovered(operation, which);
	}
	assert_int_equal(call, SWEEP_NO_CALL);
	print_message("%s: killed after %u system calls\n", operation->name, which - 1);
	stage_down(operation);
}

/* The allocator of a sanitizer ends the process when it gets no memory or cannot give it back, which is no fault of ours. */
static bool sanitizer_died(long number)
{
#ifdef __SANITIZE_ADDRESS__
	return number == SYS_mmap || number == SYS_munmap;
#else
	(void)number;
	return false;
#endif
}

static unsigned refuse_each(const struct operation *operation, int os_error, unsigned *wrong)
{
	enum sweep_call call = SWEEP_RETURNED;
	unsigned which;

	for (which = 0; which < POINTS_MAX; which++) {
		pid_t pid = traced_start(operation);
		long number = -1;

		call = sweep_run_to_call(pid, which, os_error, &number);
		assert_int_not_equal(call, SWEEP_LOST);
		if (call == SWEEP_RETURNED) {
			/* on to the second edge */
			call = sweep_run_to_call(pid, POINTS_MAX, 0, NULL);
			if (call != SWEEP_NO_CALL && sanitizer_died(number)) {
				swarm_child_kill(pid);
				check_recovered(operation, which);
				continue;
			}
			if (call != SWEEP_NO_CALL)
				fail_msg("%s, call %u (number %ld) fails with %s: crashed",
					 operation->name, which, number, strerror(os_error));
			call = SWEEP_RETURNED;
		}
		sweep_let_go(pid);
		assert_int_equal(swarm_child_result(pid, REFUSED_MS), 0);
		*wrong += check_refused(operation, which, call == SWEEP_RETURNED ? os_error : 0,
					number);
		if (call == SWEEP_NO_CALL)
			break;
	}
	assert_int_equal(outcome->code, 0);
	return which;
}

static void refused_calls(void **state)
{
	static const int errors[] = { ENOSPC, EACCES, EMFILE, ENOMEM, EINTR };
	const struct operation *operation = *state;
	unsigned count = 0, wrong = 0;

	stage_up(operation);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		count += refuse_each(operation, errors[i], &wrong);
	print_message("%s: %u system calls refused\n", operation->name, count);
	assert_int_equal(wrong, 0);
	stage_down(operation);
}

static int teardown(void **state)
{
	(void)state;
	swarm_fixture_end();
	return 0;
}

int main(void)
{
	static const struct {
		const char *name;
		CMUnitTestFunction test;
		bool traces;
	} ways[] = { { "killed at each mark", killed_at_marks, false },
		     { "killed after each system call", killed_after_calls, true },
		     { "refused each system call", refused_calls, true } };
	static char names[3 * OPERATIONS][96];
	struct CMUnitTest tests[3 * OPERATIONS];
	size_t count = 0;

	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (outcome == MAP_FAILED)
		return 99;
	for (size_t way = 0; way < 3; way++)
		for (size_t i = 0; i < OPERATIONS && (SWEEP_WORKS || !ways[way].traces); i++) {
			snprintf(names[count], sizeof(names[count]), "%s %s", operations[i].name,
				 ways[way].name);
			tests[count] =
				(struct CMUnitTest){ .name = names[count],
						     .test_func = ways[way].test,
						     .teardown_func = teardown,
						     .initial_state =
							     (void *)(uintptr_t)&operations[i] };
			count++;
		}
	sweep_pin();
	alarm(300);
	return _cmocka_run_group_tests("kill calls", tests, count, NULL, NULL);
}
