/* SPDX-License-Identifier: Apache-2.0 */
/* Network interfaces: their attributes and queues in sysfs.
 * Documentation/ABI/testing/sysfs-class-net, sysfs-class-net-queues; Documentation/networking/scaling.rst. */
#include "interface.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../core/parse.h"

#define CLASS_NET "/sys/class/net"
#define QUEUES_MAX 256		/* of an interface, in each direction; counted beyond, not described */
#define ARPHRD_LOOPBACK_TEXT "772"

static const char *const attributes[] = {
	"address", "carrier",		  "gro_flush_timeout", "mtu",	       "napi_defer_hard_irqs",
	"operstate", "speed", "threaded", "tx_queue_len",
};

static const char *const rx_attributes[] = { "rps_cpus", "rps_flow_cnt" };
static const char *const tx_attributes[] = { "xps_cpus", "xps_rxqs" };

/* What the masks of all receive queues say together. */
struct rps {
	bool any, read;
	int error;
};

struct reader {
	const struct root *root;
	struct snapshot *snapshot;
	subject_id subject;
	struct strbuf path;		/* of the interface's directory */
	struct strbuf text;
};

subject_id interface_subject(struct snapshot *snapshot, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	if (snapshot_find_subject(snapshot, SUBJECT_KIND_INTERFACE, name) == SUBJECT_NONE &&
	    snapshot_kind_count(snapshot, SUBJECT_KIND_INTERFACE) >= INTERFACES_MAX)
		return SUBJECT_NONE;
	strbuf_addf(&path, CLASS_NET "/%s", name);
	return snapshot_subject(snapshot, SUBJECT_KIND_INTERFACE, name, path.buf);
}

/* A file below the interface's directory, without white space at its end; text is reader->text. */
static int reader_line(struct reader *reader, const char *file)
{
	size_t length = reader->path.len;
	int r;

	strbuf_addf(&reader->path, "/%s", file);
	r = root_read_line(reader->root, reader->path.buf, &reader->text);
	strbuf_truncate(&reader->path, length);
	return r;
}

/* The value of NAME= in the text of a uevent file; *ret_length 0: none. */
static const char *uevent_value(const char *text, const char *name, size_t *ret_length)
{
	size_t length = strlen(name);
	const char *cursor = text;

	*ret_length = 0;
	do {
		if (strncmp(cursor, name, length) == 0 && cursor[length] == '=') {
			*ret_length = strcspn(cursor + length + 1, "\n");
			return cursor + length + 1;
		}
	} while (next_line(&cursor));
	return "";
}

static void driver_set(struct reader *reader, const char *uevent)
{
	size_t length;
	const char *driver = uevent_value(uevent, "DRIVER", &length);

	if (length)
		snapshot_set(reader->snapshot, reader->subject, "driver", driver, length, reader->path.buf);
}

/* The kernel tells the type of most virtual interfaces in uevent (DEVTYPE=bridge, vlan, bond, vxlan …); a physical one
 * has a device behind it; one end of a veth pair is linked to another interface and has neither. */
static void kind_set(struct reader *reader, bool has_device)
{
	CLEANUP(strbuf_release) struct strbuf index = STRBUF_INIT;
	struct snapshot *snapshot = reader->snapshot;
	size_t length;
	const char *type;

	if (snapshot_text(snapshot, reader->subject, "kind"))	/* rtnetlink has it */
		return;
	if (reader_line(reader, "type") == 0 && streq(reader->text.buf, ARPHRD_LOOPBACK_TEXT)) {
		snapshot_set_string(snapshot, reader->subject, "kind", "loopback", reader->path.buf);
		return;
	}
	if (reader_line(reader, "uevent") == 0) {
		type = uevent_value(reader->text.buf, "DEVTYPE", &length);
		if (length && !(has_device && length == 4 && memcmp(type, "wlan", 4) == 0)) {
			snapshot_set(snapshot, reader->subject, "kind", type, length, reader->path.buf);
			return;
		}
	} else if (!has_device) {
		return;				/* neither is there: nobody can say */
	}
	if (has_device) {
		snapshot_set_string(snapshot, reader->subject, "kind", "physical", reader->path.buf);
		return;
	}
	if (reader_line(reader, "ifindex") == 0)
		strbuf_add(&index, reader->text.buf, reader->text.len);
	type = index.len && reader_line(reader, "iflink") == 0 && !streq(index.buf, reader->text.buf) ? "veth"
												     : "virtual";
	snapshot_set_string(snapshot, reader->subject, "kind", type, reader->path.buf);
}

