/* SPDX-License-Identifier: MIT */
/* test_topology.c - each graph is what its name says; what users type and what lies in shared memory is checked field by field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "layout.h"
#include "topology.h"

/* ---- what users type ---------------------------------------------------------------------- */

static void every_topology_is_parsed(void **state)
{
	static const struct {
		const char *text;
		enum topology_kind kind;
		uint32_t degree, rewire_ppm;
	} rows[] = {
		{ "full", TOPOLOGY_FULL, 0, 0 },
		{ "star", TOPOLOGY_STAR, 0, 0 },
		{ "ring:2", TOPOLOGY_RING, 2, 0 },
		{ "ring:64", TOPOLOGY_RING, 64, 0 },
		{ "small-world:8:0.1", TOPOLOGY_SMALL_WORLD, 8, 100000 },
		{ "small-world:2:0", TOPOLOGY_SMALL_WORLD, 2, 0 },
		{ "small-world:2:1", TOPOLOGY_SMALL_WORLD, 2, 1000000 },
		{ "file:/tmp/a:b", TOPOLOGY_FILE, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct topology_spec spec;

		assert_int_equal(topology_parse("topology", rows[i].text, &spec, NULL), ENTRAIN_OK);
		assert_int_equal(spec.kind, rows[i].kind);
		assert_int_equal(spec.degree, rows[i].degree);
		assert_int_equal(spec.rewire_ppm, rows[i].rewire_ppm);
		assert_string_equal(spec.text, rows[i].text);
	}
}

static void what_is_no_topology_is_refused(void **state)
{
	static const char *const texts[] = { "",
					     "ful",
					     "full:",
					     "fuller",
					     "full:2",
					     "star:0",
					     "ring",
					     "ring:",
					     "ring:0",
					     "ring:1",
					     "ring:3",
					     "ring:-2",
					     "ring: 2",
					     "ring:2 ",
					     "ring:2:3",
					     "ring:99999999999999999999",
					     "ring:65536",
					     "small-world",
					     "small-world:4",
					     "small-world:4:",
					     "small-world:3:0.1",
					     "small-world:4:1.1",
					     "small-world:4:-0.1",
					     "small-world:4:nan",
					     "small-world:4:0.1x",
					     "smallworld:4:0.1",
					     "file",
					     "file:",
					     "file:a\nb",
					     "file:\xc3\xa4" };
	char longest[SHM_TOPOLOGY_TEXT + 1];
	struct topology_spec spec;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct entrain_error error = { .code = ENTRAIN_OK };

		if (topology_parse("topology", texts[i], &spec, &error) != ENTRAIN_USAGE)
			fail_msg("'%s' was taken", texts[i]);
		assert_int_equal(error.code, ENTRAIN_USAGE);
		assert_string_equal(error.object, "topology");
		assert_true(error.why[0]);
	}
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "file:", 5);
	longest[SHM_TOPOLOGY_TEXT] = '\0';
	assert_int_equal(topology_parse("topology", longest, &spec, NULL), ENTRAIN_USAGE);
	longest[SHM_TOPOLOGY_TEXT - 1] = '\0';
	assert_int_equal(topology_parse("topology", longest, &spec, NULL), ENTRAIN_OK);
}

/* ---- graphs -------------------------------------------------------------------------------- */

static struct topology_graph built(const char *text, uint32_t nodes, uint32_t hub, uint64_t seed)
{
	const struct topology_extent extent = { nodes, hub, ENTRAIN_CAPACITY_MAX, seed };
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct topology_graph graph;
	struct topology_spec spec;

	assert_int_equal(topology_parse("topology", text, &spec, NULL), ENTRAIN_OK);
	if (topology_build(&spec, &extent, &graph, &error))
		fail_msg("%s: %s: %s", text, error.object, error.why);
	return graph;
}

static uint32_t degree_of(const struct topology_graph *graph, uint32_t node)
{
	return graph->offsets[node + 1] - graph->offsets[node];
}

static bool are_neighbours(const struct topology_graph *graph, uint32_t one, uint32_t other)
{
	for (uint32_t i = graph->offsets[one]; i < graph->offsets[one + 1]; i++)
		if (graph->neighbours[i] == other)
			return true;
	return false;
}

