/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_sockstat;

static void sockstat_tree(struct tree *tree, const char *text)
{
	tree_begin(tree);
	tree_write(tree, "/proc/net/sockstat", text);
	tree_open(tree, &sampler_sockstat, NULL);
	tree_tick(tree);
}

static void names_and_numbers_stand_by_turns(void **context)
{
	static const struct expected expected[] = {
		{ SUBJECT_KIND_HOST, NULL, "sockstat.sockets.used", 17 }, { SUBJECT_KIND_HOST, NULL, "sockstat.TCP.inuse", 1 },
		{ SUBJECT_KIND_HOST, NULL, "sockstat.TCP.orphan", 2 },	  { SUBJECT_KIND_HOST, NULL, "sockstat.TCP.tw", 3 },
		{ SUBJECT_KIND_HOST, NULL, "sockstat.TCP.alloc", 4 },	  { SUBJECT_KIND_HOST, NULL, "sockstat.TCP.mem", 323 },
		{ SUBJECT_KIND_HOST, NULL, "sockstat.UDP.mem", 6 },	  { SUBJECT_KIND_HOST, NULL, "sockstat.FRAG.memory", 4096 },
		{ SUBJECT_KIND_HOST, NULL, "sockstat.TCP6.inuse", 9 },
	};
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/net/sockstat", "sockets: used 17\nTCP: inuse 1 orphan 2 tw 3 alloc 4 mem 323\n"
						"UDP: inuse 5 mem 6\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 4096\n");
	tree_write(&tree, "/proc/net/sockstat6", "TCP6: inuse 9\n");
	tree_open(&tree, &sampler_sockstat, NULL);
	tree_tick(&tree);
	tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, expected[i].key)->kind, METRIC_GAUGE);
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

/* A new network namespace has no sockstat6 without the module, and an old kernel no memory of UDP. */
static void what_is_not_printed_is_absent_not_zero(void **context)
{
	struct tree tree;

	sockstat_tree(&tree, "sockets: used 17\nTCP: inuse 1 orphan 2 tw 3 alloc 4 mem 323\nUDP: inuse 5\n");
	tree_expect_absent(&tree, "sockstat.UDP.mem", ABSENT);
	tree_expect_absent(&tree, "sockstat.TCP6.inuse", ABSENT);
	tree_end(&tree);
}

static void a_count_below_zero_says_nothing(void **context)
{
	struct tree tree;

	sockstat_tree(&tree, "TCP: inuse 1 orphan -2 tw 3 alloc 4 mem 323\n");
	tree_expect_absent(&tree, "sockstat.TCP.orphan", ABSENT);
	tree_expect_host(&tree, "sockstat.TCP.mem", 323);
	tree_write(&tree, "/proc/net/sockstat", "TCP: inuse 1 orphan 5 tw 3 alloc 4 mem 324\n");
	tree_tick(&tree);
	tree_expect_host(&tree, "sockstat.TCP.orphan", 5);
	tree_expect_host(&tree, "sockstat.TCP.mem", 324);
	tree_end(&tree);
}

static void lines_that_make_no_sense_are_noted(void **context)
{
	static const char *const bad[] = {
		"TCP: inuse\n", "TCP: inuse x\n", "TCP inuse 1\n", "TCP: inuse 1", "TCP: 1 inuse\n", "\n", "TCP: inuse 1x orphan 2\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct tree tree;

		sockstat_tree(&tree, bad[i]);
		assert_true(tree_noted(&tree, "not names and numbers"));
		assert_null(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "sockstat.TCP.orphan"));
		tree_end(&tree);
	}
}

static void a_protocol_nobody_knows_is_passed_over(void **context)
{
	struct tree tree;

	sockstat_tree(&tree, "SMC: inuse 4\nTCP: inuse 1\n");
	tree_expect_host(&tree, "sockstat.TCP.inuse", 1);
	assert_int_equal(snapshot_series_count(tree.snapshot), 1);
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_stand_by_turns),
		cmocka_unit_test(what_is_not_printed_is_absent_not_zero),
		cmocka_unit_test(a_count_below_zero_says_nothing),
		cmocka_unit_test(lines_that_make_no_sense_are_noted),
		cmocka_unit_test(a_protocol_nobody_knows_is_passed_over),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
