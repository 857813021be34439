/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../core/selector.h"

static const struct node *parse(struct arena *arena, const char *yaml)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	assert_int_equal(node_parse_foreign(arena, yaml, strlen(yaml), &diag, &documents), 0);
	return documents->count > 0 ? &documents->items[0] : NULL;
}

static void labels_are_selected_as_kubernetes_selects_them(void **state)
{
	static const struct {
		const char *selector, *labels;
		bool matches;
	} rows[] = {
		{ "{matchLabels: {app: web}}", "{app: web, tier: front}", true },
		{ "{matchLabels: {app: web, tier: back}}", "{app: web, tier: front}", false },
		{ "{matchLabels: {app: web}}", "{}", false },
		{ "{}", "{app: web}", true },
		{ "{matchLabels: {}}", "{app: web}", true },
		{ "{matchExpressions: [{key: app, operator: In, values: [db, web]}]}", "{app: web}", true },
		{ "{matchExpressions: [{key: app, operator: In, values: [db]}]}", "{app: web}", false },
		{ "{matchExpressions: [{key: app, operator: In, values: [db]}]}", "{}", false },
		{ "{matchExpressions: [{key: app, operator: NotIn, values: [db]}]}", "{app: web}", true },
		{ "{matchExpressions: [{key: app, operator: NotIn, values: [db]}]}", "{}", true },
		{ "{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", "{app: web}", false },
		{ "{matchExpressions: [{key: app, operator: Exists}]}", "{app: ''}", true },
		{ "{matchExpressions: [{key: app, operator: Exists}]}", "{}", false },
		{ "{matchExpressions: [{key: app, operator: DoesNotExist}]}", "{}", true },
		{ "{matchExpressions: [{key: app, operator: DoesNotExist}]}", "{app: web}", false },
		{ "{matchLabels: {app: web}, matchExpressions: [{key: tier, operator: Exists}]}", "{app: web}", false },
		/* What the API refuses matches nothing. */
		{ "{matchExpressions: [{key: app, operator: Near, values: [web]}]}", "{app: web}", false },
		{ "{matchExpressions: [{operator: Exists}]}", "{app: web}", false },
		{ "{matchExpressions: [5]}", "{app: web}", false },
		{ "{matchExpressions: [{key: app, operator: NotIn}]}", "{app: web}", false },
		{ "{matchLabels: {app: [web]}}", "{app: web}", false },
		{ "{matchLabels: {app: web}}", "{app: {web: 1}}", false },
		{ "[1]", "{app: web}", false },
		{ "{matchLabels: {app: web}}", "text", false },
	};
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (selector_matches(parse(&arena, rows[i].selector), parse(&arena, rows[i].labels)) != rows[i].matches)
			fail_msg("%s of %s", rows[i].selector, rows[i].labels);
}

static void a_selector_that_is_not_there_matches_nothing(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;

	assert_false(selector_matches(NULL, parse(&arena, "{app: web}")));
	assert_true(selector_matches(parse(&arena, "{}"), NULL));
	assert_false(selector_matches(parse(&arena, "{matchLabels: {app: web}}"), NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_are_selected_as_kubernetes_selects_them),
		cmocka_unit_test(a_selector_that_is_not_there_matches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
