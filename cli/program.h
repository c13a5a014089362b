/* SPDX-License-Identifier: MIT */
/* A program's file: where it is, and whether a preload reaches it. */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include <limits.h>
#include <stddef.h>

enum program_kind {
	PROGRAM_DYNAMIC, /* glibc's loader starts it */
	PROGRAM_STATIC,  /* no loader: nothing can be preloaded */
	PROGRAM_MUSL,    /* another C library: it does not start under the plugin */
	PROGRAM_FOREIGN, /* another word size or processor: its loader cannot load the plugin */
	PROGRAM_UNKNOWN, /* neither ELF nor a script, or not readable */
};

struct program {
	char path[PATH_MAX]; /* as it will be called */
	char loaded
		[PATH_MAX]; /* what the kernel loads: of a script its interpreter, links resolved */
	enum program_kind kind;
	int privileged; /* 1: setuid, setgid or with capabilities: the loader ignores preloads */
};

/* Find `name` as execvp() would. Returns 0, or an errno. */
int program_find(const char *name, struct program *program);

/* Become it, with `count` arguments and a NULL; like execvp(), what is neither ELF nor has #! is the shell's.
 * Returns only if it fails: an errno. */
int program_exec(const struct program *program, char **arguments, int count);

/* What such an errno means. */
const char *program_error_text(const struct program *program, int os_error);

/* The kind of one ELF file, for /proc/PID/exe too. */
enum program_kind program_kind(const char *path);

/* Why a preload does not reach it, as the end of a sentence; NULL: it does. */
const char *program_obstacle(const struct program *program);

#endif
