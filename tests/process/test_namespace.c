/* SPDX-License-Identifier: MIT */
/* test_namespace.c - a pid proves nothing by itself: pids that live again, other pid namespaces, shifted clocks. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "life.h"
#include "process.h"

#define PERIOD_NS (50 * LIFE_MS)

static struct entrain_agent *join(void)
{
	struct entrain_agent *agent = entrain_join(LIFE_SWARM, NULL, NULL);

	life_check(agent && entrain_joined(agent, NULL));
	return agent;
}

static void turn(struct entrain_agent *agent)
{
	life_check(entrain_wait(agent) == 0);
	life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
}

/* ---- pids that live again ---------------------------------------------------------------- */

static void join_and_end(void *context)
{
	(void)context;
	join();
}

static void stay(void *context)
{
	(void)context;
	pause();
}

static long number_in(const char *path)
{
	FILE *file = fopen(path, "r");
	long number = 0;

	if (file && fscanf(file, "%ld", &number) != 1)
		number = 0;
	if (file)
		fclose(file);
	return number;
}

static bool pid_is_next(pid_t pid)
{
	FILE *file = fopen("/proc/sys/kernel/ns_last_pid", "w");
	bool done = file && fprintf(file, "%d", (int)pid - 1) > 0;

	return file && fclose(file) == 0 && done;
}

/* A process with this pid, again; 0 if that cannot be had. */
static pid_t pid_again(pid_t wanted)
{
	bool forced = geteuid() == 0 && pid_is_next(wanted);
	long tries = forced ? 1000 : number_in("/proc/sys/kernel/pid_max") + 1000;

	if (!forced && (!getenv("ENTRAIN_LONG") || tries > 70000))
		return 0;
	while (tries-- > 0) {
		pid_t pid = life_fork(stay, NULL);

		if (pid == wanted)
			return pid;
		swarm_child_kill(pid);
		if (forced)
			pid_is_next(wanted);
	}
	return 0;
}

static void a_slot_is_freed_although_its_pid_lives_again(bool by_agent)
{
	uint32_t released, unproven;
	struct entrain_agent *agent;
	int64_t tick_ns;
	pid_t pid;

	life_create(4, PERIOD_NS);
	agent = join();
	pid = life_fork(join_and_end, NULL);
	life_ended_well(pid);
	assert_int_equal(life_pid_of(1), pid);
	/* Start times have a grain of 10 ms. */
	tick_ns = entrain_now_ns() + 30 * LIFE_MS;
	life_until(entrain_now_ns() > tick_ns);
	if (!pid_again(pid)) {
		print_message("a pid again needs root and ns_last_pid, or ENTRAIN_LONG and a small "
			      "pid_max\n");
		entrain_leave(agent);
		skip();
	}
	assert_int_equal(kill(pid, 0), 0);
	if (by_agent) {
		for (int turns = 0; life_pid_of(1) && turns < 200; turns++)
			turn(agent);
	} else {
		life_reap(&released, &unproven);
		assert_int_equal(released, 1);
		assert_int_equal(unproven, 0);
	}
	assert_int_equal(life_pid_of(1), 0);
	assert_int_equal(kill(pid, 0), 0);
	entrain_leave(agent);
	assert_int_equal(life_occupied(), 0);
	swarm_child_kill(pid);
	life_remove();
}

static void reap_frees_a_slot_whose_pid_lives_again(void **state)
{
	(void)state;
	a_slot_is_freed_although_its_pid_lives_again(false);
}

static void an_agent_frees_a_slot_whose_pid_lives_again(void **state)
{
	(void)state;
	a_slot_is_freed_although_its_pid_lives_again(true);
}

static _Atomic pid_t thread_number;
static _Atomic bool thread_may_end;

static void *thread_stays(void *unused)
{
	(void)unused;
	thread_number = (pid_t)syscall(SYS_gettid);
	life_until(thread_may_end);
	return NULL;
}

/* Threads take their numbers from where processes take theirs. */
static void a_pid_that_a_thread_has_now_is_of_nobody_who_lives(void **state)
{
	struct identity self, other;
	pthread_t thread;

	(void)state;
	identity_read(&self);
	other = self;
	thread_number = 0;
	thread_may_end = false;
	assert_int_equal(pthread_create(&thread, NULL, thread_stays, NULL), 0);
	life_until(thread_number);
	other.pid = (uint32_t)thread_number;
	assert_int_equal(liveness_probe(&self, &other), LIVENESS_DEAD);
	assert_int_equal(liveness_probe(&self, &self), LIVENESS_ALIVE);
	/* but not by a /proc that shows another pid namespace */
	self.proc_foreign = 1;
	assert_int_equal(liveness_probe(&self, &other), LIVENESS_UNKNOWN);
	thread_may_end = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* ---- another pid namespace --------------------------------------------------------------- */

struct stage {
	_Atomic pid_t outer_pid; /* of the inside agent, as the outside sees it */
	_Atomic int refused;     /* errno of what is not permitted */
	_Atomic int ready, look, looked, end;
	_Atomic unsigned turns;
	_Atomic uint32_t alive, released, unproven;
	bool mount_proc;
};

static uint32_t alive_seen_by(struct entrain_agent *agent)
{
	struct entrain_measure measure = ENTRAIN_MEASURE;

	life_check(entrain_measure(agent, &measure) == 0);
	return measure.agents_alive;
}

/* Within one namespace death is proven, whatever /proc shows. */
static void lose_a_neighbour(struct entrain_agent *agent)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		join();
		_exit(0);
	}
	life_ended_well(pid);
	life_check(life_occupied() == 3);
	for (int turns = 0; life_occupied() == 3 && turns < 200; turns++)
		turn(agent);
	life_check(life_occupied() == 2);
}

