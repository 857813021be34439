/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that the pages of explain and why share. */
#ifndef KEISOKU_PAGE_PARTS_H
#define KEISOKU_PAGE_PARTS_H

#include "page.h"

/* "  label          text"; nothing when text is NULL or empty. */
void part_text(struct page *page, const char *label, const char *text);
void part_node(struct page *page, const struct node *mapping, const char *key, const char *label);
void part_tunable(struct page *page, const struct entry *entry);
void part_metric(struct page *page, const struct entry *entry);

/* The scalar of a rule's key, or "". */
const char *rule_text(const struct node *rule, const char *key);

#endif
