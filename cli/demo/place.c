/* SPDX-License-Identifier: MIT */
/* A temporary directory on a file system where fsync means something. */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "instant.h"

#define MIB (INT64_C(1) << 20)
#define NAME "entrain-demo."
#define MAKE_TRIES 8

/* How the names of demos' swarms begin, and so their marks. */
#define MARK "demo-"

/* No disk makes a page durable in less; in memory it takes 1 to 2 us. */
#define DISK_LEAST_NS INT64_C(5000)
#define PROBES 8

static int refuse(struct place *place, const char *hint, const char *why)
{
	snprintf(place->why, sizeof(place->why), "%s", why);
	place->hint = hint;
	return -1;
}

static int check_disk(struct place *place, const char *parent, int64_t space)
{
	struct statfs disk;
	int64_t left;

	if (statfs(parent, &disk))
		return refuse(place, "--dir DIRECTORY, on a disk", strerror(errno));
	if (disk.f_type == TMPFS_MAGIC || disk.f_type == RAMFS_MAGIC)
		return refuse(place, "--dir DIRECTORY, on a disk",
			      "it is in memory (tmpfs), where fsync costs nothing");
	left = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	if (left < space) {
		snprintf(place->why, sizeof(place->why), "%lld MB are needed, %lld MB are free",
			 (long long)(space / MIB), (long long)(left / MIB));
		place->hint = "--dir DIRECTORY, on another disk; or a smaller --size";
		return -1;
	}
	return 0;
}

/*
 * A tmpfs may hide below an overlay, as in containers, or a preloaded library swallow fsync:
 * try it. Returns the least that making a page durable took, or -1.
 */
static int64_t probe_fsync_ns(const struct place *place)
{
	static const char page[4096];
	int file = openat(place->directory, "probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int64_t least_ns = INT64_MAX;

	if (file < 0)
		return -1;
	for (int i = 0; i < PROBES; i++) {
		int64_t begun_ns = instant_now_ns(), took_ns;

		if (pwrite(file, page, sizeof(page), 0) != (ssize_t)sizeof(page) || fsync(file)) {
			close(file);
			return -1;
		}
		took_ns = instant_now_ns() - begun_ns;
		if (took_ns < least_ns)
			least_ns = took_ns;
	}
	close(file);
	return least_ns;
}

static int check_fsync(struct place *place)
{
	int64_t took_ns = probe_fsync_ns(place);

	if (took_ns < 0)
		return refuse(place, "--dir DIRECTORY, where you may write", strerror(errno));
	if (took_ns < DISK_LEAST_NS)
		return refuse(place, "--dir DIRECTORY, on a disk",
			      "fsync costs nothing there, so there is nothing to show");
	return 0;
}

/* A directory that all processes of this demo hold locked, through one descriptor that they share. */
static int directory_make(struct place *place, const char *parent)
{
	for (int tries = 0; tries < MAKE_TRIES; tries++) {
		struct stat made = { .st_nlink = 1 };

		snprintf(place->path, sizeof(place->path), "%s/" NAME "XXXXXX", parent);
		if (!mkdtemp(place->path)) {
			refuse(place, "--dir DIRECTORY, where you may write", strerror(errno));
			place->path[0] = '\0';
			return -1;
		}
		place->directory = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (place->directory < 0) {
			const int failed = errno;

			rmdir(place->path);
			if (failed != ENOENT)
				return refuse(place, NULL, strerror(failed));
			continue;
		}
		flock(place->directory, LOCK_EX);
		/* Before it was locked, another demo may have taken it for a dead one's. */
		if (fstat(place->directory, &made) == 0 && made.st_nlink > 0)
			return 0;
		close(place->directory);
	}
	return refuse(place, NULL, "somebody removes the demo's directories");
}

/* Say which swarm goes with it. */
static int mark_make(struct place *place, const char *swarm)
{
	int mark = openat(place->directory, swarm, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (mark < 0)
		return refuse(place, "--dir DIRECTORY, where you may write", strerror(errno));
	close(mark);
	return 0;
}

int place_make(struct place *place, const char *parent, const char *swarm, int64_t space)
{
	*place = (struct place){ .directory = -1 };
	if (strlen(parent) + sizeof("/" NAME "XXXXXX") > sizeof(place->path))
		return refuse(place, NULL, "its name is too long");
	if (check_disk(place, parent, space) || directory_make(place, parent))
		return -1;
	/* The mark first: trying the disk may take a while, and what bears none is never swept. */
	if ((!swarm || mark_make(place, swarm) == 0) && check_fsync(place) == 0)
		return 0;
	place_remove(place);
	close(place->directory);
	return -1;
}

static bool is_mark(const char *name)
{
	return strncmp(name, MARK, strlen(MARK)) == 0;
}

/* Remove the marks, or all else; `marked` (may be NULL) is called with each mark. Returns 0 or -1. */
static int files_remove(int directory, bool marks, void (*marked)(const char *swarm))
{
	int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;

	if (!stream) {
		if (again >= 0)
			close(again);
		return -1;
	}
	while ((entry = readdir(stream)) != NULL) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    is_mark(entry->d_name) != marks)
			continue;
		if (marks && marked)
			marked(entry->d_name);
		unlinkat(directory, entry->d_name, 0);
	}
	closedir(stream);
	return 0;
}

/* The marks last: killed before, it is the next demo's to finish. */
static int all_remove(int directory, void (*marked)(const char *swarm))
{
	return files_remove(directory, false, NULL) || files_remove(directory, true, marked) ? -1
											     : 0;
}

int place_remove(struct place *place)
{
	return all_remove(place->directory, NULL) ? -1 : rmdir(place->path);
}

/* What has no mark is no demo's: somebody has given a directory of his own such a name. */
static bool is_marked(int directory)
{
	int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;
	bool marked = false;

	if (!stream && again >= 0)
		close(again);
	while (stream && !marked && (entry = readdir(stream)) != NULL)
		marked = is_mark(entry->d_name);
	if (stream)
		closedir(stream);
	return marked;
}

void place_sweep(const char *parent, void (*swarm_remove)(const char *swarm))
{
	DIR *stream = opendir(parent);
	struct dirent *entry;

	while (stream && (entry = readdir(stream)) != NULL) {
		struct stat status;
		int directory;

		if (strncmp(entry->d_name, NAME, strlen(NAME)))
			continue;
		directory = openat(dirfd(stream), entry->d_name,
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (directory < 0)
			continue;
		if (fstat(directory, &status) == 0 && status.st_uid == geteuid() &&
		    flock(directory, LOCK_EX | LOCK_NB) == 0 && is_marked(directory) &&
		    all_remove(directory, swarm_remove) == 0)
			unlinkat(dirfd(stream), entry->d_name, AT_REMOVEDIR);
		close(directory);
	}
	if (stream)
		closedir(stream);
}
