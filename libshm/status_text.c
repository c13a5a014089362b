/* SPDX-License-Identifier: MIT */
/* status_text.c - a picture of a swarm as text, in memory: JSON, for people, or metrics. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include "error.h"
#include "swarm.h"
#include "text/picture.h"

#define WHAT "write status"

static bool formatted(const struct picture *picture, enum entrain_format format, FILE *out)
{
	struct json json;

	switch (format) {
	case ENTRAIN_JSON:
		json_begin(&json, out);
		picture_json(picture, &json);
		json_finish(&json);
		return !json.misused;
	case ENTRAIN_TEXT:
		picture_print(picture, out, UINT_MAX);
		return true;
	case ENTRAIN_PROMETHEUS:
		picture_prometheus(picture, out);
		return true;
	}
	return false;
}

char *entrain_status_text(struct entrain_swarm *swarm, enum entrain_format format, size_t *length,
			  struct entrain_error *error)
{
	struct picture picture = { .swarm = swarm ? swarm->segment.place.name : NULL };
	int saved = errno, code = ENTRAIN_OK;
	size_t size = 0;
	char *text = NULL;
	bool done = false;
	FILE *out;

	if (!swarm || format < ENTRAIN_JSON || format > ENTRAIN_PROMETHEUS) {
		error_set(error, ENTRAIN_USAGE, 0, WHAT, "format",
			  "neither JSON, text nor Prometheus");
		return NULL;
	}
	code = picture_take(&picture, swarm, error);
	if (!code) {
		out = open_memstream(&text, &size);
		done = out && formatted(&picture, format, out);
		if (out && (ferror(out) | (fclose(out) != 0)))
			done = false;
		if (!done) {
			free(text);
			text = NULL;
			error_set(error, ENTRAIN_LIMIT, ENOMEM, WHAT, picture.swarm, NULL);
		}
	}
	picture_free(&picture);
	if (text && length)
		*length = size;
	errno = saved;
	return text;
}
