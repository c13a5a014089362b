/* SPDX-License-Identifier: MIT */
/* unit.h - what every unit test includes, in the order that cmocka wants. */
#ifndef ENTRAIN_TEST_UNIT_H
#define ENTRAIN_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A deterministic stream of numbers (splitmix64). */
static inline uint64_t next_random(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

#endif
