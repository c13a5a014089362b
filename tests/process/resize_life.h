/* SPDX-License-Identifier: MIT */
/* resize_life.h - what the tests of a live resize share: an administrator's calls, and a picture of who follows. */
#ifndef ENTRAIN_RESIZE_LIFE_H
#define ENTRAIN_RESIZE_LIFE_H

#include <errno.h>
#include <string.h>
#include "life.h"

#define PERIOD_NS (100 * LIFE_MS)
#define AN_ERRNO 4711

static inline void create(uint32_t capacity, int64_t period_ns, const char *topology)
{
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.capacity = capacity;
	settings.period_ns = period_ns;
	strcpy(settings.topology, topology);
	life_create_with(&settings);
}

static inline struct entrain_swarm *admin_open(void)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);

	life_check(swarm != NULL);
	return swarm;
}

static inline int resize_code(uint32_t capacity, const char *topology, struct entrain_error *error)
{
	struct entrain_swarm *swarm = admin_open();
	int code;

	errno = AN_ERRNO;
	code = entrain_resize(swarm, capacity, topology, error);
	life_check(errno == AN_ERRNO);
	entrain_close(swarm);
	return code;
}

static inline void resize(uint32_t capacity, const char *topology)
{
	struct entrain_error error = { .code = ENTRAIN_OK };

	if (resize_code(capacity, topology, &error))
		fail_msg("%s %s: %s", error.what, error.object, error.why);
}

static struct entrain_agent_info infos[512];

/* The picture, with infos[]. */
static inline void picture(struct entrain_status *status)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);

	life_check(swarm != NULL);
	*status = (struct entrain_status)ENTRAIN_STATUS;
	life_check(entrain_status(swarm, status, infos, 512, NULL) == 0);
	entrain_close(swarm);
}

static inline bool all_follow(unsigned agents)
{
	struct entrain_status status;

	picture(&status);
	return status.acknowledged == agents;
}

static inline void assert_sound(void)
{
	assert_int_equal(entrain_check(NULL, LIFE_SWARM, 0, NULL, NULL, NULL), 0);
}

/* control, agents, at most two topologies */
static inline void assert_few_files(void)
{
	assert_in_range(swarm_fixture_files(), 2, 4);
}

#endif
