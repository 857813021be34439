/* SPDX-License-Identifier: Apache-2.0 */
/* A tree of files in memory, made of the changes of one archive or of the layers of an image, one upon the other.
 *
 * No file system is touched: what a path means is decided here.  A symbolic link on the way to an entry is followed inside
 * the tree, as it would be with the tree as root; the last component is replaced, never followed.  Whiteouts are those of
 * the OCI image format: ".wh.NAME" takes NAME of the layers below away, ".wh..wh..opq" all that they have in its directory. */
#ifndef KEISOKU_IMAGE_TREE_H
#define KEISOKU_IMAGE_TREE_H

#include "arena.h"
#include "tarball.h"

enum node_type { IMAGE_GONE, IMAGE_DIRECTORY, IMAGE_FILE, IMAGE_LINK, IMAGE_OTHER };

#define CONTENT_NONE 0			/* of a file that is not kept; others are numbers of the owner's */
#define IMAGE_NODES_MAX 1000000
#define IMAGE_BYTES_MAX (256U << 20)	/* of memory, for nodes, names and targets */
#define IMAGE_LINKS_MAX 40		/* followed on one way */
/* Steps of walks along paths and links, and of taking away.  An entry of an honest image takes about fifteen; without a bound links
 * of links, whiteouts of a large directory and the like would let each entry of a small archive cost as much as the tree. */
#define IMAGE_WORK_MAX 100000000

struct image_node {
	struct image_node *parent, *children, *next, *next_in_bucket;
	const char *name;
	const char *target;		/* of a link */
	uint64_t size;			/* of a file */
	uint32_t content;
	uint16_t layer;			/* that it comes from */
	uint8_t type;			/* enum node_type */
	uint8_t depth;
	bool followed;			/* a link that image_tree_find() went through */
	bool laid_out;			/* for whoever writes the tree: it, or something below it, is to be written */
};

struct image_tree {
	struct arena arena;
	struct image_node *root;
	struct image_node **buckets;
	size_t n_buckets, n_nodes;
	uint64_t work;
	/* One file more, or one less, has this content. */
	void (*hold)(void *owner, uint32_t content);
	void (*drop)(void *owner, uint32_t content);
	void *owner;
};

void image_tree_init(struct image_tree *tree);
void image_tree_release(struct image_tree *tree);

/* 0; -E2BIG when the tree is full or took too much work.  What cannot be done is counted in left.  A later layer has a larger number; from 1 on. */
int image_tree_apply(struct image_tree *tree, const struct change *change, unsigned int layer, struct left_out *left);

/* What is at a path below node, links followed on the way, and at its end with follow.  NULL: nothing. */
struct image_node *image_tree_find(struct image_tree *tree, struct image_node *node, const char *path, bool follow);

/* Its path without a slash at the beginning. */
void image_node_path(const struct image_node *node, struct strbuf *path);

#endif
