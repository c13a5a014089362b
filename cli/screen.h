/* SPDX-License-Identifier: MIT */
/*
 * screen.h - a terminal as a full screen that is put back as it was, however the program ends.
 *
 *	if (!screen_open(why, sizeof(why)))
 *		refuse;
 *	while ((key = screen_key(50)) != SCREEN_END) {
 *		screen_begin();
 *		screen_put(0, 0, TEXT_BOLD, "%u agents", agents);
 *		screen_finish();
 *	}
 *	screen_close();
 *
 * There is one screen a process, for one thread. Between screen_open() and screen_close() the signals that end a program
 * only end screen_key(); screen_close() then lets them do what they would have done.
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/* What screen_key() returns beside letters, which are as typed. */
enum screen_key {
	SCREEN_NOTHING = 0,
	SCREEN_LEFT = 0x100,
	SCREEN_RIGHT,
	SCREEN_UP,
	SCREEN_DOWN,
	SCREEN_RESIZED,
	SCREEN_END /* a signal ends the program, or the terminal is gone */
};

/* Returns false with a sentence in `why` where there is no terminal, or none that can do this. */
bool screen_open(char *why, size_t why_size);

/* Put the terminal back. Does not return if a signal has ended screen_key(). */
void screen_close(void);

int screen_rows(void);
int screen_columns(void);

/* Can it show more than ASCII? */
bool screen_utf8(void);

/* An empty picture; what is put outside of the screen is cut off; then show it. */
void screen_begin(void);
void screen_put(int row, int column, enum text_style style, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void screen_finish(void);

/* The next key, or SCREEN_NOTHING after so many milliseconds. */
int screen_key(int wait_ms);

#endif
