/* SPDX-License-Identifier: Apache-2.0 */
/* A sosreport has no /sys/class/net/NAME/mtu and the like; it has the output of ip, tc and ethtool. */
#include "interface.h"

#include <errno.h>

#include "../core/parse.h"

#define NETWORKING "/sos_commands/networking/"
#define REPORT_MAX (4U << 20)

struct word {
	const char *text;
	size_t length;
};

static bool take_word(const char **cursor, struct word *word)
{
	return next_word(cursor, &word->text, &word->length);
}

static bool word_is(const struct word *word, const char *text)
{
	return strlen(text) == word->length && memcmp(word->text, text, word->length) == 0;
}

static void set_unless_known(struct snapshot *snapshot, subject_id subject, const char *key, const struct word *word,
			     const char *origin)
{
	if (!snapshot_text(snapshot, subject, key))
		snapshot_set(snapshot, subject, key, word->text, word->length, origin);
}

/* 2: eth0@if5: <BROADCAST,UP> mtu 1500 qdisc mq state UP mode DEFAULT group default qlen 1000 */
static subject_id ip_link_head(struct snapshot *snapshot, const char *cursor, const char *origin)
{
	static const struct {
		const char *word, *key;
	} fields[] = {
		{ "mtu", "mtu" }, { "qdisc", "qdisc" }, { "state", "operstate" }, { "qlen", "tx_queue_len" },
	};
	CLEANUP(free_ptr) char *name = NULL;
	struct word index, word, value;
	subject_id subject;

	if (!take_word(&cursor, &index) || !take_word(&cursor, &word))
		return SUBJECT_NONE;
	name = xstrndup(word.text, strcspn(word.text, "@: \t\n"));
	subject = *name ? interface_subject(snapshot, name) : SUBJECT_NONE;
	while (subject != SUBJECT_NONE && take_word(&cursor, &word)) {
		for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
			if (!word_is(&word, fields[i].word) || !take_word(&cursor, &value))
				continue;
			if (streq(fields[i].key, "operstate")) {
				CLEANUP(free_ptr) char *state = xstrndup(value.text, value.length);

				for (char *c = state; *c; c++)
					*c |= *c >= 'A' && *c <= 'Z' ? 0x20 : 0;
				value.text = state;
				set_unless_known(snapshot, subject, "operstate", &value, origin);
			} else {
				set_unless_known(snapshot, subject, fields[i].key, &value, origin);
			}
			break;
		}
	}
	return subject;
}

