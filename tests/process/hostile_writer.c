/* SPDX-License-Identifier: MIT */
/*
 * hostile_writer.c - writes what it likes into the slots of a swarm until it is ended; test_hostile.sh sets it on one.
 *
 * hostile_writer DIR SWARM SEED, of a swarm with a period of 50 ms: prints "control refused" or "control writable", then "writing". It flips
 * bits of the words that others wrote, in slots and recorders, and fills slots that nobody has with agents that are hardly plausible: what
 * they say just passes, or just not.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "clock.h"
#include "layout.h"
#include "slot.h"

#define PERIOD_NS 50000000

static uint64_t state;

static uint64_t draw(uint64_t below)
{
	uint64_t mix = state += UINT64_C(0x9e3779b97f4a7c15);

	mix = (mix ^ mix >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mix = (mix ^ mix >> 27) * UINT64_C(0x94d049bb133111eb);
	return (mix ^ mix >> 31) % below;
}

static int object_open(const char *dir, const char *swarm, const char *part)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/entrain.%s.%s", dir, swarm, part);
	return open(path, O_RDWR | O_CLOEXEC);
}

static void flip(void *words, unsigned first, size_t size)
{
	_Atomic uint64_t *word = (_Atomic uint64_t *)words + first + draw(size / 8 - first);

	atomic_fetch_xor(word, UINT64_C(1) << draw(64));
}

/* An agent of this process's pid that plans as far ahead as may be, and a bit more. */
static void forge(struct shm_slot *slot, int64_t period_ns)
{
	const uint64_t version = version_make((uint32_t)getpid(), (uint32_t)draw(100), 2);
	const int64_t now_ns = clock_now_ns();
	const int64_t work_ns = draw(3) ? (int64_t)draw((uint64_t)period_ns + 1) : period_ns;
	const int64_t next_ns = now_ns + (int64_t)draw((uint64_t)period_ns * 12 / 5);
	shm_tagged *word = slot->copy[version & 1].word;
	uint64_t owner = atomic_load(&slot->version);

	if (owner && version_pid(owner) != (uint32_t)getpid())
		return;
	atomic_store(&slot->version, version);
	atomic_store(&slot->acting, acting_make(version, now_ns, draw(2)));
	atomic_store(&word[COPY_CUR],
		     tagged_instant(version, now_ns - (int64_t)draw((uint64_t)period_ns)));
	atomic_store(&word[COPY_NEXT], tagged_instant(version, next_ns));
	atomic_store(&word[COPY_PERIOD], tagged_duration(version, period_ns));
	atomic_store(&word[COPY_WORK], tagged_duration(version, work_ns));
	atomic_store(&word[COPY_DELAY], tagged_duration(version, (int64_t)draw(2) * period_ns / 9));
	atomic_store(&word[COPY_STATUS], tagged_make(version, draw(SHM_VALUE_MAX)));
	atomic_store(&word[COPY_TOPOLOGY], tagged_make(version, draw(SHM_VALUE_MAX)));
}

int main(int count, char **arguments)
{
	struct shm_agents *agents;
	struct stat status;
	int fd;

	if (count != 4)
		return 2;
	/* nothing goes on when the test is killed */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	state = strtoull(arguments[3], NULL, 10);
	fd = object_open(arguments[1], arguments[2], "control");
	puts(fd < 0 ? "control refused" : "control writable");
	if (fd >= 0)
		close(fd);
	fd = object_open(arguments[1], arguments[2], "agents");
	if (fd < 0 || fstat(fd, &status)) {
		perror("agents");
		return 1;
	}
	agents = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (agents == MAP_FAILED)
		return 1;
	puts("writing");
	fflush(stdout);
	for (;;) {
		struct shm_slot *slots = (struct shm_slot *)((char *)agents + SHM_AGENTS_OFFSET);
		const uint64_t space =
			((uint64_t)status.st_size - SHM_AGENTS_OFFSET) / SHM_SLOT_SIZE;

		for (int i = 0; i < 50; i++)
			forge(&slots[draw(space)], PERIOD_NS);
		flip(&slots[draw(space)], 1, SHM_SLOT_SIZE); /* not the version */
		flip(agents->ring[draw(space) % SHM_RINGS], 0, sizeof(agents->ring[0]));
		atomic_fetch_or(&agents->occupied[draw((space + 63) / 64)], draw(UINT64_MAX));
		usleep(200);
	}
}
