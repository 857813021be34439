/* SPDX-License-Identifier: Apache-2.0 */
/* One rule: conditions that say nothing, answers that cannot be given, proposals that leave their range. */
#include <math.h>
#include <stdio.h>

#include "lint-internal.h"

/* The place of an op of an expression, as the compiler tells it. */
static void complain_at(struct linter *linter, const struct node *node, const struct program *program, uint16_t index,
			const char *message)
{
	struct expr_source source = { .text = node->text, .length = strlen(node->text), .node = node, .diag = linter->diag };
	const struct op *op = &program->ops[index];

	(void)expr_error(&source, op->offset, "'%.*s' %s", (int)MIN(op->length, 120U), program->text + op->offset, message);
}

static bool is_comparison(const struct op *op)
{
	return (op->code >= OP_LESS && op->code <= OP_NOT_EQUAL) || op->code == OP_IN_NUMBERS;
}

/* Comparisons that come out the same whatever is compared.  True when one was found. */
static bool check_comparisons(struct linter *linter, const struct node *node, const struct program *program,
			      uint16_t index)
{
	const struct op *op = &program->ops[index];
	bool found = false;

	if (is_comparison(op)) {
		struct bounds bounds = bounds_of(program, index);

		if (bounds.can_hold && bounds.can_fail)
			return false;
		complain_at(linter, node, program, index,
			    bounds.can_hold ? "always holds: no value in the range of the key is on the other side"
					    : "never holds: the range of the key does not reach it");
		return true;
	}
	for (unsigned int i = 0; i < op->count; i++)
		found = check_comparisons(linter, node, program, program->children[op->children + i]) || found;
	return found;
}

/* A condition that always or never holds makes an answer impossible; say names it. */
static void check_condition(struct linter *linter, const struct node *node, const struct program *program,
			    const char *always, const char *never)
{
	struct bounds bounds;

	if (!node || !program || check_comparisons(linter, node, program, program->root))
		return;
	bounds = bounds_of(program, program->root);
	if (!bounds.can_fail)
		complain_at(linter, node, program, program->root, always);
	else if (!bounds.can_hold)
		complain_at(linter, node, program, program->root, never);
}

/* ---- elsewhere ---- */

static const struct node *elsewhere_node(const struct rule *rule, size_t index)
{
	return node_get(&node_get(rule->node, "elsewhere")->items[index], "when");
}

static void check_elsewhere(struct linter *linter, const struct rule *rule)
{
	CLEANUP(condition_release) struct condition when = { 0 };
	CLEANUP(condition_release) struct condition where = { 0 };

	condition_of(rule->where, &where);
	condition_of(rule->when, &when);
	if (where.count > 0)
		condition_join(&when, &where);
	for (size_t i = 0; i < rule->n_elsewhere; i++) {
		CLEANUP(condition_release) struct condition here = { 0 };
		const struct node *node = elsewhere_node(rule, i);

		check_condition(linter, node, rule->elsewhere[i].when, "always holds: the rule is never recommended",
				"never holds: this elsewhere is never said");
		condition_of(rule->elsewhere[i].when, &here);
		/* In some of the intervals one may hold, over all of them the other. */
		if (condition_excludes(&when, &here, rule->held == 0))
			lint_error(linter, node, "%s: this elsewhere is never said: when or where does not hold then", rule->id);
		if (condition_implies(&when, &here))
			lint_error(linter, node, "%s: never recommended: whenever when holds, this elsewhere does", rule->id);
		for (size_t j = 0; j < i; j++) {
			CLEANUP(condition_release) struct condition before = { 0 };

			condition_of(rule->elsewhere[j].when, &before);
			if (condition_implies(&here, &before))
				lint_error(linter, node, "%s: this elsewhere is never said: whenever it holds, an earlier one "
							 "does (line %u)", rule->id, elsewhere_node(rule, j)->line);
		}
	}
}

/* ---- what is set ---- */

static const struct node *change_node(const struct rule *rule, size_t index, const char *key)
{
	const struct node *changes = node_get(rule->node, "changes");

	return node_get(changes ? &changes->items[index] : rule->node, key);
}

