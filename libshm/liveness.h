/* SPDX-License-Identifier: MIT */
/* liveness.h - who a process is, and whether another one is proven dead. */
#ifndef ENTRAIN_LIVENESS_H
#define ENTRAIN_LIVENESS_H

#include <stdint.h>

/* What tells a process from every other, together with the boot of its host. */
struct identity {
	uint32_t pid;
	uint64_t start_ticks; /* since boot, 10 ms grain; 0: no /proc */
	uint64_t pid_space;   /* inode of its pid namespace; 0: no /proc */
	uint32_t
		image; /* of the program: the same in every copy of the library in it, new after exec */
	int64_t boot_shift_ticks; /* how far this process's time namespace shifts start times */
	uint32_t
		proc_foreign; /* 1: /proc shows another pid namespace than ours, prove nothing by it */
};

/* This process, read from /proc. Makes system calls; keeps errno. */
void identity_read(struct identity *self);

enum liveness {
	LIVENESS_ALIVE,
	LIVENESS_DEAD,    /* proven */
	LIVENESS_UNKNOWN, /* cannot be proven: another pid namespace, no /proc */
};

/*
 * Is the process that was `other` alive? Looks its pid up (no signal is sent) and compares start times. `other`
 * comes from shared memory: any value is safe. A zombie is dead.
 */
enum liveness liveness_probe(const struct identity *self, const struct identity *other);

/* When the process that has this pid now started, in ticks since boot; 0: there is none, or it cannot be told. */
uint64_t liveness_start(const struct identity *self, uint32_t pid);

/* The boot of this host; all zero where /proc does not say: then nothing is concluded from it. */
void boot_id_read(uint8_t boot_id[16]);

#endif
