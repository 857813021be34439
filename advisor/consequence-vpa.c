/* SPDX-License-Identifier: Apache-2.0 */
/* A VerticalPodAutoscaler that is not off writes requests itself when a pod starts: whatever a manifest says, it is overwritten.
 * autoscaler/vertical-pod-autoscaler/pkg/apis/autoscaling.k8s.io/v1/types.go, pkg/admission-controller/resource. */
#include "../core/selector.h"
#include "workload-view.h"

static const struct vpa_container *policy_of(const struct vpa *vpa, const char *container)
{
	const struct vpa_container *all = NULL;

	for (uint32_t i = 0; i < vpa->n_containers; i++) {
		const struct vpa_container *policy = &vpa->containers[i];

		if (streq(policy->name, container) && (*policy->mode || policy->controlled_resources || *policy->controlled_values))
			return policy;
		if (streq(policy->name, "*"))
			all = policy;
	}
	return all;
}

static int64_t target_of(const struct vpa *vpa, const char *container, enum resource resource)
{
	for (uint32_t i = 0; i < vpa->n_containers; i++)
		if (streq(vpa->containers[i].name, container))
			return amount_size(&vpa->containers[i].target.of[resource], resource);
	return -1;
}

static bool controls(const struct vpa *vpa, const char *container, enum resource resource)
{
	const struct vpa_container *policy = policy_of(vpa, container);
	const struct node *resources = policy ? policy->controlled_resources : NULL;

	if (policy && streq(policy->mode, "Off"))
		return false;
	if (!tree_given(resources) || resources->kind != NODE_SEQUENCE)
		return true;
	for (uint32_t i = 0; i < resources->count; i++)
		if (resources->items[i].kind == NODE_SCALAR && streq(resources->items[i].text, resource_name(resource)))
			return true;
	return false;
}

static bool measured_by_hpa(const struct workload_view *view, enum resource resource)
{
	CHAIN_EACH(&view->view->autoscalers, view->number, a) {
		const struct autoscaler *autoscaler = &view->cluster->autoscalers[a];

		for (uint32_t i = 0; i < autoscaler->n_metrics; i++)
			if (streq(autoscaler->metrics[i].resource, resource_name(resource)))
				return true;
	}
	return false;
}

static void tell_sizing(struct workload_view *view, struct sizing_row *row, enum resource resource, const struct vpa *vpa)
{
	const char *container = view->cluster->containers[row->container].name, *mode = *vpa->update_mode ? vpa->update_mode : "Auto";
	struct arena *arena = &view->rightsizing->arena;
	struct sizing *sizing = &row->of[resource];
	int64_t target = target_of(vpa, container, resource);

	if (streq(mode, "Off") || !controls(vpa, container, resource))
		return;
	if (measured_by_hpa(view, resource))
		sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_VPA, CONSEQUENCE_WARNING,
				   "VPA %s sets the %s request that an HPA of the same workload measures against: each of them undoes what the other does",
				   vpa->name, resource_name(resource));
	if (!sizing_changes(sizing))
		return;
	sizing_block(view->rightsizing, sizing, CONSEQUENCE_VPA,
		     "VPA %s in mode %s writes this request itself whenever a pod starts%s%s: %s instead of %s has to be said in its minAllowed and maxAllowed",
		     vpa->name, mode, target >= 0 ? ", now " : "", target >= 0 ? size_text(arena, resource, target) : "",
		     size_text(arena, resource, sizing->request_to), size_text(arena, resource, sizing->request_from));
}

void tell_vpa(struct workload_view *view)
{
	CHAIN_EACH(&view->view->vpas, view->number, v)
		for (uint32_t i = 0; i < view->workload->n_containers; i++)
			for (int r = 0; r < 2 && view->rows[i]; r++)
				tell_sizing(view, view->rows[i], r, &view->cluster->vpas[v]);
	workload_view_reshape(view);
}
