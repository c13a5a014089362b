/* SPDX-License-Identifier: MIT */
/* entrainctl export: a swarm's picture as metrics, on the output or in a file that is replaced as a whole. */
#include <entrain.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "message.h"
#include "output.h"

static int file_write(const char *path, const char *text, size_t length)
{
	struct output output;
	const int status = output_open(&output, path);

	if (status)
		return status;
	fwrite(text, 1, length, output.file);
	return output_commit(&output);
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
	  .letter = 'o',
	  .kind = OPTION_TEXT,
	  .argument = "FILE",
	  .text = "or -o: write there, not on the output; readers find the former file or the "
		  "new one, never a part" },
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
