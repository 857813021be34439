/* SPDX-License-Identifier: Apache-2.0 */
/* Events of a parser as trees of objects, one at a time: what no object is asked for is passed over while it is parsed. */
#ifndef KEISOKU_CLUSTERS_TREE_H
#define KEISOKU_CLUSTERS_TREE_H

#include "../core/cluster.h"

#define TREE_DEPTH_MAX NODE_FOREIGN_DEPTH_MAX	/* of what is kept */
#define TREE_SKIPPED_DEPTH_MAX 1000		/* of what is passed over */
#define TREE_NODES_MAX 200000			/* of one object, as it is kept */
#define TREE_TEXT_MAX (16U << 20)
#define TREE_LISTS_MAX 4			/* lists in lists */
#define TREE_HELD_MAX 500000			/* nodes of items that wait until their list says of what kind it is */

/* Keys that are looked at below one another; a list is as what is in it. */
struct wanted {
	const char *key;
	uint8_t length;
	const struct wanted *below;	/* ends with a key of NULL; NULL: everything */
};
extern const struct wanted wanted_of_object[];

struct tree_frame {
	uint8_t kind;			/* enum node_kind */
	bool object;			/* the outermost mapping of one */
	bool list;			/* what is in it are objects */
	bool has_items;
	size_t first;			/* of its items among the pending ones */
	const struct wanted *wanted, *wanted_of_value;
	uint32_t line, column;
};

struct tree_held {
	struct arena arena;
	struct node object;
	uint32_t document;
	unsigned int level;
};

struct tree {
	struct cluster *cluster;
	uint32_t file;
	uint32_t documents;		/* so far */
	uint64_t whole;			/* objects so far */
	struct tree_frame frames[TREE_DEPTH_MAX + 1];
	unsigned int depth;		/* open ones */
	unsigned int skipped;		/* open ones that are passed over */
	bool skip_value;		/* the next one is */
	bool refused;			/* the object is larger than it may be */
	unsigned int level;		/* of lists */
	struct arena arenas[TREE_LISTS_MAX + 1];
	size_t nodes, text;		/* of the object */
	struct node *pending;
	size_t n_pending, pending_capacity;
	struct tree_held *held;
	size_t n_held, held_capacity, held_nodes;
	const char *problem;		/* why it cannot go on */
	uint64_t events;
};

void tree_init(struct tree *tree, struct cluster *cluster, uint32_t file);
void tree_release(struct tree *tree);

/* Whether a value that comes now is kept: only then does its place matter. */
static inline bool tree_takes(const struct tree *tree)
{
	return tree->skipped == 0 && !tree->skip_value;
}

/* Of a key: what of its value is wanted, for tree_key(); NULL: nothing, and its place does not matter. */
const struct wanted *tree_wants(const struct tree *tree, const char *key, size_t length);
void tree_key(struct tree *tree, const struct wanted *wanted, const char *text, size_t length, uint32_t line, uint32_t column);

/* All return false when tree->problem ends it. */
bool tree_scalar(struct tree *tree, const char *text, size_t length, bool quoted, uint32_t line, uint32_t column);
bool tree_open(struct tree *tree, enum node_kind kind, uint32_t line, uint32_t column);
bool tree_close(struct tree *tree);

/* After the last event, also where the text broke off: "Pod shop/web-1" of the object that is not whole; "". */
void tree_end(struct tree *tree);
void tree_where(const struct tree *tree, struct strbuf *text);

/* One document that was parsed as a whole: an object, or a list of them. */
void tree_add_document(struct cluster *cluster, uint32_t file, uint32_t *document, uint32_t line_offset, const struct node *root);

#endif
