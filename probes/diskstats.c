/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/diskstats, one line per block device and partition: 14 columns, since Linux 4.18 four more (discards), since 5.5
 * two more (flushes).  Documentation/admin-guide/iostats.rst.
 *
 *	254       0 vda 4893 170 380106 1066 12437 11236 493000 6610 0 3596 7677 0 0 0 0 0 0
 *
 * Only whole devices are sampled: a partition's I/O is in its disk's line, and only a disk has a queue to tune.  The
 * times are printed as 32-bit milliseconds and wrap (block/genhd.c, diskstats_show()); the rest is as wide as a long.
 * With queue/iostats at 0 the line stays, and stands still. */
#include "probe.h"

#include "device-rows.h"
#include "table.h"

/* clang-format off */
static const struct device_column diskstats_columns[] = {
	{ .key = "read_ios",        .kind = METRIC_COUNTER },
	{ .key = "read_merges",     .kind = METRIC_COUNTER },
	{ .key = "read_sectors",    .kind = METRIC_COUNTER },
	{ .key = "read_ticks",      .kind = METRIC_COUNTER, .wrap_bits = 32 },
	{ .key = "write_ios",       .kind = METRIC_COUNTER },
	{ .key = "write_merges",    .kind = METRIC_COUNTER },
	{ .key = "write_sectors",   .kind = METRIC_COUNTER },
	{ .key = "write_ticks",     .kind = METRIC_COUNTER, .wrap_bits = 32 },
	{ .key = "in_flight",       .kind = METRIC_GAUGE },
	{ .key = "io_ticks",        .kind = METRIC_COUNTER, .wrap_bits = 32 },
	{ .key = "time_in_queue",   .kind = METRIC_COUNTER, .wrap_bits = 32 },
	{ .key = "discard_ios",     .kind = METRIC_COUNTER },
	{ .key = "discard_merges",  .kind = METRIC_COUNTER },
	{ .key = "discard_sectors", .kind = METRIC_COUNTER },
	{ .key = "discard_ticks",   .kind = METRIC_COUNTER, .wrap_bits = 32 },
	{ .key = "flush_ios",       .kind = METRIC_COUNTER },
	{ .key = "flush_ticks",     .kind = METRIC_COUNTER, .wrap_bits = 32 },
};
/* clang-format on */

#define COLUMNS_MAX ARRAY_SIZE(diskstats_columns)
#define COLUMNS_MIN 11			/* kernels before 4.18 */

struct diskstats {
	const struct root *root;
	struct sampled_file file;
	struct device_rows rows;
	struct device_row *disk;	/* the whole device seen last: its partitions follow it */
	bool has_sysfs;			/* the tree says which devices are whole */
	bool told_absent;
};

struct disk_line {
	const char *name;		/* lent */
	size_t length;
	uint64_t values[COLUMNS_MAX];
	size_t n;
};

static bool scan_number(const char **cursor, uint64_t *ret_value)
{
	while (scan_is_blank(**cursor))
		(*cursor)++;
	return scan_u64(cursor, ret_value);
}

/* One line at *cursor, which is then at the next whatever was found.  A line without its newline was cut short. */
static enum scan scan_disk(const char **cursor, struct disk_line *line)
{
	const char *p = *cursor;
	uint64_t major, minor;

	if (*p == '\0')
		return SCAN_END;

	line->n = 0;
	if (scan_number(&p, &major) && scan_number(&p, &minor)) {
		while (scan_is_blank(*p))
			p++;
		line->name = p;
		line->length = scan_name_length(p, '\0');
		p += line->length;
		while (line->n < COLUMNS_MAX && scan_number(&p, &line->values[line->n]))
			line->n++;
		while (scan_is_blank(*p))
			p++;
	}
	scan_skip_line(cursor);
	/* More columns than known are a newer kernel's; anything else in their place is not a number. */
	if (line->n < COLUMNS_MIN || (line->n < COLUMNS_MAX && *p != '\n') || (*cursor)[-1] != '\n')
		return SCAN_BAD;
	return SCAN_OK;
}

