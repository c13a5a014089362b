/* SPDX-License-Identifier: MIT */
/* agent_join.c - come into a swarm, leave it, and come again when the slot or the swarm was lost. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "agent.h"
#include "clock.h"
#include "error.h"
#include "mark.h"
#include "register.h"

#define WHAT "join swarm"
#define READY_TIMEOUT_NS INT64_C(2000000000)
/* How often an agent looks whether the path is still that of its objects: a system call each so many turns. */
#define LOOK_TURNS 8
#define CLAIM_TRIES 16

/* Names end up on terminals and in JSON: printable ASCII only. */
static void copy_printable(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; from && from[i] && i < size - 1; i++)
		to[i] = (unsigned char)from[i] < 0x20 || (unsigned char)from[i] > 0x7e ? '?'
										       : from[i];
	to[i] = '\0';
}

static enum entrain_code options_check(const struct entrain_options *options,
				       struct entrain_error *error)
{
	const char *why = NULL;

	if (options->size != sizeof(*options))
		why = "start from ENTRAIN_OPTIONS of this library's header";
	else if (options->flags & ~(ENTRAIN_CREATE | ENTRAIN_SEALED | ENTRAIN_WATCH))
		why = "an unknown flag is set";
	else if (options->kind > ENTRAIN_DRIFTING)
		why = "kind is none of taken, relative, grid, drifting";
	else if (options->max_delay_ppm && options->max_delay_ns)
		why = "give max_delay as a share or as a duration, not both";
	else if (options->max_delay_ppm > PPM || options->max_delay_ns < 0)
		why = "max_delay is out of range";
	else if (options->period_ns &&
		 (options->period_ns < PERIOD_MIN_NS || options->period_ns > PERIOD_MAX_NS))
		why = "period_ns is not between 1 ms and 24 h";
	else if (options->ready_timeout_ns < 0)
		why = "ready_timeout_ns is negative";
	return why ? error_set(error, ENTRAIN_USAGE, 0, WHAT, "options", "%s", why) : ENTRAIN_OK;
}

/* What the options name to be tried first, if anything. */
static enum entrain_code strategy_option(const char *name, uint32_t *number,
					 const struct entrain_strategy **own,
					 struct entrain_error *error)
{
	*number = name ? strategy_number(name, own) : STRATEGY_NONE;
	if (!name || *number != STRATEGY_NONE)
		return ENTRAIN_OK;
	return error_set(
		error, ENTRAIN_USAGE, 0, WHAT, name,
		"no strategy has this name: it is neither one of the library's nor registered");
}

/* With the lock held: claim a slot in the mapped swarm and plan the first turn. */
static enum entrain_code claim(struct entrain_agent *agent, bool hurry, struct entrain_error *error)
{
	const struct identity *self = process_identity();
	int64_t now_ns = clock_now_ns();
	bool published = false;
	uint32_t ignored = 0;
	long index;

	agent->roster =
		(struct roster){ agent->mapping->segment.agents, agent->mapping->segment.slots, 0 };
	if (!agent_settings_read(agent))
		return error_set(error, agent->why, 0, WHAT, agent->place.control, NULL);
	if (agent->kind != agent->settings.kind)
		return error_set(error, ENTRAIN_USAGE, 0, WHAT, agent->place.name,
				 "the swarm is of kind %s, and there is one kind a swarm",
				 entrain_kind_name((int)agent->settings.kind));
	roster_release_former(&agent->roster, self);
	if (agent->probes && !agent->sealed && !hurry)
		roster_reap(&agent->roster, self, now_ns, &ignored, &ignored);
	MARK();
	/* A slot may be lost again before the first publish: to a reaper who takes us for dead, in a full swarm. */
	for (int tries = 0; tries < CLAIM_TRIES && !published; tries++) {
		index = agent->sealed
				? roster_claim_free(&agent->roster, self, now_ns, &agent->owner)
				: roster_claim(&agent->roster, self, now_ns, hurry, &agent->owner);
		if (index < 0)
			return error_set(error, ENTRAIN_FULL, 0, WHAT, agent->place.name,
					 "all %u slot%s taken by agents that are not proven dead",
					 agent->roster.capacity,
					 agent->roster.capacity == 1 ? " is" : "s are");
		agent->index = (uint32_t)index;
		MARK();
		published = agent_first_turn(agent, now_ns);
		now_ns = clock_now_ns();
	}
	if (!published)
		return error_set(error, ENTRAIN_UNSOUND, 0, WHAT, agent->place.agents,
				 "somebody else writes into every slot that was just claimed");
	MARK();
	recorder_open(&agent->recorder,
		      ring_of(agent->roster.agents, agent->roster.slots, agent->index),
		      agent->owner.slot, agent->owner.version);
	recorder_note(&agent->recorder, now_ns, ENTRAIN_EVENT_JOINED, self->pid);
	agent->mode_noted = agent->settings.mode;
	agent->missed_noted = agent->counted_noted = agent->counted = 0;
	agent->late_noted = false;
	agent->joined = true;
	agent->why = ENTRAIN_OK;
	return ENTRAIN_OK;
}

