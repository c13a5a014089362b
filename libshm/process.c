/* SPDX-License-Identifier: MIT */
/* process.c - what this process keeps for itself: who it is, its join lock, the swarms that it has mapped. */
#include "process.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>
#include "clock.h"
#include "error.h"
#include "view_fork.h"

struct page {
	_Atomic uint64_t id; /* 0: not filled in yet, as after a fork */
	pthread_mutex_t
		lock; /* all zero is PTHREAD_MUTEX_INITIALIZER on glibc: a wiped lock is a free one */
	struct identity identity;
	struct mapping *mappings;
	uint32_t told_pid; /* by the handlers of fork(), in a child; 0: not */
	bool rcu_proved;   /* a child whose fork handlers ran */
	bool rcu_usable; /* liburcu is in order: nobody read under it before a fork, or that is proved */
};

static _Atomic(struct page *) the_page;

/* Where the kernel cannot wipe (older than 4.14), fork() at least is seen. */
static void wipe_in_child(void)
{
	memset(atomic_load_explicit(&the_page, memory_order_relaxed), 0, sizeof(struct page));
}

/* By the handlers of fork(), in the child: the page is wiped by then. */
static void rcu_prove(void)
{
	atomic_load_explicit(&the_page, memory_order_acquire)->rcu_proved = true;
}

/*
 * The pid namespace that a process has without /proc (chroot): that of the last of its line of forks whose is known, if no step
 * of the line can have left it. This stays in a child.
 */
static struct {
	_Atomic uint64_t pid_space; /* 0: not known */
	_Atomic uint32_t pid;       /* of who was seen last in this line */
} line;

/* In a process whose page is empty. Who has no parent is the first one in a new namespace, or seen from there. One that no handler
 * saw, as after a raw clone, is of the line only if its parent is the one who was seen last. */
static void line_look(void)
{
	uint32_t seen = atomic_load_explicit(&line.pid, memory_order_relaxed);
	uint32_t self = (uint32_t)getpid(), parent = (uint32_t)getppid();

	if (parent == 0 || (self != seen && parent != seen))
		atomic_store_explicit(&line.pid_space, 0, memory_order_relaxed);
	atomic_store_explicit(&line.pid, self, memory_order_relaxed);
}

/* Set once there is an agent that may make no system call, for this process and its children. */
static _Atomic bool quiet;

/*
 * glibc keeps each thread's id, and has the kernel write it anew in a child of fork(). A mutex that knows its owner shows it; the
 * first thread's is the pid. getpid() would say the same, but is a call that a filter may kill the host for.
 */
static uint32_t pid_told(void)
{
	pthread_mutex_t mutex = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
	uint32_t pid;

	if (pthread_mutex_lock(&mutex))
		return 0;
	pid = (uint32_t)mutex.__data.__owner;
	pthread_mutex_unlock(&mutex);
	return pid;
}

/* The handlers of fork(). */
static void line_before_fork(void)
{
	struct page *page = atomic_load_explicit(&the_page, memory_order_acquire);

	if (atomic_load_explicit(&quiet, memory_order_relaxed))
		return;
	if (!page || atomic_load_explicit(&page->id, memory_order_relaxed) == 0)
		line_look();
}

static void line_in_child(void)
{
	const bool silent = atomic_load_explicit(&quiet, memory_order_relaxed);
	const uint32_t pid = silent ? pid_told() : (uint32_t)getpid();

	/* The first process of a new namespace has no parent there. */
	if (silent ? pid == 1 : getppid() == 0)
		atomic_store_explicit(&line.pid_space, 0, memory_order_relaxed);
	atomic_store_explicit(&line.pid, pid, memory_order_relaxed);
}

/* Fill in what /proc did not say. */
static void line_inherit(struct identity *identity)
{
	line_look();
	if (identity->pid_space)
		atomic_store_explicit(&line.pid_space, identity->pid_space, memory_order_relaxed);
	else
		identity->pid_space = atomic_load_explicit(&line.pid_space, memory_order_relaxed);
}

