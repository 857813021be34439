/* SPDX-License-Identifier: Apache-2.0 */
/* YAML: manifests as a whole, with anchors and merge keys; what is larger, a dump, in pieces as JSON is. */
#include <yaml.h>

#include "../core/strbuf.h"
#include "read.h"

/* ---- as a whole ---- */

/* A line that begins "---": where a document begins. */
static const char *next_document(const char *text, const char *end)
{
	while (text < end) {
		text = memchr(text, '\n', (size_t)(end - text));
		if (!text)
			return NULL;
		text++;
		if (end - text >= 3 && memcmp(text, "---", 3) == 0 && (end - text == 3 || strchr(" \t\r\n", text[3])))
			return text;
	}
	return NULL;
}

static uint32_t count_lines(const char *text, const char *end)
{
	uint32_t count = 0;

	for (; text < end; text++)
		count += *text == '\n';
	return count;
}

static const char *line_begin(const char *text, const char *end, uint32_t line)
{
	for (; line > 1 && text < end; line--) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		if (!newline)
			return end;
		text = newline + 1;
	}
	return text;
}

/* "{{- if .Values.enabled }}", "replicas: {{ .Values.replicas }}": the line of the first; 0. */
static uint32_t find_template(const char *text, const char *end)
{
	uint32_t line = 1;
	bool value = true;		/* what comes is the beginning of a value, or of a line */

	for (; text + 1 < end; text++) {
		if (value && text[0] == '{' && text[1] == '{')
			return line;
		if (*text == '\n') {
			line++;
			value = true;
		} else if (*text == ':' || *text == '-') {
			value = true;
		} else if (*text != ' ' && *text != '\t') {
			value = false;
		}
	}
	return 0;
}

/* What a parser says has no file, and lines from where the text began. */
static void pass_on(struct input *input, const struct diag *said, uint32_t line_offset, const char *text, const char *end)
{
	uint32_t template = said->errors > 0 ? find_template(text, end) : 0;

	for (size_t i = 0; i < said->count; i++) {
		const struct diag_entry *entry = &said->entries[i];
		struct place place = { input->path, entry->place.line ? entry->place.line + line_offset : 0, entry->place.column };

		if (entry->level == DIAG_WARNING)
			(void)diag_warning(&input->cluster->diag, &place, "%s", entry->message);
		else if (template)
			input_complain(input, template + line_offset, 0,
				       "a template ({{ … }}): fill it in first, as helm template does");
		else
			(void)diag_error(&input->cluster->diag, &place, "%s", entry->message);
	}
}

static uint32_t error_line(const struct diag *said)
{
	for (size_t i = 0; i < said->count; i++)
		if (said->entries[i].level == DIAG_ERROR)
			return said->entries[i].place.line;
	return 0;
}

/* The documents up to one that is wrong: where the text goes on behind that one; NULL: nowhere. */
static const char *read_some(struct input *input, const char *text, const char *end, uint32_t line_offset, uint32_t *document)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag said = DIAG_INIT;
	const struct node *documents = NULL;
	const char *wrong;
	int r = node_parse_foreign(&arena, text, (size_t)(end - text), &said, &documents);

	for (uint32_t i = 0; documents && i < documents->count; i++)
		tree_add_document(input->cluster, input->file, document, line_offset, &documents->items[i]);
	if (r == 0) {
		pass_on(input, &said, line_offset, text, end);
		return NULL;
	}
	wrong = line_begin(text, end, error_line(&said));
	/* The end of a document that is not closed is seen in the line where the next one begins. */
	if (wrong > text && end - wrong >= 3 && memcmp(wrong, "---", 3) == 0) {
		pass_on(input, &said, line_offset, text, wrong);
		return wrong;
	}
	wrong = next_document(wrong, end);
	pass_on(input, &said, line_offset, text, wrong ? wrong : end);
	(*document)++;
	return wrong;
}

void read_yaml_text(struct input *input, const char *text, size_t length)
{
	const char *end = text + length, *at = text;
	uint32_t document = 0, line_offset = 0;

	while (at) {
		const char *next = read_some(input, at, end, line_offset, &document);

		if (next)
			line_offset += count_lines(at, next);
		at = next;
	}
}

/* ---- in pieces ---- */

struct yaml {
	struct tree tree;
	struct input *input;
	const char *piece;
	size_t left;
	uint64_t quiet;			/* bytes since the last event */
	bool overlong;
	struct {
		bool mapping, value;	/* the next node is a value */
	} open[TREE_SKIPPED_DEPTH_MAX + TREE_DEPTH_MAX + 1];
	unsigned int depth;
};

