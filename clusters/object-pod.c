/* SPDX-License-Identifier: Apache-2.0 */
/* Pods: how each is doing, and, of those of one controller, one that stands for what all of them are. */
#include "../core/cluster-index.h"
#include "object.h"

/* ---- containers ---- */

static const struct list {
	const char *containers, *statuses;
} lists[] = {
	{ "initContainers", "initContainerStatuses" },
	{ "containers", "containerStatuses" },
	{ "ephemeralContainers", "ephemeralContainerStatuses" },
};

static int64_t value_of(const struct amounts *amounts, enum resource resource)
{
	const struct amount *amount = &amounts->of[resource];

	if (!amount->given || amount->wrong)
		return -1;
	return resource == RESOURCE_CPU ? quantity_milli(&amount->quantity) : quantity_value(&amount->quantity);
}

static void read_own(const struct object *object, const struct node *node, struct pod_container *container)
{
	struct resources resources;

	container->name = object_text(object, node, "name");
	object_resources(object, node, "resources", &resources);
	container->cpu_request = value_of(&resources.requests, RESOURCE_CPU);
	container->cpu_limit = value_of(&resources.limits, RESOURCE_CPU);
	container->memory_request = value_of(&resources.requests, RESOURCE_MEMORY);
	container->memory_limit = value_of(&resources.limits, RESOURCE_MEMORY);
}

/* "lastState": {"terminated": {"reason": "OOMKilled", "finishedAt": "2026-11-23T07:39:49Z", …}} */
static void read_state(const struct object *object, const struct node *status, const char *key, struct pod_container *container)
{
	const struct node *state = object_mapping(object, status, key);
	const struct node *ended = object_mapping(object, state, "terminated"), *waiting = object_mapping(object, state, "waiting");

	if (ended && streq(object_text(object, ended, "reason"), "OOMKilled")) {
		container->oom_killed = true;
		container->last_oom_sec = MAX(container->last_oom_sec, object_time(object, ended, "finishedAt"));
	}
	if (waiting && streq(object_text(object, waiting, "reason"), "CrashLoopBackOff"))
		container->waiting_crash = true;
}

static void read_status(const struct object *object, const struct node *status, struct pod_container *container)
{
	int64_t restarts = object_number(object, status, "restartCount");
	const char *id = object_text(object, status, "containerID"), *scheme = strstr(id, "://");

	container->id = scheme ? scheme + strlen("://") : id;
	container->restarts = restarts > 0 ? (uint32_t)MIN(restarts, UINT32_MAX) : 0;
	read_state(object, status, "state", container);
	read_state(object, status, "lastState", container);
}

static void add_statuses(const struct object *object, const struct cluster_pod *pod, const char *key)
{
	const struct node *statuses = object_sequence(object, object->status, key);

	for (uint32_t i = 0; statuses && i < statuses->count && i < OBJECT_CONTAINERS_MAX; i++) {
		const struct node *status = object_item(object, statuses, i, key);
		const char *name = status ? object_text(object, status, "name") : NULL;

		for (uint32_t j = 0; name && j < pod->n_containers; j++) {
			struct pod_container *container = &object->cluster->pod_containers[pod->first_container + j];

			if (container->name == name)
				read_status(object, status, container);
		}
	}
}

static void add_containers(const struct object *object, const char *key)
{
	const struct node *list = object_sequence(object, object->spec, key);

	for (uint32_t i = 0; list && i < list->count && i < OBJECT_CONTAINERS_MAX; i++) {
		const struct node *node = object_item(object, list, i, key);

		if (node)
			read_own(object, node, cluster_add_pod_container(object->cluster));
	}
}

/* ---- the one that stands for all ---- */

static uint64_t hash_bytes(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ULL;
	return (hash ^ 0xff) * 0x100000001b3ULL;
}

static uint64_t hash_tree(uint64_t hash, const struct node *node)
{
	hash = hash_bytes(hash ^ node->kind, node->text);
	for (uint32_t i = 0; node->kind != NODE_SCALAR && i < node->count; i++)
		hash = hash_tree(hash, &node->items[i]);
	return hash;
}

