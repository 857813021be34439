/* SPDX-License-Identifier: Apache-2.0 */
/* What only the kernel itself tells of network interfaces, rtnetlink(7) and SIOCETHTOOL; no privilege is needed. */
#include "interface.h"

#include <errno.h>
#include <limits.h>	/* linux/ethtool.h leaves it out */
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "../core/qdisc.h"
#include "netlink.h"

#define KIND_MAX 32

struct link {
	uint32_t index;
	char name[IFNAMSIZ];
	subject_id subject;
};

struct links {
	struct link *items;
	size_t count, capacity;
	struct snapshot *snapshot;
};

static void link_set_u32(struct snapshot *snapshot, subject_id subject, const char *key, const void *body, size_t length,
			 uint16_t attribute)
{
	uint32_t value;

	if (netlink_attribute_u32(body, length, sizeof(struct ifinfomsg), attribute, &value))
		snapshot_setf(snapshot, subject, key, "rtnetlink", "%u", value);
}

static void link_set_kind(struct snapshot *snapshot, subject_id subject, const void *body, size_t length)
{
	const void *info;
	char kind[KIND_MAX];
	size_t n;

	info = netlink_attribute(body, length, sizeof(struct ifinfomsg), IFLA_LINKINFO, &n);
	if (!info)
		return;
	netlink_attribute_text(info, n, 0, IFLA_INFO_KIND, kind, sizeof(kind));
	if (kind[0])
		snapshot_set_string(snapshot, subject, "kind", kind, "rtnetlink");
}

static int link_take(void *context, uint16_t type, const void *body, size_t length)
{
	struct links *links = context;
	struct snapshot *snapshot = links->snapshot;
	struct ifinfomsg header;
	struct link link = { 0 };

	if (type != RTM_NEWLINK || length < sizeof(header) || links->count >= INTERFACES_MAX)
		return 0;
	memcpy(&header, body, sizeof(header));
	link.index = (uint32_t)header.ifi_index;
	netlink_attribute_text(body, length, sizeof(header), IFLA_IFNAME, link.name, sizeof(link.name));
	if (!link.name[0])
		return 0;
	link.subject = interface_subject(snapshot, link.name);
	if (link.subject == SUBJECT_NONE)
		return 0;
	link_set_kind(snapshot, link.subject, body, length);
	link_set_u32(snapshot, link.subject, "mtu", body, length, IFLA_MTU);
	link_set_u32(snapshot, link.subject, "tx_queue_len", body, length, IFLA_TXQLEN);
	link_set_u32(snapshot, link.subject, "rx_queues", body, length, IFLA_NUM_RX_QUEUES);
	link_set_u32(snapshot, link.subject, "tx_queues", body, length, IFLA_NUM_TX_QUEUES);
	GROW(links->items, links->capacity, links->count + 1);
	links->items[links->count++] = link;
	return 0;
}

/* All of what makes it, or nothing: then it cannot be made again.  With a size table or a block of filters that it shares
 * with others, its options are not all of it. */
static void qdisc_set_options(struct snapshot *snapshot, subject_id subject, const char *kind, const void *body, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t n = 0, ignored;
	const void *options = netlink_attribute(body, length, sizeof(struct tcmsg), TCA_OPTIONS, &n);

	if (netlink_attribute(body, length, sizeof(struct tcmsg), TCA_STAB, &ignored) ||
	    netlink_attribute(body, length, sizeof(struct tcmsg), TCA_EGRESS_BLOCK, &ignored) ||
	    qdisc_describe(kind, options, n, &text) < 0)
		snapshot_set_absent(snapshot, subject, "qdisc.options", -EOPNOTSUPP, "rtnetlink");
	else
		snapshot_set_string(snapshot, subject, "qdisc.options", text.buf, "rtnetlink");
}

