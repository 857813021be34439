/* SPDX-License-Identifier: Apache-2.0 */
#include "../../clusters/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/scratch.h"
#include "../../core/strbuf.h"
#include "test.h"

static struct cluster *read_cluster(const char *path)
{
	struct cluster *cluster = cluster_new();

	(void)cluster_read_path(cluster, path, NULL);
	cluster_join(cluster);
	return cluster;
}

static struct cluster *read_text(const char *text)
{
	struct cluster *cluster = cluster_new();
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_bytes(text, strlen(text), &budget);

	(void)cluster_read_stream(cluster, "test", stream, strlen(text), NULL);
	cluster_join(cluster);
	return cluster;
}

static void assert_nothing_said(const struct cluster *cluster)
{
	if (cluster->diag.count > 0)
		fail_msg("%s:%u:%u: %s", cluster->diag.entries[0].place.file, cluster->diag.entries[0].place.line,
			 cluster->diag.entries[0].place.column, cluster->diag.entries[0].message);
}

static const struct workload *workload(const struct cluster *cluster, const char *namespace, const char *kind, const char *name)
{
	uint32_t number = cluster_find_workload(cluster, namespace, kind, name);

	if (number == CLUSTER_NONE)
		fail_msg("no %s %s/%s", kind, namespace, name);
	return &cluster->workloads[number];
}

static const struct workload_container *container(const struct cluster *cluster, const struct workload *of, const char *name)
{
	uint32_t number = cluster_find_container(cluster, (uint32_t)(of - cluster->workloads), name);

	if (number == CLUSTER_NONE)
		fail_msg("no container %s", name);
	return &cluster->containers[number];
}

/* ---- the same cluster as manifests and as a dump ---- */

static void look_at_shop(const struct cluster *cluster)
{
	const struct workload *front = workload(cluster, "shop", "Deployment", "front");
	const struct workload_container *app = container(cluster, front, "app");
	struct quantity cpu = workload_request(cluster, front, RESOURCE_CPU);

	assert_int_equal(cluster->n_workloads, 6);
	assert_int_equal(front->replicas, 6);
	assert_int_equal(front->n_containers, 4);
	assert_string_equal(front->priority_class, "storefront-critical");
	assert_int_equal(app->type, CONTAINER_APP);
	assert_string_equal(app->resources.limits.of[RESOURCE_MEMORY].text, "2Gi");
	assert_true(quantity_value(&app->resources.limits.of[RESOURCE_MEMORY].quantity) == 2LL << 30);
	assert_string_equal(node_get(&app->env->items[0], "value")->text, "--max-old-space-size=1536");
	assert_int_equal(container(cluster, front, "mesh")->type, CONTAINER_SIDECAR);
	assert_int_equal(container(cluster, front, "warm-cache")->type, CONTAINER_INIT);
	assert_true(quantity_milli(&cpu) == 1150);
	assert_int_equal(workload_qos(cluster, front), QOS_BURSTABLE);
	assert_int_equal(workload_qos(cluster, workload(cluster, "data", "StatefulSet", "db")), QOS_GUARANTEED);
	assert_string_equal(workload(cluster, "data", "CronJob", "backup")->schedule, "30 2 * * *");
	assert_int_equal(workload(cluster, "data", "CronJob", "backup")->active_deadline_sec, 7200);
	assert_true(workload(cluster, "data", "DaemonSet", "agent")->host_network);
	assert_int_equal(container(cluster, workload(cluster, "data", "DaemonSet", "agent"), "agent")->ports->count, 1);
	assert_null(app->ports);

	assert_int_equal(cluster->n_autoscalers, 1);
	assert_true(&cluster->workloads[cluster->autoscalers[0].workload] == front);
	assert_int_equal(cluster->autoscalers[0].metrics[0].utilization, 60);
	assert_int_equal(cluster->n_vpas, 1);
	assert_string_equal(cluster->vpas[0].update_mode, "Off");
	assert_string_equal(cluster->vpas[0].containers[0].max_allowed.of[RESOURCE_MEMORY].text, "4Gi");
	assert_int_equal(cluster->n_limit_ranges, 1);
	assert_int_equal(cluster->limit_ranges[0].n_items, 2);
	assert_int_equal(cluster->n_quotas, 1);
	assert_int_equal(cluster->quotas[0].n_hard, 5);
	assert_int_equal(cluster->n_budgets, 2);
	assert_int_equal(cluster->n_priority_classes, 1);
	assert_int_equal(cluster->priority_classes[0].value, 100000);
	assert_int_equal(cluster->n_runtime_classes, 1);
	assert_string_equal(cluster->runtime_classes[0].overhead.of[RESOURCE_CPU].text, "250m");
	assert_int_equal(cluster->n_namespaces, 2);
	assert_string_equal(node_get(cluster->namespaces[0].labels, "team")->text, "storefront");
}

