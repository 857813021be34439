/* SPDX-License-Identifier: Apache-2.0 */
/* Block devices: every attribute of their queue and of its scheduler, what kind of device it is,
 * and what it is used for. Documentation/ABI/stable/sysfs-block. */
#include "block.h"

#include <errno.h>

#include "../core/parse.h"
#include "probe.h"
#include "setting-file.h"
#include "swaps.h"

#define MOUNTINFO_MAX (16U << 20)

/* Hardware queues are at most as many as processors. */
#define QUEUES_MAX 16384

struct block_probe {
	const struct root *root;
	struct snapshot *snapshot;
	struct block_map map;
	bool *mounted; /* per disk */
	bool *swap;
	bool shows_queues;  /* some disk of the tree has mq/, so its absence means something */
	struct strbuf path; /* scratch */
	struct strbuf text;
};

static const char *disk_path(struct block_probe *probe, const char *disk, const char *rest)
{
	strbuf_reset(&probe->path);
	strbuf_addf(&probe->path, "/sys/block/%s%s", disk, rest);
	return probe->path.buf;
}

static void mark_mounts(struct block_probe *probe, const char *text)
{
	while (*text) {
		CLEANUP(strbuf_release) struct strbuf word = STRBUF_INIT;
		struct mount_line line;
		int disk;

		if (!next_mount_line(&text, &line))
			continue;
		strbuf_add(&word, line.number, line.number_length);
		disk = block_map_number(&probe->map, word.buf);
		if (disk < 0) {
			strbuf_reset(&word);
			octal_unescape(&word, line.source, line.source_length);
			disk = block_map_source(&probe->map, probe->root, word.buf);
		}
		if (disk >= 0)
			probe->mounted[disk] = true;
	}
}

static void mark_swaps(struct block_probe *probe, const char *text)
{
	struct swap_area area = { .name = STRBUF_INIT };
	int r;

	while ((r = next_swap_area(&text, &area)) != 0) {
		int disk = r > 0 ? block_map_source(&probe->map, probe->root, area.name.buf) : -1;

		if (disk >= 0)
			probe->swap[disk] = true;
	}
	strbuf_release(&area.name);
}

/* *ret_known: at least one of the tables could be read. */
static void read_uses(struct block_probe *probe, bool *ret_known)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	*ret_known = false;
	r = root_read_limit(probe->root, "/proc/self/mountinfo", MOUNTINFO_MAX, &text);
	if (r < 0 && !root_is_live(probe->root))
		r = root_read_limit(probe->root, "/proc/1/mountinfo", MOUNTINFO_MAX, &text);
	if (r == 0) {
		mark_mounts(probe, text.buf);
		*ret_known = true;
	}
	if (root_read(probe->root, "/proc/swaps", &text) == 0)
		mark_swaps(probe, text.buf);
}

/* The names in a directory, and for partitions' holders in that of each partition, separated by
 * blanks.  A negative errno when the first cannot be listed. */
static int add_names(struct block_probe *probe, const char *path, struct strbuf *names)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	int r = root_list_limit(probe->root, path, BLOCK_ENTRIES_MAX, &list);

	for (size_t i = 0; i < list.count; i++)
		strbuf_addf(names, "%s%s", names->len ? " " : "", list.entries[i].name);
	return r;
}

static void read_holders(struct block_probe *probe, subject_id subject, size_t disk,
			 struct strbuf *holders)
{
	const struct block_disk *device = &probe->map.disks[disk];
	const char *name = device->name;
	int result = add_names(probe, disk_path(probe, name, "/holders"), holders);

	for (size_t i = 0; i < device->n_parts; i++) {
		strbuf_reset(&probe->path);
		strbuf_addf(&probe->path, "/sys/block/%s/%s/holders", name, device->parts[i]);
		if (add_names(probe, probe->path.buf, holders) == 0)
			result = 0;
	}
	(void)disk_path(probe, name, "/holders");
	snapshot_set_read(probe->snapshot, subject, "holders", result, holders->buf, holders->len,
			  probe->path.buf);
}

static int read_slaves(struct block_probe *probe, subject_id subject, const char *disk,
		       struct strbuf *slaves)
{
	int r = add_names(probe, disk_path(probe, disk, "/slaves"), slaves);

	snapshot_set_read(probe->snapshot, subject, "slaves", r, slaves->buf, slaves->len,
			  probe->path.buf);
	return r;
}

/* Directories mq/0, mq/1 …: one for each hardware queue.  Devices that take bios and pass them on
 * have none. */
