/* SPDX-License-Identifier: Apache-2.0 */
#include "placement.h"

#include "../core/parse.h"

static const struct node *mapping_get(const struct node *mapping, const char *key)
{
	return mapping && mapping->kind == NODE_MAPPING ? node_get(mapping, key) : NULL;
}

static const char *text_of(const struct node *mapping, const char *key)
{
	const struct node *value = mapping_get(mapping, key);

	return value && value->kind == NODE_SCALAR ? value->text : "";
}

static uint32_t count_of(const struct node *list)
{
	return list && list->kind == NODE_SEQUENCE ? list->count : 0;
}

static const char *label_of(const struct node *labels, const char *key)
{
	const struct node *value = mapping_get(labels, key);

	return value && value->kind == NODE_SCALAR ? value->text : NULL;
}

static bool list_has(const struct node *values, const char *text)
{
	for (uint32_t i = 0; i < count_of(values); i++)
		if (values->items[i].kind == NODE_SCALAR && streq(values->items[i].text, text))
			return true;
	return false;
}

/* Gt and Lt take one whole number on each side. */
static bool number_matches(const char *value, const struct node *values, bool greater)
{
	int64_t have, wanted;

	if (!value || count_of(values) != 1 || values->items[0].kind != NODE_SCALAR)
		return false;
	if (parse_i64(value, &have) < 0 || parse_i64(values->items[0].text, &wanted) < 0)
		return false;
	return greater ? have > wanted : have < wanted;
}

/* {key: topology.kubernetes.io/zone, operator: In, values: [a, b]}, with the value that the key has; NULL: none. */
static bool expression_matches(const struct node *expression, const char *value)
{
	const struct node *values = mapping_get(expression, "values");
	const char *operator = text_of(expression, "operator");

	if (streq(operator, "In"))
		return value && list_has(values, value);
	if (streq(operator, "NotIn"))
		return !value || !list_has(values, value);
	if (streq(operator, "Exists"))
		return value != NULL;
	if (streq(operator, "DoesNotExist"))
		return value == NULL;
	if (streq(operator, "Gt") || streq(operator, "Lt"))
		return number_matches(value, values, streq(operator, "Gt"));
	return false;
}

static bool labels_include(const struct node *labels, const struct node *wanted)
{
	if (!wanted || wanted->kind != NODE_MAPPING)
		return true;
	for (uint32_t i = 0; i + 1 < wanted->count; i += 2) {
		const char *value = label_of(labels, wanted->items[i].text ? wanted->items[i].text : "");

		if (!value || wanted->items[i + 1].kind != NODE_SCALAR || !streq(value, wanted->items[i + 1].text))
			return false;
	}
	return true;
}

bool label_selector_matches(const struct node *selector, const struct node *labels)
{
	const struct node *expressions = mapping_get(selector, "matchExpressions");

	if (!selector || selector->kind != NODE_MAPPING || !labels_include(labels, mapping_get(selector, "matchLabels")))
		return false;
	for (uint32_t i = 0; i < count_of(expressions); i++)
		if (!expression_matches(&expressions->items[i], label_of(labels, text_of(&expressions->items[i], "key"))))
			return false;
	return true;
}

/* One nodeSelectorTerm: all of it must hold; an empty one selects nothing. */
static bool term_matches(const struct node *term, const struct cluster_node *node)
{
	const struct node *expressions = mapping_get(term, "matchExpressions"), *fields = mapping_get(term, "matchFields");

	if (count_of(expressions) + count_of(fields) == 0)
		return false;
	for (uint32_t i = 0; i < count_of(expressions); i++)
		if (!expression_matches(&expressions->items[i], label_of(node->labels, text_of(&expressions->items[i], "key"))))
			return false;
	for (uint32_t i = 0; i < count_of(fields); i++)
		if (!streq(text_of(&fields->items[i], "key"), "metadata.name") || !expression_matches(&fields->items[i], node->name))
			return false;
	return true;
}

static bool affinity_matches(const struct node *affinity, const struct cluster_node *node)
{
	const struct node *required = mapping_get(mapping_get(affinity, "nodeAffinity"), "requiredDuringSchedulingIgnoredDuringExecution");
	const struct node *terms = mapping_get(required, "nodeSelectorTerms");

	if (!required || required->kind != NODE_MAPPING)
		return true;
	for (uint32_t i = 0; i < count_of(terms); i++)
		if (term_matches(&terms->items[i], node))
			return true;
	return false;
}

/* ToleratesTaint(): an empty effect or key of a toleration stands for all. */
static bool tolerates(const struct node *toleration, const char *key, const char *value, const char *effect)
{
	const char *its_effect = text_of(toleration, "effect"), *its_key = text_of(toleration, "key");
	const char *operator = text_of(toleration, "operator");

	if (*its_effect && !streq(its_effect, effect))
		return false;
	if (*its_key && !streq(its_key, key))
		return false;
	if (streq(operator, "Exists"))
		return true;
	return *its_key && (!*operator || streq(operator, "Equal")) && streq(text_of(toleration, "value"), value);
}

static bool any_tolerates(const struct node *tolerations, const char *key, const char *value, const char *effect)
{
	for (uint32_t i = 0; i < count_of(tolerations); i++)
		if (tolerates(&tolerations->items[i], key, value, effect))
			return true;
	return false;
}

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

static bool taint_keeps_out(const struct workload *workload, const struct runtime_class *class, const char *key, const char *value,
			    const char *effect)
{
	if (!streq(effect, "NoSchedule") && !streq(effect, "NoExecute"))
		return false;
	return !any_tolerates(workload->tolerations, key, value, effect) && !(class && any_tolerates(class->tolerations, key, value, effect)) &&
	       !daemon_tolerates(workload, key);
}

static bool taints_keep_out(const struct workload *workload, const struct runtime_class *class, const struct cluster_node *node)
{
	for (uint32_t i = 0; i < count_of(node->taints); i++) {
		const struct node *taint = &node->taints->items[i];

		if (taint_keeps_out(workload, class, text_of(taint, "key"), text_of(taint, "value"), text_of(taint, "effect")))
			return true;
	}
	return node->unschedulable && taint_keeps_out(workload, class, "node.kubernetes.io/unschedulable", "", "NoSchedule");
}

const struct runtime_class *placement_runtime_class(const struct cluster *cluster, const struct workload *workload)
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
	const struct runtime_class *class = placement_runtime_class(cluster, workload);

	/* A DaemonSet's pods, and pods that name their node, are pinned there afterwards; what they ask for still holds. */
	if (!labels_include(node->labels, workload->node_selector) || (class && !labels_include(node->labels, class->node_selector)) ||
	    !affinity_matches(workload->affinity, node))
		return PLACEMENT_NOT_SELECTED;
	return taints_keep_out(workload, class, node) ? PLACEMENT_TAINTED : PLACEMENT_ALLOWED;
}
