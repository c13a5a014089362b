/* SPDX-License-Identifier: MIT */
/* Bursts of write and fsync on files that are overwritten in place. */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int failed(struct load *load, const char *call)
{
	load->failed = call;
	return errno;
}

int load_make(struct load *load, int directory, size_t size)
{
	uint64_t state = 0x9e3779b97f4a7c15u;
	unsigned char *bytes;

	*load = (struct load){ .directory = directory, .size = size };
	bytes = malloc(size);
	if (!bytes)
		return failed(load, "malloc");
	for (size_t i = 0; i < size; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		bytes[i] = (unsigned char)state;
	}
	load->bytes = bytes;
	load_set_writes(load, 1, 1);
	return 0;
}

void load_free(struct load *load)
{
	free(load->bytes);
	load->bytes = NULL;
}

void load_set_writes(struct load *load, unsigned writes, unsigned workers)
{
	int64_t places = LOAD_SPACE_MAX / workers / (int64_t)load->size;

	load->writes = writes;
	load->places = places < 1 ? 1 : places < writes ? (unsigned)places : writes;
}

int64_t load_space(const struct load *load, unsigned workers)
{
	return (int64_t)load->size * load->places * workers;
}

int64_t load_action_bytes(const struct load *load)
{
	return (int64_t)load->size * load->writes;
}

static int write_all(int file, const void *bytes, size_t size, off_t offset)
{
	for (size_t done = 0; done < size;) {
		ssize_t written =
			pwrite(file, (const char *)bytes + done, size - done, offset + (off_t)done);

		if (written < 0 && errno != EINTR)
			return -1;
		if (written > 0)
			done += (size_t)written;
	}
	return 0;
}

int load_open(struct load *load, unsigned index)
{
	char name[32];
	int file;

	snprintf(name, sizeof(name), "worker.%u", index);
	file = openat(load->directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0) {
		load->failed = "open";
		return -1;
	}
	if (lseek(file, 0, SEEK_END) >= (off_t)(load->size * load->places))
		return file;
	for (unsigned i = 0; i < load->places; i++) {
		if (write_all(file, load->bytes, load->size, (off_t)(load->size * i))) {
			load->failed = "write";
			goto fail;
		}
	}
	if (fsync(file) == 0)
		return file;
	load->failed = "fsync";
fail:
	close(file);
	return -1;
}

int load_write(struct load *load, int file, unsigned turn)
{
	if (write_all(file, load->bytes, load->size, (off_t)(load->size * (turn % load->places))))
		return failed(load, "write");
	if (fsync(file))
		return failed(load, "fsync");
	return 0;
}

int load_act(struct load *load, int file)
{
	int error = 0;

	for (unsigned turn = 0; turn < load->writes && !error; turn++)
		error = load_write(load, file, turn);
	return error;
}
