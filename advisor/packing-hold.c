/* SPDX-License-Identifier: Apache-2.0 */
/* Pods that stay where they are, and hold their node: those that cluster-autoscaler does not evict with its default options.
 * cluster-autoscaler/FAQ.md, simulator/drainability/rules/. */
#include "packing-problem.h"

#include "../core/parse.h"

#define SAFE_TO_EVICT "cluster-autoscaler.kubernetes.io/safe-to-evict"
#define SAFE_VOLUMES "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"

const char *packing_hold_text(enum packing_hold hold)
{
	static const char *const texts[HOLD_COUNT] = {
		[HOLD_NONE] = "nothing",
		[HOLD_CONTROL_PLANE] = "the control plane",
		[HOLD_VIRTUAL] = "being no ordinary machine",
		[HOLD_CORDONED] = "being cordoned already",
		[HOLD_NOT_READY] = "not being ready",
		[HOLD_UNKNOWN_SIZE] = "an unknown size",
		[HOLD_NAKED] = "pods without a controller",
		[HOLD_CONTROLLER] = "pods of a controller that autoscalers do not know",
		[HOLD_LOCAL_STORAGE] = "pods with local storage",
		[HOLD_NOT_SAFE] = "pods annotated as not safe to evict",
		[HOLD_SYSTEM] = "pods of kube-system without a disruption budget",
		[HOLD_BUDGET] = "disruption budgets that allow none",
		[HOLD_SCHEDULER] = "pods of another scheduler",
		[HOLD_COMPLEX] = "pods with more constraints than can be followed",
		[HOLD_NO_ROOM] = "pods that fit nowhere else",
	};

	return texts[hold];
}

/* "cache,tmp" */
static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *c = list; *c; c += *c == ',') {
		size_t n = strcspn(c, ",");

		if (n == length && memcmp(c, name, n) == 0)
			return true;
		c += n;
	}
	return false;
}

static bool is_local(const struct node *volume)
{
	const struct node *empty = tree_get(volume, "emptyDir");

	return tree_get(volume, "hostPath") || (empty && !streq(tree_text(empty, "medium", ""), "Memory"));
}

static bool has_local_storage(const struct workload *workload)
{
	const char *safe = tree_text(workload->pod_annotations, SAFE_VOLUMES, "");
	const struct node *volumes = workload->volumes;

	for (size_t i = 0; volumes && volumes->kind == NODE_SEQUENCE && i < volumes->count; i++)
		if (is_local(&volumes->items[i]) && !is_listed(safe, tree_text(&volumes->items[i], "name", "")))
			return true;
	return false;
}

/* ---- disruption budgets ---- */

/* "0", "0%": of what may be missing; "100%", "3": of what has to be there. */
static bool budget_allows_none(const struct disruption_budget *budget, int64_t pods)
{
	const char *missing = budget->max_unavailable ? budget->max_unavailable : "";
	const char *there = budget->min_available ? budget->min_available : "";
	int64_t least;

	if (budget->disruptions_allowed >= 0)
		return budget->disruptions_allowed == 0;
	if (*missing)
		return streq(missing, "0") || streq(missing, "0%");
	return streq(there, "100%") || (parse_i64(there, &least) == 0 && least >= pods);
}

static void apply_budget(struct pack_problem *problem, const struct disruption_budget *budget, const struct pack_list *shapes,
			 uint8_t *budgets, const uint32_t *pods)
{
	int64_t sum = 0;
	bool none;

	for (uint32_t i = 0; i < shapes->count; i++)
		sum += pods[shapes->items[i]];
	none = budget_allows_none(budget, sum);
	for (uint32_t i = 0; i < shapes->count; i++) {
		struct pack_shape *shape = &problem->shapes[shapes->items[i]];

		/* The eviction API refuses pods that two budgets select. */
		if (none || ++budgets[shapes->items[i]] > 1)
			shape->hold = HOLD_BUDGET;
		budgets[shapes->items[i]] = MAX(budgets[shapes->items[i]], (uint8_t)1);
	}
}

