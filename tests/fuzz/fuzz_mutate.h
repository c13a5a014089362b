/* SPDX-License-Identifier: MIT */
/* fuzz_mutate.h - mutations of text made of words that mean something. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* Change `data` of `size` bytes, at most `most` after it: bytes, cuts, repetitions, or one of `words` put in. Returns
 * the new size. */
size_t fuzz_mutate_text(uint8_t *data, size_t size, size_t most, uint64_t *state,
			const char *const *words, size_t word_count);

#endif
