/* SPDX-License-Identifier: Apache-2.0 */
/* Where each line of a scalar's text stands in the source: a block that holds a script is read by lines, and what is said of
 * one of them has to point at it.
 *
 *	content: |		the text's first line is the source's second one
 *	  a
 *	folded: >		"a b\nc": its second line begins at the fourth line below
 *	  a
 *	  b
 *
 *	  c
 *	double: "a\nb"		both lines stand in this one */
#include "node-foreign.h"

struct line_list {
	uint32_t *lines;
	size_t count, capacity;
};

static void line_list_release(struct line_list *list)
{
	free(list->lines);
}

static void add_line(struct line_list *list, uint32_t line)
{
	GROW(list->lines, list->capacity, list->count + 1);
	list->lines[list->count++] = line;
}

struct text_cursor text_cursor_new(const char *text, size_t length)
{
	struct text_cursor cursor = { .text = text, .end = text + length, .at = text, .line = 1 };

	/* libyaml does not count the byte order mark. */
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		cursor.at += 3;
	return cursor;
}

void text_cursor_move(struct text_cursor *cursor, const yaml_mark_t *mark)
{
	while (cursor->characters < mark->index && cursor->at < cursor->end) {
		cursor->line += *cursor->at == '\n';
		cursor->at++;
		while (cursor->at < cursor->end && ((unsigned char)*cursor->at & 0xc0) == 0x80)
			cursor->at++;
		cursor->characters++;
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A tag and an anchor may stand before a scalar, also on a line of their own. */
static void skip_properties(struct text_cursor *cursor)
{
	while (cursor->at < cursor->end && (*cursor->at == '!' || *cursor->at == '&')) {
		while (cursor->at < cursor->end && !is_blank(*cursor->at) && *cursor->at != '\n')
			cursor->at++;
		while (cursor->at < cursor->end && (is_blank(*cursor->at) || *cursor->at == '\n'))
			cursor->line += *cursor->at++ == '\n';
	}
}

/* One line's end is a space, several are one less. */
static const char *walk_line_ends(const char *at, const char *end, uint32_t *line, bool escaped, struct line_list *list)
{
	uint32_t ends = 0;

	for (; at < end && (is_blank(*at) || *at == '\n'); at++) {
		if (*at != '\n')
			continue;
		++*line;
		if (++ends > 1 || escaped)
			add_line(list, *line);
	}
	return at;
}

static void flow_lines(const struct text_cursor *cursor, const char *end, bool escapes, struct line_list *list)
{
	const char *at = cursor->at;
	uint32_t line = cursor->line;

	add_line(list, line);
	while (at < end) {
		if (escapes && *at == '\\' && at + 1 < end) {
			bool line_end = at[1] == '\n';

			if (at[1] == 'n')
				add_line(list, line);
			line += line_end;
			at += 2;
			if (line_end)
				at = walk_line_ends(at, end, &line, true, list);
		} else if (*at == '\n') {
			at = walk_line_ends(at, end, &line, false, list);
		} else {
			at++;
		}
	}
}

static const char *line_end(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline ? newline : end;
}

/* cursor stands at the "|" or ">". */
static void literal_lines(const struct text_cursor *cursor, const char *text, size_t length, struct line_list *list)
{
	uint32_t line = cursor->line + 1;

	add_line(list, line);
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\n')
			add_line(list, ++line);
}

/* Folding only puts spaces and line ends between the source's lines: what they hold is found in the text in their order. */
static void folded_lines(const struct text_cursor *cursor, const char *text, size_t length, struct line_list *list)
{
	const char *source = line_end(cursor->at, cursor->end), *at = text, *end = text + length;
	uint32_t line = cursor->line;
	size_t behind = 1;		/* lines of the text that have begun and have no place yet */

	while (at < end && source < cursor->end) {
		const char *begin = source + 1, *stop = line_end(begin, cursor->end);
		size_t n;

		line++;
		source = stop;
		while (begin < stop && is_blank(*begin))
			begin++;
		while (stop > begin && stop[-1] == '\r')
			stop--;
		n = (size_t)(stop - begin);
		if (n == 0)
			continue;
		for (; at < end && (is_blank(*at) || *at == '\n'); at++)
			behind += *at == '\n';
		if ((size_t)(end - at) < n || memcmp(at, begin, n) != 0)
			break;
		for (; behind > 0; behind--)
			add_line(list, line);
		at += n;
	}
	if (list->count == 0)
		add_line(list, cursor->line);
}

/* A list for a text of so many lines; one line stands for all when they are in one place. */
static void fit(struct line_list *list, size_t wanted)
{
	bool same = true;

	while (list->count < wanted)
		add_line(list, list->lines[list->count - 1]);
	for (size_t i = 1; i < wanted; i++)
		same &= list->lines[i] == list->lines[0];
	list->count = same ? 1 : wanted;
}

static size_t count_lines(const char *text, size_t length)
{
	size_t lines = 1;

	/* What follows the last line's end is no line. */
	for (size_t i = 0; i + 1 < length; i++)
		lines += text[i] == '\n';
	return lines;
}

const struct node_detail *node_detail_new(struct arena *arena, struct text_cursor *cursor, const yaml_event_t *event)
{
	CLEANUP(line_list_release) struct line_list list = { 0 };
	struct node_detail *detail = arena_alloc(arena, sizeof(*detail));
	const char *text = (const char *)event->data.scalar.value, *tag = (const char *)event->data.scalar.tag;
	size_t length = event->data.scalar.length;
	struct text_cursor begin, end;
	uint32_t *lines;

	text_cursor_move(cursor, &event->start_mark);
	begin = end = *cursor;
	text_cursor_move(&end, &event->end_mark);
	skip_properties(&begin);
	if (event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE)
		literal_lines(&begin, text, length, &list);
	else if (event->data.scalar.style == YAML_FOLDED_SCALAR_STYLE)
		folded_lines(&begin, text, length, &list);
	else
		flow_lines(&begin, end.at, event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE, &list);
	fit(&list, count_lines(text, length));
	lines = arena_alloc(arena, list.count * sizeof(*lines));
	memcpy(lines, list.lines, list.count * sizeof(*lines));
	*detail = (struct node_detail){
		.tag = tag ? arena_strdup(arena, tag) : "",
		.lines = lines,
		.n_lines = (uint32_t)list.count,
		.last_line = lines[list.count - 1],
	};
	return detail;
}