static void inside(struct stage *stage)
{
	struct entrain_agent *agent;
	uint32_t released, unproven;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (stage->mount_proc && (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
				  mount("proc", "/proc", "proc", 0, NULL) < 0)) {
		stage->refused = errno;
		return;
	}
	life_check(getpid() == 1);
	agent = join();
	life_check(life_pid_of(agent->index) == 1);
	lose_a_neighbour(agent);
	stage->ready = 1;
	while (!stage->end) {
		turn(agent);
		stage->turns++;
		stage->alive = alive_seen_by(agent);
		if (!stage->look || stage->looked)
			continue;
		life_reap(&released, &unproven);
		stage->released = released;
		stage->unproven = unproven;
		stage->looked = 1;
	}
	pause();
}

static void enter(void *context)
{
	struct stage *stage = context;
	pid_t pid;
	int status;

	if (unshare(CLONE_NEWPID | (stage->mount_proc ? CLONE_NEWNS : 0)) < 0) {
		stage->refused = errno;
		return;
	}
	pid = fork();
	if (pid == 0) {
		inside(stage);
		_exit(0);
	}
	life_check(pid > 0);
	stage->outer_pid = pid;
	life_check(waitpid(pid, &status, 0) == pid);
	life_check(stage->refused || stage->end);
}

/* The agent outside goes on turning until the condition holds. */
#define turn_until(agent, condition) \
	do { \
		for (int turns = 0; !(condition) && turns < 400; turns++) \
			turn(agent); \
		life_check(condition); \
	} while (0)

static void check_unproven(unsigned slot)
{
	uint32_t released, unproven;

	life_reap(&released, &unproven);
	assert_int_equal(released, 0);
	assert_int_equal(unproven, 1);
	assert_int_equal(life_pid_of(slot), 1);
}

static void namespaces_meet(struct stage *stage, struct entrain_agent *agent)
{
	struct entrain_status status;
	int64_t silent_ns;

	turn_until(agent, stage->ready || stage->refused);
	if (stage->refused)
		return;
	/* Each sees the other. */
	turn_until(agent, stage->alive == 2 && alive_seen_by(agent) == 2);
	/* Silent, the one outside is not dead to the one inside. */
	silent_ns = entrain_next_turn_ns(agent) + 2 * PERIOD_NS;
	life_until(entrain_now_ns() > silent_ns);
	stage->look = 1;
	life_until(stage->looked);
	assert_int_equal(stage->released, 0);
	assert_int_equal(stage->unproven, 1);
	assert_int_equal(life_pid_of(agent->index), getpid());
	/* And the other way round, stopped or dead. */
	life_check(kill(stage->outer_pid, SIGSTOP) == 0);
	turn_until(agent, alive_seen_by(agent) == 1);
	for (int turns = 0; turns < 10; turns++)
		turn(agent);
	check_unproven(1);
	life_status(&status);
	assert_int_equal(status.measure.agents_dead, 0);
	assert_int_equal(status.measure.agents_stale, 1);
	life_check(kill(stage->outer_pid, SIGCONT) == 0);
	turn_until(agent, stage->alive == 2 && alive_seen_by(agent) == 2);
	stage->end = 1;
	life_check(kill(stage->outer_pid, SIGKILL) == 0);
}

static void in_another_pid_namespace(bool mount_proc)
{
	struct stage *stage = life_shared(sizeof(*stage));
	struct entrain_agent *agent;
	pid_t pid;

	life_create(4, PERIOD_NS);
	agent = join();
	stage->mount_proc = mount_proc;
	pid = life_fork(enter, stage);
	namespaces_meet(stage, agent);
	life_ended_well(pid);
	if (stage->refused) {
		print_message("a pid namespace is not permitted: %s\n", strerror(stage->refused));
		entrain_leave(agent);
		skip();
	}
	for (int turns = 0; turns < 10; turns++)
		turn(agent);
	check_unproven(1);
	entrain_leave(agent);
	assert_int_equal(life_occupied(), 1);
}

static void agents_of_another_pid_namespace_are_never_declared_dead(void **state)
{
	(void)state;
	in_another_pid_namespace(true);
}

static void agents_of_another_pid_namespace_without_its_proc_neither(void **state)
{
	(void)state;
	in_another_pid_namespace(false);
}

/* ---- no /proc ---------------------------------------------------------------------------- */

