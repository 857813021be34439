/* SPDX-License-Identifier: Apache-2.0 */
/* `keisoku rules lint`, `test` and `mutate` for lines of policies, which are rules that nothing measures.  Cases of a policy
 * stand in one file, policies/POLICY.yaml beside the rules' own, by the id of the line. */
#include "../advisor/lint.h"
#include "../core/strbuf.h"
#include "rules.h"

#define POLICY_CASES_DEFAULT "tests/policies"

/* The own lines of one policy, compiled. */
struct policy_lines {
	const char *id;
	struct rulebook *rulebook;
	const struct node *cases;	/* LINE: [case, …]; NULL: there are none */
	struct arena arena;
};

static void policy_lines_release(struct policy_lines *lines)
{
	rulebook_free(lines->rulebook);
	arena_release(&lines->arena);
}

static bool is_own(const struct rules_run *run, size_t index)
{
	return run->all && rules_own_file(run->arguments, node_file(policy_node(run->knowledge.policies, index)));
}

static void read_lines(struct rules_run *run, size_t index, struct diag *diag, struct policy_lines *ret)
{
	*ret = (struct policy_lines){ .id = policy_id(run->knowledge.policies, index) };
	(void)policies_compile_own(run->knowledge.policies, index, diag, &ret->rulebook);
}

static void read_cases(struct rules_run *run, struct diag *diag, struct policy_lines *lines)
{
	CLEANUP(free_ptr) char *below = run->arguments->cases ? xasprintf("%s/policies", run->arguments->cases)
							      : xstrdup(POLICY_CASES_DEFAULT);
	CLEANUP(free_ptr) char *path = xasprintf("%s/%s.yaml", below, lines->id);
	struct place place = { .file = path };
	size_t errors = diag->errors;
	const struct node *documents = rules_read_yaml(run, below, lines->id, &lines->arena, diag);

	if (documents && documents->count == 1 && documents->items[0].kind == NODE_MAPPING)
		lines->cases = &documents->items[0];
	else if (documents)
		(void)diag_error(diag, &place, "expected the cases of each line: LINE: [{name: …, settings: …, expect: …}, …]");
	else if (diag->errors == errors)
		(void)diag_error(diag, &place, "the policy %s has no cases", lines->id);
}

/* Documents as those of a rule: a list of one list. */
static const struct node *cases_of(struct policy_lines *lines, size_t index, struct diag *diag)
{
	const char *id = rulebook_rule_id(lines->rulebook, index) + strlen(lines->id) + 1;
	const struct node *cases = lines->cases ? node_get(lines->cases, id) : NULL;
	struct place place = lines->cases ? node_place(lines->cases) : (struct place){ 0 };
	struct node *documents;

	if (!cases || cases->kind != NODE_SEQUENCE) {
		if (lines->cases)
			(void)diag_error(diag, &place, "the line %s has no cases", rulebook_rule_id(lines->rulebook, index));
		return NULL;
	}
	documents = arena_alloc(&lines->arena, sizeof(*documents));
	*documents = *cases;
	documents->items = cases;
	documents->count = 1;
	return documents;
}

static void check_strays(const struct policy_lines *lines, struct diag *diag)
{
	for (uint32_t i = 0; lines->cases && i + 1 < lines->cases->count; i += 2) {
		const struct node *name = &lines->cases->items[i];
		CLEANUP(free_ptr) char *id = xasprintf("%s/%s", lines->id, name->text);
		struct place place = node_place(name);
		bool found = false;

		for (size_t j = 0; j < rulebook_count(lines->rulebook) && !found; j++)
			found = streq(rulebook_rule_id(lines->rulebook, j), id);
		if (!found)
			(void)diag_error(diag, &place, "there is no line %s", id);
	}
}

void rules_lint_policies(struct rules_run *run, const struct lint_options *options, struct diag *diag)
{
	for (size_t i = 0; run->all && i < policies_count(run->knowledge.policies); i++) {
		struct rulebook *rulebook;

		if (!is_own(run, i))
			continue;
		policies_forget(run->knowledge.policies);
		(void)policies_choose(run->knowledge.policies, policy_id(run->knowledge.policies, i));
		(void)policies_compile(run->knowledge.policies, diag, &rulebook);
		rulebook_lint_lines(rulebook, options, diag);
		rulebook_free(rulebook);
	}
}

void rules_test_policies(struct rules_run *run, size_t *rules, size_t *cases, size_t *failed)
{
	for (size_t i = 0; i < policies_count(run->knowledge.policies); i++) {
		CLEANUP(policy_lines_release) struct policy_lines lines = { 0 };
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;

		if (!is_own(run, i))
			continue;
		read_lines(run, i, &diag, &lines);
		read_cases(run, &diag, &lines);
		check_strays(&lines, &diag);
		for (size_t j = 0; j < rulebook_count(lines.rulebook); j++) {
			CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
			size_t errors = diag.errors, count = 0;
			const struct node *documents = cases_of(&lines, j, &diag);

			if (documents)
				(void)cases_run(lines.rulebook, run->knowledge.registry, rulebook_rule_id(lines.rulebook, j),
						documents, &diag, &why, &count);
			*rules += 1;
			*cases += count;
			*failed += diag.errors > errors || why.len > 0;
			rules_print_lines(&why);
		}
		*failed += rulebook_count(lines.rulebook) == 0 || !lines.cases;
		print_diag(stdout, &diag);
	}
}

void rules_mutate_policies(struct rules_run *run, rules_mutate_one *mutate_one, void *context)
{
	for (size_t i = 0; i < policies_count(run->knowledge.policies); i++) {
		CLEANUP(policy_lines_release) struct policy_lines lines = { 0 };
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;

		if (!is_own(run, i))
			continue;
		read_lines(run, i, &diag, &lines);
		read_cases(run, &diag, &lines);
		for (size_t j = 0; j < rulebook_count(lines.rulebook); j++)
			mutate_one(run, rulebook_rule_node(lines.rulebook, j), rulebook_rule_id(lines.rulebook, j),
				   cases_of(&lines, j, &diag), context);
		print_diag(stdout, &diag);
	}
}
