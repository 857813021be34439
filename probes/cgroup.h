/* SPDX-License-Identifier: Apache-2.0 */
/* Finding control groups and reading what their files and names say; the probe's own parsers. */
#ifndef KEISOKU_PROBES_CGROUP_H
#define KEISOKU_PROBES_CGROUP_H

#include <math.h>

#include "../core/cgroup-name.h"

#define CGROUP_MOUNTS_MAX 32
#define CGROUP_UNLIMITED HUGE_VAL

struct cgroup_mount {
	char *path;			/* mount point */
	unsigned int version;		/* 1 or 2 */
	unsigned int controllers;	/* v1: which of those that are read; bits */
};

struct cgroup_mounts {
	struct cgroup_mount list[CGROUP_MOUNTS_MAX];
	size_t count;
	bool v1, v2;			/* mounted at all, also without a controller that is read */
};

/* Adds the control group mounts in the text of mountinfo; the first mount of each hierarchy counts. */
void cgroup_mounts_parse(const char *text, struct cgroup_mounts *found);
void cgroup_mounts_release(struct cgroup_mounts *found);

struct root;

/* Where the hierarchies are below root: from mountinfo, or in a tree without it by looking at /sys/fs/cgroup.
 * 0, or why nobody can say. */
int cgroup_mounts_find(const struct root *root, struct cgroup_mounts *found);
bool cgroup_mount_has(const struct cgroup_mount *mount, const char *controller);	/* v2: it may have */

/* The text of cpu.max in cores, of a memory limit in bytes; CGROUP_UNLIMITED, or -EBADMSG. */
int cgroup_quota_parse(const char *text, double *ret_cores);
int cgroup_bytes_parse(const char *text, double *ret_bytes);

#endif
