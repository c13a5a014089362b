/* SPDX-License-Identifier: MIT */
/*
 * word_reader.c - reads a swarm by the library's own layout, whatever the size of a word is; test_word_sizes.sh compares.
 *
 * word_reader layout: each field with offset and size, as in layout.golden. word_reader DIR SWARM: what the settings and the
 * slots say, or which finding of the header check forbids to look.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "clock.h"
#include "layout.h"
#include "liveness.h"
#include "slot.h"

static int layout_print(void)
{
	for (unsigned i = 0; layout_row(i); i++)
		printf("%s.%s %u %u\n", layout_row(i)->object, layout_row(i)->field,
		       layout_row(i)->offset, layout_row(i)->size);
	return 0;
}

/* The object mapped, if its header says that it may be looked at. */
static const void *object_map(const char *dir, const char *swarm, const char *part, uint64_t magic,
			      uint64_t least_size)
{
	struct header_expectation expect = { .magic = magic, .least_size = least_size };
	struct header_copy copy;
	enum entrain_code code;
	uint8_t boot_id[16];
	char path[4096];
	struct stat status;
	void *object;
	int fd;

	snprintf(path, sizeof(path), "%s/entrain.%s.%s", dir, swarm, part);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) ||
	    pread(fd, &copy.fields, sizeof(copy.fields), 0) != (ssize_t)sizeof(copy.fields)) {
		perror(path);
		exit(2);
	}
	copy.magic = copy.fields.magic;
	boot_id_read(boot_id);
	expect.boot_id = boot_id;
	expect.file_size = (uint64_t)status.st_size;
	if (clock_offset_read(&expect.clock_offset_ns))
		exit(2);
	code = header_check(&copy, &expect);
	if (code) {
		printf("%s refused: %d\n", part, (int)code);
		exit(1);
	}
	object = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (object == MAP_FAILED)
		exit(2);
	return object;
}

static void slot_print(uint32_t index, const struct slot_view *view)
{
	printf("slot %u pid %u began %" PRId64 " cur %" PRId64 " next %" PRId64 " period %" PRId64
	       " work %" PRId64 " delay %" PRId64 " status %" PRIx64 " topology %" PRIx64 "\n",
	       index, version_pid(view->version), view->began_ns, view->turn.cur_ns,
	       view->turn.next_ns, view->turn.period_ns, view->turn.work_ns, view->turn.delay_ns,
	       view->turn.status, view->turn.topology);
}

int main(int count, char **arguments)
{
	const struct shm_control *control;
	const struct shm_agents *agents;
	const struct shm_slot *slots;
	const struct shm_settings *settings;
	uint32_t capacity;

	if (count == 2 && strcmp(arguments[1], "layout") == 0)
		return layout_print();
	if (count != 3)
		return 2;
	control = object_map(arguments[1], arguments[2], "control", SHM_CONTROL_MAGIC,
			     SHM_CONTROL_SIZE);
	agents = object_map(arguments[1], arguments[2], "agents", SHM_AGENTS_MAGIC,
			    SHM_AGENTS_OFFSET);
	slots = (const struct shm_slot *)((const char *)agents + SHM_AGENTS_OFFSET);
	settings = &control->settings;
	capacity = settings->capacity;
	printf("swarm %" PRIx64 " mode %u goal %u kind %u capacity %u period %" PRId64
	       " band %u target %u changes %" PRIu64 " topology %" PRIx64 "\n",
	       control->header.creation_id, settings->mode, settings->goal, settings->kind,
	       capacity, settings->period_ns, settings->band_ppm, settings->target_ppm,
	       settings->changes, settings->topology);
	for (uint32_t i = 0; i < capacity && i < ENTRAIN_CAPACITY_MAX; i++) {
		struct slot_view view;

		if (slot_read(&slots[i], clock_now_ns(), &view) == SLOT_READ)
			slot_print(i, &view);
	}
	return 0;
}
