/* SPDX-License-Identifier: MIT */
/* config.c - the configuration file: sections of swarms, each finding with file and line. */
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "error.h"
#include "settings.h"

#define WHAT "read configuration"
#define KEYS_MAX 64

typedef void finding_callback(const struct entrain_error *finding, void *context);

struct reading {
	FILE *stream;
	const char *file;
	int line, section_line;
	bool cut;           /* the line now read is longer than inih's buffer */
	const char *wanted; /* swarm; NULL: all are checked */
	bool found;
	struct entrain_settings *settings;
	struct entrain_settings other; /* of sections that are only checked */
	char section[200];
	char given[KEYS_MAX][32]; /* keys that this section has had */
	unsigned given_count;
	unsigned findings;
	finding_callback *finding;
	void *context;
};

const char *entrain_config_path(void)
{
	const char *path = secure_getenv("ENTRAIN_CONFIG");

	return path && *path ? path : ENTRAIN_SYSCONFDIR "/entrain.ini";
}

static void report(struct reading *reading, const char *format, const char *first,
		   const char *second) __attribute__((format(printf, 2, 0)));

static void report(struct reading *reading, const char *format, const char *first,
		   const char *second)
{
	struct entrain_error finding;
	char object[256], why[256];

	snprintf(object, sizeof(object), "%.200s:%d", reading->file, reading->line);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(why, sizeof(why), format, first, second);
#pragma GCC diagnostic pop
	error_set(&finding, ENTRAIN_CONFIG, 0, WHAT, object, "%s", why);
	reading->findings++;
	if (reading->finding)
		reading->finding(&finding, reading->context);
}

static bool is_wanted(const struct reading *reading, const char *section)
{
	return reading->wanted && strncasecmp(section, "swarm ", 6) == 0 &&
	       strcmp(section + 6, reading->wanted) == 0;
}

/* At the end of a section: do its values fit together? */
static void section_finish(struct reading *reading)
{
	const struct entrain_settings *settings = &reading->other;
	struct entrain_error why;
	int line = reading->line;

	if (is_wanted(reading, reading->section))
		settings = reading->settings;
	else if (reading->wanted || strncasecmp(reading->section, "swarm ", 6) != 0)
		return;
	reading->line = reading->section_line;
	if (entrain_settings_check(settings, &why))
		report(reading, "%s: %s", why.object, why.why);
	reading->line = line;
}

static void section_enter(struct reading *reading, const char *section)
{
	const char *name = section + strlen("swarm ");

	section_finish(reading);
	snprintf(reading->section, sizeof(reading->section), "%s", section);
	reading->section_line = reading->line;
	reading->given_count = 0;
	entrain_settings_init(&reading->other);
	if (is_wanted(reading, section))
		reading->found = true;
	if (strncasecmp(section, "swarm ", 6) != 0)
		report(reading, "section [%s] is not known; sections are [swarm NAME]%s", section,
		       "");
	else if (!swarm_name_valid(name))
		report(reading, "'%s' is not a swarm's name: 1 to 64 of a-z 0-9 - _ .%s", name, "");
}

/* As fgets(), but a byte 0 is a byte as any other. */
static bool line_get(char *text, size_t size, FILE *stream, size_t *length)
{
	int c = 0;

	*length = 0;
	while (*length < size - 1 && c != '\n' && (c = getc(stream)) != EOF)
		text[(*length)++] = (char)c;
	text[*length] = '\0';
	return *length > 0;
}

/*
 * inih has no line numbers, and calls back for keys only: lines are counted and sections entered here. Leading blanks are
 * dropped, since inih would take an indented line for the rest of the one before.
 */
