/* SPDX-License-Identifier: Apache-2.0 */
/* Small clusters from a few lines of YAML.
 *
 *	nodes: [{name: a, cpu: 4, memory: 16Gi, labels: {zone: x}, taints: […], cordoned: yes, others: {nvidia.com/gpu: 2}}]
 *	workloads: [{name: web, kind: Deployment, cpu: 1, memory: 1Gi, then: {cpu: 500m}, on: [a, a, b], pending: 1, …}]
 *	budgets: [{namespace: default, selector: {…}, allowed: 0}]
 */
#ifndef KEISOKU_TESTS_PACKING_WORLD_H
#define KEISOKU_TESTS_PACKING_WORLD_H

#include "../../advisor/packing.h"
#include "../../advisor/placement.h"
#include "../../core/selector.h"
#include "test.h"

struct world {
	struct cluster *cluster;
	struct cluster then;
};

static struct amount world_amount(const char *text)
{
	struct amount amount = { .given = text && *text, .text = text };

	if (amount.given && quantity_parse(text, &amount.quantity) < 0)
		amount.wrong = true;
	return amount;
}

static void world_amounts(struct cluster *cluster, const struct node *tree, struct amounts *amounts)
{
	const struct node *others = tree_get(tree, "others");

	for (enum resource resource = 0; resource < RESOURCE_COUNT; resource++)
		amounts->of[resource] = world_amount(tree_text(tree, resource_name(resource), NULL));
	if (!others)
		return;
	amounts->n_others = others->count / 2;
	amounts->others = arena_alloc(&cluster->arena, amounts->n_others * sizeof(*amounts->others));
	for (uint32_t i = 0; i < amounts->n_others; i++)
		amounts->others[i] = (struct named_amount){ others->items[2 * i].text, world_amount(others->items[2 * i + 1].text) };
}

static void world_add_node(struct cluster *cluster, const struct node *tree)
{
	struct cluster_node *node;

	GROW(cluster->nodes, cluster->nodes_capacity, cluster->n_nodes + 1);
	node = &cluster->nodes[cluster->n_nodes++];
	*node = (struct cluster_node){ .name = cluster_name(cluster, tree_text(tree, "name", "")), .labels = tree_get(tree, "labels"),
		.taints = tree_get(tree, "taints"), .conditions = tree_get(tree, "conditions"), .unschedulable = tree_get(tree, "cordoned"),
		.is_virtual = tree_get(tree, "virtual"), .kubelet_version = "", .container_runtime = "", .kernel_version = "",
		.os_image = "" };
	world_amounts(cluster, tree, &node->allocatable);
	node->capacity = node->allocatable;
}

static void world_add_pod(struct cluster *cluster, const struct node *tree, uint32_t number, const char *node)
{
	const char *kind = tree_text(tree, "kind", "Deployment"), *name = tree_text(tree, "name", "");
	bool naked = streq(kind, "Pod");
	struct cluster_pod *pod = cluster_add_pod(cluster);

	pod->namespace = cluster_name(cluster, tree_text(tree, "namespace", "default"));
	pod->name = naked ? cluster_name(cluster, name) : cluster_name(cluster, arena_formatf(&cluster->arena, "%s-%u", name, number));
	pod->owner_kind = cluster_name(cluster, tree_text(tree, "owner", naked ? "" : streq(kind, "Deployment") ? "ReplicaSet" : kind));
	pod->owner_name = cluster_name(cluster, naked ? "" : streq(kind, "Deployment") ? arena_formatf(&cluster->arena, "%s-5d4f8b", name) : name);
	pod->template_hash = cluster_name(cluster, streq(kind, "Deployment") ? "5d4f8b" : "");
	pod->node_name = cluster_name(cluster, node);
	pod->phase = cluster_name(cluster, tree_text(tree, "phase", *node ? "Running" : "Pending"));
	pod->workload = cluster->n_workloads - 1;
	pod->node = CLUSTER_NONE;
}

