/* SPDX-License-Identifier: Apache-2.0 */
#include "block.h"

#include <errno.h>

#include "../core/parse.h"
#include "swaps.h"

/* A name that means two disks keeps the first. */
static void add_name(struct block_map *map, const char *name)
{
	uint32_t known = map->names.count, symbol;

	symbol = symbols_intern(&map->names, name, strlen(name));
	if (symbol < known)
		return;
	GROW(map->disk_of, map->disk_of_capacity, map->names.count);
	map->disk_of[symbol] = (uint32_t)(map->n_disks - 1);
}

/* The name of a disk or partition, and its number: "8:1". */
static void add_device(struct block_map *map, const struct root *root, const char *name,
		       const char *directory)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf number = STRBUF_INIT;

	add_name(map, name);
	strbuf_addf(&path, "%s/dev", directory);
	if (root_read_line(root, path.buf, &number) == 0 && strchr(number.buf, ':'))
		add_name(map, number.buf);
}

/* A partition's directory is in that of its disk and begins with its name: sda/sda1,
 * nvme0n1/nvme0n1p2. */
static int add_disk(struct block_map *map, const struct root *root, const char *name)
{
	CLEANUP(root_list_release) struct root_list entries = ROOT_LIST_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct block_disk *disk;
	size_t length;
	int r;

	GROW(map->disks, map->disks_capacity, map->n_disks + 1);
	disk = &map->disks[map->n_disks++];
	*disk = (struct block_disk){ .name = xstrdup(name) };
	strbuf_addf(&path, "/sys/block/%s", name);
	add_device(map, root, name, path.buf);
	length = path.len;
	r = root_list_limit(root, path.buf, BLOCK_ENTRIES_MAX, &entries);
	for (size_t i = 0; i < entries.count; i++) {
		const struct root_entry *entry = &entries.entries[i];

		if (entry->type != DT_DIR || !starts_with(entry->name, name))
			continue;
		GROW(disk->parts, disk->parts_capacity, disk->n_parts + 1);
		disk->parts[disk->n_parts++] = xstrdup(entry->name);
		strbuf_truncate(&path, length);
		strbuf_addf(&path, "/%s", entry->name);
		add_device(map, root, entry->name, path.buf);
	}
	return r == -E2BIG ? r : 0;
}

int block_map_read(const struct root *root, struct block_map *map)
{
	CLEANUP(root_list_release) struct root_list disks = ROOT_LIST_INIT;
	int result = root_list_limit(root, "/sys/block", BLOCK_DISKS_MAX, &disks);

	for (size_t i = 0; i < disks.count; i++) {
		if ((disks.entries[i].type == DT_LNK || disks.entries[i].type == DT_DIR) &&
		    add_disk(map, root, disks.entries[i].name) < 0)
			result = -E2BIG;
	}
	return result;
}

void block_map_release(struct block_map *map)
{
	for (size_t i = 0; i < map->n_disks; i++) {
		for (size_t j = 0; j < map->disks[i].n_parts; j++)
			free(map->disks[i].parts[j]);
		free(map->disks[i].parts);
		free(map->disks[i].name);
	}
	free(map->disks);
	free(map->disk_of);
	symbols_release(&map->names);
	*map = (struct block_map)BLOCK_MAP_INIT;
}

static int find_name(const struct block_map *map, const char *name)
{
	uint32_t symbol = symbols_find(&map->names, name, strlen(name));

	return symbol == SYMBOL_NONE ? -1 : (int)map->disk_of[symbol];
}

int block_map_number(const struct block_map *map, const char *number)
{
	return strchr(number, ':') ? find_name(map, number) : -1;
}

/* btrfs and others with numbers of their own leave the source as the only way: /dev/sda1 itself, or
 * a link such as /dev/mapper/vg-lv -> ../dm-0. */
int block_map_source(const struct block_map *map, const struct root *root, const char *source)
{
	CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT;
	const char *slash;
	int disk;

	if (!starts_with(source, "/dev/"))
		return -1;
	disk = find_name(map, source + strlen("/dev/"));
	if (disk >= 0 || root_readlink(root, source, &target) < 0)
		return disk;
	slash = strrchr(target.buf, '/');
	return find_name(map, slash ? slash + 1 : target.buf);
}