/* Rows ascend, nobody is his own neighbour, who sees is seen. */
static void assert_sound(const struct topology_graph *graph)
{
	assert_int_equal(graph->offsets[0], 0);
	assert_int_equal(graph->offsets[graph->nodes], graph->entries);
	for (uint32_t node = 0; node < graph->nodes; node++) {
		uint32_t from, count;

		assert_true(topology_row(graph->offsets, graph->nodes, graph->entries, node, &from,
					 &count));
		for (uint32_t i = from; i < from + count; i++) {
			uint32_t other = graph->neighbours[i];

			assert_true(other < graph->nodes && other != node);
			assert_true(i == from || graph->neighbours[i - 1] < other);
			assert_true(are_neighbours(graph, other, node));
		}
	}
}

static uint32_t reached_from(const struct topology_graph *graph, uint32_t start)
{
	uint32_t *queue = calloc(graph->nodes, sizeof(*queue)), count = 1;
	bool *seen = calloc(graph->nodes, sizeof(*seen));

	queue[0] = start;
	seen[start] = true;
	for (uint32_t at = 0; at < count; at++)
		for (uint32_t i = graph->offsets[queue[at]]; i < graph->offsets[queue[at] + 1]; i++)
			if (!seen[graph->neighbours[i]]) {
				seen[graph->neighbours[i]] = true;
				queue[count++] = graph->neighbours[i];
			}
	free(queue);
	free(seen);
	return count;
}

static void a_ring_has_k_neighbours_each(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 63, 64, 1000 };
	static const uint32_t degrees[] = { 2, 4, 6, 64 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t j = 0; j < sizeof(degrees) / sizeof(degrees[0]); j++) {
			uint32_t nodes = sizes[i];
			uint32_t degree = degrees[j] < nodes - 1 ? degrees[j] : nodes - 1;
			struct topology_graph graph;
			char text[32];

			snprintf(text, sizeof(text), "ring:%u", degrees[j]);
			graph = built(text, nodes, 0, 1);
			assert_sound(&graph);
			assert_int_equal(graph.nodes, nodes);
			assert_int_equal(graph.entries, nodes * degree);
			for (uint32_t node = 0; node < nodes; node++) {
				assert_int_equal(degree_of(&graph, node), degree);
				for (uint32_t d = 1; d <= degrees[j] / 2 && nodes > degrees[j]; d++)
					assert_true(
						are_neighbours(&graph, node, (node + d) % nodes));
			}
			assert_int_equal(reached_from(&graph, 0), nodes);
			topology_graph_free(&graph);
		}
}

static void a_star_has_one_hub(void **state)
{
	(void)state;
	for (uint32_t nodes = 1; nodes < 40; nodes++) {
		uint32_t hub = nodes / 3;
		struct topology_graph graph = built("star", nodes, hub, 1);

		assert_sound(&graph);
		for (uint32_t node = 0; node < nodes; node++)
			assert_int_equal(degree_of(&graph, node), node == hub ? nodes - 1 : 1);
		assert_int_equal(reached_from(&graph, 0), nodes);
		topology_graph_free(&graph);
	}
}

static bool same(const struct topology_graph *one, const struct topology_graph *other)
{
	return one->nodes == other->nodes && one->entries == other->entries &&
	       memcmp(one->offsets, other->offsets, (one->nodes + 1) * sizeof(uint32_t)) == 0 &&
	       memcmp(one->neighbours, other->neighbours, one->entries * sizeof(uint32_t)) == 0;
}

