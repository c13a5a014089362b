/* SPDX-License-Identifier: MIT */
/* fuzz_mutate.c - mutations of text made of words that mean something. */
#include "fuzz_mutate.h"
#include <string.h>
#include "fuzz.h"

static size_t below(uint64_t *state, size_t bound)
{
	return (size_t)(fuzz_next(state) % (bound ? bound : 1));
}

static size_t insert(uint8_t *data, size_t size, size_t most, size_t at, const void *bytes,
		     size_t count)
{
	if (size + count > most)
		return size;
	memmove(data + at + count, data + at, size - at);
	memcpy(data + at, bytes, count);
	return size + count;
}

static size_t change_once(uint8_t *data, size_t size, size_t most, uint64_t *state,
			  const char *const *words, size_t word_count)
{
	size_t at = below(state, size + 1), count = 1 + below(state, 1 + below(state, 40));
	const char *word = words[below(state, word_count)];
	uint8_t piece[64];

	switch (fuzz_next(state) % 8) {
	case 0: /* another byte */
		if (at < size)
			data[at] = (uint8_t)fuzz_next(state);
		return size;
	case 1: /* another bit */
		if (at < size)
			data[at] ^= (uint8_t)(1 << below(state, 8));
		return size;
	case 2: /* cut out */
		count = count > size - at ? size - at : count;
		memmove(data + at, data + at + count, size - at - count);
		return size - count;
	case 3: /* repeat a piece elsewhere */
		count = count > size - at ? size - at : count;
		memcpy(piece, data + at, count);
		return insert(data, size, most, below(state, size + 1), piece, count);
	case 4: /* a long run of one byte */
		memset(piece, at < size ? data[at] : '0', sizeof(piece));
		for (int i = 0; i < 4; i++)
			size = insert(data, size, most, at, piece, sizeof(piece));
		return size;
	default:
		return insert(data, size, most, at, word, strlen(word));
	}
}

size_t fuzz_mutate_text(uint8_t *data, size_t size, size_t most, uint64_t *state,
			const char *const *words, size_t word_count)
{
	for (size_t changes = 1 + below(state, 5); changes > 0; changes--)
		size = change_once(data, size, most, state, words, word_count);
	return size;
}
