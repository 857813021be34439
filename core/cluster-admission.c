/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

static void stand_in(struct amount *amount, const struct amount *from)
{
	if (!amount->given && from->given && !from->wrong)
		*amount = *from;
}

struct amount limit_range_default_limit(const struct limit_range_item *item, enum resource resource)
{
	struct amount limit = item->default_limit.of[resource];

	stand_in(&limit, &item->max.of[resource]);
	return limit;
}

struct amount limit_range_default_request(const struct limit_range_item *item, enum resource resource)
{
	struct amount limit = limit_range_default_limit(item, resource), request = item->default_request.of[resource];

	stand_in(&request, &limit);
	stand_in(&request, &item->min.of[resource]);
	return request;
}

void limit_range_admit(const struct limit_range *range, enum resource resource, struct resources *resources)
{
	for (uint32_t i = 0; i < range->n_items; i++) {
		const struct limit_range_item *item = &range->items[i];
		struct amount limit, request;

		if (item->type != LIMIT_RANGE_CONTAINER)
			continue;
		limit = limit_range_default_limit(item, resource);
		request = limit_range_default_request(item, resource);
		stand_in(&resources->limits.of[resource], &limit);
		stand_in(&resources->requests.of[resource], &request);
	}
}

/* A limit stands in for a request before a LimitRange is asked: SetDefaults_Pod() of pkg/apis/core/v1/defaults.go. */
static void admit_container(const struct cluster *cluster, const uint32_t *next, uint32_t range, struct resources *resources)
{
	for (int r = 0; r < 2; r++)
		if (!resources->requests.of[r].unknown)
			stand_in(&resources->requests.of[r], &resources->limits.of[r]);
	for (; range != CLUSTER_NONE; range = next[range])
		for (int r = 0; r < 2; r++)
			if (!resources->requests.of[r].unknown && !resources->limits.of[r].unknown)
				limit_range_admit(&cluster->limit_ranges[range], r, resources);
}

const struct cluster *cluster_admit(const struct cluster *cluster, struct arena *arena)
{
	CLEANUP(symbols_release) struct symbols namespaces = SYMBOLS_INIT;
	CLEANUP(free_ptr) uint32_t *first = NULL, *next = NULL;
	struct cluster *admitted;

	if (cluster->n_limit_ranges == 0 || cluster->n_containers == 0)
		return cluster;
	admitted = arena_alloc(arena, sizeof(*admitted));
	*admitted = *cluster;
	admitted->containers = arena_alloc(arena, cluster->n_containers * sizeof(*admitted->containers));
	memcpy(admitted->containers, cluster->containers, cluster->n_containers * sizeof(*admitted->containers));
	first = xcalloc(cluster->n_limit_ranges, sizeof(*first));
	next = xcalloc(cluster->n_limit_ranges, sizeof(*next));
	memset(first, 0xff, cluster->n_limit_ranges * sizeof(*first));
	/* From the last to the first, so that each chain is in their order. */
	for (uint32_t i = cluster->n_limit_ranges; i > 0; i--) {
		const char *namespace = cluster->limit_ranges[i - 1].namespace;
		uint32_t number = symbols_intern(&namespaces, namespace, strlen(namespace));

		next[i - 1] = first[number];
		first[number] = i - 1;
	}
	for (uint32_t w = 0; w < cluster->n_workloads; w++) {
		const struct workload *workload = &cluster->workloads[w];
		uint32_t number = symbols_find(&namespaces, workload->namespace, strlen(workload->namespace));

		for (uint32_t c = 0; number != SYMBOL_NONE && c < workload->n_containers; c++)
			if (cluster->containers[workload->first_container + c].type != CONTAINER_EPHEMERAL)
				admit_container(cluster, next, first[number], &admitted->containers[workload->first_container + c].resources);
	}
	return admitted;
}
