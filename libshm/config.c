/* SPDX-License-Identifier: MIT */
/* config.c - the configuration file: sections of swarms and rules, each finding with file and line. */
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "config.h"
#include "config_file.h"
#include "error.h"
#include "host_rule.h"
#include "settings.h"

#define WHAT "read configuration"
#define LINE_SIZE 200 /* inih's buffer, in which a line ends with a byte 0 */
#define BLANKS " \t\v\f\r"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

typedef void finding_callback(const struct entrain_error *finding, void *context);

/* What has been given, and in which line. */
struct given {
	struct given_row {
		int line;
		char text[LINE_SIZE];
	} * rows;
	size_t count, space;
};

enum section_kind { SECTION_NONE, SECTION_SWARM, SECTION_RULE, SECTION_UNKNOWN };

struct reading {
	FILE *stream;
	const char *file;
	int line;
	const char *wanted; /* swarm; NULL: all are checked */
	bool found;
	struct entrain_settings *settings;
	struct entrain_settings other;        /* of sections that are only checked */
	char swarm[65], dir[CONFIG_DIR_SIZE]; /* of this section; empty: not given */
	void (*dir_each)(const char *swarm, const char *dir, void *context);
	void *dir_context;
	struct entrain_rule rule;
	void (*rule_each)(const struct entrain_rule *rule,
			  void *context); /* rules alone are read */
	void *rule_context;
	enum section_kind kind; /* of the section now read */
	bool matters;           /* its keys are read */
	bool is_wanted;
	int section_line;
	struct given sections, keys; /* the keys of this section */
	int os_error;
	unsigned findings;
	finding_callback *finding;
	void *context;
};

/* The file that the environment asks for: then it must be there. */
static const char *config_named(void)
{
	const char *path = secure_getenv("ENTRAIN_CONFIG");

	return path && *path ? path : NULL;
}

const char *entrain_config_path(void)
{
	const char *path = config_named();

	return path ? path : ENTRAIN_SYSCONFDIR "/entrain.ini";
}

