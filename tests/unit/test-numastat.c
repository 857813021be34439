/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_numastat;

#define NODE "/sys/devices/system/node/node"

static const char events[] =
	"numa_hit 2612559\nnuma_miss 11\nnuma_foreign 12\ninterleave_hit 1117\nlocal_node 2612000\nother_node 559\n";
static const char memory[] =
	"Node 0 MemTotal:        8087764 kB\nNode 0 MemFree:         7546124 kB\nNode 0 MemUsed:          541640 kB\n";

static void numastat_tree(struct tree *tree)
{
	tree_begin(tree);
	tree_write(tree, NODE "0/numastat", events);
	tree_write(tree, NODE "0/meminfo", memory);
	tree_write(tree, NODE "10/numastat", "numa_hit 5\n");
	tree_write(tree, "/sys/devices/system/node/online", "0,10\n");
	tree_mkdir(tree, "/sys/devices/system/node/nodex");
}

static void each_node_has_its_own(void **context)
{
	static const struct expected expected[] = {
		{ SUBJECT_KIND_NUMA_NODE, "0", "numastat.numa_hit", 2612559 },
		{ SUBJECT_KIND_NUMA_NODE, "0", "numastat.other_node", 559 },
		{ SUBJECT_KIND_NUMA_NODE, "0", "numastat.interleave_hit", 1117 },
		{ SUBJECT_KIND_NUMA_NODE, "0", "meminfo.MemTotal", 8087764 },
		{ SUBJECT_KIND_NUMA_NODE, "0", "meminfo.MemFree", 7546124 },
		{ SUBJECT_KIND_NUMA_NODE, "10", "numastat.numa_hit", 5 },
	};
	const struct setting *missing;
	struct tree tree;

	numastat_tree(&tree);
	tree_open(&tree, &sampler_numastat, NULL);
	tree_tick(&tree);
	tree_tick(&tree);
	tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_NUMA_NODE), 2);
	assert_null(tree_metric(&tree, SUBJECT_KIND_NUMA_NODE, "0", "meminfo.MemUsed"));
	missing = snapshot_get(tree.snapshot, snapshot_find_subject(tree.snapshot, SUBJECT_KIND_NUMA_NODE, "10"),
			       "meminfo.MemFree");
	assert_non_null(missing);
	assert_int_equal(missing->absence, ABSENT);
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

static void the_switch_freezes_events_and_not_memory(void **context)
{
	struct tree tree;

	numastat_tree(&tree);
	tree_write(&tree, "/proc/sys/vm/numa_stat", "0\n");
	tree_open(&tree, &sampler_numastat, NULL);
	tree_tick(&tree);
	assert_true(tree_metric(&tree, SUBJECT_KIND_NUMA_NODE, "0", "numastat.numa_miss")->frozen);
	assert_false(tree_metric(&tree, SUBJECT_KIND_NUMA_NODE, "0", "meminfo.MemFree")->frozen);
	tree_end(&tree);
}

static void a_kernel_without_numa_has_no_nodes(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_open(&tree, &sampler_numastat, NULL);
	tree_tick(&tree);
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_NUMA_NODE), 0);
	assert_int_equal(snapshot_series_count(tree.snapshot), 0);
	tree_end(&tree);
}

static void lines_that_make_no_sense_are_noted(void **context)
{
	static const struct { const char *path, *text, *says; } bad[] = {
		{ NODE "0/numastat", "numa_hit\n", "not a name and a number" },
		{ NODE "0/numastat", "numa_hit 26125", "not a name and a number" },
		{ NODE "0/meminfo", "Node 0 MemFree: 75461", "not a node" },
		{ NODE "0/meminfo", "MemFree: 75461 kB\n", "not a node" },
		{ NODE "0/meminfo", "Node x MemFree: 75461 kB\n", "not a node" },
		{ NODE "0/meminfo", "Node 0MemFree: 75461 kB\n", "not a node" },
		{ NODE "0/meminfo", "\n", "not a node" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct tree tree;

		tree_begin(&tree);
		tree_write(&tree, bad[i].path, bad[i].text);
		tree_open(&tree, &sampler_numastat, NULL);
		tree_tick(&tree);
		assert_true(tree_noted(&tree, bad[i].says));
		assert_int_equal(snapshot_series_count(tree.snapshot), 0);
		tree_end(&tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_node_has_its_own),
		cmocka_unit_test(the_switch_freezes_events_and_not_memory),
		cmocka_unit_test(a_kernel_without_numa_has_no_nodes),
		cmocka_unit_test(lines_that_make_no_sense_are_noted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
