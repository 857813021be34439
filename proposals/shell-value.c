/* SPDX-License-Identifier: Apache-2.0 */
#include "shell-value.h"

#include "../core/parse.h"

void shell_value_release(struct shell_value *value)
{
	strbuf_release(&value->text);
	strbuf_release(&value->marks);
}

void shell_value_add(struct shell_value *value, const char *text, size_t length, enum shell_mark mark)
{
	strbuf_add(&value->text, text, length);
	strbuf_add_repeated(&value->marks, (char)mark, length);
}

void shell_value_add_value(struct shell_value *value, const struct shell_value *more)
{
	strbuf_add(&value->text, more->text.buf, more->text.len);
	strbuf_add(&value->marks, more->marks.buf, more->marks.len);
}

void shell_value_add_string(struct shell_value *value, const char *text)
{
	shell_value_add(value, text, strlen(text), MARK_PLAIN);
}

void shell_value_truncate(struct shell_value *value, size_t length)
{
	strbuf_truncate(&value->text, length);
	strbuf_truncate(&value->marks, length);
}

bool shell_value_has(const struct shell_value *value, enum shell_mark mark)
{
	return memchr(value->marks.buf, mark, value->marks.len) != NULL;
}

bool shell_value_known(const struct shell_value *value)
{
	return !shell_value_has(value, MARK_UNKNOWN) && !shell_value_has(value, MARK_UNSET);
}

bool shell_value_is(const struct shell_value *value, const char *text)
{
	return shell_value_known(value) && streq(value->text.buf, text);
}

bool shell_value_is_pattern(const struct shell_value *value)
{
	for (size_t i = 0; i < value->text.len; i++)
		if ((value->marks.buf[i] == MARK_LITERAL || value->marks.buf[i] == MARK_EXPANDED) &&
		    strchr("*?[", value->text.buf[i]))
			return true;
	return false;
}

void shell_value_missing(const struct shell_value *value, struct strbuf *out)
{
	size_t start = 0, end;

	while (start < value->marks.len && value->marks.buf[start] != MARK_UNKNOWN && value->marks.buf[start] != MARK_UNSET)
		start++;
	for (end = start; end < value->marks.len && value->marks.buf[end] == value->marks.buf[start]; end++)
		;
	strbuf_reset(out);
	strbuf_add(out, value->text.buf + start, end - start);
}

void shell_values_release(struct shell_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		shell_value_release(&values->items[i]);
	free(values->items);
	*values = (struct shell_values){ 0 };
}

struct shell_value *shell_values_add(struct shell_values *values)
{
	if (values->count == SHELL_VALUES_MAX)
		return NULL;
	GROW(values->items, values->capacity, values->count + 1);
	values->items[values->count] = (struct shell_value)SHELL_VALUE_INIT;
	return &values->items[values->count++];
}

void shell_values_cut(struct shell_values *values)
{
	struct shell_value *last = shell_values_add(values);

	last = last ? last : &values->items[values->count - 1];
	shell_value_truncate(last, 0);
	shell_value_add(last, "…", strlen("…"), MARK_UNKNOWN);
}

/* ---- braces ---- */

static void add_piece(struct shell_value *to, const struct shell_value *from, size_t start, size_t end)
{
	strbuf_add(&to->text, from->text.buf + start, end - start);
	strbuf_add(&to->marks, from->marks.buf + start, end - start);
}

#define SEQUENCE_MAX 48		/* characters: two numbers and what stands between them */

/* "1..10": both ends. */
static bool is_sequence(const struct shell_value *value, size_t start, size_t end, int64_t *first, int64_t *last)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	char *dots;

	if (end - start > SEQUENCE_MAX)
		return false;
	strbuf_add(&text, value->text.buf + start, end - start);
	dots = strstr(text.buf, "..");
	if (!dots)
		return false;
	*dots = '\0';
	return parse_i64(text.buf, first) == 0 && parse_i64(dots + 2, last) == 0 && *first <= *last &&
	       *last - *first < SHELL_VALUES_MAX;
}

/* One alternative between the braces at open and close, with what stands around them. */
static void add_alternative(const struct shell_value *value, size_t open, size_t close, size_t start, size_t end,
			    struct shell_values *values)
{
	struct shell_value *added = shell_values_add(values);

	if (!added)
		return;
	added->line = value->line;
	add_piece(added, value, 0, open);
	add_piece(added, value, start, end);
	add_piece(added, value, close + 1, value->text.len);
}

static void add_alternatives(const struct shell_value *value, size_t open, size_t close, struct shell_values *values)
{
	unsigned int depth = 0;
	size_t start = open + 1;

	for (size_t i = open + 1; i <= close; i++) {
		bool literal = value->marks.buf[i] == MARK_LITERAL;

		if (i == close || (literal && depth == 0 && value->text.buf[i] == ',')) {
			add_alternative(value, open, close, start, i, values);
			start = i + 1;
		} else if (literal && value->text.buf[i] == '{') {
			depth++;
		} else if (literal && value->text.buf[i] == '}') {
			depth--;
		}
	}
}

static void add_sequence(const struct shell_value *value, size_t open, size_t close, int64_t first, int64_t last,
			 struct shell_values *values)
{
	CLEANUP(strbuf_release) struct strbuf number = STRBUF_INIT;

	for (int64_t n = first; n <= last; n++) {
		struct shell_value *added = shell_values_add(values);

		if (!added)
			return;
		strbuf_reset(&number);
		strbuf_addf(&number, "%lld", (long long)n);
		added->line = value->line;
		add_piece(added, value, 0, open);
		shell_value_add(added, number.buf, number.len, MARK_LITERAL);
		add_piece(added, value, close + 1, value->text.len);
	}
}

