/* SPDX-License-Identifier: MIT */
/* segment_create.c - create and remove the shared objects of a swarm, so that a death half-way harms nobody. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "clock.h"
#include "error.h"
#include "liveness.h"
#include "lock.h"
#include "mark.h"
#include "object.h"
#include "segment.h"
#include "topology.h"

#define WHAT "create swarm"
#define REMOVE "remove swarm"
#define PATIENCE_NS INT64_C(2000000000)

/* The name is still that of the object whose lock we hold. Else it was taken from us, and is no more ours to change. */
static enum entrain_code name_check(const struct segment_place *place, int fd, const char *what,
				    struct entrain_error *error)
{
	if (object_still_named(fd, place->control))
		return ENTRAIN_OK;
	return error_set(error, ENTRAIN_NO_SWARM, 0, what, place->control,
			 "somebody else has removed it in the meantime");
}

/* With the lock on `fd`. */
static enum entrain_code unlink_all(const struct segment_place *place, int fd,
				    struct entrain_error *error)
{
	enum entrain_code code = name_check(place, fd, REMOVE, error);

	if (code)
		return code;
	/* Control last: as long as it stands, nobody else creates. */
	if (unlink(place->agents) < 0 && errno != ENOENT)
		return error_system(error, errno, REMOVE, place->agents);
	MARK();
	code = segment_topologies_clear(place, 1, 0, NULL, error);
	if (!code)
		code = name_check(place, fd, REMOVE, error);
	if (code)
		return code;
	if (unlink(place->control) < 0 && errno != ENOENT)
		return error_system(error, errno, REMOVE, place->control);
	MARK();
	return ENTRAIN_OK;
}

/* Somebody has the lock: who? */
static enum entrain_code held_error(int fd, const char *what, const char *path,
				    struct entrain_error *error)
{
	uint32_t pid = error ? lock_holder(fd) : 0;

	if (pid)
		return error_set(error, ENTRAIN_NOT_READY, 0, what, path,
				 "process %u is creating, changing or removing it", pid);
	return error_set(error, ENTRAIN_NOT_READY, 0, what, path,
			 "somebody is creating, changing or removing it");
}

/* A creator needs milliseconds; another user's, who has kept it that long, may never end. */
static enum entrain_code squatted_error(int fd, const struct stat *status, const char *path,
					struct entrain_error *error)
{
	uint32_t pid = error ? lock_holder(fd) : 0;
	char process[32] = "somebody";

	if (pid)
		snprintf(process, sizeof(process), "process %u", pid);
	return error_set(error, ENTRAIN_FOREIGN, 0, WHAT, path,
			 "it belongs to user %u, and %s keeps it locked; "
			 "root removes it with entrainctl rm",
			 (unsigned)status->st_uid, process);
}

/* Is it complete, or no swarm's at all? ENTRAIN_OK: neither; it is half-made or half-removed, or was so when we looked. */
static enum entrain_code whole_check(const struct segment_place *place, int fd,
				     struct entrain_error *error)
{
	struct shm_control copy;
	uint64_t magic;

	memset(&copy, 0, sizeof(copy));
	if (pread(fd, &copy, sizeof(copy), 0) < 0)
		return error_system(error, errno, WHAT, place->control);
	magic = atomic_load_explicit(&copy.header.magic, memory_order_relaxed);
	if (magic != 0 && magic != SHM_CONTROL_MAGIC)
		return error_set(error, ENTRAIN_FOREIGN, 0, WHAT, place->control, NULL);
	if (magic != 0 && !atomic_load_explicit(&copy.settings.removed, memory_order_relaxed))
		return error_set(error, ENTRAIN_EXISTS, 0, WHAT, place->control, NULL);
	return ENTRAIN_OK;
}

/* Ours to take over: locked, and left half-made or half-removed? Then it goes. */
static enum entrain_code left_remove(const struct segment_place *place, int fd,
				     struct entrain_error *error)
{
	enum entrain_code code;

	if (!object_still_named(fd, place->control))
		return ENTRAIN_OK;
	code = whole_check(place, fd, error);
	if (code)
		return code;
	if (!object_may_remove(place->agents, WHAT, error))
		return ENTRAIN_FOREIGN;
	return unlink_all(place, fd, error);
}

/* Somebody has the lock. */
static enum entrain_code busy_check(const struct segment_place *place, int fd, bool last,
				    struct entrain_error *error)
{
	enum entrain_code code = ENTRAIN_OK;
	struct stat status;

