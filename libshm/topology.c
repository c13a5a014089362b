/* SPDX-License-Identifier: MIT */
/* topology.c - a topology as users type it, and the checks that stand between a snapshot and its use. */
#include "topology.h"
#include <stdlib.h>
#include <string.h>
#include "error.h"
#include "layout.h"

#define PPM 1000000

static const char *const names[TOPOLOGY_KINDS] = { [TOPOLOGY_FULL] = "full",
						   [TOPOLOGY_RING] = "ring",
						   [TOPOLOGY_STAR] = "star",
						   [TOPOLOGY_SMALL_WORLD] = "small-world",
						   [TOPOLOGY_FILE] = "file" };

const char *topology_kind_name(uint32_t kind)
{
	return kind < TOPOLOGY_KINDS ? names[kind] : "?";
}

/* ---- what users type --------------------------------------------------------------------- */

#define refuse(error, key, ...) error_set(error, ENTRAIN_USAGE, 0, "set", key, __VA_ARGS__)

/* What follows "name:" in the text; "" after the name alone; NULL: another name. */
static const char *arguments_of(const char *text, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(text, name, length) != 0 || (text[length] && text[length] != ':'))
		return NULL;
	return text[length] ? text + length + 1 : "";
}

/* An even number of neighbours, up to `stop` or the end. NULL: it is none. */
static const char *degree_parse(const char *text, uint32_t *degree)
{
	char *end;
	unsigned long value;

	if (text[0] < '0' || text[0] > '9')
		return NULL;
	value = strtoul(text, &end, 10);
	if (value < 2 || value >= ENTRAIN_CAPACITY_MAX || value % 2)
		return NULL;
	*degree = (uint32_t)value;
	return end;
}

static enum entrain_code ring_parse(const char *key, const char *given, struct topology_spec *spec,
				    struct entrain_error *error)
{
	const char *end = degree_parse(given, &spec->degree);

	if (end && !*end)
		return ENTRAIN_OK;
	return refuse(error, key,
		      "'%s': ring:K has an even K of 2 or more: how many neighbours each has, "
		      "half of them on each side",
		      spec->text);
}

static enum entrain_code small_world_parse(const char *key, const char *given,
					   struct topology_spec *spec, struct entrain_error *error)
{
	const char *colon = degree_parse(given, &spec->degree);
	double share = -1;
	char *end = NULL;

	if (colon && *colon == ':')
		share = strtod(colon + 1, &end);
	if (!end || end == colon + 1 || *end || !(share >= 0 && share <= 1))
		return refuse(error, key,
			      "'%s': small-world:K:P has an even K of 2 or more, how many "
			      "neighbours each has, and a P of 0 to 1, the share of edges that "
			      "lead far away",
			      spec->text);
	spec->rewire_ppm = (uint32_t)(share * PPM + .5);
	return ENTRAIN_OK;
}

enum entrain_code topology_parse(const char *key, const char *text, struct topology_spec *spec,
				 struct entrain_error *error)
{
	const char *given;

	memset(spec, 0, sizeof(*spec));
	if (strlen(text) >= sizeof(spec->text))
		return refuse(error, key, "it is longer than %zu bytes", sizeof(spec->text) - 1);
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e)
			return refuse(error, key, "it holds something else than printable ASCII");
	strcpy(spec->text, text);
	for (uint32_t kind = 0; kind < TOPOLOGY_KINDS; kind++) {
		given = arguments_of(text, names[kind]);
		if (!given)
			continue;
		spec->kind = kind;
		if (kind == TOPOLOGY_RING)
			return ring_parse(key, given, spec, error);
		if (kind == TOPOLOGY_SMALL_WORLD)
			return small_world_parse(key, given, spec, error);
		if (kind == TOPOLOGY_FILE)
			return *given ? ENTRAIN_OK
				      : refuse(error, key,
					       "'%s': file:PATH names a file of "
					       "lines `i j`, an edge each",
					       text);
		if (strcmp(text, names[kind]) == 0)
			return ENTRAIN_OK;
	}
	return refuse(error, key,
		      "'%s' is no topology; topologies are full, ring:K, star, small-world:K:P, "
		      "file:PATH",
		      text);
}