static void manifests_are_read_with_their_places(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = read_cluster("tests/clusters/shop/manifests");
	const struct workload_container *app;

	assert_nothing_said(cluster);
	look_at_shop(cluster);
	assert_int_equal(cluster->n_files, 5);
	assert_false(cluster->files[0].list);
	assert_int_equal(cluster->n_pods, 0);
	app = container(cluster, workload(cluster, "shop", "Deployment", "front"), "app");
	assert_int_equal(app->line, 34);
	assert_int_equal(app->resources.line, 48);
	assert_int_equal(app->resources.requests.of[RESOURCE_CPU].line, 49);
	assert_int_equal(app->resources.requests.of[RESOURCE_CPU].column, 20);
	assert_string_equal(workload(cluster, "shop", "Deployment", "front")->place.file, "tests/clusters/shop/manifests/20-front.yaml");
	assert_int_equal(workload(cluster, "shop", "Deployment", "mailer")->document, 1);
}

static void a_dump_is_read_with_pods_and_nodes(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = read_cluster("tests/clusters/shop/dump.json");
	const struct workload *cart;
	const struct cluster_pod *pod;
	uint32_t number;

	assert_nothing_said(cluster);
	look_at_shop(cluster);
	assert_true(cluster->files[0].list);
	assert_string_equal(cluster->files[0].format, "json");
	assert_int_equal(cluster->n_pods, 6 + 3 + 2 + 3 + 2 + 4);
	assert_int_equal(cluster->n_nodes, 4);
	assert_string_equal(cluster->nodes[0].allocatable.of[RESOURCE_CPU].text, "7800m");
	assert_string_equal(cluster->nodes[0].kubelet_version, "v1.34.1");
	assert_int_equal(cluster->nodes[0].conditions->count, 2);
	cart = workload(cluster, "shop", "Deployment", "cart");
	assert_int_equal(cart->n_pods, 3);
	assert_int_equal(cart->ready, 3);
	assert_int_equal(workload(cluster, "data", "CronJob", "backup")->n_pods, 2);
	assert_int_equal(workload(cluster, "data", "DaemonSet", "agent")->replicas, 4);
	number = cluster_find_pod(cluster, "shop", "cart-5c689d88bb-d4kwn");
	pod = &cluster->pods[number];
	assert_string_equal(pod->phase, "Running");
	assert_string_equal(pod->qos_class, "Burstable");
	assert_int_equal(pod->start_sec, 1793606405);
	assert_string_equal(cluster->nodes[pod->node].name, "node-2");
	assert_true(cluster->pod_containers[pod->first_container].oom_killed);
	assert_int_equal(cluster->pod_containers[pod->first_container].restarts, 4);
	assert_int_equal(cluster->pod_containers[pod->first_container].last_oom_sec, 1795260600);
	assert_true(cluster->pod_containers[pod->first_container].memory_limit == 1LL << 30);
	assert_int_equal(cluster->vpas[0].n_containers, 1);
	assert_true(cluster->vpas[0].containers[0].recommended);
	assert_string_equal(cluster->vpas[0].containers[0].target.of[RESOURCE_CPU].text, "320m");
	assert_int_equal(cluster->autoscalers[0].metrics[0].current_utilization, 12);
	assert_int_equal(cluster->quotas[0].n_used, 3);
	assert_int_equal(cluster->budgets[0].disruptions_allowed, 2);
}

/* ---- forms of text ---- */

#define WEB(extra) "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n" \
	"  replicas: 2\n  template:\n    spec:\n      containers:\n        - name: app\n          resources: {requests: {cpu: 100m}}\n" extra
#define WEB_JSON "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"}," \
	"\"spec\":{\"replicas\":2,\"template\":{\"spec\":{\"containers\":[{\"name\":\"app\"," \
	"\"resources\":{\"requests\":{\"cpu\":\"100m\"}}}]}}}}"
#define POD_JSON "{\"metadata\":{\"name\":\"web-6d4c-abcde\",\"namespace\":\"shop\",\"managedFields\":[{\"f:x\":{\".\":{}}}]}," \
	"\"spec\":{\"containers\":[{\"name\":\"app\",\"resources\":{\"requests\":{\"cpu\":\"100m\"}}}]}}"

