/* SPDX-License-Identifier: MIT */
/* Text for terminals: escaped, coloured only where wanted. */
#ifndef ENTRAIN_STYLE_H
#define ENTRAIN_STYLE_H

#include <stddef.h>
#include <stdio.h>

/* Copy `text` into `safe`, bytes that are not printable ASCII as \xNN. Always terminated, cut where it
 * does not fit. Returns `safe`. */
char *text_escape(const char *text, char *safe, size_t size);

/* Write `text` to `out` the same way, newlines kept if `lines`. */
void text_print(FILE *out, const char *text, int lines);

/* fprintf(), for streams that the caller chose: the library itself prints nothing. */
void text_format(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A finite number with 9 digits and a point, whatever the host's locale says; no "-0". Returns `text`. */
#define TEXT_REAL 32
char *text_real(double value, char text[TEXT_REAL]);

/* What makes a plural of so many: "s", or "" of one. */
static inline const char *text_s(unsigned long long count)
{
	return count == 1 ? "" : "s";
}

/* Is colour wanted on this stream: a terminal that is not dumb, and no NO_COLOR. */
int text_colour(FILE *out);

/* Columns and lines of the terminal behind `out`; for a pipe 0, that is no limit. */
int text_columns(FILE *out);
int text_lines(FILE *out);

/* Escape sequences, "" where colour is off: text_style(colour, TEXT_BOLD). */
enum text_style { TEXT_PLAIN, TEXT_BOLD, TEXT_DIM, TEXT_GOOD, TEXT_WARN, TEXT_BAD };
const char *text_style(int colour, enum text_style style);

#endif
