/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_neighbour;

#define HEADER                                                                                                       \
	"entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast rcv_probes_ucast "        \
	"periodic_gc_runs forced_gc_runs unresolved_discards table_fulls\n"

/* Two CPUs of a host whose table is at its limit. */
static const char full[] = HEADER
	"00000400 00000402 00000002 00000003   00000104 00000100 00000005   00000000         00000000         00000055"
	"         0000000a       00000007            00000003\n"
	"00000400 00000000 00000000 00000000   00000002 00000002 00000001   00000000         00000000         00000000"
	"         00000001       00000000            00000010\n";

static void both_families_are_read(void **context)
{
	static const struct expected expected[] = {
		{ SUBJECT_KIND_HOST, NULL, "neighbour.arp.entries", 1024 },
		{ SUBJECT_KIND_HOST, NULL, "neighbour.arp.table_fulls", 0x13 },
		{ SUBJECT_KIND_HOST, NULL, "neighbour.arp.forced_gc_runs", 11 },
		{ SUBJECT_KIND_HOST, NULL, "neighbour.arp.unresolved_discards", 7 },
		{ SUBJECT_KIND_HOST, NULL, "neighbour.arp.res_failed", 6 },
		{ SUBJECT_KIND_HOST, NULL, "neighbour.nd.table_fulls", 0x13 },
	};
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/net/stat/arp_cache", full);
	tree_write(&tree, "/proc/net/stat/ndisc_cache", full);
	tree_open(&tree, &sampler_neighbour, NULL);
	tree_tick(&tree);
	tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
	assert_int_equal(tree_metric(&tree, SUBJECT_KIND_HOST, NULL, "neighbour.nd.entries")->kind, METRIC_GAUGE);
	tree_end(&tree);
}

static void a_host_without_ipv6_has_no_second_table(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/net/stat/arp_cache", full);
	tree_open(&tree, &sampler_neighbour, NULL);
	tree_tick(&tree);
	tree_expect_host(&tree, "neighbour.arp.entries", 1024);
	tree_expect_absent(&tree, "neighbour.nd.entries", ABSENT);
	tree_end(&tree);
}

/* Fewer columns, in the header and in the rows alike. */
static void a_column_that_an_old_kernel_lacks_is_absent(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/net/stat/arp_cache", "entries  allocs destroys\n00000004  00000001 0000000a\n");
	tree_open(&tree, &sampler_neighbour, NULL);
	tree_tick(&tree);
	tree_expect_host(&tree, "neighbour.arp.destroys", 10);
	tree_expect_absent(&tree, "neighbour.arp.table_fulls", ABSENT);
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_families_are_read),
		cmocka_unit_test(a_host_without_ipv6_has_no_second_table),
		cmocka_unit_test(a_column_that_an_old_kernel_lacks_is_absent),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
