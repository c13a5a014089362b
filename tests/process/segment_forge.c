/* SPDX-License-Identifier: MIT */
/* segment_forge.c - a swarm's two objects as files, for tests that spoil them. */
#include "segment_forge.h"
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>
#include "swarm_fixture.h"

struct segment_place forge_place(const char *name)
{
	struct segment_place place;

	assert_int_equal(segment_place_init(&place, NULL, name, NULL), 0);
	return place;
}

void forge_swarm(const char *name, int64_t period_ns)
{
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.capacity = 8;
	settings.period_ns = period_ns;
	settings.access = 0660;
	assert_int_equal(entrain_create(NULL, name, &settings, NULL), 0);
}

void forge_patch(const char *path, size_t offset, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, (off_t)offset), size);
	close(fd);
}

void forge_file(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

void forge_clear(const char *name)
{
	struct segment_place place = forge_place(name);

	remove(place.agents);
	remove(place.control);
}

bool forge_become_nobody(pid_t parent)
{
	if (setgroups(0, NULL) < 0 || setgid(FORGE_NOBODY) < 0 || setuid(FORGE_NOBODY) < 0)
		return false;
	swarm_child_tie(parent);
	return true;
}