/* Pods of one template have one hash, whoever makes them. */
static uint64_t hash_spec(const struct object *object, const struct node *labels)
{
	static const char *const hashes[] = { "pod-template-hash", "controller-revision-hash", "rollouts-pod-template-hash" };
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (size_t i = 0; labels && i < ARRAY_SIZE(hashes); i++) {
		const struct node *value = node_get(labels, hashes[i]);

		if (value && value->kind == NODE_SCALAR)
			return hash_bytes(hash, value->text);
	}
	for (size_t i = 0; object->spec && i < ARRAY_SIZE(lists); i++) {
		const struct node *containers = node_get(object->spec, lists[i].containers);

		if (containers)
			hash = hash_tree(hash, containers);
	}
	return hash;
}

static struct pod_group *group_of(struct cluster *cluster, const char *namespace, const char *kind, const char *name)
{
	struct cluster_index *index = cluster_index(cluster);
	uint32_t number = index_find(&index->groups, namespace, kind, name);

	if (number != CLUSTER_NONE)
		return &index->pod_groups[number];
	GROW(index->pod_groups, index->pod_groups_capacity, (size_t)index->n_pod_groups + 1);
	index_put(&index->groups, namespace, kind, name, index->n_pod_groups);
	index->pod_groups[index->n_pod_groups] = (struct pod_group){ .workload = CLUSTER_NONE };
	return &index->pod_groups[index->n_pod_groups++];
}

static void stand_for(const struct object *object, const char *kind, const char *name, const struct node *labels, bool from_pods)
{
	struct workload *workload = object_add_pod_spec(object, object->spec);

	workload->from_pods = from_pods;
	if (from_pods)
		workload->api_version = "";
	workload->kind = kind;
	workload->name = name;
	workload->pod_labels = object_keep(object, labels);
	workload->pod_annotations = object_keep(object, object_mapping(object, object->metadata, "annotations"));
	if (!from_pods) {
		workload->labels = workload->pod_labels;
		workload->annotations = workload->pod_annotations;
		workload->replicas = 1;
	}
}

static void add_to_group(const struct object *object, const struct cluster_pod *pod, const struct node *labels)
{
	const char *kind, *name;
	struct pod_group *group;
	uint64_t spec;
	uint32_t number = object->cluster->n_workloads;
	int64_t start_sec = pod->start_sec;

	pod_controller(object->cluster, pod, &kind, &name);
	if (pod->owner_kind[0] == '\0') {
		stand_for(object, kind, name, labels, false);
		return;
	}
	group = group_of(object->cluster, pod->namespace, kind, name);
	spec = hash_spec(object, labels);
	if (group->workload != CLUSTER_NONE && (group->spec == spec || start_sec < group->start_sec))
		return;
	*group = (struct pod_group){ .workload = number, .spec = spec, .start_sec = start_sec };
	stand_for(object, kind, name, labels, true);
}

void object_pod(const struct object *object)
{
	struct cluster_pod *pod = cluster_add_pod(object->cluster);
	const struct node *labels = object_mapping(object, object->metadata, "labels");

	pod->namespace = object->namespace;
	pod->name = object->name;
	pod->uid = object_text(object, object->metadata, "uid");
	(void)object_owner(object, &pod->owner_kind, &pod->owner_name);
	pod->owner_kind = cluster_name(object->cluster, pod->owner_kind);
	pod->owner_name = cluster_name(object->cluster, pod->owner_name);
	pod->template_hash = object_text(object, labels, "pod-template-hash");
	pod->node_name = object_text(object, object->spec, "nodeName");
	pod->phase = object_text(object, object->status, "phase");
	pod->qos_class = object_text(object, object->status, "qosClass");
	pod->reason = object_text(object, object->status, "reason");
	pod->start_sec = object_time(object, object->status, "startTime");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		add_containers(object, lists[i].containers);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		add_statuses(object, pod, lists[i].statuses);
	if (!object->spec)
		object_complain(object, object->root, "it has no spec");
	add_to_group(object, pod, labels);
}
