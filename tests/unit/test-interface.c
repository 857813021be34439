/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "skip.h"

#include <sched.h>
#include <sys/wait.h>

#include "../../probes/interface.h"
#include "../../probes/netlink.h"

extern const struct probe probe_interface;

static void an_interface_of_a_tree_is_described(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/sys/devices/pci/net/eth0/mtu", "9000\n");
	tree_write(tree, "/sys/devices/pci/net/eth0/type", "1\n");
	tree_write(tree, "/sys/devices/pci/net/eth0/uevent", "INTERFACE=eth0\nIFINDEX=2\n");
	tree_write(tree, "/sys/devices/pci/net/eth0/device/uevent", "DRIVER=ixgbe\nPCI_CLASS=20000\n");
	tree_write(tree, "/sys/devices/pci/net/eth0/queues/rx-0/rps_cpus", "00000000,00000003\n");
	tree_write(tree, "/sys/devices/pci/net/eth0/queues/rx-0/rps_flow_cnt", "4096\n");
	tree_write(tree, "/sys/devices/pci/net/eth0/queues/rx-1/rps_cpus", "0\n");
	tree_write(tree, "/sys/devices/pci/net/eth0/queues/tx-0/xps_cpus", "1\n");
	tree_link(tree, "/sys/class/net/eth0", "../../devices/pci/net/eth0");
	tree_write(tree, "/sys/class/net/bonding_masters", "\n");
	tree_read(tree, &probe_interface);

	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_INTERFACE), 1);
	assert_setting(tree, INTERFACE, "eth0", "mtu", "9000");
	assert_setting(tree, INTERFACE, "eth0", "kind", "physical");
	assert_setting(tree, INTERFACE, "eth0", "driver", "ixgbe");
	assert_setting(tree, INTERFACE, "eth0", "rx_queues", "2");
	assert_setting(tree, INTERFACE, "eth0", "tx_queues", "1");
	assert_setting(tree, INTERFACE, "eth0", "rx-0.rps_flow_cnt", "4096");
	assert_setting(tree, INTERFACE, "eth0", "rx-1.rps_flow_cnt", ABSENCE(ABSENT));
	assert_setting(tree, INTERFACE, "eth0", "speed", ABSENCE(ABSENT));
	assert_setting(tree, INTERFACE, "eth0", "qdisc", NULL);
	assert_setting(tree, HOST, "", "network.rps_active", "1");
	assert_setting(tree, HOST, "", "network.namespace", NULL);
	assert_origin(tree, snapshot_find_subject(tree->snapshot, SUBJECT_KIND_INTERFACE, "eth0"), "rx-0.rps_cpus",
		      "/sys/class/net/eth0/queues/rx-0/rps_cpus");
}

static void the_kind_comes_from_what_the_kernel_says(void **state)
{
	static const struct {
		const char *name, *type, *uevent, *iflink, *kind;
	} cases[] = {
		{ "lo", "772\n", "INTERFACE=lo\n", "1\n", "loopback" },
		{ "br0", "1\n", "DEVTYPE=bridge\nINTERFACE=br0\n", "5\n", "bridge" },
		{ "eth0.7", "1\n", "DEVTYPE=vlan\n", "2\n", "vlan" },
		{ "veth0", "1\n", "INTERFACE=veth0\n", "9\n", "veth" },
		{ "tun0", "65534\n", "INTERFACE=tun0\n", "5\n", "virtual" },
	};
	struct tree *tree = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

		strbuf_addf(&path, "/sys/class/net/%s/type", cases[i].name);
		tree_write(tree, path.buf, cases[i].type);
		strbuf_reset(&path);
		strbuf_addf(&path, "/sys/class/net/%s/uevent", cases[i].name);
		tree_write(tree, path.buf, cases[i].uevent);
		strbuf_reset(&path);
		strbuf_addf(&path, "/sys/class/net/%s/iflink", cases[i].name);
		tree_write(tree, path.buf, cases[i].iflink);
		strbuf_reset(&path);
		strbuf_addf(&path, "/sys/class/net/%s/ifindex", cases[i].name);
		tree_write(tree, path.buf, "5\n");
	}
	tree_read(tree, &probe_interface);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_setting(tree, INTERFACE, cases[i].name, "kind", cases[i].kind);
}

static void masks_of_zeros_mean_that_rps_is_off(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/sys/class/net/eth0/queues/rx-0/rps_cpus", "00000000,00000000\n");
	tree_read(tree, &probe_interface);
	assert_setting(tree, HOST, "", "network.rps_active", "0");
	assert_setting(tree, INTERFACE, "eth0", "kind", NULL);
}

