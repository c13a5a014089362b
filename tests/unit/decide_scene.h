/* SPDX-License-Identifier: MIT */
/*
 * decide_scene.h - one agent, the others as it sees them, and its decision.
 */
#ifndef ENTRAIN_DECIDE_SCENE_H
#define ENTRAIN_DECIDE_SCENE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "strategy/decide.h"

typedef __int128 wide;

#define AGENTS_MOST 300
#define NOW INT64_C(7000000000000)
#define P INT64_C(1000000000)

struct scene {
	struct decide_self self;
	struct decide_parameters parameters;
	struct peer peers[AGENTS_MOST];
	uint32_t count;
};

/* Decides with exactly the scratch that was promised to be enough, filled with rubbish. */
static inline struct decision decided(struct scene *scene)
{
	const size_t size = (decide_scratch_size(scene->count) + 63) / 64 * 64;
	unsigned char *scratch = aligned_alloc(64, size + 64);
	struct decision decision;

	assert_non_null(scratch);
	memset(scratch, 0xa5, size + 64);
	decide(&scene->self, scene->peers, scene->count, &scene->parameters, scratch, &decision);
	for (size_t byte = decide_scratch_size(scene->count); byte < size + 64; byte++)
		assert_int_equal(scratch[byte], 0xa5);
	free(scratch);
	return decision;
}

static inline void assert_near(wide value, wide expected, int64_t error)
{
	if (value - expected > error || expected - value > error)
		fail_msg("%lld instead of %lld", (long long)value, (long long)expected);
}

#endif
