/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_vmstat;

#define VMSTAT "/proc/vmstat"

/* Lines of 6.18, in its order. */
static const char linux_6_18[] =
	"nr_free_pages 1886531\nnr_free_pages_blocks 1721344\nnuma_hit 2615264\nnuma_local 2615264\nnr_dirty 301\n"
	"workingset_nodes 93916\nworkingset_refault_anon 7\nworkingset_refault_file 54133\nnr_dirtied 1042382\n"
	"nr_written 994060\nnr_dirty_threshold 1202203\npgpgin 1165993\nallocstall_dma 1\nallocstall_dma32 2\n"
	"allocstall_normal 30\nallocstall_movable 400\nallocstall_device 0\npgskip_dma 0\npgfault 1844050\n"
	"pgscan_direct 12\npgscan_direct_throttle 3\ndrop_slab 2\nnr_unstable 0\n";

/* 4.19: one counter of refaults, and no zone for devices. */
static const char linux_4_19[] =
	"nr_free_pages 1000\nworkingset_refault 77\nworkingset_activate 11\nnr_dirty 5\nallocstall_dma 0\n"
	"allocstall_dma32 0\nallocstall_normal 8\nallocstall_movable 1\npgfault 9\n";

/* Before 4.8 direct reclaim was not counted per zone. */
static const char linux_4_4[] = "nr_free_pages 1000\npgfault 9\nallocstall 15\npgrotated 1\n";

static void vmstat_tree(struct tree *tree, const char *text)
{
	tree_begin(tree);
	tree_write(tree, VMSTAT, text);
	tree_open(tree, &sampler_vmstat, NULL);
	tree_tick(tree);
}

static void states_are_gauges_and_events_are_counters(void **context)
{
	static const struct { const char *key; enum metric_kind kind; double value; } cases[] = {
		{ "vmstat.nr_free_pages", METRIC_GAUGE, 1886531 },   { "vmstat.nr_dirty", METRIC_GAUGE, 301 },
		{ "vmstat.nr_dirty_threshold", METRIC_GAUGE, 1202203 }, { "vmstat.workingset_nodes", METRIC_GAUGE, 93916 },
		{ "vmstat.nr_dirtied", METRIC_COUNTER, 1042382 },    { "vmstat.nr_written", METRIC_COUNTER, 994060 },
		{ "vmstat.pgscan_direct", METRIC_COUNTER, 12 },	     { "vmstat.pgscan_direct_throttle", METRIC_COUNTER, 3 },
		{ "vmstat.drop_slab", METRIC_COUNTER, 2 },	     { "vmstat.workingset_refault_anon", METRIC_COUNTER, 7 },
	};
	struct tree tree;

	vmstat_tree(&tree, linux_6_18);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct series *series = tree_metric(&tree, SUBJECT_KIND_HOST, NULL, cases[i].key);

		assert_non_null(series);
		assert_int_equal(series->kind, cases[i].kind);
		assert_true(series->last == cases[i].value);
	}
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

static void stalls_of_all_zones_are_one_number(void **context)
{
	struct tree tree;

	vmstat_tree(&tree, linux_6_18);
	tree_expect_host(&tree, "vmstat.allocstall", 433);
	tree_end(&tree);

	vmstat_tree(&tree, linux_4_19);
	tree_expect_host(&tree, "vmstat.allocstall", 9);
	tree_end(&tree);

	vmstat_tree(&tree, linux_4_4);
	tree_expect_host(&tree, "vmstat.allocstall", 15);
	tree_end(&tree);
}

static void a_sum_that_lacks_a_zone_is_no_sum(void **context)
{
	static const char *const cases[] = {
		"pgfault 1\nallocstall_dma 1\nallocstall_normal 3\n",		/* ends among the zones */
		"pgfault 1\nallocstall_dma 1\nallocstall_normal 3",		/* ends in a number */
		"pgfault 1\nallocstall_dma 1\nallocstall_normal x\npgfree 2\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tree tree;

		vmstat_tree(&tree, cases[i]);
		tree_expect_host(&tree, "vmstat.allocstall_dma", 1);
		tree_expect_absent(&tree, "vmstat.allocstall", ABSENT);
		tree_end(&tree);
	}
}

static void a_name_this_kernel_lacks_is_absent_not_zero(void **context)
{
	struct tree tree;

	vmstat_tree(&tree, linux_4_19);
	tree_expect_host(&tree, "vmstat.workingset_refault", 77);
	tree_expect_absent(&tree, "vmstat.workingset_refault_file", ABSENT);
	tree_expect_absent(&tree, "vmstat.zswpwb", ABSENT);
	tree_end(&tree);
}

static void an_unknown_state_is_left_out_with_a_note(void **context)
{
	struct tree tree;

	vmstat_tree(&tree, "nr_free_pages 5\nnr_from_the_future 7\npg_from_the_future 8\n");
	tree_tick(&tree);
	assert_null(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "vmstat.nr_from_the_future"));
	tree_expect_host(&tree, "vmstat.pg_from_the_future", 8);
	assert_true(tree_noted(&tree, "nr_from_the_future is new"));
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 1);
	tree_end(&tree);
}

