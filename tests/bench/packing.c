/* SPDX-License-Identifier: Apache-2.0 */
/* What it costs to pack a cluster now and as recommended: 2,000 pods on 100 nodes, 20,000 on 1,000, beside a floor in the same
 * run: the same pods sorted and put where they fit first, by CPU and memory alone, once.  Packing does that twelve times and drains nodes,
 * with everything the scheduler looks at.
 * Exit status 1 when 20,000 pods take more than 20 seconds. */
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "../../advisor/packing.h"

#define ZONES 3
#define PODS_OF_ONE 10
#define SECONDS_MAX 20

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint32_t below(uint32_t bound)
{
	static uint64_t state = 42;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % bound;
}

static const struct node *tree(struct cluster *cluster, const char *text)
{
	struct diag diag = DIAG_INIT;
	const struct node *documents;

	if (node_parse_foreign(&cluster->arena, text, strlen(text), &diag, &documents) < 0)
		abort();
	return &documents->items[0];
}

static struct amount amount_of(struct quantity quantity)
{
	return (struct amount){ .given = true, .quantity = quantity };
}

static void set(struct amounts *amounts, int64_t milli, int64_t bytes)
{
	amounts->of[RESOURCE_CPU] = amount_of(quantity_of_milli(milli));
	amounts->of[RESOURCE_MEMORY] = amount_of(quantity_of_bytes(bytes));
}

static void add_node(struct cluster *cluster, uint32_t number)
{
	struct cluster_node *node;

	GROW(cluster->nodes, cluster->nodes_capacity, cluster->n_nodes + 1);
	node = &cluster->nodes[cluster->n_nodes++];
	*node = (struct cluster_node){ .name = cluster_name(cluster, arena_formatf(&cluster->arena, "node-%05u", number)) };
	set(&node->allocatable, 15000, (int64_t)60 << 30);
	node->allocatable.of[RESOURCE_PODS] = amount_of(quantity_of_milli(110 * 1000));
	node->capacity = node->allocatable;
	node->labels = tree(cluster, arena_formatf(&cluster->arena, "{kubernetes.io/hostname: node-%05u, "
		"topology.kubernetes.io/zone: z%u, pool: p%u, node.kubernetes.io/instance-type: m5.4xlarge, kubernetes.io/os: linux, "
		"kubernetes.io/arch: amd64}", number, number % ZONES, number % 4));
}

/* Half of the workloads have constraints, of the usual kinds. */
static void constrain(struct cluster *cluster, struct workload *workload, uint32_t number)
{
	struct arena *arena = &cluster->arena;

	workload->pod_labels = tree(cluster, arena_formatf(arena, "{app: a%u, tier: t%u}", number, number % 7));
	if (number % 8 == 0)
		workload->node_selector = tree(cluster, arena_formatf(arena, "{pool: p%u}", number % 4));
	else if (number % 8 == 1)
		workload->affinity = tree(cluster, arena_formatf(arena, "{podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
			"[{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: a%u}}}]}}", number));
	else if (number % 8 == 2)
		workload->topology_spread = tree(cluster, arena_formatf(arena, "[{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, "
			"whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: a%u}}}]", number));
	else if (number % 64 == 3)
		workload->topology_spread = tree(cluster, arena_formatf(arena, "[{maxSkew: 2, topologyKey: kubernetes.io/hostname, "
			"whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: a%u}}}]", number));
	if (number % 32 == 4)
		workload->volumes = tree(cluster, "[{name: v, emptyDir: {}}]");
}

static void add_workload(struct cluster *cluster, uint32_t number, uint32_t n_nodes)
{
	struct workload *workload = cluster_add_workload(cluster);
	struct workload_container *container;

	workload->namespace = cluster_name(cluster, arena_formatf(&cluster->arena, "ns-%u", number % 40));
	workload->kind = "Deployment";
	workload->name = cluster_name(cluster, arena_formatf(&cluster->arena, "w-%u", number));
	workload->replicas = PODS_OF_ONE;
	constrain(cluster, workload, number);
	container = cluster_add_container(cluster);
	container->name = "app";
	set(&container->resources.requests, 100 + 100 * below(11), (int64_t)(256 + 256 * below(20)) << 20);
	for (uint32_t i = 0; i < PODS_OF_ONE; i++) {
		struct cluster_pod *pod = cluster_add_pod(cluster);

		pod->namespace = workload->namespace;
		pod->name = cluster_name(cluster, arena_formatf(&cluster->arena, "w-%u-5d4f8b-%u", number, i));
		pod->owner_kind = cluster_name(cluster, "ReplicaSet");
		pod->owner_name = cluster_name(cluster, arena_formatf(&cluster->arena, "w-%u-5d4f8b", number));
		pod->template_hash = cluster_name(cluster, "5d4f8b");
		pod->phase = "Running";
		pod->node_name = cluster_name(cluster, arena_formatf(&cluster->arena, "node-%05u", below(n_nodes)));
	}
}

