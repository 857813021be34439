/* SPDX-License-Identifier: Apache-2.0 */
#include "image-tree.h"

#include <errno.h>
#include <limits.h>

#define LINK_STEP 64			/* bytes of a link's target that cost as much as a step */
#define CHANGE_STEPS 5			/* of a change by itself */
#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"

void image_tree_init(struct image_tree *tree)
{
	*tree = (struct image_tree){ 0 };
	tree->root = arena_alloc(&tree->arena, sizeof(*tree->root));
	*tree->root = (struct image_node){ .type = IMAGE_DIRECTORY, .name = "" };
	tree->n_buckets = 1024;
	tree->buckets = xcalloc(tree->n_buckets, sizeof(struct image_node *));
}

void image_tree_release(struct image_tree *tree)
{
	free(tree->buckets);
	arena_release(&tree->arena);
	*tree = (struct image_tree){ 0 };
}

/* ---- names ---- */

static size_t hash(const struct image_node *parent, const char *name, size_t length)
{
	uint64_t sum = 0xcbf29ce484222325ULL ^ (uintptr_t)parent;

	for (size_t i = 0; i < length; i++)
		sum = (sum ^ (unsigned char)name[i]) * 0x100000001b3ULL;
	return (size_t)(sum ^ sum >> 32);
}

/* Also one that is gone: its place is used again. */
static struct image_node *child(const struct image_tree *tree, const struct image_node *parent, const char *name,
				size_t length)
{
	struct image_node *node = tree->buckets[hash(parent, name, length) & (tree->n_buckets - 1)];

	while (node && (node->parent != parent || strncmp(node->name, name, length) != 0 || node->name[length] != '\0'))
		node = node->next_in_bucket;
	return node;
}

static void grow(struct image_tree *tree)
{
	size_t n_buckets = tree->n_buckets * 4;
	struct image_node **buckets = xcalloc(n_buckets, sizeof(struct image_node *));

	for (size_t i = 0; i < tree->n_buckets; i++) {
		struct image_node *node = tree->buckets[i], *next;

		for (; node; node = next) {
			size_t at = hash(node->parent, node->name, strlen(node->name)) & (n_buckets - 1);

			next = node->next_in_bucket;
			node->next_in_bucket = buckets[at];
			buckets[at] = node;
		}
	}
	free(tree->buckets);
	tree->buckets = buckets;
	tree->n_buckets = n_buckets;
}

static int add_child(struct image_tree *tree, struct image_node *parent, const char *name, size_t length,
		     struct image_node **ret_node)
{
	struct image_node *node = child(tree, parent, name, length);
	size_t at;

	if (!node) {
		if (parent->depth >= CHANGE_DEPTH_MAX)
			return -ENAMETOOLONG;
		if (tree->n_nodes >= IMAGE_NODES_MAX)
			return -E2BIG;
		if (++tree->n_nodes > tree->n_buckets)
			grow(tree);
		node = arena_alloc(&tree->arena, sizeof(*node));
		*node = (struct image_node){ .parent = parent, .name = arena_strndup(&tree->arena, name, length),
					     .next = parent->children, .depth = (uint8_t)(parent->depth + 1) };
		parent->children = node;
		at = hash(parent, name, length) & (tree->n_buckets - 1);
		node->next_in_bucket = tree->buckets[at];
		tree->buckets[at] = node;
	}
	*ret_node = node;
	return 0;
}

/* ---- taking away ---- */

static void take_content(struct image_tree *tree, struct image_node *node)
{
	if (node->content != CONTENT_NONE && tree->drop)
		tree->drop(tree->owner, node->content);
	node->content = CONTENT_NONE;
}

/* node with all below it. */
static void remove_node(struct image_tree *tree, struct image_node *node)
{
	if (node->type == IMAGE_GONE)
		return;
	for (struct image_node *below = node->children; below && tree->work < IMAGE_WORK_MAX; below = below->next, tree->work++)
		remove_node(tree, below);
	take_content(tree, node);
	node->type = IMAGE_GONE;
}

