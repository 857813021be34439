/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with rules and the registry although it can be compiled: conditions that always or never hold, answers
 * that cannot be given, tunables that could not be put back, rules that contradict one another, cases that are missing. */
#ifndef KEISOKU_LINT_H
#define KEISOKU_LINT_H

#include "mutate.h"

/* The kinds of cases that a rule wants (docs/rule-authors-guide.md, "Cases") and does not have, each an error. */
void rule_check_cases(const struct rulebook *rulebook, const char *rule, const struct node *documents,
		      struct equivalents *equivalents, struct diag *diag);

#endif
