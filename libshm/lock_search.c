/* SPDX-License-Identifier: MIT */
/* lock_search.c - find the process that holds a lock of an open file description, which the kernel does not name. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "lock.h"
#include "procfile.h"

/*
 * Does this descriptor hold a write lock? /proc says so in a line such as "lock: 1: OFDLCK ADVISORY WRITE -1 00:17:5 0 EOF". There may
 * be others: flock(), which excludes nobody here, needs no right to write.
 */
static bool descriptor_locks(const char *pid, const char *number)
{
	char path[80], text[1024], *next = NULL;

	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo/%.20s", pid, number);
	if (procfile_read(path, text, sizeof(text)) <= 0)
		return false;
	for (char *line = strtok_r(text, "\n", &next); line; line = strtok_r(NULL, "\n", &next))
		if (strncmp(line, "lock:", 5) == 0 && strstr(line, "OFDLCK") &&
		    strstr(line, "WRITE"))
			return true;
	return false;
}

static bool process_locks(const char *pid, const struct stat *object)
{
	char path[80];
	struct dirent *entry;
	struct stat status;
	bool found = false;
	DIR *stream;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	stream = opendir(path);
	while (stream && !found && (entry = readdir(stream))) {
		snprintf(path, sizeof(path), "/proc/%.20s/fd/%.20s", pid, entry->d_name);
		found = isdigit((unsigned char)entry->d_name[0]) && stat(path, &status) == 0 &&
			status.st_dev == object->st_dev && status.st_ino == object->st_ino &&
			descriptor_locks(pid, entry->d_name);
	}
	if (stream)
		closedir(stream);
	return found;
}

uint32_t lock_search(int fd)
{
	struct dirent *entry;
	struct stat object;
	uint32_t pid = 0;
	DIR *stream;

	if (fstat(fd, &object) < 0)
		return 0;
	stream = opendir("/proc");
	while (stream && !pid && (entry = readdir(stream)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    process_locks(entry->d_name, &object))
			pid = (uint32_t)strtoul(entry->d_name, NULL, 10);
	if (stream)
		closedir(stream);
	return pid;
}