static void without_interfaces_it_is_unknown_whether_rps_is_on(void **state)
{
	struct tree *tree = *state;

	tree_directory(tree, "/sys/class");
	tree_read(tree, &probe_interface);
	assert_setting(tree, HOST, "", "network.rps_active", ABSENCE(ABSENT));
}

static void a_link_out_of_the_tree_shows_nothing_of_this_host(void **state)
{
	struct tree *tree = *state;

	tree_directory(tree, "/sys/class/net");
	tree_link(tree, "/sys/class/net/lo", "/sys/class/net/../../../../../../sys/class/net/lo");
	tree_link(tree, "/sys/class/net/eth0\n$(id)", "/etc");
	tree_read(tree, &probe_interface);
	assert_setting(tree, INTERFACE, "eth0\n$(id)", "mtu", ABSENCE(ABSENT));
	assert_null(snapshot_text(tree->snapshot, snapshot_find_subject(tree->snapshot, SUBJECT_KIND_INTERFACE, "lo"),
				  "mtu"));
}

static void a_sosreport_has_it_from_ip_tc_and_ethtool(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/sos_commands/networking/ip_-s_-d_link",
		   "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\n"
		   "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 numtxqueues 1 numrxqueues 1 \n"
		   "    RX:  bytes packets errors dropped  missed   mcast           \n"
		   "          3319      30      0       0       0       0 \n"
		   "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP mode DEFAULT group default qlen 1000\n"
		   "    link/ether 02:fc:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 numtxqueues 8 numrxqueues 8 \n"
		   "    bridge_slave state forwarding priority 32 cost 4\n"
		   "    vf 0     link/ether 00:00:00:00:00:00 brd ff:ff:ff:ff:ff:ff\n"
		   "    altname enp1s0\n"
		   "5: veth1@if4: <BROADCAST,UP> mtu 1450 qdisc noqueue state UP mode DEFAULT group default \n"
		   "    link/ether 1a:fc:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 1 \n"
		   "    veth \n");
	tree_write(tree, "/sos_commands/networking/tc_-s_qdisc_show",
		   "qdisc mq 0: dev eth0 root \n Sent 0 bytes\nqdisc fq_codel 0: dev eth0 parent :2 limit 10240p\n"
		   "qdisc fq_codel 0: dev eth0 parent :1 limit 10240p\nqdisc ingress ffff: dev veth1 parent ffff:fff1 ---\nqdisc\n");
	tree_write(tree, "/sos_commands/networking/ethtool_-g_eth0",
		   "Ring parameters for eth0:\nPre-set maximums:\nRX:\t\t4096\nRX Mini:\tn/a\nTX:\t\t4096\n"
		   "Current hardware settings:\nRX:\t\t512\nRX Mini:\tn/a\nTX:\t\t256\n");
	tree_write(tree, "/sos_commands/networking/ethtool_-l_eth0",
		   "Channel parameters for eth0:\nPre-set maximums:\nRX:\t\tn/a\nCombined:\t8\n"
		   "Current hardware settings:\nRX:\t\t0\nCombined:\t4\n");
	tree_write(tree, "/sos_commands/networking/ethtool_-k_eth0",
		   "Features for eth0:\ngeneric-receive-offload: on\nlarge-receive-offload: off [fixed]\n");
	tree_write(tree, "/sos_commands/networking/ethtool_-c_eth0",
		   "Coalesce parameters for eth0:\nAdaptive RX: on  TX: off\nrx-usecs: 3\nrx-frames: n/a\n");
	tree_write(tree, "/sos_commands/networking/ethtool_-i_eth0", "driver: ixgbe\nversion: 6.1\n");
	tree_write(tree, "/sos_commands/networking/ethtool_-g_other", "RX: 1\n");
	tree_read(tree, &probe_interface);

	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_INTERFACE), 3);
	assert_setting(tree, INTERFACE, "lo", "kind", "loopback");
	assert_setting(tree, INTERFACE, "lo", "operstate", "unknown");
	assert_setting(tree, INTERFACE, "eth0", "mtu", "1500");
	assert_setting(tree, INTERFACE, "eth0", "tx_queue_len", "1000");
	assert_setting(tree, INTERFACE, "eth0", "address", "02:fc:00:00:00:01");
	assert_setting(tree, INTERFACE, "eth0", "rx_queues", "8");
	assert_setting(tree, INTERFACE, "eth0", "kind", "physical");
	assert_setting(tree, INTERFACE, "eth0", "qdisc", "mq");
	assert_setting(tree, INTERFACE, "eth0", "qdisc.leaf", "fq_codel");
	assert_setting(tree, INTERFACE, "eth0", "qdisc.automatic", "true");
	assert_setting(tree, INTERFACE, "eth0", "qdisc.handle", "0:");
	assert_setting(tree, INTERFACE, "eth0", "qdisc.leaf.automatic", "true");
	assert_setting(tree, INTERFACE, "eth0", "ring.rx", "512");
	assert_setting(tree, INTERFACE, "eth0", "ring.rx_max", "4096");
	assert_setting(tree, INTERFACE, "eth0", "ring.rx_mini", NULL);
	assert_setting(tree, INTERFACE, "eth0", "channels.combined", "4");
	assert_setting(tree, INTERFACE, "eth0", "channels.combined_max", "8");
	assert_setting(tree, INTERFACE, "eth0", "channels.rx", NULL);
	assert_setting(tree, INTERFACE, "eth0", "offload.gro", "on");
	assert_setting(tree, INTERFACE, "eth0", "offload.lro", "off");
	assert_setting(tree, INTERFACE, "eth0", "coalesce.adaptive_rx", "1");
	assert_setting(tree, INTERFACE, "eth0", "coalesce.adaptive_tx", "0");
	assert_setting(tree, INTERFACE, "eth0", "coalesce.rx_usecs", "3");
	assert_setting(tree, INTERFACE, "eth0", "coalesce.rx_frames", NULL);
	assert_setting(tree, INTERFACE, "eth0", "driver", "ixgbe");
	assert_setting(tree, INTERFACE, "veth1", "kind", "veth");
	assert_setting(tree, INTERFACE, "veth1", "qdisc", "noqueue");
}