static void every_form_is_read(void **state)
{
	static const struct {
		const char *name, *text, *kind;
		uint32_t objects;
		bool list;
	} cases[] = {
		{ "YAML", WEB(""), "Deployment", 1, false },
		{ "a mark of byte order", "\xef\xbb\xbf" WEB(""), "Deployment", 1, false },
		{ "documents and empty ones", "---\n---\n# nothing\n---\n" WEB("---\n"), "Deployment", 1, false },
		{ "lines that end as on Windows", "apiVersion: apps/v1\r\nkind: Deployment\r\nmetadata: {name: web, namespace: shop}\r\n"
		  "spec: {template: {spec: {containers: [{name: app, resources: {requests: {cpu: 100m}}}]}}}\r\n", "Deployment", 1, false },
		{ "a List", "apiVersion: v1\nkind: List\nitems:\n- " WEB_JSON "\n", "Deployment", 1, true },
		{ "a List whose kind comes last", "apiVersion: v1\nitems:\n- " WEB_JSON "\nkind: List\n", "Deployment", 1, true },
		{ "JSON", WEB_JSON, "Deployment", 1, false },
		{ "JSON behind a mark", "\xef\xbb\xbf" WEB_JSON, "Deployment", 1, false },
		{ "several values", "\n\n" WEB_JSON "\n{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"x\"}}", "Deployment", 2, false },
		{ "a JSON array", "[" WEB_JSON "]", "Deployment", 1, false },
		{ "a JSON List", "{\"apiVersion\":\"v1\",\"items\":[" WEB_JSON "],\"kind\":\"List\"}", "Deployment", 1, true },
		{ "a list in a list", "{\"kind\":\"List\",\"items\":[{\"kind\":\"DeploymentList\",\"items\":[" WEB_JSON "]}]}", "Deployment", 1, true },
		{ "what the API says", "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[" POD_JSON "]}", "Pod", 1, true },
		{ "the same, sorted", "{\"apiVersion\":\"v1\",\"items\":[" POD_JSON "],\"kind\":\"PodList\"}", "Pod", 1, true },
		{ "items that only their list tells", "{\"apiVersion\":\"apps/v1\",\"items\":[{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"},"
		  "\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"app\",\"resources\":{\"requests\":{\"cpu\":\"100m\"}}}]}}}}],"
		  "\"kind\":\"DaemonSetList\"}", "DaemonSet", 1, true },
		{ "the same in YAML", "items:\n- metadata: {name: web, namespace: shop}\n  spec: {template: {spec: {containers: [{name: app, "
		  "resources: {requests: {cpu: 100m}}}]}}}\nkind: DaemonSetList\n", "DaemonSet", 1, true },
		{ "anchors and merge keys", "x: &r {requests: {cpu: 100m}}\napiVersion: apps/v1\nkind: Deployment\n"
		  "metadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: [{name: app, resources: {<<: *r}}]}}}\n", "Deployment", 1, false },
		{ "blanks in quotes", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
		  "spec: {template: {spec: {containers: [{name: app, resources: {requests: {cpu: ' 100m '}}}]}}}\n", "Deployment", 1, false },
		{ "a flow mapping", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, "
		  "spec: {template: {spec: {containers: [{name: app, resources: {requests: {cpu: 100m}}}]}}}}", "Deployment", 1, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cluster_free_ptr) struct cluster *cluster = read_text(cases[i].text);
		bool pod = streq(cases[i].kind, "Pod");
		uint32_t number = cluster_find_workload(cluster, "shop", cases[i].kind, pod ? "web-6d4c-abcde" : "web");
		uint32_t app = number == CLUSTER_NONE ? number : cluster_find_container(cluster, number, "app");

		if (cluster->diag.count > 0)
			fail_msg("%s: %s", cases[i].name, cluster->diag.entries[0].message);
		if (app == CLUSTER_NONE)
			fail_msg("%s: nothing was read", cases[i].name);
		assert_string_equal(cluster->containers[app].resources.requests.of[RESOURCE_CPU].text, "100m");
		assert_int_equal(cluster->files[0].objects, cases[i].objects);
		assert_int_equal(cluster->files[0].list, cases[i].list);
		assert_int_equal(cluster->n_pods, pod);
	}
}

