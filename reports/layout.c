/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include <stdarg.h>
#include <stdio.h>

#include "../core/json.h"
#include "../core/quote.h"

/* clang-format off */
static const char *const style_codes[STYLE_COUNT] = {
	[STYLE_PLAIN]  = "",
	[STYLE_BOLD]   = "\033[1m",
	[STYLE_DIM]    = "\033[2m",
	[STYLE_RED]    = "\033[31m",
	[STYLE_YELLOW] = "\033[33m",
	[STYLE_GREEN]  = "\033[32m",
	[STYLE_BLUE]   = "\033[34m",
	[STYLE_ALARM]  = "\033[1;31m",
};

static const struct { const char *unicode, *ascii; } symbols[SYMBOL_COUNT] = {
	[SYMBOL_ARROW] = { .unicode = "→", .ascii = "->", },
	[SYMBOL_DOT]   = { .unicode = "·", .ascii = "|", },
	[SYMBOL_DASH]  = { .unicode = "–", .ascii = "-", },
	[SYMBOL_RULE]  = { .unicode = "─", .ascii = "-", },
	[SYMBOL_ALARM] = { .unicode = "▲", .ascii = "!", },
	[SYMBOL_GOOD]  = { .unicode = "✓", .ascii = "ok:", },
};

/* Characters that our own texts use, for a terminal that has none of them. */
static const struct { uint32_t code; const char *ascii; } fallbacks[] = {
	{ .code = 0x00a0, .ascii = " ", },
	{ .code = 0x00b1, .ascii = "+-", },
	{ .code = 0x00b5, .ascii = "u", },
	{ .code = 0x00b7, .ascii = "|", },
	{ .code = 0x00d7, .ascii = "x", },
	{ .code = 0x03bc, .ascii = "u", },
	{ .code = 0x2011, .ascii = "-", },
	{ .code = 0x2013, .ascii = "-", },
	{ .code = 0x2014, .ascii = "-", },
	{ .code = 0x2018, .ascii = "'", },
	{ .code = 0x2019, .ascii = "'", },
	{ .code = 0x201c, .ascii = "\"", },
	{ .code = 0x201d, .ascii = "\"", },
	{ .code = 0x2026, .ascii = "...", },
	{ .code = 0x2192, .ascii = "->", },
	{ .code = 0x2212, .ascii = "-", },
	{ .code = 0x2260, .ascii = "!=", },
	{ .code = 0x2264, .ascii = "<=", },
	{ .code = 0x2265, .ascii = ">=", },
};

/* Combining marks, and East Asian wide and full-width characters, in ranges wide enough for a layout. */
struct range { uint32_t first, last; };
static const struct range zero_width[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x0610, 0x061a }, { 0x064b, 0x065f },
	{ 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a }, { 0x0e47, 0x0e4e }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
	{ 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
};
static const struct range double_width[] = {
	{ 0x1100, 0x115f }, { 0x231a, 0x231b }, { 0x23e9, 0x23f3 }, { 0x25fd, 0x25fe }, { 0x2614, 0x2615 },
	{ 0x2648, 0x2653 }, { 0x26a1, 0x26a1 }, { 0x2705, 0x2705 }, { 0x274c, 0x274c }, { 0x2e80, 0x303e },
	{ 0x3041, 0x4dbf }, { 0x4e00, 0xa4cf }, { 0xa960, 0xa97c }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f000, 0x1f64f }, { 0x1f680, 0x1f6ff },
	{ 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};
/* clang-format on */

