/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as the tree of nodes that YAML gives, so that both are read by the same functions. */
#include <errno.h>

#include "json.h"
#include "node.h"

#define KEYS_MAX 1000			/* of one object: each is compared with all before it */

struct level {				/* an object or array that is not closed yet */
	struct node *items;
	size_t count, capacity;
	enum node_kind kind;
	bool has_key;			/* the last item is a key that waits for its value */
};

struct builder {
	struct arena *arena;
	struct diag *diag;
	struct place place;
	uint16_t file;
	struct level levels[NODE_DEPTH_MAX];
	size_t depth, nodes;
	struct node root;
	bool done;
};

static int add_node(struct builder *builder, struct node node)
{
	struct level *level;

	if (++builder->nodes > NODE_COUNT_MAX)
		return diag_error(builder->diag, &builder->place, "more than %d values", NODE_COUNT_MAX);
	node.file = builder->file;
	if (builder->depth == 0) {
		builder->root = node;
		builder->done = true;
		return 0;
	}
	level = &builder->levels[builder->depth - 1];
	GROW(level->items, level->capacity, level->count + 1);
	level->items[level->count++] = node;
	level->has_key = false;
	return 0;
}

static int add_key(struct builder *builder, const char *text, size_t length)
{
	struct level *level = &builder->levels[builder->depth - 1];

	if (level->count >= 2 * KEYS_MAX)
		return diag_error(builder->diag, &builder->place, "an object with more than %d members", KEYS_MAX);
	if (memchr(text, '\0', length))
		return diag_error(builder->diag, &builder->place, "a key holds a zero byte");
	for (size_t i = 0; i < level->count; i += 2)
		if (strlen(level->items[i].text) == length && memcmp(level->items[i].text, text, length) == 0)
			return diag_error(builder->diag, &builder->place, "'%.*s' is there twice", (int)MIN(length, (size_t)80),
					  text);
	GROW(level->items, level->capacity, level->count + 1);
	level->items[level->count++] = (struct node){
		.kind = NODE_SCALAR, .text = arena_strndup(builder->arena, text, length), .quoted = true,
		.file = builder->file,
	};
	level->has_key = true;
	return 0;
}

static int add_scalar(struct builder *builder, const char *text, size_t length, bool quoted)
{
	if (length > 0 && memchr(text, '\0', length))
		return diag_error(builder->diag, &builder->place, "a text holds a zero byte");
	return add_node(builder, (struct node){
		.kind = NODE_SCALAR, .text = arena_strndup(builder->arena, text, length), .quoted = quoted,
	});
}

static int open_level(struct builder *builder, enum node_kind kind)
{
	if (builder->depth >= NODE_DEPTH_MAX)
		return diag_error(builder->diag, &builder->place, "nested deeper than %d levels", NODE_DEPTH_MAX);
	builder->levels[builder->depth++] = (struct level){ .kind = kind };
	return 0;
}

static int close_level(struct builder *builder)
{
	struct level level = builder->levels[--builder->depth];
	struct node node = { .kind = (uint8_t)level.kind, .text = "", .count = (uint32_t)level.count };
	struct node *items = arena_alloc(builder->arena, (level.count + 1) * sizeof(*items));

	if (level.count > 0)
		memcpy(items, level.items, level.count * sizeof(*items));
	free(level.items);
	node.items = items;
	return add_node(builder, node);
}

/* A member that is null is as good as not there. */
static int drop_null(struct builder *builder)
{
	struct level *level = builder->depth ? &builder->levels[builder->depth - 1] : NULL;

	if (!level || !level->has_key)
		return add_scalar(builder, "", 0, false);
	level->count--;
	level->has_key = false;
	return 0;
}

static int on_event(void *context, enum json_type type, const char *text, size_t length, unsigned int depth)
{
	struct builder *builder = context;

	(void)depth;
	switch (type) {
	case JSON_NULL:
		return drop_null(builder);
	case JSON_BOOL:
	case JSON_NUMBER:
		return add_scalar(builder, text, length, false);
	case JSON_STRING:
		return add_scalar(builder, text, length, true);
	case JSON_OBJECT_BEGIN:
		return open_level(builder, NODE_MAPPING);
	case JSON_ARRAY_BEGIN:
		return open_level(builder, NODE_SEQUENCE);
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		return close_level(builder);
	case JSON_KEY:
		return add_key(builder, text, length);
	}
	return 0;
}

int json_tree(struct arena *arena, const char *file, const char *text, size_t length, struct diag *diag,
	      const struct node **ret_root)
{
	struct builder builder = {
		.arena = arena, .diag = diag, .place = { .file = file }, .file = node_file_number(file),
	};
	struct node *root;
	int r;

	if (length > NODE_TEXT_MAX)
		return diag_error(diag, &builder.place, "larger than %u MiB", NODE_TEXT_MAX >> 20);
	r = json_parse(file, text, length, on_event, &builder, diag);
	while (builder.depth > 0)
		free(builder.levels[--builder.depth].items);
	if (r < 0)
		return r;
	if (!builder.done)
		return diag_error(diag, &builder.place, "there is nothing in it");
	root = arena_alloc(arena, sizeof(*root));
	*root = builder.root;
	*ret_root = root;
	return 0;
}