static void a_live_host_has_loopback_with_its_qdisc(void **state)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	struct tree *tree = *state;

	assert_int_equal(root_open("/", &root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_interface.read(root, NULL, tree->snapshot), 0);
	if (snapshot_find_subject(tree->snapshot, SUBJECT_KIND_INTERFACE, "lo") == SUBJECT_NONE)
		skip_because("sysfs shows no loopback interface");
	assert_setting(tree, INTERFACE, "lo", "kind", "loopback");
	assert_setting(tree, INTERFACE, "lo", "qdisc", "noqueue");
}

/* Exit status of a child in a network namespace of its own, under the sysfs of this one: 0 as it should be. */
static int read_in_a_namespace(void)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return 77;
	if (root_open("/", &root) < 0 || probe_interface.read(root, NULL, snapshot) < 0)
		return 1;
	for (uint32_t i = 0; i < snapshot_kind_count(snapshot, SUBJECT_KIND_INTERFACE); i++) {
		subject_id id = snapshot_kind_get(snapshot, SUBJECT_KIND_INTERFACE, i);
		const char *kind = snapshot_text(snapshot, id, "kind");

		if (kind && streq(kind, "physical"))
			return 2;
	}
	return 0;
}

static void interfaces_of_another_namespace_are_left_out(void **state)
{
	pid_t child = fork();
	int status = 0;

	(void)state;
	if (child == 0)
		_exit(read_in_a_namespace());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip_because("no namespace with a sysfs of its own can be made here");
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void attributes_of_netlink_end_where_the_message_ends(void **state)
{
	/* Type 3 "lo", padded; type 4 the number 65536; type 5 claims more than there is. */
	static const unsigned char body[] = { 0xff, 0, 0, 0, 7, 0, 3, 0, 'l', 'o', 0, 0, 8, 0, 4, 0, 0, 0, 1, 0, 9, 0, 5, 0 };
	uint32_t number = 0;
	char text[16], short_text[2];
	size_t length;

	(void)state;
	netlink_attribute_text(body, sizeof(body), 4, 3, text, sizeof(text));
	assert_string_equal(text, "lo");
	netlink_attribute_text(body, sizeof(body), 4, 3, short_text, sizeof(short_text));
	assert_string_equal(short_text, "l");
	assert_true(netlink_attribute_u32(body, sizeof(body), 4, 4, &number));
	assert_int_equal(number, 65536);
	assert_null(netlink_attribute(body, sizeof(body), 4, 5, &length));
	assert_null(netlink_attribute(body, sizeof(body), 100, 3, &length));
	assert_false(netlink_attribute_u32(body, 10, 4, 4, &number));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(an_interface_of_a_tree_is_described),
		tree_test(the_kind_comes_from_what_the_kernel_says),
		tree_test(masks_of_zeros_mean_that_rps_is_off),
		tree_test(without_interfaces_it_is_unknown_whether_rps_is_on),
		tree_test(a_link_out_of_the_tree_shows_nothing_of_this_host),
		tree_test(a_sosreport_has_it_from_ip_tc_and_ethtool),
		tree_test(a_live_host_has_loopback_with_its_qdisc),
		cmocka_unit_test(interfaces_of_another_namespace_are_left_out),
		cmocka_unit_test(attributes_of_netlink_end_where_the_message_ends),
	};

	return RUN_TESTS(tests);
}
