/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes a pod may run on.  Argued from component-helpers/scheduling/corev1: nodeaffinity/nodeaffinity.go, helpers.go; api/core/v1/toleration.go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../advisor/placement.h"

static const struct node *parse(struct arena *arena, const char *text)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	if (!text)
		return NULL;
	assert_int_equal(node_parse_foreign(arena, text, strlen(text), &diag, &documents), 0);
	return &documents->items[0];
}

static void pods_go_where_selectors_affinity_and_taints_let_them(void **state)
{
#define AFFINITY(terms) "{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [" terms "]}}}"
	/* clang-format off */
	static const struct {
		const char *selector, *affinity, *tolerations;
		const char *labels, *taints;
		const char *kind;
		bool cordoned;
		enum placement expect;
	} cases[] = {
		{ .expect = PLACEMENT_ALLOWED },
		{ .selector = "{disk: ssd}", .labels = "{disk: ssd}", .expect = PLACEMENT_ALLOWED },
		{ .selector = "{disk: ssd}", .labels = "{disk: hdd}", .expect = PLACEMENT_NOT_SELECTED },
		{ .selector = "{disk: ssd}", .expect = PLACEMENT_NOT_SELECTED },
		{ .selector = "{}", .expect = PLACEMENT_ALLOWED },
		{ .affinity = AFFINITY("{matchExpressions: [{key: zone, operator: In, values: [a, b]}]}"), .labels = "{zone: b}", .expect = PLACEMENT_ALLOWED },
		{ .affinity = AFFINITY("{matchExpressions: [{key: zone, operator: In, values: [a, b]}]}"), .labels = "{zone: c}", .expect = PLACEMENT_NOT_SELECTED },
		{ .affinity = AFFINITY("{matchExpressions: [{key: zone, operator: In, values: [a]}]}, {matchExpressions: [{key: zone, operator: In, values: [c]}]}"), .labels = "{zone: c}", .expect = PLACEMENT_ALLOWED },
		{ .affinity = AFFINITY("{matchExpressions: [{key: zone, operator: NotIn, values: [a]}]}"), .expect = PLACEMENT_ALLOWED },
		{ .affinity = AFFINITY("{matchExpressions: [{key: gpu, operator: Exists}]}"), .expect = PLACEMENT_NOT_SELECTED },
		{ .affinity = AFFINITY("{matchExpressions: [{key: gpu, operator: DoesNotExist}]}"), .expect = PLACEMENT_ALLOWED },
		{ .affinity = AFFINITY("{matchExpressions: [{key: cores, operator: Gt, values: ['8']}]}"), .labels = "{cores: '9'}", .expect = PLACEMENT_ALLOWED },
		{ .affinity = AFFINITY("{matchExpressions: [{key: cores, operator: Gt, values: ['8']}]}"), .labels = "{cores: '8'}", .expect = PLACEMENT_NOT_SELECTED },
		{ .affinity = AFFINITY("{matchExpressions: [{key: cores, operator: Lt, values: ['8']}]}"), .labels = "{cores: many}", .expect = PLACEMENT_NOT_SELECTED },
		{ .affinity = AFFINITY("{matchFields: [{key: metadata.name, operator: In, values: [node-1]}]}"), .expect = PLACEMENT_ALLOWED },
		{ .affinity = AFFINITY("{matchFields: [{key: metadata.name, operator: In, values: [node-2]}]}"), .expect = PLACEMENT_NOT_SELECTED },
		/* A term without a condition selects nothing; so do no terms. */
		{ .affinity = AFFINITY("{}"), .expect = PLACEMENT_NOT_SELECTED },
		{ .affinity = AFFINITY(""), .expect = PLACEMENT_NOT_SELECTED },
		{ .affinity = "{nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}", .expect = PLACEMENT_ALLOWED },
		{ .taints = "[{key: a, value: b, effect: NoSchedule}]", .expect = PLACEMENT_TAINTED },
		{ .taints = "[{key: a, value: b, effect: PreferNoSchedule}]", .expect = PLACEMENT_ALLOWED },
		{ .taints = "[{key: a, effect: NoExecute}]", .tolerations = "[{key: a, operator: Exists}]", .expect = PLACEMENT_ALLOWED },
		{ .taints = "[{key: a, value: b, effect: NoSchedule}]", .tolerations = "[{key: a, value: b, effect: NoSchedule}]", .expect = PLACEMENT_ALLOWED },
		{ .taints = "[{key: a, value: b, effect: NoSchedule}]", .tolerations = "[{key: a, value: c}]", .expect = PLACEMENT_TAINTED },
		{ .taints = "[{key: a, value: b, effect: NoSchedule}]", .tolerations = "[{key: a, value: b, effect: NoExecute}]", .expect = PLACEMENT_TAINTED },
		{ .taints = "[{key: a, value: b, effect: NoSchedule}]", .tolerations = "[{operator: Exists}]", .expect = PLACEMENT_ALLOWED },
		{ .taints = "[{key: a, effect: NoSchedule}, {key: c, effect: NoSchedule}]", .tolerations = "[{key: a, operator: Exists}]", .expect = PLACEMENT_TAINTED },
		{ .cordoned = true, .expect = PLACEMENT_TAINTED },
		{ .cordoned = true, .kind = "DaemonSet", .expect = PLACEMENT_ALLOWED },
		{ .taints = "[{key: node.kubernetes.io/not-ready, effect: NoExecute}]", .kind = "DaemonSet", .expect = PLACEMENT_ALLOWED },
		{ .taints = "[{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]", .kind = "DaemonSet", .expect = PLACEMENT_TAINTED },
		/* What is malformed lets nothing through. */
		{ .selector = "[a]", .affinity = "x", .tolerations = "{}", .labels = "3", .taints = "{}", .expect = PLACEMENT_NOT_SELECTED },
		{ .taints = "[a, [], {key: []}]", .tolerations = "[a, {key: {}}]", .expect = PLACEMENT_ALLOWED },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct cluster cluster = { .n_workloads = 0 };
		struct workload workload = { .kind = cases[i].kind ? cases[i].kind : "Deployment", .runtime_class = "" };
		struct cluster_node node = { .name = "node-1", .unschedulable = cases[i].cordoned };

		workload.node_selector = parse(&arena, cases[i].selector);
		workload.affinity = parse(&arena, cases[i].affinity);
		workload.tolerations = parse(&arena, cases[i].tolerations);
		node.labels = parse(&arena, cases[i].labels);
		node.taints = parse(&arena, cases[i].taints);
		if (placement_of(&cluster, &workload, &node) != cases[i].expect)
			fail_msg("case %zu", i);
		arena_release(&arena);
	}
}

static void a_runtime_class_selects_and_tolerates_too(void **state)
{
	struct arena arena = ARENA_INIT;
	struct runtime_class class = { .name = "sandbox" };
	struct cluster cluster = { .runtime_classes = &class, .n_runtime_classes = 1 };
	struct workload workload = { .kind = "Deployment", .runtime_class = "sandbox" };
	struct cluster_node node = { .name = "node-1" };

	class.node_selector = parse(&arena, "{sandbox: 'true'}");
	class.tolerations = parse(&arena, "[{key: sandbox, operator: Exists}]");
	assert_int_equal(placement_of(&cluster, &workload, &node), PLACEMENT_NOT_SELECTED);
	node.labels = parse(&arena, "{sandbox: 'true'}");
	node.taints = parse(&arena, "[{key: sandbox, effect: NoSchedule}]");
	assert_int_equal(placement_of(&cluster, &workload, &node), PLACEMENT_ALLOWED);
	workload.runtime_class = "";
	assert_int_equal(placement_of(&cluster, &workload, &node), PLACEMENT_TAINTED);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pods_go_where_selectors_affinity_and_taints_let_them),
		cmocka_unit_test(a_runtime_class_selects_and_tolerates_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
