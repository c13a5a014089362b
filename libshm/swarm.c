/* SPDX-License-Identifier: MIT */
/* swarm.c - swarms for administrators: create, open, change, reap, remove, list. */
#include "swarm.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "clock.h"
#include "config.h"
#include "error.h"
#include "object.h"
#include "settings.h"

#define PATIENCE_NS INT64_C(1000000000)

int entrain_create(const char *dir, const char *name, const struct entrain_settings *settings,
		   struct entrain_error *error)
{
	struct entrain_settings defaults;
	struct segment_place place;
	int saved = errno;
	enum entrain_code code = segment_place_init(&place, dir, name, error);

	entrain_settings_init(&defaults);
	if (!settings)
		settings = &defaults;
	if (!code)
		code = (enum entrain_code)entrain_settings_check(settings, error);
	if (!code)
		code = segment_create(&place, settings, error);
	if (!code)
		error_clear(error);
	errno = saved;
	return (int)code;
}

/* Whom does one who looks wait for? */
static void creator_tell(const struct segment_place *place, struct entrain_error *error)
{
	int fd = open(place->control, O_RDONLY | OBJECT_OPEN_FLAGS);
	uint32_t pid = fd < 0 ? 0 : lock_holder(fd);

	if (fd >= 0)
		close(fd);
	if (pid)
		error_set(error, ENTRAIN_NOT_READY, 0, "open swarm", place->control,
			  "process %u is creating it, and not ready yet", pid);
}

struct entrain_swarm *entrain_open(const char *dir, const char *name, unsigned flags,
				   struct entrain_error *error)
{
	/* Looking never believes what it reads: root may look at anybody's, and change it. */
	struct segment_trust trust = { .any_owner = geteuid() == 0 || !(flags & ENTRAIN_ADMIN) };
	struct entrain_swarm *swarm = calloc(1, sizeof(*swarm));
	struct segment_place place;
	int saved = errno;
	enum entrain_code code;

	if (!swarm) {
		error_set(error, ENTRAIN_LIMIT, ENOMEM, "open swarm", name, NULL);
		return NULL;
	}
	swarm->admin = flags & ENTRAIN_ADMIN;
	code = segment_place_init(&place, dir, name, error);
	if (!code)
		code = segment_open(&place, swarm->admin ? SEGMENT_ADMIN : SEGMENT_LOOK, &trust,
				    clock_now_ns() + PATIENCE_NS, &swarm->segment, error);
	if (code == ENTRAIN_NOT_READY && error)
		creator_tell(&place, error);
	if (code) {
		free(swarm);
		swarm = NULL;
	} else {
		error_clear(error);
		identity_read(&swarm->self);
	}
	errno = saved;
	return swarm;
}

void entrain_close(struct entrain_swarm *swarm)
{
	int saved = errno;

	if (swarm)
		segment_close(&swarm->segment);
	free(swarm);
	errno = saved;
}

enum entrain_code swarm_admin_check(const struct entrain_swarm *swarm, const char *what,
				    struct entrain_error *error)
{
	if (swarm && swarm->admin)
		return ENTRAIN_OK;
	return error_set(error, ENTRAIN_USAGE, 0, what, swarm ? swarm->segment.place.name : "swarm",
			 "the handle was not opened with ENTRAIN_ADMIN");
}

enum entrain_code swarm_admin_lock(struct entrain_swarm *swarm, const char *what,
				   struct entrain_error *error)
{
	const int fd = swarm->segment.control_fd;
	uint32_t pid;

	if (lock_take(&swarm->lock, fd))
		return ENTRAIN_OK;
	pid = error ? lock_holder(fd) : 0;
	if (pid && lock_unproven(fd))
		return error_set(error, ENTRAIN_NOT_READY, 0, what, swarm->segment.place.control,
				 "process %u of another pid namespace is changing it; if there is "
				 "none, remove the swarm and create it anew",
				 pid);
	if (pid)
		return error_set(error, ENTRAIN_NOT_READY, 0, what, swarm->segment.place.control,
				 "another administrator (process %u) is changing it right now",
				 pid);
	return error_set(error, ENTRAIN_NOT_READY, 0, what, swarm->segment.place.control,
			 "another administrator is changing it right now");
}

