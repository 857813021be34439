/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_softnet;

#define SOFTNET "/proc/net/softnet_stat"
#define ONLINE "/sys/devices/system/cpu/online"

#define Z8 " 00000000"
#define Z24 Z8 Z8 Z8
#define Z48 Z24 Z24
/* Rows of the kernels' five shapes: processed, dropped, time_squeeze, then zeros up to received_rps. */
#define COLUMNS_9(p, d, t) p " " d " " t Z48
#define COLUMNS_10(p, d, t, rps) COLUMNS_9(p, d, t) " " rps
#define COLUMNS_11(p, d, t, rps, flow) COLUMNS_10(p, d, t, rps) " " flow
#define COLUMNS_13(p, d, t, rps, flow, cpu) COLUMNS_11(p, d, t, rps, flow) " 00000007 " cpu
#define COLUMNS_15(p, d, t, rps, flow, cpu) COLUMNS_13(p, d, t, rps, flow, cpu) " 00000003 00000004"

static void softnet_tree(struct tree *tree, const char *text, const char *online)
{
	tree_begin(tree);
	tree_write(tree, SOFTNET, text);
	if (online)
		tree_write(tree, ONLINE, online);
	tree_open(tree, &sampler_softnet, NULL);
	tree_tick(tree);
}

static void every_shape_of_the_file_is_read(void **context)
{
	static const struct { const char *text; bool rps, flow; } shapes[] = {
		{ COLUMNS_9("00000011", "00000002", "00000003") "\n" COLUMNS_9("0000162e", "00000000", "00000001") "\n",
		  false, false },
		{ COLUMNS_10("00000011", "00000002", "00000003", "00000010") "\n"
		  COLUMNS_10("0000162e", "00000000", "00000001", "00000001") "\n", true, false },
		{ COLUMNS_11("00000011", "00000002", "00000003", "00000010", "0000000a") "\n"
		  COLUMNS_11("0000162e", "00000000", "00000001", "00000001", "00000000") "\n", true, true },
		{ COLUMNS_13("00000011", "00000002", "00000003", "00000010", "0000000a", "00000000") "\n"
		  COLUMNS_13("0000162e", "00000000", "00000001", "00000001", "00000000", "00000001") "\n", true, true },
		{ COLUMNS_15("00000011", "00000002", "00000003", "00000010", "0000000a", "00000000") "\n"
		  COLUMNS_15("0000162e", "00000000", "00000001", "00000001", "00000000", "00000001") "\n", true, true },
	};
	static const struct expected expected[] = {
		{ SUBJECT_KIND_HOST, NULL, "softnet.processed", 0x11 + 0x162e },
		{ SUBJECT_KIND_HOST, NULL, "softnet.dropped", 2 },
		{ SUBJECT_KIND_HOST, NULL, "softnet.time_squeeze", 4 },
		{ SUBJECT_KIND_CPU, "0", "softnet.processed", 0x11 },
		{ SUBJECT_KIND_CPU, "1", "softnet.processed", 0x162e },
	};

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct tree tree;

		softnet_tree(&tree, shapes[i].text, "0-1\n");
		tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
		if (shapes[i].rps)
			tree_expect_host(&tree, "softnet.received_rps", 0x11);
		else
			tree_expect_absent(&tree, "softnet.received_rps", ABSENT);
		if (shapes[i].flow)
			tree_expect_host(&tree, "softnet.flow_limit_count", 10);
		else
			tree_expect_absent(&tree, "softnet.flow_limit_count", ABSENT);
		assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
		tree_end(&tree);
	}
}

static void rows_belong_to_the_cpu_they_name(void **context)
{
	struct tree tree;

	softnet_tree(&tree, COLUMNS_15("00000001", "00000000", "00000000", "00000000", "00000000", "00000000") "\n"
			    COLUMNS_15("00000005", "00000000", "00000000", "00000000", "00000000", "0000000b") "\n", NULL);
	assert_true(tree_metric(&tree, SUBJECT_KIND_CPU, "11", "softnet.processed")->last == 5);
	assert_null(tree_metric(&tree, SUBJECT_KIND_CPU, "1", "softnet.processed"));
	tree_end(&tree);
}

