/* SPDX-License-Identifier: MIT */
/* object.c - one shared object as a file: given its owner and room, and taken away by nobody but its owner. */
#include "object.h"
#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "error.h"
#include "lock.h"
#include "mark.h"

bool object_still_named(int fd, const char *path)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 && lstat(path, &named) == 0 && mine.st_dev == named.st_dev &&
	       mine.st_ino == named.st_ino;
}

static const char *kind_name(mode_t mode)
{
	return S_ISDIR(mode)    ? "a directory"
	       : S_ISLNK(mode)  ? "a symbolic link"
	       : S_ISFIFO(mode) ? "a FIFO"
	       : S_ISSOCK(mode) ? "a socket"
				: "a device";
}

enum entrain_code object_not_ours(const struct stat *status, enum entrain_code code,
				  const char *path, const char *what, struct entrain_error *error)
{
	if (!S_ISREG(status->st_mode))
		return error_set(error, ENTRAIN_FOREIGN, 0, what, path,
				 "it is %s, not a swarm's object", kind_name(status->st_mode));
	return error_set(error, code, 0, what, path, "it %s to user %u; this is user %u",
			 code == ENTRAIN_EXISTS ? "exists already, and belongs" : "belongs",
			 (unsigned)status->st_uid, (unsigned)geteuid());
}

static enum entrain_code remove_check(const char *path, enum entrain_code code, const char *what,
				      struct entrain_error *error)
{
	struct stat status;

	if (lstat(path, &status) < 0 ||
	    (S_ISREG(status.st_mode) && (status.st_uid == geteuid() || geteuid() == 0)))
		return ENTRAIN_OK;
	return object_not_ours(&status, code, path, what, error);
}

bool object_may_remove(const char *path, const char *what, struct entrain_error *error)
{
	return remove_check(path, ENTRAIN_FOREIGN, what, error) == ENTRAIN_OK;
}

enum entrain_code object_remove_check(const char *path, const char *what,
				      struct entrain_error *error)
{
	return remove_check(path, ENTRAIN_PERMISSION, what, error);
}

void object_unlock_close(struct lock *lock, int fd)
{
	lock_drop(lock);
	close(fd);
}

enum entrain_code object_create(const char *path, const char *what, int *fd,
				struct entrain_error *error)
{
	const int flags = O_CREAT | O_EXCL | O_RDWR | OBJECT_OPEN_FLAGS;

	*fd = open(path, flags, 0600);
	if (*fd < 0 && errno == EEXIST) {
		if (!object_may_remove(path, what, error))
			return ENTRAIN_FOREIGN;
		unlink(path);
		MARK();
		*fd = open(path, flags, 0600);
	}
	if (*fd < 0)
		return error_system(error, errno, what, path);
	MARK();
	return ENTRAIN_OK;
}

enum entrain_code object_reserve(int fd, const char *path, const char *what, uint64_t size,
				 struct entrain_error *error)
{
	struct stat before, after;
	struct statvfs space;
	int failed;

	if (fstat(fd, &before) < 0)
		return error_system(error, errno, what, path);
	do
		failed = posix_fallocate(fd, 0, (off_t)size);
	while (failed == EINTR);
	MARK();
	if (!failed)
		return ENTRAIN_OK;
	/* Nobody was told of more than there was before. */
	if (fstat(fd, &after) == 0 && after.st_size > before.st_size &&
	    ftruncate(fd, before.st_size) < 0)
		return error_system(error, errno, what, path);
	if ((failed == ENOSPC || failed == EDQUOT) && fstatvfs(fd, &space) == 0)
		return error_set(error, ENTRAIN_NO_SPACE, failed, what, path,
				 "it needs %llu KiB, the file system has %llu KiB free",
				 (unsigned long long)(size - (uint64_t)before.st_size + 1023) /
					 1024,
				 (unsigned long long)space.f_bavail * space.f_frsize / 1024);
	return error_system(error, failed, what, path);
}

enum entrain_code object_prepare(int fd, const char *path, const char *what,
				 const struct object_owner *owner, uint64_t size,
				 struct entrain_error *error)
{
	if ((owner->uid != (uid_t)-1 || owner->gid != (gid_t)-1) &&
	    fchown(fd, owner->uid, owner->gid) < 0)
		return error_system(error, errno, what, path);
	MARK();
	if (fchmod(fd, owner->mode) < 0)
		return error_system(error, errno, what, path);
	MARK();
	return object_reserve(fd, path, what, size, error);
}

enum entrain_code object_limit_check(const char *path, const char *what, uint64_t size,
				     struct entrain_error *error)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
	    limit.rlim_cur >= size)
		return ENTRAIN_OK;
	return error_set(error, ENTRAIN_LIMIT, EFBIG, what, path,
			 "it needs a file of %llu bytes, the limit (ulimit -f) is %llu",
			 (unsigned long long)size, (unsigned long long)limit.rlim_cur);
}
