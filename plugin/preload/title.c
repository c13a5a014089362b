/* SPDX-License-Identifier: MIT */
/* title.c - the process title, read where the host writes it: over its arguments and environment. */
#include "title.h"
#include <string.h>

/* The kernel puts the strings of arguments and environment one after the other. */
static const char *start, *arguments_end, *end;

static const char *strings_end(char *const *strings, const char *after)
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
	const bool whole = start && arguments_end[-1] == '\0';
	size_t length;

	text[0] = '\0';
	if (!start)
		return;
	length = (size_t)((whole ? arguments_end : end) - start);
	if (length >= size)
		length = size - 1;
	/* The host may be writing it: what is read then is looked at, and no more. */
	memcpy(text, start, length);
	text[length] = '\0';
	if (!whole)
		return;
	while (length > 0 && (text[length - 1] == '\0' || text[length - 1] == ' '))
		length--;
	text[length] = '\0';
	for (char *zero; (zero = memchr(text, '\0', length));)
		*zero = ' ';
}
