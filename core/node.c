/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include <errno.h>

#include "parse.h"

static const struct node_builtin *builtin;
static size_t n_builtin_files;
static struct arena unpacked;		/* what node_get() looked into; lives as long as the program */
static char **files;			/* of what was parsed at run time; they live as long as the program */
static size_t n_files, files_capacity;

void node_set_builtin(const struct node_builtin *knowledge)
{
	builtin = knowledge;
	for (n_builtin_files = 0; builtin->files[n_builtin_files]; n_builtin_files++)
		continue;
}

/* levels: how far up this node is from those that stay packed, which are at 1; 0: none below it does. */
static struct node unpack(struct arena *arena, size_t number, uint16_t file, unsigned int levels)
{
	const struct node_packed *packed = &builtin->nodes[number];
	struct node node = {
		.text = "", .count = packed->count, .line = packed->line, .column = packed->column, .file = file,
		.kind = packed->kind, .quoted = packed->quoted,
	};
	struct node *items;

	if (packed->kind == NODE_SCALAR) {
		node.text = builtin->texts + packed->at;
	} else if (packed->kind == NODE_MAPPING && levels == 1) {
		node.kind = NODE_PACKED;
		node.count = (uint32_t)number;
	} else {
		node.items = items = arena_alloc(arena, packed->count * sizeof(*items));
		for (size_t i = 0; i < packed->count; i++)
			items[i] = unpack(arena, packed->at + i, file, levels > 1 ? levels - 1 : 0);
	}
	return node;
}

const struct node *node_builtin_documents(struct arena *arena, size_t number, unsigned int packed_level)
{
	struct node *node = arena_alloc(arena, sizeof(*node));

	*node = unpack(arena, number, (uint16_t)(number + 1), packed_level ? packed_level + 1 : 0);
	return node;
}

const struct node *node_unpack(struct arena *arena, const struct node *node)
{
	struct node *copy;

	if (node->kind != NODE_PACKED)
		return node;
	copy = arena_alloc(arena, sizeof(*copy));
	*copy = unpack(arena, node->count, node->file, 0);
	return copy;
}

const struct node *node_open(const struct node *node)
{
	/* Packed nodes are only ever made by unpack(), in an arena: they may be written to. */
	if (node->kind == NODE_PACKED)
		*(struct node *)(uintptr_t)node = unpack(&unpacked, node->count, node->file, 0);
	return node;
}

uint16_t node_file_number(const char *name)
{
	for (size_t i = 0; i < n_files; i++)
		if (streq(files[i], name))
			return (uint16_t)(n_builtin_files + i + 1);
	if (n_files + n_builtin_files >= NODE_FILES_MAX)
		return 0;
	GROW(files, files_capacity, n_files + 1);
	files[n_files++] = xstrdup(name);
	return (uint16_t)(n_builtin_files + n_files);
}

const char *node_file(const struct node *node)
{
	size_t number = node->file;

	if (number == 0)
		return NULL;
	return number <= n_builtin_files ? builtin->files[number - 1] : files[number - n_builtin_files - 1];
}

struct place node_place(const struct node *node)
{
	return (struct place){ .file = node_file(node), .line = node->line, .column = node->column };
}

const struct node *node_get(const struct node *node, const char *key)
{
	node = node_open(node);
	for (size_t i = 0; node->kind == NODE_MAPPING && i + 1 < node->count; i += 2)
		if (streq(node->items[i].text, key))
			return &node->items[i + 1];
	return NULL;
}

static const char *nearest(const char *name, const char *const allowed[])
{
	const char *best = NULL;
	unsigned int best_distance = 3;

	for (; *allowed; allowed++) {
		unsigned int d = word_distance(name, *allowed, best_distance - 1);

		if (d < best_distance) {
			best = *allowed;
			best_distance = d;
		}
	}
	return best;
}

int node_check_keys(const struct node *mapping, const char *const allowed[], struct diag *diag)
{
	int result = 0;

	for (size_t i = 0; i + 1 < mapping->count; i += 2) {
		const struct node *key = &mapping->items[i];
		struct place place = node_place(key);
		const char *const *name = allowed;
		const char *near;

		while (*name && !streq(*name, key->text))
			name++;
		if (*name)
			continue;
		near = nearest(key->text, allowed);
		result = near ? diag_error(diag, &place, "unknown key '%s'; did you mean '%s'?", key->text, near)
			      : diag_error(diag, &place, "unknown key '%s'", key->text);
	}
	return result;
}

static const char *kind_found(const struct node *node)
{
	return node->kind == NODE_MAPPING ? "a mapping" : node->kind == NODE_SEQUENCE ? "a list" : node->text;
}

int node_get_text(const struct node *mapping, const char *key, struct diag *diag, const char **ret_text)
{
	const struct node *node = node_get(mapping, key);
	struct place place;

	if (!node)
		return -ENOENT;
	place = node_place(node);
	if (node->kind != NODE_SCALAR)
		return diag_error(diag, &place, "%s: expected text, found %s", key, kind_found(node));
	*ret_text = node->text;
	return 0;
}

int node_get_bool(const struct node *mapping, const char *key, struct diag *diag, bool *ret_value)
{
	const struct node *node = node_get(mapping, key);
	struct place place;

	if (!node)
		return -ENOENT;
	place = node_place(node);
	if (node->kind == NODE_SCALAR && (streq(node->text, "yes") || streq(node->text, "true")))
		*ret_value = true;
	else if (node->kind == NODE_SCALAR && (streq(node->text, "no") || streq(node->text, "false")))
		*ret_value = false;
	else
		return diag_error(diag, &place, "%s: expected yes or no, found '%s'", key, kind_found(node));
	return 0;
}

int node_get_u64(const struct node *mapping, const char *key, struct diag *diag, uint64_t *ret_value)
{
	const struct node *node = node_get(mapping, key);
	struct place place;

	if (!node)
		return -ENOENT;
	place = node_place(node);
	if (node->kind != NODE_SCALAR || parse_u64(node->text, ret_value) < 0)
		return diag_error(diag, &place, "%s: expected a whole number, found '%s'", key, kind_found(node));
	return 0;
}
