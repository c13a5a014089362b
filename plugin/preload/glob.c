/* SPDX-License-Identifier: MIT */
/* glob.c - globs without locale or memory. */
#include "glob.h"
#include <stddef.h>

/* A set at `glob`, which is at its [. Returns what follows it, NULL: it does not match, or is none. */
static const char *set_matches(const char *glob, char c)
{
	bool inverted = glob[1] == '!' || glob[1] == '^', found = false;
	const char *at = glob + 1 + inverted, *first = at;

	for (; *at && (*at != ']' || at == first); at++) {
		char low = *at, high = low;

		if (at[1] == '-' && at[2] && at[2] != ']') {
			high = at[2];
			at += 2;
		}
		if ((unsigned char)c >= (unsigned char)low &&
		    (unsigned char)c <= (unsigned char)high)
			found = true;
	}
	if (!*at) /* no ]: the [ is itself */
		return c == '[' ? glob + 1 : NULL;
	return found != inverted ? at + 1 : NULL;
}

/* One element of the glob against one byte. Returns what follows it; NULL: no. */
static const char *one_matches(const char *glob, char c)
{
	if (*glob == '?')
		return glob + 1;
	if (*glob == '[')
		return set_matches(glob, c);
	if (*glob == '\\' && glob[1])
		glob++;
	return *glob && *glob == c ? glob + 1 : NULL;
}

bool glob_matches(const char *glob, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		const char *next = *glob == '*' ? NULL : one_matches(glob, *text);

		if (*glob == '*') {
			star = ++glob;
			from = text;
		} else if (next) {
			glob = next;
			text++;
		} else if (star) { /* let the last star take one byte more */
			glob = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}
