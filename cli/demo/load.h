/* SPDX-License-Identifier: MIT */
/*
 * What an action does to the disk: a burst of writes, each followed by fsync, as the end of a
 * checkpoint is.
 *
 * Each worker has one file, written in full before the first run and overwritten in place from
 * then on, as databases recycle their log segments. So the disk space stays bounded however
 * long the run, and the first run does not pay for blocks that the later ones find allocated.
 */
#ifndef DEMO_LOAD_H
#define DEMO_LOAD_H

#include <stddef.h>
#include <stdint.h>

/* Most bytes that the files of all workers take together, unless one write each is more. */
#define LOAD_SPACE_MAX (INT64_C(256) << 20)

struct load {
	int directory;      /* where the files are */
	size_t size;        /* bytes of one write */
	unsigned writes;    /* of an action */
	unsigned places;    /* different places in the file that they go to, one after the other */
	void *bytes;        /* what is written; not compressible */
	const char *failed; /* the call that failed, when a function here returned an errno */
};

/* Make the bytes of one write. Returns 0 or an errno. */
int load_make(struct load *load, int directory, size_t size);
void load_free(struct load *load);

/* Fix the number of writes, and of places so that `workers` files stay within the space. */
void load_set_writes(struct load *load, unsigned writes, unsigned workers);

/* Bytes that the files of `workers` workers take, and that one action writes. */
int64_t load_space(const struct load *load, unsigned workers);
int64_t load_action_bytes(const struct load *load);

/* Open the file of worker `index`; make and fill it if it is missing. Returns the
 * descriptor, or -1. */
int load_open(struct load *load, unsigned index);

/* One write and its fsync, the `turn`th of an action. Returns 0 or an errno. */
int load_write(struct load *load, int file, unsigned turn);

/* One whole action. Returns 0 or an errno. */
int load_act(struct load *load, int file);

#endif
