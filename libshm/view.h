/* SPDX-License-Identifier: MIT */
/*
 * view.h - a process's view of its swarm's topology: read by several threads while one of them replaces it.
 *
 * Readers: view_enter(), view_row(), view_leave(); nothing in between may block. A reader sees the old snapshot or the new one,
 * never parts of two. Whoever comes first after a resize maps the new snapshot and swaps the pointer; the old view is
 * retired, and freed after a grace period in a call that may block (view_reclaim()).
 *
 *	operation x operation: what needs outside synchronisation
 *
 *	                read   follow   reclaim  open, close
 *	read            no     no       no       the join lock, and no reader: nobody has the mapping yet or any more
 *	follow                 no       no       the same
 *	reclaim                         no       the same
 *
 * Ordered accesses; the tests are tests/process/test_view.c and test_resize.c:
 *
 *	[L3]  resize: store release of the word   the snapshot's object     [L3] in view_follow: load acquire
 *	[V1]  view_follow: store release of       the view, filled          [V1] in view_enter: load acquire
 *	      current (rcu_assign_pointer)                                  (rcu_dereference)
 *	[V2]  view_reclaim: synchronize_rcu       that no reader is left    read_lock, read_unlock
 *
 * A child of fork() has liburcu in order when its atfork handlers ran (view_fork.c). In one of a raw clone, or beside another
 * user of liburcu who may have handlers of his own, it cannot be known: there views are read without liburcu, which is safe
 * because none is freed while several agents share the mapping.
 */
#ifndef ENTRAIN_VIEW_H
#define ENTRAIN_VIEW_H

/* The read side inline, as its header allows to everybody; but not under sanitizers, which find that it asks for an alignment
 * that its own allocator does not give. */
#if !defined(_LGPL_SOURCE) && !defined(ENTRAIN_TORTURE)
#define _LGPL_SOURCE
#endif
#include <urcu/urcu-bp.h>

#include <stdatomic.h>
#include <stdbool.h>
#include "layout.h"
#include "topology.h"

struct segment;

/* One snapshot, mapped: a page of this, then the object. Never changes but for age and next. */
struct view {
	const uint32_t *offsets, *neighbours; /* in the object: checked at each use */
	uint32_t nodes, entries, kind;        /* private copies, checked once */
	uint64_t generation, checksum;
	const struct shm_topology *object;
	size_t mapped; /* bytes, with this page */
	_Atomic uint32_t
		age;       /* 0: current; 1: retired; then one more for each grace period since */
	struct view *next; /* among the retired */
};

/* What a mapping of a swarm has of its topology. */
struct view_cell {
	_Atomic(struct view *) current; /* [V1] NULL: full */
	_Atomic uint64_t word;          /* of control that was last acted on; 0: none yet */
	_Atomic int failed;             /* 0, or the errno for which full is followed instead */
	_Atomic uint32_t looks;         /* calls since that failure */
	_Atomic uint32_t busy;          /* somebody changes what is below */
	_Atomic(struct view *) retired;
	bool guarded;      /* readers tell liburcu */
	uint32_t keep_age; /* views are freed at this age: 2, in a test of liburcu more */
};

struct view_read {
	const struct view *view;
	bool guarded;
};

/* How often one who cannot follow tries again. */
#define VIEW_RETRY_LOOKS 8

enum view_followed {
	VIEW_SAME,  /* nothing new */
	VIEW_NEW,   /* this call took a new one */
	VIEW_CANNOT /* full is followed instead: view_failed() */
};

/* A fresh cell, without a view. `usable`: liburcu is known to be in order here (process_rcu_usable()). */
void view_open(struct view_cell *cell, bool usable);

/* In a child: the same for an inherited cell. The snapshot that was current stays: it may be all there is after a chroot. What the
 * parent had retired is left alone. */
void view_inherit(struct view_cell *cell, bool usable);

/* No reader is left, nor will there be one: free all. */
void view_close(struct view_cell *cell);

/* What view_follow() does when there is something to do. Makes system calls, never waits, never frees. */
enum view_followed view_follow_word(struct view_cell *cell, const struct segment *segment,
				    uint64_t word);

/* The control word as it is now. */
uint64_t view_word(const struct segment *segment);

/* Once a turn, outside a read: take the topology that control names, if it is another one. Two loads where it is not. While
 * another thread is at it, what is there is kept. */
static inline enum view_followed view_follow(struct view_cell *cell, const struct segment *segment)
{
	uint64_t word = view_word(segment);

	if (__builtin_expect(word == atomic_load_explicit(&cell->word, memory_order_acquire), 1) &&
	    !atomic_load_explicit(&cell->failed, memory_order_relaxed))
		return VIEW_SAME;
	return view_follow_word(cell, segment, word);
}

/* The generation that was last acted on, to be acknowledged; and 0, or the errno for which full is followed instead. */
static inline uint64_t view_generation(const struct view_cell *cell)
{
	return SHM_TOPOLOGY_GENERATION(atomic_load_explicit(&cell->word, memory_order_acquire));
}

static inline int view_failed(const struct view_cell *cell)
{
	return atomic_load_explicit(&cell->failed, memory_order_relaxed);
}

/*
 * Free what is retired, after a grace period. Blocks: until each thread that is reading now, anything under liburcu-bp in this
 * process, has left. `alone`: the caller's agent is the only one on this mapping and reads nothing now: no need to wait.
 */
void view_reclaim(struct view_cell *cell, bool alone);

/* Is the snapshot as its publisher wrote it? Reads all of it. */
bool view_intact(const struct view *view);

/* For tests: how many grace periods have passed since this view was replaced; a reader never sees more than one. */
static inline uint32_t view_age(const struct view *view)
{
	return atomic_load_explicit(&view->age, memory_order_relaxed);
}

/* Torn or freed while it is read: for the builds under sanitizers. */
void view_torture(const struct view *view);

static inline void view_enter(struct view_cell *cell, struct view_read *read)
{
	read->view = NULL;
	read->guarded = false;
	/* Full: nothing to protect, and no thread is made known to liburcu for it. */
	if (!atomic_load_explicit(&cell->current, memory_order_relaxed))
		return;
	read->guarded = cell->guarded;
	if (read->guarded)
		urcu_bp_read_lock();
	/* [V1] acquire, as rcu_dereference(): what the view points to is there. */
	read->view = atomic_load_explicit(&cell->current, memory_order_acquire);
#ifdef ENTRAIN_TORTURE
	view_torture(read->view);
#endif
}

static inline void view_leave(struct view_read *read)
{
#ifdef ENTRAIN_TORTURE
	view_torture(read->view);
#endif
	if (read->guarded)
		urcu_bp_read_unlock();
	read->view = NULL;
}

/*
 * The neighbours of a slot, valid until view_leave(). False: it sees all. The indices come from shared memory: check each against
 * the capacity before it is used.
 */
static inline bool view_row(const struct view *view, uint32_t slot, const uint32_t **neighbours,
			    uint32_t *count)
{
	uint32_t from;

	if (!view || slot >= view->nodes ||
	    !topology_row(view->offsets, view->nodes, view->entries, slot, &from, count))
		return false;
	*neighbours = view->neighbours + from;
	return true;
}

/* Of a ring: how many neighbours each has, the same for all slots. False: it is none. */
static inline bool view_ring(const struct view *view, uint32_t *degree)
{
	uint32_t from;

	return view && view->kind == TOPOLOGY_RING && view->nodes &&
	       topology_row(view->offsets, view->nodes, view->entries, 0, &from, degree);
}

#endif
