/* SPDX-License-Identifier: MIT */
/* error.c - the table of errors as text, and error objects. */
#include "error.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *text, *hint;
	int status;
} codes[] = {
#define CODE_ROW(name, text, hint, status) { text, hint, status },
	ENTRAIN_CODES(CODE_ROW)
#undef CODE_ROW
};

const char *entrain_code_text(enum entrain_code code)
{
	return (unsigned)code < ENTRAIN_CODE_COUNT ? codes[code].text : "unknown code";
}

const char *entrain_code_hint(enum entrain_code code)
{
	return (unsigned)code < ENTRAIN_CODE_COUNT ? codes[code].hint : "";
}

int entrain_code_status(enum entrain_code code)
{
	return (unsigned)code < ENTRAIN_CODE_COUNT ? codes[code].status : 5;
}

enum entrain_code error_code_of(int os_error)
{
	switch (os_error) {
	case 0:
		return ENTRAIN_OK;
	case EACCES:
	case EPERM:
	case EROFS:
		return ENTRAIN_PERMISSION;
	case ENOSPC:
	case EDQUOT:
		return ENTRAIN_NO_SPACE;
	case EFBIG:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return ENTRAIN_LIMIT;
	case EEXIST:
		return ENTRAIN_EXISTS;
	case ENOENT:
		return ENTRAIN_NO_SWARM;
	case ELOOP:
	case ENXIO:
	case EISDIR:
		return ENTRAIN_FOREIGN;
	case EINVAL:
	case ENAMETOOLONG:
		return ENTRAIN_USAGE;
	default:
		return ENTRAIN_SYSTEM;
	}
}

/* What came from outside may hold anything; terminals get printable ASCII. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
			*text = '?';
}

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
	make_printable(to);
}

enum entrain_code error_set(struct entrain_error *error, enum entrain_code code, int os_error,
			    const char *what, const char *object, const char *format, ...)
{
	int saved = errno;
	va_list list;

	if (!error)
		return code;
	memset(error, 0, sizeof(*error));
	error->code = code;
	error->os_error = os_error;
	copy_text(error->what, sizeof(error->what), what);
	copy_text(error->object, sizeof(error->object), object);
	if (format) {
		va_start(list, format);
		vsnprintf(error->why, sizeof(error->why), format, list);
		va_end(list);
		make_printable(error->why);
	} else if (os_error) {
		char text[128];

		snprintf(error->why, sizeof(error->why), "%s (%s)", entrain_code_text(code),
			 strerror_r(os_error, text, sizeof(text)));
	} else {
		copy_text(error->why, sizeof(error->why), entrain_code_text(code));
	}
	errno = saved;
	return code;
}

void error_clear(struct entrain_error *error)
{
	if (error)
		memset(error, 0, sizeof(*error));
}

enum entrain_code error_system(struct entrain_error *error, int os_error, const char *what,
			       const char *object)
{
	return error_set(error, error_code_of(os_error), os_error, what, object, NULL);
}