/* Kinds that ip names; other words that begin a line are about masters, virtual functions or programs. */
static bool is_kind(const struct word *word)
{
	/* clang-format off */
	static const char *const kinds[] = {
		"bareudp", "bond", "bridge", "dummy", "erspan", "geneve", "gre", "gretap", "hsr", "ifb", "ip6gre", "ip6gretap",
		"ip6tnl", "ipip", "ipoib", "ipvlan", "ipvtap", "macsec", "macvlan", "macvtap", "netdevsim", "netkit", "nlmon",
		"sit", "team", "tun", "vcan", "veth", "vlan", "vrf", "vti", "vti6", "vxcan", "vxlan", "wireguard", "xfrm",
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (word_is(word, kinds[i]))
			return true;
	return false;
}

/*     link/ether 02:fc:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0
 *     veth addrgenmode eui64 numtxqueues 1 numrxqueues 1 gso_max_size 65536
 * The second line, when there is one, begins with the kind. */
static void ip_link_detail(struct snapshot *snapshot, subject_id subject, const char *cursor, const char *origin)
{
	struct word word, value;

	if (!take_word(&cursor, &word))
		return;
	if (word.length > 5 && memcmp(word.text, "link/", 5) == 0) {
		static const struct word loopback = { "loopback", 8 };

		if (word_is(&word, "link/loopback"))
			set_unless_known(snapshot, subject, "kind", &loopback, origin);
		else if (take_word(&cursor, &value))
			set_unless_known(snapshot, subject, "address", &value, origin);
	} else if (is_kind(&word)) {
		set_unless_known(snapshot, subject, "kind", &word, origin);
	}
	while (take_word(&cursor, &word)) {
		bool rx = word_is(&word, "numrxqueues");

		if ((rx || word_is(&word, "numtxqueues")) && take_word(&cursor, &value))
			set_unless_known(snapshot, subject, rx ? "rx_queues" : "tx_queues", &value, origin);
	}
}

/* An interface with an address and without a kind is a driver's own. */
static void ip_link_end(struct snapshot *snapshot, subject_id subject, const char *origin)
{
	static const struct word physical = { "physical", 8 };

	if (subject != SUBJECT_NONE && snapshot_text(snapshot, subject, "address"))
		set_unless_known(snapshot, subject, "kind", &physical, origin);
}

void interface_ip_link_parse(struct snapshot *snapshot, const char *text, const char *origin)
{
	subject_id subject = SUBJECT_NONE;
	const char *cursor = text;

	do {
		if (*cursor >= '0' && *cursor <= '9') {
			ip_link_end(snapshot, subject, origin);
			subject = ip_link_head(snapshot, cursor, origin);
		} else if (subject != SUBJECT_NONE) {
			ip_link_detail(snapshot, subject, cursor, origin);
		}
	} while (next_line(&cursor));
	ip_link_end(snapshot, subject, origin);
}

/* qdisc fq_codel 0: dev eth0 parent :1 limit 10240p flows 1024 */
static void tc_qdisc_line(struct snapshot *snapshot, const char *cursor, const char *origin)
{
	CLEANUP(free_ptr) char *name = NULL;
	struct word word, kind, handle, device;
	subject_id subject;

	if (!take_word(&cursor, &word) || !word_is(&word, "qdisc") || !take_word(&cursor, &kind) ||
	    !take_word(&cursor, &handle) || !take_word(&cursor, &word) || !word_is(&word, "dev") ||
	    !take_word(&cursor, &device) || !take_word(&cursor, &word))
		return;
	if (word_is(&kind, "ingress") || word_is(&kind, "clsact"))
		return;
	name = xstrndup(device.text, device.length);
	subject = interface_subject(snapshot, name);
	if (subject == SUBJECT_NONE)
		return;
	if (word_is(&word, "root")) {
		snapshot_set(snapshot, subject, "qdisc", kind.text, kind.length, origin);
		snapshot_set_string(snapshot, subject, "qdisc.automatic", word_is(&handle, "0:") ? "true" : "false", origin);
		snapshot_set(snapshot, subject, "qdisc.handle", handle.text, handle.length, origin);
	} else {
		set_unless_known(snapshot, subject, "qdisc.leaf", &kind, origin);
		if (!word_is(&handle, "0:") || !snapshot_text(snapshot, subject, "qdisc.leaf.automatic"))
			snapshot_set_string(snapshot, subject, "qdisc.leaf.automatic", word_is(&handle, "0:") ? "true" : "false",
					    origin);
	}
}

void interface_tc_qdisc_parse(struct snapshot *snapshot, const char *text, const char *origin)
{
	const char *cursor = text;

	do {
		tc_qdisc_line(snapshot, cursor, origin);
	} while (next_line(&cursor));
}

/* clang-format off */
static const struct ethtool_field {
	enum ethtool_report report;
	const char *label;
	const char *key;
	bool has_max;		/* listed twice: first the maximum, then the value in force */
} ethtool_fields[] = {
	{ ETHTOOL_RINGS, "RX", "ring.rx", true },
	{ ETHTOOL_RINGS, "RX Jumbo", "ring.rx_jumbo", true },
	{ ETHTOOL_RINGS, "RX Mini", "ring.rx_mini", true },
	{ ETHTOOL_RINGS, "TX", "ring.tx", true },
	{ ETHTOOL_CHANNELS, "Combined", "channels.combined", true },
	{ ETHTOOL_CHANNELS, "RX", "channels.rx", true },
	{ ETHTOOL_CHANNELS, "TX", "channels.tx", true },
	{ ETHTOOL_COALESCE, "rx-frames", "coalesce.rx_frames", false },
	{ ETHTOOL_COALESCE, "rx-usecs", "coalesce.rx_usecs", false },
	{ ETHTOOL_COALESCE, "tx-frames", "coalesce.tx_frames", false },
	{ ETHTOOL_COALESCE, "tx-usecs", "coalesce.tx_usecs", false },
	{ ETHTOOL_FEATURES, "generic-receive-offload", "offload.gro", false },
	{ ETHTOOL_FEATURES, "generic-segmentation-offload", "offload.gso", false },
	{ ETHTOOL_FEATURES, "large-receive-offload", "offload.lro", false },
	{ ETHTOOL_FEATURES, "ntuple-filters", "offload.ntuple", false },
	{ ETHTOOL_FEATURES, "receive-hashing", "offload.rxhash", false },
	{ ETHTOOL_FEATURES, "rx-checksumming", "offload.rx", false },
	{ ETHTOOL_FEATURES, "scatter-gather", "offload.sg", false },
	{ ETHTOOL_FEATURES, "tcp-segmentation-offload", "offload.tso", false },
	{ ETHTOOL_FEATURES, "tx-checksumming", "offload.tx", false },
	{ ETHTOOL_FEATURES, "\ttx-tcp-ecn-segmentation", "features.tx-tcp-ecn-segmentation", false },
	{ ETHTOOL_FEATURES, "\ttx-tcp-mangleid-segmentation", "features.tx-tcp-mangleid-segmentation", false },
	{ ETHTOOL_FEATURES, "\ttx-tcp-segmentation", "features.tx-tcp-segmentation", false },
	{ ETHTOOL_FEATURES, "\ttx-tcp6-segmentation", "features.tx-tcp6-segmentation", false },
	{ ETHTOOL_DRIVER, "driver", "driver", false },
};
/* clang-format on */

bool interface_is_feature(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(ethtool_fields); i++)
		if (streq(ethtool_fields[i].key, key))
			return starts_with(key, "features.");
	return false;
}

