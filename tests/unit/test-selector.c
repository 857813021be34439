/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/selector.h"

#include "test.h"

static const struct node *tree(struct arena *arena, const char *yaml)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	if (!yaml)
		return NULL;
	assert_int_equal(node_parse_foreign(arena, yaml, strlen(yaml), &diag, &documents), 0);
	return &documents->items[0];
}

/* apimachinery/pkg/labels/selector.go: Requirement.Matches(), NewRequirement(). */
static void selectors_select_as_apimachinery_does(void **state)
{
	static const struct {
		const char *selector, *labels;
		bool matches;
	} cases[] = {
		{ NULL, "{a: b}", false },
		{ "null", "{a: b}", false },
		{ "{}", "{a: b}", true },
		{ "{}", NULL, true },
		{ "{matchLabels: {a: b}}", "{a: b, c: d}", true },
		{ "{matchLabels: {a: b, c: d}}", "{a: b}", false },
		{ "{matchLabels: {}}", "{a: b}", true },
		{ "{matchLabels: {a: b}}", "{a: {b: c}}", false },
		{ "{matchLabels: {a: b}}", "text", false },
		{ "[a]", "{a: b}", false },
		{ "{matchLabels: {a: ''}}", "{a: ''}", true },
		{ "{matchLabels: {a: ''}}", "{}", false },
		{ "{matchLabels: {a: b}}", NULL, false },
		{ "{matchLabels: [a]}", "{a: b}", false },
		{ "{matchLabels: {a: [b]}}", "{a: b}", false },
		{ "{matchExpressions: [{key: a, operator: In, values: [x, b]}]}", "{a: b}", true },
		{ "{matchExpressions: [{key: a, operator: In, values: [x]}]}", "{a: b}", false },
		{ "{matchExpressions: [{key: a, operator: In, values: []}]}", "{a: b}", false },
		{ "{matchExpressions: [{key: a, operator: In}]}", "{a: b}", false },
		{ "{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}", "{a: b}", false },
		{ "{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}", "{a: b}", true },
		{ "{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}", "{c: b}", true },
		{ "{matchExpressions: [{key: a, operator: NotIn, values: []}]}", "{c: b}", false },
		{ "{matchExpressions: [{key: a, operator: Exists}]}", "{a: ''}", true },
		{ "{matchExpressions: [{key: a, operator: Exists}]}", "{b: ''}", false },
		{ "{matchExpressions: [{key: a, operator: Exists, values: [b]}]}", "{a: b}", false },
		{ "{matchExpressions: [{key: a, operator: DoesNotExist}]}", "{b: ''}", true },
		{ "{matchExpressions: [{key: a, operator: DoesNotExist}]}", "{a: ''}", false },
		{ "{matchExpressions: [{key: a, operator: DoesNotExist}]}", NULL, true },
		{ "{matchExpressions: [{key: a, operator: Gt, values: ['1']}]}", "{a: '2'}", false },
		{ "{matchExpressions: [{key: a, operator: in, values: [b]}]}", "{a: b}", false },
		{ "{matchExpressions: [{operator: In, values: [b]}]}", "{a: b}", false },
		{ "{matchExpressions: [a]}", "{a: b}", false },
		{ "{matchExpressions: a}", "{a: b}", false },
		{ "{matchLabels: {c: d}, matchExpressions: [{key: a, operator: In, values: [b]}]}", "{a: b}", false },
		{ "{matchLabels: {c: d}, matchExpressions: [{key: a, operator: In, values: [b]}]}", "{a: b, c: d}", true },
		{ "{matchExpressions: [{key: a, operator: Exists}, {key: b, operator: Exists}]}", "{a: x}", false },
	};
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (selector_matches(tree(&arena, cases[i].selector), tree(&arena, cases[i].labels)) != cases[i].matches)
			fail_msg("case %zu: %s", i, cases[i].selector);
}