static void attributes_read(struct reader *reader)
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		int r = reader_line(reader, attributes[i]);

		snapshot_set_read(reader->snapshot, reader->subject, attributes[i], r, reader->text.buf,
				  reader->text.len, NULL);
	}
}

static bool mask_is_empty(const char *mask)
{
	return mask[strspn(mask, "0,")] == '\0';
}

static void rps_note(struct rps *rps, int r, const char *mask)
{
	if (r < 0)
		rps->error = r == -ENOENT ? rps->error : r;
	else
		rps->read = true;
	if (r >= 0 && !mask_is_empty(mask))
		rps->any = true;
}

static void queue_read(struct reader *reader, const char *queue, const char *const *names, size_t count,
		       struct rps *rps)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT, origin = STRBUF_INIT, file = STRBUF_INIT;

	for (size_t i = 0; i < count; i++) {
		int r;

		strbuf_reset(&key);
		strbuf_addf(&key, "%s.%s", queue, names[i]);
		strbuf_reset(&file);
		strbuf_addf(&file, "queues/%s/%s", queue, names[i]);
		strbuf_reset(&origin);
		strbuf_addf(&origin, "%s/%s", reader->path.buf, file.buf);
		r = reader_line(reader, file.buf);
		if (rps && streq(names[i], "rps_cpus"))
			rps_note(rps, r, reader->text.buf);
		/* The kernel has no xps_cpus for an interface with one queue, though the file is there. */
		snapshot_set_read(reader->snapshot, reader->subject, key.buf, r, reader->text.buf, reader->text.len,
				  origin.buf);
	}
}

static void queues_read(struct reader *reader, struct rps *rps)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	size_t length = reader->path.len;
	unsigned int rx = 0, tx = 0;
	int r;

	strbuf_add_string(&reader->path, "/queues");
	r = root_list(reader->root, reader->path.buf, &list);
	strbuf_truncate(&reader->path, length);
	if (r < 0) {
		snapshot_set_absent(reader->snapshot, reader->subject, "rx_queues", r, NULL);
		snapshot_set_absent(reader->snapshot, reader->subject, "tx_queues", r, NULL);
		return;
	}
	for (size_t i = 0; i < list.count; i++) {
		const char *name = list.entries[i].name;

		if (starts_with(name, "rx-") && rx++ < QUEUES_MAX)
			queue_read(reader, name, rx_attributes, ARRAY_SIZE(rx_attributes), rps);
		else if (starts_with(name, "tx-") && tx++ < QUEUES_MAX)
			queue_read(reader, name, tx_attributes, ARRAY_SIZE(tx_attributes), NULL);
	}
	snapshot_setf(reader->snapshot, reader->subject, "rx_queues", reader->path.buf, "%u", rx);
	snapshot_setf(reader->snapshot, reader->subject, "tx_queues", reader->path.buf, "%u", tx);
}

static void interface_read_one(struct reader *reader, struct rps *rps)
{
	bool has_device;

	attributes_read(reader);
	has_device = reader_line(reader, "device/uevent") == 0;
	if (has_device)
		driver_set(reader, reader->text.buf);
	kind_set(reader, has_device);
	queues_read(reader, rps);
}

static void interfaces_note(struct snapshot *snapshot, uint32_t left_out, uint32_t foreign)
{
	struct place place = { .file = CLASS_NET };

	if (left_out)
		(void)diag_warning(snapshot_notes(snapshot), &place, "%u interfaces beyond the first %u were left out",
				   left_out, INTERFACES_MAX);
	if (foreign)
		(void)diag_warning(snapshot_notes(snapshot), &place,
				   "%u interfaces of another network namespace were left out", foreign);
}

/* asked: the snapshot has the interfaces of this network namespace; a sysfs that was mounted in another one shows those
 * of that one. */