static void lines_that_come_and_go_move_nobody(void **context)
{
	struct tree tree;

	vmstat_tree(&tree, "pgfault 1\npgscan_direct 10\noom_kill 0\n");
	tree_write(&tree, VMSTAT, "pgfault 2\npgnew 100\npgscan_direct 13\noom_kill 1\n");
	tree_tick(&tree);
	tree_write(&tree, VMSTAT, "pgfault 3\noom_kill 1\n");
	tree_tick(&tree);
	assert_true(tree_delta(&tree, "vmstat.pgfault") == 2);
	assert_true(tree_delta(&tree, "vmstat.pgscan_direct") == 3);
	assert_true(tree_delta(&tree, "vmstat.oom_kill") == 1);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "vmstat.pgscan_direct")->gaps, 1);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "vmstat.pgnew")->gaps, 1);
	tree_end(&tree);
}

static void a_counter_that_goes_backwards_is_a_reset(void **context)
{
	struct tree tree;

	vmstat_tree(&tree, "pgfault 1000\n");
	tree_write(&tree, VMSTAT, "pgfault 4\n");
	tree_tick(&tree);
	assert_true(tree_delta(&tree, "vmstat.pgfault") == 0);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "vmstat.pgfault")->resets, 1);
	tree_end(&tree);
}

static void the_same_name_twice_counts_once(void **context)
{
	struct tree tree;

	vmstat_tree(&tree, "pgfault 1\npgfault 50\n");
	tree_write(&tree, VMSTAT, "pgfault 2\npgfault 51\n");
	tree_tick(&tree);
	assert_true(tree_delta(&tree, "vmstat.pgfault") == 1);
	tree_end(&tree);
}

static void numa_events_are_frozen_while_their_switch_is_off(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, VMSTAT, linux_6_18);
	tree_write(&tree, "/proc/sys/vm/numa_stat", "0\n");
	tree_open(&tree, &sampler_vmstat, NULL);
	tree_tick(&tree);
	assert_true(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "vmstat.numa_hit")->frozen);
	assert_false(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "vmstat.pgfault")->frozen);
	tree_end(&tree);

	tree_begin(&tree);
	tree_write(&tree, VMSTAT, linux_6_18);
	tree_write(&tree, "/proc/sys/vm/numa_stat", "1\n");
	tree_open(&tree, &sampler_vmstat, NULL);
	tree_tick(&tree);
	assert_false(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "vmstat.numa_hit")->frozen);
	tree_write(&tree, "/proc/sys/vm/numa_stat", "0\n");
	tree_tick(&tree);
	assert_true(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "vmstat.numa_hit")->frozen);
	tree_end(&tree);
}

static void an_empty_file_is_a_gap_and_the_next_one_is_read(void **context)
{
	struct tree tree;

	vmstat_tree(&tree, "pgfault 1\n");
	tree_write(&tree, VMSTAT, "");
	tree_tick(&tree);
	tree_write(&tree, VMSTAT, "pgfault 5\n");
	tree_tick(&tree);
	assert_true(tree_delta(&tree, "vmstat.pgfault") == 4);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "vmstat.pgfault")->gaps, 1);
	tree_end(&tree);
}

static void a_directory_in_its_place_is_unreadable(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_mkdir(&tree, VMSTAT);
	tree_open(&tree, &sampler_vmstat, NULL);
	tree_tick(&tree);
	assert_int_equal(snapshot_series_count(tree.snapshot), 0);
	assert_non_null(snapshot_get(tree.snapshot, SUBJECT_HOST, "vmstat.pgfault"));
	assert_int_not_equal(snapshot_get(tree.snapshot, SUBJECT_HOST, "vmstat.pgfault")->absence, PRESENT);
	tree_end(&tree);
}

static void without_the_file_everything_wanted_is_absent(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_open(&tree, &sampler_vmstat, NULL);
	tree_tick(&tree);
	tree_expect_absent(&tree, "vmstat.allocstall", ABSENT);
	tree_expect_absent(&tree, "vmstat.nr_dirty", ABSENT);
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_are_gauges_and_events_are_counters),
		cmocka_unit_test(stalls_of_all_zones_are_one_number),
		cmocka_unit_test(a_sum_that_lacks_a_zone_is_no_sum),
		cmocka_unit_test(a_name_this_kernel_lacks_is_absent_not_zero),
		cmocka_unit_test(an_unknown_state_is_left_out_with_a_note),
		cmocka_unit_test(lines_that_come_and_go_move_nobody),
		cmocka_unit_test(a_counter_that_goes_backwards_is_a_reset),
		cmocka_unit_test(the_same_name_twice_counts_once),
		cmocka_unit_test(numa_events_are_frozen_while_their_switch_is_off),
		cmocka_unit_test(an_empty_file_is_a_gap_and_the_next_one_is_read),
		cmocka_unit_test(a_directory_in_its_place_is_unreadable),
		cmocka_unit_test(without_the_file_everything_wanted_is_absent),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