/* ---- what is wrong ---- */

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *message;
		unsigned int line, column;
	} cases[] = {
		/* clang-format off */
		{ "", "nothing is in it", 0, 0 },
		{ "just text", "expected a mapping with apiVersion and kind", 1, 1 },
		{ "a: 1\n", "it has no kind", 1, 1 },
		{ "apiVersion: v1\nkind: Pod\n", "Pod : it has no name", 1, 1 },
		{ "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n", "Pod x: it has no spec", 1, 1 },
		{ "apiVersion: v1\nkind: [Pod]\n", "kind: expected text, found a list", 2, 7 },
		{ "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec: 3\n", "spec: expected a mapping, found a number: '3'", 5, 7 },
		{ "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: many, template: {spec: {containers: []}}}\n",
		  "replicas: expected a whole number, found text: 'many'", 4, 18 },
		{ "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers: {name: app}\n",
		  "containers: expected a list, found a mapping", 7, 19 },
		{ "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers: [app]\n",
		  "containers: expected a mapping, found text: 'app'", 7, 20 },
		{ "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers: [{image: x}]\n",
		  "containers: a container has no name", 7, 20 },
		{ "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {}\n", "it has no template of a pod", 4, 7 },
		{ WEB("        - name: b\n          resources: {requests: {memory: 1 GB}}\n"), "memory: '1 GB' is no quantity", 12, 42 },
		{ WEB("        - name: b\n          resources: {requests: {memory: [1Gi]}}\n"), "memory: expected a quantity like 250m or 1Gi, found a list", 12, 42 },
		{ WEB("      hostNetwork: perhaps\n"), "hostNetwork: expected true or false, found text: 'perhaps'", 11, 20 },
		{ "apiVersion: v1\nkind: Pod\nkind: Pod\nmetadata: {name: x}\nspec: {containers: []}\n", "the key 'kind' is there twice", 3, 1 },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\n  \"kind\":\"Pod\",\"metadata\":{\"name\":\"x\"},\"spec\":{\"containers\":[]}}",
		  "the key 'kind' is there twice, first at line 1: the last one counts", 2, 3 },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\n\"metadata\":{\"name\":\"x\"},\n \"spec\":{\"containers\":7}}",
		  "containers: expected a list, found a number: '7'", 3, 23 },
		{ "{\"kind\":\"Pod\",\n\"metadata\":{\"name\":\"x\",\"labels\":{\"a\":\"\\u00e9\\n\"}},\"spec\":{\"nodeName\":true,\"containers\":[]}}",
		  "nodeName: true is true or false and no text", 2, 70 },
		{ "{\"kind\":\"Pod\",\n  \"metadata\":{\"name\":\"x\\u0000y\"},\"spec\":{\"containers\":[]}}", "a zero byte in text", 2, 22 },
		{ "{\"apiVersion\":\"v1\",\"items\":[\n" WEB_JSON ",\n{\"kind\":\"Pod\",\"metadata\":{\"name\":\"y\"},\"spec\":",
		  "the text breaks off here in Pod y: what came before, 1 objects, is read", 3, 45 },
		{ "{\"kind\":\"Pod\",\n,}", "not JSON: parse error", 2, 1 },
		{ "{\"kind\" 1}", "not JSON: parse error", 1, 9 },
		{ "apiVersion: v1\nitems:\n- apiVersion: v1\n", "a list that says no kind", 1, 0 },
		{ "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\nspec: {template: {spec: {containers: []}}}\n",
		  "name: expected text, found a template ({{ … }}: fill it in first, as helm template does)", 4, 9 },
		{ "{{- if .Values.web }}\n" WEB("") "{{- end }}\n", "a template ({{ … }}): fill it in first, as helm template does", 1, 0 },
		{ "a: [\n", "not YAML", 2, 1 },
		{ "a: &x [*x]\n", "an alias of what it stands in", 1, 8 },
		{ "a: \"\xff\xfe\"\n", "not YAML", 1, 0 },
		{ "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\nspec: {metrics: [{type: Moon}]}\n",
		  "it does not say what it scales", 4, 7 },
		{ "apiVersion: v1\nkind: LimitRange\nmetadata: {name: x}\nspec: {limits: [{type: Box}]}\n", "the type 'Box' is passed over", 4, 17 },
		{ "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: x}\nspec: {hard: {pods: lots}}\n", "pods: 'lots' is no quantity", 4, 21 },
		/* clang-format on */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cluster_free_ptr) struct cluster *cluster = read_text(cases[i].text);
		const struct diag_entry *entry = cluster->diag.entries;

		if (cluster->diag.count == 0 || !strstr(entry->message, cases[i].message))
			fail_msg("expected '%s', found '%s'", cases[i].message, cluster->diag.count ? entry->message : "nothing");
		assert_string_equal(entry->place.file, "test");
		if (entry->place.line != cases[i].line || (cases[i].column && entry->place.column != cases[i].column))
			fail_msg("'%s' is at %u:%u", entry->message, entry->place.line, entry->place.column);
	}
}

static void one_bad_document_loses_no_other(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster =
		read_text("a: [1\n---\n" WEB("") "---\nb: *nowhere\n---\nkind: CronJob\nmetadata: {name: ''}\n---\napiVersion: v1\n"
			  "kind: Namespace\nmetadata: {name: shop, labels: 7}\n");

	assert_int_equal(cluster_find_workload(cluster, "shop", "Deployment", "web"), 0);
	assert_int_equal(cluster->workloads[0].place.line, 3);
	assert_int_equal(cluster->n_namespaces, 1);
	assert_int_equal(cluster->diag.errors, 4);
	assert_int_equal(cluster->diag.entries[1].place.line, 14);
	assert_int_equal(cluster->diag.entries[3].place.line, 21);
}

