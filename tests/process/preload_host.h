/* SPDX-License-Identifier: MIT */
/* preload_host.h - what the parts of preload_host share. */
#ifndef TEST_PRELOAD_HOST_H
#define TEST_PRELOAD_HOST_H

#include <sys/types.h>

/* A file to flush, with something in it; ends the process if there is none. */
int file_open(void);
/* Four flushes; returns 0 if all were done. */
int flush_some(int fd);
/* Wait for a child; returns its status. */
int child_end(pid_t pid);
void on_alarm(void (*handler)(int));

/* Situations, each with an exit status: of children, and of cancellation. */
int forks(void);
int tree(void);
int daemonized(void);
int spawns(void);
int crowd(void);
int cancelled(void);
int cancels(void);

#endif
