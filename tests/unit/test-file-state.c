/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_file_state;

static void fields_are_taken_by_their_place(void **context)
{
	static const struct expected expected[] = {
		{ SUBJECT_KIND_HOST, NULL, "fs.file-nr.allocated", 622 },
		{ SUBJECT_KIND_HOST, NULL, "fs.file-nr.max", 2466177 },
		{ SUBJECT_KIND_HOST, NULL, "fs.dentry-state.nr_dentry", 221360 },
		{ SUBJECT_KIND_HOST, NULL, "fs.dentry-state.nr_unused", 219841 },
		{ SUBJECT_KIND_HOST, NULL, "fs.dentry-state.nr_negative", 8268 },
		{ SUBJECT_KIND_HOST, NULL, "fs.inode-nr.nr_inodes", 212934 },
		{ SUBJECT_KIND_HOST, NULL, "fs.inode-nr.nr_free_inodes", 3 },
		{ SUBJECT_KIND_HOST, NULL, "fs.aio-nr", 128 },
	};
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/sys/fs/file-nr", "622\t0\t2466177\n");
	tree_write(&tree, "/proc/sys/fs/dentry-state", "221360\t219841\t45\t0\t8268\t0\n");
	tree_write(&tree, "/proc/sys/fs/inode-nr", "212934\t3\n");
	tree_write(&tree, "/proc/sys/fs/aio-nr", "128\n");
	tree_open(&tree, &sampler_file_state, NULL);
	tree_tick(&tree);
	tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
	assert_int_equal(snapshot_series_count(tree.snapshot), ARRAY_SIZE(expected));
	tree_end(&tree);
}

static void a_limit_beyond_all_files_is_still_a_number(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/sys/fs/file-nr", "622\t0\t9223372036854775807\n");
	tree_open(&tree, &sampler_file_state, NULL);
	tree_tick(&tree);
	tree_expect_host(&tree, "fs.file-nr.max", 9223372036854775807.0);
	tree_end(&tree);
}

static void a_count_below_zero_says_nothing(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/sys/fs/dentry-state", "5\t-1\t45\t0\t8268\t0\n");
	tree_open(&tree, &sampler_file_state, NULL);
	tree_tick(&tree);
	tree_expect_absent(&tree, "fs.dentry-state.nr_unused", ABSENT);
	tree_expect_host(&tree, "fs.dentry-state.nr_negative", 8268);
	tree_end(&tree);
}

static void numbers_that_were_cut_are_noted(void **context)
{
	static const char *const cut[] = { "622\t0\t24661", "622\t0", "62", "622 x 3\n", "\n", "x" };

	for (size_t i = 0; i < ARRAY_SIZE(cut); i++) {
		struct tree tree;

		tree_begin(&tree);
		tree_write(&tree, "/proc/sys/fs/file-nr", cut[i]);
		tree_open(&tree, &sampler_file_state, NULL);
		tree_tick(&tree);
		assert_null(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "fs.file-nr.max"));
		tree_expect_absent(&tree, "fs.file-nr.max", UNPARSABLE);
		assert_true(tree_noted(&tree, "a number is missing"));
		tree_end(&tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_taken_by_their_place),
		cmocka_unit_test(a_limit_beyond_all_files_is_still_a_number),
		cmocka_unit_test(a_count_below_zero_says_nothing),
		cmocka_unit_test(numbers_that_were_cut_are_noted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
