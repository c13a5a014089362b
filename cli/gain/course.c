/* SPDX-License-Identifier: MIT */
/* course.c - how a swarm's measures went while it was looked at. */
#include "course.h"

static void thin_out(struct course *course)
{
	for (unsigned i = 0; 2 * i < course->count; i++)
		course->points[i] = course->points[2 * i];
	course->count = (course->count + 1) / 2;
	course->stride *= 2;
}

void course_look(struct course *course, const struct picture *picture)
{
	const struct entrain_measure *measure = &picture->status.measure;

	if (course->looks++ % course->stride)
		return;
	if (course->count == COURSE_POINTS)
		thin_out(course);
	course->points[course->count++] = (struct course_point){
		.at_ns = picture->taken_ns,
		.coherence = (float)measure->order_parameters[0],
		.value = (float)measure->value,
		.goal = measure->goal,
	};
}