static bool in_ranges(uint32_t code, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

static unsigned int character_width(uint32_t code)
{
	if (code < 0x300)
		return 1;
	if (in_ranges(code, zero_width, ARRAY_SIZE(zero_width)))
		return 0;
	return in_ranges(code, double_width, ARRAY_SIZE(double_width)) ? 2 : 1;
}

/* The bytes of the character or escape sequence at text, never 0 before the end; *ret_width its columns. */
static size_t next_character(const char *text, size_t length, unsigned int *ret_width)
{
	uint32_t code = 0;
	size_t n;

	*ret_width = 0;
	if (length >= 2 && text[0] == '\033' && text[1] == '[') {
		for (n = 2; n < length && text[n] != 'm'; n++)
			;
		return MIN(n + 1, length);
	}
	n = utf8_decode(text, length, &code);
	if (n == 0) {
		*ret_width = 1;
		return 1;
	}
	*ret_width = character_width(code);
	return n;
}

static unsigned int width_of(const char *text, size_t length)
{
	unsigned int total = 0, width;

	for (size_t i = 0; i < length; total += width)
		i += next_character(text + i, length - i, &width);
	return total;
}

unsigned int display_width(const char *text)
{
	return width_of(text, strlen(text));
}

void page_init(struct page *page, unsigned int width, bool colour, bool unicode)
{
	*page = (struct page){
		.text = STRBUF_INIT,
		.width = MIN(MAX(width, PAGE_WIDTH_MIN), PAGE_WIDTH_MAX),
		.colour = colour,
		.unicode = unicode,
	};
}

void page_release(struct page *page)
{
	strbuf_release(&page->text);
}

const char *page_symbol(const struct page *page, enum symbol symbol)
{
	return page->unicode ? symbols[symbol].unicode : symbols[symbol].ascii;
}

static void add_ascii(struct strbuf *out, uint32_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(fallbacks); i++) {
		if (fallbacks[i].code == code) {
			strbuf_add_string(out, fallbacks[i].ascii);
			return;
		}
	}
	strbuf_addf(out, "\\u{%04x}", code);
}

static void fold_ascii(struct strbuf *out, const char *text, size_t length)
{
	while (length > 0) {
		uint32_t code = 0;
		size_t n = utf8_decode(text, length, &code);

		if (n == 0 || code < 0x80) {
			strbuf_add_char(out, *text);
			n = 1;
		} else {
			add_ascii(out, code);
		}
		text += n;
		length -= n;
	}
}

/* White space of any kind becomes one blank before the rest is made harmless: in running text a line break means
 * nothing. */
static void make_harmless(const struct page *page, const char *text, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf one_line = STRBUF_INIT, quoted = STRBUF_INIT;

	for (; *text; text++)
		strbuf_add_char(&one_line, *text == '\n' || *text == '\t' ? ' ' : *text);
	quote_terminal(&quoted, one_line.buf, one_line.len);
	if (page->unicode)
		strbuf_add(out, quoted.buf, quoted.len);
	else
		fold_ascii(out, quoted.buf, quoted.len);
}

static void page_style(struct page *page, enum style from, enum style to)
{
	if (!page->colour || from == to)
		return;
	if (from != STYLE_PLAIN)
		strbuf_add_string(&page->text, "\033[0m");
	strbuf_add_string(&page->text, style_codes[to]);
}

static void flow_style(struct flow *flow, enum style style)
{
	page_style(flow->page, flow->style, style);
	flow->style = style;
}

struct flow flow_begin(struct page *page, unsigned int indent)
{
	indent = MIN(indent, page->width / 2);
	strbuf_add_repeated(&page->text, ' ', indent);
	return (struct flow){ .page = page, .indent = indent, .column = indent };
}

static void flow_newline(struct flow *flow)
{
	flow_style(flow, STYLE_PLAIN);
	strbuf_add_char(&flow->page->text, '\n');
	strbuf_add_repeated(&flow->page->text, ' ', flow->indent);
	flow->column = flow->indent;
	flow->begun = flow->blank = false;
}

