/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/cluster.h"

#include "../../core/strbuf.h"
#include "test.h"

/* ---- what a pod is given ---- */

static void give(struct amounts *amounts, enum resource resource, const char *text)
{
	struct amount *amount = &amounts->of[resource];

	if (!text)
		return;
	amount->given = true;
	amount->text = text;
	assert_int_equal(quantity_parse(text, &amount->quantity), 0);
}

struct given {				/* one container */
	enum container_type type;
	const char *cpu, *cpu_limit, *memory, *memory_limit;
};

static void give_all(struct resources *resources, const struct given *given)
{
	give(&resources->requests, RESOURCE_CPU, given->cpu);
	give(&resources->limits, RESOURCE_CPU, given->cpu_limit);
	give(&resources->requests, RESOURCE_MEMORY, given->memory);
	give(&resources->limits, RESOURCE_MEMORY, given->memory_limit);
}

static struct workload *add_workload(struct cluster *cluster, const char *kind, const char *name, const struct given *given, size_t count)
{
	struct workload *workload = cluster_add_workload(cluster);

	workload->namespace = "shop";
	workload->kind = kind;
	workload->name = name;
	for (size_t i = 0; i < count; i++) {
		struct workload_container *container = cluster_add_container(cluster);

		container->type = given[i].type;
		container->name = i == 0 ? "app" : "other";
		give_all(&container->resources, &given[i]);
	}
	return workload;
}

#define MEMORY_ONLY(request, limit) { CONTAINER_APP, NULL, NULL, request, limit }
#define CPU_ONLY(request, limit) { CONTAINER_APP, request, limit, NULL, NULL }

/* TestComputePodQOS of pkg/apis/core/v1/helper/qos/qos_test.go and the pages pod-qos and pod-level resources of kubernetes/website */
static void qos_is_what_kubernetes_computes(void **state)
{
	static const struct {
		const char *name;
		enum qos_class qos;
		struct given containers[3];
		size_t count;
		struct given pod;
	} cases[] = {
		/* clang-format off */
		{ "guaranteed", QOS_GUARANTEED, { { CONTAINER_APP, "100m", "100m", "100Mi", "100Mi" } }, 1, { 0 } },
		{ "written differently", QOS_GUARANTEED, { { CONTAINER_APP, "0.1", "100m", "102400Ki", "100Mi" } }, 1, { 0 } },
		{ "limits alone are requests too", QOS_GUARANTEED, { { CONTAINER_APP, NULL, "100m", NULL, "100Mi" } }, 1, { 0 } },
		{ "guaranteed twice", QOS_GUARANTEED, { { CONTAINER_APP, "100m", "100m", "100Mi", "100Mi" },
		  { CONTAINER_APP, "1", "1", "1Gi", "1Gi" } }, 2, { 0 } },
		{ "guaranteed and nothing", QOS_BURSTABLE, { { CONTAINER_APP, "100m", "100m", "100Mi", "100Mi" }, { 0 } }, 2, { 0 } },
		{ "nothing", QOS_BEST_EFFORT, { { 0 } }, 1, { 0 } },
		{ "nothing twice", QOS_BEST_EFFORT, { { 0 }, { 0 } }, 2, { 0 } },
		{ "zero", QOS_BEST_EFFORT, { { CONTAINER_APP, "0", "0", "0", NULL } }, 1, { 0 } },
		{ "zero beside a limit", QOS_BURSTABLE, { { CONTAINER_APP, "0", "1", "0", "1Gi" } }, 1, { 0 } },
		{ "without memory", QOS_BURSTABLE, { CPU_ONLY("100m", "100m") }, 1, { 0 } },
		{ "without CPU", QOS_BURSTABLE, { MEMORY_ONLY("1Gi", "1Gi") }, 1, { 0 } },
		{ "request below limit", QOS_BURSTABLE, { { CONTAINER_APP, "100m", "200m", "100Mi", "100Mi" } }, 1, { 0 } },
		{ "requests only", QOS_BURSTABLE, { { CONTAINER_APP, "100m", NULL, "100Mi", NULL } }, 1, { 0 } },
		{ "an init container counts", QOS_BURSTABLE, { { CONTAINER_INIT, 0 }, { CONTAINER_APP, "1", "1", "1Gi", "1Gi" } }, 2, { 0 } },
		{ "so does a sidecar", QOS_BURSTABLE, { { CONTAINER_SIDECAR, "1m", NULL, NULL, NULL }, { 0 } }, 2, { 0 } },
		{ "an ephemeral one does not", QOS_GUARANTEED, { { CONTAINER_APP, "1", "1", "1Gi", "1Gi" }, { CONTAINER_EPHEMERAL, 0 } }, 2, { 0 } },
		{ "the pod level decides alone", QOS_GUARANTEED, { { 0 } }, 1, { CONTAINER_APP, "1", "1", "1Gi", "1Gi" } },
		{ "its limits are its requests", QOS_GUARANTEED, { { 0 } }, 1, { CONTAINER_APP, NULL, "1", NULL, "1Gi" } },
		{ "but for what containers ask for", QOS_BURSTABLE, { CPU_ONLY("500m", NULL) }, 1, { CONTAINER_APP, NULL, "1", NULL, "1Gi" } },
		{ "also when they are guaranteed", QOS_BURSTABLE, { { CONTAINER_APP, "1", "1", "1Gi", "1Gi" } }, 1, { CONTAINER_APP, "1", NULL, NULL, NULL } },
		/* clang-format on */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
		struct workload *workload = add_workload(cluster, "Deployment", "web", cases[i].containers, cases[i].count);
		enum qos_class qos;

		give_all(&workload->pod_resources, &cases[i].pod);
		workload->pod_resources.line = cases[i].pod.cpu || cases[i].pod.cpu_limit ? 1 : 0;
		qos = workload_qos(cluster, workload);
		if (qos != cases[i].qos)
			fail_msg("%s: %s", cases[i].name, qos_class_name(qos));
	}
}

