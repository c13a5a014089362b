/* SPDX-License-Identifier: MIT */
/* host_rule.h - a section [rule NAME] of the configuration file: which calls of which hosts it means, and what to do. */
#ifndef ENTRAIN_HOST_RULE_H
#define ENTRAIN_HOST_RULE_H

#include "entrain.h"

/* A key of such a section, for the manual. */
struct host_rule_key {
	const char *name; /* as files spell it */
	const char *argument;
	const char *text;
};

/* Row `index` of the table of keys, or NULL past its end. */
const struct host_rule_key *host_rule_key(unsigned index);

/* Anything, of the default swarm, with no action yet. */
void host_rule_init(struct entrain_rule *rule);

/* Set one key from its text. Returns 0, or ENTRAIN_USAGE with `error` saying what would be right. */
int host_rule_set(struct entrain_rule *rule, const char *key, const char *value,
		  struct entrain_error *error);

/* Is it whole, and can it do what it says? Returns 0, or ENTRAIN_USAGE. */
int host_rule_check(const struct entrain_rule *rule, struct entrain_error *error);

#endif