#define STORE(field, value) atomic_store_explicit(&shared->field, value, memory_order_relaxed)

int entrain_set(struct entrain_swarm *swarm, const struct entrain_settings *settings,
		struct entrain_error *error)
{
	struct shm_settings *shared;
	struct entrain_settings now, wanted = { .size = 0 };
	enum entrain_code code = swarm_admin_check(swarm, "set", error);

	/* The topology is shown in the settings, and changed by entrain_resize(). */
	if (settings && settings->size == sizeof(wanted)) {
		wanted = *settings;
		snprintf(wanted.topology, sizeof(wanted.topology), "full");
	}
	if (!code)
		code = (enum entrain_code)entrain_settings_check(&wanted, error);
	if (!code)
		code = swarm_admin_lock(swarm, "set", error);
	if (code)
		return (int)code;
	shared = &swarm->segment.control->settings;
	code = settings_load(shared, 0, &now);
	if (code)
		error_set(error, code, 0, "set", swarm->segment.place.control, NULL);
	else if (settings->changes && settings->changes != now.changes)
		code = error_set(error, ENTRAIN_NOT_READY, 0, "set", swarm->segment.place.name,
				 "another administrator has changed it in the meantime");
	else if (now.kind != settings->kind || now.capacity != settings->capacity ||
		 now.band_ppm != settings->band_ppm)
		code = error_set(error, ENTRAIN_USAGE, 0, "set", swarm->segment.place.name,
				 "kind and band cannot change while the swarm runs; capacity: "
				 "see entrain_resize()");
	else {
		STORE(period_ns, settings->period_ns);
		STORE(goal, settings->goal);
		STORE(target_ppm, settings->target_ppm);
		STORE(max_delay_ns, settings->max_delay_ns);
		STORE(max_delay_ppm, settings->max_delay_ppm);
		STORE(mode, settings->mode);
		atomic_fetch_add_explicit(&shared->changes, 1, memory_order_relaxed);
	}
	lock_drop(&swarm->lock);
	return (int)code;
}

int entrain_reap(struct entrain_swarm *swarm, uint32_t *released, uint32_t *unproven,
		 struct entrain_error *error)
{
	const struct timespec lease = { .tv_sec = 1 };
	struct undated undated = { 0 };
	struct entrain_settings settings;
	struct roster roster;
	uint32_t ignored = 0;
	enum entrain_code code = swarm_admin_check(swarm, "reap", error);

	if (code)
		return (int)code;
	code = segment_settings(&swarm->segment, &settings);
	if (code)
		return (int)error_set(error, code, 0, "reap", swarm->segment.place.control, NULL);
	roster = (struct roster){ swarm->segment.agents, swarm->segment.slots, settings.capacity };
	released = released ? released : &ignored;
	unproven = unproven ? unproven : &ignored;
	*released = *unproven = 0;
	roster_reap(&roster, &swarm->self, clock_now_ns(), released, unproven);
	*released += roster_reap_undated(&roster, &undated);
	if (undated.count) {
		nanosleep(&lease, NULL);
		*released += roster_reap_undated(&roster, &undated);
	}
	return 0;
}

/* Somebody may be alive in there: any slot whose owner is not proven dead. What cannot be read cannot be called empty,
 * but for what was never finished, or has no control object any more. */
static enum entrain_code empty_check(const char *dir, const char *name, struct entrain_error *error)
{
	struct entrain_error why = { 0 };
	struct entrain_swarm *swarm = entrain_open(dir, name, ENTRAIN_READ, &why);
	enum entrain_code code = why.code;
	uint32_t living = 0;

