/* SPDX-License-Identifier: MIT */
/* course.h - how a swarm's measures went while it was looked at. */
#ifndef CLI_GAIN_COURSE_H
#define CLI_GAIN_COURSE_H

#include <stdint.h>

#include "picture.h"

/* As many as a picture of them can show; of more, every other one is let go. */
#define COURSE_POINTS 2048u

struct course_point {
	int64_t at_ns;
	float coherence, value; /* of its goal's metric */
	uint32_t goal;
};

/* { .stride = 1 } is an empty one. */
struct course {
	struct course_point points[COURSE_POINTS];
	unsigned count, looks, stride; /* of so many looks one is kept */
};

void course_look(struct course *course, const struct picture *picture);

#endif
