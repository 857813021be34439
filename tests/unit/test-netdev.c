/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_netdev;

#define HEADER                                                                                                       \
	"Inter-|   Receive                                                |  Transmit\n"                              \
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls "    \
	"carrier compressed\n"

static const char linux_6_18[] = HEADER
	"    lo:    3319      30    0    0    0     0          0         0     3319      30    0    0    0     0       0"
	"          0\n"
	"  eth0: 316465243    5665    7   60    5     4          3       999   149886    2137    8   12    6     2       9"
	"          1\n";

/* Before 2.6.39 or so a number that was wide enough stood right behind the colon. */
static const char no_blank[] = HEADER
	"  eth0:3164652431    5665    0    0    0     0          0         0   149886    2137    0    0    0     0       0"
	"          0\n";

static const struct series *metric(struct tree *tree, const char *interface, const char *key)
{
	return tree_metric(tree, SUBJECT_KIND_INTERFACE, interface, key);
}

static void columns_have_the_names_of_the_kernel(void **context)
{
	static const struct { const char *key; double value; } columns[] = {
		{ "rx_bytes", 316465243 }, { "rx_packets", 5665 }, { "rx_errors", 7 }, { "rx_dropped", 60 },
		{ "rx_fifo_errors", 5 }, { "rx_frame_errors", 4 }, { "tx_bytes", 149886 }, { "tx_packets", 2137 },
		{ "tx_errors", 8 }, { "tx_dropped", 12 }, { "tx_fifo_errors", 6 }, { "tx_carrier_errors", 9 },
	};
	const struct subject *subject;
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/net/dev", linux_6_18);
	tree_open(&tree, &sampler_netdev, NULL);
	tree_tick(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		assert_non_null(metric(&tree, "eth0", columns[i].key));
		assert_true(metric(&tree, "eth0", columns[i].key)->last == columns[i].value);
	}
	assert_int_equal(snapshot_series_count(tree.snapshot), 2 * ARRAY_SIZE(columns));
	subject = snapshot_subject_get(tree.snapshot, snapshot_find_subject(tree.snapshot, SUBJECT_KIND_INTERFACE, "lo"));
	assert_string_equal(subject->path, "/sys/class/net/lo");
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

static void number_right_behind_the_colon_is_read(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/net/dev", no_blank);
	tree_open(&tree, &sampler_netdev, NULL);
	tree_tick(&tree);
	assert_true(metric(&tree, "eth0", "rx_bytes")->last == 3164652431.0);
	tree_end(&tree);
}

static void missed_packets_are_read_where_there_is_hardware(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/net/dev", linux_6_18);
	tree_write(&tree, "/sys/class/net/eth0/device/vendor", "0x1af4\n");
	tree_write(&tree, "/sys/class/net/eth0/statistics/rx_missed_errors", "40\n");
	tree_write(&tree, "/sys/class/net/lo/statistics/rx_missed_errors", "0\n");
	tree_open(&tree, &sampler_netdev, NULL);
	tree_tick(&tree);
	tree_write(&tree, "/sys/class/net/eth0/statistics/rx_missed_errors", "43\n");
	tree_tick(&tree);
	assert_true(metric(&tree, "eth0", "rx_missed_errors")->delta == 3);
	assert_null(metric(&tree, "lo", "rx_missed_errors"));
	tree_end(&tree);
}

static void unparsable_missed_packets_are_unknown_not_zero(void **context)
{
	const struct setting *setting;
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/net/dev", linux_6_18);
	tree_write(&tree, "/sys/class/net/eth0/device/vendor", "0x1af4\n");
	tree_write(&tree, "/sys/class/net/eth0/statistics/rx_missed_errors", "many\n");
	tree_open(&tree, &sampler_netdev, NULL);
	tree_tick(&tree);
	assert_null(metric(&tree, "eth0", "rx_missed_errors"));
	setting = snapshot_get(tree.snapshot, snapshot_find_subject(tree.snapshot, SUBJECT_KIND_INTERFACE, "eth0"),
			       "rx_missed_errors");
	assert_non_null(setting);
	assert_int_equal(setting->absence, UNPARSABLE);
	tree_end(&tree);
}

static void interface_that_comes_and_goes_leaves_gaps(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/net/dev",
		   HEADER "a: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\nb: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
	tree_open(&tree, &sampler_netdev, NULL);
	tree_tick(&tree);
	tree_write(&tree, "/proc/net/dev", HEADER "b: 11 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
	tree_tick(&tree);
	assert_true(metric(&tree, "b", "rx_bytes")->delta == 10);
	assert_int_equal(metric(&tree, "a", "rx_bytes")->gaps, 1);
	tree_end(&tree);
}

static void bad_lines_are_left_out_and_noted(void **context)
{
	static const char *const bad[] = {
		HEADER "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n",		/* a column short */
		HEADER "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 1",		/* cut off */
		HEADER "eth0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
		HEADER ": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
		HEADER "../x: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
		HEADER "..: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
		HEADER "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 -1\n",
		HEADER "\001\377\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct tree tree;

		tree_begin(&tree);
		tree_write(&tree, "/proc/net/dev", bad[i]);
		tree_open(&tree, &sampler_netdev, NULL);
		tree_tick(&tree);
		assert_int_equal(snapshot_series_count(tree.snapshot), 0);
		assert_true(tree_noted(&tree, "not the line of an interface"));
		tree_end(&tree);
	}
}

static void file_that_is_not_there_is_absent_for_known_interfaces(void **context)
{
	const struct setting *setting;
	subject_id eth0;
	struct tree tree;

	tree_begin(&tree);
	eth0 = snapshot_subject(tree.snapshot, SUBJECT_KIND_INTERFACE, "eth0", "/sys/class/net/eth0");
	tree_open(&tree, &sampler_netdev, NULL);
	tree_tick(&tree);
	setting = snapshot_get(tree.snapshot, eth0, "tx_bytes");
	assert_non_null(setting);
	assert_int_equal(setting->absence, ABSENT);
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_have_the_names_of_the_kernel),
		cmocka_unit_test(number_right_behind_the_colon_is_read),
		cmocka_unit_test(missed_packets_are_read_where_there_is_hardware),
		cmocka_unit_test(unparsable_missed_packets_are_unknown_not_zero),
		cmocka_unit_test(interface_that_comes_and_goes_leaves_gaps),
		cmocka_unit_test(bad_lines_are_left_out_and_noted),
		cmocka_unit_test(file_that_is_not_there_is_absent_for_known_interfaces),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