/* Numbers that decide alone: the whole proposal, or bounds of min(), max(), clamp() on its outside. */
static void check_bounds(struct linter *linter, const struct rule_change *change, const struct node *node,
			 uint16_t index)
{
	const struct entry *entry = change->tunable;
	const struct op *op = &change->to->ops[index];
	struct bounds bounds = bounds_of(change->to, index);
	long double number = unit_from_base(bounds.low, &entry->unit);
	CLEANUP(free_ptr) char *message = NULL;

	if (op->code == OP_MIN || op->code == OP_MAX || op->code == OP_CLAMP || op->code == OP_ROUND_UP ||
	    op->code == OP_NEXT_POWER_OF_2 || op->code == OP_FLOOR || op->code == OP_IF) {
		for (unsigned int i = op->code == OP_IF; i < op->count; i++)
			check_bounds(linter, change, node, change->to->children[op->children + i]);
		return;
	}
	if (op->type.type != VALUE_NUMBER || bounds.low != bounds.high || isinf(bounds.low))
		return;
	if (number >= (long double)entry->range_min && number <= (long double)entry->range_max)
		return;
	message = xasprintf("is outside the range of %s", entry->id);
	complain_at(linter, node, change->to, index, message);
}

static bool op_uses_current(const struct program *program, uint16_t index)
{
	const struct op *op = &program->ops[index];

	if (op->code == OP_CURRENT)
		return true;
	for (unsigned int i = 0; i < op->count; i++)
		if (op_uses_current(program, program->children[op->children + i]))
			return true;
	return false;
}

/* Whether a larger current value always makes a larger proposal: "2 * current", "max(2 * current, 100)". */
static bool grows_without_end(const struct program *program, uint16_t index)
{
	const struct op *op = &program->ops[index];
	bool any = false;

	if (op->code == OP_CURRENT)
		return false;
	if (op->code == OP_MULTIPLY || op->code == OP_ADD) {
		for (unsigned int i = 0; i < 2; i++) {
			uint16_t child = program->children[op->children + i], other = program->children[op->children + 1 - i];
			struct bounds factor = bounds_of(program, other);

			if (op_uses_current(program, child) && !op_uses_current(program, other) &&
			    factor.low > (op->code == OP_MULTIPLY ? 1 : 0))
				any = program->ops[child].code == OP_CURRENT || program->ops[child].code == OP_INDEX ||
				      grows_without_end(program, child);
		}
		return any;
	}
	if (op->code == OP_MAX || op->code == OP_NEXT_POWER_OF_2 || op->code == OP_ROUND_UP)
		for (unsigned int i = 0; i < op->count; i++)
			any = any || grows_without_end(program, program->children[op->children + i]);
	return any;
}

/* It has no end, or where and when say that the end is not reached. */
static bool always_moves(const struct rule *rule, const struct rule_change *change)
{
	CLEANUP(condition_release) struct condition when = { 0 };
	CLEANUP(condition_release) struct condition where = { 0 };
	CLEANUP(condition_release) struct condition moves = { 0 };

	if (change->direction == DIRECTION_RAISE && grows_without_end(change->to, change->to->root))
		return true;
	condition_of(rule->when, &when);
	condition_of(rule->where, &where);
	if (where.count > 0)
		condition_join(&when, &where);
	condition_of_proposal(change->to, change->direction == DIRECTION_RAISE, change->tunable, change->key, change->self,
			      &moves);
	return condition_implies(&when, &moves);
}

bool rule_can_be_already(const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_changes; i++) {
		const struct rule_change *change = &rule->changes[i];

		if (change->direction == DIRECTION_ANY || !always_moves(rule, change))
			return true;
	}
	return false;
}

/* A range that ends here has no end for what a host can have. */
#define RANGE_WIDE ((uint64_t)1 << 53)

static void check_changes(struct linter *linter, const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_changes; i++) {
		const struct rule_change *change = &rule->changes[i];
		const struct node *to = change_node(rule, i, "to");

		lint_tunable(linter, rule, change->tunable, change_node(rule, i, rule->expects ? "key" : "set"));
		if (change->tunable->has_range)
			check_bounds(linter, change, to, change->to->root);
		for (size_t j = 0; j < i; j++)
			if (streq(rule->changes[j].key, change->key) && rule->changes[j].self == change->self)
				lint_error(linter, to, "%s: %s is set twice", rule->id, change->key);
		if (change->direction == DIRECTION_RAISE && change->tunable->has_range &&
		    change->tunable->range_max < RANGE_WIDE && grows_without_end(change->to, change->to->root))
			lint_error(linter, to, "%s: the proposal grows beyond the range of %s, and is then only a suspicion: use "
					       "clamp() or min()", rule->id, change->tunable->id);
	}
	if (rule->already.count > 0 && rule->n_changes == 0)
		lint_error(linter, node_get(rule->node, "already"), "%s: already is never said: nothing is set", rule->id);
	else if (rule->already.count > 0 && !rule_can_be_already(rule))
		lint_error(linter, node_get(rule->node, "already"),
			   "%s: already is never said: what is set has no ceiling", rule->id);
}

