/* SPDX-License-Identifier: Apache-2.0 */
/* How a change reaches running pods: by replacing them, in which order; in place where the cluster can; or not at all. */
#include "../core/parse.h"
#include "../core/selector.h"
#include "workload-view.h"

/* Resize of running pods is on by default since Kubernetes 1.33; KEP 1287.  A limit of memory sinks in place since 1.34, before only where its
 * container restarts; nothing can be taken away (ValidatePodResize() of pkg/apis/core/validation/validation.go). */
#define RESIZE_SINCE "1.33"
#define RESIZE_MEMORY_SINCE "1.34"

/* clang-format off */
static const struct {
	const char *kind;
	bool by_hand;			/* nothing happens unless somebody does something */
	const char *text;
} rollouts[] = {
	{ "CronJob",     false, "from its next run on" },
	{ "DaemonSet",   false, "its pods are replaced, node by node" },
	{ "Deployment",  false, "its pods are replaced by a rolling update" },
	{ "Job",         true,  "the template of a Job cannot be changed: it takes effect when the Job is made anew" },
	{ "Pod",         true,  "nothing makes this pod anew: it takes effect when somebody does" },
	{ "ReplicaSet",  true,  "a ReplicaSet leaves running pods as they are: it takes effect for new ones only" },
	{ "ReplicationController", true, "running pods stay as they are: it takes effect for new ones only" },
	{ "StatefulSet", false, "its pods are replaced one after the other, the last first" },
};
/* clang-format on */

/* resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}] */
static bool restarts(const struct workload_container *container, enum resource resource)
{
	const struct node *policies = container->resize_policy;

	for (uint32_t i = 0; policies && policies->kind == NODE_SEQUENCE && i < policies->count; i++)
		if (streq(tree_text(&policies->items[i], "resourceName", ""), resource_name(resource)))
			return streq(tree_text(&policies->items[i], "restartPolicy", ""), "RestartContainer");
	return false;
}

static bool since(const char *version, const char *first)
{
	return version && version[0] == 'v' && version_compare(version + 1, first) >= 0;
}

static bool can_resize(struct workload_view *view, const struct sizing_row *row)
{
	const struct workload_container *container = &view->cluster->containers[row->container];
	const struct sizing *memory = &row->of[RESOURCE_MEMORY];
	const struct cluster_node *node = view_node(view);
	const char *version = node ? node->kubelet_version : "";

	if (!since(version, RESIZE_SINCE) || view->now.qos != view->then.qos || container->type == CONTAINER_INIT)
		return false;
	for (int r = 0; r < 2; r++)
		if ((row->of[r].request_from >= 0 && row->of[r].request_to < 0) || (row->of[r].limit_from >= 0 && row->of[r].limit_to < 0))
			return false;
	return memory->limit_to >= memory->limit_from || since(version, RESIZE_MEMORY_SINCE) || restarts(container, RESOURCE_MEMORY);
}

/* Evictions that a budget does not let happen: drains, VPA.  Rolling updates do not ask it. */
static const struct disruption_budget *stuck_budget(const struct workload_view *view)
{
	CHAIN_EACH(&view->view->budgets, view->namespace, i) {
		const struct disruption_budget *budget = &view->cluster->budgets[i];
		int64_t least = count_or_share(budget->min_available, view->pods, true);
		int64_t most = count_or_share(budget->max_unavailable, view->pods, true);

		if (!selector_matches(budget->selector, view->workload->pod_labels))
			continue;
		if (budget->disruptions_allowed == 0 || most == 0 || (view->pods > 0 && least >= view->pods))
			return budget;
	}
	return NULL;
}

static const char *resize_text(struct workload_view *view, const struct sizing_row *row)
{
	const struct workload_container *container = &view->cluster->containers[row->container];
	bool restart = false;

	if (!can_resize(view, row))
		return "";
	for (int r = 0; r < 2; r++)
		restart |= sizing_changes(&row->of[r]) && restarts(container, r);
	return restart ? "; resized in place, its container restarts" : "; kubectl can resize running pods in place";
}

static void tell_way(struct workload_view *view, const struct sizing_row *row, struct sizing *sizing)
{
	const struct node *strategy = view->workload->strategy;
	bool by_hand = streq(tree_text(strategy, "type", ""), "OnDelete");
	const char *text = by_hand ? "its pods are replaced only when somebody deletes them (OnDelete)" : NULL;
	const struct disruption_budget *budget = by_hand ? stuck_budget(view) : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rollouts) && !text; i++) {
		if (!streq(rollouts[i].kind, view->workload->kind))
			continue;
		text = rollouts[i].text;
		by_hand = rollouts[i].by_hand;
	}
	if (!text)
		text = "its pods have to be made anew";
	if (streq(tree_text(strategy, "type", ""), "Recreate"))
		text = "all its pods stop before new ones start (Recreate)";
	sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_RESTART, by_hand ? CONSEQUENCE_WARNING : CONSEQUENCE_NOTE, "%s%s%s%s%s", text,
			   resize_text(view, row), budget ? "; PodDisruptionBudget " : "", budget ? budget->name : "", budget ? " lets none of them be evicted" : "");
}

/* Once for a container, whatever changes of it. */
void tell_rollout(struct workload_view *view)
{
	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		struct sizing_row *row = view->rows[i];

		for (int r = 0; r < 2 && row; r++) {
			if (!sizing_changes(&row->of[r]))
				continue;
			tell_way(view, row, &row->of[r]);
			break;
		}
	}
}
