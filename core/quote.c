/* SPDX-License-Identifier: Apache-2.0 */
#include "quote.h"

#include "json.h"

static bool harmless(const char *text, size_t length)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";

	/* "~" and "=" first in a word mean something to a shell; "-" first means something to a program. */
	if (length == 0 || text[0] == '-' || text[0] == '=')
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\0' || !strchr(plain, text[i]))
			return false;
	return true;
}

void quote_shell(struct strbuf *out, const char *text, size_t length)
{
	if (harmless(text, length)) {
		strbuf_add(out, text, length);
		return;
	}
	strbuf_add_char(out, '\'');
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\'')
			strbuf_add_string(out, "'\\''");
		else if (text[i] != '\0')	/* no shell word can hold one */
			strbuf_add_char(out, text[i]);
	}
	strbuf_add_char(out, '\'');
}

/* Characters that move the cursor or turn the direction of the text around, and code points that are no characters, which
 * XML refuses. */
static bool dangerous(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	       (code >= 0xe0000 && code <= 0xe0fff) || (code >= 0xfdd0 && code <= 0xfdef) ||
	       (code & 0xfffe) == 0xfffe;
}

void quote_terminal(struct strbuf *out, const char *text, size_t length)
{
	while (length > 0) {
		uint32_t code = 0;
		size_t n = utf8_decode(text, length, &code);

		if (n == 0) {
			strbuf_addf(out, "\\x%02x", (unsigned char)*text);
			n = 1;
		} else if (!dangerous(code)) {
			strbuf_add(out, text, n);
		} else if (code < 0x80) {
			strbuf_addf(out, "\\x%02x", code);
		} else {
			strbuf_addf(out, "\\u{%04x}", code);
		}
		text += n;
		length -= n;
	}
}

static void add_octal(struct strbuf *out, const char *text)
{
	strbuf_add_string(out, "\"$(printf '%b' '");
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c < ' ' || *c >= 0x7f || strchr("'\\$`", *c))
			strbuf_addf(out, "\\0%03o", *c);
		else
			strbuf_add_char(out, (char)*c);
	}
	strbuf_add_string(out, "')\"");
}

void quote_word(struct strbuf *out, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf shown = STRBUF_INIT;

	quote_terminal(&shown, text, strlen(text));
	if (streq(shown.buf, text) && !strpbrk(text, "$`"))
		quote_shell(out, text, strlen(text));
	else
		add_octal(out, text);
}

/* The character, or where it is one of those in from, the entity of its number. */
static void add_entities(struct strbuf *out, char c, const char *from)
{
	if (strchr(from, c))
		strbuf_addf(out, "&#%u;", (unsigned int)c);
	else
		strbuf_add_char(out, c);
}

void quote_html(struct strbuf *out, const char *text, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;

	quote_terminal(&safe, text, length);
	for (const char *c = safe.buf; *c; c++)
		add_entities(out, *c, "&<>\"'");
}

/* Mentions, references to issues and addresses are found in the text that comes out, so that no escape keeps them from
 * being links: a space of no width behind their first character does. */
static bool begins_link(const char *c, const char *begin)
{
	static const char marks[] = "@#!~$%&^";

	if (strchr(marks, *c))
		return c[1] > ' ';
	if (*c == ':')
		return c[1] == '/';
	return *c == '.' && c - begin >= 3 && strncasecmp(c - 3, "www", 3) == 0;
}

#define MARKDOWN_SPECIAL "\\`*_[]<>#|~&$@"

void quote_markdown(struct strbuf *out, const char *text, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;

	quote_terminal(&safe, text, length);
	for (const char *c = safe.buf; *c; c++) {
		bool links = begins_link(c, safe.buf);

		add_entities(out, *c, links ? MARKDOWN_SPECIAL ":." : MARKDOWN_SPECIAL);
		strbuf_add_string(out, links ? "&#8203;" : "");
	}
}

/* A table is divided at each "|", and programs disagree how one is kept within a code span; a backquote would end it.  Such
 * text goes into <code>, where addresses still become links, so that it is quoted like any other. */
void quote_markdown_code(struct strbuf *out, const char *text, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;

	quote_terminal(&safe, text, length);
	if (safe.len && !strpbrk(safe.buf, "`|\\") && safe.buf[0] != ' ' && safe.buf[safe.len - 1] != ' ') {
		strbuf_addf(out, "`%s`", safe.buf);
		return;
	}
	strbuf_add_string(out, "<code>");
	quote_markdown(out, text, length);
	strbuf_add_string(out, "</code>");
}

static bool is_number(const char *text)
{
	text += *text == '-' || *text == '+';
	return *text && text[strspn(text, "0123456789.")] == '\0';
}

/* What Excel, LibreOffice and Google's sheets take for the begin of a formula, the full-width forms included. */
static bool begins_formula(const char *text)
{
	static const char *const begins[] = { "=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0" };

	text += strspn(text, " ");
	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (starts_with(text, begins[i]))
			return !is_number(text);
	return false;
}

void quote_csv(struct strbuf *out, const char *text, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;

	quote_terminal(&safe, text, length);
	strbuf_add_char(out, '"');
	if (begins_formula(safe.buf))
		strbuf_add_char(out, '\'');
	for (const char *c = safe.buf; *c; c++) {
		if (*c == '"')
			strbuf_add_char(out, '"');
		strbuf_add_char(out, *c);
		/* Where a spreadsheet that splits at ";" begins a field. */
		if ((*c == ';' || *c == '"') && begins_formula(c + 1))
			strbuf_add_char(out, '\'');
	}
	strbuf_add_char(out, '"');
}
