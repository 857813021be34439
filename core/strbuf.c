/* SPDX-License-Identifier: Apache-2.0 */
#include "strbuf.h"

#include <assert.h>
#include <stdio.h>

char strbuf_empty[1];

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void strbuf_release(struct strbuf *text)
{
	if (text->capacity)
		free(text->buf);
	*text = (struct strbuf)STRBUF_INIT;
}

void strbuf_reset(struct strbuf *text)
{
	strbuf_truncate(text, 0);
}

void strbuf_reserve(struct strbuf *text, size_t more)
{
	size_t wanted = text->len + more + 1;

	if (wanted <= text->capacity)
		return;
	if (!text->capacity)
		text->buf = NULL;
	wanted = MAX(wanted, (size_t)32);
	text->buf = grow_array(text->buf, &text->capacity, wanted, 1);
	text->buf[text->len] = '\0';
}

void strbuf_add(struct strbuf *text, const void *bytes, size_t length)
{
	if (length == 0)
		return;
	strbuf_reserve(text, length);
	memcpy(text->buf + text->len, bytes, length);
	text->len += length;
	text->buf[text->len] = '\0';
}

void strbuf_add_string(struct strbuf *text, const char *string)
{
	strbuf_add(text, string, strlen(string));
}

void strbuf_add_char(struct strbuf *text, char c)
{
	strbuf_add(text, &c, 1);
}

void strbuf_add_repeated(struct strbuf *text, char c, size_t count)
{
	strbuf_reserve(text, count);
	memset(text->buf + text->len, c, count);
	text->len += count;
	text->buf[text->len] = '\0';
}

void strbuf_addf(struct strbuf *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(text, format, arguments);
	va_end(arguments);
}

void strbuf_vaddf(struct strbuf *text, const char *format, va_list arguments)
{
	va_list again;
	int n;

	va_copy(again, arguments);
	strbuf_reserve(text, 64);
	n = vsnprintf(text->buf + text->len, text->capacity - text->len, format, arguments);
	assert(n >= 0);
	if ((size_t)n >= text->capacity - text->len) {
		strbuf_reserve(text, (size_t)n);
		n = vsnprintf(text->buf + text->len, text->capacity - text->len, format, again);
	}
	va_end(again);
	text->len += (size_t)n;
}

void strbuf_truncate(struct strbuf *text, size_t length)
{
	if (length >= text->len)
		return;
	text->len = length;
	text->buf[length] = '\0';
}

void strbuf_trim(struct strbuf *text)
{
	size_t start = 0;

	while (text->len > 0 && is_space(text->buf[text->len - 1]))
		strbuf_truncate(text, text->len - 1);
	while (start < text->len && is_space(text->buf[start]))
		start++;
	if (start == 0)
		return;
	memmove(text->buf, text->buf + start, text->len - start + 1);
	text->len -= start;
}

char *strbuf_steal(struct strbuf *text)
{
	char *string = text->capacity ? text->buf : xstrdup("");

	*text = (struct strbuf)STRBUF_INIT;
	return string;
}
