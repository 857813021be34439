/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever has a pod template. */
#include "object.h"

/* ---- containers ---- */

static void add_container(const struct object *object, const struct node *node, const char *name, enum container_type type, uint32_t position)
{
	static const char *const probes[] = { "livenessProbe", "readinessProbe", "startupProbe" };
	struct workload_container *container = cluster_add_container(object->cluster);

	if (type == CONTAINER_INIT && streq(object_text(object, node, "restartPolicy"), "Always"))
		type = CONTAINER_SIDECAR;
	container->type = type;
	container->position = position;
	container->name = name;
	container->image = object_text(object, node, "image");
	container->line = object_line(object, node);
	container->column = node->column;
	object_resources(object, node, "resources", &container->resources);
	container->env = object_keep_env(object, object_sequence(object, node, "env"));
	container->env_from = object_keep(object, object_sequence(object, node, "envFrom"));
	container->command = object_keep(object, object_sequence(object, node, "command"));
	container->args = object_keep(object, object_sequence(object, node, "args"));
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
		container->probes[i] = object_keep(object, object_mapping(object, node, probes[i]));
	container->lifecycle = object_keep(object, object_mapping(object, node, "lifecycle"));
	container->security = object_keep(object, object_mapping(object, node, "securityContext"));
	if (container->security && object_bool(object, container->security, "privileged"))
		container->mounts = object_keep(object, object_sequence(object, node, "volumeMounts"));
	container->ports = object_keep_ports(object, object_sequence(object, node, "ports"),
					     object->cluster->workloads[container->workload].host_network);
	container->resize_policy = object_keep(object, object_sequence(object, node, "resizePolicy"));
}

static const char *container_name(const struct object *object, const struct node *node, const char *key)
{
	if (!node_is_null(node_get(node, "name")))
		return object_text(object, node, "name");
	/* Of Knative's, which gives the only one its name. */
	if (streq(object->kind, "Service"))
		return cluster_name(object->cluster, "user-container");
	object_complain(object, node, "%s: a container has no name", key);
	return cluster_name(object->cluster, "");
}

static void add_containers(const struct object *object, const struct node *spec, const char *key, enum container_type type)
{
	const struct node *list = object_sequence(object, spec, key);

	for (uint32_t i = 0; list && i < list->count; i++) {
		const struct node *node = object_item(object, list, i, key);

		if (i == OBJECT_CONTAINERS_MAX) {
			object_complain(object, &list->items[i], "%s: more than %d containers", key, OBJECT_CONTAINERS_MAX);
			return;
		}
		if (!node)
			continue;
		add_container(object, node, container_name(object, node, key), type, i);
	}
}

/* ---- the spec of pods ---- */

static void read_trees(const struct object *object, const struct node *spec, struct workload *workload)
{
	workload->node_selector = object_keep(object, object_mapping(object, spec, "nodeSelector"));
	workload->affinity = object_keep(object, object_mapping(object, spec, "affinity"));
	workload->tolerations = object_keep(object, object_sequence(object, spec, "tolerations"));
	workload->topology_spread = object_keep(object, object_sequence(object, spec, "topologySpreadConstraints"));
	workload->security = object_keep(object, object_mapping(object, spec, "securityContext"));
	workload->volumes = object_keep(object, object_sequence(object, spec, "volumes"));
}

static void read_names(const struct object *object, const struct node *spec, struct workload *workload)
{
	workload->service_account = object_text(object, spec, "serviceAccountName");
	if (workload->service_account[0] == '\0')
		workload->service_account = object_text(object, spec, "serviceAccount");
	workload->priority_class = object_text(object, spec, "priorityClassName");
	workload->runtime_class = object_text(object, spec, "runtimeClassName");
	workload->scheduler = object_text(object, spec, "schedulerName");
	workload->restart_policy = object_text(object, spec, "restartPolicy");
	workload->node_name = object_text(object, spec, "nodeName");
	workload->preemption_policy = object_text(object, spec, "preemptionPolicy");
}

struct workload *object_add_pod_spec(const struct object *object, const struct node *spec)
{
	uint32_t number = object->cluster->n_workloads;
	struct workload *workload = cluster_add_workload(object->cluster);