static void report(struct reading *reading, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void report(struct reading *reading, int line, const char *format, ...)
{
	struct entrain_error finding;
	char object[256], why[256];
	va_list list;

	snprintf(object, sizeof(object), "%.200s:%d", reading->file, line);
	va_start(list, format);
	vsnprintf(why, sizeof(why), format, list);
	va_end(list);
	error_set(&finding, ENTRAIN_CONFIG, 0, WHAT, object, "%s", why);
	reading->findings++;
	if (reading->finding)
		reading->finding(&finding, reading->context);
}

/* The line of `text`, or 0 when it has not been given. */
static int given_line(const struct given *given, const char *text)
{
	for (size_t i = 0; i < given->count; i++)
		if (strcmp(given->rows[i].text, text) == 0)
			return given->rows[i].line;
	return 0;
}

/* Returns the line in which it was given before; 0: it is new, and kept. */
static int given_take(struct reading *reading, struct given *given, const char *text)
{
	int line = given_line(given, text);

	if (line)
		return line;
	if (given->count == given->space) {
		size_t space = given->space ? given->space * 2 : 16;
		struct given_row *rows = realloc(given->rows, space * sizeof(*rows));

		if (!rows) {
			reading->os_error = ENOMEM;
			return 0;
		}
		given->rows = rows;
		given->space = space;
	}
	given->rows[given->count].line = reading->line;
	snprintf(given->rows[given->count++].text, LINE_SIZE, "%s", text);
	return 0;
}

/* "max_delay" and "max-delay" are one key, and errors of settings have the latter. */
static void key_spell(const char *key, char spelled[LINE_SIZE])
{
	snprintf(spelled, LINE_SIZE, "%s", key);
	for (; *spelled; spelled++)
		if (*spelled == '_')
			*spelled = '-';
}

static bool key_reset(struct entrain_settings *settings, const char *name)
{
	const struct entrain_key *key;

	for (unsigned i = 0; (key = entrain_settings_key(i)); i++)
		if (key->at_creation && strcmp(key->name, name) == 0)
			return entrain_settings_set(settings, name, key->fallback, 0, NULL) == 0;
	return false;
}

/* Do the values of a swarm fit together? What does not gets its default in a copy, so that the next finding is seen. */
static void swarm_finish(struct reading *reading)
{
	struct entrain_settings settings = reading->is_wanted ? *reading->settings : reading->other;
	struct entrain_error why;

	for (int i = 0; i < 8 && entrain_settings_check(&settings, &why); i++) {
		int line = given_line(&reading->keys, why.object);

		report(reading, line ? line : reading->section_line, "%s: %s", why.object, why.why);
		if (!key_reset(&settings, why.object))
			break;
	}
}

/* Does what is said fit together, and is enough said? An action that is wrong was said, and is told of in its line. */
static bool rule_is_right(struct reading *reading)
{
	struct entrain_error why;

	if (host_rule_check(&reading->rule, &why) == 0)
		return true;
	if (reading->rule.action != ENTRAIN_ACTION_UNSAID || !given_line(&reading->keys, "action"))
		report(reading, reading->section_line, "%s: %s", why.object, why.why);
	return false;
}

/* At the end of a section. */
static void section_finish(struct reading *reading)
{
	if (!reading->matters)
		return;
	if (reading->kind == SECTION_SWARM && reading->dir_each && *reading->dir)
		reading->dir_each(reading->swarm, reading->dir, reading->dir_context);
	if (reading->kind == SECTION_SWARM)
		swarm_finish(reading);
	else if (reading->kind == SECTION_RULE && rule_is_right(reading) && reading->rule_each &&
		 !reading->findings)
		reading->rule_each(&reading->rule, reading->rule_context);
}

static enum section_kind section_kind(const char *section, const char **name)
{
	static const struct {
		const char *word;
		enum section_kind kind;
	} words[] = { { "swarm ", SECTION_SWARM }, { "rule ", SECTION_RULE } };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		*name = section + strlen(words[i].word);
		if (strncasecmp(section, words[i].word, strlen(words[i].word)) == 0 && **name)
			return words[i].kind;
	}
	return SECTION_UNKNOWN;
}

/* Sections are known by kind and name, and each is there once. */
static void section_once(struct reading *reading, const char *name)
{
	const char *word = reading->kind == SECTION_SWARM ? "swarm" : "rule";
	char known[LINE_SIZE];
	int line;

	snprintf(known, sizeof(known), "%s %.193s", word, name);
	line = given_take(reading, &reading->sections, known);
	if (line && reading->matters)
		report(reading, reading->line, "[%s] is given twice, first in line %d", known,
		       line);
}

static void section_enter(struct reading *reading, const char *section)
{
	const char *name;

	section_finish(reading);
	reading->kind = section_kind(section, &name);
	reading->section_line = reading->line;
	reading->keys.count = 0;
	*reading->dir = '\0';
	if (reading->kind == SECTION_SWARM)
		snprintf(reading->swarm, sizeof(reading->swarm), "%.64s", name);
	entrain_settings_init(&reading->other);
	host_rule_init(&reading->rule);
	reading->is_wanted = reading->wanted && reading->kind == SECTION_SWARM &&
			     strcmp(name, reading->wanted) == 0;
	reading->found = reading->found || reading->is_wanted;
	/* another swarm's section is another swarm's matter, and a rule is none of a swarm's */
	reading->matters = reading->kind != SECTION_UNKNOWN &&
			   (reading->rule_each ? reading->kind == SECTION_RULE
					       : !reading->wanted || reading->is_wanted);
	if (reading->kind == SECTION_RULE)
		snprintf(reading->rule.name, sizeof(reading->rule.name), "%.63s", name);
	if (reading->kind == SECTION_UNKNOWN)
		report(reading, reading->line,
		       "section [%.64s] is not known; sections are [swarm NAME] and [rule NAME]",
		       section);
	else if (reading->kind == SECTION_SWARM && !swarm_name_valid(name))
		report(reading, reading->line,
		       "'%.80s' is not a swarm's name: 1 to 64 of a-z 0-9 - _ .", name);
	else
		section_once(reading, name);
}

