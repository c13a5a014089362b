/* SPDX-License-Identifier: MIT */
/*
 * test_kill_sweep.c - SIGKILL after every instruction of what an agent does to a slot harms that slot at most.
 *
 * The library's clock stands still in the children, so that each of them publishes the same: after a kill a slot must
 * read as the turn before or as the turn after, nothing else. ENTRAIN_SWEEP=full kills at every instruction of the long
 * functions too, not only at every so many.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "clock.h"
#include "swarm_fixture.h"
#include "sweep_stage.h"
#include "sweep_trace.h"

/* AddressSanitizer sees no more at a thousand kills than at a hundred, and its allocator does not go the same way in each child. */
#if defined(__has_feature)
#define HAS_FEATURE(feature) __has_feature(feature)
#else
#define HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* Where not every instruction is tried, about so many are. */
#define POINTS_SAMPLED (SANITIZED ? 60 : 400)

/* What the victim is killed in, and with what. */
struct actor {
	const struct stage *stage;
	struct entrain_agent *agent;
	struct slot_turn turn;
	struct identity self;
	uint64_t seen; /* version of the slot to free */
	uint32_t released, unproven;
};

struct sweep {
	const char *name;
	void (*prepare)(struct actor *actor);
	void (*act)(struct actor *actor);
	bool frees;   /* the slot may be free afterwards */
	bool claims;  /* there is no turn before, and none after */
	bool reaps;   /* the victim is not the owner: that one is dead already */
	bool sampled; /* long: not every instruction, unless asked for */
	bool varies; /* as long as numbers in /proc have digits, or a sanitizer's allocator likes */
};

/* What the victim's slot held, without what differs from child to child. */
struct picture {
	enum slot_result result;
	struct slot_view view;
	uint64_t fact[FACT_WORDS];
};

static struct stage stage;
static int64_t frozen_ns;

static int64_t frozen_clock(void)
{
	return frozen_ns;
}

/* ---- the victims ------------------------------------------------------------------------ */

static struct slot_turn turn_of(int64_t seed)
{
	return (struct slot_turn){ .cur_ns = frozen_ns + seed,
				   .next_ns = frozen_ns + seed * 2,
				   .period_ns = seed * 3,
				   .work_ns = seed * 4,
				   .delay_ns = seed * 5,
				   .status = (uint64_t)seed * 6,
				   .topology = (uint64_t)seed * 7 };
}

static void prepare_owner(struct actor *actor)
{
	struct slot_turn turn = turn_of(1000001);

	actor->agent = stage_join(0);
	slot_publish(&actor->agent->owner, &turn);
	slot_set_acting(&actor->agent->owner, frozen_ns - 1000, false);
	slot_set_fact(&actor->agent->owner, FACT_TURNS, 1);
	actor->turn = turn_of(2000003);
}

static void act_publish(struct actor *actor)
{
	slot_publish(&actor->agent->owner, &actor->turn);
}

static void act_set_acting(struct actor *actor)
{
	slot_set_acting(&actor->agent->owner, frozen_ns + 2000, true);
}

static void act_set_fact(struct actor *actor)
{
	slot_set_fact(&actor->agent->owner, FACT_TURNS, 2);
}

static void act_release(struct actor *actor)
{
	roster_release(&actor->agent->roster, STAGE_VICTIM, &actor->agent->owner);
}

static void prepare_agent(struct actor *actor, uint32_t kind, bool began)
{
	actor->agent = stage_join(kind);
	frozen_ns += 1000000;
	entrain_begin(actor->agent);
	frozen_ns += 2000000;
	entrain_end(actor->agent);
	frozen_ns += 3000000;
	if (began) {
		entrain_begin(actor->agent);
		frozen_ns += 4000000;
	}
}

static void prepare_begin(struct actor *actor)
{
	prepare_agent(actor, ENTRAIN_TAKEN, false);
}

static void act_begin(struct actor *actor)
{
	entrain_begin(actor->agent);
}

static void prepare_end(struct actor *actor)
{
	prepare_agent(actor, ENTRAIN_TAKEN, true);
}

static void prepare_end_relative(struct actor *actor)
{
	prepare_agent(actor, ENTRAIN_RELATIVE, true);
}

static void prepare_drifting(struct actor *actor)
{
	prepare_agent(actor, ENTRAIN_DRIFTING, false);
}

/* It books its turn at the door, then takes it. Whatever the door says afterwards costs the others no more than their caps. */
static void act_door(struct actor *actor)
{
	agent_door_come(actor->agent, frozen_ns);
	entrain_begin(actor->agent);
}

