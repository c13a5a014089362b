/* SPDX-License-Identifier: MIT */
/* segment_create.c - create and remove the shared objects of a swarm, so that a death half-way harms nobody. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include "clock.h"
#include "error.h"
#include "liveness.h"
#include "lock.h"
#include "mark.h"
#include "segment.h"

#define WHAT "create swarm"
#define OPEN_FLAGS (O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
#define CREATE_TRIES 100
#define PATIENCE_NS INT64_C(2000000000)

/* The descriptor is of the object that the path names now. */
static bool still_named(int fd, const char *path)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 && lstat(path, &named) == 0 && mine.st_dev == named.st_dev &&
	       mine.st_ino == named.st_ino;
}

/* Only its owner and root may take away what stands under a name. */
static bool may_remove(const char *path, struct entrain_error *error)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return true;
	if (S_ISREG(status.st_mode) && (status.st_uid == geteuid() || geteuid() == 0))
		return true;
	error_set(error, ENTRAIN_FOREIGN, 0, WHAT, path, "something of user %u stands there",
		  (unsigned)status.st_uid);
	return false;
}

/* A child that another thread forked meanwhile shares the descriptor: closing ours would leave it the lock. */
static void unlock_close(int fd)
{
	lock_drop(fd);
	close(fd);
}

static enum entrain_code unlink_both(const struct segment_place *place, struct entrain_error *error)
{
	/* Agents first: as long as control stands, nobody else creates. */
	if (unlink(place->agents) < 0 && errno != ENOENT)
		return error_system(error, errno, "remove swarm", place->agents);
	MARK();
	if (unlink(place->control) < 0 && errno != ENOENT)
		return error_system(error, errno, "remove swarm", place->control);
	MARK();
	return ENTRAIN_OK;
}

/*
 * Something stands under the name. ENTRAIN_OK: it was left half-made or half-removed and is gone now; EXISTS: a
 * complete swarm; NOT_READY: somebody is at work on it.
 */
static enum entrain_code take_over(const struct segment_place *place, struct entrain_error *error)
{
	struct shm_control copy;
	enum entrain_code code = ENTRAIN_EXISTS;
	struct stat status;
	int fd = open(place->control, O_RDWR | OPEN_FLAGS);

	if (fd < 0 && errno == EACCES && lstat(place->control, &status) == 0)
		return error_set(error, S_ISREG(status.st_mode) ? ENTRAIN_EXISTS : ENTRAIN_FOREIGN,
				 0, WHAT, place->control, "something of user %u stands there",
				 (unsigned)status.st_uid);
	if (fd < 0)
		return errno == ENOENT ? ENTRAIN_OK
				       : error_system(error, errno, WHAT, place->control);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    (status.st_uid != geteuid() && geteuid() != 0)) {
		code = error_set(error, S_ISREG(status.st_mode) ? ENTRAIN_EXISTS : ENTRAIN_FOREIGN,
				 0, WHAT, place->control, "something of user %u stands there",
				 (unsigned)status.st_uid);
		goto out;
	}
	memset(&copy, 0, sizeof(copy));
	if (!lock_take(fd)) {
		code = error_set(error, ENTRAIN_NOT_READY, 0, WHAT, place->control, NULL);
		goto out;
	}
	MARK();
	if (!still_named(fd, place->control)) {
		code = ENTRAIN_OK;
		goto out;
	}
	if (pread(fd, &copy, sizeof(copy), 0) < 0) {
		code = error_system(error, errno, WHAT, place->control);
		goto out;
	}
	if (atomic_load_explicit(&copy.header.magic, memory_order_relaxed) == 0 ||
	    (atomic_load_explicit(&copy.header.magic, memory_order_relaxed) == SHM_CONTROL_MAGIC &&
	     atomic_load_explicit(&copy.settings.removed, memory_order_relaxed)))
		code = may_remove(place->agents, error) ? unlink_both(place, error)
							: ENTRAIN_FOREIGN;
	else
		error_set(error, ENTRAIN_EXISTS, 0, WHAT, place->control, NULL);
out:
	unlock_close(fd);
	return code;
}

/* Give the object its owner, mode and room. A full /dev/shm is an error here, never a SIGBUS later. */
static enum entrain_code object_prepare(int fd, const char *path, mode_t mode, uint64_t size,
					const struct entrain_settings *settings,
					struct entrain_error *error)
{
	struct statvfs space;
	uid_t uid = settings->uid == ENTRAIN_SAME ? (uid_t)-1 : (uid_t)settings->uid;
	gid_t gid = settings->gid == ENTRAIN_SAME ? (gid_t)-1 : (gid_t)settings->gid;
	int failed;

