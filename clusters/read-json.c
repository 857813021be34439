/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in pieces, as kubectl and the API write it: libyajl's events become one object at a time. */
#include <yajl/yajl_parse.h>

#include "../core/strbuf.h"
#include "read.h"

struct json {
	struct tree tree;
	struct input *input;
	yajl_handle parser;
	const char *piece;
	size_t length;
	size_t counted;			/* of the piece: lines up to here are */
	uint64_t before;		/* bytes of earlier pieces */
	uint64_t line_begin;		/* where the line begins, from the start of the text */
	uint32_t line;
	uint64_t events;
	uint32_t at_line, at_column;	/* of the token that is kept now */
};

#define EACH_BYTE 0x0101010101010101ULL

/* Eight bytes at a time: all of a dump goes through here, and one at a time would cost a third of parsing it. */
static size_t count_newlines(const char *bytes, size_t length)
{
	size_t count = 0;

	while (length >= sizeof(uint64_t)) {
		uint64_t lanes = 0;

		for (int i = 0; i < 255 && length >= sizeof(uint64_t); i++) {
			uint64_t word;

			memcpy(&word, bytes, sizeof(word));
			word ^= EACH_BYTE * '\n';
			/* The upper bit of each byte that is zero now. */
			lanes += ~(((word & EACH_BYTE * 0x7f) + EACH_BYTE * 0x7f) | word | EACH_BYTE * 0x7f) >> 7;
			bytes += sizeof(word);
			length -= sizeof(word);
		}
		/* Eight lanes of at most 255: added in pairs first. */
		lanes = (lanes & 0x00ff00ff00ff00ffULL) + (lanes >> 8 & 0x00ff00ff00ff00ffULL);
		count += lanes * 0x0001000100010001ULL >> 48;
	}
	for (; length > 0; length--)
		count += *bytes++ == '\n';
	return count;
}

static void count_lines(struct json *json, size_t to)
{
	const char *bytes = json->piece, *newline;
	size_t count;

	if (to <= json->counted)
		return;
	count = count_newlines(bytes + json->counted, to - json->counted);
	if (count > 0) {
		newline = memrchr(bytes + json->counted, '\n', to - json->counted);
		json->line += (uint32_t)count;
		json->line_begin = json->before + (size_t)(newline - bytes) + 1;
	}
	json->counted = to;
}

/* Where the text in quotes begins that ends before this: escapes make it longer than what it says. */
static size_t opening_quote(const char *piece, size_t end)
{
	for (size_t i = end > 1 ? end - 1 : 0; i > 0; i--) {
		size_t backslashes = 0;

		while (backslashes < i - 1 && piece[i - 2 - backslashes] == '\\')
			backslashes++;
		if (piece[i - 1] == '"' && backslashes % 2 == 0)
			return i - 1;
	}
	return 0;
}

/* A token ends where the parser is, and is so long; text lies in the piece unless it was put together. */
static void place_token(struct json *json, const char *text, size_t length)
{
	size_t end = MIN(yajl_get_bytes_consumed(json->parser), json->length);
	uint64_t begin;

	count_lines(json, end);
	if (text && text >= json->piece && text < json->piece + json->length)
		begin = json->before + (size_t)(text - json->piece) - (end - (size_t)(text - json->piece) > length);
	else if (text && end > 0 && json->piece[end - 1] == '"')
		begin = json->before + opening_quote(json->piece, end);
	else
		begin = json->before + end >= length ? json->before + end - length : 0;
	json->at_line = json->line;
	json->at_column = (uint32_t)MIN(begin >= json->line_begin ? begin - json->line_begin + 1 : 1, UINT32_MAX);
}

static int on_scalar(struct json *json, const char *text, size_t length, bool quoted)
{
	json->events++;
	if (tree_takes(&json->tree))
		place_token(json, text, length);
	return tree_scalar(&json->tree, text, length, quoted, json->at_line, json->at_column);
}

