/* SPDX-License-Identifier: MIT */
/* config_file.h - can a configuration file be read to its end, without waiting for somebody? */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <stdbool.h>

/* What is in the way, as the end of a sentence; NULL: nothing, or it cannot be looked at. One that is `named` by hand may be a
 * pipe. */
const char *config_file_obstacle(const char *file, bool named);

#endif
