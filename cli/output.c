/* SPDX-License-Identifier: MIT */
/* A file that a command writes: there as a whole or, where something fails, as it was. */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "message.h"

static int unwritten(const char *name)
{
	const int os_error = errno;

	return message_failure(os_error == EACCES || os_error == EPERM || os_error == EROFS
				       ? STATUS_NOT_PERMITTED
				       : STATUS_REFUSED,
			       name, "name a file in a directory that this user may write in",
			       "cannot be written: %s", strerror(os_error));
}

static int part_open(struct output *output)
{
	const mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (snprintf(output->part, sizeof(output->part), "%s.XXXXXX", output->target) >=
	    (int)sizeof(output->part)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkstemp(output->part);
	if (fd < 0)
		return -1;
	output->file = fchmod(fd, 0666 & ~mask) == 0 ? fdopen(fd, "w") : NULL;
	if (output->file)
		return 0;
	close(fd);
	unlink(output->part);
	return -1;
}

int output_open(struct output *output, const char *name)
{
	struct stat about;
	int failed;

	*output = (struct output){ .name = name };
	if (stat(name, &about) < 0)
		snprintf(output->target, sizeof(output->target), "%s", name);
	else if (S_ISREG(about.st_mode) && !realpath(name, output->target))
		return unwritten(name);
	if (output->target[0])
		failed = part_open(output);
	else
		failed = (output->file = fopen(name, "we")) ? 0 : -1;
	return failed ? unwritten(name) : STATUS_DONE;
}

int output_commit(struct output *output)
{
	int failed = ferror(output->file) ? EIO : 0;

	if (fclose(output->file) && !failed)
		failed = errno;
	if (!failed && output->target[0] && rename(output->part, output->target) < 0)
		failed = errno;
	if (failed && output->target[0])
		unlink(output->part);
	errno = failed;
	return failed ? unwritten(output->name) : STATUS_DONE;
}

void output_abandon(struct output *output)
{
	fclose(output->file);
	if (output->target[0])
		unlink(output->part);
}