	if ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(fd, uid, gid) < 0)
		return error_system(error, errno, WHAT, path);
	MARK();
	if (fchmod(fd, mode) < 0)
		return error_system(error, errno, WHAT, path);
	MARK();
	do
		failed = posix_fallocate(fd, 0, (off_t)size);
	while (failed == EINTR);
	MARK();
	if (failed && fstatvfs(fd, &space) == 0 && (failed == ENOSPC || failed == EDQUOT))
		return error_set(error, ENTRAIN_NO_SPACE, failed, WHAT, path,
				 "it needs %llu KiB, the file system has %llu KiB free",
				 (unsigned long long)(size + 1023) / 1024,
				 (unsigned long long)space.f_bavail * space.f_frsize / 1024);
	return failed ? error_system(error, failed, WHAT, path) : ENTRAIN_OK;
}

/* What both objects say of themselves; all of it is known before anything is made. */
static enum entrain_code header_fill(struct shm_header *header,
				     const struct entrain_settings *settings,
				     struct entrain_error *error)
{
	int failed = clock_offset_read(&header->clock_offset_ns);

	if (failed)
		return error_system(error, -failed, WHAT, "/proc/self/timens_offsets");
	while (header->creation_id == 0)
		if (getrandom(&header->creation_id, sizeof(header->creation_id), 0) < 0)
			header->creation_id = (uint64_t)clock_wall_ns() ^ (uint64_t)getpid() << 40;
	header->abi_major = SHM_ABI_MAJOR;
	header->abi_minor = SHM_ABI_MINOR;
	boot_id_read(header->boot_id);
	header->header_size = sizeof(*header);
	header->slot_size = SHM_SLOT_SIZE;
	header->slots_offset = SHM_AGENTS_OFFSET;
	header->created_ns = (uint64_t)clock_wall_ns();
	header->creator_pid = (uint32_t)getpid();
	header->access = settings->access;
	header->uid = settings->uid == ENTRAIN_SAME ? geteuid() : settings->uid;
	header->gid = settings->gid == ENTRAIN_SAME ? getegid() : settings->gid;
	return ENTRAIN_OK;
}

#define STORE(field, value) \
	atomic_store_explicit(&control->settings.field, value, memory_order_relaxed)

static void settings_fill(struct shm_control *control, const struct entrain_settings *settings)
{
	STORE(mode, settings->mode);
	STORE(goal, settings->goal);
	STORE(kind, settings->kind);
	STORE(capacity, settings->capacity);
	STORE(period_ns, settings->period_ns);
	STORE(band_ppm, settings->band_ppm);
	STORE(target_ppm, settings->target_ppm);
	STORE(max_delay_ns, settings->max_delay_ns);
	STORE(max_delay_ppm, settings->max_delay_ppm);
	STORE(topology_generation, 1);
	STORE(changes, 1);
}

/* Fill a prepared object and publish its magic. */
static enum entrain_code object_publish(int fd, const char *path, size_t size, uint64_t magic,
					const struct shm_header *header,
					const struct entrain_settings *settings,
					struct entrain_error *error)
{
	const size_t past_magic = sizeof(header->magic);
	struct shm_header *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (shared == MAP_FAILED)
		return error_system(error, errno, WHAT, path);
	MARK();
	memcpy((char *)shared + past_magic, (const char *)header + past_magic,
	       sizeof(*header) - past_magic);
	MARK();
	if (magic == SHM_CONTROL_MAGIC)
		settings_fill((struct shm_control *)shared, settings);
	MARK();
	/* [L1] release: the object is complete. Readers pread magic before the rest. Killed before it: half-made, and
	 * the lock says so. */
	atomic_store_explicit(&shared->magic, magic, memory_order_release);
	MARK();
	munmap(shared, size);
	return ENTRAIN_OK;
}

static enum entrain_code agents_create(const struct segment_place *place,
				       const struct shm_header *header,
				       const struct entrain_settings *settings,
				       struct entrain_error *error)
{
	int flags = O_CREAT | O_EXCL | O_RDWR | OPEN_FLAGS;
	enum entrain_code code;
	int fd = open(place->agents, flags, 0600);

	if (fd < 0 && errno == EEXIST) {
		/* We hold the name: this is what a dead creator or remover left. */
		if (!may_remove(place->agents, error))
			return ENTRAIN_FOREIGN;
		unlink(place->agents);
		MARK();
		fd = open(place->agents, flags, 0600);
	}
	if (fd < 0)
		return error_system(error, errno, WHAT, place->agents);
	MARK();
	code = object_prepare(fd, place->agents, settings->access,
			      SHM_AGENTS_SIZE(settings->capacity), settings, error);
	if (!code)
		code = object_publish(fd, place->agents, sizeof(struct shm_agents),
				      SHM_AGENTS_MAGIC, header, settings, error);
	close(fd);
	return code;
}

