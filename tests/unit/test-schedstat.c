/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_schedstat;

#define SCHEDSTAT "/proc/schedstat"

static void schedstat_tree(struct tree *tree, const char *text)
{
	tree_begin(tree);
	tree_write(tree, SCHEDSTAT, text);
	tree_open(tree, &sampler_schedstat, NULL);
	tree_tick(tree);
}

static void versions_differ_in_what_stands_before_the_three_numbers(void **context)
{
	static const char *const versions[] = {
		"version 17\ntimestamp 4295226210\ncpu0 0 0 0 0 0 0 58231764421 1893342110 402211\n"
		"domain0 MC 3 1 2 3 4 5 6 7 8\ncpu1 0 0 0 0 0 0 10 20 30\n",
		"version 16\ntimestamp 4295226210\ncpu0 0 0 0 0 0 0 58231764421 1893342110 402211\n"
		"domain0 00000000,00000003 1 2 3\ncpu1 0 0 0 0 0 0 10 20 30\n",
		"version 15\ntimestamp 4295226210\ncpu0 9 0 8 7 6 5 58231764421 1893342110 402211\ncpu1 0 0 0 0 0 0 10 20 30\n",
		"version 14\ntimestamp 1\ncpu0 1 2 3 4 5 6 7 8 9 58231764421 1893342110 402211\n"
		"cpu1 1 2 3 4 5 6 7 8 9 10 20 30\n",
	};
	static const struct expected expected[] = {
		{ SUBJECT_KIND_CPU, "0", "schedstat.running", 58231764421.0 },
		{ SUBJECT_KIND_CPU, "0", "schedstat.run_delay", 1893342110 },
		{ SUBJECT_KIND_CPU, "0", "schedstat.timeslices", 402211 },
		{ SUBJECT_KIND_CPU, "1", "schedstat.run_delay", 20 },
		{ SUBJECT_KIND_HOST, NULL, "schedstat.running", 58231764431.0 },
		{ SUBJECT_KIND_HOST, NULL, "schedstat.run_delay", 1893342130 },
		{ SUBJECT_KIND_HOST, NULL, "schedstat.timeslices", 402241 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct tree tree;

		schedstat_tree(&tree, versions[i]);
		tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
		assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
		tree_end(&tree);
	}
}

static void a_kernel_built_without_it_is_unknown_not_zero(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_open(&tree, &sampler_schedstat, NULL);
	tree_tick(&tree);
	tree_expect_absent(&tree, "schedstat.run_delay", ABSENT);
	assert_int_equal(snapshot_series_count(tree.snapshot), 0);
	tree_end(&tree);
}

static void a_cpu_that_goes_off_line_does_not_reset_the_host(void **context)
{
#define CPU0(n) "cpu0 0 0 0 0 0 0 " n " 1 1\n"
#define CPU1(n) "cpu1 0 0 0 0 0 0 " n " 1 1\n"
	struct tree tree;

	schedstat_tree(&tree, "version 15\ntimestamp 1\n" CPU0("100") CPU1("9000"));
	tree_write(&tree, SCHEDSTAT, "version 15\ntimestamp 2\n" CPU0("110"));
	tree_tick(&tree);
	tree_write(&tree, SCHEDSTAT, "version 15\ntimestamp 3\n" CPU0("120") CPU1("9007"));
	tree_tick(&tree);
	assert_true(tree_delta(&tree, "schedstat.running") == 27);
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "schedstat.running")->resets, 0);
	tree_end(&tree);
#undef CPU0
#undef CPU1
}

static void what_makes_no_sense_is_left_out_with_a_note(void **context)
{
	static const char *const bad[] = {
		"version 16\ntimestamp 1\ncpu0 0 0 0 0 0 0 1 2\n",		/* eight numbers */
		"version 16\ntimestamp 1\ncpu0 0 0 0 0 0 0 1 2 3 4\n",
		"version 16\ntimestamp 1\ncpu0 0 0 0 0 0 0 1 2 30",		/* cut */
		"version 16\ntimestamp 1\ncpu1 0 0 0 0 0 0 1 2 3\ncpu1 0 0 0 0 0 0 1 2 3\n",
		"version 16\ntimestamp 1\ncpu99999 0 0 0 0 0 0 1 2 3\n",
		"version 9\ntimestamp 1\ncpu0 0 0 0 0 0 0 1 2 3\n",
		"version x\n",
		"cpu0 0 0 0 0 0 0 1 2 3\n",
		"\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct tree tree;

		schedstat_tree(&tree, bad[i]);
		tree_expect_absent(&tree, "schedstat.run_delay", UNPARSABLE);
		assert_int_equal(snapshot_notes(tree.snapshot)->count, 1);
		tree_end(&tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_differ_in_what_stands_before_the_three_numbers),
		cmocka_unit_test(a_kernel_built_without_it_is_unknown_not_zero),
		cmocka_unit_test(a_cpu_that_goes_off_line_does_not_reset_the_host),
		cmocka_unit_test(what_makes_no_sense_is_left_out_with_a_note),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
