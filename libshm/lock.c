/* SPDX-License-Identifier: MIT */
/* lock.c - the lock of creators, administrators and removers on the control object. */
#include "lock.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "layout.h"
#include "liveness.h"
#include "mark.h"

#define TRIES 16

/* The word: pid (22), start time (26, in ticks), pid namespace (16, of its inode). */
#define START_BITS 26
#define SPACE_BITS 16

static bool lock_call(int fd, int call, short type, struct flock *lock)
{
	*lock = (struct flock){ .l_type = type, .l_whence = SEEK_SET };
	return fcntl(fd, call, lock) == 0;
}

static bool kernel_held(int fd)
{
	struct flock lock;

	/* Where it cannot be asked, somebody may be at work. */
	return !lock_call(fd, F_OFD_GETLK, F_WRLCK, &lock) || lock.l_type == F_WRLCK;
}

static void kernel_drop(int fd)
{
	struct flock lock;

	lock_call(fd, F_OFD_SETLK, F_UNLCK, &lock);
}

static uint64_t word_make(const struct identity *self)
{
	return (uint64_t)self->pid << (START_BITS + SPACE_BITS) |
	       (self->start_ticks & ((UINT64_C(1) << START_BITS) - 1)) << SPACE_BITS |
	       (self->pid_space & ((UINT64_C(1) << SPACE_BITS) - 1));
}

static uint32_t word_pid(uint64_t word)
{
	return (uint32_t)(word >> (START_BITS + SPACE_BITS));
}

/* What can be said of the one whom the word names? */
static enum liveness word_probe(uint64_t word, const struct identity *self)
{
	struct identity other = { .pid = word_pid(word), .pid_space = self->pid_space };
	uint64_t start_ticks = liveness_start(self, other.pid);

	if ((word ^ self->pid_space) & ((UINT64_C(1) << SPACE_BITS) - 1))
		return LIVENESS_UNKNOWN;
	/* The start time nearest to that of who has the pid now; the same, if it is he. */
	if (start_ticks)
		other.start_ticks =
			start_ticks + (uint64_t)((int64_t)(((word >> SPACE_BITS) - start_ticks)
							   << (64 - START_BITS)) >>
						 (64 - START_BITS));
	return liveness_probe(self, &other);
}

/* Is it a swarm's, or becoming one? What stands in any other file is no word of ours. */
static bool magic_is_ours(uint64_t magic)
{
	return magic == 0 || magic == SHM_CONTROL_MAGIC;
}

static bool read_at(int fd, uint64_t *to, off_t offset)
{
	return pread(fd, to, sizeof(*to), offset) == sizeof(*to);
}

/* For a look: the word, or 0 where there is none. */
static uint64_t word_read(int fd)
{
	uint64_t magic, word;

	return read_at(fd, &magic, 0) && magic_is_ours(magic) &&
			       read_at(fd, &word, offsetof(struct shm_control, holder))
		       ? word
		       : 0;
}

/* An empty object, which its creator left, is made long enough for the word. A limit would be a signal: look first. */
static bool control_grow(int fd)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur >= SHM_CONTROL_SIZE &&
	       posix_fallocate(fd, 0, SHM_CONTROL_SIZE) == 0;
}

/* The control object with its word; NULL: it has none. */
static struct shm_control *control_map(int fd)
{
	struct shm_control *control;
	struct stat status;

