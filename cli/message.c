/* SPDX-License-Identifier: MIT */
/* Errors as people read them: `entrainctl: <what>: <why>` and a line `try: <what to do>`. */
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

#define HINT_SIZE 512

/* The text up to its word `word`, and what stands for that; returns the rest. */
static const char *word_replace(const char *hint, const char *word, const char *what)
{
	const char *found = what ? strstr(hint, word) : NULL;

	for (; found; found = strstr(hint, word)) {
		fprintf(stderr, "%.*s", (int)(found - hint), hint);
		text_print(stderr, what, 0);
		hint = found + strlen(word);
	}
	return hint;
}

/* The hint, with the name of the swarm at hand for its word SWARM, the file that was read for FILE: one of them. */
static void hint_print(const char *hint, const char *swarm, const char *file)
{
	if (!*hint)
		return;
	fputs("try: ", stderr);
	hint = word_replace(hint, "SWARM", swarm);
	hint = word_replace(hint, "FILE", file);
	text_print(stderr, hint, 0);
	putc('\n', stderr);
}

/* The directory that a path of a swarm's object is in, or is. */
static void dir_of(const char *path, struct stat *about, char dir[PATH_MAX])
{
	char *slash;

	snprintf(dir, PATH_MAX, "%s", path);
	slash = strrchr(dir, '/');
	if ((stat(dir, about) < 0 || !S_ISDIR(about->st_mode)) && slash && slash > dir)
		*slash = '\0';
}

/* Where it is the directory that is in the way: whose it is. Returns NULL if it is not. */
static const char *dir_hint(const struct entrain_error *error, char hint[HINT_SIZE])
{
	const bool lists = strcmp(error->what, "list swarms") == 0,
		   makes = strcmp(error->what, "create swarm") == 0,
		   opens = strcmp(error->what, "open swarm") == 0 ||
			   strcmp(error->what, "remove swarm") == 0;
	char dir[PATH_MAX], owner[32];
	const struct passwd *user;
	struct stat about;

	if (!lists && !makes && !opens)
		return NULL;
	dir_of(error->object, &about, dir);
	if (error->os_error == ENOENT || error->os_error == ENOTDIR)
		return lists || makes || stat(dir, &about) < 0 || !S_ISDIR(about.st_mode)
			       ? "name a directory that there is, on a tmpfs, with --dir or "
				 "ENTRAIN_DIR; or mkdir it before"
			       : NULL;
	if (opens || error->code != ENTRAIN_PERMISSION || stat(dir, &about) < 0)
		return NULL;
	/* The file could be made there, but not be given away. */
	if (faccessat(AT_FDCWD, dir, lists ? R_OK : W_OK | X_OK, AT_EACCESS) == 0)
		return lists || error->os_error != EPERM ? NULL
							 : "leave out --owner, and --group unless "
							   "this user is in it; or run as root";
	user = getpwuid(about.st_uid);
	if (user)
		snprintf(owner, sizeof(owner), "%s", user->pw_name);
	else
		snprintf(owner, sizeof(owner), "%u", (unsigned)about.st_uid);
	snprintf(hint, HINT_SIZE,
		 "run as who may %s %.300s (of user %s, mode %04o), or name another directory with "
		 "--dir or ENTRAIN_DIR",
		 lists ? "read" : "write in", dir, owner, (unsigned)about.st_mode & 07777);
	return hint;
}

/* That of the table, but where what is known here leads further. */
static const char *error_hint(const struct entrain_error *error, char made[HINT_SIZE])
{
	const char *hint = dir_hint(error, made);

	if (hint)
		return hint;
	if (error->code == ENTRAIN_CONFIG && error->os_error)
		return "name another file with ENTRAIN_CONFIG, or unset it";
	return entrain_code_hint(error->code);
}

static void error_print(const struct entrain_error *error)
{
	text_print(stderr, error->what[0] ? error->what : "entrain", 0);
	if (error->object[0]) {
		putc(' ', stderr);
		text_print(stderr, error->object, 0);
	}
	fputs(": ", stderr);
	text_print(stderr, error->why[0] ? error->why : entrain_code_text(error->code), 0);
}

static int error_say(const struct entrain_error *error, const char *hint, const char *swarm)
{
	fflush(stdout); /* what was said before stands before */
	fputs("entrainctl: ", stderr);
	error_print(error);
	putc('\n', stderr);
	hint_print(hint, swarm, entrain_config_path());
	return entrain_code_status(error->code);
}

int message_error(const struct entrain_error *error, const char *swarm)
{
	char made[HINT_SIZE];

	return error_say(error, error_hint(error, made), swarm);
}

int message_error_known(const struct entrain_error *error, const char *swarm)
{
	char made[HINT_SIZE];

	if (error->code == ENTRAIN_NO_SWARM && !dir_hint(error, made))
		return error_say(error, "entrainctl list shows those that there are", NULL);
	return message_error(error, swarm);
}

void message_without(const char *program, const char *effect, const struct entrain_error *error,
		     const char *swarm)
{
	char made[HINT_SIZE];
	const char *hint = error_hint(error, made);

	fputs("entrainctl: ", stderr);
	text_print(stderr, program, 0);
	fputs(": ", stderr);
	text_print(stderr, effect, 0);
	fputs(": ", stderr);
	error_print(error);
	if (!*hint)
		putc('\n', stderr);
	else
		fputs("; ", stderr);
	hint_print(hint, swarm, entrain_config_path());
}

static void message_print(const char *what, const char *hint, const char *why, va_list arguments)
	__attribute__((format(printf, 3, 0)));

static void message_print(const char *what, const char *hint, const char *why, va_list arguments)
{
	char sentence[1024];

	vsnprintf(sentence, sizeof(sentence), why, arguments);
	fflush(stdout);
	fputs("entrainctl: ", stderr);
	text_print(stderr, what, 0);
	fputs(": ", stderr);
	text_print(stderr, sentence, 0);
	putc('\n', stderr);
	if (hint)
		hint_print(hint, NULL, NULL);
}

int message_usage(const char *what, const char *hint, const char *why, ...)
{
	va_list arguments;

	va_start(arguments, why);
	message_print(what, hint, why, arguments);
	va_end(arguments);
	return STATUS_USAGE;
}

int message_failure(int status, const char *what, const char *hint, const char *why, ...)
{
	va_list arguments;

	va_start(arguments, why);
	message_print(what, hint, why, arguments);
	va_end(arguments);
	return status;
}