/* `text` is what follows the [. inih has seen that there is a ]. */
static void section_line_take(struct reading *reading, const char *text)
{
	char section[LINE_SIZE];
	size_t length = strcspn(text, "]");
	const char *rest = text + length + (text[length] == ']');

	snprintf(section, sizeof(section), "%.*s", (int)length, text);
	section_enter(reading, section);
	rest += strspn(rest, BLANKS);
	if (*rest && *rest != ';' && *rest != '#')
		report(reading, reading->line,
		       "'%.64s' follows the section on its line; give it a line of its own", rest);
}

/* Where its objects are is no setting of a swarm: it is there that its settings are. */
static void dir_take(struct reading *reading, const char *value)
{
	if (*value != '/')
		report(reading, reading->line, "dir: '%.64s' is not an absolute path", value);
	else if (strlen(value) >= sizeof(reading->dir))
		report(reading, reading->line, "dir: the path has %zu bytes; at most %zu are taken",
		       strlen(value), sizeof(reading->dir) - 1);
	else
		snprintf(reading->dir, sizeof(reading->dir), "%s", value);
}

static void swarm_key_take(struct reading *reading, const char *key, const char *value)
{
	struct entrain_settings *settings =
		reading->is_wanted ? reading->settings : &reading->other;
	uint32_t target_ppm = given_line(&reading->keys, "target") ? settings->target_ppm : 0;
	struct entrain_error why;

	if (entrain_settings_set(settings, key, value, 0, &why)) {
		report(reading, reading->line, "%s: %s", key, why.why);
		if (strcmp(key, "period") == 0) /* nothing is known to be too long for it */
			settings->period_ns = PERIOD_MAX_NS;
	} else if (strcmp(key, "goal") == 0) {
		settings->target_ppm = target_ppm; /* in a file, keys have no order */
	}
}

/* inih calls back with one line's key at a time; which section that is in is known here. */
static int take_key(void *context, const char *section, const char *key, const char *value)
{
	struct reading *reading = context;
	struct entrain_error why;
	char spelled[LINE_SIZE];
	int line;

	(void)section;
	if (!*key)
		return 0; /* "= 1": neither section nor key */
	if (reading->kind == SECTION_NONE)
		report(reading, reading->line, "%s stands before any section", key);
	if (!reading->matters)
		return 1;
	key_spell(key, spelled);
	line = given_take(reading, &reading->keys, spelled);
	if (line)
		report(reading, reading->line, "%s is given twice, first in line %d", key, line);
	else if (reading->kind == SECTION_SWARM && strcmp(spelled, "dir") == 0)
		dir_take(reading, value);
	else if (reading->kind == SECTION_SWARM)
		swarm_key_take(reading, key, value);
	else if (host_rule_set(&reading->rule, key, value, &why))
		report(reading, reading->line, "%s: %s", key, why.why);
	return 1;
}

/* As fgets(), but a byte 0 is a byte as any other, and what does not fit is counted only. No line end is kept. */
static bool line_get(char text[LINE_SIZE], FILE *stream, size_t *length)
{
	int c = getc(stream);
	bool any = c != EOF;

	for (*length = 0; c != EOF && c != '\n'; c = getc(stream), ++*length)
		if (*length < LINE_SIZE - 1)
			text[*length] = (char)c;
	text[*length < LINE_SIZE ? *length : LINE_SIZE - 1] = '\0';
	return any;
}

