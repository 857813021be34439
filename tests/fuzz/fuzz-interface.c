/* SPDX-License-Identifier: Apache-2.0 */
/* The output of ip, tc and ethtool, and messages of rtnetlink, all from the same bytes. */
#include "../../probes/interface.h"
#include "../../probes/netlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	subject_id subject = interface_subject(snapshot, "eth0");
	char name[16];
	uint32_t number;

	interface_ip_link_parse(snapshot, text, "fuzz");
	interface_tc_qdisc_parse(snapshot, text, "fuzz");
	for (int report = ETHTOOL_RINGS; report <= ETHTOOL_DRIVER; report++)
		interface_ethtool_parse(snapshot, subject, (enum ethtool_report)report, text, "fuzz");
	for (uint16_t type = 0; type < 8; type++) {
		netlink_attribute_text(data, size, 4, type, name, sizeof(name));
		(void)netlink_attribute_u32(data, size, 16, type, &number);
	}
	return 0;
}
