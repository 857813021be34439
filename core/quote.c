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

/* Characters that move the cursor or turn the direction of the text around. */
static bool dangerous(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	       (code >= 0xe0000 && code <= 0xe0fff);
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