/* As many edges as the ring that it is made from, each node keeps half of its own, all hang together. */
static void a_small_world_keeps_its_edges(void **state)
{
	static const char *const texts[] = { "small-world:2:0.5", "small-world:2:1",
					     "small-world:4:0.1", "small-world:8:0.1",
					     "small-world:8:1",   "small-world:6:0" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (uint32_t nodes = 1; nodes < 300; nodes += nodes < 12 ? 1 : 47)
			for (uint64_t seed = 1; seed < 5; seed++) {
				uint32_t k = (uint32_t)texts[i][12] - '0';
				uint32_t degree = k < nodes - 1 ? k : nodes - 1;
				struct topology_graph graph = built(texts[i], nodes, 0, seed);

				assert_sound(&graph);
				assert_int_equal(graph.entries, nodes * degree);
				assert_int_equal(reached_from(&graph, 0), nodes);
				for (uint32_t node = 0; node < nodes; node++)
					assert_true(degree_of(&graph, node) >= degree / 2);
				topology_graph_free(&graph);
			}
}

static uint32_t far_edges(const struct topology_graph *graph, uint32_t reach)
{
	uint32_t count = 0;

	for (uint32_t node = 0; node < graph->nodes; node++)
		for (uint32_t i = graph->offsets[node]; i < graph->offsets[node + 1]; i++) {
			uint32_t ahead =
				(graph->neighbours[i] + graph->nodes - node) % graph->nodes;

			count += ahead > reach && ahead < graph->nodes - reach;
		}
	return count / 2;
}

static void a_small_world_moves_the_share_that_was_asked_for(void **state)
{
	struct topology_graph none = built("small-world:8:0", 2000, 0, 3);
	struct topology_graph ring = built("ring:8", 2000, 0, 1);
	struct topology_graph some = built("small-world:8:0.1", 2000, 0, 3);
	struct topology_graph all = built("small-world:8:1", 2000, 0, 3);

	(void)state;
	assert_true(same(&none, &ring));
	/* 8,000 edges: 800 +- 27; and some land near by */
	assert_in_range(far_edges(&some, 4), 670, 930);
	assert_in_range(far_edges(&all, 4), 7900, 8000);
	topology_graph_free(&none);
	topology_graph_free(&ring);
	topology_graph_free(&some);
	topology_graph_free(&all);
}

static void the_seed_makes_the_graph(void **state)
{
	struct topology_graph one = built("small-world:4:0.3", 200, 0, 7);
	struct topology_graph again = built("small-world:4:0.3", 200, 0, 7);
	struct topology_graph other = built("small-world:4:0.3", 200, 0, 8);

	(void)state;
	assert_true(same(&one, &again));
	assert_false(same(&one, &other));
	topology_graph_free(&one);
	topology_graph_free(&again);
	topology_graph_free(&other);
}

static void too_many_neighbours_are_refused(void **state)
{
	const struct topology_extent extent = { ENTRAIN_CAPACITY_MAX, 0, ENTRAIN_CAPACITY_MAX, 1 };
	struct topology_graph graph;
	struct topology_spec spec;

	(void)state;
	topology_parse("topology", "ring:65534", &spec, NULL);
	assert_int_equal(topology_build(&spec, &extent, &graph, NULL), ENTRAIN_USAGE);
	topology_parse("topology", "full", &spec, NULL);
	assert_int_equal(topology_build(&spec, &extent, &graph, NULL), ENTRAIN_USAGE);
}

/* ---- file ---------------------------------------------------------------------------------- */

static char path[64];

static enum entrain_code file_built(const char *text, uint32_t capacity,
				    struct topology_graph *graph, struct entrain_error *error)
{
	const struct topology_extent extent = { 1, 0, capacity, 1 };
	struct topology_spec spec;
	char typed[96];
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	snprintf(typed, sizeof(typed), "file:%s", path);
	assert_int_equal(topology_parse("topology", typed, &spec, NULL), ENTRAIN_OK);
	return topology_build(&spec, &extent, graph, error);
}

static void a_file_gives_its_edges(void **state)
{
	struct topology_graph graph;

	(void)state;
	assert_int_equal(file_built("# a graph\n\n0 1\n 5\t2  # far\r\n1 2", 6, &graph, NULL), 0);
	assert_sound(&graph);
	assert_int_equal(graph.nodes, 6);
	assert_int_equal(graph.entries, 6);
	assert_true(are_neighbours(&graph, 0, 1) && are_neighbours(&graph, 1, 2) &&
		    are_neighbours(&graph, 2, 5));
	assert_int_equal(degree_of(&graph, 3), 0);
	topology_graph_free(&graph);
}

static void a_wrong_line_is_named(void **state)
{
	static const struct {
		const char *text, *why;
		unsigned line;
	} rows[] = {
		{ "0 1\n1 x\n", "two numbers", 2 },
		{ "0 1\n1\n", "two numbers", 2 },
		{ "-1 1\n", "two numbers", 1 },
		{ "0 1\n\n# c\n1 2 3\n", "follows", 4 },
		{ "0 1\n3 3\n", "slot 3 is its own", 2 },
		{ "0 1\n0 8\n", "slot 8", 2 },
		{ "0 1\n0 99999999999999999999999\n", "slot 4294967295", 2 },
		{ "0 1\n1 2\n2 3\n2 1\n0 3\n", "1 2 is there already", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct entrain_error error = { .code = ENTRAIN_OK };
		struct topology_graph graph;
		char object[96];

		assert_int_equal(file_built(rows[i].text, 8, &graph, &error), ENTRAIN_USAGE);
		snprintf(object, sizeof(object), "%s:%u", path, rows[i].line);
		assert_string_equal(error.object, object);
		if (!strstr(error.why, rows[i].why))
			fail_msg("%s does not say %s", error.why, rows[i].why);
	}
}

static void a_file_without_edges_is_refused(void **state)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct topology_graph graph;
	struct topology_spec spec;
	const struct topology_extent extent = { 8, 0, 8, 1 };

	(void)state;
	assert_int_equal(file_built("# nothing\n", 8, &graph, &error), ENTRAIN_USAGE);
	assert_string_equal(error.object, path);
	topology_parse("topology", "file:/there/is/no/such/file", &spec, NULL);
	assert_int_equal(topology_build(&spec, &extent, &graph, &error), ENTRAIN_USAGE);
	assert_string_equal(error.object, "/there/is/no/such/file");
}

/* They may never end, and are read under the lock of administrators. */
static void what_is_no_regular_file_is_refused(void **state)
{
	static const char *const typed[] = { "file:/", "file:/dev/zero", NULL };
	const struct topology_extent extent = { 8, 0, 8, 1 };
	char fifo[96], line[4096];
	struct entrain_error error;
	struct topology_graph graph;
	struct topology_spec spec;

	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(fifo, sizeof(fifo), "file:%s", path);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(
			topology_parse("topology", typed[i] ? typed[i] : fifo, &spec, NULL),
			ENTRAIN_OK);
		assert_int_equal(topology_build(&spec, &extent, &graph, &error), ENTRAIN_USAGE);
		assert_non_null(strstr(error.why, "regular file"));
	}
	unlink(path);
	memset(line, '0', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(file_built(line, 8, &graph, &error), ENTRAIN_USAGE);
	assert_non_null(strstr(error.why, "longer than"));
}

/* ---- checks -------------------------------------------------------------------------------- */

static struct topology_copy sound_copy(void)
{
	struct topology_copy copy;

	memset(&copy, 0, sizeof(copy));
	copy.magic = SHM_TOPOLOGY_MAGIC;
	copy.fields.abi_major = SHM_ABI_MAJOR;
	copy.fields.abi_minor = SHM_ABI_MINOR;
	copy.fields.creation_id = 77;
	copy.fields.generation = 5;
	copy.fields.kind = TOPOLOGY_RING;
	copy.fields.nodes = 8;
	copy.fields.entries = 16;
	copy.fields.header_size = sizeof(copy.fields);
	strcpy((char *)copy.fields.text, "ring:2");
	return copy;
}

static enum entrain_code checked(const struct topology_copy *copy, uint64_t size, const char **why)
{
	const struct topology_expectation expect = { 77, 5, size };

	return topology_check(copy, &expect, why);
}

static void each_broken_field_has_its_own_answer(void **state)
{
	const struct {
		enum entrain_code code;
		size_t offset;
		uint64_t value;
		unsigned bytes;
	} rows[] = {
#define ROW(code, field, value) \
	{ code, offsetof(struct topology_copy, field), value, \
	  sizeof(((struct topology_copy *)NULL)->field) }
		ROW(ENTRAIN_NOT_READY, magic, 0),
		ROW(ENTRAIN_FOREIGN, magic, SHM_CONTROL_MAGIC),
		ROW(ENTRAIN_TOO_NEW, fields.abi_major, SHM_ABI_MAJOR + 1),
		ROW(ENTRAIN_TOO_OLD, fields.abi_major, SHM_ABI_MAJOR - 1),
		ROW(ENTRAIN_UNSOUND, fields.header_size, 8),
		ROW(ENTRAIN_UNSOUND, fields.creation_id, 78),
		ROW(ENTRAIN_UNSOUND, fields.generation, 6),
		ROW(ENTRAIN_UNSOUND, fields.kind, TOPOLOGY_FULL),
		ROW(ENTRAIN_UNSOUND, fields.nodes, 0),
		ROW(ENTRAIN_UNSOUND, fields.entries, UINT32_MAX),
		ROW(ENTRAIN_TRUNCATED, fields.entries, 17),
#undef ROW
	};
	const char *seen[sizeof(rows) / sizeof(rows[0]) + 1], *why;
	const uint64_t size = topology_size(8, 16);
	struct topology_copy copy = sound_copy();

	(void)state;
	assert_int_equal(checked(&copy, size, &why), ENTRAIN_OK);
	assert_int_equal(checked(&copy, size - 1, &why), ENTRAIN_TRUNCATED);
	copy.fields.nodes = ENTRAIN_CAPACITY_MAX + 1;
	assert_int_equal(checked(&copy, UINT64_MAX, &why), ENTRAIN_UNSOUND);
	copy = sound_copy();
	memset(copy.fields.text, 'x', sizeof(copy.fields.text));
	assert_int_equal(checked(&copy, size, &seen[0]), ENTRAIN_UNSOUND);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		copy = sound_copy();
		memcpy((char *)&copy + rows[i].offset, &rows[i].value, rows[i].bytes);
		assert_int_equal(checked(&copy, size, &seen[i + 1]), rows[i].code);
		for (size_t j = 0; j <= i; j++)
			assert_string_not_equal(seen[i + 1], seen[j]);
	}
}

