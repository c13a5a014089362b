/* SPDX-License-Identifier: MIT */
/* segment_forge.h - a swarm's two objects as files, for tests that spoil them. */
#ifndef SEGMENT_FORGE_H
#define SEGMENT_FORGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "segment.h"

/* The paths of swarm `name` in the fixture's directory. */
struct segment_place forge_place(const char *name);

/* Make a small sound swarm: 8 slots, periods of `period_ns`. */
void forge_swarm(const char *name, int64_t period_ns);

/* Overwrite `size` bytes at `offset` of a file. */
void forge_patch(const char *path, size_t offset, const void *bytes, size_t size);

/* Make a file with this content, mode 0600. */
void forge_file(const char *path, const void *bytes, size_t size);

/* Unlink both objects, whatever they are; directories too. */
void forge_clear(const char *name);

/* Become user and group 65534, tied to `parent` still. Only as root. */
bool forge_become_nobody(pid_t parent);
#define FORGE_NOBODY 65534

#endif
