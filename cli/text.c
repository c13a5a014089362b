/* SPDX-License-Identifier: MIT */
/* Words by likeness. */
#include "text.h"

#include <string.h>

#define WORD_MAX 63 /* longest word that is compared */

static unsigned least(unsigned one, unsigned other)
{
	return one < other ? one : other;
}

/* Optimal string alignment: three rows of the usual table. */
unsigned text_distance(const char *one, const char *other)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];
	unsigned m = (unsigned)strnlen(one, WORD_MAX), n = (unsigned)strnlen(other, WORD_MAX);

	for (unsigned j = 0; j <= n; j++)
		above[j] = j;
	for (unsigned i = 1; i <= m; i++) {
		unsigned *spare = before;

		row[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			row[j] = above[j - 1] + (one[i - 1] != other[j - 1]);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
			    one[i - 2] == other[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[n];
}

int text_is_near(const char *typed, const char *candidate)
{
	size_t length = strlen(candidate);
	unsigned allowed = length <= 3 ? 1 : length <= 8 ? 2 : 3;

	/* the beginning of a word is meant as the word */
	if (strlen(typed) >= 3 && strncmp(candidate, typed, strlen(typed)) == 0)
		return 1;
	return text_distance(typed, candidate) <= allowed;
}
