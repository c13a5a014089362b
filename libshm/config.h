/* SPDX-License-Identifier: MIT */
/* config.h - where the configuration file says that the objects of swarms are; the rest of it is in entrain.h. */
#ifndef ENTRAIN_CONFIG_H
#define ENTRAIN_CONFIG_H

#include <stddef.h>
#include "entrain.h"

/* With the byte 0. */
#define CONFIG_DIR_SIZE 160

/*
 * `dir` of [swarm NAME]; empty: it has none, or there is no file that can be read. What else is wrong in the file is no matter
 * of this. ENTRAIN_CONFIG: it is no directory's path.
 */
enum entrain_code config_dir(const char *swarm, char dir[CONFIG_DIR_SIZE],
			     struct entrain_error *error);

/* Call `each` for all swarms that have one. */
void config_dirs(void (*each)(const char *swarm, const char *dir, void *context), void *context);

#endif
