/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

extern const struct probe probe_numa;

#define NODE "/sys/devices/system/node"

static void each_node_has_its_own_settings(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, NODE "/online", "0-1\n");
	tree_write(tree, NODE "/has_memory", "0-1\n");
	tree_write_bytes(tree, NODE "/node0/cpulist", "0-15\n", 6);
	tree_write_bytes(tree, NODE "/node0/distance", "10 21\n", 7);
	tree_write(tree, NODE "/node1/cpulist", "16-31\n");
	tree_write(tree, NODE "/node1/distance", "21 10\n");
	tree_write(tree, NODE "/node1/hugepages/hugepages-2048kB/nr_hugepages", "512\n");
	tree_write(tree, NODE "/node1/hugepages/hugepages-2048kB/demote", "x\n");
	tree_write(tree, NODE "/node1/hugepages/other/nr_hugepages", "1\n");
	tree_read(tree, &probe_numa);

	assert_setting(tree, HOST, "", "numa.nodes", "2");
	assert_setting(tree, HOST, "", "numa.has_memory", "0-1");
	assert_setting(tree, NUMA_NODE, "0", "cpulist", "0-15");
	assert_setting(tree, NUMA_NODE, "0", "distance", "10 21");
	assert_int_equal(snapshot_get(tree->snapshot,
				      tree_subject(tree, SUBJECT_KIND_NUMA_NODE, "0"), "distance")
				 ->raw_length,
			 5);
	assert_setting(tree, NUMA_NODE, "1", "distance", "21 10");
	assert_setting(tree, NUMA_NODE, "1", "hugepages-2048kB.nr_hugepages", "512");
	assert_setting(tree, NUMA_NODE, "1", "hugepages-2048kB.demote", NULL);
	assert_setting(tree, NUMA_NODE, "1", "other.nr_hugepages", NULL);
	assert_origin(tree, tree_subject(tree, SUBJECT_KIND_NUMA_NODE, "1"), "distance",
		      NODE "/node1/distance");
}

static void a_kernel_without_nodes_is_unknown_not_one(void **state)
{
	struct tree *tree = *state;

	tree_read(tree, &probe_numa);
	assert_setting(tree, HOST, "", "numa.nodes", ABSENCE(ABSENT));
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_NUMA_NODE), 0);
}

static void node_lists_that_make_no_sense_are_unparsable(void **state)
{
	static const char *const lists[] = { "x\n", "0-\n", "1-0\n", "0-1000000\n" };
	struct tree *tree = *state;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		tree_write(tree, NODE "/online", lists[i]);
		tree_read(tree, &probe_numa);
		assert_setting(tree, HOST, "", "numa.nodes", ABSENCE(UNPARSABLE));
	}
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_NUMA_NODE), 0);
}

static void nodes_that_were_not_saved_are_absent(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, NODE "/online", "0\n");
	tree_directory(tree, NODE "/node0/distance");
	tree_read(tree, &probe_numa);
	assert_setting(tree, HOST, "", "numa.nodes", "1");
	assert_setting(tree, NUMA_NODE, "0", "cpulist", ABSENCE(ABSENT));
	assert_setting(tree, NUMA_NODE, "0", "distance", ABSENCE(UNREADABLE));
}

static void lscpu_counts_the_nodes_of_a_sosreport(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/sos_commands/processor/lscpu",
		   "Architecture:                       x86_64\nNUMA node(s):                      "
		   " 4\n"
		   "NUMA node0 CPU(s):                  0,1\n");
	tree_read(tree, &probe_numa);
	assert_setting(tree, HOST, "", "numa.nodes", "4");
	assert_origin(tree, SUBJECT_HOST, "numa.nodes", "/sos_commands/processor/lscpu");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(each_node_has_its_own_settings),
		tree_test(a_kernel_without_nodes_is_unknown_not_one),
		tree_test(node_lists_that_make_no_sense_are_unparsable),
		tree_test(nodes_that_were_not_saved_are_absent),
		tree_test(lscpu_counts_the_nodes_of_a_sosreport),
	};

	return RUN_TESTS(tests);
}