static int on_null(void *context)
{
	return on_scalar(context, "null", 4, false);
}

static int on_bool(void *context, int value)
{
	return value ? on_scalar(context, "true", 4, false) : on_scalar(context, "false", 5, false);
}

static int on_number(void *context, const char *text, size_t length)
{
	return on_scalar(context, text, length, false);
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
	return on_scalar(context, (const char *)text, length, true);
}

static int on_key(void *context, const unsigned char *text, size_t length)
{
	struct json *json = context;
	const struct wanted *wanted;

	json->events++;
	if (json->tree.skipped > 0)
		return 1;
	wanted = tree_wants(&json->tree, (const char *)text, length);
	if (wanted)
		place_token(json, (const char *)text, length);
	tree_key(&json->tree, wanted, (const char *)text, length, json->at_line, json->at_column);
	return 1;
}

static int on_open(struct json *json, enum node_kind kind)
{
	json->events++;
	if (tree_takes(&json->tree))
		place_token(json, NULL, 1);
	return tree_open(&json->tree, kind, json->at_line, json->at_column);
}

static int on_object_begin(void *context)
{
	return on_open(context, NODE_MAPPING);
}

static int on_array_begin(void *context)
{
	return on_open(context, NODE_SEQUENCE);
}

static int on_end(void *context)
{
	struct json *json = context;

	json->events++;
	return tree_close(&json->tree);
}

/* "parse error: premature EOF" and a new line */
static void complain(struct json *json)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, where = STRBUF_INIT;
	unsigned char *message = yajl_get_error(json->parser, 0, NULL, 0);

	place_token(json, NULL, 1);
	tree_where(&json->tree, &where);
	strbuf_add_string(&text, message ? (const char *)message : "not JSON");
	strbuf_trim(&text);
	if (json->tree.problem)
		input_complain(json->input, json->at_line, json->at_column, "%s", json->tree.problem);
	else if (strstr(text.buf, "premature EOF"))
		input_complain(json->input, json->at_line, json->at_column,
			       "the text breaks off here%s%s: what came before, %llu objects, is read", where.len ? " in " : "",
			       where.buf, (unsigned long long)json->tree.whole);
	else
		input_complain(json->input, json->at_line, json->at_column, "not JSON: %s", text.buf);
	if (message)
		yajl_free_error(json->parser, message);
}

static bool parse_pieces(struct json *json)
{
	uint64_t quiet = 0;

	while ((json->length = input_next(json->input, &json->piece)) > 0) {
		uint64_t events = json->events;

		json->counted = 0;
		if (yajl_parse(json->parser, (const unsigned char *)json->piece, json->length) != yajl_status_ok)
			return false;
		count_lines(json, json->length);
		json->before += json->length;
		quiet = json->events == events ? quiet + json->length : 0;
		if (quiet > READ_QUIET_MAX) {
			json->tree.problem = "more than 4 MiB without an end of a text";
			return false;
		}
	}
	json->counted = 0;
	return yajl_complete_parse(json->parser) == yajl_status_ok;
}

void read_json(struct input *input)
{
	static const yajl_callbacks callbacks = {
		.yajl_null = on_null, .yajl_boolean = on_bool, .yajl_number = on_number, .yajl_string = on_string,
		.yajl_start_map = on_object_begin, .yajl_map_key = on_key, .yajl_end_map = on_end,
		.yajl_start_array = on_array_begin, .yajl_end_array = on_end,
	};
	struct json *json = xcalloc(1, sizeof(*json));

	tree_init(&json->tree, input->cluster, input->file);
	json->input = input;
	json->line = 1;
	json->parser = yajl_alloc(&callbacks, NULL, json);
	if (!json->parser)
		abort();
	yajl_config(json->parser, yajl_allow_multiple_values, 1);
	if (!parse_pieces(json))
		complain(json);
	tree_end(&json->tree);
	yajl_free(json->parser);
	tree_release(&json->tree);
	free(json);
}
