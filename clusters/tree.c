/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "../core/strbuf.h"
#include "object.h"

void tree_release(struct tree *tree)
{
	for (size_t i = 0; i < ARRAY_SIZE(tree->arenas); i++)
		arena_release(&tree->arenas[i]);
	for (size_t i = 0; i < tree->n_held; i++)
		arena_release(&tree->held[i].arena);
	free(tree->held);
	free(tree->pending);
}

/* ---- what is wanted ---- */

#define SLOTS 1024			/* a power of two, and more than twice the keys of all lists */

static struct slot {
	const struct wanted *list, *entry;
} slots[SLOTS];

static struct slot *slot_of(const struct wanted *list, const char *key, size_t length)
{
	size_t hash = (uintptr_t)list / sizeof(*list) * 31 + length;

	if (length > 0)
		hash = (hash * 31 + (unsigned char)key[0]) * 31 + (unsigned char)key[length - 1];
	for (size_t i = hash % SLOTS;; i = (i + 1) % SLOTS) {
		struct slot *slot = &slots[i];

		if (!slot->list || (slot->list == list && slot->entry->length == length && memcmp(slot->entry->key, key, length) == 0))
			return slot;
	}
}

static void index_list(const struct wanted *list)
{
	if (!list || slot_of(list, list->key, list->length)->list)
		return;
	for (const struct wanted *entry = list; entry->key; entry++)
		*slot_of(list, entry->key, entry->length) = (struct slot){ list, entry };
	for (const struct wanted *entry = list; entry->key; entry++)
		index_list(entry->below);
}

void tree_init(struct tree *tree, struct cluster *cluster, uint32_t file)
{
	memset(tree, 0, sizeof(*tree));
	tree->cluster = cluster;
	tree->file = file;
	index_list(wanted_of_object);
}

const struct wanted *tree_wants(const struct tree *tree, const char *key, size_t length)
{
	static const struct wanted everything = { .key = "" };
	const struct wanted *list;

	if (tree->skipped > 0 || tree->depth == 0 || tree->refused)
		return NULL;
	list = tree->frames[tree->depth - 1].wanted;
	return list ? slot_of(list, key, length)->entry : &everything;
}

/* ---- lists ---- */

/* "Pod" of "PodList" */
static const char *item_kind(struct cluster *cluster, const struct node *kind)
{
	if (!kind || kind->kind != NODE_SCALAR || !ends_with(kind->text, "List") || strlen(kind->text) > OBJECT_NAME_MAX)
		return NULL;
	return streq(kind->text, "List") ? NULL : cluster_name_of(cluster, kind->text, strlen(kind->text) - strlen("List"));
}

static bool is_list(const struct node *root)
{
	const struct node *kind = node_get(root, "kind");

	return kind && kind->kind == NODE_SCALAR && ends_with(kind->text, "List");
}

/* What needs no kind to be told: what most of a cluster is made of. */
static const char *kind_by_content(struct cluster *cluster, const struct node *item)
{
	const struct node *spec = node_get(item, "spec"), *status = node_get(item, "status");

	if (spec && spec->kind == NODE_MAPPING && node_get(spec, "containers"))
		return cluster_name(cluster, "Pod");
	if (status && status->kind == NODE_MAPPING && node_get(status, "nodeInfo"))
		return cluster_name(cluster, "Node");
	return NULL;
}

static bool says_kind(const struct node *item)
{
	return item->kind != NODE_MAPPING || !node_is_null(node_get(item, "kind"));
}

/* kubectl writes the kind behind the items. */
static void warn_of_list(struct cluster *cluster, uint32_t file, uint32_t line)
{
	struct place place = { cluster->files[file].path, line, 0 };

	(void)diag_warning(&cluster->diag, &place, "a list that says no kind: the text may have broken off");
}

