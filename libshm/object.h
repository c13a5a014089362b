/* SPDX-License-Identifier: MIT */
/* object.h - one shared object as a file: given its owner and room, and taken away by nobody but its owner. */
#ifndef ENTRAIN_OBJECT_H
#define ENTRAIN_OBJECT_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/types.h>
#include "entrain.h"

#define OBJECT_OPEN_FLAGS (O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)

/* For whom an object is made. */
struct object_owner {
	mode_t mode;
	uid_t uid; /* -1: as it comes */
	gid_t gid;
};

/* The descriptor is of the object that the path names now. */
bool object_still_named(int fd, const char *path);

/* Fill the error of something that is not ours: what it is, or whose. `code` is for a file; for anything else it is FOREIGN. */
struct stat;
enum entrain_code object_not_ours(const struct stat *status, enum entrain_code code,
				  const char *path, const char *what, struct entrain_error *error);

/* Only its owner and root may take away what stands under a name: nothing, or a file of ours. */
bool object_may_remove(const char *path, const char *what, struct entrain_error *error);

/* The same as an answer to who wants just that: PERMISSION for a file of somebody else. */
enum entrain_code object_remove_check(const char *path, const char *what,
				      struct entrain_error *error);

/* Create it exclusively, as who holds the swarm's name: what stands there is what a dead predecessor left. */
enum entrain_code object_create(const char *path, const char *what, int *fd,
				struct entrain_error *error);

/* Give it owner, mode and room. A full file system is an error here, never a SIGBUS later. */
enum entrain_code object_prepare(int fd, const char *path, const char *what,
				 const struct object_owner *owner, uint64_t size,
				 struct entrain_error *error);

/* At least `size` bytes of room. On failure it is as long as before. */
enum entrain_code object_reserve(int fd, const char *path, const char *what, uint64_t size,
				 struct entrain_error *error);

/* A file size limit would kill the host with SIGXFSZ instead of failing. */
enum entrain_code object_limit_check(const char *path, const char *what, uint64_t size,
				     struct entrain_error *error);

/* Drop the lock before closing: a child that another thread forked meanwhile shares the descriptor, and closing ours
 * would leave it the lock. */
struct lock;
void object_unlock_close(struct lock *lock, int fd);

#endif
