/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include <errno.h>

#include "cluster-index.h"

static const char *const resource_names[RESOURCE_COUNT] = {
	[RESOURCE_CPU] = "cpu",
	[RESOURCE_MEMORY] = "memory",
	[RESOURCE_EPHEMERAL_STORAGE] = "ephemeral-storage",
	[RESOURCE_PODS] = "pods",
};

static const char *const container_type_names[] = {
	[CONTAINER_APP] = "app",
	[CONTAINER_INIT] = "init",
	[CONTAINER_SIDECAR] = "sidecar",
	[CONTAINER_EPHEMERAL] = "ephemeral",
};

const char *resource_name(enum resource resource)
{
	return resource_names[resource];
}

int resource_parse(const char *name, enum resource *ret_resource)
{
	for (size_t i = 0; i < RESOURCE_COUNT; i++) {
		if (streq(resource_names[i], name)) {
			*ret_resource = (enum resource)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *container_type_name(enum container_type type)
{
	return container_type_names[type];
}

struct cluster *cluster_new(void)
{
	return xcalloc(1, sizeof(struct cluster));
}

void cluster_free(struct cluster *cluster)
{
	if (!cluster)
		return;
	free(cluster->workloads);
	free(cluster->containers);
	free(cluster->pods);
	free(cluster->pod_containers);
	free(cluster->pods_by_workload);
	free(cluster->nodes);
	free(cluster->autoscalers);
	free(cluster->vpas);
	free(cluster->limit_ranges);
	free(cluster->quotas);
	free(cluster->budgets);
	free(cluster->priority_classes);
	free(cluster->runtime_classes);
	free(cluster->namespaces);
	free(cluster->kubelets);
	free(cluster->files);
	cluster_index_free(cluster->index);
	diag_release(&cluster->diag);
	symbols_release(&cluster->names);
	arena_release(&cluster->arena);
	free(cluster);
}

const char *cluster_name_of(struct cluster *cluster, const char *text, size_t length)
{
	uint32_t number = symbols_intern(&cluster->names, text, length);

	return cluster->names.names[number];
}

const char *cluster_name(struct cluster *cluster, const char *text)
{
	return text ? cluster_name_of(cluster, text, strlen(text)) : cluster_name_of(cluster, "", 0);
}

struct workload *cluster_add_workload(struct cluster *cluster)
{
	struct workload *workload;

	GROW(cluster->workloads, cluster->workloads_capacity, (size_t)cluster->n_workloads + 1);
	workload = &cluster->workloads[cluster->n_workloads++];
	*workload = (struct workload){
		.namespace = "", .kind = "", .name = "", .api_version = "", .owner = "", .service_account = "",
		.priority_class = "", .runtime_class = "", .scheduler = "", .restart_policy = "", .node_name = "",
		.preemption_policy = "", .schedule = "", .replicas = -1, .ready = -1, .parallelism = -1,
		.completions = -1, .active_deadline_sec = -1, .vpa = CLUSTER_NONE, .first_container = cluster->n_containers,
	};
	return workload;
}

struct workload_container *cluster_add_container(struct cluster *cluster)
{
	struct workload_container *container;

	GROW(cluster->containers, cluster->containers_capacity, (size_t)cluster->n_containers + 1);
	container = &cluster->containers[cluster->n_containers++];
	*container = (struct workload_container){ .workload = cluster->n_workloads - 1, .name = "", .image = "" };
	cluster->workloads[cluster->n_workloads - 1].n_containers++;
	return container;
}

struct cluster_pod *cluster_add_pod(struct cluster *cluster)
{
	struct cluster_pod *pod;

	GROW(cluster->pods, cluster->pods_capacity, (size_t)cluster->n_pods + 1);
	pod = &cluster->pods[cluster->n_pods++];
	*pod = (struct cluster_pod){
		.namespace = "", .name = "", .uid = "", .owner_kind = "", .owner_name = "", .template_hash = "",
		.node_name = "", .phase = "", .qos_class = "", .reason = "", .workload = CLUSTER_NONE,
		.node = CLUSTER_NONE, .first_container = cluster->n_pod_containers,
	};
	return pod;
}

struct pod_container *cluster_add_pod_container(struct cluster *cluster)
{
	struct pod_container *container;

	GROW(cluster->pod_containers, cluster->pod_containers_capacity, (size_t)cluster->n_pod_containers + 1);
	container = &cluster->pod_containers[cluster->n_pod_containers++];
	*container = (struct pod_container){
		.container = CLUSTER_NONE, .name = "", .id = "", .memory_limit = -1, .memory_request = -1, .cpu_limit = -1,
		.cpu_request = -1,
	};
	cluster->pods[cluster->n_pods - 1].n_containers++;
	return container;
}

/* ---- what a pod is given ---- */

static struct quantity zero(enum resource resource)
{
	return (struct quantity){ .format = resource == RESOURCE_CPU ? QUANTITY_DECIMAL_SI : QUANTITY_BINARY_SI };
}

static const struct amount *requested(const struct resources *resources, enum resource resource)
{
	const struct amount *request = &resources->requests.of[resource];

	return request->given ? request : &resources->limits.of[resource];
}

struct quantity resources_request(const struct resources *resources, enum resource resource)
{
	const struct amount *amount = requested(resources, resource);

	return amount->given && !amount->wrong ? amount->quantity : zero(resource);
}

static void raise_to(struct quantity *greatest, const struct quantity *other)
{
	if (quantity_compare(other, greatest) > 0)
		*greatest = *other;
}

/* AggregateContainerRequests() of staging/src/k8s.io/component-helpers/resource/helpers.go */
static struct quantity containers_request(const struct cluster *cluster, const struct workload *workload, enum resource resource)
{
	struct quantity running = zero(resource), sidecars = zero(resource), starting = zero(resource);

	for (uint32_t i = 0; i < workload->n_containers; i++) {
		const struct workload_container *container = &cluster->containers[workload->first_container + i];
		struct quantity request = resources_request(&container->resources, resource), at_start;

		switch (container->type) {
		case CONTAINER_APP:
			quantity_add(&running, &request);
			break;
		case CONTAINER_SIDECAR:
			quantity_add(&running, &request);
			quantity_add(&sidecars, &request);
			raise_to(&starting, &sidecars);
			break;
		case CONTAINER_INIT:
			at_start = sidecars;
			quantity_add(&at_start, &request);
			raise_to(&starting, &at_start);
			break;
		case CONTAINER_EPHEMERAL:
			break;
		}
	}
	raise_to(&running, &starting);
	return running;
}

static bool any_given(const struct amounts *amounts)
{
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		if (amounts->of[i].given)
			return true;
	return amounts->n_others > 0;
}

static bool any_requested(const struct cluster *cluster, const struct workload *workload, enum resource resource)
{
	for (uint32_t i = 0; i < workload->n_containers; i++) {
		const struct workload_container *container = &cluster->containers[workload->first_container + i];

		if (container->type != CONTAINER_EPHEMERAL && requested(&container->resources, resource)->given)
			return true;
	}
	return false;
}

/* What the pod level asks for: as it says, or as SetDefaults_Pod() fills in where there is a limit at that level: what the
 * containers ask for, else that limit.  pkg/apis/core/v1/defaults.go */
static bool pod_level_request(const struct cluster *cluster, const struct workload *workload, enum resource resource,
			      struct quantity *ret)
{
	const struct resources *resources = &workload->pod_resources;
	const struct amount *request = &resources->requests.of[resource], *limit = &resources->limits.of[resource];

	if (resource != RESOURCE_CPU && resource != RESOURCE_MEMORY)
		return false;
	if (request->given && !request->wrong) {
		*ret = request->quantity;
		return true;
	}
	if (any_given(&resources->limits) && any_requested(cluster, workload, resource)) {
		*ret = containers_request(cluster, workload, resource);
		return true;
	}
	if (limit->given && !limit->wrong) {
		*ret = limit->quantity;
		return true;
	}
	return false;
}

/* As admission writes it into pods of that class. */
static const struct amounts *overhead(const struct cluster *cluster, const struct workload *workload)
{
	uint32_t class;

	if (any_given(&workload->overhead) || workload->runtime_class[0] == '\0')
		return &workload->overhead;
	class = cluster_find_runtime_class(cluster, workload->runtime_class);
	return class == CLUSTER_NONE ? &workload->overhead : &cluster->runtime_classes[class].overhead;
}

struct quantity workload_request(const struct cluster *cluster, const struct workload *workload, enum resource resource)
{
	struct quantity request;
	const struct amount *more;

	if (resource == RESOURCE_PODS)
		return quantity_of_milli(1000);
	if (!pod_level_request(cluster, workload, resource, &request))
		request = containers_request(cluster, workload, resource);
	more = &overhead(cluster, workload)->of[resource];
	if (more->given && !more->wrong)
		quantity_add(&request, &more->quantity);
	return request;
}