/* ---- the rest ---- */

/* What shows that it helped must not hold before. */
static void check_verify(struct linter *linter, const struct rule *rule)
{
	const struct node *node = node_get(rule->node, "verify");
	CLEANUP(condition_release) struct condition when = { 0 };
	CLEANUP(condition_release) struct condition verify = { 0 };

	check_condition(linter, node, rule->verify, "always holds: it verifies nothing",
			"never holds: no change could be verified");
	condition_of(rule->when, &when);
	condition_of(rule->verify, &verify);
	if (condition_implies(&when, &verify))
		lint_error(linter, node, "%s: verify holds whenever when does: it shows nothing", rule->id);
}

static bool compares_a_number(const struct program *program, uint16_t index)
{
	const struct op *op = &program->ops[index];

	if (op->code >= OP_LESS && op->code <= OP_GREATER_EQUAL)
		for (unsigned int i = 0; i < 2; i++) {
			struct bounds bounds = bounds_of(program, program->children[op->children + i]);

			if (bounds.low == bounds.high && bounds.low != 0)
				return true;
		}
	for (unsigned int i = 0; i < op->count; i++)
		if (compares_a_number(program, program->children[op->children + i]))
			return true;
	return false;
}

static void recommend_field(struct linter *linter, const struct rule *rule, const char *field, const char *why)
{
	if (!node_get(rule->node, field))
		lint_warning(linter, rule->node, "%s: %s is missing: %s", rule->id, field, why);
}

static void check_fields(struct linter *linter, const struct rule *rule)
{
	struct program_uses uses = program_uses(rule->when);

	if (rule->n_changes > 0)
		recommend_field(linter, rule, "side_effects", "what else changes");
	if (uses.counters || uses.gauges || rule->n_changes > 0)
		recommend_field(linter, rule, "verify", "what shows that it helped");
	if (compares_a_number(rule->when, rule->when->root))
		recommend_field(linter, rule, "threshold_note", "why this number and no other");
	if (rule->window_sec > 0 && !rule->measures)
		lint_error(linter, node_get(rule->node, "window"), "%s: window does not matter: when measures nothing", rule->id);
	if (rule->held >= 1)
		lint_warning(linter, node_get(rule->node, "held"), "%s: in all intervals: one quiet second answers satisfied",
			     rule->id);
	if (rule->where_note && !rule->where)
		lint_error(linter, node_get(rule->node, "where_note"), "%s: where_note is never said: there is no where",
			   rule->id);
}

/* A line of a policy says what it breaks, and what it wants fulfils it. */
static void check_line(struct linter *linter, const struct rule *rule)
{
	if (rule->side_effects.count == 0)
		lint_warning(linter, rule->node, "%s: breaks is missing: what stops working with it", rule->id);
}

void lint_rule(struct linter *linter, const struct rule *rule)
{
	const struct node *where = node_get(rule->node, "where"), *when = node_get(rule->node, rule->expects ? "must" : "when");

	check_condition(linter, where, rule->where, "always holds: leave it out",
			"never holds: the rule is about no subject at all");
	if (rule->expects) {
		check_condition(linter, when, rule->when, "always holds: the line finds nothing",
				"never holds: the line is never satisfied");
		check_changes(linter, rule);
		check_line(linter, rule);
		lint_references(linter, node_get(rule->node, "references"));
		return;
	}
	check_condition(linter, when, rule->when, "always holds: the rule is never satisfied",
			"never holds: the rule never fires");
	check_verify(linter, rule);
	check_elsewhere(linter, rule);
	check_changes(linter, rule);
	check_fields(linter, rule);
	lint_references(linter, node_get(rule->node, "references"));
}