static void qdisc_set_root(struct snapshot *snapshot, const struct link *link, const struct tcmsg *header, const char *kind)
{
	snapshot_set_string(snapshot, link->subject, "qdisc", kind, "rtnetlink");
	/* What the kernel attached by itself has no handle. */
	snapshot_set_string(snapshot, link->subject, "qdisc.automatic", TC_H_MAJ(header->tcm_handle) == 0 ? "true" : "false",
			    "rtnetlink");
	snapshot_setf(snapshot, link->subject, "qdisc.handle", "rtnetlink", "%x:", TC_H_MAJ(header->tcm_handle) >> 16);
}

/* Leaves of mq are alike unless somebody changed one: the first stands for them, and one that has a handle says so. */
static void qdisc_set_leaf(struct snapshot *snapshot, const struct link *link, const struct tcmsg *header, const char *kind)
{
	bool automatic = TC_H_MAJ(header->tcm_handle) == 0;

	if (!snapshot_get(snapshot, link->subject, "qdisc.leaf"))
		snapshot_set_string(snapshot, link->subject, "qdisc.leaf", kind, "rtnetlink");
	if (!automatic || !snapshot_get(snapshot, link->subject, "qdisc.leaf.automatic"))
		snapshot_set_string(snapshot, link->subject, "qdisc.leaf.automatic", automatic ? "true" : "false", "rtnetlink");
}

static int qdisc_take(void *context, uint16_t type, const void *body, size_t length)
{
	const struct links *links = context;
	struct tcmsg header;
	char kind[KIND_MAX];

	if (type != RTM_NEWQDISC || length < sizeof(header))
		return 0;
	memcpy(&header, body, sizeof(header));
	netlink_attribute_text(body, length, sizeof(header), TCA_KIND, kind, sizeof(kind));
	/* Ingress and clsact hang beside the root and do not queue. */
	if (!kind[0] || header.tcm_parent == TC_H_INGRESS)
		return 0;
	for (size_t i = 0; i < links->count; i++) {
		const struct link *link = &links->items[i];

		if (link->index != (uint32_t)header.tcm_ifindex)
			continue;
		if (header.tcm_parent == TC_H_ROOT) {
			qdisc_set_root(links->snapshot, link, &header, kind);
			qdisc_set_options(links->snapshot, link->subject, kind, body, length);
		} else {
			qdisc_set_leaf(links->snapshot, link, &header, kind);
		}
		break;
	}
	return 0;
}

static int filter_take(void *context, uint16_t type, const void *body, size_t length)
{
	bool *found = context;

	(void)body;
	(void)length;
	*found |= type == RTM_NEWTFILTER;
	return 0;
}

/* Filters on the root are lost with it. */
static void filters_read(const struct link *link, struct snapshot *snapshot)
{
	const struct tcmsg request = { .tcm_family = AF_UNSPEC, .tcm_ifindex = (int)link->index };
	bool found = false;
	int r;

	if (!snapshot_text(snapshot, link->subject, "qdisc"))
		return;
	r = netlink_dump(NETLINK_ROUTE, RTM_GETTFILTER, &request, sizeof(request), filter_take, &found);
	if (r < 0)
		snapshot_set_absent(snapshot, link->subject, "qdisc.filters", r, "rtnetlink");
	else
		snapshot_set_string(snapshot, link->subject, "qdisc.filters", found ? "true" : "false", "rtnetlink");
}

