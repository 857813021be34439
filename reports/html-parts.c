/* SPDX-License-Identifier: Apache-2.0 */
#include "html-parts.h"

#include "../core/quote.h"
#include "layout.h"
#include "phrase.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Where a text ends that may be so long: between two characters. */
static size_t cut_length(const char *text, size_t length)
{
	size_t cut = HTML_TEXT_MAX;

	if (length <= HTML_TEXT_MAX)
		return length;
	while (cut > HTML_TEXT_MAX - 4 && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	return cut;
}

/* After a number, before its unit: "10 %" is not broken. */
static bool joins(const char *text, size_t before, const char *next, size_t left)
{
	size_t length = 0;

	if (before == 0 || text[before - 1] < '0' || text[before - 1] > '9')
		return false;
	while (length < left && !is_blank(next[length]))
		length++;
	return is_unit_word(next, length);
}

static void add_words(struct strbuf *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t end = i, next;

		while (end < length && !is_blank(text[end]))
			end++;
		quote_html(out, text + i, end - i);
		for (next = end; next < length && is_blank(text[next]);)
			next++;
		if (next > end)
			strbuf_add_string(out, joins(text, end, text + next, length - next) ? "&nbsp;" : " ");
		i = next;
	}
}

void html_text(struct strbuf *out, const char *text)
{
	size_t length = text ? strlen(text) : 0, shown = cut_length(text, length);

	add_words(out, text, shown);
	if (shown < length)
		strbuf_addf(out, "… (%zu bytes more)", length - shown);
}

void html_code(struct strbuf *out, const char *class, const char *text)
{
	size_t length = text ? strlen(text) : 0, shown = cut_length(text, length);

	strbuf_addf(out, class ? "<code class=\"%s\">" : "<code>", class);
	for (size_t i = 0; i < shown;) {
		size_t n = strcspn(text + i, "./");

		n = MIN(n + 1, shown - i);
		add_words(out, text + i, n);
		i += n;
		if (i < shown && strchr("./", text[i - 1]))
			strbuf_add_string(out, "<wbr>");
	}
	strbuf_add_string(out, shown < length ? "…</code>" : "</code>");
}

void html_textf(struct strbuf *out, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	html_text(out, text.buf);
}

void html_element(struct strbuf *out, const char *tag, const char *class, const char *text)
{
	if (!text || !*text)
		return;
	strbuf_addf(out, class ? "<%s class=\"%s\">" : "<%s>", tag, class);
	html_text(out, text);
	strbuf_addf(out, "</%s>\n", tag);
}

void html_commands(struct strbuf *out, const char *commands)
{
	strbuf_add_string(out, "<pre><code>");
	while (*commands) {
		size_t length = strcspn(commands, "\n");

		quote_html(out, commands, length);
		commands += length;
		if (*commands == '\n' && *++commands)
			strbuf_add_char(out, '\n');
	}
	strbuf_add_string(out, "</code></pre>");
}

void html_fact(struct strbuf *out, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	strbuf_addf(out, "<dt>%s</dt><dd>", label);
	html_text(out, text);
	strbuf_add_string(out, "</dd>\n");
}

void html_fact_commands(struct strbuf *out, const char *label, const char *commands)
{
	if (!commands || !*commands)
		return;
	strbuf_addf(out, "<dt>%s</dt><dd>", label);
	html_commands(out, commands);
	strbuf_add_string(out, "</dd>\n");
}

void html_more(struct strbuf *out, const char *tag, size_t more)
{
	if (more == 0)
		return;
	strbuf_addf(out, "<%s class=\"dim\">and ", tag);
	phrase_count(out, more);
	strbuf_addf(out, " more; <code>--output json</code> has all</%s>\n", tag);
}

void html_note(struct strbuf *out, const struct diag_entry *entry)
{
	strbuf_add_string(out, entry->level == DIAG_ERROR ? "<li class=\"error\">error: " : "<li>");
	if (entry->place.file) {
		strbuf_add_string(out, "<code>");
		html_textf(out, entry->place.line ? "%s:%u" : "%s", entry->place.file, entry->place.line);
		strbuf_add_string(out, "</code>: ");
	}
	html_text(out, entry->message);
	strbuf_add_string(out, "</li>\n");
}
