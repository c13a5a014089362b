/* SPDX-License-Identifier: MIT */
/* test_agent_measure.c - an agent that looks around itself sees what the picture of an administrator shows. */
#include "unit.h"
#include <math.h>
#include <stdio.h>
#include <unistd.h>
#include "agent.h"
#include "clock.h"

#define PERIOD INT64_C(1000000000)
#define MOST 300

static int64_t virtual_ns = 1000 * PERIOD;

static int64_t virtual_clock(void)
{
	return virtual_ns;
}

/* One swarm: an agent, and slots of this process that publish what they are told to. */
struct scene {
	char dir[64], name[32];
	struct entrain_agent *agent;
	struct entrain_swarm *swarm;
	struct slot_owner owners[MOST];
	uint32_t count;
};

/* The present one, for teardown after a failure too. */
static struct scene scene;

static void scene_open(uint32_t count, uint32_t goal)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_settings settings;
	struct entrain_error error = { 0 };

	memset(&scene, 0, sizeof(scene));
	snprintf(scene.dir, sizeof(scene.dir), "/dev/shm/entrain-test-measure.XXXXXX");
	snprintf(scene.name, sizeof(scene.name), "measure");
	assert_non_null(mkdtemp(scene.dir));
	entrain_settings_init(&settings);
	settings.capacity = MOST + 7;
	settings.period_ns = PERIOD;
	settings.goal = goal;
	if (entrain_create(scene.dir, scene.name, &settings, &error))
		fail_msg("%s: %s", error.object, error.why);
	options.dir = scene.dir;
	scene.agent = entrain_join(scene.name, &options, &error);
	scene.swarm = entrain_open(scene.dir, scene.name, ENTRAIN_READ, &error);
	for (scene.count = 0; scene.agent && scene.count < count; scene.count++)
		if (roster_claim(&scene.agent->roster, process_identity(), virtual_ns, false,
				 &scene.owners[scene.count]) < 0)
			break;
}

static int scene_close(void **state)
{
	(void)state;
	entrain_close(scene.swarm);
	entrain_leave(scene.agent);
	if (scene.dir[0]) {
		entrain_remove(scene.dir, scene.name, 0, NULL);
		rmdir(scene.dir);
	}
	memset(&scene, 0, sizeof(scene));
	return 0;
}

/* What one of the others publishes: mostly something honest. */
static void other_publish(struct slot_owner *owner, uint64_t *seed, uint32_t of, bool odd)
{
	const uint32_t kind = odd ? (uint32_t)(next_random(seed) % 12) : 12;
	int64_t period_ns =
		kind == 0 ? 2 * PERIOD : PERIOD - (int64_t)(next_random(seed) % 3) * 64000;
	int64_t next_ns = virtual_ns + (int64_t)(next_random(seed) % (uint64_t)period_ns);
	struct slot_turn turn = {
		.next_ns = kind == 1   ? virtual_ns - PERIOD * 2 / 3
			   : kind == 2 ? virtual_ns - PERIOD / 8
				       : next_ns,
		.period_ns = period_ns,
		.work_ns =
			kind == 3 ? 2 * PERIOD : (int64_t)(next_random(seed) % (2 * PERIOD / of)),
		.status = status_make(1, 1, 1, next_random(seed) % 2, 0, 0, 0),
		.topology = 1 << 16 | next_random(seed) % 51201,
	};

	turn.cur_ns =
		kind == 4 ? turn.next_ns + PERIOD
			  : turn.next_ns - PERIOD + (int64_t)(next_random(seed) % 3) * PERIOD / 30;
	slot_publish(owner, &turn);
	if (kind == 5) {
		slot_release(owner);
		return;
	}
	slot_set_acting(owner, virtual_ns - (int64_t)(next_random(seed) % PERIOD), kind == 6);
	if (kind != 7)
		slot_set_fact(owner, FACT_OVERLAP,
			      overlap_make(1 + (uint32_t)(next_random(seed) % 5),
					   kind == 9 ? PERIOD / 5 : 0));
	if (kind == 8)
		atomic_store_explicit(&owner->slot->copy[owner->version & 1].word[COPY_STATUS], 5,
				      memory_order_relaxed);
}

static void assert_near(const char *what, double have, double want, double within)
{
	if (!(fabs(have - want) <= within))
		fail_msg("%s %.9f is not %.9f", what, have, want);
}