static char *read_line(char *text, int size, void *context)
{
	struct reading *reading = context;
	char section[200];
	size_t blanks, length;
	bool cut = reading->cut;

	if (!line_get(text, (size_t)size, reading->stream, &length))
		return NULL;
	if (!cut)
		reading->line++;
	reading->cut = length > 0 && text[length - 1] != '\n' && !feof(reading->stream);
	if (reading->cut || strlen(text) != length) {
		if (!cut)
			report(reading,
			       reading->cut ? "the line is longer than %s bytes%s"
					    : "the line holds a byte 0%.0s%.0s",
			       "200", "");
		text[0] = '\n';
		text[1] = '\0';
		return text;
	}
	blanks = strspn(text, " \t");
	memmove(text, text + blanks, length - blanks + 1);
	if (sscanf(text, "[%199[^]\n]]", section) == 1 && strchr(text, ']'))
		section_enter(reading, section);
	return text;
}

static bool key_repeated(struct reading *reading, const char *key)
{
	for (unsigned i = 0; i < reading->given_count; i++)
		if (strcmp(reading->given[i], key) == 0)
			return true;
	if (reading->given_count < KEYS_MAX)
		snprintf(reading->given[reading->given_count++], 32, "%s", key);
	return false;
}

static int take_key(void *context, const char *section, const char *key, const char *value)
{
	struct reading *reading = context;
	struct entrain_settings *settings = &reading->other;
	struct entrain_error why;

	if (!*section)
		report(reading, "%s stands before any section%s", key, "");
	if (strncasecmp(section, "swarm ", 6) != 0)
		return 1;
	if (is_wanted(reading, section))
		settings = reading->settings;
	else if (reading->wanted)
		return 1; /* another swarm's section is another swarm's matter */
	if (key_repeated(reading, key))
		report(reading, "%s is given twice%s", key, "");
	else if (entrain_settings_set(settings, key, value, 0, &why))
		report(reading, "%s: %s", key, why.why);
	return 1;
}

struct first_finding {
	struct entrain_error *error;
	unsigned count;
};

static void keep_first(const struct entrain_error *finding, void *context)
{
	struct first_finding *first = context;

	if (first->count++ == 0 && first->error)
		*first->error = *finding;
}

/* Returns 0, ENTRAIN_CONFIG after findings, or why the file cannot be read. */
static enum entrain_code parse(struct reading *reading, const char *file,
			       struct entrain_error *error)
{
	int result;

	reading->file = file ? file : entrain_config_path();
	reading->stream = fopen(reading->file, "re");
	if (!reading->stream)
		return error_system(error, errno, WHAT, reading->file);
	result = ini_parse_stream(read_line, reading, take_key, reading);
	if (ferror(reading->stream)) {
		fclose(reading->stream);
		return error_system(error, EIO, WHAT, reading->file);
	}
	fclose(reading->stream);
	section_finish(reading);
	if (result > 0 && reading->findings == 0) {
		reading->line = result;
		report(reading, "this is neither [section] nor key = value%s%s", "", "");
	}
	return reading->findings ? ENTRAIN_CONFIG : ENTRAIN_OK;
}

int entrain_config_read(const char *file, const char *swarm, struct entrain_settings *settings,
			struct entrain_error *error)
{
	struct entrain_settings result = *settings;
	struct first_finding first = { error, 0 };
	struct reading reading = { .wanted = swarm ? swarm : "default",
				   .settings = &result,
				   .finding = keep_first,
				   .context = &first };
	int saved = errno;
	enum entrain_code code = parse(&reading, file, error);

	if (!code && !reading.found)
		code = error_set(error, ENTRAIN_NO_SWARM, 0, WHAT, reading.file,
				 "it has no section [swarm %s]", reading.wanted);
	if (!code)
		*settings = result;
	errno = saved;
	return (int)code;
}

int entrain_config_check(const char *file, finding_callback *finding, void *context,
			 struct entrain_error *error)
{
	struct reading reading = { .finding = finding, .context = context };
	int saved = errno;
	enum entrain_code code = parse(&reading, file, error);

	if (code == ENTRAIN_CONFIG)
		error_set(error, code, 0, WHAT, reading.file, "%u finding%s", reading.findings,
			  reading.findings == 1 ? "" : "s");
	errno = saved;
	return (int)code;
}
