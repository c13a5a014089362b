/* SPDX-License-Identifier: MIT */
/* entrainctl export: a swarm's picture as metrics, on the output or in a file that is replaced as a whole. */
#include <entrain.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "message.h"

static int unwritten(const char *path, const char *part)
{
	const int os_error = errno;

	if (part) {
		unlink(part);
		errno = os_error;
	}
	return message_failure(os_error == EACCES || os_error == EPERM || os_error == EROFS
				       ? STATUS_NOT_PERMITTED
				       : STATUS_REFUSED,
			       path, "name a file in a directory that this user may write in",
			       "cannot be written: %s", strerror(os_error));
}

static int text_write(FILE *file, const char *text, size_t length)
{
	return (fwrite(text, 1, length, file) != length) | (fclose(file) != 0);
}

/*
 * Whoever reads the file at some moment reads all of the former one or all of this: it is written beside and renamed. The name of the
 * part does not end as the file's does, so a collector that takes files by their ending passes over one that a kill left.
 */
static int file_replace(const char *path, const char *text, size_t length)
{
	const mode_t mask = umask(0);
	char part[PATH_MAX];
	FILE *file;
	int fd;

	umask(mask);
	if (snprintf(part, sizeof(part), "%s.XXXXXX", path) >= (int)sizeof(part)) {
		errno = ENAMETOOLONG;
		return unwritten(path, NULL);
	}
	fd = mkstemp(part);
	if (fd < 0)
		return unwritten(path, NULL);
	file = fchmod(fd, 0666 & ~mask) == 0 ? fdopen(fd, "w") : NULL;
	if (!file) {
		close(fd);
		return unwritten(path, part);
	}
	if (text_write(file, text, length) || rename(part, path) < 0)
		return unwritten(path, part);
	return STATUS_DONE;
}

/* A terminal or a pipe has nothing to replace; where a link stands, what it points to is replaced. */
static int file_write(const char *path, const char *text, size_t length)
{
	char target[PATH_MAX];
	struct stat about;
	FILE *file;

	if (stat(path, &about) < 0)
		return file_replace(path, text, length);
	if (S_ISREG(about.st_mode))
		return file_replace(realpath(path, target) ? target : path, text, length);
	file = fopen(path, "w");
	return file && !text_write(file, text, length) ? STATUS_DONE : unwritten(path, NULL);
}

static int export_run(struct invocation *invocation)
{
	const char *format = option_text(&invocation->options, "format"),
		   *path = option_text(&invocation->options, "output");
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_swarm *swarm;
	size_t length = 0;
	char *text;
	int status = STATUS_DONE;

	if (strcmp(format, "prometheus") != 0)
		return message_usage("export --format", "entrainctl status --json",
				     "\"%s\" is no format: there is prometheus", format);
	swarm = entrain_open(invocation->dir, invocation->swarm, ENTRAIN_READ, &error);
	if (!swarm)
		return message_error_known(&error, invocation->swarm);
	text = entrain_status_text(swarm, ENTRAIN_PROMETHEUS, &length, &error);
	entrain_close(swarm);
	if (!text)
		return message_error_known(&error, invocation->swarm);
	if (path)
		status = file_write(path, text, length);
	else
		fwrite(text, 1, length, stdout);
	free(text);
	return status;
}

static const struct option_row export_options[] = {
	{ .name = "format",
	  .kind = OPTION_TEXT,
	  .argument = "FORMAT",
	  .fallback = "prometheus",
	  .text = "prometheus: its text format, as node exporters and scrapers read it" },
	{ .name = "output",
	  .kind = OPTION_TEXT,
	  .argument = "FILE",
	  .text = "write there, not on the output; readers find the former file or the new one, "
		  "never a part" },
	{ .name = NULL },
};

const struct command command_export = {
	.name = "export",
	.operands = "[SWARM]",
	.text = "a swarm as metrics, for Prometheus",
	.detail =
		"Prints what status shows as metrics: the swarm's settings, its goal, evenness,\n"
		"overlap and order parameters, its agents by state, and of each agent its turns,\n"
		"actions and delays. With --output for the node exporter's textfile collector: a\n"
		"file for each swarm, its name ending in .prom, written again and again by a "
		"timer\n"
		"or cron. If the swarm cannot be read the file stays as it was: its age tells.\n"
		"(The nginx module answers the same at its entrain_status location.)",
	.examples = "  entrainctl export web\n"
		    "  entrainctl export web --output "
		    "/var/lib/prometheus/node-exporter/entrain-web.prom",
	.options = export_options,
	.flags = COMMAND_SWARM,
	.run = export_run,
};