static int interfaces_read(const struct root *root, struct snapshot *snapshot, bool asked, struct rps *rps)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	struct reader reader = { .root = root, .snapshot = snapshot, .path = STRBUF_INIT, .text = STRBUF_INIT };
	uint32_t left_out = 0, foreign = 0, found = 0;
	int r;

	r = root_list(root, CLASS_NET, &list);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		const char *name = list.entries[i].name;

		if (list.entries[i].type == DT_REG)	/* bonding_masters */
			continue;
		if (asked && snapshot_find_subject(snapshot, SUBJECT_KIND_INTERFACE, name) == SUBJECT_NONE) {
			foreign++;
			continue;
		}
		reader.subject = interface_subject(snapshot, name);
		if (reader.subject == SUBJECT_NONE) {
			left_out++;
			continue;
		}
		strbuf_reset(&reader.path);
		strbuf_addf(&reader.path, CLASS_NET "/%s", name);
		interface_read_one(&reader, rps);
		found++;
	}
	interfaces_note(snapshot, left_out, foreign);
	if (found < snapshot_kind_count(snapshot, SUBJECT_KIND_INTERFACE))
		rps->error = -EXDEV;	/* the masks of some are not in this sysfs */
	strbuf_release(&reader.path);
	strbuf_release(&reader.text);
	return r;
}

static void rps_set(const struct rps *rps, int result, struct snapshot *snapshot)
{
	static const char origin[] = CLASS_NET "/*/queues/rx-*/rps_cpus";

	if (rps->any)
		snapshot_set_string(snapshot, SUBJECT_HOST, "network.rps_active", "1", origin);
	else if (rps->error || result < 0)
		snapshot_set_absent(snapshot, SUBJECT_HOST, "network.rps_active", rps->error ? rps->error : result, origin);
	else if (rps->read)
		snapshot_set_string(snapshot, SUBJECT_HOST, "network.rps_active", "0", origin);
	else
		snapshot_set_absent(snapshot, SUBJECT_HOST, "network.rps_active", -ENOENT, origin);
}

/* Counters below /proc/net and the keys of net.* are those of the namespace of whoever reads them. */
static void namespace_set(struct snapshot *snapshot)
{
	static const char origin[] = "/proc/1/ns/net";
	struct stat own, init;

	if (stat("/proc/self/ns/net", &own) < 0 || stat(origin, &init) < 0)
		snapshot_set_absent(snapshot, SUBJECT_HOST, "network.namespace", -errno, origin);
	else
		snapshot_set_string(snapshot, SUBJECT_HOST, "network.namespace",
				    own.st_ino == init.st_ino && own.st_dev == init.st_dev ? "init" : "other", origin);
}

static int interface_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	bool live = root_is_live(root);
	struct rps rps = { 0 };
	int r;

	(void)options;
	r = interfaces_read(root, snapshot, live && interface_read_live(snapshot) == 0, &rps);
	rps_set(&rps, r, snapshot);
	if (live)
		namespace_set(snapshot);
	if (root->layout == ROOT_SOSREPORT)
		interface_read_report(root, snapshot);
	return 0;
}

static const char *const interface_paths[] = {
	CLASS_NET "/*/address",
	CLASS_NET "/*/carrier",
	CLASS_NET "/*/device/uevent",
	CLASS_NET "/*/gro_flush_timeout",
	CLASS_NET "/*/ifindex",
	CLASS_NET "/*/iflink",
	CLASS_NET "/*/mtu",
	CLASS_NET "/*/napi_defer_hard_irqs",
	CLASS_NET "/*/operstate",
	CLASS_NET "/*/queues/rx-*/rps_cpus",
	CLASS_NET "/*/queues/rx-*/rps_flow_cnt",
	CLASS_NET "/*/queues/tx-*/xps_cpus",
	CLASS_NET "/*/queues/tx-*/xps_rxqs",
	CLASS_NET "/*/speed",
	CLASS_NET "/*/threaded",
	CLASS_NET "/*/tx_queue_len",
	CLASS_NET "/*/type",
	CLASS_NET "/*/uevent",
	"/sos_commands/networking/ethtool_-*",
	"/sos_commands/networking/ip_-s_-d_link",
	"/sos_commands/networking/tc_-s_qdisc_show",
	NULL,
};

const struct probe probe_interface = {
	.name = "interface",
	.summary = "network interfaces: queues, rings, channels, offloads, queueing discipline",
	.paths = interface_paths,
	.read = interface_read,
};
