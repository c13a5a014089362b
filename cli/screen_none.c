/* SPDX-License-Identifier: MIT */
/* screen_none.c - the full screen of a tool that was built without ncursesw: there is none. */
#include "screen.h"

bool screen_open(char *why, size_t why_size)
{
	snprintf(why, why_size, "this entrainctl was built without ncursesw");
	return false;
}

void screen_close(void)
{
}

int screen_rows(void)
{
	return 0;
}

int screen_columns(void)
{
	return 0;
}

bool screen_utf8(void)
{
	return false;
}

void screen_begin(void)
{
}

void screen_put(int row, int column, enum text_style style, const char *format, ...)
{
	(void)row;
	(void)column;
	(void)style;
	(void)format;
}

void screen_finish(void)
{
}

int screen_key(int wait_ms)
{
	(void)wait_ms;
	return SCREEN_END;
}
