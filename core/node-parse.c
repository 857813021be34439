/* SPDX-License-Identifier: Apache-2.0 */
/* Events of libyaml as a tree: ours strictly, those of others as they are meant. */
#include <errno.h>

#include "node-foreign.h"

struct frame {				/* a collection that is still open */
	struct node *node;
	struct node *items;
	size_t count, capacity;
	size_t first;			/* foreign: nodes before it */
	unsigned int height;		/* of what is in it */
	uint32_t anchor;		/* its number; SYMBOL_NONE: it has no name */
};

struct anchor {
	struct node node;
	size_t weight;			/* nodes below it, and itself */
	unsigned int height;
	size_t document;		/* in which it was named, from 1 */
	bool open;
};

struct builder {
	struct arena *arena;
	struct diag *diag;
	uint16_t file;
	struct frame stack[NODE_FOREIGN_DEPTH_MAX + 1];
	unsigned int depth;		/* of stack; [0] is the sequence of documents */
	size_t nodes;

	bool foreign;
	struct text_cursor cursor;
	struct symbols names;
	struct anchor *anchors;		/* by number of their name */
	size_t anchors_capacity;
	size_t document;
};

static struct place place_at(const struct builder *builder, yaml_mark_t mark)
{
	return (struct place){ .file = node_file(&(struct node){ .file = builder->file }),
			       .line = (unsigned int)mark.line + 1,
			       .column = (unsigned int)mark.column + 1 };
}

/* libyaml takes a carriage return for the end of a line, editors do not; the mark may lie behind the cursor. */
static struct place error_place(const struct builder *builder, yaml_mark_t mark)
{
	struct text_cursor cursor = text_cursor_new(builder->cursor.text, (size_t)(builder->cursor.end - builder->cursor.text));
	struct place place = place_at(builder, mark);

	text_cursor_move(&cursor, &mark);
	if (builder->foreign)
		place.line = cursor.line;
	return place;
}

static int refuse(struct builder *builder, yaml_mark_t mark, const char *what)
{
	struct place place = error_place(builder, mark);

	return diag_error(builder->diag, &place, "%s", what);
}