static void nulls_are_as_if_nothing_were_there(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *yaml = read_text(
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: ~, labels: null, annotations: }\nspec:\n"
		"  replicas: null\n  selector: null\n  strategy: null\n  template:\n    metadata: null\n    spec:\n      volumes: null\n"
		"      initContainers: null\n      affinity: null\n      containers:\n        - {name: app, image: null, env: null, "
		"resources: {requests: {cpu: null}, limits: null}}\n      overhead: null\nstatus: null\n");
	CLEANUP(cluster_free_ptr) struct cluster *json = read_text(
		"{\"kind\":\"List\",\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"x\",\"labels\":null,\"ownerReferences\":null},"
		"\"spec\":{\"containers\":[{\"name\":\"app\",\"resources\":null}],\"priority\":null},"
		"\"status\":{\"containerStatuses\":null,\"startTime\":null}},null]}");

	assert_nothing_said(yaml);
	assert_int_equal(yaml->workloads[0].replicas, -1);
	assert_null(yaml->workloads[0].labels);
	assert_int_equal(workload_qos(yaml, &yaml->workloads[0]), QOS_BEST_EFFORT);
	assert_nothing_said(json);
	assert_int_equal(json->n_pods, 1);
}

/* ---- kinds ---- */

static void kinds_with_a_template_are_workloads(void **state)
{
#define TEMPLATE "template: {metadata: {labels: {app: x}, annotations: {n: v}}, spec: {containers: [{name: app}]}}"
	static const struct {
		const char *text, *kind;
	} cases[] = {
		{ "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: x}\nspec: {" TEMPLATE "}\n", "ReplicaSet" },
		{ "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: x}\nspec: {" TEMPLATE "}\n", "ReplicationController" },
		{ "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: x}\nspec: {parallelism: 3, completions: 9, " TEMPLATE "}\n", "Job" },
		{ "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: x}\nspec: {schedule: '@daily', suspend: true, jobTemplate: {spec: {" TEMPLATE "}}}\n", "CronJob" },
		{ "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: x}\nspec: {" TEMPLATE "}\n", "Deployment" },
		{ "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: x}\n" TEMPLATE "\n", "PodTemplate" },
		{ "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: x}\nspec: {" TEMPLATE "}\n", "Rollout" },
		{ "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: x}\nspec: {" TEMPLATE "}\n", "Service" },
		{ "apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\nmetadata: {name: x}\nspec: {" TEMPLATE "}\n", "DeploymentConfig" },
	};
	static const char *const ignored = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: []}\n---\n"
					   "apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nmetadata: {name: x}\nspec: {tasks: []}\n---\n"
					   "apiVersion: example.com/v1\nkind: Node\nmetadata: {name: x}\n";

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cluster_free_ptr) struct cluster *cluster = read_text(cases[i].text);

		assert_nothing_said(cluster);
		assert_int_equal(cluster->n_workloads, 1);
		assert_string_equal(cluster->workloads[0].kind, cases[i].kind);
		assert_string_equal(cluster->workloads[0].name, "x");
		assert_int_equal(cluster->workloads[0].n_containers, 1);
		assert_string_equal(node_get(cluster->workloads[0].pod_labels, "app")->text, "x");
		assert_string_equal(node_get(cluster->workloads[0].pod_annotations, "n")->text, "v");
	}
	CLEANUP(cluster_free_ptr) struct cluster *cluster = read_text(ignored);
	CLEANUP(cluster_free_ptr) struct cluster *other = read_text("{\"apiVersion\":\"example.com/v1\",\"kind\":\"Menu\",\"items\":[{\"dish\":\"soup\"}]}");

	assert_nothing_said(other);
	assert_int_equal(other->files[0].ignored, 1);
	assert_nothing_said(cluster);
	assert_int_equal(cluster->n_workloads, 0);
	assert_int_equal(cluster->files[0].objects, 3);
	assert_int_equal(cluster->files[0].ignored, 3);
}

static void autoscalers_of_every_version_are_read(void **state)
{
#define HPA(version, spec) "apiVersion: autoscaling/" version "\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\n" \
	"spec: {scaleTargetRef: {kind: StatefulSet, name: web}, maxReplicas: 9, " spec "}\n"
	static const struct {
		const char *text, *type, *resource, *container, *target;
		int64_t utilization, min;
	} cases[] = {
		{ HPA("v1", "targetCPUUtilizationPercentage: 70"), "Resource", "cpu", "", "Utilization", 70, 1 },
		{ HPA("v1", "minReplicas: 2"), "Resource", "cpu", "", "Utilization", 80, 2 },
		{ HPA("v2beta1", "metrics: [{type: Resource, resource: {name: memory, targetAverageUtilization: 60}}]"), "Resource", "memory", "", "Utilization", 60, 1 },
		{ HPA("v2beta1", "metrics: [{type: Resource, resource: {name: cpu, targetAverageValue: 500m}}]"), "Resource", "cpu", "", "AverageValue", -1, 1 },
		{ HPA("v2beta2", "metrics: [{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 500m}}}]"), "Resource", "cpu", "", "AverageValue", -1, 1 },
		{ HPA("v2", "metrics: [{type: ContainerResource, containerResource: {name: cpu, container: app, target: {type: Utilization, averageUtilization: 50}}}]"),
		  "ContainerResource", "cpu", "app", "Utilization", 50, 1 },
		{ HPA("v2", "metrics: [{type: External, external: {metric: {name: q}, target: {type: Value, value: 30}}}]"), "External", "", "", "Value", -1, 1 },
		{ "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: x}\nspec: {scaleTargetRef: {kind: StatefulSet, name: web}, maxReplicaCount: 9,\n"
		  "  minReplicaCount: 1, triggers: [{type: kafka}, {type: cpu, metricType: Utilization, metadata: {value: '55'}}]}\n",
		  "Resource", "cpu", "", "Utilization", 55, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cluster_free_ptr) struct cluster *cluster = read_text(cases[i].text);
		const struct autoscaler *scaler = cluster->autoscalers;

		assert_nothing_said(cluster);
		assert_int_equal(cluster->n_autoscalers, 1);
		assert_string_equal(scaler->target_kind, "StatefulSet");
		assert_string_equal(scaler->target_name, "web");
		assert_int_equal(scaler->min_replicas, cases[i].min);
		assert_int_equal(scaler->max_replicas, 9);
		assert_int_equal(scaler->n_metrics, 1);
		assert_string_equal(scaler->metrics[0].type, cases[i].type);
		assert_string_equal(scaler->metrics[0].resource, cases[i].resource);
		assert_string_equal(scaler->metrics[0].container, cases[i].container);
		assert_string_equal(scaler->metrics[0].target_type, cases[i].target);
		assert_int_equal(scaler->metrics[0].utilization, cases[i].utilization);
	}
}