/* ---- checks ------------------------------------------------------------------------------ */

enum entrain_code topology_check(const struct topology_copy *copy,
				 const struct topology_expectation *expect, const char **why)
{
	const struct shm_topology *header = &copy->fields;
	const struct {
		bool broken;
		enum entrain_code code;
		const char *why;
	} findings[] = {
		{ copy->magic == 0, ENTRAIN_NOT_READY, "it was never finished" },
		{ copy->magic != SHM_TOPOLOGY_MAGIC, ENTRAIN_FOREIGN, "it is no topology" },
		{ header->abi_major > SHM_ABI_MAJOR, ENTRAIN_TOO_NEW,
		  "it was made by a newer entrain" },
		{ header->abi_major < SHM_ABI_MAJOR, ENTRAIN_TOO_OLD,
		  "it was made by an older entrain" },
		{ header->header_size != sizeof(*header), ENTRAIN_UNSOUND,
		  "its header has another size" },
		{ header->creation_id != expect->creation_id, ENTRAIN_UNSOUND,
		  "it is of another swarm" },
		{ header->generation != expect->generation, ENTRAIN_UNSOUND,
		  "it is of another generation than its name says" },
		{ header->kind == TOPOLOGY_FULL || header->kind > UINT8_MAX, ENTRAIN_UNSOUND,
		  "it is of a kind that has no object" },
		{ header->nodes < 1 || header->nodes > ENTRAIN_CAPACITY_MAX, ENTRAIN_UNSOUND,
		  "its number of slots cannot be" },
		{ header->entries > TOPOLOGY_ENTRIES_MAX, ENTRAIN_UNSOUND,
		  "its number of neighbours cannot be" },
		{ !memchr(header->text, 0, sizeof(header->text)), ENTRAIN_UNSOUND,
		  "its text has no end" },
		{ expect->file_size < topology_size(header->nodes, header->entries),
		  ENTRAIN_TRUNCATED, "it is shorter than its header says" },
	};

	for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++)
		if (findings[i].broken) {
			*why = findings[i].why;
			return findings[i].code;
		}
	*why = "";
	return ENTRAIN_OK;
}

/* FNV-1a over 64-bit words, two at a time side by side: it finds what is torn, not what is forged. */
struct sum {
	uint64_t even, odd;
};

static void sum_words(struct sum *sum, const uint32_t *words, size_t count)
{
	const uint64_t prime = UINT64_C(0x100000001b3);
	size_t i;

	for (i = 0; i + 1 < count; i += 2) {
		sum->even = (sum->even ^ words[i]) * prime;
		sum->odd = (sum->odd ^ words[i + 1]) * prime;
	}
	if (i < count)
		sum->even = (sum->even ^ words[i]) * prime;
}

uint64_t topology_checksum(const struct shm_topology *header, const uint32_t *offsets,
			   const uint32_t *neighbours, uint32_t nodes, uint32_t entries)
{
	struct sum sum = { UINT64_C(0xcbf29ce484222325), UINT64_C(0x9e3779b97f4a7c15) };
	struct shm_topology copy;
	uint32_t words[sizeof(copy) / sizeof(uint32_t)];

	memcpy((char *)&copy + sizeof(copy.magic), (const char *)header + sizeof(copy.magic),
	       sizeof(copy) - sizeof(copy.magic));
	atomic_init(&copy.magic, 0);
	copy.checksum = 0;
	memcpy(words, &copy, sizeof(words));
	sum_words(&sum, words, sizeof(words) / sizeof(words[0]));
	sum_words(&sum, offsets, (size_t)nodes + 1);
	sum_words(&sum, neighbours, entries);
	return (sum.even ^ sum.even >> 29) * UINT64_C(0xbf58476d1ce4e5b9) ^ sum.odd;
}