static void act_end(struct actor *actor)
{
	entrain_end(actor->agent);
}

static void act_leave(struct actor *actor)
{
	entrain_leave(actor->agent);
}

static void prepare_reaper(struct actor *actor)
{
	identity_read(&actor->self);
	actor->seen = atomic_load(&stage_victim_slot(actor->stage)->version);
}

static void act_free(struct actor *actor)
{
	roster_free(&actor->stage->roster, STAGE_VICTIM, actor->seen);
}

static void act_reap(struct actor *actor)
{
	roster_reap(&actor->stage->roster, &actor->self, frozen_ns, &actor->released,
		    &actor->unproven);
}

static void act_claim(struct actor *actor)
{
	struct slot_owner owner;

	roster_claim(&actor->stage->roster, &actor->self, frozen_ns, false, &owner);
}

static int victim_run(void *context)
{
	const struct sweep *sweep = context;
	struct actor actor = { .stage = &stage };

	clock_source = frozen_clock;
	sweep->prepare(&actor);
	SWEEP_EDGE();
	sweep->act(&actor);
	SWEEP_EDGE();
	return 0;
}

static const struct sweep sweeps[] = {
	{ .name = "slot_publish", .prepare = prepare_owner, .act = act_publish },
	{ .name = "slot_set_acting", .prepare = prepare_owner, .act = act_set_acting },
	{ .name = "slot_set_fact", .prepare = prepare_owner, .act = act_set_fact },
	{ .name = "roster_release", .prepare = prepare_owner, .act = act_release, .frees = true },
	{ .name = "roster_free",
	  .prepare = prepare_reaper,
	  .act = act_free,
	  .frees = true,
	  .reaps = true },
	{ .name = "roster_reap",
	  .prepare = prepare_reaper,
	  .act = act_reap,
	  .varies = true,
	  .frees = true,
	  .reaps = true,
	  .sampled = true },
	{ .name = "roster_claim",
	  .prepare = prepare_reaper,
	  .act = act_claim,
	  .frees = true,
	  .claims = true,
	  .sampled = true },
	{ .name = "entrain_begin", .prepare = prepare_begin, .act = act_begin, .sampled = true },
	{ .name = "the door", .prepare = prepare_drifting, .act = act_door, .sampled = true },
	{ .name = "entrain_end", .prepare = prepare_end, .act = act_end },
	{ .name = "entrain_end of a relative host",
	  .prepare = prepare_end_relative,
	  .act = act_end,
	  .sampled = true },
	{ .name = "entrain_leave",
	  .prepare = prepare_begin,
	  .act = act_leave,
	  .varies = SANITIZED,
	  .frees = true,
	  .sampled = true },
};

/* ---- what must hold after it ------------------------------------------------------------- */

static struct picture picture_take(void)
{
	const struct shm_slot *slot = stage_victim_slot(&stage);
	struct picture picture = { .result = SLOT_FREE };

	picture.result = slot_read(slot, frozen_ns, &picture.view);
	for (int i = 0; i < FACT_WORDS; i++)
		picture.fact[i] = slot_fact(slot, picture.view.version, (enum shm_fact_word)i);
	return picture;
}

