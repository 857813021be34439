/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_stat;

#define REST                                                                                                         \
	"ctxt 702483\nbtime 1795364585\nprocesses 7195\nprocs_running 3\nprocs_blocked 1\n"                            \
	"softirq 135926 0 19514 4\n"

static const char linux_6_18[] =
	"cpu  3901 5 5216 255205 377 1 55 16 7 2\n"
	"cpu0 2073 2 1685 128564 44 1 6 8 7 2\n"
	"cpu1 1828 3 3531 126641 332 0 49 8 0 0\n"
	"intr 308036 0 0 15 0\n" REST;

static void stat_tree(struct tree *tree, const char *stat)
{
	tree_begin(tree);
	tree_write(tree, "/proc/stat", stat);
	tree_open(tree, &sampler_stat, NULL);
}

static void every_class_of_cpu_time_is_read_for_host_and_cpu(void **context)
{
	static const struct expected expected[] = {
		{ SUBJECT_KIND_HOST, NULL, "stat.cpu.user", 3901 },	{ SUBJECT_KIND_HOST, NULL, "stat.cpu.nice", 5 },
		{ SUBJECT_KIND_HOST, NULL, "stat.cpu.system", 5216 },	{ SUBJECT_KIND_HOST, NULL, "stat.cpu.idle", 255205 },
		{ SUBJECT_KIND_HOST, NULL, "stat.cpu.iowait", 377 },	{ SUBJECT_KIND_HOST, NULL, "stat.cpu.irq", 1 },
		{ SUBJECT_KIND_HOST, NULL, "stat.cpu.softirq", 55 },	{ SUBJECT_KIND_HOST, NULL, "stat.cpu.steal", 16 },
		{ SUBJECT_KIND_HOST, NULL, "stat.cpu.guest", 7 },	{ SUBJECT_KIND_HOST, NULL, "stat.cpu.guest_nice", 2 },
		{ SUBJECT_KIND_CPU, "0", "stat.user", 2073 },		{ SUBJECT_KIND_CPU, "1", "stat.softirq", 49 },
		{ SUBJECT_KIND_CPU, "1", "stat.guest_nice", 0 },	{ SUBJECT_KIND_HOST, NULL, "stat.intr", 308036 },
		{ SUBJECT_KIND_HOST, NULL, "stat.ctxt", 702483 },	{ SUBJECT_KIND_HOST, NULL, "stat.processes", 7195 },
		{ SUBJECT_KIND_HOST, NULL, "stat.procs_running", 3 },	{ SUBJECT_KIND_HOST, NULL, "stat.procs_blocked", 1 },
		{ SUBJECT_KIND_HOST, NULL, "stat.softirq", 135926 },
	};
	struct tree tree;

	stat_tree(&tree, linux_6_18);
	tree_tick(&tree);
	tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "stat.procs_running")->kind, METRIC_GAUGE);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "stat.ctxt")->kind, METRIC_COUNTER);
	assert_null(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "stat.btime"));
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_CPU), 2);
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

/* Linux 2.6.32 has nine columns: no guest_nice. */
static void a_column_that_an_old_kernel_lacks_is_absent_not_zero(void **context)
{
	struct tree tree;

	stat_tree(&tree, "cpu  1 2 3 4 5 6 7 8 9\ncpu0 1 2 3 4 5 6 7 8 9\n" REST);
	tree_tick(&tree);
	tree_expect_host(&tree, "stat.cpu.guest", 9);
	tree_expect_absent(&tree, "stat.cpu.guest_nice", ABSENT);
	tree_end(&tree);
}

static void a_cpu_that_goes_off_line_leaves_a_gap_and_moves_nobody(void **context)
{
	const struct series *series;
	struct tree tree;

	stat_tree(&tree, "cpu  9 0 0 0 0 0 0 0 0 0\ncpu0 10 0 0 0 0 0 0 0 0 0\ncpu1 20 0 0 0 0 0 0 0 0 0\n"
			 "cpu2 30 0 0 0 0 0 0 0 0 0\n" REST);
	tree_tick(&tree);
	tree_write(&tree, "/proc/stat", "cpu  9 0 0 0 0 0 0 0 0 0\ncpu0 11 0 0 0 0 0 0 0 0 0\n"
					"cpu2 33 0 0 0 0 0 0 0 0 0\n" REST);
	tree_tick(&tree);
	assert_true(tree_metric(&tree, SUBJECT_KIND_CPU, "0", "stat.user")->delta == 1);
	assert_true(tree_metric(&tree, SUBJECT_KIND_CPU, "2", "stat.user")->delta == 3);
	series = tree_metric(&tree, SUBJECT_KIND_CPU, "1", "stat.user");
	assert_true(series->delta == 0);
	assert_int_equal(series->gaps, 1);
	tree_write(&tree, "/proc/stat", "cpu  9 0 0 0 0 0 0 0 0 0\ncpu0 12 0 0 0 0 0 0 0 0 0\ncpu1 25 0 0 0 0 0 0 0 0 0\n"
					"cpu2 34 0 0 0 0 0 0 0 0 0\n" REST);
	tree_tick(&tree);
	assert_true(tree_metric(&tree, SUBJECT_KIND_CPU, "1", "stat.user")->last == 25);
	assert_true(tree_metric(&tree, SUBJECT_KIND_CPU, "2", "stat.user")->delta == 4);
	tree_end(&tree);
}

