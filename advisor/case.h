/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of rules: a small host written down, and what the rule must say about it (docs/rule-authors-guide.md). */
#ifndef KEISOKU_CASE_H
#define KEISOKU_CASE_H

#include "../core/strbuf.h"
#include "advisor.h"

struct case_result {
	const char *name;
	bool fires;		/* expects recommend or suspect of a subject */
	bool silent;		/* expects something else of a subject */
};

/* Builds the host of a case and judges it by one rule.  0: all as expected; 1: not, and why says what differs, with the
 * reason and the missing keys of the finding; -EINVAL after diag_error(): the case itself is wrong. */
int case_run(struct rulebook *rulebook, const struct registry *registry, const char *rule, const struct node *node,
	     struct diag *diag, struct strbuf *why, struct case_result *ret_result);

/* All cases of one file: fails too when none fires or none stays silent.  Failures are added to why, one a line;
 * *ret_cases counts them. */
int cases_run(struct rulebook *rulebook, const struct registry *registry, const char *rule,
	      const struct node *documents, struct diag *diag, struct strbuf *why, size_t *ret_cases);

/* Follows what is recommended and suspected until nothing more is, with the same evidence.  -ELOOP: it never ends, and
 * ret_last says what is still proposed. */
#define SETTLE_STEPS_MAX 40
int settle(struct rulebook *rulebook, struct snapshot *snapshot, const struct evaluate_options *options,
	   struct diag *diag, struct finding_list *ret_last);

#endif