static void add_items(struct cluster *cluster, uint32_t file, uint32_t *document, uint32_t line_offset, const struct node *root,
		      const char *kind, unsigned int level)
{
	const struct node *items = root->kind == NODE_MAPPING ? node_get(root, "items") : NULL;

	if (!items || items->kind != NODE_SEQUENCE || level >= TREE_LISTS_MAX || (!is_list(root) && says_kind(root))) {
		object_add(cluster, file, (*document)++, line_offset, kind, root);
		return;
	}
	cluster->files[file].list = true;
	if (!says_kind(root))
		warn_of_list(cluster, file, root->line + line_offset);
	kind = item_kind(cluster, node_get(root, "kind"));
	for (uint32_t i = 0; i < items->count; i++) {
		const struct node *item = &items->items[i];

		add_items(cluster, file, document, line_offset, item,
			  kind || says_kind(item) ? kind : kind_by_content(cluster, item), level + 1);
	}
}

void tree_add_document(struct cluster *cluster, uint32_t file, uint32_t *document, uint32_t line_offset, const struct node *root)
{
	add_items(cluster, file, document, line_offset, root, NULL, 0);
}

/* ---- objects as they become whole ---- */

static void complain(struct tree *tree, const struct node *node, const char *message)
{
	struct place place = { tree->cluster->files[tree->file].path, node->line, node->column };

	(void)diag_error(&tree->cluster->diag, &place, "%s", message);
}

/* What the list around it has said so far. */
static const struct node *said_around(const struct tree *tree, const char *key)
{
	for (unsigned int i = tree->depth; i > 0; i--) {
		const struct tree_frame *frame = &tree->frames[i - 1];
		size_t end = i < tree->depth ? tree->frames[i].first : tree->n_pending;

		for (size_t j = frame->first; frame->object && j + 1 < end; j += 2)
			if (streq(tree->pending[j].text, key))
				return &tree->pending[j + 1];
		if (frame->object)
			return NULL;
	}
	return NULL;
}

static void hold(struct tree *tree, const struct node *object)
{
	if (tree->held_nodes + tree->nodes > TREE_HELD_MAX) {
		complain(tree, object, "no object of Kubernetes: it has no kind, and its list has said none so far");
		return;
	}
	GROW(tree->held, tree->held_capacity, tree->n_held + 1);
	tree->held[tree->n_held++] = (struct tree_held){
		.arena = tree->arenas[tree->level], .object = *object, .document = tree->documents++, .level = tree->level,
	};
	tree->held_nodes += tree->nodes;
	tree->arenas[tree->level] = (struct arena)ARENA_INIT;
}

/* The list at this level has ended: kind is that of its items, if it has said one. */
static void release_held(struct tree *tree, const char *kind)
{
	while (tree->n_held > 0 && tree->held[tree->n_held - 1].level > tree->level) {
		size_t first = tree->n_held - 1;

		while (first > 0 && tree->held[first - 1].level > tree->level)
			first--;
		for (size_t i = first; i < tree->n_held; i++) {
			object_add(tree->cluster, tree->file, tree->held[i].document, 0, kind, &tree->held[i].object);
			arena_release(&tree->held[i].arena);
		}
		tree->n_held = first;
	}
	if (tree->n_held == 0)
		tree->held_nodes = 0;
}

static void add_item(struct tree *tree, const struct node *object)
{
	const struct node *around = said_around(tree, "kind");
	const char *kind = item_kind(tree->cluster, around);

	if (!kind && !says_kind(object))
		kind = kind_by_content(tree->cluster, object);
	if (!kind && !says_kind(object) && !around && tree->level > 0)
		hold(tree, object);
	else
		object_add(tree->cluster, tree->file, tree->documents++, 0, kind, object);
}

static void end_object(struct tree *tree, const struct node *object, bool has_items)
{
	if (tree->refused) {
		complain(tree, object, "an object of more than 200000 nodes or 16 MiB of text is left out");
	} else if (has_items) {
		tree->cluster->files[tree->file].list = true;
		release_held(tree, item_kind(tree->cluster, node_get(object, "kind")));
		if (node_is_null(node_get(object, "kind")))
			warn_of_list(tree->cluster, tree->file, object->line);
	} else {
		add_item(tree, object);
	}
	tree->refused = false;
	tree->whole++;
	arena_release(&tree->arenas[tree->level]);
	tree->nodes = tree->text = 0;
}