/* Whatever layers before this one put below node.  True: something is left there. */
static bool prune(struct image_tree *tree, struct image_node *node, unsigned int layer)
{
	bool any = false;

	for (struct image_node *below = node->children; below && tree->work < IMAGE_WORK_MAX; below = below->next, tree->work++) {
		bool kept = prune(tree, below, layer);

		if (below->type == IMAGE_GONE)
			continue;
		if (below->layer >= layer || kept)
			any = true;
		else
			remove_node(tree, below);
	}
	return any;
}

static void white_out(struct image_tree *tree, struct image_node *directory, const char *name, unsigned int layer)
{
	struct image_node *node = child(tree, directory, name, strlen(name));

	if (!node || node->type == IMAGE_GONE)
		return;
	if (!prune(tree, node, layer) && node->layer < layer)
		remove_node(tree, node);
}

/* ---- walking ---- */

struct walk {
	struct image_tree *tree;
	struct image_node *top;		/* where absolute links begin */
	unsigned int layer;
	bool make;			/* directories that are missing */
	unsigned int links;
};

/* after, within rest: what comes behind the link. */
static int follow_link(struct walk *walk, const struct image_node *link, const char *after, struct strbuf *rest)
{
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;

	if (++walk->links > IMAGE_LINKS_MAX)
		return -ELOOP;
	strbuf_add_string(&next, link->target);
	strbuf_add_char(&next, '/');
	strbuf_add_string(&next, after);
	walk->tree->work += next.len / LINK_STEP;
	if (next.len >= 2 * PATH_MAX)
		return -ENAMETOOLONG;
	strbuf_reset(rest);
	strbuf_add(rest, next.buf, next.len);
	return 0;
}

/* The directory, or whatever else stands at the end of path with every link followed. */
static int walk_to(struct walk *walk, struct image_node *node, const char *path, size_t length, struct image_node **ret_node)
{
	CLEANUP(strbuf_release) struct strbuf rest = STRBUF_INIT;
	size_t at = 0;

	strbuf_add(&rest, path, length);
	for (;;) {
		const char *name = rest.buf + at + strspn(rest.buf + at, "/");
		size_t n = strcspn(name, "/");
		struct image_node *below;
		int r;

		if (++walk->tree->work > IMAGE_WORK_MAX)
			return -E2BIG;
		if (n == 0) {
			*ret_node = node;
			return 0;
		}
		if (node->type != IMAGE_DIRECTORY)
			return -ENOTDIR;
		if (n > NAME_MAX)
			return -ENAMETOOLONG;
		below = n == 1 && name[0] == '.' ? node : n == 2 && name[0] == '.' && name[1] == '.'
			? (node == walk->top ? node : node->parent) : child(walk->tree, node, name, n);
		if (walk->make && (!below || below->type == IMAGE_GONE)) {
			r = add_child(walk->tree, node, name, n, &below);
			if (r < 0)
				return r;
			below->type = IMAGE_DIRECTORY;
			below->layer = (uint16_t)walk->layer;
		}
		if (!below || below->type == IMAGE_GONE)
			return -ENOENT;
		at = (size_t)(name + n - rest.buf);
		if (below->type == IMAGE_LINK) {
			below->followed = true;
			if (*below->target == '/')
				node = walk->top;
			r = follow_link(walk, below, rest.buf + at, &rest);
			if (r < 0)
				return r;
			at = 0;
			continue;
		}
		node = below;
	}
}

struct image_node *image_tree_find(struct image_tree *tree, struct image_node *node, const char *path, bool follow)
{
	struct walk walk = { .tree = tree, .top = node };
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct image_node *found;

	if (follow)
		return walk_to(&walk, node, path, strlen(path), &found) == 0 ? found : NULL;
	if (walk_to(&walk, node, path, (size_t)(name - path), &found) < 0)
		return NULL;
	found = child(tree, found, name, strlen(name));
	return found && found->type != IMAGE_GONE ? found : NULL;
}