	/* He may be changing a swarm that there is: that answers us already. */
	if (object_still_named(fd, place->control))
		code = whole_check(place, fd, error);
	if (code)
		return code;
	if (!last)
		return ENTRAIN_NOT_READY;
	if (fstat(fd, &status) == 0 && status.st_uid != geteuid())
		return squatted_error(fd, &status, place->control, error);
	return held_error(fd, WHAT, place->control, error);
}

/*
 * Something stands under the name. ENTRAIN_OK: it was left half-made or half-removed and is gone now; EXISTS: a
 * complete swarm; NOT_READY: somebody is at work on it. `last`: nobody waits for him any longer.
 */
static enum entrain_code take_over(const struct segment_place *place, bool last,
				   struct entrain_error *error)
{
	struct lock lock;
	enum entrain_code code;
	struct stat status;
	int fd = open(place->control, O_RDWR | OBJECT_OPEN_FLAGS);

	if (fd < 0 && (errno == EACCES || errno == ELOOP || errno == EISDIR) &&
	    lstat(place->control, &status) == 0)
		return object_not_ours(&status, ENTRAIN_EXISTS, place->control, WHAT, error);
	if (fd < 0)
		return errno == ENOENT ? ENTRAIN_OK
				       : error_system(error, errno, WHAT, place->control);
	if (fstat(fd, &status) < 0)
		code = error_system(error, errno, WHAT, place->control);
	else if (!S_ISREG(status.st_mode) || (status.st_uid != geteuid() && geteuid() != 0))
		code = object_not_ours(&status, ENTRAIN_EXISTS, place->control, WHAT, error);
	else if (lock_take(&lock, fd)) {
		MARK();
		code = left_remove(place, fd, error);
		lock_drop(&lock);
	} else {
		code = busy_check(place, fd, last, error);
	}
	close(fd);
	return code;
}

/* What is to be made, worked out before anything is. */
struct plan {
	const struct entrain_settings *settings;
	struct topology_spec topology;
	struct topology_graph graph; /* of no node: full, which has no object */
	struct shm_header header;
};

/* What the objects say of themselves; all of it is known before anything is made. */
static enum entrain_code header_fill(struct shm_header *header,
				     const struct entrain_settings *settings,
				     struct entrain_error *error)
{
	int failed = clock_offset_read(&header->clock_offset_ns);

	if (failed)
		return error_system(error, -failed, WHAT, "/proc/self/timens_offsets");
	while (header->creation_id == 0)
		if (getrandom(&header->creation_id, sizeof(header->creation_id), 0) < 0)
			header->creation_id = (uint64_t)clock_wall_ns() ^ (uint64_t)getpid() << 40;
	header->abi_major = SHM_ABI_MAJOR;
	header->abi_minor = SHM_ABI_MINOR;
	boot_id_read(header->boot_id);
	header->header_size = sizeof(*header);
	header->slot_size = SHM_SLOT_SIZE;
	header->slots_offset = SHM_AGENTS_OFFSET;
	header->created_ns = (uint64_t)clock_wall_ns();
	header->creator_pid = (uint32_t)getpid();
	header->access = settings->access;
	header->uid = settings->uid == ENTRAIN_SAME ? geteuid() : settings->uid;
	header->gid = settings->gid == ENTRAIN_SAME ? getegid() : settings->gid;
	return ENTRAIN_OK;
}

#define STORE(field, value) \
	atomic_store_explicit(&control->settings.field, value, memory_order_relaxed)

static void settings_fill(struct shm_control *control, const struct plan *plan)
{
	const struct entrain_settings *settings = plan->settings;

	STORE(mode, settings->mode);
	STORE(goal, settings->goal);
	STORE(kind, settings->kind);
	STORE(capacity, settings->capacity);
	STORE(period_ns, settings->period_ns);
	STORE(band_ppm, settings->band_ppm);
	STORE(target_ppm, settings->target_ppm);
	STORE(max_delay_ns, settings->max_delay_ns);
	STORE(max_delay_ppm, settings->max_delay_ppm);
	STORE(topology, topology_word(1, plan->topology.kind));
	STORE(changes, 1);
}

