/* SPDX-License-Identifier: MIT */
/* settings.h - entrain.swarm, entrain.enabled, entrain.period, entrain.goal. */
#ifndef ENTRAIN_POSTGRES_SETTINGS_H
#define ENTRAIN_POSTGRES_SETTINGS_H

#include <stdbool.h>

extern char *setting_swarm; /* "": none */
extern bool setting_enabled;
extern int setting_period_ms;
extern int setting_goal; /* enum entrain_goal */

void settings_define(void);

#endif