static void ethtool_field_set(struct snapshot *snapshot, subject_id subject, const struct ethtool_field *field,
			      bool maximum, const struct word *value, const char *origin)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	if (word_is(value, "n/a") || (field->report == ETHTOOL_CHANNELS && word_is(value, "0")))
		return;
	strbuf_addf(&key, "%s%s", field->key, maximum ? "_max" : "");
	snapshot_set(snapshot, subject, key.buf, value->text, value->length, origin);
}

/* Adaptive RX: off  TX: on */
static void ethtool_adaptive(struct snapshot *snapshot, subject_id subject, const char *line, const char *origin)
{
	struct word word, rx, label, tx;
	const char *cursor = line;

	if (!take_word(&cursor, &word) || !take_word(&cursor, &word) || !word_is(&word, "RX:") ||
	    !take_word(&cursor, &rx) || !take_word(&cursor, &label) || !take_word(&cursor, &tx))
		return;
	snapshot_set_string(snapshot, subject, "coalesce.adaptive_rx", word_is(&rx, "on") ? "1" : "0", origin);
	snapshot_set_string(snapshot, subject, "coalesce.adaptive_tx", word_is(&tx, "on") ? "1" : "0", origin);
}

void interface_ethtool_parse(struct snapshot *snapshot, subject_id subject, enum ethtool_report report,
			     const char *text, const char *origin)
{
	const char *cursor = text;
	bool maximum = false;

	do {
		size_t label = strcspn(cursor, ":\n");
		const char *at = cursor + label;
		struct word value;

		if (*at != ':')
			continue;
		if (starts_with(cursor, "Pre-set maximums"))
			maximum = true;
		else if (starts_with(cursor, "Current hardware settings"))
			maximum = false;
		else if (report == ETHTOOL_COALESCE && starts_with(cursor, "Adaptive "))
			ethtool_adaptive(snapshot, subject, cursor, origin);
		at++;
		if (!take_word(&at, &value))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(ethtool_fields); i++)
			if (ethtool_fields[i].report == report && strlen(ethtool_fields[i].label) == label &&
			    memcmp(ethtool_fields[i].label, cursor, label) == 0 &&
			    (ethtool_fields[i].has_max || !maximum))
				ethtool_field_set(snapshot, subject, &ethtool_fields[i], maximum, &value, origin);
	} while (next_line(&cursor));
}

/* ethtool_-g_eth0 */
static void ethtool_file_read(const struct root *root, const char *file, struct snapshot *snapshot)
{
	static const struct {
		const char *prefix;
		enum ethtool_report report;
	} reports[] = {
		{ "ethtool_-c_", ETHTOOL_COALESCE }, { "ethtool_-g_", ETHTOOL_RINGS },	  { "ethtool_-i_", ETHTOOL_DRIVER },
		{ "ethtool_-k_", ETHTOOL_FEATURES }, { "ethtool_-l_", ETHTOOL_CHANNELS },
	};
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
		subject_id subject;

		if (!starts_with(file, reports[i].prefix))
			continue;
		subject = snapshot_find_subject(snapshot, SUBJECT_KIND_INTERFACE, file + strlen(reports[i].prefix));
		strbuf_addf(&path, NETWORKING "%s", file);
		if (subject != SUBJECT_NONE && root_read(root, path.buf, &text) == 0)
			interface_ethtool_parse(snapshot, subject, reports[i].report, text.buf, path.buf);
		return;
	}
}

void interface_read_report(const struct root *root, struct snapshot *snapshot)
{
	static const char link[] = NETWORKING "ip_-s_-d_link", qdisc[] = NETWORKING "tc_-s_qdisc_show";
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (root_read_limit(root, link, REPORT_MAX, &text) == 0)
		interface_ip_link_parse(snapshot, text.buf, link);
	if (root_read_limit(root, qdisc, REPORT_MAX, &text) == 0)
		interface_tc_qdisc_parse(snapshot, text.buf, qdisc);
	if (root_list(root, "/sos_commands/networking", &list) < 0)
		return;
	for (size_t i = 0; i < list.count; i++)
		ethtool_file_read(root, list.entries[i].name, snapshot);
}