static void what_is_not_said_is_not_zero(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = read_text(WEB(""));
	const struct workload *web = &cluster->workloads[0];

	assert_int_equal(web->ready, -1);
	assert_int_equal(web->parallelism, -1);
	assert_int_equal(web->active_deadline_sec, -1);
	assert_false(web->has_priority);
	assert_null(web->affinity);
	assert_string_equal(web->priority_class, "");
	assert_false(cluster->containers[0].resources.limits.of[RESOURCE_CPU].given);
	assert_false(cluster->containers[0].resources.requests.of[RESOURCE_MEMORY].given);
}

static void pod_level_resources_and_others_are_read(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = read_text(
		WEB("        - name: gpu\n          resources: {limits: {nvidia.com/gpu: 2, hugepages-2Mi: 64Mi, memory: 1e9}}\n"
		    "      resources: {requests: {cpu: '2'}, limits: {memory: 4Gi}}\n      overhead: {cpu: 5m}\n"
		    "      securityContext: {sysctls: [{name: net.core.somaxconn, value: '1024'}]}\n"));
	const struct workload *web = &cluster->workloads[0];
	const struct resources *gpu = &cluster->containers[1].resources;

	assert_nothing_said(cluster);
	assert_int_equal(gpu->limits.n_others, 2);
	assert_string_equal(gpu->limits.others[0].name, "nvidia.com/gpu");
	assert_true(quantity_value(&gpu->limits.others[0].amount.quantity) == 2);
	assert_true(quantity_value(&gpu->limits.of[RESOURCE_MEMORY].quantity) == 1000000000);
	assert_string_equal(web->pod_resources.requests.of[RESOURCE_CPU].text, "2");
	assert_true(web->overhead.of[RESOURCE_CPU].given);
	assert_string_equal(node_get(web->security, "sysctls")->items[0].items[1].text, "net.core.somaxconn");
}

static void kubelets_belong_to_nodes(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = read_text(
		"apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {capacity: {cpu: 4, memory: 8Gi}}\n---\n"
		"apiVersion: v1\nkind: Node\nmetadata: {name: b, labels: {type: virtual-kubelet}}\n---\n"
		"kubeletconfig: {cpuManagerPolicy: static, kubeReserved: {cpu: 100m}}\n");

	assert_nothing_said(cluster);
	assert_string_equal(node_get(cluster->nodes[0].kubelet, "cpuManagerPolicy")->text, "static");
	assert_string_equal(cluster->nodes[0].allocatable.of[RESOURCE_MEMORY].text, "8Gi");
	assert_false(cluster->nodes[0].is_virtual);
	assert_true(cluster->nodes[1].is_virtual);
	assert_false(cluster->nodes[1].allocatable.of[RESOURCE_CPU].given);
}

static void of_pods_without_their_object_the_newest_stands_for_all(void **state)
{
#define OLD_POD(name, hash, cpu, start) "apiVersion: v1\nkind: Pod\nmetadata: {name: " name ", namespace: shop, labels: {pod-template-hash: " hash "}, " \
	"ownerReferences: [{controller: true, kind: ReplicaSet, name: web-" hash "}]}\n" \
	"spec: {containers: [{name: app, resources: {requests: {cpu: " cpu "}}}]}\nstatus: {startTime: '" start "'}\n---\n"
	CLEANUP(cluster_free_ptr) struct cluster *cluster = read_text(
		OLD_POD("web-1a-aaaaa", "1a", "1", "2026-11-01T00:00:00Z") OLD_POD("web-2b-aaaaa", "2b", "2", "2026-11-03T00:00:00Z")
		OLD_POD("web-3c-aaaaa", "3c", "3", "2026-11-02T00:00:00Z"));
	const struct workload *web = &cluster->workloads[0];

	assert_nothing_said(cluster);
	assert_int_equal(cluster->n_workloads, 1);
	assert_string_equal(web->kind, "Deployment");
	assert_true(web->from_pods);
	assert_int_equal(web->n_pods, 3);
	assert_string_equal(cluster->containers[web->first_container].resources.requests.of[RESOURCE_CPU].text, "2");
	assert_int_equal(cluster->n_containers, 1);
}

