/* SPDX-License-Identifier: MIT */
/* page.h - what was seen of a swarm as one page for a browser, which needs nothing beside it. */
#ifndef CLI_GAIN_PAGE_H
#define CLI_GAIN_PAGE_H

#include <stdio.h>

#include "../event_list.h"
#include "course.h"
#include "gain.h"

struct page {
	const struct gain *gain;
	const struct history *history; /* measured */
	const struct course *course;
	const struct picture *picture;   /* the last one */
	const struct event_list *events; /* all that there are; those of the look are shown */
};

void page_print(const struct page *page, FILE *out);

/* ---- page_draw.c: its pictures, as SVG -------------------------------------------------------- */

/* Text of others' choosing, as text. */
void page_text(FILE *out, const char *text);

/* Where in their cycles the agents are. */
void page_wheel(const struct page *page, FILE *out);

/* When each host acted, and below how many at once. */
void page_timeline(const struct page *page, FILE *out);

/* Coherence, and the goal's metric beside its target. */
void page_course(const struct page *page, FILE *out);

#endif