static void read_queues(struct block_probe *probe, subject_id subject, const char *disk,
			bool *ret_bio_based)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	size_t count = 0;
	int r = root_list_limit(probe->root, disk_path(probe, disk, "/mq"), QUEUES_MAX, &list);

	*ret_bio_based = r == -ENOENT && probe->shows_queues;
	for (size_t i = 0; i < list.count; i++)
		count += list.entries[i].type == DT_DIR;
	if (r < 0 || count == 0)
		snapshot_set_absent(probe->snapshot, subject, "hw_queues", r < 0 ? r : -ENOENT,
				    probe->path.buf);
	else
		snapshot_setf(probe->snapshot, subject, "hw_queues", probe->path.buf, "%zu", count);
	if (probe->shows_queues)
		snapshot_set_string(probe->snapshot, subject, "bio_based",
				    *ret_bio_based ? "true" : "false", probe->path.buf);
}

static void read_use(struct block_probe *probe, subject_id subject, size_t disk,
		     const char *holders)
{
	const struct {
		bool applies;
		const char *word;
	} uses[] = {
		{ probe->mounted[disk], "mounted" },
		{ *holders != '\0', "holders" },
		{ probe->swap[disk], "swap" },
	};
	CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
		if (uses[i].applies)
			strbuf_addf(&words, "%s%s", words.len ? " " : "", uses[i].word);
	}
	snapshot_set(probe->snapshot, subject, "backing", words.buf, words.len,
		     "/proc/self/mountinfo");
}

/* Files of the device itself; "model" has blanks at its end. */
static void read_device(struct block_probe *probe, subject_id subject, const char *disk)
{
	static const struct {
		const char *key, *rest;
		bool some; /* only some kinds of devices have it: not looked for in vain */
	} files[] = {
		{ "size", "/size", false },
		{ "removable", "/removable", false },
		{ "read_only", "/ro", false },
		/* Only what is on a bus of its own has a model. */
		{ "model", "/device/model", true },
		{ "loop.dio", "/loop/dio", true },
		/* drivers/md/md.c: sync_speed_min is "1000 (system)" or "5000 (local)" */
		{ "md.degraded", "/md/degraded", true },
		{ "md.sync_action", "/md/sync_action", true },
		{ "md.sync_speed_min", "/md/sync_speed_min", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int r = root_read_line(probe->root, disk_path(probe, disk, files[i].rest),
				       &probe->text);

		if (r == -ENOENT && files[i].some)
			continue;
		snapshot_set_read(probe->snapshot, subject, files[i].key, r, probe->text.buf,
				  probe->text.len, probe->path.buf);
	}
}

/* What a SCSI or SATA disk says of its own cache, whatever the kernel was told in queue/write_cache: "write back",
 * "write through", "write back, no read (daft)".  drivers/scsi/sd.c, cache_type_show() */
static void read_cache_type(struct block_probe *probe, subject_id subject, const char *disk)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	int r;

	strbuf_add_string(&path, disk_path(probe, disk, "/device/scsi_disk"));
	if (root_list_limit(probe->root, path.buf, BLOCK_ENTRIES_MAX, &list) < 0 || list.count == 0)
		return;
	strbuf_addf(&path, "/%s/cache_type", list.entries[0].name);
	r = root_read_line(probe->root, path.buf, &probe->text);
	snapshot_set_read(probe->snapshot, subject, "cache_type", r, probe->text.buf,
			  probe->text.len, path.buf);
}

/* What it is, argued from all that was read. */
static void record_class(struct block_probe *probe, subject_id subject, const char *disk,
			 const char *slaves, bool bio_based)
{
	CLEANUP(strbuf_release) struct strbuf link = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf vendor = STRBUF_INIT;
	struct block_traits traits = {
		.name = disk,
		.rotational = snapshot_text(probe->snapshot, subject, "rotational"),
		.model = snapshot_text(probe->snapshot, subject, "model"),
	};
	const char *class, *transport;
	bool stacked;

	if (root_read_line(probe->root, disk_path(probe, disk, "/device/vendor"), &vendor) == 0)
		traits.vendor = vendor.buf;
	(void)root_readlink(probe->root, disk_path(probe, disk, ""), &link);
	traits.link = link.buf;
	class = block_class(&traits);
	transport = block_transport(&traits);
	snapshot_set_string(probe->snapshot, subject, "class", class, probe->path.buf);
	if (transport)
		snapshot_set_string(probe->snapshot, subject, "transport", transport,
				    probe->path.buf);
	/* The head of a multipath NVMe namespace, bcache and drbd take bios like dm and md do. */
	stacked = *slaves || streq(class, "dm") || streq(class, "md") ||
		  starts_with(disk, "bcache") || starts_with(disk, "drbd") ||
		  (bio_based && streq(class, "nvme"));
	snapshot_set_string(probe->snapshot, subject, "stacked", stacked ? "true" : "false",
			    probe->path.buf);
}

