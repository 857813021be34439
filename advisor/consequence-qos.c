/* SPDX-License-Identifier: Apache-2.0 */
/* The QoS class now and then, and what it means when memory runs out: who the kernel kills (oom_score_adj) and whom the kubelet evicts (usage above
 * request first, then priority, then how far above: rankMemoryPressure() of pkg/kubelet/eviction/helpers.go). */
#include <math.h>

#include "workload-view.h"

/* A limit of CPU that is lowered must hold whatever was used, since above it there is no more: that much is added to the most. */
#define LIMIT_MARGIN 0.2

/* What a limit that becomes the request has to hold, in whole tens of millicores; -1: nothing was measured. */
static int64_t most_used(const struct workload_view *view, const struct sizing_row *row, enum resource resource)
{
	double most = view_usage_max(view, row, resource == RESOURCE_CPU ? USAGE_CPU : USAGE_MEMORY_WORKING_SET);

	if (isnan(most) || most > 1e6 * (resource == RESOURCE_CPU ? 1 : 1e9))
		return -1;
	return resource == RESOURCE_CPU ? (int64_t)ceil(most * (1 + LIMIT_MARGIN) * 100 - 1e-9) * 10 : whole_mib((int64_t)(most * (1 + LIMIT_MARGIN)));
}

/* `vpa` keeps the ratio of limit and request: what was used above the request now and then would be throttled. */
void bound_used_cpu(struct workload_view *view, struct sizing_row *row, enum resource resource)
{
	struct sizing *sizing = &row->of[resource];
	struct arena *arena = &view->rightsizing->arena;
	int64_t most = most_used(view, row, resource), size;

	if (resource != RESOURCE_CPU || most < 0 || sizing->limit_to < 0 || sizing->limit_to >= MIN(most, sizing->limit_from))
		return;
	size = MIN(most, sizing->limit_from);
	sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_VPA, CONSEQUENCE_CHANGED,
			   "the limit would go down to %s with the request, and %s were used: it is %s", size_text(arena, resource, sizing->limit_to),
			   size_text(arena, resource, (int64_t)ceil(view_usage_max(view, row, USAGE_CPU) * 1000)), size_text(arena, resource, size));
	sizing->limit_to = size;
}

/* Somebody chose that its pod is the last to be killed: that is not given up for a smaller request, nor lost by a larger limit. */
void bound_guaranteed(struct workload_view *view, struct sizing_row *row, enum resource resource)
{
	struct sizing *sizing = &row->of[resource];
	struct arena *arena = &view->rightsizing->arena;
	int64_t most = most_used(view, row, resource), size;

	if (view->now.qos != QOS_GUARANTEED || sizing->limit_to < 0 || sizing->request_to == sizing->limit_to)
		return;
	if (sizing->limit_to > sizing->limit_from)
		size = sizing->limit_to;
	else
		size = most < 0 ? sizing->limit_from : MIN(MAX(sizing->request_to, most), sizing->limit_from);
	sizing->request_to = sizing->limit_to = size;
	sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_QOS, CONSEQUENCE_CHANGED,
			   "the pod is Guaranteed and stays so: its request and its limit are both %s%s", size_text(arena, resource, size),
			   size == most ? ", which is the most that was used and a fifth more" : "");
}

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

static int64_t memory_request(const struct pod_shape *shape, uint32_t position)
{
	return MAX(amount_size(&shape->containers[position].resources.requests.of[RESOURCE_MEMORY], RESOURCE_MEMORY), 0);
}

/* What the pod level asks for beyond its containers counts for all of them alike: remainingPodMemReqPerContainer(). */
static int64_t share_of_rest(const struct pod_shape *shape)
{
	struct workload bare = shape->workload;
	struct quantity all;
	int64_t containers = 0;

	if (!bare.pod_resources.requests.of[RESOURCE_MEMORY].given && !bare.pod_resources.limits.of[RESOURCE_MEMORY].given)
		return 0;
	bare.pod_resources = (struct resources){ 0 };
	bare.overhead = (struct amounts){ 0 };
	bare.runtime_class = "";
	all = workload_request(&shape->cluster, &bare, RESOURCE_MEMORY);
	for (uint32_t i = 0; i < bare.n_containers; i++)
		containers += shape->containers[i].type != CONTAINER_EPHEMERAL;
	return containers ? (shape->request[RESOURCE_MEMORY] - shape->overhead[RESOURCE_MEMORY] - quantity_value(&all)) / containers : 0;
}

/* The request that the score is reckoned from: a sidecar's is no less than the least of the application's, which it must outlive.
 * GetContainerOOMScoreAdjust() of pkg/kubelet/qos/policy.go */
static int64_t scored_request(const struct pod_shape *shape, uint32_t position)
{
	int64_t request = memory_request(shape, position), least = INT64_MAX;

	for (uint32_t i = 0; i < shape->workload.n_containers; i++)
		if (shape->containers[i].type == CONTAINER_APP)
			least = MIN(least, memory_request(shape, i));
	if (shape->containers[position].type == CONTAINER_SIDECAR && least < INT64_MAX)
		request = MAX(request, least);
	return request + share_of_rest(shape);
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
	now = oom_score_adj(view->now.qos, scored_request(&view->now, position), memory, critical);
	then = oom_score_adj(view->then.qos, scored_request(&view->then, position), memory, critical);
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
