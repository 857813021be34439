/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/dev: the counters of every interface in the reader's network namespace, in two header lines and one line
 * per interface; net/core/net-procfs.c, include/uapi/linux/if_link.h.
 *
 *	  eth0: 316465243    5665    0    0    0     0          0         0   149886    2137    0 …
 *
 * Its columns are sums: "drop" of the receiving side holds rx_missed_errors too, "frame" and "carrier" hold four
 * counters each.  What the hardware itself missed for want of a descriptor is of interest by itself; where there is
 * hardware it is read from /sys/class/net/NAME/statistics, if that /sys shows the same network namespace. */
#include "probe.h"

#include <errno.h>
#include <net/if.h>

#include "device-rows.h"
#include "table.h"

/* clang-format off */
static const struct device_column netdev_columns[] = {
	{ .key = "rx_bytes",          .kind = METRIC_COUNTER },
	{ .key = "rx_packets",        .kind = METRIC_COUNTER },
	{ .key = "rx_errors",         .kind = METRIC_COUNTER },
	{ .key = "rx_dropped",        .kind = METRIC_COUNTER },
	{ .key = "rx_fifo_errors",    .kind = METRIC_COUNTER },
	{ .key = "rx_frame_errors",   .kind = METRIC_COUNTER },
	{ .key = NULL /* compressed */ },
	{ .key = NULL /* multicast */ },
	{ .key = "tx_bytes",          .kind = METRIC_COUNTER },
	{ .key = "tx_packets",        .kind = METRIC_COUNTER },
	{ .key = "tx_errors",         .kind = METRIC_COUNTER },
	{ .key = "tx_dropped",        .kind = METRIC_COUNTER },
	{ .key = "tx_fifo_errors",    .kind = METRIC_COUNTER },
	{ .key = NULL /* collisions */ },
	{ .key = "tx_carrier_errors", .kind = METRIC_COUNTER },
	{ .key = NULL /* compressed */ },
	{ .key = "rx_missed_errors",  .kind = METRIC_COUNTER },	/* from /sys; last */
};
/* clang-format on */

#define COLUMNS ARRAY_SIZE(netdev_columns)
#define COLUMNS_PROC (COLUMNS - 1)
#define HEADER_LINES 2

struct netdev {
	const struct root *root;
	struct sampled_file file;
	struct device_rows rows;	/* .extra: the struct sampled_file of rx_missed_errors, or NULL */
	bool told_absent;
};

struct netdev_line {
	const char *name;		/* lent */
	size_t length;
	uint64_t values[COLUMNS];
};

/* One line at *cursor, which is then at the next whatever was found.  Old kernels put no blank after the colon. */
static enum scan scan_interface(const char **cursor, struct netdev_line *line)
{
	const char *p = *cursor;
	size_t n = 0;

	if (*p == '\0')
		return SCAN_END;

	while (scan_is_blank(*p))
		p++;
	line->name = p;
	line->length = scan_name_length(p, ':');
	p += line->length;
	if (*p == ':') {
		p++;
		for (; n < COLUMNS_PROC; n++) {
			while (scan_is_blank(*p))
				p++;
			if (!scan_u64(&p, &line->values[n]))
				break;
		}
	}
	scan_skip_line(cursor);
	return n == COLUMNS_PROC && *p == '\n' ? SCAN_OK : SCAN_BAD;
}

/* A mounted /sys shows the network namespace of whoever mounted it. */
static bool same_namespace(const struct netdev *n, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	uint64_t index;

	if (!root_is_live(n->root))
		return true;
	strbuf_addf(&path, "/sys/class/net/%s/ifindex", name);
	return root_read_line(n->root, path.buf, &text) >= 0 && parse_u64(text.buf, &index) == 0 &&
	       index == if_nametoindex(name);
}