static struct page *page_make(void)
{
	struct page *none = NULL, *page;

	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (page == MAP_FAILED)
		return NULL;
	if (madvise(page, sizeof(*page), MADV_WIPEONFORK) < 0)
		pthread_atfork(NULL, NULL, wipe_in_child);
	view_fork_tell(rcu_prove);
	pthread_atfork(line_before_fork, NULL, line_in_child);
	/* [P1] release: the page is zero. A loser of the race uses the winner's. */
	if (atomic_compare_exchange_strong_explicit(&the_page, &none, page, memory_order_acq_rel,
						    memory_order_acquire))
		return page;
	munmap(page, sizeof(*page));
	return none;
}

static struct page *page_get(void)
{
	struct page *page = atomic_load_explicit(&the_page, memory_order_acquire);

	return page ? page : page_make();
}

/* Fill the page of a new process. Several threads may do it at once: one id wins, under the lock. */
static void page_fill(struct page *page)
{
	uint64_t id = 0;

	pthread_mutex_lock(&page->lock);
	if (atomic_load_explicit(&page->id, memory_order_relaxed) == 0) {
		while (id == 0)
			if (getrandom(&id, sizeof(id), GRND_NONBLOCK) != (ssize_t)sizeof(id))
				id = (uint64_t)clock_wall_ns() ^ (uint64_t)getpid() << 42;
		identity_read(&page->identity);
		line_inherit(&page->identity);
		page->rcu_usable = page->rcu_proved || !view_fork_prepared();
		/* [P2] release: the identity is there. Pairs with the acquire in process_id(). */
		atomic_store_explicit(&page->id, id, memory_order_release);
	}
	pthread_mutex_unlock(&page->lock);
}

static void child_tell(void)
{
	struct page *page = atomic_load_explicit(&the_page, memory_order_relaxed);

	if (page)
		page->told_pid = pid_told();
}

static void child_tell_register(void)
{
	pthread_atfork(NULL, NULL, child_tell);
}

void process_watch_forks(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	atomic_store_explicit(&quiet, true, memory_order_relaxed);
	pthread_once(&once, child_tell_register);
}

bool process_adopt(const struct identity *parent)
{
	struct page *page = atomic_load_explicit(&the_page, memory_order_acquire);

	if (!page)
		return false;
	if (atomic_load_explicit(&page->id, memory_order_acquire))
		return true;
	if (!page->told_pid || pthread_mutex_trylock(&page->lock))
		return false;
	if (atomic_load_explicit(&page->id, memory_order_relaxed) == 0) {
		page->identity = *parent;
		page->identity.pid = page->told_pid;
		page->identity.start_ticks = 0;
		if (page->told_pid == 1) /* the first of a new pid namespace */
			page->identity.pid_space = 0;
		page->rcu_usable = page->rcu_proved || !view_fork_prepared();
		/* [P2] release: as in page_fill(). */
		atomic_store_explicit(
			&page->id, (uint64_t)clock_wall_ns() ^ (uint64_t)page->told_pid << 42 ^ 1,
			memory_order_release);
	}
	pthread_mutex_unlock(&page->lock);
	return true;
}

uint64_t process_id(void)
{
	struct page *page = page_get();

	if (!page)
		return 0;
	if (atomic_load_explicit(&page->id, memory_order_acquire) == 0)
		page_fill(page);
	return atomic_load_explicit(&page->id, memory_order_relaxed);
}

bool process_is(uint64_t id)
{
	struct page *page = atomic_load_explicit(&the_page, memory_order_acquire);

	return page && atomic_load_explicit(&page->id, memory_order_relaxed) == id;
}

const struct identity *process_identity(void)
{
	return &page_get()->identity;
}

void process_lock(void)
{
	process_id();
	pthread_mutex_lock(&page_get()->lock);
}

