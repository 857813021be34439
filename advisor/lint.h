/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with rules and the registry although it can be compiled: conditions that always or never hold, answers
 * that cannot be given, tunables that could not be put back, rules that contradict one another, cases that are missing. */
#ifndef KEISOKU_LINT_H
#define KEISOKU_LINT_H

#include "mutate.h"

struct lint_options {
	/* Whether the kernel's sources have this file; NULL: nobody knows. */
	bool (*exists)(void *context, const char *path);
	/* Whether entries of this file are looked at; NULL: all are. */
	bool (*wants)(void *context, const char *file);
	void *context;
	const bool *chosen;		/* per rule of the rulebook; NULL: all */
};

/* Mistakes are errors, what is only recommended is a warning.  What cannot be compiled was told by those who loaded it. */
void rulebook_lint(struct rulebook *rulebook, const struct lint_options *options, struct diag *diag);

/* The same of lines of policies: each by itself, and no entries of the registry. */
void rulebook_lint_lines(struct rulebook *rulebook, const struct lint_options *options, struct diag *diag);

/* The answers that a rule can give, as a mask of 1 << STATUS. */
unsigned int rule_statuses(const struct rulebook *rulebook, size_t index);

/* The kinds of cases that a rule wants (docs/rule-authors-guide.md, "Cases") and does not have, each an error. */
void rule_check_cases(const struct rulebook *rulebook, const char *rule, const struct node *documents,
		      struct equivalents *equivalents, struct diag *diag);

#endif
