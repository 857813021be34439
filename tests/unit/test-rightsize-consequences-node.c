/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes, DaemonSets, CPUs of one's own, Jobs, rollouts, and what is too small.  Argued from pkg/scheduler/framework/plugins/noderesources/fit.go,
 * pkg/kubelet/cm/cpumanager/policy_static.go (guaranteedCPUs), pkg/controller/daemon and pkg/apis/apps/validation. */
#include "consequence-world.h"

#define NODE(name, cpu, memory, more) "---\napiVersion: v1\nkind: Node\nmetadata: {name: " #name ", labels: {kubernetes.io/hostname: " #name "}}\n" more \
	"status: {capacity: {cpu: '" #cpu "', memory: " #memory "}, allocatable: {cpu: '" #cpu "', memory: " #memory "}, nodeInfo: {kubeletVersion: v1.31.2}}\n"
#define DAEMON(name, resources) "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: " #name ", namespace: shop}\nspec: {template: {spec: {containers: [" CONTAINER(#name, resources) "]}}}\n"
#define CPU(request) "requests: {cpu: " #request "}"

static void a_pod_that_no_node_takes_is_not_proposed(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "it fits", DEPLOYMENT(1, APP(CPU(1))) NODE(a, 2, 4Gi, "") NODE(b, 4, 8Gi, ""), { { "app", RESOURCE_CPU, 4000, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 4000, -1, CONSEQUENCE_NODE_FIT, CONSEQUENCE_NOTE, NULL } } },
		{ "it does not", DEPLOYMENT(1, APP(CPU(1))) NODE(a, 2, 4Gi, "") NODE(b, 4, 8Gi, ""), { { "app", RESOURCE_CPU, 4001, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_NODE_FIT, CONSEQUENCE_BLOCKS, "would ask for 4001m of CPU and 0 of memory: beside DaemonSets no node that may take it has room for both (at most 4, and 8Gi)" } } },
		{ "a DaemonSet takes its part", DEPLOYMENT(1, APP(CPU(1))) NODE(a, 4, 8Gi, "") DAEMON(agent, CPU(500m)), { { "app", RESOURCE_CPU, 3501, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_NODE_FIT, CONSEQUENCE_BLOCKS, "(at most 3500m, and 8Gi)" } } },
		{ "the larger node is tainted", DEPLOYMENT(1, APP(CPU(1))) NODE(a, 2, 4Gi, "") NODE(b, 8, 8Gi, "spec: {taints: [{key: gpu, effect: NoSchedule}]}\n"), { { "app", RESOURCE_CPU, 3000, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_NODE_FIT, CONSEQUENCE_BLOCKS, "(at most 2, and 4Gi)" } } },
		{ "it fits nowhere already", DEPLOYMENT(1, APP(CPU(3))) NODE(a, 2, 4Gi, ""), { { "app", RESOURCE_CPU, 4000, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 4000, -1, CONSEQUENCE_NODE_FIT, CONSEQUENCE_NOTE, NULL } } },
		{ "no nodes are known", DEPLOYMENT(1, APP(CPU(1))), { { "app", RESOURCE_CPU, 400000, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 400000, -1, CONSEQUENCE_NODE_FIT, CONSEQUENCE_NOTE, NULL } } },
		/* One has the CPUs, the other the memory. */
		{ "not both on one node", DEPLOYMENT(1, APP("requests: {cpu: '1', memory: 1Gi}")) NODE(a, 8, 4Gi, "") NODE(b, 2, 64Gi, ""), { { "app", RESOURCE_CPU, 6000, -1 }, { "app", RESOURCE_MEMORY, 32 * GIB, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_NODE_FIT, CONSEQUENCE_BLOCKS, "has room for both (at most 8, and 64Gi)" } } },
		/* What is made smaller at the same time stays proposed. */
		{ "the other resource shrinks", DEPLOYMENT(1, APP("requests: {cpu: '1', memory: 2Gi}")) NODE(a, 2, 4Gi, ""), { { "app", RESOURCE_CPU, 4000, -1 }, { "app", RESOURCE_MEMORY, GIB, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_NODE_FIT, CONSEQUENCE_BLOCKS, "4 of CPU and 1Gi of memory" },
		    { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, GIB, -1, CONSEQUENCE_NODE_FIT, CONSEQUENCE_NOTE, NULL } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

static void a_daemon_set_counts_on_every_node(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "less on each", DAEMON(agent, CPU(500m)) NODE(a, 2, 4Gi, "") NODE(b, 2, 4Gi, "") NODE(c, 2, 4Gi, "spec: {taints: [{key: gpu, effect: NoSchedule}]}\n"), { { "agent", RESOURCE_CPU, 200, -1 } }, { { NULL } },
		  { { "agent", RESOURCE_CPU, STATUS_RECOMMEND, 200, -1, CONSEQUENCE_DAEMON_SET, CONSEQUENCE_NOTE, "it runs on each of 2 nodes: 600m less in all" } } },
		{ "more on each", DAEMON(agent, CPU(500m)) NODE(a, 2, 4Gi, "") NODE(b, 2, 4Gi, ""), { { "agent", RESOURCE_CPU, 1500, -1 } }, { { NULL } },
		  { { "agent", RESOURCE_CPU, STATUS_RECOMMEND, 1500, -1, CONSEQUENCE_DAEMON_SET, CONSEQUENCE_NOTE, "2 nodes: 2 more in all" } } },
		{ "the smallest node is too small", DAEMON(agent, CPU(500m)) NODE(a, 8, 4Gi, "") NODE(b, 2, 4Gi, ""), { { "agent", RESOURCE_CPU, 2001, -1 } }, { { NULL } },
		  { { "agent", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_NODE_FIT, CONSEQUENCE_BLOCKS, "on b it would not fit beside the other DaemonSets" } } },
		{ "the smallest node is just large enough", DAEMON(agent, CPU(500m)) NODE(a, 8, 4Gi, "") NODE(b, 2, 4Gi, ""), { { "agent", RESOURCE_CPU, 2000, -1 } }, { { NULL } },
		  { { "agent", RESOURCE_CPU, STATUS_RECOMMEND, 2000, -1, CONSEQUENCE_NODE_FIT, CONSEQUENCE_NOTE, NULL } } },
		{ "another DaemonSet is there", DAEMON(agent, CPU(500m)) DAEMON(proxy, CPU(1)) NODE(b, 2, 4Gi, ""), { { "agent", RESOURCE_CPU, 1200, -1 } }, { { NULL } },
		  { { "agent", RESOURCE_CPU, STATUS_ELSEWHERE, SAME, SAME, CONSEQUENCE_NODE_FIT, CONSEQUENCE_BLOCKS, "on b it would not fit" } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

/* As vpa lowers it, with the request. */
static void a_limit_of_cpu_holds_what_was_used(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "it goes down to what was used", DEPLOYMENT(1, APP("requests: {cpu: 500m}, limits: {cpu: '2'}")), { { "app", RESOURCE_CPU, 50, 200 } }, { { "app", USAGE_CPU, 0.5 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 50, 600, CONSEQUENCE_VPA, CONSEQUENCE_CHANGED, "the limit would go down to 200m with the request, and 500m were used: it is 600m" } } },
		{ "it stays where less is free", DEPLOYMENT(1, APP("requests: {cpu: 500m}, limits: {cpu: '2'}")), { { "app", RESOURCE_CPU, 50, 200 } }, { { "app", USAGE_CPU, 1.9 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 50, 2000, CONSEQUENCE_VPA, CONSEQUENCE_CHANGED, "it is 2" } } },
		{ "the request of a Guaranteed pod with it", DEPLOYMENT(1, APP("limits: {cpu: '2', memory: 1Gi}")), { { "app", RESOURCE_CPU, 50, 50 } }, { { "app", USAGE_CPU, 0.5 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 600, 600, CONSEQUENCE_QOS, CONSEQUENCE_CHANGED, "both 600m" } } },
		{ "it holds that", DEPLOYMENT(1, APP("requests: {cpu: 500m}, limits: {cpu: '2'}")), { { "app", RESOURCE_CPU, 150, 600 } }, { { "app", USAGE_CPU, 0.5 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 150, 600, CONSEQUENCE_VPA, CONSEQUENCE_CHANGED, NULL } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

#define STATIC_KUBELET(policy) "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncpuManagerPolicy: " #policy "\n"
#define OWN(cpu) "limits: {cpu: " #cpu ", memory: 1Gi}"

static void whole_cpus_stay_whole(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "rounded up", DEPLOYMENT(1, APP(OWN(4))) NODE(a, 8, 16Gi, "") STATIC_KUBELET(static), { { "app", RESOURCE_CPU, 1500, 1500 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 2000, 2000, CONSEQUENCE_STATIC_CPU, CONSEQUENCE_CHANGED, "only a whole number keeps, request and limit alike: 2, not 1500m and 1500m" } } },
		{ "whole already", DEPLOYMENT(1, APP(OWN(4))) NODE(a, 8, 16Gi, "") STATIC_KUBELET(static), { { "app", RESOURCE_CPU, 2000, 2000 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 2000, 2000, CONSEQUENCE_STATIC_CPU, CONSEQUENCE_NOTE, NULL } } },
		{ "nothing is left to change", DEPLOYMENT(1, APP(OWN(2))) NODE(a, 8, 16Gi, "") STATIC_KUBELET(static), { { "app", RESOURCE_CPU, 1500, 1500 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_SATISFIED, SAME, SAME, CONSEQUENCE_STATIC_CPU, CONSEQUENCE_CHANGED, "2, not 1500m and 1500m" } } },
		{ "the limit stays with it", DEPLOYMENT(1, APP(OWN(4))) NODE(a, 8, 16Gi, "") STATIC_KUBELET(static), { { "app", RESOURCE_CPU, 1500, 2000 } }, { { "app", USAGE_CPU, 1.5 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 2000, 2000, CONSEQUENCE_QOS, CONSEQUENCE_CHANGED, "the pod is Guaranteed and stays so: its request and its limit are both 1800m, which is the most that was used and a fifth more" } } },
		{ "and holds what was used", DEPLOYMENT(1, APP(OWN(4))) NODE(a, 8, 16Gi, "") STATIC_KUBELET(static), { { "app", RESOURCE_CPU, 2000, 3000 } }, { { "app", USAGE_CPU, 2.4 } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 3000, 3000, CONSEQUENCE_STATIC_CPU, CONSEQUENCE_CHANGED, "3, not 2880m and 2880m" } } },
		{ "a larger limit takes the request along", DEPLOYMENT(1, APP(OWN(2))) NODE(a, 8, 16Gi, ""), { { "app", RESOURCE_CPU, 2000, 3000 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 3000, 3000, CONSEQUENCE_QOS, CONSEQUENCE_CHANGED, "both 3" } } },
		{ "another policy", DEPLOYMENT(1, APP(OWN(4))) NODE(a, 8, 16Gi, "") STATIC_KUBELET(none), { { "app", RESOURCE_CPU, 1500, 1500 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 1500, 1500, CONSEQUENCE_STATIC_CPU, CONSEQUENCE_NOTE, NULL } } },
		{ "a policy that is not known", DEPLOYMENT(1, APP(OWN(4))) NODE(a, 8, 16Gi, ""), { { "app", RESOURCE_CPU, 1500, 1500 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 1500, 1500, CONSEQUENCE_STATIC_CPU, CONSEQUENCE_NOTE, "on a node with the static CPU manager it loses the CPUs it has for itself" } } },
		{ "memory takes them away", DEPLOYMENT(1, APP(OWN(4))) NODE(a, 8, 16Gi, "") STATIC_KUBELET(static), { { "app", RESOURCE_MEMORY, 512 * MIB, -1 } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, -1, CONSEQUENCE_STATIC_CPU, CONSEQUENCE_WARNING, "loses the CPUs it has for itself" } } },
		{ "it had none", DEPLOYMENT(1, APP(OWN(3500m))) NODE(a, 8, 16Gi, "") STATIC_KUBELET(static), { { "app", RESOURCE_CPU, 1500, 1500 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 1500, 1500, CONSEQUENCE_STATIC_CPU, CONSEQUENCE_NOTE, NULL } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

#define CRON_JOB "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: night, namespace: shop}\nspec: {schedule: '0 3 * * *', jobTemplate: {spec: {parallelism: 5, completions: 10, activeDeadlineSeconds: 600, " \
	"template: {spec: {containers: [" APP("requests: {cpu: '1', memory: 1Gi}, limits: {cpu: '2', memory: 1Gi}") "]}}}}}\n"

static void jobs_run_seldom_and_must_end(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "few runs", CRON_JOB, { { "app", RESOURCE_MEMORY, 512 * MIB, GIB } }, { { "app", USAGE_MEMORY_WORKING_SET, 100.0 * MIB } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, GIB, CONSEQUENCE_JOB, CONSEQUENCE_WARNING, "1 run was measured: what a longer or larger one needs is not in it" },
		    { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, GIB, CONSEQUENCE_JOB, CONSEQUENCE_NOTE, "5 of its pods run at once: 2560Mi in all" },
		    { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 512 * MIB, GIB, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, "from its next run on" } } },
		{ "a deadline", CRON_JOB, { { "app", RESOURCE_CPU, 500, 1000 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, 1000, CONSEQUENCE_JOB, CONSEQUENCE_WARNING, "it has to end within 600 s, and a CPU limit of 1 instead of 2 lets it run longer" } } },
		{ "no less CPU", CRON_JOB, { { "app", RESOURCE_CPU, 500, 2000 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, 2000, CONSEQUENCE_JOB, CONSEQUENCE_NOTE, "5 of its pods run at once: 2500m" } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

#define KIND(kind, spec) "---\napiVersion: apps/v1\nkind: " kind "\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 3, " spec "template: {metadata: {labels: {app: web}}, spec: {containers: [" APP(CPU(1)) "]}}}\n"
#define MEMORY_KIND(more) "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 3, updateStrategy: {type: OnDelete}, " \
	"template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: i, resources: {requests: {memory: 1Gi}, limits: {memory: 2Gi}}" more "}]}}}\n"
#define BUDGET(text) "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: keep, namespace: shop}\nspec: {selector: {matchLabels: {app: web}}, " text "}\n"
#define NEW_NODE "---\napiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {capacity: {cpu: '8', memory: 16Gi}, allocatable: {cpu: '8', memory: 16Gi}, nodeInfo: {kubeletVersion: v1.33.0}}\n"

static void it_is_said_how_a_change_reaches_running_pods(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "one after the other", KIND("StatefulSet", ""), { { "app", RESOURCE_CPU, 500, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, -1, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, "replaced one after the other" } } },
		{ "only by hand", KIND("StatefulSet", "updateStrategy: {type: OnDelete}, "), { { "app", RESOURCE_CPU, 500, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, -1, CONSEQUENCE_RESTART, CONSEQUENCE_WARNING, "only when somebody deletes them (OnDelete)" } } },
		{ "and a budget forbids it", KIND("StatefulSet", "updateStrategy: {type: OnDelete}, ") BUDGET("minAvailable: 3"), { { "app", RESOURCE_CPU, 500, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, -1, CONSEQUENCE_RESTART, CONSEQUENCE_WARNING, "(OnDelete); PodDisruptionBudget keep lets none of them be evicted" } } },
		{ "a budget does not hold a rolling update", KIND("Deployment", "") BUDGET("maxUnavailable: 0"), { { "app", RESOURCE_CPU, 500, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, -1, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, "rolling update" } } },
		{ "all at once", KIND("Deployment", "strategy: {type: Recreate}, "), { { "app", RESOURCE_CPU, 500, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, -1, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, "all its pods stop before new ones start (Recreate)" } } },
		{ "in place", KIND("Deployment", "") NEW_NODE, { { "app", RESOURCE_CPU, 500, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, -1, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, "rolling update; kubectl can resize running pods in place" } } },
		/* Less memory only since 1.34, or where the container restarts. */
		{ "a limit of memory that sinks, not in place", MEMORY_KIND("") BUDGET("minAvailable: 3") NEW_NODE, { { "app", RESOURCE_MEMORY, 256 * MIB, GIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 256 * MIB, GIB, CONSEQUENCE_RESTART, CONSEQUENCE_WARNING, "(OnDelete); PodDisruptionBudget keep" } } },
		{ "a limit of memory that sinks and restarts", MEMORY_KIND(", resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]") NEW_NODE, { { "app", RESOURCE_MEMORY, 256 * MIB, GIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 256 * MIB, GIB, CONSEQUENCE_RESTART, CONSEQUENCE_WARNING, "(OnDelete); resized in place, its container restarts" } } },
		{ "a limit of memory that sinks on a newer node", MEMORY_KIND("") "---\napiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {capacity: {memory: 16Gi}, allocatable: {memory: 16Gi}, nodeInfo: {kubeletVersion: v1.34.1}}\n", { { "app", RESOURCE_MEMORY, 256 * MIB, GIB } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_RECOMMEND, 256 * MIB, GIB, CONSEQUENCE_RESTART, CONSEQUENCE_WARNING, "(OnDelete); kubectl can resize running pods in place" } } },
		/* 1.31 cannot. */
		{ "not in place", KIND("Deployment", "") NODE(a, 8, 16Gi, ""), { { "app", RESOURCE_CPU, 500, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, -1, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, "rolling update" } } },
		{ "made anew", "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: once, namespace: shop}\nspec: {template: {spec: {containers: [" APP(CPU(1)) "]}}}\n", { { "app", RESOURCE_CPU, 500, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 500, -1, CONSEQUENCE_RESTART, CONSEQUENCE_WARNING, "the template of a Job cannot be changed" } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

/* The least change is 10 %, and 10m. */
static void what_is_too_small_is_not_worth_a_rollout(void **state)
{
	/* clang-format off */
	static const struct consequence_case cases[] = {
		{ "just large enough", DEPLOYMENT(1, APP(CPU(1))), { { "app", RESOURCE_CPU, 900, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 900, -1, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, "rolling update" } } },
		{ "a small share", DEPLOYMENT(1, APP(CPU(1))), { { "app", RESOURCE_CPU, 901, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_SATISFIED, SAME, SAME, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, NULL } } },
		{ "a small amount", DEPLOYMENT(1, APP(CPU(20m))), { { "app", RESOURCE_CPU, 11, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_SATISFIED, SAME, SAME, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, NULL } } },
		{ "the limit is large", DEPLOYMENT(1, APP("requests: {cpu: '1'}, limits: {cpu: '2'}")), { { "app", RESOURCE_CPU, 990, 1500 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 990, 1500, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, "rolling update" } } },
		{ "a request where there was none", DEPLOYMENT(1, APP("")), { { "app", RESOURCE_CPU, 5, -1 } }, { { NULL } },
		  { { "app", RESOURCE_CPU, STATUS_RECOMMEND, 5, -1, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, "rolling update" } } },
		/* What another resource does anyway is no reason to take noise along. */
		{ "beside a large one", DEPLOYMENT(1, APP("requests: {cpu: '1', memory: 1Gi}")), { { "app", RESOURCE_CPU, 300, -1 }, { "app", RESOURCE_MEMORY, GIB - MIB, -1 } }, { { NULL } },
		  { { "app", RESOURCE_MEMORY, STATUS_SATISFIED, SAME, SAME, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, NULL },
		    { "app", RESOURCE_CPU, STATUS_RECOMMEND, 300, -1, CONSEQUENCE_RESTART, CONSEQUENCE_NOTE, "rolling update" } } },
	};
	/* clang-format on */

	check_cases(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pod_that_no_node_takes_is_not_proposed),
		cmocka_unit_test(a_daemon_set_counts_on_every_node),
		cmocka_unit_test(a_limit_of_cpu_holds_what_was_used),
		cmocka_unit_test(whole_cpus_stay_whole),
		cmocka_unit_test(jobs_run_seldom_and_must_end),
		cmocka_unit_test(it_is_said_how_a_change_reaches_running_pods),
		cmocka_unit_test(what_is_too_small_is_not_worth_a_rollout),
	};

	return RUN_TESTS(tests);
}