	if (fstat(fd, &status) < 0)
		return NULL;
	if (status.st_size < (off_t)SHM_CONTROL_SIZE &&
	    !(status.st_size == 0 && status.st_uid == geteuid() && control_grow(fd)))
		return NULL;
	control = mmap(NULL, SHM_CONTROL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (control == MAP_FAILED)
		return NULL;
	if (magic_is_ours(atomic_load_explicit(&control->header.magic, memory_order_relaxed)))
		return control;
	munmap(control, SHM_CONTROL_SIZE);
	return NULL;
}

static bool word_change(struct shm_control *control, uint64_t from, uint64_t to)
{
	/* [L5] seq_cst: the word is there before we look at the lock. [L6] release: what was done under the lock is there for
	 * whoever takes it next. */
	return atomic_compare_exchange_strong_explicit(&control->holder, &from, to,
						       memory_order_seq_cst, memory_order_relaxed);
}

/* Is it nobody's, or that of somebody dead? Then it is nobody's now. */
static bool word_clear(struct shm_control *control, const struct identity *self)
{
	uint64_t found = atomic_load_explicit(&control->holder, memory_order_acquire);

	return found == 0 ||
	       (word_probe(found, self) == LIVENESS_DEAD && word_change(control, found, 0));
}

/* The kernel's lock is ours: but does somebody hold it by the word? */
static bool word_is_free(int fd)
{
	struct shm_control *control;
	struct identity self;
	bool is_free;

	/* [L5] seq_cst: our lock is there before we look at the word. Pairs with [L5] in word_change(): of one who takes the
	 * lock and one who takes the word, at least one sees the other. */
	atomic_thread_fence(memory_order_seq_cst);
	if (!word_read(fd))
		return true;
	control = control_map(fd);
	if (!control)
		return false;
	identity_read(&self);
	is_free = word_clear(control, &self);
	munmap(control, SHM_CONTROL_SIZE);
	return is_free;
}

/* Somebody holds a read lock. */
static bool word_take(struct lock *lock, int fd)
{
	struct shm_control *control = control_map(fd);
	struct identity self;
	bool taken;

	/* No object of a swarm, and no room to make it one: there is nothing here to be kept from each other. */
	if (!control)
		return true;
	identity_read(&self);
	lock->word = word_make(&self);
	taken = word_clear(control, &self) && word_change(control, 0, lock->word);
	MARK();
	atomic_thread_fence(memory_order_seq_cst);
	if (taken && kernel_held(fd)) {
		word_change(control, lock->word, 0);
		taken = false;
	}
	munmap(control, SHM_CONTROL_SIZE);
	lock->by_word = taken;
	return taken;
}

static bool lock_take_once(struct lock *lock, int fd, bool *again)
{
	struct flock other;

	*again = false;
	if (lock_call(fd, F_OFD_SETLK, F_WRLCK, &other)) {
		if (word_is_free(fd))
			return true;
		kernel_drop(fd);
		return false;
	}
	if (!lock_call(fd, F_OFD_GETLK, F_WRLCK, &other) || other.l_type == F_WRLCK)
		return false;
	*again = other.l_type != F_RDLCK; /* it was dropped in between */
	return !*again && word_take(lock, fd);
}

bool lock_take(struct lock *lock, int fd)
{
	bool taken = false, again = true;

	*lock = (struct lock){ .fd = -1 };
	for (int tries = 0; tries < TRIES && again; tries++)
		taken = lock_take_once(lock, fd, &again);
	if (taken)
		lock->fd = fd;
	return taken;
}

static void word_drop(const struct lock *lock)
{
	struct shm_control *control = control_map(lock->fd);

	if (!control)
		return;
	word_change(control, lock->word, 0);
	munmap(control, SHM_CONTROL_SIZE);
}

void lock_drop(struct lock *lock)
{
	if (lock->fd < 0)
		return;
	if (lock->by_word)
		word_drop(lock);
	else
		kernel_drop(lock->fd);
	lock->fd = -1;
}

bool lock_held(int fd)
{
	struct identity self;
	uint64_t word;

	if (kernel_held(fd))
		return true;
	word = word_read(fd);
	if (!word)
		return false;
	identity_read(&self);
	return word_probe(word, &self) != LIVENESS_DEAD;
}

bool lock_unproven(int fd)
{
	struct identity self;
	uint64_t word = kernel_held(fd) ? 0 : word_read(fd);

	if (!word)
		return false;
	identity_read(&self);
	return word_probe(word, &self) == LIVENESS_UNKNOWN;
}

uint32_t lock_holder(int fd)
{
	struct flock lock;

	if (!lock_call(fd, F_OFD_GETLK, F_WRLCK, &lock) || lock.l_type != F_WRLCK)
		return word_pid(word_read(fd));
	/* Of a lock of the older kind, the kernel itself says it. */
	return lock.l_pid > 0 ? (uint32_t)lock.l_pid : lock_search(fd);
}