/* With the lock held: give the slot back, if it is still ours. */
static void unclaim(struct entrain_agent *agent)
{
	if (!agent->joined)
		return;
	recorder_note(&agent->recorder, clock_now_ns(), ENTRAIN_EVENT_LEFT,
		      version_pid(agent->owner.version));
	roster_release(&agent->roster, agent->index, &agent->owner);
	agent->joined = false;
}

/* With the lock held: give slot and mapping back. */
static void detach(struct entrain_agent *agent)
{
	struct mapping *mapping = agent->mapping;

	unclaim(agent);
	agent->mapping = NULL;
	/* A child that another thread forks from here on has no use of what is freed. */
	atomic_signal_fence(memory_order_seq_cst);
	if (mapping) {
		mapping_reclaim(mapping, true);
		mapping_put(mapping);
	}
}

/* With the lock held: everything but the slot. */
static enum entrain_code seal(struct entrain_agent *agent)
{
	agent->self = *process_identity();
	process_watch_forks();
	if (!agent_settings_read(agent))
		return agent->why;
	agent->why = ENTRAIN_NOT_READY;
	return ENTRAIN_OK;
}

static enum entrain_code join_locked(struct entrain_agent *agent, bool hurry,
				     struct entrain_error *error)
{
	enum entrain_code code = ENTRAIN_OK;

	agent->mapping = mapping_get(&agent->place, &agent->trust, clock_now_ns(), &code, error);
	if (!agent->mapping)
		return code;
	mapping_reclaim(agent->mapping, !hurry);
	code = agent->sealed ? seal(agent) : claim(agent, hurry, error);
	if (code)
		detach(agent);
	return code;
}

/* Join, waiting for a swarm that is being made or remade. Others of this process need the lock: it is not held meanwhile. */
static enum entrain_code join_ready(struct entrain_agent *agent, int64_t deadline_ns,
				    struct entrain_error *error)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	const int64_t doubt_ns = clock_now_ns() + CREATOR_DOUBT_NS;
	enum entrain_code code;

	for (;;) {
		int64_t now_ns;

		process_lock();
		agent->process = process_id();
		code = join_locked(agent, false, error);
		process_unlock();
		now_ns = clock_now_ns();
		if (now_ns >= deadline_ns ||
		    !(code == ENTRAIN_NOT_READY || code == ENTRAIN_UNSOUND ||
		      (code == ENTRAIN_HALF_MADE && now_ns < doubt_ns)))
			return code;
		nanosleep(&pause, NULL);
	}
}

static enum entrain_code create_missing(const struct segment_place *place,
					const struct entrain_settings *given,
					struct entrain_error *error)
{
	struct entrain_settings settings;
	enum entrain_code code;

	entrain_settings_init(&settings);
	if (given)
		settings = *given;
	code = (enum entrain_code)entrain_settings_check(&settings, error);
	if (!code)
		code = segment_create(place, &settings, error);
	return code == ENTRAIN_EXISTS ? ENTRAIN_OK : code; /* somebody else was faster: fine */
}

