/* SPDX-License-Identifier: MIT */
/* wishes.h - what the environment asks of the plugin, checked: by itself and by `entrainctl run`, which says what is wrong. */
#ifndef PRELOAD_WISHES_H
#define PRELOAD_WISHES_H

#include <entrain.h>
#include <stdbool.h>

struct wishes {
	const char *swarm; /* NULL: not said, as all that follows */
	bool off, observe;
	bool goal, max_delay;
	struct entrain_settings settings; /* these two */
};

/* Called with the name of a variable, and why its value is none. */
typedef void wish_wrong(const char *name, const char *why, void *context);

/* Read them. Returns false after `wrong` was called for each that is; where entrain is to be off, none is. */
bool wishes_read(struct wishes *wishes, wish_wrong *wrong, void *context);

/* Where ENTRAIN_LOG says; NULL: nowhere. */
const char *wishes_log(void);

/* To be written to, and made if it is missing. Returns a descriptor, STDERR_FILENO for "stderr"; or -1 and errno. */
int wishes_log_open(const char *path);

/* Could it be? Nothing is made. Returns 0 or an errno. */
int wishes_log_obstacle(const char *path);

#endif
