/* SPDX-License-Identifier: MIT */
/* segment.c - open the shared objects of a swarm, when they are sound and whose they should be. */
#include "segment.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "clock.h"
#include "config.h"
#include "error.h"
#include "liveness.h"
#include "lock.h"
#include "mark.h"
#include "object.h"
#include "settings.h"

#define WHAT "open swarm"

const char *segment_dir_asked(const char *dir)
{
	if (!dir || !*dir)
		dir = secure_getenv("ENTRAIN_DIR");
	return dir && *dir ? dir : NULL;
}

enum entrain_code segment_place_init(struct segment_place *place, const char *dir, const char *name,
				     struct entrain_error *error)
{
	char configured[CONFIG_DIR_SIZE];

	if (!name)
		name = "default";
	if (!swarm_name_valid(name))
		return error_set(
			error, ENTRAIN_USAGE, 0, "name swarm", name,
			"a name is 1 to 64 of a-z 0-9 - _ . and starts with a letter or digit");
	dir = segment_dir_asked(dir);
	if (!dir && config_dir(name, configured, error))
		return ENTRAIN_CONFIG;
	if (!dir)
		dir = *configured ? configured : SEGMENT_DIR;
	if (dir[0] != '/' || strlen(dir) >= sizeof(place->dir))
		return error_set(error, ENTRAIN_USAGE, 0, "name swarm", dir,
				 "the directory must be an absolute path of less than %zu bytes",
				 sizeof(place->dir));
	snprintf(place->dir, sizeof(place->dir), "%s", dir);
	snprintf(place->name, sizeof(place->name), "%s", name);
	snprintf(place->control, sizeof(place->control), "%s/entrain.%s.control", dir, name);
	snprintf(place->agents, sizeof(place->agents), "%s/entrain.%s.agents", dir, name);
	return ENTRAIN_OK;
}

void segment_topology_path(const struct segment_place *place, uint64_t generation,
			   char path[SEGMENT_TOPOLOGY_PATH])
{
	snprintf(path, SEGMENT_TOPOLOGY_PATH, "%s/entrain.%s.topology.%" PRIu64, place->dir,
		 place->name, generation);
}

/* Is this file one that we may believe at all? */
static enum entrain_code trust_check(const struct stat *status, mode_t widest, const char *path,
				     const struct segment_trust *trust, struct entrain_error *error)
{
	uid_t self = geteuid(), owner = status->st_uid;

	if (!S_ISREG(status->st_mode))
		return error_set(error, ENTRAIN_FOREIGN, 0, WHAT, path, "it is not a regular file");
	if (status->st_nlink > 1)
		return error_set(error, ENTRAIN_FOREIGN, 0, WHAT, path, "it has %lu hard links",
				 (unsigned long)status->st_nlink);
	if (owner != self && owner != 0 && !trust->any_owner &&
	    !(trust->has_owner && owner == trust->owner))
		return error_set(error, ENTRAIN_FOREIGN, 0, WHAT, path,
				 "it belongs to user %u; accepted are this user (%u) and root",
				 (unsigned)owner, (unsigned)self);
	if (status->st_mode & 0777 & ~widest)
		return error_set(error, ENTRAIN_FOREIGN, 0, WHAT, path,
				 "its mode %03o is wider than %03o",
				 (unsigned)status->st_mode & 0777, (unsigned)widest);
	return ENTRAIN_OK;
}

/* Whoever may not read it yet cannot tell "not ready" from "not for you" by the open alone. */
static enum entrain_code open_refused(const char *path, int os_error, struct entrain_error *error)
{
	struct stat status;

	if (os_error == EACCES && lstat(path, &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_size == 0)
		return error_set(error, ENTRAIN_NOT_READY, 0, WHAT, path, NULL);
	return error_system(error, os_error, WHAT, path);
}

static bool read_at(int fd, void *to, size_t size, off_t offset)
{
	ssize_t got;

	do
		got = pread(fd, to, size, offset);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)size;
}

/* Read magic, then the rest: with magic there ([L1]), all is. */
static bool header_read(int fd, struct header_copy *copy)
{
	return read_at(fd, &copy->magic, sizeof(copy->magic), 0) &&
	       read_at(fd, &copy->fields, sizeof(copy->fields), 0);
}

/* Too short for a header: a swarm's that was truncated, as far as its magic can tell, or something else altogether. */
static enum entrain_code short_object(int fd, uint64_t magic)
{
	uint64_t found = 0;
	ssize_t got = pread(fd, &found, sizeof(found), 0);

	return got >= 0 && (memcmp(&found, &magic, (size_t)got) == 0 || found == 0)
		       ? ENTRAIN_TRUNCATED
		       : ENTRAIN_FOREIGN;
}

