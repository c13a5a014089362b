/* SPDX-License-Identifier: MIT */
/* error.h - fill an error object: what was tried, on what, and why it failed. */
#ifndef ENTRAIN_ERROR_H
#define ENTRAIN_ERROR_H

#include "entrain.h"

/* Fills `error` (NULL is allowed) and returns `code`. `format` says why; NULL: the code's own text, and
 * the text of `os_error` where that is not 0. errno is left as it was. */
enum entrain_code error_set(struct entrain_error *error, enum entrain_code code, int os_error,
			    const char *what, const char *object, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* After a success: what failed on the way there is no error. */
void error_clear(struct entrain_error *error);

/* The code for an errno of a call on files: EACCES and EPERM are PERMISSION, ENOSPC NO_SPACE, ... */
enum entrain_code error_code_of(int os_error);

/* The same as error_set() with error_code_of(os_error). */
enum entrain_code error_system(struct entrain_error *error, int os_error, const char *what,
			       const char *object);

#endif
