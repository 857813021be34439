/* SPDX-License-Identifier: Apache-2.0 */
/* What changes the number of replicas, and what changes their requests. */
#include "object.h"

/* ---- HorizontalPodAutoscaler ---- */

/* Where a metric of a type keeps what: in spec.metrics[] and, as it is now, in status.currentMetrics[]. */
static const struct metric_type {
	const char *type, *key;
} metric_types[] = {
	{ "ContainerResource", "containerResource" },
	{ "External", "external" },
	{ "Object", "object" },
	{ "Pods", "pods" },
	{ "Resource", "resource" },
};

static const struct node *source_of(const struct object *object, const struct node *metric, const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(metric_types); i++)
		if (streq(metric_types[i].type, type))
			return object_mapping(object, metric, metric_types[i].key);
	return NULL;
}

static void read_value(const struct object *object, const struct node *mapping, const char *key, const char *type, struct hpa_metric *metric)
{
	if (object_amount(object, mapping, key, &metric->value))
		metric->target_type = type;
}

/* v2: "target": {"type": "Utilization", "averageUtilization": 80}; v2beta1: "targetAverageUtilization": 80 */
static void read_target(const struct object *object, const struct node *source, struct hpa_metric *metric)
{
	const struct node *target = object_mapping(object, source, "target");

	if (target) {
		metric->utilization = object_number(object, target, "averageUtilization");
		read_value(object, target, "averageValue", "AverageValue", metric);
		read_value(object, target, "value", "Value", metric);
		metric->target_type = object_text(object, target, "type");
		return;
	}
	metric->utilization = object_number(object, source, "targetAverageUtilization");
	if (metric->utilization >= 0)
		metric->target_type = "Utilization";
	read_value(object, source, "targetAverageValue", "AverageValue", metric);
	read_value(object, source, "targetValue", "Value", metric);
}

static int64_t current_utilization(const struct object *object, const struct node *source)
{
	const struct node *current = object_mapping(object, source, "current");

	return current ? object_number(object, current, "averageUtilization") :
			 object_number(object, source, "currentAverageUtilization");
}

static void read_current(const struct object *object, struct hpa_metric *metric)
{
	const struct node *metrics = object_sequence(object, object->status, "currentMetrics");

	for (uint32_t i = 0; metrics && i < metrics->count && i < OBJECT_CONTAINERS_MAX; i++) {
		const struct node *item = metrics->items[i].kind == NODE_MAPPING ? &metrics->items[i] : NULL;
		const struct node *source;

		if (!item || !streq(object_text(object, item, "type"), metric->type))
			continue;
		source = source_of(object, item, metric->type);
		if (source && metric->resource == object_text(object, source, "name") &&
		    metric->container == object_text(object, source, "container"))
			metric->current_utilization = current_utilization(object, source);
	}
}

static struct hpa_metric metric_new(const struct object *object)
{
	const char *nothing = cluster_name(object->cluster, "");

	return (struct hpa_metric){
		.type = nothing, .resource = nothing, .container = nothing, .target_type = nothing, .utilization = -1,
		.current_utilization = -1, .value.text = "",
	};
}

static void read_metric(const struct object *object, const struct node *node, struct hpa_metric *metric)
{
	const struct node *source;

	metric->line = object_line(object, node);
	metric->type = object_text(object, node, "type");
	source = source_of(object, node, metric->type);
	if (!source) {
		object_complain(object, node, "metrics: a metric of the type '%.60s' without what it measures", metric->type);
		return;
	}
	if (streq(metric->type, "Resource") || streq(metric->type, "ContainerResource")) {
		metric->resource = object_text(object, source, "name");
		metric->container = object_text(object, source, "container");
	}
	read_target(object, source, metric);
	read_current(object, metric);
}

/* autoscaling/v1 knows CPU only, and 80 % of it is what is meant when nothing is said. */
static void read_cpu_only(const struct object *object, struct autoscaler *scaler)
{
	struct hpa_metric *metric = arena_alloc(&object->cluster->arena, sizeof(*metric));
	int64_t target = object_number(object, object->spec, "targetCPUUtilizationPercentage");

	*metric = metric_new(object);
	metric->type = "Resource";
	metric->resource = "cpu";
	metric->target_type = "Utilization";
	metric->utilization = target > 0 ? target : 80;
	metric->current_utilization = object_number(object, object->status, "currentCPUUtilizationPercentage");
	metric->line = object_line(object, object->spec);
	scaler->metrics = metric;
	scaler->n_metrics = 1;
}