static void a_row_out_of_bounds_is_none(void **state)
{
	uint32_t offsets[] = { 0, 2, 1, 9, UINT32_MAX, 3, 3 };
	uint32_t from, count;

	(void)state;
	assert_true(topology_row(offsets, 6, 8, 0, &from, &count));
	assert_int_equal(from, 0);
	assert_int_equal(count, 2);
	assert_false(topology_row(offsets, 6, 8, 1, &from, &count)); /* ends before it begins */
	assert_false(topology_row(offsets, 6, 8, 2, &from, &count)); /* beyond the entries */
	assert_false(topology_row(offsets, 6, 8, 3, &from, &count));
	assert_false(topology_row(offsets, 6, 8, 4, &from, &count));
	assert_true(topology_row(offsets, 6, 8, 5, &from, &count));
	assert_int_equal(count, 0);
	assert_false(
		topology_row(offsets, 2, 8, 0, &from, &count)); /* more than there are others */
}

/* Any bit that changes shows. */
static void the_checksum_covers_all(void **state)
{
	struct topology_graph graph = built("small-world:4:0.5", 40, 0, 1);
	struct topology_copy copy = sound_copy();
	uint64_t sum = topology_checksum(&copy.fields, graph.offsets, graph.neighbours, graph.nodes,
					 graph.entries);
	const size_t checksum_at = offsetof(struct shm_topology, checksum);

	(void)state;
#define SUM \
	topology_checksum(&copy.fields, graph.offsets, graph.neighbours, graph.nodes, graph.entries)
	for (size_t bit = 64; bit < 8 * sizeof(copy.fields); bit++) {
		uint8_t *byte = (uint8_t *)&copy.fields + bit / 8;

		*byte ^= (uint8_t)(1 << bit % 8);
		if (bit / 64 == checksum_at / 8)
			assert_int_equal(SUM, sum);
		else
			assert_int_not_equal(SUM, sum);
		*byte ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 32 * graph.entries; bit++) {
		graph.neighbours[bit / 32] ^= UINT32_C(1) << bit % 32;
		assert_int_not_equal(SUM, sum);
		graph.neighbours[bit / 32] ^= UINT32_C(1) << bit % 32;
	}
	graph.offsets[graph.nodes]++;
	assert_int_not_equal(SUM, sum);
#undef SUM
	topology_graph_free(&graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_topology_is_parsed),
		cmocka_unit_test(what_is_no_topology_is_refused),
		cmocka_unit_test(a_ring_has_k_neighbours_each),
		cmocka_unit_test(a_star_has_one_hub),
		cmocka_unit_test(a_small_world_keeps_its_edges),
		cmocka_unit_test(a_small_world_moves_the_share_that_was_asked_for),
		cmocka_unit_test(the_seed_makes_the_graph),
		cmocka_unit_test(too_many_neighbours_are_refused),
		cmocka_unit_test(a_file_gives_its_edges),
		cmocka_unit_test(a_wrong_line_is_named),
		cmocka_unit_test(a_file_without_edges_is_refused),
		cmocka_unit_test(what_is_no_regular_file_is_refused),
		cmocka_unit_test(each_broken_field_has_its_own_answer),
		cmocka_unit_test(a_row_out_of_bounds_is_none),
		cmocka_unit_test(the_checksum_covers_all),
	};
	int failed, fd;

	strcpy(path, "/tmp/entrain-topology.XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return 99;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
