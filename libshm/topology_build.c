/* SPDX-License-Identifier: MIT */
/* topology_build.c - the graphs: ring, star, small world, and those that people bring in a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "error.h"
#include "topology.h"

#define WHAT "build topology"
#define PPM UINT64_C(1000000)
/* Another seed each time a small world fell apart; then its ring is kept whole. */
#define SEEDS_TRIED 16
#define EDGES_MAX (TOPOLOGY_ENTRIES_MAX / 2)
#define LINE_MAX_BYTES 1024u /* of a file, with its end */

/* Undirected, from < to but in a graph that is being made. */
struct edge {
	uint32_t from, to;
};

struct edges {
	struct edge *edge;
	uint32_t count, room;
};

static enum entrain_code no_memory(struct entrain_error *error)
{
	return error_set(error, ENTRAIN_LIMIT, ENOMEM, WHAT, "topology", "out of memory");
}

static bool edges_add(struct edges *edges, uint32_t from, uint32_t to)
{
	if (edges->count == edges->room) {
		uint32_t room = edges->room ? 2 * edges->room : 1024;
		struct edge *more = realloc(edges->edge, room * sizeof(*more));

		if (!more)
			return false;
		edges->edge = more;
		edges->room = room;
	}
	edges->edge[edges->count++] = (struct edge){ from, to };
	return true;
}

void topology_graph_free(struct topology_graph *graph)
{
	free(graph->offsets);
	free(graph->neighbours);
	memset(graph, 0, sizeof(*graph));
}

