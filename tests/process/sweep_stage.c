/* SPDX-License-Identifier: MIT */
/* sweep_stage.c - a full little swarm with one victim in its middle, and all that must hold after the victim's death. */
#include "sweep_stage.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "clock.h"

struct entrain_settings stage_settings(void)
{
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.capacity = STAGE_SLOTS;
	settings.period_ns = INT64_C(3600000000000);
	return settings;
}

void stage_set(struct stage *stage, const char *name)
{
	struct entrain_settings settings = stage_settings();
	struct entrain_agent *middle;

	memset(stage, 0, sizeof(*stage));
	stage->name = name;
	assert_int_equal(entrain_create(NULL, name, &settings, NULL), 0);
	stage->neighbour[0] = entrain_join(name, NULL, NULL);
	middle = entrain_join(name, NULL, NULL);
	stage->neighbour[1] = entrain_join(name, NULL, NULL);
	entrain_leave(middle);
	stage->swarm = entrain_open(NULL, name, ENTRAIN_ADMIN, NULL);
	assert_non_null(stage->neighbour[0]);
	assert_non_null(stage->neighbour[1]);
	assert_non_null(stage->swarm);
	stage->roster = (struct roster){ stage->swarm->segment.agents, stage->swarm->segment.slots,
					 STAGE_SLOTS };
	for (int i = 0; i < 2; i++) {
		entrain_begin(stage->neighbour[i]);
		entrain_end(stage->neighbour[i]);
		memcpy(&stage->image[i], &stage->roster.slots[2 * i], sizeof(stage->image[i]));
	}
}

void stage_clear(struct stage *stage)
{
	entrain_close(stage->swarm);
	for (int i = 0; i < 2; i++)
		entrain_leave(stage->neighbour[i]);
	assert_int_equal(entrain_remove(NULL, stage->name, 1, NULL), 0);
}

struct shm_slot *stage_victim_slot(const struct stage *stage)
{
	return &stage->roster.slots[STAGE_VICTIM];
}

void stage_check_others(const struct stage *stage)
{
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_agent_info agents[STAGE_SLOTS];

	for (int i = 0; i < 2; i++)
		assert_memory_equal(&stage->image[i], &stage->roster.slots[2 * i],
				    sizeof(stage->image[i]));
	assert_int_equal(entrain_status(stage->swarm, &status, agents, STAGE_SLOTS, NULL), 0);
	assert_in_range(status.agents, 2, STAGE_SLOTS);
	for (uint32_t i = 0; i < status.agents; i++)
		if (agents[i].slot != STAGE_VICTIM) {
			assert_int_equal(agents[i].pid, getpid());
			assert_int_equal(agents[i].state, ENTRAIN_IDLE);
			assert_int_equal(agents[i].implausible, 0);
		}
}

void stage_check_join(const struct stage *stage)
{
	struct entrain_agent *next = entrain_join(stage->name, NULL, NULL);
	struct slot_view view;

	assert_non_null(next);
	assert_int_equal(next->index, STAGE_VICTIM);
	assert_int_equal(slot_read(stage_victim_slot(stage), entrain_now_ns(), &view), SLOT_READ);
	assert_int_equal(version_pid(view.version), getpid());
	assert_int_equal(view.turn.period_ns, INT64_C(3600000000000));
	assert_true(slot_publish(&next->owner, &view.turn));
	entrain_leave(next);
	assert_int_equal(version_pid(stage_victim_slot(stage)->version), 0);
}

void stage_check_reclaim(const struct stage *stage)
{
	uint32_t released, unproven;
	bool occupied = version_pid(stage_victim_slot(stage)->version) != 0;

	assert_int_equal(entrain_reap(stage->swarm, &released, &unproven, NULL), 0);
	assert_int_equal(released, occupied);
	assert_int_equal(unproven, 0);
	assert_int_equal(version_pid(stage_victim_slot(stage)->version), 0);
	assert_int_equal(entrain_check(NULL, stage->name, 0, NULL, NULL, NULL), 0);
	stage_check_join(stage);
}

struct entrain_agent *stage_join(uint32_t kind)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_agent *agent;

	options.name = "victim";
	options.label = "label";
	agent = entrain_join("sweep", &options, NULL);
	if (!agent || agent->index != STAGE_VICTIM)
		_exit(124);
	agent->kind_option = kind; /* as if it were the swarm's */
	return agent;
}
