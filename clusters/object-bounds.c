/* SPDX-License-Identifier: Apache-2.0 */
/* What bounds requests, and what bounds moving pods. */
#include "object.h"

/* ---- LimitRange ---- */

static const struct {
	const char *name;
	enum limit_range_type type;
} range_types[] = {
	{ "Container", LIMIT_RANGE_CONTAINER },
	{ "PersistentVolumeClaim", LIMIT_RANGE_CLAIM },
	{ "Pod", LIMIT_RANGE_POD },
};

static bool range_type(const char *name, enum limit_range_type *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(range_types); i++) {
		if (streq(range_types[i].name, name)) {
			*ret = range_types[i].type;
			return true;
		}
	}
	return false;
}

static bool read_range(const struct object *object, const struct node *node, struct limit_range_item *item)
{
	const char *type = object_text(object, node, "type");

	*item = (struct limit_range_item){ .line = object_line(object, node) };
	if (!range_type(type, &item->type)) {
		/* OpenShift has more: openshift.io/Image … */
		object_warn(object, node, "limits: the type '%.60s' is passed over: Container, Pod and PersistentVolumeClaim are known", type);
		return false;
	}
	object_amounts(object, node, "min", &item->min);
	object_amounts(object, node, "max", &item->max);
	object_amounts(object, node, "default", &item->default_limit);
	object_amounts(object, node, "defaultRequest", &item->default_request);
	object_amounts(object, node, "maxLimitRequestRatio", &item->max_ratio);
	return true;
}

void object_limit_range(const struct object *object)
{
	struct cluster *cluster = object->cluster;
	const struct node *limits = object_sequence(object, object->spec, "limits");
	struct limit_range *range;

	GROW(cluster->limit_ranges, cluster->limit_ranges_capacity, (size_t)cluster->n_limit_ranges + 1);
	range = &cluster->limit_ranges[cluster->n_limit_ranges++];
	*range = (struct limit_range){
		.namespace = object->namespace, .name = object->name, .place = object_place(object, object->root),
	};
	if (!limits)
		return;
	range->items = arena_alloc(&cluster->arena, (limits->count + 1) * sizeof(*range->items));
	for (uint32_t i = 0; i < limits->count && i < OBJECT_CONTAINERS_MAX; i++) {
		const struct node *node = object_item(object, limits, i, "limits");

		if (node)
			range->n_items += read_range(object, node, &range->items[range->n_items]);
	}
}

/* ---- ResourceQuota ---- */

void object_quota(const struct object *object)
{
	struct cluster *cluster = object->cluster;
	const struct node *hard = object->spec ? object->spec : object->status;
	struct resource_quota *quota;

	GROW(cluster->quotas, cluster->quotas_capacity, (size_t)cluster->n_quotas + 1);
	quota = &cluster->quotas[cluster->n_quotas++];
	*quota = (struct resource_quota){
		.namespace = object->namespace, .name = object->name, .place = object_place(object, object->root),
	};
	object_named_amounts(object, hard, "hard", &quota->hard, &quota->n_hard);
	object_named_amounts(object, object->status, "used", &quota->used, &quota->n_used);
	quota->scopes = object_keep(object, object_sequence(object, object->spec, "scopes"));
	quota->scope_selector = object_keep(object, object_mapping(object, object->spec, "scopeSelector"));
}

/* ---- PodDisruptionBudget ---- */

void object_budget(const struct object *object)
{
	struct cluster *cluster = object->cluster;
	struct disruption_budget *budget;

	GROW(cluster->budgets, cluster->budgets_capacity, (size_t)cluster->n_budgets + 1);
	budget = &cluster->budgets[cluster->n_budgets++];
	*budget = (struct disruption_budget){
		.namespace = object->namespace, .name = object->name,
		.selector = object_keep(object, object_mapping(object, object->spec, "selector")),
		.min_available = object_text(object, object->spec, "minAvailable"),
		.max_unavailable = object_text(object, object->spec, "maxUnavailable"),
		.disruptions_allowed = object_number(object, object->status, "disruptionsAllowed"),
		.place = object_place(object, object->root),
	};
}

/* ---- classes ---- */

void object_priority_class(const struct object *object)
{
	struct cluster *cluster = object->cluster;
	struct priority_class *class;

	GROW(cluster->priority_classes, cluster->priority_classes_capacity, (size_t)cluster->n_priority_classes + 1);
	class = &cluster->priority_classes[cluster->n_priority_classes++];
	*class = (struct priority_class){
		.name = object->name,
		.preemption_policy = object_text(object, object->root, "preemptionPolicy"),
		.global_default = object_bool(object, object->root, "globalDefault"),
		.place = object_place(object, object->root),
	};
	if (node_is_null(node_get(object->root, "value")))
		object_complain(object, object->root, "it has no value");
	else
		class->value = object_number(object, object->root, "value");
}

void object_runtime_class(const struct object *object)
{
	struct cluster *cluster = object->cluster;
	const struct node *scheduling = object_mapping(object, object->root, "scheduling");
	struct runtime_class *class;

	GROW(cluster->runtime_classes, cluster->runtime_classes_capacity, (size_t)cluster->n_runtime_classes + 1);
	class = &cluster->runtime_classes[cluster->n_runtime_classes++];
	*class = (struct runtime_class){
		.name = object->name,
		.handler = object_text(object, object->root, "handler"),
		.node_selector = object_keep(object, object_mapping(object, scheduling, "nodeSelector")),
		.tolerations = object_keep(object, object_sequence(object, scheduling, "tolerations")),
		.place = object_place(object, object->root),
	};
	object_amounts(object, object_mapping(object, object->root, "overhead"), "podFixed", &class->overhead);
}

void object_namespace(const struct object *object)
{
	struct cluster *cluster = object->cluster;

	GROW(cluster->namespaces, cluster->namespaces_capacity, (size_t)cluster->n_namespaces + 1);
	cluster->namespaces[cluster->n_namespaces++] = (struct cluster_namespace){
		.name = object->name,
		.labels = object_keep(object, object_mapping(object, object->metadata, "labels")),
		.annotations = object_keep(object, object_mapping(object, object->metadata, "annotations")),
		.place = object_place(object, object->root),
	};
}