static void rows_without_a_number_belong_to_the_cpus_on_line(void **context)
{
	static const char two_rows[] = COLUMNS_11("00000001", "00000000", "00000000", "00000000", "00000000") "\n"
				       COLUMNS_11("00000005", "00000000", "00000000", "00000000", "00000000") "\n";
	struct tree tree;

	softnet_tree(&tree, two_rows, "0,3\n");
	assert_true(tree_metric(&tree, SUBJECT_KIND_CPU, "3", "softnet.processed")->last == 5);
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_CPU), 2);
	tree_end(&tree);

	/* A list that does not fit the rows: the host has its sums, and no CPU is made up. */
	softnet_tree(&tree, two_rows, "0-3\n");
	tree_expect_host(&tree, "softnet.processed", 6);
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_CPU), 0);
	tree_end(&tree);
}

static void a_wrap_of_one_cpu_does_not_move_the_sum_back(void **context)
{
	struct tree tree;

	softnet_tree(&tree, COLUMNS_13("fffffff0", "00000000", "00000000", "00000000", "00000000", "00000000") "\n"
			    COLUMNS_13("00000100", "00000000", "00000000", "00000000", "00000000", "00000001") "\n", NULL);
	tree_write(&tree, SOFTNET,
		   COLUMNS_13("00000010", "00000000", "00000000", "00000000", "00000000", "00000000") "\n"
		   COLUMNS_13("00000101", "00000000", "00000000", "00000000", "00000000", "00000001") "\n");
	tree_tick(&tree);
	assert_true(tree_delta(&tree, "softnet.processed") == 0x21);
	assert_true(tree_metric(&tree, SUBJECT_KIND_CPU, "0", "softnet.processed")->delta == 0x20);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_CPU, "0", "softnet.processed")->wraps, 1);
	tree_end(&tree);
}

static void a_cpu_that_leaves_and_returns_is_counted_once(void **context)
{
#define ROW(p, cpu) COLUMNS_13(p, "00000000", "00000000", "00000000", "00000000", cpu) "\n"
	struct tree tree;

	softnet_tree(&tree, ROW("00001000", "00000000") ROW("00002000", "00000001"), NULL);
	tree_write(&tree, SOFTNET, ROW("00001001", "00000000"));
	tree_tick(&tree);
	assert_true(tree_delta(&tree, "softnet.processed") == 1);
	tree_write(&tree, SOFTNET, ROW("00001002", "00000000") ROW("00002003", "00000001"));
	tree_tick(&tree);
	assert_true(tree_delta(&tree, "softnet.processed") == 5);
	/* one that nobody had seen before brings its past with it: not part of this window */
	tree_write(&tree, SOFTNET, ROW("00001002", "00000000") ROW("00002003", "00000001") ROW("00777777", "00000002"));
	tree_tick(&tree);
	assert_true(tree_delta(&tree, "softnet.processed") == 5);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "softnet.processed")->resets, 0);
	tree_end(&tree);
#undef ROW
}

static void rows_that_make_no_sense_cost_the_sum_and_are_noted(void **context)
{
	static const char *const bad[] = {
		"00000011 00000000\n",										/* too short */
		COLUMNS_13("00000011", "00000000", "00000000", "00000000", "00000000", "00000000"),		/* cut */
		COLUMNS_13("0000001g", "00000000", "00000000", "00000000", "00000000", "00000000") "\n",
		COLUMNS_13("00000011", "00000000", "00000000", "00000000", "00000000", "ffffffff") "\n",	/* no such CPU */
		COLUMNS_13("00000011", "00000000", "00000000", "00000000", "00000000", "00000001") "\n"	/* twice */
		COLUMNS_13("00000011", "00000000", "00000000", "00000000", "00000000", "00000001") "\n",
		COLUMNS_13("00000011", "00000000", "00000000", "00000000", "00000000", "00000000") "\n"	/* another shape */
		COLUMNS_11("00000011", "00000000", "00000000", "00000000", "00000000") "\n",
		"\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct tree tree;

		softnet_tree(&tree, bad[i], "0\n");
		tree_expect_absent(&tree, "softnet.processed", UNPARSABLE);
		assert_true(tree_noted(&tree, "not a row of counters"));
		tree_end(&tree);
	}
}

static void without_the_file_everything_is_absent(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_open(&tree, &sampler_softnet, NULL);
	tree_tick(&tree);
	tree_expect_absent(&tree, "softnet.dropped", ABSENT);
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape_of_the_file_is_read),
		cmocka_unit_test(rows_belong_to_the_cpu_they_name),
		cmocka_unit_test(rows_without_a_number_belong_to_the_cpus_on_line),
		cmocka_unit_test(a_wrap_of_one_cpu_does_not_move_the_sum_back),
		cmocka_unit_test(a_cpu_that_leaves_and_returns_is_counted_once),
		cmocka_unit_test(rows_that_make_no_sense_cost_the_sum_and_are_noted),
		cmocka_unit_test(without_the_file_everything_is_absent),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
