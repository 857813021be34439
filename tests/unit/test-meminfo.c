/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_meminfo;

#define MEMINFO "/proc/meminfo"

static void meminfo_tree(struct tree *tree, const char *text)
{
	tree_begin(tree);
	tree_write(tree, MEMINFO, text);
	tree_open(tree, &sampler_meminfo, NULL);
	tree_tick(tree);
}

static void names_are_those_of_the_file(void **context)
{
	static const struct expected expected[] = {
		{ SUBJECT_KIND_HOST, NULL, "meminfo.MemTotal", 24684092 },
		{ SUBJECT_KIND_HOST, NULL, "meminfo.Active(anon)", 1568 },
		{ SUBJECT_KIND_HOST, NULL, "meminfo.Committed_AS", 71800 },
		{ SUBJECT_KIND_HOST, NULL, "meminfo.HugePages_Total", 12 },
		{ SUBJECT_KIND_HOST, NULL, "meminfo.DirectMap4k", 28672 },
	};
	struct tree tree;

	meminfo_tree(&tree, "MemTotal:       24684092 kB\nActive(anon):       1568 kB\nCommitted_AS:      71800 kB\n"
			    "HugePages_Total:      12\nDirectMap4k:       28672 kB\n");
	tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, expected[i].key)->kind, METRIC_GAUGE);
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

/* 3.2 has no MemAvailable. */
static void an_old_kernel_without_an_estimate_is_unknown_not_zero(void **context)
{
	struct tree tree;

	meminfo_tree(&tree, "MemTotal:         510116 kB\nMemFree:          200000 kB\n");
	tree_expect_absent(&tree, "meminfo.MemAvailable", ABSENT);
	tree_expect_absent(&tree, "meminfo.Zswap", ABSENT);
	tree_end(&tree);
}

static void a_number_that_was_cut_is_left_out(void **context)
{
	static const char *const cut[] = { "MemFree:        2414", "MemFree:        24142400 k", "MemFree:", "MemF" };

	for (size_t i = 0; i < ARRAY_SIZE(cut); i++) {
		CLEANUP(free_ptr) char *text = xasprintf("MemTotal:       24684092 kB\n%s", cut[i]);
		struct tree tree;

		meminfo_tree(&tree, text);
		tree_expect_host(&tree, "meminfo.MemTotal", 24684092);
		tree_expect_absent(&tree, "meminfo.MemFree", ABSENT);
		assert_true(tree_noted(&tree, "not a name and an amount"));
		tree_end(&tree);
	}
}

static void text_behind_a_zero_byte_is_noted(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write_bytes(&tree, MEMINFO, "MemTotal: 1 kB\n\0MemFree: 2 kB\n", 31);
	tree_open(&tree, &sampler_meminfo, NULL);
	tree_tick(&tree);
	tree_expect_host(&tree, "meminfo.MemTotal", 1);
	tree_expect_absent(&tree, "meminfo.MemFree", ABSENT);
	assert_true(tree_noted(&tree, "zero byte"));
	tree_end(&tree);
}

static void a_value_follows_the_file(void **context)
{
	const struct series *series;
	struct tree tree;

	meminfo_tree(&tree, "MemFree:        100 kB\nDirty: 8 kB\n");
	tree_write(&tree, MEMINFO, "MemFree:        60 kB\nDirty: 8 kB\n");
	tree_tick(&tree);
	series = tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "meminfo.MemFree");
	assert_true(series->first == 100 && series->last == 60 && series->min == 60 && series->max == 100);
	tree_end(&tree);
}

static void thousands_of_names_are_bounded(void **context)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct tree tree;

	for (int i = 0; i < 5000; i++)
		strbuf_addf(&text, "Name%d: %d kB\n", i, i);
	meminfo_tree(&tree, text.buf);
	assert_int_equal(snapshot_series_count(tree.snapshot), 256);
	assert_true(tree_noted(&tree, "more names than the kernel has"));
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_the_file),
		cmocka_unit_test(an_old_kernel_without_an_estimate_is_unknown_not_zero),
		cmocka_unit_test(a_number_that_was_cut_is_left_out),
		cmocka_unit_test(text_behind_a_zero_byte_is_noted),
		cmocka_unit_test(a_value_follows_the_file),
		cmocka_unit_test(thousands_of_names_are_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
