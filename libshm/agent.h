/* SPDX-License-Identifier: MIT */
/* agent.h - the handle of an agent, shared by the files that join, wait, turn and measure. */
#ifndef ENTRAIN_AGENT_H
#define ENTRAIN_AGENT_H

#include <semaphore.h>
#include "measure.h"
#include "process.h"
#include "recorder.h"
#include "roster.h"
#include "settings.h"
#include "steer.h"

/* The longest that a delay is slept without looking whether the swarm was switched off. */
#define OFF_LATENCY_NS INT64_C(100000000)
/* The longest that an agent sleeps without looking whether the period was changed. */
#define PERIOD_LOOK_NS INT64_C(10000000000)

/* How many actions the typical one is taken from. */
#define RECENT 8

/* What a turn of a relative host changes, so that it can be planned again when the action turns out to go on. */
struct agent_plan {
	int64_t made_ns; /* when it was planned */
	int64_t turn_ns, delay_ns, cur_ns, action_mean_ns;
	int64_t delay_max_ns, delay_total_ns;
	uint64_t missed;
	struct steer steer;
};

struct entrain_agent {
	uint64_t process; /* process_id() of whom it belongs to */
	sem_t cancel;     /* posted by entrain_cancel(), also from a signal handler */

	/* where it is */
	bool joined;
	enum entrain_code why;  /* why not joined */
	bool sealed;            /* asks the system for nothing after the join */
	bool watches;           /* delays nothing, in any mode */
	struct identity self;   /* sealed: of the process that joined */
	bool probes;            /* looks the owners of all slots up before it joins */
	int64_t arrived_ns;     /* sealed: when the host came to this turn by itself; 0: not told */
	int64_t claim_again_ns; /* sealed: not before, after a claim that failed */
	struct segment_place place;
	struct segment_trust trust;
	struct mapping *mapping;
	struct roster roster;
	uint32_t index;
	struct slot_owner owner;
	struct recorder recorder;

	/* as it was told at join */
	char name[19], label[13];
	uint32_t kind_option;
	uint32_t max_delay_ppm;
	int64_t max_delay_ns, period_option_ns;
	int64_t grid_offset_ns; /* its arrivals come so long after the clock's whole periods */

	/* how it stands */
	struct entrain_settings settings; /* as last read from control */
	uint32_t kind;
	int64_t period_ns;
	int64_t turn_ns;  /* its next turn */
	int64_t delay_ns; /* how much of turn_ns is delay */
	int64_t cur_ns;   /* its last turn, as scheduled */
	int64_t door_ns; /* drifting: it has come to the door then, and turn_ns is what it got; 0: not there */
	bool door_told; /* drifting: its host has heard that this turn has come */
	int64_t booked_ns,
		booked_turn_ns; /* drifting: what it made the door say last, 0: nothing; from its turn on */
	int64_t began_ns;          /* its action; 0: not acting */
	bool resumed;              /* sealed: what goes on is a further part of its last action */
	struct agent_plan before;  /* sealed: as it stood before its last action was over */
	uint64_t actions;          /* that were measured */
	int64_t action_mean_ns;    /* running mean, for people */
	int64_t recent_ns[RECENT]; /* the last actions, for work_ns */
	int64_t work_ns; /* how long its action takes, as others should plan; 0: not known */
	int64_t work_published_ns;
	int64_t lateness_ns;                /* running mean, 1/8 */
	uint32_t own_strategy;              /* enum strategy tried first */
	const struct entrain_strategy *own; /* if that is the application's */
	struct steer steer;
	bool cannot_follow;  /* the topology: full is followed instead */
	bool graph;          /* the last snapshot was of the neighbours only */
	uint64_t generation; /* of the topology that it follows */
	uint64_t turns, missed;
	uint32_t mode_noted, missed_noted; /* as the recorder last has them */
	uint32_t counted_noted, counted;   /* agents that count: noted, and in the turn before */
	bool late_noted;
	int64_t delay_max_ns, delay_total_ns;
	uint32_t doubt; /* a slot that cannot be read, seen by the last snapshot; DECIDE_NOBODY */
	uint64_t looked_turn; /* turns when it last looked whether the objects are still there */

	struct hysteresis converged;
	int64_t last_begin_ns; /* of its last action; 0: none yet */
	int timer_fd;          /* -1: none */
	int32_t timer_mark;    /* ns that tell our timer from any other */
	struct scratch *scratch;
};

