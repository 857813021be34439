/* SPDX-License-Identifier: Apache-2.0 */
/* Which files of an image are kept: those where readers look, told by the globs of what they read, and all of /etc. */
#ifndef KEISOKU_IMAGE_WANTED_H
#define KEISOKU_IMAGE_WANTED_H

#include "image-tree.h"

struct image_area {
	char *path;			/* "etc/" with all below it, or one file: "proc/meminfo" */
	size_t length;
};

struct image_wanted {
	const char *const *const *globs;	/* lists, each NULL-terminated: "/etc/sysctl.d/ *.conf", "!/proc/kcore" */
	size_t n_globs;
	struct image_area *areas;
	size_t count, capacity;
};

void image_wanted_init(struct image_wanted *wanted, const char *const *const *globs, size_t n_globs);
void image_wanted_release(struct image_wanted *wanted);

/* One file more. */
void image_wanted_add(struct image_wanted *wanted, const char *path);

/* path as in struct change; also when what it begins with is not of the root's but a directory that holds the root, as in
 * "sosreport-db1/etc/fstab". */
bool image_wanted_has(const struct image_wanted *wanted, const char *path);

/* path without its first component, when that may be a directory that holds the root; NULL. */
const char *image_path_below(const char *path);

/* Bytes of a file that are kept.  0: that it is there says all. */
uint64_t image_wanted_limit(const char *path);

/* Adds files that links in the tree lead to from where readers look, and that were not kept: how many.  They count as
 * LEFT_LINKED. */
size_t image_wanted_follow(struct image_wanted *wanted, struct image_tree *tree, struct image_node *top,
			   struct left_out *left);

/* The directory that an archive of one holds all of the root in, or the root of tree itself. */
struct image_node *image_top(struct image_tree *tree);

#endif