bool next_mount_line(const char **cursor, struct mount_line *line)
{
	const char *c = *cursor, *word;
	size_t length;
	bool separated = false;

	(void)next_line(cursor);
	for (int i = 0; i < 3; i++) {
		if (!next_word(&c, &line->number, &line->number_length))
			return false;
	}
	if (!memchr(line->number, ':', line->number_length))
		return false;
	while (!separated && next_word(&c, &word, &length))
		separated = length == 1 && *word == '-';
	return separated && next_word(&c, &word, &length) &&
	       next_word(&c, &line->source, &line->source_length);
}

/* clang-format off */
/* By the beginning of the name; a number must follow it: "md" is not the beginning of "mdraid". */
static const struct {
	const char *prefix;
	const char *class;
} classes[] = {
	{ "bcache", "other" },
	{ "dm-",    "dm" },
	{ "drbd",   "other" },
	{ "fd",     "other" },
	{ "loop",   "loop" },
	{ "md",     "md" },
	{ "mmcblk", "ssd" },
	{ "nbd",    "other" },
	{ "nvme",   "nvme" },
	{ "pmem",   "other" },
	{ "ram",    "ram" },
	{ "rbd",    "other" },
	{ "sr",     "cdrom" },
	{ "ublkb",  "other" },
	{ "vd",     "virtio" },
	{ "xvd",    "virtio" },
	{ "zd",     "other" },
	{ "zram",   "zram" },
};

/* What hypervisors call their SCSI disks: vendor, and the beginning of the model where the vendor
 * makes real ones too. */
static const struct {
	const char *vendor;
	const char *model;
} virtual_disks[] = {
	{ "QEMU",     "" },
	{ "VMware",   "" },
	{ "VBOX",     "" },
	{ "Google",   "" },
	{ "Nutanix",  "" },
	{ "BlockVol", "" },
	{ "Msft",     "Virtual Disk" },
	{ "ATA",      "QEMU HARDDISK" },
	{ "ATA",      "VBOX HARDDISK" },
	{ "ATA",      "VMware Virtual" },
};

/* By a component of the device's path, the nearest to the disk last. */
static const struct {
	const char *component;
	const char *transport;
} transports[] = {
	{ "/virtio",  "virtio" },
	{ "/vbd-",    "xen" },
	{ "/nvme",    "nvme" },
	{ "/usb",     "usb" },
	{ "/rport-",  "fc" },
	{ "/session", "iscsi" },
	{ "/end_device-", "sas" },
	{ "/ata",     "sata" },
	{ "/mmc_host", "mmc" },
};
/* clang-format on */

/* "vd" is followed by letters, "md" by a number or, named by an administrator, by "_". */
static bool name_begins(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);
	bool letters = ends_with(prefix, "vd");

	if (strncmp(name, prefix, n) != 0)
		return false;
	return letters ? name[n] >= 'a' && name[n] <= 'z'
		       : (name[n] >= '0' && name[n] <= '9') || name[n] == '_';
}

static bool is_virtual(const struct block_traits *traits)
{
	for (size_t i = 0; traits->vendor && i < ARRAY_SIZE(virtual_disks); i++) {
		if (streq(traits->vendor, virtual_disks[i].vendor) &&
		    starts_with(traits->model ? traits->model : "", virtual_disks[i].model))
			return true;
	}
	return false;
}

const char *block_transport(const struct block_traits *traits)
{
	for (size_t i = 0; i < ARRAY_SIZE(transports); i++) {
		if (strstr(traits->link, transports[i].component))
			return transports[i].transport;
	}
	if (starts_with(traits->name, "nvme"))
		return "nvme";
	if (name_begins(traits->name, "vd"))
		return "virtio";
	return name_begins(traits->name, "xvd") ? "xen" : NULL;
}

/* A hypervisor's disk and one across a storage network say of themselves what was configured, so
 * "rotational" is believed of disks that are in or on the machine only. */
const char *block_class(const struct block_traits *traits)
{
	const char *transport = block_transport(traits);

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		if (name_begins(traits->name, classes[i].prefix))
			return classes[i].class;
	}
	if (is_virtual(traits) ||
	    (transport && (streq(transport, "virtio") || streq(transport, "xen"))))
		return "virtio";
	if (transport && (streq(transport, "fc") || streq(transport, "iscsi")))
		return "other";
	if (!starts_with(traits->name, "sd") && !starts_with(traits->name, "hd") &&
	    !starts_with(traits->name, "dasd"))
		return "other";
	/* Where the place is not known (a tree copied without links) a SCSI disk may be anywhere;
	 * those of ATA are local. */
	if (!traits->rotational ||
	    (!*traits->link && traits->vendor && !streq(traits->vendor, "ATA")))
		return "other";
	return streq(traits->rotational, "0") ? "ssd" : "hdd";
}