static struct entrain_agent *agent_make(const struct entrain_options *options,
					uint32_t own_strategy, const struct entrain_strategy *own)
{
	struct entrain_agent *agent = calloc(1, sizeof(*agent));

	if (!agent)
		return NULL;
	agent->scratch = scratch_make();
	if (!agent->scratch) {
		free(agent);
		return NULL;
	}
	sem_init(&agent->cancel, 0, 0);
	agent->timer_fd = -1;
	agent->timer_mark = (int32_t)(1 + ((uint64_t)(uintptr_t)agent ^ (uint64_t)clock_now_ns()) *
						  UINT64_C(0x9e3779b97f4a7c15) % 999999999);
	agent->probes = options->probe != 0;
	copy_printable(agent->name, sizeof(agent->name),
		       options->name ? options->name : program_invocation_short_name);
	copy_printable(agent->label, sizeof(agent->label), options->label);
	agent->kind_option = options->kind;
	agent->max_delay_ppm = options->max_delay_ppm;
	agent->max_delay_ns = options->max_delay_ns;
	agent->period_option_ns = options->period_ns;
	agent->trust.has_owner = options->trust_owner != 0;
	agent->trust.owner = options->owner;
	agent->own_strategy = own_strategy;
	agent->own = own;
	agent->sealed = (options->flags & ENTRAIN_SEALED) != 0;
	agent->watches = (options->flags & ENTRAIN_WATCH) != 0;
	return agent;
}

static void agent_free(struct entrain_agent *agent)
{
	agent_timer_close(agent);
	scratch_free(agent->scratch);
	sem_destroy(&agent->cancel);
	free(agent);
}

static struct entrain_agent *join_new(const char *swarm, const struct entrain_options *options,
				      struct entrain_error *error)
{
	struct entrain_agent *agent = NULL;
	struct segment_place place;
	const struct entrain_strategy *own = NULL;
	uint32_t own_strategy = STRATEGY_NONE;
	enum entrain_code code;
	int64_t deadline_ns;

	code = options_check(options, error);
	if (!code)
		code = strategy_option(options->strategy, &own_strategy, &own, error);
	if (!code)
		code = segment_place_init(&place, options->dir, swarm, error);
	if (code)
		return NULL;
	agent = process_id() ? agent_make(options, own_strategy, own) : NULL;
	if (!agent) {
		error_set(error, ENTRAIN_LIMIT, ENOMEM, WHAT, place.name, NULL);
		return NULL;
	}
	agent->place = place;
	deadline_ns = clock_now_ns() +
		      (options->ready_timeout_ns ? options->ready_timeout_ns : READY_TIMEOUT_NS);
	code = join_ready(agent, deadline_ns, error);
	if ((code == ENTRAIN_NO_SWARM || code == ENTRAIN_HALF_MADE) &&
	    options->flags & ENTRAIN_CREATE) {
		code = create_missing(&agent->place, options->settings, error);
		if (!code)
			code = join_ready(agent, deadline_ns, error);
	}
	if (code) {
		agent_free(agent);
		agent = NULL;
	} else {
		error_clear(error);
	}
	return agent;
}

struct entrain_agent *entrain_join(const char *swarm, const struct entrain_options *options,
				   struct entrain_error *error)
{
	static const struct entrain_options defaults = ENTRAIN_OPTIONS;
	int saved = errno, cancel_state;
	struct entrain_agent *agent;

	/* From the first file that is read: the lock of the process is held already when it finds out who it is. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	agent = join_new(swarm, options ? options : &defaults, error);
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
	return agent;
}

/*
 * A child: the parent's slot is the parent's. The mapping is here too, and is all there is after a chroot or setuid; the
 * timerfd is shared with the parent, and so no use.
 */
static void become_own(struct entrain_agent *agent)
{
	agent->process = process_id();
	agent->joined = false;
	agent->began_ns = agent->door_ns = agent->booked_ns = 0;
	agent->turns = agent->missed = agent->actions = 0;
	agent->work_ns = agent->work_published_ns = agent->lateness_ns = 0;
	agent->delay_max_ns = agent->delay_total_ns = 0;
	agent->looked_turn = 0;
	sem_init(&agent->cancel, 0, 0);
	agent_timer_close(agent);
	agent->last_begin_ns = 0;
	if (agent->mapping)
		mapping_adopt(&agent->mapping);
}

static enum entrain_code rejoin_locked(struct entrain_agent *agent, bool hurry,
				       struct entrain_error *error)
{
	bool current, taken;
	uint32_t former;
	enum entrain_code code;

