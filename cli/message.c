/* SPDX-License-Identifier: MIT */
/* Errors as people read them: `entrainctl: <what>: <why>` and a line `try: <what to do>`. */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* The hint, with the name of the swarm at hand for its word SWARM. */
static void hint_print(const char *hint, const char *swarm)
{
	static const char word[] = "SWARM";
	const char *found = swarm ? strstr(hint, word) : NULL;

	if (!*hint)
		return;
	fputs("try: ", stderr);
	for (; found; found = strstr(hint, word)) {
		fprintf(stderr, "%.*s", (int)(found - hint), hint);
		text_print(stderr, swarm, 0);
		hint = found + strlen(word);
	}
	text_print(stderr, hint, 0);
	putc('\n', stderr);
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

int message_error(const struct entrain_error *error, const char *swarm)
{
	fflush(stdout); /* what was said before stands before */
	fputs("entrainctl: ", stderr);
	error_print(error);
	putc('\n', stderr);
	hint_print(entrain_code_hint(error->code), swarm);
	return entrain_code_status(error->code);
}

void message_without(const char *program, const char *effect, const struct entrain_error *error,
		     const char *swarm)
{
	const char *hint = entrain_code_hint(error->code);

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
	hint_print(hint, swarm);
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
		hint_print(hint, NULL);
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