static void measures_compare(void)
{
	struct entrain_measure inside = ENTRAIN_MEASURE;
	struct entrain_status status = ENTRAIN_STATUS;
	const struct entrain_measure *outside = &status.measure;
	double order[4];

	assert_int_equal(entrain_measure(scene.agent, &inside), 0);
	assert_int_equal(entrain_coherence(scene.agent, order), 0);
	assert_int_equal(entrain_status(scene.swarm, &status, NULL, 0, NULL), 0);
	assert_int_equal(inside.agents_alive, outside->agents_alive);
	assert_int_equal(inside.agents_stale, outside->agents_stale);
	assert_int_equal(inside.agents_off_beat, outside->agents_off_beat);
	assert_int_equal(inside.agents_implausible, outside->agents_implausible);
	assert_int_equal(inside.peak_overlap, outside->peak_overlap);
	assert_int_equal(inside.longest_period_ns, outside->longest_period_ns);
	assert_int_equal(inside.metric, outside->metric);
	for (int m = 0; m < 4; m++) {
		assert_near("order", inside.order_parameters[m], outside->order_parameters[m],
			    2e-6);
		assert_near("order alone", order[m], inside.order_parameters[m], 2e-6);
	}
	assert_near("least gap", inside.min_gap, outside->min_gap, 1e-9);
	assert_near("largest gap", inside.max_gap, outside->max_gap, 1e-9);
	assert_near("evenness", inside.evenness, outside->evenness, 1e-9);
	assert_near("actual", inside.evenness_actual, outside->evenness_actual, 1e-9);
	assert_near("rhythm", inside.rhythm, outside->rhythm, 1e-12);
	assert_near("duty", inside.duty, outside->duty, 1e-12);
	assert_near("energy", inside.energy, outside->energy, 1e-12);
	assert_near("value", inside.value, outside->value, 2e-6);
}

static void inside_and_outside_agree(void **state)
{
	uint64_t seed = 23;
	uint32_t odd = 0;

	(void)state;
	for (uint32_t goal = 1; goal < ENTRAIN_GOAL_COUNT; goal++) {
		static const uint32_t sizes[] = { 0, 1, 3, 70, MOST };

		scene_open(sizes[goal % 5], goal);
		for (int round = 0; round < 30 && scene.agent && scene.swarm; round++) {
			virtual_ns = entrain_next_turn_ns(scene.agent);
			entrain_begin(scene.agent);
			entrain_end(scene.agent);
			for (uint32_t i = 0; i < scene.count; i++)
				other_publish(&scene.owners[i], &seed, scene.count,
					      round % 3 && next_random(&seed) % 4 == 0);
			measures_compare();
			odd++;
		}
		scene_close(NULL);
	}
	assert_int_equal(odd, 30 * (ENTRAIN_GOAL_COUNT - 1));
}

static void an_agents_phase_is_that_of_the_picture(void **state)
{
	(void)state;
	scene_open(0, ENTRAIN_DISTRIBUTE_LOAD);
	virtual_ns = entrain_next_turn_ns(scene.agent);
	assert_near("at the turn", entrain_phase(scene.agent), 0, 1e-6);
	entrain_begin(scene.agent);
	entrain_end(scene.agent);
	for (int step = 1; step < 10; step++) {
		struct entrain_status status = ENTRAIN_STATUS;
		struct entrain_agent_info info;

		virtual_ns += PERIOD / 10;
		assert_int_equal(entrain_status(scene.swarm, &status, &info, 1, NULL), 0);
		assert_near("phase", entrain_phase(scene.agent), info.phase, 1e-6);
		assert_near("phase", entrain_phase(scene.agent), step / 10.0, 1e-6);
	}
	scene_close(NULL);
}

static void what_is_no_agent_is_refused(void **state)
{
	struct entrain_measure measure = ENTRAIN_MEASURE;
	double order[4];

	(void)state;
	scene_open(0, ENTRAIN_DISTRIBUTE_LOAD);
	assert_int_equal(entrain_coherence(NULL, order), ENTRAIN_USAGE);
	assert_int_equal(entrain_coherence(scene.agent, NULL), ENTRAIN_USAGE);
	assert_int_equal(entrain_measure(NULL, &measure), ENTRAIN_USAGE);
	measure.size--;
	assert_int_equal(entrain_measure(scene.agent, &measure), ENTRAIN_USAGE);
	assert_int_equal(entrain_coherence(scene.agent, order), 0);
	assert_near("alone", order[0], 1, 1e-6);
	scene_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(inside_and_outside_agree, scene_close),
		cmocka_unit_test_teardown(an_agents_phase_is_that_of_the_picture, scene_close),
		cmocka_unit_test_teardown(what_is_no_agent_is_refused, scene_close),
	};

	clock_source = virtual_clock;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
