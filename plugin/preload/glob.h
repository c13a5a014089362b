/* SPDX-License-Identifier: MIT */
/* glob.h - globs without locale or memory, as fnmatch() has both. */
#ifndef PRELOAD_GLOB_H
#define PRELOAD_GLOB_H

#include <stdbool.h>

/* `*` any bytes, also /; `?` one; `[a-z]`, `[!a-z]` one of them; `\` the next as it is. Takes time in proportion to the
 * product of the lengths at most. */
bool glob_matches(const char *glob, const char *text);

#endif