/* Open one object and check it up to its header. The descriptor is the caller's, also on failure (-1: none). */
static enum entrain_code object_open(const char *path, int flags, mode_t widest,
				     const struct segment_trust *trust,
				     struct header_expectation *expect, int *fd,
				     struct stat *status, struct header_copy *header,
				     struct entrain_error *error)
{
	enum entrain_code code;

	*fd = open(path, flags | OBJECT_OPEN_FLAGS);
	MARK();
	if (*fd < 0)
		return open_refused(path, errno, error);
	if (fstat(*fd, status) < 0)
		return error_system(error, errno, WHAT, path);
	if (status->st_nlink == 0)
		return error_set(error, ENTRAIN_NO_SWARM, 0, WHAT, path, "it is being removed");
	code = trust_check(status, widest, path, trust, error);
	if (code)
		return code;
	if (status->st_size == 0)
		return error_set(error, ENTRAIN_NOT_READY, 0, WHAT, path, NULL);
	expect->file_size = (uint64_t)status->st_size;
	code = header_read(*fd, header) ? header_check(header, expect)
					: short_object(*fd, expect->magic);
	return code ? error_set(error, code, 0, WHAT, path, NULL) : ENTRAIN_OK;
}

static enum entrain_code control_read(int fd, const char *path, uint64_t agents_size,
				      struct entrain_settings *settings,
				      struct entrain_error *error)
{
	struct shm_settings copy;
	enum entrain_code code;

	if (!read_at(fd, &copy, sizeof(copy), offsetof(struct shm_control, settings)))
		return error_set(error, ENTRAIN_TRUNCATED, 0, WHAT, path, NULL);
	if (atomic_load_explicit(&copy.removed, memory_order_relaxed))
		return error_set(error, ENTRAIN_NO_SWARM, 0, WHAT, path, "it is being removed");
	code = settings_load(&copy, agents_size, settings);
	return code ? error_set(error, code, 0, WHAT, path, NULL) : ENTRAIN_OK;
}

static enum entrain_code map_objects(struct segment *segment, enum segment_access access,
				     struct entrain_error *error)
{
	int protection = PROT_READ | (access == SEGMENT_ADMIN ? PROT_WRITE : 0);
	void *map;

	map = mmap(NULL, SHM_CONTROL_SIZE, protection, MAP_SHARED, segment->control_fd, 0);
	if (map == MAP_FAILED)
		return error_system(error, errno, WHAT, segment->place.control);
	segment->control = map;
	segment->settings = &segment->control->settings;
	/* At the greatest capacity, once and for all: growing needs no new mapping. What lies beyond the end of the
	 * object is never touched. */
	map = mmap(NULL, SHM_AGENTS_SIZE(ENTRAIN_CAPACITY_MAX), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_NORESERVE, segment->agents_fd, 0);
	if (map == MAP_FAILED)
		return error_system(error, errno, WHAT, segment->place.agents);
	segment->agents = map;
	segment->slots = (struct shm_slot *)((char *)map + SHM_AGENTS_OFFSET);
	return ENTRAIN_OK;
}

static enum entrain_code open_once(const struct segment_place *place, enum segment_access access,
				   const struct segment_trust *trust, struct segment *segment,
				   struct entrain_error *error)
{
	uint8_t boot_id[16];
	struct header_copy header;
	struct entrain_settings settings;
	struct stat status, dir_status;
	struct header_expectation expect = { .magic = SHM_CONTROL_MAGIC,
					     .boot_id = boot_id,
					     .least_size = SHM_CONTROL_SIZE };
	enum entrain_code code;

	int failed = clock_offset_read(&expect.clock_offset_ns);

