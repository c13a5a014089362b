/* SPDX-License-Identifier: MIT */
/* procfile.h - read a small file of /proc whole, without stdio or allocation. */
#ifndef ENTRAIN_PROCFILE_H
#define ENTRAIN_PROCFILE_H

#include <stddef.h>
#include <stdio.h>

/* Reads up to size - 1 bytes and terminates them. Returns their number, or -errno. Keeps errno. */
long procfile_read(const char *path, char *text, size_t size);

#endif
