/* SPDX-License-Identifier: MIT */
/* Errors as people read them: `entrainctl: <what>: <why>` and a line `try: <what to do>`. */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include <entrain.h>

#include "command.h"

/* Say that a library call failed, with the hint of its code. `swarm` (may be NULL) stands for SWARM in
 * the hint, the configuration file for FILE. Returns the exit status of the code. */
int message_error(const struct entrain_error *error, const char *swarm);

/* The same, for commands that do nothing to a swarm that is not there, and want none created. */
int message_error_known(const struct entrain_error *error, const char *swarm);

/* Say on one line that `program` is run all the same, and what is lost by it (`effect`). `swarm` as above. */
void message_without(const char *program, const char *effect, const struct entrain_error *error,
		     const char *swarm);

/* Say what is wrong with what was typed; `hint` may be NULL. Returns STATUS_USAGE. */
int message_usage(const char *what, const char *hint, const char *why, ...)
	__attribute__((format(printf, 3, 4)));

/* Say that something failed; `hint` may be NULL. Returns `status`. */
int message_failure(int status, const char *what, const char *hint, const char *why, ...)
	__attribute__((format(printf, 4, 5)));

#endif
