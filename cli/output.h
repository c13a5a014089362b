/* SPDX-License-Identifier: MIT */
/* A file that a command writes: there as a whole or, where something fails, as it was. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <limits.h>
#include <stdio.h>

/*
 * Owned by who opened it, until output_commit() or output_abandon(). It is written beside and renamed, so who reads meanwhile finds
 * the former file or all of the new one. The part's name does not end as the file's does: a collector that takes files by their
 * ending passes over one that a kill left. What is no regular file (a pipe, a terminal) is written to; of a link what it points
 * to is replaced.
 */
struct output {
	FILE *file;
	const char *name;      /* as it was typed */
	char target[PATH_MAX]; /* what is replaced; "" where nothing is */
	char part[PATH_MAX];
};

/* Returns an enum status, after it has said what is wrong: then there is nothing to close. `name` must outlive it. */
int output_open(struct output *output, const char *name);
int output_commit(struct output *output);
void output_abandon(struct output *output);

#endif
