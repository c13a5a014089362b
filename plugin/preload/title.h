/* SPDX-License-Identifier: MIT */
/* title.h - the process title, read where the host writes it. */
#ifndef PRELOAD_TITLE_H
#define PRELOAD_TITLE_H

#include <stdbool.h>
#include <stddef.h>

/* In the constructor: where arguments and environment lie. */
void title_find(char *const *arguments, char *const *environment);

/* The title as /proc/PID/cmdline would show it now, arguments apart by blanks; cut to `size`. No system call. */
void title_read(char *text, size_t size);

#endif