bool process_trylock(void)
{
	return process_id() && pthread_mutex_trylock(&page_get()->lock) == 0;
}

void process_unlock(void)
{
	pthread_mutex_unlock(&page_get()->lock);
}

/* The objects are the same by whichever path they were opened: what a process holds there is known in one place. */
static struct mapping *mapping_find(const struct page *page, const struct segment *segment)
{
	struct mapping *known = page->mappings;

	while (known &&
	       (known->segment.creation_id != segment->creation_id ||
		known->segment.inode != segment->inode || known->segment.device != segment->device))
		known = known->next;
	return known;
}

struct mapping *mapping_get(const struct segment_place *place, const struct segment_trust *trust,
			    int64_t deadline_ns, enum entrain_code *code,
			    struct entrain_error *error)
{
	struct page *page = page_get();
	struct mapping *mapping, *known;

	for (mapping = page->mappings; mapping; mapping = mapping->next)
		if (strcmp(mapping->segment.place.control, place->control) == 0 &&
		    segment_current(&mapping->segment)) {
			mapping->users++;
			return mapping;
		}
	mapping = calloc(1, sizeof(*mapping));
	if (!mapping) {
		*code = error_set(error, ENTRAIN_LIMIT, 0, "join swarm", place->control,
				  "out of memory");
		return NULL;
	}
	*code = segment_open(place, SEGMENT_JOIN, trust, deadline_ns, &mapping->segment, error);
	if (*code) {
		free(mapping);
		return NULL;
	}
	known = mapping_find(page, &mapping->segment);
	if (known) {
		segment_close(&mapping->segment);
		free(mapping);
		known->users++;
		return known;
	}
	view_open(&mapping->view, page->rcu_usable);
	view_follow(&mapping->view, &mapping->segment);
	mapping->users = 1;
	mapping->process = process_id();
	mapping->next = page->mappings;
	page->mappings = mapping;
	return mapping;
}

void mapping_reclaim(struct mapping *mapping, bool may_wait)
{
	bool alone = mapping->users == 1;

	if (alone || may_wait)
		view_reclaim(&mapping->view, alone);
}

/* In a child, the uses are those of inherited handles, until each is adopted or forgotten. */
static void mapping_claim(struct mapping *mapping)
{
	uint64_t id = process_id();

	if (mapping->process == id)
		return;
	mapping->inherited += mapping->users;
	mapping->users = 0;
	mapping->process = id;
}

/* Give it up with its last use. */
static void mapping_tidy(struct page *page, struct mapping *mapping)
{
	struct mapping **link = &page->mappings;

	if (mapping->users > 0 || mapping->inherited > 0)
		return;
	while (*link && *link != mapping)
		link = &(*link)->next;
	if (*link)
		*link = mapping->next;
	else /* never adopted: what the parent had retired is left alone */
		view_inherit(&mapping->view, page->rcu_usable);
	view_close(&mapping->view);
	segment_close(&mapping->segment);
	free(mapping);
}

void mapping_put(struct mapping *mapping)
{
	mapping->users--;
	mapping_tidy(page_get(), mapping);
}

void mapping_forget(struct mapping *mapping)
{
	mapping_claim(mapping);
	if (mapping->inherited > 0)
		mapping->inherited--;
	mapping_tidy(page_get(), mapping);
}

void mapping_adopt(struct mapping **use)
{
	struct page *page = page_get();
	struct mapping *mapping = *use, *known = mapping_find(page, &mapping->segment);

	mapping_claim(mapping);
	if (!known) {
		known = mapping;
		view_inherit(&known->view, page->rcu_usable);
		known->next = page->mappings;
		page->mappings = known;
	}
	known->users++;
	*use = known;
	/* A child that another thread forks at this moment finds nothing freed that it is to use. */
	atomic_signal_fence(memory_order_seq_cst);
	mapping_forget(mapping);
}
