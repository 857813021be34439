/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_xfs_stat;

static void the_line_of_the_log_is_taken(void **context)
{
	static const struct expected expected[] = {
		{ SUBJECT_KIND_HOST, NULL, "xfs.log.writes", 1524 },
		{ SUBJECT_KIND_HOST, NULL, "xfs.log.blocks", 96736 },
		{ SUBJECT_KIND_HOST, NULL, "xfs.log.noiclogs", 12 },
		{ SUBJECT_KIND_HOST, NULL, "xfs.log.force", 1680 },
		{ SUBJECT_KIND_HOST, NULL, "xfs.log.force_sleep", 822 },
	};
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/fs/xfs/stat",
		   "ig 21131 13 0 21118 0 20650 0\nlog 1524 96736 12 1680 822\npush_ail 40960 0 6190\n");
	tree_open(&tree, &sampler_xfs_stat, NULL);
	tree_tick(&tree);
	tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
	assert_int_equal(snapshot_series_count(tree.snapshot), ARRAY_SIZE(expected));
	tree_end(&tree);
}

static void a_newer_kernel_may_say_more(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/fs/xfs/stat", "log 1 2 3 4 5 6 7\n");
	tree_open(&tree, &sampler_xfs_stat, NULL);
	tree_tick(&tree);
	tree_expect_host(&tree, "xfs.log.force_sleep", 5);
	tree_end(&tree);
}

static void without_xfs_it_is_absent_and_not_zero(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_open(&tree, &sampler_xfs_stat, NULL);
	tree_tick(&tree);
	assert_null(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "xfs.log.noiclogs"));
	tree_expect_absent(&tree, "xfs.log.noiclogs", ABSENT);
	tree_end(&tree);
}

static void a_line_that_was_cut_says_nothing(void **context)
{
	static const char *const cut[] = { "log 1 2 3", "log 1 2 3 4 5", "log 1 2 x 4 5\n", "log\n", "ig 1 2 3\n",
					   "logs 1 2 3 4 5\n" };

	for (size_t i = 0; i < ARRAY_SIZE(cut); i++) {
		struct tree tree;

		tree_begin(&tree);
		tree_write(&tree, "/proc/fs/xfs/stat", cut[i]);
		tree_open(&tree, &sampler_xfs_stat, NULL);
		tree_tick(&tree);
		assert_null(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "xfs.log.writes"));
		tree_expect_absent(&tree, "xfs.log.writes", UNPARSABLE);
		assert_true(tree_noted(&tree, "the numbers of the log are missing"));
		tree_end(&tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_of_the_log_is_taken),
		cmocka_unit_test(a_newer_kernel_may_say_more),
		cmocka_unit_test(without_xfs_it_is_absent_and_not_zero),
		cmocka_unit_test(a_line_that_was_cut_says_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
