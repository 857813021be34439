/* SPDX-License-Identifier: Apache-2.0 */
/* The QoS class now and then, and what it means when memory runs out: who the kernel kills (oom_score_adj) and whom the kubelet evicts (usage above
 * request first, then priority, then how far above: rankMemoryPressure() of pkg/kubelet/eviction/helpers.go). */
#include "workload-view.h"

static const char *const class_meanings[] = {
	[QOS_GUARANTEED] = "the last that the kernel kills, and never evicted for memory while within its request",
	[QOS_BURSTABLE] = "killed the earlier the less memory it asked for",
	[QOS_BEST_EFFORT] = "the first that the kernel kills and the kubelet evicts",
};

/* IsNodeCriticalPod() of pkg/kubelet/types/pod_update.go */
static bool is_critical(const struct workload *workload)
{
	return streq(workload->priority_class, "system-node-critical");
}

/* "oom_score_adj from -997 to 936 on a node of 16 GiB", or nothing. */
static const char *score_change(struct workload_view *view, const struct sizing_row *row)
{
	const struct cluster_node *node = view_node(view);
	int64_t memory = node ? amount_size(&node->capacity.of[RESOURCE_MEMORY], RESOURCE_MEMORY) : -1;
	uint32_t position = row->container - view->workload->first_container;
	struct arena *arena = &view->rightsizing->arena;
	bool critical = is_critical(view->workload);
	int now, then;

	if (memory <= 0)
		return NULL;
	now = oom_score_adj(view->now.qos, MAX(amount_size(&view->now.containers[position].resources.requests.of[RESOURCE_MEMORY], RESOURCE_MEMORY), 0),
			    memory, critical);
	then = oom_score_adj(view->then.qos, MAX(amount_size(&view->then.containers[position].resources.requests.of[RESOURCE_MEMORY], RESOURCE_MEMORY), 0),
			     memory, critical);
	if (now == then)
		return NULL;
	return arena_formatf(arena, "its oom_score_adj goes from %d to %d on a node of %s", now, then, size_text(arena, RESOURCE_MEMORY, memory));
}

static void tell_class(struct workload_view *view, struct sizing_row *row)
{
	struct sizing *memory = &row->of[RESOURCE_MEMORY], *told = sizing_changes(memory) ? memory : &row->of[RESOURCE_CPU];
	const char *score = score_change(view, row);

	if (!sizing_changes(told))
		return;
	if (view->now.qos != view->then.qos)
		sizing_consequence(view->rightsizing, told, CONSEQUENCE_QOS,
				   view->then.qos > view->now.qos ? CONSEQUENCE_WARNING : CONSEQUENCE_NOTE,
				   "the pod's QoS class goes from %s to %s: %s%s%s", qos_class_name(view->now.qos), qos_class_name(view->then.qos),
				   class_meanings[view->then.qos], score ? "; " : "", score ? score : "");
	else if (score)
		sizing_consequence(view->rightsizing, told, CONSEQUENCE_QOS, CONSEQUENCE_NOTE, "%s", score);
}

/* The kubelet looks at the working set of the pod against its request. */
static void tell_eviction(struct workload_view *view)
{
	double used = view_pod_max(view, USAGE_MEMORY_WORKING_SET);
	int64_t now = view->now.request[RESOURCE_MEMORY], then = view->then.request[RESOURCE_MEMORY], above;
	struct arena *arena = &view->rightsizing->arena;
	const char *before = "";
	int64_t priority;

	if (isnan(used) || used > 9e18 || then >= now || used <= (double)then)
		return;
	above = (int64_t)used - then;
	if (view_priority(view->view, view->workload, &priority))
		before = arena_formatf(arena, ", those of a lower priority than its %lld before it", (long long)priority);
	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		struct sizing *sizing = view->rows[i] ? &view->rows[i]->of[RESOURCE_MEMORY] : NULL;

		if (!sizing || !sizing_changes(sizing) || sizing->request_to >= sizing->request_from)
			continue;
		sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_EVICTION, CONSEQUENCE_WARNING,
				   "the pod used up to %s, %s above the %s it would ask for%s: short of memory, a node evicts such pods first%s%s",
				   size_text(arena, RESOURCE_MEMORY, (int64_t)used), size_text(arena, RESOURCE_MEMORY, above),
				   size_text(arena, RESOURCE_MEMORY, then), used > (double)now ? "" : " (now it stays within)", before,
				   sizing->limit_to > sizing->request_to ? "; a request equal to the limit keeps it out of that" : "");
	}
}

void tell_qos(struct workload_view *view)
{
	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		if (!view->rows[i])
			continue;
		view->rows[i]->qos_now = view->now.qos;
		view->rows[i]->qos_then = view->then.qos;
		tell_class(view, view->rows[i]);
	}
	tell_eviction(view);
}