	workload->namespace = object->namespace;
	workload->kind = object->kind;
	workload->name = object->name;
	workload->api_version = object->api_version;
	workload->document = object->document;
	workload->place = object_place(object, object->root);
	workload->template_line = object_line(object, spec);
	read_trees(object, spec, workload);
	read_names(object, spec, workload);
	workload->has_priority = spec && !node_is_null(node_get(spec, "priority"));
	workload->priority = workload->has_priority ? object_number(object, spec, "priority") : 0;
	workload->host_network = object_bool(object, spec, "hostNetwork");
	workload->host_pid = object_bool(object, spec, "hostPID");
	workload->host_ipc = object_bool(object, spec, "hostIPC");
	object_amounts(object, spec, "overhead", &workload->overhead);
	object_resources(object, spec, "resources", &workload->pod_resources);
	add_containers(object, spec, "initContainers", CONTAINER_INIT);
	add_containers(object, spec, "containers", CONTAINER_APP);
	add_containers(object, spec, "ephemeralContainers", CONTAINER_EPHEMERAL);
	return &object->cluster->workloads[number];
}

/* ---- what metadata and the kinds say ---- */

static void read_metadata(const struct object *object, struct workload *workload)
{
	const char *kind, *name;

	workload->labels = object_keep(object, object_mapping(object, object->metadata, "labels"));
	workload->annotations = object_keep(object, object_mapping(object, object->metadata, "annotations"));
	if (object_owner(object, &kind, &name))
		workload->owner = arena_formatf(&object->cluster->arena, "%s/%s", kind, name);
}

static int64_t first_number(const struct object *object, const struct node *mapping, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (mapping && !node_is_null(node_get(mapping, keys[i])))
			return object_number(object, mapping, keys[i]);
	return -1;
}

static void read_counts(const struct object *object, const struct node *spec, struct workload *workload)
{
	static const char *const ready[] = { "readyReplicas", "numberReady", "ready" };
	static const char *const desired[] = { "desiredNumberScheduled" };

	workload->replicas = object_number(object, spec, "replicas");
	if (streq(object->kind, "DaemonSet"))
		workload->replicas = first_number(object, object->status, desired, ARRAY_SIZE(desired));
	workload->ready = first_number(object, object->status, ready, ARRAY_SIZE(ready));
	workload->parallelism = object_number(object, spec, "parallelism");
	workload->completions = object_number(object, spec, "completions");
	workload->active_deadline_sec = object_number(object, spec, "activeDeadlineSeconds");
	workload->suspended = object_bool(object, spec, "suspend");
}

static const struct node *strategy(const struct object *object, const struct node *spec)
{
	const struct node *node = object_mapping(object, spec, "strategy");

	return node ? node : object_mapping(object, spec, "updateStrategy");
}

/* spec is that of a Deployment, a Job …: with a template. */
static struct workload *add_templated(const struct object *object, const struct node *spec, const struct node *template)
{
	const struct node *pod = object_mapping(object, template, "spec"), *metadata = object_mapping(object, template, "metadata");
	struct workload *workload;

	if (!pod) {
		/* A Rollout may name a Deployment instead, and only that has one. */
		if (!spec || node_is_null(node_get(spec, "workloadRef")))
			object_complain(object, template ? template : spec ? spec : object->root, "it has no template of a pod");
		return NULL;
	}
	workload = object_add_pod_spec(object, pod);
	read_metadata(object, workload);
	read_counts(object, spec, workload);
	workload->pod_labels = object_keep(object, object_mapping(object, metadata, "labels"));
	workload->pod_annotations = object_keep(object, object_mapping(object, metadata, "annotations"));
	workload->selector = object_keep(object, object_mapping(object, spec, "selector"));
	workload->strategy = object_keep(object, strategy(object, spec));
	return workload;
}

void object_workload(const struct object *object)
{
	(void)add_templated(object, object->spec, object_mapping(object, object->spec, "template"));
}

void object_cron_job(const struct object *object)
{
	const struct node *job = object_mapping(object, object_mapping(object, object->spec, "jobTemplate"), "spec");
	struct workload *workload = add_templated(object, job, object_mapping(object, job, "template"));

	if (!workload)
		return;
	workload->schedule = object_text(object, object->spec, "schedule");
	workload->suspended = object_bool(object, object->spec, "suspend");
}

void object_knative_service(const struct object *object)
{
	(void)add_templated(object, object->spec, object_mapping(object, object->spec, "template"));
}

void object_pod_template(const struct object *object)
{
	(void)add_templated(object, NULL, object_mapping(object, object->root, "template"));
}