/* What the process that is looked for was made by. */
struct descent {
	struct stage stage;
	struct entrain_agent *agent; /* the test's, inherited */
	bool new_space;
	pid_t (*make)(void);
};

static pid_t raw_clone(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static bool proc_hide(struct stage *stage, int flags)
{
	if (unshare(flags | CLONE_NEWNS) == 0 &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("none", "/proc", "tmpfs", 0, NULL) == 0)
		return true;
	stage->refused = errno;
	return false;
}

static void await(pid_t pid)
{
	int status;

	life_check(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

/* A child of a child, without /proc; the one in between does nothing but fork. */
static void descend(void *context)
{
	struct descent *descent = context;
	struct stage *stage = &descent->stage;
	uint32_t released = 0, unproven = 0; /* counts go on */
	pid_t pid;

	if (!proc_hide(stage, descent->new_space ? CLONE_NEWPID : 0))
		return;
	pid = descent->make();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pid = fork();
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			life_check(entrain_rejoin(descent->agent, NULL) == 0);
			/* as reap does: any slot whose owner it takes for dead */
			roster_reap(&descent->agent->roster, process_identity(), entrain_now_ns(),
				    &released, &unproven);
			stage->released = released;
			entrain_leave(descent->agent);
			stage->ready = 1;
			_exit(0);
		}
		await(pid);
		_exit(0);
	}
	await(pid);
}

static void without_proc(bool new_space, pid_t (*make)(void), uint32_t released)
{
	struct descent *descent = life_shared(sizeof(*descent));
	struct entrain_agent *agent;

	if (geteuid() != 0)
		skip();
	life_create(4, PERIOD_NS);
	agent = join();
	life_ended_well(life_fork(join_and_end, NULL));
	descent->agent = agent;
	descent->new_space = new_space;
	descent->make = make;
	life_ended_well(life_fork(descend, descent));
	if (descent->stage.refused) {
		print_message("not permitted: %s\n", strerror(descent->stage.refused));
		entrain_leave(agent);
		skip();
	}
	assert_true(descent->stage.ready);
	assert_int_equal(descent->stage.released, released);
	assert_int_equal(life_pid_of(agent->index), getpid());
	entrain_leave(agent);
}

static void without_proc_a_grandchild_still_proves_death(void **state)
{
	(void)state;
	without_proc(false, fork, 1);
}

static void without_proc_a_new_namespace_proves_nothing(void **state)
{
	(void)state;
	without_proc(true, fork, 0);
}

static void nor_does_one_that_was_entered_by_a_raw_clone(void **state)
{
	(void)state;
	if (LIFE_THREAD_SANITIZED)
		skip();
	without_proc(true, raw_clone, 0);
}

/* ---- another time namespace -------------------------------------------------------------- */

#define SHIFTED "shifted"

static void shifted(struct stage *stage)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_agent *agent;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	life_check(entrain_join(LIFE_SWARM, NULL, &error) == NULL);
	life_check(error.code == ENTRAIN_CLOCK);
	life_check(entrain_create(NULL, SHIFTED, NULL, NULL) == 0);
	agent = entrain_join(SHIFTED, NULL, &error);
	life_check(agent != NULL);
	life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
	entrain_leave(agent);
	stage->ready = 1;
}

static void shift(void *context)
{
	struct stage *stage = context;
	int fd = -1, status;
	pid_t pid;

	if (unshare(CLONE_NEWTIME) < 0 ||
	    (fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC)) < 0 ||
	    write(fd, "monotonic 90000 0", 17) != 17) {
		stage->refused = errno;
		return;
	}
	close(fd);
	pid = fork();
	if (pid == 0) {
		shifted(stage);
		_exit(0);
	}
	life_check(waitpid(pid, &status, 0) == pid && status == 0);
}

static void a_shifted_clock_stays_out(void **state)
{
	struct stage *stage = life_shared(sizeof(*stage));
	struct entrain_error error = { .code = ENTRAIN_OK };

	(void)state;
	life_create(4, PERIOD_NS);
	life_ended_well(life_fork(shift, stage));
	if (stage->refused) {
		print_message("a time namespace is not permitted: %s\n", strerror(stage->refused));
		skip();
	}
	assert_true(stage->ready);
	assert_null(entrain_join(SHIFTED, NULL, &error));
	assert_int_equal(error.code, ENTRAIN_CLOCK);
	assert_int_equal(entrain_remove(NULL, SHIFTED, 0, NULL), 0);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reap_frees_a_slot_whose_pid_lives_again),
		TEST(an_agent_frees_a_slot_whose_pid_lives_again),
		TEST(a_pid_that_a_thread_has_now_is_of_nobody_who_lives),
		TEST(agents_of_another_pid_namespace_are_never_declared_dead),
		TEST(agents_of_another_pid_namespace_without_its_proc_neither),
		TEST(without_proc_a_grandchild_still_proves_death),
		TEST(without_proc_a_new_namespace_proves_nothing),
		TEST(nor_does_one_that_was_entered_by_a_raw_clone),
		TEST(a_shifted_clock_stays_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
