/* SPDX-License-Identifier: MIT */
/* config_file.c - can a configuration file be read to its end, without waiting for somebody? */
#include "config_file.h"
#include <stddef.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* /dev/null, which is an empty file. */
static bool is_null(const struct stat *about)
{
	return S_ISCHR(about->st_mode) && about->st_rdev == makedev(1, 3);
}

const char *config_file_obstacle(const char *file, bool named)
{
	struct stat about;

	if (stat(file, &about) < 0)
		return NULL;
	if (S_ISDIR(about.st_mode))
		return "it is a directory, not a file";
	/* A host must not wait at its start for somebody to write to a pipe, nor read a device for ever. */
	if (!named && !S_ISREG(about.st_mode) && !is_null(&about))
		return "it is a pipe or a device, not a file";
	return NULL;
}
