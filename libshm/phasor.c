/* SPDX-License-Identifier: MIT */
/* phasor.c - cosine, sine and order parameters of binary angles, in integers. */
#include "phasor.h"
#include <math.h>

/* Half the square and a sixth of the cube of PHASOR_ARC, for the moments of a row: 2^-80, 2^-114. */
#define ARC_SECOND INT64_C(1293629)
#define ARC_THIRD INT64_C(169336)

/* The largest rest of phasor_places_ppm(), 2^15 of 2^-24 turns, as an arc, and half of its square: 2^-30. */
#define PLACE_ARC INT64_C(13176795)
#define PLACE_SECOND INT64_C(80852)

/* clang-format off */
const int32_t phasor_cosines[PHASOR_ROWS + PHASOR_SINE] = {
	1073741824, 1073418433, 1072448455, 1070832474, 1068571464, 1065666786, 1062120190, 1057933813,
	1053110176, 1047652185, 1041563127, 1034846671, 1027506862, 1019548121, 1010975242, 1001793390,
	992008094, 981625251, 970651112, 959092290, 946955747, 934248793, 920979082, 907154608,
	892783698, 877875009, 862437520, 846480531, 830013654, 813046808, 795590213, 777654384,
	759250125, 740388522, 721080937, 701339000, 681174602, 660599890, 639627258, 618269338,
	596538995, 574449320, 552013618, 529245404, 506158392, 482766489, 459083786, 435124548,
	410903207, 386434353, 361732726, 336813204, 311690799, 286380643, 260897982, 235258165,
	209476638, 183568930, 157550647, 131437462, 105245103, 78989349, 52686014, 26350943,
	0, -26350943, -52686014, -78989349, -105245103, -131437462, -157550647, -183568930,
	-209476638, -235258165, -260897982, -286380643, -311690799, -336813204, -361732726, -386434353,
	-410903207, -435124548, -459083786, -482766489, -506158392, -529245404, -552013618, -574449320,
	-596538995, -618269338, -639627258, -660599890, -681174602, -701339000, -721080937, -740388522,
	-759250125, -777654384, -795590213, -813046808, -830013654, -846480531, -862437520, -877875009,
	-892783698, -907154608, -920979082, -934248793, -946955747, -959092290, -970651112, -981625251,
	-992008094, -1001793390, -1010975242, -1019548121, -1027506862, -1034846671, -1041563127, -1047652185,
	-1053110176, -1057933813, -1062120190, -1065666786, -1068571464, -1070832474, -1072448455, -1073418433,
	-1073741824, -1073418433, -1072448455, -1070832474, -1068571464, -1065666786, -1062120190, -1057933813,
	-1053110176, -1047652185, -1041563127, -1034846671, -1027506862, -1019548121, -1010975242, -1001793390,
	-992008094, -981625251, -970651112, -959092290, -946955747, -934248793, -920979082, -907154608,
	-892783698, -877875009, -862437520, -846480531, -830013654, -813046808, -795590213, -777654384,
	-759250125, -740388522, -721080937, -701339000, -681174602, -660599890, -639627258, -618269338,
	-596538995, -574449320, -552013618, -529245404, -506158392, -482766489, -459083786, -435124548,
	-410903207, -386434353, -361732726, -336813204, -311690799, -286380643, -260897982, -235258165,
	-209476638, -183568930, -157550647, -131437462, -105245103, -78989349, -52686014, -26350943,
	0, 26350943, 52686014, 78989349, 105245103, 131437462, 157550647, 183568930,
	209476638, 235258165, 260897982, 286380643, 311690799, 336813204, 361732726, 386434353,
	410903207, 435124548, 459083786, 482766489, 506158392, 529245404, 552013618, 574449320,
	596538995, 618269338, 639627258, 660599890, 681174602, 701339000, 721080937, 740388522,
	759250125, 777654384, 795590213, 813046808, 830013654, 846480531, 862437520, 877875009,
	892783698, 907154608, 920979082, 934248793, 946955747, 959092290, 970651112, 981625251,
	992008094, 1001793390, 1010975242, 1019548121, 1027506862, 1034846671, 1041563127, 1047652185,
	1053110176, 1057933813, 1062120190, 1065666786, 1068571464, 1070832474, 1072448455, 1073418433,
	1073741824, 1073418433, 1072448455, 1070832474, 1068571464, 1065666786, 1062120190, 1057933813,
	1053110176, 1047652185, 1041563127, 1034846671, 1027506862, 1019548121, 1010975242, 1001793390,
	992008094, 981625251, 970651112, 959092290, 946955747, 934248793, 920979082, 907154608,
	892783698, 877875009, 862437520, 846480531, 830013654, 813046808, 795590213, 777654384,
	759250125, 740388522, 721080937, 701339000, 681174602, 660599890, 639627258, 618269338,
	596538995, 574449320, 552013618, 529245404, 506158392, 482766489, 459083786, 435124548,
	410903207, 386434353, 361732726, 336813204, 311690799, 286380643, 260897982, 235258165,
	209476638, 183568930, 157550647, 131437462, 105245103, 78989349, 52686014, 26350943,
	0, -26350943, -52686014, -78989349, -105245103, -131437462, -157550647, -183568930,
	-209476638, -235258165, -260897982, -286380643, -311690799, -336813204, -361732726, -386434353,
	-410903207, -435124548, -459083786, -482766489, -506158392, -529245404, -552013618, -574449320,
	-596538995, -618269338, -639627258, -660599890, -681174602, -701339000, -721080937, -740388522,
	-759250125, -777654384, -795590213, -813046808, -830013654, -846480531, -862437520, -877875009,
	-892783698, -907154608, -920979082, -934248793, -946955747, -959092290, -970651112, -981625251,
	-992008094, -1001793390, -1010975242, -1019548121, -1027506862, -1034846671, -1041563127, -1047652185,
	-1053110176, -1057933813, -1062120190, -1065666786, -1068571464, -1070832474, -1072448455, -1073418433,
	-1073741824, -1073418433, -1072448455, -1070832474, -1068571464, -1065666786, -1062120190, -1057933813,
	-1053110176, -1047652185, -1041563127, -1034846671, -1027506862, -1019548121, -1010975242, -1001793390,
	-992008094, -981625251, -970651112, -959092290, -946955747, -934248793, -920979082, -907154608,
	-892783698, -877875009, -862437520, -846480531, -830013654, -813046808, -795590213, -777654384,
	-759250125, -740388522, -721080937, -701339000, -681174602, -660599890, -639627258, -618269338,
	-596538995, -574449320, -552013618, -529245404, -506158392, -482766489, -459083786, -435124548,
	-410903207, -386434353, -361732726, -336813204, -311690799, -286380643, -260897982, -235258165,
	-209476638, -183568930, -157550647, -131437462, -105245103, -78989349, -52686014, -26350943,
};
/* clang-format on */

