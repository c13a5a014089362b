/* SPDX-License-Identifier: MIT */
/* draw.c - random numbers from a seed: the same on every machine, whoever asks first. */
#include "draw.h"

#define LN_2 UINT64_C(2977044472)    /* 2^32 x ln 2 */
#define LOG_2_E UINT64_C(6196328019) /* 2^32 x log2 e */
#define FRACTION_BITS 32

static uint64_t mixed(uint64_t value)
{
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

uint64_t draw(uint64_t seed, enum draw what, uint64_t whose, uint64_t number)
{
	const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t value = mixed(seed + step);

	value = mixed(value ^ (uint64_t)(what + 1) * step);
	value = mixed(value ^ (whose + 1) * step);
	return mixed(value ^ (number + 1) * step);
}

uint64_t draw_below(uint64_t bits, uint64_t end)
{
	return (uint64_t)(((unsigned __int128)bits * end) >> 64);
}

int64_t draw_around(uint64_t bits, int64_t most)
{
	return (int64_t)draw_below(bits, 2 * (uint64_t)most + 1) - most;
}

/* log2(value), 2^-32, value > 0: the highest bit, then the bits after the point by squaring. */
static uint64_t log_2(uint64_t value)
{
	const int shift = __builtin_clzll(value);
	uint64_t part = value << shift; /* 1 <= part < 2, 2^-63 */
	uint64_t log = (uint64_t)(63 - shift);

	for (int bit = 0; bit < FRACTION_BITS; bit++) {
		unsigned __int128 square = (unsigned __int128)part * part >> 63;

		log <<= 1;
		log |= (uint64_t)(square >> 64);
		part = (uint64_t)(square >> (square >> 64));
	}
	return log;
}

int64_t draw_exponential(uint64_t bits, int64_t mean)
{
	/* -ln(u), 0 < u <= 1, 2^-32 */
	uint64_t minus_log = (UINT64_C(64) << FRACTION_BITS) - log_2(bits | 1);
	uint64_t number = (uint64_t)(((unsigned __int128)minus_log * LN_2) >> FRACTION_BITS);

	return (int64_t)(((unsigned __int128)number * (uint64_t)mean) >> FRACTION_BITS);
}

/* 2^(2^-k), k = 1..32, 2^-62. */
/* clang-format off */
static const uint64_t roots[FRACTION_BITS] = {
	0x5a827999fcef3242, 0x4c1bf828c6dc54b7, 0x45cae0f1f545eb73, 0x42d561b3e6243d8a,
	0x4166c34c5615d0eb, 0x40b268f9de0183b9, 0x4058f6a7ecccd5b6, 0x402c6be96af2fb58,
	0x4016321b687027a8, 0x400b18178ba33b14, 0x40058bce410147e8, 0x4002c5d7bff71dae,
	0x400162e807ee7e5b, 0x4000b1730df6a524, 0x400058b9497b8151, 0x40002c5c955dd701,
	0x4000162e46d6f26b, 0x40000b1722757b1b, 0x4000058b90fd3e0c, 0x400002c5c86f3f26,
	0x40000162e433c79b, 0x400000b17218edcf, 0x40000058b90c3968, 0x4000002c5c860d54,
	0x400000162e4302d2, 0x4000000b17218073, 0x400000058b90bffc, 0x40000002c5c85fee,
	0x4000000162e42ff3, 0x40000000b17217f8, 0x4000000058b90bfc, 0x400000002c5c85fe,
};
/* clang-format on */

/* 2^power, power in 2^-32, -16 < power < 40; 2^-16. */
static uint64_t exp_2(int64_t power)
{
	const int whole = (int)(power >> FRACTION_BITS);
	uint64_t value = UINT64_C(1) << 62;

	for (int bit = 0; bit < FRACTION_BITS; bit++)
		if (power >> (FRACTION_BITS - 1 - bit) & 1)
			value = (uint64_t)(((unsigned __int128)value * roots[bit]) >> 62);
	return value >> (46 - whole);
}

uint64_t draw_lognormal(uint64_t bits)
{
	int64_t normal = -6 * (INT64_C(1) << 32);

	for (uint64_t number = 0; number < 6; number++) {
		uint64_t two = mixed(bits + number);

		normal += (int64_t)(two >> 32) + (int64_t)(two & UINT32_MAX);
	}
	return exp_2((int64_t)(((__int128)normal * (int64_t)LOG_2_E) >> FRACTION_BITS));
}