void image_node_path(const struct image_node *node, struct strbuf *path)
{
	if (!node->parent)
		return;
	image_node_path(node->parent, path);
	if (path->len)
		strbuf_add_char(path, '/');
	strbuf_add_string(path, node->name);
}

/* ---- a change ---- */

/* The file that a hard link means: what it points to is the same file under another name. */
static struct image_node *linked_file(struct image_tree *tree, const char *target)
{
	struct image_node *node = image_tree_find(tree, tree->root, target, false);

	return node && node->type != IMAGE_DIRECTORY ? node : NULL;
}

static void become(struct image_tree *tree, struct image_node *node, const struct change *change, unsigned int layer)
{
	static const enum node_type types[] = {
		[CHANGE_FILE] = IMAGE_FILE, [CHANGE_DIRECTORY] = IMAGE_DIRECTORY, [CHANGE_LINK] = IMAGE_LINK,
		[CHANGE_OTHER] = IMAGE_OTHER,
	};

	if (node->type != IMAGE_DIRECTORY || change->kind != CHANGE_DIRECTORY)
		remove_node(tree, node);
	node->type = types[change->kind];
	node->layer = (uint16_t)layer;
	node->size = change->size;
	node->content = change->kind == CHANGE_FILE ? change->content : CONTENT_NONE;
	node->target = change->kind == CHANGE_LINK ? arena_strdup(&tree->arena, change->target) : NULL;
	if (node->content != CONTENT_NONE && tree->hold)
		tree->hold(tree->owner, node->content);
}

static void become_linked(struct image_tree *tree, struct image_node *node, const struct image_node *file,
			  unsigned int layer)
{
	struct image_node copy = *file;

	if (node == file)
		return;
	if (copy.content != CONTENT_NONE && tree->hold)
		tree->hold(tree->owner, copy.content);
	remove_node(tree, node);
	node->type = copy.type;
	node->layer = (uint16_t)layer;
	node->size = copy.size;
	node->content = copy.content;
	node->target = copy.target;
}

static int refused(struct left_out *left, int error, const char *path)
{
	if (error == -E2BIG)
		return error;
	left_out_add(left, error == -ENAMETOOLONG ? LEFT_LONG : LEFT_THROUGH_FILE, path);
	return 0;
}

int image_tree_apply(struct image_tree *tree, const struct change *change, unsigned int layer, struct left_out *left)
{
	const char *slash = strrchr(change->path, '/'), *name = slash ? slash + 1 : change->path;
	bool whiteout = starts_with(name, WHITEOUT);
	struct walk walk = { .tree = tree, .top = tree->root, .layer = layer, .make = !whiteout };
	struct image_node *directory, *node;
	const struct image_node *file = NULL;
	int r;

	if (!*change->path)
		return 0;
	tree->work += CHANGE_STEPS;
	if (tree->arena.total > IMAGE_BYTES_MAX || tree->work > IMAGE_WORK_MAX)
		return -E2BIG;
	r = walk_to(&walk, tree->root, change->path, (size_t)(name - change->path), &directory);
	if (whiteout && r == -ENOENT)
		return 0;
	if (r == 0 && directory->type != IMAGE_DIRECTORY)
		r = -ENOTDIR;
	if (r < 0)
		return refused(left, r, change->path);
	if (streq(name, OPAQUE)) {
		(void)prune(tree, directory, layer);
		return 0;
	}
	if (whiteout) {			/* other names of two whiteouts are marks of aufs */
		name += strlen(WHITEOUT);
		if (*name && !streq(name, ".") && !streq(name, "..") && !starts_with(name, WHITEOUT))
			white_out(tree, directory, name, layer);
		return 0;
	}
	if (change->kind == CHANGE_HARD_LINK && !(file = linked_file(tree, change->target))) {
		left_out_add(left, LEFT_HARD_LINK, change->path);
		return 0;
	}
	r = add_child(tree, directory, name, strlen(name), &node);
	if (r < 0)
		return refused(left, r, change->path);
	if (file)
		become_linked(tree, node, file, layer);
	else
		become(tree, node, change, layer);
	return 0;
}