/* A file size limit would kill the host with SIGXFSZ instead of failing. */
static enum entrain_code limit_check(const struct segment_place *place, uint64_t size,
				     struct entrain_error *error)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
	    limit.rlim_cur >= size)
		return ENTRAIN_OK;
	return error_set(error, ENTRAIN_LIMIT, EFBIG, WHAT, place->agents,
			 "it needs a file of %llu bytes, the limit (ulimit -f) is %llu",
			 (unsigned long long)size, (unsigned long long)limit.rlim_cur);
}

/* The name is ours and locked: make both objects, or leave nothing. */
static enum entrain_code create_locked(const struct segment_place *place, int fd,
				       const struct entrain_settings *settings,
				       struct entrain_error *error)
{
	struct shm_header header;
	enum entrain_code code;

	memset(&header, 0, sizeof(header));
	code = header_fill(&header, settings, error);
	if (!code)
		code = object_prepare(fd, place->control, settings->access & ~022u,
				      SHM_CONTROL_SIZE, settings, error);
	if (!code)
		code = agents_create(place, &header, settings, error);
	if (!code)
		code = object_publish(fd, place->control, SHM_CONTROL_SIZE, SHM_CONTROL_MAGIC,
				      &header, settings, error);
	if (code) {
		unlink(place->agents);
		unlink(place->control);
	}
	return code;
}

enum entrain_code segment_create(const struct segment_place *place,
				 const struct entrain_settings *settings,
				 struct entrain_error *error)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int64_t deadline_ns = clock_now_ns() + PATIENCE_NS;
	enum entrain_code code = limit_check(place, SHM_AGENTS_SIZE(settings->capacity), error);

	while (!code) {
		int fd = open(place->control, O_CREAT | O_EXCL | O_RDWR | OPEN_FLAGS, 0600);

		MARK();
		if (fd < 0 && errno == EEXIST) {
			code = take_over(place, error);
			if (code == ENTRAIN_NOT_READY && clock_now_ns() < deadline_ns) {
				code = ENTRAIN_OK;
				nanosleep(&pause, NULL);
			}
			continue;
		}
		if (fd < 0)
			return errno == ENOENT ? error_set(error, ENTRAIN_SYSTEM, ENOENT, WHAT,
							   place->dir, "there is no such directory")
					       : error_system(error, errno, WHAT, place->control);
		/* Between the creation and this lock somebody may have thought us dead: then the name is theirs. */
		if (lock_take(fd) && still_named(fd, place->control)) {
			MARK();
			code = create_locked(place, fd, settings, error);
			unlock_close(fd);
			return code;
		}
		unlock_close(fd);
	}
	return code;
}

enum entrain_code segment_sweep(const struct segment_place *place)
{
	enum entrain_code code = ENTRAIN_EXISTS;
	int fd;

	/* Take the name first, as a creator does: then nobody else makes a swarm of what we remove. */
	if (!may_remove(place->agents, NULL))
		return ENTRAIN_FOREIGN;
	fd = open(place->control, O_CREAT | O_EXCL | O_RDWR | OPEN_FLAGS, 0600);
	if (fd < 0)
		return error_code_of(errno);
	if (lock_take(fd) && still_named(fd, place->control))
		code = unlink_both(place, NULL);
	unlock_close(fd);
	return code;
}

enum entrain_code segment_remove(const struct segment_place *place, struct entrain_error *error)
{
	struct shm_control *control;
	enum entrain_code code;
	struct stat status;
	int fd;

	if (!may_remove(place->control, error) || !may_remove(place->agents, error))
		return ENTRAIN_FOREIGN;
	fd = open(place->control, O_RDWR | OPEN_FLAGS);
	if (fd < 0)
		return error_system(error, errno, "remove swarm", place->control);
	if (!lock_take(fd)) {
		close(fd);
		return error_set(error, ENTRAIN_NOT_READY, 0, "remove swarm", place->control,
				 "somebody is creating, changing or removing it");
	}
	if (!still_named(fd, place->control)) {
		unlock_close(fd);
		return error_set(error, ENTRAIN_NO_SWARM, 0, "remove swarm", place->control, NULL);
	}
	if (fstat(fd, &status) == 0 && status.st_size >= (off_t)SHM_CONTROL_SIZE) {
		control = mmap(NULL, SHM_CONTROL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		/* Only in what is a swarm's; agents see it and leave. Killed from here on: the next creator or remover
		 * finishes. */
		if (control != MAP_FAILED) {
			if (atomic_load_explicit(&control->header.magic, memory_order_acquire) ==
			    SHM_CONTROL_MAGIC)
				atomic_store_explicit(&control->settings.removed, 1,
						      memory_order_release);
			munmap(control, SHM_CONTROL_SIZE);
		}
	}
	code = unlink_both(place, error);
	unlock_close(fd);
	return code;
}
