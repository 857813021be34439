/* SPDX-License-Identifier: Apache-2.0 */
#include "swaps.h"

#include <errno.h>

#include "../core/parse.h"

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

void octal_unescape(struct strbuf *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\\' && i + 3 < length && text[i + 1] <= '3' &&
		    is_octal(text[i + 1]) && is_octal(text[i + 2]) && is_octal(text[i + 3])) {
			strbuf_add_char(out, (char)((text[i + 1] - '0') * 64 +
						    (text[i + 2] - '0') * 8 + text[i + 3] - '0'));
			i += 3;
		} else {
			strbuf_add_char(out, text[i]);
		}
	}
}

static bool word_is(const char *word, size_t length, const char *text)
{
	return length == strlen(text) && memcmp(word, text, length) == 0;
}

/* "-2", "100" */
static bool scan_i64(const char **cursor, int64_t *ret_value)
{
	bool negative = **cursor == '-';
	uint64_t value;

	*cursor += negative;
	if (!scan_u64(cursor, &value) || value > INT32_MAX)
		return false;
	*ret_value = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

static void skip_blanks(const char **cursor)
{
	while (**cursor == ' ' || **cursor == '\t')
		(*cursor)++;
}

/* "/dev/zram0                              partition	8388604		1024		100" */
static bool parse_area(const char *line, struct swap_area *area)
{
	const char *name, *kind;
	size_t name_length, kind_length;

	if (!next_word(&line, &name, &name_length) || !next_word(&line, &kind, &kind_length))
		return false;
	if (!word_is(kind, kind_length, "partition") && !word_is(kind, kind_length, "file"))
		return false;
	skip_blanks(&line);
	if (!scan_u64(&line, &area->size_kib))
		return false;
	skip_blanks(&line);
	if (!scan_u64(&line, &area->used_kib))
		return false;
	skip_blanks(&line);
	if (!scan_i64(&line, &area->priority))
		return false;
	strbuf_reset(&area->name);
	octal_unescape(&area->name, name, name_length);
	area->kind = *kind == 'f'				? "file"
		     : starts_with(area->name.buf, "/dev/zram") ? "zram"
								: "partition";
	return true;
}

int next_swap_area(const char **cursor, struct swap_area *area)
{
	while (**cursor) {
		const char *line = *cursor;

		(void)next_line(cursor);
		if (starts_with(line, "Filename") || *line == '\n')
			continue;
		return parse_area(line, area) ? 1 : -EBADMSG;
	}
	return 0;
}
