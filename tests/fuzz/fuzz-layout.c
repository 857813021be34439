/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever text is laid out: it stays within the page, is UTF-8, and holds no control character. */
#include <stdlib.h>

#include "../../core/json.h"
#include "../../reports/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct page *page)
{
	const char *line = page->text.buf;

	if (!utf8_valid(line, page->text.len) || strlen(line) != page->text.len)
		abort();
	while (*line) {
		size_t length = strcspn(line, "\n");
		CLEANUP(strbuf_release) struct strbuf one = STRBUF_INIT;

		strbuf_add(&one, line, length);
		if (display_width(one.buf) > page->width)
			abort();
		for (size_t i = 0; i < length; i++)
			if ((unsigned char)line[i] < ' ' || (!page->unicode && (unsigned char)line[i] > 0x7e))
				abort();
		line += length + (line[length] == '\n');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(page_release) struct page page = { .text = STRBUF_INIT };
	struct flow flow;

	if (size < 2)
		return 0;
	strbuf_add(&text, data + 2, size - 2);
	page_init(&page, data[0], false, data[1] & 1);
	flow = flow_begin(&page, data[1] >> 2);
	flow_add(&flow, STYLE_BOLD, text.buf);
	flow_phrase(&flow, STYLE_PLAIN, text.buf);
	flow_gap(&flow, data[1] & 7);
	flow_add(&flow, STYLE_DIM, text.buf);
	flow_end(&flow);
	page_labelled(&page, 2, 17, text.buf, text.buf);
	page_paragraph(&page, 4, STYLE_PLAIN, text.buf);
	page_heading(&page, text.buf, text.buf);
	check(&page);
	return 0;
}