static struct cluster *make_cluster(uint32_t n_nodes, uint32_t n_pods)
{
	struct cluster *cluster = cluster_new();

	for (uint32_t i = 0; i < n_nodes; i++)
		add_node(cluster, i);
	for (uint32_t i = 0; i < n_pods / PODS_OF_ONE; i++)
		add_workload(cluster, i, n_nodes);
	cluster_join(cluster);
	return cluster;
}

/* ---- the floor ---- */

struct item {
	int64_t cpu, memory;
};

static int compare_items(const void *a, const void *b)
{
	const struct item *left = a, *right = b;

	return (left->cpu < right->cpu) - (left->cpu > right->cpu);
}

static uint32_t first_fit(const struct cluster *cluster)
{
	struct item *items = xcalloc(cluster->n_pods, sizeof(*items)), *left = xcalloc(cluster->n_nodes, sizeof(*left));
	uint32_t used = 0;

	for (uint32_t i = 0; i < cluster->n_pods; i++) {
		const struct workload *workload = &cluster->workloads[cluster->pods[i].workload];
		struct quantity cpu = workload_request(cluster, workload, RESOURCE_CPU);
		struct quantity memory = workload_request(cluster, workload, RESOURCE_MEMORY);

		items[i] = (struct item){ quantity_milli(&cpu), quantity_value(&memory) };
	}
	for (uint32_t n = 0; n < cluster->n_nodes; n++)
		left[n] = (struct item){ 15000, (int64_t)60 << 30 };
	qsort(items, cluster->n_pods, sizeof(*items), compare_items);
	for (uint32_t i = 0; i < cluster->n_pods; i++)
		for (uint32_t n = 0; n < cluster->n_nodes; n++) {
			if (left[n].cpu < items[i].cpu || left[n].memory < items[i].memory)
				continue;
			left[n].cpu -= items[i].cpu;
			left[n].memory -= items[i].memory;
			used = MAX(used, n + 1);
			break;
		}
	free(items);
	free(left);
	return used;
}

static double measure(uint32_t n_nodes, uint32_t n_pods)
{
	struct cluster *cluster = make_cluster(n_nodes, n_pods);
	struct cluster then = *cluster;
	const struct packing_options options = { 0 };
	uint32_t least = 0, most = 0, emptied = 0, used;
	struct packing packing;
	double begin, floor, took;

	then.containers = xcalloc(cluster->n_containers, sizeof(*then.containers));
	for (uint32_t i = 0; i < cluster->n_containers; i++) {
		then.containers[i] = cluster->containers[i];
		set(&then.containers[i].resources.requests,
		    quantity_milli(&cluster->containers[i].resources.requests.of[RESOURCE_CPU].quantity) * (40 + below(50)) / 100,
		    quantity_value(&cluster->containers[i].resources.requests.of[RESOURCE_MEMORY].quantity) * (40 + below(50)) / 100);
	}
	begin = now();
	used = first_fit(cluster);
	floor = now() - begin;
	begin = now();
	packing_solve(cluster, &then, &options, &packing);
	took = now() - begin;
	for (uint32_t n = 0; n < n_nodes; n++) {
		least += packing.least.fates[n] == FATE_FREED;
		most += packing.most.fates[n] == FATE_FREED;
		emptied += packing.least.fates[n] == FATE_EMPTIED;
	}
	printf("%6u pods on %4u nodes: %7.0f ms, floor %6.1f ms (%u nodes): ratio %.0f; freed %u to %u, %u before; %zu and %zu unplaced\n",
	       n_pods, n_nodes, took * 1e3, floor * 1e3, used, took / floor, least, most, emptied, packing.least.unplaced_now,
	       packing.least.unplaced_then);
	packing_release(&packing);
	free(then.containers);
	cluster_free(cluster);
	return took;
}

int main(void)
{
	struct rusage usage;
	double took;

	(void)measure(100, 2000);
	took = measure(1000, 20000);
	getrusage(RUSAGE_SELF, &usage);
	printf("at most %ld MiB\n", usage.ru_maxrss / 1024);
	return took > SECONDS_MAX;
}
