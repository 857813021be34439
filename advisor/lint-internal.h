/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of lint share: rules in lint-rule.c, pairs of them in lint-pair.c, the registry in lint-registry.c. */
#ifndef KEISOKU_LINT_INTERNAL_H
#define KEISOKU_LINT_INTERNAL_H

#include "bounds.h"
#include "condition.h"
#include "lint.h"
#include "rule.h"

struct linter {
	struct rulebook *rulebook;
	const struct registry *registry;
	const struct lint_options *options;
	struct diag *diag;
};

#define lint_error(linter, at, ...)                                                                                   \
	do {                                                                                                           \
		struct place place_ = node_place(at);                                                                  \
		(void)diag_error((linter)->diag, &place_, __VA_ARGS__);                                                \
	} while (0)
#define lint_warning(linter, at, ...)                                                                                 \
	do {                                                                                                           \
		struct place place_ = node_place(at);                                                                  \
		(void)diag_warning((linter)->diag, &place_, __VA_ARGS__);                                              \
	} while (0)

void lint_rule(struct linter *linter, const struct rule *rule);
void lint_pair(struct linter *linter, const struct rule *rule, const struct rule *other);
void lint_entry(struct linter *linter, const struct entry *entry);
void lint_references(struct linter *linter, const struct node *references);

/* A tunable that a rule sets; at is where the rule says so. */
void lint_tunable(struct linter *linter, const struct rule *rule, const struct entry *entry, const struct node *at);

/* Whether a rule can say that its tunable is already there. */
bool rule_can_be_already(const struct rule *rule);

#endif
