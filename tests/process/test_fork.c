/* SPDX-License-Identifier: MIT */
/* test_fork.c - a child never touches its parent's slot and gets one of its own, however and whenever it was made. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "life.h"
#include "mark.h"

#define PERIOD_NS (100 * LIFE_MS)
#define AN_ERRNO 4711

static pid_t way_raw(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static const struct way {
	const char *name;
	pid_t (*make)(void);
} ways[] = { { "fork", fork }, { "_Fork", _Fork }, { "raw clone", way_raw } };
#define WAYS (LIFE_THREAD_SANITIZED ? 1u : 3u)

/* A child made `way` that runs body(context) and ends. */
static pid_t child_start(const struct way *way, void (*body)(void *context), void *context)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = way->make();
	life_check(pid >= 0);
	if (pid)
		return pid;
	swarm_child_tie(parent);
	alarm((unsigned)(LIFE_PATIENCE_NS / LIFE_S));
	body(context);
	_exit(0);
}

static void child_run(const struct way *way, void (*body)(void *context), void *context)
{
	int status = life_ended(child_start(way, body, context));

	if (status)
		fail_msg("child made by %s: wait status %#x", way->name, (unsigned)status);
}

static struct entrain_agent *join(void)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_agent *agent = entrain_join(LIFE_SWARM, NULL, &error);

	if (!agent)
		dprintf(STDERR_FILENO, "%s %s: %s\n", error.what, error.object, error.why);
	life_check(agent != NULL);
	life_check(entrain_joined(agent, NULL));
	return agent;
}

static bool own(const struct entrain_agent *agent)
{
	return entrain_joined(agent, NULL) && life_pid_of(agent->index) == (uint32_t)getpid();
}

/* ---- the inherited handle ---------------------------------------------------------------- */

static void call_everything(void *context)
{
	struct entrain_agent *agent = context;
	struct entrain_measure measure = ENTRAIN_MEASURE;
	enum entrain_code why = ENTRAIN_OK;

	errno = AN_ERRNO;
	life_check(entrain_wait(agent) == ENTRAIN_FORKED);
	life_check(entrain_wait_until(agent, entrain_now_ns()) == ENTRAIN_FORKED);
	life_check(entrain_begin(agent) == ENTRAIN_FORKED);
	life_check(entrain_end(agent) == ENTRAIN_FORKED);
	life_check(entrain_label(agent, "child") == ENTRAIN_FORKED);
	life_check(entrain_measure(agent, &measure) == ENTRAIN_FORKED);
	life_check(entrain_next_turn_ns(agent) == INT64_MAX);
	life_check(entrain_due(agent) == 0);
	life_check(entrain_joined(agent, &why) == 0 && why == ENTRAIN_FORKED);
	entrain_cancel(agent);
	life_check(errno == AN_ERRNO);
	life_check(entrain_timerfd(agent) == -1);
	errno = AN_ERRNO;
	entrain_leave(agent);
	life_check(errno == AN_ERRNO);
}

