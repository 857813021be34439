/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of `keisoku explain` and `keisoku why`.
 *
 *	CLEANUP(page_release) struct page page;
 *	page_init(&page, width, colour, unicode);
 *	explain_entry(&page, entry);
 *	fwrite(page.text.buf, 1, page.text.len, stdout); */
#ifndef KEISOKU_PAGE_H
#define KEISOKU_PAGE_H

#include "../core/finding.h"
#include "layout.h"

/* What the registry knows: a tunable, fact, metric or kernel message. */
void explain_entry(struct page *page, const struct entry *entry);

/* A rule, from its mapping (docs/rule-authors-guide.md). */
void explain_rule(struct page *page, const struct node *rule);

/* A policy, from the mapping below "policy:", each of its lines with its reason and source. */
void explain_policy(struct page *page, const struct node *policy);

void explain_line(struct page *page, const struct node *line);		/* one of its lines */
/* A kind of drift that an audit finds, or a verdict of a review; who says so: "found by keisoku audit". */
void explain_text(struct page *page, const char *name, const char *who, const char *title, const char *severity,
		  const char *because, const char *advice);

/* What `why` looks at. */
struct why {
	const struct snapshot *snapshot;
	const struct registry *registry;
	const struct finding_list *findings;	/* evaluated with keep_all */
	const struct node *const *rules;	/* mappings */
	size_t n_rules;
	/* Why changing the tunable does nothing here, or NULL.  May be NULL itself. */
	const char *(*inert)(void *context, const struct entry *entry, subject_id subject);
	void *context;
};

/* name is a key ("vm.swappiness"), an id ("block.scheduler"), a subject ("sda", "/system.slice/x.service"), a subject
 * and its key ("sda scheduler"), a metric or a rule.  -ENOENT, and nothing is written, when it is none of them. */
int why_page(struct page *page, const struct why *why, const char *name);

/* Names that name might have meant, separated by ", ", at most five; nothing when there is none. */
void why_suggest(const struct why *why, const char *name, struct strbuf *out);

#endif
