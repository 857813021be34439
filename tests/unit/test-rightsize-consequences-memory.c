/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: what was needed at a kill or is held now, heaps, QoS and eviction.  Argued from pkg/apis/core/v1/helper/qos/qos.go,
 * pkg/kubelet/qos/policy.go, pkg/kubelet/eviction/helpers.go (rankMemoryPressure) and HotSpot's arguments.cpp. */
#include "consequence-world.h"

#define MEMORY(request, limit) "requests: {memory: " #request "}, limits: {memory: " #limit "}"
#define ENV(resources, env) "{name: app, image: i, env: [" env "], resources: {" resources "}}"
#define POD(status) "---\napiVersion: v1\nkind: Pod\nmetadata: {name: web-1, namespace: shop, labels: {app: web}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, controller: true}]}\n" \
	"spec: {nodeName: node-1, containers: [{name: app, resources: {" MEMORY(1Gi, 1Gi) "}}]}\nstatus: {phase: Running, containerStatuses: [" status "]}\n"

static void a_limit_stays_above_what_was_needed(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "killed at its limit", DEPLOYMENT(1, APP(MEMORY(1Gi, 1Gi))) POD("{name: app, restartCount: 1, lastState: {terminated: {reason: OOMKilled, finishedAt: '2026-11-20T00:00:00Z'}}}"),
		  { { "app", RESOURCE_MEMORY, 512 * MIB, 512 * MIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, GIB, CONSEQUENCE_OOM_FLOOR, CONSEQUENCE_CHANGED, "killed for memory" } } },
		{ "a LimitRange allows less than it was killed at", DEPLOYMENT(1, APP(MEMORY(1Gi, 2Gi))) POD("{name: app, restartCount: 1, lastState: {terminated: {reason: OOMKilled, finishedAt: '2026-11-20T00:00:00Z'}}}")
		  "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: bounds, namespace: shop}\nspec: {limits: [{type: Container, max: {memory: 512Mi}}]}\n",
		  { { "app", RESOURCE_MEMORY, 256 * MIB, 3 * GIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_OOM_FLOOR, CONSEQUENCE_BLOCKS, "it had used 1Gi when it was killed for memory: a limit of 512Mi, all that it may have, is not enough" } } },
		{ "ended for another reason", DEPLOYMENT(1, APP(MEMORY(1Gi, 1Gi))) POD("{name: app, restartCount: 1, lastState: {terminated: {reason: Error}}}"),
		  { { "app", RESOURCE_MEMORY, 512 * MIB, 512 * MIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, 512 * MIB, CONSEQUENCE_OOM_FLOOR, CONSEQUENCE_NOTE, NULL } } },
		{ "above what running ones hold", DEPLOYMENT(1, APP(MEMORY(1Gi, 1Gi))), { { "app", RESOURCE_MEMORY, 256 * MIB, 512 * MIB } }, { { "app", USAGE_MEMORY_WORKING_SET, 600.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 256 * MIB, 690 * MIB, CONSEQUENCE_OOM_FLOOR, CONSEQUENCE_CHANGED, "its working set was 600Mi: the limit is 690Mi, not 512Mi" } } },
		{ "with less room than the margin it stays", DEPLOYMENT(1, APP(MEMORY(1Gi, 1Gi))), { { "app", RESOURCE_MEMORY, 256 * MIB, 512 * MIB } }, { { "app", USAGE_MEMORY_WORKING_SET, 1000.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 256 * MIB, GIB, CONSEQUENCE_OOM_FLOOR, CONSEQUENCE_CHANGED, "its working set was 1000Mi: the limit is 1Gi, not 512Mi" } } },
		{ "killed below its limit of today", DEPLOYMENT(1, APP(MEMORY(4Gi, 4Gi))) POD("{name: app, restartCount: 1, lastState: {terminated: {reason: OOMKilled, finishedAt: '2026-11-20T00:00:00Z'}}}"),
		  { { "app", RESOURCE_MEMORY, 512 * MIB, 512 * MIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, 1229 * MIB, CONSEQUENCE_OOM_FLOOR, CONSEQUENCE_CHANGED, "killed for memory" } } },
		/* Shared memory is in no list of files, and not in what is anonymous. */
		{ "what is not told apart stays", DEPLOYMENT(1, APP(MEMORY(1Gi, 1Gi))), { { "app", RESOURCE_MEMORY, 256 * MIB, 512 * MIB } },
		  { { "app", USAGE_MEMORY_WORKING_SET, 600.0 * MIB }, { "app", USAGE_MEMORY_ANON, 200.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 256 * MIB, 690 * MIB, CONSEQUENCE_OOM_FLOOR, CONSEQUENCE_CHANGED, "its working set was 600Mi" } } },
		{ "page cache can go", DEPLOYMENT(1, APP(MEMORY(1Gi, 1Gi))), { { "app", RESOURCE_MEMORY, 256 * MIB, 512 * MIB } },
		  { { "app", USAGE_MEMORY_WORKING_SET, 600.0 * MIB }, { "app", USAGE_MEMORY_ANON, 200.0 * MIB }, { "app", USAGE_MEMORY_ACTIVE_FILE, 380.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 256 * MIB, 512 * MIB, CONSEQUENCE_OOM_FLOOR, CONSEQUENCE_NOTE, NULL } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

static void a_heap_of_its_own_size_goes_into_the_limit(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		/* 1000 + 228 MiB */
		{ "the limit is bounded", DEPLOYMENT(1, ENV(MEMORY(2Gi, 2Gi), "{name: JAVA_TOOL_OPTIONS, value: -Xmx1000m}")), { { "app", RESOURCE_MEMORY, 700 * MIB, 700 * MIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 700 * MIB, 1228 * MIB, CONSEQUENCE_JVM, CONSEQUENCE_CHANGED, "-Xmx1000m (JAVA_TOOL_OPTIONS) lets the JVM heap grow to 1000Mi, and about 228Mi is taken beside it: the limit is 1228Mi, not 700Mi; with it goes -Xmx520m" } } },
		{ "room enough", DEPLOYMENT(1, ENV(MEMORY(2Gi, 2Gi), "{name: JAVA_TOOL_OPTIONS, value: -Xmx1000m -XX:+UseG1GC}")), { { "app", RESOURCE_MEMORY, 1228 * MIB, 1228 * MIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 1228 * MIB, 1228 * MIB, CONSEQUENCE_JVM, CONSEQUENCE_NOTE, NULL } } },
		{ "too small already: not smaller", DEPLOYMENT(1, ENV(MEMORY(1Gi, 1Gi), "{name: JAVA_TOOL_OPTIONS, value: -Xmx1000m}")), { { "app", RESOURCE_MEMORY, 512 * MIB, 512 * MIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, GIB, CONSEQUENCE_JVM, CONSEQUENCE_CHANGED, "the limit is 1Gi, not 512Mi" } } },
		{ "raised, and still too small", DEPLOYMENT(1, ENV(MEMORY(512Mi, 512Mi), "{name: JAVA_TOOL_OPTIONS, value: -Xmx1000m}")), { { "app", RESOURCE_MEMORY, GIB, GIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, GIB, GIB, CONSEQUENCE_JVM, CONSEQUENCE_WARNING, "more than the limit of 1Gi; with it goes -Xmx814m" } } },
		{ "Go's soft limit", DEPLOYMENT(1, ENV(MEMORY(2Gi, 2Gi), "{name: GOMEMLIMIT, value: 1000MiB}")), { { "app", RESOURCE_MEMORY, 700 * MIB, 700 * MIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 700 * MIB, 1050 * MIB, CONSEQUENCE_GO, CONSEQUENCE_CHANGED, "with it goes GOMEMLIMIT=666MiB" } } },
		{ "Node.js", DEPLOYMENT(1, ENV(MEMORY(2Gi, 2Gi), "{name: NODE_OPTIONS, value: --max-old-space-size=1000}")), { { "app", RESOURCE_MEMORY, 700 * MIB, 700 * MIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 700 * MIB, 1164 * MIB, CONSEQUENCE_RUNTIME, CONSEQUENCE_CHANGED, "with it goes --max-old-space-size=578" } } },
		{ "one that follows shrinks with it", DEPLOYMENT(1, "{name: app, image: i, command: [java, '-XX:MaxRAMPercentage=50', A], resources: {" MEMORY(2Gi, 2Gi) "}}"),
		  { { "app", RESOURCE_MEMORY, GIB, GIB } }, { { "app", USAGE_MEMORY_ANON, 700.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, GIB, GIB, CONSEQUENCE_JVM, CONSEQUENCE_WARNING, "follows the limit (-XX:MaxRAMPercentage=50 (command)): it may grow to 512Mi instead of 1Gi; look at what lives on after a full collection first" } } },
		{ "one that begins above what it would grow to", DEPLOYMENT(1, "{name: app, image: i, command: [java, -Xms1g, A], resources: {" MEMORY(2Gi, 2Gi) "}}"),
		  { { "app", RESOURCE_MEMORY, 768 * MIB, 768 * MIB } }, { { "app", USAGE_MEMORY_WORKING_SET, 600.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 768 * MIB, 1255 * MIB, CONSEQUENCE_JVM, CONSEQUENCE_CHANGED, "-Xms1g (command) lets the JVM heap grow to 1Gi" } } },
		{ "one that follows the request", DEPLOYMENT(1, "{name: app, image: i, command: [java, '-Xmx$(R)m', A], env: [{name: R, valueFrom: {resourceFieldRef: {resource: requests.memory, divisor: 1Mi}}}], resources: {" MEMORY(2Gi, 4Gi) "}}"),
		  { { "app", RESOURCE_MEMORY, GIB, 4 * GIB } }, { { "app", USAGE_MEMORY_WORKING_SET, 1500.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, GIB, 4 * GIB, CONSEQUENCE_JVM, CONSEQUENCE_WARNING, "the JVM heap follows the request (-Xmx1024m (command)): it may grow to 1Gi instead of 2Gi; look at what lives on" } } },
		{ "one that follows and is not full", DEPLOYMENT(1, "{name: app, image: i, command: [java, '-XX:MaxRAMPercentage=50', A], resources: {" MEMORY(2Gi, 2Gi) "}}"),
		  { { "app", RESOURCE_MEMORY, GIB, GIB } }, { { "app", USAGE_MEMORY_ANON, 500.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, GIB, GIB, CONSEQUENCE_JVM, CONSEQUENCE_NOTE, "it may grow to 512Mi instead of 1Gi" } } },
		{ "a setting the runtime refuses", DEPLOYMENT(1, ENV(MEMORY(2Gi, 2Gi), "{name: GOMEMLIMIT, value: 1000Mi}")), { { "app", RESOURCE_MEMORY, 700 * MIB, 700 * MIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 700 * MIB, 700 * MIB, CONSEQUENCE_GO, CONSEQUENCE_NOTE, "GOMEMLIMIT=1000Mi is no value Go takes" } } },
		{ "the collector changes", DEPLOYMENT(1, "{name: app, image: i, command: [java, A], resources: {limits: {cpu: '2', memory: 2Gi}}}"),
		  { { "app", RESOURCE_CPU, 500, 1000 } }, { { "app", USAGE_CPU, 0.83 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 1000, 1000, CONSEQUENCE_JVM, CONSEQUENCE_WARNING, "takes the serial one: here from now on" },
		    { "app", RESOURCE_CPU, STATUS_RECOMMEND, 1000, 1000, CONSEQUENCE_JVM, CONSEQUENCE_NOTE, "to have 1 processors instead of 2" } } },
		{ "unless it is named", DEPLOYMENT(1, "{name: app, image: i, command: [java, '-XX:+UseG1GC', '-XX:ActiveProcessorCount=2', A], resources: {limits: {cpu: '2', memory: 2Gi}}}"),
		  { { "app", RESOURCE_CPU, 500, 1000 } }, { { "app", USAGE_CPU, 0.83 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 1000, 1000, CONSEQUENCE_JVM, CONSEQUENCE_WARNING, "-XX:ActiveProcessorCount=2 (command) is more than the limit of 1 feeds: busy threads are throttled together; 1 would go with it" } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

#define NODE "---\napiVersion: v1\nkind: Node\nmetadata: {name: node-1}\nstatus: {capacity: {cpu: '8', memory: 16Gi}, allocatable: {cpu: '8', memory: 16Gi}}\n"
#define BOTH_EQUAL "limits: {cpu: '1', memory: 1Gi}"

static void the_class_of_a_pod_decides_who_goes_first(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "guaranteed it stays", DEPLOYMENT(1, APP(BOTH_EQUAL)) NODE, { { "app", RESOURCE_MEMORY, 512 * MIB, GIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_SATISFIED, SAME, SAME, CONSEQUENCE_QOS, CONSEQUENCE_CHANGED, "its request and its limit are both 1Gi" } } },
		{ "no longer guaranteed", DEPLOYMENT(1, APP(BOTH_EQUAL)) NODE, { { "app", RESOURCE_MEMORY, 512 * MIB, -1 } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, -1, CONSEQUENCE_QOS, CONSEQUENCE_WARNING, "from Guaranteed to Burstable: killed the earlier the less memory it asked for; its oom_score_adj goes from -997 to 969 on a node of 16Gi" } } },
		{ "still guaranteed", DEPLOYMENT(1, APP(BOTH_EQUAL)) NODE, { { "app", RESOURCE_MEMORY, 512 * MIB, 512 * MIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, 512 * MIB, CONSEQUENCE_QOS, CONSEQUENCE_NOTE, NULL } } },
		{ "guaranteed from now on", DEPLOYMENT(1, APP("requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: '1', memory: 1Gi}")) NODE, { { "app", RESOURCE_CPU, 1000, 1000 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 1000, 1000, CONSEQUENCE_QOS, CONSEQUENCE_NOTE, "from Burstable to Guaranteed" } } },
		{ "the other container decides too", DEPLOYMENT(1, APP("requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: '1', memory: 1Gi}") ", " CONTAINER("proxy", "")) NODE, { { "app", RESOURCE_CPU, 1000, 1000 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 1000, 1000, CONSEQUENCE_QOS, CONSEQUENCE_NOTE, NULL } } },
		{ "a request at last", DEPLOYMENT(1, APP("")) NODE, { { "app", RESOURCE_MEMORY, GIB, -1 } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, GIB, -1, CONSEQUENCE_QOS, CONSEQUENCE_NOTE, "from BestEffort to Burstable: killed the earlier the less memory it asked for; its oom_score_adj goes from 1000 to 938" } } },
		{ "a smaller request", DEPLOYMENT(1, APP("requests: {memory: 4Gi}")) NODE, { { "app", RESOURCE_MEMORY, 2 * GIB, -1 } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 2 * GIB, -1, CONSEQUENCE_QOS, CONSEQUENCE_NOTE, "its oom_score_adj goes from 750 to 875 on a node of 16Gi" } } },
		/* A sidecar is scored as the smallest of the application at most: it has to outlive them. */
		{ "a smaller request of a sidecar", DEPLOYMENT(1, APP("requests: {memory: 4Gi}") "], initContainers: [{name: mesh, image: i, restartPolicy: Always, resources: {requests: {memory: 2Gi}}}") NODE,
		  { { "mesh", RESOURCE_MEMORY, GIB, -1 } }, { { NULL } },
		  { { "mesh", RESOURCE_MEMORY, STATUS_RECOMMEND, GIB, -1, CONSEQUENCE_QOS, CONSEQUENCE_NOTE, NULL } } },
		{ "of one that asked for more", DEPLOYMENT(1, APP("requests: {memory: 4Gi}") "], initContainers: [{name: mesh, image: i, restartPolicy: Always, resources: {requests: {memory: 8Gi}}}") NODE,
		  { { "mesh", RESOURCE_MEMORY, GIB, -1 } }, { { NULL } },
		  { { "mesh", RESOURCE_MEMORY, STATUS_RECOMMEND, GIB, -1, CONSEQUENCE_QOS, CONSEQUENCE_NOTE, "its oom_score_adj goes from 500 to 750 on a node of 16Gi" } } },
		/* 8 GiB for the pod as a whole: what no container asks for counts for each of the two alike. */
		{ "below a request of the pod", DEPLOYMENT(1, APP("requests: {memory: 4Gi}") ", " CONTAINER("proxy", "") "], resources: {requests: {memory: 8Gi}}, volumes: [") NODE,
		  { { "app", RESOURCE_MEMORY, 2 * GIB, -1 } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 2 * GIB, -1, CONSEQUENCE_QOS, CONSEQUENCE_NOTE, "its oom_score_adj goes from 625 to 688 on a node of 16Gi" } } },
		{ "nodes are not known", DEPLOYMENT(1, APP("requests: {memory: 4Gi}")), { { "app", RESOURCE_MEMORY, 2 * GIB, -1 } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 2 * GIB, -1, CONSEQUENCE_QOS, CONSEQUENCE_NOTE, NULL } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

static void whoever_uses_more_than_it_asks_for_is_evicted_first(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "above what is asked for", DEPLOYMENT(1, APP("requests: {memory: 1Gi}")), { { "app", RESOURCE_MEMORY, 512 * MIB, -1 } }, { { "app", USAGE_MEMORY_WORKING_SET, 612.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, -1, CONSEQUENCE_EVICTION, CONSEQUENCE_WARNING, "used up to 612Mi, 100Mi above the 512Mi it would ask for (now it stays within)" } } },
		{ "its priority", "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nglobalDefault: true\nvalue: 1000\n" DEPLOYMENT(1, APP(MEMORY(1Gi, 1Gi))), { { "app", RESOURCE_MEMORY, 512 * MIB, GIB } }, { { "app", USAGE_MEMORY_WORKING_SET, 612.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, GIB, CONSEQUENCE_EVICTION, CONSEQUENCE_WARNING, "such pods first, those of a lower priority than its 1000 before it; a request equal to the limit keeps it out of that" } } },
		{ "just what is asked for", DEPLOYMENT(1, APP("requests: {memory: 1Gi}")), { { "app", RESOURCE_MEMORY, 512 * MIB, -1 } }, { { "app", USAGE_MEMORY_WORKING_SET, 512.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, -1, CONSEQUENCE_EVICTION, CONSEQUENCE_NOTE, NULL } } },
		/* The kubelet looks at the pod: what one lacks the other has. */
		{ "the other container makes up for it", DEPLOYMENT(1, APP("requests: {memory: 1Gi}") ", " CONTAINER("proxy", "requests: {memory: 1Gi}")), { { "app", RESOURCE_MEMORY, 512 * MIB, -1 } },
		  { { "app", USAGE_MEMORY_WORKING_SET, 612.0 * MIB }, { "proxy", USAGE_MEMORY_WORKING_SET, 10.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, -1, CONSEQUENCE_EVICTION, CONSEQUENCE_NOTE, NULL } } },
		{ "more is asked for", DEPLOYMENT(1, APP("requests: {memory: 256Mi}")), { { "app", RESOURCE_MEMORY, 512 * MIB, -1 } }, { { "app", USAGE_MEMORY_WORKING_SET, 612.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, -1, CONSEQUENCE_EVICTION, CONSEQUENCE_NOTE, NULL } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_stays_above_what_was_needed),
		cmocka_unit_test(a_heap_of_its_own_size_goes_into_the_limit),
		cmocka_unit_test(the_class_of_a_pod_decides_who_goes_first),
		cmocka_unit_test(whoever_uses_more_than_it_asks_for_is_evicted_first),
	};

	return RUN_TESTS(tests);
}