/* ---- large ones ---- */

static struct cluster *read_large(bool yaml, size_t bytes)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t count = 0;

	strbuf_add_string(&text, yaml ? "apiVersion: v1\nitems:\n" : "{\"apiVersion\":\"v1\",\"items\":[\n");
	while (text.len < bytes) {
		strbuf_addf(&text, yaml ? "- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: p-%zu\n    namespace: shop\n    managedFields:\n    - f: {}\n"
					  "  spec:\n    containers:\n    - name: app\n      resources:\n        requests:\n          cpu: 100m\n" :
					  "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p-%zu\",\"namespace\":\"shop\",\n\"managedFields\":[{\"f\":{}}]},"
					  "\"spec\":{\"containers\":[{\"name\":\"app\",\"resources\":{\"requests\":{\"cpu\":\"100m\"}}}]}},\n", count);
		count++;
	}
	strbuf_add_string(&text, yaml ? "kind: List\n" : "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"last\"},\"spec\":{\"containers\":[]}}],\"kind\":\"List\"}\n");
	return read_text(text.buf);
}

static void large_texts_are_read_in_pieces(void **state)
{
	for (int yaml = 0; yaml < 2; yaml++) {
		CLEANUP(cluster_free_ptr) struct cluster *cluster = read_large(yaml, 6 << 20);
		uint32_t last = cluster->n_workloads - 2;

		assert_nothing_said(cluster);
		assert_true(cluster->n_pods > 20000);
		assert_int_equal(cluster->files[0].objects, cluster->n_pods);
		assert_true(cluster->files[0].list);
		assert_int_equal(cluster->workloads[last].place.line, yaml ? 3 + 13 * last : 2 + 2 * last);
		assert_string_equal(cluster->containers[last].resources.requests.of[RESOURCE_CPU].text, "100m");
		assert_int_equal(cluster->containers[last].line, yaml ? 3 + 13 * last + 9 : 3 + 2 * last);
	}
}

/* One text of more than is taken, of each kind of bytes that gives no event. */
static void text_without_end_is_refused(void **state)
{
	static const struct {
		const char *begin;
		char repeated;
	} cases[] = {
		{ "{\"kind\":\"", 'x' },
		{ "{\"kind\":", ' ' },
		{ "{\"kind\":", '1' },
		{ "kind: ", 'x' },
		{ "kind: \"", 'x' },
		{ "# ", 'x' },
		{ "{", '\n' },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_add_string(&text, cases[i].begin);
		strbuf_add_repeated(&text, cases[i].repeated, 12 << 20);
		CLEANUP(cluster_free_ptr) struct cluster *cluster = read_text(text.buf);

		if (cluster->diag.count == 0 || !strstr(cluster->diag.entries[0].message, "more than 4 MiB without an end of a text"))
			fail_msg("'%s%c…': %s", cases[i].begin, cases[i].repeated, cluster->diag.count ? cluster->diag.entries[0].message : "nothing was said");
	}
}

