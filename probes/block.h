/* SPDX-License-Identifier: Apache-2.0 */
/* What the probes of block devices and of mounts both need: which disk a device number or a device
 * node belongs to. */
#ifndef KEISOKU_PROBE_BLOCK_H
#define KEISOKU_PROBE_BLOCK_H

#include "../core/arena.h"
#include "../core/root.h"

/* Bounds that no honest host meets. */
#define BLOCK_DISKS_MAX 10000
#define BLOCK_ENTRIES_MAX 512 /* in a directory of one disk */

/* The disks of a root and their partitions, by number and by name. */
struct block_disk {
	char *name;
	char **parts; /* names of its partitions */
	size_t n_parts, parts_capacity;
};

struct block_map {
	struct block_disk *disks; /* as in /sys/block, sorted */
	size_t n_disks, disks_capacity;
	struct symbols names; /* "sda", "sda1", "8:1" */
	uint32_t *disk_of;    /* by symbol: an index into disks */
	size_t disk_of_capacity;
};

#define BLOCK_MAP_INIT                                                                             \
	{                                                                                          \
		0                                                                                  \
	}

/* -ENOENT when there is no /sys/block; -E2BIG when there is more of it than was read. */
int block_map_read(const struct root *root, struct block_map *map);
void block_map_release(struct block_map *map);

/* The index of the disk behind "8:1", or behind a mount source such as /dev/sda1 or /dev/mapper/x;
 * -1 when unknown. */
int block_map_number(const struct block_map *map, const char *number);
int block_map_source(const struct block_map *map, const struct root *root, const char *source);

/* A line of mountinfo, as far as block devices are concerned:
 * "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue".  Moves *cursor
 * past the line; lends pieces of it.  False for a line that is not like this. */
struct mount_line {
	const char *number, *source;
	size_t number_length, source_length;
};
bool next_mount_line(const char **cursor, struct mount_line *line);

/* What a disk is.  name as in /sys/block; link: the target of /sys/block/NAME, "" when it is not
 * known; rotational: the text of queue/rotational or NULL. */
struct block_traits {
	const char *name;
	const char *link;
	const char *rotational;
	const char *vendor; /* device/vendor or NULL */
	const char *model;  /* device/model or NULL */
};
const char *block_class(const struct block_traits *traits);
const char *block_transport(const struct block_traits *traits); /* NULL: not known */

#endif