static void iowait_that_falls_is_a_reset_and_not_a_leap(void **context)
{
	struct tree tree;

	stat_tree(&tree, "cpu  1 0 0 0 100 0 0 0 0 0\n" REST);
	tree_tick(&tree);
	tree_write(&tree, "/proc/stat", "cpu  2 0 0 0 99 0 0 0 0 0\n" REST);
	tree_tick(&tree);
	assert_true(tree_delta(&tree, "stat.cpu.iowait") == 0);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "stat.cpu.iowait")->resets, 1);
	assert_true(tree_delta(&tree, "stat.cpu.user") == 1);
	tree_end(&tree);
}

static void lines_that_make_no_sense_are_left_out_with_one_note(void **context)
{
	static const char *const bad[] = {
		"cpu0 1 2 x 4\n", "cpu0x 1 2 3\n", "cpu99999999999999999999 1\n", "cpu9000 1 2 3\n", "cpu\n", "cpu0 1 2", "ctxt 70",
		"ctxt\n", "ctxt x\n", "\n", "ctxt 1x\n", "\x01\x02\x03\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(free_ptr) char *text = xasprintf("procs_running 4\n%s", bad[i]);
		struct tree tree;

		stat_tree(&tree, text);
		tree_tick(&tree);
		tree_tick(&tree);
		tree_expect_host(&tree, "stat.procs_running", 4);
		assert_int_equal(snapshot_notes(tree.snapshot)->count, 1);
		assert_int_equal(snapshot_notes(tree.snapshot)->entries[0].place.line, 2);
		assert_int_equal(snapshot_series_count(tree.snapshot), 1);
		tree_end(&tree);
	}
}

static void softirqs_are_read_for_cpus_that_are_there(void **context)
{
	static const struct expected expected[] = {
		{ SUBJECT_KIND_CPU, "0", "softirqs.NET_RX", 1727 },
		{ SUBJECT_KIND_CPU, "1", "softirqs.NET_RX", 3509 },
		{ SUBJECT_KIND_CPU, "0", "softirqs.NET_TX", 4 },
	};
	struct tree tree;

	stat_tree(&tree, linux_6_18);
	/* three CPUs are possible, two are there */
	tree_write(&tree, "/proc/softirqs",
		   "                    CPU0       CPU1       CPU2       \n"
		   "       TIMER:       9113      10401          0\n"
		   "      NET_TX:          4          0          0\n"
		   "      NET_RX:       1727       3509          0\n");
	tree_tick(&tree);
	tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_CPU), 2);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_CPU, "0", "softirqs.NET_RX")->wrap_bits, 32);
	tree_end(&tree);
}

static void softirqs_with_fewer_numbers_than_cpus_are_noted(void **context)
{
	struct tree tree;

	stat_tree(&tree, linux_6_18);
	tree_write(&tree, "/proc/softirqs", "                    CPU0       CPU1       \n      NET_RX:       1727\n");
	tree_tick(&tree);
	assert_true(tree_noted(&tree, "one number per CPU"));
	tree_end(&tree);
}

static void load_and_uptime_have_decimals(void **context)
{
	static const struct expected expected[] = {
		{ SUBJECT_KIND_HOST, NULL, "loadavg.1", 0.02 },	     { SUBJECT_KIND_HOST, NULL, "loadavg.5", 12.5 },
		{ SUBJECT_KIND_HOST, NULL, "loadavg.15", 0 },	     { SUBJECT_KIND_HOST, NULL, "loadavg.runnable", 2 },
		{ SUBJECT_KIND_HOST, NULL, "loadavg.entities", 94 }, { SUBJECT_KIND_HOST, NULL, "uptime", 1328.25 },
	};
	struct tree tree;

	stat_tree(&tree, linux_6_18);
	tree_write(&tree, "/proc/loadavg", "0.02 12.50 0.00 2/94 7196\n");
	tree_write(&tree, "/proc/uptime", "1328.25 2552.06\n");
	tree_tick(&tree);
	tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
	tree_end(&tree);
}

static void a_load_that_was_cut_is_no_load(void **context)
{
	static const char *const cut[] = { "0.02 12.5", "0.02 12.50 0.00 2/9", "x", "0.02", "0.02 0.01 0.00 2 94 1\n" };

	for (size_t i = 0; i < ARRAY_SIZE(cut); i++) {
		struct tree tree;

		stat_tree(&tree, linux_6_18);
		tree_write(&tree, "/proc/loadavg", cut[i]);
		tree_tick(&tree);
		tree_expect_absent(&tree, "loadavg.1", ABSENT);
		assert_true(tree_noted(&tree, "three averages"));
		tree_end(&tree);
	}
}

static void without_files_everything_is_absent_and_nothing_zero(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_open(&tree, &sampler_stat, NULL);
	tree_tick(&tree);
	assert_int_equal(snapshot_series_count(tree.snapshot), 0);
	tree_expect_absent(&tree, "stat.cpu.user", ABSENT);
	tree_expect_absent(&tree, "stat.procs_running", ABSENT);
	tree_expect_absent(&tree, "loadavg.15", ABSENT);
	tree_expect_absent(&tree, "uptime", ABSENT);
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_of_cpu_time_is_read_for_host_and_cpu),
		cmocka_unit_test(a_column_that_an_old_kernel_lacks_is_absent_not_zero),
		cmocka_unit_test(a_cpu_that_goes_off_line_leaves_a_gap_and_moves_nobody),
		cmocka_unit_test(iowait_that_falls_is_a_reset_and_not_a_leap),
		cmocka_unit_test(lines_that_make_no_sense_are_left_out_with_one_note),
		cmocka_unit_test(softirqs_are_read_for_cpus_that_are_there),
		cmocka_unit_test(softirqs_with_fewer_numbers_than_cpus_are_noted),
		cmocka_unit_test(load_and_uptime_have_decimals),
		cmocka_unit_test(a_load_that_was_cut_is_no_load),
		cmocka_unit_test(without_files_everything_is_absent_and_nothing_zero),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
