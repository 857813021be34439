/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../clusters/reader.h"
#include "../../core/strbuf.h"

#define DEPLOYMENT(name, spec)                                                                                        \
	"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " name ", namespace: shop}\n"                         \
	"spec:\n  selector: {matchLabels: {app: " name "}}\n  template:\n    metadata: {labels: {app: " name "}}\n    spec:\n" spec \
	"---\n"

struct world {
	struct cluster *cluster;
	struct snapshot *snapshot;
};

static struct world read_world(const char *yaml)
{
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_bytes(yaml, strlen(yaml), &budget);
	struct world world = { .cluster = cluster_new(), .snapshot = snapshot_new() };
	const struct read_options options = { .time_sec = 0 };

	(void)cluster_read_stream(world.cluster, "a.yaml", stream, strlen(yaml), &options);
	cluster_join(world.cluster);
	cluster_settings(world.cluster, world.snapshot);
	return world;
}

static void world_release(struct world *world)
{
	cluster_free(world->cluster);
	snapshot_free(world->snapshot);
}

/* value NULL: absent; origin NULL: not asked. */
struct row {
	enum subject_kind kind;
	const char *subject, *key, *value, *origin;
};

static void check(const char *yaml, const struct row *rows, size_t count)
{
	CLEANUP(world_release) struct world world = read_world(yaml);
	unsigned int wrong = 0;

	for (size_t i = 0; i < count; i++) {
		subject_id subject = rows[i].kind == SUBJECT_KIND_HOST ? SUBJECT_HOST
								       : snapshot_find_subject(world.snapshot, rows[i].kind, rows[i].subject);
		const struct setting *setting = subject == SUBJECT_NONE ? NULL : snapshot_get(world.snapshot, subject, rows[i].key);
		const char *got = setting && setting->absence == PRESENT ? setting->raw : NULL;
		CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;

		if (setting)
			setting_origin(world.snapshot, setting, &origin);
		if (!setting || (setting->absence != PRESENT && setting->absence != ABSENT) || !got != !rows[i].value ||
		    (got && !streq(got, rows[i].value)) || (rows[i].origin && !streq(origin.buf, rows[i].origin))) {
			print_error("%s %s: expected %s at %s, got %s at %s\n", rows[i].subject, rows[i].key,
				    rows[i].value ? rows[i].value : "nothing", rows[i].origin ? rows[i].origin : "any place",
				    got ? got : setting ? "nothing" : "nobody looked", origin.buf);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

#define W SUBJECT_KIND_WORKLOAD
#define C SUBJECT_KIND_CONTAINER

static void what_a_manifest_says_has_its_line(void **state)
{
	static const char yaml[] = DEPLOYMENT("web",
		"      hostNetwork: true\n"
		"      priorityClassName: high\n"
		"      securityContext:\n"
		"        sysctls:\n"
		"          - {name: net.core.somaxconn, value: '1024'}\n"
		"      containers:\n"
		"        - name: app\n"
		"          image: app:1\n"
		"          resources:\n"
		"            requests:\n"
		"              cpu: 250m\n"
		"              memory: 512MB\n"
		"            limits: {nvidia.com/gpu: 1}\n"
		"          livenessProbe:\n"
		"            timeoutSeconds: 3\n"
		"            exec: {command: [x]}\n");
	static const struct row rows[] = {
		{ SUBJECT_KIND_HOST, "", "cluster.workloads", "1", NULL },
		{ SUBJECT_KIND_HOST, "", "cluster.containers", "1", NULL },
		{ W, "shop/Deployment/web", "kind", "Deployment", NULL },
		{ W, "shop/Deployment/web", "namespace", "shop", NULL },
		{ W, "shop/Deployment/web", "replicas", NULL, NULL },
		{ W, "shop/Deployment/web", "pods", "1", NULL },
		{ W, "shop/Deployment/web", "host_network", "true", NULL },
		{ W, "shop/Deployment/web", "host_pid", "false", NULL },
		{ W, "shop/Deployment/web", "priority_class", "high", NULL },
		{ W, "shop/Deployment/web", "qos_class", "Burstable", NULL },
		{ W, "shop/Deployment/web", "sysctls", "net.core.somaxconn", "a.yaml:13" },
		{ W, "shop/Deployment/web", "scheduled.cpu", "250m", NULL },
		{ W, "shop/Deployment/web", "hpa", NULL, NULL },
		{ W, "shop/Deployment/web", "pdb", NULL, NULL },
		{ W, "shop/Deployment/web", "pdb.count", "0", NULL },
		{ C, "shop/Deployment/web/app", "workload", "shop/Deployment/web", NULL },
		{ C, "shop/Deployment/web/app", "name", "app", NULL },
		{ C, "shop/Deployment/web/app", "type", "app", NULL },
		{ C, "shop/Deployment/web/app", "image", "app:1", NULL },
		{ C, "shop/Deployment/web/app", "privileged", "false", NULL },
		{ C, "shop/Deployment/web/app", "requests.cpu", "250m", "a.yaml:19" },
		{ C, "shop/Deployment/web/app", "requests.memory", "512MB", "a.yaml:20" },
		{ C, "shop/Deployment/web/app", "requests.ephemeral-storage", NULL, NULL },
		{ C, "shop/Deployment/web/app", "limits.nvidia.com/gpu", "1", "a.yaml:21" },
		{ C, "shop/Deployment/web/app", "limits.memory", NULL, NULL },
		{ C, "shop/Deployment/web/app", "admitted.requests.cpu", "250m", NULL },
		{ C, "shop/Deployment/web/app", "admitted.requests.memory", NULL, NULL },
		{ C, "shop/Deployment/web/app", "liveness.handler", "exec", NULL },
		{ C, "shop/Deployment/web/app", "liveness.timeout", "3", "a.yaml:23" },
		{ C, "shop/Deployment/web/app", "liveness.period", "10", NULL },
		{ C, "shop/Deployment/web/app", "liveness.failures", "3", NULL },
		{ C, "shop/Deployment/web/app", "readiness.handler", NULL, NULL },
	};

	check(yaml, rows, ARRAY_SIZE(rows));
}

/* pkg/apis/core/v1/defaults.go and plugin/pkg/admission/limitranger/admission.go */
static void requests_and_limits_are_filled_in_as_admission_does(void **state)
{
	static const char yaml[] =
		DEPLOYMENT("bare", "      containers: [{name: c}]\n")
		DEPLOYMENT("limited", "      containers: [{name: c, resources: {limits: {cpu: 2, memory: 64Mi}}}]\n")
		DEPLOYMENT("asking", "      containers: [{name: c, resources: {requests: {cpu: 100m}}}]\n")
		"apiVersion: v1\nkind: LimitRange\nmetadata: {name: r, namespace: shop}\n"
		"spec:\n  limits:\n    - {type: Container, default: {cpu: 1}, min: {memory: 32Mi}, max: {memory: 1Gi}}\n"
		"    - {type: Container, max: {cpu: 4, memory: 2Gi}, maxLimitRequestRatio: {cpu: 4}}\n"
		"    - {type: Pod, max: {cpu: 1m}}\n---\n"
		"apiVersion: v1\nkind: LimitRange\nmetadata: {name: r, namespace: other}\nspec: {limits: [{type: Container, default: {cpu: 7}}]}\n";
	static const struct row rows[] = {
		{ C, "shop/Deployment/bare/c", "admitted.limits.cpu", "1", NULL },
		{ C, "shop/Deployment/bare/c", "admitted.requests.cpu", "1", NULL },
		{ C, "shop/Deployment/bare/c", "admitted.limits.memory", "1Gi", NULL },
		{ C, "shop/Deployment/bare/c", "admitted.requests.memory", "1Gi", NULL },
		{ C, "shop/Deployment/bare/c", "requests.cpu", NULL, NULL },
		{ C, "shop/Deployment/limited/c", "admitted.requests.cpu", "2", NULL },
		{ C, "shop/Deployment/limited/c", "admitted.limits.cpu", "2", NULL },
		{ C, "shop/Deployment/limited/c", "admitted.requests.memory", "64Mi", NULL },
		{ C, "shop/Deployment/asking/c", "admitted.requests.cpu", "100m", NULL },
		{ C, "shop/Deployment/asking/c", "admitted.limits.cpu", "1", NULL },
		{ C, "shop/Deployment/asking/c", "admitted.limits.ephemeral-storage", NULL, NULL },
		{ C, "shop/Deployment/bare/c", "limit_range.max.cpu", "4", NULL },
		{ C, "shop/Deployment/bare/c", "limit_range.max.memory", "1Gi", NULL },
		{ C, "shop/Deployment/bare/c", "limit_range.min.memory", "32Mi", NULL },
		{ C, "shop/Deployment/bare/c", "limit_range.min.cpu", NULL, NULL },
		{ C, "shop/Deployment/bare/c", "limit_range.ratio.cpu", "4", NULL },
		{ C, "shop/Deployment/bare/c", "limit_range.ratio.memory", NULL, NULL },
	};

	check(yaml, rows, ARRAY_SIZE(rows));
}

/* ComputePodQOS() is asked after the LimitRanger has filled the pod in, and so is the scheduler. */
static void the_class_is_that_of_the_pod_after_admission(void **state)
{
	static const char yaml[] =
		DEPLOYMENT("bare", "      containers: [{name: c}]\n")
		DEPLOYMENT("asking", "      containers: [{name: c, resources: {requests: {cpu: 100m}}}]\n")
		DEPLOYMENT("whole", "      resources: {requests: {cpu: 2}}\n      containers: [{name: c}]\n")
		"apiVersion: v1\nkind: LimitRange\nmetadata: {name: r, namespace: shop}\n"
		"spec:\n  limits:\n    - {type: Container, default: {cpu: 500m, memory: 256Mi}}\n";
	static const struct row rows[] = {
		{ W, "shop/Deployment/bare", "qos_class", "Guaranteed", NULL },
		{ W, "shop/Deployment/bare", "scheduled.cpu", "500m", NULL },
		{ W, "shop/Deployment/bare", "scheduled.memory", "256Mi", NULL },
		{ W, "shop/Deployment/asking", "qos_class", "Burstable", NULL },
		{ W, "shop/Deployment/asking", "scheduled.cpu", "100m", NULL },
		{ W, "shop/Deployment/asking", "scheduled.memory", "256Mi", NULL },
		{ W, "shop/Deployment/whole", "scheduled.cpu", "2", NULL },
		{ W, "shop/Deployment/whole", "qos_class", "Burstable", NULL },
	};

	check(yaml, rows, ARRAY_SIZE(rows));
}

/* plugin/pkg/admission/priority/admission.go */
static void a_priority_is_known_where_its_class_was_given(void **state)
{
	static const char yaml[] =
		DEPLOYMENT("none", "      containers: [{name: c}]\n")
		DEPLOYMENT("spare", "      priorityClassName: spare\n      containers: [{name: c}]\n")
		DEPLOYMENT("other", "      priorityClassName: other\n      containers: [{name: c}]\n")
		DEPLOYMENT("said", "      priorityClassName: other\n      priority: 7\n      containers: [{name: c}]\n")
		"apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: spare}\nvalue: -10\n";
	static const struct row rows[] = {
		{ W, "shop/Deployment/none", "priority", NULL, NULL },
		{ W, "shop/Deployment/spare", "priority", "-10", NULL },
		{ W, "shop/Deployment/other", "priority", NULL, NULL },
		{ W, "shop/Deployment/said", "priority", "7", NULL },
	};

	check(yaml, rows, ARRAY_SIZE(rows));
}

#define BUDGET(name, spec)                                                                                            \
	"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: " name ", namespace: shop}\nspec: {" spec "}\n---\n"
#define OF(name) "selector: {matchLabels: {app: " name "}}"

/* pkg/controller/disruption/disruption.go: percentages are rounded up, of what must stay and of what may go. */
static void budgets_say_how_many_pods_may_go(void **state)
{
	static const struct {
		const char *replicas, *budget, *disruptions;
	} cases[] = {
		{ "1", "minAvailable: 1", "0" },	{ "2", "minAvailable: 1", "1" },      { "3", "maxUnavailable: 0", "0" },
		{ "3", "maxUnavailable: 1", "1" },	{ "3", "maxUnavailable: 50%", "2" },  { "3", "minAvailable: 50%", "1" },
		{ "3", "minAvailable: 100%", "0" },	{ "10", "minAvailable: 95%", "0" },   { "3", "minAvailable: 5", "0" },
		{ "2", "maxUnavailable: 7", "2" },	{ "3", "minAvailable: many", NULL },  { "3", "minAvailable: -1", NULL },
		{ "3", "maxUnavailable: 1%", "1" },	{ "0", "minAvailable: 1", "0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf yaml = STRBUF_INIT;
		const struct row row = { W, "shop/Deployment/web", "pdb.disruptions", cases[i].disruptions, NULL };

		strbuf_addf(&yaml, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: %s, "
			    "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}}\n---\n"
			    "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b, namespace: shop}\n"
			    "spec: {%s, selector: {matchLabels: {app: web}}}\n", cases[i].replicas, cases[i].budget);
		check(yaml.buf, &row, 1);
	}
}

static void a_budget_counts_the_pods_of_all_it_selects(void **state)
{
	static const char yaml[] =
		DEPLOYMENT("web", "      containers: [{name: c}]\n")
		DEPLOYMENT("db", "      containers: [{name: c}]\n")
		BUDGET("both", "minAvailable: 1, selector: {matchExpressions: [{key: app, operator: In, values: [web, db]}]}")
		BUDGET("none", "minAvailable: 1, " OF("cache"))
		"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent, namespace: shop}\nspec: {template: {metadata: {labels: {app: agent, on: all}}, "
		"spec: {containers: [{name: c}]}}}\n---\n"
		DEPLOYMENT("front", "      containers: [{name: c}]\n")
		BUDGET("strict", "maxUnavailable: 0, " OF("front"))
		BUDGET("wide", "minAvailable: 1, selector: {matchExpressions: [{key: app, operator: In, values: [front, agent]}]}")
		BUDGET("web", "maxUnavailable: 0, " OF("web"));
	static const struct row rows[] = {
		{ W, "shop/Deployment/db", "pdb.count", "1", NULL },
		{ W, "shop/Deployment/db", "pdb.disruptions", "1", NULL },
		{ W, "shop/Deployment/front", "pdb.count", "2", NULL },
		{ W, "shop/Deployment/front", "pdb", "strict", NULL },
		{ W, "shop/Deployment/front", "pdb.disruptions", "0", NULL },
		{ W, "shop/Deployment/web", "pdb.count", "2", "a.yaml:56" },
		{ W, "shop/Deployment/web", "pdb", "web", NULL },
		{ W, "shop/Deployment/web", "pdb.disruptions", "0", NULL },
		{ W, "shop/Deployment/web", "pdb.max_unavailable", "0", NULL },
		{ W, "shop/Deployment/web", "pdb.min_available", NULL, NULL },
	};

	check(yaml, rows, ARRAY_SIZE(rows));
}

static void autoscalers_and_quotas_are_told_of_the_workload(void **state)
{
	static const char yaml[] =
		DEPLOYMENT("web", "      containers: [{name: c}]\n")
		BUDGET("web", "minAvailable: 1, " OF("web"))
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: shop}\nspec:\n"
		"  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 3\n  maxReplicas: 9\n  metrics:\n"
		"    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}\n"
		"    - {type: ContainerResource, containerResource: {name: memory, container: c, target: {type: Utilization, averageUtilization: 60}}}\n"
		"---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: shop}\nspec: {hard: {limits.memory: 4Gi, cpu: 8, pods: 3}}\n"
		"---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: p, namespace: shop}\n"
		"spec: {scopes: [BestEffort], hard: {limits.cpu: 4}}\n";
	static const struct row rows[] = {
		{ W, "shop/Deployment/web", "hpa", "h", NULL },
		{ W, "shop/Deployment/web", "hpa.min_replicas", "3", NULL },
		{ W, "shop/Deployment/web", "hpa.max_replicas", "9", NULL },
		{ W, "shop/Deployment/web", "hpa.cpu.utilization", "70", NULL },
		{ W, "shop/Deployment/web", "hpa.cpu.container", NULL, NULL },
		{ W, "shop/Deployment/web", "hpa.memory.utilization", "60", NULL },
		{ W, "shop/Deployment/web", "hpa.memory.container", "c", NULL },
		{ W, "shop/Deployment/web", "pods", "3", NULL },
		{ W, "shop/Deployment/web", "pdb.disruptions", "2", NULL },
		{ W, "shop/Deployment/web", "quota.limits.memory", "4Gi", NULL },
		{ W, "shop/Deployment/web", "quota.requests.cpu", "8", NULL },
		{ W, "shop/Deployment/web", "quota.limits.cpu", NULL, NULL },
	};

	check(yaml, rows, ARRAY_SIZE(rows));
}

static void nodes_are_subjects_too(void **state)
{
	static const char yaml[] =
		"apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nspec: {unschedulable: true}\n"
		"status: {allocatable: {cpu: 3920m, memory: 15Gi, pods: '110'}, nodeInfo: {kubeletVersion: v1.31.2}}\n";
	static const struct row rows[] = {
		{ SUBJECT_KIND_NODE, "n1", "allocatable.cpu", "3920m", NULL },
		{ SUBJECT_KIND_NODE, "n1", "allocatable.pods", "110", NULL },
		{ SUBJECT_KIND_NODE, "n1", "capacity.cpu", NULL, NULL },
		{ SUBJECT_KIND_NODE, "n1", "unschedulable", "true", NULL },
		{ SUBJECT_KIND_NODE, "n1", "kubelet_version", "v1.31.2", NULL },
		{ SUBJECT_KIND_HOST, "", "cluster.nodes", "1", NULL },
	};

	check(yaml, rows, ARRAY_SIZE(rows));
}

static void what_is_null_or_of_another_type_is_nothing_that_was_said(void **state)
{
	static const char *const texts[] = {
		"apiVersion: v1\nkind: Pod\nmetadata: null\nspec: null\n",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: [a]}\nspec: {containers: {name: a}}\n",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {securityContext: [1], containers: [null, 5, {name: null}, "
		"{name: c, resources: null}, {name: d, resources: {requests: [1], limits: {cpu: {a: 1}, memory: null}}, livenessProbe: 5, "
		"readinessProbe: {exec: null, timeoutSeconds: [1]}, securityContext: 7}]}\n",
		"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {selector: 5, minAvailable: [1]}\n",
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: {scaleTargetRef: 5, metrics: [null, 1]}\n",
		"apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a}\nspec: {hard: [1]}\n",
		"apiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\nspec: {limits: [null, {type: Container, max: 5}]}\n",
		"apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {allocatable: {cpu: [1]}}\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(world_release) struct world world = read_world(texts[i]);

		assert_true(snapshot_subject_count(world.snapshot) >= 1);
	}
}

static void objects_are_told_from_snapshots_and_other_texts(void **state)
{
	static const struct {
		const char *text;
		bool objects;
	} rows[] = {
		{ "apiVersion: v1\nkind: Pod\n", true },
		{ "# a comment\n---\n\nkind: Pod\napiVersion: v1\n", true },
		{ "a: 1\n---\napiVersion: v1\nkind: Pod\n", true },
		{ "{\"apiVersion\": \"v1\", \"items\": [{\"kind\": \"Pod\"", true },
		{ " \n[{\"kind\": \"Pod\", \"apiVersion\": \"v1\"}]", true },
		{ "{\"format\": \"keisoku-snapshot\", \"content\": \"\\\"apiVersion\\\" \\\"kind\\\"\", \"apiVersion\": 1, \"kind\": 2}", false },
		{ "apiVersion: v1\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n", true },
		{ "{apiVersion: v1, kind: Pod}", true },
		{ "{\"kind\": \"Pod\"}", false },
		{ "kind: Pod\n", false },
		{ "  apiVersion: v1\n  kind: Pod\n", false },
		{ "vm.swappiness = 10\n", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (cluster_recognise(rows[i].text, strlen(rows[i].text)) != rows[i].objects)
			fail_msg("%s", rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_manifest_says_has_its_line),
		cmocka_unit_test(requests_and_limits_are_filled_in_as_admission_does),
		cmocka_unit_test(the_class_is_that_of_the_pod_after_admission),
		cmocka_unit_test(a_priority_is_known_where_its_class_was_given),
		cmocka_unit_test(budgets_say_how_many_pods_may_go),
		cmocka_unit_test(a_budget_counts_the_pods_of_all_it_selects),
		cmocka_unit_test(autoscalers_and_quotas_are_told_of_the_workload),
		cmocka_unit_test(nodes_are_subjects_too),
		cmocka_unit_test(what_is_null_or_of_another_type_is_nothing_that_was_said),
		cmocka_unit_test(objects_are_told_from_snapshots_and_other_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