/* Fill a prepared object and publish its magic. */
static enum entrain_code object_publish(int fd, const char *path, size_t size, uint64_t magic,
					const struct plan *plan, struct entrain_error *error)
{
	const struct shm_header *header = &plan->header;
	const size_t past_magic = sizeof(header->magic);
	struct shm_header *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (shared == MAP_FAILED)
		return error_system(error, errno, WHAT, path);
	MARK();
	memcpy((char *)shared + past_magic, (const char *)header + past_magic,
	       sizeof(*header) - past_magic);
	MARK();
	if (magic == SHM_CONTROL_MAGIC)
		settings_fill((struct shm_control *)shared, plan);
	MARK();
	/* [L1] release: the object is complete. Readers pread magic before the rest. Killed before it: half-made, and
	 * the lock says so. */
	atomic_store_explicit(&shared->magic, magic, memory_order_release);
	MARK();
	munmap(shared, size);
	return ENTRAIN_OK;
}

static struct object_owner owner_of(const struct entrain_settings *settings, mode_t mode)
{
	return (struct object_owner){
		.mode = mode,
		.uid = settings->uid == ENTRAIN_SAME ? (uid_t)-1 : (uid_t)settings->uid,
		.gid = settings->gid == ENTRAIN_SAME ? (gid_t)-1 : (gid_t)settings->gid
	};
}

static enum entrain_code agents_create(const struct segment_place *place, const struct plan *plan,
				       struct entrain_error *error)
{
	const struct object_owner owner = owner_of(plan->settings, plan->settings->access);
	int fd;
	enum entrain_code code = object_create(place->agents, WHAT, &fd, error);

	if (code)
		return code;
	code = object_prepare(fd, place->agents, WHAT, &owner,
			      SHM_AGENTS_SIZE(plan->settings->capacity), error);
	if (!code)
		code = object_publish(fd, place->agents, sizeof(struct shm_agents),
				      SHM_AGENTS_MAGIC, plan, error);
	close(fd);
	return code;
}

/* The name is ours and locked: make all objects, or leave nothing. */
static enum entrain_code create_locked(const struct segment_place *place, int fd, struct plan *plan,
				       struct entrain_error *error)
{
	const struct object_owner owner = owner_of(plan->settings, plan->settings->access & ~022u);
	char topology[SEGMENT_TOPOLOGY_PATH];
	enum entrain_code code = header_fill(&plan->header, plan->settings, error);

	if (!code)
		code = object_prepare(fd, place->control, WHAT, &owner, SHM_CONTROL_SIZE, error);
	if (!code)
		code = name_check(place, fd, WHAT, error);
	if (!code)
		code = agents_create(place, plan, error);
	if (!code && plan->graph.nodes)
		code = segment_topology_create(place, &owner, plan->header.creation_id, 1,
					       &plan->topology, &plan->graph, error);
	if (!code)
		code = name_check(place, fd, WHAT, error);
	if (!code)
		code = object_publish(fd, place->control, SHM_CONTROL_SIZE, SHM_CONTROL_MAGIC, plan,
				      error);
	if (code && object_still_named(fd, place->control)) {
		segment_topology_path(place, 1, topology);
		if (plan->graph.nodes && object_may_remove(topology, WHAT, NULL))
			unlink(topology);
		unlink(place->agents);
		unlink(place->control);
	}
	return code;
}

static enum entrain_code plan_make(const struct segment_place *place,
				   const struct entrain_settings *settings, struct plan *plan,
				   struct entrain_error *error)
{
	const struct topology_extent extent = { .nodes = settings->capacity,
						.capacity = settings->capacity,
						.seed = 1 };
	enum entrain_code code;

	memset(plan, 0, sizeof(*plan));
	plan->settings = settings;
	code = object_limit_check(place->agents, WHAT, SHM_AGENTS_SIZE(settings->capacity), error);
	if (!code)
		code = topology_parse("topology", settings->topology, &plan->topology, error);
	if (!code && plan->topology.kind != TOPOLOGY_FULL)
		code = topology_build(&plan->topology, &extent, &plan->graph, error);
	return code;
}