static int feed(void *context, unsigned char *buffer, size_t size, size_t *ret_read)
{
	struct yaml *yaml = context;

	*ret_read = 0;
	if (yaml->left == 0)
		yaml->left = input_next(yaml->input, &yaml->piece);
	if (yaml->quiet > READ_QUIET_MAX) {
		yaml->overlong = true;
		return 0;
	}
	size = MIN(size, yaml->left);
	if (size == 0)
		return 1;
	memcpy(buffer, yaml->piece, size);
	yaml->piece += size;
	yaml->left -= size;
	yaml->quiet += size;
	*ret_read = size;
	return 1;
}

static bool refuse(struct yaml *yaml, const char *problem)
{
	yaml->tree.problem = problem;
	return false;
}

static bool on_scalar(struct yaml *yaml, const yaml_event_t *event, uint32_t line, uint32_t column)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;

	if (event->data.scalar.anchor)
		return refuse(yaml, "an anchor: not understood in a text of more than 4 MiB");
	if (yaml->depth > 0 && yaml->open[yaml->depth - 1].mapping) {
		bool *value = &yaml->open[yaml->depth - 1].value;

		*value = !*value;
		if (*value) {
			tree_key(&yaml->tree, tree_wants(&yaml->tree, text, length), text, length, line, column);
			return true;
		}
	}
	return tree_scalar(&yaml->tree, text, length, event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE, line, column);
}

static bool on_open(struct yaml *yaml, enum node_kind kind, const yaml_char_t *anchor, uint32_t line, uint32_t column)
{
	if (anchor)
		return refuse(yaml, "an anchor: not understood in a text of more than 4 MiB");
	if (yaml->depth > 0 && yaml->open[yaml->depth - 1].mapping) {
		if (!yaml->open[yaml->depth - 1].value)
			return refuse(yaml, "a key that is no text");
		yaml->open[yaml->depth - 1].value = false;
	}
	if (yaml->depth >= ARRAY_SIZE(yaml->open))
		return refuse(yaml, "nested too deeply");
	yaml->open[yaml->depth].mapping = kind == NODE_MAPPING;
	yaml->open[yaml->depth++].value = false;
	return tree_open(&yaml->tree, kind, line, column);
}

static bool on_event(struct yaml *yaml, const yaml_event_t *event)
{
	uint32_t line = (uint32_t)event->start_mark.line + 1, column = (uint32_t)event->start_mark.column + 1;

	switch ((int)event->type) {
	case YAML_ALIAS_EVENT:
		return refuse(yaml, "an alias: not understood in a text of more than 4 MiB");
	case YAML_SCALAR_EVENT:
		return on_scalar(yaml, event, line, column);
	case YAML_MAPPING_START_EVENT:
		return on_open(yaml, NODE_MAPPING, event->data.mapping_start.anchor, line, column);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(yaml, NODE_SEQUENCE, event->data.sequence_start.anchor, line, column);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		yaml->depth--;
		return tree_close(&yaml->tree);
	default:
		return true;
	}
}

static void complain(struct yaml *yaml, const yaml_parser_t *parser, yaml_mark_t mark)
{
	CLEANUP(strbuf_release) struct strbuf where = STRBUF_INIT;
	const char *problem = yaml->tree.problem ? yaml->tree.problem :
			      yaml->overlong	 ? "more than 4 MiB without an end of a text" :
						   NULL;

	tree_where(&yaml->tree, &where);
	input_complain(yaml->input, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1, "%s%s%s%s: what came before, %llu objects, is read",
		       problem ? problem : "not YAML: ", problem ? "" : parser->problem ? parser->problem : "unknown problem",
		       where.len ? ", in " : "", where.buf, (unsigned long long)yaml->tree.whole);
}

static void parse_events(struct yaml *yaml, yaml_parser_t *parser)
{
	bool end = false, well = true;

	while (!end && well) {
		yaml_event_t event;
		yaml_mark_t mark;

		if (!yaml_parser_parse(parser, &event)) {
			complain(yaml, parser, parser->error == YAML_READER_ERROR ? parser->mark : parser->problem_mark);
			return;
		}
		yaml->quiet = 0;
		mark = event.start_mark;
		end = event.type == YAML_STREAM_END_EVENT;
		well = on_event(yaml, &event);
		yaml_event_delete(&event);
		if (!well)
			complain(yaml, parser, mark);
	}
}

void read_yaml(struct input *input)
{
	struct yaml *yaml = xcalloc(1, sizeof(*yaml));
	yaml_parser_t parser;

	tree_init(&yaml->tree, input->cluster, input->file);
	yaml->input = input;
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input(&parser, feed, yaml);
	parse_events(yaml, &parser);
	tree_end(&yaml->tree);
	yaml_parser_delete(&parser);
	tree_release(&yaml->tree);
	free(yaml);
}