struct brace {
	size_t open, close;
	bool comma;			/* at its own level */
	int64_t first, last;		/* of a sequence */
};

/* Of those that are closed and mean something the one that opens first; false: there is none. */
static bool find_brace(const struct shell_value *value, struct brace *ret_brace)
{
	struct brace *open = NULL;	/* that are not closed yet, in each other */
	size_t n_open = 0, capacity = 0;
	bool found = false;

	for (size_t i = 0; i < value->text.len; i++) {
		const char c = value->marks.buf[i] == MARK_LITERAL ? value->text.buf[i] : '\0';

		if (c == '{') {
			GROW(open, capacity, n_open + 1);
			open[n_open++] = (struct brace){ .open = i };
		} else if (c == ',' && n_open > 0) {
			open[n_open - 1].comma = true;
		} else if (c == '}' && n_open > 0) {
			struct brace *brace = &open[--n_open];

			brace->close = i;
			if (!brace->comma && !is_sequence(value, brace->open + 1, i, &brace->first, &brace->last))
				continue;
			if (!found || brace->open < ret_brace->open)
				*ret_brace = *brace;
			found = true;
		}
	}
	free(open);
	return found;
}

/* false: there are no braces in it. */
static bool expand_one(const struct shell_value *value, struct shell_values *values)
{
	struct brace brace;

	if (!find_brace(value, &brace))
		return false;
	if (brace.comma)
		add_alternatives(value, brace.open, brace.close, values);
	else
		add_sequence(value, brace.open, brace.close, brace.first, brace.last, values);
	return true;
}

#define BRACES_MAX 1000		/* words that one word may become */

void shell_braces(const struct shell_value *value, struct shell_values *values)
{
	struct shell_values waiting = { 0 };
	size_t made = 0;

	shell_value_add_value(shell_values_add(&waiting), value);
	waiting.items[0].line = value->line;
	/* Depth first, so that they come out in their order. */
	while (waiting.count > 0 && made < BRACES_MAX) {
		struct shell_value one = waiting.items[--waiting.count];
		struct shell_values some = { 0 };

		if (expand_one(&one, &some)) {
			while (some.count > 0 && waiting.count < SHELL_VALUES_MAX) {
				GROW(waiting.items, waiting.capacity, waiting.count + 1);
				waiting.items[waiting.count++] = some.items[--some.count];
			}
		} else {
			struct shell_value *added = shell_values_add(values);

			if (added) {
				added->line = one.line;
				shell_value_add_value(added, &one);
			}
		}
		made++;
		shell_values_release(&some);
		shell_value_release(&one);
	}
	if (waiting.count > 0)
		shell_values_cut(values);
	shell_values_release(&waiting);
}

/* ---- splitting ---- */

void shell_split(const struct shell_value *value, const char *separators, struct shell_values *values)
{
	struct shell_value *field = NULL;

	for (size_t i = 0; i < value->text.len; i++) {
		if (value->marks.buf[i] == MARK_EXPANDED && strchr(separators, value->text.buf[i])) {
			field = NULL;
			continue;
		}
		if (!field)
			field = shell_values_add(values);
		if (!field)
			return;
		field->line = value->line;
		add_piece(field, value, i, i + 1);
	}
}

/* ---- streams ---- */

void shell_stream_release(struct shell_stream *stream)
{
	shell_value_release(&stream->value);
	free(stream->lines);
	*stream = (struct shell_stream)SHELL_STREAM_INIT;
}

static bool begins_line(const struct shell_stream *stream)
{
	const struct strbuf *text = &stream->value.text;

	return text->len == 0 || text->buf[text->len - 1] == '\n';
}

static const char *next_line_of(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline ? newline + 1 : end;
}

static void add_line(struct shell_stream *stream, const struct shell_value *value, size_t start, size_t end, unsigned int line)
{
	if (stream->value.text.len + (end - start) > SHELL_STREAM_MAX) {
		stream->unknown = true;
		stream->why = "a command that prints more than is kept";
		return;
	}
	if (begins_line(stream)) {
		GROW(stream->lines, stream->capacity, stream->n_lines + 1);
		stream->lines[stream->n_lines++] = line;
	}
	add_piece(&stream->value, value, start, end);
}

void shell_stream_add(struct shell_stream *stream, const struct shell_value *value, unsigned int line, unsigned int step)
{
	const char *start = value->text.buf, *end = start + value->text.len;

	for (const char *at = start, *next; at < end; at = next, line += step) {
		next = next_line_of(at, end);
		add_line(stream, value, (size_t)(at - start), (size_t)(next - start), line);
	}
}

void shell_stream_add_stream(struct shell_stream *stream, const struct shell_stream *more)
{
	const char *start = more->value.text.buf, *end = start + more->value.text.len, *at = start, *next;

	for (size_t i = 0; i < more->n_lines && at < end; i++, at = next) {
		next = next_line_of(at, end);
		add_line(stream, &more->value, (size_t)(at - start), (size_t)(next - start), more->lines[i]);
	}
	stream->unknown |= more->unknown;
	stream->why = more->why ? more->why : stream->why;
}

bool shell_stream_line_known(const struct shell_stream *stream, size_t start)
{
	const struct shell_value *value = &stream->value;

	for (size_t i = start; i < value->text.len && value->text.buf[i] != '\n'; i++)
		if (value->marks.buf[i] == MARK_UNKNOWN || value->marks.buf[i] == MARK_UNSET)
			return false;
	return true;
}

bool shell_stream_known(const struct shell_stream *stream)
{
	return !stream->unknown && shell_value_known(&stream->value);
}
