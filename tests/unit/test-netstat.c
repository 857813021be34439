/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_netstat;

#define NETSTAT "/proc/net/netstat"
#define SNMP "/proc/net/snmp"

/* 6.12, shortened, and 6.18, which has BeyondWindow in the middle. */
static const char linux_6_12[] =
	"TcpExt: SyncookiesSent PAWSActive PAWSEstab TSEcrRejected ListenOverflows ListenDrops\n"
	"TcpExt: 1 2 3 4 5 6\n"
	"IpExt: InNoRoutes InOctets\n"
	"IpExt: 0 316389068\n";
static const char linux_6_18[] =
	"TcpExt: SyncookiesSent PAWSActive PAWSEstab BeyondWindow TSEcrRejected ListenOverflows ListenDrops\n"
	"TcpExt: 1 2 3 99 4 15 16\n"
	"IpExt: InNoRoutes InOctets\n"
	"IpExt: 0 316389168\n"
	"MPTcpExt: MPCapableSYNRX MPTCPRetrans\n"
	"MPTcpExt: 7 2\n";

static void netstat_tree(struct tree *tree, const char *path, const char *text)
{
	tree_begin(tree);
	tree_write(tree, path, text);
	tree_open(tree, &sampler_netstat, NULL);
	tree_tick(tree);
}

static void a_column_inserted_in_the_middle_moves_nobody(void **context)
{
	static const struct expected expected[] = {
		{ SUBJECT_KIND_HOST, NULL, "netstat.TcpExt.BeyondWindow", 99 },
		{ SUBJECT_KIND_HOST, NULL, "netstat.TcpExt.TSEcrRejected", 4 },
		{ SUBJECT_KIND_HOST, NULL, "netstat.TcpExt.ListenOverflows", 15 },
	};
	struct tree tree;

	netstat_tree(&tree, NETSTAT, linux_6_12);
	tree_expect_host(&tree, "netstat.TcpExt.ListenDrops", 6);
	tree_write(&tree, NETSTAT, linux_6_18);
	tree_tick(&tree);
	tree_expect_last(&tree, expected, ARRAY_SIZE(expected));
	assert_true(tree_delta(&tree, "netstat.TcpExt.ListenOverflows") == 10);
	assert_true(tree_delta(&tree, "netstat.TcpExt.TSEcrRejected") == 0);
	assert_true(tree_delta(&tree, "netstat.IpExt.InOctets") == 100);
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

static void states_and_constants_are_gauges_and_may_be_negative(void **context)
{
	static const char snmp[] =
		"Ip: Forwarding DefaultTTL InReceives\nIp: 2 64 5692\nIcmpMsg: InType3\nIcmpMsg: 1\n"
		"Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens CurrEstab RetransSegs\nTcp: 1 200 120000 -1 14 3 8\n"
		"Udp: InDatagrams RcvbufErrors\nUdp: 29 4\n";
	static const struct { const char *key; enum metric_kind kind; double value; } cases[] = {
		{ "snmp.Tcp.MaxConn", METRIC_GAUGE, -1 },	  { "snmp.Tcp.RtoMax", METRIC_GAUGE, 120000 },
		{ "snmp.Tcp.CurrEstab", METRIC_GAUGE, 3 },	  { "snmp.Ip.DefaultTTL", METRIC_GAUGE, 64 },
		{ "snmp.Ip.InReceives", METRIC_COUNTER, 5692 },	  { "snmp.Tcp.RetransSegs", METRIC_COUNTER, 8 },
		{ "snmp.Udp.RcvbufErrors", METRIC_COUNTER, 4 },	  { "snmp.IcmpMsg.InType3", METRIC_COUNTER, 1 },
	};
	struct tree tree;

	netstat_tree(&tree, SNMP, snmp);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct series *series = tree_metric(&tree, SUBJECT_KIND_HOST, NULL, cases[i].key);

		assert_non_null(series);
		assert_int_equal(series->kind, cases[i].kind);
		assert_true(series->last == cases[i].value);
	}
	tree_end(&tree);
}

static void values_that_do_not_fit_their_header_are_left_out(void **context)
{
	static const char *const bad[] = {
		"TcpExt: ListenOverflows ListenDrops\nTcpExt: 5\n",		/* one is missing: which? */
		"TcpExt: ListenOverflows ListenDrops\nTcpExt: 5 6 7\n",
		"TcpExt: ListenOverflows ListenDrops\nTcpExt: 5 6",		/* cut in a number */
		"TcpExt: ListenOverflows ListenDrops\nTcpExt: 5 x\n",
		"TcpExt: ListenOverflows ListenDrops\nTcpExt: 5 -6\n",		/* a counter */
		"TcpExt: ListenOverflows ListenDrops\n",
		"TcpExt: ListenOverflows ListenDrops\nIpExt: 5 6\n",
		"TcpExt: ListenOverflows Listen",
		"TcpExt:\nTcpExt:\n",
		"TcpExt: Listen\x01Overflows ListenDrops\nTcpExt: 5 6\n",
		"ListenOverflows ListenDrops\n",
		"\n\n\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct tree tree;

		netstat_tree(&tree, NETSTAT, bad[i]);
		tree_tick(&tree);
		tree_expect_absent(&tree, "netstat.TcpExt.ListenOverflows", ABSENT);
		assert_int_equal(snapshot_notes(tree.snapshot)->count, 1);
		tree_end(&tree);
	}
}

static void a_protocol_nobody_asks_for_is_passed_over(void **context)
{
	struct tree tree;

	netstat_tree(&tree, NETSTAT, "QuicExt: A B\nQuicExt: 1 2\nTcpExt: ListenDrops\nTcpExt: 6\n");
	tree_expect_host(&tree, "netstat.TcpExt.ListenDrops", 6);
	assert_int_equal(snapshot_series_count(tree.snapshot), 1);
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

static void ipv6_has_a_name_and_a_number_on_each_line(void **context)
{
	struct tree tree;

	netstat_tree(&tree, "/proc/net/snmp6",
		     "Ip6InReceives                   \t12\nIcmp6InMsgs                     \t5\n"
		     "Udp6RcvbufErrors                \t3\nUdpLite6InErrors                \t8\nbroken\n");
	assert_int_equal(snapshot_series_count(tree.snapshot), 2);
	tree_expect_host(&tree, "snmp6.Ip6InReceives", 12);
	tree_expect_host(&tree, "snmp6.Udp6RcvbufErrors", 3);
	tree_expect_absent(&tree, "snmp6.Udp6InErrors", ABSENT);
	assert_true(tree_noted(&tree, "not a name and a number"));
	tree_end(&tree);
}

static void a_kernel_without_a_counter_is_unknown_not_zero(void **context)
{
	struct tree tree;

	netstat_tree(&tree, NETSTAT, linux_6_12);
	tree_expect_absent(&tree, "netstat.TcpExt.TCPBacklogDrop", ABSENT);
	tree_expect_absent(&tree, "snmp.Tcp.RetransSegs", ABSENT);
	tree_expect_absent(&tree, "snmp.Udp.RcvbufErrors", ABSENT);
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_column_inserted_in_the_middle_moves_nobody),
		cmocka_unit_test(states_and_constants_are_gauges_and_may_be_negative),
		cmocka_unit_test(values_that_do_not_fit_their_header_are_left_out),
		cmocka_unit_test(a_protocol_nobody_asks_for_is_passed_over),
		cmocka_unit_test(ipv6_has_a_name_and_a_number_on_each_line),
		cmocka_unit_test(a_kernel_without_a_counter_is_unknown_not_zero),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
