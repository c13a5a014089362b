/* SPDX-License-Identifier: MIT */
/* A small JSON writer: commas, indentation and escapes by itself. */
#ifndef ENTRAIN_JSON_H
#define ENTRAIN_JSON_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 16

/* Write to `out`, which stays the caller's. Write errors stay with the stream: main() looks. */
struct json {
	FILE *out;
	int depth;
	int misused; /* a key where none belongs or none where one does, too deep, too many ends */
	struct {
		char closing;       /* '}' or ']' */
		unsigned char row;  /* 1: all on one line */
		unsigned char used; /* 1: something stands before */
	} level[JSON_DEPTH_MAX];
};

/*
 *	struct json json;
 *	json_begin(&json, stdout);                      top-level {
 *	json_text(&json, "swarm", "web");
 *	json_array(&json, "agents");
 *	json_row(&json, NULL); ... json_end(&json);     an object on one line, an element of the array
 *	json_end(&json);
 *	json_finish(&json);                             closes what is open, newline
 *
 * `key` is NULL for elements of arrays. Instants, durations and counts are integers, never reals.
 */
void json_begin(struct json *json, FILE *out);
void json_finish(struct json *json);

void json_object(struct json *json, const char *key); /* { one member a line */
void json_row(struct json *json, const char *key);    /* { all on one line */
void json_array(struct json *json, const char *key);  /* [ one element a line */
void json_list(struct json *json, const char *key);   /* [ all on one line */
void json_end(struct json *json);                     /* closes the innermost of these */

void json_text(struct json *json, const char *key, const char *value); /* NULL: null */
void json_bytes(struct json *json, const char *key, const void *bytes, size_t length);
void json_integer(struct json *json, const char *key, int64_t value);
void json_unsigned(struct json *json, const char *key, uint64_t value);
void json_real(struct json *json, const char *key,
	       double value); /* 9 digits; NaN, infinite: null */
void json_boolean(struct json *json, const char *key, int value);
void json_null(struct json *json, const char *key);

#endif
