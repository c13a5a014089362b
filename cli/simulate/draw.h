/* SPDX-License-Identifier: MIT */
/*
 * draw.h - random numbers from a seed: the same on every machine, whoever asks first.
 *
 * A number is a hash of (seed, what it is for, whose, the how-manieth). So nothing depends on the order of events or threads;
 * only integers are used, so nothing depends on the machine's floating point either.
 */
#ifndef CLI_SIMULATE_DRAW_H
#define CLI_SIMULATE_DRAW_H

#include <stdint.h>

/* What a number is for. */
enum draw {
	DRAW_START,
	DRAW_PERIOD,
	DRAW_WORK,
	DRAW_VARY,
	DRAW_LATE,
	DRAW_STALE,
	DRAW_TIE,
	DRAW_CRASH,
	DRAW_DISRUPT,
	DRAW_JITTER,
	DRAW_GRAPH,
	DRAW_REQUEST,
	DRAW_HOLD
};

/* 64 random bits. */
uint64_t draw(uint64_t seed, enum draw what, uint64_t whose, uint64_t number);

/* From 64 random bits: uniform in [0, end), end > 0. */
uint64_t draw_below(uint64_t bits, uint64_t end);

/* Uniform in [-most, most]; most >= 0. */
int64_t draw_around(uint64_t bits, int64_t most);

/* Exponential with that mean, 0 <= mean < 2^47. */
int64_t draw_exponential(uint64_t bits, int64_t mean);

/* exp() of a standard normal number (the sum of twelve uniform ones, less six), in 1/65536. */
uint64_t draw_lognormal(uint64_t bits);

#endif
