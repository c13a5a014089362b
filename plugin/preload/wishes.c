/* SPDX-License-Identifier: MIT */
/* wishes.c - the variables of the environment, each with its check. */
#include "wishes.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nothing that a file may be keeps the host waiting, becomes its terminal or leads elsewhere. */
#define LOG_FLAGS (O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW)

static const char *environment_text(const char *name)
{
	const char *text = secure_getenv(name);

	return text && *text ? text : NULL;
}

bool wishes_read(struct wishes *wishes, wish_wrong *wrong, void *context)
{
	const char *mode = environment_text("ENTRAIN_MODE"),
		   *goal = environment_text("ENTRAIN_GOAL"),
		   *delay = environment_text("ENTRAIN_MAX_DELAY");
	struct entrain_error error;
	bool right = true;

	memset(wishes, 0, sizeof(*wishes));
	entrain_settings_init(&wishes->settings);
	wishes->swarm = environment_text("ENTRAIN_SWARM");
	wishes->off = mode && strcmp(mode, "off") == 0;
	wishes->observe = mode && strcmp(mode, "observe") == 0;
	if (mode && !wishes->off && !wishes->observe && strcmp(mode, "act") != 0) {
		char why[80];

		snprintf(why, sizeof(why), "'%.40s' is none of off, observe, act", mode);
		wrong("ENTRAIN_MODE", why, context);
		right = false;
	}
	wishes->goal =
		goal && entrain_settings_set(&wishes->settings, "goal", goal, 0, &error) == 0;
	if (goal && !wishes->goal && !wishes->off) {
		wrong("ENTRAIN_GOAL", error.why, context);
		right = false;
	}
	wishes->max_delay = delay && entrain_settings_set(&wishes->settings, "max-delay", delay, 0,
							  &error) == 0;
	if (delay && !wishes->max_delay && !wishes->off) {
		wrong("ENTRAIN_MAX_DELAY", error.why, context);
		right = false;
	}
	return right;
}

/* ---- where it is told what is wrong ---------------------------------------------------------- */

const char *wishes_log(void)
{
	return environment_text("ENTRAIN_LOG");
}

static int log_open(const char *path, int more)
{
	return strcmp(path, "stderr") == 0 ? STDERR_FILENO : open(path, LOG_FLAGS | more, 0644);
}

int wishes_log_open(const char *path)
{
	return log_open(path, O_CREAT);
}

/* May a file be made beside it? */
static int place_obstacle(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX] = ".";

	if (slash)
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path) + 1, path);
	return faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) < 0 ? errno : 0;
}

int wishes_log_obstacle(const char *path)
{
	int fd = log_open(path, 0);

	if (fd < 0)
		return errno == ENOENT ? place_obstacle(path) : errno;
	if (fd != STDERR_FILENO)
		close(fd);
	return 0;
}
