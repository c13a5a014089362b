/* SPDX-License-Identifier: MIT */
/* segment_topology.c - the objects of topologies: written whole before anybody is told, removed when nobody is sent there. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "error.h"
#include "layout.h"
#include "mark.h"
#include "object.h"
#include "segment.h"
#include "topology.h"

#define WHAT "publish topology"

/* Fill a prepared object and publish its magic. Killed anywhere: control does not name it, the next publisher removes it. */
static enum entrain_code object_fill(int fd, const char *path, const struct shm_topology *header,
				     const struct topology_graph *graph,
				     struct entrain_error *error)
{
	const size_t size = topology_size(graph->nodes, graph->entries);
	const size_t past_magic = sizeof(header->magic);
	struct shm_topology *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint32_t *offsets;

	if (shared == MAP_FAILED)
		return error_system(error, errno, WHAT, path);
	offsets = (uint32_t *)(shared + 1);
	MARK();
	memcpy((char *)shared + past_magic, (const char *)header + past_magic,
	       sizeof(*header) - past_magic);
	MARK();
	memcpy(offsets, graph->offsets, ((size_t)graph->nodes + 1) * sizeof(*offsets));
	memcpy(offsets + graph->nodes + 1, graph->neighbours, graph->entries * sizeof(*offsets));
	MARK();
	/* [L4] release: the object is complete. Readers pread magic before the rest; they are sent here by [L3] only. */
	atomic_store_explicit(&shared->magic, SHM_TOPOLOGY_MAGIC, memory_order_release);
	MARK();
	munmap(shared, size);
	return ENTRAIN_OK;
}

enum entrain_code segment_topology_create(const struct segment_place *place,
					  const struct object_owner *owner, uint64_t creation_id,
					  uint64_t generation, const struct topology_spec *spec,
					  const struct topology_graph *graph,
					  struct entrain_error *error)
{
	const uint64_t size = topology_size(graph->nodes, graph->entries);
	char path[SEGMENT_TOPOLOGY_PATH];
	struct shm_topology header;
	enum entrain_code code;
	int fd;

	memset(&header, 0, sizeof(header));
	header.abi_major = SHM_ABI_MAJOR;
	header.abi_minor = SHM_ABI_MINOR;
	header.creation_id = creation_id;
	header.generation = generation;
	header.kind = spec->kind;
	header.nodes = graph->nodes;
	header.entries = graph->entries;
	header.header_size = sizeof(header);
	header.seed = graph->seed;
	memcpy(header.text, spec->text, sizeof(header.text));
	header.checksum = topology_checksum(&header, graph->offsets, graph->neighbours,
					    graph->nodes, graph->entries);
	segment_topology_path(place, generation, path);
	code = object_limit_check(path, WHAT, size, error);
	if (!code)
		code = object_create(path, WHAT, &fd, error);
	if (code)
		return code;
	code = object_prepare(fd, path, WHAT, owner, size, error);
	if (!code)
		code = object_fill(fd, path, &header, graph, error);
	if (code)
		unlink(path);
	close(fd);
	return code;
}

/* The generation that this file is the topology of, in this swarm. 0: none. */
static uint64_t generation_of(const char *file, const struct segment_place *place)
{
	static const char prefix[] = "entrain.", middle[] = ".topology.";
	size_t length = strlen(place->name);
	const char *digits;

	if (strncmp(file, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	file += sizeof(prefix) - 1;
	if (strncmp(file, place->name, length) != 0 ||
	    strncmp(file + length, middle, sizeof(middle) - 1) != 0)
		return 0;
	digits = file + length + sizeof(middle) - 1;
	if (digits[0] < '1' || digits[0] > '9' || strspn(digits, "0123456789") != strlen(digits) ||
	    strlen(digits) > 18)
		return 0;
	return strtoull(digits, NULL, 10);
}

static enum entrain_code object_remove(const struct segment_place *place, uint64_t generation,
				       uint32_t *removed, struct entrain_error *error)
{
	char path[SEGMENT_TOPOLOGY_PATH];

	segment_topology_path(place, generation, path);
	/* Somebody else's file of that name is none of ours, and in nobody's way. */
	if (!object_may_remove(path, WHAT, NULL))
		return ENTRAIN_OK;
	if (unlink(path) == 0)
		++*removed;
	else if (errno != ENOENT)
		return error_system(error, errno, WHAT, path);
	MARK();
	return ENTRAIN_OK;
}

/* Where the directory cannot be listed, those are tried that a death can have left. */
static enum entrain_code nearby_clear(const struct segment_place *place, uint64_t first,
				      uint64_t last, uint32_t *removed, struct entrain_error *error)
{
	uint64_t from = first > 3 ? first - 3 : 1, to = last < first ? 3 : last + 3;
	enum entrain_code code = ENTRAIN_OK;

	for (uint64_t generation = from; generation <= to && !code; generation++)
		if (generation < first || generation > last)
			code = object_remove(place, generation, removed, error);
	return code;
}

enum entrain_code segment_topologies_clear(const struct segment_place *place, uint64_t first,
					   uint64_t last, uint32_t *removed,
					   struct entrain_error *error)
{
	enum entrain_code code = ENTRAIN_OK;
	DIR *stream = opendir(place->dir);
	struct dirent *entry;
	uint32_t ignored = 0;

	MARK();
	removed = removed ? removed : &ignored;
	if (!stream && errno == EACCES)
		return nearby_clear(place, first, last, removed, error);
	if (!stream)
		return error_system(error, errno, WHAT, place->dir);
	errno = 0;
	while (!code && (entry = readdir(stream))) {
		uint64_t generation = generation_of(entry->d_name, place);

		if (generation && (generation < first || generation > last))
			code = object_remove(place, generation, removed, error);
		errno = 0;
	}
	if (!code && errno)
		code = error_system(error, errno, WHAT, place->dir);
	closedir(stream);
	return code;
}

uint32_t segment_topologies_count(const struct segment_place *place, uint64_t first, uint64_t last)
{
	DIR *stream = opendir(place->dir);
	struct dirent *entry;
	uint32_t count = 0;

	while (stream && (entry = readdir(stream))) {
		uint64_t generation = generation_of(entry->d_name, place);

		count += generation && (generation < first || generation > last);
	}
	if (stream)
		closedir(stream);
	return count;
}
