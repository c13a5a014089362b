/* SPDX-License-Identifier: MIT */
/* view.c - take the topology that control names, retire the one before, free it when no reader is left. */
#include "view.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "mark.h"
#include "object.h"
#include "segment.h"
#include "view_fork.h"

/* While it looks for the object, another one may be published and this one be removed. */
#define WORDS_TRIED 8
#define KEEP_AGE 2

void view_open(struct view_cell *cell, bool usable)
{
	memset(cell, 0, sizeof(*cell));
	cell->guarded = usable;
	cell->keep_age = KEEP_AGE;
}

void view_inherit(struct view_cell *cell, bool usable)
{
	struct view *current = atomic_load_explicit(&cell->current, memory_order_relaxed);
	uint64_t word = atomic_load_explicit(&cell->word, memory_order_relaxed);

	view_open(cell, usable);
	atomic_store_explicit(&cell->current, current, memory_order_relaxed);
	/* The parent may have been between two of its steps: say what is really there, and look at the rest anew. */
	if (current)
		word = topology_word(current->generation, current->kind);
	else if (SHM_TOPOLOGY_KIND(word) != TOPOLOGY_FULL)
		word = 0;
	atomic_store_explicit(&cell->word, word, memory_order_relaxed);
}

static void views_free(struct view *view)
{
	while (view) {
		struct view *next = view->next;

		munmap(view, view->mapped);
		view = next;
	}
}

void view_close(struct view_cell *cell)
{
	struct view *current = atomic_exchange_explicit(&cell->current, NULL, memory_order_relaxed);

	if (current)
		current->next = NULL;
	views_free(current);
	views_free(atomic_exchange_explicit(&cell->retired, NULL, memory_order_relaxed));
	atomic_store_explicit(&cell->word, 0, memory_order_relaxed);
}

uint64_t view_word(const struct segment *segment)
{
	/* [L3] acquire: the object of this generation is complete. Pairs with [L3] in resize.c. */
	return atomic_load_explicit(&segment->settings->topology, memory_order_acquire);
}

bool view_intact(const struct view *view)
{
	return view->checksum == topology_checksum(view->object, view->offsets, view->neighbours,
						   view->nodes, view->entries);
}

/* A crash, since whoever reads what is freed is about to crash anyway. */
void view_torture(const struct view *view)
{
	if (view && (view_age(view) > 1 || !view_intact(view)))
		__builtin_trap();
}

/* ---- open --------------------------------------------------------------------------------- */

/* Written by whoever owns control, and by nobody else. */
static int trust_errno(const struct stat *status, const struct segment *segment)
{
	if (!S_ISREG(status->st_mode) || status->st_nlink > 1 || status->st_mode & 022 ||
	    status->st_uid != segment->uid)
		return EPERM;
	return status->st_nlink == 0 ? ENOENT : 0;
}

static int header_errno(int fd, struct topology_copy *copy,
			const struct topology_expectation *expect)
{
	const char *why;

	if (pread(fd, &copy->magic, sizeof(copy->magic), 0) != sizeof(copy->magic) ||
	    pread(fd, &copy->fields, sizeof(copy->fields), 0) != sizeof(copy->fields))
		return EBADMSG;
	return topology_check(copy, expect, &why) ? EBADMSG : 0;
}

/* Map a checked object behind a page of our own; NULL: errno says why. */
static struct view *view_map(int fd, const struct topology_copy *copy)
{
	const struct shm_topology *header = &copy->fields;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t mapped = page + topology_size(header->nodes, header->entries);
	struct view *view =
		mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *object;

	if (view == MAP_FAILED)
		return NULL;
	object = (char *)view + page;
	MARK();
	if (mmap(object, mapped - page, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		int failed = errno;

		munmap(view, mapped);
		errno = failed;
		return NULL;
	}
	MARK();
	view->object = (const struct shm_topology *)(const void *)object;
	view->offsets = (const uint32_t *)(view->object + 1);
	view->neighbours = view->offsets + header->nodes + 1;
	view->nodes = header->nodes;
	view->entries = header->entries;
	view->kind = header->kind;
	view->generation = header->generation;
	view->checksum = header->checksum;
	view->mapped = mapped;
	if (view_intact(view))
		return view;
	munmap(view, mapped);
	errno = EBADMSG;
	return NULL;
}

/* NULL: errno says why. */
static struct view *view_load(const struct segment *segment, uint64_t generation)
{
	struct topology_expectation expect = { segment->creation_id, generation, 0 };
	char path[SEGMENT_TOPOLOGY_PATH];
	struct topology_copy copy;
	struct view *view = NULL;
	struct stat status;
	int fd, failed;