static void every_call_on_an_inherited_handle_says_forked(void **state)
{
	struct entrain_agent *agent;
	struct itimerspec timer;
	struct shm_slot before;

	(void)state;
	life_create(4, PERIOD_NS);
	agent = join();
	life_check(entrain_begin(agent) == 0 && entrain_timerfd(agent) >= 0);
	for (unsigned i = 0; i < WAYS; i++) {
		int64_t turn_ns = entrain_next_turn_ns(agent);

		memcpy(&before, &life_slots()[agent->index], sizeof(before));
		child_run(&ways[i], call_everything, agent);
		assert_memory_equal(&before, &life_slots()[agent->index], sizeof(before));
		assert_int_equal(life_occupied(), 1);
		/* The parent's handle is as it was: its turn, its timer, and no cancel came through. */
		assert_int_equal(entrain_next_turn_ns(agent), turn_ns);
		assert_int_equal(timerfd_gettime(entrain_timerfd(agent), &timer), 0);
		assert_int_equal(entrain_wait_until(agent, entrain_now_ns()), ENTRAIN_TIMEOUT);
		assert_int_equal(entrain_end(agent), 0);
		assert_int_equal(entrain_begin(agent), 0);
		assert_true(own(agent));
	}
	entrain_leave(agent);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* ---- slots of its own -------------------------------------------------------------------- */

struct inherited {
	struct entrain_agent *first, *second;
	bool join_first;
};

static void take_three(void *context)
{
	struct inherited *inherited = context;
	struct entrain_agent *fresh = NULL;

	if (inherited->join_first)
		fresh = join();
	life_check(entrain_rejoin(inherited->first, NULL) == 0);
	life_check(entrain_rejoin(inherited->second, NULL) == 0);
	if (!fresh)
		fresh = join();
	life_check(fresh->index != inherited->first->index &&
		   fresh->index != inherited->second->index &&
		   inherited->first->index != inherited->second->index);
	life_check(life_occupied() == 5);
	for (int turn = 0; turn < 2; turn++) {
		life_check(own(inherited->first) && own(inherited->second) && own(fresh));
		life_check(entrain_begin(inherited->first) == 0);
		life_check(entrain_end(inherited->first) == 0);
		life_check(entrain_begin(inherited->second) == 0);
		life_check(entrain_end(inherited->second) == 0);
		life_check(entrain_begin(fresh) == 0 && entrain_end(fresh) == 0);
	}
	entrain_leave(inherited->first);
	life_check(own(inherited->second) && own(fresh) && life_occupied() == 4);
	entrain_leave(fresh);
	entrain_leave(inherited->second);
}

static void children_take_their_own_slots(bool join_first)
{
	struct inherited inherited = { .join_first = join_first };
	struct shm_slot before[2];

	life_create(8, PERIOD_NS);
	inherited.first = join();
	inherited.second = join();
	memcpy(before, life_slots(), sizeof(before));
	for (unsigned i = 0; i < WAYS; i++) {
		child_run(&ways[i], take_three, &inherited);
		assert_memory_equal(before, life_slots(), sizeof(before));
		assert_int_equal(life_occupied(), 2);
	}
	assert_true(own(inherited.first) && own(inherited.second));
	entrain_leave(inherited.first);
	entrain_leave(inherited.second);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

static void a_child_that_rejoins_and_then_joins_has_slots_of_its_own(void **state)
{
	(void)state;
	children_take_their_own_slots(false);
}

static void a_child_that_joins_and_then_rejoins_has_slots_of_its_own(void **state)
{
	(void)state;
	children_take_their_own_slots(true);
}

/* ---- at any moment ----------------------------------------------------------------------- */

static _Atomic int thread_stop;
static _Atomic unsigned thread_joins;

static void *join_and_leave(void *context)
{
	while (!thread_stop) {
		entrain_leave(entrain_join(LIFE_SWARM, NULL, NULL));
		thread_joins++;
	}
	return context;
}

static void rejoin_and_join(void *context)
{
	struct entrain_agent *inherited = context, *fresh;

	life_check(entrain_rejoin(inherited, NULL) == 0);
	fresh = join();
	life_check(own(inherited) && own(fresh));
	entrain_leave(inherited);
	entrain_leave(fresh);
}

static void children_join_while_a_thread_of_the_parent_joins_and_leaves(void **state)
{
	struct entrain_agent *agent;
	unsigned before;
	pthread_t thread;

	(void)state;
	life_create(8, PERIOD_NS);
	agent = join();
	thread_stop = 0;
	thread_joins = 0;
	assert_int_equal(pthread_create(&thread, NULL, join_and_leave, NULL), 0);
	life_until(thread_joins > 10);
	for (unsigned i = 0; i < 300; i++)
		child_run(&ways[i % WAYS], rejoin_and_join, agent);
	before = thread_joins;
	life_until(thread_joins > before);
	thread_stop = 1;
	pthread_join(thread, NULL);
	/* What the thread held at a fork was the parent's, and it gave it back. */
	assert_true(own(agent));
	assert_int_equal(life_occupied(), 1);
	entrain_leave(agent);
	life_remove();
}

/* Forks at the given mark: `mark_left` counts down to it. */
static int mark_left;
static const struct way *mark_way;
static pid_t mark_child;
static void (*mark_body)(void *context);

static void fork_here(const char *function, int line)
{
	(void)function;
	(void)line;
	if (mark_left-- == 0) {
		mark_hook = NULL;
		mark_child = child_start(mark_way, mark_body, NULL);
	}
}

static void fork_at_mark(int mark, const struct way *way, void (*body)(void *context))
{
	mark_left = mark;
	mark_way = way;
	mark_body = body;
	mark_child = 0;
	mark_hook = fork_here;
}

static void join_once(void *context)
{
	(void)context;
	entrain_leave(join());
}

static void a_child_joins_wherever_in_a_join_it_was_made(void **state)
{
	int mark = 0;

	(void)state;
	life_create(8, PERIOD_NS);
	for (bool hit = true; hit; mark++) {
		struct entrain_agent *agent;

		fork_at_mark(mark, &ways[(unsigned)mark % WAYS], join_once);
		agent = join();
		hit = mark_child != 0;
		if (hit)
			life_ended_well(mark_child);
		life_check(own(agent));
		entrain_leave(agent);
		life_check(life_occupied() == 0);
	}
	mark_hook = NULL;
	/* The claim alone has one for each word of the slot. */
	assert_true(mark > 30);
	life_remove();
}

static void stay(void *context)
{
	(void)context;
	pause();
}

static void a_child_made_during_creation_does_not_hold_the_swarm(void **state)
{
	int mark = 0;

	(void)state;
	for (bool hit = true; hit; mark++) {
		fork_at_mark(mark, &ways[0], stay);
		life_create(8, PERIOD_NS);
		hit = mark_child != 0;
		mark_hook = NULL;
		life_mode(ENTRAIN_OBSERVE);
		life_remove();
		if (hit)
			swarm_child_kill(mark_child);
	}
	assert_true(mark > 5);
}

/* ---- generations ------------------------------------------------------------------------- */

#define CHILDREN 10
#define GENERATIONS 3

struct family {
	struct entrain_agent *agent;
	_Atomic int joined, end;
};

/* Private to each process. */
static int depth;
static bool eldest;

static void generation(void *context);

static void have_children(struct family *family, pid_t children[CHILDREN])
{
	for (int i = 0; i < CHILDREN; i++) {
		eldest = i == 0;
		children[i] = life_fork(generation, family);
	}
}

static void generation(void *context)
{
	struct family *family = context;
	pid_t children[CHILDREN];
	bool parent = ++depth < GENERATIONS && eldest;

	life_check(entrain_joined(family->agent, NULL) == 0);
	life_check(entrain_rejoin(family->agent, NULL) == 0);
	life_check(own(family->agent));
	family->joined++;
	if (parent)
		have_children(family, children);
	life_until(family->end);
	life_check(own(family->agent));
	life_check(entrain_begin(family->agent) == 0 && entrain_end(family->agent) == 0);
	for (int i = 0; parent && i < CHILDREN; i++)
		life_check(life_ended(children[i]) == 0);
	entrain_leave(family->agent);
}

static void three_generations_of_ten_children_have_a_slot_each(void **state)
{
	struct family *family = life_shared(sizeof(*family));
	struct entrain_status status;
	pid_t children[CHILDREN];

	(void)state;
	life_create(64, PERIOD_NS);
	family->agent = join();
	have_children(family, children);
	life_until(family->joined == GENERATIONS * CHILDREN);
	assert_int_equal(life_occupied(), GENERATIONS * CHILDREN + 1);
	for (unsigned i = 0; i <= GENERATIONS * CHILDREN; i++)
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(life_pid_of(i), life_pid_of(j));
	life_status(&status);
	assert_int_equal(status.agents, GENERATIONS * CHILDREN + 1);
	family->end = 1;
	for (int i = 0; i < CHILDREN; i++)
		life_ended_well(children[i]);
	assert_int_equal(life_occupied(), 1);
	assert_true(own(family->agent));
	entrain_leave(family->agent);
	life_remove();
}

/* ---- without rights ---------------------------------------------------------------------- */

static void rejoin_without_rights(void *context)
{
	struct entrain_agent *agent = context;
	char jail[300];

	snprintf(jail, sizeof(jail), "%s/jail", swarm_fixture_dir());
	life_check(mkdir(jail, 0755) == 0);
	life_check(chroot(jail) == 0 && chdir("/") == 0 && setuid(65534) == 0);
	swarm_child_tie(getppid());
	life_check(entrain_join(LIFE_SWARM, NULL, NULL) == NULL);
	life_check(entrain_rejoin(agent, NULL) == 0);
	/* Long enough that it looks whether its objects are still named as they were. */
	for (int turn = 0; turn < 20; turn++) {
		life_check(entrain_wait_until(agent, 0) == ENTRAIN_TIMEOUT);
		life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
		life_check(entrain_joined(agent, NULL));
	}
	life_check(version_pid(agent->roster.slots[agent->index].version) == (uint32_t)getpid());
	entrain_leave(agent);
}

static void a_child_rejoins_through_its_mapping_after_chroot_and_setuid(void **state)
{
	struct entrain_agent *agent;
	struct shm_slot before;

	(void)state;
	if (geteuid() != 0) {
		print_message("needs root, for chroot\n");
		skip();
	}
	life_create(4, PERIOD_NS);
	agent = join();
	memcpy(&before, life_slots(), sizeof(before));
	life_ended_well(life_fork(rejoin_without_rights, agent));
	assert_memory_equal(&before, life_slots(), sizeof(before));
	assert_int_equal(life_occupied(), 1);
	entrain_leave(agent);
}

/* How often the agents object is mapped. */
static unsigned maps_count(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned count = 0;

	life_check(maps != NULL);
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, "entrain." LIFE_SWARM ".agents") != NULL;
	fclose(maps);
	return count;
}

struct pair {
	struct entrain_agent *first, *second;
};

static void adopt_both(void *context)
{
	struct pair *pair = context;
	struct entrain_agent *own = join();

	life_check(maps_count() == 2);
	life_check(entrain_rejoin(pair->first, NULL) == 0 && maps_count() == 2);
	life_check(entrain_rejoin(pair->second, NULL) == 0);
	life_check(maps_count() == 1);
	entrain_leave(own);
	entrain_leave(pair->first);
	life_check(entrain_joined(pair->second, NULL) && maps_count() == 1);
	entrain_leave(pair->second);
	life_check(maps_count() == 0);
}

/* The second handle still needs what the first one gives back. */
static void adopt_one_after_the_other(void *context)
{
	struct pair *pair = context;

	life_check(entrain_rejoin(pair->first, NULL) == 0);
	entrain_leave(pair->first);
	life_check(maps_count() == 1);
	life_check(entrain_rejoin(pair->second, NULL) == 0);
	life_check(entrain_begin(pair->second) == 0 && entrain_end(pair->second) == 0);
	entrain_leave(pair->second);
	life_check(maps_count() == 0);
}

static void leave_both(void *context)
{
	struct pair *pair = context;

	entrain_leave(pair->first);
	life_check(maps_count() == 1);
	entrain_leave(pair->second);
	life_check(maps_count() == 0);
}

static void a_child_keeps_an_inherited_mapping_as_long_as_it_is_needed(void **state)
{
	static void (*const bodies[])(void *) = { adopt_both, adopt_one_after_the_other,
						  leave_both };
	struct pair pair;

	(void)state;
	life_create(8, PERIOD_NS);
	pair.first = join();
	pair.second = join();
	for (unsigned i = 0; i < WAYS; i++)
		for (unsigned body = 0; body < 3; body++)
			child_run(&ways[i], bodies[body], &pair);
	entrain_leave(pair.first);
	entrain_leave(pair.second);
	assert_int_equal(maps_count(), 0);
	life_remove();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_call_on_an_inherited_handle_says_forked),
		TEST(a_child_that_rejoins_and_then_joins_has_slots_of_its_own),
		TEST(a_child_that_joins_and_then_rejoins_has_slots_of_its_own),
		TEST(children_join_while_a_thread_of_the_parent_joins_and_leaves),
		TEST(a_child_joins_wherever_in_a_join_it_was_made),
		TEST(a_child_made_during_creation_does_not_hold_the_swarm),
		TEST(three_generations_of_ten_children_have_a_slot_each),
		TEST(a_child_keeps_an_inherited_mapping_as_long_as_it_is_needed),
		TEST(a_child_rejoins_through_its_mapping_after_chroot_and_setuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
