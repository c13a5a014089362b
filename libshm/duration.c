/* SPDX-License-Identifier: MIT */
/* duration.c - durations and shares as people type them. */
#include "duration.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "error.h"

static const struct {
	const char *name;
	int64_t ns;
} units[] = {
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "min", INT64_C(60000000000) },
	{ "h", INT64_C(3600000000000) },
};

#define UNITS (sizeof(units) / sizeof(units[0]))

/*
 * A decimal number times `unit`, exact to one: "1.5" x 1000000000. Returns what follows the number, or NULL when there
 * is no number or it is too large.
 */
static const char *decimal_parse(const char *text, int64_t unit, int64_t *result)
{
	const char *at = text;
	int64_t whole = 0, part = 0, scale = unit;
	bool digits = false;

	for (; *at >= '0' && *at <= '9'; at++, digits = true)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *at - '0', &whole))
			return NULL;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9'; at++, digits = true) {
			part += (*at - '0') * (scale / 10);
			scale /= 10;
		}
	if (!digits || __builtin_mul_overflow(whole, unit, &whole) ||
	    __builtin_add_overflow(whole, part, result))
		return NULL;
	return at;
}

int duration_parse(const char *key, const char *text, int64_t *duration_ns,
		   struct entrain_error *error)
{
	const char *unit = text + strspn(text, "0123456789.");

	if (unit != text && !*unit)
		return error_set(error, ENTRAIN_USAGE, 0, "read duration", key,
				 "'%s' has no unit; write %sus, %sms, %ss, %smin or %sh", text,
				 text, text, text, text, text);
	for (unsigned i = 0; unit != text && i < UNITS; i++) {
		int64_t value;

		if (strcmp(unit, units[i].name) != 0)
			continue;
		if (decimal_parse(text, units[i].ns, &value) != unit)
			break;
		if (value <= 0)
			return error_set(error, ENTRAIN_USAGE, 0, "read duration", key,
					 "'%s' is not longer than 0", text);
		*duration_ns = value;
		return 0;
	}
	return error_set(error, ENTRAIN_USAGE, 0, "read duration", key,
			 "'%s' is not a duration: a number with us, ms, s, min or h, as 250ms",
			 text);
}

int entrain_duration_parse(const char *text, int64_t *duration_ns, struct entrain_error *error)
{
	return duration_parse(text, text, duration_ns, error);
}

int percent_parse(const char *key, const char *text, uint32_t most_ppm, uint32_t *ppm,
		  struct entrain_error *error)
{
	int64_t value;
	const char *end = decimal_parse(text, 10000, &value);

	if (!end || strcmp(end, "%") != 0)
		return error_set(error, ENTRAIN_USAGE, 0, "read share", key,
				 "'%s' is not a percentage, as 10%%", text);
	if (value <= 0 || value > most_ppm)
		return error_set(error, ENTRAIN_USAGE, 0, "read share", key,
				 "'%s' is not above 0%% and at most %u%%", text, most_ppm / 10000);
	*ppm = (uint32_t)value;
	return 0;
}

char *entrain_duration_text(int64_t duration_ns, char text[32])
{
	double value = (double)duration_ns;
	const char *sign = duration_ns < 0 ? "-" : "";

	value = value < 0 ? -value : value;
	/* Three digits: what they round up to belongs to the next unit. */
	if (value < 1e3)
		snprintf(text, 32, "%s%.0f ns", sign, value);
	else if (value < 999.5e3)
		snprintf(text, 32, "%s%.3g us", sign, value / 1e3);
	else if (value < 999.5e6)
		snprintf(text, 32, "%s%.3g ms", sign, value / 1e6);
	else if (value < 120e9)
		snprintf(text, 32, "%s%.3g s", sign, value / 1e9);
	else if (value < 7200e9)
		snprintf(text, 32, "%s%.3g min", sign, value / 60e9);
	else
		snprintf(text, 32, "%s%.4g h", sign, value / 3600e9);
	return text;
}