static bool turn_same(const struct slot_turn *a, const struct slot_turn *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Whole: all of the turn before, or all of the turn after, as the sequence says. Other words: one or the other. */
static void check_whole(const struct picture *before, const struct picture *after)
{
	struct picture now = picture_take();
	bool published =
		version_sequence(now.view.version) != version_sequence(before->view.version);

	assert_int_equal(now.result, SLOT_READ);
	assert_int_equal(version_pid(now.view.version), version_pid(before->view.version));
	assert_true(turn_same(&now.view.turn, published ? &after->view.turn : &before->view.turn));
	assert_true((now.view.acting == before->view.acting &&
		     now.view.began_ns == before->view.began_ns) ||
		    (now.view.acting == after->view.acting &&
		     now.view.began_ns == after->view.began_ns));
	for (int i = 0; i < FACT_WORDS; i++)
		assert_true(now.fact[i] == before->fact[i] ||
			    (i >= FACT_IDENTITY_END && now.fact[i] == after->fact[i]));
}

static void check_dead(const struct sweep *sweep, const struct picture *before,
		       const struct picture *after)
{
	enum slot_result result = picture_take().result;

	if (sweep->claims)
		assert_true(result == SLOT_FREE || result == SLOT_EMPTY);
	else if (result != SLOT_FREE || !sweep->frees)
		check_whole(before, after);
	stage_check_others(&stage);
}

/* ---- the sweep --------------------------------------------------------------------------- */

static int owner_run(void *context)
{
	struct actor actor = { .stage = context };

	clock_source = frozen_clock;
	prepare_owner(&actor);
	return 0;
}

/* A reaper needs something to reap. */
static void dead_owner_place(void)
{
	if (version_pid(atomic_load(&stage_victim_slot(&stage)->version)) == 0)
		assert_int_equal(swarm_child_result(swarm_child_start(owner_run, &stage), 5000), 0);
	assert_int_not_equal(version_pid(atomic_load(&stage_victim_slot(&stage)->version)), 0);
}

static pid_t victim_start(const struct sweep *sweep, struct picture *before)
{
	pid_t pid;

	if (sweep->reaps)
		dead_owner_place();
	pid = sweep_start(victim_run, (void *)(uintptr_t)sweep);
	assert_int_not_equal(pid, 0);
	*before = picture_take();
	return pid;
}

static void victim_kill(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	status = swarm_child_end(pid, 5000);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* False: this child's path ended before; it was killed at the end then. */
static bool point_check(const struct sweep *sweep, const struct sweep_path *path, size_t point,
			const struct picture *after)
{
	struct picture before;
	pid_t pid = victim_start(sweep, &before);
	bool reached = sweep_run_to(pid, path, point);

	if (!reached && !sweep->varies)
		fail_msg("%s: instruction %zu was not reached", sweep->name, point);
	victim_kill(pid);
	check_dead(sweep, &before, after);
	if (!sweep->reaps || version_pid(atomic_load(&stage_victim_slot(&stage)->version)) == 0)
		stage_check_reclaim(&stage);
	return reached;
}

/* One child goes all the way: it shows the path and the turn after. Killed there, too: point `count`. */
static struct sweep_path record(const struct sweep *sweep, struct picture *after)
{
	struct sweep_path path;
	struct picture before;
	pid_t pid = victim_start(sweep, &before);

	assert_true(sweep_record(pid, &path));
	*after = picture_take();
	victim_kill(pid);
	check_dead(sweep, &before, after);
	stage_check_reclaim(&stage);
	return path;
}

/* Every instruction, or of the long functions every so many: a prime, so that loops are met at all their places. */
static size_t stride_of(const struct sweep *sweep, const struct sweep_path *path)
{
	static const size_t primes[] = { 7, 13, 29, 53, 101 };
	const char *how = getenv("ENTRAIN_SWEEP");
	size_t i = 0;

	if ((!sweep->sampled && !SANITIZED) || (how && strcmp(how, "full") == 0))
		return 1;
	while (i < sizeof(primes) / sizeof(primes[0]) - 1 &&
	       path->count / primes[i] > POINTS_SAMPLED)
		i++;
	return primes[i];
}

static void sweep_all(void **state)
{
	const struct sweep *sweep = *state;
	struct picture after;
	struct sweep_path path;
	size_t points = 0, reached = 0, stride;

	swarm_fixture_begin();
	frozen_ns = entrain_now_ns();
	stage_set(&stage, "sweep");
	path = record(sweep, &after);
	assert_int_not_equal(path.count, 0);
	stride = stride_of(sweep, &path);
	for (size_t point = 0; point < path.count; point += stride, points++)
		reached += point_check(sweep, &path, point, &after);
	print_message("%s: killed at %zu of %zu instructions\n", sweep->name, reached, path.count);
	assert_true(reached >= points / 2);
	sweep_path_free(&path);
	stage_clear(&stage);
	assert_int_equal(swarm_fixture_files(), 0);
}

static int teardown(void **state)
{
	(void)state;
	swarm_fixture_end();
	return 0;
}

int main(void)
{
	struct CMUnitTest tests[sizeof(sweeps) / sizeof(sweeps[0])];

	if (!SWEEP_WORKS)
		return 77;
	for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++)
		tests[i] = (struct CMUnitTest){ .name = sweeps[i].name,
						.test_func = sweep_all,
						.teardown_func = teardown,
						.initial_state = (void *)(uintptr_t)&sweeps[i] };
	sweep_pin();
	/* Whatever hangs: the guardian cleans up. */
	alarm(600);
	return cmocka_run_group_tests_name("kill sweep", tests, NULL, NULL);
}
