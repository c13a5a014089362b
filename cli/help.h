/* SPDX-License-Identifier: MIT */
/* Help texts, made from the table of commands and their option tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "command.h"

/* All commands, a line each; one command in full; names for scripts. Each returns STATUS_DONE. */
int help_overview(FILE *out);
int help_command(FILE *out, const struct command *command);
int help_names(FILE *out);

#endif
