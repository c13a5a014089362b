/* SPDX-License-Identifier: MIT */
/*
 * phasor.h - cosine, sine and order parameters of binary angles, in integers.
 *
 * A binary angle counts 2^-32 turns, so that it wraps by itself. Cosine and sine are in units of 2^-30 and off by less than 4e-7 of
 * one; of m times the angle, by less than m times that. Pure functions over constant data: for decisions too, in any thread.
 */
#ifndef ENTRAIN_PHASOR_H
#define ENTRAIN_PHASOR_H

#include <stdbool.h>
#include <stdint.h>

#define PHASOR_ONE (INT64_C(1) << 30)
#define PHASOR_ORDERS 4
#define PHASOR_ROWS 256u
/* A unit of an angle as an arc: 2 pi / 2^32, in 2^-50. */
#define PHASOR_ARC INT64_C(1647099)

/* From a row to the one whose cosine is its sine. */
#define PHASOR_SINE (PHASOR_ROWS * 3 / 4)

/* Cosine of each 256th of a turn, 2^-30; over its end, so that the sine of every row is there. */
extern const int32_t phasor_cosines[PHASOR_ROWS + PHASOR_SINE];

struct phasor {
	int64_t re, im;
};

/* The row that an angle is nearest to, and how far it is from there, in units of the angle. */
static inline uint32_t phasor_row_of(uint32_t angle)
{
	return (angle + 0x800000) >> 24;
}

static inline int64_t phasor_rest_of(uint32_t angle)
{
	return (int32_t)(angle << 8) >> 8;
}

/* From the nearest row turn on by what is left, up to 1/512 turn: cosine and sine by one term and two. */
static inline struct phasor phasor_of(uint32_t angle)
{
	const int32_t *row = phasor_cosines + phasor_row_of(angle);
	const int64_t sine = (int32_t)(angle << 8) * PHASOR_ARC >> 28;
	const int64_t cosine = PHASOR_ONE - (sine * sine >> 31);
	const int64_t re = row[0];
	const int64_t im = row[PHASOR_SINE];

	return (struct phasor){ (re * cosine - im * sine) >> 30, (im * cosine + re * sine) >> 30 };
}

/* Sums of exp(i m angle), m = 1..4; exact sums, so that their order does not matter. Begin with zeros. For up to 2^33 angles. */
struct phasor_sum {
	int64_t re[PHASOR_ORDERS], im[PHASOR_ORDERS];
	uint32_t count;
};

/* The multiples of the angle by multiplying phasors: a product of two is two multiplications, a look-up four. */
static inline void phasor_add(struct phasor_sum *sum, uint32_t angle)
{
	const struct phasor one = phasor_of(angle);
	const struct phasor two = { (one.re * one.re >> 29) - PHASOR_ONE, one.re * one.im >> 29 };

	sum->re[0] += one.re;
	sum->im[0] += one.im;
	sum->re[1] += two.re;
	sum->im[1] += two.im;
	sum->re[2] += (one.re * two.re >> 29) - one.re;
	sum->im[2] += (one.re * two.im >> 29) - one.im;
	sum->re[3] += (two.re * two.re >> 29) - PHASOR_ONE;
	sum->im[3] += two.re * two.im >> 29;
	sum->count++;
}

/*
 * The same sums, for many angles: what is added is only the moments of the angles in each row of the table, and few
 * multiplications a row make sums of them. As precise; for up to 65,536 angles.
 */
#define PHASOR_COUNT_SHIFT 40

struct phasor_rows {
	struct phasor_row {
		int64_t first;         /* how many << 40, and the sum of rest */
		int64_t second, third; /* sums of rest^2 and rest^3 >> 24 */
	} row[PHASOR_ROWS];
};

static inline void phasor_rows_add(struct phasor_rows *rows, uint32_t angle)
{
	struct phasor_row *row = &rows->row[phasor_row_of(angle)];
	const int64_t rest = phasor_rest_of(angle);
	const int64_t square = rest * rest;

	row->first += (INT64_C(1) << PHASOR_COUNT_SHIFT) + rest;
	row->second += square;
	row->third += (square >> 24) * rest;
}

struct phasor_sum phasor_rows_sum(const struct phasor_rows *rows);

/* R_m, m = 1..4, of what was added, in millionths; 0 of nothing. */
uint32_t phasor_order_ppm(const struct phasor_sum *sum, unsigned m);

/*
 * R_m of `count` < 65,536 places, from a period's beginning and a hundred turns away from it at most, with one more at 0; in
 * millionths. For one m >= 1 this is quicker than sums for all.
 */
uint32_t phasor_places_ppm(const int64_t *places_ns, uint32_t count, int64_t period_ns, uint32_t m);

/* The same, 0..1, for display. */
double phasor_order(const struct phasor_sum *sum, unsigned m);

/* The largest whole number whose square is not above `square`. */
uint32_t phasor_root(uint64_t square);

/* A period, prepared for measuring instants in it by one multiplication each. */
struct phasor_period {
	int64_t period_ns;
	uint64_t inverse; /* turns in 2^shift ns, 2^-64 */
	uint32_t shift;   /* of the instants: they and the inverse share 64 bits */
};

/* period_ns >= 1. */
static inline struct phasor_period phasor_period_make(int64_t period_ns)
{
	const uint32_t bits = 64 - (uint32_t)__builtin_clzll((uint64_t)period_ns);
	/* What is shifted out is less than 2^-31 of it. */
	const uint32_t shift = bits > 32 ? bits - 32 : 0;

	return (struct phasor_period){
		.period_ns = period_ns,
		.inverse = UINT64_MAX / ((uint64_t)period_ns >> shift),
		.shift = shift,
	};
}

/* The same instant in the first turn, 0 <= instant < period. Nearly all instants are less than a turn away from it. */
static inline uint64_t phasor_period_reduce(const struct phasor_period *period, int64_t instant_ns)
{
	uint64_t in_ns = (uint64_t)(instant_ns + (period->period_ns & instant_ns >> 63));

	if (__builtin_expect(in_ns >= (uint64_t)period->period_ns, 0)) {
		instant_ns %= period->period_ns;
		in_ns = (uint64_t)(instant_ns + (period->period_ns & instant_ns >> 63));
	}
	return in_ns;
}

/* Where in the period an instant lies, as a binary angle: rounded down, by less than eight units. Instants whole turns apart
 * have the same. */
static inline uint32_t phasor_angle(const struct phasor_period *period, int64_t instant_ns)
{
	uint64_t in_ns = phasor_period_reduce(period, instant_ns);

	return (uint32_t)((in_ns >> period->shift) * period->inverse >> 32);
}

/* The same for an instant at most four turns away, quicker and by less than sixteen units: nothing is reduced, for the product
 * wraps like the angle. Instants whole turns apart may differ. */
static inline uint32_t phasor_angle_near(const struct phasor_period *period, int64_t instant_ns)
{
	return (uint32_t)((uint64_t)(instant_ns >> period->shift) * period->inverse >> 32);
}

#endif
