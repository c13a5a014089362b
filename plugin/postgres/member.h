/* SPDX-License-Identifier: MIT */
/* member.h - the worker's place in the swarm: entered where the settings fit, left where they do not. */
#ifndef ENTRAIN_POSTGRES_MEMBER_H
#define ENTRAIN_POSTGRES_MEMBER_H

#include <entrain.h>

/* The agent, or NULL while this cluster is not in the swarm: its server then checkpoints as if we were not here. */
extern struct entrain_agent *member_agent;

/* When to call member_attend() again though nothing happened. */
extern int64_t member_again_ns;

/* Enter or leave, as the settings and the swarm are now. Says in the log what has changed and is worth knowing, once. */
void member_attend(void);

/* Read the configuration again after a reload: what it changes of the swarm's own settings is set there. */
void member_reload(void);

/* Are turns to be acted on? Not while it is not joined, or the swarm observes or is off. */
bool member_acts(int64_t *period_ns);

void member_leave(void);

#endif