static void bombs_do_not_go_off(void **state)
{
	static const struct {
		const char *begin, *repeated;
		size_t count;
		const char *message;
	} cases[] = {
		{ "[", "[", 5000000, "nested too deeply" },
		{ "{\"kind\":\"Pod\",\"spec\":", "{\"template\":{\"spec\":", 1000000, "nested too deeply" },
		{ "{\"kind\":\"Pod\",\"data\":", "[", 5000000, "nested too deeply" },
		{ "a: ", "[", 100000, "nested too deeply" },
		{ "", "- ", 100000, "nested too deeply" },
		{ "{\"items\":[", "{\"items\":[", 100000, "lists in lists, too deeply" },
		{ "{\"kind\":\"Pod\",\"metadata\":{\"labels\":{", "\"a\":\"b\",", 300000, "an object of more than 200000 nodes" },
		{ "[", "{\"metadata\":{\"name\":\"x\"}},", 300000, "it has no kind" },
		{ "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
		  "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n", "", 0, "too many nodes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		bool told = false;

		strbuf_add_string(&text, cases[i].begin);
		for (size_t j = 0; j < cases[i].count; j++)
			strbuf_add_string(&text, cases[i].repeated);
		if (strstr(cases[i].begin, "labels"))
			strbuf_add_string(&text, "\"z\":1}}}");
		CLEANUP(cluster_free_ptr) struct cluster *cluster = read_text(text.buf);

		for (size_t j = 0; j < cluster->diag.count && !told; j++)
			told = strstr(cluster->diag.entries[j].message, cases[i].message) != NULL;
		if (!told)
			fail_msg("expected '%s', found '%s'", cases[i].message, cluster->diag.count ? cluster->diag.entries[0].message : "nothing");
	}
}

static void names_are_kept_as_they_are(void **state)
{
	static const char name[] = "=cmd()|'\"<b>&\x1b[31m\xe2\x80\xae$(id)`id`;,\n";
	CLEANUP(cluster_free_ptr) struct cluster *cluster = read_text(
		"{\"kind\":\"Pod\",\"metadata\":{\"name\":\"=cmd()|'\\\"<b>&\\u001b[31m\\u202e$(id)`id`;,\\n\",\"namespace\":\"\xc3\xa9\"},"
		"\"spec\":{\"containers\":[{\"name\":\"=cmd()|'\\\"<b>&\\u001b[31m\\u202e$(id)`id`;,\\n\"}]}}");

	assert_nothing_said(cluster);
	assert_string_equal(cluster->workloads[0].name, name);
	assert_string_equal(cluster->containers[0].name, name);
	assert_string_equal(cluster->workloads[0].namespace, "\xc3\xa9");
}

/* ---- files ---- */

static void write_file(const char *directory, const char *name, const char *text)
{
	CLEANUP(free_ptr) char *path = xasprintf("%s/%s", directory, name);
	CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void directories_are_read_in_order_and_links_are_told(void **state)
{
	CLEANUP(scratch_free_ptr) struct scratch *scratch = NULL;
	CLEANUP(free_ptr) char *sub = NULL, *loop = NULL, *fifo = NULL, *linked = NULL;

	assert_int_equal(scratch_new(&scratch), 0);
	sub = xasprintf("%s/sub", scratch->path);
	loop = xasprintf("%s/sub/loop", scratch->path);
	fifo = xasprintf("%s/pipe.yaml", scratch->path);
	linked = xasprintf("%s/link.yaml", scratch->path);
	assert_int_equal(mkdir(sub, 0755), 0);
	write_file(scratch->path, "b.yml", WEB(""));
	write_file(scratch->path, "a.json", "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\"}}");
	write_file(scratch->path, "notes.txt", "no manifest");
	write_file(sub, "values.yaml", "replicas: 3\n");
	write_file(sub, "kustomization.yaml", "resources: [../b.yml]\n");
	write_file(sub, "rendered.yaml", "# Source: shop/templates/x.yaml\n" WEB(""));
	assert_int_equal(symlink("..", loop), 0);
	assert_int_equal(symlink("b.yml", linked), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);

	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	assert_int_equal(cluster_read_path(cluster, scratch->path, NULL), 0);
	assert_int_equal(cluster->n_files, 4);
	assert_true(ends_with(cluster->files[0].path, "/a.json"));
	assert_true(ends_with(cluster->files[1].path, "/b.yml"));
	assert_true(cluster->files[2].kustomization);
	assert_true(cluster->files[3].helm);
	assert_false(cluster->files[1].helm);
	assert_int_equal(cluster->diag.count, 4);
	assert_int_equal(unlink(linked), 0);
	assert_int_equal(unlink(fifo), 0);
}

static void what_is_not_there_is_an_error(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();

	assert_int_equal(cluster_read_path(cluster, "/nowhere/at/all.yaml", NULL), -EINVAL);
	assert_says(&cluster->diag, "No such file or directory");
	assert_int_equal(cluster_read_path(cluster, "tests/clusters/shop/manifests/20-front.yaml", NULL), 0);
	assert_int_equal(cluster->n_workloads, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifests_are_read_with_their_places),
		cmocka_unit_test(a_dump_is_read_with_pods_and_nodes),
		cmocka_unit_test(every_form_is_read),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(one_bad_document_loses_no_other),
		cmocka_unit_test(nulls_are_as_if_nothing_were_there),
		cmocka_unit_test(kinds_with_a_template_are_workloads),
		cmocka_unit_test(autoscalers_of_every_version_are_read),
		cmocka_unit_test(what_is_not_said_is_not_zero),
		cmocka_unit_test(pod_level_resources_and_others_are_read),
		cmocka_unit_test(kubelets_belong_to_nodes),
		cmocka_unit_test(of_pods_without_their_object_the_newest_stands_for_all),
		cmocka_unit_test(large_texts_are_read_in_pieces),
		cmocka_unit_test(text_without_end_is_refused),
		cmocka_unit_test(bombs_do_not_go_off),
		cmocka_unit_test(names_are_kept_as_they_are),
		cmocka_unit_test(directories_are_read_in_order_and_links_are_told),
		cmocka_unit_test(what_is_not_there_is_an_error),
	};

	return RUN_TESTS(tests);
}
