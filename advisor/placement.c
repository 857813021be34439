/* SPDX-License-Identifier: Apache-2.0 */
#include "placement.h"

#include "../core/selector.h"

/* What the DaemonSet controller adds to its pods: AddOrUpdateDaemonPodTolerations() of pkg/controller/daemon/util/daemonset_util.go */
static bool daemon_tolerates(const struct workload *workload, const char *key)
{
	static const char *const keys[] = {
		"node.kubernetes.io/disk-pressure", "node.kubernetes.io/memory-pressure", "node.kubernetes.io/not-ready",
		"node.kubernetes.io/pid-pressure", "node.kubernetes.io/unreachable", "node.kubernetes.io/unschedulable",
	};

	if (!streq(workload->kind, "DaemonSet"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (streq(keys[i], key))
			return true;
	return workload->host_network && streq(key, "node.kubernetes.io/network-unavailable");
}

/* taints: a list of one, or of many. */
static bool taint_keeps_out(const struct workload *workload, const struct runtime_class *class, const struct node *taint)
{
	const struct node one = { .kind = NODE_SEQUENCE, .items = taint, .count = 1 }, *which;

	return !taints_tolerated(&one, workload->tolerations, &which) && !(class && taints_tolerated(&one, class->tolerations, &which)) &&
	       !daemon_tolerates(workload, tree_text(taint, "key", ""));
}

/* The node lifecycle controller gives a cordoned node this taint; in a manifest it may not stand yet. */
static bool cordon_keeps_out(const struct workload *workload, const struct runtime_class *class)
{
	static const struct node taint[] = {
		{ .kind = NODE_SCALAR, .text = "key" },	   { .kind = NODE_SCALAR, .text = "node.kubernetes.io/unschedulable" },
		{ .kind = NODE_SCALAR, .text = "effect" }, { .kind = NODE_SCALAR, .text = "NoSchedule" },
	};
	const struct node cordon = { .kind = NODE_MAPPING, .items = taint, .count = ARRAY_SIZE(taint) };

	return taint_keeps_out(workload, class, &cordon);
}

static bool taints_keep_out(const struct workload *workload, const struct runtime_class *class, const struct cluster_node *node)
{
	if (node->taints && node->taints->kind == NODE_SEQUENCE)
		for (uint32_t i = 0; i < node->taints->count; i++)
			if (taint_keeps_out(workload, class, &node->taints->items[i]))
				return true;
	return node->unschedulable && cordon_keeps_out(workload, class);
}

static const struct runtime_class *runtime_class_of(const struct cluster *cluster, const struct workload *workload)
{
	if (!*workload->runtime_class)
		return NULL;
	for (uint32_t i = 0; i < cluster->n_runtime_classes; i++)
		if (streq(cluster->runtime_classes[i].name, workload->runtime_class))
			return &cluster->runtime_classes[i];
	return NULL;
}

enum placement placement_of(const struct cluster *cluster, const struct workload *workload, const struct cluster_node *node)
{
	const struct runtime_class *class = runtime_class_of(cluster, workload);

	if (!node_wanted(workload->node_selector, workload->affinity, node) || (class && !node_wanted(class->node_selector, NULL, node)))
		return PLACEMENT_NOT_SELECTED;
	return taints_keep_out(workload, class, node) ? PLACEMENT_TAINTED : PLACEMENT_ALLOWED;
}
