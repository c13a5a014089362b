/* SPDX-License-Identifier: MIT */
/* A small JSON writer: commas, indentation and escapes by itself. */
#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "style.h"

/* How many bytes at `text` are one well-formed UTF-8 character beyond ASCII; 0 if they are not. */
static size_t utf8_length(const unsigned char *text, size_t left)
{
	unsigned char lowest = 0x80, highest = 0xbf; /* of the second byte */
	size_t length;

	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		length = 2;
	else if (text[0] >= 0xe0 && text[0] <= 0xef)
		length = 3;
	else if (text[0] >= 0xf0 && text[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (length > left)
		return 0;
	if (text[0] == 0xe0)
		lowest = 0xa0; /* overlong */
	else if (text[0] == 0xed)
		highest = 0x9f; /* surrogates */
	else if (text[0] == 0xf0)
		lowest = 0x90;
	else if (text[0] == 0xf4)
		highest = 0x8f; /* beyond U+10FFFF */
	if (text[1] < lowest || text[1] > highest)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static void string_write(FILE *out, const unsigned char *text, size_t length)
{
	static const char shorthand[][3] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
		['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"
	};
	size_t i = 0;

	putc('"', out);
	while (i < length) {
		unsigned char byte = text[i];
		size_t run = 1;

		if (byte < sizeof(shorthand) / sizeof(shorthand[0]) && shorthand[byte][0]) {
			fputs(shorthand[byte], out);
		} else if (byte < 0x20 || byte == 0x7f) {
			text_format(out, "\\u%04x", byte);
		} else if (byte < 0x80) {
			putc(byte, out);
		} else {
			run = utf8_length(text + i, length - i);
			if (run == 0) {
				fputs("\\ufffd", out); /* no character: say so */
				run = 1;
			} else {
				fwrite(text + i, 1, run, out);
			}
		}
		i += run;
	}
	putc('"', out);
}

static void line_break(struct json *json, int depth)
{
	putc('\n', json->out);
	for (int i = 0; i < depth; i++)
		fputs("  ", json->out);
}

/* What stands before a value: the comma of the one before, the break, the key. */
static void value_begin(struct json *json, const char *key)
{
	if (json->depth > 0) {
		int inside = json->depth - 1;

		if (json->level[inside].used)
			putc(',', json->out);
		if (!json->level[inside].row)
			line_break(json, json->depth);
		else if (json->level[inside].used)
			putc(' ', json->out);
		json->level[inside].used = 1;
		json->misused |= (key != NULL) != (json->level[inside].closing == '}');
	}
	if (key) {
		string_write(json->out, (const unsigned char *)key, strlen(key));
		fputs(": ", json->out);
	}
}

static void level_open(struct json *json, const char *key, char opening, char closing, int row)
{
	value_begin(json, key);
	if (json->depth == JSON_DEPTH_MAX) {
		json->misused = 1;
		fputs("null", json->out);
		return;
	}
	putc(opening, json->out);
	/* what is inside a row stays on its line */
	if (json->depth > 0 && json->level[json->depth - 1].row)
		row = 1;
	json->level[json->depth].closing = closing;
	json->level[json->depth].row = (unsigned char)row;
	json->level[json->depth].used = 0;
	json->depth++;
}

void json_begin(struct json *json, FILE *out)
{
	memset(json, 0, sizeof(*json));
	json->out = out;
	level_open(json, NULL, '{', '}', 0);
}

void json_finish(struct json *json)
{
	while (json->depth > 0)
		json_end(json);
	putc('\n', json->out);
}

void json_object(struct json *json, const char *key)
{
	level_open(json, key, '{', '}', 0);
}

void json_row(struct json *json, const char *key)
{
	level_open(json, key, '{', '}', 1);
}

void json_array(struct json *json, const char *key)
{
	level_open(json, key, '[', ']', 0);
}

void json_list(struct json *json, const char *key)
{
	level_open(json, key, '[', ']', 1);
}

void json_end(struct json *json)
{
	int inside = json->depth - 1;

	if (inside < 0) {
		json->misused = 1;
		return;
	}
	if (json->level[inside].used && !json->level[inside].row)
		line_break(json, inside);
	putc(json->level[inside].closing, json->out);
	json->depth = inside;
}

void json_bytes(struct json *json, const char *key, const void *bytes, size_t length)
{
	value_begin(json, key);
	string_write(json->out, bytes, length);
}

void json_text(struct json *json, const char *key, const char *value)
{
	if (value)
		json_bytes(json, key, value, strlen(value));
	else
		json_null(json, key);
}

void json_integer(struct json *json, const char *key, int64_t value)
{
	value_begin(json, key);
	text_format(json->out, "%" PRId64, value);
}

void json_unsigned(struct json *json, const char *key, uint64_t value)
{
	value_begin(json, key);
	text_format(json->out, "%" PRIu64, value);
}

void json_real(struct json *json, const char *key, double value)
{
	char text[TEXT_REAL];

	value_begin(json, key);
	fputs(isfinite(value) ? text_real(value, text) : "null", json->out);
}

void json_boolean(struct json *json, const char *key, int value)
{
	value_begin(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *key)
{
	value_begin(json, key);
	fputs("null", json->out);
}