/* As much of a word as fits into room columns, preferably up to a separator; at least one character. */
static size_t break_word(const char *word, size_t length, unsigned int room)
{
	unsigned int used = 0, width;
	size_t end = 0, separator = 0;

	while (end < length) {
		size_t n = next_character(word + end, length - end, &width);

		if (used + width > room && end > 0)
			break;
		used += width;
		end += n;
		if (strchr("/.,-_:=", word[end - 1]))
			separator = end;
	}
	return end < length && separator > end / 2 ? separator : end;
}

static void flow_word(struct flow *flow, enum style style, const char *word, size_t length)
{
	unsigned int width = width_of(word, length), blank = flow->blank ? 1 : 0;
	unsigned int room = flow->page->width - flow->indent;

	if (flow->begun && flow->column + blank + width > flow->page->width)
		flow_newline(flow);
	if (style != flow->style)
		flow_style(flow, STYLE_PLAIN);
	if (flow->blank)
		strbuf_add_char(&flow->page->text, ' '), flow->column++;
	flow->blank = false;
	flow_style(flow, style);
	while (width > room) {
		size_t part = break_word(word, length, room);

		strbuf_add(&flow->page->text, word, part);
		flow_newline(flow);
		flow_style(flow, style);
		width -= width_of(word, part);
		word += part;
		length -= part;
	}
	strbuf_add(&flow->page->text, word, length);
	flow->column += width;
	flow->begun = true;
}

bool is_unit_word(const char *word, size_t length)
{
	static const char *const units[] = {
		"%", "B", "B/s", "KiB", "KiB/s", "MiB", "MiB/s", "GiB", "GiB/s", "TiB", "ns", "us", "µs", "ms", "s",
		"min", "h", "d", "cores", "core", "pages", "MHz", "GHz",
	};

	while (length > 0 && strchr(",.;:)", word[length - 1]))
		length--;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i]) == length && memcmp(units[i], word, length) == 0)
			return true;
	return false;
}

/* Bytes up to the next blank where a line may end: "12.5 %" and "30 s" are one word. */
static size_t word_length(const char *word)
{
	size_t length = strcspn(word, " ");

	if (length > 0 && word[length] == ' ' && word[length - 1] >= '0' && word[length - 1] <= '9') {
		size_t next = strcspn(word + length + 1, " ");

		if (is_unit_word(word + length + 1, next))
			return length + 1 + next;
	}
	return length;
}

void flow_phrase(struct flow *flow, enum style style, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;

	make_harmless(flow->page, text, &safe);
	flow_word(flow, style, safe.buf, safe.len);
}

void flow_gap(struct flow *flow, unsigned int columns)
{
	flow_style(flow, STYLE_PLAIN);
	if (flow->column + columns >= flow->page->width) {
		flow_newline(flow);
	} else {
		strbuf_add_repeated(&flow->page->text, ' ', columns);
		flow->column += columns;
	}
	flow->blank = false;
}

void flow_add(struct flow *flow, enum style style, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	const char *word;

	make_harmless(flow->page, text, &safe);
	for (word = safe.buf; *word;) {
		size_t length = word_length(word);

		if (length)
			flow_word(flow, style, word, length);
		word += length;
		if (*word == ' ') {
			flow->blank = flow->begun;
			word += strspn(word, " ");
		}
	}
}

struct flow flow_labelled(struct page *page, unsigned int margin, unsigned int indent, const char *label)
{
	struct flow flow = flow_begin(page, margin);

	indent = MIN(indent, page->width / 2);
	flow_add(&flow, STYLE_DIM, label);
	flow_style(&flow, STYLE_PLAIN);
	flow.indent = indent;
	if (flow.begun && flow.column + 1 > indent)
		flow_newline(&flow);
	else
		flow_gap(&flow, indent - flow.column);
	flow.begun = flow.blank = false;
	return flow;
}

void flow_addf(struct flow *flow, enum style style, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	flow_add(flow, style, text.buf);
}

void flow_end(struct flow *flow)
{
	flow_style(flow, STYLE_PLAIN);
	strbuf_add_char(&flow->page->text, '\n');
}