static int ethtool_ask(int fd, const char *name, void *command)
{
	struct ifreq request = { .ifr_data = command };

	memcpy(request.ifr_name, name, MIN(strlen(name), sizeof(request.ifr_name) - 1));
	return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

static void pair_set(struct snapshot *snapshot, subject_id subject, const char *key, uint32_t now, uint32_t max)
{
	CLEANUP(strbuf_release) struct strbuf max_key = STRBUF_INIT;

	if (max == 0 && now == 0)	/* this device has none of these */
		return;
	strbuf_addf(&max_key, "%s_max", key);
	snapshot_setf(snapshot, subject, key, "ethtool", "%u", now);
	snapshot_setf(snapshot, subject, max_key.buf, "ethtool", "%u", max);
}

static void rings_read(int fd, const struct link *link, struct snapshot *snapshot)
{
	struct ethtool_ringparam rings = { .cmd = ETHTOOL_GRINGPARAM };
	int r = ethtool_ask(fd, link->name, &rings);

	if (r < 0) {
		snapshot_set_absent(snapshot, link->subject, "ring.rx", r, "ethtool");
		snapshot_set_absent(snapshot, link->subject, "ring.tx", r, "ethtool");
		return;
	}
	pair_set(snapshot, link->subject, "ring.rx", rings.rx_pending, rings.rx_max_pending);
	pair_set(snapshot, link->subject, "ring.rx_jumbo", rings.rx_jumbo_pending, rings.rx_jumbo_max_pending);
	pair_set(snapshot, link->subject, "ring.rx_mini", rings.rx_mini_pending, rings.rx_mini_max_pending);
	pair_set(snapshot, link->subject, "ring.tx", rings.tx_pending, rings.tx_max_pending);
}

static void channels_read(int fd, const struct link *link, struct snapshot *snapshot)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	int r = ethtool_ask(fd, link->name, &channels);

	if (r < 0) {
		snapshot_set_absent(snapshot, link->subject, "channels.combined", r, "ethtool");
		return;
	}
	pair_set(snapshot, link->subject, "channels.combined", channels.combined_count, channels.max_combined);
	pair_set(snapshot, link->subject, "channels.rx", channels.rx_count, channels.max_rx);
	pair_set(snapshot, link->subject, "channels.tx", channels.tx_count, channels.max_tx);
}

