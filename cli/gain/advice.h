/* SPDX-License-Identifier: MIT */
/* advice.h - what to write into entrain.ini, or to type, to get it. */
#ifndef CLI_GAIN_ADVICE_H
#define CLI_GAIN_ADVICE_H

#include "gain.h"

/* The cap that the hosts' rules in the configuration file have, of the swarm's period; 0: none. */
uint32_t advice_rule_cap_ppm(const struct gain *gain);

/* Is it enough to switch the swarm to act? */
int advice_is_switch(const struct gain *gain);

/* The lines: a section for the swarm and one for each rule, which `check --config` accepts. Nothing where there is no forecast. */
void advice_print(const struct gain *gain, FILE *out);

/* What has to be done besides, a step a line; `each` is called with them in order. */
void advice_steps(const struct gain *gain, void (*each)(const char *step, void *context),
		  void *context);

#endif