/* Loop, network, compressed-memory and optical drives exist before there is anything in them. */
static bool is_empty(struct block_probe *probe, size_t index)
{
	const char *disk = probe->map.disks[index].name;
	uint64_t size;

	if (root_read_line(probe->root, disk_path(probe, disk, "/size"), &probe->text) == 0)
		return parse_u64(probe->text.buf, &size) == 0 && size == 0;
	/* A tree without sizes, such as a sosreport. */
	if (starts_with(disk, "loop"))
		return !root_exists(probe->root, disk_path(probe, disk, "/loop/backing_file"));
	return (starts_with(disk, "nbd") || starts_with(disk, "zram")) && !probe->mounted[index] &&
	       !probe->swap[index];
}

static void read_disk(struct block_probe *probe, size_t index, bool uses_known)
{
	CLEANUP(strbuf_release) struct strbuf queue = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
	const char *disk = probe->map.disks[index].name;
	subject_id subject;
	bool bio_based;

	if (is_empty(probe, index))
		return;
	strbuf_addf(&queue, "/sys/block/%s/queue", disk);
	subject = snapshot_subject(probe->snapshot, SUBJECT_KIND_BLOCK, disk, queue.buf);
	(void)setting_directory_read(probe->root, probe->snapshot, subject, "", queue.buf, NULL);
	strbuf_add_string(&queue, "/iosched");
	(void)setting_directory_read(probe->root, probe->snapshot, subject, "iosched.", queue.buf,
				     NULL);
	read_device(probe, subject, disk);
	read_cache_type(probe, subject, disk);
	read_queues(probe, subject, disk, &bio_based);
	(void)read_slaves(probe, subject, disk, &names);
	record_class(probe, subject, disk, names.buf, bio_based);
	strbuf_reset(&names);
	read_holders(probe, subject, index, &names);
	if (uses_known)
		read_use(probe, subject, index, names.buf);
}

static bool tree_shows_queues(struct block_probe *probe)
{
	if (root_is_live(probe->root))
		return true;
	for (size_t i = 0; i < probe->map.n_disks; i++) {
		if (root_exists(probe->root, disk_path(probe, probe->map.disks[i].name, "/mq")))
			return true;
	}
	return false;
}

static int block_read(const struct root *root, const struct probe_options *options,
		      struct snapshot *snapshot)
{
	struct block_probe probe = {
		.root = root,
		.snapshot = snapshot,
		.map = BLOCK_MAP_INIT,
		.path = STRBUF_INIT,
		.text = STRBUF_INIT,
	};
	bool uses_known;
	int r;

	(void)options;
	r = block_map_read(root, &probe.map);
	probe.mounted = xcalloc(probe.map.n_disks + 1, sizeof(*probe.mounted));
	probe.swap = xcalloc(probe.map.n_disks + 1, sizeof(*probe.swap));
	probe.shows_queues = tree_shows_queues(&probe);
	read_uses(&probe, &uses_known);
	for (size_t i = 0; i < probe.map.n_disks; i++)
		read_disk(&probe, i, uses_known);
	free(probe.mounted);
	free(probe.swap);
	strbuf_release(&probe.path);
	strbuf_release(&probe.text);
	block_map_release(&probe.map);
	return r;
}

static const char *const block_paths[] = {
	"/sys/block/*/queue/*",
	"/sys/block/*/queue/iosched/*",
	"/sys/block/*/mq/*/cpu_list",
	"/sys/block/*/dev",
	"/sys/block/*/size",
	"/sys/block/*/removable",
	"/sys/block/*/ro",
	"/sys/block/*/device/model",
	"/sys/block/*/device/scsi_disk/*/cache_type",
	"/sys/block/*/device/vendor",
	"/sys/block/*/loop/backing_file",
	"/sys/block/*/loop/dio",
	"/sys/block/*/md/degraded",
	"/sys/block/*/md/sync_action",
	"/sys/block/*/md/sync_speed_min",
	"/sys/block/*/holders/*/dev",
	"/sys/block/*/slaves/*/dev",
	"/sys/block/*/*/dev",
	"/sys/block/*/*/holders/*/dev",
	"/proc/self/mountinfo",
	"/proc/1/mountinfo",
	"/proc/swaps",
	NULL,
};

const struct probe probe_block = {
	.name = "block",
	.summary = "block devices: queue attributes, scheduler, kind, use",
	.paths = block_paths,
	.read = block_read,
};
