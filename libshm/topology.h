/* SPDX-License-Identifier: MIT */
/*
 * topology.h - who sees whom: an immutable snapshot of a graph of slots, one shared object a generation.
 *
 * /entrain.NAME.topology.G   struct shm_topology, then uint32_t offsets[nodes + 1], uint32_t neighbours[entries]
 *
 * Only the owner of the control object writes one, once, before the control word names it ([L3]). Row i, the neighbours of
 * slot i, is neighbours[offsets[i] .. offsets[i + 1]), ascending, without i. A slot beyond the rows sees all. Of a ring only the
 * length of a row counts: who the neighbours are follows from which slots are taken (agent_snapshot.c). The kind `full` has no
 * object.
 */
#ifndef ENTRAIN_TOPOLOGY_H
#define ENTRAIN_TOPOLOGY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "entrain.h"

enum topology_kind {
	TOPOLOGY_FULL, /* no object */
	TOPOLOGY_RING,
	TOPOLOGY_STAR,
	TOPOLOGY_SMALL_WORLD,
	TOPOLOGY_FILE,
	TOPOLOGY_KINDS
};

#define SHM_TOPOLOGY_MAGIC UINT64_C(0x00706f746e65) /* "entop" */
#define SHM_TOPOLOGY_TEXT 256u
/* Neighbours of all slots together: an object of 128 MiB. */
#define TOPOLOGY_ENTRIES_MAX (UINT32_C(1) << 25)

struct shm_topology {
	_Atomic uint64_t magic; /* [L4] stored last, with release: the object is complete */
	uint32_t abi_major;
	uint32_t abi_minor;
	uint64_t creation_id; /* of the swarm */
	uint64_t generation;
	uint32_t kind;    /* enum topology_kind */
	uint32_t nodes;   /* rows: slots 0 .. nodes - 1 */
	uint32_t entries; /* of all rows: twice the edges */
	uint32_t header_size;
	uint64_t checksum;               /* of all but magic and itself */
	uint64_t seed;                   /* that it was made with */
	uint8_t text[SHM_TOPOLOGY_TEXT]; /* as it was asked for: "ring:4" */
};

_Static_assert(offsetof(struct shm_topology, creation_id) == 16, "topology.creation_id");
_Static_assert(offsetof(struct shm_topology, kind) == 32, "topology.kind");
_Static_assert(offsetof(struct shm_topology, checksum) == 48, "topology.checksum");
_Static_assert(offsetof(struct shm_topology, text) == 64, "topology.text");
_Static_assert(sizeof(struct shm_topology) == 320, "topology");

/* What control says of a topology: SHM_TOPOLOGY_* of layout.h takes it apart. */
static inline uint64_t topology_word(uint64_t generation, uint32_t kind)
{
	return generation << 8 | (kind & 0xff);
}

/* Bytes of an object. */
static inline uint64_t topology_size(uint32_t nodes, uint32_t entries)
{
	return sizeof(struct shm_topology) + ((uint64_t)nodes + 1 + entries) * sizeof(uint32_t);
}

/* ---- what users type --------------------------------------------------------------------- */

struct topology_spec {
	enum topology_kind kind;
	uint32_t degree;     /* ring, small world: neighbours of each, even */
	uint32_t rewire_ppm; /* small world: probability that an edge is moved */
	char text[SHM_TOPOLOGY_TEXT];
};

/* Parse "full", "ring:K", "star", "small-world:K:P", "file:PATH". `key` names it in the error. ENTRAIN_USAGE. */
enum entrain_code topology_parse(const char *key, const char *text, struct topology_spec *spec,
				 struct entrain_error *error);

/* "full", "ring", "star", "small-world", "file"; "?" for what is none. */
const char *topology_kind_name(uint32_t kind);

/* ---- building one, in private memory ------------------------------------------------------ */

struct topology_graph {
	uint32_t nodes, entries;
	uint32_t *offsets, *neighbours;
	uint64_t seed; /* that it came from in the end */
};

/* The slots that a graph is for. */
struct topology_extent {
	uint32_t nodes;    /* rows; a file has its own */
	uint32_t hub;      /* the middle of a star */
	uint32_t capacity; /* slots there are: no index reaches it */
	uint64_t seed;
};

/* Build it. The same extent and spec give the same graph everywhere. The caller frees it. Errors name file and line. */
enum entrain_code topology_build(const struct topology_spec *spec,
				 const struct topology_extent *extent, struct topology_graph *graph,
				 struct entrain_error *error);
void topology_graph_free(struct topology_graph *graph);

/* ---- checks: pure functions --------------------------------------------------------------- */

/* A copy of a header, magic read before the rest. */
struct topology_copy {
	uint64_t magic;
	struct shm_topology fields; /* magic in it unused */
};

struct topology_expectation {
	uint64_t creation_id, generation;
	uint64_t file_size;
};

/*
 * ENTRAIN_OK, NOT_READY (no magic yet), FOREIGN, TOO_NEW, TOO_OLD, TRUNCATED, UNSOUND. `why` gets a sentence that names the
 * field.
 */
enum entrain_code topology_check(const struct topology_copy *copy,
				 const struct topology_expectation *expectation, const char **why);

/* Checksum of a header's fields and of what follows it. */
uint64_t topology_checksum(const struct shm_topology *header, const uint32_t *offsets,
			   const uint32_t *neighbours, uint32_t nodes, uint32_t entries);

/* The bounds of a row, each word of `offsets` read once. False: they cannot be. `slot` < `nodes`. */
static inline bool topology_row(const uint32_t *offsets, uint32_t nodes, uint32_t entries,
				uint32_t slot, uint32_t *from, uint32_t *count)
{
	uint32_t begin = *(const volatile uint32_t *)&offsets[slot];
	uint32_t end = *(const volatile uint32_t *)&offsets[slot + 1];

	*from = begin;
	*count = end - begin;
	/* Nobody has more neighbours than there are others. */
	return begin <= end && end <= entries && end - begin < nodes;
}

#endif