	segment_topology_path(&segment->place, generation, path);
	fd = open(path, O_RDONLY | OBJECT_OPEN_FLAGS);
	MARK();
	if (fd < 0)
		return NULL;
	failed = fstat(fd, &status) < 0 ? errno : trust_errno(&status, segment);
	if (!failed) {
		expect.file_size = (uint64_t)status.st_size;
		failed = header_errno(fd, &copy, &expect);
	}
	if (!failed) {
		view = view_map(fd, &copy);
		failed = view ? 0 : errno;
	}
	close(fd);
	errno = failed;
	return view;
}

/* ---- follow ------------------------------------------------------------------------------- */

/* With `busy`. */
static void view_swap(struct view_cell *cell, struct view *view)
{
	struct view *old = atomic_load_explicit(&cell->current, memory_order_relaxed);

	/* [V1] release, as rcu_assign_pointer(). */
	atomic_store_explicit(&cell->current, view, memory_order_release);
	MARK();
	if (!old)
		return;
	atomic_store_explicit(&old->age, 1, memory_order_relaxed);
	old->next = atomic_load_explicit(&cell->retired, memory_order_relaxed);
	atomic_store_explicit(&cell->retired, old, memory_order_relaxed);
}

static enum view_followed view_take(struct view_cell *cell, const struct segment *segment,
				    uint64_t word)
{
	struct view *view = NULL;
	int failed = 0;

	for (int tries = 0; tries < WORDS_TRIED; tries++) {
		uint64_t now;

		failed = 0;
		if (SHM_TOPOLOGY_KIND(word) == TOPOLOGY_FULL)
			break;
		/* From here on threads make themselves known to liburcu: forks must be safe. */
		if (cell->guarded)
			view_fork_prepare();
		view = view_load(segment, SHM_TOPOLOGY_GENERATION(word));
		if (view)
			break;
		failed = errno ? errno : EIO;
		now = view_word(segment);
		if (now == word)
			break;
		word = now;
	}
	view_swap(cell, view);
	atomic_store_explicit(&cell->looks, 0, memory_order_relaxed);
	atomic_store_explicit(&cell->failed, failed, memory_order_relaxed);
	/* After the swap: whoever acknowledges this generation reads it. */
	atomic_store_explicit(&cell->word, word, memory_order_release);
	return failed ? VIEW_CANNOT : VIEW_NEW;
}

static bool busy_take(struct view_cell *cell)
{
	return !atomic_exchange_explicit(&cell->busy, 1, memory_order_acquire);
}

static void busy_drop(struct view_cell *cell)
{
	atomic_store_explicit(&cell->busy, 0, memory_order_release);
}

enum view_followed view_follow_word(struct view_cell *cell, const struct segment *segment,
				    uint64_t word)
{
	enum view_followed followed = view_failed(cell) ? VIEW_CANNOT : VIEW_SAME;
	int saved = errno, cancel_state;

	if (followed == VIEW_CANNOT && view_generation(cell) == SHM_TOPOLOGY_GENERATION(word) &&
	    atomic_fetch_add_explicit(&cell->looks, 1, memory_order_relaxed) + 1 < VIEW_RETRY_LOOKS)
		return VIEW_CANNOT;
	/* A thread that ended in here would keep all others of the process from following, for ever. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (!busy_take(cell)) {
		pthread_setcancelstate(cancel_state, NULL);
		return followed;
	}
	/* Another thread may have been here since. */
	if (word != atomic_load_explicit(&cell->word, memory_order_relaxed) ||
	    followed == VIEW_CANNOT)
		followed = view_take(cell, segment, word);
	busy_drop(cell);
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
	return followed;
}

/* ---- reclaim ------------------------------------------------------------------------------- */

#ifndef _LGPL_SOURCE
extern int urcu_bp_has_sys_membarrier;
#endif

/* liburcu ends the process when a barrier that worked at its start is refused later, as seccomp does. */
static bool grace_possible(void)
{
	return !urcu_bp_has_sys_membarrier ||
	       syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0) == 0;
}

/* One grace period has passed for these: the old enough, taken out of the list; `left` gets the others. */
static struct view *aged_take(struct view *list, uint32_t keep_age, struct view **left)
{
	struct view *aged = NULL, *next;

	for (*left = NULL; list; list = next) {
		struct view **to =
			atomic_fetch_add_explicit(&list->age, 1, memory_order_relaxed) + 1 >=
					keep_age
				? &aged
				: left;

		next = list->next;
		list->next = *to;
		*to = list;
	}
	return aged;
}

static void retired_add(struct view_cell *cell, struct view *list)
{
	while (list) {
		struct view *next = list->next;

		list->next = atomic_load_explicit(&cell->retired, memory_order_relaxed);
		atomic_store_explicit(&cell->retired, list, memory_order_relaxed);
		list = next;
	}
}

void view_reclaim(struct view_cell *cell, bool alone)
{
	struct view *list, *left;
	int saved = errno;

	if (!atomic_load_explicit(&cell->retired, memory_order_relaxed) ||
	    (!alone && (!cell->guarded || urcu_bp_read_ongoing() || !grace_possible())) ||
	    !busy_take(cell)) {
		errno = saved;
		return;
	}
	list = atomic_exchange_explicit(&cell->retired, NULL, memory_order_relaxed);
	busy_drop(cell);
	if (alone) {
		views_free(list);
	} else {
		/* [V2] Whoever could see one of these has left when it returns. */
		urcu_bp_synchronize_rcu();
		views_free(aged_take(list, cell->keep_age, &left));
		while (left && !busy_take(cell))
			sched_yield();
		if (left) {
			retired_add(cell, left);
			busy_drop(cell);
		}
	}
	errno = saved;
}