/* Take the name, then make what is planned. */
static enum entrain_code create_planned(const struct segment_place *place, struct plan *plan,
					struct entrain_error *error)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int64_t deadline_ns = clock_now_ns() + PATIENCE_NS;
	enum entrain_code code = ENTRAIN_OK;

	while (!code) {
		int fd = open(place->control, O_CREAT | O_EXCL | O_RDWR | OBJECT_OPEN_FLAGS, 0600);
		struct lock lock;

		MARK();
		if (fd < 0 && errno == EEXIST) {
			bool last = clock_now_ns() >= deadline_ns;

			code = take_over(place, last, error);
			if (code == ENTRAIN_NOT_READY && !last) {
				code = ENTRAIN_OK;
				nanosleep(&pause, NULL);
			}
			continue;
		}
		if (fd < 0)
			return errno == ENOENT ? error_set(error, ENTRAIN_SYSTEM, ENOENT, WHAT,
							   place->dir, "there is no such directory")
					       : error_system(error, errno, WHAT, place->control);
		/* Between the creation and this lock somebody may have thought us dead: then the name is theirs. */
		if (lock_take(&lock, fd) && object_still_named(fd, place->control)) {
			MARK();
			code = create_locked(place, fd, plan, error);
			object_unlock_close(&lock, fd);
			return code;
		}
		object_unlock_close(&lock, fd);
	}
	return code;
}

enum entrain_code segment_create(const struct segment_place *place,
				 const struct entrain_settings *settings,
				 struct entrain_error *error)
{
	struct plan plan;
	enum entrain_code code = plan_make(place, settings, &plan, error);

	if (!code)
		code = create_planned(place, &plan, error);
	topology_graph_free(&plan.graph);
	return code;
}

bool segment_left_over(const struct segment_place *place)
{
	struct stat status;

	return lstat(place->agents, &status) == 0 || segment_topologies_count(place, 1, 0) > 0;
}

enum entrain_code segment_sweep(const struct segment_place *place, struct entrain_error *error)
{
	struct lock lock;
	enum entrain_code code = object_remove_check(place->agents, REMOVE, error);
	int fd;

	if (code)
		return code;
	/* Take the name first, as a creator does: then nobody else makes a swarm of what we remove. */
	fd = open(place->control, O_CREAT | O_EXCL | O_RDWR | OBJECT_OPEN_FLAGS, 0600);
	if (fd < 0 && errno == EEXIST)
		return error_set(error, ENTRAIN_NO_SWARM, 0, REMOVE, place->control,
				 "it was removed, and somebody creates it anew");
	if (fd < 0)
		return error_system(error, errno, REMOVE, place->control);
	code = lock_take(&lock, fd) ? unlink_all(place, fd, error)
				    : held_error(fd, REMOVE, place->control, error);
	object_unlock_close(&lock, fd);
	return code;
}

/* Agents see it and leave. Killed from here on: the next creator or remover finishes. */
static void removed_tell(int fd)
{
	struct shm_control *control;
	struct stat status;

	if (fstat(fd, &status) < 0 || status.st_size < (off_t)SHM_CONTROL_SIZE)
		return;
	control = mmap(NULL, SHM_CONTROL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (control == MAP_FAILED)
		return;
	/* Only in what is a swarm's. */
	if (atomic_load_explicit(&control->header.magic, memory_order_acquire) == SHM_CONTROL_MAGIC)
		atomic_store_explicit(&control->settings.removed, 1, memory_order_release);
	munmap(control, SHM_CONTROL_SIZE);
}

/* The lock to remove with. Another user cannot keep root from removing what is his, nor anybody who cannot be proven alive his own:
 * after a while it goes without. */
static enum entrain_code remove_lock(struct lock *lock, int fd, const char *path,
				     struct entrain_error *error)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int64_t deadline_ns = clock_now_ns() + PATIENCE_NS;
	struct stat status;
	bool foreign = geteuid() == 0 && fstat(fd, &status) == 0 && status.st_uid != 0;

	while (!lock_take(lock, fd)) {
		if (!foreign && !lock_unproven(fd))
			return held_error(fd, REMOVE, path, error);
		if (clock_now_ns() >= deadline_ns)
			break;
		nanosleep(&pause, NULL);
	}
	return ENTRAIN_OK;
}

enum entrain_code segment_remove(const struct segment_place *place, struct entrain_error *error)
{
	enum entrain_code code = object_remove_check(place->control, REMOVE, error);
	struct lock lock;
	int fd;

	if (!code)
		code = object_remove_check(place->agents, REMOVE, error);
	if (code)
		return code;
	fd = open(place->control, O_RDWR | OBJECT_OPEN_FLAGS);
	if (fd < 0)
		return error_system(error, errno, REMOVE, place->control);
	code = remove_lock(&lock, fd, place->control, error);
	if (!code) {
		MARK();
		code = name_check(place, fd, REMOVE, error);
	}
	if (!code) {
		removed_tell(fd);
		code = unlink_all(place, fd, error);
	}
	object_unlock_close(&lock, fd);
	return code;
}
