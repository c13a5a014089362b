/* SPDX-License-Identifier: MIT */
/* host_rule.h - a section [rule NAME] of the configuration file: which calls of which hosts it means, and what to do. */
#ifndef ENTRAIN_HOST_RULE_H
#define ENTRAIN_HOST_RULE_H

#include "entrain.h"

/* The calls that a rule can name. */
#define HOST_CALLS(X) \
	X(fsync) \
	X(fdatasync) \
	X(sync_file_range) \
	X(msync) \
	X(syncfs) \
	X(sync) \
	X(nanosleep) \
	X(clock_nanosleep) \
	X(usleep) \
	X(sleep)

enum host_call {
#define HOST_CALL_ENUM(name) HOST_CALL_##name,
	HOST_CALLS(HOST_CALL_ENUM)
#undef HOST_CALL_ENUM
		HOST_CALL_COUNT
};

enum host_action { HOST_UNSAID, HOST_STAGGER, HOST_BATCH, HOST_PACE, HOST_OBSERVE };

#define HOST_GLOB_MOST 200

struct host_rule {
	char exe[HOST_GLOB_MOST];    /* globs; "": anything */
	char role[HOST_GLOB_MOST];   /* on the process title */
	char path[HOST_GLOB_MOST];   /* of the call's file */
	char thread[HOST_GLOB_MOST]; /* on the thread's name */
	uint32_t calls;              /* bits 1 << enum host_call; 0: any */
	char swarm[65];
	enum host_action action;
	int64_t max_delay_ns; /* one of the two; both 0: as the swarm */
	uint32_t max_delay_ppm;
};

/* A key of such a section, for the manual. */
struct host_rule_key {
	const char *name; /* as files spell it */
	const char *argument;
	const char *text;
};

/* Row `index` of the table of keys, or NULL past its end. */
const struct host_rule_key *host_rule_key(unsigned index);

/* Anything, of the default swarm, with no action yet. */
void host_rule_init(struct host_rule *rule);

/* Set one key from its text. Returns 0, or ENTRAIN_USAGE with `error` saying what would be right. */
int host_rule_set(struct host_rule *rule, const char *key, const char *value,
		  struct entrain_error *error);

/* Is it whole? Returns 0, or ENTRAIN_USAGE. */
int host_rule_check(const struct host_rule *rule, struct entrain_error *error);

#endif