/* One line at a time through inih: so each that is wrong is known, and no indented one continues the one before. */
static void line_take(struct reading *reading, const char *text)
{
	const char *first;

	if (reading->line == 1 && strncmp(text, BYTE_ORDER_MARK, 3) == 0)
		text += 3;
	first = text + strspn(text, BLANKS);
	if (strncmp(text, BYTE_ORDER_MARK, 3) == 0 || ini_parse_string(text, take_key, reading))
		report(reading, reading->line, "this is neither [section] nor key = value");
	else if (*first == '[')
		section_line_take(reading, first + 1);
}

static void lines_take(struct reading *reading)
{
	char text[LINE_SIZE];
	size_t length;

	while (!reading->os_error && line_get(text, reading->stream, &length)) {
		reading->line++;
		if (length >= LINE_SIZE)
			report(reading, reading->line,
			       "the line has %zu bytes; at most %d are read", length,
			       LINE_SIZE - 1);
		else if (strlen(text) != length)
			report(reading, reading->line, "the line holds a byte 0");
		else
			line_take(reading, text);
	}
	section_finish(reading);
	if (ferror(reading->stream))
		reading->os_error = EIO;
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
	const char *obstacle;

	reading->file = file ? file : entrain_config_path();
	obstacle = config_file_obstacle(reading->file, file != NULL);
	if (obstacle)
		return error_set(error, ENTRAIN_CONFIG, EISDIR, WHAT, reading->file, "%s",
				 obstacle);
	reading->stream = fopen(reading->file, "re");
	if (!reading->stream && errno == ENOENT && !file && config_named())
		return error_set(error, ENTRAIN_CONFIG, ENOENT, WHAT, reading->file,
				 "there is no such file, and ENTRAIN_CONFIG names it");
	if (!reading->stream)
		return error_system(error, errno, WHAT, reading->file);
	lines_take(reading);
	fclose(reading->stream);
	free(reading->sections.rows);
	free(reading->keys.rows);
	if (reading->os_error)
		return error_system(error, reading->os_error, WHAT, reading->file);
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

	if (code == ENTRAIN_CONFIG && reading.findings)
		error_set(error, code, 0, WHAT, reading.file, "%u finding%s", reading.findings,
			  reading.findings == 1 ? "" : "s");
	errno = saved;
	return (int)code;
}

int entrain_config_rules(const char *file,
			 void (*each)(const struct entrain_rule *rule, void *context),
			 void *context, struct entrain_error *error)
{
	struct first_finding first = { error, 0 };
	struct reading reading = {
		.rule_each = each, .rule_context = context, .finding = keep_first, .context = &first
	};
	int saved = errno;
	enum entrain_code code = parse(&reading, file, error);

	errno = saved;
	return (int)code;
}

static void dir_keep(const char *swarm, const char *dir, void *context)
{
	(void)swarm;
	snprintf(context, CONFIG_DIR_SIZE, "%s", dir);
}

/* Whoever looks for a swarm has no use for what else is wrong. */
static void keep_first_dir(const struct entrain_error *finding, void *context)
{
	if (strncmp(finding->why, "dir: ", 5) == 0)
		keep_first(finding, context);
}

enum entrain_code config_dir(const char *swarm, char dir[CONFIG_DIR_SIZE],
			     struct entrain_error *error)
{
	struct first_finding first = { error, 0 };
	struct entrain_settings settings;
	struct reading reading = { .wanted = swarm,
				   .settings = &settings,
				   .dir_each = dir_keep,
				   .dir_context = dir,
				   .finding = keep_first_dir,
				   .context = &first };
	int saved = errno;

	*dir = '\0';
	entrain_settings_init(&settings);
	parse(&reading, NULL, NULL);
	errno = saved;
	return first.count ? ENTRAIN_CONFIG : ENTRAIN_OK;
}

void config_dirs(void (*each)(const char *swarm, const char *dir, void *context), void *context)
{
	struct reading reading = { .dir_each = each, .dir_context = context };
	int saved = errno;

	parse(&reading, NULL, NULL);
	errno = saved;
}