static void read_metrics(const struct object *object, struct autoscaler *scaler)
{
	const struct node *metrics = object_sequence(object, object->spec, "metrics");

	if (!metrics || metrics->count == 0) {
		read_cpu_only(object, scaler);
		return;
	}
	scaler->metrics = arena_alloc(&object->cluster->arena, metrics->count * sizeof(*scaler->metrics));
	for (uint32_t i = 0; i < metrics->count && i < OBJECT_CONTAINERS_MAX; i++) {
		const struct node *node = object_item(object, metrics, i, "metrics");

		if (!node)
			continue;
		scaler->metrics[scaler->n_metrics] = metric_new(object);
		read_metric(object, node, &scaler->metrics[scaler->n_metrics++]);
	}
}

static struct autoscaler *add_autoscaler(const struct object *object)
{
	struct cluster *cluster = object->cluster;
	struct autoscaler *scaler;

	GROW(cluster->autoscalers, cluster->autoscalers_capacity, (size_t)cluster->n_autoscalers + 1);
	scaler = &cluster->autoscalers[cluster->n_autoscalers++];
	*scaler = (struct autoscaler){
		.namespace = object->namespace, .name = object->name, .workload = CLUSTER_NONE, .min_replicas = -1,
		.max_replicas = -1, .current_replicas = -1, .desired_replicas = -1,
		.place = object_place(object, object->root),
	};
	return scaler;
}

static const char *target_kind(const struct object *object, const struct node *target)
{
	const char *kind = object_text(object, target, "kind");

	return kind[0] ? kind : cluster_name(object->cluster, "Deployment");
}

void object_autoscaler(const struct object *object)
{
	const struct node *target = object_mapping(object, object->spec, "scaleTargetRef");
	struct autoscaler *scaler = add_autoscaler(object);

	if (!target)
		object_complain(object, object->spec ? object->spec : object->root, "it does not say what it scales");
	scaler->target_kind = target ? target_kind(object, target) : "";
	scaler->target_name = object_text(object, target, "name");
	scaler->min_replicas = object_number(object, object->spec, "minReplicas");
	if (scaler->min_replicas < 0)
		scaler->min_replicas = 1;
	scaler->max_replicas = object_number(object, object->spec, "maxReplicas");
	scaler->current_replicas = object_number(object, object->status, "currentReplicas");
	scaler->desired_replicas = object_number(object, object->status, "desiredReplicas");
	scaler->behavior = object_keep(object, object_mapping(object, object->spec, "behavior"));
	read_metrics(object, scaler);
}

/* KEDA: "triggers": [{"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}}] */
static bool read_trigger(const struct object *object, const struct node *trigger, struct hpa_metric *metric)
{
	const struct node *metadata = object_mapping(object, trigger, "metadata");
	const char *type = object_text(object, trigger, "type");

	if (!metadata || (!streq(type, "cpu") && !streq(type, "memory")))
		return false;
	metric->line = object_line(object, trigger);
	metric->resource = type;
	metric->container = object_text(object, metadata, "containerName");
	metric->type = metric->container[0] ? "ContainerResource" : "Resource";
	metric->target_type = object_text(object, trigger, "metricType");
	if (metric->target_type[0] == '\0')
		metric->target_type = object_text(object, metadata, "type");
	read_value(object, metadata, "value", metric->target_type, metric);
	if (streq(metric->target_type, "Utilization") && metric->value.given && !metric->value.wrong)
		metric->utilization = quantity_value(&metric->value.quantity);
	return true;
}

