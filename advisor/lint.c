/* SPDX-License-Identifier: Apache-2.0 */
#include "lint-internal.h"

static bool is_chosen(const struct linter *linter, size_t index)
{
	return !linter->options->chosen || linter->options->chosen[index];
}

void rulebook_lint(struct rulebook *rulebook, const struct lint_options *options, struct diag *diag)
{
	struct linter linter = { .rulebook = rulebook, .registry = rulebook_registry(rulebook), .options = options,
				 .diag = diag };
	struct rule *const *rules;
	size_t count = rulebook_rules(rulebook, &rules);

	for (size_t i = 0; i < registry_total(linter.registry); i++) {
		const struct entry *entry = registry_at(linter.registry, i);

		if (entry->node && (!options->wants || options->wants(options->context, node_file(entry->node))))
			lint_entry(&linter, entry);
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_chosen(&linter, i))
			continue;
		lint_rule(&linter, rules[i]);
		/* Each pair once, at the rule that was chosen. */
		for (size_t j = 0; j < count; j++)
			if (j > i || (j < i && !is_chosen(&linter, j)))
				lint_pair(&linter, rules[i], rules[j]);
	}
}

void rulebook_lint_lines(struct rulebook *rulebook, const struct lint_options *options, struct diag *diag)
{
	struct linter linter = { .rulebook = rulebook, .registry = rulebook_registry(rulebook), .options = options,
				 .diag = diag };
	struct rule *const *rules;
	size_t count = rulebook_rules(rulebook, &rules);

	for (size_t i = 0; i < count; i++)
		lint_rule(&linter, rules[i]);
}

/* ---- answers ---- */

unsigned int rule_statuses(const struct rulebook *rulebook, size_t index)
{
	struct rule *const *rules;
	const struct rule *rule;
	struct program_uses uses;
	unsigned int statuses = 1U << STATUS_SATISFIED | 1U << STATUS_UNREADABLE | 1U << STATUS_WAIVED;

	(void)rulebook_rules(rulebook, &rules);
	rule = rules[index];
	uses = program_uses(rule->when);
	statuses |= 1U << STATUS_UNMEASURED | 1U << STATUS_SUSPECT;
	if (!rule->measures || uses.counters || uses.gauges)
		statuses |= 1U << STATUS_RECOMMEND;
	if (rule->where || rule->n_changes > 0 || rule->about != SUBJECT_KIND_HOST)
		statuses |= 1U << STATUS_NOT_APPLICABLE;
	if (rule->n_elsewhere > 0 || (rule->n_changes > 0 && rule_can_be_already(rule)))
		statuses |= 1U << STATUS_ELSEWHERE;
	return statuses;
}