static int check_duplicate_key(struct builder *builder, const struct frame *frame)
{
	const struct node *key = &frame->items[frame->count - 1];

	if (builder->foreign || frame->node->kind != NODE_MAPPING || frame->count % 2 == 0)
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

/* Room for one more item of the collection that is open, which weighs so many nodes. */
static int add_room(struct builder *builder, size_t weight, yaml_mark_t mark)
{
	struct frame *frame = &builder->stack[builder->depth];

	builder->nodes += weight;
	if (builder->nodes > (builder->foreign ? NODE_FOREIGN_COUNT_MAX : NODE_COUNT_MAX))
		return refuse(builder, mark, "too many nodes in one file");
	GROW(frame->items, frame->capacity, frame->count + 1);
	return 0;
}

/* Adds a node to the collection that is open; *ret lends it until the next is added. */
static int add_node(struct builder *builder, enum node_kind kind, yaml_mark_t mark, struct node **ret)
{
	struct frame *frame = &builder->stack[builder->depth];
	struct place place = place_at(builder, mark);
	int r = add_room(builder, 1, mark);

	if (r < 0)
		return r;
	if (builder->foreign) {
		text_cursor_move(&builder->cursor, &mark);
		place.line = builder->cursor.line;
	}
	frame->items[frame->count] = (struct node){
		.kind = (uint8_t)kind, .file = builder->file, .line = place.line, .column = place.column, .text = "",
	};
	*ret = &frame->items[frame->count++];
	return 0;
}

/* ---- names of nodes ---- */

static uint32_t anchor_number(struct builder *builder, const yaml_char_t *name)
{
	uint32_t number = symbols_intern(&builder->names, (const char *)name, strlen((const char *)name));
	size_t before = builder->anchors_capacity;

	GROW(builder->anchors, builder->anchors_capacity, (size_t)number + 1);
	if (builder->anchors_capacity > before)
		memset(builder->anchors + before, 0, (builder->anchors_capacity - before) * sizeof(*builder->anchors));
	return number;
}

static uint32_t name_node(struct builder *builder, const yaml_char_t *name, const struct anchor *named)
{
	uint32_t number;

	if (!name)
		return SYMBOL_NONE;
	number = anchor_number(builder, name);
	builder->anchors[number] = *named;
	builder->anchors[number].document = builder->document;
	return number;
}

static int add_alias(struct builder *builder, const yaml_event_t *event)
{
	uint32_t number = anchor_number(builder, event->data.alias.anchor);
	const struct anchor *named = &builder->anchors[number];
	struct frame *frame = &builder->stack[builder->depth];
	int r;

	if (named->document == 0 || named->document != builder->document)
		return refuse(builder, event->start_mark, "an alias of something that has no such name before");
	if (named->open)
		return refuse(builder, event->start_mark, "an alias of what it stands in");
	if (builder->depth + named->height > NODE_FOREIGN_DEPTH_MAX)
		return refuse(builder, event->start_mark, "nested too deeply");
	r = add_room(builder, named->weight, event->start_mark);
	if (r < 0)
		return r;
	frame->items[frame->count++] = named->node;
	frame->height = MAX(frame->height, named->height);
	return 0;
}

/* ---- collections ---- */

static int open_collection(struct builder *builder, enum node_kind kind, yaml_mark_t mark, const yaml_char_t *anchor)
{
	size_t first = builder->nodes;
	struct node *node = NULL, *kept;
	int r;

	if (builder->depth >= (builder->foreign ? NODE_FOREIGN_DEPTH_MAX : NODE_DEPTH_MAX))
		return refuse(builder, mark, "nested too deeply");
	r = add_node(builder, kind, mark, &node);
	if (r < 0)
		return r;
	r = check_duplicate_key(builder, &builder->stack[builder->depth]);
	if (r < 0)
		return r;
	kept = arena_alloc(builder->arena, sizeof(*kept));
	*kept = *node;
	builder->stack[++builder->depth] = (struct frame){
		.node = kept, .first = first, .anchor = name_node(builder, anchor, &(struct anchor){ .open = true }),
	};
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

	if (builder->foreign && node->kind == NODE_MAPPING)
		frame->count = node_merge_keys(&frame->items, frame->count, &frame->capacity, builder->diag);
	node->count = (uint32_t)frame->count;
	node->items = keep_items(builder, frame);
	parent->height = MAX(parent->height, frame->height + 1);
	if (frame->anchor != SYMBOL_NONE)
		builder->anchors[frame->anchor] = (struct anchor){
			.node = *node, .weight = builder->nodes - frame->first, .height = frame->height + 1,
			.document = builder->document,
		};
}

static int add_scalar(struct builder *builder, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	struct node *node = NULL;
	int r;

	if (!builder->foreign && (event->data.scalar.anchor || event->data.scalar.tag))
		return refuse(builder, event->start_mark, "anchors and tags are not allowed");
	if (memchr(text, '\0', length))
		return refuse(builder, event->start_mark, "a zero byte in text");
	r = add_node(builder, NODE_SCALAR, event->start_mark, &node);
	if (r < 0)
		return r;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->text = arena_strndup(builder->arena, text, length);
	if (builder->foreign) {
		node->detail = node_detail_new(builder->arena, &builder->cursor, event);
		(void)name_node(builder, event->data.scalar.anchor, &(struct anchor){ .node = *node, .weight = 1 });
	}
	return check_duplicate_key(builder, &builder->stack[builder->depth]);
}

static int open_sequence(struct builder *builder, const yaml_event_t *event)
{
	if (!builder->foreign && (event->data.sequence_start.anchor || event->data.sequence_start.tag))
		return refuse(builder, event->start_mark, "anchors and tags are not allowed");
	return open_collection(builder, NODE_SEQUENCE, event->start_mark, event->data.sequence_start.anchor);
}

static int open_mapping(struct builder *builder, const yaml_event_t *event)
{
	if (!builder->foreign && (event->data.mapping_start.anchor || event->data.mapping_start.tag))
		return refuse(builder, event->start_mark, "anchors and tags are not allowed");
	return open_collection(builder, NODE_MAPPING, event->start_mark, event->data.mapping_start.anchor);
}

static int open_document(struct builder *builder, const yaml_event_t *event)
{
	builder->document++;
	if (builder->foreign)
		return 0;
	if (event->data.document_start.version_directive ||
	    event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
		return refuse(builder, event->start_mark, "directives are not allowed");
	return 0;
}

static int handle_event(struct builder *builder, const yaml_event_t *event)
{
	switch ((int)event->type) {
	case YAML_ALIAS_EVENT:
		if (!builder->foreign)
			return refuse(builder, event->start_mark, "aliases are not allowed");
		return add_alias(builder, event);
	case YAML_SCALAR_EVENT:
		return add_scalar(builder, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_sequence(builder, event);
	case YAML_MAPPING_START_EVENT:
		return open_mapping(builder, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_collection(builder);
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		return open_document(builder, event);
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
			struct place place = error_place(builder, reader ? parser->mark : parser->problem_mark);

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

static void builder_release(struct builder *builder)
{
	for (unsigned int i = 0; i <= builder->depth; i++)
		free(builder->stack[i].items);
	symbols_release(&builder->names);
	free(builder->anchors);
}

static int parse(struct builder *builder, const char *file, const char *text, size_t length, const struct node **ret_documents)
{
	struct node *root = arena_alloc(builder->arena, sizeof(*root));
	struct place place = { .file = file };
	struct frame *documents = &builder->stack[0];
	yaml_parser_t parser;
	int r;

	*root = (struct node){ .kind = NODE_SEQUENCE, .file = builder->file, .line = 1, .column = 1, .text = "" };
	if (length > NODE_TEXT_MAX) {
		if (builder->foreign)
			*ret_documents = root;
		return diag_error(builder->diag, &place, "larger than %u MiB", NODE_TEXT_MAX >> 20);
	}
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	documents->node = root;
	builder->cursor = text_cursor_new(text, length);

	r = parse_events(builder, &parser);
	yaml_parser_delete(&parser);
	if (r < 0 && !builder->foreign)
		return r;
	/* The last one is not whole, if it was opened at all. */
	if (r < 0 && builder->depth > 0)
		documents->count--;
	root->count = (uint32_t)documents->count;
	root->items = keep_items(builder, documents);
	*ret_documents = root;
	return r;
}

int node_parse(struct arena *arena, const char *file, const char *text, size_t length, struct diag *diag,
	       const struct node **ret_documents)
{
	CLEANUP(builder_release) struct builder builder = { .arena = arena, .diag = diag, .file = node_file_number(file) };

	return parse(&builder, file, text, length, ret_documents);
}

int node_parse_foreign(struct arena *arena, const char *text, size_t length, struct diag *diag,
		       const struct node **ret_documents)
{
	CLEANUP(builder_release) struct builder builder = { .arena = arena, .diag = diag, .foreign = true };

	return parse(&builder, NULL, text, length, ret_documents);
}
