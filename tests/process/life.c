/* SPDX-License-Identifier: MIT */
/* life.c - what the tests of an agent's life share; see life.h. */
#include "life.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "clock.h"
#include "mark.h"

#define WATCHDOG_S 120
#define SHARED_MAX 16

static pid_t main_pid;
static int64_t (*system_clock)(void), (*system_wall)(void);
static struct shm_agents *mapped;
static size_t mapped_size;
static struct shared {
	void *memory;
	size_t size;
} shared[SHARED_MAX];

void life_pause(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	nanosleep(&pause, NULL);
}

static void unmap(void)
{
	if (mapped)
		munmap(mapped, mapped_size);
	mapped = NULL;
}

int life_setup(void **state)
{
	main_pid = getpid();
	system_clock = clock_source;
	system_wall = clock_wall_source;
	alarm(WATCHDOG_S);
	return swarm_fixture_setup(state);
}

int life_teardown(void **state)
{
	clock_source = system_clock;
	clock_wall_source = system_wall;
	mark_hook = NULL;
	swarm_fixture_teardown(state);
	unmap();
	for (unsigned i = 0; i < SHARED_MAX; i++)
		if (shared[i].memory)
			munmap(shared[i].memory, shared[i].size);
	memset(shared, 0, sizeof(shared));
	alarm(0);
	return 0;
}

void life_failed(const char *expression, const char *file, int line)
{
	int saved = errno;

	dprintf(STDERR_FILENO, "%s:%d: in %s %d: not so: %s (errno %d)\n", file, line,
		getpid() == main_pid ? "test" : "child", (int)getpid(), expression, saved);
	if (getpid() == main_pid)
		_fail(file, line);
	_exit(99);
}

/* ---- the swarm -------------------------------------------------------------------------- */

void life_create_with(const struct entrain_settings *settings)
{
	struct entrain_error error = { .code = ENTRAIN_OK };

	if (entrain_create(NULL, LIFE_SWARM, settings, &error))
		fail_msg("%s %s: %s", error.what, error.object, error.why);
}

void life_create(uint32_t capacity, int64_t period_ns)
{
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.capacity = capacity;
	settings.period_ns = period_ns;
	life_create_with(&settings);
}

void life_remove(void)
{
	unmap();
	life_check(entrain_remove(NULL, LIFE_SWARM, 0, NULL) == 0);
	life_check(swarm_fixture_files() == 0);
}

static void path_of(const char *object, char *path, size_t size)
{
	/* Not of the fixture: after exec it is the environment that knows. */
	snprintf(path, size, "%s/entrain.%s.%s", getenv("ENTRAIN_DIR"), LIFE_SWARM, object);
}

void life_stat(const char *object, struct stat *status)
{
	char path[512];

	path_of(object, path, sizeof(path));
	life_check(stat(path, status) == 0);
}

struct shm_agents *life_agents(void)
{
	struct stat status;
	char path[512];
	int fd;

	if (mapped)
		return mapped;
	path_of("agents", path, sizeof(path));
	fd = open(path, O_RDWR | O_CLOEXEC);
	life_check(fd >= 0 && fstat(fd, &status) == 0);
	mapped_size = (size_t)status.st_size;
	mapped = mmap(NULL, mapped_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (mapped == MAP_FAILED)
		mapped = NULL;
	life_check(mapped != NULL);
	return mapped;
}

struct shm_slot *life_slots(void)
{
	return (struct shm_slot *)((char *)life_agents() + SHM_AGENTS_OFFSET);
}

uint32_t life_pid_of(unsigned slot)
{
	return version_pid(atomic_load_explicit(&life_slots()[slot].version, memory_order_acquire));
}

unsigned life_occupied(void)
{
	const struct shm_slot *slots = life_slots();
	unsigned count = 0;

	for (size_t i = 0; i < (mapped_size - SHM_AGENTS_OFFSET) / SHM_SLOT_SIZE; i++)
		count += version_pid(atomic_load_explicit(&slots[i].version,
							  memory_order_acquire)) != 0;
	return count;
}

void life_status(struct entrain_status *status)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);

	life_check(swarm != NULL);
	*status = (struct entrain_status)ENTRAIN_STATUS;
	life_check(entrain_status(swarm, status, NULL, 0, NULL) == 0);
	entrain_close(swarm);
}

void life_reap(uint32_t *released, uint32_t *unproven)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);

	life_check(swarm != NULL);
	life_check(entrain_reap(swarm, released, unproven, NULL) == 0);
	entrain_close(swarm);
}

void life_mode(uint32_t mode)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);
	struct entrain_status status = ENTRAIN_STATUS;

	life_check(swarm != NULL);
	life_check(entrain_status(swarm, &status, NULL, 0, NULL) == 0);
	status.settings.mode = mode;
	life_check(entrain_set(swarm, &status.settings, NULL) == 0);
	entrain_close(swarm);
}

/* ---- children ---------------------------------------------------------------------------- */

struct body {
	void (*run)(void *context);
	void *context;
};

static int body_run(void *context)
{
	const struct body *body = context;

	alarm(0);
	body->run(body->context);
	return 0;
}

pid_t life_fork(void (*run)(void *context), void *context)
{
	struct body body = { run, context };

	return swarm_child_start(body_run, &body);
}

int life_ended(pid_t pid)
{
	int status = swarm_child_end(pid, (int)(LIFE_PATIENCE_NS / LIFE_MS));

	life_check(status != -1);
	return status;
}

void life_ended_well(pid_t pid)
{
	int status = life_ended(pid);

	if (status)
		fail_msg("child %d: wait status %#x", (int)pid, (unsigned)status);
}

void life_stop(pid_t pid)
{
	siginfo_t info;

	life_check(kill(pid, SIGSTOP) == 0);
	life_check(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT) == 0);
}

void *life_shared(size_t size)
{
	for (unsigned i = 0; i < SHARED_MAX; i++) {
		if (shared[i].memory)
			continue;
		shared[i].memory =
			mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		life_check(shared[i].memory != MAP_FAILED);
		shared[i].size = size;
		return shared[i].memory;
	}
	fail_msg("more shared areas than there is room for");
	return NULL;
}