	if (swarm)
		code = swarm_count_living(swarm, &living, &why);
	entrain_close(swarm);
	if (code == ENTRAIN_HALF_MADE || code == ENTRAIN_NO_SWARM)
		return ENTRAIN_OK;
	if (code && error) {
		*error = why;
		snprintf(error->what, sizeof(error->what), "remove swarm");
	}
	if (!code && living)
		code = error_set(error, ENTRAIN_NOT_EMPTY, 0, "remove swarm", name, NULL);
	return code;
}

int entrain_remove(const char *dir, const char *name, int when_empty, struct entrain_error *error)
{
	struct segment_place place;
	int saved = errno;
	enum entrain_code code = segment_place_init(&place, dir, name, error);

	if (!code && when_empty)
		code = empty_check(dir, place.name, error);
	if (!code)
		code = segment_remove(&place, error);
	if (code == ENTRAIN_NO_SWARM && segment_left_over(&place))
		code = segment_sweep(&place, error);
	if (!code)
		error_clear(error);
	errno = saved;
	return (int)code;
}

static int is_control(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 16 && strncmp(entry->d_name, "entrain.", 8) == 0 &&
	       strcmp(entry->d_name + length - 8, ".control") == 0;
}

/* Names of swarms, gathered to be told in order. */
struct name_list {
	struct listed {
		char name[65];
		bool there;
	} * rows;
	size_t count, space;
	bool failed; /* no memory */
};

static void name_add(struct name_list *list, const char *name, bool there)
{
	struct listed *grown = list->rows;

	if (list->count == list->space) {
		list->space = list->space ? 2 * list->space : 16;
		grown = realloc(list->rows, list->space * sizeof(*list->rows));
	}
	list->failed = list->failed || !grown;
	if (list->failed)
		return;
	list->rows = grown;
	list->rows[list->count] = (struct listed){ .there = there };
	snprintf(list->rows[list->count++].name, sizeof(list->rows->name), "%s", name);
}

static void configured_add(const char *name, const char *dir, void *context)
{
	struct segment_place place;

	if (segment_place_init(&place, dir, name, NULL) == ENTRAIN_OK)
		name_add(context, name, access(place.control, F_OK) == 0);
}

static int names_compare(const void *one, const void *other)
{
	return strcmp(((const struct listed *)one)->name, ((const struct listed *)other)->name);
}

/* Those of one directory, but for names that the configuration has elsewhere. Returns 0 or an errno. */
static int dir_add(struct name_list *list, const char *dir)
{
	const size_t elsewhere = list->count;
	struct dirent **entries;
	int count = scandir(dir, &entries, is_control, alphasort);

	if (count < 0)
		return errno;
	for (int i = 0; i < count; i++) {
		char *name = entries[i]->d_name + 8;
		bool known = false;

		name[strlen(name) - 8] = '\0';
		for (size_t n = 0; n < elsewhere; n++)
			known = known || strcmp(list->rows[n].name, name) == 0;
		if (!known && swarm_name_valid(name))
			name_add(list, name, true);
		free(entries[i]);
	}
	free(entries);
	return list->failed ? ENOMEM : 0;
}

int entrain_list(const char *dir, void (*each)(const char *name, void *context), void *context,
		 struct entrain_error *error)
{
	const char *asked = segment_dir_asked(dir);
	struct name_list list = { 0 };
	struct segment_place place;
	enum entrain_code code =
		segment_place_init(&place, asked ? asked : SEGMENT_DIR, NULL, error);
	int failed, saved = errno;

	if (code)
		return (int)code;
	if (!asked)
		config_dirs(configured_add, &list);
	failed = dir_add(&list, place.dir);
	if (!failed && list.count)
		qsort(list.rows, list.count, sizeof(*list.rows), names_compare);
	for (size_t i = 0; !failed && i < list.count; i++)
		if (list.rows[i].there)
			each(list.rows[i].name, context);
	free(list.rows);
	if (failed)
		code = failed == ENOENT ? error_set(error, ENTRAIN_SYSTEM, ENOENT, "list swarms",
						    place.dir, "there is no such directory")
					: error_system(error, failed, "list swarms", place.dir);
	errno = saved;
	return (int)code;
}
