/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests and dumps: whatever is read of them, all numbers lead somewhere and all texts are there. */
#include "../../clusters/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_workloads(const struct cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->n_workloads; i++) {
		const struct workload *workload = &cluster->workloads[i];
		struct quantity request = workload_request(cluster, workload, RESOURCE_CPU);

		check(workload->namespace && workload->kind[0] && workload->name && workload->owner && workload->schedule);
		check(workload->first_container + workload->n_containers <= cluster->n_containers);
		check(workload->first_pod + workload->n_pods <= cluster->n_pods);
		check(request.nano <= QUANTITY_NANO_MAX);
		(void)workload_qos(cluster, workload);
		check(cluster_find_workload(cluster, workload->namespace, workload->kind, workload->name) == i);
	}
	for (uint32_t i = 0; i < cluster->n_containers; i++)
		check(cluster->containers[i].workload < cluster->n_workloads && cluster->containers[i].name && cluster->containers[i].image);
}

static void check_pods(const struct cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->n_pods; i++) {
		const struct cluster_pod *pod = &cluster->pods[i];

		check(pod->workload < cluster->n_workloads && (pod->node == CLUSTER_NONE || pod->node < cluster->n_nodes));
		check(pod->first_container + pod->n_containers <= cluster->n_pod_containers && pod->phase && pod->uid);
		(void)cluster_match_container(cluster, pod->namespace, pod->name, "app");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_bytes(data, size, &budget);

	(void)cluster_read_stream(cluster, "fuzz", stream, size, NULL);
	cluster_join(cluster);
	check_workloads(cluster);
	check_pods(cluster);
	return 0;
}
