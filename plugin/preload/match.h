/* SPDX-License-Identifier: MIT */
/* match.h - which rule a call is under: the first one that matches. */
#ifndef PRELOAD_MATCH_H
#define PRELOAD_MATCH_H

#include <entrain.h>
#include <stdbool.h>

/* What is to be known of a call. Title and path are found out when a rule asks for them, unless they are given. */
struct match_facts {
	enum entrain_call call;
	int fd;           /* -1: the call is not about a file */
	uint32_t threads; /* bits 1 << rule: its glob matches this thread's name, or it has none */
	bool title_known, path_known;
	char title[256];
	char path[512]; /* "": not known */
};

/* Might this rule match any call of this executable? */
bool match_executable(const struct entrain_rule *rule, const char *exe);

/* The bits for a thread of this name. */
uint32_t match_thread(const struct entrain_rule *rules, unsigned count, const char *name);

/* The index of the first rule that matches, -1: none. Keeps errno. A rule with a path costs a system call, readlink. */
int match_find(const struct entrain_rule *rules, unsigned count, struct match_facts *facts);

#endif
