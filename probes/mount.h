/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts of a root, from the text of its tables. */
#ifndef KEISOKU_PROBE_MOUNT_H
#define KEISOKU_PROBE_MOUNT_H

#include "../core/root.h"
#include "../core/snapshot.h"

struct mount_tables {
	struct strbuf mounts; /* mountinfo, or the older form of /proc/mounts */
	const char *mounts_path;
	struct strbuf fstab;
	int fstab_result; /* of reading it */
};

/* Records a subject for each mount point that is not of the kernel's own.  root is asked for block
 * devices only. -ENOPKG without libmount. */
int mount_record(const struct root *root, struct mount_tables *tables, struct snapshot *snapshot);

#endif