	if (!agent_here(agent))
		become_own(agent);
	current = agent->mapping && segment_current(&agent->mapping->segment);
	if (current)
		mapping_reclaim(agent->mapping, false);
	if (agent->joined && current && slot_owned(&agent->owner))
		return ENTRAIN_OK;
	former = agent->index;
	taken = agent->joined && current && !slot_owned(&agent->owner);
	unclaim(agent);
	if (current) {
		code = claim(agent, hurry, error);
		if (!code && taken)
			recorder_note(&agent->recorder, clock_now_ns(), ENTRAIN_EVENT_FENCED,
				      former);
		return code;
	}
	detach(agent);
	return join_locked(agent, hurry, error);
}

enum entrain_code agent_claim_sealed(struct entrain_agent *agent)
{
	if (!agent_here(agent))
		become_own(agent);
	if (agent->joined && entrain_joined(agent, NULL))
		return ENTRAIN_OK;
	agent->joined = false;
	return claim(agent, true, NULL);
}

int entrain_rejoin(struct entrain_agent *agent, struct entrain_error *error)
{
	int saved = errno, cancel_state;
	enum entrain_code code;

	if (!agent)
		return error_set(error, ENTRAIN_USAGE, 0, WHAT, "agent", "the handle is NULL");
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	process_lock();
	code = agent->why = rejoin_locked(agent, false, error);
	if (!code)
		error_clear(error);
	process_unlock();
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
	return (int)code;
}

/*
 * Now and then, in a call that may block: are the slot and the objects still ours? At most once a turn, and never behind
 * another thread that is joining: it is no matter whether this is noticed a turn later.
 */
void agent_upkeep(struct entrain_agent *agent)
{
	bool lost = !agent->joined || agent->owner.fenced ||
		    atomic_load_explicit(&agent->mapping->segment.settings->removed,
					 memory_order_relaxed);
	uint64_t since = agent->turns - agent->looked_turn;
	int saved = errno, cancel_state;

	if (since == 0 || (!lost && since < LOOK_TURNS))
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (process_trylock()) {
		agent->looked_turn = agent->turns;
		agent->why = rejoin_locked(agent, true, NULL);
		process_unlock();
	}
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
}

int entrain_quiesce(struct entrain_agent *agent)
{
	int saved = errno, cancel_state;

	if (!agent)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	process_lock();
	if (agent->mapping)
		mapping_reclaim(agent->mapping, true);
	process_unlock();
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
	return 0;
}

int entrain_joined(const struct entrain_agent *agent, enum entrain_code *why)
{
	enum entrain_code code = ENTRAIN_OK;

	if (!agent)
		code = ENTRAIN_USAGE;
	else if (!agent_here(agent))
		code = ENTRAIN_FORKED;
	else if (!agent->joined)
		code = agent->why;
	else if (atomic_load_explicit(&agent->mapping->segment.settings->removed,
				      memory_order_relaxed))
		code = ENTRAIN_NO_SWARM;
	else if (!slot_owned(&agent->owner))
		code = ENTRAIN_FULL; /* taken from us, as happens in a full swarm only */
	if (why)
		*why = code;
	return code == ENTRAIN_OK;
}

int entrain_label(struct entrain_agent *agent, const char *label)
{
	if (!agent)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	copy_printable(agent->label, sizeof(agent->label), label);
	if (agent->joined)
		for (unsigned i = 0; i < 2; i++)
			slot_set_fact(&agent->owner, FACT_LABEL1 + i,
				      fact_from_text(agent->label, i));
	return 0;
}

void entrain_leave(struct entrain_agent *agent)
{
	int saved = errno, cancel_state;

	if (!agent)
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	process_lock();
	if (agent_here(agent))
		detach(agent);
	else if (agent->mapping)
		mapping_forget(agent->mapping);
	process_unlock();
	agent_free(agent);
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
}
