/* SPDX-License-Identifier: MIT */
/*
 * measure.h - how well a swarm does, from its slots. What is divided is floating point: for display, never for decisions.
 *
 * Two ways lead to the same measures. An agent that looks around reads each slot by phase_read(), no more of it than it
 * needs, and what is not as it should be once more by measured_judge(). Who wants a picture judges each slot, then calls
 * measure_fill(). A tally adds up either; measure_close() makes the measures of it.
 */
#ifndef ENTRAIN_MEASURE_H
#define ENTRAIN_MEASURE_H

#include <stdbool.h>
#include "phasor.h"
#include "settings.h"
#include "slot.h"
#include "strategy/decide.h"

/* Where an agent stands, for the gaps. */
struct place {
	int64_t since_ns; /* since its turn: below 0 while that is to come */
	int64_t ago_ns;   /* its last action began; below 0: none yet */
	int64_t work_ns;  /* below 0: it does not count */
	uint32_t angle;   /* since_ns in its own period */
};

/* One occupied slot as measured; what a picture is made of. */
struct measured {
	uint32_t index, pid, state; /* enum entrain_state */
	bool off_beat, implausible;
	bool counts; /* for the pattern: none of stale, dead, off-beat, implausible */
	int64_t cur_ns, next_ns, period_ns, work_ns, delay_ns;
	int64_t began_ns; /* last action; 0: none yet */
	bool acting;
	uint32_t overlap; /* that it saw when it last began */
	uint64_t status, topology;
	uint64_t version;
	double phase;
	struct place place; /* for measure_fill() */
};

/* What every slot is judged by. */
struct judge {
	int64_t now_ns, now_rest_ns; /* the rest: beyond its grain */
	uint64_t now_grains;
	int64_t shortest_ns, longest_ns; /* periods that are on the beat */
};

struct judge judge_make(int64_t now_ns, const struct entrain_settings *settings);

/* An agent that counts, as far as the measures go. */
struct phase {
	int64_t since_ns, period_ns;
	uint64_t version;
	int64_t work_ns, interval_ns; /* interval: from its last turn to its next */
	uint64_t acting, status, topology;
	uint64_t
		acted; /* SHM_OVERLAP: what it saw when it last began, and more below; 0: it has not acted */
};

/* What the agents add up to, before the gaps. */
struct tally {
	struct judge judge;
	struct phasor_period period; /* the swarm's */
	struct phasor_sum phasors;
	int64_t longest_ns, shortest_ns; /* periods of those who count */
	int64_t interval_most_ns, interval_least_ns;
	uint64_t work_ns, work_least; /* sum; the least but 0, less one, unsigned */
	int64_t work_most_ns;
	int64_t ago_most_ns,
		ago_least_ns; /* their last actions began; the least below 0: not all have acted */
	uint64_t energy;      /* 1/512 unit */
	uint32_t unknown;     /* who have not measured their action yet */
	uint32_t together;    /* who follow SYNC */
	uint32_t counted;
	uint32_t alive; /* besides those who count */
	uint32_t stale, dead, off_beat, implausible;
	uint64_t peak_acted; /* the greatest phase.acted */
};

void tally_open(struct tally *tally, const struct judge *judge, int64_t period_ns);

/* Judge one slot: fill `one` from what was read of it. Returns false for a slot without an agent (free, or claimed
 * just now). */
bool measured_judge(struct measured *one, const struct shm_slot *slot, uint32_t index,
		    int64_t now_ns, const struct entrain_settings *settings);

/* Add what another tally of the same judge added up, but for its phasors. */
void tally_join(struct tally *tally, const struct tally *other);

/* Add one that was judged; one->place is filled. */
void tally_measured(struct tally *tally, struct measured *one);

#define MEASURE_WORDS 5

/*
 * Make the measures of a tally and of the `count` places that it was made of, `stride` bytes apart. `scratch` has room for
 * MEASURE_WORDS * count words. Allocates nothing. measure->converged is the metric against its target as it is now.
 */
void measure_close(struct entrain_measure *measure, const struct tally *tally, struct place *places,
		   size_t stride, uint32_t count, const struct entrain_settings *settings,
		   uint64_t *scratch);

/* All of it for a picture; fills in the phases too. */
void measure_fill(struct entrain_measure *measure, struct measured *all, uint32_t count,
		  int64_t now_ns, const struct entrain_settings *settings, uint64_t *scratch);

/* From the grain of now to that of an instant of so many bits; what is above them is ignored. */
static inline int64_t phase_ahead_ns(uint64_t instant, int bits, uint64_t now_grains)
{
	return (int64_t)((instant - now_grains) << (64 - bits)) >> (64 - bits - SHM_GRAIN_SHIFT);
}

/*
 * slot_read() and the judgement of an agent that counts, in as few steps as that takes. False: it does not count, or its turn
 * has passed, or the slot changed meanwhile: measured_judge() knows better.
 */
