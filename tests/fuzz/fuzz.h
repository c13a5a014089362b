/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what a fuzz target gives, and what it gets.
 *
 * The same source runs under libFuzzer (`make fuzz`) and, with fuzz_main.c, as a program of its own in `make check`.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* libFuzzer's entries; each target has all three. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

/* The longest input that means anything, at most FUZZ_INPUT_MAX. */
extern const size_t fuzz_input_most;
#define FUZZ_INPUT_MAX 131072

/* Write sound input number `which` into `data` (fuzz_input_most bytes); 0: there are no more. */
size_t fuzz_sound_input(unsigned which, uint8_t *data);

/* splitmix64 (Steele, Lea, Flood 2014) */
static inline uint64_t fuzz_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Both fuzzers take an abort for a finding. */
#define FUZZ_REQUIRE(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

#endif