/* Without /sys a partition is told by its name: its disk's, followed by digits (sda1) or by p and digits (nvme0n1p1). */
static bool names_partition(const struct device_row *disk, const struct device_row *row)
{
	const char *p = row->name + (disk ? disk->length : 0);

	if (!disk || row->length <= disk->length || memcmp(row->name, disk->name, disk->length) != 0)
		return false;
	if (p[-1] >= '0' && p[-1] <= '9') {
		if (*p != 'p')
			return false;
		p++;
	}
	return *p != '\0' && p[strspn(p, "0123456789")] == '\0';
}

/* A loop, network or compressed-memory device with nothing in it: the settings of such a one are not captured either. */
static bool is_empty(const struct diskstats *d, const char *path)
{
	CLEANUP(free_ptr) char *size = xasprintf("%s/size", path);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	return root_read_line(d->root, size, &text) == 0 && streq(text.buf, "0");
}

static void diskstats_meet(struct diskstats *d, struct device_row *row, struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT, path = STRBUF_INIT;

	row->fresh = false;
	strbuf_add(&name, row->name, row->length);
	for (char *p = name.buf; *p; p++)
		if (*p == '/')
			*p = '!';	/* "cciss/c0d0" is cciss!c0d0 in /sys */

	strbuf_addf(&path, "/sys/block/%s", name.buf);
	if (d->has_sysfs ? !root_exists(d->root, path.buf) : names_partition(d->disk, row))
		return;
	if (is_empty(d, path.buf))
		return;

	strbuf_add_string(&path, "/queue");
	row->subject = snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, name.buf, path.buf);
}

static void diskstats_tick(void *state, struct snapshot *snapshot)
{
	struct diskstats *d = state;
	struct disk_line line;
	enum scan found;
	const char *cursor;

	if (sampled_file_read(&d->file) < 0) {
		if (!d->told_absent)
			device_rows_absent(&d->rows, snapshot, SUBJECT_KIND_BLOCK, d->file.error, d->file.path);
		d->told_absent = true;
		return;
	}

	device_rows_rewind(&d->rows);
	d->disk = NULL;
	cursor = d->file.text.buf;
	while (true) {
		const char *at = cursor;
		struct device_row *row = NULL;

		found = scan_disk(&cursor, &line);
		if (found == SCAN_END)
			break;
		if (found == SCAN_OK)
			row = device_rows_find(&d->rows, line.name, line.length);
		if (!row) {
			sampled_file_note(&d->file, snapshot, at, "not the line of a block device; left out");
			continue;
		}
		if (row->fresh)
			diskstats_meet(d, row, snapshot);
		if (row->subject == SUBJECT_NONE)
			continue;
		d->disk = row;
		device_rows_sample(&d->rows, row, snapshot, line.values, line.n);
	}
	sampled_file_check_end(&d->file, snapshot, cursor);
}

static int diskstats_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			  void **ret_state)
{
	struct diskstats *d = xcalloc(1, sizeof(*d));

	d->root = root;
	sampled_file_init(&d->file, root, "/proc/diskstats");
	d->rows = (struct device_rows){ .columns = diskstats_columns, .n_columns = COLUMNS_MAX };
	d->has_sysfs = root_exists(root, "/sys/block");
	*ret_state = d;
	return 0;
}

static void diskstats_close(void *state)
{
	struct diskstats *d = state;

	if (!d)
		return;
	sampled_file_release(&d->file);
	device_rows_release(&d->rows);
	free(d);
}

static const char *const diskstats_paths[] = { "/proc/diskstats", NULL };

const struct sampler sampler_diskstats = {
	.name = "diskstats",
	.summary = "requests, sectors, times and queue of every block device",
	.paths = diskstats_paths,
	.open = diskstats_open,
	.tick = diskstats_tick,
	.close = diskstats_close,
};
