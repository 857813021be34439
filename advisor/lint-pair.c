/* SPDX-License-Identifier: Apache-2.0 */
/* Two rules that set the same tunable: to different ends, or because of the same. */
#include "lint-internal.h"

static bool same_target(const struct rule *rule, const struct rule_change *change, const struct rule *other,
			const struct rule_change *against)
{
	return change->tunable == against->tunable && change->self == against->self && streq(change->key, against->key) &&
	       (!change->self || rule->about == other->about);
}

/* Both are texts or switches, and not the same. */
static bool values_differ(const struct rule_change *change, const struct rule_change *against)
{
	const struct op *a = &change->to->ops[change->to->root], *b = &against->to->ops[against->to->root];

	if (a->code == OP_TEXT && b->code == OP_TEXT)
		return a->text_length != b->text_length || memcmp(a->text, b->text, a->text_length) != 0;
	return a->code == OP_BOOL && b->code == OP_BOOL && a->number != b->number;
}

static bool ends_differ(const struct rule_change *change, const struct rule_change *against)
{
	bool opposite = (change->direction == DIRECTION_RAISE && against->direction == DIRECTION_LOWER) ||
			(change->direction == DIRECTION_LOWER && against->direction == DIRECTION_RAISE);

	return opposite || values_differ(change, against);
}

/* Everything that must hold for a rule to fire, and to propose this change; NULL: any. */
static void fires_when(const struct rule *rule, const struct rule_change *change, struct condition *condition)
{
	CLEANUP(condition_release) struct condition where = { 0 };
	CLEANUP(condition_release) struct condition moves = { 0 };

	condition_of(rule->when, condition);
	condition_of(rule->where, &where);
	if (where.count > 0)
		condition_join(condition, &where);
	if (!change || change->direction == DIRECTION_ANY)
		return;
	condition_of_proposal(change->to, change->direction == DIRECTION_RAISE, change->tunable, change->key, change->self,
			      &moves);
	condition_join(condition, &moves);
}

/* Whenever condition holds, the rule says that something else is the cause. */
static bool gives_way(const struct rule *rule, const struct condition *condition)
{
	for (size_t i = 0; i < rule->n_elsewhere; i++) {
		CLEANUP(condition_release) struct condition here = { 0 };

		condition_of(rule->elsewhere[i].when, &here);
		if (condition_implies(condition, &here))
			return true;
	}
	return false;
}

static bool can_fire_together(const struct rule *rule, const struct rule_change *change, const struct rule *other,
			      const struct rule_change *against)
{
	CLEANUP(condition_release) struct condition a = { 0 };
	CLEANUP(condition_release) struct condition b = { 0 };
	/* What holds in a share of the intervals leaves room for its contrary in the others; not two larger halves. */
	bool measured = (rule->held == 0 && other->held == 0) || rule->held + other->held >= 1;

	fires_when(rule, change, &a);
	fires_when(other, against, &b);
	return !condition_excludes(&a, &b, measured) && !gives_way(rule, &b) && !gives_way(other, &a);
}

static bool same_evidence(const struct rule *rule, const struct rule *other)
{
	CLEANUP(condition_release) struct condition a = { 0 };
	CLEANUP(condition_release) struct condition b = { 0 };

	fires_when(rule, NULL, &a);
	fires_when(other, NULL, &b);
	return condition_implies(&a, &b) && condition_implies(&b, &a);
}

void lint_pair(struct linter *linter, const struct rule *rule, const struct rule *other)
{
	for (size_t i = 0; i < rule->n_changes; i++)
		for (size_t j = 0; j < other->n_changes; j++) {
			const struct rule_change *change = &rule->changes[i], *against = &other->changes[j];

			if (!same_target(rule, change, other, against))
				continue;
			if (ends_differ(change, against) && can_fire_together(rule, change, other, against))
				lint_error(linter, rule->node, "%s and %s can hold together and set %s to different ends: let one "
							       "exclude the other in where, when or elsewhere", rule->id, other->id,
					   change->key);
			else if (!ends_differ(change, against) && rule->about == other->about && same_evidence(rule, other))
				lint_error(linter, rule->node, "%s and %s set %s on the same evidence", rule->id, other->id,
					   change->key);
		}
}