	if (failed)
		return error_system(error, -failed, WHAT, "/proc/self/timens_offsets");
	boot_id_read(boot_id);
	code = object_open(place->control, access == SEGMENT_ADMIN ? O_RDWR : O_RDONLY, 0755, trust,
			   &expect, &segment->control_fd, &status, &header, error);
	if (code)
		return code;
	segment->device = status.st_dev;
	segment->inode = status.st_ino;
	segment->creation_id = header.fields.creation_id;
	segment->access = header.fields.access;
	segment->uid = status.st_uid;
	segment->gid = status.st_gid;
	/* What it was made with is known now. */
	code = trust_check(&status, segment->access & 0755, place->control, trust, error);
	if (code)
		return code;
	segment->dir_device = stat(place->dir, &dir_status) == 0 ? dir_status.st_dev : 0;
	code = control_read(segment->control_fd, place->control, 0, &settings, error);
	if (code)
		return code;
	MARK();
	expect.magic = SHM_AGENTS_MAGIC;
	expect.creation_id = segment->creation_id;
	expect.least_size = SHM_AGENTS_SIZE(settings.capacity);
	code = object_open(place->agents, access == SEGMENT_LOOK ? O_RDONLY : O_RDWR,
			   segment->access & 0666, trust, &expect, &segment->agents_fd, &status,
			   &header, error);
	if (code == ENTRAIN_NO_SWARM || code == ENTRAIN_NOT_READY)
		return error_set(error, ENTRAIN_UNSOUND, 0, WHAT, place->agents,
				 "control is there, agents is missing or empty");
	if (code)
		return code;
	return access == SEGMENT_LOOK ? ENTRAIN_OK : map_objects(segment, access, error);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Nobody holds the creator's lock on a control object without magic: its creator is dead. */
static bool creator_dead(const char *path)
{
	int fd = open(path, O_RDONLY | OBJECT_OPEN_FLAGS);
	bool dead = fd >= 0 && !lock_held(fd);

	close_fd(&fd);
	return dead;
}

/* Removed since it was opened, and maybe made again: what does not fit together then says nothing. */
static bool removed_meanwhile(const struct segment *segment)
{
	struct entrain_settings settings;
	int fd = segment->control_fd;

	return fd >= 0 &&
	       (!object_still_named(fd, segment->place.control) ||
		control_read(fd, segment->place.control, 0, &settings, NULL) == ENTRAIN_NO_SWARM);
}

enum entrain_code segment_open(const struct segment_place *place, enum segment_access access,
			       const struct segment_trust *trust, int64_t deadline_ns,
			       struct segment *segment, struct entrain_error *error)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	const int64_t doubt_ns = clock_now_ns() + CREATOR_DOUBT_NS;
	enum entrain_code code;
	bool removed;

	for (;;) {
		memset(segment, 0, sizeof(*segment));
		segment->control_fd = segment->agents_fd = -1;
		segment->place = *place;
		code = open_once(place, access, trust, segment, error);
		if (code == ENTRAIN_OK)
			break;
		removed = code == ENTRAIN_UNSOUND && removed_meanwhile(segment);
		segment_close(segment);
		if (removed && clock_now_ns() >= deadline_ns)
			return error_set(error, ENTRAIN_NOT_READY, 0, WHAT, place->control,
					 "it is being removed, or made again");
		if (code == ENTRAIN_NOT_READY &&
		    (clock_now_ns() >= doubt_ns || clock_now_ns() >= deadline_ns) &&
		    creator_dead(place->control))
			return error_set(error, ENTRAIN_HALF_MADE, 0, WHAT, place->control, NULL);
		/* What changed under our eyes (removed and made again in between) is worth another look. */
		if ((code != ENTRAIN_NOT_READY && code != ENTRAIN_UNSOUND) ||
		    clock_now_ns() >= deadline_ns)
			break;
		nanosleep(&pause, NULL);
	}
	if (code == ENTRAIN_OK && access == SEGMENT_JOIN) {
		close_fd(&segment->control_fd);
		close_fd(&segment->agents_fd);
	}
	return code;
}

void segment_close(struct segment *segment)
{
	if (segment->control)
		munmap(segment->control, SHM_CONTROL_SIZE);
	if (segment->agents)
		munmap(segment->agents, SHM_AGENTS_SIZE(ENTRAIN_CAPACITY_MAX));
	segment->control = NULL;
	segment->settings = NULL;
	segment->agents = NULL;
	segment->slots = NULL;
	close_fd(&segment->control_fd);
	close_fd(&segment->agents_fd);
}

/* How long it is by now; 0: it does not say. */
static uint64_t agents_size_now(const struct segment *segment)
{
	struct stat status;

	return fstat(segment->agents_fd, &status) == 0 ? (uint64_t)status.st_size : 0;
}

enum entrain_code segment_settings(const struct segment *segment, struct entrain_settings *settings)
{
	enum entrain_code code = settings_load(segment->settings, 0, settings);

	MARK();
	/* Only now its size: who grows it in between makes it longer, never too short for what was read before. */
	if (!code && agents_size_now(segment) < SHM_AGENTS_SIZE(settings->capacity))
		code = ENTRAIN_TRUNCATED;
	return code;
}

bool segment_current(const struct segment *segment)
{
	struct stat status;
	int saved = errno;
	bool current = true;

	if (atomic_load_explicit(&segment->settings->removed, memory_order_relaxed))
		return false;
	if (stat(segment->place.control, &status) == 0)
		current = status.st_ino == segment->inode || status.st_dev != segment->device;
	else if (errno == ENOENT && stat(segment->place.dir, &status) == 0)
		/* Another directory under the same path (chroot) says nothing. */
		current = status.st_dev != segment->dir_device;
	errno = saved;
	return current;
}