/* component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go: GetRequiredNodeAffinity(), Match(). */
static void nodes_are_wanted_as_the_scheduler_wants_them(void **state)
{
#define TERMS(terms) "{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: " terms "}}}"
	static const struct {
		const char *selector, *affinity;
		bool wanted;
	} cases[] = {
		{ NULL, NULL, true },
		{ "{}", "{}", true },
		{ "{zone: a}", NULL, true },
		{ "{zone: b}", NULL, false },
		{ "{zone: a, gone: x}", NULL, false },
		{ NULL, "{podAffinity: {}}", true },
		{ NULL, "{nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {}}]}}", true },
		{ NULL, "{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: null}}", true },
		{ NULL, TERMS("[]"), false },
		{ NULL, TERMS("[{}]"), false },
		{ NULL, TERMS("null"), false },
		{ NULL, TERMS("[{matchExpressions: []}]"), false },
		{ NULL, TERMS("[{matchExpressions: [{key: zone, operator: In, values: [a]}]}]"), true },
		{ NULL, TERMS("[{matchExpressions: [{key: zone, operator: In, values: [b]}]}]"), false },
		{ NULL, TERMS("[{matchExpressions: [{key: zone, operator: In, values: [b]}]}, "
			      "{matchExpressions: [{key: cores, operator: Exists}]}]"), true },
		{ NULL, TERMS("[{matchExpressions: [{key: zone, operator: In, values: [a]}, {key: gone, operator: Exists}]}]"), false },
		{ NULL, TERMS("[{matchExpressions: [{key: cores, operator: Gt, values: ['7']}]}]"), true },
		{ NULL, TERMS("[{matchExpressions: [{key: cores, operator: Gt, values: ['8']}]}]"), false },
		{ NULL, TERMS("[{matchExpressions: [{key: cores, operator: Lt, values: ['9']}]}]"), true },
		{ NULL, TERMS("[{matchExpressions: [{key: cores, operator: Lt, values: ['8']}]}]"), false },
		{ NULL, TERMS("[{matchExpressions: [{key: zone, operator: Lt, values: ['8']}]}]"), false },
		{ NULL, TERMS("[{matchExpressions: [{key: cores, operator: Gt, values: [x]}]}]"), false },
		{ NULL, TERMS("[{matchExpressions: [{key: cores, operator: Gt, values: ['1', '2']}]}]"), false },
		{ NULL, TERMS("[{matchExpressions: [{key: gone, operator: Gt, values: ['1']}]}]"), false },
		{ NULL, TERMS("[{matchExpressions: [{key: gone, operator: DoesNotExist}]}]"), true },
		{ NULL, TERMS("[{matchExpressions: [{key: zone, operator: Equals, values: [a]}]}]"), false },
		{ NULL, TERMS("[{matchFields: [{key: metadata.name, operator: In, values: [n1]}]}]"), true },
		{ NULL, TERMS("[{matchFields: [{key: metadata.name, operator: In, values: [n2]}]}]"), false },
		{ NULL, TERMS("[{matchFields: [{key: metadata.name, operator: NotIn, values: [n2]}]}]"), true },
		{ NULL, TERMS("[{matchFields: [{key: metadata.name, operator: In, values: [n1, n2]}]}]"), false },
		{ NULL, TERMS("[{matchFields: [{key: metadata.name, operator: Exists}]}]"), false },
		{ "{zone: b}", TERMS("[{matchExpressions: [{key: zone, operator: In, values: [a]}]}]"), false },
		{ NULL, TERMS("{a: b}"), false },
	};
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct cluster_node node = { .name = "n1", .labels = tree(&arena, "{zone: a, cores: '8'}") };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (node_wanted(tree(&arena, cases[i].selector), tree(&arena, cases[i].affinity), &node) != cases[i].wanted)
			fail_msg("case %zu: %s", i, cases[i].affinity ? cases[i].affinity : cases[i].selector);
}

/* api/core/v1/toleration.go: ToleratesTaint(); a taint without effect or with PreferNoSchedule keeps nobody out. */
static void taints_are_tolerated_as_the_api_says(void **state)
{
	static const struct {
		const char *taints, *tolerations;
		bool tolerated;
	} cases[] = {
		{ NULL, NULL, true },
		{ "[{key: a, value: b, effect: NoSchedule}]", NULL, false },
		{ "[{key: a, value: b, effect: NoExecute}]", "[]", false },
		{ "[{key: a, value: b, effect: PreferNoSchedule}]", NULL, true },
		{ "[{key: a, value: b, effect: NoSchedule}]", "[{key: a, value: b}]", true },
		{ "[{key: a, value: b, effect: NoSchedule}]", "[{key: a, operator: Equal, value: b, effect: NoSchedule}]", true },
		{ "[{key: a, value: b, effect: NoSchedule}]", "[{key: a, value: c}]", false },
		{ "[{key: a, value: b, effect: NoSchedule}]", "[{key: a, value: b, effect: NoExecute}]", false },
		{ "[{key: a, value: b, effect: NoSchedule}]", "[{key: a, operator: Exists}]", true },
		{ "[{key: a, value: b, effect: NoSchedule}]", "[{operator: Exists}]", true },
		{ "[{key: a, value: b, effect: NoSchedule}]", "[{operator: Exists, effect: NoExecute}]", false },
		{ "[{key: a, effect: NoSchedule}]", "[{key: a}]", true },
		{ "[{key: a, value: '5', effect: NoSchedule}]", "[{key: a, operator: Gt, value: '4'}]", true },
		{ "[{key: a, value: '5', effect: NoSchedule}]", "[{key: a, operator: Gt, value: '5'}]", false },
		{ "[{key: a, value: '5', effect: NoSchedule}]", "[{key: a, operator: Lt, value: '6'}]", true },
		{ "[{key: a, value: x, effect: NoSchedule}]", "[{key: a, operator: Lt, value: '6'}]", false },
		{ "[{key: a, value: b, effect: NoSchedule}]", "[{key: a, operator: like, value: b}]", false },
		{ "[{key: a, effect: NoSchedule}, {key: c, effect: NoExecute}]", "[{key: a, operator: Exists}]", false },
		{ "[{key: a, effect: NoSchedule}, {key: c, effect: NoExecute}]", "[{key: c}, {key: a}]", true },
		{ "x", "x", true },
		{ "[x]", "[x]", true },
	};
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct node *taint = NULL;
		bool tolerated = taints_tolerated(tree(&arena, cases[i].taints), tree(&arena, cases[i].tolerations), &taint);

		if (tolerated != cases[i].tolerated || !tolerated != (taint != NULL))
			fail_msg("case %zu: %s", i, cases[i].tolerations);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors_select_as_apimachinery_does),
		cmocka_unit_test(nodes_are_wanted_as_the_scheduler_wants_them),
		cmocka_unit_test(taints_are_tolerated_as_the_api_says),
	};

	return RUN_TESTS(tests);
}
