/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_pressure;

#define SOME(total) "some avg10=0.22 avg60=0.17 avg300=1.11 total=" total "\n"
#define FULL(total) "full avg10=0.00 avg60=0.00 avg300=0.00 total=" total "\n"

static void totals_are_read_and_averages_are_not(void **context)
{
	static const struct expected expected[] = {
		{ SUBJECT_KIND_HOST, NULL, "psi.cpu.some.total", 7752752 },
		{ SUBJECT_KIND_HOST, NULL, "psi.io.some.total", 3589195 },
		{ SUBJECT_KIND_HOST, NULL, "psi.io.full.total", 3313935 },
		{ SUBJECT_KIND_HOST, NULL, "psi.irq.full.total", 77 },
		{ SUBJECT_KIND_HOST, NULL, "psi.memory.some.total", 0 },
		{ SUBJECT_KIND_HOST, NULL, "psi.memory.full.total", 1 },
	};
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/pressure/cpu", SOME("7752752") FULL("0"));
	tree_write(&tree, "/proc/pressure/io", SOME("3589195") FULL("3313935"));
	tree_write(&tree, "/proc/pressure/irq", FULL("77"));
	tree_write(&tree, "/proc/pressure/memory", SOME("0") FULL("1"));
	tree_open(&tree, &sampler_pressure, NULL);
	tree_tick(&tree);
	tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
	/* the kernel prints a full line for the CPU, and says itself that it means nothing */
	assert_int_equal(snapshot_series_count(tree.snapshot), ARRAY_SIZE(expected));
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

static void kernel_without_psi_is_unknown_not_zero(void **context)
{
	static const char *const keys[] = {
		"psi.cpu.some.total",  "psi.memory.some.total", "psi.memory.full.total",
		"psi.io.some.total",   "psi.io.full.total",	"psi.irq.full.total",
	};
	struct tree tree;

	tree_begin(&tree);
	tree_open(&tree, &sampler_pressure, NULL);
	tree_tick(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		tree_expect_absent(&tree, keys[i], ABSENT);
	assert_int_equal(snapshot_series_count(tree.snapshot), 0);
	tree_end(&tree);
}

/* 4.20 to 5.12: cpu has one line only. */
static void a_cpu_file_without_full_is_whole(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/pressure/cpu", SOME("5"));
	tree_open(&tree, &sampler_pressure, NULL);
	tree_tick(&tree);
	tree_write(&tree, "/proc/pressure/cpu", SOME("9"));
	tree_tick(&tree);
	assert_true(tree_delta(&tree, "psi.cpu.some.total") == 4);
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

static void lines_that_make_no_sense_are_left_out_with_a_note(void **context)
{
	static const char *const bad[] = {
		"some avg10=0.22 avg60=0.17 avg300=1.11 total=58", "some avg10=0.22\n", "some total=x\n", "some total=\n",
		"none avg10=0.00 total=1\n", "some avg10=0.00 total=1 2\n", "\n", "some", " total=4\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct tree tree;

		tree_begin(&tree);
		tree_write(&tree, "/proc/pressure/io", bad[i]);
		tree_open(&tree, &sampler_pressure, NULL);
		tree_tick(&tree);
		assert_true(tree_noted(&tree, "not a line of pressure"));
		tree_expect_absent(&tree, "psi.io.some.total", ABSENT);
		tree_end(&tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(totals_are_read_and_averages_are_not),
		cmocka_unit_test(kernel_without_psi_is_unknown_not_zero),
		cmocka_unit_test(a_cpu_file_without_full_is_whole),
		cmocka_unit_test(lines_that_make_no_sense_are_left_out_with_a_note),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
