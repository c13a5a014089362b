/* SPDX-License-Identifier: MIT */
/* screen.c - a terminal as a full screen that is put back as it was, however the program ends: by ncursesw. */
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include "screen.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

#define LINE_MOST 512
#define ESCAPE_MS 25 /* how long a key's sequence may take to arrive */

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
#define ENDING (sizeof(ending) / sizeof(ending[0]))

static SCREEN *screen;
static struct sigaction before[ENDING];
static sigset_t mask_before;
static volatile sig_atomic_t ended_by;
static bool coloured, gone, utf8;

static void end_note(int number)
{
	ended_by = number;
}

/* They are let in only while screen_key() waits, so that none falls between a look and the wait. */
static void signals_take(void)
{
	struct sigaction action = { .sa_handler = end_note };
	sigset_t mask;

	sigemptyset(&action.sa_mask);
	sigemptyset(&mask);
	sigaddset(&mask, SIGWINCH);
	sigaddset(&mask, SIGTSTP);
	for (size_t i = 0; i < ENDING; i++) {
		sigaction(ending[i], NULL, &before[i]);
		/* What the caller had ignored, as nohup does, stays so. */
		if (before[i].sa_handler != SIG_IGN)
			sigaction(ending[i], &action, NULL);
		sigaddset(&mask, ending[i]);
	}
	sigprocmask(SIG_BLOCK, &mask, &mask_before);
}

static void signals_give_back(void)
{
	for (size_t i = 0; i < ENDING; i++)
		sigaction(ending[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

/* Also at exit(), as when there is no memory. */
static void terminal_restore(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
	signals_give_back();
}

/* Asked before the terminal is touched: newterm() would leave it half changed. */
static bool terminal_can(char *why, size_t why_size)
{
	const char *term = getenv("TERM"), *place;
	char safe[64];
	int found = 0;
	bool placed;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		snprintf(why, why_size, "standard %s is not a terminal",
			 isatty(STDIN_FILENO) ? "output" : "input");
		return false;
	}
	text_escape(term ? term : "", safe, sizeof(safe));
	if (!term || !*term || setupterm(term, STDOUT_FILENO, &found) != OK) {
		snprintf(why, why_size, "TERM is \"%s\", a terminal that is not known here", safe);
		return false;
	}
	place = tigetstr("cup");
	placed = place && place != (const char *)-1;
	/* newterm() reads it again, for itself. */
	del_curterm(set_curterm(NULL));
	if (!placed) {
		snprintf(why, why_size, "a terminal of type \"%s\" cannot place its cursor", safe);
		return false;
	}
	return true;
}

static void colours_begin(void)
{
	coloured = text_colour(stdout) && has_colors() && start_color() == OK;
	if (!coloured)
		return;
	use_default_colors();
	init_pair(TEXT_GOOD, COLOR_GREEN, -1);
	init_pair(TEXT_WARN, COLOR_YELLOW, -1);
	init_pair(TEXT_BAD, COLOR_RED, -1);
}

bool screen_open(char *why, size_t why_size)
{
	static bool registered;

	/* Numbers keep their point whatever the locale. */
	setlocale(LC_CTYPE, "");
	utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!terminal_can(why, why_size))
		return false;
	if (!registered && atexit(terminal_restore)) {
		snprintf(why, why_size, "nothing could be registered for the end of the program");
		return false;
	}
	registered = true;
	ended_by = 0;
	gone = false;
	/* Before curses, which leaves alone whoever has a handler already. */
	signals_take();
	screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		signals_give_back();
		snprintf(why, why_size, "the terminal cannot be set up");
		return false;
	}
	set_term(screen);
	set_escdelay(ESCAPE_MS);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	colours_begin();
	return true;
}

void screen_close(void)
{
	terminal_restore();
	if (ended_by)
		raise(ended_by);
}

int screen_rows(void)
{
	return getmaxy(stdscr);
}

int screen_columns(void)
{
	return getmaxx(stdscr);
}

bool screen_utf8(void)
{
	return utf8;
}

void screen_begin(void)
{
	erase();
}

static attr_t attributes_of(enum text_style style)
{
	switch (style) {
	case TEXT_BOLD:
		return A_BOLD;
	case TEXT_DIM:
		return A_DIM;
	case TEXT_GOOD:
	case TEXT_WARN:
	case TEXT_BAD:
		return coloured ? (attr_t)COLOR_PAIR(style) : A_BOLD;
	default:
		return A_NORMAL;
	}
}

void screen_put(int row, int column, enum text_style style, const char *format, ...)
{
	char line[LINE_MOST];
	wchar_t wide[LINE_MOST];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	length = mbstowcs(wide, line, LINE_MOST - 1);
	if (row < 0 || column < 0 || row >= screen_rows() || column >= screen_columns() ||
	    length == (size_t)-1)
		return;
	wide[length] = L'\0';
	attrset((int)attributes_of(style));
	mvaddnwstr(row, column, wide, screen_columns() - column);
}

void screen_finish(void)
{
	attrset(A_NORMAL);
	refresh();
}

static int key_read(void)
{
	const int key = getch();

	switch (key) {
	case ERR:
		return SCREEN_NOTHING;
	case KEY_LEFT:
		return SCREEN_LEFT;
	case KEY_RIGHT:
		return SCREEN_RIGHT;
	case KEY_UP:
		return SCREEN_UP;
	case KEY_DOWN:
		return SCREEN_DOWN;
	case KEY_RESIZE:
		return SCREEN_RESIZED;
	default:
		return key < 0x100 ? key : SCREEN_NOTHING;
	}
}

int screen_key(int wait_ms)
{
	const struct timespec wait = { .tv_sec = wait_ms / 1000,
				       .tv_nsec = wait_ms % 1000 * 1000000L };
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	int key = key_read(), ready;

	/* Curses may hold keys already, of which poll() knows nothing. */
	if (key != SCREEN_NOTHING)
		return key;
	ready = ppoll(&input, 1, &wait, &mask_before);
	/* Of a terminal that has hung up there is nothing to read for ever. */
	gone = gone || (ready > 0 && !(input.revents & POLLIN));
	if (ended_by || gone)
		return SCREEN_END;
	key = key_read();
	if (key == SCREEN_NOTHING && ready > 0 && input.revents & POLLHUP)
		return SCREEN_END;
	return key;
}
