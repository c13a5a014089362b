/* SPDX-License-Identifier: MIT */
/* Memory that is there, or the tool ends saying that there is none. */
#ifndef CLI_MEMORY_H
#define CLI_MEMORY_H

#include <stddef.h>

/* Grow or make (old NULL) an array of `count` elements of `size` bytes. Never NULL; free() it. */
void *memory_resize(void *old, size_t count, size_t size);

#endif
