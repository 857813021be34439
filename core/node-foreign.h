/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of node_parse_foreign() that node_parse() does without. */
#ifndef KEISOKU_NODE_FOREIGN_H
#define KEISOKU_NODE_FOREIGN_H

#include <yaml.h>

#include "node.h"

/* Follows the parser through the text: its marks count characters. */
struct text_cursor {
	const char *text, *end;
	const char *at;
	size_t characters;		/* before at */
	uint32_t line;			/* of at, from 1, as an editor counts */
};

struct text_cursor text_cursor_new(const char *text, size_t length);
void text_cursor_move(struct text_cursor *cursor, const yaml_mark_t *mark);	/* only forward */

/* What is kept of a scalar; the cursor moves to its beginning. */
const struct node_detail *node_detail_new(struct arena *arena, struct text_cursor *cursor, const yaml_event_t *event);

/* Resolves merge keys and duplicate ones among the count items of a mapping.  The new number of items, which are in the order
 * of before, those of merge keys behind; *items may have been reallocated. */
size_t node_merge_keys(struct node **items, size_t count, size_t *capacity, struct diag *diag);

#endif
