/* SPDX-License-Identifier: MIT */
/* Words by likeness; and text for terminals, which the library has. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "style.h"

/* How many letters differ, with inserting, dropping, changing or swapping one as a step. */
unsigned text_distance(const char *one, const char *other);

/* 1 if `candidate` is near enough to what was typed to be meant. */
int text_is_near(const char *typed, const char *candidate);

#endif
