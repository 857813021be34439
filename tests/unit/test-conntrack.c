/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_conntrack;

#define COUNT "/proc/sys/net/netfilter/nf_conntrack_count"
#define STAT "/proc/net/stat/nf_conntrack"

/* 6.1 and later, and an older kernel, where the second name is searched and the eighth delete_list. */
#define HEADER                                                                                                       \
	"entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error"\
	"  expect_new expect_create expect_delete search_restart\n"
#define OLD_HEADER                                                                                                   \
	"entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop icmp_error"\
	"  expect_new expect_create expect_delete search_restart\n"
#define ROW(entries, clashres, drop, early)                                                                           \
	entries "  " clashres " 00000000 00000000 00000003 00000000 00000000 00000000 00000000 00000004 " drop " " early \
	" 00000000  00000000 00000000 00000000 00000010\n"

static void conntrack_tree(struct tree *tree, const char *text)
{
	tree_begin(tree);
	tree_write(tree, COUNT, "18\n");
	tree_write(tree, STAT, text);
	tree_open(tree, &sampler_conntrack, NULL);
	tree_tick(tree);
}

static void rows_are_summed_and_the_total_is_taken_once(void **context)
{
	static const struct expected expected[] = {
		{ SUBJECT_KIND_HOST, NULL, "conntrack.count", 18 },	     { SUBJECT_KIND_HOST, NULL, "conntrack.entries", 0x12 },
		{ SUBJECT_KIND_HOST, NULL, "conntrack.drop", 0x1f },	     { SUBJECT_KIND_HOST, NULL, "conntrack.early_drop", 2 },
		{ SUBJECT_KIND_HOST, NULL, "conntrack.invalid", 6 },	     { SUBJECT_KIND_HOST, NULL, "conntrack.insert_failed", 8 },
		{ SUBJECT_KIND_HOST, NULL, "conntrack.search_restart", 32 }, { SUBJECT_KIND_HOST, NULL, "conntrack.clashres", 1 },
	};
	struct tree tree;

	conntrack_tree(&tree, HEADER ROW("00000012", "00000001", "0000000f", "00000002")
			      ROW("00000012", "00000000", "00000010", "00000000"));
	tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "conntrack.entries")->kind, METRIC_GAUGE);
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

static void an_old_kernel_names_its_columns_otherwise(void **context)
{
	struct tree tree;

	conntrack_tree(&tree, OLD_HEADER ROW("00000012", "00000001", "0000000f", "00000002"));
	tree_expect_host(&tree, "conntrack.searched", 1);
	tree_expect_host(&tree, "conntrack.drop", 15);
	tree_expect_absent(&tree, "conntrack.clashres", ABSENT);
	tree_expect_absent(&tree, "conntrack.chainlength", ABSENT);
	tree_end(&tree);
}

static void a_wrap_of_one_row_is_no_reset_of_the_sum(void **context)
{
	struct tree tree;

	conntrack_tree(&tree, HEADER ROW("00000012", "00000000", "ffffffff", "00000000")
			      ROW("00000012", "00000000", "00000010", "00000000"));
	tree_write(&tree, STAT, HEADER ROW("00000012", "00000000", "00000001", "00000000")
				ROW("00000012", "00000000", "00000011", "00000000"));
	tree_tick(&tree);
	assert_true(tree_delta(&tree, "conntrack.drop") == 3);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "conntrack.drop")->resets, 0);
	tree_end(&tree);
}

static void a_module_that_is_not_loaded_is_unknown_not_zero(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_open(&tree, &sampler_conntrack, NULL);
	tree_tick(&tree);
	tree_expect_absent(&tree, "conntrack.count", ABSENT);
	tree_expect_absent(&tree, "conntrack.drop", ABSENT);
	tree_end(&tree);
}

static void a_module_loaded_in_the_middle_is_found(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_open(&tree, &sampler_conntrack, NULL);
	tree_tick(&tree);
	tree_write(&tree, COUNT, "5\n");
	tree_write(&tree, STAT, HEADER ROW("00000005", "00000000", "0000000f", "00000000"));
	for (int i = 0; i < 10; i++)
		tree_tick(&tree);
	tree_expect_host(&tree, "conntrack.count", 5);
	tree_expect_host(&tree, "conntrack.drop", 15);
	assert_true(tree_delta(&tree, "conntrack.drop") == 0);
	tree_end(&tree);
}

static void a_row_that_makes_no_sense_costs_the_tick(void **context)
{
	static const char *const bad[] = {
		HEADER "00000012 00000000\n",
		HEADER "00000012  00000000 00000000",
		HEADER ROW("00000012", "00000000", "0000000x", "00000000"),
		"entries drop\n00000001 00000002 00000003\n\n",
		"entries drop",
		"\n00000001\n",
		"entries \x7f\n00000001 00000002\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct tree tree;

		conntrack_tree(&tree, bad[i]);
		tree_tick(&tree);
		tree_expect_absent(&tree, "conntrack.drop", UNPARSABLE);
		assert_int_equal(snapshot_notes(tree.snapshot)->count, 1);
		tree_end(&tree);
	}
}

static void a_header_alone_is_no_data(void **context)
{
	struct tree tree;

	conntrack_tree(&tree, HEADER);
	assert_null(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "conntrack.drop"));
	assert_non_null(snapshot_get(tree.snapshot, SUBJECT_HOST, "conntrack.drop"));
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_summed_and_the_total_is_taken_once),
		cmocka_unit_test(an_old_kernel_names_its_columns_otherwise),
		cmocka_unit_test(a_wrap_of_one_row_is_no_reset_of_the_sum),
		cmocka_unit_test(a_module_that_is_not_loaded_is_unknown_not_zero),
		cmocka_unit_test(a_module_loaded_in_the_middle_is_found),
		cmocka_unit_test(a_row_that_makes_no_sense_costs_the_tick),
		cmocka_unit_test(a_header_alone_is_no_data),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
