/* SPDX-License-Identifier: MIT */
/* Text for terminals: escaped, coloured only where wanted, words by likeness. */
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WORD_MAX 63 /* longest word that is compared */

static int is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

char *text_escape(const char *text, char *safe, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = 0;

	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		size_t need = is_plain(byte) ? 1 : 4;

		if (used + need >= size)
			break;
		if (need == 1) {
			safe[used++] = (char)byte;
			continue;
		}
		safe[used++] = '\\';
		safe[used++] = 'x';
		safe[used++] = digits[byte >> 4];
		safe[used++] = digits[byte & 15];
	}
	safe[used] = '\0';
	return safe;
}

void text_print(FILE *out, const char *text, int lines)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (is_plain(byte) || (lines && byte == '\n'))
			putc(byte, out);
		else
			fprintf(out, "\\x%02x", byte);
	}
}

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

int text_colour(FILE *out)
{
	const char *refused = getenv("NO_COLOR"), *term = getenv("TERM");

	if (refused && *refused)
		return 0;
	if (!term || !*term || strcmp(term, "dumb") == 0)
		return 0;
	return isatty(fileno(out));
}

/* 0 where there is no terminal; 80 x 24 where it does not say. */
static struct winsize terminal_size(FILE *out)
{
	struct winsize size = { .ws_col = 0 };

	if (!isatty(fileno(out)))
		return size;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) || size.ws_col == 0 || size.ws_row == 0) {
		size.ws_col = 80;
		size.ws_row = 24;
	}
	return size;
}

int text_columns(FILE *out)
{
	return terminal_size(out).ws_col;
}

int text_lines(FILE *out)
{
	return terminal_size(out).ws_row;
}

const char *text_style(int colour, enum text_style style)
{
	static const char *const sequences[] = {
		[TEXT_PLAIN] = "\033[0m", [TEXT_BOLD] = "\033[1m",  [TEXT_DIM] = "\033[2m",
		[TEXT_GOOD] = "\033[32m", [TEXT_WARN] = "\033[33m", [TEXT_BAD] = "\033[31m",
	};

	return colour ? sequences[style] : "";
}
