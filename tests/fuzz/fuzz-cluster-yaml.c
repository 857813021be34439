/* SPDX-License-Identifier: Apache-2.0 */
/* YAML as it is read when it is too large to be parsed as a whole. */
#include "../../clusters/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_bytes(data, size, &budget);
	struct input input = { .cluster = cluster, .path = "fuzz", .stream = stream };

	GROW(cluster->files, cluster->files_capacity, 1);
	cluster->files[cluster->n_files++] = (struct cluster_file){ .path = "fuzz", .format = "yaml" };
	read_yaml(&input);
	cluster_join(cluster);
	for (uint32_t i = 0; i < cluster->n_pods; i++)
		if (cluster->pods[i].workload >= cluster->n_workloads)
			abort();
	return 0;
}
