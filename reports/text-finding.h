/* SPDX-License-Identifier: Apache-2.0 */
/* One finding, or all of one status, as text. */
#ifndef KEISOKU_TEXT_FINDING_H
#define KEISOKU_TEXT_FINDING_H

#include "../core/finding.h"
#include "layout.h"

void text_recommendation(struct page *page, const struct report *report, const struct finding *finding, size_t number);
/* The same of an audit: what is to be done is in files, and --plan writes the commands. */
void text_found(struct page *page, const struct report *report, const struct finding *finding, size_t number);
/* One line of what the baseline has too. */
void text_known(struct page *page, const struct finding *finding);
void text_suspect(struct page *page, const struct report *report, const struct finding *finding);
void text_elsewhere(struct page *page, const struct report *report, const struct finding *finding);
void text_waived(struct page *page, const struct report *report, const struct finding *finding);

/* Grouped by what would have to be run, or by why. */
void text_unmeasured(struct page *page, const struct report *report);
void text_unreadable(struct page *page, const struct report *report);
/* A line for each rule and reason. */
void text_satisfied(struct page *page, const struct report *report);
void text_not_applicable(struct page *page, const struct report *report);

/* All of a review, in the order of what was proposed. */
void text_review(struct page *page, const struct report *report);
void text_review_item(struct page *page, const struct report *report, const struct finding *finding);

/* Parts that `keisoku why` shows too. */
void text_evidence(struct page *page, const struct finding *finding);
void text_missing(struct page *page, const struct finding *finding);

#define TEXT_MARGIN 3U
#define TEXT_INDENT 17U		/* of what stands beside a label */

enum style severity_style(enum severity severity);

#endif