static void netdev_meet(struct netdev *n, struct device_row *row, struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	size_t length;

	row->fresh = false;
	if (strchr(row->name, '/'))	/* the kernel refuses it (dev_valid_name()); a tree may not */
		return;

	strbuf_addf(&path, "/sys/class/net/%s", row->name);
	length = path.len;
	row->subject = snapshot_subject(snapshot, SUBJECT_KIND_INTERFACE, row->name, path.buf);

	strbuf_add_string(&path, "/device");
	if (!root_exists(n->root, path.buf) || !same_namespace(n, row->name))
		return;
	strbuf_truncate(&path, length);
	strbuf_add_string(&path, "/statistics/rx_missed_errors");
	row->extra = xmalloc(sizeof(struct sampled_file));
	sampled_file_init(row->extra, n->root, path.buf);
}

static size_t netdev_read_missed(struct device_row *row, struct snapshot *snapshot, struct netdev_line *line)
{
	struct sampled_file *file = row->extra;
	uint64_t *value = &line->values[COLUMNS_PROC];
	const char *cursor;
	int r;

	if (!file)
		return COLUMNS_PROC;

	r = sampled_file_read(file);
	cursor = file->text.buf;
	if (r >= 0 && scan_u64(&cursor, value) && *cursor == '\n')
		return COLUMNS;
	if (row->ids[COLUMNS_PROC] == SERIES_NONE)
		snapshot_metric_absent(snapshot, row->subject, netdev_columns[COLUMNS_PROC].key,
				       r < 0 ? r : -EBADMSG, file->path);
	return COLUMNS_PROC;
}

static void netdev_tick(void *state, struct snapshot *snapshot)
{
	struct netdev *n = state;
	struct netdev_line line;
	const char *cursor;

	if (sampled_file_read(&n->file) < 0) {
		if (!n->told_absent)
			device_rows_absent(&n->rows, snapshot, SUBJECT_KIND_INTERFACE, n->file.error, n->file.path);
		n->told_absent = true;
		return;
	}

	device_rows_rewind(&n->rows);
	cursor = n->file.text.buf;
	for (int i = 0; i < HEADER_LINES; i++)
		scan_skip_line(&cursor);
	while (*cursor) {
		const char *at = cursor;
		struct device_row *row = NULL;

		if (scan_interface(&cursor, &line) == SCAN_OK)
			row = device_rows_find(&n->rows, line.name, line.length);
		if (row && row->fresh)
			netdev_meet(n, row, snapshot);
		if (!row || row->subject == SUBJECT_NONE) {
			sampled_file_note(&n->file, snapshot, at, "not the line of an interface; left out");
			continue;
		}
		device_rows_sample(&n->rows, row, snapshot, line.values, netdev_read_missed(row, snapshot, &line));
	}
	sampled_file_check_end(&n->file, snapshot, cursor);
}

static void missed_free(void *extra)
{
	if (extra)
		sampled_file_release(extra);
	free(extra);
}

static int netdev_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
		       void **ret_state)
{
	struct netdev *n = xcalloc(1, sizeof(*n));

	n->root = root;
	sampled_file_init(&n->file, root, "/proc/net/dev");
	n->rows = (struct device_rows){ .columns = netdev_columns, .n_columns = COLUMNS, .free_extra = missed_free };
	*ret_state = n;
	return 0;
}

static void netdev_close(void *state)
{
	struct netdev *n = state;

	if (!n)
		return;
	sampled_file_release(&n->file);
	device_rows_release(&n->rows);
	free(n);
}

static const char *const netdev_paths[] = {
	"/proc/net/dev",
	"/sys/class/net/*/device/uevent",	/* is there hardware? */
	"/sys/class/net/*/ifindex",
	"/sys/class/net/*/statistics/rx_missed_errors",
	NULL,
};

const struct sampler sampler_netdev = {
	.name = "netdev",
	.summary = "packets, bytes, errors and drops of every interface",
	.paths = netdev_paths,
	.open = netdev_open,
	.tick = netdev_tick,
	.close = netdev_close,
};