static int by_number(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* Both ends of each edge get the other one into their row; rows ascend. */
static enum entrain_code graph_fill(struct topology_graph *graph, uint32_t nodes,
				    const struct edges *edges, struct entrain_error *error)
{
	uint32_t *at;

	graph->nodes = nodes;
	graph->entries = 2 * edges->count;
	graph->offsets = calloc((size_t)nodes + 2, sizeof(uint32_t));
	graph->neighbours = malloc(((size_t)graph->entries + 1) * sizeof(uint32_t));
	if (!graph->offsets || !graph->neighbours) {
		topology_graph_free(graph);
		return no_memory(error);
	}
	at = graph->offsets + 1; /* at[i] is where row i goes on; in the end where it ends */
	for (uint32_t i = 0; i < edges->count; i++) {
		at[edges->edge[i].from + 1]++;
		at[edges->edge[i].to + 1]++;
	}
	for (uint32_t i = 0; i < nodes; i++)
		at[i + 1] += at[i];
	for (uint32_t i = 0; i < edges->count; i++) {
		const struct edge *edge = &edges->edge[i];

		graph->neighbours[at[edge->from]++] = edge->to;
		graph->neighbours[at[edge->to]++] = edge->from;
	}
	for (uint32_t i = 0; i < nodes; i++)
		qsort(&graph->neighbours[graph->offsets[i]],
		      graph->offsets[i + 1] - graph->offsets[i], sizeof(uint32_t), by_number);
	return ENTRAIN_OK;
}

/* ---- ring, star ---------------------------------------------------------------------------- */

/* Each has `degree` neighbours, or all others where there are no more. Edge i of distance d stands at (d - 1) * nodes + i. */
static bool ring_edges(struct edges *edges, uint32_t nodes, uint32_t degree)
{
	bool done = true;

	if (degree >= nodes - 1) {
		for (uint32_t i = 0; i < nodes; i++)
			for (uint32_t j = i + 1; j < nodes && done; j++)
				done = edges_add(edges, i, j);
		return done;
	}
	for (uint32_t distance = 1; distance <= degree / 2; distance++)
		for (uint32_t i = 0; i < nodes && done; i++)
			done = edges_add(edges, i, (i + distance) % nodes);
	return done;
}

static bool star_edges(struct edges *edges, uint32_t nodes, uint32_t hub)
{
	bool done = true;

	for (uint32_t i = 0; i < nodes && done; i++)
		if (i != hub)
			done = edges_add(edges, hub, i);
	return done;
}

/* ---- small world (Watts, Strogatz 1998) ----------------------------------------------------- */

/* splitmix64 */
static uint64_t random_next(uint64_t *state)
{
	uint64_t value = *state += UINT64_C(0x9e3779b97f4a7c15);

	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

static uint32_t random_below(uint64_t *state, uint64_t bound)
{
	return (uint32_t)((random_next(state) >> 32) * bound >> 32);
}

/* The edges that there are, for the question whether one is there: open addressing. */
#define PAIR_FREE UINT64_MAX
#define PAIR_GONE (UINT64_MAX - 1)

struct pairs {
	uint64_t *pair;
	uint64_t mask;
};

static uint64_t pair_of(uint32_t from, uint32_t to)
{
	return from < to ? (uint64_t)from << 32 | to : (uint64_t)to << 32 | from;
}

/* Where the pair is, or where its absence shows. */
static uint64_t *pair_find(const struct pairs *pairs, uint64_t pair)
{
	uint64_t state = pair, at = random_next(&state);

	while (pairs->pair[at & pairs->mask] != pair && pairs->pair[at & pairs->mask] != PAIR_FREE)
		at++;
	return &pairs->pair[at & pairs->mask];
}

/* Room for the edges and for as many that were moved away. */
static bool pairs_make(struct pairs *pairs, const struct edges *edges)
{
	uint64_t size = 64;

	while (size < 4 * (uint64_t)edges->count)
		size *= 2;
	pairs->mask = size - 1;
	pairs->pair = malloc(size * sizeof(*pairs->pair));
	if (!pairs->pair)
		return false;
	memset(pairs->pair, 0xff, size * sizeof(*pairs->pair));
	for (uint32_t i = 0; i < edges->count; i++) {
		uint64_t pair = pair_of(edges->edge[i].from, edges->edge[i].to);

		*pair_find(pairs, pair) = pair;
	}
	return true;
}

/* Move the far end of this edge anywhere else. Each node keeps the half of its edges that it began with, so there is always
 * somewhere; after many misses in a dense graph the edge stays. */
static void edge_move(struct edge *edge, const struct pairs *pairs, uint32_t nodes, uint64_t *state)
{
	for (int tries = 0; tries < 64; tries++) {
		uint32_t to = random_below(state, nodes);
		uint64_t *place;

		if (to == edge->from || to == edge->to)
			continue;
		place = pair_find(pairs, pair_of(edge->from, to));
		if (*place != PAIR_FREE)
			continue;
		*place = pair_of(edge->from, to);
		*pair_find(pairs, pair_of(edge->from, edge->to)) = PAIR_GONE;
		edge->to = to;
		return;
	}
}

static uint32_t root_of(uint32_t *parent, uint32_t node)
{
	while (parent[node] != node)
		node = parent[node] = parent[parent[node]];
	return node;
}

/* In one piece? `parent` has room for all nodes. */
static bool edges_connect(const struct edges *edges, uint32_t nodes, uint32_t *parent)
{
	uint32_t pieces = nodes;

	for (uint32_t i = 0; i < nodes; i++)
		parent[i] = i;
	for (uint32_t i = 0; i < edges->count; i++) {
		uint32_t from = root_of(parent, edges->edge[i].from);
		uint32_t to = root_of(parent, edges->edge[i].to);

		pieces -= from != to;
		parent[from] = to;
	}
	return pieces == 1;
}

/* False: no memory. */
static bool rewire(struct edges *edges, uint32_t nodes, uint32_t rewire_ppm, uint32_t from,
		   uint64_t seed)
{
	uint64_t state = seed;
	struct pairs pairs;

	if (!pairs_make(&pairs, edges))
		return false;
	for (uint32_t i = from; i < edges->count; i++)
		if (random_below(&state, PPM) < rewire_ppm)
			edge_move(&edges->edge[i], &pairs, nodes, &state);
	free(pairs.pair);
	return true;
}

static bool small_world_edges(struct edges *edges, uint32_t nodes, const struct topology_spec *spec,
			      uint64_t *seed)
{
	uint32_t *parent = malloc(nodes * sizeof(*parent));
	bool done = parent != NULL, whole = false;

	for (unsigned tries = 0; done && !whole && tries <= SEEDS_TRIED; tries++) {
		/* The first `nodes` edges are the ring of distance 1. */
		uint32_t kept = tries < SEEDS_TRIED ? 0 : nodes;

		*seed += tries > 0;
		edges->count = 0;
		done = ring_edges(edges, nodes, spec->degree);
		if (!done || spec->degree >= nodes - 1)
			break;
		done = rewire(edges, nodes, spec->rewire_ppm, kept, *seed);
		whole = done && edges_connect(edges, nodes, parent);
	}
	free(parent);
	return done;
}

/* ---- file ---------------------------------------------------------------------------------- */

struct file_edge {
	uint32_t from, to, line;
};

struct file_reading {
	const char *path;
	uint32_t capacity, nodes, count, room;
	struct file_edge *edge;
};

static enum entrain_code line_refuse(const struct file_reading *reading, uint32_t line,
				     struct entrain_error *error, const char *format, uint32_t a,
				     uint32_t b) __attribute__((format(printf, 4, 0)));

static enum entrain_code line_refuse(const struct file_reading *reading, uint32_t line,
				     struct entrain_error *error, const char *format, uint32_t a,
				     uint32_t b)
{
	char object[256], why[128];

	snprintf(object, sizeof(object), "%.240s:%u", reading->path, line);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(why, sizeof(why), format, a, b);
#pragma GCC diagnostic pop
	return error_set(error, ENTRAIN_USAGE, 0, WHAT, object, "%s", why);
}

/* A number at `*at`, which moves past it. False: there is none below 2^32. */
static bool number_take(const char **at, uint32_t *number)
{
	unsigned long value;
	char *end;

	*at += strspn(*at, " \t");
	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	value = strtoul(*at, &end, 10);
	if (errno || value > UINT32_MAX)
		value = UINT32_MAX;
	*number = (uint32_t)value;
	*at = end;
	return true;
}

/* Several edges may stand between nothing and a comment: blank lines are none. */
static enum entrain_code line_take(struct file_reading *reading, const char *at, uint32_t line,
				   struct entrain_error *error)
{
	uint32_t from, to;

	at += strspn(at, " \t\r\n");
	if (!*at || *at == '#')
		return ENTRAIN_OK;
	if (!number_take(&at, &from) || !number_take(&at, &to))
		return line_refuse(reading, line, error, "a line is `i j`: two numbers of slots", 0,
				   0);
	at += strspn(at, " \t\r\n");
	if (*at && *at != '#')
		return line_refuse(reading, line, error, "something follows the edge %u %u", from,
				   to);
	if (from == to)
		return line_refuse(reading, line, error, "slot %u is its own neighbour", from, 0);
	if (from >= reading->capacity || to >= reading->capacity)
		return line_refuse(reading, line, error,
				   "slot %u is not among the %u that there are",
				   from > to ? from : to, reading->capacity);
	if (reading->count >= EDGES_MAX)
		return line_refuse(reading, line, error, "there are more than %u edges", EDGES_MAX,
				   0);
	if (reading->count == reading->room) {
		uint32_t room = reading->room ? 2 * reading->room : 1024;
		struct file_edge *more = realloc(reading->edge, room * sizeof(*more));

		if (!more)
			return no_memory(error);
		reading->edge = more;
		reading->room = room;
	}
	reading->edge[reading->count++] =
		(struct file_edge){ from < to ? from : to, from < to ? to : from, line };
	if (reading->edge[reading->count - 1].to >= reading->nodes)
		reading->nodes = reading->edge[reading->count - 1].to + 1;
	return ENTRAIN_OK;
}

static int by_edge(const void *left, const void *right)
{
	const struct file_edge *a = left, *b = right;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

static enum entrain_code file_edges(struct file_reading *reading, struct edges *edges,
				    struct entrain_error *error)
{
	enum entrain_code code = ENTRAIN_OK;
	bool done = true;

	if (reading->count == 0)
		return error_set(error, ENTRAIN_USAGE, 0, WHAT, reading->path,
				 "there is no edge in it");
	qsort(reading->edge, reading->count, sizeof(*reading->edge), by_edge);
	for (uint32_t i = 1; i < reading->count && !code; i++)
		if (reading->edge[i].from == reading->edge[i - 1].from &&
		    reading->edge[i].to == reading->edge[i - 1].to)
			code = line_refuse(reading, reading->edge[i].line, error,
					   "the edge %u %u is there already", reading->edge[i].from,
					   reading->edge[i].to);
	for (uint32_t i = 0; i < reading->count && !code && done; i++)
		done = edges_add(edges, reading->edge[i].from, reading->edge[i].to);
	return !code && !done ? no_memory(error) : code;
}

/* Read under the lock of administrators: a pipe or a terminal, which may never end, would hold all of them up. */
static FILE *file_open(const char *path, enum entrain_code *code, struct entrain_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat facts;
	FILE *stream = NULL;

	if (fd < 0 && errno == ENOENT)
		*code = error_set(error, ENTRAIN_USAGE, ENOENT, WHAT, path,
				  "there is no such file");
	else if (fd < 0 || fstat(fd, &facts) < 0)
		*code = error_system(error, errno, WHAT, path);
	else if (!S_ISREG(facts.st_mode))
		*code = error_set(error, ENTRAIN_USAGE, 0, WHAT, path, "it is no regular file");
	else if (!(stream = fdopen(fd, "r")))
		*code = error_system(error, errno, WHAT, path);
	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

static enum entrain_code file_read(const char *path, uint32_t capacity, uint32_t *nodes,
				   struct edges *edges, struct entrain_error *error)
{
	struct file_reading reading = { .path = path, .capacity = capacity };
	enum entrain_code code = ENTRAIN_OK;
	FILE *stream = file_open(path, &code, error);
	char text[LINE_MAX_BYTES];
	uint32_t line = 0;

	if (!stream)
		return code;
	errno = 0;
	while (!code && fgets(text, sizeof(text), stream)) {
		line++;
		if (strlen(text) == sizeof(text) - 1 && text[sizeof(text) - 2] != '\n')
			code = line_refuse(&reading, line, error,
					   "it is longer than %u bytes, no line `i j`",
					   LINE_MAX_BYTES - 2, 0);
		else
			code = line_take(&reading, text, line, error);
	}
	if (!code && !feof(stream))
		code = error_system(error, errno ? errno : EIO, WHAT, path);
	if (!code)
		code = file_edges(&reading, edges, error);
	*nodes = reading.nodes;
	free(reading.edge);
	fclose(stream);
	return code;
}

/* ---- all ------------------------------------------------------------------------------------ */

enum entrain_code topology_build(const struct topology_spec *spec,
				 const struct topology_extent *extent, struct topology_graph *graph,
				 struct entrain_error *error)
{
	uint32_t nodes = extent->nodes < 1 ? 1 : extent->nodes;
	uint32_t degree = spec->degree < nodes - 1 ? spec->degree : nodes - 1;
	enum entrain_code code = ENTRAIN_OK;
	struct edges edges = { NULL, 0, 0 };
	bool done = true;

	memset(graph, 0, sizeof(*graph));
	graph->seed = extent->seed;
	if ((uint64_t)nodes * degree > TOPOLOGY_ENTRIES_MAX)
		return error_set(error, ENTRAIN_USAGE, 0, WHAT, spec->text,
				 "%u slots with %u neighbours each are too many; use full", nodes,
				 degree);
	if (spec->kind == TOPOLOGY_RING)
		done = ring_edges(&edges, nodes, spec->degree);
	else if (spec->kind == TOPOLOGY_STAR)
		done = star_edges(&edges, nodes, extent->hub < nodes ? extent->hub : 0);
	else if (spec->kind == TOPOLOGY_SMALL_WORLD)
		done = small_world_edges(&edges, nodes, spec, &graph->seed);
	else if (spec->kind == TOPOLOGY_FILE)
		code = file_read(spec->text + strlen("file:"), extent->capacity, &nodes, &edges,
				 error);
	else
		code = error_set(error, ENTRAIN_USAGE, 0, WHAT, spec->text,
				 "every slot sees every other: there is nothing to build");
	if (!done)
		code = no_memory(error);
	if (!code)
		code = graph_fill(graph, nodes, &edges, error);
	free(edges.edge);
	return code;
}
