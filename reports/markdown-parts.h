/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a comment in Markdown.  Every text from outside goes through quote_markdown() or quote_markdown_code(). */
#ifndef KEISOKU_MARKDOWN_PARTS_H
#define KEISOKU_MARKDOWN_PARTS_H

#include "../core/finding.h"
#include "../core/strbuf.h"

#define COMMENT_MAX 65536U
#define FOOTER_MAX 600U		/* kept free for what stands under all */
#define TABLE_MAX 20000U	/* of the table of recommendations */
#define DETAILS_MAX 56000U	/* and their details */
#define CELL_MAX 240U
#define FIELD_MAX 1500U
#define COMMANDS_MAX 6000U	/* a command that is cut does harm: more than that are not shown */

struct comment {
	struct strbuf text;
	size_t left_out;
};

/* A piece is there whole or not at all; limit is that of its section. */
bool comment_add(struct comment *comment, const struct strbuf *piece, size_t limit);

/* What is longer than max bytes is cut and says so. */
void markdown_text(struct strbuf *out, const char *text, size_t max);
void markdown_code(struct strbuf *out, const char *text, size_t max);
void markdown_field(struct strbuf *out, const char *label, const char *text);	/* nothing without text */
void markdown_block(struct strbuf *out, const char *text);			/* lines of a shell */
void markdown_references(struct strbuf *out, const struct string_list *references);

/* markdown-review.c */
void markdown_review_counts(struct strbuf *out, const struct report *report);
/* The table and the details; how many have none. */
size_t markdown_review(struct comment *comment, const struct report *report);

#endif
