/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include <errno.h>
#include <yaml.h>

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

struct frame {				/* a collection that is still open */
	struct node *node;
	struct node *items;
	size_t count, capacity;
};

struct builder {
	struct arena *arena;
	struct diag *diag;
	uint16_t file;
	struct frame stack[NODE_DEPTH_MAX + 1];
	unsigned int depth;		/* of stack; [0] is the sequence of documents */
	size_t nodes;
};

static struct place place_at(const struct builder *builder, yaml_mark_t mark)
{
	return (struct place){ .file = node_file(&(struct node){ .file = builder->file }),
			       .line = (unsigned int)mark.line + 1,
			       .column = (unsigned int)mark.column + 1 };
}

static int refuse(struct builder *builder, yaml_mark_t mark, const char *what)
{
	struct place place = place_at(builder, mark);

	return diag_error(builder->diag, &place, "%s", what);
}

static int check_duplicate_key(struct builder *builder, const struct frame *frame)
{
	const struct node *key = &frame->items[frame->count - 1];

	if (frame->node->kind != NODE_MAPPING || frame->count % 2 == 0)
		return 0;
	if (key->kind != NODE_SCALAR) {
		struct place place = node_place(key);

		return diag_error(builder->diag, &place, "a key must be plain text");
	}
	for (size_t i = 0; i + 1 < frame->count; i += 2) {
		struct place place = node_place(key);

		if (streq(frame->items[i].text, key->text))
			return diag_error(builder->diag, &place, "duplicate key '%s', first at line %u", key->text,
					  frame->items[i].line);
	}
	return 0;
}

/* Adds a node to the collection that is open; *ret lends it until the next is added. */
static int add_node(struct builder *builder, enum node_kind kind, yaml_mark_t mark, struct node **ret)
{
	struct frame *frame = &builder->stack[builder->depth];
	struct place place = place_at(builder, mark);

	if (++builder->nodes > NODE_COUNT_MAX)
		return refuse(builder, mark, "too many nodes in one file");
	GROW(frame->items, frame->capacity, frame->count + 1);
	frame->items[frame->count] = (struct node){
		.kind = (uint8_t)kind, .file = builder->file, .line = place.line, .column = place.column, .text = "",
	};
	*ret = &frame->items[frame->count++];
	return 0;
}

static int open_collection(struct builder *builder, enum node_kind kind, yaml_mark_t mark)
{
	struct node *node = NULL, *kept;
	int r;

	if (builder->depth >= NODE_DEPTH_MAX)
		return refuse(builder, mark, "nested too deeply");
	r = add_node(builder, kind, mark, &node);
	if (r < 0)
		return r;
	r = check_duplicate_key(builder, &builder->stack[builder->depth]);
	if (r < 0)
		return r;
	kept = arena_alloc(builder->arena, sizeof(*kept));
	*kept = *node;
	builder->stack[++builder->depth] = (struct frame){ .node = kept };
	return 0;
}

static const struct node *keep_items(struct builder *builder, struct frame *frame)
{
	struct node *items = arena_alloc(builder->arena, frame->count * sizeof(*items));

	if (frame->count > 0)
		memcpy(items, frame->items, frame->count * sizeof(*items));
	free(frame->items);
	frame->items = NULL;
	return items;
}

static void close_collection(struct builder *builder)
{
	struct frame *frame = &builder->stack[builder->depth--];
	struct frame *parent = &builder->stack[builder->depth];
	struct node *node = &parent->items[parent->count - 1];

	node->count = (uint32_t)frame->count;
	node->items = keep_items(builder, frame);
}

static int add_scalar(struct builder *builder, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	struct node *node = NULL;
	int r;

	if (event->data.scalar.anchor || event->data.scalar.tag)
		return refuse(builder, event->start_mark, "anchors and tags are not allowed");
	if (memchr(text, '\0', length))
		return refuse(builder, event->start_mark, "a zero byte in text");
	r = add_node(builder, NODE_SCALAR, event->start_mark, &node);
	if (r < 0)
		return r;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->text = arena_strndup(builder->arena, text, length);
	return check_duplicate_key(builder, &builder->stack[builder->depth]);
}

static int handle_event(struct builder *builder, const yaml_event_t *event)
{
	switch ((int)event->type) {
	case YAML_ALIAS_EVENT:
		return refuse(builder, event->start_mark, "aliases are not allowed");
	case YAML_SCALAR_EVENT:
		return add_scalar(builder, event);
	case YAML_SEQUENCE_START_EVENT:
		if (event->data.sequence_start.anchor || event->data.sequence_start.tag)
			return refuse(builder, event->start_mark, "anchors and tags are not allowed");
		return open_collection(builder, NODE_SEQUENCE, event->start_mark);
	case YAML_MAPPING_START_EVENT:
		if (event->data.mapping_start.anchor || event->data.mapping_start.tag)
			return refuse(builder, event->start_mark, "anchors and tags are not allowed");
		return open_collection(builder, NODE_MAPPING, event->start_mark);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_collection(builder);
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		if (event->data.document_start.version_directive ||
		    event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
			return refuse(builder, event->start_mark, "directives are not allowed");
		return 0;
	default:
		return 0;
	}
}

static int parse_events(struct builder *builder, yaml_parser_t *parser)
{
	bool end = false;

	while (!end) {
		yaml_event_t event;
		int r;

		if (!yaml_parser_parse(parser, &event)) {
			bool reader = parser->error == YAML_READER_ERROR;
			struct place place = place_at(builder, reader ? parser->mark : parser->problem_mark);

			return diag_error(builder->diag, &place, "not YAML: %s",
					  parser->problem ? parser->problem : "unknown problem");
		}
		end = event.type == YAML_STREAM_END_EVENT;
		r = handle_event(builder, &event);
		yaml_event_delete(&event);
		if (r < 0)
			return r;
	}
	return 0;
}

int node_parse(struct arena *arena, const char *file, const char *text, size_t length, struct diag *diag,
	       const struct node **ret_documents)
{
	struct builder builder = { .arena = arena, .diag = diag, .file = node_file_number(file) };
	struct node *root = arena_alloc(arena, sizeof(*root));
	struct place place = { .file = file };
	yaml_parser_t parser;
	int r;

	*root = (struct node){ .kind = NODE_SEQUENCE, .file = builder.file, .line = 1, .column = 1, .text = "" };
	if (length > NODE_TEXT_MAX)
		return diag_error(diag, &place, "larger than %u MiB", NODE_TEXT_MAX >> 20);
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	builder.stack[0].node = root;

	r = parse_events(&builder, &parser);
	yaml_parser_delete(&parser);
	if (r < 0) {
		for (unsigned int i = 0; i <= builder.depth; i++)
			free(builder.stack[i].items);
		return r;
	}
	root->count = (uint32_t)builder.stack[0].count;
	root->items = keep_items(&builder, &builder.stack[0]);
	*ret_documents = root;
	return 0;
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

/* Levenshtein distance, for "did you mean"; words longer than 32 are never near. */
static unsigned int distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned int row[33];

	if (n > 32 || m > 32)
		return UINT32_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned int above = row[j];

			row[j] = MIN(MIN(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[m];
}

static const char *nearest(const char *name, const char *const allowed[])
{
	const char *best = NULL;
	unsigned int best_distance = 3;

	for (; *allowed; allowed++) {
		unsigned int d = distance(name, *allowed);

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