/* The number of the angles of a row, and their moments as arcs, 2^-30. */
struct arcs {
	int64_t count, first, second, third;
};

/* A sum of phasors that is to be turned by a row. */
struct turning {
	int64_t re, im;
};

/* exp(i m rest) of what arcs are the moments of, by four terms of its series. */
static inline struct turning arcs_sum(const struct arcs *arcs, int64_t m, uint32_t scale)
{
	return (struct turning){
		.re = (arcs->count * PHASOR_ONE - m * m * arcs->second) >> scale,
		.im = (m * arcs->first - m * m * m * arcs->third) >> scale,
	};
}

/* Turned by m times the row. */
static inline void row_add(struct phasor_sum *sum, uint32_t row, struct turning turning, unsigned m)
{
	const int32_t *at = &phasor_cosines[row * m % PHASOR_ROWS];
	const int64_t cosine = at[0], sine = at[PHASOR_SINE];

	sum->re[m - 1] += turning.re * cosine - turning.im * sine;
	sum->im[m - 1] += turning.im * cosine + turning.re * sine;
}

static inline int64_t first_count(int64_t first)
{
	return (first + (INT64_C(1) << (PHASOR_COUNT_SHIFT - 1))) >> PHASOR_COUNT_SHIFT;
}

static inline struct phasor_row rows_plus(const struct phasor_row *one,
					  const struct phasor_row *other)
{
	return (struct phasor_row){ one->first + other->first, one->second + other->second,
				    one->third + other->third };
}

static inline struct phasor_row rows_minus(const struct phasor_row *one,
					   const struct phasor_row *other)
{
	return (struct phasor_row){ one->first - other->first, one->second - other->second,
				    one->third - other->third };
}

static inline struct arcs arcs_of(const struct phasor_row *row)
{
	const int64_t count = first_count(row->first);

	return (struct arcs){
		.count = count,
		.first = (row->first - count * (INT64_C(1) << PHASOR_COUNT_SHIFT)) * PHASOR_ARC >>
			 20,
		.second = (row->second >> 30) * ARC_SECOND >> 20,
		.third = (row->third >> 24) * ARC_THIRD >> 30,
	};
}

/*
 * Add four rows, a quarter of a turn from each other, as one: from one to the next a phasor of m times the angle is turned by i^m. So
 * for m = 4 they add up, for m = 2 every other is subtracted, for m = 1 and 3 opposite ones are, and the two differences stand at
 * right angles.
 */
