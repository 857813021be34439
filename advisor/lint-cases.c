/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the cases of a rule show every answer that it can give. */
#include "lint.h"
#include "rule.h"

struct wanted {
	const struct rulebook *rulebook;
	const struct rule *rule;
	const struct node *documents;
	struct diag *diag;
	struct arena arena;
};

static void miss(struct wanted *wanted, const char *what)
{
	struct place place = node_place(wanted->documents);

	place.line = MAX(place.line, 1U);
	place.column = MAX(place.column, 1U);
	(void)diag_error(wanted->diag, &place, "%s: no case %s", wanted->rule->id, what);
}

static bool expects(const struct node *node, const char *status)
{
	const struct node *expect = node->kind == NODE_MAPPING ? node_get(node, "expect") : NULL;

	if (!expect)
		return false;
	if (expect->kind == NODE_SCALAR)
		return streq(expect->text, status);
	for (uint32_t i = 1; expect->kind == NODE_MAPPING && i < expect->count; i += 2)
		if (expect->items[i].kind == NODE_SCALAR && streq(expect->items[i].text, status))
			return true;
	return false;
}

/* The next case that expects status, behind *position; NULL: no more. */
static const struct node *next_case(const struct wanted *wanted, const char *status, size_t *position)
{
	size_t number = 0;

	for (uint32_t i = 0; i < wanted->documents->count; i++) {
		const struct node *cases = &wanted->documents->items[i];

		for (uint32_t j = 0; cases->kind == NODE_SEQUENCE && j < cases->count; j++)
			if (number++ >= *position && expects(&cases->items[j], status)) {
				*position = number;
				return &cases->items[j];
			}
	}
	return NULL;
}

static bool has_case(const struct wanted *wanted, const char *status)
{
	size_t position = 0;

	return next_case(wanted, status, &position) != NULL;
}

/* total() alone is never more than a suspicion. */
static bool can_recommend(const struct rule *rule)
{
	struct program_uses uses = program_uses(rule->when);

	return !rule->measures || uses.counters || uses.gauges;
}

static bool can_be_inert(const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_changes; i++)
		if (node_get(rule->changes[i].tunable->node, "inert_when"))
			return true;
	return false;
}

/* Without its elsewhere, a case that still expects "elsewhere" gets it because the tunable is already there. */
static bool has_already(struct wanted *wanted)
{
	const struct node *rule = rule_without(wanted->rule->node, "elsewhere", &wanted->arena);
	struct node alone = { .kind = NODE_SEQUENCE, .items = rule ? rule : wanted->rule->node, .count = 1 };
	const struct registry *registry = rulebook_registry(wanted->rulebook);
	CLEANUP(rulebook_free_ptr) struct rulebook *rulebook = rulebook_new(registry);
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *node;
	size_t position = 0;

	if (rulebook_load_rules(rulebook, &alone, &diag) < 0)
		return true;
	while ((node = next_case(wanted, "elsewhere", &position))) {
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
		struct case_result result;

		if (case_run(rulebook, registry, wanted->rule->id, node, &diag, &why, &result) == 0)
			return true;
	}
	return false;
}

/* A comparison of numbers in when that becomes another when its limit is taken in: some case must stand on it. */
static bool has_boundary(struct wanted *wanted, struct equivalents *equivalents)
{
	const struct registry *registry = rulebook_registry(wanted->rulebook);
	struct mutant *mutants;
	size_t count = mutants_of(wanted->rule->node, &wanted->arena, &mutants), possible = 0;

	for (size_t i = 0; i < count; i++) {
		enum mutant_fate fate;

		if (!mutants[i].boundary || !streq(mutants[i].field, "when"))
			continue;
		fate = mutant_judge(registry, &mutants[i], wanted->documents);
		if (fate == MUTANT_NOTICED)
			return true;
		possible += fate == MUTANT_SURVIVES &&
			    !equivalents_has(equivalents, wanted->rule->id, &mutants[i], fate);
	}
	return possible == 0;
}

static void check_cases(struct wanted *wanted, struct equivalents *equivalents)
{
	const struct rule *rule = wanted->rule;

	if (can_recommend(rule) && !has_case(wanted, "recommend"))
		miss(wanted, "in which it fires: expect: recommend");
	if (!has_case(wanted, "satisfied"))
		miss(wanted, "in which all is well: expect: satisfied");
	if (rule->measures && !has_case(wanted, "suspect"))
		miss(wanted, "with thin evidence, such as since boot: expect: suspect");
	if (rule->measures && !has_case(wanted, "unmeasured"))
		miss(wanted, "in which a metric is missing: expect: unmeasured");
	if (rule->where && !has_case(wanted, "not-applicable"))
		miss(wanted, "in which where does not hold: expect: not-applicable");
	if (can_be_inert(rule) && !has_case(wanted, "not-applicable"))
		miss(wanted, "in which the tunable is inert: expect: not-applicable");
	if (rule->already.count > 0 && rule->n_changes > 0 && !has_already(wanted))
		miss(wanted, "in which the tunable is already there: expect: elsewhere");
	if (!has_boundary(wanted, equivalents))
		miss(wanted, "on the boundary of a comparison in when");
}

void rule_check_cases(const struct rulebook *rulebook, const char *id, const struct node *documents,
		      struct equivalents *equivalents, struct diag *diag)
{
	struct rule *const *rules;
	size_t count = rulebook_rules(rulebook, &rules);

	for (size_t i = 0; i < count; i++) {
		struct wanted wanted = { .rulebook = rulebook, .rule = rules[i], .documents = documents, .diag = diag };

		if (!streq(rules[i]->id, id))
			continue;
		check_cases(&wanted, equivalents);
		arena_release(&wanted.arena);
	}
}
