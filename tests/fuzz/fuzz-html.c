/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever text goes into a page: it stays text, is UTF-8, and holds no control character. */
#include <stdlib.h>

#include "../../core/json.h"
#include "../../core/quote.h"
#include "../../reports/html-parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Besides what the writer itself puts around it. */
static void check(const struct strbuf *out, const char *begin, const char *end, const char *inside)
{
	size_t last = out->len - strlen(end);

	if (!utf8_valid(out->buf, out->len) || strlen(out->buf) != out->len || !starts_with(out->buf, begin) ||
	    !ends_with(out->buf, end))
		abort();
	for (size_t i = strlen(begin); i < last; i++) {
		unsigned char c = (unsigned char)out->buf[i];

		if (c == '<' && inside && strncmp(out->buf + i, inside, strlen(inside)) == 0)
			i += strlen(inside) - 1;
		else if ((c < ' ' && c != '\n') || c == 0x7f || strchr("<>\"'", c))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, prose = STRBUF_INIT, code = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf commands = STRBUF_INIT, attribute = STRBUF_INIT;

	strbuf_add(&text, data, size);
	html_text(&prose, text.buf);
	check(&prose, "", "", NULL);
	html_code(&code, NULL, text.buf);
	check(&code, "<code>", "</code>", "<wbr>");
	html_commands(&commands, text.buf);
	check(&commands, "<pre><code>", "</code></pre>", NULL);
	quote_html(&attribute, text.buf, strlen(text.buf));
	check(&attribute, "", "", NULL);
	if (strchr(prose.buf, '\n') || strchr(code.buf, '\n') || strchr(attribute.buf, '\n'))
		abort();
	return 0;
}