__attribute__((always_inline)) static inline bool
phase_read(const struct shm_slot *slot, const struct judge *judge, struct phase *phase)
{
	/* [S5] acquire: the copy that this version selects is complete. Pairs with [S4]. */
	const uint64_t version = atomic_load_explicit(&slot->version, memory_order_acquire);
	const uint64_t tag = tagged_make(version, 0);
	const shm_tagged *word = slot->copy[version & 1].word;
	uint64_t cur, next, period, work, delay, foreign;
	int64_t cur_ns, next_ns;

	cur = tag ^ atomic_load_explicit(&word[COPY_CUR], memory_order_relaxed);
	next = tag ^ atomic_load_explicit(&word[COPY_NEXT], memory_order_relaxed);
	period = tag ^ atomic_load_explicit(&word[COPY_PERIOD], memory_order_relaxed);
	work = tag ^ atomic_load_explicit(&word[COPY_WORK], memory_order_relaxed);
	delay = tag ^ atomic_load_explicit(&word[COPY_DELAY], memory_order_relaxed);
	phase->acting = tag ^ atomic_load_explicit(&slot->acting, memory_order_relaxed);
	phase->status = tag ^ atomic_load_explicit(&word[COPY_STATUS], memory_order_relaxed);
	phase->topology = tag ^ atomic_load_explicit(&word[COPY_TOPOLOGY], memory_order_relaxed);
	foreign = cur | next | phase->acting | phase->status | phase->topology;
	/* [S6] acquire: the words above were read before the version below. Pairs with [S3]. */
	atomic_thread_fence(memory_order_acquire);
	/* The tags are gone from words that name the owner; any that is left makes a period, work or delay too long. What was
	 * only claimed has no period. */
	cur_ns = phase_ahead_ns(cur, SHM_VALUE_BITS, judge->now_grains);
	next_ns = phase_ahead_ns(next, SHM_VALUE_BITS, judge->now_grains);
	phase->version = version;
	phase->period_ns = (int64_t)period;
	phase->work_ns = (int64_t)work;
	phase->interval_ns = next_ns - cur_ns;
	phase->since_ns = judge->now_rest_ns - next_ns;
	return atomic_load_explicit(&slot->version, memory_order_relaxed) == version &&
	       version_pid(version) != 0 &&
	       period - (uint64_t)judge->shortest_ns <=
		       (uint64_t)(judge->longest_ns - judge->shortest_ns) &&
	       work <= period && delay <= period && foreign >> SHM_VALUE_BITS == 0 &&
	       cur_ns < next_ns && phase->since_ns <= 0 &&
	       phase->since_ns >= -3 * (int64_t)period &&
	       cur_ns <= judge->now_rest_ns + (int64_t)period;
}

/* When it last began to act, and what it saw then; as measured_judge() would. */
static inline void phase_acted(struct phase *phase, const struct shm_slot *slot,
			       const struct judge *judge, struct place *place)
{
	const uint64_t tag = tagged_make(phase->version, 0);
	const uint64_t acted =
		tag ^ atomic_load_explicit(&slot->fact[FACT_OVERLAP], memory_order_relaxed);

	place->ago_ns = -1;
	phase->acted = 0;
	/* It has not acted yet. Or a tag is left: the word is not its owner's. */
	if (__builtin_expect(acted - SHM_ACTED > SHM_VALUE_MAX - SHM_ACTED, 0))
		return;
	place->ago_ns = judge->now_rest_ns -
			phase_ahead_ns(phase->acting >> 1, SHM_VALUE_BITS - 1, judge->now_grains);
	if (__builtin_expect(place->ago_ns < 0 || place->ago_ns >= judge->now_ns, 0))
		place->ago_ns = -1;
	phase->acted = acted;
}

/* Where an instant at most a few turns away lies in any period, as a binary angle: to a unit. */
static inline uint32_t angle_of(int64_t period_ns, int64_t instant_ns)
{
	return (uint32_t)(int64_t)((double)instant_ns * (4294967296.0 / (double)period_ns));
}

/* The same; most periods of a swarm are the one that is prepared. */
static inline uint32_t angle_of_phase(const struct phasor_period *period, const struct phase *phase)
{
	if (__builtin_expect(phase->period_ns != period->period_ns, 0))
		return angle_of(phase->period_ns, phase->since_ns);
	return phasor_angle_near(period, phase->since_ns);
}

/* Add one that counts, all but its phasor; place->ago_ns is filled, the rest is filled here. */
static inline void tally_add(struct tally *tally, struct place *place, const struct phase *phase)
{
	const int64_t work_ns = phase->work_ns;

	place->since_ns = phase->since_ns;
	place->work_ns = work_ns;
	place->angle = angle_of_phase(&tally->period, phase);
	tally->counted++;
	tally->work_ns += (uint64_t)work_ns;
	tally->energy += phase->topology & 0xffff;
	tally->together += SHM_STATUS_PATTERN(phase->status) == DECIDE_SYNC;
	if (__builtin_expect(work_ns == 0, 0))
		tally->unknown++;
	if (__builtin_expect((uint64_t)work_ns - 1 < tally->work_least, 0))
		tally->work_least = (uint64_t)work_ns - 1;
	if (__builtin_expect(work_ns > tally->work_most_ns, 0))
		tally->work_most_ns = work_ns;
	if (__builtin_expect(phase->period_ns > tally->longest_ns, 0))
		tally->longest_ns = phase->period_ns;
	if (__builtin_expect(phase->period_ns < tally->shortest_ns, 0))
		tally->shortest_ns = phase->period_ns;
	if (__builtin_expect(phase->interval_ns > tally->interval_most_ns, 0))
		tally->interval_most_ns = phase->interval_ns;
	if (__builtin_expect(phase->interval_ns < tally->interval_least_ns, 0))
		tally->interval_least_ns = phase->interval_ns;
	if (__builtin_expect(place->ago_ns > tally->ago_most_ns, 0))
		tally->ago_most_ns = place->ago_ns;
	if (__builtin_expect(place->ago_ns < tally->ago_least_ns, 0))
		tally->ago_least_ns = place->ago_ns;
	if (__builtin_expect(phase->acted > tally->peak_acted, 0) && place->ago_ns >= 0 &&
	    place->ago_ns <= phase->period_ns)
		tally->peak_acted = phase->acted;
}

/* Reached stays reached until it was missed for a whole period. */
struct hysteresis {
	bool reached, missing;
	int64_t missing_since_ns;
};
bool hysteresis_next(struct hysteresis *hysteresis, bool reached, int64_t now_ns,
		     int64_t period_ns);

#endif