static void world_add_workload(struct cluster *cluster, const struct node *tree)
{
	const struct node *on = tree_get(tree, "on");
	struct workload *workload = cluster_add_workload(cluster);
	struct workload_container *container;
	int64_t pending = strtol(tree_text(tree, "pending", "0"), NULL, 10);

	workload->namespace = cluster_name(cluster, tree_text(tree, "namespace", "default"));
	workload->kind = cluster_name(cluster, tree_text(tree, "kind", "Deployment"));
	workload->name = cluster_name(cluster, tree_text(tree, "name", ""));
	workload->pod_labels = tree_get(tree, "labels");
	workload->pod_annotations = tree_get(tree, "annotations");
	workload->node_selector = tree_get(tree, "nodeSelector");
	workload->affinity = tree_get(tree, "affinity");
	workload->tolerations = tree_get(tree, "tolerations");
	workload->topology_spread = tree_get(tree, "spread");
	workload->volumes = tree_get(tree, "volumes");
	workload->scheduler = cluster_name(cluster, tree_text(tree, "scheduler", ""));
	workload->replicas = strtol(tree_text(tree, "replicas", "-1"), NULL, 10);
	container = cluster_add_container(cluster);
	container->name = "app";
	container->ports = tree_get(tree, "ports");
	world_amounts(cluster, tree, &container->resources.requests);
	for (uint32_t i = 0; on && i < on->count; i++)
		world_add_pod(cluster, tree, i, on->items[i].text);
	for (int64_t i = 0; i < pending; i++)
		world_add_pod(cluster, tree, 1000 + (uint32_t)i, "");
}

static void world_add_budget(struct cluster *cluster, const struct node *tree)
{
	const char *name = cluster_name(cluster, arena_formatf(&cluster->arena, "budget-%u", cluster->n_budgets));

	GROW(cluster->budgets, cluster->budgets_capacity, cluster->n_budgets + 1);
	cluster->budgets[cluster->n_budgets++] = (struct disruption_budget){ .name = name,
		.namespace = cluster_name(cluster, tree_text(tree, "namespace", "default")), .selector = tree_get(tree, "selector"),
		.min_available = tree_text(tree, "min", ""), .max_unavailable = tree_text(tree, "max", ""),
		.disruptions_allowed = strtol(tree_text(tree, "allowed", "-1"), NULL, 10) };
}

static void world_each(struct cluster *cluster, const struct node *list, void (*add)(struct cluster *cluster, const struct node *tree))
{
	for (uint32_t i = 0; list && i < list->count; i++)
		add(cluster, &list->items[i]);
}

/* Containers as recommended: what stands in then. */
static void world_set_then(struct world *world, const struct node *workloads)
{
	world->then = *world->cluster;
	world->then.containers = xcalloc(world->cluster->n_containers + 1, sizeof(*world->then.containers));
	if (world->cluster->n_containers > 0)
		memcpy(world->then.containers, world->cluster->containers,
		       world->cluster->n_containers * sizeof(*world->then.containers));
	for (uint32_t i = 0; workloads && i < workloads->count; i++) {
		const struct node *then = tree_get(&workloads->items[i], "then");

		for (enum resource resource = 0; resource < RESOURCE_COUNT; resource++)
			if (tree_get(then, resource_name(resource)))
				world->then.containers[i].resources.requests.of[resource] =
					world_amount(tree_text(then, resource_name(resource), ""));
	}
}

static struct world world_make(const char *yaml)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct world world = { .cluster = cluster_new() };
	const struct node *documents;

	assert_int_equal(node_parse_foreign(&world.cluster->arena, yaml, strlen(yaml), &diag, &documents), 0);
	world_each(world.cluster, tree_get(&documents->items[0], "nodes"), world_add_node);
	world_each(world.cluster, tree_get(&documents->items[0], "workloads"), world_add_workload);
	world_each(world.cluster, tree_get(&documents->items[0], "budgets"), world_add_budget);
	cluster_join(world.cluster);
	world_set_then(&world, tree_get(&documents->items[0], "workloads"));
	return world;
}

static void world_release(struct world *world)
{
	free(world->then.containers);
	cluster_free(world->cluster);
	*world = (struct world){ 0 };
}

/* Thousandths of CPUs, bytes, pieces. */
static int64_t world_size(const struct amounts *amounts, enum resource resource, const char *other, int64_t otherwise)
{
	if (!other)
		return !amounts->of[resource].given || amounts->of[resource].wrong ? otherwise :
		       resource == RESOURCE_CPU ? quantity_milli(&amounts->of[resource].quantity) :
		       quantity_value(&amounts->of[resource].quantity);
	for (uint32_t i = 0; i < amounts->n_others; i++)
		if (streq(amounts->others[i].name, other))
			return quantity_value(&amounts->others[i].amount.quantity);
	return otherwise;
}

#endif