/* Memory of the step: mapped at join for the greatest capacity, touched for what is alive. */
struct scratch;
struct scratch *scratch_make(void);
void scratch_free(struct scratch *scratch);
struct measured *scratch_measured(struct scratch *scratch, uint64_t **words);

/* After publishing, look one agent up: that in slot `suspect`, whose turn is overdue ... */
void agent_probe_silent(const struct entrain_agent *agent, uint32_t suspect, int64_t now_ns);
/* ... or one whose words make no sense, so that only its owner's death can free it: agent->doubt, or one of `peers`. */
void agent_probe_doubtful(const struct entrain_agent *agent, const struct peer *peers,
			  uint32_t count);

/* Plan the first turn of a fresh slot. False: fenced. */
bool agent_first_turn(struct entrain_agent *agent, int64_t now_ns);

/*
 * In a call that may block, before its turn: a planned turn that lies further ahead than the swarm's present period allows is
 * given up for a place as a joiner's. For the others such an agent would be implausible, and not there.
 */
void agent_turn_check(struct entrain_agent *agent, int64_t now_ns);

/* Learn from an action how long they take, from the instant of a turn how late it is. */
void agent_work_learn(struct entrain_agent *agent, int64_t action_ns);
void agent_lateness_learn(struct entrain_agent *agent, int64_t now_ns);

/* Say in the slot how many turns there were; and, with it, how many acted when this one began, and how late it usually is. */
void agent_turns_write(struct entrain_agent *agent);
void agent_began_write(struct entrain_agent *agent, uint32_t overlap);

/* Read the settings from control into the agent. False: unsound or removed; nothing changed. */
bool agent_settings_read(struct entrain_agent *agent);

/* Of a sealed agent, with the process's lock held: take a slot, without a system call. */
enum entrain_code agent_claim_sealed(struct entrain_agent *agent);

/* Does it move its turns, and by how much at most? */
bool agent_acts(const struct entrain_agent *agent);
/* The same for this moment, by what control says now. */
bool agent_acts_now(const struct entrain_agent *agent);
int64_t agent_cap_ns(const struct entrain_agent *agent);

/* Of a sealed agent, when an action is over: keeps how it stands, or, if the action had been over before, puts back what that
 * counted and planned. True: a relative host is to plan its next turn. */
bool agent_plan_again(struct entrain_agent *agent, int64_t now_ns);

/* Of a drifting host, that has something to do since `arrived_ns`: book its turn, once for each arrival. */
void agent_door_come(struct entrain_agent *agent, int64_t arrived_ns);
/* The same in a call that waits or asks: it has come now, unless it waits at the door already. */
void agent_door_wait(struct entrain_agent *agent, int64_t now_ns);
/* What it booked is over, or not needed: if nobody is behind, the door is free. */
void agent_door_free(struct entrain_agent *agent, int64_t now_ns);
/* It acts now: its turn is what was booked, or now, and its delay what it waited. */
void agent_door_leave(struct entrain_agent *agent, int64_t now_ns);
/* One of `count` peers in scratch that has not come for long, another one each time; DECIDE_NOBODY. */
uint32_t agent_door_suspect(const struct entrain_agent *agent, uint32_t count, int64_t now_ns);

/* Is there no next turn now? A relative host plans when its action is over, a drifting one does not. */
static inline bool agent_unplanned(const struct entrain_agent *agent)
{
	return agent->kind == ENTRAIN_RELATIVE ? agent->began_ns != 0
					       : agent->kind == ENTRAIN_DRIFTING && !agent->door_ns;
}

/* In a call that may block: notice a lost slot or a removed swarm, try to join again. */
void agent_upkeep(struct entrain_agent *agent);

/* The instant until which to sleep now: the turn, or sooner while it is being delayed. At or before now: it is time. */
int64_t agent_wake_ns(const struct entrain_agent *agent, int64_t now_ns);

/* Close the timerfd, if the descriptor is still ours: hosts close and reuse descriptors that they do not know. */
void agent_timer_close(struct entrain_agent *agent);

/* Arm the timerfd, if there is one. */
void agent_arm(struct entrain_agent *agent);

static inline bool agent_here(const struct entrain_agent *agent)
{
	return process_is(agent->process);
}

#endif