/* ---- events ---- */

static bool refuse(struct tree *tree, const char *problem)
{
	tree->problem = problem;
	return false;
}

static struct node *push(struct tree *tree, enum node_kind kind, uint32_t line, uint32_t column)
{
	struct node *node;

	if (++tree->nodes > TREE_NODES_MAX || tree->text > TREE_TEXT_MAX)
		tree->refused = true;
	GROW(tree->pending, tree->pending_capacity, tree->n_pending + 1);
	node = &tree->pending[tree->n_pending++];
	*node = (struct node){ .text = "", .kind = (uint8_t)kind, .line = line, .column = column };
	return node;
}

static void push_text(struct tree *tree, const char *text, size_t length, bool quoted, uint32_t line, uint32_t column)
{
	struct node *node = push(tree, NODE_SCALAR, line, column);

	tree->text += length;
	node->quoted = quoted;
	if (memchr(text, '\0', length))
		complain(tree, node, "a zero byte in text: what is behind it is left out");
	node->text = arena_strndup(&tree->arenas[tree->level], text, length);
}

void tree_key(struct tree *tree, const struct wanted *wanted, const char *text, size_t length, uint32_t line, uint32_t column)
{
	if (tree->skipped > 0 || tree->depth == 0)
		return;
	tree->skip_value = !wanted;
	if (!wanted)
		return;
	tree->frames[tree->depth - 1].wanted_of_value = wanted->below;
	push_text(tree, text, length, true, line, column);
}

bool tree_scalar(struct tree *tree, const char *text, size_t length, bool quoted, uint32_t line, uint32_t column)
{
	const struct tree_frame *frame = tree->depth > 0 ? &tree->frames[tree->depth - 1] : NULL;

	if (tree->skipped > 0)
		return true;
	if (tree->skip_value) {
		tree->skip_value = false;
		return true;
	}
	if (tree->refused && frame && frame->kind == NODE_SEQUENCE)
		return true;
	push_text(tree, text, length, quoted, line, column);
	if (!frame || frame->list) {
		struct node object = tree->pending[--tree->n_pending];

		end_object(tree, &object, false);
	}
	return true;
}

/* The value of "items" that comes now, unless its object has said that it is none. */
static bool is_items(const struct tree *tree, const struct tree_frame *parent)
{
	const struct node *kind;

	if (!parent->object || !streq(tree->pending[tree->n_pending - 1].text, "items"))
		return false;
	kind = said_around(tree, "kind");
	return !kind || kind->kind != NODE_SCALAR || ends_with(kind->text, "List");
}

bool tree_open(struct tree *tree, enum node_kind kind, uint32_t line, uint32_t column)
{
	struct tree_frame *parent = tree->depth > 0 ? &tree->frames[tree->depth - 1] : NULL;
	struct tree_frame *frame;
	bool in_list = !parent || parent->list;

	if (tree->skipped > 0 || tree->skip_value || (tree->refused && parent && parent->kind == NODE_SEQUENCE)) {
		tree->skip_value = false;
		if (++tree->skipped > TREE_SKIPPED_DEPTH_MAX)
			return refuse(tree, "nested too deeply");
		return true;
	}
	if (tree->depth >= TREE_DEPTH_MAX)
		return refuse(tree, "nested too deeply");
	frame = &tree->frames[tree->depth];
	*frame = (struct tree_frame){ .kind = (uint8_t)kind, .first = tree->n_pending, .line = line, .column = column };
	if (in_list) {
		frame->object = kind == NODE_MAPPING;
		frame->list = kind == NODE_SEQUENCE && !parent;
		frame->wanted = wanted_of_object;
	} else {
		frame->wanted = parent->kind == NODE_MAPPING ? parent->wanted_of_value : parent->wanted;
		frame->list = kind == NODE_SEQUENCE && is_items(tree, parent);
	}
	if (frame->list && parent) {
		if (tree->level >= TREE_LISTS_MAX)
			return refuse(tree, "lists in lists, too deeply");
		parent->has_items = true;
		tree->level++;
		tree->nodes = tree->text = 0;
	}
	tree->depth++;
	return true;
}