void object_scaled_object(const struct object *object)
{
	const struct node *target = object_mapping(object, object->spec, "scaleTargetRef");
	const struct node *triggers = object_sequence(object, object->spec, "triggers");
	struct autoscaler *scaler = add_autoscaler(object);

	scaler->target_kind = target_kind(object, target);
	scaler->target_name = object_text(object, target, "name");
	scaler->min_replicas = object_number(object, object->spec, "minReplicaCount");
	if (scaler->min_replicas < 0)
		scaler->min_replicas = 0;
	scaler->max_replicas = object_number(object, object->spec, "maxReplicaCount");
	if (scaler->max_replicas < 0)
		scaler->max_replicas = 100;
	if (!triggers)
		return;
	scaler->metrics = arena_alloc(&object->cluster->arena, (triggers->count + 1) * sizeof(*scaler->metrics));
	for (uint32_t i = 0; i < triggers->count && i < OBJECT_CONTAINERS_MAX; i++) {
		const struct node *trigger = object_item(object, triggers, i, "triggers");

		if (!trigger)
			continue;
		scaler->metrics[scaler->n_metrics] = metric_new(object);
		scaler->n_metrics += read_trigger(object, trigger, &scaler->metrics[scaler->n_metrics]);
	}
}

/* ---- VerticalPodAutoscaler ---- */

static struct vpa_container *container_of(const struct object *object, struct vpa *vpa, const char *name)
{
	struct vpa_container *container;

	for (uint32_t i = 0; i < vpa->n_containers; i++)
		if (vpa->containers[i].name == name)
			return &vpa->containers[i];
	container = &vpa->containers[vpa->n_containers++];
	*container = (struct vpa_container){ .name = name, .mode = "", .controlled_values = "" };
	return container;
}

static void read_policy(const struct object *object, const struct node *node, struct vpa *vpa)
{
	struct vpa_container *container = container_of(object, vpa, object_text(object, node, "containerName"));

	container->mode = object_text(object, node, "mode");
	container->controlled_values = object_text(object, node, "controlledValues");
	container->controlled_resources = object_keep(object, object_sequence(object, node, "controlledResources"));
	object_amounts(object, node, "minAllowed", &container->min_allowed);
	object_amounts(object, node, "maxAllowed", &container->max_allowed);
}

static void read_recommendation(const struct object *object, const struct node *node, struct vpa *vpa)
{
	struct vpa_container *container = container_of(object, vpa, object_text(object, node, "containerName"));

	container->recommended = true;
	object_amounts(object, node, "target", &container->target);
	object_amounts(object, node, "lowerBound", &container->lower_bound);
	object_amounts(object, node, "upperBound", &container->upper_bound);
	object_amounts(object, node, "uncappedTarget", &container->uncapped_target);
}

static void each_container(const struct object *object, const struct node *list, struct vpa *vpa,
			   void (*read)(const struct object *object, const struct node *node, struct vpa *vpa))
{
	for (uint32_t i = 0; list && i < list->count && i < OBJECT_CONTAINERS_MAX; i++) {
		const struct node *node = object_item(object, list, i, "containers");

		if (node)
			read(object, node, vpa);
	}
}

void object_vpa(const struct object *object)
{
	struct cluster *cluster = object->cluster;
	const struct node *target = object_mapping(object, object->spec, "targetRef");
	const struct node *policies = object_sequence(object, object_mapping(object, object->spec, "resourcePolicy"), "containerPolicies");
	const struct node *known = object_sequence(object, object_mapping(object, object->status, "recommendation"),
						   "containerRecommendations");
	const struct node *recommenders = object_sequence(object, object->spec, "recommenders");
	struct vpa *vpa;

	GROW(cluster->vpas, cluster->vpas_capacity, (size_t)cluster->n_vpas + 1);
	vpa = &cluster->vpas[cluster->n_vpas++];
	*vpa = (struct vpa){
		.namespace = object->namespace, .name = object->name, .workload = CLUSTER_NONE,
		.target_kind = object_text(object, target, "kind"), .target_name = object_text(object, target, "name"),
		.update_mode = object_text(object, object_mapping(object, object->spec, "updatePolicy"), "updateMode"),
		.recommender = "", .place = object_place(object, object->root),
	};
	if (!target)
		object_complain(object, object->spec ? object->spec : object->root, "it does not say what it scales");
	if (recommenders && recommenders->count > 0 && recommenders->items[0].kind == NODE_MAPPING)
		vpa->recommender = object_text(object, &recommenders->items[0], "name");
	vpa->containers = arena_alloc(&cluster->arena, ((size_t)(policies ? policies->count : 0) + (known ? known->count : 0) + 1) *
							       sizeof(*vpa->containers));
	each_container(object, policies, vpa, read_policy);
	each_container(object, known, vpa, read_recommendation);
}
