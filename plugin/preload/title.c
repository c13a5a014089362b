/* SPDX-License-Identifier: MIT */
/* title.c - the process title, read where the host writes it: over its arguments and environment. */
#include "title.h"
#include <string.h>

/* The kernel puts the strings of arguments and environment one after the other. */
static const volatile char *start, *arguments_end, *end;

static const volatile char *strings_end(char *const *strings, const volatile char *after)
{
	for (; *strings && (!after || *strings == after); strings++)
		after = *strings + strlen(*strings) + 1;
	return after;
}

void title_find(char *const *arguments, char *const *environment)
{
	if (!arguments || !arguments[0])
		return;
	start = arguments[0];
	arguments_end = strings_end(arguments, NULL);
	end = environment ? strings_end(environment, arguments_end) : arguments_end;
}

void title_read(char *text, size_t size)
{
	/* As the kernel tells: a title that has reached the end of the arguments goes on until its byte 0. */
	bool whole = start && arguments_end[-1] == '\0';
	const volatile char *last = whole ? arguments_end : end, *at = start;
	size_t used = 0;

	for (; at && at < last && used + 1 < size && (whole || *at); at++) {
		char c = *at;

		text[used++] = c;
		if (c == '\0')
			text[used - 1] = ' ';
	}
	while (used > 0 && text[used - 1] == ' ')
		used--;
	text[used] = '\0';
}