/* KEP-753 "Resources calculation for scheduling and pod admission", KEP-688 (overhead), KEP-2837 (pod level) */
static void the_scheduler_counts_what_it_needs_at_most(void **state)
{
	static const struct {
		const char *name, *cpu, *memory;
		struct given containers[4];
		size_t count;
		struct given pod;
		const char *overhead;
	} cases[] = {
		/* clang-format off */
		{ "a sum", "300m", "3Gi", { { CONTAINER_APP, "100m", NULL, "1Gi", NULL }, { CONTAINER_APP, "200m", NULL, "2Gi", NULL } }, 2, { 0 }, NULL },
		{ "an init container that needs more", "2", "3Gi", { { CONTAINER_INIT, "2", NULL, "1Gi", NULL },
		  { CONTAINER_APP, "200m", NULL, "3Gi", NULL } }, 2, { 0 }, NULL },
		{ "init containers run one after another", "2", "0", { { CONTAINER_INIT, "2", NULL, NULL, NULL },
		  { CONTAINER_INIT, "1", NULL, NULL, NULL }, { CONTAINER_APP, "500m", NULL, NULL, NULL } }, 3, { 0 }, NULL },
		{ "a sidecar stays", "1500m", "0", { { CONTAINER_SIDECAR, "500m", NULL, NULL, NULL }, { CONTAINER_APP, "1", NULL, NULL, NULL } }, 2, { 0 }, NULL },
		{ "it runs beside those started after it", "2500m", "0", { { CONTAINER_SIDECAR, "500m", NULL, NULL, NULL },
		  { CONTAINER_INIT, "2", NULL, NULL, NULL }, { CONTAINER_APP, "1", NULL, NULL, NULL } }, 3, { 0 }, NULL },
		{ "but not those before it", "2", "0", { { CONTAINER_INIT, "2", NULL, NULL, NULL },
		  { CONTAINER_SIDECAR, "500m", NULL, NULL, NULL }, { CONTAINER_APP, "1", NULL, NULL, NULL } }, 3, { 0 }, NULL },
		{ "a limit is a request", "1", "2Gi", { { CONTAINER_APP, NULL, "1", NULL, "2Gi" } }, 1, { 0 }, NULL },
		{ "overhead", "1250m", "1Gi", { { CONTAINER_APP, "1", NULL, "1Gi", NULL } }, 1, { 0 }, "250m" },
		{ "the pod level", "3", "1Gi", { { CONTAINER_APP, "1", NULL, "1Gi", NULL } }, 1, { CONTAINER_APP, "3", NULL, NULL, NULL }, NULL },
		{ "its limit where nobody asks", "3", "1Gi", { { CONTAINER_APP, NULL, NULL, "1Gi", NULL } }, 1, { CONTAINER_APP, NULL, "3", NULL, "4Gi" }, NULL },
		{ "nothing", "0", "0", { { 0 } }, 1, { 0 }, NULL },
		{ "ephemeral containers have none", "1", "0", { { CONTAINER_APP, "1", NULL, NULL, NULL }, { CONTAINER_EPHEMERAL, "5", NULL, NULL, NULL } }, 2, { 0 }, NULL },
		/* clang-format on */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
		CLEANUP(strbuf_release) struct strbuf printed = STRBUF_INIT;
		struct workload *workload = add_workload(cluster, "Deployment", "web", cases[i].containers, cases[i].count);
		struct quantity cpu, memory;

		give_all(&workload->pod_resources, &cases[i].pod);
		give(&workload->overhead, RESOURCE_CPU, cases[i].overhead);
		cpu = workload_request(cluster, workload, RESOURCE_CPU);
		memory = workload_request(cluster, workload, RESOURCE_MEMORY);
		quantity_print(&printed, &cpu);
		if (!streq(printed.buf, cases[i].cpu))
			fail_msg("%s: cpu %s", cases[i].name, printed.buf);
		strbuf_reset(&printed);
		quantity_print(&printed, &memory);
		if (!streq(printed.buf, cases[i].memory))
			fail_msg("%s: memory %s", cases[i].name, printed.buf);
	}
}