void page_paragraph(struct page *page, unsigned int indent, enum style style, const char *text)
{
	struct flow flow;

	if (!text || !*text)
		return;
	flow = flow_begin(page, indent);
	flow_add(&flow, style, text);
	flow_end(&flow);
}

void page_labelled(struct page *page, unsigned int margin, unsigned int indent, const char *label, const char *text)
{
	struct flow flow;

	if (!text || !*text)
		return;
	flow = flow_labelled(page, margin, indent, label);
	flow_add(&flow, STYLE_PLAIN, text);
	flow_end(&flow);
}

void page_commands(struct page *page, unsigned int margin, unsigned int indent, const char *label,
		   const char *commands)
{
	bool first = true;

	while (commands && *commands) {
		size_t length = strcspn(commands, "\n");

		if (first)
			(void)flow_labelled(page, margin, indent, label);
		else
			strbuf_add_repeated(&page->text, ' ', indent);
		quote_terminal(&page->text, commands, length);
		strbuf_add_char(&page->text, '\n');
		first = false;
		commands += length;
		if (*commands == '\n')
			commands++;
	}
}

void page_heading(struct page *page, const char *text, const char *aside)
{
	struct flow flow = flow_begin(page, 0);

	flow_add(&flow, STYLE_BOLD, text);
	if (aside && *aside) {
		flow_gap(&flow, 2);
		flow_add(&flow, STYLE_DIM, aside);
	}
	flow_end(&flow);
}

void page_rule(struct page *page)
{
	page_style(page, STYLE_PLAIN, STYLE_DIM);
	for (unsigned int i = 0; i < page->width; i++)
		strbuf_add_string(&page->text, page_symbol(page, SYMBOL_RULE));
	page_style(page, STYLE_DIM, STYLE_PLAIN);
	strbuf_add_char(&page->text, '\n');
}

void page_blank(struct page *page)
{
	strbuf_add_char(&page->text, '\n');
}

/* Eighths of a cell where there is Unicode: "██▌·····" */
void page_bar(struct page *page, double ratio, unsigned int columns, enum style style)
{
	static const char *const eighths[] = { " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	unsigned int units, cell = 0;

	ratio = ratio < 0 || ratio != ratio ? 0 : ratio > 1 ? 1 : ratio;
	units = (unsigned int)(ratio * columns * 8 + 0.5);
	page_style(page, STYLE_PLAIN, style);
	for (; cell < units / 8; cell++)
		strbuf_add_string(&page->text, page->unicode ? "█" : "#");
	if (cell < columns && page->unicode && units % 8)
		strbuf_add_string(&page->text, eighths[units % 8]), cell++;
	page_style(page, style, STYLE_DIM);
	for (; cell < columns; cell++)
		strbuf_add_string(&page->text, page->unicode ? "·" : ".");
	page_style(page, STYLE_DIM, STYLE_PLAIN);
}

void page_columns(struct page *page, unsigned int margin, struct page *cells, size_t count)
{
	const char *lines[8] = { NULL };
	bool more = true;

	count = MIN(count, ARRAY_SIZE(lines));
	for (size_t i = 0; i < count; i++)
		lines[i] = cells[i].text.buf;
	for (;;) {
		unsigned int due = margin;

		more = false;
		for (size_t i = 0; i < count; i++)
			more |= *lines[i] != '\0';
		if (!more)
			return;
		for (size_t i = 0; i < count; i++) {
			size_t length = strcspn(lines[i], "\n");
			unsigned int width = width_of(lines[i], length);

			if (width) {
				strbuf_add_repeated(&page->text, ' ', due);
				strbuf_add(&page->text, lines[i], length);
				due = 0;
			}
			due += (cells[i].width > width ? cells[i].width - width : 0) + 2;
			lines[i] += length;
			if (*lines[i] == '\n')
				lines[i]++;
		}
		strbuf_add_char(&page->text, '\n');
	}
}