static void hold_namespace(struct pack_problem *problem, const char *namespace)
{
	for (uint32_t i = 0; i < problem->n_shapes; i++)
		if (streq(shape_workload(problem, &problem->shapes[i])->namespace, namespace))
			problem->shapes[i].hold = HOLD_COMPLEX;
}

static void find_budgets(struct pack_problem *problem, uint8_t *budgets)
{
	const struct cluster *cluster = problem->cluster[VIEW_NOW];
	CLEANUP(pack_index_free_ptr) struct pack_index *index = pack_index_new(problem);
	CLEANUP(free_ptr) uint32_t *pods = xcalloc(problem->n_shapes + 1, sizeof(*pods));

	for (uint32_t i = 0; i < problem->n_pods; i++)
		pods[problem->pods[i].shape]++;
	for (uint32_t i = 0; i < cluster->n_budgets; i++) {
		const struct disruption_budget *budget = &cluster->budgets[i];
		const char *names[] = { budget->namespace };
		const struct pack_namespaces namespaces = { .names = names, .count = 1 };
		struct pack_list shapes = { 0 };

		if (pack_index_find(index, budget->selector, &namespaces, &shapes))
			apply_budget(problem, budget, &shapes, budgets, pods);
		else
			hold_namespace(problem, budget->namespace);
		free(shapes.items);
	}
}

/* ---- what a workload says of its pods ---- */

/* Kinds that cluster-autoscaler knows to replace an evicted pod. */
static bool is_replacing(const char *kind)
{
	static const char *const kinds[] = { "Job", "ReplicaSet", "ReplicationController", "StatefulSet" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(kinds[i], kind))
			return true;
	return false;
}

static enum packing_hold workload_hold(const struct workload *workload, bool has_budget)
{
	const char *safe = tree_text(workload->pod_annotations, SAFE_TO_EVICT, "");

	if (workload->scheduler && *workload->scheduler && !streq(workload->scheduler, "default-scheduler"))
		return HOLD_SCHEDULER;
	if (streq(safe, "true"))
		return HOLD_NONE;
	if (streq(safe, "false"))
		return HOLD_NOT_SAFE;
	if (has_local_storage(workload))
		return HOLD_LOCAL_STORAGE;
	if (streq(workload->namespace, "kube-system") && !has_budget)
		return HOLD_SYSTEM;
	return HOLD_NONE;
}

static enum packing_hold pod_hold(const struct pack_problem *problem, uint32_t number)
{
	const struct workload *workload = shape_workload(problem, &problem->shapes[problem->pods[number].shape]);
	const struct cluster_pod *pod;

	if (streq(tree_text(workload->pod_annotations, SAFE_TO_EVICT, ""), "true") || problem->pod_number[number] == CLUSTER_NONE)
		return HOLD_NONE;
	pod = &problem->cluster[VIEW_NOW]->pods[problem->pod_number[number]];
	if (!*pod->owner_kind)
		return HOLD_NAKED;
	return is_replacing(pod->owner_kind) ? HOLD_NONE : HOLD_CONTROLLER;
}

void pack_find_holds(struct pack_problem *problem)
{
	CLEANUP(free_ptr) uint8_t *budgets = xcalloc(problem->n_shapes + 1, 1);

	find_budgets(problem, budgets);
	for (uint32_t i = 0; i < problem->n_shapes; i++) {
		struct pack_shape *shape = &problem->shapes[i];

		if (shape->hold == HOLD_NONE)
			shape->hold = workload_hold(shape_workload(problem, shape), budgets[i] > 0);
	}
	for (uint32_t i = 0; i < problem->n_pods; i++) {
		struct pack_pod *pod = &problem->pods[i];

		if (pod->with_node)
			continue;
		pod->hold = problem->shapes[pod->shape].hold;
		if (pod->hold == HOLD_NONE)
			pod->hold = pod_hold(problem, i);
		if (pod->start == PACK_NONE && pod->hold != HOLD_COMPLEX)
			pod->hold = HOLD_NONE;		/* it is nowhere yet */
	}
}
