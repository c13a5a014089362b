/* SPDX-License-Identifier: MIT */
/* lock.c - the lock of creators, administrators and removers on the control object. */
#include "lock.h"
#include <fcntl.h>
#include <unistd.h>

#define TRIES 16

static bool lock_call(int fd, int call, short type, struct flock *lock)
{
	*lock = (struct flock){ .l_type = type, .l_whence = SEEK_SET };
	return fcntl(fd, call, lock) == 0;
}

bool lock_held(int fd)
{
	struct flock lock;

	/* Where it cannot be asked, somebody may be at work. */
	return !lock_call(fd, F_OFD_GETLK, F_WRLCK, &lock) || lock.l_type == F_WRLCK;
}

bool lock_take(int fd)
{
	struct flock lock;

	for (int tries = 0; tries < TRIES; tries++) {
		if (lock_call(fd, F_OFD_SETLK, F_WRLCK, &lock))
			return true;
		if (!lock_call(fd, F_OFD_GETLK, F_WRLCK, &lock) || lock.l_type == F_WRLCK)
			return false;
		if (lock.l_type == F_RDLCK)
			return true;
		/* it was dropped in between */
	}
	return false;
}

void lock_drop(int fd)
{
	struct flock lock;

	lock_call(fd, F_OFD_SETLK, F_UNLCK, &lock);
}
