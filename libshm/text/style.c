/* SPDX-License-Identifier: MIT */
/* Text for terminals: escaped, coloured only where wanted. */
#include "style.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

char *text_escape(const char *text, char *safe, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = 0;

	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		size_t need = is_plain(byte) ? 1 : 4;

		if (used + need >= size)
			break;
		if (need == 1) {
			safe[used++] = (char)byte;
			continue;
		}
		safe[used++] = '\\';
		safe[used++] = 'x';
		safe[used++] = digits[byte >> 4];
		safe[used++] = digits[byte & 15];
	}
	safe[used] = '\0';
	return safe;
}

void text_print(FILE *out, const char *text, int lines)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (is_plain(byte) || (lines && byte == '\n'))
			putc(byte, out);
		else
			text_format(out, "\\x%02x", byte);
	}
}

void text_format(FILE *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(out, format, arguments);
	va_end(arguments);
}

char *text_real(double value, char text[TEXT_REAL])
{
	snprintf(text, TEXT_REAL, "%.9g", value == 0 ? 0.0 : value);
	for (char *at = text; *at; at++)
		if (!strchr("0123456789.e+-", *at))
			*at = '.';
	return text;
}

int text_colour(FILE *out)
{
	const char *refused = getenv("NO_COLOR"), *term = getenv("TERM");

	if (refused && *refused)
		return 0;
	if (!term || !*term || strcmp(term, "dumb") == 0)
		return 0;
	return isatty(fileno(out));
}

/* 0 where there is no terminal; 80 x 24 where it does not say. */
static struct winsize terminal_size(FILE *out)
{
	struct winsize size = { .ws_col = 0 };

	if (!isatty(fileno(out)))
		return size;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) || size.ws_col == 0 || size.ws_row == 0) {
		size.ws_col = 80;
		size.ws_row = 24;
	}
	return size;
}

int text_columns(FILE *out)
{
	return terminal_size(out).ws_col;
}

int text_lines(FILE *out)
{
	return terminal_size(out).ws_row;
}

const char *text_style(int colour, enum text_style style)
{
	static const char *const sequences[] = {
		[TEXT_PLAIN] = "\033[0m", [TEXT_BOLD] = "\033[1m",  [TEXT_DIM] = "\033[2m",
		[TEXT_GOOD] = "\033[32m", [TEXT_WARN] = "\033[33m", [TEXT_BAD] = "\033[31m",
	};

	return colour ? sequences[style] : "";
}
