/* SPDX-License-Identifier: MIT */
/*
 * bench_view.c - what an agent's read of its topology costs: view_enter(), view_row(), view_leave(), quiet and in a storm of
 * resizes, beside what one might use instead. Least and median of batches.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "clock.h"
#include "process.h"
#include "view.h"

#define SLOTS 256
#define BATCHES 200
#define READS 20000

static struct mapping *mapping;
static struct entrain_swarm *admin;
static _Atomic int over;
static _Atomic unsigned resizes, followed;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static _Atomic(const struct view *) plain;
static uint64_t sink;

static double real_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void row_use(const struct view *view, uint32_t slot)
{
	const uint32_t *neighbours;
	uint32_t count;

	if (view_row(view, slot, &neighbours, &count))
		sink += count;
}

static void read_load(uint32_t slot)
{
	row_use(atomic_load_explicit(&plain, memory_order_acquire), slot);
}

static void read_view(uint32_t slot)
{
	struct view_read read;

	view_enter(&mapping->view, &read);
	row_use(read.view, slot);
	view_leave(&read);
}

static void read_mutex(uint32_t slot)
{
	pthread_mutex_lock(&mutex);
	row_use(plain, slot);
	pthread_mutex_unlock(&mutex);
}

static void read_rwlock(uint32_t slot)
{
	pthread_rwlock_rdlock(&rwlock);
	row_use(plain, slot);
	pthread_rwlock_unlock(&rwlock);
}

/* As agents of other threads do after each resize: follow, and free what was replaced. The locks of the others are taken as
 * their writer would. */
static void *storm(void *context)
{
	static const char *const topologies[] = { "ring:4", "small-world:8:0.1", "ring:8" };

	while (!over) {
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
		pthread_rwlock_wrlock(&rwlock);
		pthread_rwlock_unlock(&rwlock);
		if (entrain_resize(admin, 0, topologies[resizes++ % 3], NULL))
			abort();
		followed += view_follow(&mapping->view, &mapping->segment) == VIEW_NEW;
		process_lock();
		mapping_reclaim(mapping, true);
		process_unlock();
	}
	return context;
}

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

#define MEASURE(read, least, median) \
	do { \
		double batch[BATCHES]; \
		for (int i = 0; i < BATCHES; i++) { \
			double start = real_ns(); \
			for (uint32_t j = 0; j < READS; j++) \
				read(j % SLOTS); \
			batch[i] = (real_ns() - start) / READS; \
		} \
		qsort(batch, BATCHES, sizeof(batch[0]), by_value); \
		*(least) = batch[0]; \
		*(median) = batch[BATCHES / 2]; \
	} while (0)

struct figures {
	double least[4], median[4];
};

static void measure_all(struct figures *figures)
{
	MEASURE(read_load, &figures->least[0], &figures->median[0]);
	MEASURE(read_view, &figures->least[1], &figures->median[1]);
	MEASURE(read_mutex, &figures->least[2], &figures->median[2]);
	MEASURE(read_rwlock, &figures->least[3], &figures->median[3]);
}

static struct mapping *use(void)
{
	struct segment_trust trust = { .has_owner = false };
	struct segment_place place;
	enum entrain_code code;
	struct mapping *used;

	if (segment_place_init(&place, NULL, "bench", NULL))
		exit(1);
	process_lock();
	used = mapping_get(&place, &trust, clock_now_ns() + 1000000000, &code, NULL);
	process_unlock();
	return used;
}

static void up(char *dir)
{
	struct entrain_settings settings;

	if (!mkdtemp(dir) || setenv("ENTRAIN_DIR", dir, 1))
		exit(1);
	entrain_settings_init(&settings);
	settings.capacity = SLOTS;
	snprintf(settings.topology, sizeof(settings.topology), "ring:8");
	if (entrain_create(NULL, "bench", &settings, NULL))
		exit(1);
	admin = entrain_open(NULL, "bench", ENTRAIN_ADMIN, NULL);
	mapping = use();
	if (!admin || !mapping || use() != mapping)
		exit(1);
	plain = mapping->view.current;
}

int main(void)
{
	static const char *const names[] = { "atomic load, never freed", "view (liburcu-bp)",
					     "pthread mutex", "pthread rwlock" };
	char dir[] = "/dev/shm/entrain-bench.XXXXXX";
	struct figures quiet, stormy;
	struct view kept;
	pthread_t thread;
	double start;

	up(dir);
	measure_all(&quiet);
	/* in the storm the others look at a copy of the head, since nobody protects what it points to */
	kept = *mapping->view.current;
	kept.offsets = calloc(SLOTS + 1, sizeof(uint32_t));
	plain = &kept;
	start = real_ns();
	if (pthread_create(&thread, NULL, storm, NULL))
		return 1;
	measure_all(&stormy);
	over = 1;
	pthread_join(thread, NULL);
	printf("read of one row of a topology of %d slots, ns, least and median of %d batches of "
	       "%d\n"
	       "storm: %.0f resizes a second, each followed and the old view freed\n\n"
	       "%-26s %8s %8s %8s %8s\n",
	       SLOTS, BATCHES, READS, resizes / ((real_ns() - start) / 1e9), "", "quiet", "median",
	       "storm", "median");
	for (int i = 0; i < 4; i++)
		printf("%-26s %8.1f %8.1f %8.1f %8.1f\n", names[i], quiet.least[i], quiet.median[i],
		       stormy.least[i], stormy.median[i]);
	entrain_close(admin);
	entrain_remove(NULL, "bench", 0, NULL);
	rmdir(dir);
	return sink == 0;
}
