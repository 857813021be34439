/* SPDX-License-Identifier: Apache-2.0 */
/* LimitRanges and ResourceQuotas.  Argued from plugin/pkg/admission/limitranger/admission.go, pkg/apis/core/v1/defaults.go
 * (SetDefaults_LimitRangeItem) and pkg/quota/v1/evaluator/core/pods.go. */
#include "consequence-world.h"

#define LIMIT_RANGE(items) "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: bounds, namespace: shop}\nspec: {limits: [" items "]}\n"
#define BOTH(request, limit) "requests: {cpu: " #request "}, limits: {cpu: " #limit "}"

static void what_a_limit_range_takes_bounds_the_proposal(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "at least min", DEPLOYMENT(2, APP(BOTH(1, 2))) LIMIT_RANGE("{type: Container, min: {cpu: 200m}}"), { { "app", RESOURCE_CPU, 100, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 200, SAME, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_CHANGED, "LimitRange bounds takes no less than 200m: the request is 200m, not 100m" } } },
		{ "min itself", DEPLOYMENT(2, APP(BOTH(1, 2))) LIMIT_RANGE("{type: Container, min: {cpu: 200m}}"), { { "app", RESOURCE_CPU, 200, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 200, SAME, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_NOTE, NULL } } },
		{ "at most max, the request with the limit", DEPLOYMENT(2, APP(BOTH(1, 1))) LIMIT_RANGE("{type: Container, max: {cpu: '2'}}"), { { "app", RESOURCE_CPU, 3000, 3000 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 2000, 2000, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_CHANGED, "takes no more than 2: the limit is 2, not 3" } } },
		{ "max leaves nothing to change", DEPLOYMENT(2, APP(BOTH(2, 2))) LIMIT_RANGE("{type: Container, max: {cpu: '2'}}"), { { "app", RESOURCE_CPU, 3000, 3000 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_CHANGED, "takes no more than 2" } } },
		{ "a ratio raises the request", DEPLOYMENT(2, APP(BOTH(1, 2))) LIMIT_RANGE("{type: Container, maxLimitRequestRatio: {cpu: '4'}}"), { { "app", RESOURCE_CPU, 300, 2000 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, 2000, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_CHANGED, "takes a limit of at most 4 times the request: the request is 500m, not 300m" } } },
		{ "the ratio itself", DEPLOYMENT(2, APP(BOTH(1, 2))) LIMIT_RANGE("{type: Container, maxLimitRequestRatio: {cpu: '4'}}"), { { "app", RESOURCE_CPU, 500, 2000 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, 2000, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_NOTE, NULL } } },
		{ "a limit that admission would give is below the request", DEPLOYMENT(2, APP("requests: {cpu: 100m}")) LIMIT_RANGE("{type: Container, default: {cpu: 500m}}"), { { "app", RESOURCE_CPU, 700, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 700, 700, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_CHANGED, "gives it a limit of 500m when it has none, below its request" } } },
		{ "what it is given today", DEPLOYMENT(2, APP("")) LIMIT_RANGE("{type: Container, default: {cpu: 500m}, defaultRequest: {cpu: 100m}}"), { { "app", RESOURCE_CPU, 300, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 300, -1, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_NOTE, "gives it is a request of 100m and a limit of 500m" } } },
		/* max stands in for a default that is not there. */
		{ "max as the default", DEPLOYMENT(2, APP("requests: {cpu: 100m}")) LIMIT_RANGE("{type: Container, max: {cpu: 500m}}"), { { "app", RESOURCE_CPU, 700, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, 500, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_CHANGED, "takes no more than 500m" } } },
		{ "of another namespace", DEPLOYMENT(2, APP(BOTH(1, 2))) "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: bounds, namespace: other}\nspec: {limits: [{type: Container, min: {cpu: 200m}}]}\n",
		  { { "app", RESOURCE_CPU, 100, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 100, SAME, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_NOTE, NULL } } },
		{ "a pod's sum above its max", DEPLOYMENT(2, APP(BOTH(1, 1)) ", " CONTAINER("proxy", BOTH(1, 1))) LIMIT_RANGE("{type: Pod, max: {cpu: '2'}}"), { { "app", RESOURCE_CPU, 1001, 1001 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_SATISFIED, SAME, SAME, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_NOTE, NULL } } },
		{ "a pod's sum far above its max", DEPLOYMENT(2, APP(BOTH(1, 1)) ", " CONTAINER("proxy", BOTH(1, 1))) LIMIT_RANGE("{type: Pod, max: {cpu: '2'}}"), { { "app", RESOURCE_CPU, 1200, 1200 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_BLOCKS, "takes no more than 2 for a pod: its containers would have 2200m in all with a limit of 2200m" } } },
		{ "a pod's sum at its max", DEPLOYMENT(2, APP(BOTH(1, 1)) ", " CONTAINER("proxy", BOTH(500m, 500m))) LIMIT_RANGE("{type: Pod, max: {cpu: '2'}}"), { { "app", RESOURCE_CPU, 1500, 1500 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 1500, 1500, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_NOTE, NULL } } },
		/* The overhead of its runtime class counts for the scheduler and quotas, not here. */
		{ "overhead does not count", "---\napiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: vm}\nhandler: vm\noverhead: {podFixed: {cpu: 500m}}\n"
		  "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 2, template: {spec: {runtimeClassName: vm, containers: [" APP(BOTH(1, 1)) "]}}}\n"
		  LIMIT_RANGE("{type: Pod, max: {cpu: '2'}}"), { { "app", RESOURCE_CPU, 2000, 2000 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 2000, 2000, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_NOTE, NULL } } },
		{ "what shrinks beside it may", DEPLOYMENT(2, APP(BOTH(1, 1)) ", " CONTAINER("proxy", BOTH(1, 1))) LIMIT_RANGE("{type: Pod, max: {cpu: '2'}}"), { { "app", RESOURCE_CPU, 2000, 2000 }, { "proxy", RESOURCE_CPU, 500, 500 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_BLOCKS, "2500m in all" },
		    { "proxy", RESOURCE_CPU, STATUS_RECOMMEND, 500, 500, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_NOTE, NULL } } },
		{ "what is refused already is no reason", DEPLOYMENT(2, APP(BOTH(3, 3))) LIMIT_RANGE("{type: Pod, max: {cpu: '2'}}"), { { "app", RESOURCE_CPU, 2500, 2500 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 2500, 2500, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_NOTE, NULL } } },
		{ "min and max that exclude each other", DEPLOYMENT(2, APP(BOTH(1, 1))) LIMIT_RANGE("{type: Container, min: {cpu: '3'}}, {type: Container, max: {cpu: '2'}}"), { { "app", RESOURCE_CPU, 1500, 1500 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_LIMIT_RANGE, CONSEQUENCE_BLOCKS, "takes no less than 3" } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

#define QUOTA(hard, used, scopes) "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: share, namespace: shop}\nspec: {hard: {" hard "}" scopes "}\nstatus: {used: {" used "}}\n"

static void a_quota_must_have_room_for_what_is_proposed(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "just enough", DEPLOYMENT(4, APP(BOTH(1, 4))) QUOTA("requests.cpu: '10'", "requests.cpu: '6'", ""), { { "app", RESOURCE_CPU, 2000, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 2000, SAME, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, "rolling update" } } },
		{ "too little", DEPLOYMENT(4, APP(BOTH(1, 4))) QUOTA("requests.cpu: '10'", "requests.cpu: 6001m", ""), { { "app", RESOURCE_CPU, 2000, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_BLOCKS, "ResourceQuota share has 3999m of requests.cpu left, and 4 pods would need 4 more" } } },
		{ "overhead counts", "---\napiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: vm}\nhandler: vm\noverhead: {podFixed: {cpu: 500m}}\n"
		  "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 2, template: {spec: {runtimeClassName: vm, containers: [" APP(BOTH(1, 4)) "]}}}\n"
		  QUOTA("requests.cpu: 4999m", "", ""), { { "app", RESOURCE_CPU, 2000, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_BLOCKS, "has 1999m of requests.cpu left, and 2 pods would need 2 more" } } },
		{ "cpu is requests.cpu", DEPLOYMENT(4, APP(BOTH(1, 4))) QUOTA("cpu: '5'", "cpu: '4'", ""), { { "app", RESOURCE_CPU, 2000, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_BLOCKS, "1 of cpu left" } } },
		{ "limits", DEPLOYMENT(4, APP("requests: {memory: 1Gi}, limits: {memory: 1Gi}")) QUOTA("limits.memory: 5Gi", "limits.memory: 4Gi", ""), { { "app", RESOURCE_MEMORY, SAME, 2 * GIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_BLOCKS, "1Gi of limits.memory left, and 4 pods would need 4Gi more" } } },
		{ "less is never too much", DEPLOYMENT(4, APP(BOTH(1, 4))) QUOTA("requests.cpu: '2'", "requests.cpu: '4'", ""), { { "app", RESOURCE_CPU, 500, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_NOTE, "starts 1 pod before old ones go" } } },
		/* Reckoned from what runs in the namespace: 4 × 1 + 4 × 1 = 8. */
		{ "used is not said", DEPLOYMENT(4, APP(BOTH(1, 4)) ", " CONTAINER("other", BOTH(1, 1))) QUOTA("requests.cpu: '11'", "", ""), { { "app", RESOURCE_CPU, 2000, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_BLOCKS, "3 of requests.cpu left, and 4 pods would need 4 more" } } },
		{ "a scope that does not count it", DEPLOYMENT(4, APP(BOTH(1, 4))) QUOTA("requests.cpu: '4'", "requests.cpu: '4'", ", scopes: [Terminating]"), { { "app", RESOURCE_CPU, 2000, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 2000, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_NOTE, NULL } } },
		{ "a scope that counts it", DEPLOYMENT(4, APP(BOTH(1, 4))) QUOTA("requests.cpu: '4'", "requests.cpu: '4'", ", scopes: [NotTerminating, NotBestEffort]"), { { "app", RESOURCE_CPU, 2000, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_BLOCKS, "0 of requests.cpu left" } } },
		{ "of another priority", DEPLOYMENT(4, APP(BOTH(1, 4))) QUOTA("requests.cpu: '4'", "requests.cpu: '4'", ", scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}"), { { "app", RESOURCE_CPU, 2000, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 2000, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_NOTE, NULL } } },
		{ "of pods without a priority", DEPLOYMENT(4, APP(BOTH(1, 4))) QUOTA("requests.cpu: '4'", "requests.cpu: '4'", ", scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: DoesNotExist}]}"), { { "app", RESOURCE_CPU, 2000, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_BLOCKS, "0 of requests.cpu left" } } },
		{ "of the priority that pods have without naming one", "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nglobalDefault: true\nvalue: 5\n" DEPLOYMENT(4, APP(BOTH(1, 4)))
		  QUOTA("requests.cpu: '4'", "requests.cpu: '4'", ", scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}"), { { "app", RESOURCE_CPU, 2000, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_BLOCKS, "0 of requests.cpu left" } } },
		{ "a limit that it asks for goes", DEPLOYMENT(4, APP(BOTH(1, 4))) QUOTA("limits.cpu: '100'", "limits.cpu: '4'", ""), { { "app", RESOURCE_CPU, 500, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_BLOCKS, "counts limits.cpu: a pod of which one container does not say it is refused" } } },
		/* A pod of the new size beside four of the old one: 4 + 1.5 of 5. */
		{ "no room for the surge, and none may be missing", "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 4, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}, template: {spec: {containers: [" APP(BOTH(1, 4)) "]}}}\n"
		  QUOTA("requests.cpu: '4'", "requests.cpu: '4'", ""), { { "app", RESOURCE_CPU, 500, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_WARNING, "starts 1 pod before old ones go, which takes 500m of requests.cpu, and ResourceQuota share has 0 left: it would wait for ever" } } },
		/* ResolveFenceposts(): shares that come to nothing let one be missing. */
		{ "neither a surge nor a missing one", "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 4, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 10%}}, template: {spec: {containers: [" APP(BOTH(1, 4)) "]}}}\n"
		  QUOTA("requests.cpu: '4'", "requests.cpu: '4'", ""), { { "app", RESOURCE_CPU, 500, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_NOTE, NULL } } },
		{ "room for the surge", "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 4, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}, template: {spec: {containers: [" APP(BOTH(1, 4)) "]}}}\n"
		  QUOTA("requests.cpu: 4500m", "requests.cpu: '4'", ""), { { "app", RESOURCE_CPU, 500, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_NOTE, NULL } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

static void changes_of_one_namespace_share_its_quota(void **state)
{
#define OTHER "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: shop}\nspec: {replicas: 2, template: {spec: {containers: [" CONTAINER("db", BOTH(1, 4)) "]}}}\n"
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "each fits, both do not", DEPLOYMENT(2, APP(BOTH(1, 4))) OTHER QUOTA("requests.cpu: '7'", "requests.cpu: '4'", ""),
		  { { "app", RESOURCE_CPU, 2000, SAME }, { "db", RESOURCE_CPU, 2000, SAME } }, { { NULL } },
		  { { "db", RESOURCE_CPU, STATUS_RECOMMEND, 2000, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_WARNING, "has 3 of requests.cpu left: enough for these 2 more, not for all that is proposed in its namespace (4 more)" } } },
		{ "one makes room for the other", DEPLOYMENT(2, APP(BOTH(1, 4))) OTHER QUOTA("requests.cpu: '7'", "requests.cpu: '6'", ""),
		  { { "app", RESOURCE_CPU, 500, SAME }, { "db", RESOURCE_CPU, 1500, SAME } }, { { NULL } },
		  { { "db", RESOURCE_CPU, STATUS_RECOMMEND, 1500, SAME, CONSEQUENCE_QUOTA, CONSEQUENCE_NOTE, NULL } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_limit_range_takes_bounds_the_proposal),
		cmocka_unit_test(a_quota_must_have_room_for_what_is_proposed),
		cmocka_unit_test(changes_of_one_namespace_share_its_quota),
	};

	return RUN_TESTS(tests);
}