/* ---- keys that are there twice ---- */

static void drop_pair(struct tree *tree, struct node *items, size_t *count, size_t earlier, size_t later)
{
	struct place place = { tree->cluster->files[tree->file].path, items[later].line, items[later].column };

	(void)diag_warning(&tree->cluster->diag, &place, "the key '%.60s' is there twice, first at line %u: the last one counts",
			   items[later].text, items[earlier].line);
	memmove(&items[earlier], &items[earlier + 2], (*count - earlier - 2) * sizeof(*items));
	*count -= 2;
}

static int by_text(const void *left, const void *right)
{
	const struct node *const *a = left, *const *b = right;
	int r = strcmp((*a)->text, (*b)->text);

	return r ? r : (*a > *b) - (*a < *b);
}

/* The second of two keys that are the same, and the first of them; 0: there are none. */
static size_t find_twice(const struct node *items, size_t count, size_t *ret_first)
{
	CLEANUP(free_ptr) const struct node **keys = NULL;

	if (count <= 32) {
		for (size_t i = 2; i < count; i += 2)
			for (*ret_first = 0; *ret_first < i; *ret_first += 2)
				if (streq(items[i].text, items[*ret_first].text))
					return i;
		return 0;
	}
	keys = xcalloc(count / 2, sizeof(*keys));
	for (size_t i = 0; i < count / 2; i++)
		keys[i] = &items[2 * i];
	qsort(keys, count / 2, sizeof(*keys), by_text);
	for (size_t i = 1; i < count / 2; i++) {
		if (streq(keys[i - 1]->text, keys[i]->text)) {
			*ret_first = (size_t)(keys[i - 1] - items);
			return (size_t)(keys[i] - items);
		}
	}
	return 0;
}

#define TWICE_MAX 100			/* in one mapping */

static size_t drop_twice(struct tree *tree, struct node *items, size_t count)
{
	size_t first, second;

	for (size_t told = 0; (second = find_twice(items, count, &first)) > 0; told++) {
		if (told == TWICE_MAX) {
			complain(tree, items, "too many keys are there twice: none of this mapping is read");
			return 0;
		}
		drop_pair(tree, items, &count, first, second);
	}
	return count;
}

bool tree_close(struct tree *tree)
{
	struct tree_frame frame;
	struct node node = { .text = "" }, *items;
	size_t count;

	if (tree->skipped > 0) {
		tree->skipped--;
		return true;
	}
	frame = tree->frames[--tree->depth];
	count = tree->n_pending - frame.first;
	if (frame.kind == NODE_MAPPING && count > 0)
		count = drop_twice(tree, tree->pending + frame.first, count & ~(size_t)1);
	if (frame.list && tree->depth > 0)
		tree->level--;
	if (frame.list)
		count = 0;
	items = arena_alloc(&tree->arenas[tree->level], count * sizeof(*items));
	if (count > 0)
		memcpy(items, tree->pending + frame.first, count * sizeof(*items));
	tree->n_pending = frame.first;
	node = (struct node){ .text = "", .kind = frame.kind, .items = items, .count = (uint32_t)count, .line = frame.line, .column = frame.column };
	if (frame.object) {
		end_object(tree, &node, frame.has_items);
	} else if (tree->depth > 0) {
		*push(tree, frame.kind, frame.line, frame.column) = node;
	}
	return true;
}

void tree_end(struct tree *tree)
{
	tree->level = 0;
	release_held(tree, NULL);
}

void tree_where(const struct tree *tree, struct strbuf *text)
{
	const struct node *kind = said_around(tree, "kind");
	const struct node *metadata = said_around(tree, "metadata");
	const struct node *name = metadata && metadata->kind == NODE_MAPPING ? node_get(metadata, "name") : NULL;

	if (!kind || kind->kind != NODE_SCALAR)
		return;
	strbuf_addf(text, "%.60s", kind->text);
	if (name && name->kind == NODE_SCALAR)
		strbuf_addf(text, " %.250s", name->text);
}
