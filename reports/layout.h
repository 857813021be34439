/* SPDX-License-Identifier: Apache-2.0 */
/* Text on a page of a given width: words that wrap, labels, columns, restrained colour, an ASCII fallback.
 *
 * Everything that is added passes through quote_terminal(), so no text from outside can move the cursor or change
 * colours.  Nothing is wider than the page except commands, which are never broken: they are there to be copied. */
#ifndef KEISOKU_LAYOUT_H
#define KEISOKU_LAYOUT_H

#include "../core/strbuf.h"

struct page {
	struct strbuf text;
	unsigned int width;
	bool colour, unicode;
};

#define PAGE_WIDTH_MIN 40U
#define PAGE_WIDTH_MAX 132U	/* longer lines are hard to read */

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_YELLOW, STYLE_GREEN, STYLE_BLUE, STYLE_ALARM,
	     STYLE_COUNT };

void page_init(struct page *page, unsigned int width, bool colour, bool unicode);
void page_release(struct page *page);

/* Columns that text takes on a terminal; escape sequences of ours count nothing.  No locale. */
unsigned int display_width(const char *text);

/* "%", "KiB/s": a number before it stays with it. */
bool is_unit_word(const char *word, size_t length);

/* A paragraph: words are added piece by piece and wrap at the width of the page, each new line beginning at indent.
 * White space at the start of a piece separates it from what is before.  A number stays with its unit. */
struct flow {
	struct page *page;
	unsigned int indent, column;
	bool begun;			/* something stands on this line */
	bool blank;			/* one is due before the next word */
	enum style style;		/* switched on */
};

struct flow flow_begin(struct page *page, unsigned int indent);		/* writes the indent */
/* "  label     " and then the paragraph; label wider than the indent gets a line of its own. */
struct flow flow_labelled(struct page *page, unsigned int margin, unsigned int indent, const char *label);
void flow_add(struct flow *flow, enum style style, const char *text);
void flow_addf(struct flow *flow, enum style style, const char *format, ...) FORMAT_PRINTF(3, 4);
/* As one word: not broken unless it is wider than the page. */
void flow_phrase(struct flow *flow, enum style style, const char *text);
void flow_gap(struct flow *flow, unsigned int columns);		/* that many blanks, or a new line */
void flow_end(struct flow *flow);

/* A paragraph in one call; nothing when text is NULL or empty. */
void page_paragraph(struct page *page, unsigned int indent, enum style style, const char *text);
void page_labelled(struct page *page, unsigned int margin, unsigned int indent, const char *label, const char *text);
/* Each line of commands at indent, unbroken. */
void page_commands(struct page *page, unsigned int margin, unsigned int indent, const char *label,
		   const char *commands);
void page_heading(struct page *page, const char *text, const char *aside);
void page_rule(struct page *page);
void page_blank(struct page *page);

/* A bar of columns cells for ratio 0..1. */
void page_bar(struct page *page, double ratio, unsigned int columns, enum style style);

/* Side by side, two blanks between; each cell is a page of the width of its column. */
void page_columns(struct page *page, unsigned int margin, struct page *cells, size_t count);

/* What shows a symbol with and without Unicode. */
enum symbol { SYMBOL_ARROW, SYMBOL_DOT, SYMBOL_DASH, SYMBOL_RULE, SYMBOL_ALARM, SYMBOL_GOOD, SYMBOL_COUNT };
const char *page_symbol(const struct page *page, enum symbol symbol);

#endif
