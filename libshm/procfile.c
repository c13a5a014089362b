/* SPDX-License-Identifier: MIT */
/* procfile.c - read a small file of /proc whole, without stdio or allocation. */
#include "procfile.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

static long read_whole(const char *path, char *text, size_t size)
{
	int saved = errno, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t length = 0;
	ssize_t got = 0;
	long result;

	if (fd < 0) {
		result = -errno;
		errno = saved;
		return result;
	}
	while (length < size - 1) {
		got = read(fd, text + length, size - 1 - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	result = got < 0 ? -errno : (long)length;
	text[length] = '\0';
	close(fd);
	errno = saved;
	return result;
}

/* A thread that is cancelled ends later: in here it would leave a descriptor open. */
long procfile_read(const char *path, char *text, size_t size)
{
	int cancel_state;
	long result;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	result = read_whole(path, text, size);
	pthread_setcancelstate(cancel_state, NULL);
	return result;
}
