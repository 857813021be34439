/* SPDX-License-Identifier: Apache-2.0 */
/* Autoscalers.  Argued from pkg/controller/podautoscaler (replica_calculator.go, metrics/utilization.go, horizontal.go) and
 * vertical-pod-autoscaler/pkg (admission-controller/resource/pod, apis/autoscaling.k8s.io/v1/types.go). */
#include "consequence-world.h"

#define HPA(min, max, current, metrics) HPA_STATUS(min, max, current, metrics, "")
#define HPA_STATUS(min, max, current, metrics, more)                                                                                                        \
	"---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web-hpa, namespace: shop}\n"                         \
	"spec: {minReplicas: " #min ", maxReplicas: " #max ", scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, metrics: [" metrics "]}\n" \
	"status: {currentReplicas: " #current more "}\n"
#define CPU_TARGET(percent) "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: " #percent "}}}"
#define MEMORY_TARGET(percent) "{type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: " #percent "}}}"

#define CPU_1 "requests: {cpu: '1'}"

static void replicas_of_an_autoscaler_move_with_the_request(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "more replicas", DEPLOYMENT(4, APP(CPU_1)) HPA(1, 10, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, 400, SAME } }, { { "app", USAGE_CPU, 0.3 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 400, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING,
		      "goes from 30 % to 75 % of the request, and HPA web-hpa with its target of 60 % goes from 2 to 5 replicas (4 run; 2 in all now, 2 then); with a target of 150 % it stays at 2" } } },
		/* 66 of 60 is within the tolerance of 10 %. */
		{ "within the tolerance", DEPLOYMENT(4, APP(CPU_1)) HPA(4, 10, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, 500, SAME } }, { { "app", USAGE_CPU, 0.33 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_NOTE, "from 33 % to 66 % of the request, and HPA web-hpa with its target of 60 % keeps 4 of 4" } } },
		{ "just outside of it", DEPLOYMENT(4, APP(CPU_1)) HPA(4, 10, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, 500, SAME } }, { { "app", USAGE_CPU, 0.335 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "to 67 % of the request, and HPA web-hpa with its target of 60 % goes from 4 to 5" } } },
		{ "a tolerance of its own", DEPLOYMENT(4, APP(CPU_1)) HPA(4, 10, 4, CPU_TARGET(60) "], behavior: {scaleUp: {tolerance: '0.2'}}, x: ["),
		  { { "app", RESOURCE_CPU, 500, SAME } }, { { "app", USAGE_CPU, 0.36 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_NOTE, "keeps 4 of 4" } } },
		{ "no more than max", DEPLOYMENT(4, APP(CPU_1)) HPA(4, 6, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, 200, SAME } }, { { "app", USAGE_CPU, 0.3 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 200, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "from 4 to 6 replicas (4 in all now, 1200m then); it would want 10, but may have no more" } } },
		{ "fewer, but not below min", DEPLOYMENT(4, APP(CPU_1)) HPA(3, 6, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, 4000, SAME } }, { { "app", USAGE_CPU, 0.6 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 4000, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "from 60 % to 15 % of the request, and HPA web-hpa with its target of 60 % goes from 4 to 3" } } },
		{ "the greatest of two metrics", DEPLOYMENT(4, APP("requests: {cpu: '1', memory: 1Gi}")) HPA(1, 10, 4, CPU_TARGET(60) ", " MEMORY_TARGET(50)),
		  { { "app", RESOURCE_CPU, 500, SAME } }, { { "app", USAGE_CPU, 0.3 }, { "app", USAGE_MEMORY_WORKING_SET, (double)GIB } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_NOTE, "keeps 8 of 8" } } },
		{ "an average value does not move with the request", DEPLOYMENT(4, APP(CPU_1)) HPA(1, 10, 4, "{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 300m}}}"),
		  { { "app", RESOURCE_CPU, 400, SAME } }, { { "app", USAGE_CPU, 0.3 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 400, SAME, CONSEQUENCE_HPA, CONSEQUENCE_NOTE, NULL } } },
		{ "nor does a metric of another resource", DEPLOYMENT(4, APP("requests: {cpu: '1', memory: 1Gi}")) HPA(1, 10, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_MEMORY, 512 * MIB, SAME } }, { { "app", USAGE_CPU, 0.3 } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, SAME, CONSEQUENCE_HPA, CONSEQUENCE_NOTE, NULL } } },
		{ "of one container", DEPLOYMENT(4, APP(CPU_1) ", " CONTAINER("proxy", CPU_1)) HPA(1, 10, 4, "{type: ContainerResource, containerResource: {name: cpu, container: app, target: {type: Utilization, averageUtilization: 60}}}"),
		  { { "app", RESOURCE_CPU, 500, SAME }, { "proxy", RESOURCE_CPU, 100, SAME } }, { { "app", USAGE_CPU, 0.6 }, { "proxy", USAGE_CPU, 0.05 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "from 60 % to 120 % of the request, and HPA web-hpa with its target of 60 % goes from 4 to 8" },
		    { "proxy", RESOURCE_CPU, STATUS_RECOMMEND, 100, SAME, CONSEQUENCE_HPA, CONSEQUENCE_NOTE, NULL } } },
		{ "of all containers of the pod", DEPLOYMENT(4, APP(CPU_1) ", " CONTAINER("proxy", CPU_1)) HPA(1, 10, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, 200, SAME } }, { { "app", USAGE_CPU, 0.1 }, { "proxy", USAGE_CPU, 0.62 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 200, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "from 36 % to 60 % of the request, and HPA web-hpa with its target of 60 % goes from 3 to 4" } } },
		{ "told once for all containers of the pod, where most changes", DEPLOYMENT(4, APP(CPU_1) ", " CONTAINER("proxy", CPU_1)) HPA(1, 10, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, 800, SAME }, { "proxy", RESOURCE_CPU, 200, SAME } }, { { "app", USAGE_CPU, 0.3 }, { "proxy", USAGE_CPU, 0.3 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 800, SAME, CONSEQUENCE_HPA, CONSEQUENCE_NOTE, "HPA web-hpa measures the containers of the pod together: what it makes of all their changes is told with container proxy" },
		    { "proxy", RESOURCE_CPU, STATUS_RECOMMEND, 200, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "from 30 % to 60 % of the request, and HPA web-hpa with its target of 60 % goes from 2 to 4 replicas" } } },
		{ "the same in all", DEPLOYMENT(4, APP(CPU_1) ", " CONTAINER("proxy", CPU_1)) HPA(1, 10, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, 1500, SAME }, { "proxy", RESOURCE_CPU, 500, SAME } }, { { "app", USAGE_CPU, 0.3 }, { "proxy", USAGE_CPU, 0.3 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 1500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_NOTE, "as much cpu as before: that moves no replicas" } } },
		{ "another metric decides", DEPLOYMENT(4, APP("requests: {cpu: '1', memory: 1Gi}")) HPA(1, 10, 4, CPU_TARGET(60) ", " MEMORY_TARGET(50)),
		  { { "app", RESOURCE_CPU, 500, SAME }, { "app", RESOURCE_MEMORY, 512 * MIB, SAME } }, { { "app", USAGE_CPU, 0.15 }, { "app", USAGE_MEMORY_WORKING_SET, 0.5 * GIB } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING,
		      "cpu utilisation goes from 15 % to 30 % of the request, and HPA web-hpa with its target of 60 % goes from 4 to 8 replicas (4 in all now, 4 then) because of another of its metrics, of memory" },
		    { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "with a target of 100 % it stays at 4" } } },
		{ "each container's own metric", DEPLOYMENT(4, APP(CPU_1) ", " CONTAINER("proxy", CPU_1)) HPA(1, 10, 4, "{type: ContainerResource, containerResource: {name: cpu, container: app, target: {type: Utilization, averageUtilization: 60}}}, " CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, 500, SAME }, { "proxy", RESOURCE_CPU, 200, SAME } }, { { "app", USAGE_CPU, 0.3 }, { "proxy", USAGE_CPU, 0.1 } },
		  { { "proxy", RESOURCE_CPU, STATUS_RECOMMEND, 200, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "from 20 % to 57 % of the request" } } },
		{ "a request that it lacked", DEPLOYMENT(4, APP(CPU_1) ", " CONTAINER("proxy", "")) HPA(1, 10, 4, CPU_TARGET(60)),
		  { { "proxy", RESOURCE_CPU, 500, SAME } }, { { "app", USAGE_CPU, 1.0 }, { "proxy", USAGE_CPU, 0.2 } },
		  { { "proxy", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING,
		      "measures no cpu utilisation now, since container proxy has no request of cpu; with this it begins to: 80 % of the request at the same load, with its target of 60 % 6 replicas of the 4 there are" } } },
		{ "a request that another lacks", DEPLOYMENT(4, APP(CPU_1) ", " CONTAINER("proxy", "")) HPA(1, 10, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, 500, SAME } }, { { "app", USAGE_CPU, 0.5 }, { "proxy", USAGE_CPU, 0.2 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING,
		      "measures no cpu utilisation, now or with this, since container proxy has no request of cpu" } } },
		/* calculatePodRequests() asks only whether it is there. */
		{ "a request of nothing is one", DEPLOYMENT(4, APP(CPU_1) ", " CONTAINER("proxy", "requests: {cpu: '0'}")) HPA(1, 10, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, 500, SAME } }, { { "app", USAGE_CPU, 0.5 }, { "proxy", USAGE_CPU, 0.1 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "from 60 % to 120 % of the request" } } },
		{ "one that may not add any", DEPLOYMENT(4, APP(CPU_1)) HPA(1, 10, 4, CPU_TARGET(60) "], behavior: {scaleUp: {selectPolicy: Disabled}}, x: ["),
		  { { "app", RESOURCE_CPU, 500, SAME } }, { { "app", USAGE_CPU, 0.6 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "keeps 4 of 4 replicas (4 in all now, 2 then); it would want 8, but may have no more" } } },
		{ "one that may not take any away", DEPLOYMENT(4, APP(CPU_1)) HPA(1, 10, 4, CPU_TARGET(60) "], behavior: {scaleDown: {selectPolicy: Disabled}}, x: ["),
		  { { "app", RESOURCE_CPU, 2000, SAME } }, { { "app", USAGE_CPU, 0.6 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 2000, SAME, CONSEQUENCE_HPA, CONSEQUENCE_NOTE, "keeps 4 of 4 replicas (4 in all now, 8 then)" } } },
		{ "its own measurement where there is no other", DEPLOYMENT(4, APP(CPU_1)) HPA_STATUS(1, 10, 4, CPU_TARGET(60), ", currentMetrics: [{type: Resource, resource: {name: cpu, current: {averageUtilization: 60}}}]"),
		  { { "app", RESOURCE_CPU, 500, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "from 60 % to 120 % of the request, and HPA web-hpa with its target of 60 % goes from 4 to 8" } } },
		{ "KEDA's trigger", DEPLOYMENT(4, APP(CPU_1)) "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web-keda, namespace: shop}\nspec: {minReplicaCount: 1, maxReplicaCount: 10, scaleTargetRef: {name: web}, triggers: [{type: cpu, metricType: Utilization, metadata: {value: '60'}}]}\n",
		  { { "app", RESOURCE_CPU, 500, SAME } }, { { "app", USAGE_CPU, 0.6 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "web-keda with its target of 60 % goes from 4 to 8 replicas" } } },
		{ "not known is said", DEPLOYMENT(4, APP(CPU_1)) HPA(1, 10, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, 500, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, SAME, CONSEQUENCE_HPA, CONSEQUENCE_WARNING, "what it measures now is not known" } } },
		{ "a limit alone changes nothing", DEPLOYMENT(4, APP("requests: {cpu: '1'}, limits: {cpu: '2'}")) HPA(1, 10, 4, CPU_TARGET(60)),
		  { { "app", RESOURCE_CPU, SAME, 4000 } }, { { "app", USAGE_CPU, 0.3 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, SAME, 4000, CONSEQUENCE_HPA, CONSEQUENCE_NOTE, NULL } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

#define VPA(mode, policy)                                                                                                                      \
	"---\napiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: web-vpa, namespace: shop}\n"                    \
	"spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, updatePolicy: {updateMode: " mode "}, resourcePolicy: {containerPolicies: [" policy "]}}\n" \
	"status: {recommendation: {containerRecommendations: [{containerName: app, target: {cpu: 250m, memory: 300Mi}}]}}\n"

static void a_vertical_autoscaler_has_the_last_word(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "it overwrites", DEPLOYMENT(4, APP(CPU_1)) VPA("Auto", ""), { { "app", RESOURCE_CPU, 400, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_VPA, CONSEQUENCE_BLOCKS, "VPA web-vpa in mode Auto writes this request itself whenever a pod starts, now 250m: 400m instead of 1 has to be said" } } },
		{ "at the start too", DEPLOYMENT(4, APP(CPU_1)) VPA("Initial", ""), { { "app", RESOURCE_CPU, 400, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_VPA, CONSEQUENCE_BLOCKS, "mode Initial" } } },
		{ "off says nothing", DEPLOYMENT(4, APP(CPU_1)) VPA("'Off'", ""), { { "app", RESOURCE_CPU, 400, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 400, SAME, CONSEQUENCE_VPA, CONSEQUENCE_NOTE, NULL } } },
		{ "off for one container", DEPLOYMENT(4, APP(CPU_1)) VPA("Auto", "{containerName: app, mode: 'Off'}"), { { "app", RESOURCE_CPU, 400, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 400, SAME, CONSEQUENCE_VPA, CONSEQUENCE_NOTE, NULL } } },
		{ "off for all others", DEPLOYMENT(4, APP(CPU_1)) VPA("Auto", "{containerName: '*', mode: 'Off'}, {containerName: app, mode: Auto}"), { { "app", RESOURCE_CPU, 400, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_VPA, CONSEQUENCE_BLOCKS, "web-vpa" } } },
		{ "memory only", DEPLOYMENT(4, APP("requests: {cpu: '1', memory: 1Gi}")) VPA("Auto", "{containerName: '*', controlledResources: [memory]}"),
		  { { "app", RESOURCE_CPU, 400, SAME }, { "app", RESOURCE_MEMORY, 512 * MIB, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 400, SAME, CONSEQUENCE_VPA, CONSEQUENCE_NOTE, NULL },
		    { "app", RESOURCE_MEMORY, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_VPA, CONSEQUENCE_BLOCKS, "now 300Mi" } } },
		{ "against a horizontal one", DEPLOYMENT(4, APP(CPU_1)) VPA("Auto", "") HPA(1, 10, 4, CPU_TARGET(60)), { { "app", RESOURCE_CPU, 400, SAME } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_VPA, CONSEQUENCE_WARNING, "each of them undoes what the other does" } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

/* What each of its containers would do to the replicas alone is not what happens. */
static void replicas_follow_from_all_containers_together(void **state)
{
	static const struct used used[] = { { "app", USAGE_CPU, 0.1 }, { "proxy", USAGE_CPU, 0.2 }, { NULL } };
	static const struct proposed proposed[] = { { "app", RESOURCE_CPU, 500, SAME }, { "proxy", RESOURCE_CPU, 700, SAME }, { NULL } };
	struct world world;

	(void)state;
	world_begin(&world, DEPLOYMENT(4, APP(CPU_1) ", " CONTAINER("proxy", "")) HPA(4, 10, 4, CPU_TARGET(60)));
	world_use(&world, used);
	world_propose(&world, proposed);
	for (size_t i = 0; i < world.rightsizing.n_rows; i++)
		world.rightsizing.rows[i].replicas = 4;
	rightsize_consequences(&world.rightsizing);
	for (size_t i = 0; i < world.rightsizing.n_rows; i++)
		assert_true(world.rightsizing.rows[i].of[RESOURCE_CPU].replicas_then <= 4);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replicas_of_an_autoscaler_move_with_the_request),
		cmocka_unit_test(replicas_follow_from_all_containers_together),
		cmocka_unit_test(a_vertical_autoscaler_has_the_last_word),
	};

	return RUN_TESTS(tests);
}