static inline void quarters_add(struct phasor_sum *sum, const struct phasor_row *rows, uint32_t row,
				uint32_t scale)
{
	const struct phasor_row *second = rows + PHASOR_ROWS / 4, *third = second + PHASOR_ROWS / 4;
	const struct phasor_row *fourth = third + PHASOR_ROWS / 4;
	const struct phasor_row even = rows_plus(rows, third), odd = rows_plus(second, fourth);
	const struct phasor_row along = rows_minus(rows, third),
				across = rows_minus(second, fourth);
	const struct phasor_row twice = rows_minus(&even, &odd), all = rows_plus(&even, &odd);
	const struct arcs a = arcs_of(&along), b = arcs_of(&across), c = arcs_of(&twice),
			  d = arcs_of(&all);
	struct turning one, other;

	one = arcs_sum(&a, 1, scale);
	other = arcs_sum(&b, 1, scale);
	row_add(sum, row, (struct turning){ one.re - other.im, one.im + other.re }, 1);
	row_add(sum, row, arcs_sum(&c, 2, scale), 2);
	one = arcs_sum(&a, 3, scale);
	other = arcs_sum(&b, 3, scale);
	row_add(sum, row, (struct turning){ one.re + other.im, one.im - other.re }, 3);
	row_add(sum, row, arcs_sum(&d, 4, scale), 4);
}

struct phasor_sum phasor_rows_sum(const struct phasor_rows *rows)
{
	const uint32_t quarter = PHASOR_ROWS / 4;
	struct phasor_sum sum = { 0 };
	uint32_t scale = 0;
	int64_t first = 0;

	for (uint32_t row = 0; row < PHASOR_ROWS; row++)
		first += rows->row[row].first;
	sum.count = (uint32_t)first_count(first);
	/* So that no sum of phasors exceeds 2^32, nor one of products 2^62. */
	while (sum.count >> scale > 3)
		scale++;
	for (uint32_t row = 0; row < quarter; row++)
		if (rows->row[row].first | rows->row[row + quarter].first |
		    rows->row[row + 2 * quarter].first | rows->row[row + 3 * quarter].first)
			quarters_add(&sum, &rows->row[row], row, scale);
	for (unsigned m = 0; m < PHASOR_ORDERS; m++) {
		sum.re[m] = (sum.re[m] >> 30) * (INT64_C(1) << scale);
		sum.im[m] = (sum.im[m] >> 30) * (INT64_C(1) << scale);
	}
	return sum;
}

uint32_t phasor_root(uint64_t square)
{
	uint64_t root = 0;
	/* The highest bit of a root is the half of its square's. */
	uint64_t bit = UINT64_C(1) << ((63 - __builtin_clzll(square | 1)) & ~1);

	for (; bit; bit >>= 2) {
		uint64_t trial = root + bit;

		root >>= 1;
		if (square >= trial) {
			square -= trial;
			root += bit;
		}
	}
	return (uint32_t)root;
}

static uint32_t length_ppm(int64_t re, int64_t im)
{
	uint64_t length = phasor_root((uint64_t)(re * re) + (uint64_t)(im * im));

	length = (length * 1000000 + PHASOR_ONE / 2) >> 30;
	return length < 1000000 ? (uint32_t)length : 1000000;
}

/*
 * As phasor_of(), of 24 bits of the angle; but what turns the rows on by the rest, up to 2^15 of 2^-24 turns, is put together after
 * adding: for one term and for two of the series.
 */
uint32_t phasor_places_ppm(const int64_t *places_ns, uint32_t count, int64_t period_ns, uint32_t m)
{
	const struct phasor_period period = phasor_period_make(period_ns);
	const uint64_t inverse = period.inverse * m; /* wraps, as angles do */
	const int32_t *const cosines = phasor_cosines;
	int64_t re = PHASOR_ONE, re_first = 0, re_second = 0;
	int64_t im = 0, im_first = 0, im_second = 0;

	for (const int64_t *place = places_ns; place < places_ns + count; place++) {
		const uint64_t angle = (uint64_t)(*place >> period.shift) * inverse;
		const int32_t *row = cosines + ((angle + (UINT64_C(1) << 55)) >> 56);
		const int64_t rest = (int64_t)(angle << 8) >> 48;
		const int64_t square = rest * rest >> 15;
		const int64_t cosine = row[0], sine = row[PHASOR_SINE];

		re += cosine;
		im += sine;
		re_first += cosine * rest;
		im_first += sine * rest;
		re_second += cosine * square;
		im_second += sine * square;
	}
	re -= (im_first >> 31) * PLACE_ARC >> 14;
	re -= (re_second >> 31) * PLACE_SECOND >> 14;
	im += (re_first >> 31) * PLACE_ARC >> 14;
	im -= (im_second >> 31) * PLACE_SECOND >> 14;
	return length_ppm(re / (count + 1), im / (count + 1));
}

uint32_t phasor_order_ppm(const struct phasor_sum *sum, unsigned m)
{
	if (sum->count == 0)
		return 0;
	return length_ppm(sum->re[m - 1] / sum->count, sum->im[m - 1] / sum->count);
}

double phasor_order(const struct phasor_sum *sum, unsigned m)
{
	if (sum->count == 0)
		return 0;
	return fmin(1, hypot((double)sum->re[m - 1], (double)sum->im[m - 1]) /
			       ((double)sum->count * (double)PHASOR_ONE));
}
