/* SPDX-License-Identifier: Apache-2.0 */
/* Runs every tests/rules/ID.yaml against the rule of that id.  A rule without cases is a failure. */
#include "../../advisor/case.h"
#include "rule-files.h"

static void every_rule_says_what_its_cases_expect(void **state)
{
	struct knowledge *knowledge = *state;
	unsigned int failures = 0;
	size_t cases = 0;

	for (size_t i = 0; i < rulebook_count(knowledge->rulebook); i++) {
		const char *id = rulebook_rule_id(knowledge->rulebook, i);
		CLEANUP(free_ptr) char *path = xasprintf("/tests/rules/%s.yaml", id);
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
		const struct node *documents = read_yaml(knowledge, path, &diag);
		size_t count = 0;

		if (!documents) {
			print_error("%s: the rule %s has no readable cases\n", path + 1, id);
			failures++;
		} else if (cases_run(knowledge->rulebook, knowledge->registry, id, documents, &diag, &why, &count) != 0) {
			print_error("%s", why.buf);
			failures++;
		}
		print_diag(&diag);
		cases += count;
	}
	print_message("# %zu rules, %zu cases\n", rulebook_count(knowledge->rulebook), cases);
	assert_int_equal(failures, 0);
}

static void every_file_of_cases_has_its_rule(void **state)
{
	struct knowledge *knowledge = *state;
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	unsigned int strays = 0;

	if (root_list(knowledge->root, "/tests/rules", &list) < 0)
		return;
	for (size_t i = 0; i < list.count; i++) {
		bool found = streq(list.entries[i].name, "equivalent-mutants.yaml");

		for (size_t j = 0; j < rulebook_count(knowledge->rulebook); j++) {
			CLEANUP(free_ptr) char *name = xasprintf("%s.yaml", rulebook_rule_id(knowledge->rulebook, j));

			found = found || streq(name, list.entries[i].name);
		}
		if (!found)
			print_error("tests/rules/%s has no rule\n", list.entries[i].name);
		strays += !found;
	}
	assert_int_equal(strays, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_says_what_its_cases_expect),
		cmocka_unit_test(every_file_of_cases_has_its_rule),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, read_rules, free_rules);
}