static void overhead_is_that_of_the_runtime_class(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	static const struct given containers[] = { { CONTAINER_APP, "1", NULL, NULL, NULL } };
	struct workload *workload = add_workload(cluster, "Deployment", "web", containers, 1);
	struct quantity request;

	GROW(cluster->runtime_classes, cluster->runtime_classes_capacity, 1);
	cluster->runtime_classes[cluster->n_runtime_classes++] = (struct runtime_class){ .name = "kata" };
	give(&cluster->runtime_classes[0].overhead, RESOURCE_CPU, "250m");
	cluster_join(cluster);
	workload = &cluster->workloads[0];
	request = workload_request(cluster, workload, RESOURCE_CPU);
	assert_true(quantity_milli(&request) == 1000);
	workload->runtime_class = "kata";
	request = workload_request(cluster, workload, RESOURCE_CPU);
	assert_true(quantity_milli(&request) == 1250);
}

/* MilliCPUToShares(), MilliCPUToQuota() of pkg/kubelet/cm/helpers_linux.go and its tests; the weights as both formulas of
 * opencontainers/cgroups give them (runc issue 4896 names 77 and 170 for 2000 shares) */
static void cpu_becomes_shares_weights_and_quota(void **state)
{
	static const struct {
		int64_t milli;
		uint64_t shares, old_weight, new_weight;
		int64_t quota;
	} cases[] = {
		{ 0, 2, 1, 1, -1 },
		{ 1, 2, 1, 1, 1000 },
		{ 10, 10, 1, 4, 1000 },
		{ 100, 102, 4, 17, 10000 },
		{ 250, 256, 10, 35, 25000 },
		{ 500, 512, 20, 59, 50000 },
		{ 1000, 1024, 39, 100, 100000 },
		{ 1500, 1536, 59, 138, 150000 },
		{ 2000, 2048, 79, 174, 200000 },
		{ 4000, 4096, 157, 303, 400000 },
		{ 8000, 8192, 313, 532, 800000 },
		{ 16000, 16384, 625, 942, 1600000 },
		{ 64000, 65536, 2500, 3023, 6400000 },
		{ 256000, 262144, 10000, 10000, 25600000 },
		{ INT64_MAX, 262144, 10000, 10000, INT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(cpu_shares(cases[i].milli), cases[i].shares);
		assert_int_equal(cpu_weight_old(cases[i].shares), cases[i].old_weight);
		assert_int_equal(cpu_weight_new(cases[i].shares), cases[i].new_weight);
		assert_true(cpu_quota_usec(cases[i].milli, 100000) == cases[i].quota);
	}
	assert_int_equal(cpu_weight_old(2000), 77);
	assert_int_equal(cpu_weight_new(2000), 170);
	assert_int_equal(cpu_weight_old(0), 0);
	assert_int_equal(cpu_weight_new(0), 0);
	assert_int_equal(cpu_quota_usec(1000, 5000), 5000);
}

/* GetContainerOOMScoreAdjust() of pkg/kubelet/qos/policy.go, and policy_test.go: a node of 4,000,000,000 bytes */
static void memory_requests_become_oom_scores(void **state)
{
	static const struct {
		enum qos_class qos;
		int64_t request;
		bool critical;
		int score;
	} cases[] = {
		{ QOS_GUARANTEED, 10000000000, false, -997 },
		{ QOS_BEST_EFFORT, 0, false, 1000 },
		{ QOS_BURSTABLE, 0, false, 999 },
		{ QOS_BURSTABLE, 4000000000 / 2, false, 500 },
		{ QOS_BURSTABLE, 4000000000 - 1, false, 3 },
		{ QOS_BURSTABLE, 10000000000, false, 3 },
		{ QOS_BURSTABLE, 800000000, false, 800 },
		{ QOS_BEST_EFFORT, 0, true, -997 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(oom_score_adj(cases[i].qos, cases[i].request, 4000000000, cases[i].critical), cases[i].score);
}

/* ---- what belongs together ---- */

static void add_pod(struct cluster *cluster, const char *name, const char *kind, const char *owner, const char *hash)
{
	struct cluster_pod *pod = cluster_add_pod(cluster);
	struct pod_container *container = cluster_add_pod_container(cluster);

	pod->namespace = "shop";
	pod->name = name;
	pod->owner_kind = kind;
	pod->owner_name = owner;
	pod->template_hash = hash;
	pod->node_name = "node-1";
	container->name = "app";
	container->cpu_request = 250;
}

static const char *workload_of(const struct cluster *cluster, const char *pod)
{
	uint32_t number = cluster_find_pod(cluster, "shop", pod);
	const struct workload *workload;

	assert_true(number != CLUSTER_NONE && cluster->pods[number].workload != CLUSTER_NONE);
	workload = &cluster->workloads[cluster->pods[number].workload];
	return arena_formatf((struct arena *)&cluster->arena, "%s/%s", workload->kind, workload->name);
}

static const struct given one[] = { { CONTAINER_APP, "250m", NULL, NULL, NULL } };

static void pods_belong_to_what_a_person_wrote(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();

	add_pod(cluster, "web-6d4cf56db6-abcde", "ReplicaSet", "web-6d4cf56db6", "6d4cf56db6");
	add_pod(cluster, "web-5c689d88bb-fghij", "ReplicaSet", "web-5c689d88bb", "5c689d88bb");
	add_pod(cluster, "canary-79d8b7-abcde", "ReplicaSet", "canary-79d8b7", "79d8b7");
	add_pod(cluster, "backup-29385060-xyzzy", "Job", "backup-29385060", "");
	add_pod(cluster, "db-0", "StatefulSet", "db", "");
	add_pod(cluster, "gone-7f8c9-abcde", "ReplicaSet", "gone-7f8c9", "7f8c9");
	add_pod(cluster, "alone", "", "", "");
	add_pod(cluster, "kube-proxy-node-1", "Node", "node-1", "");
	add_workload(cluster, "Deployment", "web", one, 1);
	add_workload(cluster, "ReplicaSet", "web-6d4cf56db6", one, 1)->owner = "Deployment/web";
	add_workload(cluster, "Rollout", "canary", one, 1);
	add_workload(cluster, "ReplicaSet", "canary-79d8b7", one, 1)->owner = "Rollout/canary";
	add_workload(cluster, "CronJob", "backup", one, 1);
	add_workload(cluster, "StatefulSet", "db", one, 1);
	add_workload(cluster, "DaemonSet", "idle", one, 1);
	cluster_join(cluster);

	assert_string_equal(workload_of(cluster, "web-6d4cf56db6-abcde"), "Deployment/web");
	assert_string_equal(workload_of(cluster, "web-5c689d88bb-fghij"), "Deployment/web");
	assert_string_equal(workload_of(cluster, "canary-79d8b7-abcde"), "Rollout/canary");
	assert_string_equal(workload_of(cluster, "backup-29385060-xyzzy"), "CronJob/backup");
	assert_string_equal(workload_of(cluster, "db-0"), "StatefulSet/db");
	assert_string_equal(workload_of(cluster, "gone-7f8c9-abcde"), "Deployment/gone");
	assert_string_equal(workload_of(cluster, "alone"), "Pod/alone");
	assert_string_equal(workload_of(cluster, "kube-proxy-node-1"), "Pod/kube-proxy-node-1");
	assert_int_equal(cluster_find_workload(cluster, "shop", "ReplicaSet", "web-6d4cf56db6"), CLUSTER_NONE);
	assert_int_equal(cluster->n_workloads, 8);
	assert_int_equal(cluster->diag.count, 0);

	/* What was made of a pod has what the pod has. */
	uint32_t gone = cluster_find_workload(cluster, "shop", "Deployment", "gone");
	const struct workload *workload = &cluster->workloads[gone];
	struct quantity request = workload_request(cluster, workload, RESOURCE_CPU);

	assert_true(workload->from_pods);
	assert_true(quantity_milli(&request) == 250);
	assert_int_equal(workload->n_pods, 1);
	assert_string_equal(cluster->pods[cluster->pods_by_workload[workload->first_pod]].name, "gone-7f8c9-abcde");
	assert_int_equal(cluster->pod_containers[0].container,
			 cluster_find_container(cluster, cluster->pods[0].workload, "app"));
}

static void what_one_owner_made_is_one_workload(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	struct workload *workload;

	for (int i = 0; i < 3; i++) {
		workload = add_workload(cluster, "ReplicaSet", i == 0 ? "web-1" : i == 1 ? "web-2" : "web-3", one, 1);
		workload->owner = "Deployment/web";
		workload->replicas = i == 1 ? 4 : 0;
	}
	add_pod(cluster, "web-1-abcde", "ReplicaSet", "web-1", "");
	add_pod(cluster, "web-2-abcde", "ReplicaSet", "web-2", "");
	cluster_join(cluster);

	assert_int_equal(cluster->n_workloads, 1);
	workload = &cluster->workloads[0];
	assert_string_equal(workload->kind, "Deployment");
	assert_string_equal(workload->name, "web");
	assert_int_equal(workload->replicas, 4);
	assert_int_equal(workload->n_pods, 2);
	assert_int_equal(workload->n_containers, 1);
}

static void owners_that_own_each_other_stay_apart(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();

	add_workload(cluster, "ReplicaSet", "a", one, 1)->owner = "Job/b";
	add_workload(cluster, "Job", "b", one, 1)->owner = "ReplicaSet/a";
	add_workload(cluster, "Job", "c", one, 1)->owner = "Job/c";
	add_pod(cluster, "a-abcde", "ReplicaSet", "a", "");
	cluster_join(cluster);
	assert_int_equal(cluster->n_workloads, 2);
	assert_string_equal(workload_of(cluster, "a-abcde"), "Job/b");
}

static void what_is_there_twice_counts_as_it_stands_last(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();

	add_workload(cluster, "Deployment", "web", one, 1)->replicas = 1;
	cluster->workloads[0].place = (struct cluster_place){ "a.yaml", 3, 1 };
	add_workload(cluster, "Deployment", "web", one, 1)->replicas = 2;
	cluster->workloads[1].place = (struct cluster_place){ "b.yaml", 7, 1 };
	add_pod(cluster, "web-0", "Deployment", "web", "");
	add_pod(cluster, "web-0", "Deployment", "web", "");
	cluster_join(cluster);
	assert_int_equal(cluster->n_workloads, 1);
	assert_int_equal(cluster->workloads[0].replicas, 2);
	assert_int_equal(cluster->n_pods, 1);
	assert_says(&cluster->diag, "Deployment shop/web is there twice, first at a.yaml:3: the last one counts");
	assert_int_equal(cluster->diag.entries[0].place.line, 7);
}

static void other_objects_that_are_there_twice_count_once(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();

	GROW(cluster->quotas, cluster->quotas_capacity, 4);
	cluster->quotas[cluster->n_quotas++] = (struct resource_quota){ .namespace = "a", .name = "q", .place = { "1.yaml", 1, 1 } };
	cluster->quotas[cluster->n_quotas++] = (struct resource_quota){ .namespace = "b", .name = "q", .place = { "1.yaml", 9, 1 } };
	cluster->quotas[cluster->n_quotas++] = (struct resource_quota){ .namespace = "a", .name = "q", .place = { "2.yaml", 5, 1 }, .n_hard = 0 };
	cluster->quotas[cluster->n_quotas++] = (struct resource_quota){ .namespace = "c", .name = "q" };
	cluster_join(cluster);
	assert_int_equal(cluster->n_quotas, 3);
	assert_string_equal(cluster->quotas[0].place.file, "2.yaml");
	assert_string_equal(cluster->quotas[1].namespace, "b");
	assert_string_equal(cluster->quotas[2].namespace, "c");
	assert_says(&cluster->diag, "ResourceQuota a/q is there twice, first at 1.yaml:1: the last one counts");
}

static void series_find_the_container_of_a_pod_that_is_gone(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	static const struct {
		const char *namespace, *pod, *container, *workload;
	} cases[] = {
		{ "shop", "web-6d4cf56db6-abcde", "app", "Deployment/web" },
		{ "shop", "web-6d4cf56db6-abcde", "nobody", NULL },
		{ "shop", "web-6d4cf56db6-abcde", "", NULL },
		{ "shop", "web-", "app", NULL },
		{ "shop", "-", "app", NULL },
		{ "shop", "", "app", NULL },
		{ "other", "web-6d4cf56db6-abcde", "app", NULL },
		{ "shop", "db-0", "app", "StatefulSet/db" },
		{ "shop", "db-12", "app", "StatefulSet/db" },
		{ "shop", "db-x", "app", NULL },
		{ "shop", "agent-q7xv2", "app", "DaemonSet/agent" },
		{ "shop", "agent-q7xv", "app", NULL },
		{ "shop", "backup-29385060-xyzzy", "app", "CronJob/backup" },
		{ "shop", "import-vjkl2", "app", "Job/import" },
		{ "shop", "import-3-vjkl2", "app", "Job/import" },
		{ "shop", "both-abcde", "app", NULL },
		{ "anywhere", "free-6d4cf56db6-abcde", "app", "Deployment/free" },
	};

	add_workload(cluster, "Deployment", "web", one, 1);
	add_workload(cluster, "StatefulSet", "db", one, 1);
	add_workload(cluster, "DaemonSet", "agent", one, 1);
	add_workload(cluster, "CronJob", "backup", one, 1);
	add_workload(cluster, "Job", "import", one, 1);
	add_workload(cluster, "DaemonSet", "both", one, 1);
	add_workload(cluster, "Job", "both", one, 1);
	add_workload(cluster, "Deployment", "free", one, 1)->namespace = "";
	cluster_join(cluster);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t found = cluster_match_container(cluster, cases[i].namespace, cases[i].pod, cases[i].container);
		const struct workload *workload;
		char text[64];

		if ((found == CLUSTER_NONE) != !cases[i].workload)
			fail_msg("%s %s", cases[i].pod, found == CLUSTER_NONE ? "has none" : "has one");
		if (found == CLUSTER_NONE)
			continue;
		workload = &cluster->workloads[cluster->containers[found].workload];
		snprintf(text, sizeof(text), "%s/%s", workload->kind, workload->name);
		assert_string_equal(text, cases[i].workload);
	}
}

static void autoscalers_and_nodes_are_found_by_name(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	static const struct node config;

	add_workload(cluster, "Deployment", "web", one, 1);
	add_pod(cluster, "web-0", "Deployment", "web", "");
	GROW(cluster->nodes, cluster->nodes_capacity, 2);
	cluster->nodes[cluster->n_nodes++] = (struct cluster_node){ .name = "node-0" };
	cluster->nodes[cluster->n_nodes++] = (struct cluster_node){ .name = "node-1" };
	GROW(cluster->autoscalers, cluster->autoscalers_capacity, 2);
	cluster->autoscalers[cluster->n_autoscalers++] =
		(struct autoscaler){ .namespace = "shop", .target_kind = "Deployment", .target_name = "web" };
	cluster->autoscalers[cluster->n_autoscalers++] =
		(struct autoscaler){ .namespace = "other", .target_kind = "Deployment", .target_name = "web" };
	GROW(cluster->kubelets, cluster->kubelets_capacity, 1);
	cluster->kubelets[cluster->n_kubelets++] =
		(struct kubelet_configuration){ .config = &config, .place = { "kubelets/node-1.yaml", 1, 1 } };
	cluster_join(cluster);
	assert_int_equal(cluster->autoscalers[0].workload, 0);
	assert_int_equal(cluster->autoscalers[1].workload, CLUSTER_NONE);
	assert_int_equal(cluster->pods[0].node, 1);
	assert_int_equal(cluster_find_node(cluster, "node-1"), 1);
	assert_int_equal(cluster_find_node(cluster, "node-2"), CLUSTER_NONE);
	assert_null(cluster->nodes[0].kubelet);
	assert_ptr_equal(cluster->nodes[1].kubelet, &config);
}

static void nothing_is_joined_to_nothing(void **state)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();

	assert_int_equal(cluster_find_pod(cluster, "shop", "web"), CLUSTER_NONE);
	assert_int_equal(cluster_match_container(cluster, "shop", "web", "app"), CLUSTER_NONE);
	cluster_join(cluster);
	assert_int_equal(cluster_match_container(cluster, "shop", "web", "app"), CLUSTER_NONE);
	assert_int_equal(cluster->n_workloads, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qos_is_what_kubernetes_computes),
		cmocka_unit_test(the_scheduler_counts_what_it_needs_at_most),
		cmocka_unit_test(overhead_is_that_of_the_runtime_class),
		cmocka_unit_test(cpu_becomes_shares_weights_and_quota),
		cmocka_unit_test(memory_requests_become_oom_scores),
		cmocka_unit_test(pods_belong_to_what_a_person_wrote),
		cmocka_unit_test(what_one_owner_made_is_one_workload),
		cmocka_unit_test(owners_that_own_each_other_stay_apart),
		cmocka_unit_test(what_is_there_twice_counts_as_it_stands_last),
		cmocka_unit_test(other_objects_that_are_there_twice_count_once),
		cmocka_unit_test(series_find_the_container_of_a_pod_that_is_gone),
		cmocka_unit_test(autoscalers_and_nodes_are_found_by_name),
		cmocka_unit_test(nothing_is_joined_to_nothing),
	};

	return RUN_TESTS(tests);
}