static void coalescing_read(int fd, const struct link *link, struct snapshot *snapshot)
{
	struct ethtool_coalesce coalesce = { .cmd = ETHTOOL_GCOALESCE };
	int r = ethtool_ask(fd, link->name, &coalesce);
	const struct {
		const char *key;
		uint32_t value;
	} values[] = {
		{ "coalesce.adaptive_rx", coalesce.use_adaptive_rx_coalesce },
		{ "coalesce.adaptive_tx", coalesce.use_adaptive_tx_coalesce },
		{ "coalesce.rx_frames", coalesce.rx_max_coalesced_frames },
		{ "coalesce.rx_usecs", coalesce.rx_coalesce_usecs },
		{ "coalesce.tx_frames", coalesce.tx_max_coalesced_frames },
		{ "coalesce.tx_usecs", coalesce.tx_coalesce_usecs },
	};

	if (r < 0) {
		snapshot_set_absent(snapshot, link->subject, "coalesce.rx_usecs", r, "ethtool");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		snapshot_setf(snapshot, link->subject, values[i].key, "ethtool", "%u", values[i].value);
}

static void offloads_read(int fd, const struct link *link, struct snapshot *snapshot)
{
	/* clang-format off */
	static const struct {
		uint32_t command;
		uint32_t flag;		/* 0: the answer is the value */
		const char *key;
	} offloads[] = {
		{ ETHTOOL_GFLAGS, ETH_FLAG_LRO, "offload.lro" },
		{ ETHTOOL_GFLAGS, ETH_FLAG_NTUPLE, "offload.ntuple" },
		{ ETHTOOL_GFLAGS, ETH_FLAG_RXHASH, "offload.rxhash" },
		{ ETHTOOL_GGRO, 0, "offload.gro" },
		{ ETHTOOL_GGSO, 0, "offload.gso" },
		{ ETHTOOL_GRXCSUM, 0, "offload.rx" },
		{ ETHTOOL_GSG, 0, "offload.sg" },
		{ ETHTOOL_GTSO, 0, "offload.tso" },
		{ ETHTOOL_GTXCSUM, 0, "offload.tx" },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(offloads); i++) {
		struct ethtool_value value = { .cmd = offloads[i].command };
		int r = ethtool_ask(fd, link->name, &value);
		bool on = offloads[i].flag ? (value.data & offloads[i].flag) != 0 : value.data != 0;

		if (r < 0)
			snapshot_set_absent(snapshot, link->subject, offloads[i].key, r, "ethtool");
		else
			snapshot_set_string(snapshot, link->subject, offloads[i].key, on ? "on" : "off", "ethtool");
	}
}

#define FEATURES_MAX 128	/* bits; there are 64 */

static uint32_t feature_count(int fd, const char *name)
{
	CLEANUP(free_ptr) struct ethtool_sset_info *request = xcalloc(1, sizeof(*request) + sizeof(request->data[0]));

	request->cmd = ETHTOOL_GSSET_INFO;
	request->sset_mask = 1ULL << ETH_SS_FEATURES;
	return ethtool_ask(fd, name, request) < 0 || !request->sset_mask ? 0 : request->data[0];
}

/* "tso" is several features in one, of which some may be off: each that has a key of its own. */
static void features_read(int fd, const struct link *link, struct snapshot *snapshot)
{
	uint32_t count = feature_count(fd, link->name), blocks = (count + 31) / 32;
	CLEANUP(free_ptr) struct ethtool_gstrings *names = NULL;
	CLEANUP(free_ptr) struct ethtool_gfeatures *features = NULL;

	if (count == 0 || count > FEATURES_MAX)
		return;
	names = xcalloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = count;
	features = xcalloc(1, sizeof(*features) + blocks * sizeof(features->features[0]));
	features->cmd = ETHTOOL_GFEATURES;
	features->size = blocks;
	if (ethtool_ask(fd, link->name, names) < 0 || ethtool_ask(fd, link->name, features) < 0)
		return;
	for (uint32_t i = 0; i < count; i++) {
		const char *name = (const char *)names->data + (size_t)i * ETH_GSTRING_LEN;
		CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

		strbuf_add_string(&key, "features.");
		strbuf_add(&key, name, strnlen(name, ETH_GSTRING_LEN));
		if (interface_is_feature(key.buf))
			snapshot_set_string(snapshot, link->subject, key.buf,
					    features->features[i / 32].active & (UINT32_C(1) << i % 32) ? "on" : "off", "ethtool");
	}
}

static void driver_read(int fd, const struct link *link, struct snapshot *snapshot)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };

	if (ethtool_ask(fd, link->name, &driver) < 0)
		return;
	snapshot_set(snapshot, link->subject, "driver", driver.driver, strnlen(driver.driver, sizeof(driver.driver)),
		     "ethtool");
}

int interface_read_live(struct snapshot *snapshot)
{
	const struct ifinfomsg links_request = { .ifi_family = AF_UNSPEC };
	const struct tcmsg qdisc_request = { .tcm_family = AF_UNSPEC };
	struct links links = { .snapshot = snapshot };
	CLEANUP(close_fd) int fd = -1;
	int r;

	r = netlink_dump(NETLINK_ROUTE, RTM_GETLINK, &links_request, sizeof(links_request), link_take, &links);
	if (r == 0)
		r = netlink_dump(NETLINK_ROUTE, RTM_GETQDISC, &qdisc_request, sizeof(qdisc_request), qdisc_take, &links);
	if (r < 0)
		(void)diag_warning(snapshot_notes(snapshot), NULL, "cannot ask the kernel for interfaces: %s",
				   strerror(-r));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (size_t i = 0; fd >= 0 && i < links.count; i++) {
		driver_read(fd, &links.items[i], snapshot);
		rings_read(fd, &links.items[i], snapshot);
		channels_read(fd, &links.items[i], snapshot);
		coalescing_read(fd, &links.items[i], snapshot);
		offloads_read(fd, &links.items[i], snapshot);
		features_read(fd, &links.items[i], snapshot);
		filters_read(&links.items[i], snapshot);
	}
	free(links.items);
	return r;
}
